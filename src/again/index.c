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
#define PARTS 64   /* keys of one medium: 0 is the picture, the others are frames */
#define PICTURES 0 /* "banks" of the index */
#define VIDEOS 1
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

static int
open_files(struct tl_again_index *a)
{
	if (a->own && mkdir(a->dir, 0700) < 0 && errno != EEXIST)
		return tl_fail(TL_EIO, "cannot make %s: %m", a->dir);
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
	int n = snprintf(a->dir, sizeof a->dir, "%s/again", data_dir);
	int rc = n < 0 || (size_t)n >= sizeof a->dir
		     ? tl_fail(TL_ECONFIG, "the data folder's path is too long")
		     : open_files(a);
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
	int n = snprintf(dir, sizeof dir, "%s/again", data_dir);
	return n < 0 || (size_t)n >= sizeof dir
		   ? tl_fail(TL_ECONFIG, "the data folder's path is too long")
		   : tl_index_wipe(dir);
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

size_t
tl_again_pick_frames(const struct tl_video *v, size_t most, struct tl_pdq *ret)
{
	size_t usable = 0, n = 0, seen = 0;
	for (size_t i = 0; i < v->n; i++)
		usable += v->f[i].quality >= TL_PDQ_QUALITY_MIN;
	for (size_t i = 0; i < v->n && n < most; i++) {
		if (v->f[i].quality < TL_PDQ_QUALITY_MIN)
			continue;
		/* Evenly over the whole: the k-th of `most` stands at k / most of all. */
		if (usable <= most || seen * most >= n * usable)
			ret[n++] = v->f[i].hash;
		seen++;
	}
	return n;
}

static int
take_frames(struct tl_again_index *x, int64_t key, struct tl_str packed)
{
	struct tl_video v = {0};
	struct tl_pdq frame[TL_AGAIN_FRAMES];
	int rc = tl_video_unpack(packed, &v);
	if (rc < 0)
		return 0; /* what cannot be read cannot be found by it */
	size_t n = tl_again_pick_frames(&v, TL_AGAIN_FRAMES, frame);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = tl_index_add(
		    x->x, &frame[i], (uint64_t)(key * PARTS) + 1 + i, VIDEOS, (uint64_t)key);
	tl_video_fini(&v);
	return rc;
}

/* A picture by its hash, a video by frames spread over it. */
static int
take_medium(struct tl_again_index *x, const struct tl_row *r)
{
	struct tl_pdq h;
	int64_t key = tl_col_int(r, 0);
	struct tl_str raw = tl_col_str(r, 1), frames = tl_col_str(r, 3);
	int rc = 0;
	if (raw.n == sizeof h.b && tl_col_int(r, 2) >= TL_PDQ_QUALITY_MIN) {
		memcpy(h.b, raw.p, sizeof h.b);
		rc = tl_index_add(x->x, &h, (uint64_t)(key * PARTS), PICTURES, (uint64_t)key);
	}
	return rc == 0 && frames.n ? take_frames(x, key, frames) : rc;
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
		uint64_t first = (uint64_t)(tl_col_int(&r, 1) * PARTS);
		for (uint64_t i = 0; i <= TL_AGAIN_FRAMES && rc >= 0; i++)
			rc = tl_index_remove(x->x, first + i, (uint64_t)tl_col_int(&r, 0));
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

int
tl_again_index_keep(struct tl_again_index *x, struct tl_db *db)
{
	struct tl_index_stats st;
	bool merged = false;
	tl_index_stats(x->x, &st);
	int rc = 0;
	if (st.tail >= FLUSH_TAIL || (st.change > st.mark && st.tail))
		rc = tl_index_flush(x->x);
	if (rc == 0)
		rc = tl_index_merge(x->x, &merged);
	if (rc < 0 || st.removed == 0)
		return rc;
	tl_index_stats(x->x, &st);
	int64_t mark = (int64_t)st.mark;
	return tl_db_tx(db, TL_SYNC_NORMAL, drop_erasures, &mark);
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
find(struct tl_again_index *x, uint32_t kind, const struct tl_pdq *needle, int distance,
    size_t most, const struct tl_again_hit **ret, size_t *ret_count, uint64_t *ret_all)
{
	const struct tl_index_bank only = {kind, distance};
	struct tl_index_ask ask = {
	    .needle = needle, .needles = 1, .distance = -1, .bank = &only, .banks = 1};
	struct tl_index_found found;
	grow(x, most ? most : ROOM_FIRST);
	for (;;) {
		found = (struct tl_index_found){.hit = x->room, .cap = most ? most : x->cap};
		int rc = tl_index_find(x->x, &ask, &found);
		if (rc < 0)
			return rc;
		if (most || found.all <= found.n)
			break;
		grow(x, (size_t)found.all + ROOM_FIRST);
	}
	for (size_t i = 0; i < found.n; i++)
		x->hits[i] = (struct tl_again_hit){
		    (int64_t)found.hit[i].key / PARTS, found.hit[i].distance};
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
	return find(x, PICTURES, needle, distance, most, ret, ret_count, ret_all);
}

int
tl_again_index_find_videos(struct tl_again_index *x, const struct tl_pdq *frame, int distance,
    const struct tl_again_hit **ret, size_t *ret_count)
{
	uint64_t all;
	return find(x, VIDEOS, frame, distance, 0, ret, ret_count, &all);
}
