/*
 * Reads and checks what a browser returns from navigator.credentials.
 *
 * Promises: type, challenge, origin, relying party, presence and signature are all checked before anything is
 * believed; nothing is allocated by hostile counts. Failures: INPUT for what is malformed, TL_EPERM for what is not
 * ours, TL_ECRYPTO for a signature. Called by src/people/factors.c; fuzzed by fuzz_webauthn.
 */
#include "people/webauthn.h"

#include "base/cbor.h"
#include "base/json.h"
#include "sys/crypto.h"

enum { FLAG_UP = 1, FLAG_UV = 4, FLAG_AT = 0x40, FLAG_ED = 0x80 };

/* Where ----------------------------------------------------------------------------------- */

static bool
is_number_address(struct tl_str host)
{
	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] != '.' && (host.p[i] < '0' || host.p[i] > '9'))
			return false;
	return true;
}

int
tl_webauthn_site(struct tl_str url, struct tl_webauthn_site *ret)
{
	const uint8_t *sep = memmem(url.p, url.n, "://", 3);
	if (!sep)
		return tl_fail(TL_ECONFIG, "public_url is no address");
	struct tl_str rest = tl_bytes(sep + 3, url.n - (size_t)(sep + 3 - url.p));
	const uint8_t *slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
	if (slash)
		rest.n = (size_t)(slash - rest.p);
	const uint8_t *colon = rest.n ? memrchr(rest.p, ':', rest.n) : NULL;
	struct tl_str host = rest;
	if (colon)
		host.n = (size_t)(colon - rest.p);
	bool secure = tl_str_eq(tl_bytes(url.p, (size_t)(sep - url.p)), TL_S("https"));
	if (host.n == 0 || host.p[0] == '[' || is_number_address(host))
		return tl_fail(TL_ECONFIG,
		    "passkeys need a name in public_url, such as localhost, not an address");
	if (!secure && !tl_str_is(host, "localhost"))
		return tl_fail(TL_ECONFIG, "passkeys need https in public_url");
	ret->origin = tl_bytes(url.p, (size_t)(rest.p + rest.n - url.p));
	ret->rp_id = host;
	return 0;
}

/* Reading --------------------------------------------------------------------------------- */

int
tl_authdata_read(struct tl_str bytes, struct tl_authdata *ret)
{
	struct tl_cur c = tl_cur(bytes);
	struct tl_authdata a = {.rp_hash = tl_cur_take(&c, 32)};
	uint8_t flags = tl_cur_u8(&c);
	a.counter = tl_cur_u32(&c);
	a.present = flags & FLAG_UP;
	a.verified = flags & FLAG_UV;
	a.has_credential = flags & FLAG_AT;
	if (a.has_credential) {
		(void)tl_cur_take(&c, 16); /* the model, which nobody vouches for */
		a.credential = tl_cur_take(&c, tl_cur_u16(&c));
		const uint8_t *from = c.p;
		int rc = tl_cose_read(&c, &a.key);
		if (rc < 0)
			return rc;
		a.cose = tl_bytes(from, (size_t)(c.p - from));
	}
	int rc = flags & FLAG_ED ? tl_cbor_skip(&c) : 0;
	if (rc == 0)
		rc = tl_cur_end(&c);
	if (rc == 0 && a.has_credential &&
	    (a.credential.n == 0 || a.credential.n > TL_CREDENTIAL_MAX ||
		a.cose.n > TL_COSE_KEY_MAX))
		rc = tl_fail(TL_EPARSE, "the passkey's name or key has an odd size");
	if (rc == 0)
		*ret = a;
	return rc;
}

int
tl_attestation_read(struct tl_str bytes, struct tl_str *ret_authdata)
{
	struct tl_cur c = tl_cur(bytes);
	struct tl_cbor map = {0}, name = {0}, value = {0};
	struct tl_str found = {0};
	int rc = tl_cbor_expect(&c, TL_CBOR_MAP, &map);
	for (size_t i = 0; rc == 0 && i < map.count; i++) {
		rc = tl_cbor_expect(&c, TL_CBOR_TEXT, &name);
		if (rc == 0 && tl_str_is(name.s, "authData") && !found.p) {
			rc = tl_cbor_expect(&c, TL_CBOR_BYTES, &value);
			found = value.s;
		} else if (rc == 0)
			rc = tl_cbor_skip(&c);
	}
	if (rc == 0)
		rc = tl_cur_end(&c);
	if (rc == 0 && !found.p)
		rc = tl_fail(TL_EPARSE, "the attestation object has no authData");
	if (rc == 0)
		*ret_authdata = found;
	return rc;
}

static bool
says(json_t *j, const char *name, struct tl_str want)
{
	json_t *v = json_object_get(j, name);
	return json_is_string(v) && tl_str_eq(tl_json_str(v), want);
}

int
tl_clientdata_check(struct tl_str json, const char *type,
    const uint8_t challenge[TL_CHALLENGE_BYTES], const struct tl_webauthn_site *site)
{
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	uint8_t got[TL_CHALLENGE_BYTES];
	size_t n = 0;
	int rc = tl_json_parse(json, &j);
	if (rc < 0)
		return rc;
	if (!json_is_object(j) || !says(j, "type", tl_str(type)))
		return tl_fail(TL_EPERM, "the answer of the passkey is to another question");
	json_t *text = json_object_get(j, "challenge");
	if (!json_is_string(text) ||
	    tl_unbase64url(got, sizeof got, tl_json_str(text), &n) < 0 || n != sizeof got ||
	    !tl_same(got, challenge, n))
		return tl_fail(TL_EPERM, "the passkey answered an earlier question");
	if (!says(j, "origin", site->origin) || json_is_true(json_object_get(j, "crossOrigin")))
		return tl_fail(TL_EPERM, "the passkey was used on another site than %.*s",
		    TL_ARG(site->origin));
	return 0;
}

/* Checking -------------------------------------------------------------------------------- */

static int
check_site(const struct tl_webauthn_site *site, const struct tl_authdata *a)
{
	uint8_t hash[32];
	tl_sha256(hash, site->rp_id);
	if (!tl_same(hash, a->rp_hash.p, sizeof hash))
		return tl_fail(TL_EPERM, "the passkey is of another site");
	if (!a->present)
		return tl_fail(TL_EPERM, "nobody touched the passkey");
	return 0;
}

int
tl_webauthn_register(const struct tl_webauthn_site *site,
    const uint8_t challenge[TL_CHALLENGE_BYTES], struct tl_webauthn_made *m)
{
	struct tl_str authdata = {0};
	struct tl_authdata a = {0};
	int rc = tl_clientdata_check(m->client_data, "webauthn.create", challenge, site);
	if (rc == 0)
		rc = tl_attestation_read(m->attestation, &authdata);
	if (rc == 0)
		rc = tl_authdata_read(authdata, &a);
	if (rc == 0 && !a.has_credential)
		rc = tl_fail(TL_EPARSE, "there is no passkey in the answer");
	if (rc == 0)
		rc = check_site(site, &a);
	if (rc == 0)
		m->out = a;
	return rc;
}

int
tl_webauthn_verify(const struct tl_webauthn_site *site,
    const uint8_t challenge[TL_CHALLENGE_BYTES], struct tl_webauthn_signed *s)
{
	struct tl_authdata a = {0};
	struct tl_cose_key key;
	struct tl_cur c = tl_cur(s->cose);
	int rc = tl_clientdata_check(s->client_data, "webauthn.get", challenge, site);
	if (rc == 0)
		rc = tl_authdata_read(s->authdata, &a);
	if (rc == 0)
		rc = check_site(site, &a);
	if (rc == 0 && s->need_verified && !a.verified)
		rc = tl_fail(TL_EPERM, "the passkey did not ask who you are (PIN or finger)");
	if (rc == 0)
		rc = tl_cose_read(&c, &key);
	if (rc < 0)
		return rc;
	TL_CLEANUP(tl_buf_fini) struct tl_buf bytes = {0};
	uint8_t hash[32];
	tl_sha256(hash, s->client_data);
	tl_buf_put(&bytes, s->authdata.p, s->authdata.n);
	tl_buf_put(&bytes, hash, sizeof hash);
	rc = tl_cose_verify(&key, tl_buf_str(&bytes), s->signature);
	if (rc == 0)
		s->counter = a.counter;
	return rc;
}
