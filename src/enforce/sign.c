/*
 * Standard Webhooks signatures.
 *
 * Owns the text form of secrets ("whsec_…") and the signed form of a message. Promises: a secret is only ever
 * held in `struct tl_secret` and can be wiped. Failure: INPUT for a secret that is not one. Called by the
 * courier for each try and by whoever sets an endpoint up.
 */
#include "enforce/sign.h"

#include "sys/crypto.h"

#include <inttypes.h>

#define PREFIX "whsec_"

void
tl_secret_new(struct tl_secret *ret)
{
	ret->n = 32;
	tl_random(ret->b, ret->n);
}

int
tl_secret_parse(struct tl_str text, struct tl_secret *ret)
{
	const struct tl_str prefix = TL_S(PREFIX);
	if (text.n < prefix.n || memcmp(text.p, prefix.p, prefix.n) != 0)
		return tl_fail(TL_EFIELD, "a webhook secret begins with " PREFIX);
	TL_CLEANUP(tl_secret_wipe) struct tl_secret s = {0};
	int rc =
	    tl_unbase64(s.b, sizeof s.b, tl_bytes(text.p + prefix.n, text.n - prefix.n), &s.n);
	if (rc < 0 || s.n < TL_SECRET_MIN)
		return tl_fail(TL_EFIELD,
		    "a webhook secret is " PREFIX " and %d to %d bytes in base64",
		    TL_SECRET_MIN, TL_SECRET_MAX);
	*ret = s;
	return 0;
}

void
tl_secret_text(char dst[TL_SECRET_TEXT], const struct tl_secret *s)
{
	memcpy(dst, PREFIX, sizeof PREFIX);
	(void)tl_base64(dst + sizeof PREFIX - 1, s->b, s->n);
}

void
tl_secret_wipe(struct tl_secret *s)
{
	tl_wipe(s, sizeof *s);
}

void
tl_sign_webhook(struct tl_buf *out, struct tl_str id, int64_t timestamp_s, struct tl_str body,
    const struct tl_secret *secrets, size_t count)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf signed_text = {0};
	tl_buf_put(&signed_text, id.p, id.n);
	tl_buf_printf(&signed_text, ".%" PRId64 ".", timestamp_s);
	tl_buf_put(&signed_text, body.p, body.n);
	for (size_t i = 0; i < count; i++) {
		uint8_t mac[32];
		char text[48];
		tl_hmac_sha256(
		    mac, tl_bytes(secrets[i].b, secrets[i].n), tl_buf_str(&signed_text));
		(void)tl_base64(text, mac, sizeof mac);
		tl_buf_printf(out, "%sv1,%s", i ? " " : "", text);
	}
}
