/*
 * Indexes that are derived from the store. The files of each stand in a directory of their own, under a number that rises
 * (its epoch); a row of the store, under the index's name, says which of them counts. So files that are made anew are never
 * taken for those that somebody still maps, and files that the store does not know are nobody's.
 */
#pragma once

#include "store/db.h"

struct tl_buf;

/*
 * `epoch` 0: no directory counts. `upto` is written before the files: a directory whose files reach further belongs to
 * another life of the store (a restored copy, commits that a power cut took) and must not be used.
 */
struct tl_derived {
	int64_t epoch, upto;
};

int tl_derived_get(struct tl_db *db, const char *name, struct tl_derived *ret) TL_MUST;
int tl_derived_set(struct tl_db *db, const char *name, const struct tl_derived *d) TL_MUST;
/* The same inside the caller's transaction, once a directory was built whole: the alarm that it was damaged is over. */
int tl_derived_built(struct tl_db *db, const char *name, const struct tl_derived *d) TL_MUST;
/* In a transaction of its own: this directory counts no more, and an alarm is open. Returns 1; 0: another one counts by now. */
int tl_derived_give_up(
    struct tl_db *db, const char *name, int64_t epoch, const char *why) TL_MUST;

/* ROOT/EPOCH; LIMIT when that is too long. */
int tl_derived_path(const char *root, int64_t epoch, struct tl_buf *ret) TL_MUST;
/* Removes everything in a root but one directory, as far as that can be done. */
void tl_derived_sweep(const char *root, int64_t keep);
/* Makes the root where there is none, empties it, and says under which number the next directory belongs. */
int tl_derived_anew(const char *root, int64_t *ret_epoch) TL_MUST;
