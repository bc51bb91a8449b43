/* PNG files for tests: any depth and kind, rows unfiltered, data stored without compression. */
#pragma once

#include "base/buf.h"

#include "unit.h"

enum png_kind { PNG_GREY = 0, PNG_RGB = 2, PNG_PALETTE = 3, PNG_GREY_ALPHA = 4, PNG_RGBA = 6 };

struct png {
	struct tl_buf file, rows;
	uint32_t row_samples, left; /* of a row, and still to come in this one */
	int bits, used;             /* of the last byte, when a sample takes less than one */
};

static inline void
png_u32(struct tl_buf *b, uint32_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		tl_buf_byte(b, (uint8_t)(v >> shift));
}

static inline void
png_chunk(struct tl_buf *b, const char *type, struct tl_str data)
{
	uint32_t crc = UINT32_MAX;
	png_u32(b, (uint32_t)data.n);
	size_t from = b->n;
	tl_buf_put(b, type, 4);
	tl_buf_put(b, data.p, data.n);
	for (size_t i = from; i < b->n; i++) {
		crc ^= b->p[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	png_u32(b, ~crc);
}

static inline struct png
png_begin(uint32_t w, uint32_t h, int bits, enum png_kind kind)
{
	static const uint8_t samples[] = {[PNG_GREY] = 1,
	    [PNG_RGB] = 3,
	    [PNG_PALETTE] = 1,
	    [PNG_GREY_ALPHA] = 2,
	    [PNG_RGBA] = 4};
	struct png p = {.row_samples = w * samples[kind], .bits = bits};
	struct tl_buf head = {0};
	tl_buf_put(&p.file, "\x89PNG\r\n\x1a\n", 8);
	png_u32(&head, w);
	png_u32(&head, h);
	tl_buf_byte(&head, (uint8_t)bits);
	tl_buf_byte(&head, (uint8_t)kind);
	tl_buf_put(&head, "\0\0", 3);
	png_chunk(&p.file, "IHDR", tl_buf_str(&head));
	tl_buf_fini(&head);
	return p;
}

static inline void
png_palette(struct png *p, uint8_t colour[][3], size_t n)
{
	png_chunk(&p->file, "PLTE", tl_bytes(colour[0], 3 * n));
}

/* The next sample, row by row. */
static inline void
png_put(struct png *p, unsigned v)
{
	if (p->left == 0) {
		tl_buf_byte(&p->rows, 0); /* no filter */
		p->left = p->row_samples;
		p->used = 0;
	}
	p->left--;
	if (p->bits == 16)
		tl_buf_byte(&p->rows, (uint8_t)(v >> 8));
	if (p->bits >= 8) {
		tl_buf_byte(&p->rows, (uint8_t)v);
		return;
	}
	if (p->used == 0)
		tl_buf_byte(&p->rows, 0);
	p->rows.p[p->rows.n - 1] |= (uint8_t)(v << (8 - p->bits - p->used));
	p->used = (p->used + p->bits) % 8;
}

static inline struct tl_buf
png_end(struct png *p)
{
	struct tl_buf z = {0};
	uint32_t a = 1, b = 0;
	tl_buf_put(&z, "\x78\x01", 2);
	for (size_t at = 0; at < p->rows.n;) {
		size_t n = p->rows.n - at < 65535 ? p->rows.n - at : 65535;
		const uint8_t head[5] = {at + n == p->rows.n, (uint8_t)n, (uint8_t)(n >> 8),
		    (uint8_t)~n, (uint8_t)(~n >> 8)};
		tl_buf_put(&z, head, sizeof head);
		tl_buf_put(&z, p->rows.p + at, n);
		at += n;
	}
	for (size_t i = 0; i < p->rows.n; i++) {
		a = (a + p->rows.p[i]) % 65521;
		b = (b + a) % 65521;
	}
	png_u32(&z, b << 16 | a);
	png_chunk(&p->file, "IDAT", tl_buf_str(&z));
	png_chunk(&p->file, "IEND", (struct tl_str){0});
	tl_buf_fini(&z);
	tl_buf_fini(&p->rows);
	return p->file;
}
