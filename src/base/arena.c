/*
 * Bump allocator with a limit and a sticky overflow flag.
 *
 * Promises: memory is zeroed and aligned to 16 bytes; the sum of live requests never exceeds the limit. On
 * failure requests return NULL and tl_arena_check reports LIMIT. Used once per item, request or rule pack.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ALIGN 16U
#define BLOCK_MIN 8192U

struct block {
	struct block *next;
	size_t cap;
	size_t used;
	size_t pad; /* keeps the payload aligned to 16 */
};

struct tl_arena {
	struct block *blocks;
	size_t limit;
	size_t used;
	bool full;
};

struct tl_arena *
tl_arena_create(size_t limit_bytes)
{
	struct tl_arena *a = calloc(1, sizeof *a);
	if (!a)
		abort();
	a->limit = limit_bytes;
	return a;
}

static void
free_blocks(struct block *b)
{
	while (b) {
		struct block *next = b->next;
		free(b);
		b = next;
	}
}

void
tl_arena_destroy(struct tl_arena *a)
{
	if (!a)
		return;
	free_blocks(a->blocks);
	free(a);
}

void
tl_arena_destroyp(struct tl_arena **a)
{
	tl_arena_destroy(*a);
	*a = NULL;
}

void
tl_arena_reset(struct tl_arena *a)
{
	if (a->blocks) {
		free_blocks(a->blocks->next);
		a->blocks->next = NULL;
		a->blocks->used = 0;
	}
	a->used = 0;
	a->full = false;
}

static struct block *
add_block(struct tl_arena *a, size_t need)
{
	size_t cap = need > BLOCK_MIN ? need : BLOCK_MIN;
	struct block *b = malloc(sizeof *b + cap);
	if (!b)
		return NULL;
	*b = (struct block){.cap = cap};
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *
tl_arena_alloc(struct tl_arena *a, size_t n)
{
	size_t need = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (need < n || a->full || need > a->limit - a->used) {
		a->full = true;
		return NULL;
	}
	struct block *b = a->blocks;
	if (!b || b->cap - b->used < need)
		b = add_block(a, need);
	if (!b) {
		a->full = true;
		return NULL;
	}
	void *p = (uint8_t *)(b + 1) + b->used;
	b->used += need;
	a->used += need;
	memset(p, 0, need);
	return p;
}

void *
tl_arena_array(struct tl_arena *a, size_t count, size_t size)
{
	size_t n;
	if (__builtin_mul_overflow(count, size, &n)) {
		a->full = true;
		return NULL;
	}
	return tl_arena_alloc(a, n);
}

struct tl_str
tl_arena_dup(struct tl_arena *a, struct tl_str s)
{
	uint8_t *p = tl_arena_alloc(a, s.n + 1);
	if (!p)
		return (struct tl_str){(const uint8_t *)"", 0};
	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct tl_str){p, s.n};
}

const char *
tl_arena_printf(struct tl_arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *p = n < 0 ? NULL : tl_arena_alloc(a, (size_t)n + 1);
	if (!p)
		return "";
	va_start(ap, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

int
tl_arena_check(const struct tl_arena *a)
{
	if (a->full)
		return tl_fail(
		    TL_ENOMEM, "needs more than the %zu bytes set aside for it", a->limit);
	return 0;
}
