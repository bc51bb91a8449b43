/* Hashes for tests of the index: random, clustered, equal, extreme, and of generated pictures. */
#pragma once

#include "hash/index_int.h"

#include <math.h>
#include <stdlib.h>

static uint64_t hashes_seed = 1;

static inline uint64_t
hashes_next(void)
{
	hashes_seed ^= hashes_seed << 13;
	hashes_seed ^= hashes_seed >> 7;
	hashes_seed ^= hashes_seed << 17;
	return hashes_seed;
}

static inline struct tl_pdq
hashes_any(void)
{
	struct tl_pdq h = {{0}};
	for (size_t i = 0; i < sizeof h.b; i++)
		h.b[i] = (uint8_t)(hashes_next() >> 24);
	return h;
}

/* A throw-away folder, in memory where that can be: these tests sync files thousands of times. */
static inline bool
hashes_dir(char *dst, size_t cap)
{
	(void)snprintf(dst, cap, "/dev/shm/tutela-index-XXXXXX");
	if (mkdtemp(dst))
		return true;
	(void)snprintf(dst, cap, "/tmp/tutela-index-XXXXXX");
	return mkdtemp(dst) != NULL;
}

/* Another hash exactly `d` bits away. */
static inline struct tl_pdq
hashes_at(const struct tl_pdq *h, int d)
{
	struct tl_pdq near = *h;
	while (tl_pdq_distance(&near, h) < d) {
		size_t bit = hashes_next() >> 20 & 255;
		near.b[bit / 8] = (uint8_t)((near.b[bit / 8] & ~(1u << bit % 8)) |
					    (~(unsigned)h->b[bit / 8] & 1u << bit % 8));
	}
	return near;
}

/* A few soft waves that many pictures share, with a little of its own: low frequencies agree, as in real collections. */
static inline struct tl_pdq
hashes_picture(uint32_t n)
{
	static struct tl_pdq_frame f;
	struct tl_pdq h;
	int quality;
	double a = 1 + n % 7, b = 1 + n / 7 % 5, c = (double)(hashes_next() >> 40) / (1 << 24);
	for (size_t y = 0; y < TL_PDQ_SIDE; y++)
		for (size_t x = 0; x < TL_PDQ_SIDE; x++)
			f.v[y][x] = (float)(128 + 60 * sin(a * (double)x / 10) +
					    40 * cos(b * (double)y / 10 + c) +
					    (double)(hashes_next() >> 40 & 15));
	tl_pdq_hash(&f, &h, &quality);
	return h;
}
