/* The JPEG codec with the sink behind it, in this process: no jail catches what it does here. */
#include "decode/decode.h"
#include "sys/fd.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_decode_ask q = tl_decode_ask_new();
	q.format = TL_FORMAT_JPEG;
	q.max_pixels = 1 << 16;
	q.max_side = 2048;
	q.preview_side = size % 2 ? 64 : 0;
	struct tl_sink *s = tl_sink_create(&q);
	struct tl_decode_answer a = tl_decode_answer_new();
	TL_CLEANUP(tl_fd_close) int fd = -1;
	if (tl_codec_jpeg(tl_bytes(data, size), &q, s) == TL_DECODE_OK &&
	    (tl_sink_end(s, &a, &fd) != TL_DECODE_OK || a.width > q.max_side ||
		(uint64_t)a.width * a.height > q.max_pixels))
		abort();
	tl_sink_destroyp(&s);
	return 0;
}
