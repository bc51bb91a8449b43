/*
 * How to search a segment. The 256 bits are cut into slots; slot i is looked up at every value within radius r_i of the
 * needle's. If each slot differed in more than r_i bits, the whole would differ in at least sum(r_i + 1) bits; so when that
 * sum is at least d + 1, every hash within d is found in some slot (the generalised pigeonhole principle of GPH). More: of
 * the numbers a_i = (bits in which slot i differs) - (r_i + 1) the sum is below 0, so round the ring of slots there is a place
 * from which every partial sum stays below 0 (right after the last of the largest partial sums): there a_i < 0 and
 * a_i + a_(i+1) < 0. What differs too much in a slot and a part of the next, its sketch, needs no look (Qin and Xiao's
 * pigeonring). Radii are raised one by one where it costs least until the sum is reached; marginal costs rise, so that is
 * the cheapest choice. No failure. Called when a segment is opened and built.
 */
#include "hash/index_segment.h"

#define SMALL 16384     /* entries; fewer are scanned faster than looked up */
#define BYTES_MAX 120.0 /* a hash; of segments that hold few, BYTES_MAX_FEW */
#define BYTES_MAX_FEW 160.0
#define FEW (1 << 17)

double
tl_ix_shell(unsigned bits, int radius)
{
	double c = 1;
	for (int i = 0; i < radius; i++)
		c = c * (bits - (unsigned)i) / (i + 1);
	return c;
}

static double
cost_of(double probes, double candidates)
{
	return probes * TL_IX_COST_PROBE + candidates * TL_IX_COST_CANDIDATE;
}

/* How many rows of random hashes a slot's sketches are expected to let through. */
static double
suspects(uint64_t n, unsigned slots, unsigned slot, const int *radius)
{
	unsigned bits = tl_ix_slot_bits(slots, slot);
	unsigned sketch =
	    (unsigned)__builtin_popcount(tl_ix_sketch_mask(slots, slot, tl_ix_id_bits(n)));
	double sum = 0, ways = 0;
	int most = radius[slot] + radius[(slot + 1) % slots] + 1, r = 0;
	for (int near = 0; near <= most; near++) {
		/* with the sketch `near` bits off, the slot may be most - near off */
		for (r = 0, ways = 0; r <= radius[slot] && r <= most - near; r++)
			ways += tl_ix_shell(bits, r);
		sum += ways * tl_ix_shell(sketch, near);
	}
	return sum * (double)n / (double)(UINT64_C(1) << bits) /
	       (double)(UINT64_C(1) << sketch);
}

void
tl_ix_plan(uint64_t n, unsigned slots, int distance, struct tl_ix_plan *ret)
{
	*ret = (struct tl_ix_plan){.cost = 0};
	for (unsigned i = 0; i < TL_IX_SLOTS_MAX; i++)
		ret->radius[i] = -1;
	for (int sum = 0; slots && sum < distance + 1; sum++) {
		unsigned best = 0;
		double least = 0, candidates = 0;
		for (unsigned i = 0; i < slots; i++) {
			unsigned bits = tl_ix_slot_bits(slots, i);
			double probes = tl_ix_shell(bits, ret->radius[i] + 1);
			double c = probes * (double)n / (double)(UINT64_C(1) << bits);
			double cost = cost_of(probes, c);
			if (i == 0 || cost < least) {
				best = i;
				least = cost;
				candidates = c;
			}
		}
		ret->radius[best]++;
		ret->cost += least;
		ret->candidates += candidates;
	}
	for (unsigned i = 0; i < slots; i++)
		ret->cost += suspects(n, slots, i, ret->radius) * TL_IX_COST_SUSPECT;
}

unsigned
tl_ix_slots_for(uint64_t n)
{
	if (n < SMALL)
		return 0;
	unsigned best = TL_IX_SLOTS_MAX;
	double least = 0, most = n < FEW ? BYTES_MAX_FEW : BYTES_MAX;
	for (unsigned slots = TL_IX_SLOTS_MIN; slots <= TL_IX_SLOTS_MAX; slots++) {
		struct tl_ix_plan p;
		double bytes = 48.0 + (double)tl_ix_entry_bytes(tl_ix_id_bits(n)) * slots;
		for (unsigned i = 0; i < slots; i++)
			bytes += (double)(tl_ix_lines(tl_ix_slot_bits(slots, i)) *
					  sizeof(struct tl_ix_line)) /
				 (double)n;
		tl_ix_plan(n, slots, TL_PDQ_DISTANCE_USE, &p);
		if (bytes <= most && (least <= 0 || p.cost < least)) {
			best = slots;
			least = p.cost;
		}
	}
	return best;
}

struct tl_ix_masks
tl_ix_masks(unsigned bits, int radius)
{
	if (radius < 0 || (unsigned)radius > bits)
		return (struct tl_ix_masks){1, 0};
	return (struct tl_ix_masks){(UINT64_C(1) << radius) - 1, UINT64_C(1) << bits};
}
