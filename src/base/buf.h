/*
 * A growing output buffer (owned bytes). Out of memory aborts; a buffer with a limit turns `bad` (sticky)
 * instead of growing past it. Also the program's only JSON and escaping writer.
 */
#pragma once

#include "base/str.h"

struct tl_buf {
	uint8_t *p;
	size_t n;
	size_t cap;
	size_t limit; /* 0: none */
	bool bad;     /* the limit was reached; content is cut */
};

void tl_buf_fini(struct tl_buf *b);
void tl_buf_reset(struct tl_buf *b); /* empties, keeps memory and limit */

uint8_t *tl_buf_room(struct tl_buf *b,
    size_t n); /* n writable bytes at the end, NULL at the limit; then tl_buf_grew */
void tl_buf_grew(struct tl_buf *b, size_t n);

void tl_buf_put(struct tl_buf *b, const void *p, size_t n);
void tl_buf_byte(struct tl_buf *b, uint8_t c);
void tl_buf_puts(struct tl_buf *b, const char *z);
void tl_buf_printf(struct tl_buf *b, const char *fmt, ...) TL_PRINTF(2, 3);

static inline struct tl_str
tl_buf_str(const struct tl_buf *b)
{
	struct tl_str s = {b->p, b->n};
	return s;
}

/* NUL-terminated view; valid until the next change. */
const char *tl_buf_z(struct tl_buf *b);

/*
 * JSON (RFC 8259). Members and elements separate themselves:
 *   tl_js_open(b, NULL, '{'); tl_js_str(b, "id", s); tl_js_int(b, "n", 3); tl_js_close(b, '}');
 * `key` is NULL inside arrays. Text that is not valid UTF-8 is written with U+FFFD in place of bad bytes.
 */
void tl_js_open(struct tl_buf *b, const char *key, char bracket);
void tl_js_close(struct tl_buf *b, char bracket);
void tl_js_str(struct tl_buf *b, const char *key, struct tl_str s);
void tl_js_z(struct tl_buf *b, const char *key, const char *z); /* NULL writes null */
void tl_js_int(struct tl_buf *b, const char *key, int64_t v);
void tl_js_num(struct tl_buf *b, const char *key, double v); /* not finite writes null */
void tl_js_bool(struct tl_buf *b, const char *key, bool v);
void tl_js_null(struct tl_buf *b, const char *key);
void tl_js_time(struct tl_buf *b, const char *key, int64_t us); /* RFC 3339 UTC; null when 0 */
void tl_js_hex(struct tl_buf *b, const char *key, struct tl_str bytes); /* null when empty */
void tl_js_raw(struct tl_buf *b, const char *key, struct tl_str json);  /* already JSON */
/* null when there is nothing: empty, empty, not `there` */
void tl_js_str0(struct tl_buf *b, const char *key, struct tl_str s);
void tl_js_raw0(struct tl_buf *b, const char *key, struct tl_str json);
void tl_js_int0(struct tl_buf *b, const char *key, bool there, int64_t v);
void tl_js_words(struct tl_buf *b, const char *key, struct tl_str words); /* "a b": an array */
void tl_js_strkey(
    struct tl_buf *b, struct tl_str key, struct tl_str s); /* member whose name is data */
