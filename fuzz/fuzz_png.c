/* What of a PNG goes on to its decoder: never more than came, a signature stays one, and picking twice changes nothing. */
#include "decode/decode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_png first, again;
	uint8_t *a = malloc(size ? size : 1), *b = malloc(size ? size : 1);
	if (!a || !b)
		abort();
	tl_png_pick(tl_bytes(data, size), a, &first);
	if (first.n > size || first.pages < 1 || first.pages >= TL_DECODE_PAGES_MAX ||
	    first.orientation > 8)
		abort();
	tl_png_pick(tl_bytes(a, first.n), b, &again);
	if (again.n != first.n || memcmp(a, b, again.n) != 0)
		abort();
	free(a);
	free(b);
	return 0;
}
