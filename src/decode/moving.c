/*
 * An animation's pictures: every one is hashed, those that equal the one before are left out; 24 stills at most, of each
 * part of the animation the one that is least like its first, so that what is hidden between others is seen.
 *
 * Promises: memory is one small picture a still and the hashes. Out of memory ends the process. Called by the sink.
 */
#include "decode/moving.h"

#include "decode/shrink.h"

#include <stdlib.h>

#define KEPT_MAX 2048 /* hashes */

struct still {
	struct tl_pdq first; /* of its part of the animation */
	uint32_t ms;
	int distance; /* from that; -1: there is none yet */
};

struct tl_moving {
	uint32_t width, height, pages;
	bool show;
	struct tl_video list;
	struct tl_pdq_sampler *sampler; /* of the picture that passes; NULL: none does */
	struct tl_shrink shrink;
	uint32_t page, ms, row;
	int64_t plain_s; /* second of the last plain frame */
	struct still still[TL_FILM_STILLS];
	uint32_t stills;
	size_t still_bytes;
	uint8_t *rgb; /* of all stills, and behind them of the picture that passes */
};

struct tl_moving *
tl_moving_create(uint32_t width, uint32_t height, uint32_t pages, bool show)
{
	struct tl_moving *m = calloc(1, sizeof *m);
	if (!m)
		abort();
	m->width = width;
	m->height = height;
	m->pages = pages;
	m->plain_s = -1;
	m->show = show;
	m->stills = pages < TL_FILM_STILLS ? pages : TL_FILM_STILLS;
	for (uint32_t i = 0; i < m->stills; i++)
		m->still[i].distance = -1;
	tl_shrink_plan(&m->shrink, TL_ROW_RGB, width, height, TL_FILM_SIDE);
	m->still_bytes = (size_t)m->shrink.pw * m->shrink.ph * 3;
	m->rgb = calloc(m->stills + 1, m->still_bytes);
	if (!m->rgb)
		abort();
	return m;
}

void
tl_moving_destroyp(struct tl_moving **at)
{
	struct tl_moving *m = *at;
	*at = NULL;
	if (!m)
		return;
	tl_video_fini(&m->list);
	tl_pdq_sampler_destroy(m->sampler);
	if (m->sampler)
		tl_shrink_fini(&m->shrink);
	free(m->rgb);
	free(m);
}

static uint8_t *
passing(const struct tl_moving *m)
{
	return m->rgb + m->stills * m->still_bytes;
}

static void
keep_still(struct tl_moving *m, const struct tl_pdq *hash)
{
	uint32_t i = (uint32_t)((uint64_t)m->page * m->stills / m->pages);
	struct still *s = &m->still[i];
	if (s->distance < 0)
		s->first = *hash;
	int distance = tl_pdq_distance(&s->first, hash);
	if (distance <= s->distance)
		return;
	s->distance = distance;
	s->ms = m->ms;
	memcpy(m->rgb + i * m->still_bytes, passing(m), m->still_bytes);
}

void
tl_moving_end(struct tl_moving *m)
{
	struct tl_video_frame fr = {.ms = m->ms, .number = m->page};
	int quality = 0;
	if (!m->sampler)
		return;
	if (m->row == m->height) {
		bool plain = m->ms / 1000 > m->plain_s;
		tl_pdq_hash(tl_pdq_sampler_frame(m->sampler), &fr.hash, &quality);
		fr.quality = (uint8_t)quality;
		fr.flags = plain ? 0 : TL_VIDEO_BETWEEN;
		const struct tl_video_frame *before =
		    m->list.n ? &m->list.f[m->list.n - 1] : NULL;
		if (plain || !before || tl_pdq_distance(&before->hash, &fr.hash) > 0)
			(void)!tl_video_add(&m->list, &fr); /* there is room: tl_moving_begin */
		if (plain)
			m->plain_s = m->ms / 1000;
		if (m->show)
			keep_still(m, &fr.hash);
	}
	tl_pdq_sampler_destroy(m->sampler);
	m->sampler = NULL;
	tl_shrink_fini(&m->shrink);
}

bool
tl_moving_begin(struct tl_moving *m, uint32_t page, uint32_t ms, enum tl_row_kind kind)
{
	tl_moving_end(m);
	if (m->list.n >= KEPT_MAX || page >= m->pages || ms > TL_FILM_MS_MAX ||
	    tl_pdq_sampler_create(m->width, m->height, &m->sampler) < 0)
		return false;
	m->page = page;
	m->ms = ms;
	m->row = 0;
	tl_shrink_plan(&m->shrink, kind, m->width, m->height, TL_FILM_SIDE);
	tl_shrink_begin(&m->shrink, passing(m));
	return true;
}

struct tl_pdq_sampler *
tl_moving_sampler(struct tl_moving *m)
{
	return m->sampler;
}

void
tl_moving_row(struct tl_moving *m, const uint8_t *row)
{
	if (m->row == m->height)
		return;
	if (m->show)
		tl_shrink_row(&m->shrink, row, m->row);
	m->row++;
}

void
tl_moving_answer(const struct tl_moving *m, struct tl_decode_answer *a)
{
	a->frames = (uint32_t)m->list.n;
	a->duration_ms = m->list.n ? m->ms : 0;
	for (uint32_t i = 0; m->show && i < m->stills; i++)
		a->stills = (uint16_t)(a->stills + (m->still[i].distance >= 0));
	if (!a->stills)
		return;
	a->still_width = (uint16_t)m->shrink.pw;
	a->still_height = (uint16_t)m->shrink.ph;
}

void
tl_moving_put(const struct tl_moving *m, struct tl_buf *out)
{
	if (m->list.n)
		tl_video_pack(out, &m->list);
	for (uint32_t i = 0; m->show && i < m->stills; i++) {
		uint32_t v = m->still[i].ms;
		uint8_t b[4] = {
		    (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
		if (m->still[i].distance >= 0)
			tl_buf_put(out, b, sizeof b);
	}
	for (uint32_t i = 0; m->show && i < m->stills; i++)
		if (m->still[i].distance >= 0)
			tl_buf_put(out, m->rgb + i * m->still_bytes, m->still_bytes);
}
