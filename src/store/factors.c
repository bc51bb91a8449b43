/*
 * The rows of second factors.
 *
 * Promises: secrets are sealed and bound to their user, recovery codes kept as keyed hashes; a code, a step and a
 * challenge are used at most once, whoever asks at the same time. Failures: NOTFOUND, EXISTS, CONFLICT, DENIED and
 * those of the store. Called by src/people.
 */
#include "store/factors.h"

#include "store/rows_int.h"
#include "sys/clock.h"

#define SEALED_BYTES (TL_TOTP_SECRET_BYTES + TL_SEAL_OVERHEAD)

static struct tl_key
key_for(struct tl_db *db, const char *purpose)
{
	return tl_store_key(tl_db_store(db), purpose);
}

int
tl_factors_of(struct tl_db *db, struct tl_id user, struct tl_factors *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_FACTORS_OF, A_ID(user));
	if (rc < 0)
		return rows_found(rc, "user");
	*ret =
	    (struct tl_factors){tl_col_int(&r, 0) != 0, tl_col_int(&r, 1), tl_col_int(&r, 2)};
	tl_row_end(&r);
	return 0;
}

/* TOTP ------------------------------------------------------------------------------------ */

int
tl_totp_begin(struct tl_db *db, struct tl_id user, const uint8_t secret[TL_TOTP_SECRET_BYTES])
{
	uint8_t sealed[SEALED_BYTES];
	struct tl_key key = key_for(db, "totp");
	tl_seal(sealed, tl_bytes(secret, TL_TOTP_SECRET_BYTES), tl_bytes(user.b, sizeof user.b),
	    &key);
	tl_wipe(&key, sizeof key);
	int rc = tl_db_run(db, TL_SQL_TOTP_BEGIN, A_ID(user),
	    A_BYTES(tl_bytes(sealed, sizeof sealed)), A_INT(tl_now_us()));
	if (rc == 0)
		return tl_fail(
		    TL_ECONFLICT, "an authenticator app is set up already; remove it first");
	return rc < 0 ? rc : 0;
}

int
tl_totp_get(struct tl_db *db, struct tl_id user, struct tl_totp_row *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_TOTP_GET, A_ID(user));
	if (rc < 0)
		return rows_found(rc, "authenticator app");
	struct tl_totp_row t = {.created_at = tl_col_int(&r, 1),
	    .confirmed_at = tl_col_int(&r, 2),
	    .last_step = tl_col_int(&r, 3)};
	struct tl_str sealed = tl_col_str(&r, 0);
	struct tl_key key = key_for(db, "totp");
	rc = sealed.n == SEALED_BYTES
		 ? tl_unseal(t.secret, sealed, tl_bytes(user.b, sizeof user.b), &key)
		 : tl_fail(TL_ECORRUPT, "a TOTP secret is damaged");
	tl_wipe(&key, sizeof key);
	tl_row_end(&r);
	if (rc == 0)
		*ret = t;
	tl_wipe(t.secret, sizeof t.secret);
	return rc;
}

int
tl_totp_used(struct tl_db *db, struct tl_id user, int64_t step)
{
	int rc = tl_db_run(db, TL_SQL_TOTP_USED, A_ID(user), A_INT(step), A_INT(tl_now_us()));
	if (rc == 0)
		return tl_fail(
		    TL_ECONFLICT, "this code was used already; wait for the next one");
	return rc < 0 ? rc : 0;
}

int
tl_totp_remove(struct tl_db *db, struct tl_id user)
{
	int rc = tl_db_run(db, TL_SQL_TOTP_REMOVE, A_ID(user));
	return rc < 0 ? rc : 0;
}

/* Passkeys -------------------------------------------------------------------------------- */

int
tl_passkey_put(struct tl_db *db, struct tl_passkey *p)
{
	p->id = tl_id_new();
	p->created_at = tl_now_us();
	int rc = tl_db_run(db, TL_SQL_PASSKEY_ADD, A_ID(p->id), A_ID(p->user), A_TEXT(p->name),
	    A_BYTES(p->credential), A_BYTES(p->cose), A_INT(p->counter), A_INT(p->created_at));
	if (rc == TL_EEXISTS)
		return tl_fail(rc, "this passkey is registered already");
	return rc < 0 ? rc : 0;
}

static int
read_passkey(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	*(struct tl_passkey *)ret = (struct tl_passkey){.id = tl_col_id(r, 0),
	    .user = tl_col_id(r, 1),
	    .name = tl_arena_dup(arena, tl_col_str(r, 2)),
	    .credential = tl_arena_dup(arena, tl_col_str(r, 3)),
	    .cose = tl_arena_dup(arena, tl_col_str(r, 4)),
	    .counter = tl_col_int(r, 5),
	    .created_at = tl_col_int(r, 6),
	    .used_at = tl_col_int(r, 7)};
	return tl_arena_check(arena);
}

int
tl_passkey_list(struct tl_db *db, struct tl_id user, struct tl_arena *arena,
    struct tl_passkey **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_PASSKEY_LIST, A_ID(user));
	return rc < 0 ? rc
		      : ROWS_READ(&r, arena, TL_PASSKEYS_MAX, read_passkey, ret, ret_count);
}

int
tl_passkey_find(
    struct tl_db *db, struct tl_str credential, struct tl_arena *arena, struct tl_passkey *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_PASSKEY_FIND, A_BYTES(credential));
	if (rc < 0)
		return rows_found(rc, "passkey");
	rc = read_passkey(&r, arena, ret);
	tl_row_end(&r);
	return rc;
}

int
tl_passkey_used(struct tl_db *db, struct tl_id id, int64_t counter)
{
	return rows_one(
	    tl_db_run(db, TL_SQL_PASSKEY_USED, A_ID(id), A_INT(counter), A_INT(tl_now_us())),
	    "passkey");
}

int
tl_passkey_remove(struct tl_db *db, struct tl_id id, struct tl_id user)
{
	return rows_one(tl_db_run(db, TL_SQL_PASSKEY_REMOVE, A_ID(id), A_ID(user)), "passkey");
}

int
tl_passkey_remove_all(struct tl_db *db, struct tl_id user)
{
	int rc = tl_db_run(db, TL_SQL_PASSKEYS_REMOVE, A_ID(user));
	return rc < 0 ? rc : 0;
}

/* Recovery codes -------------------------------------------------------------------------- */

static void
hash_code(struct tl_db *db, struct tl_str code, uint8_t hash[32])
{
	struct tl_key key = key_for(db, "recovery");
	tl_blake2b(hash, 32, code, &key);
	tl_wipe(&key, sizeof key);
}

int
tl_recovery_put(struct tl_db *db, struct tl_id user, struct tl_str code)
{
	uint8_t hash[32];
	hash_code(db, code, hash);
	int rc = tl_db_run(
	    db, TL_SQL_RECOVERY_ADD, A_ID(user), A_BYTES(tl_bytes(hash, sizeof hash)));
	return rc < 0 ? rc : 0;
}

int
tl_recovery_use(struct tl_db *db, struct tl_id user, struct tl_str code)
{
	uint8_t hash[32];
	hash_code(db, code, hash);
	int rc = tl_db_run(db, TL_SQL_RECOVERY_USE, A_ID(user),
	    A_BYTES(tl_bytes(hash, sizeof hash)), A_INT(tl_now_us()));
	if (rc == 0)
		return tl_fail(TL_EAUTH, "the recovery code is wrong or was used");
	return rc < 0 ? rc : 0;
}

int
tl_recovery_remove(struct tl_db *db, struct tl_id user)
{
	int rc = tl_db_run(db, TL_SQL_RECOVERY_REMOVE, A_ID(user));
	return rc < 0 ? rc : 0;
}

/* Challenges ------------------------------------------------------------------------------ */

int
tl_challenge_use(struct tl_db *db, struct tl_str challenge, int64_t expires_at)
{
	uint8_t hash[32];
	tl_blake2b(hash, sizeof hash, challenge, NULL);
	int rc = tl_db_run(db, TL_SQL_CHALLENGES_OVER, A_INT(tl_now_us()));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_CHALLENGE_USE, A_BYTES(tl_bytes(hash, sizeof hash)),
		    A_INT(expires_at));
	if (rc == TL_EEXISTS)
		return tl_fail(TL_ECONFLICT, "this question was answered already; begin again");
	return rc < 0 ? rc : 0;
}
