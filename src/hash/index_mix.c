/*
 * The order of bits inside the index: a fixed permutation drawn once from a fixed seed. Neighbouring bits of a PDQ hash
 * belong to neighbouring frequencies and depend on each other; spread over the slots they do not make some buckets full and
 * others empty. Part of the file format. No failure. Called for every hash that goes in, is asked for or comes out.
 */
#include "hash/index_int.h"

static uint8_t place[256]; /* of each bit */
static struct tl_ix_mixed nibble[64][16];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
draw(void)
{
	uint64_t s = UINT64_C(0x7475746C61); /* never change it: files hold mixed hashes */
	for (size_t i = 0; i < 256; i++)
		place[i] = (uint8_t)i;
	for (size_t i = 255; i > 0; i--) {
		s ^= s << 13;
		s ^= s >> 7;
		s ^= s << 17;
		size_t k = (s >> 24) % (i + 1);
		uint8_t t = place[i];
		place[i] = place[k];
		place[k] = t;
	}
	for (size_t at = 0; at < 64; at++)
		for (size_t v = 0; v < 16; v++)
			for (size_t b = 0; b < 4; b++) {
				uint8_t to = place[at * 4 + b];
				if (v >> b & 1)
					nibble[at][v].h[to / 128].w[to / 64 % 2] |=
					    UINT64_C(1) << (to % 64);
			}
}

void
tl_ix_mix(const struct tl_pdq *h, struct tl_ix_mixed *ret)
{
	(void)pthread_once(&once, draw);
	struct tl_ix_mixed m = {0};
	for (size_t i = 0; i < sizeof h->b; i++) {
		const struct tl_ix_mixed *low = &nibble[2 * i][h->b[i] & 15];
		const struct tl_ix_mixed *high = &nibble[2 * i + 1][h->b[i] >> 4];
		for (size_t k = 0; k < 4; k++)
			m.h[k / 2].w[k % 2] |= low->h[k / 2].w[k % 2] | high->h[k / 2].w[k % 2];
	}
	*ret = m;
}

void
tl_ix_unmix(const struct tl_ix_mixed *m, struct tl_pdq *ret)
{
	(void)pthread_once(&once, draw);
	memset(ret, 0, sizeof *ret);
	for (size_t i = 0; i < 256; i++)
		if (m->h[place[i] / 128].w[place[i] / 64 % 2] >> (place[i] % 64) & 1)
			ret->b[i / 8] |= (uint8_t)(1 << i % 8);
}
