/* Our BMP reader, with the sink behind it. */
#include "decode/decode.h"
#include "sys/fd.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_decode_ask q = tl_decode_ask_new();
	q.format = TL_FORMAT_BMP;
	q.max_pixels = 1 << 20;
	q.max_side = 4096;
	q.preview_side = 64;
	struct tl_sink *s = tl_sink_create(&q);
	struct tl_decode_answer a = tl_decode_answer_new();
	TL_CLEANUP(tl_fd_close) int fd = -1;
	if (tl_codec_bmp(tl_bytes(data, size), &q, s) == TL_DECODE_OK &&
	    (tl_sink_end(s, &a, &fd) != TL_DECODE_OK || a.payload_bytes == 0))
		abort();
	tl_sink_destroyp(&s);
	return 0;
}
