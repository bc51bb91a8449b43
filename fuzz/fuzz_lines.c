/* The splitter of lines: however the bytes are cut, the same lines come out, none over the limit. */
#include "intake/lines.h"

#include <stdlib.h>

#define LIMIT 40U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
on_line(void *ctx, struct tl_str line, int64_t number, bool too_long)
{
	struct tl_buf *text = ctx;
	if (line.n > LIMIT || (too_long && line.n) || (!too_long && !line.n) ||
	    memchr(line.p, '\n', line.n))
		abort();
	tl_buf_printf(text, "%lld%c", (long long)number, too_long ? '!' : ':');
	tl_buf_put(text, line.p, line.n);
	tl_buf_byte(text, '\n');
	return 0;
}

static void
read_cut(struct tl_str in, size_t step, struct tl_buf *text)
{
	struct tl_lines l = {.limit = LIMIT};
	while (in.n) {
		size_t n = step < in.n ? step : in.n;
		if (tl_lines_feed(&l, tl_bytes(in.p, n), on_line, text) < 0)
			abort();
		if (l.rest.n > LIMIT + 1)
			abort();
		in = tl_bytes(in.p + n, in.n - n);
	}
	if (tl_lines_end(&l, on_line, text) < 0)
		abort();
	tl_lines_fini(&l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_buf whole = {0}, cut = {0};
	if (size == 0)
		return 0;
	struct tl_str in = tl_bytes(data + 1, size - 1);
	read_cut(in, in.n ? in.n : 1, &whole);
	read_cut(in, (size_t)data[0] % 23 + 1, &cut);
	if (!tl_str_eq(tl_buf_str(&whole), tl_buf_str(&cut)))
		abort();
	tl_buf_fini(&whole);
	tl_buf_fini(&cut);
	return 0;
}
