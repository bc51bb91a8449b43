/* Private to the console's routes about banks. */
#pragma once

#include "api/console_int.h"
#include "store/banks_change.h"

/* The bank of the address, when this person may see it; to change it they must decide under its policy. */
int bank_load(struct tl_call *c, struct tl_bank *ret) TL_MUST;
/* One guarded change: of this field, from and to. */
int bank_guard(struct tl_call *c, enum tl_guarded op, const struct tl_bank *b,
    const char *field, struct tl_str was, struct tl_str will) TL_MUST;
int bank_write(struct tl_call *c, const char *key, const struct tl_bank *b) TL_MUST;
/* Values that are long to read are said in brief. */
void bank_entry_write(struct tl_call *c, const struct tl_bank_entry *e);
/* Who an actor of the audit trail is, for people. */
struct tl_str bank_who(struct tl_call *c, struct tl_str actor);
int bank_audit(struct tl_call *c, const char *verb, const struct tl_bank *b,
    const struct tl_buf *detail) TL_MUST;
