/*
 * Answers a question from one segment or one piece of the tail. Per needle: look up every bucket of the plan, in batches
 * so that memory answers many at once; when the buckets hold far more than expected (clusters, floods), give the full shells up
 * and let other slots go further, or scan, whichever costs least; then compare. An entry that several slots find is reported by
 * the first of them. Exact whatever it chooses. Owns nothing; no failure. Called by index.c.
 */
#include "hash/index_find.h"

#include <stdlib.h>

#define BATCH 512    /* candidates on their way from memory: 32 KB of lines */
#define BLOCK 2048   /* entries that all needles see before the next: 32 KB */
#define SHORT 4      /* ids that are copied without counting */
#define FULL_SHARE 4 /* so many times the expected candidates are too many */
#define FULL_LEAST 4096

struct range {
	uint32_t from, n;
};

/* One slot at exactly one radius. */
struct shell {
	unsigned slot;
	int radius;
	size_t from, to; /* its ranges */
	uint64_t candidates;
};

/* One needle in one segment. */
struct hunt {
	const struct tl_ix_segment *s;
	const struct tl_ix_mixed *needle;
	int most;
	int radius[TL_IX_SLOTS_MAX]; /* how far each slot is looked up */
	tl_ix_near near;
	void *ctx;
};

struct tl_ix_work {
	tl_ix_scan scan;
	void (*gather)(struct tl_ix_work *w, const struct hunt *h, const struct shell *shell);
	struct range *range;
	size_t ranges, room;
	struct shell shell[TL_IX_SLOTS_MAX * (TL_IX_BITS_MAX + 1)];
	size_t shells;
	uint32_t id[BATCH + SHORT];
	uint32_t near[BLOCK];
	uint32_t line[BATCH];
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

/* Looks up all buckets of one shell and writes down where their ids are. */
static struct shell *
look_up(struct tl_ix_work *w, const struct tl_ix_segment *s, unsigned slot, int radius,
    uint32_t value)
{
	const struct tl_ix_slot *t = &s->slot[slot];
	struct tl_ix_masks m = tl_ix_masks(tl_ix_slot_bits(s->slots, slot), radius);
	struct shell *shell = &w->shell[w->shells++];
	*shell = (struct shell){slot, radius, w->ranges, 0, 0};
	size_t n;
	do {
		for (n = 0; n < BATCH && tl_ix_masks_next(&m, &w->line[n]); n++) {
			w->line[n] ^= value;
			__builtin_prefetch(&t->line[w->line[n] / TL_IX_LINE]);
		}
		room_for(w, n);
		struct range *r = w->range + w->ranges;
		for (size_t i = 0; i < n; i++) {
			uint32_t from = 0, count = tl_ix_bucket(t, w->line[i], &from);
			*r = (struct range){from, count};
			r += count > 0;
			shell->candidates += count;
		}
		w->ranges = (size_t)(r - w->range);
	} while (n == BATCH);
	shell->to = w->ranges;
	for (size_t i = shell->from; i < shell->to; i++)
		__builtin_prefetch(&t->id[w->range[i].from], 0, 2);
	return shell;
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
choose(struct tl_ix_work *w, const struct tl_ix_segment *s, const struct tl_ix_mixed *needle,
    const struct tl_ix_plan *plan, int *radius)
{
	uint32_t value[TL_IX_SLOTS_MAX] = {0};
	int looked[TL_IX_SLOTS_MAX] = {0};
	uint64_t total = 0;
	double scan = s->scan_cost;
	w->ranges = w->shells = 0;
	for (unsigned i = 0; i < s->slots; i++) {
		value[i] = tl_ix_slot_of(needle, s->slots, i);
		for (int r = 0; r <= plan->radius[i]; r++)
			total += look_up(w, s, i, r, value[i])->candidates;
		looked[i] = radius[i] = plan->radius[i];
	}
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
		struct shell *more = look_up(w, s, other, looked[other] + 1, value[other]);
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

static inline __attribute__((always_inline)) void
compare(const struct tl_ix_work *w, const struct hunt *h, size_t n, unsigned slot)
{
	const struct tl_ix_segment *s = h->s;
	const struct tl_ix_mixed needle = *h->needle;
	for (size_t i = 0; i < n; i++) {
		uint32_t at = w->id[i];
		int d = tl_ix_differ(&s->half[0][at], &needle.h[0]);
		if (__builtin_expect(d > h->most, 1))
			continue;
		d += tl_ix_differ(&s->half[1][at], &needle.h[1]);
		if (d > h->most)
			continue;
		struct tl_ix_mixed m = {{s->half[0][at], s->half[1][at]}};
		bool before = false; /* some other slot has told of it */
		for (unsigned k = 0; k < slot && !before; k++)
			before = __builtin_popcount(tl_ix_slot_of(&m, s->slots, k) ^
						    tl_ix_slot_of(&needle, s->slots, k)) <=
				 h->radius[k];
		if (!before)
			h->near(h->ctx, at, d);
	}
}

/* Copies ids of a shell's ranges into batches and compares them while the next lines are on their way. */
static inline __attribute__((always_inline)) void
gather(struct tl_ix_work *w, const struct hunt *h, const struct shell *shell)
{
	const struct tl_ix_segment *s = h->s;
	const uint32_t *id = s->slot[shell->slot].id;
	size_t n = 0;
	for (size_t i = shell->from; i < shell->to; i++) {
		struct range r = w->range[i];
		while (r.n) {
			uint32_t take = r.n < SHORT ? r.n : SHORT;
			memcpy(&w->id[n], &id[r.from], SHORT * sizeof *id);
			for (size_t k = n; k < n + take; k++) {
				if (w->id[k] >= s->n)
					w->id[k] = 0; /* damage: some entry instead of none */
				__builtin_prefetch(&s->half[0][w->id[k]]);
			}
			n += take;
			r.from += take;
			r.n -= take;
			if (n >= BATCH) {
				compare(w, h, n, shell->slot);
				n = 0;
			}
		}
	}
	compare(w, h, n, shell->slot);
}

static void
gather_any(struct tl_ix_work *w, const struct hunt *h, const struct shell *shell)
{
	gather(w, h, shell);
}

#if defined(__x86_64__)
__attribute__((target("popcnt"))) static void
gather_popcnt(struct tl_ix_work *w, const struct hunt *h, const struct shell *shell)
{
	gather(w, h, shell);
}
#endif

struct tl_ix_work *
tl_ix_work_create(void)
{
	struct tl_ix_work *w = tl_ix_alloc(1, sizeof *w);
	w->scan = tl_ix_scan_best();
	w->gather = gather_any;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("popcnt"))
		w->gather = gather_popcnt;
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
	if (s->slots == 0 || plan->cost >= s->scan_cost ||
	    !choose(w, s, needle, plan, h.radius))
		return false;
	for (size_t i = 0; i < w->shells; i++)
		if (w->shell[i].radius <= h.radius[w->shell[i].slot])
			w->gather(w, &h, &w->shell[i]);
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
