/*
 * Turning a hash. The rules are those of src/hash/pdq.c, on bits instead of numbers: which sign changes, and whether
 * rows become columns. No failure. Called by the comparison with banks that look for turned pictures.
 */
#include "again/turn.h"

#define FREQ 16

static bool
bit(const struct tl_pdq *h, int i, int j)
{
	int n = i * FREQ + j;
	return (h->b[TL_PDQ_BYTES - 1 - n / 8] >> (n % 8)) & 1;
}

static void
set(struct tl_pdq *h, int i, int j)
{
	int n = i * FREQ + j;
	h->b[TL_PDQ_BYTES - 1 - n / 8] |= (uint8_t)(1 << (n % 8));
}

void
tl_again_turn(const struct tl_pdq *h, struct tl_pdq ret[TL_PDQ_TURNS])
{
	static const struct {
		bool transpose, odd_i, odd_j, all;
	} rule[TL_PDQ_TURNS] = {
	    [TL_PDQ_ROT90] = {.transpose = true, .odd_j = true, .all = true},
	    [TL_PDQ_ROT180] = {.odd_i = true, .odd_j = true},
	    [TL_PDQ_ROT270] = {.transpose = true, .odd_i = true, .all = true},
	    [TL_PDQ_FLIP_X] = {.odd_i = true, .all = true},
	    [TL_PDQ_FLIP_Y] = {.odd_j = true, .all = true},
	    [TL_PDQ_FLIP_PLUS1] = {.transpose = true},
	    [TL_PDQ_FLIP_MINUS1] = {.transpose = true, .odd_i = true, .odd_j = true},
	};
	const struct tl_pdq from = *h;
	memset(ret, 0, TL_PDQ_TURNS * sizeof *ret);
	for (int t = 0; t < TL_PDQ_TURNS; t++) {
		for (int n = 0; n < FREQ * FREQ; n++) {
			int i = n / FREQ, j = n % FREQ;
			bool minus =
			    (rule[t].odd_i && i % 2) ^ (rule[t].odd_j && j % 2) ^ rule[t].all;
			if (bit(&from, i, j) == minus)
				continue;
			if (rule[t].transpose)
				set(&ret[t], j, i);
			else
				set(&ret[t], i, j);
		}
	}
}
