/*
 * Lists of frame hashes: growing, text and packed forms.
 *
 * Promises: a list that was read is one that tl_video_add would have taken; text reads back to the same frames (times to
 * the millisecond). Failure: INPUT with the frame at which it went wrong, LIMIT for too many. Called by the worker, by
 * banks and by the detectors.
 */
#include "hash/video.h"

#include <stdlib.h>

#include "base/cur.h"

#define VERSION 1
#define SECONDS_MAX 4000000 /* keeps milliseconds within 32 bits */

void
tl_video_fini(struct tl_video *v)
{
	free(v->f);
	*v = (struct tl_video){0};
}

static void
grow(struct tl_video *v)
{
	if (v->n < v->cap)
		return;
	v->cap = v->cap ? v->cap * 2 : 64;
	v->f = realloc(v->f, v->cap * sizeof *v->f);
	if (!v->f)
		abort();
}

int
tl_video_add(struct tl_video *v, const struct tl_video_frame *f)
{
	if (v->n >= TL_VIDEO_FRAMES_MAX)
		return tl_fail(
		    TL_ETOOBIG, "a video has at most %d frames", TL_VIDEO_FRAMES_MAX);
	if (f->quality > 100)
		return tl_fail(TL_EPARSE, "frame %zu: a quality is 0 to 100", v->n + 1);
	if (f->flags & ~TL_VIDEO_FLAGS)
		return tl_fail(TL_EPARSE, "frame %zu: unknown flags", v->n + 1);
	if (v->n && f->ms < v->f[v->n - 1].ms)
		return tl_fail(
		    TL_EPARSE, "frame %zu is earlier than the one before it", v->n + 1);
	grow(v);
	v->f[v->n++] = *f;
	return 0;
}

size_t
tl_video_usable(const struct tl_video *v)
{
	size_t n = 0;
	for (size_t i = 0; i < v->n; i++)
		n += v->f[i].flags == 0 && v->f[i].quality >= TL_PDQ_QUALITY_MIN;
	return n;
}

void
tl_video_json(struct tl_buf *out, const struct tl_video *v)
{
	char hex[TL_PDQ_HEX];
	const char *comma = "";
	tl_buf_byte(out, '[');
	for (size_t i = 0; i < v->n; i++) {
		const struct tl_video_frame *f = &v->f[i];
		if (f->flags)
			continue;
		tl_pdq_hex(hex, &f->hash);
		tl_buf_printf(out, "%s\"%s,%u,%u.%03u\"", comma, hex, f->quality, f->ms / 1000,
		    f->ms % 1000);
		comma = ",";
	}
	tl_buf_byte(out, ']');
}

void
tl_video_lines(struct tl_buf *out, const struct tl_video *v)
{
	char hex[TL_PDQ_HEX];
	for (size_t i = 0; i < v->n; i++) {
		const struct tl_video_frame *f = &v->f[i];
		if (f->flags)
			continue;
		tl_pdq_hex(hex, &f->hash);
		tl_buf_printf(out, "%u,%u,%s,%u.%03u\n", f->number, f->quality, hex,
		    f->ms / 1000, f->ms % 1000);
	}
}

/* Takes what stands before the next `c`, and `c` itself; the rest when there is none. */
static struct tl_str
until(struct tl_str *s, char c)
{
	const uint8_t *at = s->n ? memchr(s->p, c, s->n) : NULL;
	size_t n = at ? (size_t)(at - s->p) : s->n;
	struct tl_str part = tl_bytes(s->p, n);
	*s = at ? tl_bytes(at + 1, s->n - n - 1) : tl_bytes(s->p + n, 0);
	return part;
}

/* "12", "12.5", "12.345678": milliseconds, further digits are dropped. */
static int
parse_seconds(struct tl_str s, uint32_t *ret_ms)
{
	int64_t whole, part;
	uint8_t digits[3] = {'0', '0', '0'};
	struct tl_str fraction = s, seconds = until(&fraction, '.');
	int rc = tl_parse_i64(seconds, 0, SECONDS_MAX, &whole);
	if (rc < 0)
		return rc;
	if (fraction.n > 9)
		return tl_fail(TL_EPARSE, "a time has too many digits");
	for (size_t i = 0; i < fraction.n; i++) {
		if (fraction.p[i] < '0' || fraction.p[i] > '9')
			return tl_fail(TL_EPARSE, "a time is not a number of seconds");
		if (i < sizeof digits)
			digits[i] = fraction.p[i];
	}
	rc = tl_parse_i64(tl_bytes(digits, sizeof digits), 0, 999, &part);
	if (rc == 0)
		*ret_ms = (uint32_t)(whole * 1000 + part);
	return rc;
}

/* The three fields that both forms have. */
static int
add_fields(struct tl_video *v, struct tl_str hex, struct tl_str quality, struct tl_str seconds,
    int64_t number)
{
	struct tl_video_frame f = {.number = (uint32_t)number};
	int64_t q = 0;
	int rc = tl_pdq_unhex(hex, &f.hash);
	if (rc == 0)
		rc = tl_parse_i64(quality, 0, 100, &q);
	if (rc == 0)
		rc = parse_seconds(seconds, &f.ms);
	if (rc < 0)
		return tl_fail(rc,
		    "frame %zu is not a hash of 64 hex digits, a quality of 0 to 100 and "
		    "seconds",
		    v->n + 1);
	f.quality = (uint8_t)q;
	return tl_video_add(v, &f);
}

static void
skip_space(struct tl_str *s)
{
	while (
	    s->n && (s->p[0] == ' ' || s->p[0] == '\t' || s->p[0] == '\n' || s->p[0] == '\r'))
		*s = tl_bytes(s->p + 1, s->n - 1);
}

static bool
take(struct tl_str *s, char c)
{
	skip_space(s);
	if (s->n == 0 || s->p[0] != (uint8_t)c)
		return false;
	*s = tl_bytes(s->p + 1, s->n - 1);
	return true;
}

/* An array of strings without escapes: nothing that stands in one needs any. */
static int
parse_json(struct tl_str s, struct tl_video *v)
{
	bool more = take(&s, '[') && !take(&s, ']');
	while (more) {
		if (!take(&s, '"'))
			return tl_fail(TL_EPARSE, "frame %zu is not a string", v->n + 1);
		struct tl_str frame = until(&s, '"');
		struct tl_str hex = until(&frame, ','), quality = until(&frame, ',');
		int rc = add_fields(v, hex, quality, frame, (int64_t)v->n);
		if (rc < 0)
			return rc;
		more = take(&s, ',');
		if (!more && !take(&s, ']'))
			return tl_fail(TL_EPARSE, "the array of frames is not closed");
	}
	skip_space(&s);
	return s.n ? tl_fail(TL_EPARSE, "something follows the array of frames") : 0;
}

static int
parse_lines(struct tl_str s, struct tl_video *v)
{
	while (s.n) {
		int64_t number;
		struct tl_str line = until(&s, '\n');
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n == 0)
			continue;
		struct tl_str first = until(&line, ','), quality = until(&line, ',');
		struct tl_str hex = until(&line, ',');
		if (tl_parse_i64(first, 0, UINT32_MAX, &number) < 0)
			return tl_fail(
			    TL_EPARSE, "line %zu does not begin with a frame number", v->n + 1);
		int rc = add_fields(v, hex, quality, line, number);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
finish(int rc, struct tl_video *v, struct tl_video *ret)
{
	if (rc == 0 && v->n == 0)
		rc = tl_fail(TL_EPARSE, "the video has no frames");
	if (rc < 0)
		tl_video_fini(v);
	else
		*ret = *v;
	return rc;
}

int
tl_video_parse(struct tl_str text, struct tl_video *ret)
{
	struct tl_video v = {0};
	skip_space(&text);
	int rc = text.n && text.p[0] == '[' ? parse_json(text, &v) : parse_lines(text, &v);
	return finish(rc, &v, ret);
}

static void
put_u32(struct tl_buf *out, uint32_t v)
{
	uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
	tl_buf_put(out, b, sizeof b);
}

void
tl_video_pack(struct tl_buf *out, const struct tl_video *v)
{
	tl_buf_byte(out, VERSION);
	put_u32(out, (uint32_t)v->n);
	for (size_t i = 0; i < v->n; i++) {
		const struct tl_video_frame *f = &v->f[i];
		tl_buf_put(out, f->hash.b, sizeof f->hash.b);
		tl_buf_byte(out, f->quality);
		tl_buf_byte(out, f->flags);
		put_u32(out, f->ms);
		put_u32(out, f->number);
	}
}

static int
unpack(struct tl_cur *c, struct tl_video *v)
{
	if (tl_cur_u8(c) != VERSION)
		return tl_fail(TL_EPARSE, "a packed video of another version");
	uint32_t n = tl_cur_u32(c);
	if (c->n != (size_t)n * TL_VIDEO_FRAME_BYTES)
		return tl_fail(TL_EPARSE, "a packed video has another length than it says");
	for (uint32_t i = 0; i < n; i++) {
		struct tl_video_frame f;
		memcpy(f.hash.b, tl_cur_take(c, sizeof f.hash.b).p, sizeof f.hash.b);
		f.quality = tl_cur_u8(c);
		f.flags = tl_cur_u8(c);
		f.ms = tl_cur_u32(c);
		f.number = tl_cur_u32(c);
		int rc = tl_video_add(v, &f);
		if (rc < 0)
			return rc;
	}
	return tl_cur_end(c);
}

int
tl_video_unpack(struct tl_str packed, struct tl_video *ret)
{
	struct tl_video v = {0};
	struct tl_cur c = tl_cur(packed);
	return finish(unpack(&c, &v), &v, ret);
}
