/*
 * Gathers the lines of a snapshot, so that many are taken in one transaction.
 *
 * Promises: memory is bounded by what is called full and one line more. Out of memory aborts. Called by the API and the CLI.
 */
#include "minors/snapshot.h"

#include <stdlib.h>

#define FULL_BYTES ((size_t)256 << 10)
#define FULL_LINES 1000

static void *
grown(void *p, size_t size)
{
	void *q = realloc(p, size);
	if (!q)
		abort();
	return q;
}

int
tl_snapshot_gather(void *gather, struct tl_str line, int64_t number, bool too_long)
{
	struct tl_snapshot_gather *g = gather;
	if (g->n + line.n > g->cap) {
		g->cap = (g->n + line.n) * 2;
		g->text = grown(g->text, g->cap);
	}
	if (g->count == g->line_cap) {
		g->line_cap = g->line_cap ? g->line_cap * 2 : 64;
		g->lines = grown(g->lines, g->line_cap * sizeof *g->lines);
	}
	if (line.n)
		memcpy(g->text + g->n, line.p, line.n);
	g->n += line.n;
	g->lines[g->count++] = (struct tl_snapshot_text){number, {NULL, line.n}, too_long};
	return 0;
}

bool
tl_snapshot_gather_full(const struct tl_snapshot_gather *g)
{
	return g->n >= FULL_BYTES || g->count >= FULL_LINES;
}

void
tl_snapshot_gathered(struct tl_snapshot_gather *g, struct tl_snapshot_part *part)
{
	const uint8_t *at = g->text;
	for (size_t i = 0; i < g->count; i++) {
		g->lines[i].text.p = at;
		at += g->lines[i].text.n;
	}
	part->lines = g->lines;
	part->count = g->count;
}

void
tl_snapshot_gather_reset(struct tl_snapshot_gather *g)
{
	g->n = g->count = 0;
}

void
tl_snapshot_gather_fini(struct tl_snapshot_gather *g)
{
	free(g->text);
	free(g->lines);
	*g = (struct tl_snapshot_gather){0};
}
