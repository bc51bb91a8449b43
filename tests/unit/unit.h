/* What every unit test includes last: cmocka in its required order, and throw-away folders. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>

static inline int
unit_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Removes a folder of the test's own making. */
static inline void
unit_remove_tree(const char *dir)
{
	(void)nftw(dir, unit_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
