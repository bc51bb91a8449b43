/*
 * What a subverted decoder of films may send to the worker: the answer's bytes, then its payload. Nothing of it may crash
 * the receiver, reach it outside the payload, or make it hold hashes and times that cannot be.
 */
#include "answer.h"
#include "media/sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct tl_film *f, const struct tl_decode_ask *q)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf facts = {0};
	if (f->duration_ms > q->max_ms || f->width > q->max_side ||
	    (f->video == TL_TRACK_NONE && f->sound == TL_TRACK_NONE) ||
	    f->stills.n != 3ull * f->still_count * f->still_width * f->still_height ||
	    f->clip.n != 3ull * f->clip_frames * f->clip_width * f->clip_height / 2)
		abort();
	if (q->cuts && (f->frames.n || f->words || f->still_count))
		abort();
	for (size_t i = 0; i < f->frames.n; i++)
		if (f->frames.f[i].quality > 100 ||
		    (i && f->frames.f[i].ms < f->frames.f[i - 1].ms))
			abort();
	tl_sheet_json(f, &facts);
	struct tl_raw raw;
	if (tl_film_raw(f, &raw).n > TL_DECODE_PAYLOAD_MAX)
		abort();
}

static void
receive(const uint8_t *data, size_t size, uint16_t cuts)
{
	struct answer a;
	struct slot *s = answer_begin(&a, TL_DECODER_FILM, TL_FORMAT_MP4);
	s->q.max_ms = 600000;
	s->q.show = 1;
	s->q.cuts = cuts;
	size_t n = size < TL_DECODE_ANSWER_BYTES ? size : TL_DECODE_ANSWER_BYTES;
	TL_CLEANUP(tl_fd_close) int fd = answer_sealed(tl_bytes(data + n, size - n));
	answer_send(&a, tl_bytes(data, n), fd);
	enum tl_decode_reason why = read_answer(s);
	if (why >= TL_DECODE_REASONS || (why != TL_DECODE_OK && s->result.film.map.p))
		abort();
	if (why == TL_DECODE_OK)
		check(&s->result.film, &s->q);
	tl_decoded_fini(&s->result);
	answer_end(&a);
}

/* To a question for all of it, and to one for a clip of two moments. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < TL_DECODE_ANSWER_BYTES / 2 || size > 65536)
		return 0;
	receive(data, size, 0);
	receive(data, size, 2);
	return 0;
}
