/*
 * The frame of the console's routes: who asks, may they, one connection, one transaction, one answer.
 *
 * Promises: nothing runs without a session but signing in; whatever changes something needs the session's CSRF
 * token and an Origin of this server; a handler's failure leaves nothing half-written. Failures become problem
 * documents. Called by the HTTP core through the route table.
 */
#include "api/console.h"

#include "api/console_int.h"

#include "config/policy.h"
#include "store/people.h"
#include "store/writer.h"
#include "sys/clock.h"

#define CALL_BYTES (32U << 20) /* an item with all its text, and all that is said of it */

struct tl_signin_rules
tl_call_signin_rules(const struct tl_config *config)
{
	unsigned roles = 0;
	for (size_t i = 0; i < config->second_factor_roles.n; i++) {
		int role;
		if (tl_word_parse(
			tl_role_names, tl_str(config->second_factor_roles.v[i]), &role) == 0)
			roles |= 1U << role;
	}
	return (struct tl_signin_rules){.tries = config->signin_tries,
	    .second_roles = roles,
	    .step_up_us = config->step_up_minutes * TL_US_MIN,
	    .lock_s = config->signin_lock_seconds,
	    .session_us = config->session_hours * TL_US_HOUR,
	    .idle_us = config->session_idle_minutes * TL_US_MIN};
}

/* Gate ------------------------------------------------------------------------------------ */

/* The part of an address behind "scheme://". */
static struct tl_str
authority(struct tl_str url)
{
	const uint8_t *at = memmem(url.p, url.n, "://", 3);
	if (!at)
		return (struct tl_str){0};
	struct tl_str rest = tl_bytes(at + 3, url.n - (size_t)(at + 3 - url.p));
	const uint8_t *end = memchr(rest.p, '/', rest.n);
	return end ? tl_bytes(rest.p, (size_t)(end - rest.p)) : rest;
}

/* A page of another site can make a browser send requests here, but not with our Origin. */
static int
check_origin(struct tl_req *req, const struct tl_app *app)
{
	struct tl_str origin, host;
	if (!tl_req_header(req, "Origin", &origin))
		return tl_fail(TL_EPERM, "the request names no Origin");
	struct tl_str from = authority(origin);
	if (tl_req_header(req, "Host", &host) && from.n && tl_str_eq(from, host))
		return 0;
	if (from.n && tl_str_eq(from, authority(tl_str(app->config->public_url))))
		return 0;
	return tl_fail(TL_EPERM, "the request comes from another site");
}

static bool
changes(const struct tl_req *req)
{
	struct tl_str m = tl_req_method(req);
	return !tl_str_is(m, "GET") && !tl_str_is(m, "HEAD");
}

static int
load_session(struct tl_req *req, struct tl_app *app, struct tl_db *db, struct tl_session **ret)
{
	struct tl_str cookie, token;
	struct tl_signin_rules rules = tl_call_signin_rules(app->config);
	struct tl_session *s = TL_NEW(tl_req_arena(req), struct tl_session);
	if (!tl_req_cookie(req, TL_CONSOLE_COOKIE, &cookie))
		return tl_fail(TL_EAUTH, "nobody is signed in");
	int rc = tl_arena_check(tl_req_arena(req));
	if (rc == 0)
		rc = tl_session_of(db, cookie, &rules, tl_req_arena(req), s);
	if (rc == 0 && changes(req)) {
		if (!tl_req_header(req, "X-CSRF-Token", &token))
			return tl_fail(TL_EPERM, "the header X-CSRF-Token is missing");
		rc = tl_session_csrf(s, token);
	}
	if (rc == 0)
		*ret = s;
	return rc;
}

/* The gravest: changes under these permissions, and whatever takes data away. */
static bool
is_grave(const struct tl_req *req, const char *need)
{
	static const char *const grave[] = {"people", "keys", "switches"};
	static const char export[] = "/export";
	struct tl_str path = tl_req_path(req);
	if (memmem(path.p, path.n, export, sizeof export - 1))
		return true;
	for (size_t i = 0; i < TL_COUNT(grave); i++)
		if (strcmp(grave[i], need) == 0)
			return changes(req);
	return false;
}

/* They ask for a proof of the last minutes, when configuration says so. */
int
tl_console_proof(const struct tl_req *req, const struct tl_app *app, const struct tl_session *s,
    const char *need)
{
	int64_t within_us = tl_call_signin_rules(app->config).step_up_us;
	return within_us && is_grave(req, need) ? tl_session_fresh(s, within_us) : 0;
}

/* Who must get a second factor first may do that and sign out. */
static int
check_enrolled(const struct tl_req *req, const struct tl_session *s)
{
	static const char own[] = "/console/api/session";
	struct tl_str path = tl_req_path(req);
	if (!s->enrolling ||
	    (path.n >= sizeof own - 1 && memcmp(path.p, own, sizeof own - 1) == 0))
		return 0;
	return tl_fail_at(
	    TL_EPERM, "/second_factor", "your role needs a second factor; set one up first");
}

static int
touch(struct tl_db *db, void *ctx)
{
	const struct tl_session *s = ctx;
	return tl_session_seen(db, s->hash, tl_now_us());
}

int
tl_console_gate(struct tl_req *req, const char *need)
{
	struct tl_app *app = tl_req_app(req);
	int rc = changes(req) ? check_origin(req, app) : 0;
	if (rc < 0 || !need)
		return rc;
	struct tl_db *db = NULL;
	struct tl_session *s = NULL;
	rc = tl_app_db(app, &db);
	if (rc == 0)
		rc = load_session(req, app, db, &s);
	if (rc == 0 && s->touch) {
		int seen = tl_db_tx(db, TL_SYNC_NORMAL, touch, s);
		(void)seen; /* not worth a failed request: the next one tries again */
	}
	tl_app_db_give(app, db);
	if (rc < 0 || !s)
		return rc;
	struct tl_who *who = tl_req_who(req); /* known from here on, also when it may not */
	who->kind = TL_WHO_USER;
	who->id = s->user.id;
	who->role = (int)s->user.role;
	who->session = s;
	rc = check_enrolled(req, s);
	if (rc == 0 && need[0])
		rc = tl_need(s->user.role, need);
	return rc < 0 ? rc : tl_console_proof(req, app, s, need);
}

/* Calls ----------------------------------------------------------------------------------- */

static void
answer(struct tl_call *c, int rc)
{
	if (c->answered) {
		tl_buf_fini(&c->out);
		return;
	}
	if (rc < 0) {
		tl_req_problem(c->req, rc);
		tl_buf_fini(&c->out);
		return;
	}
	if (c->out.n)
		tl_req_answer_json(c->req, c->status, &c->out);
	else
		tl_req_answer_empty(c->req, 204);
}

/* The audit trail ------------------------------------------------------------------------------------------- */

/* What stands in the address: "id", "platform/id". */
static struct tl_str
trail_subject(struct tl_call *c)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {.limit = 400};
	for (size_t i = 0; i < 3; i++) {
		struct tl_str part = tl_req_param(c->req, i);
		if (part.n && i)
			tl_buf_byte(&b, '/');
		tl_buf_put(&b, part.p, part.n);
	}
	return tl_arena_dup(c->arena, tl_buf_str(&b));
}

static int
add_trail(struct tl_db *db, void *ctx)
{
	struct tl_call *c = ctx;
	struct tl_str detail = {0};
	if (c->trail->detail && tl_req_query(c->req, c->trail->detail, &detail) &&
	    detail.n > 400)
		detail.n = 400;
	return tl_audit_add(db, c->actor, c->trail->verb, trail_subject(c), detail);
}

/* Through the group commit, before anything is read: what cannot be recorded is not shown. */
static int
record_read(struct tl_call *c)
{
	if (c->trail->how != TL_TRAIL_READ)
		return 0;
	int rc = c->app->writer ? tl_writer_run(c->app->writer, TL_SYNC_FULL, add_trail, c)
				: tl_db_tx(c->db, TL_SYNC_FULL, add_trail, c);
	return rc < 0 ? rc : 0;
}

void
tl_console_call(struct tl_req *req, tl_call_fn fn, const struct tl_call_trail *trail)
{
	struct tl_call c = {.req = req,
	    .trail = trail,
	    .app = tl_req_app(req),
	    .arena = tl_arena_create(CALL_BYTES),
	    .session = tl_req_who(req)->session,
	    .status = 200};
	int rc = tl_app_db(c.app, &c.db);
	c.set = tl_app_policies(c.app);
	if (c.session) {
		const struct tl_user *u = &c.session->user;
		tl_actor_user(c.actor, u->id);
		c.who = (struct tl_reviewer){.id = u->id,
		    .oversees = tl_may(u->role, TL_MAY_RELEASE_ANY),
		    .claim_us = c.app->config->claim_minutes * TL_US_MIN};
	}
	if (rc == 0 && c.session)
		rc = tl_access_of(c.db, c.arena, &c.session->user, c.set, &c.who.access);
	if (rc == 0)
		rc = record_read(&c);
	if (rc == 0)
		rc = fn(&c);
	if (c.db && tl_db_in_tx(c.db))
		tl_db_rollback(c.db);
	answer(&c, rc);
	tl_arena_destroy(c.arena);
	tl_policy_unref(c.set);
	tl_app_db_give(c.app, c.db);
}

int
tl_call_begin(struct tl_call *c)
{
	if (c->mode == TL_CALL_PROPOSE)
		return tl_fail(TL_ECONFLICT, "this needs no second person");
	c->audited = tl_audit_added();
	return c->mode == TL_CALL_EXECUTE ? 0 : tl_db_begin(c->db);
}

int
tl_call_begin_on(struct tl_call *c, struct tl_id *ret)
{
	int rc = tl_call_id(c, 0, ret);
	return rc < 0 ? rc : tl_call_begin(c);
}

int
tl_call_end(struct tl_call *c, enum tl_sync sync, int rc)
{
	if (c->mode == TL_CALL_EXECUTE) /* the confirmation commits, or rolls back */
		return rc;
	if (rc >= 0 && c->trail->how == TL_TRAIL_DOES && c->audited == tl_audit_added()) {
		int added = add_trail(c->db, c);
		rc = added < 0 ? added : rc;
	}
	if (rc < 0) {
		tl_db_rollback(c->db);
		return rc;
	}
	int end = tl_db_commit(c->db, sync);
	return end < 0 ? end : rc;
}

int
tl_call_id(struct tl_call *c, size_t n, struct tl_id *ret)
{
	if (tl_id_parse(tl_call_param(c, n), ret) < 0)
		return tl_fail(TL_ENOTFOUND, "there is nothing with this id");
	return 0;
}

int
tl_call_json(struct tl_call *c, const struct tl_json_field *fields, size_t count, void *ret)
{
	json_t *j = tl_call_proposed_body(c);
	int rc = j ? 0 : tl_req_json(c->req, &j);
	return rc < 0 ? rc : tl_json_fill(j, "", fields, count, ret);
}

int
tl_call_audit(struct tl_call *c, const char *verb, struct tl_id subject, const char *detail)
{
	char text[TL_ID_TEXT] = "";
	if (!tl_id_is_nil(subject))
		tl_id_text(text, subject);
	return tl_audit_add(c->db, c->actor, verb, tl_str(text), tl_str(detail));
}

bool
tl_call_may(const struct tl_call *c, enum tl_act act, struct tl_str queue, struct tl_str policy)
{
	struct tl_tag tag = {queue, policy};
	return tl_may_on(&c->who.access, act, &tag, 1);
}

int
tl_call_need_policy(const struct tl_call *c, enum tl_act act, struct tl_str policy)
{
	struct tl_tag tag = {.policy = policy};
	return tl_need_on(&c->who.access, act, &tag, 1);
}

int
tl_call_need_tags(struct tl_call *c, enum tl_act act, int rc, const struct tl_tags *tags)
{
	return rc < 0 ? rc : tl_need_on(&c->who.access, act, tags->v, tags->n);
}

struct tl_view
tl_call_view(struct tl_call *c)
{
	return (struct tl_view){c->db, c->arena, c->set, &c->out, &c->who.access};
}

/* The table ------------------------------------------------------------------------------- */

#define READ(name, verb, detail)                                                               \
	static const struct tl_call_trail trail_of_##name = {TL_TRAIL_READ, verb, detail};
#define DOES(name, verb)                                                                       \
	static const struct tl_call_trail trail_of_##name = {TL_TRAIL_DOES, verb, NULL};
#define OWN(name, verb)                                                                        \
	static const struct tl_call_trail trail_of_##name = {TL_TRAIL_OWN, verb, NULL};
#define NONE(name, why)                                                                        \
	static const struct tl_call_trail trail_of_##name = {TL_TRAIL_NONE, NULL, NULL};
#include "api/audit.tbl.h"
#undef READ
#undef DOES
#undef OWN
#undef NONE

/* A route without its row in audit.tbl.h does not compile. */
#define R(method, path, name, need, query, limit, help)                                        \
	static void handle_##name(struct tl_req *req)                                          \
	{                                                                                      \
		tl_console_call(req, tl_console_##name, &trail_of_##name);                     \
	}
#include "api/routes_console.tbl.h"
#undef R

const struct tl_route tl_console_routes[] = {
#define R(method, path, name, need, query, limit, help)                                        \
	{method, path, tl_console_gate, need, query, handle_##name,                            \
	    (limit) == A_FILE ? &tl_console_file_body                                          \
	    : (limit)         ? &tl_body_json                                                  \
			      : &tl_body_none,                                                         \
	    limit, help, NULL},
#include "api/routes_console.tbl.h"
#undef R
    {"GET", "/", NULL, "", "*", tl_console_home, &tl_body_none, 0, "Leads to the console.",
	NULL},
    {"GET", "/console", NULL, "", "*", tl_console_home, &tl_body_none, 0, "The same.", NULL},
    {"GET", "/console/", NULL, "", "*", tl_console_page, &tl_body_none, 0, "The page.", NULL},
    {"GET", "/console/{*}", NULL, "", "*", tl_console_page, &tl_body_none, 0,
	"The page of every screen, and its script, style and icon.", NULL},
};
const size_t tl_console_route_count = TL_COUNT(tl_console_routes);
