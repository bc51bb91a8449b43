/*
 * Open-addressing hash map with linear probing and copied keys.
 *
 * Promises: load stays below 3/4; removal leaves no tombstones (the following run is shifted back). Out of
 * memory aborts. Used for registries and caches of bounded size.
 */
#include "base/map.h"

#include <stdlib.h>

/* gcc 12 loses sight of keys once they are in the table; tl_map_destroy frees them (LeakSanitizer agrees). */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

struct slot {
	uint8_t *key;
	size_t n;
	uint64_t hash;
	void *value;
};

struct tl_map {
	struct slot *slots;
	size_t cap; /* a power of two */
	size_t count;
};

static uint64_t
hash_of(struct tl_str s)
{
	/* FNV-1a, then a final mix so that the low bits depend on all bytes. */
	uint64_t h = 14695981039346656037U;
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 1099511628211U;
	h ^= h >> 32;
	h *= 0x9E3779B97F4A7C15U;
	return h ^ h >> 29;
}

struct tl_map *
tl_map_create(void)
{
	struct tl_map *m = calloc(1, sizeof *m);
	if (!m)
		abort();
	m->cap = 16;
	m->slots = calloc(m->cap, sizeof *m->slots);
	if (!m->slots)
		abort();
	return m;
}

void
tl_map_destroy(struct tl_map *m, void (*free_value)(void *))
{
	if (!m)
		return;
	for (size_t i = 0; i < m->cap; i++) {
		if (!m->slots[i].key)
			continue;
		free(m->slots[i].key);
		if (free_value)
			free_value(m->slots[i].value);
	}
	free(m->slots);
	free(m);
}

static size_t
find(const struct tl_map *m, struct tl_str key, uint64_t hash)
{
	size_t i = hash & (m->cap - 1);
	while (m->slots[i].key) {
		const struct slot *s = &m->slots[i];
		if (s->hash == hash && tl_str_eq((struct tl_str){s->key, s->n}, key))
			break;
		i = (i + 1) & (m->cap - 1);
	}
	return i;
}

static void
grow(struct tl_map *m)
{
	struct slot *old = m->slots;
	size_t old_cap = m->cap;
	m->cap *= 2;
	m->slots = calloc(m->cap, sizeof *m->slots);
	if (!m->slots)
		abort();
	for (size_t i = 0; i < old_cap; i++) {
		if (!old[i].key)
			continue;
		size_t to = old[i].hash & (m->cap - 1);
		while (m->slots[to].key)
			to = (to + 1) & (m->cap - 1);
		m->slots[to] = old[i];
	}
	free(old);
}

void *
tl_map_get(const struct tl_map *m, struct tl_str key)
{
	const struct slot *s = &m->slots[find(m, key, hash_of(key))];
	return s->key ? s->value : NULL;
}

void *
tl_map_put(struct tl_map *m, struct tl_str key, void *value)
{
	if ((m->count + 1) * 4 > m->cap * 3)
		grow(m);
	uint64_t hash = hash_of(key);
	struct slot *s = &m->slots[find(m, key, hash)];
	if (s->key) {
		void *old = s->value;
		s->value = value;
		return old;
	}
	s->key = malloc(key.n + 1);
	if (!s->key)
		abort();
	if (key.n)
		memcpy(s->key, key.p, key.n);
	s->n = key.n;
	s->hash = hash;
	s->value = value;
	m->count++;
	return NULL;
}

void *
tl_map_del(struct tl_map *m, struct tl_str key)
{
	size_t i = find(m, key, hash_of(key));
	if (!m->slots[i].key)
		return NULL;
	void *old = m->slots[i].value;
	free(m->slots[i].key);
	m->slots[i] = (struct slot){0};
	m->count--;
	/* Close the gap: move back each later entry of the run whose home is not after the hole. */
	size_t hole = i;
	for (size_t k = (i + 1) & (m->cap - 1); m->slots[k].key; k = (k + 1) & (m->cap - 1)) {
		size_t home = m->slots[k].hash & (m->cap - 1);
		if (((k - home) & (m->cap - 1)) < ((k - hole) & (m->cap - 1)))
			continue;
		m->slots[hole] = m->slots[k];
		m->slots[k] = (struct slot){0};
		hole = k;
	}
	return old;
}

size_t
tl_map_count(const struct tl_map *m)
{
	return m->count;
}

bool
tl_map_next(const struct tl_map *m, size_t *at, struct tl_str *ret_key, void **ret_value)
{
	for (; *at < m->cap; (*at)++) {
		const struct slot *s = &m->slots[*at];
		if (!s->key)
			continue;
		*ret_key = (struct tl_str){s->key, s->n};
		*ret_value = s->value;
		(*at)++;
		return true;
	}
	return false;
}
