/*
 * From the windows of a sound to the known sounds that hold a part of it.
 *
 * Every place of the query is asked for, unless it stands still there; of its other speeds, unless it is short, every third.
 * Pairs of places vote for their offset; half of the bins of offsets lie between those of the other half, so that none is at a border of both.
 * The fullest bins of each bank are compared. Promises: time and memory are bounded by the number of windows. Failure: the
 * index's and the reader's. Called by the sound detector, the command line and benches.
 */
#include "hash/sound_find.h"

#include <stdlib.h>

#define AT_ONCE 64
#define HITS 256 /* entries that one window may vote for, of a bank when all have more */
#define BINS_MAX ((size_t)1 << 20)
#define BINS_FIRST ((size_t)1 << 14)
#define SHORT 128 /* words; queries below are asked for at every place */
#define STEP 3 /* has no factor in common with the windows: every place of one has its turn */
#define MOVING (TL_SOUND_WINDOW / 2) /* words of a window that must change */
#define STRONG 3                     /* votes that are hardly chance */

_Static_assert(STEP *TL_SOUND_WINDOW == 24, "as many windows as it says");
_Static_assert(
    TL_SOUND_WORDS_MAX / TL_SOUND_WINDOW <= UINT16_MAX, "a window's number has 16 bits");

static struct tl_pdq
window_at(const uint32_t *w)
{
	struct tl_pdq h = {0};
	for (size_t i = 0; i < TL_SOUND_WINDOW; i++)
		for (size_t b = 0; b < 4; b++)
			h.b[4 * i + b] = (uint8_t)(w[i] >> (24 - 8 * b));
	return h;
}

int
tl_sound_index_windows(const struct tl_sound *s,
    int (*each)(void *ctx, uint32_t window, const struct tl_pdq *hash), void *ctx)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && (i + 1) * TL_SOUND_WINDOW <= s->n; i++) {
		struct tl_pdq h = window_at(s->w + i * TL_SOUND_WINDOW);
		rc = each(ctx, (uint32_t)i, &h);
	}
	return rc;
}

/* What stands still leads to everything that does; at the beginning of a short query nothing is known of that. */
static bool
tells(const struct tl_sound *q, size_t at)
{
	int n = 0;
	if (at < TL_SOUND_WINDOW && q->n < TL_SOUND_STRETCH_MIN)
		return true;
	for (size_t i = at; i < at + TL_SOUND_WINDOW; i++)
		n += tl_sound_moves(q->w, i);
	return n >= MOVING;
}

int
tl_sound_upload_windows(
    const struct tl_sound *upload, size_t speeds, tl_sound_each_fn each, void *ctx)
{
	int rc = 0;
	for (size_t q = 0; q < speeds; q++) {
		const struct tl_sound *s = &upload[q];
		size_t step = TL_SOUND_WINDOW * (q == 0 || s->n < SHORT ? 1 : STEP);
		for (size_t i = 0; rc == 0 && i + TL_SOUND_WINDOW <= s->n; i += step) {
			struct tl_pdq h = window_at(s->w + i);
			if (tells(s, i))
				rc = each(ctx, q, &h);
		}
	}
	return rc;
}

size_t
tl_sound_places(const struct tl_sound *known)
{
	return known->n < TL_SOUND_WINDOW ? 0 : known->n - TL_SOUND_WINDOW + 1;
}

struct tl_pdq
tl_sound_place(const struct tl_sound *known, size_t at)
{
	return window_at(known->w + at);
}

void
tl_sound_found_fini(struct tl_sound_found *f)
{
	free(f->hit);
	free(f->cut);
	*f = (struct tl_sound_found){0};
}

/* Places of one query and one entry that agree on the offset. */
struct bin {
	uint64_t entry;
	uint32_t bank;
	uint32_t offset; /* 0: free */
	uint32_t query;
	uint32_t votes, last; /* the place that voted last */
	uint32_t at_query, at_known;
};

struct place {
	uint32_t query, at;
};

struct search {
	const struct tl_sound_ask *ask;
	struct bin *bin; /* by hash */
	size_t bins, room;
	bool full; /* BINS_MAX were not enough */
	struct tl_index_bank *bank;
	struct tl_pdq needle[AT_ONCE];
	struct place place[AT_ONCE];
	size_t n;
	struct tl_index_hit *hit;
};

static void *
alloc(size_t n, size_t size)
{
	void *p = calloc(n + 1, size);
	if (!p)
		abort();
	return p;
}

static struct bin *
slot(struct search *s, uint64_t entry, uint32_t query, uint32_t offset)
{
	uint64_t key = (entry * 0x9e3779b97f4a7c15u) ^ ((uint64_t)query << 32 | offset);
	size_t at = (size_t)(key * 0x9e3779b97f4a7c15u >> 32) & (s->room - 1);
	while (s->bin[at].offset && (s->bin[at].entry != entry || s->bin[at].query != query ||
					s->bin[at].offset != offset))
		at = (at + 1) & (s->room - 1);
	return &s->bin[at];
}

static void
grow(struct search *s)
{
	struct bin *old = s->bin;
	size_t n = s->room;
	s->room = n ? 2 * n : BINS_FIRST;
	s->bin = alloc(s->room, sizeof *s->bin);
	for (size_t i = 0; i < n; i++)
		if (old[i].offset)
			*slot(s, old[i].entry, old[i].query, old[i].offset) = old[i];
	free(old);
}

static void
vote_for(struct search *s, const struct tl_index_hit *hit, const struct place *p,
    uint32_t at_known, uint32_t offset)
{
	struct bin *b = slot(s, hit->key >> 16, p->query, offset);
	if (!b->offset) {
		if (s->bins == BINS_MAX / 2) {
			s->full = true;
			return;
		}
		if (++s->bins > s->room / 2) {
			grow(s);
			b = slot(s, hit->key >> 16, p->query, offset);
		}
		*b = (struct bin){.entry = hit->key >> 16,
		    .bank = hit->bank,
		    .offset = offset,
		    .query = p->query,
		    .last = UINT32_MAX,
		    .at_query = p->at,
		    .at_known = at_known};
	}
	b->votes += b->last != p->at;
	b->last = p->at;
}

static void
vote(struct search *s, const struct tl_index_found *found, const struct place *p)
{
	for (size_t i = 0; i < found->n; i++) {
		uint32_t at = (uint32_t)(found->hit[i].key & UINT16_MAX) * TL_SOUND_WINDOW;
		uint32_t d = at + TL_SOUND_WORDS_MAX - p->at;
		vote_for(s, &found->hit[i], p, at, (d / TL_SOUND_DRIFT) << 1 | 1);
		vote_for(s, &found->hit[i], p, at,
		    ((d + TL_SOUND_DRIFT / 2) / TL_SOUND_DRIFT + 1) << 1);
	}
}

/* One window of each bank for itself. */
static int
ask_each(struct search *s, size_t i)
{
	struct tl_index_ask ask = {.needle = &s->needle[i],
	    .needles = 1,
	    .distance = -1,
	    .banks = 1,
	    .now_us = s->ask->now_us};
	int rc = 0;
	for (size_t b = 0; rc == 0 && b < s->ask->banks; b++) {
		struct tl_index_found found = {.hit = s->hit + i * HITS, .cap = HITS};
		ask.bank = &s->bank[b];
		rc = s->ask->find(s->ask->ctx, &ask, &found);
		if (rc == 0)
			vote(s, &found, &s->place[i]);
	}
	return rc;
}

static int
flush(struct search *s)
{
	struct tl_index_found found[AT_ONCE];
	struct tl_index_ask ask = {.needle = s->needle,
	    .needles = s->n,
	    .distance = -1,
	    .bank = s->bank,
	    .banks = s->ask->banks,
	    .now_us = s->ask->now_us};
	if (s->n == 0)
		return 0;
	for (size_t i = 0; i < s->n; i++)
		found[i] = (struct tl_index_found){.hit = s->hit + i * HITS, .cap = HITS};
	int rc = s->ask->find(s->ask->ctx, &ask, found);
	for (size_t i = 0; rc == 0 && i < s->n; i++) {
		if (found[i].all > found[i].n && s->ask->banks > 1)
			rc = ask_each(s, i);
		else
			vote(s, &found[i], &s->place[i]);
	}
	s->n = 0;
	return rc;
}

static int
ask_query(struct search *s, uint32_t q)
{
	const struct tl_sound *sound = &s->ask->query[q];
	size_t step = q == 0 || sound->n < SHORT ? 1 : STEP;
	int rc = 0;
	for (size_t i = 0; i < s->ask->banks; i++)
		s->bank[i] = (struct tl_index_bank){
		    s->ask->bank[i], q ? TL_SOUND_BEND_BITS : TL_SOUND_WINDOW_BITS};
	for (size_t i = 0; rc == 0 && i + TL_SOUND_WINDOW <= sound->n; i += step) {
		if (!tells(sound, i))
			continue;
		s->needle[s->n] = window_at(sound->w + i);
		s->place[s->n++] = (struct place){q, (uint32_t)i};
		if (s->n == AT_ONCE)
			rc = flush(s);
	}
	return rc < 0 ? rc : flush(s);
}

static int
ask_all(struct search *s)
{
	int rc = 0;
	for (uint32_t q = 0; rc == 0 && s->ask->banks && q < s->ask->queries; q++)
		rc = ask_query(s, q);
	return rc;
}

/* Comparing --------------------------------------------------------------------------------------------------- */

/* The fullest of each bank first. */
static int
by_votes(const void *a, const void *b)
{
	const struct bin *x = a, *y = b;
	if (x->bank != y->bank)
		return x->bank < y->bank ? -1 : 1;
	if (x->votes != y->votes)
		return x->votes > y->votes ? -1 : 1;
	if (x->entry != y->entry)
		return x->entry < y->entry ? -1 : 1;
	return x->query != y->query ? (x->query < y->query ? -1 : 1)
				    : (x->offset > y->offset) - (x->offset < y->offset);
}

static int
by_entry(const void *a, const void *b)
{
	const struct bin *x = a, *y = b;
	return x->entry != y->entry ? (x->entry < y->entry ? -1 : 1) : by_votes(a, b);
}

static int
by_length(const void *a, const void *b)
{
	const struct tl_sound_hit *x = a, *y = b;
	if (x->ms != y->ms)
		return x->ms > y->ms ? -1 : 1;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

/* Times of another speed as times of the sound itself. */
static void
at_own_speed(const struct tl_sound *own, const struct tl_sound *bent, struct tl_stretches *l)
{
	for (size_t i = 0; bent->n && i < l->n; i++) {
		struct tl_stretch *s = &l->s[i];
		s->from_ms = (uint32_t)((uint64_t)s->from_ms * own->n / bent->n);
		s->to_ms = (uint32_t)((uint64_t)s->to_ms * own->n / bent->n);
	}
}

/* How much is recognised: a slower query is longer, but fits worse than that at its own speed. */
static double
weight(const struct tl_sound_hit *h)
{
	return (double)h->ms * (16 - h->bits);
}

/* One entry's places: where most is recognised is what is found of it. */
static int
compare(struct search *s, const struct bin *bin, size_t n, struct tl_sound_found *ret)
{
	struct tl_sound known = {0};
	struct tl_sound_hit best = {0}, hit;
	int rc = s->ask->read(s->ask->ctx, bin->entry, &known);
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	for (size_t i = 0; i < n; i++) {
		const struct tl_sound *query = &s->ask->query[bin[i].query];
		if (tl_sound_compare(query, &known, bin[i].at_query, bin[i].at_known, &hit) &&
		    weight(&hit) > weight(&best)) {
			best = hit;
			at_own_speed(s->ask->query, query, &best.shown);
		}
	}
	tl_sound_fini(&known);
	if (best.ms == 0)
		return 0;
	best.entry = bin->entry;
	best.bank = bin->bank;
	ret->hit[ret->n++] = best;
	return 0;
}

/* The places of one bank. */
static int
compare_bank(struct search *s, struct bin *bin, size_t n, struct tl_sound_found *ret)
{
	if (s->full || (n > TL_SOUND_TRIES && bin[TL_SOUND_TRIES].votes >= STRONG))
		ret->cut[ret->cuts++] = bin->bank;
	n = n < TL_SOUND_TRIES ? n : TL_SOUND_TRIES;
	qsort(bin, n, sizeof *bin, by_entry);
	int rc = 0;
	for (size_t i = 0, end; rc == 0 && i < n; i = end) {
		for (end = i + 1; end < n && bin[end].entry == bin[i].entry; end++) {
		}
		rc = compare(s, &bin[i], end - i, ret);
	}
	return rc;
}

static int
compare_all(struct search *s, struct tl_sound_found *ret)
{
	size_t n = 0;
	int rc = 0;
	for (size_t i = 0; i < s->room; i++)
		if (s->bin[i].offset)
			s->bin[n++] = s->bin[i];
	if (n == 0)
		return 0;
	qsort(s->bin, n, sizeof *s->bin, by_votes);
	size_t most = n < s->ask->banks * TL_SOUND_TRIES ? n : s->ask->banks * TL_SOUND_TRIES;
	ret->hit = alloc(most, sizeof *ret->hit);
	ret->cut = alloc(s->ask->banks, sizeof *ret->cut);
	for (size_t i = 0, end; rc == 0 && i < n; i = end) {
		for (end = i + 1; end < n && s->bin[end].bank == s->bin[i].bank; end++) {
		}
		rc = compare_bank(s, &s->bin[i], end - i, ret);
	}
	qsort(ret->hit, ret->n, sizeof *ret->hit, by_length);
	return rc;
}

int
tl_sound_find(const struct tl_sound_ask *ask, struct tl_sound_found *ret)
{
	struct tl_sound_found found = {0};
	struct search s = {.ask = ask,
	    .bank = alloc(ask->banks, sizeof *s.bank),
	    .hit = alloc((size_t)AT_ONCE * HITS, sizeof *s.hit)};
	grow(&s);
	int rc = ask_all(&s);
	if (rc == 0)
		rc = compare_all(&s, &found);
	free(s.bin);
	free(s.bank);
	free(s.hit);
	if (rc < 0)
		tl_sound_found_fini(&found);
	else
		*ret = found;
	return rc;
}
