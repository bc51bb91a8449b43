/*
 * XXH64, seed 0, from its specification (Yann Collet, "xxHash fast digest algorithm", version 0.1.1). It finds damage, not
 * forgery: who may write the directory may write anything. No failure. Called for everything that the index writes.
 */
#include "hash/index_int.h"

#define P1 UINT64_C(0x9E3779B185EBCA87)
#define P2 UINT64_C(0xC2B2AE3D27D4EB4F)
#define P3 UINT64_C(0x165667B19E3779F9)
#define P4 UINT64_C(0x85EBCA77C2B2AE63)
#define P5 UINT64_C(0x27D4EB2F165667C5)

static uint64_t
turn(uint64_t v, int n)
{
	return v << n | v >> (64 - n);
}

static uint64_t
step(uint64_t lane, uint64_t word)
{
	return turn(lane + word * P2, 31) * P1;
}

static uint64_t
word(const uint8_t *p, size_t n)
{
	uint64_t v = 0;
	memcpy(&v, p, n);
	return v;
}

static uint64_t
finish(uint64_t h, const uint8_t *p, size_t n)
{
	for (; n >= 8; p += 8, n -= 8)
		h = turn(h ^ step(0, word(p, 8)), 27) * P1 + P4;
	if (n >= 4) {
		h = turn(h ^ word(p, 4) * P1, 23) * P2 + P3;
		p += 4;
		n -= 4;
	}
	for (; n; p++, n--)
		h = turn(h ^ *p * P5, 11) * P1;
	h = (h ^ h >> 33) * P2;
	h = (h ^ h >> 29) * P3;
	return h ^ h >> 32;
}

uint64_t
tl_ix_sum(const void *data, size_t n)
{
	const uint8_t *p = data;
	if (n < 32)
		return finish(P5 + n, p, n);
	uint64_t lane[4] = {P1 + P2, P2, 0, 0 - P1};
	size_t left = n;
	for (; left >= 32; p += 32, left -= 32)
		for (size_t i = 0; i < 4; i++)
			lane[i] = step(lane[i], word(p + 8 * i, 8));
	uint64_t h =
	    turn(lane[0], 1) + turn(lane[1], 7) + turn(lane[2], 12) + turn(lane[3], 18);
	for (size_t i = 0; i < 4; i++)
		h = (h ^ step(0, lane[i])) * P1 + P4;
	return finish(h + n, p, left);
}
