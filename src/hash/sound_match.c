/*
 * The index of known sounds and the search in it.
 *
 * All words lie in one array, sound after sound, and a table leads from a word to its places; words that occur too often
 * lead nowhere. A query asks for each of its words and for all that differ by up to two bits. Places that agree on the
 * offset, give or take a drift, are verified block by block outwards from where they were found.
 * Promises: memory and time are bounded by constants for any query. No failure but that of a full index. Called by the
 * sound detector and by benches.
 */
#include "hash/sound_match.h"

#include "hash/line_int.h"

#include <stdlib.h>

#define COMMON 256 /* a word with more places says nothing */
#define PROBED_MAX                                                                             \
	700 /* words of a query that are asked for with two bits of difference; the others with one */
#define SEEDS_MAX ((size_t)1 << 20)
#define BINS ((size_t)1 << 18)
#define DRIFT 16 /* words that the offset may move within a bin */
#define VOTES_MIN 3
#define BLOCK 16
#define WINDOW (TL_SOUND_STRETCH_MIN / BLOCK)
#define WINDOW_BITS 7 /* bound for a window; for two in a row it is TL_SOUND_BITS_MAX */
#define SHORT_BITS 5  /* bound for sounds that are shorter than a window */
#define CONTRAST 0.7  /* of what chance gives */
#define STEADY 10     /* chance below this: it hardly changes, and must fit better still */
#define STEADY_CONTRAST 0.4
#define BLOCK_BITS 13 /* a block of a good window that differs by more is no part of it */
#define SPEED_MAX 0.04
#define SPEED_LEAST 0.004
#define STILL 4 /* bits of change against half a second and a second before: less is none */

struct known {
	uint32_t sound;
	uint32_t at, n; /* its words */
	uint32_t moving;
};

struct tl_sound_index {
	uint32_t *w;
	size_t n, cap;
	struct known *known;
	size_t known_n, known_cap;
	uint32_t *head, *place; /* head[b]..head[b+1] of place */
	int bits;
};

static int
differ(uint32_t a, uint32_t b)
{
	return __builtin_popcount(a ^ b);
}

static bool
moving(const uint32_t *w, size_t i)
{
	return i >= 8 && differ(w[i], w[i - 4]) + differ(w[i], w[i - 8]) >= STILL;
}

static uint32_t
count_moving(const uint32_t *w, size_t n)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += moving(w, i);
	return sum;
}

static void *
room(void *p, size_t need, size_t *cap, size_t size)
{
	if (need <= *cap)
		return p;
	while (*cap < need)
		*cap = *cap ? *cap * 2 : 1024;
	p = realloc(p, *cap * size);
	if (!p)
		abort();
	return p;
}

struct tl_sound_index *
tl_sound_index_create(void)
{
	struct tl_sound_index *x = calloc(1, sizeof *x);
	if (!x)
		abort();
	return x;
}

void
tl_sound_index_destroy(struct tl_sound_index *x)
{
	if (!x)
		return;
	free(x->w);
	free(x->known);
	free(x->head);
	free(x->place);
	free(x);
}

size_t
tl_sound_index_words(const struct tl_sound_index *x)
{
	return x->n;
}

int
tl_sound_index_add(struct tl_sound_index *x, uint32_t sound, const struct tl_sound *known)
{
	if (known->n > TL_SOUND_INDEX_WORDS_MAX - x->n)
		return tl_fail(TL_ENOMEM, "there are too many known sounds");
	x->w = room(x->w, x->n + known->n, &x->cap, sizeof *x->w);
	x->known = room(x->known, x->known_n + 1, &x->known_cap, sizeof *x->known);
	memcpy(x->w + x->n, known->w, known->n * sizeof *known->w);
	x->known[x->known_n++] = (struct known){
	    sound, (uint32_t)x->n, (uint32_t)known->n, count_moving(known->w, known->n)};
	x->n += known->n;
	return 0;
}

static uint32_t
bucket(const struct tl_sound_index *x, uint32_t word)
{
	return word * 2654435761u >> (32 - x->bits);
}

/* Of a run of one word its first place is enough; what stands still leads to nothing but itself. */
static bool
indexed(const struct tl_sound_index *x, size_t i)
{
	return i == 0 || x->w[i] != x->w[i - 1];
}

/* Takes the words that occur too often out of a bucket; returns its new end. */
static uint32_t
thin(const struct tl_sound_index *x, uint32_t from, uint32_t to)
{
	uint32_t kept = from;
	while (from < to) {
		uint32_t word = x->w[x->place[from]], same = from;
		for (uint32_t k = from; k < to; k++)
			if (x->w[x->place[k]] == word) {
				uint32_t p = x->place[k];
				x->place[k] = x->place[same];
				x->place[same++] = p;
			}
		for (uint32_t k = from; k < same && same - from <= COMMON; k++)
			x->place[kept++] = x->place[k];
		from = same;
	}
	return kept;
}

void
tl_sound_index_build(struct tl_sound_index *x)
{
	for (x->bits = 8; x->bits < 24 && (size_t)1 << x->bits < x->n; x->bits++) {
	}
	size_t buckets = (size_t)1 << x->bits;
	x->head = calloc(buckets + 2, sizeof *x->head);
	x->place = malloc((x->n + 1) * sizeof *x->place);
	if (!x->head || !x->place)
		abort();
	for (size_t i = 0; i < x->n; i++)
		if (indexed(x, i))
			x->head[bucket(x, x->w[i]) + 2]++;
	for (size_t b = 2; b < buckets + 2; b++)
		x->head[b] += x->head[b - 1];
	for (size_t i = 0; i < x->n; i++)
		if (indexed(x, i))
			x->place[x->head[bucket(x, x->w[i]) + 1]++] = (uint32_t)i;
	uint32_t kept = 0, from = 0;
	for (size_t b = 0; b < buckets; b++) {
		uint32_t to = x->head[b + 1];
		uint32_t end = to - from > COMMON ? thin(x, from, to) : to;
		x->head[b] = kept;
		memmove(x->place + kept, x->place + from, (end - from) * sizeof *x->place);
		kept += end - from;
		from = to;
	}
	x->head[buckets] = kept;
}

/* A place in the query and one in the array that speak for the same offset. */
struct seed {
	uint32_t query, place;
};

struct bin {
	uint64_t key; /* of the offset, 0: free */
	uint32_t votes, last;
	struct seed seed;
};

struct search {
	const struct tl_sound_index *x;
	const uint32_t *q;
	size_t n;
	uint32_t moving;
	struct bin *bin;
	size_t bins, seeds;
};

/* Half of the bins lie between those of the other half, so that no offset is at a border of both. */
static void
vote(struct search *s, uint64_t key, uint32_t query, uint32_t place)
{
	size_t at = (size_t)(key * 0x9e3779b97f4a7c15u >> 46) & (BINS - 1);
	while (s->bin[at].key && s->bin[at].key != key)
		at = (at + 1) & (BINS - 1);
	struct bin *b = &s->bin[at];
	if (!b->key) {
		if (s->bins >= BINS / 2)
			return;
		s->bins++;
		*b = (struct bin){.key = key, .seed = {query, place}};
	}
	/* One word of the query has one vote in a bin. */
	b->votes += b->votes == 0 || b->last != query;
	b->last = query;
}

static void
probe(struct search *s, uint32_t query, uint32_t word)
{
	const struct tl_sound_index *x = s->x;
	uint32_t b = bucket(x, word);
	for (uint32_t k = x->head[b]; k < x->head[b + 1]; k++) {
		uint32_t place = x->place[k];
		if (x->w[place] != word || s->seeds >= SEEDS_MAX)
			continue;
		uint64_t diagonal = (uint64_t)place + TL_SOUND_WORDS_MAX - query;
		s->seeds++;
		vote(s, (diagonal / DRIFT) << 1 | 1, query, place);
		vote(s, ((diagonal + DRIFT / 2) / DRIFT + 1) << 1, query, place);
	}
}

static void
probe_all(struct search *s)
{
	size_t every = s->n / PROBED_MAX + 1;
	for (size_t i = 0; i < s->n; i++) {
		if (!moving(s->q, i) && !(i < 8 && s->n < TL_SOUND_STRETCH_MIN))
			continue;
		uint32_t w = s->q[i];
		probe(s, (uint32_t)i, w);
		for (int a = 0; a < 32; a++) {
			probe(s, (uint32_t)i, w ^ 1u << a);
			for (int b = a + 1; b < 32 && i % every == 0; b++)
				probe(s, (uint32_t)i, w ^ 1u << a ^ 1u << b);
		}
	}
}

static const struct known *
known_at(const struct tl_sound_index *x, uint32_t place)
{
	size_t lo = 0, hi = x->known_n;
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (x->known[mid].at <= place)
			lo = mid;
		else
			hi = mid;
	}
	return &x->known[lo];
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
	double drift_max = SPEED_MAX * BLOCK * (double)n + 1;
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

/* Sums the good blocks up; false when there are none. */
static bool
sum_up(const struct search *s, const struct known *k, const struct trial *t,
    struct tl_sound_hit *ret)
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
			moved_q += moving(t->q, (size_t)i);
			moved_k += moving(t->k, (size_t)(i + x->shift));
		}
	}
	if (!good)
		return false;
	*ret = (struct tl_sound_hit){.sound = k->sound,
	    .ms = tl_sound_ms(good * BLOCK),
	    .bits = bits / (double)good,
	    .share_query = s->moving ? (double)moved_q / s->moving : 0,
	    .share_known = k->moving ? (double)moved_k / k->moving : 0};
	ret->share_known = ret->share_known < 1 ? ret->share_known : 1;
	fit(t, ret);
	return true;
}

static bool
verify(const struct search *s, struct seed seed, struct tl_sound_hit *ret)
{
	const struct known *k = known_at(s->x, seed.place);
	struct trial t = {.q = s->q,
	    .k = s->x->w + k->at,
	    .qn = (int64_t)s->n,
	    .kn = k->n,
	    .blocks = (int64_t)s->n / BLOCK};
	int64_t shift = (int64_t)seed.place - k->at - seed.query, start = seed.query / BLOCK;
	if (t.blocks == 0)
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
	bool found = sum_up(s, k, &t, ret);
	free(t.block);
	return found;
}

static int
by_votes(const void *a, const void *b)
{
	const struct bin *x = a, *y = b;
	if (x->votes != y->votes)
		return x->votes > y->votes ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

static int
by_length(const void *a, const void *b)
{
	const struct tl_sound_hit *x = a, *y = b;
	if (x->ms != y->ms)
		return x->ms > y->ms ? -1 : 1;
	return x->sound < y->sound ? -1 : x->sound > y->sound;
}

/* The bins with the most votes to the front; how many are worth a trial. */
static size_t
best_bins(struct search *s, size_t cap)
{
	size_t n = 0;
	for (size_t i = 0; i < BINS; i++)
		if (s->bin[i].votes >= VOTES_MIN)
			s->bin[n++] = s->bin[i];
	qsort(s->bin, n, sizeof *s->bin, by_votes);
	return n < cap ? n : cap;
}

/* Keeps the longest of each sound. */
static size_t
keep(struct tl_sound_hit *hits, size_t n, const struct tl_sound_hit *hit)
{
	for (size_t i = 0; i < n; i++) {
		if (hits[i].sound != hit->sound)
			continue;
		if (hit->ms > hits[i].ms)
			hits[i] = *hit;
		return n;
	}
	hits[n] = *hit;
	return n + 1;
}

size_t
tl_sound_find(const struct tl_sound_index *x, const struct tl_sound *query,
    struct tl_sound_hit *hits, size_t cap)
{
	struct tl_sound_hit found[TL_SOUND_HITS_MAX], hit;
	size_t n = 0;
	if (x->n == 0)
		return 0;
	struct search s = {.x = x, .q = query->w, .n = query->n};
	s.moving = count_moving(s.q, s.n);
	s.bin = calloc(BINS, sizeof *s.bin);
	if (!s.bin)
		abort();
	probe_all(&s);
	size_t tries = best_bins(&s, TL_COUNT(found));
	for (size_t i = 0; i < tries; i++)
		if (verify(&s, s.bin[i].seed, &hit))
			n = keep(found, n, &hit);
	free(s.bin);
	qsort(found, n, sizeof *found, by_length);
	n = n < cap ? n : cap;
	memcpy(hits, found, n * sizeof *hits);
	return n;
}
