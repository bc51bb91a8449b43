/*
 * Box means of rows: first down the columns, which the compiler makes fast, then across.
 *
 * Promises: reads `width` pixels a row, writes exactly pw x ph pixels. Pixels at the right and lower edge that do not
 * fill a box are left out. Out of memory ends the process, which holds one item only. Called by the sink.
 */
#include "decode/shrink.h"

#include <stdlib.h>

#define GREY 128     /* what shows through transparent pixels */
#define ROWS_MAX 256 /* of one box: as many as 16-bit sums hold */

void
tl_shrink_plan(
    struct tl_shrink *s, enum tl_row_kind kind, uint32_t width, uint32_t height, uint32_t side)
{
	uint32_t longest = width > height ? width : height;
	*s = (struct tl_shrink){.kind = kind, .width = width, .height = height};
	s->k = (longest + side - 1) / side;
	s->pw = width / s->k ? width / s->k : 1;
	s->ph = height / s->k ? height / s->k : 1;
	s->bands = kind == TL_ROW_GREY ? 1 : 3;
}

void
tl_shrink_begin(struct tl_shrink *s, uint8_t *out)
{
	s->out = out;
	s->sum = calloc((size_t)s->width * 3, sizeof *s->sum);
	s->row = calloc(s->width, 3);
	if (!s->sum || !s->row)
		abort();
}

void
tl_shrink_fini(struct tl_shrink *s)
{
	free(s->sum);
	free(s->row);
}

/* What a person would see through the transparent parts. */
static void
over_grey(uint8_t *restrict dst, const uint8_t *restrict rgba, size_t n)
{
	for (size_t x = 0; x < n; x++)
		for (size_t c = 0; c < 3; c++) {
			uint32_t v = rgba[4 * x + c] * (uint32_t)rgba[4 * x + 3] +
				     GREY * (255u - rgba[4 * x + 3]) + 127;
			dst[3 * x + c] = (uint8_t)(v / 255);
		}
}

static inline uint8_t
clamp(int v)
{
	v = v < 0 ? 0 : v;
	return (uint8_t)(v > 255 ? 255 : v);
}

static void
ycc_to_rgb(uint8_t *restrict dst, const uint8_t *restrict ycc, size_t n)
{
	for (size_t x = 0; x < n; x++) {
		int y = ycc[3 * x] * 65536 + 32768;
		int b = ycc[3 * x + 1] - 128, r = ycc[3 * x + 2] - 128;
		dst[3 * x] = clamp((y + 91881 * r) >> 16);
		dst[3 * x + 1] = clamp((y - 22554 * b - 46802 * r) >> 16);
		dst[3 * x + 2] = clamp((y + 116130 * b) >> 16);
	}
}

static void
grey_to_rgb(uint8_t *restrict dst, const uint8_t *restrict grey, size_t n)
{
	for (size_t x = 0; x < n; x++)
		dst[3 * x] = dst[3 * x + 1] = dst[3 * x + 2] = grey[x];
}

/* A row of n pixels of the preview, from bytes of the kind that was averaged. */
static void
put_row(struct tl_shrink *s, uint32_t py, const uint8_t *from)
{
	uint8_t *dst = s->out + (size_t)py * s->pw * 3;
	if (s->kind == TL_ROW_GREY)
		grey_to_rgb(dst, from, s->pw);
	else if (s->kind == TL_ROW_YCC)
		ycc_to_rgb(dst, from, s->pw);
	else
		memcpy(dst, from, (size_t)s->pw * 3);
}

static void
add_bytes(uint16_t *restrict sum, const uint8_t *restrict row, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum[i] = (uint16_t)(sum[i] + row[i]);
}

/* Sums of columns to means of boxes that are `k` columns wide. */
static inline __attribute__((always_inline)) void
means(uint8_t *restrict dst, const uint16_t *restrict sum, uint32_t n, uint32_t bands,
    uint32_t k, float inverse)
{
	for (uint32_t px = 0; px < n; px++, sum += (size_t)k * bands)
		for (uint32_t c = 0; c < bands; c++) {
			uint32_t v = 0;
			for (uint32_t i = 0; i < k; i++)
				v += sum[i * bands + c];
			*dst++ = (uint8_t)(int)((float)v * inverse + 0.5f);
		}
}

static void
finish_box_row(struct tl_shrink *s, uint32_t py, uint32_t rows)
{
	uint32_t k = s->width < s->k ? s->width : s->k;
	float inverse = 1.0f / (float)(rows * k);
	if (s->bands == 3 && k == 2) /* the common ones, where the compiler knows the numbers */
		means(s->row, s->sum, s->pw, 3, 2, inverse);
	else if (s->bands == 3 && k == 3)
		means(s->row, s->sum, s->pw, 3, 3, inverse);
	else
		means(s->row, s->sum, s->pw, s->bands, k, inverse);
	put_row(s, py, s->row);
	memset(s->sum, 0, (size_t)s->width * s->bands * sizeof *s->sum);
}

void
tl_shrink_row(struct tl_shrink *s, const uint8_t *row, uint32_t y)
{
	uint32_t py = y / s->k, in_box = y % s->k;
	if (py >= s->ph)
		return;
	if (s->kind == TL_ROW_RGBA) {
		over_grey(s->row, row, s->width);
		row = s->row;
	}
	if (s->k == 1) {
		put_row(s, py, row);
		return;
	}
	if (in_box < ROWS_MAX)
		add_bytes(s->sum, row, (size_t)s->width * s->bands);
	if (in_box == s->k - 1 || y + 1 == s->height)
		finish_box_row(s, py, in_box < ROWS_MAX ? in_box + 1 : ROWS_MAX);
}
