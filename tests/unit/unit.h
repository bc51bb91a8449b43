/* What every unit test includes last: cmocka in its required order, numbers by lot, throw-away folders. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>

/* 24 bits by lot; the same ones for the same seed. */
static inline uint32_t
unit_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

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
