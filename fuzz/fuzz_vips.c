/* PNG, GIF, WebP, HEIC and AVIF through libvips, in this process, behind the same limits as in the jail. */
#include "decode/decode.h"
#include "sys/fd.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool loaded;
	if (!loaded && tl_codec_vips_load() < 0)
		abort();
	loaded = true;
	struct tl_decode_ask q = tl_decode_ask_new();
	q.format = (uint16_t)tl_sniff(tl_bytes(data, size));
	if (q.format == TL_FORMAT_NONE || q.format == TL_FORMAT_JPEG ||
	    q.format == TL_FORMAT_BMP)
		return 0;
	q.max_pixels = 1 << 16;
	q.max_side = 2048;
	q.deadline_ms = 5000;
	q.memory_mb = 64;
	q.show = size % 2;
	q.preview_side = size % 2 ? 64 : 0;
	struct tl_sink *s = tl_sink_create(&q);
	struct tl_decode_answer a = tl_decode_answer_new();
	TL_CLEANUP(tl_fd_close) int fd = -1;
	if (tl_codec_vips(tl_bytes(data, size), &q, s) == TL_DECODE_OK &&
	    (tl_sink_end(s, &a, &fd) != TL_DECODE_OK || a.width > q.max_side ||
		a.pages >= TL_DECODE_PAGES_MAX || a.orientation > 8))
		abort();
	tl_sink_destroyp(&s);
	return 0;
}
