/*
 * WebAuthn (W3C, level 2) from the relying party's side: what a browser hands back after making a passkey and after
 * signing with one. Pure: bytes in, a key or a refusal out; whose key it is and what was asked stands with the
 * caller. Attestation is neither asked for nor believed.
 */
#pragma once

#include "sys/cose.h"

#define TL_CHALLENGE_BYTES 32
#define TL_CREDENTIAL_MAX 1023
#define TL_COSE_KEY_MAX 1024

/* Where this installation is: from public_url, never from a header. */
struct tl_webauthn_site {
	struct tl_str origin; /* "https://tutela.example" */
	struct tl_str rp_id;  /* "tutela.example" */
};

/* TL_ECONFIG when passkeys cannot work there: an address of numbers, or http on another machine than this. */
int tl_webauthn_site(struct tl_str public_url, struct tl_webauthn_site *ret) TL_MUST;

struct tl_authdata {
	struct tl_str rp_hash; /* 32 bytes */
	bool present, verified, has_credential;
	uint32_t counter;
	struct tl_str credential, cose; /* when has_credential */
	struct tl_cose_key key;
};

int tl_authdata_read(struct tl_str bytes, struct tl_authdata *ret) TL_MUST;
/* The authenticator data inside an attestation object; its statement is passed over. */
int tl_attestation_read(struct tl_str bytes, struct tl_str *ret_authdata) TL_MUST;
/* type, challenge and origin are what was asked for; TL_EPERM otherwise. */
int tl_clientdata_check(struct tl_str json, const char *type,
    const uint8_t challenge[TL_CHALLENGE_BYTES], const struct tl_webauthn_site *site) TL_MUST;

struct tl_webauthn_made {
	struct tl_str client_data, attestation; /* in */
	struct tl_authdata out;                 /* views into `attestation` */
};
int tl_webauthn_register(const struct tl_webauthn_site *site,
    const uint8_t challenge[TL_CHALLENGE_BYTES], struct tl_webauthn_made *m) TL_MUST;

struct tl_webauthn_signed {
	struct tl_str client_data, authdata, signature;
	struct tl_str cose; /* the key that is stored for it */
	bool
	    need_verified; /* the person must have been recognised (PIN, finger), not only present */
	uint32_t counter; /* out */
};
int tl_webauthn_verify(const struct tl_webauthn_site *site,
    const uint8_t challenge[TL_CHALLENGE_BYTES], struct tl_webauthn_signed *s) TL_MUST;
