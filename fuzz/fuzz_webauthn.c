/*
 * What a browser hands back: the first byte says what the rest is read as (attestation object, authenticator data, client
 * data, COSE key, CBOR). What CBOR is accepted must be read to its end; what is read of a passkey lies inside the input.
 */
#include "base/cbor.h"
#include "people/webauthn.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
inside(struct tl_str all, struct tl_str part)
{
	if (part.n && (part.p < all.p || part.p + part.n > all.p + all.n))
		abort();
}

static void
authdata(struct tl_str in)
{
	struct tl_authdata a;
	if (tl_authdata_read(in, &a) < 0)
		return;
	inside(in, a.rp_hash);
	inside(in, a.credential);
	inside(in, a.cose);
	inside(in, a.key.x);
	inside(in, a.key.y);
	if (a.rp_hash.n != 32 || (a.has_credential && a.cose.n == 0))
		abort();
}

static void
key(struct tl_str in)
{
	static const uint8_t sig[64] = {0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01};
	struct tl_cose_key k;
	struct tl_cur c = tl_cur(in);
	if (tl_cose_read(&c, &k) < 0)
		return;
	if (tl_cose_verify(&k, in, tl_bytes(sig, 8)) == 0 ||
	    tl_cose_verify(&k, in, tl_bytes(sig, sizeof sig)) == 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tl_webauthn_site site = {
	    {(const uint8_t *)"http://localhost:8080", 21}, {(const uint8_t *)"localhost", 9}};
	static const uint8_t challenge[TL_CHALLENGE_BYTES];
	if (size == 0 || size > 16384)
		return 0;
	struct tl_str in = tl_bytes(data + 1, size - 1), found;
	struct tl_cur c = tl_cur(in);
	switch (data[0] % 5) {
	case 0:
		if (tl_attestation_read(in, &found) == 0) {
			inside(in, found);
			authdata(found);
		}
		break;
	case 1:
		authdata(in);
		break;
	case 2:
		(void)!tl_clientdata_check(in, "webauthn.get", challenge, &site);
		break;
	case 3:
		key(in);
		break;
	default:
		if (tl_cbor_skip(&c) == 0 && c.bad)
			abort();
	}
	return 0;
}
