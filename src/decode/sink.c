/*
 * Rows in, samples and preview out, as they pass.
 *
 * The payload is a memory file that the sink writes in place and seals at the end: nothing is copied twice.
 * Promises: reads `width` pixels a row and no more; memory is a few rows and the payload. Out of memory ends the
 * process, which holds one item only. Called by the codecs and by item.c.
 */
#include "decode/moving.h"
#include "decode/shrink.h"

#include "hash/pdq.h"
#include "sys/fd.h"

struct tl_sink {
	const struct tl_decode_ask *q;
	struct tl_picture_facts facts;
	enum tl_row_kind kind;
	struct tl_pdq_sampler *sampler;
	uint8_t *luma8;
	float *luma;
	uint32_t row;
	struct tl_shrink shrink;  /* k 0: no preview */
	struct tl_moving *moving; /* of an animation */
	enum tl_decode_reason partly;
	int fd; /* the payload: samples, then the preview */
	uint8_t *payload;
	size_t payload_bytes;
};

struct tl_sink *
tl_sink_create(const struct tl_decode_ask *q)
{
	struct tl_sink *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->q = q;
	s->fd = -1;
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
	tl_moving_destroyp(&s->moving);
	tl_shrink_fini(&s->shrink);
	tl_memfd_unmap(tl_bytes(s->payload, s->payload_bytes));
	tl_fd_close(&s->fd);
	free(s->luma8);
	free(s->luma);
	free(s);
}

enum tl_decode_reason
tl_sink_begin(struct tl_sink *s, const struct tl_picture_facts *facts, enum tl_row_kind kind)
{
	uint32_t w = facts->width, h = facts->height;
	if (s->sampler || w == 0 || h == 0)
		return TL_DECODE_CORRUPT;
	if (w > s->q->max_side || h > s->q->max_side || (uint64_t)w * h > s->q->max_pixels)
		return TL_DECODE_TOO_LARGE;
	s->payload_bytes = TL_DECODE_SAMPLE_BYTES;
	if (s->q->preview_side) {
		tl_shrink_plan(&s->shrink, kind, w, h, s->q->preview_side);
		s->payload_bytes += (size_t)s->shrink.pw * s->shrink.ph * 3;
	}
	if (tl_memfd_new("tutela-pixels", s->payload_bytes, &s->fd, &s->payload) < 0)
		return TL_DECODE_MEMORY;
	if (s->q->preview_side)
		tl_shrink_begin(&s->shrink, s->payload + TL_DECODE_SAMPLE_BYTES);
	s->facts = *facts;
	s->kind = kind;
	if (facts->pages > 1) {
		s->moving = tl_moving_create(w, h, facts->pages, s->q->show);
		(void)tl_moving_begin(s->moving, 0, 0, kind);
	}
	s->luma8 = calloc(w, 1);
	s->luma = calloc(w, sizeof *s->luma);
	if (!s->luma8 || !s->luma)
		abort();
	return tl_pdq_sampler_create(w, h, &s->sampler) < 0 ? TL_DECODE_TOO_LARGE
							    : TL_DECODE_OK;
}

bool
tl_sink_page(struct tl_sink *s, uint32_t page, uint32_t ms, enum tl_row_kind kind)
{
	s->kind = kind;
	return s->moving && tl_moving_begin(s->moving, page, ms, kind);
}

void
tl_sink_partly(struct tl_sink *s, enum tl_decode_reason why)
{
	s->partly = why;
}

/* The luma of a row: JPEG's own where there is one, else as the reference computes it. */
static void
sample_row(struct tl_sink *s, struct tl_pdq_sampler *to, const uint8_t *row)
{
	uint32_t w = s->facts.width;
	switch (s->kind) {
	case TL_ROW_GREY:
		tl_pdq_row_u8(to, row);
		return;
	case TL_ROW_YCC:
		for (uint32_t x = 0; x < w; x++)
			s->luma8[x] = row[3 * (size_t)x];
		tl_pdq_row_u8(to, s->luma8);
		return;
	case TL_ROW_RGB:
		tl_pdq_luma(s->luma, row, w);
		break;
	case TL_ROW_RGBA:
		for (uint32_t x = 0; x < w; x++)
			tl_pdq_luma(s->luma + x, row + 4 * (size_t)x, 1);
		break;
	}
	tl_pdq_row_f32(to, s->luma);
}

void
tl_sink_row(struct tl_sink *s, const uint8_t *row)
{
	if (s->moving && tl_moving_sampler(s->moving)) {
		sample_row(s, tl_moving_sampler(s->moving), row);
		tl_moving_row(s->moving, row);
	}
	if (!s->sampler || s->row >= s->facts.height)
		return;
	sample_row(s, s->sampler, row);
	if (s->shrink.k)
		tl_shrink_row(&s->shrink, row, s->row);
	s->row++;
}

/* The payload of an animation has more parts than could be planned. */
static enum tl_decode_reason
add_parts(struct tl_sink *s, struct tl_decode_answer *a)
{
	struct tl_buf b = {.limit = TL_DECODE_PAYLOAD_MAX};
	tl_buf_put(&b, s->payload, s->payload_bytes);
	tl_moving_put(s->moving, &b);
	tl_memfd_unmap(tl_bytes(s->payload, s->payload_bytes));
	s->payload = NULL;
	tl_fd_close(&s->fd);
	s->payload_bytes = b.n;
	int rc = b.bad ? TL_ENOMEM : tl_memfd_new("tutela-pixels", b.n, &s->fd, &s->payload);
	if (rc == 0)
		memcpy(s->payload, b.p, b.n);
	tl_buf_fini(&b);
	tl_moving_answer(s->moving, a);
	return rc < 0 ? TL_DECODE_MEMORY : TL_DECODE_OK;
}

enum tl_decode_reason
tl_sink_end(struct tl_sink *s, struct tl_decode_answer *a, int *ret_fd)
{
	if (!s->sampler || s->row != s->facts.height)
		return TL_DECODE_TRUNCATED;
	const struct tl_pdq_frame *f = tl_pdq_sampler_frame(s->sampler);
	memcpy(s->payload, f->v, sizeof f->v);
	if (s->moving) {
		tl_moving_end(s->moving);
		enum tl_decode_reason why = add_parts(s, a);
		if (why != TL_DECODE_OK)
			return why;
	}
	tl_memfd_unmap(tl_bytes(s->payload, s->payload_bytes));
	s->payload = NULL;
	a->format = s->q->format;
	a->width = s->facts.width;
	a->height = s->facts.height;
	a->channels = s->facts.channels;
	a->orientation = s->facts.orientation;
	a->pages = s->facts.pages;
	a->partly = (uint16_t)s->partly;
	a->samples = 1;
	a->preview_width = s->shrink.pw;
	a->preview_height = s->shrink.ph;
	a->payload_bytes = (uint32_t)s->payload_bytes;
	s->payload_bytes = 0;
	if (tl_memfd_seal(s->fd) < 0)
		return TL_DECODE_MEMORY;
	*ret_fd = s->fd;
	s->fd = -1;
	return TL_DECODE_OK;
}
