/*
 * Signing in: password, then a second factor; a passkey alone; proving again that it is still the same person.
 *
 * Promises: a wrong name and a wrong password answer the same; every try is recorded before it is answered; what is
 * asked for between two requests travels sealed in a cookie of five minutes. Failures: 401, 410 when it took too long,
 * 429 with Retry-After.
 */
#include "api/console_int.h"

#include "api/rates.h"
#include "people/signin.h"
#include "sys/clock.h"
#include "sys/log.h"

#define STEP_COOKIE "__Host-tutela-step"
#define STEP_S (TL_STEP_US / TL_US_S)
#define B64_MAX 8192

bool
tl_call_site(struct tl_call *c, struct tl_webauthn_site *ret)
{
	return tl_webauthn_site(tl_str(c->app->config->public_url), ret) == 0;
}

void
tl_call_set_step(struct tl_call *c, const struct tl_step *s)
{
	char text[TL_STEP_TEXT];
	tl_step_write(c->db, s, text);
	tl_call_set_cookie(c, STEP_COOKIE, text, STEP_S);
}

int
tl_call_step(struct tl_call *c, struct tl_str *ret)
{
	if (tl_req_cookie(c->req, STEP_COOKIE, ret))
		return 0;
	return tl_fail(
	    TL_EGONE, "this took too long, or was begun in another window; begin again");
}

/* Base64url of at most B64_MAX characters into the call's memory. */
static int
bytes_of(struct tl_call *c, const char *field, struct tl_str text, struct tl_str *ret)
{
	size_t n = 0;
	uint8_t *p = tl_arena_alloc(c->arena, text.n + 1);
	if (!p)
		return tl_fail(TL_ENOMEM, "out of memory");
	if (tl_unbase64url(p, text.n, text, &n) < 0)
		return tl_fail_at(TL_EFIELD, field, "not base64url");
	*ret = tl_bytes(p, n);
	return 0;
}

int
tl_call_bytes(struct tl_call *c, const char *field, struct tl_str *text)
{
	return bytes_of(c, field, *text, text);
}

/* What proves it ------------------------------------------------------------------------- */

struct asked {
	struct tl_str code, recovery, password;
	json_t *passkey;
	bool alone;
};

static int
read_passkey(struct tl_call *c, json_t *j, struct tl_proof *p)
{
	static const struct tl_json_field fields[] = {
	    {"credential", TL_J_STR, offsetof(struct tl_proof, credential), 1, B64_MAX, NULL,
		true},
	    {"client_data", TL_J_STR, offsetof(struct tl_proof, client_data), 1, B64_MAX, NULL,
		true},
	    {"authenticator_data", TL_J_STR, offsetof(struct tl_proof, authdata), 1, B64_MAX,
		NULL, true},
	    {"signature", TL_J_STR, offsetof(struct tl_proof, signature), 1, B64_MAX, NULL,
		true},
	    {"user_handle", TL_J_STR, offsetof(struct tl_proof, user_handle), 0, 200, NULL,
		false},
	};
	int rc = tl_json_fill(j, "/passkey", fields, TL_COUNT(fields), p);
	struct tl_str *all[] = {
	    &p->credential, &p->client_data, &p->authdata, &p->signature, &p->user_handle};
	for (size_t i = 0; rc == 0 && i < TL_COUNT(all); i++)
		rc = tl_call_bytes(c, "/passkey", all[i]);
	return rc;
}

static int
read_proof(struct tl_call *c, struct asked *ask, struct tl_proof *p)
{
	static const struct tl_json_field fields[] = {
	    {"code", TL_J_STR, offsetof(struct asked, code), 1, 16, NULL, false},
	    {"recovery", TL_J_STR, offsetof(struct asked, recovery), 1, 32, NULL, false},
	    {"password", TL_J_STR, offsetof(struct asked, password), 1, 1000, NULL, false},
	    {"passkey", TL_J_OBJECT, offsetof(struct asked, passkey), 1, 8, NULL, false},
	    {"alone", TL_J_BOOL, offsetof(struct asked, alone), 0, 0, NULL, false},
	};
	int rc = TL_CALL_JSON(c, fields, ask);
	if (rc == 0 && ask->passkey)
		rc = read_passkey(c, ask->passkey, p);
	p->code = ask->code;
	p->recovery = ask->recovery;
	return rc;
}

/* What a browser needs to ask a passkey; `allow` of this user, none when nobody is known yet. */
int
tl_call_write_passkey_ask(
    struct tl_call *c, const char *key, const struct tl_step *s, bool verify)
{
	char text[4 * ((TL_CREDENTIAL_MAX + 2) / 3) + 1];
	struct tl_webauthn_site site;
	struct tl_passkey *keys = NULL;
	size_t n = 0;
	int rc =
	    tl_id_is_nil(s->user) ? 0 : tl_passkey_list(c->db, s->user, c->arena, &keys, &n);
	if (rc < 0)
		return rc;
	if (!tl_call_site(c, &site) || (n == 0 && !tl_id_is_nil(s->user))) {
		tl_js_null(&c->out, key);
		return 0;
	}
	tl_js_open(&c->out, key, '{');
	(void)tl_base64url(text, s->challenge, sizeof s->challenge);
	tl_js_z(&c->out, "challenge", text);
	tl_js_str(&c->out, "rp_id", site.rp_id);
	tl_js_z(&c->out, "verification", verify ? "required" : "preferred");
	tl_js_open(&c->out, "allow", '[');
	for (size_t i = 0; i < n; i++) {
		(void)tl_base64url(text, keys[i].credential.p, keys[i].credential.n);
		tl_js_z(&c->out, NULL, text);
	}
	tl_js_close(&c->out, ']');
	tl_js_close(&c->out, '}');
	return 0;
}

/* Tries of one address that fail, whatever names they are for; looked at before any password is hashed. */
static int
take_try(struct tl_call *c)
{
	struct tl_addr from = tl_req_client(c->req);
	int64_t wait_s = 1;
	int rc = c->app->rates ? tl_rates_take(c->app->rates, TL_RATE_SIGN_IN, &from,
				     tl_mono_us(), &wait_s)
			       : 0;
	if (rc < 0)
		tl_req_set_header(c->req, "Retry-After",
		    tl_arena_printf(c->arena, "%lld", (long long)wait_s));
	return rc;
}

static void
give_try(struct tl_call *c)
{
	struct tl_addr from = tl_req_client(c->req);
	if (c->app->rates)
		tl_rates_give(c->app->rates, TL_RATE_SIGN_IN, &from);
}

/* Answers -------------------------------------------------------------------------------- */

static int
new_signin(struct tl_call *c, struct tl_signin **ret)
{
	struct tl_str agent = {0};
	struct tl_signin *s = TL_NEW(c->arena, struct tl_signin);
	struct tl_webauthn_site *site = TL_NEW(c->arena, struct tl_webauthn_site);
	if (!s || !site)
		return tl_fail(TL_ENOMEM, "out of memory");
	(void)tl_req_header(c->req, "User-Agent", &agent);
	s->device = tl_str(tl_device_words(c->arena, agent));
	struct tl_addr from = tl_req_client(c->req);
	char address[TL_ADDR_TEXT];
	tl_addr_text(address, &from);
	s->address = tl_arena_dup(c->arena, tl_str(address));
	s->rules = tl_call_signin_rules(c->app->config);
	s->site = tl_call_site(c, site) ? site : NULL;
	*ret = s;
	return tl_arena_check(c->arena);
}

static int
refused(struct tl_call *c, const struct tl_signin *s)
{
	struct tl_id user = {0};
	if (s->known)
		user = s->user.id;
	tl_log(EV_SIGNIN_FAILED, TL_LID("user", user));
	if (s->outcome == TL_ERATE)
		tl_req_set_header(c->req, "Retry-After",
		    tl_arena_printf(c->arena, "%lld", (long long)s->wait_s));
	if (s->late_s >= 60)
		return tl_fail_at(s->outcome, "/code",
		    "the code was good %lld minutes ago: the clock of your device is slow",
		    (long long)s->late_s / 60);
	return tl_fail(s->outcome, "%s", s->why);
}

static int
welcome(struct tl_call *c, const struct tl_signin *s)
{
	give_try(c);
	tl_call_set_cookie(c, TL_CONSOLE_COOKIE, s->session.cookie,
	    (s->session.expires_at - tl_now_us()) / TL_US_S);
	tl_call_set_cookie(c, STEP_COOKIE, "", 0);
	return tl_call_write_session(
	    c, &s->user, s->session.csrf, s->session.expires_at, s->enrolling);
}

/* 202: what must follow. */
static int
ask_second(struct tl_call *c, const struct tl_signin *s)
{
	give_try(c); /* the next step takes its own */
	c->status = 202;
	tl_call_set_step(c, &s->asked);
	tl_js_open(&c->out, NULL, '{');
	tl_js_bool(&c->out, "totp", s->has.totp);
	tl_js_int(&c->out, "recovery_left", s->has.recovery_left);
	int rc = tl_call_write_passkey_ask(c, "passkey", &s->asked, false);
	tl_js_close(&c->out, '}');
	return rc;
}

/* Routes --------------------------------------------------------------------------------- */

int
tl_console_session_create(struct tl_call *c)
{
	struct ask {
		struct tl_str name, password;
	} ask = {0};
	static const struct tl_json_field fields[] = {
	    {"name", TL_J_STR, offsetof(struct ask, name), 1, 100, NULL, true},
	    {"password", TL_J_STR, offsetof(struct ask, password), 1, 1000, NULL, true},
	};
	int rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0)
		rc = take_try(c);
	struct tl_signin *s = NULL;
	if (rc == 0)
		rc = new_signin(c, &s);
	if (rc < 0 || !s)
		return rc;
	s->name = ask.name;
	s->password = ask.password;
	rc = tl_signin_check(c->db, c->arena, s);
	if (rc < 0 && rc != TL_EAUTH && rc != TL_ERATE)
		return rc;
	rc = tl_db_tx(c->db, TL_SYNC_FULL, tl_signin_record, s);
	if (s->outcome < 0)
		return refused(c, s);
	if (rc < 0)
		return rc;
	return s->second ? ask_second(c, s) : welcome(c, s);
}

int
tl_console_session_passkey(struct tl_call *c)
{
	struct tl_step step;
	struct tl_webauthn_site site;
	int rc = tl_webauthn_site(tl_str(c->app->config->public_url), &site);
	if (rc < 0)
		return tl_fail(TL_ECONFLICT, "%s", tl_err_text());
	tl_step_begin(&step, TL_STEP_PASSKEY, (struct tl_id){0}, TL_S(""));
	tl_call_set_step(c, &step);
	return tl_call_write_passkey_ask(c, NULL, &step, true);
}

int
tl_console_session_second(struct tl_call *c)
{
	struct asked ask = {0};
	struct tl_signin *s = NULL;
	int rc = new_signin(c, &s);
	if (rc == 0)
		rc = read_proof(c, &ask, &s->proof);
	if (rc == 0)
		rc = tl_call_step(c, &s->step);
	if (rc == 0)
		rc = take_try(c);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_signin_second(c->db, c->arena, ask.alone ? TL_STEP_PASSKEY : TL_STEP_SIGNIN, s);
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	if (rc < 0)
		return rc;
	return s->outcome < 0 ? refused(c, s) : welcome(c, s);
}

int
tl_console_session_prove_ask(struct tl_call *c)
{
	struct tl_step step;
	struct tl_factors f = {0};
	int rc = tl_factors_of(c->db, c->session->user.id, &f);
	if (rc < 0)
		return rc;
	tl_step_begin(&step, TL_STEP_PROVE, c->session->user.id,
	    tl_bytes(c->session->hash, sizeof c->session->hash));
	tl_call_set_step(c, &step);
	tl_js_open(&c->out, NULL, '{');
	tl_js_bool(&c->out, "totp", f.totp);
	tl_js_int(&c->out, "recovery_left", f.recovery_left);
	rc = tl_call_write_passkey_ask(c, "passkey", &step, false);
	tl_js_close(&c->out, '}');
	return rc;
}

int
tl_call_password(struct tl_call *c, struct tl_str password)
{
	struct tl_signin *s = NULL;
	int rc = new_signin(c, &s);
	if (rc < 0)
		return rc;
	s->password = password;
	rc = tl_reproof_check(c->db, c->arena, c->session, s);
	if (rc < 0 && rc != TL_EAUTH && rc != TL_ERATE)
		return rc;
	rc = tl_call_begin(c);
	if (rc == 0)
		rc = tl_call_end(c, TL_SYNC_FULL, tl_reproof_record(c->db, c->session, s));
	if (rc < 0 || s->outcome == 0)
		return rc;
	(void)refused(c, s);
	if (s->outcome == TL_EAUTH) /* 401 would say that the session is over */
		return tl_fail_at(TL_EFIELD, "/password", "%s", s->why);
	return s->outcome;
}

int
tl_console_session_prove(struct tl_call *c)
{
	struct asked ask = {0};
	struct tl_factors f = {0};
	struct tl_signin *s = NULL;
	int rc = new_signin(c, &s);
	if (rc == 0)
		rc = read_proof(c, &ask, &s->proof);
	if (rc == 0)
		rc = tl_factors_of(c->db, c->session->user.id, &f);
	if (rc < 0)
		return rc;
	if (ask.password.n && (f.totp || f.passkeys))
		return tl_fail_at(TL_EFIELD, "/password", "a second factor is asked for");
	if (ask.password.n)
		return tl_call_password(c, ask.password);
	if (ask.passkey)
		rc = tl_call_step(c, &s->step);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc == 0)
		rc = tl_call_end(
		    c, TL_SYNC_FULL, tl_reproof_second(c->db, c->arena, c->session, s));
	if (rc < 0 || s->outcome == 0)
		return rc;
	(void)refused(c, s);
	if (s->outcome == TL_EAUTH)
		return tl_fail_at(TL_EFIELD, ask.passkey ? "/passkey" : "/code", "%s", s->why);
	return s->outcome;
}
