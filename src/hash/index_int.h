/*
 * Inside the Hamming index: what its files share. Hashes are *mixed* here (their bits in a fixed pseudo-random order, see
 * index_mix.c), in two halves of 128 bits; distances are the same. Numbers in segments are little-endian.
 */
#pragma once

#include "hash/index.h"

#include "base/buf.h"

#include <pthread.h>
#include <stdatomic.h>

#define TL_IX_ENTRIES_MAX (UINT32_C(1) << 31)
#define TL_IX_SLOTS_MIN 8
#define TL_IX_SLOTS_MAX 24
#define TL_IX_BITS_MAX 32 /* of a slot: 256 / TL_IX_SLOTS_MIN */
#define TL_IX_LINE 60     /* buckets of one line */

struct tl_ix_half {
	uint64_t w[2];
};

struct tl_ix_mixed {
	struct tl_ix_half h[2];
};

struct tl_ix_row {
	struct tl_ix_mixed hash;
	uint64_t key;
	uint32_t bank;
};

/* One bit an entry. Set by who changes, read by who asks; never cleared. */
typedef _Atomic uint64_t tl_ix_bits;

static inline bool
tl_ix_bit(const tl_ix_bits *b, size_t at)
{
	return atomic_load_explicit(&b[at / 64], memory_order_acquire) >> (at % 64) & 1;
}

/* True when it was not set before. */
static inline bool
tl_ix_bit_set(tl_ix_bits *b, size_t at)
{
	uint64_t bit = UINT64_C(1) << (at % 64);
	return !(atomic_fetch_or_explicit(&b[at / 64], bit, memory_order_acq_rel) & bit);
}

static inline int
tl_ix_differ(const struct tl_ix_half *a, const struct tl_ix_half *b)
{
	return __builtin_popcountll(a->w[0] ^ b->w[0]) +
	       __builtin_popcountll(a->w[1] ^ b->w[1]);
}

void *tl_ix_alloc(size_t n, size_t size); /* zeroed; aborts */

/* index_mix.c */
void tl_ix_mix(const struct tl_pdq *h, struct tl_ix_mixed *ret);
void tl_ix_unmix(const struct tl_ix_mixed *m, struct tl_pdq *ret);

/* index_sum.c: XXH64 with seed 0. */
uint64_t tl_ix_sum(const void *p, size_t n);

#define TL_IX_WHOLE_FROM 46 /* from this distance on a scan compares both halves at once */

/* index_scan.c: the positions of entries within `most` of the needle, rising; room for n of them. */
typedef size_t (*tl_ix_scan)(const struct tl_ix_half *first, const struct tl_ix_half *second,
    size_t n, const struct tl_ix_mixed *needle, int most, uint32_t *ret);
tl_ix_scan tl_ix_scan_best(void);
tl_ix_scan tl_ix_scan_nth(int n); /* every kernel that runs here; NULL after the last */

/* index_plan.c */
struct tl_ix_plan {
	int radius[TL_IX_SLOTS_MAX]; /* -1: not probed */
	double cost;                 /* expected, in nanoseconds */
	double candidates;           /* expected */
};

#define TL_IX_COST_PROBE 11.0
#define TL_IX_COST_CANDIDATE 2.7
#define TL_IX_COST_SUSPECT 25.0
#define TL_IX_COST_SCAN 0.37 /* of first halves; of both it is twice that */

static inline unsigned
tl_ix_slot_from(unsigned slots, unsigned slot)
{
	return slot * 256 / slots;
}

static inline unsigned
tl_ix_slot_bits(unsigned slots, unsigned slot)
{
	unsigned bits = tl_ix_slot_from(slots, slot + 1) - tl_ix_slot_from(slots, slot);
	return bits < TL_IX_BITS_MAX ? bits : TL_IX_BITS_MAX;
}

static inline uint32_t
tl_ix_slot_of(const struct tl_ix_mixed *m, unsigned slots, unsigned slot)
{
	unsigned from = tl_ix_slot_from(slots, slot), bits = tl_ix_slot_bits(slots, slot);
	uint64_t w[5] = {m->h[0].w[0], m->h[0].w[1], m->h[1].w[0], m->h[1].w[1], 0};
	uint64_t v = w[from / 64] >> (from % 64);
	if (from % 64)
		v |= w[from / 64 + 1] << (64 - from % 64);
	return (uint32_t)(v & ((UINT64_C(1) << bits) - 1));
}

unsigned tl_ix_slots_for(uint64_t n);
double tl_ix_shell(
    unsigned bits, int radius); /* how many values differ in exactly `radius` bits */
void tl_ix_plan(uint64_t n, unsigned slots, int distance, struct tl_ix_plan *ret);

/* Walks all masks of `bits` bits with exactly `radius` ones, rising. */
struct tl_ix_masks {
	uint64_t next, end;
};
struct tl_ix_masks tl_ix_masks(unsigned bits, int radius);

static inline bool
tl_ix_masks_next(struct tl_ix_masks *m, uint32_t *ret)
{
	uint64_t v = m->next;
	if (v >= m->end)
		return false;
	*ret = (uint32_t)v;
	uint64_t up = v + (v & -v); /* Gosper's hack */
	m->next = v ? up | ((v ^ up) >> (2 + __builtin_ctzll(v))) : m->end;
	return true;
}

#ifdef TL_KILLPOINTS
/* Called before each step of writing that a death could come between: for tests. */
extern void (*tl_ix_step)(void);
#define TL_IX_STEP() (tl_ix_step ? tl_ix_step() : (void)0)
#else
#define TL_IX_STEP() ((void)0)
#endif

/* index_file.c: files that are there whole or not at all. */
int tl_ix_path(char *dst, size_t cap, const char *dir, const char *name) TL_MUST;
void tl_ix_segment_name(char dst[32], uint64_t id);
int tl_ix_file_write(const char *dir, const char *name, struct tl_str data) TL_MUST;
int tl_ix_file_read(const char *dir, const char *name, struct tl_buf *ret) TL_MUST;
int tl_ix_file_create(
    const char *dir, const char *name, size_t bytes, uint8_t **ret_map, int *ret_fd) TL_MUST;
/* Unmaps it, cuts it to `bytes`, syncs and names it. On failure it is gone. */
int tl_ix_file_finish(const char *dir, const char *name, uint8_t *map, size_t mapped, int fd,
    size_t bytes) TL_MUST;
int tl_ix_file_remove(
    const char *dir, const char *name) TL_MUST; /* 0 also when it is not there */
int tl_ix_lock(const char *dir, int *ret_fd) TL_MUST;
void tl_ix_unlock(int fd);
/* Removes the segments and temporary files that `keep` does not list. */
void tl_ix_sweep(const char *dir, const uint64_t *keep, size_t n);
