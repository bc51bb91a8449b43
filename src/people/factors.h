/*
 * Second factors: an authenticator app (TOTP), passkeys, recovery codes. Getting them, using them, losing them. All
 * but the checks run inside a transaction of the caller and are audited.
 */
#pragma once

#include "people/session.h"
#include "people/step.h"
#include "store/factors.h"

#define TL_RECOVERY_CODES 10
#define TL_RECOVERY_TEXT 12 /* "BCDFG-HJKMN" and NUL */

/* What somebody shows to prove that it is them: one of these. */
struct tl_proof {
	struct tl_str code;     /* of the app */
	struct tl_str recovery; /* a recovery code */
	struct tl_str credential, client_data, authdata, signature,
	    user_handle; /* a passkey's answer */
};

struct tl_proof_result {
	const char *how; /* "totp", "recovery", "passkey" */
	int64_t late_s;  /* the device's clock is so slow; 0: not known */
};

/*
 * Is this proof `user`'s? Uses it up. `step` is what was asked (for a passkey). TL_EAUTH with a sentence when it is not;
 * the caller commits also then, because a copied passkey opens an alarm.
 */
int tl_proof_use(struct tl_db *db, struct tl_arena *arena, struct tl_id user,
    const struct tl_proof *p, const struct tl_step *step, const struct tl_webauthn_site *site,
    bool need_verified, struct tl_proof_result *ret) TL_MUST;

/* Whose passkey this is, from its name alone. TL_EAUTH. */
int tl_proof_owner(struct tl_db *db, struct tl_arena *arena, const struct tl_proof *p,
    struct tl_id *ret) TL_MUST;

/* Ten new codes in place of all earlier ones; shown this once. */
int tl_recovery_make(struct tl_db *db, const struct tl_session *s,
    char codes[TL_RECOVERY_CODES][TL_RECOVERY_TEXT]) TL_MUST;

/* A secret that waits for its first code. */
int tl_totp_enrol(
    struct tl_db *db, const struct tl_session *s, uint8_t secret[TL_TOTP_SECRET_BYTES]) TL_MUST;
/* The first code: from now on it is asked for. */
int tl_totp_confirm(struct tl_db *db, const struct tl_session *s, struct tl_str code,
    int64_t *ret_late_s) TL_MUST;

struct tl_passkey_new {
	struct tl_str name, client_data, attestation;
	struct tl_passkey out;
};
int tl_passkey_enrol(struct tl_db *db, const struct tl_session *s, const struct tl_step *step,
    const struct tl_webauthn_site *site, struct tl_passkey_new *p) TL_MUST;

/* TL_ECONFLICT when it is the last one of somebody whose role must have one. `passkey` nil: the app. */
int tl_factor_remove(
    struct tl_db *db, const struct tl_session *s, struct tl_id passkey, bool must_have) TL_MUST;

/* By an administrator or at the machine, for somebody who lost everything: all gone, sessions too. */
int tl_factors_reset(struct tl_db *db, struct tl_id user, const char *actor) TL_MUST;
