/*
 * Owns what a second factor is worth: which proof is good, how one is got, how all are lost.
 *
 * Promises: every proof counts once; nobody whose role must have a factor can remove the last; a passkey whose counter
 * goes back is refused and opens an alarm. Failures: TL_EAUTH for a proof, STATE for what is not possible now. Called
 * by sign-in, the console's routes and the CLI.
 */
#include "people/factors.h"

#include "people/totp.h"
#include "store/alarms.h"
#include "sys/clock.h"

/* Proofs ---------------------------------------------------------------------------------- */

static int
use_code(struct tl_db *db, struct tl_id user, struct tl_str code, bool confirmed,
    int64_t *ret_late_s)
{
	struct tl_totp_row t = {0};
	int64_t step = 0;
	int rc = tl_totp_get(db, user, &t);
	if (rc == TL_ENOTFOUND || (rc == 0 && confirmed && !t.confirmed_at))
		return tl_fail(TL_EAUTH, "the code is not right");
	if (rc == 0)
		rc = tl_totp_check(tl_bytes(t.secret, sizeof t.secret), code, tl_now_us(),
		    t.last_step, &step, ret_late_s);
	tl_wipe(t.secret, sizeof t.secret);
	if (rc == 0)
		rc = tl_totp_used(db, user, step);
	return rc == TL_ECONFLICT ? TL_EAUTH : rc;
}

/* Capitals, without what people put between them. */
static int
use_recovery(struct tl_db *db, struct tl_id user, struct tl_str text)
{
	char code[32];
	size_t n = 0;
	for (size_t i = 0; i < text.n && n < sizeof code; i++) {
		uint8_t c = text.p[i];
		if (c == ' ' || c == '-')
			continue;
		code[n++] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
	}
	return tl_recovery_use(db, user, tl_bytes(code, n));
}

static int
copied_passkey(struct tl_db *db, const struct tl_passkey *k, uint32_t counter)
{
	char id[TL_ID_TEXT], owner[TL_ID_TEXT];
	tl_id_text(id, k->id);
	tl_id_text(owner, k->user);
	int rc = tl_alarm_open(db, TL_AL_PASSKEY_COUNTER, tl_str(id),
	    TL_SAID(A_Z(owner), A_INT(counter), A_INT(k->counter)), NULL);
	if (rc == 0)
		rc = tl_audit_add(db, "system", "passkey.counter", tl_str(owner), tl_str(id));
	return rc < 0 ? rc : tl_fail(TL_EAUTH, "the passkey was not accepted");
}

static int
use_passkey(struct tl_db *db, struct tl_arena *arena, struct tl_id user,
    const struct tl_proof *p, const struct tl_step *step, const struct tl_webauthn_site *site,
    bool need_verified)
{
	struct tl_passkey k = {0};
	int rc = tl_passkey_find(db, p->credential, arena, &k);
	if (rc == TL_ENOTFOUND || (rc == 0 && !tl_id_eq(k.user, user)) ||
	    (p->user_handle.n && !tl_str_eq(p->user_handle, tl_bytes(user.b, sizeof user.b))))
		return tl_fail(TL_EAUTH, "the passkey was not accepted");
	if (rc < 0)
		return rc;
	struct tl_webauthn_signed s = {.client_data = p->client_data,
	    .authdata = p->authdata,
	    .signature = p->signature,
	    .cose = k.cose,
	    .need_verified = need_verified};
	rc = tl_webauthn_verify(site, step->challenge, &s);
	if (rc < 0)
		return tl_fail(TL_EAUTH, "the passkey was not accepted");
	rc = tl_challenge_use(
	    db, tl_bytes(step->challenge, sizeof step->challenge), step->expires_at);
	if (rc < 0)
		return rc == TL_ECONFLICT ? TL_EAUTH : rc;
	if ((s.counter || k.counter) && s.counter <= k.counter)
		return copied_passkey(db, &k, s.counter);
	return tl_passkey_used(db, k.id, s.counter);
}

int
tl_proof_use(struct tl_db *db, struct tl_arena *arena, struct tl_id user,
    const struct tl_proof *p, const struct tl_step *step, const struct tl_webauthn_site *site,
    bool need_verified, struct tl_proof_result *ret)
{
	*ret = (struct tl_proof_result){.how = "totp"};
	if (p->code.n)
		return use_code(db, user, p->code, true, &ret->late_s);
	ret->how = "recovery";
	if (p->recovery.n)
		return use_recovery(db, user, p->recovery);
	ret->how = "passkey";
	if (p->credential.n && step && site)
		return use_passkey(db, arena, user, p, step, site, need_verified);
	return tl_fail(TL_EAUTH, "a code or a passkey is needed");
}

int
tl_proof_owner(
    struct tl_db *db, struct tl_arena *arena, const struct tl_proof *p, struct tl_id *ret)
{
	struct tl_passkey k = {0};
	int rc = tl_passkey_find(db, p->credential, arena, &k);
	if (rc == TL_ENOTFOUND)
		return tl_fail(TL_EAUTH, "the passkey was not accepted");
	if (rc == 0)
		*ret = k.user;
	return rc;
}

/* Getting them ---------------------------------------------------------------------------- */

static int
audit_own(struct tl_db *db, const struct tl_session *s, const char *verb, const char *what)
{
	char actor[TL_ACTOR_MAX], id[TL_ID_TEXT];
	tl_actor_user(actor, s->user.id);
	tl_id_text(id, s->user.id);
	return tl_audit_add(db, actor, verb, tl_str(id), tl_str(what));
}

int
tl_recovery_make(struct tl_db *db, const struct tl_session *s,
    char codes[TL_RECOVERY_CODES][TL_RECOVERY_TEXT])
{
	static const char letters[] = "23456789BCDFGHJKMNPQRSTVWXYZ";
	enum { LETTERS = sizeof letters - 1, HALF = 5 };
	int rc = tl_recovery_remove(db, s->user.id);
	for (int i = 0; rc == 0 && i < TL_RECOVERY_CODES; i++) {
		char plain[2 * HALF] = {0};
		for (size_t k = 0; k < sizeof plain;) {
			uint8_t r;
			tl_random(&r, 1);
			if (r < 256 / LETTERS * LETTERS) /* each letter as likely */
				plain[k++] = letters[r % LETTERS];
		}
		(void)snprintf(codes[i], TL_RECOVERY_TEXT, "%.5s-%.5s", plain, plain + HALF);
		rc = tl_recovery_put(db, s->user.id, tl_bytes(plain, sizeof plain));
	}
	return rc < 0 ? rc : audit_own(db, s, "recovery.make", "");
}

static int
got_one(struct tl_db *db, const struct tl_session *s, const char *what)
{
	int rc = tl_session_enrolled(db, s->hash, tl_now_us());
	return rc < 0 ? rc : audit_own(db, s, "factor.add", what);
}

int
tl_totp_enrol(
    struct tl_db *db, const struct tl_session *s, uint8_t secret[TL_TOTP_SECRET_BYTES])
{
	tl_random(secret, TL_TOTP_SECRET_BYTES);
	return tl_totp_begin(db, s->user.id, secret);
}

int
tl_totp_confirm(
    struct tl_db *db, const struct tl_session *s, struct tl_str code, int64_t *ret_late_s)
{
	struct tl_factors f = {0};
	int rc = tl_factors_of(db, s->user.id, &f);
	if (rc == 0 && f.totp)
		return tl_fail(TL_ECONFLICT, "an authenticator app is set up already");
	if (rc == 0)
		rc = use_code(db, s->user.id, code, false, ret_late_s);
	if (rc == TL_EAUTH)
		return tl_fail_at(TL_EFIELD, "/code", "%s", tl_err_text());
	return rc < 0 ? rc : got_one(db, s, "totp");
}

int
tl_passkey_enrol(struct tl_db *db, const struct tl_session *s, const struct tl_step *step,
    const struct tl_webauthn_site *site, struct tl_passkey_new *p)
{
	struct tl_webauthn_made m = {
	    .client_data = p->client_data, .attestation = p->attestation};
	struct tl_factors f = {0};
	int rc = tl_webauthn_register(site, step->challenge, &m);
	if (rc == 0)
		rc = tl_challenge_use(
		    db, tl_bytes(step->challenge, sizeof step->challenge), step->expires_at);
	if (rc == 0)
		rc = tl_factors_of(db, s->user.id, &f);
	if (rc < 0)
		return rc;
	if (f.passkeys >= TL_PASSKEYS_MAX)
		return tl_fail(
		    TL_ECONFLICT, "you have %d passkeys; remove one first", TL_PASSKEYS_MAX);
	p->out = (struct tl_passkey){.user = s->user.id,
	    .name = p->name,
	    .credential = m.out.credential,
	    .cose = m.out.cose,
	    .counter = m.out.counter};
	rc = tl_passkey_put(db, &p->out);
	return rc < 0 ? rc : got_one(db, s, "passkey");
}

/* Losing them ----------------------------------------------------------------------------- */

int
tl_factor_remove(
    struct tl_db *db, const struct tl_session *s, struct tl_id passkey, bool must_have)
{
	bool app = tl_id_is_nil(passkey);
	struct tl_factors f = {0};
	int rc =
	    app ? tl_totp_remove(db, s->user.id) : tl_passkey_remove(db, passkey, s->user.id);
	if (rc == 0)
		rc = tl_factors_of(db, s->user.id, &f);
	if (rc < 0)
		return rc;
	bool none = !f.totp && f.passkeys == 0;
	if (none && must_have)
		return tl_fail(
		    TL_ECONFLICT, "your role needs a second factor; set another one up first");
	if (none)
		rc = tl_recovery_remove(db, s->user.id);
	return rc < 0 ? rc : audit_own(db, s, "factor.remove", app ? "totp" : "passkey");
}

int
tl_factors_reset(struct tl_db *db, struct tl_id user, const char *actor)
{
	char id[TL_ID_TEXT];
	tl_id_text(id, user);
	int rc = tl_totp_remove(db, user);
	if (rc == 0)
		rc = tl_passkey_remove_all(db, user);
	if (rc == 0)
		rc = tl_recovery_remove(db, user);
	if (rc == 0)
		rc = tl_session_end_of(db, user);
	return rc < 0 ? rc : tl_audit_add(db, actor, "factor.reset", tl_str(id), TL_S(""));
}
