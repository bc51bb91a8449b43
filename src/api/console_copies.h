/* Private to the console's routes: the copies of what a case is about, and one decision for all of them. */
#pragma once

#include "api/console_int.h"
#include "decide/decide.h"

struct tl_again_index;

/* What a decision asks for beside its own case: to cover the copies within a distance, exactly as many as were shown. */
struct tl_cover {
	bool wanted;
	int64_t distance, expect;
};

/*
 * Inside the transaction of the decision `p` on `held`: notes every copy that will be covered, and every one that is left
 * out and why. Nothing is done to them before `apply_at`. CONFLICT when they are not `expect` any more.
 */
int tl_copies_cover(struct tl_call *c, const struct tl_case *held,
    const struct tl_person_decision *p, struct tl_str ask, struct tl_id decision,
    int64_t apply_at, const struct tl_cover *cover) TL_MUST;

void tl_console_copies_end(void);

/* The media index of this server, brought up to the store, for one thread at a time; give it back. */
int tl_copies_index(struct tl_call *c, struct tl_again_index **ret) TL_MUST;
void tl_copies_index_give(void);

/* What a file is known by, as the worker said it to the browser: entries of banks, checked. EFIELD at /known. */
struct tl_bank_entry;
int tl_console_known_read(struct tl_call *c, const json_t *known, struct tl_bank_entry **ret,
    size_t *ret_count) TL_MUST;
/* The same for an entry of this bank, whose form and value it fills in. */
struct tl_bank;
int tl_console_known_of(struct tl_call *c, const json_t *known, const struct tl_bank *b,
    struct tl_bank_entry *e) TL_MUST;
