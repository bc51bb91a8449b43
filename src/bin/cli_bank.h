/* Banks on the command line: finding one by its name, saying what it is. */
#pragma once

#include "bin/cli.h"
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
/* Entries as a list: value form state note record exchange member added_at added_by until id. */
void cli_bank_entries(
    struct tl_cli *c, const struct tl_bank_entry *entries, size_t n, const char *none);
/* Switches a bank on or off, and prints it. */
int cli_bank_switch(struct tl_cli *c, const struct tl_bank *b, bool enabled) TL_MUST;
