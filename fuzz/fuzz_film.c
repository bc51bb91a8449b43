/* Videos and sounds through FFmpeg and chromaprint, in this process, behind the same limits as in the jail. */
#include "decode/decode.h"
#include "sys/fd.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool loaded;
	if (!loaded && tl_film_load() < 0)
		abort();
	loaded = true;
	struct tl_decode_ask q = tl_decode_ask_new();
	q.format = (uint16_t)tl_sniff(tl_bytes(data, size));
	if (!tl_format_is_film((enum tl_format)q.format))
		return 0;
	q.max_pixels = 1 << 16;
	q.max_side = 2048;
	q.deadline_ms = 5000;
	q.max_ms = 10000;
	q.max_frames = 300;
	q.cuts = size / 2 % 2 ? 2 : 0;
	q.cut0 = 1000;
	q.cut1 = 2000;
	q.show = size % 2 || q.cuts;
	struct tl_decode_answer a = tl_decode_answer_new();
	struct tl_decode_place place[TL_DECODE_PARTS];
	TL_CLEANUP(tl_fd_close) int fd = -1;
	if (tl_film_decode(tl_bytes(data, size), &q, &a, &fd) != TL_DECODE_OK)
		return 0;
	if (tl_decode_answer_fits(&a, &q) < 0 || (fd >= 0) != (a.payload_bytes > 0) ||
	    tl_decode_parts(&a, place) != a.payload_bytes)
		abort(); /* the client would end us */
	return 0;
}
