/*
 * Whether one sound holds a part of another, from a place in each that speaks for it.
 *
 * Blocks of the query are verified one by one outwards from that place; each may lie one word further than its neighbour.
 * Promises: time and memory are bounded by the query's length. No failure. Called by sound_find.c.
 */
#include "hash/sound_match.h"

#include "hash/line_int.h"

#include <stdlib.h>

#define DRIFT TL_SOUND_DRIFT
#define BLOCK 16
#define WINDOW (TL_SOUND_STRETCH_MIN / BLOCK)
#define WINDOW_BITS 7 /* bound for a window; for two in a row it is TL_SOUND_BITS_MAX */
_Static_assert(WINDOW / 2 * BLOCK == TL_SOUND_WORDS_MIN, "the shortest window");
#define SHORT_BITS 5 /* bound for sounds that are shorter than a window */
#define CONTRAST 0.7 /* of what chance gives */
#define STEADY 10    /* chance below this: it hardly changes, and must fit better still */
#define STEADY_CONTRAST 0.4
#define BLOCK_BITS 13 /* a block of a good window that differs by more is no part of it */
#define SPEED_MAX 0.04
#define SPEED_LEAST 0.004
#define GAP_MS 4000 /* what was not recognised between two blocks that were */
#define STILL 4     /* bits of change against half a second and a second before: less is none */

static int
differ(uint32_t a, uint32_t b)
{
	return __builtin_popcount(a ^ b);
}

bool
tl_sound_moves(const uint32_t *w, size_t i)
{
	return i >= 8 && differ(w[i], w[i - 4]) + differ(w[i], w[i - 8]) >= STILL;
}

static uint32_t
count_moving(const uint32_t *w, size_t n)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += tl_sound_moves(w, i);
	return sum;
}

/* One block of the query, laid over the known sound. */
struct block {
	int64_t shift; /* word i of the query lies over word i + shift */
	double bits, chance;
	bool there; /* inside the known sound */
	bool good;
};

struct trial {
	const uint32_t *q, *k;
	int64_t qn, kn;
	struct block *block;
	int64_t blocks;
};

/* Mean difference of a block at a shift; -1 when it does not lie inside. */
static double
block_bits(const struct trial *t, int64_t b, int64_t shift)
{
	int sum = 0;
	int64_t from = b * BLOCK;
	if (from + shift < 0 || from + shift + BLOCK > t->kn)
		return -1;
	for (int64_t i = from; i < from + BLOCK; i++)
		sum += differ(t->q[i], t->k[i + shift]);
	return (double)sum / BLOCK;
}

/* The best shift within `reach` of one, the nearest when several are as good; itself for a block that is not inside. */
static int64_t
best_shift(const struct trial *t, int64_t b, int64_t shift, int64_t reach)
{
	int64_t best = shift;
	double least = block_bits(t, b, shift);
	for (int64_t r = 1; least >= 0 && r <= reach; r++)
		for (int64_t sign = -1; sign <= 1; sign += 2) {
			double d = block_bits(t, b, shift + sign * r);
			if (d >= 0 && d < least) {
				least = d;
				best = shift + sign * r;
			}
		}
	return best;
}

/* What a block differs by at other offsets: several, since music repeats itself. Half of the bits where there are none. */
static double
chance_bits(const struct trial *t, int64_t b, int64_t shift)
{
	static const int64_t far[] = {-47, -29, -13, 13, 29, 47};
	double sum = 0;
	int n = 0;
	for (size_t i = 0; i < TL_COUNT(far); i++) {
		double bits = block_bits(t, b, shift + far[i]);
		sum += bits >= 0 ? bits : 0;
		n += bits >= 0;
	}
	return n ? sum / n : 16;
}

static void
set_block(struct trial *t, int64_t b, int64_t shift)
{
	double bits = block_bits(t, b, shift);
	t->block[b] = (struct block){.shift = shift,
	    .bits = bits,
	    .chance = chance_bits(t, b, shift),
	    .there = bits >= 0};
}

/* Follows the offset from a block to both ends. */
static void
walk(struct trial *t, int64_t start, int64_t shift)
{
	shift = best_shift(t, start, shift, DRIFT);
	set_block(t, start, shift);
	for (int64_t b = start + 1, s = shift; b < t->blocks; b++)
		set_block(t, b, s = best_shift(t, b, s, 1));
	for (int64_t b = start - 1, s = shift; b >= 0; b--)
		set_block(t, b, s = best_shift(t, b, s, 1));
}

static bool
window_good(const struct block *b, int64_t n, double most)
{
	double bits = 0, chance = 0;
	int64_t drift = b[n - 1].shift - b[0].shift;
	for (int64_t i = 0; i < n; i++) {
		if (!b[i].there)
			return false;
		bits += b[i].bits;
		chance += b[i].chance;
	}
	double contrast = chance < STEADY * (double)n ? STEADY_CONTRAST : CONTRAST;
	double drift_max = SPEED_MAX * BLOCK * (double)(n - 1) + 1;
	return bits <= most * (double)n && bits < contrast * chance &&
	       (double)(drift < 0 ? -drift : drift) <= drift_max;
}

static void
mark_windows(struct trial *t, int64_t n, double most)
{
	for (int64_t b = 0; b + n <= t->blocks; b++)
		if (window_good(&t->block[b], n, most))
			for (int64_t i = b; i < b + n; i++)
				t->block[i].good |= t->block[i].bits < BLOCK_BITS;
}

/* Marks what belongs to a good window: the shorter, the better it must fit. */
static void
mark_good(struct trial *t)
{
	if (t->blocks < WINDOW || t->kn < TL_SOUND_STRETCH_MIN) {
		mark_windows(t, WINDOW / 2, SHORT_BITS);
		return;
	}
	mark_windows(t, WINDOW, WINDOW_BITS);
	mark_windows(t, (int64_t)2 * WINDOW, TL_SOUND_BITS_MAX + 0.25);
}

/* The straight line through the shifts of the good blocks (least squares); hardly any slope is none. */
static void
fit(const struct trial *t, struct tl_sound_hit *ret)
{
	struct line_sums sums = {0};
	for (int64_t b = 0; b < t->blocks; b++) {
		if (!t->block[b].good)
			continue;
		line_add(&sums, (double)(b * BLOCK), (double)t->block[b].shift);
	}
	double slope = line_slope(&sums, 0);
	if ((slope < 0 ? -slope : slope) < SPEED_LEAST)
		slope = 0;
	double at_start = line_at_zero(&sums, slope);
	ret->speed = 1 + slope;
	ret->offset_ms = tl_sound_ms((int64_t)(at_start + (at_start < 0 ? -0.5 : 0.5)));
}

static double
share(int64_t found, const uint32_t *w, int64_t n)
{
	uint32_t all = count_moving(w, (size_t)n);
	double part = all ? (double)found / all : 0;
	return part < 1 ? part : 1;
}

static void
tell_stretches(const struct trial *t, struct tl_stretches *ret)
{
	for (int64_t b = 0; b < t->blocks; b++)
		if (t->block[b].good)
			tl_stretch_add(ret, (uint32_t)tl_sound_ms(b * BLOCK),
			    (uint32_t)tl_sound_ms((b + 1) * BLOCK), GAP_MS);
}

/* Sums the good blocks up; false when there are none. */
static bool
sum_up(const struct trial *t, struct tl_sound_hit *ret)
{
	double bits = 0;
	int64_t good = 0, moved_q = 0, moved_k = 0;
	for (int64_t b = 0; b < t->blocks; b++) {
		const struct block *x = &t->block[b];
		if (!x->good)
			continue;
		good++;
		bits += x->bits;
		for (int64_t i = b * BLOCK; i < (b + 1) * BLOCK; i++) {
			moved_q += tl_sound_moves(t->q, (size_t)i);
			moved_k += tl_sound_moves(t->k, (size_t)(i + x->shift));
		}
	}
	if (!good)
		return false;
	*ret = (struct tl_sound_hit){.ms = tl_sound_ms(good * BLOCK),
	    .bits = bits / (double)good,
	    .share_query = share(moved_q, t->q, t->qn),
	    .share_known = share(moved_k, t->k, t->kn)};
	fit(t, ret);
	tell_stretches(t, &ret->shown);
	return true;
}

bool
tl_sound_compare(const struct tl_sound *query, const struct tl_sound *known, size_t at_query,
    size_t at_known, struct tl_sound_hit *ret)
{
	struct trial t = {.q = query->w,
	    .k = known->w,
	    .qn = (int64_t)query->n,
	    .kn = (int64_t)known->n,
	    .blocks = (int64_t)query->n / BLOCK};
	int64_t shift = (int64_t)at_known - (int64_t)at_query,
		start = (int64_t)at_query / BLOCK;
	if (t.blocks == 0 || at_known >= known->n)
		return false;
	/* The first whole block beside a place at the known sound's beginning, the last at its end. */
	start += start * BLOCK + shift < 0;
	start -= (start + 1) * BLOCK + shift > t.kn;
	t.block = calloc((size_t)t.blocks, sizeof *t.block);
	if (!t.block)
		abort();
	start = start < 0 ? 0 : start < t.blocks ? start : t.blocks - 1;
	walk(&t, start, shift);
	mark_good(&t);
	bool found = sum_up(&t, ret);
	free(t.block);
	return found;
}
