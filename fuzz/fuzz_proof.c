/* Exports, checkpoints and keys of the audit trail: whatever they are, they are read or refused, and read back. */
#include "store/checkpoint.h"
#include "store/proof.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
lines(const uint8_t *data, size_t size)
{
	struct tl_proof p = {0};
	size_t at = 0;
	while (at < size) {
		const uint8_t *end = memchr(data + at, '\n', size - at);
		size_t n = end ? (size_t)(end - data) - at : size - at;
		if (tl_proof_line(&p, tl_bytes(data + at, n)) < 0)
			return;
		at += n + 1;
	}
	if (tl_proof_end(&p) == 0 && (p.report.links == 0 || p.signed_seq != p.seq))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_checkpoint c, c_again;
	struct tl_chain_key k, k_again;
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	if (tl_checkpoint_parse(tl_bytes(data, size), &c) == 0) {
		tl_checkpoint_text(&b, &c);
		if (tl_checkpoint_parse(tl_buf_str(&b), &c_again) < 0 ||
		    memcmp(&c, &c_again, sizeof c) != 0)
			abort();
	}
	tl_buf_reset(&b);
	if (tl_chain_key_parse(tl_bytes(data, size), &k) == 0) {
		tl_chain_key_text(&b, &k);
		if (tl_chain_key_parse(tl_buf_str(&b), &k_again) < 0 ||
		    memcmp(&k, &k_again, sizeof k) != 0)
			abort();
	}
	lines(data, size);
	return 0;
}
