/*
 * Wrappers of libsodium and OpenSSL's digests.
 *
 * Promises: nonces are random and never reused by callers' mistake; comparison is constant time. Failures:
 * DENIED when something does not verify; out of memory aborts.
 */
#include "sys/crypto.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert(TL_SEAL_OVERHEAD == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES +
				       crypto_aead_xchacha20poly1305_ietf_ABYTES,
    "seal layout");
_Static_assert(TL_PWHASH_MAX >= crypto_pwhash_STRBYTES, "password hash text");

int
tl_crypto_init(void)
{
	if (sodium_init() < 0)
		return tl_fail(TL_ECRYPTO, "the cryptographic library does not start");
	return 0;
}

void
tl_random(void *p, size_t n)
{
	randombytes_buf(p, n);
}

void
tl_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

bool
tl_same(const void *a, const void *b, size_t n)
{
	return sodium_memcmp(a, b, n) == 0;
}

struct tl_key
tl_key_derive(const struct tl_key *master, const char *purpose)
{
	char context[crypto_kdf_CONTEXTBYTES] = {0};
	size_t n = strlen(purpose);
	memcpy(context, purpose, n < sizeof context ? n : sizeof context);
	struct tl_key k;
	(void)crypto_kdf_derive_from_key(k.b, sizeof k.b, 1, context, master->b);
	return k;
}

void
tl_seal(uint8_t *dst, struct tl_str plain, struct tl_str ad, const struct tl_key *key)
{
	enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };
	randombytes_buf(dst, NONCE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
	    dst + NONCE, NULL, plain.p, plain.n, ad.p, ad.n, NULL, dst, key->b);
}

int
tl_unseal(uint8_t *dst, struct tl_str sealed, struct tl_str ad, const struct tl_key *key)
{
	enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };
	if (sealed.n < TL_SEAL_OVERHEAD)
		return tl_fail(TL_ECRYPTO, "sealed data is too short");
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(dst, NULL, NULL, sealed.p + NONCE,
		sealed.n - NONCE, ad.p, ad.n, sealed.p, key->b) != 0)
		return tl_fail(TL_ECRYPTO, "the seal does not fit: wrong key or changed data");
	return 0;
}

void
tl_blake2b(uint8_t *dst, size_t n, struct tl_str data, const struct tl_key *key)
{
	(void)crypto_generichash(
	    dst, n, data.p, data.n, key ? key->b : NULL, key ? sizeof key->b : 0);
}

uint64_t
tl_short_hash(struct tl_str data, const struct tl_key *key)
{
	uint64_t v;
	_Static_assert(
	    crypto_shorthash_BYTES == sizeof v && crypto_shorthash_KEYBYTES <= TL_KEY_BYTES,
	    "a hash of 64 bits");
	(void)crypto_shorthash((uint8_t *)&v, data.p, data.n, key->b);
	return v;
}

void
tl_hmac_sha256(uint8_t dst[32], struct tl_str key, struct tl_str data)
{
	crypto_auth_hmacsha256_state st;
	(void)crypto_auth_hmacsha256_init(&st, key.p, key.n);
	(void)crypto_auth_hmacsha256_update(&st, data.p, data.n);
	(void)crypto_auth_hmacsha256_final(&st, dst);
}

void
tl_sha256(uint8_t dst[32], struct tl_str data)
{
	(void)EVP_Digest(data.p, data.n, dst, NULL, EVP_sha256(), NULL);
}

struct tl_digest {
	EVP_MD_CTX *sha256;
	EVP_MD_CTX *md5;
};

struct tl_digest *
tl_digest_create(void)
{
	struct tl_digest *d = calloc(1, sizeof *d);
	if (!d)
		abort();
	d->sha256 = EVP_MD_CTX_new();
	d->md5 = EVP_MD_CTX_new();
	if (!d->sha256 || !d->md5 || !EVP_DigestInit_ex(d->sha256, EVP_sha256(), NULL) ||
	    !EVP_DigestInit_ex(d->md5, EVP_md5(), NULL))
		abort();
	return d;
}

void
tl_digest_add(struct tl_digest *d, struct tl_str data)
{
	if (!EVP_DigestUpdate(d->sha256, data.p, data.n) ||
	    !EVP_DigestUpdate(d->md5, data.p, data.n))
		abort();
}

void
tl_digest_end(struct tl_digest *d, uint8_t sha256[32], uint8_t md5[16])
{
	if (!EVP_DigestFinal_ex(d->sha256, sha256, NULL) ||
	    !EVP_DigestFinal_ex(d->md5, md5, NULL))
		abort();
	tl_digest_destroy(d);
}

void
tl_digest_destroy(struct tl_digest *d)
{
	if (!d)
		return;
	EVP_MD_CTX_free(d->sha256);
	EVP_MD_CTX_free(d->md5);
	free(d);
}

int
tl_password_hash(char dst[TL_PWHASH_MAX], struct tl_str password)
{
	char text[crypto_pwhash_STRBYTES];
	if (crypto_pwhash_str_alg(text, (const char *)password.p, password.n,
		crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE,
		crypto_pwhash_ALG_ARGON2ID13) != 0)
		return tl_fail(TL_ENOMEM, "not enough memory to hash a password");
	(void)snprintf(dst, TL_PWHASH_MAX, "%s", text);
	return 0;
}

int
tl_password_check(const char *hash, struct tl_str password)
{
	char padded[crypto_pwhash_STRBYTES] = {0};
	(void)snprintf(padded, sizeof padded, "%s", hash);
	if (crypto_pwhash_str_verify(padded, (const char *)password.p, password.n) != 0)
		return tl_fail(TL_EAUTH, "the password is wrong");
	return 0;
}

_Static_assert(TL_SIGN_PUBLIC == crypto_sign_PUBLICKEYBYTES &&
		   TL_SIGN_SECRET == crypto_sign_SECRETKEYBYTES &&
		   TL_SIGN_BYTES == crypto_sign_BYTES,
    "ed25519");

void
tl_sign_new(uint8_t ret_public[TL_SIGN_PUBLIC], uint8_t ret_secret[TL_SIGN_SECRET])
{
	(void)crypto_sign_keypair(ret_public, ret_secret);
}

void
tl_sign(uint8_t dst[TL_SIGN_BYTES], struct tl_str text, const uint8_t secret[TL_SIGN_SECRET])
{
	(void)crypto_sign_detached(dst, NULL, text.p, text.n, secret);
}

bool
tl_sign_fits(const uint8_t sig[TL_SIGN_BYTES], struct tl_str text,
    const uint8_t public_key[TL_SIGN_PUBLIC])
{
	return crypto_sign_verify_detached(sig, text.p, text.n, public_key) == 0;
}
