/*
 * Second factors as rows: TOTP secrets (sealed here), passkeys, recovery codes (hashed here), answered challenges.
 * Nothing here decides: src/people does. Writers run inside a transaction.
 */
#pragma once

#include "base/arena.h"
#include "store/db.h"

struct tl_factors {
	bool totp;
	int64_t passkeys, recovery_left;
};
/* What a user has; NOTFOUND when there is no such user. */
int tl_factors_of(struct tl_db *db, struct tl_id user, struct tl_factors *ret) TL_MUST;

#define TL_TOTP_SECRET_BYTES 20
struct tl_totp_row {
	uint8_t secret[TL_TOTP_SECRET_BYTES];
	int64_t created_at, confirmed_at, last_step;
};
/* Keeps a secret that is not in use yet, in the place of an earlier one; TL_ECONFLICT when one is in use. */
int tl_totp_begin(
    struct tl_db *db, struct tl_id user, const uint8_t secret[TL_TOTP_SECRET_BYTES]) TL_MUST;
int tl_totp_get(struct tl_db *db, struct tl_id user, struct tl_totp_row *ret) TL_MUST;
/* A code of this step was used; the first one puts the secret in use. TL_ECONFLICT: it was used already. */
int tl_totp_used(struct tl_db *db, struct tl_id user, int64_t step) TL_MUST;
int tl_totp_remove(struct tl_db *db, struct tl_id user) TL_MUST; /* fine when there is none */

struct tl_passkey {
	struct tl_id id, user;
	struct tl_str name, credential, cose;
	int64_t counter, created_at, used_at;
};
#define TL_PASSKEYS_MAX 20
/* `id` and `created_at` are filled. TL_EEXISTS when the credential is known. */
int tl_passkey_put(struct tl_db *db, struct tl_passkey *p) TL_MUST;
int tl_passkey_list(struct tl_db *db, struct tl_id user, struct tl_arena *arena,
    struct tl_passkey **ret, size_t *ret_count) TL_MUST;
int tl_passkey_find(struct tl_db *db, struct tl_str credential, struct tl_arena *arena,
    struct tl_passkey *ret) TL_MUST; /* NOTFOUND */
int tl_passkey_used(struct tl_db *db, struct tl_id id, int64_t counter) TL_MUST;
int tl_passkey_remove(struct tl_db *db, struct tl_id id, struct tl_id user) TL_MUST;
int tl_passkey_remove_all(struct tl_db *db, struct tl_id user) TL_MUST;

/* Recovery codes: `code` is the text without separators, in capitals. TL_EAUTH: wrong or used. */
int tl_recovery_put(struct tl_db *db, struct tl_id user, struct tl_str code) TL_MUST;
int tl_recovery_use(struct tl_db *db, struct tl_id user, struct tl_str code) TL_MUST;
int tl_recovery_remove(struct tl_db *db, struct tl_id user) TL_MUST;

/* A challenge is answered once: TL_ECONFLICT the second time. Forgets those that are over. */
int tl_challenge_use(struct tl_db *db, struct tl_str challenge, int64_t expires_at) TL_MUST;
