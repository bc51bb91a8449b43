/*
 * Who is signed in, signing out, preferences. Signing in is console_signin.c.
 *
 * Promises: the cookie is bound to this host, unreadable to scripts and never sent from other sites. The session's
 * figures are what the console needs for its first screen.
 */
#include "api/console_int.h"

#include "store/alarms.h"
#include "store/decisions.h"
#include "sys/clock.h"
#include "sys/log.h"

#define PREFS_MAX 8192

static const char *const words_on_off[] = {"off", "on", NULL};

static void
write_words(struct tl_buf *out, const char *key, struct tl_str words)
{
	tl_js_open(out, key, '[');
	for (size_t at = 0; at < words.n;) {
		size_t from = at;
		while (at < words.n && words.p[at] != ' ')
			at++;
		if (at > from)
			tl_js_str(out, NULL, tl_bytes(words.p + from, at - from));
		at++;
	}
	tl_js_close(out, ']');
}

static void
write_user(struct tl_buf *out, const struct tl_user *u)
{
	tl_js_open(out, "user", '{');
	tl_js_id(out, "id", u->id);
	tl_js_str(out, "name", u->name);
	tl_js_z(out, "role", tl_role_names[u->role]);
	tl_js_str(out, "pseudonym", u->pseudonym);
	write_words(out, "skills", u->skills);
	tl_js_close(out, '}');
}

static int
write_figures(struct tl_call *c, const struct tl_reviewer *who)
{
	bool observe = false, automatic = true;
	struct tl_alarm_head alarms;
	int64_t waiting = 0, decided = 0;
	int64_t today = tl_now_us() / TL_US_DAY * TL_US_DAY;
	int rc = tl_switch_get(c->db, TL_SWITCH_OBSERVE, &observe);
	if (rc == 0)
		rc = tl_switch_get(c->db, TL_SWITCH_AUTOMATIC, &automatic);
	if (rc == 0)
		rc = tl_alarm_head(c->db, &alarms);
	if (rc == 0)
		rc = tl_review_waiting(c->db, c->arena, who, TL_S(""), &waiting);
	if (rc == 0)
		rc = tl_decision_count_by(c->db, who->id, today, &decided);
	tl_js_bool(&c->out, "observe_only", observe);
	tl_js_bool(&c->out, "automatic_actions", automatic);
	tl_console_alarm_head(&c->out, &alarms);
	tl_js_int(&c->out, "waiting", waiting);
	struct tl_open_proposal *proposals = NULL;
	size_t n = 0;
	if (rc == 0)
		rc = tl_approvals_open(c->db, c->arena, &proposals, &n);
	tl_js_int(
	    &c->out, "approvals", tl_approvals_waiting(proposals, n, who->id, &who->access));
	tl_js_int(&c->out, "decided_today", decided);
	return rc;
}

int
tl_call_write_session(struct tl_call *c, const struct tl_user *u, const char *csrf,
    int64_t expires_at, bool enrolling)
{
	struct tl_reviewer who = {.id = u->id};
	int rc = tl_access_of(c->db, c->arena, u, c->set, &who.access);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	write_user(&c->out, u);
	tl_js_z(&c->out, "csrf", csrf);
	tl_js_time(&c->out, "expires_at", expires_at);
	tl_js_bool(&c->out, "enrolling", enrolling);
	tl_js_int(&c->out, "undo_seconds", c->app->config->undo_seconds);
	tl_js_int(&c->out, "claim_seconds", c->app->config->claim_minutes * 60);
	rc = write_figures(c, &who);
	tl_js_raw(&c->out, "prefs", u->prefs.n ? u->prefs : TL_S("{}"));
	tl_js_z(&c->out, "version", TL_VERSION);
	tl_js_close(&c->out, '}');
	return rc;
}

void
tl_call_set_cookie(struct tl_call *c, const char *name, const char *value, int64_t seconds)
{
	tl_req_set_header(c->req, "Set-Cookie",
	    tl_arena_printf(c->arena,
		"%s=%s; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=%lld", name, value,
		(long long)seconds));
}

int
tl_console_session_get(struct tl_call *c)
{
	const struct tl_session *s = c->session;
	return tl_call_write_session(c, &s->user, s->csrf, s->expires_at, s->enrolling);
}

/* Unknown keys that are kept already stay; what is sent replaces. */
static int
merge_prefs(struct tl_call *c, json_t *sent, struct tl_str *ret)
{
	json_t TL_CLEANUP(tl_json_unref) *prefs = NULL;
	struct tl_str old = c->session->user.prefs;
	int rc = tl_json_parse(old.n ? old : TL_S("{}"), &prefs);
	if (rc < 0 || json_object_update(prefs, sent) < 0)
		return tl_fail(TL_ECORRUPT, "the stored preferences are damaged");
	char *text = json_dumps(prefs, JSON_COMPACT | JSON_SORT_KEYS);
	*ret = tl_arena_dup(c->arena, tl_str(text));
	free(text);
	if (ret->n > PREFS_MAX)
		return tl_fail_at(TL_EFIELD, "/prefs", "larger than %d bytes", PREFS_MAX);
	return tl_arena_check(c->arena);
}

int
tl_console_session_put(struct tl_call *c)
{
	json_t *sent = NULL;
	static const struct tl_json_field fields[] = {
	    {"prefs", TL_J_OBJECT, 0, 0, 64, NULL, true}};
	int rc = TL_CALL_JSON(c, fields, &sent);
	struct tl_str prefs = {0};
	if (rc == 0)
		rc = merge_prefs(c, sent, &prefs);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_call_end(
	    c, TL_SYNC_NORMAL, tl_user_set_prefs(c->db, c->session->user.id, prefs));
	if (rc < 0)
		return rc;
	struct tl_user u = c->session->user;
	u.prefs = prefs;
	return tl_call_write_session(
	    c, &u, c->session->csrf, c->session->expires_at, c->session->enrolling);
}

int
tl_console_session_delete(struct tl_call *c)
{
	int rc = tl_call_begin(c);
	if (rc == 0)
		rc = tl_call_end(c, TL_SYNC_FULL, tl_signout(c->db, c->session));
	if (rc == 0)
		tl_call_set_cookie(c, TL_CONSOLE_COOKIE, "", 0);
	return rc;
}

/* Switches -------------------------------------------------------------------------------- */

static int
write_switch(struct tl_call *c, const char *name, bool initial)
{
	struct tl_row r;
	bool found = false;
	int rc = tl_db_query(c->db, &r, TL_SQL_SWITCH_LIST, A_NULL);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	tl_js_z(&c->out, "name", name);
	while (!found && (rc = tl_row_next(&r)) > 0) {
		if (!tl_str_is(tl_col_str(&r, 0), name))
			continue;
		found = true;
		tl_js_str(&c->out, "value", tl_col_str(&r, 1));
		tl_js_str(&c->out, "set_by", tl_col_str(&r, 2));
		tl_js_time(&c->out, "at", tl_col_int(&r, 3));
	}
	tl_row_end(&r);
	if (!found) {
		tl_js_z(&c->out, "value", words_on_off[initial]);
		tl_js_z(&c->out, "set_by", "");
		tl_js_null(&c->out, "at");
	}
	tl_js_close(&c->out, '}');
	return rc < 0 ? rc : 0;
}

int
tl_console_switches(struct tl_call *c)
{
	tl_js_open(&c->out, NULL, '{');
	tl_js_open(&c->out, "switches", '[');
	int rc = write_switch(c, TL_SWITCH_OBSERVE, false);
	if (rc == 0)
		rc = write_switch(c, TL_SWITCH_AUTOMATIC, true);
	tl_js_close(&c->out, ']');
	tl_js_close(&c->out, '}');
	return rc;
}

static int
guard_switch(struct tl_call *c, const char *name, bool will)
{
	struct tl_what TL_CLEANUP(tl_what_fini) w = {0};
	bool was = strcmp(name, TL_SWITCH_AUTOMATIC) == 0; /* while it was never set */
	int rc = tl_switch_get(c->db, name, &was);
	tl_what_begin(&w, tl_str(name));
	tl_what_change(&w, "value", tl_str(words_on_off[was]), tl_str(words_on_off[will]));
	return rc < 0 ? rc : tl_call_guard(c, TL_GUARD_SWITCH, &w);
}

int
tl_console_switch_set(struct tl_call *c)
{
	static const char *const names[] = {TL_SWITCH_OBSERVE, TL_SWITCH_AUTOMATIC, NULL};
	struct ask {
		int name, value;
	} ask = {0};
	static const struct tl_json_field fields[] = {
	    {"name", TL_J_ENUM, offsetof(struct ask, name), 0, 0, names, true},
	    {"value", TL_J_ENUM, offsetof(struct ask, value), 0, 0, words_on_off, true},
	};
	int rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0)
		rc = guard_switch(c, names[ask.name], ask.value == 1);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_switch_set(c->db, names[ask.name], ask.value == 1, c->session->user.name);
	if (rc == 0)
		rc = tl_audit_add(c->db, c->actor, "switch.set", tl_str(names[ask.name]),
		    tl_str(words_on_off[ask.value]));
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	return rc < 0 ? rc : tl_console_switches(c);
}
