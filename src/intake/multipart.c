/*
 * The multipart reader (multipart.h).
 *
 * Promises: each byte is looked at once or twice, memory is the struct alone; a callback's error stops the
 * reader and is passed on; any break of the form is INPUT and stays so. Called by POST /v1/items, and by the
 * fuzz target fuzz_multipart.
 */
#include "intake/multipart.h"

#include <strings.h>

static int
bad(struct tl_multipart *m, const char *why)
{
	m->state = TL_MP_BAD;
	return tl_fail(TL_EPARSE, "multipart: %s", why);
}

static bool
is_boundary_char(uint8_t c)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return c != 0 && strchr("'()+_,-./:=?", c) != NULL;
}

/* Finds `; name=value` or `; name="value"` in a header's value. */
static int
parameter(struct tl_str value, const char *name, struct tl_str *ret)
{
	size_t n = strlen(name), found = 0;
	for (size_t i = 0; i < value.n;) {
		if (value.p[i] == '"') { /* skip what is quoted */
			const uint8_t *close = memchr(value.p + i + 1, '"', value.n - i - 1);
			if (!close)
				return tl_fail(TL_EPARSE, "multipart: a quote is not closed");
			i = (size_t)(close - value.p) + 1;
			continue;
		}
		if (value.p[i++] != ';')
			continue;
		while (i < value.n && (value.p[i] == ' ' || value.p[i] == '\t'))
			i++;
		if (value.n - i <= n || strncasecmp((const char *)value.p + i, name, n) != 0 ||
		    value.p[i + n] != '=')
			continue;
		i += n + 1;
		bool quoted = i < value.n && value.p[i] == '"';
		size_t from = i + quoted, to = from;
		while (to < value.n &&
		       (quoted ? value.p[to] != '"' : value.p[to] != ';' && value.p[to] != ' '))
			to++;
		if (quoted && to == value.n)
			return tl_fail(TL_EPARSE, "multipart: a quote is not closed");
		*ret = tl_bytes(value.p + from, to - from);
		i = to + quoted;
		found++;
	}
	if (found != 1)
		return tl_fail(TL_EPARSE, "multipart: %s must be given once", name);
	return 0;
}

int
tl_multipart_begin(struct tl_multipart *m, struct tl_str content_type,
    const struct tl_multipart_ops *ops, void *ctx)
{
	struct tl_str b = {NULL, 0};
	*m = (struct tl_multipart){.ops = ops, .ctx = ctx};
	int rc = parameter(content_type, "boundary", &b);
	if (rc < 0)
		return rc;
	if (b.n < 1 || b.n > TL_MULTIPART_BOUNDARY_MAX)
		return bad(m, "the boundary must have 1 to 70 characters");
	for (size_t i = 0; i < b.n; i++)
		if (!is_boundary_char(b.p[i]))
			return bad(m, "the boundary has a character that is not allowed");
	memcpy(m->line, "\r\n--", 4);
	memcpy(m->line + 4, b.p, b.n);
	m->line_n = b.n + 4;
	m->matched = 2; /* the first boundary line has no CR LF before it */
	return 0;
}

/* The part's head ----------------------------------------------------------------------------------------------- */

static int
disposition(struct tl_multipart *m, struct tl_str value, struct tl_str *ret_name)
{
	static const char kind[] = "form-data";
	if (value.n < sizeof kind - 1 ||
	    strncasecmp((const char *)value.p, kind, sizeof kind - 1) != 0)
		return bad(m, "a part is not form-data");
	int rc = parameter(value, "name", ret_name);
	if (rc < 0)
		m->state = TL_MP_BAD;
	if (rc == 0 && (ret_name->n < 1 || ret_name->n > TL_MULTIPART_NAME_MAX))
		return bad(m, "a part's name must have 1 to 64 bytes");
	return rc;
}

/* RFC 7578 deprecates the header; some clients still say with it that nothing is coded. */
static bool
is_plain(struct tl_str value)
{
	static const char *const words[] = {"binary", "8bit", "7bit"};
	for (size_t i = 0; i < TL_COUNT(words); i++)
		if (value.n == strlen(words[i]) &&
		    strncasecmp((const char *)value.p, words[i], value.n) == 0)
			return true;
	return false;
}

static int
head_line(struct tl_multipart *m, struct tl_str line, struct tl_str *name, int *dispositions)
{
	const uint8_t *colon = memchr(line.p, ':', line.n);
	if (!colon || colon == line.p)
		return bad(m, "a part's head has a malformed line");
	for (size_t i = 0; i < line.n; i++)
		if ((line.p[i] < 0x20 && line.p[i] != '\t') || line.p[i] == 0x7f)
			return bad(m, "a part's head has a control character");
	struct tl_str key = tl_bytes(line.p, (size_t)(colon - line.p));
	struct tl_str value = tl_bytes(colon + 1, line.n - key.n - 1);
	while (value.n && (value.p[0] == ' ' || value.p[0] == '\t'))
		value = tl_bytes(value.p + 1, value.n - 1);
	static const char cd[] = "content-disposition", cte[] = "content-transfer-encoding";
	if (key.n == sizeof cte - 1 && strncasecmp((const char *)key.p, cte, key.n) == 0)
		return is_plain(value) ? 0
				       : bad(m, "only plain bytes are taken, not coded ones");
	if (key.n != sizeof cd - 1 || strncasecmp((const char *)key.p, cd, key.n) != 0)
		return 0;
	++*dispositions;
	return disposition(m, value, name);
}

static int
read_head(struct tl_multipart *m)
{
	struct tl_str left = tl_bytes(m->head, m->head_n - 2), name = {NULL, 0};
	int dispositions = 0;
	while (left.n) {
		const uint8_t *end = memmem(left.p, left.n, "\r\n", 2);
		if (!end)
			return bad(m, "a part's head has a malformed line");
		int rc = head_line(
		    m, tl_bytes(left.p, (size_t)(end - left.p)), &name, &dispositions);
		if (rc < 0)
			return rc;
		left = tl_bytes(end + 2, left.n - (size_t)(end - left.p) - 2);
	}
	if (dispositions != 1)
		return bad(m, "a part needs one Content-Disposition");
	if (++m->parts > TL_MULTIPART_PARTS_MAX)
		return bad(m, "too many parts");
	m->state = TL_MP_BODY;
	m->matched = 0;
	return m->ops->begin(m->ctx, name);
}

/* States -------------------------------------------------------------------------------------------------------- */

static int
feed_first(struct tl_multipart *m, struct tl_str *in)
{
	while (in->n && m->matched < m->line_n) {
		if (in->p[0] != m->line[m->matched])
			return bad(m, "it must begin with the boundary");
		m->matched++;
		*in = tl_bytes(in->p + 1, in->n - 1);
	}
	if (m->matched == m->line_n) {
		m->state = TL_MP_AFTER;
		m->after_n = 0;
	}
	return 0;
}

static int
feed_after(struct tl_multipart *m, struct tl_str *in)
{
	while (in->n && m->after_n < 2) {
		m->after[m->after_n++] = in->p[0];
		*in = tl_bytes(in->p + 1, in->n - 1);
	}
	if (m->after_n < 2)
		return 0;
	m->after_n = 0;
	if (memcmp(m->after, "\r\n", 2) == 0) {
		m->state = TL_MP_HEAD;
		m->head_n = 0;
	} else if (memcmp(m->after, "--", 2) == 0) {
		m->state = TL_MP_END;
	} else {
		return bad(m, "a boundary is not followed by a line's end");
	}
	return 0;
}

static int
feed_head(struct tl_multipart *m, struct tl_str *in)
{
	while (in->n) {
		if (m->head_n == sizeof m->head)
			return bad(m, "a part's head is too long");
		m->head[m->head_n++] = in->p[0];
		*in = tl_bytes(in->p + 1, in->n - 1);
		if (m->head_n == 2 && memcmp(m->head, "\r\n", 2) == 0)
			return bad(m, "a part has no head");
		if (m->head_n >= 4 && memcmp(m->head + m->head_n - 4, "\r\n\r\n", 4) == 0)
			return read_head(m);
	}
	return 0;
}

/* Passes on what cannot be the boundary. CR occurs in the boundary line only at its start. */
static int
feed_body(struct tl_multipart *m, struct tl_str *in)
{
	if (m->matched == 0) {
		const uint8_t *cr = memchr(in->p, '\r', in->n);
		size_t n = cr ? (size_t)(cr - in->p) : in->n;
		struct tl_str plain = tl_bytes(in->p, n);
		*in = tl_bytes(in->p + n, in->n - n);
		if (plain.n)
			return m->ops->data(m->ctx, plain);
	}
	while (in->n && m->matched < m->line_n && in->p[0] == m->line[m->matched]) {
		m->matched++;
		*in = tl_bytes(in->p + 1, in->n - 1);
	}
	if (m->matched == m->line_n) {
		m->state = TL_MP_AFTER;
		m->after_n = 0;
		return m->ops->end(m->ctx);
	}
	if (!in->n)
		return 0;
	size_t n = m->matched;
	m->matched = 0;
	return m->ops->data(m->ctx, tl_bytes(m->line, n));
}

static int
feed_end(struct tl_multipart *m, struct tl_str *in)
{
	static const uint8_t crlf[2] = {'\r', '\n'};
	while (in->n) {
		if (m->after_n == 2 || in->p[0] != crlf[m->after_n])
			return bad(m, "bytes after the last boundary");
		m->after_n++;
		*in = tl_bytes(in->p + 1, in->n - 1);
	}
	return 0;
}

int
tl_multipart_feed(struct tl_multipart *m, struct tl_str in)
{
	int rc = 0;
	while (in.n && rc == 0) {
		switch (m->state) {
		case TL_MP_FIRST:
			rc = feed_first(m, &in);
			break;
		case TL_MP_AFTER:
			rc = feed_after(m, &in);
			break;
		case TL_MP_HEAD:
			rc = feed_head(m, &in);
			break;
		case TL_MP_BODY:
			rc = feed_body(m, &in);
			break;
		case TL_MP_END:
			rc = feed_end(m, &in);
			break;
		case TL_MP_BAD:
			return tl_fail(TL_EPARSE, "multipart: malformed");
		}
	}
	if (rc < 0)
		m->state = TL_MP_BAD;
	return rc;
}

int
tl_multipart_end(const struct tl_multipart *m)
{
	if (m->state != TL_MP_END)
		return tl_fail(TL_EPARSE, "multipart: the last boundary is missing");
	return 0;
}
