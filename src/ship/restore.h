/*
 * A database out of its continuous copy, as of any moment that the copy knows. SQLite itself replays the log: the same
 * code that mends a store after a crash.
 */
#pragma once

#include "base/str.h"

/* Bytes put in place so far, and how many there are. May be NULL. */
typedef void (*tl_ship_progress_fn)(int64_t done, int64_t all);

struct tl_ship_restored {
	char generation[24];
	int64_t at_us; /* everything committed before is in it */
	int64_t segments;
	int64_t bytes;
};

/*
 * Writes `to` (which must not exist) as of `until_us` (0: the newest moment). TL_ENOTFOUND: the copy does not reach back so
 * far, or there is none; TL_ECORRUPT names the file that is damaged and the moment up to which the copy is sound.
 */
int tl_ship_restore(const char *folder, int64_t until_us, const char *to,
    tl_ship_progress_fn progress, struct tl_ship_restored *ret) TL_MUST;

/* The moments that can be restored: the first and the newest. TL_ENOTFOUND when there are none. */
int tl_ship_span(const char *folder, int64_t *ret_first_us, int64_t *ret_last_us) TL_MUST;
