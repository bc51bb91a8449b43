/*
 * What a subverted decoder may send to the worker: the answer's bytes, then its payload, sealed or not, whatever its
 * size. Nothing of it may crash the receiver or reach it outside the bounds of the question.
 */
#include "answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PREVIEW 64

static struct tl_str
payload(uint8_t flags, const uint8_t *data, size_t size, uint8_t *room, size_t cap)
{
	if (flags & 1)
		return tl_bytes(data, size);
	/* Of the right size, and sane but for where the input says otherwise. */
	memset(room, 0, cap);
	memcpy(room, data, size < cap ? size : cap);
	return tl_bytes(room, cap);
}

static void
send_answer(const struct answer *a, const uint8_t *data, size_t size, uint8_t flags)
{
	static uint8_t room[TL_DECODE_SAMPLE_BYTES + 3 * PREVIEW * PREVIEW];
	size_t n = size < TL_DECODE_ANSWER_BYTES ? size : TL_DECODE_ANSWER_BYTES;
	size_t side = flags >> 4;
	size_t whole = (size_t)TL_DECODE_SAMPLE_BYTES + 3 * side * side;
	struct tl_str p = payload(flags, data + n, size - n, room, whole);
	TL_CLEANUP(tl_fd_close) int fd = -1;
	uint8_t *map;
	if (!(flags & 2)) {
		fd = answer_sealed(p);
	} else {
		if (tl_memfd_new("fuzz", p.n + 1, &fd, &map) < 0)
			abort();
		tl_memfd_unmap(tl_bytes(map, p.n + 1)); /* not sealed */
	}
	answer_send(a, tl_bytes(data, n), flags & 4 ? -1 : fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 + TL_DECODE_ANSWER_BYTES / 2 || size > 65536)
		return 0;
	struct answer a;
	struct slot *s = answer_begin(&a, TL_DECODER_LIGHT, TL_FORMAT_JPEG);
	s->q.preview_side = data[0] & 8 ? PREVIEW : 0;
	send_answer(&a, data + 1, size - 1, data[0]);
	enum tl_decode_reason why = read_answer(s);
	const struct tl_picture *p = &s->result.picture;
	if (why >= TL_DECODE_REASONS || (why != TL_DECODE_OK && p->map.p))
		abort();
	if (why == TL_DECODE_OK &&
	    (p->width == 0 || (uint64_t)p->width * p->height > s->q.max_pixels ||
		p->quality < 0 || p->quality > 100 || p->orientation > 8 ||
		p->preview.n != 3ull * p->preview_width * p->preview_height ||
		p->preview_width > s->q.preview_side))
		abort();
	tl_picture_fini(&s->result.picture);
	answer_end(&a);
	return 0;
}
