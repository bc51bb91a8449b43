/* Lists of frame hashes, as text and packed: any bytes are refused or read; what was read writes back to the same. */
#include "hash/video.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
same(const struct tl_video *a, const struct tl_video *b)
{
	bool ok = a->n == b->n;
	for (size_t i = 0; ok && i < a->n; i++)
		ok = memcmp(&a->f[i].hash, &b->f[i].hash, sizeof a->f[i].hash) == 0 &&
		     a->f[i].ms == b->f[i].ms && a->f[i].quality == b->f[i].quality;
	return ok;
}

static void
text_again(const struct tl_video *v, void (*write)(struct tl_buf *, const struct tl_video *))
{
	struct tl_video again = {0};
	struct tl_buf b = {0};
	write(&b, v);
	if (tl_video_parse(tl_buf_str(&b), &again) < 0 || !same(v, &again))
		abort();
	tl_video_fini(&again);
	tl_buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_video v = {0};
	struct tl_buf b = {0};
	if (tl_video_unpack(tl_bytes(data, size), &v) == 0) {
		tl_video_pack(&b, &v);
		if (!tl_str_eq(tl_buf_str(&b), tl_bytes(data, size)))
			abort();
		tl_video_fini(&v);
	}
	if (tl_video_parse(tl_bytes(data, size), &v) == 0) {
		text_again(&v, tl_video_json);
		text_again(&v, tl_video_lines);
		tl_video_fini(&v);
	}
	tl_buf_fini(&b);
	return 0;
}
