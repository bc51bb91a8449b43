/* Magic bytes, EXIF and PDQ's hex: the small parsers that see bytes of clients. */
#include "decode/decode.h"
#include "hash/pdq.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_str s = tl_bytes(data, size);
	struct tl_pdq h;
	char hex[TL_PDQ_HEX];
	if (tl_sniff(s) >= TL_FORMATS || !tl_format_mime(tl_sniff(s)))
		abort();
	if (tl_exif_orientation(s) > 8)
		abort();
	if (tl_pdq_unhex(s, &h) == 0) {
		tl_pdq_hex(hex, &h);
		if (size != 64 || tl_pdq_distance(&h, &h) != 0)
			abort();
	}
	return 0;
}
