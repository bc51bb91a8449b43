/*
 * The media index: src/hash/index.h filled from the store.
 *
 * Promises: follows the store in the order of its counter, so that whoever asked it has asked all that was committed
 * before; a damaged directory is wiped and filled anew by its owner, and a follower without one keeps all in memory.
 * Failure: the store's and the index's codes; nothing is lost, the store is the truth. Called by finder and server.
 */
#include "again/index.h"

#include "sys/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PAGE 4096
#define FLUSH_TAIL 65536 /* so many in memory are written to files */
#define ROOM_FIRST 256
#define FLUSH_BEHIND                                                                           \
	4096 /* so many changes that concerned nothing in it are noted in files as well */
#define PARTS                                                                                  \
	32768 /* keys of one medium: 0 is the picture, the others are looks without a gap */
#define LOOK_US (10 * TL_US_S)

struct tl_again_index {
	struct tl_index *x;
	bool own;
	bool alone;      /* a follower that has found no files yet: it keeps all in memory */
	int64_t look_us; /* and looks for them again then (monotonic) */
	int64_t upto;    /* of media_counter */
	struct tl_index_hit *room;
	struct tl_again_hit *hits;
	size_t cap;
	char dir[512];
};

_Static_assert(TL_VIDEO_FRAMES_MAX < PARTS, "every look has a key of its own");

static int
path(char *dst, size_t cap, const char *data_dir, const char *name)
{
	int n = snprintf(dst, cap, "%s/again%s", data_dir, name);
	return n < 0 || (size_t)n >= cap
		   ? tl_fail(TL_ECONFIG, "the data folder's path is too long")
		   : 0;
}

static int
make_dir(const char *dir)
{
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return tl_fail(TL_EIO, "cannot make %s: %m", dir);
	return 0;
}

/* Files of before videos stood in it with all their looks. */
static int
sweep_old(const char *dir)
{
	char name[600];
	struct stat st;
	int n = snprintf(name, sizeof name, "%s/manifest", dir);
	if (n < 0 || (size_t)n >= sizeof name || stat(name, &st) < 0)
		return 0;
	return tl_index_wipe(dir);
}

static int
open_files(struct tl_again_index *a)
{
	int rc = tl_index_open(a->dir, a->own ? TL_INDEX_OWN : TL_INDEX_FOLLOW, &a->x);
	if (rc == TL_ECORRUPT && a->own) {
		rc = tl_index_wipe(a->dir);
		if (rc == 0)
			rc = tl_index_open(a->dir, TL_INDEX_OWN, &a->x);
	} else if (rc < 0 && !a->own) { /* not there yet, or being made anew */
		rc = tl_index_open(NULL, TL_INDEX_OWN, &a->x);
		a->alone = true;
		a->look_us = tl_mono_us() + LOOK_US;
	}
	return rc;
}

int
tl_again_index_open(const char *data_dir, bool own, struct tl_again_index **ret)
{
	struct tl_index_stats st;
	struct tl_again_index *a = calloc(1, sizeof *a);
	if (!a)
		abort();
	a->own = own;
	int rc = path(a->dir, sizeof a->dir, data_dir, "");
	if (rc == 0 && own)
		rc = make_dir(a->dir);
	if (rc == 0 && own)
		rc = sweep_old(a->dir);
	if (rc == 0)
		rc = path(a->dir, sizeof a->dir, data_dir, "/looks");
	if (rc == 0 && own)
		rc = make_dir(a->dir);
	if (rc == 0)
		rc = open_files(a);
	if (rc < 0) {
		tl_again_index_close(a);
		return rc;
	}
	tl_index_stats(a->x, &st);
	a->upto = (int64_t)st.mark;
	*ret = a;
	return 0;
}

int
tl_again_index_wipe(const char *data_dir)
{
	char dir[512];
	int rc = path(dir, sizeof dir, data_dir, "/looks");
	return rc < 0 ? rc : tl_index_wipe(dir);
}

void
tl_again_index_close(struct tl_again_index *x)
{
	if (!x)
		return;
	tl_index_close(x->x);
	free(x->room);
	free(x->hits);
	free(x);
}

void
tl_again_index_closep(struct tl_again_index **x)
{
	tl_again_index_close(*x);
}

/* Looks of a video, each different hash once ----------------------------------------------------------------------- */

struct look {
	struct tl_pdq hash;
	enum tl_again_kind kind;
};

/* Of one hash the kind with the widest reach stands first. */
static int
by_hash(const void *a, const void *b)
{
	const struct look *x = a, *y = b;
	int c = memcmp(&x->hash, &y->hash, sizeof x->hash);
	return c ? c : (x->kind > y->kind) - (x->kind < y->kind);
}

/* Everything that the detectors hold against banks: of pictures (plain frames), and of videos (all looks). */
static size_t
all_looks(const struct tl_video *v, struct look *look, size_t *ret_seconds)
{
	struct tl_video_looks l;
	size_t n = 0;
	for (size_t i = 0; i < v->n; i++)
		if (v->f[i].flags == 0 && v->f[i].quality >= TL_PDQ_QUALITY_MIN)
			look[n++] = (struct look){v->f[i].hash, TL_AGAIN_SECOND};
	*ret_seconds = n;
	tl_video_looks_of(v, false, &l);
	for (size_t i = 0; i < l.n; i++) {
		bool first = i == 0 || l.look[i].frame != l.look[i - 1].frame;
		look[n++] =
		    (struct look){l.look[i].hash, first ? TL_AGAIN_FIRST : TL_AGAIN_LOOK};
	}
	tl_video_looks_fini(&l);
	return n;
}

static size_t
once_each(struct look *look, size_t n, size_t seconds)
{
	size_t kept = 0;
	for (size_t i = 0, next; i < n; i = next) {
		size_t plain = 0;
		for (next = i; next < n; next++) {
			if (memcmp(&look[next].hash, &look[i].hash, sizeof look->hash) != 0)
				break;
			plain += look[next].kind == TL_AGAIN_SECOND;
		}
		struct look l = look[i];
		if (plain > 1 || (plain && seconds == 1))
			l.kind = TL_AGAIN_SECONDS;
		look[kept++] = l;
	}
	return kept;
}

static int
take_video(struct tl_again_index *x, int64_t key, struct tl_str packed)
{
	struct tl_video v = {0};
	size_t seconds = 0;
	int rc = tl_video_unpack(packed, &v);
	if (rc < 0)
		return 0; /* what cannot be read cannot be found by it */
	struct look *look = calloc(2 * v.n + 1, sizeof *look);
	if (!look)
		abort();
	size_t n = all_looks(&v, look, &seconds);
	qsort(look, n, sizeof *look, by_hash);
	n = once_each(look, n, seconds);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = tl_index_add(x->x, &look[i].hash, (uint64_t)(key * PARTS) + 1 + i,
		    (uint32_t)look[i].kind, (uint64_t)key);
	free(look);
	tl_video_fini(&v);
	return rc;
}

static int
take_medium(struct tl_again_index *x, const struct tl_row *r)
{
	struct tl_pdq h;
	int64_t key = tl_col_int(r, 0);
	struct tl_str raw = tl_col_str(r, 1), frames = tl_col_str(r, 3);
	int rc = 0;
	if (raw.n == sizeof h.b && tl_col_int(r, 2) >= TL_PDQ_QUALITY_MIN) {
		memcpy(h.b, raw.p, sizeof h.b);
		rc = tl_index_add(
		    x->x, &h, (uint64_t)(key * PARTS), TL_AGAIN_PICTURE, (uint64_t)key);
	}
	return rc == 0 && frames.n ? take_video(x, key, frames) : rc;
}

/* Looks have keys without a gap. */
static int
drop_medium(struct tl_again_index *x, int64_t key, uint64_t change)
{
	struct tl_index_entry e;
	uint64_t first = (uint64_t)(key * PARTS);
	int rc = tl_index_remove(x->x, first, change);
	for (uint64_t i = 1; rc == 0 && tl_index_get(x->x, first + i, &e) == 0; i++)
		rc = tl_index_remove(x->x, first + i, change);
	return rc;
}

static int
take_hashes(
    struct tl_again_index *x, struct tl_db *db, size_t max, size_t *ret_n, int64_t *ret_last)
{
	struct tl_row r;
	size_t n = 0;
	int rc = tl_db_query(db, &r, TL_SQL_AGAIN_MEDIA, A_INT(x->upto), A_INT(max));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		n++;
		*ret_last = tl_col_int(&r, 0);
		rc = take_medium(x, &r);
		if (rc < 0)
			break;
	}
	tl_row_end(&r);
	*ret_n = n;
	return rc < 0 ? rc : 0;
}

static int
take_erasures(struct tl_again_index *x, struct tl_db *db, int64_t upto)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_AGAIN_DROPPED, A_INT(x->upto), A_INT(upto));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		rc = drop_medium(x, tl_col_int(&r, 1), (uint64_t)tl_col_int(&r, 0));
		if (rc < 0)
			break;
	}
	tl_row_end(&r);
	return rc < 0 ? rc : 0;
}

int
tl_again_index_follow(struct tl_again_index *x, struct tl_db *db, size_t max, bool *ret_more)
{
	struct tl_row r;
	int64_t upto, last = x->upto;
	size_t n = 0;
	/* First the end: what is committed while the rows are read is found the next time. */
	int rc = tl_db_first(db, &r, TL_SQL_AGAIN_MEDIA_COUNTER, A_NULL);
	if (rc < 0)
		return rc;
	upto = tl_col_int(&r, 0);
	tl_row_end(&r);
	*ret_more = false;
	if (upto < x->upto)
		return tl_fail(TL_ECORRUPT, "the media index is ahead of its store");
	if (upto == x->upto)
		return 0;
	rc = take_hashes(x, db, max, &n, &last);
	if (rc < 0)
		return rc;
	if (n == max || last > upto)
		upto = last;
	rc = take_erasures(x, db, upto);
	if (rc < 0)
		return rc;
	tl_index_reached(x->x, (uint64_t)upto);
	x->upto = upto;
	*ret_more = n == max;
	return 0;
}

/* The owner has files by now: they take the place of what is in memory. */
static void
look_for_files(struct tl_again_index *x)
{
	struct tl_index *files = NULL;
	struct tl_index_stats st;
	if (!x->alone || tl_mono_us() < x->look_us)
		return;
	x->look_us = tl_mono_us() + LOOK_US;
	if (tl_index_open(x->dir, TL_INDEX_FOLLOW, &files) < 0)
		return;
	tl_index_close(x->x);
	tl_index_stats(files, &st);
	x->x = files;
	x->alone = false;
	x->upto = (int64_t)st.mark;
}

int
tl_again_index_catch_up(struct tl_again_index *x, struct tl_db *db)
{
	bool more = true;
	int rc = 0;
	look_for_files(x);
	if (!x->own && !x->alone)
		rc = tl_index_refresh(x->x, &more);
	for (more = true; rc == 0 && more;)
		rc = tl_again_index_follow(x, db, PAGE, &more);
	return rc;
}

static int
drop_erasures(struct tl_db *db, void *ctx)
{
	const int64_t *mark = ctx;
	int rc = tl_db_run(db, TL_SQL_AGAIN_DROPPED_DONE, A_INT(*mark));
	return rc < 0 ? rc : 0;
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
expunge(struct tl_again_index *x)
{
	bool merged = true;
	int rc = tl_index_flush(x->x);
	while (rc == 0 && merged)
		rc = tl_index_expunge(x->x, &merged);
	return rc;
}

int
tl_again_index_keep(struct tl_again_index *x, struct tl_db *db, int64_t erase_us)
{
	struct tl_index_stats st;
	bool merged = false, any = false, due = false;
	tl_index_stats(x->x, &st);
	int rc = 0;
	if (st.tail >= FLUSH_TAIL || (st.change > st.mark && st.tail) ||
	    st.change > st.mark + FLUSH_BEHIND)
		rc = tl_index_flush(x->x);
	if (rc == 0)
		rc = tl_index_merge(x->x, &merged);
	if (rc == 0)
		rc = erasure_due(db, erase_us, &any, &due);
	if (rc == 0 && due)
		rc = expunge(x);
	if (rc < 0 || !any)
		return rc;
	tl_index_stats(x->x, &st);
	int64_t mark = (int64_t)st.mark;
	/* What was erased is remembered until no file holds it. */
	return st.removed ? 0 : tl_db_tx(db, TL_SYNC_NORMAL, drop_erasures, &mark);
}

static void
grow(struct tl_again_index *x, size_t want)
{
	if (want <= x->cap)
		return;
	x->cap = want < ROOM_FIRST ? ROOM_FIRST : want;
	free(x->room);
	free(x->hits);
	x->room = calloc(x->cap, sizeof *x->room);
	x->hits = calloc(x->cap, sizeof *x->hits);
	if (!x->room || !x->hits)
		abort();
}

static int
find(struct tl_again_index *x, const struct tl_index_ask *ask, size_t most,
    const struct tl_again_hit **ret, size_t *ret_count, uint64_t *ret_all)
{
	struct tl_index_found found;
	grow(x, most ? most : ROOM_FIRST);
	for (;;) {
		found = (struct tl_index_found){.hit = x->room, .cap = most ? most : x->cap};
		int rc = tl_index_find(x->x, ask, &found);
		if (rc < 0)
			return rc;
		if (most || found.all <= found.n)
			break;
		grow(x, (size_t)found.all + ROOM_FIRST);
	}
	for (size_t i = 0; i < found.n; i++)
		x->hits[i] = (struct tl_again_hit){.key = (int64_t)found.hit[i].key / PARTS,
		    .distance = found.hit[i].distance,
		    .kind = (enum tl_again_kind)found.hit[i].bank};
	*ret = x->hits;
	*ret_count = found.n;
	*ret_all = found.all;
	return 0;
}

void
tl_again_index_stats(struct tl_again_index *x, struct tl_index_stats *ret)
{
	tl_index_stats(x->x, ret);
}

int
tl_again_index_find(struct tl_again_index *x, const struct tl_pdq *needle, int distance,
    size_t most, const struct tl_again_hit **ret, size_t *ret_count, uint64_t *ret_all)
{
	const struct tl_index_bank only = {TL_AGAIN_PICTURE, distance};
	const struct tl_index_ask ask = {
	    .needle = needle, .needles = 1, .distance = -1, .bank = &only, .banks = 1};
	return find(x, &ask, most, ret, ret_count, ret_all);
}

int
tl_again_index_reach(struct tl_again_index *x, const struct tl_pdq *needle,
    const int distance[TL_AGAIN_KINDS], const struct tl_again_hit **ret, size_t *ret_count)
{
	struct tl_index_bank kind[TL_AGAIN_KINDS];
	struct tl_index_ask ask = {
	    .needle = needle, .needles = 1, .distance = -1, .bank = kind};
	uint64_t all;
	for (uint32_t k = 0; k < TL_AGAIN_KINDS; k++)
		if (distance[k] >= 0)
			kind[ask.banks++] = (struct tl_index_bank){k, distance[k]};
	return find(x, &ask, 0, ret, ret_count, &all);
}
