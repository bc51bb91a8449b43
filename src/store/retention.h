/* What is erased because its time has come, and the upkeep of the files. For the clerk; inside a transaction. */
#pragma once

#include "store/db.h"

struct tl_retention {
	int64_t
	    decided_us; /* items with a decision younger than this are kept (complaints are possible) */
};

/*
 * Erases up to `max` items whose time has come. Items with an open case, a young decision or a legal hold are
 * looked at again a day later. Returns how many rows were handled, or an error.
 */
int tl_retention_items(struct tl_db *db, const struct tl_retention *r, int max) TL_MUST;

/* Forgets figures of interventions that are older than this. */
int tl_retention_counts(struct tl_db *db, int64_t keep_us) TL_MUST;

/* Removes sessions and reveal tokens that have ended. */
int tl_retention_tokens(struct tl_db *db) TL_MUST;

/*
 * Copies the write-ahead log into the database, as far as no reader needs it. `whole` does it in its turn, so that
 * nothing is added meanwhile: when no reader looks back the next writer begins the log anew. Short after one
 * without `whole`, which leaves little to copy. Outside a transaction. *ret_pages: pages in the log.
 */
int tl_store_checkpoint(struct tl_db *db, bool whole, int64_t *ret_pages) TL_MUST;
/*
 * Empties the store's write-ahead log: a log that is only begun anew keeps, behind its end, what was erased meanwhile.
 * Outside a transaction. Returns 1 when it was emptied, 0 when a reader looks back (try again) or there is none.
 */
int tl_store_scrub(struct tl_db *db) TL_MUST;
