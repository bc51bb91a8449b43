/*
 * The pictures of an animated PNG, which our decoder takes for a single one: each of its frames becomes a PNG of its own for
 * that decoder, and is laid over what was there before as the format says.
 *
 * Promises: every read is inside the file; a frame lies inside the canvas; one canvas and one copy of it are held. What
 * does not fit ends the animation. Stateless but for the canvas; fuzzed. Called by the libvips codec.
 */
#include "decode/apng.h"

#include <stdlib.h>

#define SIGNATURE 8
#define AROUND 12 /* a chunk's length, kind and check sum */
#define HEAD 13
#define CONTROL 26

enum { DISPOSE_NONE, DISPOSE_BACKGROUND, DISPOSE_PREVIOUS };

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t
be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static void
put32(struct tl_buf *out, uint32_t v)
{
	uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
	tl_buf_put(out, b, sizeof b);
}

/* The check sum of PNG over n bytes, going on from `crc`. */
static uint32_t
check_sum(uint32_t crc, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int k = 0; k < 8; k++)
			crc = crc & 1 ? 0xedb88320u ^ crc >> 1 : crc >> 1;
	}
	return crc;
}

static void
put_chunk(struct tl_buf *out, const char *kind, struct tl_str body)
{
	uint32_t crc = check_sum(0xffffffffu, (const uint8_t *)kind, 4);
	put32(out, (uint32_t)body.n);
	tl_buf_put(out, kind, 4);
	tl_buf_put(out, body.p, body.n);
	put32(out, ~check_sum(crc, body.p, body.n));
}

struct chunk {
	struct tl_str kind, body;
};

static bool
next_chunk(struct tl_apng *a, struct chunk *ret)
{
	struct tl_str f = a->file;
	if (a->at > f.n || f.n - a->at < AROUND)
		return false;
	uint32_t n = be32(f.p + a->at);
	if (n > f.n - a->at - AROUND)
		return false;
	*ret = (struct chunk){tl_bytes(f.p + a->at + 4, 4), tl_bytes(f.p + a->at + 8, n)};
	a->at += (size_t)n + AROUND;
	return true;
}

bool
tl_apng_begin(struct tl_apng *a, struct tl_str file, uint64_t most_pixels)
{
	struct chunk c;
	*a = (struct tl_apng){.file = file, .at = SIGNATURE};
	if (!next_chunk(a, &c) || !tl_str_is(c.kind, "IHDR") || c.body.n != HEAD)
		return false;
	memcpy(a->head, c.body.p, HEAD);
	a->width = be32(a->head);
	a->height = be32(a->head + 4);
	uint64_t pixels = (uint64_t)a->width * a->height;
	if (pixels == 0 || a->width > TL_PDQ_SIDE_MAX || a->height > TL_PDQ_SIDE_MAX ||
	    pixels > most_pixels)
		return false;
	a->canvas = calloc(pixels, 4);
	a->before = calloc(pixels, 4);
	return a->canvas && a->before;
}

void
tl_apng_end(struct tl_apng *a)
{
	free(a->canvas);
	free(a->before);
	tl_buf_fini(&a->shared);
	*a = (struct tl_apng){0};
}

static bool
read_control(struct tl_apng *a, struct tl_str body)
{
	struct tl_apng_frame *f = &a->frame;
	if (body.n != CONTROL)
		return false;
	const uint8_t *p = body.p;
	*f = (struct tl_apng_frame){
	    be32(p + 4), be32(p + 8), be32(p + 12), be32(p + 16), 0, p[24], p[25]};
	uint32_t unit = be16(p + 22) ? be16(p + 22) : 100;
	f->delay_ms = be16(p + 20) * 1000 / unit;
	f->delay_ms = f->delay_ms < 10 ? 100 : f->delay_ms; /* as browsers do */
	return f->width > 0 && f->height > 0 && f->x <= a->width && f->y <= a->height &&
	       f->width <= a->width - f->x && f->height <= a->height - f->y;
}

static void
begin_png(struct tl_apng *a, struct tl_buf *out)
{
	uint8_t head[HEAD];
	memcpy(head, a->head, HEAD);
	for (int i = 0; i < 4; i++) {
		head[i] = (uint8_t)(a->frame.width >> (24 - 8 * i));
		head[4 + i] = (uint8_t)(a->frame.height >> (24 - 8 * i));
	}
	tl_buf_reset(out);
	tl_buf_put(out, a->file.p, SIGNATURE);
	put_chunk(out, "IHDR", tl_bytes(head, HEAD));
	tl_buf_put(out, a->shared.p, a->shared.n);
}

int
tl_apng_next(struct tl_apng *a, struct tl_buf *out)
{
	struct chunk c;
	bool any = false;
	for (size_t before = a->at; next_chunk(a, &c); before = a->at) {
		bool control = tl_str_is(c.kind, "fcTL");
		if (any && (control || tl_str_is(c.kind, "IEND"))) {
			a->at = before;
			break;
		}
		if (control && !read_control(a, c.body))
			return -1;
		a->controlled = a->controlled || control;
		if (tl_str_is(c.kind, "PLTE") || tl_str_is(c.kind, "tRNS"))
			put_chunk(
			    &a->shared, tl_str_is(c.kind, "PLTE") ? "PLTE" : "tRNS", c.body);
		bool base = tl_str_is(c.kind, "IDAT"), later = tl_str_is(c.kind, "fdAT");
		if (!a->controlled || !(base || (later && c.body.n >= 4)))
			continue; /* a picture before the first control is not of the animation */
		if (!any)
			begin_png(a, out);
		any = true;
		size_t skip = later ? 4 : 0;
		put_chunk(out, "IDAT", tl_bytes(c.body.p + skip, c.body.n - skip));
	}
	if (any)
		put_chunk(out, "IEND", (struct tl_str){0});
	return any;
}

static uint8_t *
row_of(const struct tl_apng *a, uint32_t y)
{
	return a->canvas + 4 * ((size_t)(a->frame.y + y) * a->width + a->frame.x);
}

void
tl_apng_lay(struct tl_apng *a, uint32_t y, const uint8_t *rgba)
{
	uint8_t *to = row_of(a, y);
	if (!a->frame.over) {
		memcpy(to, rgba, 4 * (size_t)a->frame.width);
		return;
	}
	for (uint32_t x = 0; x < a->frame.width; x++, to += 4, rgba += 4) {
		uint32_t s = rgba[3], d = to[3] * (255 - s) / 255, all = s + d;
		for (int c = 0; c < 3 && all; c++)
			to[c] = (uint8_t)((rgba[c] * s + to[c] * d) / all);
		to[3] = (uint8_t)all;
	}
}

void
tl_apng_save(struct tl_apng *a)
{
	if (a->frame.dispose == DISPOSE_PREVIOUS)
		memcpy(a->before, a->canvas, 4 * (size_t)a->width * a->height);
}

void
tl_apng_dispose(struct tl_apng *a)
{
	if (a->frame.dispose == DISPOSE_PREVIOUS)
		memcpy(a->canvas, a->before, 4 * (size_t)a->width * a->height);
	for (uint32_t y = 0; a->frame.dispose == DISPOSE_BACKGROUND && y < a->frame.height; y++)
		memset(row_of(a, y), 0, 4 * (size_t)a->frame.width);
}
