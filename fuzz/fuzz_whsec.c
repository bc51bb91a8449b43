/* Webhook secrets and networks as people type them: whatever they are, they are read or refused, and read back. */
#include "enforce/guard.h"
#include "enforce/sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_secret secret, again;
	struct tl_guard_net net;
	char text[TL_SECRET_TEXT];
	if (tl_secret_parse(tl_bytes(data, size), &secret) == 0) {
		tl_secret_text(text, &secret);
		if (tl_secret_parse(tl_str(text), &again) < 0 || again.n != secret.n ||
		    memcmp(again.b, secret.b, secret.n) != 0)
			abort();
	}
	if (tl_guard_net_parse(tl_bytes(data, size), &net) == 0 &&
	    net.bits > (net.family == 2 ? 32u : 128u))
		abort();
	return 0;
}
