/*
 * Cryptography: thin wrappers that fix algorithm and sizes in one place.
 * Sealing: XChaCha20-Poly1305 (libsodium), random 24-byte nonce in front. Keyed hash: BLAKE2b-256 with key.
 * Digests of media: SHA-256 and MD5 (OpenSSL), the latter only because exchanges list it. Passwords: argon2id.
 */
#pragma once

#include "base/buf.h"

#define TL_KEY_BYTES 32
#define TL_SEAL_OVERHEAD 40 /* nonce 24 + tag 16 */
#define TL_PWHASH_MAX 128

struct tl_key {
	uint8_t b[TL_KEY_BYTES];
};

/* Call once in each process before anything else here. */
int tl_crypto_init(void) TL_MUST;

void tl_random(void *p, size_t n);
void tl_wipe(void *p, size_t n);
bool tl_same(const void *a, const void *b, size_t n); /* constant time */

/* A key for one purpose, derived from `master` (BLAKE2b KDF); `purpose` is at most 8 characters. */
struct tl_key tl_key_derive(const struct tl_key *master, const char *purpose);

/* Writes n + TL_SEAL_OVERHEAD bytes to dst. `ad` is authenticated and not stored. */
void tl_seal(uint8_t *dst, struct tl_str plain, struct tl_str ad, const struct tl_key *key);
/* Writes sealed.n - TL_SEAL_OVERHEAD bytes to dst; DENIED when the seal does not fit. */
int tl_unseal(
    uint8_t *dst, struct tl_str sealed, struct tl_str ad, const struct tl_key *key) TL_MUST;

/* BLAKE2b, n of 16..64 bytes; `key` may be NULL. */
void tl_blake2b(uint8_t *dst, size_t n, struct tl_str data, const struct tl_key *key);

/* SipHash-2-4 under the first half of the key: for tables and sketches, nothing that must last against an attack. */
uint64_t tl_short_hash(struct tl_str data, const struct tl_key *key);

void tl_hmac_sha256(uint8_t dst[32], struct tl_str key, struct tl_str data);
void tl_sha256(uint8_t dst[32], struct tl_str data);

/* SHA-256 and MD5 of bytes as they arrive. */
struct tl_digest;
struct tl_digest *tl_digest_create(void);
void tl_digest_add(struct tl_digest *d, struct tl_str data);
void tl_digest_end(struct tl_digest *d, uint8_t sha256[32], uint8_t md5[16]); /* destroys d */
void tl_digest_destroy(struct tl_digest *d); /* without a result; NULL is fine */

/* argon2id, "interactive" cost (about 0.1 s, 64 MiB). */
int tl_password_hash(char dst[TL_PWHASH_MAX], struct tl_str password) TL_MUST;
int tl_password_check(const char *hash, struct tl_str password) TL_MUST; /* DENIED when wrong */

/* Signatures: ed25519. The secret key holds its public key in its second half. */
#define TL_SIGN_PUBLIC 32
#define TL_SIGN_SECRET 64
#define TL_SIGN_PUBLIC_AT (TL_SIGN_SECRET - TL_SIGN_PUBLIC)
#define TL_SIGN_BYTES 64
void tl_sign_new(uint8_t ret_public[TL_SIGN_PUBLIC], uint8_t ret_secret[TL_SIGN_SECRET]);
void tl_sign(
    uint8_t dst[TL_SIGN_BYTES], struct tl_str text, const uint8_t secret[TL_SIGN_SECRET]);
bool tl_sign_fits(const uint8_t sig[TL_SIGN_BYTES], struct tl_str text,
    const uint8_t public_key[TL_SIGN_PUBLIC]);
