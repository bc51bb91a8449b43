/*
 * Approvals: what needs a second person is proposed here, and confirmed, refused or withdrawn.
 *
 * Promises: a proposal is the request itself, checked by its own handler without being done; confirming checks it
 * again as the second person, refuses when it would do something else by now, and does it as the proposer in the
 * transaction that closes the proposal, so it is done once or not at all. Called through the route table.
 */
#include "api/console_int.h"

#include "sys/clock.h"

#define WHAT_BYTES 16384

/* One route as an operation that can be proposed. */
struct operation {
	const char *method, *path, *need;
	tl_call_fn fn;
};

static const struct operation operations[] = {
#define R(method, path, name, need, query, limit, help) {method, path, need, tl_console_##name},
#include "api/routes_console.tbl.h"
#undef R
};

struct tl_proposed {
	const struct operation *operation;
	struct tl_str params[TL_REQ_PARAMS_MAX];
	json_t *body;
	const char *second; /* who confirms, as an actor; NULL while it is only proposed */
	/* what the handler said of it */
	bool said;
	enum tl_guarded op;
	struct tl_str what, policy;
};

struct tl_str
tl_call_param(const struct tl_call *c, size_t n)
{
	return c->proposed && n < TL_REQ_PARAMS_MAX ? c->proposed->params[n]
						    : tl_req_param(c->req, n);
}

const char *
tl_call_both(const struct tl_call *c)
{
	const char *second = c->proposed ? c->proposed->second : NULL;
	return second ? tl_arena_printf(c->arena, "%s %s", c->actor, second) : c->actor;
}

json_t *
tl_call_proposed_body(const struct tl_call *c)
{
	return c->proposed ? c->proposed->body : NULL;
}

/* What it is ------------------------------------------------------------------------------ */

void
tl_what_begin(struct tl_what *w, struct tl_str subject)
{
	w->json.limit = WHAT_BYTES;
	tl_js_open(&w->json, NULL, '{');
	tl_js_str(&w->json, "subject", subject);
	tl_js_open(&w->json, "changes", '[');
}

void
tl_what_change(struct tl_what *w, const char *field, struct tl_str was, struct tl_str will)
{
	tl_js_open(&w->json, NULL, '{');
	tl_js_z(&w->json, "field", field);
	tl_js_str0(&w->json, "was", was);
	tl_js_str0(&w->json, "will", will);
	tl_js_close(&w->json, '}');
}

void
tl_what_fini(struct tl_what *w)
{
	tl_buf_fini(&w->json);
}

static bool
guarded(const struct tl_config *config, enum tl_guarded op)
{
	for (size_t i = 0; i < config->two_person.n; i++) {
		if (strcmp(config->two_person.v[i], tl_guarded_names[op]) == 0)
			return true;
	}
	return false;
}

int
tl_call_guard(struct tl_call *c, enum tl_guarded op, struct tl_what *w)
{
	bool on = guarded(c->app->config, op);
	if (c->mode == TL_CALL_DIRECT)
		return on ? tl_fail_at(TL_ECONFLICT, "/two_person",
				"this needs a second person: propose it with a reason, and "
				"somebody else confirms it")
			  : 0;
	if (c->mode == TL_CALL_EXECUTE)
		return op == c->proposed->op ? 0 : tl_fail(TL_EBUG, "another operation");
	if (!on)
		return tl_fail(TL_ECONFLICT, "this needs no second person");
	tl_js_close(&w->json, ']');
	tl_js_close(&w->json, '}');
	if (w->json.bad)
		return tl_fail(TL_ETOOBIG, "this is too large to be proposed");
	c->proposed->said = true;
	c->proposed->op = op;
	c->proposed->what = tl_arena_dup(c->arena, tl_buf_str(&w->json));
	c->proposed->policy = tl_arena_dup(c->arena, w->policy);
	int rc = tl_arena_check(c->arena);
	return rc < 0 ? rc : tl_fail(TL_EAGAIN, "this was only being proposed");
}

/* Which operation a method and an address are; reading is none. TL_EFIELD. */
static int
find_operation(
    struct tl_arena *a, struct tl_str method, struct tl_str path, struct tl_proposed *p)
{
	const char *z = tl_arena_printf(a, "%.*s", TL_ARG(path));
	for (size_t i = 0; i < TL_COUNT(operations); i++) {
		bool same = false;
		int rc = tl_str_is(method, operations[i].method)
			     ? tl_route_match(a, operations[i].path, z, p->params, &same)
			     : 0;
		if (rc < 0)
			return rc;
		if (same && operations[i].need && operations[i].need[0] &&
		    strcmp(operations[i].method, "GET") != 0) {
			p->operation = &operations[i];
			return 0;
		}
	}
	return tl_fail_at(TL_EFIELD, "/path", "there is nothing at this address");
}

/* Runs the handler without doing anything: every check, and what it would be. */
static int
rehearse(struct tl_call *c, struct tl_proposed *p)
{
	struct tl_call sub = *c;
	sub.mode = TL_CALL_PROPOSE;
	sub.proposed = p;
	sub.out = (struct tl_buf){0};
	int rc = p->operation->fn(&sub);
	tl_buf_fini(&sub.out);
	if (p->said)
		return 0;
	return rc < 0 ? rc : tl_fail(TL_ECONFLICT, "this needs no second person");
}

/* Showing --------------------------------------------------------------------------------- */

static int
by_of(struct tl_call *c, const struct tl_proposal *p, const char **ret_need, unsigned *ret)
{
	struct tl_proposed at = {0};
	int rc = find_operation(c->arena, p->method, p->path, &at);
	if (rc < 0)
		return rc;
	*ret_need = at.operation->need;
	return tl_second_by(c->db, p, &c->session->user, at.operation->need, ret);
}

static int
write_proposal(struct tl_call *c, const char *key, const struct tl_proposal *p)
{
	struct tl_view v = tl_call_view(c);
	struct tl_buf *out = &c->out;
	const char *need = "";
	unsigned by = 0;
	int rc = by_of(c, p, &need, &by);
	tl_js_open(out, key, '{');
	tl_js_id(out, "id", p->id);
	tl_js_z(out, "operation", tl_guarded_names[p->op]);
	tl_js_z(out, "help", tl_guarded_help(p->op));
	tl_js_raw(out, "what", p->what);
	tl_js_str(out, "reason", p->reason);
	if (rc == 0)
		rc = tl_view_person(&v, "proposer", p->proposer);
	tl_js_bool(out, "mine", by == TL_BY_PROPOSER);
	tl_js_bool(out, "can_confirm", p->state == TL_PROPOSAL_OPEN && by == TL_BY_SECOND);
	tl_js_z(out, "state", tl_proposal_state_names[p->state]);
	tl_js_time(out, "created_at", p->created_at);
	tl_js_time(out, "expires_at", p->expires_at);
	if (rc == 0)
		rc = tl_view_person(&v, "closed_by", p->closed_by);
	tl_js_time(out, "closed_at", p->closed_at);
	tl_js_str0(out, "note", p->note);
	tl_js_close(out, '}');
	return rc;
}

/* Their own, and what they could have done themselves. */
static int
sees(struct tl_call *c, const struct tl_proposal *p, bool *ret)
{
	struct tl_proposed at = {0};
	int rc = find_operation(c->arena, p->method, p->path, &at);
	if (rc == TL_EFIELD) { /* an operation that this version no longer has */
		*ret = false;
		return 0;
	}
	if (rc == 0)
		*ret = tl_id_eq(p->proposer, c->who.id) ||
		       (tl_need(c->session->user.role, at.operation->need) == 0 &&
			   (!p->policy.n || tl_call_may(c, TL_ACT_SEE, TL_S(""), p->policy)));
	return rc;
}

static int
write_list(struct tl_call *c, const char *key, bool open)
{
	struct tl_proposal *list = NULL;
	size_t n = 0;
	int rc = tl_proposal_list(c->db, open, c->arena, &list, &n);
	tl_js_open(&c->out, key, '[');
	for (size_t i = 0; rc == 0 && i < n; i++) {
		bool seen = false;
		rc = sees(c, &list[i], &seen);
		if (rc == 0 && seen)
			rc = write_proposal(c, NULL, &list[i]);
	}
	tl_js_close(&c->out, ']');
	return rc;
}

int
tl_console_approvals(struct tl_call *c)
{
	const struct tl_config *conf = c->app->config;
	tl_js_open(&c->out, NULL, '{');
	int rc = write_list(c, "open", true);
	if (rc == 0)
		rc = write_list(c, "closed", false);
	tl_js_open(&c->out, "guarded", '[');
	for (size_t i = 0; i < conf->two_person.n; i++)
		tl_js_z(&c->out, NULL, conf->two_person.v[i]);
	tl_js_close(&c->out, ']');
	tl_js_close(&c->out, '}');
	return rc;
}

int
tl_approvals_open(
    struct tl_db *db, struct tl_arena *a, struct tl_open_proposal **ret, size_t *ret_count)
{
	struct tl_proposal *list = NULL;
	size_t n = 0;
	int rc = tl_proposal_list(db, true, a, &list, &n);
	struct tl_open_proposal *open = TL_NEWS(a, struct tl_open_proposal, n + 1);
	if (rc == 0)
		rc = tl_arena_check(a);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct tl_proposed at = {0};
		/* An operation that this version no longer has cannot be confirmed: it lapses. */
		if (find_operation(a, list[i].method, list[i].path, &at) == 0)
			open[i] = (struct tl_open_proposal){
			    at.operation->need, list[i].policy, list[i].proposer};
	}
	*ret = open;
	*ret_count = rc == 0 ? n : 0;
	return rc;
}

int64_t
tl_approvals_waiting(const struct tl_open_proposal *list, size_t n, struct tl_id who,
    const struct tl_access *access)
{
	int64_t count = 0;
	for (size_t i = 0; i < n; i++) {
		struct tl_tag tag = {.policy = list[i].policy};
		if (list[i].need && !tl_id_eq(list[i].proposer, who) &&
		    tl_need(access->role, list[i].need) == 0 &&
		    (!tag.policy.n || tl_may_on(access, TL_ACT_SEE, &tag, 1)))
			count++;
	}
	return count;
}

/* Proposing ------------------------------------------------------------------------------- */

struct ask {
	struct tl_str method, path, reason;
	json_t *body;
};

static int
propose(struct tl_call *c, const struct ask *ask, const struct tl_proposed *at,
    struct tl_proposal *p)
{
	int64_t others = 0;
	int rc = tl_second_others(c->db, c->arena, c->who.id, at->operation->need, &others);
	if (rc < 0)
		return rc;
	if (!others)
		return tl_fail(TL_ECONFLICT,
		    "nobody else could confirm this; on the machine `%s` does it alone, and "
		    "an alarm says so",
		    tl_guarded_cli(at->op));
	int64_t now = tl_now_us();
	char *body = json_dumps(at->body, JSON_COMPACT);
	*p = (struct tl_proposal){.id = tl_id_new(),
	    .op = at->op,
	    .method = ask->method,
	    .path = ask->path,
	    .body = tl_arena_dup(c->arena, tl_str(body ? body : "{}")),
	    .what = at->what,
	    .policy = at->policy,
	    .reason = ask->reason,
	    .proposer = c->who.id,
	    .created_at = now,
	    .expires_at = now + c->app->config->two_person_hours * TL_US_HOUR,
	    .state = TL_PROPOSAL_OPEN};
	free(body);
	rc = tl_arena_check(c->arena);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	return tl_call_end(c, TL_SYNC_FULL, tl_second_propose(c->db, p, c->actor));
}

int
tl_console_approval_propose(struct tl_call *c)
{
	static const struct tl_json_field fields[] = {
	    {"method", TL_J_STR, offsetof(struct ask, method), 1, 10, NULL, true},
	    {"path", TL_J_STR, offsetof(struct ask, path), 1, 500, NULL, true},
	    {"body", TL_J_OBJECT, offsetof(struct ask, body), 0, 64, NULL, false},
	    {"reason", TL_J_STR, offsetof(struct ask, reason), 1, 2000, NULL, true},
	};
	struct ask ask = {0};
	struct tl_proposed at = {0};
	struct tl_proposal p = {0};
	json_t TL_CLEANUP(tl_json_unref) *empty = json_object();
	int rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0)
		rc = find_operation(c->arena, ask.method, ask.path, &at);
	if (rc == 0)
		rc = tl_need(c->session->user.role, at.operation->need);
	if (rc == 0)
		rc = tl_console_proof(c->req, c->app, c->session, at.operation->need);
	at.body = ask.body ? ask.body : empty;
	if (rc == 0)
		rc = rehearse(c, &at);
	if (rc == 0)
		rc = propose(c, &ask, &at, &p);
	if (rc < 0)
		return rc;
	c->status = 201;
	return write_proposal(c, NULL, &p);
}

/* Ending ---------------------------------------------------------------------------------- */

/* The proposal, and what this person is to it. Inside the transaction. */
static int
load(struct tl_call *c, struct tl_proposal *p, struct tl_proposed *at, unsigned *ret_by)
{
	struct tl_id id = {0};
	bool seen = false;
	int rc = tl_call_id(c, 0, &id);
	if (rc == 0)
		rc = tl_proposal_get(c->db, id, c->arena, p);
	if (rc == 0)
		rc = find_operation(c->arena, p->method, p->path, at);
	if (rc == 0)
		rc = sees(c, p, &seen);
	if (rc == 0 && (!seen || !at->operation))
		rc = tl_fail(
		    TL_EPERM, "you could not do this yourself, so you cannot confirm it");
	if (rc == 0)
		rc = tl_console_proof(c->req, c->app, c->session, at->operation->need);
	if (rc == 0 && p->state == TL_PROPOSAL_OPEN && p->expires_at <= tl_now_us())
		rc = tl_fail(TL_ECONFLICT, "this proposal has lapsed; propose it again");
	return rc != 0 ? rc
		       : tl_second_by(c->db, p, &c->session->user, at->operation->need, ret_by);
}

/* Checked as the second person, and still the same. */
static int
check_again(struct tl_call *c, const struct tl_proposal *p, struct tl_proposed *at)
{
	int rc = rehearse(c, at);
	if (rc < 0)
		return rc;
	if (at->op != p->op || !tl_str_eq(at->what, p->what))
		return tl_fail(TL_ECONFLICT, "what this would do has changed since it was "
					     "proposed; refuse it, and let it "
					     "be proposed again");
	return 0;
}

/* Does it as the proposer, who must still be allowed to; the answer goes into *out. */
static int
execute(
    struct tl_call *c, const struct tl_proposal *p, struct tl_proposed *at, struct tl_buf *out)
{
	struct tl_session as = {0};
	struct tl_call sub = *c;
	if (!at->operation)
		return tl_fail(TL_EBUG, "nothing is to be done");
	int rc = tl_user_get(c->db, p->proposer, c->arena, &as.user);
	if (rc == 0 && as.user.disabled_at)
		rc = tl_fail(TL_ECONFLICT, "who proposed this was shut out since");
	if (rc == 0)
		rc = tl_need(as.user.role, at->operation->need);
	if (rc == 0)
		rc = tl_access_of(c->db, c->arena, &as.user, c->set, &sub.who.access);
	if (rc < 0)
		return rc;
	at->second = c->actor;
	sub.mode = TL_CALL_EXECUTE;
	sub.proposed = at;
	sub.session = &as;
	sub.who.id = p->proposer;
	sub.who.oversees = tl_may(as.user.role, TL_MAY_RELEASE_ANY);
	sub.out = (struct tl_buf){0};
	tl_actor_user(sub.actor, p->proposer);
	rc = at->operation->fn(&sub);
	*out = sub.out;
	return rc;
}

static int
confirm(struct tl_call *c, struct tl_proposal *p, struct tl_buf *out)
{
	struct tl_proposed at = {0};
	json_t TL_CLEANUP(tl_json_unref) *body = NULL;
	unsigned by = 0;
	int rc = load(c, p, &at, &by);
	if (rc == 0)
		rc = tl_json_parse(p->body, &body);
	at.body = body;
	/* The step first: whoever may not confirm learns nothing of how it would end. */
	if (rc == 0)
		rc = tl_second_close(
		    c->db, p, TL_PROPOSAL_CONFIRM, by, c->who.id, TL_S(""), c->actor);
	if (rc == 0)
		rc = check_again(c, p, &at);
	return rc < 0 ? rc : execute(c, p, &at, out);
}

int
tl_console_approval_confirm(struct tl_call *c)
{
	struct tl_proposal p = {0};
	struct tl_buf TL_CLEANUP(tl_buf_fini) result = {0};
	int rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_call_end(c, TL_SYNC_FULL, confirm(c, &p, &result));
	if (rc < 0)
		return rc;
	tl_app_wake(c->app, TL_PROC_WORKER);
	tl_js_open(&c->out, NULL, '{');
	rc = write_proposal(c, "proposal", &p);
	tl_js_raw0(&c->out, "result", tl_buf_str(&result));
	tl_js_close(&c->out, '}');
	return rc;
}

static int
end(struct tl_call *c, enum tl_proposal_event event, struct tl_str note)
{
	struct tl_proposal p = {0};
	struct tl_proposed at = {0};
	unsigned by = 0;
	int rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = load(c, &p, &at, &by);
	if (rc == 0)
		rc = tl_second_close(c->db, &p, event, by, c->who.id, note, c->actor);
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	return rc < 0 ? rc : write_proposal(c, NULL, &p);
}

int
tl_console_approval_refuse(struct tl_call *c)
{
	struct tl_str note = {0};
	static const struct tl_json_field fields[] = {
	    {"note", TL_J_STR, 0, 1, 2000, NULL, true}};
	int rc = TL_CALL_JSON(c, fields, &note);
	return rc < 0 ? rc : end(c, TL_PROPOSAL_REFUSE, note);
}

int
tl_console_approval_withdraw(struct tl_call *c)
{
	return end(c, TL_PROPOSAL_WITHDRAW, TL_S(""));
}
