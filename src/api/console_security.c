/*
 * What somebody does for their own safety: second factors, recovery codes, password, sessions.
 *
 * Promises: what adds a way in asks for a proof of the last ten minutes, what takes one away for the password; secrets
 * are shown once. Failures: 403 with the field /proof when a proof is due, 409, 422.
 */
#include "api/console_int.h"

#include "people/signin.h"
#include "people/totp.h"
#include "sys/clock.h"

#define FRESH_US (10 * TL_US_MIN)

static bool
must_have(struct tl_call *c)
{
	struct tl_signin_rules r = tl_call_signin_rules(c->app->config);
	return r.second_roles & 1U << c->session->user.role;
}

static void
write_passkey(struct tl_call *c, const char *key, const struct tl_passkey *p)
{
	tl_js_open(&c->out, key, '{');
	tl_js_id(&c->out, "id", p->id);
	tl_js_str(&c->out, "name", p->name);
	tl_js_time(&c->out, "created_at", p->created_at);
	tl_js_time(&c->out, "used_at", p->used_at);
	tl_js_close(&c->out, '}');
}

static void
write_sign_in(struct tl_call *c, const struct tl_session_row *s)
{
	tl_js_open(&c->out, NULL, '{');
	tl_js_id(&c->out, "id", tl_session_id(s->hash));
	tl_js_str(&c->out, "device", s->device.n ? s->device : TL_S("an unknown device"));
	tl_js_str(&c->out, "address", s->address);
	tl_js_time(&c->out, "created_at", s->created_at);
	tl_js_time(&c->out, "seen_at", s->seen_at);
	tl_js_time(&c->out, "expires_at", s->expires_at);
	tl_js_bool(&c->out, "mine", tl_same(c->session->hash, s->hash, sizeof s->hash));
	tl_js_close(&c->out, '}');
}

static int
write_sign_ins(struct tl_call *c)
{
	struct tl_session_row *rows = NULL;
	size_t n = 0;
	int64_t idle = tl_call_signin_rules(c->app->config).idle_us;
	int rc = tl_session_list(
	    c->db, c->session->user.id, tl_now_us() - idle, c->arena, &rows, &n);
	tl_js_open(&c->out, "sessions", '[');
	for (size_t i = 0; rc == 0 && i < n; i++)
		write_sign_in(c, &rows[i]);
	tl_js_close(&c->out, ']');
	return rc;
}

int
tl_console_security(struct tl_call *c)
{
	struct tl_passkey *keys = NULL;
	struct tl_webauthn_site site = {0};
	struct tl_factors f = {0};
	size_t n = 0;
	int rc = tl_factors_of(c->db, c->session->user.id, &f);
	if (rc == 0)
		rc = tl_passkey_list(c->db, c->session->user.id, c->arena, &keys, &n);
	if (rc < 0)
		return rc;
	bool can = tl_call_site(c, &site);
	struct tl_str why = can ? TL_S("") : tl_str(tl_err_text());
	tl_js_open(&c->out, NULL, '{');
	tl_js_bool(&c->out, "totp", f.totp);
	tl_js_bool(&c->out, "must_have", must_have(c));
	tl_js_str0(&c->out, "no_passkeys", why);
	tl_js_int(&c->out, "recovery_left", f.recovery_left);
	tl_js_open(&c->out, "passkeys", '[');
	for (size_t i = 0; i < n; i++)
		write_passkey(c, NULL, &keys[i]);
	tl_js_close(&c->out, ']');
	rc = write_sign_ins(c);
	tl_js_close(&c->out, '}');
	return rc;
}

/* New recovery codes with somebody's first factor, or null. */
static int
write_codes(struct tl_call *c, bool make)
{
	char codes[TL_RECOVERY_CODES][TL_RECOVERY_TEXT];
	if (!make) {
		tl_js_null(&c->out, "recovery_codes");
		return 0;
	}
	int rc = tl_recovery_make(c->db, c->session, codes);
	tl_js_open(&c->out, "recovery_codes", '[');
	for (size_t i = 0; rc == 0 && i < TL_RECOVERY_CODES; i++)
		tl_js_z(&c->out, NULL, codes[i]);
	tl_js_close(&c->out, ']');
	tl_wipe(codes, sizeof codes);
	return rc;
}

static int
fresh(struct tl_call *c)
{
	return tl_session_fresh(c->session, FRESH_US);
}

/* The authenticator app ------------------------------------------------------------------- */

static int
write_secret(struct tl_call *c, const uint8_t secret[TL_TOTP_SECRET_BYTES])
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf text = {0};
	TL_CLEANUP(tl_buf_fini) struct tl_buf uri = {0};
	struct tl_str bytes = tl_bytes(secret, TL_TOTP_SECRET_BYTES);
	tl_totp_text(&text, bytes);
	tl_totp_uri(&uri, bytes, tl_str(c->app->config->service_name), c->session->user.name);
	tl_js_open(&c->out, NULL, '{');
	tl_js_str(&c->out, "secret", tl_buf_str(&text));
	tl_js_str(&c->out, "uri", tl_buf_str(&uri));
	int rc = tl_qr_rows(&c->out, "qr", tl_buf_z(&uri));
	tl_js_close(&c->out, '}');
	return rc;
}

int
tl_console_totp_begin(struct tl_call *c)
{
	uint8_t secret[TL_TOTP_SECRET_BYTES];
	int rc = fresh(c);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc == 0)
		rc = tl_call_end(c, TL_SYNC_FULL, tl_totp_enrol(c->db, c->session, secret));
	if (rc == 0)
		rc = write_secret(c, secret);
	tl_wipe(secret, sizeof secret);
	return rc;
}

int
tl_console_totp_confirm(struct tl_call *c)
{
	struct tl_str code = {0};
	struct tl_factors before = {0};
	int64_t late_s = 0;
	static const struct tl_json_field fields[] = {{"code", TL_J_STR, 0, 1, 16, NULL, true}};
	int rc = TL_CALL_JSON(c, fields, &code);
	if (rc == 0)
		rc = tl_factors_of(c->db, c->session->user.id, &before);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_totp_confirm(c->db, c->session, code, &late_s);
	if (rc < 0 && late_s >= 60)
		rc = tl_fail_at(TL_EFIELD, "/code",
		    "this code was good %lld minutes ago: the clock of your device is slow",
		    (long long)late_s / 60);
	tl_js_open(&c->out, NULL, '{');
	if (rc == 0)
		rc = write_codes(c, before.recovery_left == 0);
	tl_js_close(&c->out, '}');
	return tl_call_end(c, TL_SYNC_FULL, rc);
}

/* Passkeys -------------------------------------------------------------------------------- */

int
tl_console_passkey_begin(struct tl_call *c)
{
	char text[4 * ((TL_CREDENTIAL_MAX + 2) / 3) + 1];
	const struct tl_user *u = &c->session->user;
	struct tl_webauthn_site site = {0};
	struct tl_step step;
	int rc = fresh(c);
	if (rc == 0 && !tl_call_site(c, &site))
		rc = tl_fail(TL_ECONFLICT, "%s", tl_err_text());
	if (rc < 0)
		return rc;
	tl_step_begin(&step, TL_STEP_REGISTER, u->id,
	    tl_bytes(c->session->hash, sizeof c->session->hash));
	tl_call_set_step(c, &step);
	tl_js_open(&c->out, NULL, '{');
	(void)tl_base64url(text, step.challenge, sizeof step.challenge);
	tl_js_z(&c->out, "challenge", text);
	tl_js_str(&c->out, "rp_id", site.rp_id);
	tl_js_z(&c->out, "rp_name", c->app->config->service_name);
	(void)tl_base64url(text, u->id.b, sizeof u->id.b);
	tl_js_z(&c->out, "user_handle", text);
	tl_js_str(&c->out, "user_name", u->name);
	rc = tl_call_write_passkey_ask(c, "known", &step, false);
	tl_js_close(&c->out, '}');
	return rc;
}

int
tl_console_passkey_add(struct tl_call *c)
{
	struct tl_passkey_new p = {0};
	struct tl_webauthn_site site = {0};
	struct tl_step step;
	struct tl_factors before = {0};
	struct tl_str cookie = {0};
	static const struct tl_json_field fields[] = {
	    {"name", TL_J_STR, offsetof(struct tl_passkey_new, name), 1, 60, NULL, true},
	    {"client_data", TL_J_STR, offsetof(struct tl_passkey_new, client_data), 1, 8192,
		NULL, true},
	    {"attestation", TL_J_STR, offsetof(struct tl_passkey_new, attestation), 1, 16384,
		NULL, true},
	};
	int rc = TL_CALL_JSON(c, fields, &p);
	if (rc == 0)
		rc = tl_call_bytes(c, "/client_data", &p.client_data);
	if (rc == 0)
		rc = tl_call_bytes(c, "/attestation", &p.attestation);
	if (rc == 0)
		rc = tl_call_step(c, &cookie);
	if (rc == 0)
		rc = tl_step_read(c->db, cookie, TL_STEP_REGISTER, &step);
	if (rc == 0 && (!tl_id_eq(step.user, c->session->user.id) ||
			   !tl_step_binds(&step, tl_bytes(c->session->hash, TL_SESSION_HASH))))
		rc = tl_fail(TL_EGONE, "this was begun in another session; begin again");
	if (rc == 0 && !tl_call_site(c, &site))
		rc = TL_ECONFLICT;
	if (rc == 0)
		rc = tl_factors_of(c->db, c->session->user.id, &before);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_passkey_enrol(c->db, c->session, &step, &site, &p);
	tl_js_open(&c->out, NULL, '{');
	if (rc == 0) {
		write_passkey(c, "passkey", &p.out);
		rc = write_codes(c, before.recovery_left == 0);
	}
	tl_js_close(&c->out, '}');
	return tl_call_end(c, TL_SYNC_FULL, rc);
}

/* What the password allows ---------------------------------------------------------------- */

static int
with_password(struct tl_call *c)
{
	struct tl_str password = {0};
	static const struct tl_json_field fields[] = {
	    {"password", TL_J_STR, 0, 1, 1000, NULL, true}};
	int rc = TL_CALL_JSON(c, fields, &password);
	return rc < 0 ? rc : tl_call_password(c, password);
}

static int
remove_factor(struct tl_call *c, struct tl_id passkey)
{
	int rc = with_password(c);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc == 0)
		rc = tl_call_end(c, TL_SYNC_FULL,
		    tl_factor_remove(c->db, c->session, passkey, must_have(c)));
	return rc < 0 ? rc : tl_console_security(c);
}

int
tl_console_totp_remove(struct tl_call *c)
{
	return remove_factor(c, (struct tl_id){0});
}

int
tl_console_passkey_remove(struct tl_call *c)
{
	struct tl_id id;
	int rc = tl_call_id(c, 0, &id);
	if (rc == 0 && tl_id_is_nil(id))
		rc = tl_fail(TL_ENOTFOUND, "there is no such passkey");
	return rc < 0 ? rc : remove_factor(c, id);
}

int
tl_console_recovery_make(struct tl_call *c)
{
	struct tl_factors f = {0};
	int rc = with_password(c);
	if (rc == 0)
		rc = tl_factors_of(c->db, c->session->user.id, &f);
	if (rc == 0 && !f.totp && f.passkeys == 0)
		rc = tl_fail(TL_ECONFLICT, "recovery codes come with a second factor");
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	rc = write_codes(c, true);
	tl_js_close(&c->out, '}');
	return tl_call_end(c, TL_SYNC_FULL, rc);
}

int
tl_console_password_set(struct tl_call *c)
{
	struct ask {
		struct tl_str password, fresh;
	} ask = {0};
	static const struct tl_json_field fields[] = {
	    {"password", TL_J_STR, offsetof(struct ask, password), 1, 1000, NULL, true},
	    {"new_password", TL_J_STR, offsetof(struct ask, fresh), 1, 1024, NULL, true},
	};
	char hash[TL_PWHASH_MAX];
	int rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0 && tl_password_fit(ask.fresh, c->session->user.name) < 0)
		rc = tl_fail_at(TL_EFIELD, "/new_password", "%s", tl_err_text());
	if (rc == 0 && tl_str_eq(ask.fresh, ask.password))
		rc = tl_fail_at(TL_EFIELD, "/new_password", "this is the old password");
	if (rc == 0)
		rc = tl_call_password(c, ask.password);
	if (rc == 0)
		rc = tl_password_hash(hash, ask.fresh);
	if (rc == 0)
		rc = tl_call_begin(c);
	return rc < 0 ? rc
		      : tl_call_end(c, TL_SYNC_FULL,
			    tl_user_own_password(c->db, c->session, tl_str(hash)));
}

/* Sessions -------------------------------------------------------------------------------- */

int
tl_console_session_end(struct tl_call *c)
{
	struct tl_id id;
	int rc = tl_call_begin_on(c, &id);
	if (rc == 0)
		rc = tl_call_end(c, TL_SYNC_FULL,
		    tl_session_end_one(c->db, c->arena, c->session->user.id, id, c->actor));
	return rc < 0 ? rc : tl_console_security(c);
}

int
tl_console_session_end_others(struct tl_call *c)
{
	int rc = tl_call_begin(c);
	if (rc == 0)
		rc = tl_call_end(c, TL_SYNC_FULL,
		    tl_session_end_all(c->db, c->session->user.id, c->session->hash, c->actor));
	return rc < 0 ? rc : tl_console_security(c);
}
