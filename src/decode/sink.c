/*
 * Rows in, samples and preview out, as they pass.
 *
 * The preview is the mean of k x k pixels, k the smallest whole number that brings the longer side within the
 * limit; JPEG's luma and chroma are averaged before they become RGB, which is cheaper and the same.
 * Promises: reads `width` pixels a row and no more; memory is a few rows and the preview. Called by the codecs.
 */
#include "base/buf.h"
#include "decode/decode.h"
#include "hash/pdq.h"

#define GREY 128 /* what shows through transparent pixels */

struct tl_sink {
	const struct tl_decode_ask *q;
	struct tl_picture_facts facts;
	enum tl_row_kind kind;
	struct tl_pdq_sampler *sampler;
	uint8_t *luma8;
	float *luma;
	uint32_t row;
	uint32_t k; /* pixels a side that make one of the preview; 0: no preview */
	uint32_t pw, ph;
	uint32_t *sum; /* one row of the preview, 3 sums a pixel */
	uint8_t *preview;
};

struct tl_sink *
tl_sink_create(const struct tl_decode_ask *q)
{
	struct tl_sink *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->q = q;
	return s;
}

void
tl_sink_destroyp(struct tl_sink **at)
{
	struct tl_sink *s = *at;
	*at = NULL;
	if (!s)
		return;
	tl_pdq_sampler_destroy(s->sampler);
	free(s->luma8);
	free(s->luma);
	free(s->sum);
	free(s->preview);
	free(s);
}

static void *
need(size_t n, size_t size)
{
	void *p = calloc(n, size);
	if (!p)
		abort(); /* one item's process: its parent reports a crash */
	return p;
}

static void
preview_begin(struct tl_sink *s, uint32_t w, uint32_t h)
{
	uint32_t longest = w > h ? w : h, side = s->q->preview_side;
	if (side == 0)
		return;
	s->k = (longest + side - 1) / side;
	s->pw = w / s->k ? w / s->k : 1;
	s->ph = h / s->k ? h / s->k : 1;
	s->sum = need((size_t)s->pw * 3, sizeof *s->sum);
	s->preview = need((size_t)s->pw * s->ph, 3);
}

enum tl_decode_reason
tl_sink_begin(struct tl_sink *s, const struct tl_picture_facts *facts, enum tl_row_kind kind)
{
	uint32_t w = facts->width, h = facts->height;
	if (s->sampler || w == 0 || h == 0)
		return TL_DECODE_CORRUPT;
	if (w > s->q->max_side || h > s->q->max_side || (uint64_t)w * h > s->q->max_pixels)
		return TL_DECODE_TOO_LARGE;
	if (tl_pdq_sampler_create(w, h, &s->sampler) < 0)
		return TL_DECODE_TOO_LARGE;
	s->facts = *facts;
	s->kind = kind;
	s->luma8 = need(w, 1);
	s->luma = need(w, sizeof *s->luma);
	preview_begin(s, w, h);
	return TL_DECODE_OK;
}

/* The luma of a row: JPEG's own where there is one, else as the reference computes it. */
static void
sample_row(struct tl_sink *s, const uint8_t *row)
{
	uint32_t w = s->facts.width;
	switch (s->kind) {
	case TL_ROW_GREY:
		tl_pdq_row_u8(s->sampler, row);
		return;
	case TL_ROW_YCC:
		for (uint32_t x = 0; x < w; x++)
			s->luma8[x] = row[3 * x];
		tl_pdq_row_u8(s->sampler, s->luma8);
		return;
	case TL_ROW_RGB:
		tl_pdq_luma(s->luma, row, w);
		break;
	case TL_ROW_RGBA:
		for (uint32_t x = 0; x < w; x++)
			tl_pdq_luma(s->luma + x, row + 4 * (size_t)x, 1);
		break;
	}
	tl_pdq_row_f32(s->sampler, s->luma);
}

static void
add_row(struct tl_sink *s, const uint8_t *row)
{
	uint32_t x = 0;
	for (uint32_t px = 0; px < s->pw; px++) {
		uint32_t *sum = s->sum + 3 * (size_t)px;
		for (uint32_t end = x + s->k < s->facts.width ? x + s->k : s->facts.width;
		     x < end; x++) {
			if (s->kind == TL_ROW_GREY) {
				sum[0] += row[x];
			} else if (s->kind == TL_ROW_RGBA) {
				const uint8_t *p = row + 4 * (size_t)x;
				for (int c = 0; c < 3; c++)
					sum[c] += ((uint32_t)p[c] * p[3] +
						      GREY * (255u - p[3]) + 127) /
						  255;
			} else {
				const uint8_t *p = row + 3 * (size_t)x;
				sum[0] += p[0];
				sum[1] += p[1];
				sum[2] += p[2];
			}
		}
	}
}

static uint8_t
clamp(int v)
{
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static void
ycc_to_rgb(uint8_t p[3])
{
	int y = p[0] * 65536 + 32768, b = p[1] - 128, r = p[2] - 128;
	p[0] = clamp((y + 91881 * r) >> 16);
	p[1] = clamp((y - 22554 * b - 46802 * r) >> 16);
	p[2] = clamp((y + 116130 * b) >> 16);
}

/* `rows` rows are in the sums: they become the next row of the preview. */
static void
finish_preview_row(struct tl_sink *s, uint32_t py, uint32_t rows)
{
	uint8_t *out = s->preview + (size_t)py * s->pw * 3;
	for (uint32_t px = 0; px < s->pw; px++, out += 3) {
		uint32_t left = s->facts.width - px * s->k;
		uint32_t n = rows * (left < s->k ? left : s->k);
		if (n == 0)
			return; /* cannot be: each column has a pixel */
		const uint32_t *sum = s->sum + 3 * (size_t)px;
		for (int c = 0; c < 3; c++)
			out[c] = (uint8_t)((sum[s->kind == TL_ROW_GREY ? 0 : c] + n / 2) / n);
		if (s->kind == TL_ROW_YCC)
			ycc_to_rgb(out);
	}
	memset(s->sum, 0, (size_t)s->pw * 3 * sizeof *s->sum);
}

void
tl_sink_row(struct tl_sink *s, const uint8_t *row)
{
	if (!s->sampler || s->row >= s->facts.height)
		return;
	sample_row(s, row);
	uint32_t y = s->row++;
	if (s->k == 0 || y / s->k >= s->ph)
		return;
	add_row(s, row);
	if (y % s->k == s->k - 1 || s->row == s->facts.height)
		finish_preview_row(s, y / s->k, y % s->k + 1);
}

enum tl_decode_reason
tl_sink_end(struct tl_sink *s, struct tl_decode_answer *a, struct tl_buf *ret_payload)
{
	if (!s->sampler || s->row != s->facts.height)
		return TL_DECODE_TRUNCATED;
	const struct tl_pdq_frame *f = tl_pdq_sampler_frame(s->sampler);
	tl_buf_put(ret_payload, f->v, sizeof f->v);
	if (s->k)
		tl_buf_put(ret_payload, s->preview, (size_t)s->pw * s->ph * 3);
	a->format = s->q->format;
	a->width = s->facts.width;
	a->height = s->facts.height;
	a->channels = s->facts.channels;
	a->orientation = s->facts.orientation;
	a->pages = s->facts.pages;
	a->preview_width = s->pw;
	a->preview_height = s->ph;
	a->payload_bytes = (uint32_t)ret_payload->n;
	return TL_DECODE_OK;
}
