/* Messages between server and worker: any bytes are refused or read; what was read writes back to the same. */
#include "core/ask.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_ask ask;
	struct tl_ask_answer answer;
	struct tl_buf b = {0};
	if (tl_ask_read(tl_bytes(data, size), &ask) == 0) {
		struct tl_ask again;
		tl_ask_write(&b, &ask);
		if (tl_ask_read(tl_buf_str(&b), &again) < 0 || again.serial != ask.serial ||
		    !tl_str_eq(again.json, ask.json))
			abort();
	}
	tl_buf_reset(&b);
	if (tl_ask_answer_read(tl_bytes(data, size), &answer) == 0) {
		tl_ask_answer_write(&b, &answer);
		if (!tl_str_eq(tl_buf_str(&b), tl_bytes(data, size)))
			abort();
	}
	tl_buf_fini(&b);
	return 0;
}
