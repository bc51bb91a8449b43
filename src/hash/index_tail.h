/*
 * The tail: entries in memory that no segment holds yet, and the times of entries that are off or expire. One thread at a
 * time changes them (the change lock); any number read meanwhile. Nothing moves once it is published.
 */
#pragma once

#include "hash/index_segment.h"

#define TL_IX_CHUNK 16384
#define TL_IX_CHUNKS (TL_IX_ENTRIES_MAX / TL_IX_CHUNK)

struct tl_ix_chunk {
	struct tl_ix_half half[2][TL_IX_CHUNK];
	uint64_t key[TL_IX_CHUNK];
	uint64_t change[TL_IX_CHUNK];
	uint32_t bank[TL_IX_CHUNK];
	tl_ix_bits gone[TL_IX_CHUNK / 64], limited[TL_IX_CHUNK / 64];
};

struct tl_ix_tail {
	_Atomic uint32_t n;
	struct tl_ix_chunk **chunk; /* of TL_IX_CHUNKS; set before `n` says so */
	uint32_t gone_n;            /* the rest: only who changes */
	uint32_t *place;            /* open addressing: position + 1 by key */
	uint32_t places, used;
};

struct tl_ix_tail *tl_ix_tail_create(void);
void tl_ix_tail_destroy(struct tl_ix_tail *t);
/* TL_ETOOBIG when it is full. */
int tl_ix_tail_add(struct tl_ix_tail *t, const struct tl_ix_row *row, uint64_t change,
    uint32_t *ret_at) TL_MUST;
/* The position of a key that is not gone; UINT32_MAX when there is none. */
uint32_t tl_ix_tail_find(const struct tl_ix_tail *t, uint64_t key);
void tl_ix_tail_row(const struct tl_ix_tail *t, uint32_t at, struct tl_ix_row *ret);

static inline struct tl_ix_chunk *
tl_ix_tail_chunk(const struct tl_ix_tail *t, uint32_t at)
{
	return t->chunk[at / TL_IX_CHUNK];
}

struct tl_ix_times {
	int64_t from_us, until_us;
};

struct tl_ix_limits; /* times by key */
struct tl_ix_limits *tl_ix_limits_create(size_t room);
void tl_ix_limits_destroy(struct tl_ix_limits *l);
/* False when there is no room left: make a larger one of those that still count. */
bool tl_ix_limits_set(struct tl_ix_limits *l, uint64_t key, struct tl_ix_times times);
/* Since always and without end when there is none. */
struct tl_ix_times tl_ix_limits_get(const struct tl_ix_limits *l, uint64_t key);
size_t tl_ix_limits_room(const struct tl_ix_limits *l);
/* Walks all keys; begin with 0. */
bool tl_ix_limits_next(const struct tl_ix_limits *l, size_t *at, uint64_t *ret_key);
