/* What a role reads of its environment: descriptors in range or a refusal. */
#include "sys/wires.h"

#include "base/str.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_descriptor(int fd)
{
	return fd >= -1 && fd <= 65535;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[TL_WIRES_TEXT];
	struct tl_wires w;
	if (tl_str_copy(text, sizeof text, tl_bytes(data, size)) < 0 ||
	    setenv(TL_WIRES_ENV, text, 1) < 0 || tl_wires_inherit(&w) < 0)
		return 0;
	if (!is_descriptor(w.wake) || w.request_count < 0 || w.request_count > TL_WORKERS_MAX)
		abort();
	for (int i = 0; i < TL_PROC_COUNT; i++)
		if (!is_descriptor(w.wake_to[i]))
			abort();
	for (int i = 0; i < TL_WORKERS_MAX; i++)
		if (!is_descriptor(w.request[i]))
			abort();
	return 0;
}
