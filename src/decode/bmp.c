/*
 * BMP, our own strict reader: uncompressed 1, 4, 8 (palette), 16, 24 and 32 bits, with or without bit fields.
 *
 * Promises: every read is inside the file, which must hold all rows that the header announces. Run-length, JPEG and
 * PNG inside BMP are "unsupported". Alpha of 32-bit files is ignored, as viewers do. Stateless; fuzzed.
 */
#include "decode/decode.h"

#include <stdlib.h>

#define FILE_HEADER 14
enum { BI_RGB = 0, BI_RLE8 = 1, BI_RLE4 = 2, BI_BITFIELDS = 3 };

struct bmp {
	struct tl_str file;
	uint32_t width, height;
	bool top_down;
	uint32_t bits, compression;
	uint32_t mask[3]; /* 16 and 32 bits */
	uint8_t palette[256][3];
	uint32_t colours;
	size_t pixels; /* where they begin */
	size_t stride;
};

static uint32_t
u32(struct tl_str s, size_t at)
{
	if (at + 4 > s.n)
		return 0;
	return (uint32_t)s.p[at] | (uint32_t)s.p[at + 1] << 8 | (uint32_t)s.p[at + 2] << 16 |
	       (uint32_t)s.p[at + 3] << 24;
}

static uint32_t
u16(struct tl_str s, size_t at)
{
	return at + 2 > s.n ? 0 : (uint32_t)s.p[at] | (uint32_t)s.p[at + 1] << 8;
}

static enum tl_decode_reason
read_size(struct bmp *b, uint32_t header)
{
	if (header == 12) {
		b->width = u16(b->file, 18);
		b->height = u16(b->file, 20);
		b->bits = u16(b->file, 24);
		return TL_DECODE_OK;
	}
	uint32_t h = u32(b->file, 22);
	b->width = u32(b->file, 18);
	b->top_down = h >> 31;
	b->height = b->top_down ? -h : h;
	b->bits = u16(b->file, 28);
	b->compression = u32(b->file, 30);
	b->colours = u32(b->file, 46);
	return b->compression == BI_RGB || b->compression == BI_BITFIELDS
		   ? TL_DECODE_OK
		   : TL_DECODE_UNSUPPORTED;
}

static enum tl_decode_reason
read_palette(struct bmp *b, size_t at, uint32_t entry)
{
	uint32_t most = 1u << b->bits;
	if (b->colours == 0 || b->colours > most)
		b->colours = most;
	if (at + (size_t)b->colours * entry > b->file.n)
		return TL_DECODE_TRUNCATED;
	for (uint32_t i = 0; i < b->colours; i++)
		for (int c = 0; c < 3; c++)
			b->palette[i][c] = b->file.p[at + i * entry + 2 - (uint32_t)c];
	return TL_DECODE_OK;
}

/* A mask must be one run of bits. */
static bool
mask_fits(uint32_t m)
{
	return m && ((m >> __builtin_ctz(m)) & ((m >> __builtin_ctz(m)) + 1)) == 0;
}

static enum tl_decode_reason
read_masks(struct bmp *b)
{
	static const uint32_t plain16[3] = {0x7c00, 0x3e0, 0x1f},
			      plain32[3] = {0xff0000, 0xff00, 0xff};
	memcpy(b->mask, b->bits == 16 ? plain16 : plain32, sizeof b->mask);
	for (size_t c = 0; c < 3 && b->compression == BI_BITFIELDS; c++)
		b->mask[c] = u32(b->file, FILE_HEADER + 40 + 4 * c);
	for (int c = 0; c < 3; c++)
		if (!mask_fits(b->mask[c]))
			return TL_DECODE_CORRUPT;
	return TL_DECODE_OK;
}

static enum tl_decode_reason
read_header(struct bmp *b)
{
	if (b->file.n < FILE_HEADER + 12)
		return TL_DECODE_TRUNCATED;
	uint32_t header = u32(b->file, FILE_HEADER);
	if (b->file.n < FILE_HEADER + (size_t)header)
		return TL_DECODE_TRUNCATED;
	enum tl_decode_reason why = read_size(b, header);
	if (why != TL_DECODE_OK)
		return why;
	bool masks = b->compression == BI_BITFIELDS;
	if (b->width == 0 || b->height == 0 || b->width > INT32_MAX || b->height > INT32_MAX ||
	    (masks && b->bits != 16 && b->bits != 32))
		return TL_DECODE_CORRUPT;
	switch (b->bits) {
	case 1:
	case 4:
	case 8:
		return read_palette(b, FILE_HEADER + (size_t)header, header == 12 ? 3 : 4);
	case 16:
	case 32:
		return read_masks(b);
	case 24:
		return TL_DECODE_OK;
	default:
		return TL_DECODE_UNSUPPORTED;
	}
}

static uint8_t
masked(uint32_t v, uint32_t mask)
{
	int shift = __builtin_ctz(mask);
	uint64_t most = mask >> shift;
	return (uint8_t)(((uint64_t)((v & mask) >> shift) * 255 + most / 2) / most);
}

static void
read_pixel(const struct bmp *b, const uint8_t *row, uint32_t x, uint8_t rgb[3])
{
	uint32_t v;
	switch (b->bits) {
	case 24:
		rgb[0] = row[3 * (size_t)x + 2];
		rgb[1] = row[3 * (size_t)x + 1];
		rgb[2] = row[3 * (size_t)x];
		return;
	case 16:
	case 32:
		v = b->bits == 16 ? u16(tl_bytes(row, b->stride), 2 * (size_t)x)
				  : u32(tl_bytes(row, b->stride), 4 * (size_t)x);
		for (int c = 0; c < 3; c++)
			rgb[c] = masked(v, b->mask[c]);
		return;
	default:
		v = row[(size_t)x * b->bits / 8] >> (8 - b->bits - x * b->bits % 8);
		v &= (1u << b->bits) - 1;
		memcpy(rgb, b->palette[v], 3); /* unused entries are black */
	}
}

enum tl_decode_reason
tl_codec_bmp(struct tl_str file, const struct tl_decode_ask *q, struct tl_sink *s)
{
	struct bmp b = {.file = file};
	(void)q;
	enum tl_decode_reason why = read_header(&b);
	if (why != TL_DECODE_OK)
		return why;
	struct tl_picture_facts facts = {
	    .width = b.width, .height = b.height, .channels = 3, .pages = 1};
	why = tl_sink_begin(s, &facts, TL_ROW_RGB);
	if (why != TL_DECODE_OK)
		return why;
	b.pixels = u32(file, 10);
	b.stride = ((size_t)b.width * b.bits + 31) / 32 * 4;
	if (b.pixels < FILE_HEADER || b.pixels > file.n ||
	    b.stride * b.height > file.n - b.pixels)
		return TL_DECODE_TRUNCATED;
	uint8_t *out = calloc(b.width, 3);
	if (!out)
		return TL_DECODE_MEMORY;
	for (uint32_t y = 0; y < b.height; y++) {
		size_t at = b.top_down ? y : b.height - 1 - y;
		const uint8_t *row = file.p + b.pixels + at * b.stride;
		for (uint32_t x = 0; x < b.width; x++)
			read_pixel(&b, row, x, out + 3 * (size_t)x);
		tl_sink_row(s, out);
	}
	free(out);
	return TL_DECODE_OK;
}
