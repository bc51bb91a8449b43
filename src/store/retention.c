/*
 * Retention and upkeep.
 *
 * Promises: nothing under a hold, an open case or a decision that can still be complained about is erased.
 * Failures leave the transaction to its caller. Called by the clerk.
 */
#include "store/retention.h"

#include "store/accounts.h"
#include "store/db_int.h"
#include "store/items.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#include <sys/stat.h>

#define PAGE 256
#define SCRUB_WAIT_MS 50 /* writers wait for it */

struct due {
	int64_t platform;
	struct tl_id item;
};

static int
due_items(struct tl_db *db, int max, struct due due[PAGE])
{
	struct tl_row r;
	int n = 0;
	int rc = tl_db_query(
	    db, &r, TL_SQL_ITEM_EXPIRED, A_INT(tl_now_us()), A_INT(max < PAGE ? max : PAGE));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0 && n < PAGE)
		due[n++] = (struct due){tl_col_int(&r, 0), tl_col_id(&r, 1)};
	tl_row_end(&r);
	return rc < 0 ? rc : n;
}

/* 1 when the item must stay for now. */
static int
must_stay(struct tl_db *db, const struct tl_retention *ret, const struct due *d)
{
	int rc = tl_hold_check(db, d->platform, TL_SUBJECT_ITEM, d->item);
	if (rc == TL_ECONFLICT)
		return 1;
	if (rc < 0)
		return rc;
	struct tl_row r;
	rc = tl_db_first(db, &r, TL_SQL_ITEM_NEEDED, A_INT(d->platform), A_ID(d->item),
	    A_INT(tl_now_us() - ret->decided_us));
	if (rc == TL_ENOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	tl_row_end(&r);
	return 1;
}

int
tl_retention_items(struct tl_db *db, const struct tl_retention *ret, int max)
{
	struct due due[PAGE];
	int n = due_items(db, max, due);
	int rc = n < 0 ? n : 0;
	for (int i = 0; i < n && rc >= 0; i++) {
		rc = must_stay(db, ret, &due[i]);
		if (rc > 0)
			rc = tl_db_run(db, TL_SQL_ITEM_LATER, A_INT(due[i].platform),
			    A_ID(due[i].item), A_INT(tl_now_us() + TL_US_DAY));
		else if (rc == 0)
			rc = tl_item_retire(db, due[i].platform, due[i].item);
		TL_KILLPOINT(RETENTION_ERASED);
	}
	return rc < 0 ? rc : n;
}

int
tl_retention_counts(struct tl_db *db, int64_t keep_us)
{
	int rc = tl_db_run(db, TL_SQL_ICOUNT_PRUNE, A_INT((tl_now_us() - keep_us) / TL_US_DAY));
	return rc < 0 ? rc : 0;
}

int
tl_retention_tokens(struct tl_db *db)
{
	int64_t now = tl_now_us();
	int rc = tl_db_run(db, TL_SQL_SESSIONS_ENDED, A_INT(now));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_REVEALS_ENDED, A_INT(now - TL_US_DAY));
	return rc < 0 ? rc : 0;
}

/*
 * PASSIVE copies what no reader still needs and waits for nobody. The other modes wait for readers in SQLite's
 * sleeping busy handler, and all writers would wait with them.
 */
static int
checkpoint_one(sqlite3 *h, int64_t *ret_pages)
{
	int in_log = 0, copied = 0;
	int code =
	    sqlite3_wal_checkpoint_v2(h, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
	if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY)
		return tl_sqlite_fail(h, code, "checkpoint");
	*ret_pages += in_log;
	return 0;
}

int
tl_store_checkpoint(struct tl_db *db, bool whole, int64_t *ret_pages)
{
	int64_t pages = 0;
	int rc = whole ? tl_turn_take(&db->turn) : 0;
	if (rc < 0)
		return rc;
	rc = checkpoint_one(db->main, &pages);
	if (rc < 0) /* it may have been the sync of the log */
		tl_sync_doubt(db);
	TL_KILLPOINT(CHECKPOINT_BEGUN);
	if (rc == 0)
		rc = checkpoint_one(db->keys, &pages);
	TL_KILLPOINT(CHECKPOINT_DONE);
	if (whole)
		tl_turn_give(&db->turn);
	*ret_pages = pages;
	return rc;
}

int
tl_store_scrub(struct tl_db *db)
{
	char path[4096];
	struct stat st;
	int rc = tl_store_path(db->store, "store.db-wal", path, sizeof path);
	if (rc < 0 || stat(path, &st) < 0 || st.st_size == 0)
		return rc;
	int64_t pages;
	rc = tl_store_checkpoint(db, false, &pages); /* so that little is left for the turn */
	if (rc == 0)
		rc = tl_turn_take(&db->turn);
	if (rc < 0)
		return rc;
	(void)sqlite3_busy_timeout(db->main, SCRUB_WAIT_MS);
	int code =
	    sqlite3_wal_checkpoint_v2(db->main, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	(void)sqlite3_busy_timeout(db->main, TL_BEGIN_MS);
	tl_turn_give(&db->turn);
	if (code == SQLITE_OK)
		return 1;
	if ((code & 0xFF) == SQLITE_BUSY)
		return 0;
	tl_sync_doubt(db);
	return tl_sqlite_fail(db->main, code, "checkpoint");
}
