/*
 * What a subverted decoder of films may send to the worker: the answer's bytes, then its payload. Nothing of it may crash
 * the receiver, reach it outside the payload, or make it hold hashes and times that cannot be.
 */
#include "media/jails.c" /* the receiving half is private to it */
#include "media/sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
send_answer(int sock, struct tl_str answer, struct tl_str payload)
{
	TL_CLEANUP(tl_fd_close) int fd = -1;
	if (payload.n && tl_memfd_sealed("fuzz", payload, &fd) < 0)
		abort();
	if (tl_sock_send(sock, answer, fd, -1) < 0)
		abort();
}

static void
check(const struct tl_film *f, const struct tl_decode_ask *q)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf facts = {0};
	if (f->duration_ms > q->max_ms || f->width > q->max_side ||
	    (f->video == TL_TRACK_NONE && f->sound == TL_TRACK_NONE) ||
	    f->stills.n != 3ull * f->still_count * f->still_width * f->still_height ||
	    f->clip.n != 3ull * f->clip_frames * f->clip_width * f->clip_height / 2)
		abort();
	for (size_t i = 0; i < f->frames.n; i++)
		if (f->frames.f[i].quality > 100 ||
		    (i && f->frames.f[i].ms < f->frames.f[i - 1].ms))
			abort();
	tl_sheet_json(f, NULL, 0, &facts);
	struct tl_raw raw;
	if (tl_film_raw(f, &raw).n > TL_DECODE_PAYLOAD_MAX)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < TL_DECODE_ANSWER_BYTES / 2 || size > 65536)
		return 0;
	static struct slot s;
	int pair[2];
	if (tl_socketpair(SOCK_SEQPACKET, pair) < 0)
		abort();
	s = (struct slot){
	    .kind = TL_DECODER_FILM, .decoder = {[TL_DECODER_FILM] = {.sock = pair[0]}}};
	s.q = tl_decode_ask_new();
	s.q.id = 7;
	s.q.format = TL_FORMAT_MP4;
	s.q.max_pixels = 1 << 20;
	s.q.max_side = 4096;
	s.q.max_ms = 600000;
	s.q.show = 1;
	size_t n = size < TL_DECODE_ANSWER_BYTES ? size : TL_DECODE_ANSWER_BYTES;
	send_answer(pair[1], tl_bytes(data, n), tl_bytes(data + n, size - n));
	enum tl_decode_reason why = read_answer(&s);
	if (why >= TL_DECODE_REASONS || (why != TL_DECODE_OK && s.result.film.map.p))
		abort();
	if (why == TL_DECODE_OK)
		check(&s.result.film, &s.q);
	tl_decoded_fini(&s.result);
	tl_fd_close(&pair[0]);
	tl_fd_close(&pair[1]);
	return 0;
}
