/*
 * The splitter of lines (lines.h).
 *
 * Promises: memory is bounded by one line; a line that is too long is reported once and skipped to its end, the
 * ones after it are read. Called by POST /v1/items:batch, and by the fuzz target fuzz_lines.
 */
#include "intake/lines.h"

static int
pass(struct tl_lines *l, struct tl_str line, tl_line_fn each, void *ctx)
{
	l->number++;
	if (l->skipping) {
		l->skipping = false;
		return each(ctx, TL_S(""), l->number, true);
	}
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n > l->limit)
		return each(ctx, TL_S(""), l->number, true);
	return line.n ? each(ctx, line, l->number, false) : 0;
}

int
tl_lines_feed(struct tl_lines *l, struct tl_str in, tl_line_fn each, void *ctx)
{
	while (in.n) {
		const uint8_t *nl = memchr(in.p, '\n', in.n);
		size_t n = nl ? (size_t)(nl - in.p) : in.n;
		struct tl_str part = tl_bytes(in.p, n);
		in = tl_bytes(in.p + n + (nl != NULL), in.n - n - (nl != NULL));
		if (nl && l->rest.n == 0) {
			int rc = pass(l, part, each, ctx);
			if (rc < 0)
				return rc;
			continue;
		}
		if (l->rest.n + part.n > l->limit + 1) {
			l->skipping = true;
			tl_buf_reset(&l->rest);
			/* One byte stays, so that the line is known to have begun. */
			tl_buf_byte(&l->rest, ' ');
		} else if (!l->skipping) {
			tl_buf_put(&l->rest, part.p, part.n);
		}
		if (nl) {
			int rc = pass(l, tl_buf_str(&l->rest), each, ctx);
			tl_buf_reset(&l->rest);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

int
tl_lines_end(struct tl_lines *l, tl_line_fn each, void *ctx)
{
	if (l->rest.n == 0)
		return 0;
	int rc = pass(l, tl_buf_str(&l->rest), each, ctx);
	tl_buf_reset(&l->rest);
	return rc;
}

void
tl_lines_fini(struct tl_lines *l)
{
	tl_buf_fini(&l->rest);
}
