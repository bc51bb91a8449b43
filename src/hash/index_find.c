/*
 * Answers a question from one segment or one piece of the tail. Per needle: look up every bucket of the plan, many on their
 * way from memory at once; when the buckets hold far more than expected (clusters, floods), give the full shells up and let
 * other slots go further, or scan, whichever costs least; then sift the entries by their sketches and compare what is
 * left. A row that several slots find is reported by the first of them. Exact whatever it chooses. Owns nothing; no
 * failure. Called by index.c.
 */
#include "hash/index_find.h"

#include <stdlib.h>

#define AHEAD 256    /* buckets on their way from memory; a power of two */
#define BATCH 256    /* rows on their way from memory */
#define KEPT 8192    /* ranges whose entries the processor keeps until they are sifted */
#define SOON 32      /* ranges later */
#define BLOCK 2048   /* entries that all needles see before the next: 32 KB */
#define FULL_SHARE 4 /* so many times the expected candidates are too many */
#define FULL_LEAST 4096

struct range {
	uint32_t from, n;
};

/* One slot at exactly one radius. */
struct shell {
	unsigned slot;
	int radius;
	size_t asked;    /* buckets up to its last */
	size_t from, to; /* its ranges */
	uint64_t candidates;
};

/* One needle in one segment. */
struct hunt {
	const struct tl_ix_segment *s;
	const struct tl_ix_mixed *needle;
	int most;
	uint32_t value[TL_IX_SLOTS_MAX]; /* of the needle */
	int radius[TL_IX_SLOTS_MAX];     /* how far each slot is looked up */
	tl_ix_near near;
	void *ctx;
};

/* A row that may be near, found by a slot. */
struct suspect {
	uint32_t at;
	unsigned slot;
};

struct tl_ix_work {
	tl_ix_scan scan;
	void (*sift)(struct tl_ix_work *w, const struct hunt *h);
	struct range *range;
	size_t ranges, room;
	struct shell shell[TL_IX_SLOTS_MAX * (TL_IX_BITS_MAX + 1)];
	size_t shells;
	uint32_t bucket[AHEAD]; /* a ring */
	size_t asked, answered; /* of the buckets */
	size_t answering;       /* the shell */
	struct suspect suspect[BATCH];
	size_t suspects;
	uint32_t near[BLOCK];
};

static void
room_for(struct tl_ix_work *w, size_t n)
{
	if (w->ranges + n <= w->room)
		return;
	w->room = (w->ranges + n) * 2;
	w->range = reallocarray(w->range, w->room, sizeof *w->range);
	if (!w->range)
		abort();
}

/* The first and the last of its entries; what lies between comes by itself. */
static inline void
ask_for(const struct tl_ix_slot *t, size_t entry_bytes, struct range r)
{
	const uint8_t *p = t->entry + r.from * entry_bytes;
	__builtin_prefetch(p, 0, 2);
	__builtin_prefetch(p + (r.n ? r.n * entry_bytes - 1 : 0), 0, 2);
}

/* Reads the lines of the buckets asked for, up to the `until`th, and calls their entries. */
static void
answer(struct tl_ix_work *w, const struct tl_ix_segment *s, size_t until)
{
	room_for(w, until - w->answered);
	while (w->answered < until) {
		struct shell *shell = &w->shell[w->answering];
		const struct tl_ix_slot *t = &s->slot[shell->slot];
		size_t to = shell->asked < until ? shell->asked : until;
		struct range *r = w->range + w->ranges;
		for (size_t i = w->answered; i < to; i++) {
			uint32_t from = 0, n = tl_ix_bucket(t, w->bucket[i % AHEAD], &from);
			*r = (struct range){from, n};
			r += n > 0;
			shell->candidates += n;
			ask_for(t, s->entry_bytes, (struct range){from, n});
		}
		w->answered = to;
		shell->to = w->ranges = (size_t)(r - w->range);
		if (to == shell->asked && w->answering + 1 < w->shells) {
			w->answering++;
			w->shell[w->answering].from = w->shell[w->answering].to = w->ranges;
		}
	}
}

/* Asks for all buckets of one shell; `answer` reads them. */
static struct shell *
look_up(struct tl_ix_work *w, const struct hunt *h, unsigned slot, int radius)
{
	const struct tl_ix_slot *t = &h->s->slot[slot];
	struct tl_ix_masks m = tl_ix_masks(tl_ix_slot_bits(h->s->slots, slot), radius);
	struct shell *shell = &w->shell[w->shells++];
	*shell = (struct shell){slot, radius, w->asked, w->ranges, w->ranges, 0};
	uint32_t mask;
	while (tl_ix_masks_next(&m, &mask)) {
		uint32_t bucket = h->value[slot] ^ mask;
		w->bucket[w->asked++ % AHEAD] = bucket;
		__builtin_prefetch(&t->line[bucket / TL_IX_LINE]);
		shell->asked = w->asked;
		if (w->asked - w->answered == AHEAD)
			answer(w, h->s, w->asked - AHEAD / 2);
	}
	return shell;
}

static double
scan_cost(const struct tl_ix_segment *s, int most)
{
	return most < TL_IX_WHOLE_FROM ? s->scan_cost : 2 * s->scan_cost;
}

static double
price(uint64_t candidates)
{
	return (double)candidates * TL_IX_COST_CANDIDATE;
}

/* The slot whose next shell is expected to cost least; false when every slot is whole. */
static bool
cheapest(const struct tl_ix_segment *s, const int *looked, unsigned *ret, double *ret_cost)
{
	bool found = false;
	for (unsigned i = 0; i < s->slots; i++) {
		unsigned bits = tl_ix_slot_bits(s->slots, i);
		if ((unsigned)(looked[i] + 1) > bits)
			continue;
		double probes = tl_ix_shell(bits, looked[i] + 1);
		double cost = probes * TL_IX_COST_PROBE + probes * (double)s->n /
							      (double)(UINT64_C(1) << bits) *
							      TL_IX_COST_CANDIDATE;
		if (!found || cost < *ret_cost) {
			*ret = i;
			*ret_cost = cost;
		}
		found = true;
	}
	return found;
}

/* The dearest of the shells that are the last of their slot; NULL when there is none. */
static struct shell *
dearest(struct tl_ix_work *w, const int *radius)
{
	struct shell *most = NULL;
	for (size_t i = 0; i < w->shells; i++)
		if (w->shell[i].radius == radius[w->shell[i].slot] &&
		    (!most || w->shell[i].candidates > most->candidates))
			most = &w->shell[i];
	return most;
}

/*
 * The plan, bent to what this needle meets. `radius` holds how far each slot goes: all its shells up to there are looked up.
 * False: scan instead.
 */
static bool
choose(struct tl_ix_work *w, struct hunt *h, const struct tl_ix_plan *plan)
{
	const struct tl_ix_segment *s = h->s;
	int looked[TL_IX_SLOTS_MAX] = {0}, *radius = h->radius;
	uint64_t total = 0;
	double scan = scan_cost(s, h->most);
	w->ranges = w->shells = w->asked = w->answered = w->answering = 0;
	for (unsigned i = 0; i < s->slots; i++) {
		h->value[i] = tl_ix_slot_of(h->needle, s->slots, i);
		for (int r = 0; r <= plan->radius[i]; r++)
			(void)look_up(w, h, i, r);
		looked[i] = radius[i] = plan->radius[i];
	}
	answer(w, s, w->asked);
	for (size_t i = 0; i < w->shells; i++)
		total += w->shell[i].candidates;
	if ((double)total <= plan->candidates * FULL_SHARE + FULL_LEAST)
		return true;
	/* Gives up the fullest outer shell and buys the cheapest other for it, as long as that pays. */
	for (double spent = 0; spent < scan;) {
		struct shell *full = dearest(w, radius);
		unsigned other = 0;
		double cost = 0;
		if (!full || !cheapest(s, looked, &other, &cost))
			break;
		if (cost >= price(full->candidates))
			break;
		if (other ==
		    full->slot) { /* the next of the same slot would need this one too */
			if (looked[other] >= (int)tl_ix_slot_bits(s->slots, other))
				break;
			looked[other] = (int)tl_ix_slot_bits(s->slots, other);
			continue;
		}
		if (radius[other] !=
		    looked[other]) { /* given up before: further out is of no use */
			looked[other] = (int)tl_ix_slot_bits(s->slots, other);
			continue;
		}
		struct shell *more = look_up(w, h, other, looked[other] + 1);
		answer(w, s, w->asked);
		spent += cost;
		looked[other]++;
		if (price(more->candidates) >= price(full->candidates))
			continue; /* full as well: stays out */
		radius[other]++;
		radius[full->slot]--;
		total += more->candidates - full->candidates;
	}
	return price(total) < scan;
}

#define INLINE static inline __attribute__((always_inline))

/* In how many bits slot `slot` and the sketch of the next may differ together: index_plan.c says why. */
INLINE int
reach(const struct hunt *h, unsigned slot)
{
	return h->radius[slot] + h->radius[(slot + 1) % h->s->slots] + 1;
}

/* Whether slot `slot` finds this row: what `sift` asks of an entry. */
INLINE bool
finds(const struct hunt *h, const struct tl_ix_mixed *m, unsigned slot)
{
	unsigned slots = h->s->slots, next = (slot + 1) % slots;
	int d = __builtin_popcount(tl_ix_slot_of(m, slots, slot) ^ h->value[slot]);
	uint32_t apart = tl_ix_slot_of(m, slots, next) ^ h->value[next];
	apart &= tl_ix_sketch_mask(slots, slot, h->s->id_bits);
	return d <= h->radius[slot] && d + __builtin_popcount(apart) <= reach(h, slot);
}

INLINE void
compare(struct tl_ix_work *w, const struct hunt *h)
{
	const struct tl_ix_segment *s = h->s;
	for (size_t i = 0; i < w->suspects; i++) {
		uint32_t at = w->suspect[i].at;
		int d = tl_ix_differ(&s->half[0][at], &h->needle->h[0]);
		if (__builtin_expect(d > h->most, 1))
			continue;
		d += tl_ix_differ(&s->half[1][at], &h->needle->h[1]);
		if (d > h->most)
			continue;
		struct tl_ix_mixed m = {{s->half[0][at], s->half[1][at]}};
		bool before = false; /* some other slot has told of it */
		for (unsigned k = 0; k < w->suspect[i].slot && !before; k++)
			before = finds(h, &m, k);
		if (!before)
			h->near(h->ctx, at, d);
	}
	w->suspects = 0;
}

/* Reads the entries of a shell and calls for the rows whose sketches are near enough. */
INLINE void
sift_shell(struct tl_ix_work *w, const struct hunt *h, const struct shell *shell)
{
	const struct tl_ix_segment *s = h->s;
	unsigned slot = shell->slot, id_bits = s->id_bits;
	const uint8_t *entry = s->slot[slot].entry;
	uint64_t ids = (UINT64_C(1) << id_bits) - 1;
	uint64_t sketch = tl_ix_sketch_mask(s->slots, slot, id_bits);
	uint64_t want = h->value[(slot + 1) % s->slots] & sketch;
	int most = reach(h, slot) - shell->radius;
	bool again = w->ranges > KEPT;
	size_t bytes = s->entry_bytes;
	for (size_t i = shell->from; i < shell->to; i++) {
		if (again && i + SOON < shell->to)
			ask_for(&s->slot[slot], bytes, w->range[i + SOON]);
		const uint8_t *p = entry + w->range[i].from * bytes;
		for (uint32_t k = 0; k < w->range[i].n; k++, p += bytes) {
			uint64_t e;
			memcpy(&e, p, sizeof e);
			if (__builtin_popcountll(((e >> id_bits) ^ want) & sketch) > most)
				continue;
			uint32_t at = (uint32_t)(e & ids);
			at = at < s->n ? at : 0; /* damage: some row instead of none */
			__builtin_prefetch(&s->half[0][at]);
			w->suspect[w->suspects++] = (struct suspect){at, slot};
			if (w->suspects == BATCH)
				compare(w, h);
		}
	}
}

INLINE void
sift(struct tl_ix_work *w, const struct hunt *h)
{
	w->suspects = 0;
	for (size_t i = 0; i < w->shells; i++)
		if (w->shell[i].radius <= h->radius[w->shell[i].slot])
			sift_shell(w, h, &w->shell[i]);
	compare(w, h);
}

static void
sift_any(struct tl_ix_work *w, const struct hunt *h)
{
	sift(w, h);
}

#if defined(__x86_64__)
__attribute__((target("popcnt"))) static void
sift_popcnt(struct tl_ix_work *w, const struct hunt *h)
{
	sift(w, h);
}
#endif

struct tl_ix_work *
tl_ix_work_create(void)
{
	struct tl_ix_work *w = tl_ix_alloc(1, sizeof *w);
	w->scan = tl_ix_scan_best();
	w->sift = sift_any;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("popcnt"))
		w->sift = sift_popcnt;
#endif
	return w;
}

void
tl_ix_work_destroy(struct tl_ix_work *w)
{
	if (w)
		free(w->range);
	free(w);
}

bool
tl_ix_find(struct tl_ix_work *w, const struct tl_ix_segment *s,
    const struct tl_ix_mixed *needle, int most, tl_ix_near near, void *ctx)
{
	struct hunt h = {.s = s, .needle = needle, .most = most, .near = near, .ctx = ctx};
	const struct tl_ix_plan *plan = &s->plan[most];
	if (s->slots == 0 || plan->cost >= scan_cost(s, most) || !choose(w, &h, plan))
		return false;
	w->sift(w, &h);
	return true;
}

void
tl_ix_find_plain(struct tl_ix_work *w, const struct tl_ix_half *const half[2], size_t n,
    const struct tl_ix_mixed *const *needle, void *const *ctx, size_t needles, int most,
    tl_ix_near near)
{
	for (size_t from = 0; from < n; from += BLOCK) {
		size_t count = n - from < BLOCK ? n - from : BLOCK;
		for (size_t k = 0; k < needles; k++) {
			size_t found = w->scan(
			    half[0] + from, half[1] + from, count, needle[k], most, w->near);
			for (size_t i = 0; i < found; i++) {
				size_t at = from + w->near[i];
				near(ctx[k], (uint32_t)at,
				    tl_ix_differ(&half[0][at], &needle[k]->h[0]) +
					tl_ix_differ(&half[1][at], &needle[k]->h[1]));
			}
		}
	}
}
