/*
 * The multipart reader: whatever comes, and however it is cut, the same parts come out, within bounds. The first
 * byte says how the rest is cut.
 */
#include "base/buf.h"
#include "intake/multipart.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was heard, as one text. */
struct heard {
	struct tl_buf text;
	bool in_part;
};

static int
on_begin(void *ctx, struct tl_str name)
{
	struct heard *h = ctx;
	if (h->in_part || name.n < 1 || name.n > TL_MULTIPART_NAME_MAX)
		abort();
	h->in_part = true;
	tl_buf_puts(&h->text, "<");
	tl_buf_put(&h->text, name.p, name.n);
	tl_buf_puts(&h->text, ">");
	return 0;
}

static int
on_data(void *ctx, struct tl_str bytes)
{
	struct heard *h = ctx;
	if (!h->in_part || bytes.n == 0)
		abort();
	tl_buf_put(&h->text, bytes.p, bytes.n);
	return 0;
}

static int
on_end(void *ctx)
{
	struct heard *h = ctx;
	if (!h->in_part)
		abort();
	h->in_part = false;
	tl_buf_puts(&h->text, "</>");
	return 0;
}

static const struct tl_multipart_ops OPS = {on_begin, on_data, on_end};

/* 1 when the whole body was well-formed. */
static int
read_cut(struct tl_str body, size_t step, struct heard *h)
{
	struct tl_multipart m;
	if (tl_multipart_begin(&m, TL_S("multipart/form-data; boundary=\"xYzZy\""), &OPS, h) <
	    0)
		abort();
	while (body.n) {
		size_t n = step < body.n ? step : body.n;
		if (tl_multipart_feed(&m, tl_bytes(body.p, n)) < 0)
			return 0;
		body = tl_bytes(body.p + n, body.n - n);
	}
	return tl_multipart_end(&m) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heard whole = {0}, cut = {0};
	struct tl_multipart m;
	if (size == 0)
		return 0;
	/* As a Content-Type. */
	if (tl_multipart_begin(&m, tl_bytes(data, size), &OPS, NULL) == 0 && m.line_n < 5)
		abort();
	struct tl_str body = tl_bytes(data + 1, size - 1);
	int a = read_cut(body, body.n ? body.n : 1, &whole);
	int b = read_cut(body, (size_t)data[0] % 17 + 1, &cut);
	if (a != b || (a && !tl_str_eq(tl_buf_str(&whole.text), tl_buf_str(&cut.text))))
		abort();
	tl_buf_fini(&whole.text);
	tl_buf_fini(&cut.text);
	return 0;
}
