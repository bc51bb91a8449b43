/* Taking an animated PNG apart: each frame is a PNG of bounded size inside the canvas; laying it stays inside. */
#include "decode/apng.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_apng a;
	struct tl_buf one = {0};
	bool begun = tl_apng_begin(&a, tl_bytes(data, size), 1 << 16);
	for (int n = 0; begun && n < 64 && tl_apng_next(&a, &one) > 0; n++) {
		const struct tl_apng_frame *f = &a.frame;
		uint8_t *row = calloc(f->width, 4);
		if (!row || one.n < 57 || one.n > 2 * size + 1024 ||
		    f->x + f->width > a.width || f->y + f->height > a.height)
			abort();
		tl_apng_save(&a);
		for (uint32_t y = 0; y < f->height; y++)
			tl_apng_lay(&a, y, row);
		tl_apng_dispose(&a);
		free(row);
	}
	tl_buf_fini(&one);
	tl_apng_end(&a);
	return 0;
}
