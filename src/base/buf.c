/*
 * Growing buffer and JSON writer.
 *
 * Promises: JSON output is always well-formed UTF-8, whatever bytes come in; a buffer with a limit never holds
 * more than it. Failure: out of memory aborts; the limit sets `bad`. Used wherever bytes are composed.
 */
#include "base/buf.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
tl_buf_fini(struct tl_buf *b)
{
	free(b->p);
	*b = (struct tl_buf){.limit = b->limit};
}

void
tl_buf_reset(struct tl_buf *b)
{
	b->n = 0;
	b->bad = false;
}

uint8_t *
tl_buf_room(struct tl_buf *b, size_t n)
{
	if (n > SIZE_MAX / 2 - b->n)
		abort();
	if (b->limit && (b->bad || n > b->limit - b->n)) {
		b->bad = true;
		return NULL;
	}
	if (b->n + n <= b->cap)
		return b->p + b->n;
	size_t cap = b->cap ? b->cap : 256;
	while (cap < b->n + n)
		cap *= 2;
	uint8_t *p = realloc(b->p, cap);
	if (!p)
		abort();
	b->p = p;
	b->cap = cap;
	return b->p + b->n;
}

void
tl_buf_grew(struct tl_buf *b, size_t n)
{
	b->n += n;
}

void
tl_buf_put(struct tl_buf *b, const void *p, size_t n)
{
	if (!n)
		return;
	uint8_t *to = tl_buf_room(b, n);
	if (!to)
		return;
	memcpy(to, p, n);
	b->n += n;
}

void
tl_buf_byte(struct tl_buf *b, uint8_t c)
{
	tl_buf_put(b, &c, 1);
}

void
tl_buf_puts(struct tl_buf *b, const char *z)
{
	tl_buf_put(b, z, strlen(z));
}

void
tl_buf_printf(struct tl_buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	uint8_t *to = n < 0 ? NULL : tl_buf_room(b, (size_t)n + 1);
	if (!to)
		return;
	va_start(ap, fmt);
	(void)vsnprintf((char *)to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

const char *
tl_buf_z(struct tl_buf *b)
{
	if (b->limit && b->n >= b->limit)
		b->n = b->limit - 1;
	uint8_t *end = tl_buf_room(b, 1);
	if (!end)
		return "";
	*end = 0;
	return (const char *)b->p;
}

static void
put_escaped(struct tl_buf *b, struct tl_str s)
{
	static const char digits[] = "0123456789abcdef";
	size_t start = 0;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F)
			continue;
		tl_buf_put(b, s.p + start, i - start);
		start = i + 1;
		char esc[7] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15], 0};
		if (c == '"' || c == '\\') {
			esc[1] = (char)c;
			esc[2] = 0;
		} else if (c == '\n') {
			esc[1] = 'n';
			esc[2] = 0;
		}
		tl_buf_puts(b, esc);
	}
	if (start < s.n)
		tl_buf_put(b, s.p + start, s.n - start);
}

static void
put_text(struct tl_buf *b, struct tl_str s)
{
	tl_buf_byte(b, '"');
	if (tl_utf8_valid(s)) {
		put_escaped(b, s);
	} else {
		for (size_t i = 0; i < s.n;) {
			struct tl_str rest = {s.p + i, s.n - i};
			size_t len = 1;
			while (len < 4 && len < rest.n &&
			       !tl_utf8_valid((struct tl_str){rest.p, len}))
				len++;
			if (tl_utf8_valid((struct tl_str){rest.p, len})) {
				put_escaped(b, (struct tl_str){rest.p, len});
				i += len;
			} else {
				tl_buf_puts(b, "\xEF\xBF\xBD");
				i++;
			}
		}
	}
	tl_buf_byte(b, '"');
}

static void
begin_value(struct tl_buf *b, const char *key)
{
	if (b->n) {
		uint8_t last = b->p[b->n - 1];
		if (last != '{' && last != '[' && last != ':' && last != '\n')
			tl_buf_byte(b, ',');
	}
	if (!key)
		return;
	put_text(b, tl_str(key));
	tl_buf_byte(b, ':');
}

void
tl_js_open(struct tl_buf *b, const char *key, char bracket)
{
	begin_value(b, key);
	tl_buf_byte(b, (uint8_t)bracket);
}

void
tl_js_close(struct tl_buf *b, char bracket)
{
	tl_buf_byte(b, (uint8_t)bracket);
}

void
tl_js_str(struct tl_buf *b, const char *key, struct tl_str s)
{
	begin_value(b, key);
	put_text(b, s);
}

void
tl_js_words(struct tl_buf *b, const char *key, struct tl_str words)
{
	size_t from = 0;
	tl_js_open(b, key, '[');
	for (size_t i = 0; i <= words.n; i++) {
		if (i < words.n && words.p[i] != ' ')
			continue;
		if (i > from)
			tl_js_str(b, NULL, tl_bytes(words.p + from, i - from));
		from = i + 1;
	}
	tl_js_close(b, ']');
}

void
tl_js_z(struct tl_buf *b, const char *key, const char *z)
{
	if (!z) {
		tl_js_null(b, key);
		return;
	}
	tl_js_str(b, key, tl_str(z));
}

void
tl_js_int(struct tl_buf *b, const char *key, int64_t v)
{
	begin_value(b, key);
	tl_buf_printf(b, "%lld", (long long)v);
}

void
tl_js_num(struct tl_buf *b, const char *key, double v)
{
	if (!isfinite(v)) {
		tl_js_null(b, key);
		return;
	}
	begin_value(b, key);
	tl_buf_printf(b, "%.10g", v);
}

void
tl_js_bool(struct tl_buf *b, const char *key, bool v)
{
	begin_value(b, key);
	tl_buf_puts(b, v ? "true" : "false");
}

void
tl_js_null(struct tl_buf *b, const char *key)
{
	begin_value(b, key);
	tl_buf_puts(b, "null");
}

void
tl_js_hex(struct tl_buf *b, const char *key, struct tl_str bytes)
{
	static const char digits[] = "0123456789abcdef";
	if (!bytes.n) {
		tl_js_null(b, key);
		return;
	}
	struct tl_buf TL_CLEANUP(tl_buf_fini) text = {0};
	for (size_t i = 0; i < bytes.n; i++) {
		tl_buf_byte(&text, (uint8_t)digits[bytes.p[i] >> 4]);
		tl_buf_byte(&text, (uint8_t)digits[bytes.p[i] & 15]);
	}
	tl_js_str(b, key, tl_buf_str(&text));
}

void
tl_js_raw(struct tl_buf *b, const char *key, struct tl_str json)
{
	begin_value(b, key);
	tl_buf_put(b, json.p, json.n);
}

void
tl_js_str0(struct tl_buf *b, const char *key, struct tl_str s)
{
	if (s.n)
		tl_js_str(b, key, s);
	else
		tl_js_null(b, key);
}

void
tl_js_raw0(struct tl_buf *b, const char *key, struct tl_str json)
{
	if (json.n)
		tl_js_raw(b, key, json);
	else
		tl_js_null(b, key);
}

void
tl_js_int0(struct tl_buf *b, const char *key, bool there, int64_t v)
{
	if (there)
		tl_js_int(b, key, v);
	else
		tl_js_null(b, key);
}

void
tl_js_strkey(struct tl_buf *b, struct tl_str key, struct tl_str s)
{
	begin_value(b, NULL);
	put_text(b, key);
	tl_buf_byte(b, ':');
	put_text(b, s);
}
