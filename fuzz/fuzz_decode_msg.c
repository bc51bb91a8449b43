/* The decoder's messages: whatever is read can be written back as it was, and a fitting answer keeps its promises. */
#include "sys/decode_msg.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_decode_ask q;
	struct tl_decode_answer a;
	uint8_t back[TL_DECODE_ASK_BYTES + TL_DECODE_ANSWER_BYTES];
	if (tl_decode_ask_read(tl_bytes(data, size), &q) == 0) {
		tl_decode_ask_write(back, &q);
		if (size != TL_DECODE_ASK_BYTES || memcmp(back, data, size) != 0)
			abort();
	}
	size_t n = size < TL_DECODE_ANSWER_BYTES ? size : TL_DECODE_ANSWER_BYTES;
	if (tl_decode_answer_read(tl_bytes(data, n), &a) == 0) {
		tl_decode_answer_write(back, &a);
		if (memcmp(back, data, n) != 0)
			abort();
		if (tl_decode_ask_read(tl_bytes(data + n, size - n), &q) == 0 &&
		    tl_decode_answer_fits(&a, &q) == 0 && a.reason == TL_DECODE_OK &&
		    (a.width == 0 || a.width > q.max_side ||
			a.payload_bytes < TL_DECODE_SAMPLE_BYTES ||
			a.preview_width > q.preview_side))
			abort();
	}
	return 0;
}
