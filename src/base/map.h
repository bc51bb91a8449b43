/*
 * A hash map from bytes to pointers, for small and middling tables (registries, caches). Keys are copied.
 * SipHash-like keyed hashing is not used: keys come from our own tables or are capped by the caller.
 */
#pragma once

#include "base/str.h"

struct tl_map;

struct tl_map *tl_map_create(void);
void tl_map_destroy(struct tl_map *m, void (*free_value)(void *)); /* free_value may be NULL */

void *tl_map_get(const struct tl_map *m, struct tl_str key); /* NULL when absent */
void *tl_map_put(struct tl_map *m, struct tl_str key,
    void *value); /* returns the value it replaced, or NULL */
void *tl_map_del(struct tl_map *m, struct tl_str key); /* returns the removed value, or NULL */
size_t tl_map_count(const struct tl_map *m);

/* Iterates in no particular order: start with *at = 0; false at the end. Do not change the map meanwhile. */
bool tl_map_next(const struct tl_map *m, size_t *at, struct tl_str *ret_key, void **ret_value);
