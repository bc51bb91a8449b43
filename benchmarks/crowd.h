/*
 * A crowd for the bench of contacts, the same one wherever it is asked: accounts by number from 1, and with whom each has to
 * do. Account k is called "u" and k in eight digits.
 */
#pragma once

#include <stdint.h>

static inline uint64_t
crowd_mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* The i-th of those above `low`, among n accounts; low < n. The same one may come twice. */
static inline uint32_t
crowd_other(uint32_t low, uint32_t i, uint32_t n)
{
	return low + 1 + (uint32_t)(crowd_mix((uint64_t)low << 20 | i) % (n - low));
}

/* How many of those above there are for each: twice the average at the low end, none at the high one. */
static inline uint32_t
crowd_degree(uint32_t low, uint32_t n, uint64_t edges)
{
	return (uint32_t)(2 * edges * (uint64_t)(n - low) / n / n);
}
