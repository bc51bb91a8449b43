/*
 * Which media a page of entries reaches.
 *
 * Promises: everything that the detectors (src/detect/hash) would find of these entries is among the hits. A picture is
 * found by its hash, and in videos that show it for two of their seconds; a video by any look that votes for it there; of
 * sounds every candidate (hear.h) is judged as the detector does. Memory: the page, its hits, and for sounds their windows. Failure: the index's and the store's codes. Called by grow.c.
 */
#include "again/reach.h"

#include "again/again.h"
#include "again/turn.h"
#include "hash/video_find.h"
#include "sys/clock.h"

#include <stdlib.h>

#define BYTES_MAX ((size_t)1 << 20) /* of values in a page, unless one alone has more */
#define SECONDS_LEAST 2 /* of a video near to a picture, as src/detect/hash/shown.c */

void
reach_clear(struct reach *r)
{
	for (size_t i = 0; i < r->n; i++)
		free((void *)(uintptr_t)r->e[i].value.p);
	hear_fini(&r->sounds);
	free(r->sound_entry);
	free(r->e);
	free(r->hit);
	free(r->look);
	*r = (struct reach){0};
}

void
reach_add(struct reach *r, const struct reach_entry *e)
{
	r->e = hear_room(r->e, r->n + 1, &r->cap, sizeof *r->e);
	struct reach_entry *to = &r->e[r->n++];
	*to = *e;
	uint8_t *copy = malloc(e->value.n + 1);
	if (!copy)
		abort();
	memcpy(copy, e->value.p, e->value.n);
	to->value = tl_bytes(copy, e->value.n);
	r->bytes += e->value.n;
}

bool
reach_full(const struct reach *r)
{
	return r->n >= TL_AGAIN_PAGE || r->bytes >= BYTES_MAX;
}

/* Hits ------------------------------------------------------------------------------------------------------------- */

static int
by_entry(const void *a, const void *b)
{
	const struct reach_hit *x = a, *y = b;
	if (x->entry != y->entry)
		return x->entry < y->entry ? -1 : 1;
	return (x->key > y->key) - (x->key < y->key);
}

static void
once_each(struct reach *r)
{
	size_t kept = 0;
	if (r->hits)
		qsort(r->hit, r->hits, sizeof *r->hit, by_entry);
	for (size_t i = 0; i < r->hits; i++)
		if (kept == 0 || by_entry(&r->hit[i], &r->hit[kept - 1]) != 0)
			r->hit[kept++] = r->hit[i];
	r->hits = kept;
}

static void
add_hit(struct reach *r, size_t entry, int64_t key)
{
	if (r->hits == r->hit_cap) {
		once_each(r); /* a video is hit by most of its looks */
		r->hit = hear_room(r->hit, 2 * r->hits + 1, &r->hit_cap, sizeof *r->hit);
	}
	r->hit[r->hits++] = (struct reach_hit){entry, key};
}

/* Pictures --------------------------------------------------------------------------------------------------------- */

static int
within(int distance)
{
	return distance > TL_INDEX_DISTANCE_MAX ? TL_INDEX_DISTANCE_MAX : distance;
}

static int
by_key(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* Pictures near to it, and videos of which two seconds are, or the only one. */
static int
reach_straight(
    struct reach *r, struct tl_again_index *x, const struct tl_pdq *needle, int distance)
{
	const int kinds[TL_AGAIN_KINDS] = {[TL_AGAIN_PICTURE] = distance,
	    [TL_AGAIN_SECOND] = distance,
	    [TL_AGAIN_SECONDS] = distance,
	    [TL_AGAIN_FIRST] = -1,
	    [TL_AGAIN_LOOK] = -1};
	const struct tl_again_hit *hit;
	size_t n = 0, singles = 0;
	int rc = tl_again_index_reach(x, needle, kinds, &hit, &n);
	if (rc < 0)
		return rc;
	int64_t *single = malloc((n + 1) * sizeof *single);
	if (!single)
		abort();
	for (size_t i = 0; i < n; i++)
		if (hit[i].kind == TL_AGAIN_SECOND)
			single[singles++] = hit[i].key;
		else
			add_hit(r, r->at, hit[i].key);
	qsort(single, singles, sizeof *single, by_key);
	for (size_t i = SECONDS_LEAST - 1; i < singles; i++)
		if (single[i] == single[i + 1 - SECONDS_LEAST])
			add_hit(r, r->at, single[i]);
	free(single);
	return 0;
}

/* Turned pictures only: detectors do not turn videos. */
static int
reach_turned(
    struct reach *r, struct tl_again_index *x, const struct tl_pdq *needle, int distance)
{
	const struct tl_again_hit *hit;
	size_t n = 0;
	uint64_t all;
	int rc = tl_again_index_find(x, needle, distance, 0, &hit, &n, &all);
	for (size_t i = 0; i < n && rc == 0; i++)
		add_hit(r, r->at, hit[i].key);
	return rc;
}

static int
reach_picture(struct reach *r, struct tl_again_index *x, const struct reach_entry *e)
{
	struct tl_pdq needle[TL_PDQ_TURNS];
	if (e->value.n != sizeof needle[0].b)
		return 0;
	memcpy(needle[0].b, e->value.p, sizeof needle[0].b);
	int rc = reach_straight(r, x, &needle[0], within(e->distance));
	if (rc < 0 || !e->turned)
		return rc;
	const struct tl_pdq straight = needle[0];
	tl_again_turn(&straight, needle);
	for (size_t i = 1; i < TL_PDQ_TURNS && rc == 0; i++)
		rc = reach_turned(r, x, &needle[i], within(e->distance + TL_AGAIN_TURN_SLACK));
	return rc;
}

/* Videos ----------------------------------------------------------------------------------------------------------- */

static int
take_look(void *ctx, uint32_t frame, const struct tl_pdq *hash)
{
	struct reach *r = ctx;
	(void)frame;
	r->look = hear_room(r->look, r->looks + 1, &r->look_cap, sizeof *r->look);
	r->look[r->looks++] = *hash;
	return 0;
}

static int
begin_video(struct reach *r, const struct reach_entry *e)
{
	struct tl_video v = {0};
	r->looks = 0;
	r->next_look = 0;
	if (tl_video_unpack(e->value, &v) < 0)
		return 0; /* checked when it was added: nothing can match it */
	int rc = tl_video_index_frames(&v, take_look, r);
	tl_video_fini(&v);
	return rc;
}

static int
reach_look(struct reach *r, struct tl_again_index *x, const struct tl_pdq *needle,
    const int kinds[TL_AGAIN_KINDS])
{
	const struct tl_again_hit *hit;
	size_t n = 0;
	int rc = tl_again_index_reach(x, needle, kinds, &hit, &n);
	for (size_t i = 0; i < n && rc == 0; i++)
		add_hit(r, r->at, hit[i].key);
	return rc;
}

/* Whatever votes for it when it is looked for (src/hash/video_find.c): first looks from farther away. */
static int
reach_by_look(struct reach *r, struct tl_again_index *x, int distance)
{
	struct tl_pdq needle = r->look[r->next_look++];
	int near = within(distance), wide = within(distance * 3 / 2);
	const int straight[TL_AGAIN_KINDS] = {-1, wide, wide, wide, near};
	const int mirrored[TL_AGAIN_KINDS] = {-1, near, near, near, near};
	int rc = reach_look(r, x, &needle, straight);
	if (rc < 0)
		return rc;
	tl_pdq_mirror(&needle);
	return reach_look(r, x, &needle, mirrored);
}

/* Sounds ----------------------------------------------------------------------------------------------------------- */

static int
begin_sound(struct reach *r, size_t entry)
{
	size_t n = r->sounds.n;
	int rc = hear_add(&r->sounds, r->e[entry].value);
	if (rc < 0 || r->sounds.n == n)
		return rc;
	r->sound_entry =
	    hear_room(r->sound_entry, n + 1, &r->sound_cap, sizeof *r->sound_entry);
	r->sound_entry[n] = entry;
	return 0;
}

/* One candidate, of all sounds among the entries. */
static int
hear(struct reach *r, struct tl_db *db, int64_t key)
{
	struct tl_sound_found found = {0};
	struct tl_row row;
	int rc = tl_db_first(db, &row, TL_SQL_HEAR_MEDIUM, A_INT(key));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc; /* erased meanwhile */
	rc = hear_judge(&r->sounds, tl_col_str(&row, 3), tl_col_str(&row, 4), &found);
	tl_row_end(&row);
	for (size_t i = 0; i < found.n && rc == 0; i++)
		add_hit(r, r->sound_entry[found.hit[i].entry], key);
	/* More than can be told apart: the worker looks at each. */
	for (size_t i = 0; i < r->sounds.n && rc == 0 && found.cuts; i++)
		add_hit(r, r->sound_entry[i], key);
	tl_sound_found_fini(&found);
	return rc;
}

/* The next bit of the sounds; *ret_all: nothing is left of them. */
static int
reach_sounds(struct reach *r, struct tl_db *db, struct tl_again_index *x, int64_t until_us,
    bool *ret_all)
{
	int rc = hear_ask(&r->sounds, x, until_us, ret_all);
	if (rc < 0 || !*ret_all || r->heard == r->sounds.keys)
		return rc;
	*ret_all = false;
	return hear(r, db, r->sounds.key[r->heard++]);
}

/* All -------------------------------------------------------------------------------------------------------------- */

/* The next bit of the entry it is at. */
static int
reach_entry(struct reach *r, struct tl_again_index *x)
{
	struct reach_entry *e = &r->e[r->at];
	int rc = 0;
	if (e->live && e->form == TL_FORM_VPDQ) {
		if (!r->looks)
			rc = begin_video(r, e);
		if (rc == 0 && r->next_look < r->looks)
			rc = reach_by_look(r, x, e->distance);
		if (rc < 0 || r->next_look < r->looks)
			return rc;
		r->looks = 0;
	} else if (e->live && e->form == TL_FORM_PDQ) {
		rc = reach_picture(r, x, e);
	} else if (e->live && e->form == TL_FORM_CHROMAPRINT) {
		rc = begin_sound(r, r->at);
	}
	r->at++;
	return rc;
}

int
reach_gather(struct reach *r, struct tl_db *db, struct tl_again_index *x, int64_t until_us)
{
	int rc = 0;
	while (rc == 0 && !r->gathered) {
		bool all = false;
		if (r->at < r->n)
			rc = reach_entry(r, x);
		else
			rc = reach_sounds(r, db, x, until_us, &all);
		if (rc == 0 && all) {
			once_each(r);
			r->gathered = true;
		}
		if (tl_mono_us() >= until_us)
			break;
	}
	return rc;
}
