/* The banks that the shipped rules name: policy/lists/banks.tsv and NAME.txt beside it. */
#pragma once

#include "bin/cli.h"

/* Creates what is missing and fills it; banks that exist are left alone. Inside a transaction. */
int init_banks(struct tl_db *db, struct tl_arena *arena, const char *policy_dir,
    int64_t *ret_created) TL_MUST;
