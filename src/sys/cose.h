/*
 * Public keys as security keys write them (COSE, RFC 9053), and checking what was signed with them: ES256, EdDSA
 * (Ed25519) and RS256. Nothing else is taken.
 */
#pragma once

#include "base/cur.h"

enum tl_cose_alg { TL_COSE_ES256 = -7, TL_COSE_EDDSA = -8, TL_COSE_RS256 = -257 };

struct tl_cose_key {
	enum tl_cose_alg alg;
	struct tl_str x,
	    y; /* a point (ES256), a key (EdDSA: x only), or modulus and exponent (RS256) */
};

/* Reads one key and no more; views into the cursor's bytes. INPUT when it is malformed, weak or of another kind. */
int tl_cose_read(struct tl_cur *c, struct tl_cose_key *ret) TL_MUST;

/* TL_ECRYPTO when the signature is not this key's over these bytes. */
int tl_cose_verify(const struct tl_cose_key *k, struct tl_str bytes, struct tl_str sig) TL_MUST;
