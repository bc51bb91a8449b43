/*
 * Splits newline-delimited JSON as it arrives: whole lines out, a bounded rest kept. CR before LF is dropped,
 * empty lines are skipped and counted.
 */
#pragma once

#include "base/buf.h"

struct tl_lines {
	struct tl_buf rest;
	size_t limit;   /* bytes of one line */
	int64_t number; /* of the line that is passed on, from 1 */
	bool skipping;  /* in a line that was too long */
};

/*
 * Calls `each` for every line that is complete; a line over the limit is passed on empty with `too_long`. Stops
 * at the first error of `each`, whose code it returns.
 */
typedef int (*tl_line_fn)(void *ctx, struct tl_str line, int64_t number, bool too_long);
int tl_lines_feed(struct tl_lines *l, struct tl_str in, tl_line_fn each, void *ctx) TL_MUST;
/* The last line, when it has no newline. */
int tl_lines_end(struct tl_lines *l, tl_line_fn each, void *ctx) TL_MUST;
void tl_lines_fini(struct tl_lines *l);
