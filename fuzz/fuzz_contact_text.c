/* Texts that go with a contact: any bytes are read within their bounds, and say the same each time. */
#include "detect/contact/text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tl_key key = {{1, 2, 3}};
	struct tl_contact_text a, b;
	uint8_t *copy = malloc(size + 1); /* so that reading beyond is seen */
	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	tl_contact_text(&key, tl_bytes(copy, size), &a);
	tl_contact_text(&key, tl_bytes(copy, size), &b);
	if (a.sketch != b.sketch || a.flags != b.flags ||
	    tl_contact_origin(&key, 1, tl_bytes(copy, size)) == 0)
		abort();
	free(copy);
	return 0;
}
