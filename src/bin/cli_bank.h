/* Banks on the command line: finding one by its name, saying what it is. */
#pragma once

#include "bin/cli.h"
#include "bin/cli_rules.h"
#include "media/file.h"
#include "store/banks.h"
#include "store/banks_find.h"

int cli_bank_find(struct tl_cli *c, const char *name, struct tl_bank *ret) TL_MUST;
/* The bank of the first argument, as it is now. */
int cli_bank_print(struct tl_cli *c) TL_MUST;
/* One entry: by its id, or its value as people write it. `bank` is not changed. */
int cli_bank_entry(struct tl_cli *c, const struct tl_bank *bank, const char *value,
    struct tl_bank_entry *ret) TL_MUST;
/* The options --exchange, --member and --record; *ret_any: one was given. */
void cli_bank_filter(const struct tl_cli *c, struct tl_bank_filter *ret, bool *ret_any);
/* A date, or date and time, of an option; absent leaves *ret. EUSAGE. */
int cli_option_time(const struct tl_cli *c, const char *name, int64_t *ret) TL_MUST;
/*
 * A file of this machine as the store would know it; its bytes are decoded in the jail, and not kept. *ret_reason: why it
 * was not decoded; then only its digests are there. What was not looked at whole is said.
 */
int cli_bank_medium(struct tl_cli *c, const char *path, struct tl_media **ret,
    enum tl_decode_reason *ret_reason) TL_MUST;
/* Entries as a list: value form state note record exchange member added_at added_by until id. */
void cli_bank_entries(
    struct tl_cli *c, const struct tl_bank_entry *entries, size_t n, const char *none);
/* Switches a bank on or off, and prints it. */
int cli_bank_switch(struct tl_cli *c, const struct tl_bank *b, bool enabled) TL_MUST;

/* Whether a rule in force names a bank: else nothing comes of what matches it. ASLEEP: only in shadow or without a detector. */
enum cli_named { CLI_NAMED_UNKNOWN, CLI_NAMED_NOT, CLI_NAMED_ASLEEP, CLI_NAMED };
enum cli_named cli_bank_named(const struct cli_rules *r, const struct tl_bank *b);
/* Of a bank that blocks and is in use, but for the watches of crisis mode, which act by themselves. */
bool cli_bank_needs_rule(const struct tl_bank *b);
/* Says so to people, and what to do. */
void cli_bank_warn(struct tl_cli *c, const struct tl_bank *b, enum cli_named named);
