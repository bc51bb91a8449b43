/*
 * A bump allocator with a limit: one per item. Nothing taken from it outlives it. When the limit is reached
 * every further request returns NULL and the arena stays `full` (sticky), so a caller may check once, at the
 * end, with tl_arena_check.
 */
#pragma once

#include "base/str.h"

struct tl_arena;

/* Never NULL: out of memory for the head aborts the process (the queue's lease makes that harmless). */
struct tl_arena *tl_arena_create(size_t limit_bytes);
void tl_arena_destroy(struct tl_arena *a);
void tl_arena_destroyp(struct tl_arena **a);

/* Forgets everything and keeps the first block for reuse. */
void tl_arena_reset(struct tl_arena *a);

/* Zeroed, aligned for any type; NULL when the limit is reached. */
void *tl_arena_alloc(struct tl_arena *a, size_t n) __attribute__((malloc));

/* Zeroed array of `count` elements; overflow of the product counts as the limit. */
void *tl_arena_array(struct tl_arena *a, size_t count, size_t size);
#define TL_NEW(a, type) ((type *)tl_arena_alloc((a), sizeof(type)))
#define TL_NEWS(a, type, count) ((type *)tl_arena_array((a), (count), sizeof(type)))

/* Copies; an empty view (and a full arena) when the limit is reached. The copy is followed by a NUL byte. */
struct tl_str tl_arena_dup(struct tl_arena *a, struct tl_str s);

/* NUL-terminated formatted text; "" when the limit is reached. */
const char *tl_arena_printf(struct tl_arena *a, const char *fmt, ...) TL_PRINTF(2, 3);

/* 0, or LIMIT when any request since the last reset was refused. */
int tl_arena_check(const struct tl_arena *a) TL_MUST;
