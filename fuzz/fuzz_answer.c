/*
 * What a subverted decoder may send to the worker: the answer's bytes, then its payload, sealed or not, whatever its
 * size. Nothing of it may crash the receiver or reach it outside the bounds of the question.
 */
#include "media/jails.c" /* the receiving half is private to it */

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
send_answer(int sock, const uint8_t *data, size_t size, uint8_t flags)
{
	static uint8_t room[TL_DECODE_SAMPLE_BYTES + 3 * PREVIEW * PREVIEW];
	size_t n = size < TL_DECODE_ANSWER_BYTES ? size : TL_DECODE_ANSWER_BYTES;
	size_t side = flags >> 4;
	size_t whole = (size_t)TL_DECODE_SAMPLE_BYTES + 3 * side * side;
	struct tl_str p = payload(flags, data + n, size - n, room, whole);
	TL_CLEANUP(tl_fd_close) int fd = -1;
	uint8_t *map;
	if (flags & 2) {
		if (tl_memfd_new("fuzz", p.n + 1, &fd, &map) < 0)
			abort();
		tl_memfd_unmap(tl_bytes(map, p.n + 1)); /* not sealed */
	} else if (p.n && tl_memfd_sealed("fuzz", p, &fd) < 0) {
		abort();
	}
	if (tl_sock_send(sock, tl_bytes(data, n), flags & 4 ? -1 : fd, -1) < 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 + TL_DECODE_ANSWER_BYTES / 2 || size > 65536)
		return 0;
	static struct slot s;
	int pair[2];
	if (tl_socketpair(SOCK_SEQPACKET, pair) < 0)
		abort();
	s = (struct slot){
	    .kind = TL_DECODER_LIGHT, .decoder = {[TL_DECODER_LIGHT] = {.sock = pair[0]}}};
	s.q = tl_decode_ask_new();
	s.q.id = 7;
	s.q.format = TL_FORMAT_JPEG;
	s.q.max_pixels = 1 << 20;
	s.q.max_side = 4096;
	s.q.preview_side = data[0] & 8 ? PREVIEW : 0;
	send_answer(pair[1], data + 1, size - 1, data[0]);
	enum tl_decode_reason why = read_answer(&s);
	const struct tl_picture *p = &s.result.picture;
	if (why >= TL_DECODE_REASONS || (why != TL_DECODE_OK && p->map.p))
		abort();
	if (why == TL_DECODE_OK &&
	    (p->width == 0 || (uint64_t)p->width * p->height > s.q.max_pixels ||
		p->quality < 0 || p->quality > 100 || p->orientation > 8 ||
		p->preview.n != 3ull * p->preview_width * p->preview_height ||
		p->preview_width > s.q.preview_side))
		abort();
	tl_picture_fini(&s.result.picture);
	tl_fd_close(&pair[0]);
	tl_fd_close(&pair[1]);
	return 0;
}
