/* People named on the command line: NAME, or everybody when it is left out. */
#pragma once

#include "bin/cli.h"

#include "store/people.h"

int cli_user(struct tl_cli *c, const char *name, struct tl_user *ret) TL_MUST;
/* The one whom the first argument names, or all. */
int cli_users(struct tl_cli *c, struct tl_user **ret, size_t *ret_count) TL_MUST;
