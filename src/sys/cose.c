/*
 * COSE keys: reading them strictly, verifying with OpenSSL.
 *
 * Promises: a key that was read has the parameters of exactly one of the three algorithms, of their right size; the
 * algorithm is the stored key's, never the message's. Failures: INPUT, TL_ECRYPTO. Called by src/people.
 */
#include "sys/cose.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/cbor.h"

/* What a COSE key may say, by label. */
struct parts {
	bool has_kty, has_alg, has_crv;
	int64_t kty, alg, crv;
	struct tl_str m1, m2, m3; /* labels -1 (when bytes), -2, -3 */
};

static int
no_key(const char *why)
{
	return tl_fail(TL_EPARSE, "the public key %s", why);
}

static int
one_part(struct tl_cur *c, int64_t label, struct parts *k)
{
	struct tl_cbor v = {0};
	int rc = tl_cbor_next(c, &v);
	if (rc < 0)
		return rc;
	bool is_int = v.kind == TL_CBOR_INT, is_bytes = v.kind == TL_CBOR_BYTES;
	if (label == 1 && is_int && !k->has_kty) {
		k->has_kty = true;
		k->kty = v.i;
	} else if (label == 3 && is_int && !k->has_alg) {
		k->has_alg = true;
		k->alg = v.i;
	} else if (label == -1 && is_int && !k->has_crv) {
		k->has_crv = true;
		k->crv = v.i;
	} else if (label == -1 && is_bytes && !k->m1.p)
		k->m1 = v.s;
	else if (label == -2 && is_bytes && !k->m2.p)
		k->m2 = v.s;
	else if (label == -3 && is_bytes && !k->m3.p)
		k->m3 = v.s;
	else
		return no_key("has a part that does not belong there");
	return 0;
}

static int
key_of(const struct parts *k, struct tl_cose_key *ret)
{
	if (!k->has_kty || !k->has_alg)
		return no_key("does not say what it is");
	if (k->alg == TL_COSE_ES256 && k->kty == 2 && k->has_crv && k->crv == 1 &&
	    k->m2.n == 32 && k->m3.n == 32 && !k->m1.p)
		*ret = (struct tl_cose_key){TL_COSE_ES256, k->m2, k->m3};
	else if (k->alg == TL_COSE_EDDSA && k->kty == 1 && k->has_crv && k->crv == 6 &&
		 k->m2.n == 32 && !k->m1.p && !k->m3.p)
		*ret = (struct tl_cose_key){TL_COSE_EDDSA, k->m2, {0}};
	else if (k->alg == TL_COSE_RS256 && k->kty == 3 && !k->has_crv && k->m1.n >= 256 &&
		 k->m1.n <= 512 && k->m2.n >= 3 && k->m2.n <= 4 && !k->m3.p)
		*ret = (struct tl_cose_key){TL_COSE_RS256, k->m1, k->m2};
	else
		return no_key("is not one of ES256, EdDSA and RS256 of at least 2048 bits");
	return 0;
}

int
tl_cose_read(struct tl_cur *c, struct tl_cose_key *ret)
{
	struct tl_cbor map = {0}, label = {0};
	struct parts k = {0};
	int rc = tl_cbor_expect(c, TL_CBOR_MAP, &map);
	for (size_t i = 0; rc == 0 && i < map.count; i++) {
		rc = tl_cbor_expect(c, TL_CBOR_INT, &label);
		if (rc == 0)
			rc = one_part(c, label.i, &k);
	}
	return rc < 0 ? rc : key_of(&k, ret);
}

static EVP_PKEY *
from_params(const char *type, OSSL_PARAM_BLD *b)
{
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	if (params && ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return key;
}

static EVP_PKEY *
es256_key(const struct tl_cose_key *k)
{
	uint8_t point[65] = {4};
	EVP_PKEY *key = NULL;
	memcpy(point + 1, k->x.p, 32);
	memcpy(point + 33, k->y.p, 32);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	if (b &&
	    OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) ==
		1 &&
	    OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) ==
		1)
		key = from_params("EC", b);
	OSSL_PARAM_BLD_free(b);
	return key;
}

static EVP_PKEY *
rs256_key(const struct tl_cose_key *k)
{
	EVP_PKEY *key = NULL;
	BIGNUM *n = BN_bin2bn(k->x.p, (int)k->x.n, NULL);
	BIGNUM *e = BN_bin2bn(k->y.p, (int)k->y.n, NULL);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	if (n && e && b && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		key = from_params("RSA", b);
	OSSL_PARAM_BLD_free(b);
	BN_free(n);
	BN_free(e);
	return key;
}

static EVP_PKEY *
openssl_key(const struct tl_cose_key *k)
{
	if (k->alg == TL_COSE_ES256)
		return es256_key(k);
	if (k->alg == TL_COSE_RS256)
		return rs256_key(k);
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, k->x.p, k->x.n);
}

int
tl_cose_verify(const struct tl_cose_key *k, struct tl_str bytes, struct tl_str sig)
{
	EVP_PKEY *key = openssl_key(k);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *md = k->alg == TL_COSE_EDDSA ? NULL : EVP_sha256();
	bool good = key && ctx && EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, sig.p, sig.n, bytes.p, bytes.n) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return good ? 0 : tl_fail(TL_ECRYPTO, "the signature is not this key's");
}
