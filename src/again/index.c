/*
 * The media index: src/hash/index.h filled from the store, and asked. Its files are index_files.c's.
 *
 * Promises: follows the store in the order of its counter, so that whoever asked it has asked all that was committed
 * before. Failure: the store's and the index's codes; AGAIN while there is no usable index. Called by finder and server.
 */
#include "again/index_int.h"

#include "hash/sound_find.h"

#include <stdlib.h>

#define ROOM_FIRST 256
/* Keys of one medium: 0 is the picture, the others are looks, and then seconds of sound, each without a gap. */
#define PARTS 131072
#define FIRST_LOOK 1
#define FIRST_SECOND 32768

_Static_assert(TL_VIDEO_FRAMES_MAX < FIRST_SECOND, "every look has a key of its own");
_Static_assert(TL_SOUND_UPLOAD_WINDOWS_MAX <= PARTS - FIRST_SECOND, "and every second");

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
		rc = tl_index_add(x->x, &look[i].hash, (uint64_t)(key * PARTS) + FIRST_LOOK + i,
		    (uint32_t)look[i].kind, (uint64_t)key);
	free(look);
	tl_video_fini(&v);
	return rc;
}

/* Seconds of a sound ----------------------------------------------------------------------------------------------- */

struct seconds {
	struct tl_index *x;
	int64_t key;
	uint64_t n;
};

static int
take_second(void *ctx, size_t speed, const struct tl_pdq *hash)
{
	struct seconds *s = ctx;
	return tl_index_add(s->x, hash, (uint64_t)(s->key * PARTS) + FIRST_SECOND + s->n++,
	    speed ? TL_AGAIN_BENT : TL_AGAIN_SOUND, (uint64_t)s->key);
}

static int
take_sound(struct tl_again_index *x, int64_t key, struct tl_str words, struct tl_str bent)
{
	struct tl_sound s[1 + TL_SOUND_BENDS] = {0};
	struct seconds to = {x->x, key, 0};
	if (tl_sound_words(words, &s[0]) < 0)
		return 0; /* what cannot be read cannot be found by it */
	bool more = tl_sound_unpack_bent(bent, s + 1) == 0;
	int rc = tl_sound_upload_windows(s, more ? TL_COUNT(s) : 1, take_second, &to);
	for (size_t i = 0; i < TL_COUNT(s); i++)
		tl_sound_fini(&s[i]);
	return rc;
}

/* All of a medium --------------------------------------------------------------------------------------------------- */

static int
take_medium(struct tl_again_index *x, const struct tl_row *r)
{
	struct tl_pdq h;
	int64_t key = tl_col_int(r, 0);
	struct tl_str raw = tl_col_str(r, 1), frames = tl_col_str(r, 3),
		      words = tl_col_str(r, 4);
	int rc = 0;
	if (raw.n == sizeof h.b && tl_col_int(r, 2) >= TL_PDQ_QUALITY_MIN) {
		memcpy(h.b, raw.p, sizeof h.b);
		rc = tl_index_add(
		    x->x, &h, (uint64_t)(key * PARTS), TL_AGAIN_PICTURE, (uint64_t)key);
	}
	if (rc == 0 && frames.n)
		rc = take_video(x, key, frames);
	return rc == 0 && words.n ? take_sound(x, key, words, tl_col_str(r, 5)) : rc;
}

static int
drop_run(struct tl_again_index *x, uint64_t key, uint64_t change)
{
	struct tl_index_entry e;
	int rc = 0;
	for (; rc == 0 && tl_index_get(x->x, key, &e) == 0; key++)
		rc = tl_index_remove(x->x, key, change);
	return rc;
}

static int
drop_medium(struct tl_again_index *x, int64_t key, uint64_t change)
{
	uint64_t first = (uint64_t)(key * PARTS);
	int rc = tl_index_remove(x->x, first, change);
	if (rc == 0)
		rc = drop_run(x, first + FIRST_LOOK, change);
	return rc == 0 ? drop_run(x, first + FIRST_SECOND, change) : rc;
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
	if (!x->x)
		return tl_fail(TL_EAGAIN, "the index of hashes is being made anew");
	/* First the end: what is committed while the rows are read is found the next time. */
	int rc = tl_db_first(db, &r, TL_SQL_AGAIN_MEDIA_COUNTER, A_NULL);
	if (rc < 0)
		return rc;
	upto = tl_col_int(&r, 0);
	tl_row_end(&r);
	*ret_more = false;
	if (upto < x->upto) {
		x->bad = true;
		return tl_fail(TL_ECORRUPT, "the media index is ahead of its store");
	}
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
	if (!x->x)
		return tl_fail(TL_EAGAIN, "the index of hashes is being made anew");
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
	*ret = (struct tl_index_stats){0};
	if (x->x)
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
