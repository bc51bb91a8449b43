/* The decoder's messages: whatever is read can be written back as it was, and a fitting answer keeps its promises. */
#include "sys/decode_msg.h"

#include <stdlib.h>

/* Every part lies within the payload, behind the one before it, and is no larger than was asked for. */
static void
check_parts(const struct tl_decode_answer *a, const struct tl_decode_ask *q)
{
	struct tl_decode_place place[TL_DECODE_PARTS];
	uint64_t at = 0, all = tl_decode_parts(a, place);
	for (int i = 0; i < TL_DECODE_PARTS; i++) {
		if (place[i].at != at)
			abort();
		at += place[i].bytes;
	}
	bool seen = place[TL_DECODE_PART_SAMPLES].bytes || place[TL_DECODE_PART_FRAMES].bytes;
	bool film = tl_format_is_film((enum tl_format)q->format);
	if (at != all || all != a->payload_bytes || all > TL_DECODE_PAYLOAD_MAX ||
	    (seen && (a->width == 0 || a->width > q->max_side)) ||
	    a->preview_width > q->preview_side || a->duration_ms > q->max_ms ||
	    (film == (place[TL_DECODE_PART_SAMPLES].bytes > 0) && q->format != TL_FORMAT_RAW) ||
	    (!q->show && place[TL_DECODE_PART_STILLS].bytes))
		abort();
}

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
		    tl_decode_answer_fits(&a, &q) == 0 && a.reason == TL_DECODE_OK)
			check_parts(&a, &q);
	}
	return 0;
}
