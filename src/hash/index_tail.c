/*
 * The tail and the times: append-only while they are published. A reader takes the count first and then sees whole entries;
 * a pair of times is written before its number is. Out of memory aborts. Called by index.c under its change lock, and by
 * whoever asks.
 */
#include "hash/index_tail.h"

#include <stdlib.h>

#define PLACES_MIN 1024

struct tl_ix_tail *
tl_ix_tail_create(void)
{
	struct tl_ix_tail *t = tl_ix_alloc(1, sizeof *t);
	t->chunk = tl_ix_alloc(TL_IX_CHUNKS, sizeof(struct tl_ix_chunk *));
	t->places = PLACES_MIN;
	t->place = tl_ix_alloc(t->places, sizeof *t->place);
	return t;
}

void
tl_ix_tail_destroy(struct tl_ix_tail *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < TL_IX_CHUNKS && t->chunk[i]; i++)
		free(t->chunk[i]);
	free(t->chunk);
	free(t->place);
	free(t);
}

/* Fibonacci hashing. */
static uint64_t
spread(uint64_t key)
{
	key *= UINT64_C(0x9E3779B97F4A7C15);
	return key ^ key >> 32;
}

static uint64_t
key_at(const struct tl_ix_tail *t, uint32_t at)
{
	return tl_ix_tail_chunk(t, at)->key[at % TL_IX_CHUNK];
}

/* Where the key's position stands, or the free place where it belongs. */
static uint32_t
place_of(const struct tl_ix_tail *t, uint64_t key)
{
	uint32_t i = (uint32_t)spread(key) & (t->places - 1);
	while (t->place[i] && key_at(t, t->place[i] - 1) != key)
		i = (i + 1) & (t->places - 1);
	return i;
}

static void
widen(struct tl_ix_tail *t)
{
	uint32_t *old = t->place, n = t->places;
	t->places *= 2;
	t->place = tl_ix_alloc(t->places, sizeof *t->place);
	for (uint32_t i = 0; i < n; i++)
		if (old[i])
			t->place[place_of(t, key_at(t, old[i] - 1))] = old[i];
	free(old);
}

int
tl_ix_tail_add(
    struct tl_ix_tail *t, const struct tl_ix_row *row, uint64_t change, uint32_t *ret_at)
{
	uint32_t at = atomic_load_explicit(&t->n, memory_order_relaxed), i = at % TL_IX_CHUNK;
	if (at == TL_IX_ENTRIES_MAX)
		return tl_fail(TL_ETOOBIG, "the tail of the index is full");
	if (i == 0)
		t->chunk[at / TL_IX_CHUNK] = tl_ix_alloc(1, sizeof(struct tl_ix_chunk));
	struct tl_ix_chunk *c = tl_ix_tail_chunk(t, at);
	c->half[0][i] = row->hash.h[0];
	c->half[1][i] = row->hash.h[1];
	c->key[i] = row->key;
	c->bank[i] = row->bank;
	c->change[i] = change;
	if ((uint64_t)(t->used + 1) * 5 > (uint64_t)t->places * 3)
		widen(t);
	uint32_t place = place_of(t, row->key);
	t->used += t->place[place] == 0;
	t->place[place] = at + 1;
	atomic_store_explicit(&t->n, at + 1, memory_order_release);
	*ret_at = at;
	return 0;
}

uint32_t
tl_ix_tail_find(const struct tl_ix_tail *t, uint64_t key)
{
	uint32_t at = t->place[place_of(t, key)];
	if (!at || tl_ix_bit(tl_ix_tail_chunk(t, at - 1)->gone, (at - 1) % TL_IX_CHUNK))
		return UINT32_MAX;
	return at - 1;
}

void
tl_ix_tail_row(const struct tl_ix_tail *t, uint32_t at, struct tl_ix_row *ret)
{
	const struct tl_ix_chunk *c = tl_ix_tail_chunk(t, at);
	uint32_t i = at % TL_IX_CHUNK;
	*ret = (struct tl_ix_row){{{c->half[0][i], c->half[1][i]}}, c->key[i], c->bank[i]};
}

struct limit {
	uint64_t key;
	_Atomic uint32_t at; /* its pair + 1; 0: the row is free */
};

struct tl_ix_limits {
	size_t rows, room, used;
	struct limit *row;
	struct tl_ix_times *pair; /* every setting takes a new one */
};

struct tl_ix_limits *
tl_ix_limits_create(size_t room)
{
	struct tl_ix_limits *l = tl_ix_alloc(1, sizeof *l);
	for (l->rows = PLACES_MIN; l->rows < room * 2; l->rows *= 2)
		;
	l->room = l->rows / 2;
	l->row = tl_ix_alloc(l->rows, sizeof *l->row);
	l->pair = tl_ix_alloc(l->room, sizeof *l->pair);
	return l;
}

void
tl_ix_limits_destroy(struct tl_ix_limits *l)
{
	if (!l)
		return;
	free(l->row);
	free(l->pair);
	free(l);
}

size_t
tl_ix_limits_room(const struct tl_ix_limits *l)
{
	return l->room;
}

static struct limit *
row_of(const struct tl_ix_limits *l, uint64_t key, uint32_t *ret_at)
{
	size_t i = spread(key) & (l->rows - 1);
	for (;; i = (i + 1) & (l->rows - 1)) {
		*ret_at = atomic_load_explicit(&l->row[i].at, memory_order_acquire);
		if (*ret_at == 0 || l->row[i].key == key)
			return &l->row[i];
	}
}

bool
tl_ix_limits_set(struct tl_ix_limits *l, uint64_t key, struct tl_ix_times times)
{
	uint32_t at;
	if (l->used == l->room)
		return false;
	struct limit *r = row_of(l, key, &at);
	l->pair[l->used++] = times;
	if (at == 0)
		r->key = key;
	atomic_store_explicit(&r->at, (uint32_t)l->used, memory_order_release);
	return true;
}

struct tl_ix_times
tl_ix_limits_get(const struct tl_ix_limits *l, uint64_t key)
{
	uint32_t at;
	(void)row_of(l, key, &at);
	if (at == 0)
		return (struct tl_ix_times){TL_INDEX_NEVER, TL_INDEX_FOREVER};
	return l->pair[at - 1];
}

bool
tl_ix_limits_next(const struct tl_ix_limits *l, size_t *at, uint64_t *ret_key)
{
	for (; *at < l->rows; (*at)++)
		if (atomic_load_explicit(&l->row[*at].at, memory_order_acquire)) {
			*ret_key = l->row[(*at)++].key;
			return true;
		}
	return false;
}
