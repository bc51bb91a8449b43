/*
 * Finding what is like one known thing.
 *
 * Promises: every medium once, judged by its own hashes and the detectors' rules (src/detect/hash: pdq, shown, video, sound); work is
 * bounded, and what is left out for that is told. Failure: the store's and the index's codes; a value or hashes that cannot
 * be read match nothing. Called by the copies of an item and by the preview of a watch.
 */
#include "again/alike.h"

#include "again/hear.h"
#include "again/turn.h"
#include "hash/video_match.h"

#include <stdlib.h>

#define ENTRY_FRAMES 64
#define SHOWN_SECONDS 2               /* of a video, that must show a picture */
#define PAIRS_MAX ((uint64_t)1 << 33) /* looks or words held against each other in one search */
#define PLACES_MAX 20000              /* of a sound (40 minutes) that are asked for */

struct finding {
	struct tl_db *db;
	struct tl_again_index *x;
	const struct tl_alike *a;
	struct tl_video_looks known; /* of a video */
	struct tl_pdq picture;
	struct hear sound;
	int64_t *keys;
	size_t n, cap;
	uint64_t pairs;
	bool cut;
};

/* Candidates ------------------------------------------------------------------------------------------------------ */

static void
keep(struct finding *f, const struct tl_again_hit *hits, size_t n)
{
	if (f->n + n > f->cap) {
		size_t cap = 2 * (f->n + n);
		int64_t *keys = realloc(f->keys, cap * sizeof *keys);
		if (!keys)
			abort();
		f->keys = keys;
		f->cap = cap;
	}
	for (size_t i = 0; i < n; i++)
		f->keys[f->n++] = hits[i].key;
}

static int
by_key(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void
once_each(struct finding *f)
{
	size_t kept = 0;
	if (f->n == 0)
		return;
	qsort(f->keys, f->n, sizeof *f->keys, by_key);
	for (size_t i = 0; i < f->n; i++)
		if (kept == 0 || f->keys[i] != f->keys[kept - 1])
			f->keys[kept++] = f->keys[i];
	f->n = kept;
}

static int
wider(int distance, int by)
{
	return distance + by < TL_INDEX_DISTANCE_MAX ? distance + by : TL_INDEX_DISTANCE_MAX;
}

static int
near_pictures(struct finding *f, const struct tl_pdq *needle, int distance)
{
	const struct tl_again_hit *hits;
	size_t n;
	uint64_t all;
	int rc = tl_again_index_find(f->x, needle, distance, TL_ALIKE_MAX, &hits, &n, &all);
	if (rc == 0)
		keep(f, hits, n);
	if (rc == 0 && all > n)
		f->cut = true;
	return rc;
}

static int
near_videos(struct finding *f, const struct tl_pdq *frame, int distance)
{
	const int kinds[TL_AGAIN_KINDS] = {-1, distance, distance, distance, distance};
	const struct tl_again_hit *hits;
	size_t n;
	int rc = tl_again_index_reach(f->x, frame, kinds, &hits, &n);
	if (rc == 0)
		keep(f, hits, n);
	return rc;
}

static int
candidates_of_picture(struct finding *f)
{
	struct tl_pdq needle[TL_PDQ_TURNS];
	size_t turns = f->a->turned ? TL_PDQ_TURNS : 1;
	int rc = near_videos(f, &f->picture, f->a->distance);
	needle[0] = f->picture;
	if (f->a->turned)
		tl_again_turn(&f->picture, needle);
	for (size_t i = 0; i < turns && rc == 0; i++)
		rc = near_pictures(
		    f, &needle[i], wider(f->a->distance, i ? TL_AGAIN_TURN_SLACK : 0));
	return rc;
}

/* Up to `most` frames that can be compared, spread evenly over it. */
static size_t
pick_frames(const struct tl_video *v, size_t most, struct tl_pdq *ret)
{
	size_t usable = 0, n = 0, seen = 0;
	for (size_t i = 0; i < v->n; i++)
		usable += v->f[i].quality >= TL_PDQ_QUALITY_MIN;
	for (size_t i = 0; i < v->n && n < most; i++) {
		if (v->f[i].quality < TL_PDQ_QUALITY_MIN)
			continue;
		/* The k-th of `most` stands at k / most of all. */
		if (usable <= most || seen * most >= n * usable)
			ret[n++] = v->f[i].hash;
		seen++;
	}
	return n;
}

static int
candidates_of_video(struct finding *f, const struct tl_video *v)
{
	struct tl_pdq frame[ENTRY_FRAMES];
	size_t n = pick_frames(v, ENTRY_FRAMES, frame);
	int rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = near_videos(f, &frame[i], f->a->distance);
		tl_pdq_mirror(&frame[i]);
		if (rc == 0)
			rc = near_videos(f, &frame[i], f->a->distance);
	}
	return rc;
}

/* Judging --------------------------------------------------------------------------------------------------------- */

static int
turned_distance(const struct finding *f, struct tl_str turned, int best)
{
	struct tl_pdq h;
	for (size_t at = 0; f->a->turned && at + sizeof h.b <= turned.n; at += sizeof h.b) {
		memcpy(h.b, turned.p + at, sizeof h.b);
		int d = tl_pdq_distance(&f->picture, &h);
		best = d < best ? d : best;
	}
	return best;
}

/* A video shows a picture in as many of its seconds as are near to it: the last of those says how wide that is. */
static void
judge_shown(const struct finding *f, const struct tl_video *v, struct tl_alike_hit *hit)
{
	int nearest[SHOWN_SECONDS] = {256, 256};
	size_t seconds = 0, near = 0;
	for (size_t i = 0; i < v->n; i++) {
		if (v->f[i].flags || v->f[i].quality < TL_PDQ_QUALITY_MIN)
			continue;
		int d = tl_pdq_distance(&f->picture, &v->f[i].hash);
		seconds++;
		near += d <= f->a->distance;
		if (d < nearest[0]) {
			nearest[1] = nearest[0];
			nearest[0] = d;
		} else if (d < nearest[1]) {
			nearest[1] = d;
		}
	}
	hit->distance = nearest[0];
	hit->reach = nearest[seconds < SHOWN_SECONDS ? 0 : SHOWN_SECONDS - 1];
	hit->percent = seconds ? (int)(100 * near / seconds) : 0;
}

static void
judge_picture(const struct finding *f, const struct tl_row *r, struct tl_alike_hit *hit)
{
	struct tl_pdq h;
	struct tl_str pdq = tl_col_str(r, 2), frames = tl_col_str(r, 5);
	struct tl_video v = {0};
	if (pdq.n == sizeof h.b && tl_col_int(r, 3) >= TL_PDQ_QUALITY_MIN) {
		memcpy(h.b, pdq.p, sizeof h.b);
		hit->reach =
		    turned_distance(f, tl_col_str(r, 4), tl_pdq_distance(&f->picture, &h));
		hit->distance = hit->reach;
	} else if (frames.n && tl_video_unpack(frames, &v) == 0) {
		judge_shown(f, &v, hit);
	}
	tl_video_fini(&v);
}

struct both {
	struct tl_video_looks straight, mirrored;
};

static bool
matches(struct finding *f, const struct both *b, int distance, struct tl_video_match *ret)
{
	struct tl_video_rule rule = {.distance = distance,
	    .share_query = f->a->share_query,
	    .share_known = f->a->share_known};
	tl_video_compare(&b->straight, &f->known, &rule, ret);
	if (ret->how == TL_VIDEO_APART)
		tl_video_compare(&b->mirrored, &f->known, &rule, ret);
	f->pairs += 2 * (uint64_t)b->straight.n * f->known.n;
	return ret->how != TL_VIDEO_APART;
}

/* The least distance at which it matches, found by halves: what matches at one matches at every wider one. */
static void
judge_video(struct finding *f, const struct tl_row *r, struct tl_alike_hit *hit)
{
	struct tl_video v = {0};
	struct both b;
	struct tl_video_match m;
	struct tl_str frames = tl_col_str(r, 5);
	if (!frames.n || tl_video_unpack(frames, &v) < 0)
		return;
	tl_video_looks_of(&v, false, &b.straight);
	tl_video_looks_of(&v, true, &b.mirrored);
	tl_video_fini(&v);
	if (matches(f, &b, f->a->distance, &m)) {
		int low = 0, high = f->a->distance;
		hit->distance = m.distance;
		hit->percent = (int)(100 * m.share_query + 0.5);
		while (low < high) {
			int mid = (low + high) / 2;
			if (matches(f, &b, mid, &m))
				high = mid;
			else
				low = mid + 1;
		}
		hit->reach = high;
	}
	tl_video_looks_fini(&b.straight);
	tl_video_looks_fini(&b.mirrored);
}

/* The least distance is the next whole number of bits; the greatest that a bank can have takes all that is found. */
static int
judge_sound(struct finding *f, const struct tl_row *r, struct tl_alike_hit *hit)
{
	struct tl_sound_found found = {0};
	struct tl_str words = tl_col_str(r, 3), bent = tl_col_str(r, 4);
	int rc = hear_judge(&f->sound, words, bent, &found);
	hit->video = tl_col_int(r, 2) != 0;
	f->pairs +=
	    (words.n + bent.n) / sizeof(uint32_t) * f->sound.known[0].n / TL_SOUND_WINDOW;
	if (rc == 0 && found.n &&
	    tl_sound_within(
		&found.hit[0], f->a->distance, f->a->share_query, f->a->share_known)) {
		const struct tl_sound_hit *h = &found.hit[0];
		int up = (int)h->bits + (h->bits > (int)h->bits);
		hit->reach = up < TL_SOUND_BITS_MAX ? up : TL_SOUND_BITS_MAX;
		hit->distance = (int)(h->bits + 0.5);
		hit->percent = (int)(100 * h->share_query + 0.5);
	}
	tl_sound_found_fini(&found);
	return rc;
}

static int
judge(struct finding *f, int64_t key, struct tl_alike_hit *hit)
{
	bool sound = f->a->form == TL_FORM_CHROMAPRINT;
	struct tl_row r;
	*hit = (struct tl_alike_hit){.key = key, .reach = INT32_MAX, .percent = -1};
	int rc = tl_db_first(
	    f->db, &r, sound ? TL_SQL_HEAR_MEDIUM : TL_SQL_ALIKE_MEDIUM, A_INT(key));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc; /* erased meanwhile */
	struct tl_str id = tl_col_str(&r, 1);
	hit->platform = tl_col_int(&r, 0);
	if (id.n == sizeof hit->media.b) {
		memcpy(hit->media.b, id.p, sizeof hit->media.b);
		if (sound)
			rc = judge_sound(f, &r, hit);
		else if (f->a->form == TL_FORM_PDQ)
			judge_picture(f, &r, hit);
		else
			judge_video(f, &r, hit);
	}
	tl_row_end(&r);
	return rc;
}

static int
judge_all(struct finding *f, tl_alike_fn fn, void *ctx)
{
	int rc = 0;
	once_each(f);
	for (size_t i = 0; i < f->n && rc >= 0; i++) {
		struct tl_alike_hit hit;
		if (i == TL_ALIKE_MAX || f->pairs > PAIRS_MAX) {
			f->cut = true;
			break;
		}
		rc = judge(f, f->keys[i], &hit);
		if (rc == 0 && hit.reach <= f->a->distance)
			rc = fn(ctx, &hit);
	}
	return rc < 0 ? rc : 0;
}

static int
find_video(struct finding *f)
{
	struct tl_video v = {0};
	if (tl_video_unpack(f->a->value, &v) < 0)
		return 0;
	tl_video_looks_of(&v, false, &f->known);
	int rc = candidates_of_video(f, &v);
	tl_video_fini(&v);
	return rc;
}

static int
find_sound(struct finding *f)
{
	bool all = false;
	int rc = hear_add(&f->sound, f->a->value);
	if (f->sound.n && f->sound.known[0].n > PLACES_MAX) {
		f->sound.step = f->sound.known[0].n / PLACES_MAX + 1;
		f->cut = true;
	}
	while (rc == 0 && !all)
		rc = hear_ask(&f->sound, f->x, INT64_MAX, &all);
	for (size_t i = 0; i < f->sound.keys; i++)
		keep(f, &(struct tl_again_hit){.key = f->sound.key[i]}, 1);
	return rc;
}

int
tl_alike_find(struct tl_db *db, struct tl_again_index *x, const struct tl_alike *a,
    tl_alike_fn fn, void *ctx, bool *ret_cut)
{
	struct finding f = {.db = db, .x = x, .a = a};
	int rc = 0;
	if (a->form == TL_FORM_PDQ && a->value.n == sizeof f.picture.b) {
		memcpy(f.picture.b, a->value.p, sizeof f.picture.b);
		rc = candidates_of_picture(&f);
	} else if (a->form == TL_FORM_VPDQ) {
		rc = find_video(&f);
	} else if (a->form == TL_FORM_CHROMAPRINT) {
		rc = find_sound(&f);
	}
	if (rc == 0)
		rc = judge_all(&f, fn, ctx);
	if (rc == 0 && f.cut)
		*ret_cut = true;
	tl_video_looks_fini(&f.known);
	hear_fini(&f.sound);
	free(f.keys);
	return rc;
}
