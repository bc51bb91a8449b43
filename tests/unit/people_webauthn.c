/* WebAuthn: passkeys of three kinds made here with OpenSSL, registered and used; and everything that may be wrong. */
#include "base/buf.h"
#include "base/cbor.h"
#include "people/webauthn.h"
#include "sys/crypto.h"

#include "unit.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

static const struct tl_webauthn_site site = {
    {(const uint8_t *)"https://tutela.example", 22}, {(const uint8_t *)"tutela.example", 14}};
static const uint8_t challenge[TL_CHALLENGE_BYTES] = {1, 2, 3, 250, 251, 252, 253, 254, 255};

enum { UP = 1, UV = 4, AT = 0x40, ED = 0x80 };

/* Writing what an authenticator writes --------------------------------------------------- */

static void
head(struct tl_buf *b, int major, size_t n)
{
	if (n < 24)
		tl_buf_byte(b, (uint8_t)(major << 5 | (int)n));
	else if (n < 256)
		tl_buf_printf(b, "%c%c", major << 5 | 24, (int)n);
	else {
		tl_buf_byte(b, (uint8_t)(major << 5 | 25));
		tl_buf_byte(b, (uint8_t)(n >> 8));
		tl_buf_byte(b, (uint8_t)n);
	}
}

static void
number(struct tl_buf *b, int v)
{
	head(b, v < 0 ? 1 : 0, (size_t)(v < 0 ? -1 - v : v));
}

static void
bytes(struct tl_buf *b, const void *p, size_t n)
{
	head(b, 2, n);
	tl_buf_put(b, p, n);
}

static EVP_PKEY *
make_key(int alg)
{
	if (alg == TL_COSE_ES256)
		return EVP_EC_gen("P-256");
	if (alg == TL_COSE_RS256)
		return EVP_RSA_gen(2048);
	return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static size_t
big(EVP_PKEY *key, const char *name, uint8_t *dst, size_t width)
{
	BIGNUM *v = NULL;
	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &v), 1);
	size_t n = width ? width : (size_t)BN_num_bytes(v);
	assert_int_equal(BN_bn2binpad(v, dst, (int)n), (int)n);
	BN_free(v);
	return n;
}

static void
put_cose(struct tl_buf *b, EVP_PKEY *key, int alg)
{
	uint8_t part[512];
	size_t n = sizeof part;
	head(b, 5, alg == TL_COSE_ES256 ? 5 : 4);
	number(b, 1);
	number(b, alg == TL_COSE_ES256 ? 2 : alg == TL_COSE_RS256 ? 3 : 1);
	number(b, 3);
	number(b, alg);
	number(b, -1);
	if (alg == TL_COSE_ES256) {
		number(b, 1);
		number(b, -2);
		bytes(b, part, big(key, OSSL_PKEY_PARAM_EC_PUB_X, part, 32));
		number(b, -3);
		bytes(b, part, big(key, OSSL_PKEY_PARAM_EC_PUB_Y, part, 32));
	} else if (alg == TL_COSE_RS256) {
		bytes(b, part, big(key, OSSL_PKEY_PARAM_RSA_N, part, 0));
		number(b, -2);
		bytes(b, part, big(key, OSSL_PKEY_PARAM_RSA_E, part, 0));
	} else {
		assert_int_equal(EVP_PKEY_get_raw_public_key(key, part, &n), 1);
		number(b, 6);
		number(b, -2);
		bytes(b, part, n);
	}
}

static void
put_authdata(struct tl_buf *b, const char *rp, int flags, unsigned counter)
{
	uint8_t hash[32];
	tl_sha256(hash, tl_str(rp));
	tl_buf_put(b, hash, sizeof hash);
	tl_buf_byte(b, (uint8_t)flags);
	for (int shift = 24; shift >= 0; shift -= 8)
		tl_buf_byte(b, (uint8_t)(counter >> shift));
}

static void
put_client_data(struct tl_buf *b, const char *type, const uint8_t asked[TL_CHALLENGE_BYTES],
    const char *origin, const char *more)
{
	char text[64];
	(void)tl_base64url(text, asked, TL_CHALLENGE_BYTES);
	tl_buf_printf(b, "{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\"%s}", type,
	    text, origin, more);
}

struct maker {
	EVP_PKEY *key;
	int alg;
	struct tl_buf cose, authdata, client, attestation;
	uint8_t sig[512];
	size_t sig_n;
};

static void
maker_fini(struct maker *m)
{
	EVP_PKEY_free(m->key);
	tl_buf_fini(&m->cose);
	tl_buf_fini(&m->authdata);
	tl_buf_fini(&m->client);
	tl_buf_fini(&m->attestation);
}

static void
make(struct maker *m, int alg)
{
	*m = (struct maker){.key = make_key(alg), .alg = alg};
	assert_non_null(m->key);
	put_cose(&m->cose, m->key, alg);
}

/* A registration; `extra` follows the key. */
static void
attest(struct maker *m, const char *rp, int flags, struct tl_str extra)
{
	tl_buf_reset(&m->authdata);
	tl_buf_reset(&m->attestation);
	put_authdata(&m->authdata, rp, flags, 7);
	if (flags & AT) {
		for (int i = 0; i < 16; i++)
			tl_buf_byte(&m->authdata, 0);
		tl_buf_put(&m->authdata, "\0\4name", 6);
		tl_buf_put(&m->authdata, m->cose.p, m->cose.n);
	}
	tl_buf_put(&m->authdata, extra.p, extra.n);
	struct tl_buf *b = &m->attestation;
	tl_buf_put(b,
	    "\xa3\x63"
	    "fmt\x64none\x67"
	    "attStmt\xa0\x68"
	    "authData",
	    28);
	bytes(b, m->authdata.p, m->authdata.n);
}

static int
register_it(struct maker *m, const char *type, const char *origin)
{
	tl_buf_reset(&m->client);
	put_client_data(
	    &m->client, type, challenge, origin, ",\"crossOrigin\":false,\"new\":[1]");
	struct tl_webauthn_made made = {
	    .client_data = tl_buf_str(&m->client), .attestation = tl_buf_str(&m->attestation)};
	int rc = tl_webauthn_register(&site, challenge, &made);
	if (rc == 0) {
		assert_true(tl_str_is(made.out.credential, "name"));
		assert_true(tl_str_eq(made.out.cose, tl_buf_str(&m->cose)));
		assert_int_equal(made.out.counter, 7);
	}
	return rc;
}

static void
sign(struct maker *m)
{
	uint8_t hash[32];
	struct tl_buf all = {0};
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	tl_sha256(hash, tl_buf_str(&m->client));
	tl_buf_put(&all, m->authdata.p, m->authdata.n);
	tl_buf_put(&all, hash, sizeof hash);
	const EVP_MD *md = m->alg == TL_COSE_EDDSA ? NULL : EVP_sha256();
	m->sig_n = sizeof m->sig;
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, m->key), 1);
	assert_int_equal(EVP_DigestSign(ctx, m->sig, &m->sig_n, all.p, all.n), 1);
	EVP_MD_CTX_free(ctx);
	tl_buf_fini(&all);
}

static void
use(struct maker *m, const char *rp, int flags, const char *origin, const char *more)
{
	tl_buf_reset(&m->authdata);
	tl_buf_reset(&m->client);
	put_authdata(&m->authdata, rp, flags, 9);
	put_client_data(&m->client, "webauthn.get", challenge, origin, more);
	sign(m);
}

static int
verify(const struct maker *m, bool need_verified)
{
	struct tl_webauthn_signed s = {.client_data = tl_buf_str(&m->client),
	    .authdata = tl_buf_str(&m->authdata),
	    .signature = tl_bytes(m->sig, m->sig_n),
	    .cose = tl_buf_str(&m->cose),
	    .need_verified = need_verified};
	int rc = tl_webauthn_verify(&site, challenge, &s);
	if (rc == 0)
		assert_int_equal(s.counter, 9);
	return rc;
}

#define OURS "tutela.example"
#define ORIGIN "https://tutela.example"

/* Cases ----------------------------------------------------------------------------------- */

static const int algs[] = {TL_COSE_ES256, TL_COSE_EDDSA, TL_COSE_RS256};

static void
t_passkeys_of_three_kinds_register_and_sign(void **state)
{
	(void)state;
	for (size_t i = 0; i < TL_COUNT(algs); i++) {
		struct maker m TL_CLEANUP(maker_fini);
		make(&m, algs[i]);
		attest(&m, OURS, UP | AT, TL_S(""));
		assert_int_equal(register_it(&m, "webauthn.create", ORIGIN), 0);
		use(&m, OURS, UP, ORIGIN, "");
		assert_int_equal(verify(&m, false), 0);
		assert_int_equal(verify(&m, true), TL_EPERM); /* nobody was recognised */
		use(&m, OURS, UP | UV, ORIGIN, "");
		assert_int_equal(verify(&m, true), 0);
	}
}

static void
t_every_changed_byte_of_what_was_signed_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < TL_COUNT(algs); i++) {
		struct maker m TL_CLEANUP(maker_fini);
		make(&m, algs[i]);
		use(&m, OURS, UP | UV, ORIGIN, "");
		struct {
			uint8_t *p;
			size_t n;
		} parts[] = {
		    {m.sig, m.sig_n}, {m.authdata.p, m.authdata.n}, {m.client.p, m.client.n}};
		for (size_t k = 0; k < TL_COUNT(parts); k++)
			for (size_t at = 0; at < parts[k].n; at++) {
				parts[k].p[at] ^= 1;
				assert_int_not_equal(verify(&m, false), 0);
				parts[k].p[at] ^= 1;
			}
		for (size_t n = 0; n < m.sig_n; n++) {
			struct maker cut = m;
			cut.sig_n = n;
			assert_int_equal(verify(&cut, false), TL_ECRYPTO);
		}
		assert_int_equal(verify(&m, false), 0);
	}
}

static void
t_signatures_of_another_key_or_kind_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < TL_COUNT(algs); i++)
		for (size_t k = 0; k < TL_COUNT(algs); k++) {
			struct maker a TL_CLEANUP(maker_fini);
			struct maker b TL_CLEANUP(maker_fini);
			make(&a, algs[i]);
			make(&b, algs[k]);
			use(&a, OURS, UP, ORIGIN, "");
			tl_buf_reset(&a.cose);
			tl_buf_put(&a.cose, b.cose.p, b.cose.n);
			assert_int_equal(verify(&a, false), TL_ECRYPTO);
		}
}

static void
t_other_sites_questions_and_flags_are_refused(void **state)
{
	(void)state;
	struct maker m TL_CLEANUP(maker_fini);
	make(&m, TL_COSE_ES256);
	use(&m, "evil.example", UP, ORIGIN, "");
	assert_int_equal(verify(&m, false), TL_EPERM);
	use(&m, OURS, UV, ORIGIN, ""); /* recognised, but not present */
	assert_int_equal(verify(&m, false), TL_EPERM);
	static const char *const origins[] = {"https://evil.example", "http://tutela.example",
	    "https://tutela.example:8443", "https://tutela.example/",
	    "https://sub.tutela.example", "https://tutela.example.evil.example", ""};
	for (size_t i = 0; i < TL_COUNT(origins); i++) {
		use(&m, OURS, UP, origins[i], "");
		assert_int_equal(verify(&m, false), TL_EPERM);
	}
	use(&m, OURS, UP, ORIGIN, ",\"crossOrigin\":true");
	assert_int_equal(verify(&m, false), TL_EPERM);
	use(&m, OURS, UP, ORIGIN, ",\"origin\":\"https://tutela.example\"");
	assert_int_not_equal(verify(&m, false), 0); /* said twice */
	attest(&m, OURS, UP | AT, TL_S(""));
	assert_int_equal(register_it(&m, "webauthn.get", ORIGIN), TL_EPERM);
	assert_int_equal(register_it(&m, "webauthn.create", "https://evil.example"), TL_EPERM);
	attest(&m, "evil.example", UP | AT, TL_S(""));
	assert_int_equal(register_it(&m, "webauthn.create", ORIGIN), TL_EPERM);
	attest(&m, OURS, AT, TL_S(""));
	assert_int_equal(register_it(&m, "webauthn.create", ORIGIN), TL_EPERM);
	attest(&m, OURS, UP, TL_S(""));
	assert_int_equal(register_it(&m, "webauthn.create", ORIGIN), TL_EPARSE);
}

static void
t_answers_to_other_challenges_are_refused(void **state)
{
	(void)state;
	struct maker m TL_CLEANUP(maker_fini);
	uint8_t other[TL_CHALLENGE_BYTES];
	make(&m, TL_COSE_ES256);
	for (size_t i = 0; i < sizeof other; i++) {
		memcpy(other, challenge, sizeof other);
		other[i] ^= 0x80;
		tl_buf_reset(&m.authdata);
		tl_buf_reset(&m.client);
		put_authdata(&m.authdata, OURS, UP, 9);
		put_client_data(&m.client, "webauthn.get", other, ORIGIN, "");
		sign(&m);
		assert_int_equal(verify(&m, false), TL_EPERM);
	}
}

static void
t_extensions_are_passed_over_and_rubbish_is_not(void **state)
{
	(void)state;
	struct maker m TL_CLEANUP(maker_fini);
	make(&m, TL_COSE_EDDSA);
	attest(&m, OURS, UP | AT | ED,
	    TL_S("\xa1\x6b"
		 "credProtect\x02"));
	assert_int_equal(register_it(&m, "webauthn.create", ORIGIN), 0);
	attest(&m, OURS, UP | AT, TL_S("x"));
	assert_int_equal(register_it(&m, "webauthn.create", ORIGIN), TL_EPARSE);
	attest(&m, OURS, UP | AT | ED, TL_S(""));
	assert_int_equal(register_it(&m, "webauthn.create", ORIGIN), TL_EPARSE);
	attest(&m, OURS, UP | AT, TL_S(""));
	for (size_t n = 0; n < m.attestation.n; n++) {
		struct maker cut = m;
		cut.attestation.n = n;
		cut.client = (struct tl_buf){0};
		assert_int_not_equal(register_it(&cut, "webauthn.create", ORIGIN), 0);
		tl_buf_fini(&cut.client);
	}
}

static int
read_key(struct tl_str text)
{
	struct tl_cose_key k;
	struct tl_cur c = tl_cur(text);
	return tl_cose_read(&c, &k);
}

static void
t_weak_and_odd_keys_are_refused(void **state)
{
	(void)state;
	struct maker m TL_CLEANUP(maker_fini);
	make(&m, TL_COSE_RS256);
	EVP_PKEY *weak = EVP_RSA_gen(1024);
	tl_buf_reset(&m.cose);
	put_cose(&m.cose, weak, TL_COSE_RS256);
	EVP_PKEY_free(weak);
	assert_int_equal(read_key(tl_buf_str(&m.cose)), TL_EPARSE);
	assert_int_equal(read_key(TL_S("\xa0")), TL_EPARSE);
	assert_int_equal(read_key(TL_S("\xa2\x01\x02\x01\x02")), TL_EPARSE); /* a label twice */
	assert_int_equal(read_key(TL_S("\xa2\x01\x02\x03\x38\x2e")), TL_EPARSE); /* ES256K */
	struct maker off TL_CLEANUP(maker_fini); /* a point that is not on the curve */
	make(&off, TL_COSE_ES256);
	use(&off, OURS, UP, ORIGIN, "");
	off.cose.p[off.cose.n - 1] ^= 1;
	assert_int_equal(read_key(tl_buf_str(&off.cose)), 0);
	assert_int_equal(verify(&off, false), TL_ECRYPTO);
}

static void
t_cbor_is_read_one_way_only(void **state)
{
	(void)state;
	static const struct {
		struct tl_str text;
		int want;
	} rows[] = {{TL_S("\x17"), 0}, {TL_S("\x18\x18"), 0}, {TL_S("\x18\x17"), TL_EPARSE},
	    {TL_S("\x19\x00\xff"), TL_EPARSE},
	    {TL_S("\x1b\xff\xff\xff\xff\xff\xff\xff\xff"), TL_EPARSE},
	    {TL_S("\x5f\x41\x61\xff"), TL_EPARSE}, {TL_S("\xc0\x60"), TL_EPARSE},
	    {TL_S("\xf9\x00\x00"), TL_EPARSE}, {TL_S("\xf5"), 0}, {TL_S("\xf7"), TL_EPARSE},
	    {TL_S("\x62\xc3\x28"), TL_EPARSE}, {TL_S("\x9a\xff\xff\xff\xff"), TL_EPARSE},
	    {TL_S("\xbb\x7f\xff\xff\xff\xff\xff\xff\xff"), TL_EPARSE},
	    {TL_S("\x42\x61"), TL_EPARSE}, {TL_S("\x82\x81\x80\xa1\x01\x02"), 0},
	    {TL_S(""), TL_EPARSE}};
	for (size_t i = 0; i < TL_COUNT(rows); i++) {
		struct tl_cur c = tl_cur(rows[i].text);
		assert_int_equal(tl_cbor_skip(&c), rows[i].want);
		if (rows[i].want == 0)
			assert_int_equal(tl_cur_end(&c), 0);
	}
	uint8_t deep[4096];
	memset(deep, 0x81, sizeof deep);
	struct tl_cur c = tl_cur(tl_bytes(deep, sizeof deep));
	assert_int_equal(tl_cbor_skip(&c), TL_EPARSE);
	deep[sizeof deep - 1] = 0x80;
	c = tl_cur(tl_bytes(deep, sizeof deep));
	assert_int_equal(tl_cbor_skip(&c), 0);
}

static void
t_sites_come_from_the_public_address(void **state)
{
	(void)state;
	struct tl_webauthn_site s;
	assert_int_equal(tl_webauthn_site(TL_S("http://localhost:8080"), &s), 0);
	assert_true(
	    tl_str_is(s.rp_id, "localhost") && tl_str_is(s.origin, "http://localhost:8080"));
	assert_int_equal(tl_webauthn_site(TL_S("https://t.example/console/"), &s), 0);
	assert_true(
	    tl_str_is(s.rp_id, "t.example") && tl_str_is(s.origin, "https://t.example"));
	static const char *const bad[] = {"http://127.0.0.1:8080", "https://[::1]/",
	    "http://t.example", "https://", "nothing", "https://10.1.2.3"};
	for (size_t i = 0; i < TL_COUNT(bad); i++)
		assert_int_equal(tl_webauthn_site(tl_str(bad[i]), &s), TL_ECONFIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_passkeys_of_three_kinds_register_and_sign),
	    cmocka_unit_test(t_every_changed_byte_of_what_was_signed_is_noticed),
	    cmocka_unit_test(t_signatures_of_another_key_or_kind_are_refused),
	    cmocka_unit_test(t_other_sites_questions_and_flags_are_refused),
	    cmocka_unit_test(t_answers_to_other_challenges_are_refused),
	    cmocka_unit_test(t_extensions_are_passed_over_and_rubbish_is_not),
	    cmocka_unit_test(t_weak_and_odd_keys_are_refused),
	    cmocka_unit_test(t_cbor_is_read_one_way_only),
	    cmocka_unit_test(t_sites_come_from_the_public_address),
	};
	return cmocka_run_group_tests_name("people_webauthn", tests, NULL, NULL);
}
