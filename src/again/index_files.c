/*
 * The files of the media index (store/derived.h: DATA/again/EPOCH): taking them over, making them, writing, checking,
 * following.
 *
 * Promises: a directory counts once it is whole; how far its files may reach stands in the store before they do; what is
 * damaged or of another life of the store is given up (one alarm) and made anew by the owner, under another number, so that
 * nobody goes on with a map of it, and all that was compared with it is compared once more. Failure: the store's and the index's codes; nothing is lost, the store is the truth.
 * Called by finder, server and doctor.
 */
#include "again/index_int.h"

#include "base/buf.h"
#include "store/derived.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define NAME "media"
#define FLUSH_TAIL 65536  /* so many in memory are written to files */
#define BUILD_TAIL 262144 /* while nobody follows */
#define FLUSH_BEHIND                                                                           \
	4096 /* so many changes that concerned nothing in it are noted in files as well */
#define ALONE_MAX 200000 /* a follower without files keeps so many in memory */

int
tl_again_index_open(
    const char *data_dir, const struct tl_again_index_own *own, struct tl_again_index **ret)
{
	struct tl_again_index *x = calloc(1, sizeof *x);
	if (!x || asprintf(&x->root, "%s/again", data_dir) < 0)
		abort();
	x->own = own != NULL;
	if (own)
		x->owner = *own;
	*ret = x;
	return 0;
}

static void
let_go(struct tl_again_index *x)
{
	tl_index_close(x->x);
	x->x = NULL;
	x->epoch = x->upto = 0;
	x->bad = false;
}

void
tl_again_index_close(struct tl_again_index *x)
{
	if (!x)
		return;
	let_go(x);
	free(x->room);
	free(x->hits);
	free(x->root);
	free(x);
}

void
tl_again_index_closep(struct tl_again_index **x)
{
	tl_again_index_close(*x);
}

int64_t
tl_again_index_epoch(const struct tl_again_index *x)
{
	return x->epoch;
}

/* What the files say of themselves: something else than a store that cannot be read. */
static int
of_files(struct tl_again_index *x, int rc)
{
	x->bad = x->bad || rc == TL_ECORRUPT || rc == TL_ENOTFOUND;
	return rc;
}

static int
compare_anew(struct tl_db *db, void *ctx)
{
	(void)ctx;
	int rc = tl_db_run(db, TL_SQL_AGAIN_BANKS_ANEW, A_NULL);
	return rc < 0 ? rc : 0;
}

/* Whatever was compared with damaged files is compared once more: they may have hidden something. */
static int
give_up(struct tl_again_index *x, struct tl_db *db, int64_t epoch)
{
	char why[512];
	bool asked = x->own && x->x;
	if (tl_str_copy(why, sizeof why, tl_str(tl_err_text())) < 0)
		why[0] = '\0';
	let_go(x);
	int rc = asked ? tl_db_tx(db, TL_SYNC_NORMAL, compare_anew, NULL) : 0;
	if (rc == 0 && epoch)
		rc = tl_derived_give_up(db, NAME, epoch, why);
	if (rc >= 0 && x->owner.damaged)
		x->owner.damaged(x->owner.ctx, why);
	return rc < 0 ? rc : 0;
}

/* The directory that the store names. */
static int
open_files(const char *root, const struct tl_derived *row, enum tl_index_mode mode,
    struct tl_index **ret)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf path = {0};
	TL_CLEANUP(tl_index_closep) struct tl_index *x = NULL;
	struct tl_index_stats st;
	struct stat there;
	int rc = tl_derived_path(root, row->epoch, &path);
	if (rc == 0 && stat(tl_buf_z(&path), &there) < 0)
		rc = tl_fail(TL_ECORRUPT, "%s is missing", tl_buf_z(&path));
	if (rc == 0)
		rc = tl_index_open(tl_buf_z(&path), mode, &x);
	if (rc < 0)
		return rc;
	tl_index_stats(x, &st);
	if (st.mark > (uint64_t)row->upto)
		return tl_fail(TL_ECORRUPT, "%s is not of this store", tl_buf_z(&path));
	*ret = TL_TAKE(x);
	return 0;
}

/* As somebody finds them who opens them now: what is missing or cut short shows no more in what was mapped before. */
static int
verify(const char *root, const struct tl_derived *row, bool deep)
{
	TL_CLEANUP(tl_index_closep) struct tl_index *x = NULL;
	int rc = open_files(root, row, TL_INDEX_FOLLOW, &x);
	return rc == 0 && deep ? tl_index_verify(x) : rc;
}

static void
taken(struct tl_again_index *x, struct tl_index *files, int64_t epoch)
{
	struct tl_index_stats st;
	let_go(x);
	tl_index_stats(files, &st);
	x->x = files;
	x->epoch = epoch;
	x->upto = (int64_t)st.mark;
}

/* Owning ----------------------------------------------------------------------------------------------------------- */

struct writing {
	struct tl_derived row;
	bool built;
	int64_t drop;
};

static int
write_row(struct tl_db *db, void *ctx)
{
	const struct writing *w = ctx;
	return w->built ? tl_derived_built(db, NAME, &w->row)
			: tl_derived_set(db, NAME, &w->row);
}

static int
drop_erasures(struct tl_db *db, void *ctx)
{
	const struct writing *w = ctx;
	int rc = tl_db_run(db, TL_SQL_AGAIN_DROPPED_DONE, A_INT(w->drop));
	return rc < 0 ? rc : 0;
}

static int
adopt(struct tl_again_index *x, const struct tl_derived *row)
{
	struct tl_index *files = NULL;
	tl_derived_sweep(x->root, row->epoch);
	int rc = open_files(x->root, row, TL_INDEX_OWN, &files);
	if (rc < 0)
		return rc;
	taken(x, files, row->epoch);
	x->verify_us = tl_mono_us() + x->owner.check_us;
	return tl_index_verify(x->x);
}

/* Everything that the store holds, into a directory that nobody uses yet. */
static int
fill(struct tl_again_index *x, struct tl_db *db)
{
	struct tl_index_stats st;
	bool more = true, merged = true;
	int rc = 0;
	while (rc == 0 && more) {
		rc = tl_again_index_follow(x, db, TL_AGAIN_INDEX_PAGE, &more);
		tl_index_stats(x->x, &st);
		if (rc == 0 && (st.tail >= BUILD_TAIL || !more))
			rc = tl_index_flush(x->x);
	}
	while (rc == 0 && merged)
		rc = tl_index_merge(x->x, &merged);
	return rc;
}

static int
build(struct tl_again_index *x, struct tl_db *db)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf path = {0};
	struct tl_index_stats st;
	int64_t start = tl_mono_us(), epoch = 0;
	int rc = tl_derived_anew(x->root, &epoch);
	if (rc == 0)
		rc = tl_derived_path(x->root, epoch, &path);
	if (rc == 0)
		rc = tl_index_open(tl_buf_z(&path), TL_INDEX_OWN, &x->x);
	if (rc == 0)
		rc = fill(x, db);
	struct writing w = {.row = {epoch, x->upto}, .built = true};
	if (rc == 0)
		rc = tl_db_tx(db, TL_SYNC_NORMAL, write_row, &w);
	if (rc < 0) {
		let_go(x);
		return rc;
	}
	x->epoch = epoch;
	x->verify_us = tl_mono_us() + x->owner.check_us;
	tl_index_stats(x->x, &st);
	if (x->owner.built)
		x->owner.built(x->owner.ctx, st.entries, tl_mono_us() - start);
	return 0;
}

static int
stand(struct tl_again_index *x, struct tl_db *db)
{
	struct tl_derived row;
	int rc = tl_derived_get(db, NAME, &row);
	if (rc == 0 && x->x && row.epoch != x->epoch)
		let_go(x); /* a follower has found it damaged */
	if (rc == 0 && !x->x && row.epoch)
		rc = of_files(x, adopt(x, &row));
	if (rc < 0 && x->bad)
		rc = give_up(x, db, row.epoch);
	return rc == 0 && !x->x ? build(x, db) : rc;
}

/* The store says first how far the files will reach. */
static int
flush(struct tl_again_index *x, struct tl_db *db)
{
	struct writing w = {.row = {x->epoch, x->upto}};
	int rc = tl_db_tx(db, TL_SYNC_NORMAL, write_row, &w);
	return rc < 0 ? rc : of_files(x, tl_index_flush(x->x));
}

/* Has anything been erased for so long that its hashes must be out of the files? *ret_any: anything at all. */
static int
erasure_due(struct tl_db *db, int64_t erase_us, bool *ret_any, bool *ret_due)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_AGAIN_DROPPED_OLDEST, A_NULL);
	if (rc < 0)
		return rc;
	*ret_any = !tl_col_null(&r, 0);
	*ret_due = *ret_any && tl_now_us() - tl_col_int(&r, 0) >= erase_us;
	tl_row_end(&r);
	return 0;
}

/* Every segment that holds anything of it is written again, and what is in memory without it. */
static int
expunge(struct tl_again_index *x, struct tl_db *db)
{
	bool merged = true;
	int rc = flush(x, db);
	while (rc == 0 && merged)
		rc = of_files(x, tl_index_expunge(x->x, &merged));
	return rc;
}

static int
keep(struct tl_again_index *x, struct tl_db *db, int64_t erase_us)
{
	struct tl_index_stats st;
	bool merged = false, any = false, due = false;
	int rc = 0;
	if (tl_mono_us() >= x->verify_us) {
		rc = of_files(
		    x, verify(x->root, &(struct tl_derived){x->epoch, INT64_MAX}, true));
		x->verify_us = tl_mono_us() + x->owner.check_us;
	}
	tl_index_stats(x->x, &st);
	if (rc == 0 && (st.tail >= FLUSH_TAIL || (st.change > st.mark && st.tail) ||
			   st.change > st.mark + FLUSH_BEHIND))
		rc = flush(x, db);
	if (rc == 0)
		rc = of_files(x, tl_index_merge(x->x, &merged));
	if (rc == 0)
		rc = erasure_due(db, erase_us, &any, &due);
	if (rc == 0 && due)
		rc = expunge(x, db);
	if (rc < 0 || !any)
		return rc;
	tl_index_stats(x->x, &st);
	struct writing w = {.drop = (int64_t)st.mark};
	/* What was erased is remembered until no file holds it. */
	return st.removed ? 0 : tl_db_tx(db, TL_SYNC_NORMAL, drop_erasures, &w);
}

int
tl_again_index_keep(struct tl_again_index *x, struct tl_db *db, int64_t erase_us)
{
	if (!x->x || !x->epoch)
		return 0;
	int rc = keep(x, db, erase_us);
	return rc < 0 && x->bad ? give_up(x, db, x->epoch) : rc;
}

/* Following -------------------------------------------------------------------------------------------------------- */

/* What the files hold by now is not asked of the store again. */
static int
refresh(struct tl_again_index *x)
{
	struct tl_index_stats st;
	bool changed;
	int rc = of_files(x, tl_index_refresh(x->x, &changed));
	tl_index_stats(x->x, &st);
	x->upto = x->upto > (int64_t)st.mark ? x->upto : (int64_t)st.mark;
	return rc;
}

/* What the store names, or, while there is nothing, an index in memory. */
static int
look_for_files(struct tl_again_index *x, struct tl_db *db)
{
	struct tl_derived row;
	struct tl_index *found = NULL;
	int rc = tl_derived_get(db, NAME, &row);
	if (rc == 0 && x->x && row.epoch == x->epoch)
		rc = x->epoch ? refresh(x) : 0;
	else if (rc == 0 && row.epoch)
		rc = of_files(x, open_files(x->root, &row, TL_INDEX_FOLLOW, &found));
	else if (rc == 0)
		rc = tl_index_open(NULL, TL_INDEX_OWN, &found);
	if (rc < 0 && x->bad) {
		rc = give_up(x, db, row.epoch);
		return rc < 0 ? rc
			      : tl_fail(TL_EAGAIN, "the index of hashes is being made anew");
	}
	if (rc == 0 && found)
		taken(x, found, row.epoch);
	return rc;
}

int
tl_again_index_catch_up(struct tl_again_index *x, struct tl_db *db)
{
	struct tl_index_stats st;
	bool more = true;
	int rc = x->own ? stand(x, db) : look_for_files(x, db);
	while (rc == 0 && more) {
		tl_index_stats(x->x, &st);
		if (!x->epoch && st.entries > ALONE_MAX)
			return tl_fail(
			    TL_EAGAIN, "the index of hashes has still to be written");
		rc = tl_again_index_follow(x, db, TL_AGAIN_INDEX_PAGE, &more);
	}
	if (rc < 0 && x->bad && give_up(x, db, x->epoch) == 0)
		return tl_fail(TL_EAGAIN, "the index of hashes is being made anew");
	return rc;
}

int
tl_again_index_check(struct tl_db *db, const char *data_dir, bool deep)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf root = {0};
	struct tl_derived row;
	tl_buf_printf(&root, "%s/again", data_dir);
	int rc = tl_derived_get(db, NAME, &row);
	return rc == 0 && row.epoch ? verify(tl_buf_z(&root), &row, deep) : rc;
}
