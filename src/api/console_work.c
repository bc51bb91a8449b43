/*
 * Work: the next case, claims, notes, drafts; deciding and taking back, composed of review and decide in one
 * transaction.
 *
 * Promises: a decision, its actions and the case's state are committed together and are on disk when the answer
 * leaves. Failures: 409 when a claim has lapsed or the undo window is over; nothing is half-written.
 */
#include "api/console_copies.h"

#include "decide/decide.h"
#include "report/statement.h"
#include "store/decisions.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

static int
write_case(struct tl_call *c, const char *key, struct tl_id id)
{
	struct tl_view v = tl_call_view(c);
	return tl_view_case(&v, key, &c->who, id);
}

int
tl_console_work_next(struct tl_call *c)
{
	struct tl_str queue = {0};
	static const struct tl_json_field fields[] = {
	    {"queue", TL_J_STR, 0, 0, 100, NULL, false}};
	int rc = TL_CALL_JSON(c, fields, &queue);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	/* Claims that ran out while the clerk was busy must not keep cases from people. */
	rc = tl_review_lapse(c->db, tl_now_us(), 64);
	struct tl_case got = {0};
	if (rc >= 0)
		rc = tl_review_next(c->db, c->arena, &c->who, queue, &got);
	bool none = rc == TL_ENOTFOUND;
	if (rc == 0)
		rc = tl_call_audit(c, "case.claim", got.id, "next");
	if (rc == 0) /* it is shown with the answer */
		rc = tl_call_audit(c, "case.view", got.id, "next");
	rc = tl_call_end(c, TL_SYNC_NORMAL, none ? 0 : rc);
	if (!none)
		TL_KILLPOINT(CLAIM_TAKEN);
	if (rc < 0)
		return rc;
	int64_t waiting = 0;
	tl_js_open(&c->out, NULL, '{');
	if (none)
		tl_js_null(&c->out, "case");
	else
		rc = write_case(c, "case", got.id);
	if (rc == 0)
		rc = tl_review_waiting(c->db, c->arena, &c->who, queue, &waiting);
	tl_js_int(&c->out, "waiting", waiting);
	tl_js_close(&c->out, '}');
	return rc;
}

int
tl_console_case_get(struct tl_call *c)
{
	struct tl_id id;
	int rc = tl_call_id(c, 0, &id);
	return rc < 0 ? rc : write_case(c, NULL, id);
}

int
tl_console_case_claim(struct tl_call *c)
{
	struct tl_id id;
	struct tl_case got;
	int rc = tl_call_begin_on(c, &id);
	if (rc < 0)
		return rc;
	rc = tl_review_lapse(c->db, tl_now_us(), 64);
	if (rc >= 0)
		rc = tl_review_claim(c->db, c->arena, &c->who, id, &got);
	if (rc == 0)
		rc = tl_call_audit(c, "case.claim", id, "");
	if (rc == 0) /* it is shown with the answer */
		rc = tl_call_audit(c, "case.view", id, "claim");
	rc = tl_call_end(c, TL_SYNC_NORMAL, rc);
	return rc < 0 ? rc : write_case(c, NULL, id);
}

int
tl_console_case_heartbeat(struct tl_call *c)
{
	struct tl_id id;
	int64_t until = 0;
	int rc = tl_call_begin_on(c, &id);
	if (rc < 0)
		return rc;
	rc = tl_review_heartbeat(c->db, c->arena, &c->who, id, &until);
	rc = tl_call_end(c, TL_SYNC_NORMAL, rc);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	tl_js_time(&c->out, "claim_until", until);
	tl_js_close(&c->out, '}');
	return 0;
}

int
tl_console_case_release(struct tl_call *c)
{
	struct tl_id id;
	int rc = tl_call_begin_on(c, &id);
	if (rc < 0)
		return rc;
	rc = tl_review_release(c->db, c->arena, &c->who, id);
	return tl_call_end(c, TL_SYNC_NORMAL, rc);
}

int
tl_console_case_skip(struct tl_call *c)
{
	struct tl_id id;
	struct tl_str reason = {0};
	static const struct tl_json_field fields[] = {
	    {"reason", TL_J_STR, 0, 1, 2000, NULL, true}};
	int rc = tl_call_id(c, 0, &id);
	if (rc == 0)
		rc = TL_CALL_JSON(c, fields, &reason);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_review_skip(c->db, c->arena, &c->who, id, reason);
	return tl_call_end(c, TL_SYNC_FULL, rc);
}

int
tl_console_case_note(struct tl_call *c)
{
	struct tl_id id, note;
	struct tl_str body = {0};
	static const struct tl_json_field fields[] = {
	    {"body", TL_J_STR, 0, 1, 20000, NULL, true}};
	int rc = tl_call_id(c, 0, &id);
	if (rc == 0)
		rc = TL_CALL_JSON(c, fields, &body);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_review_note(c->db, c->arena, &c->who, id, body, &note);
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	if (rc < 0)
		return rc;
	c->status = 201;
	tl_js_open(&c->out, NULL, '{');
	tl_js_id(&c->out, "id", note);
	tl_js_str(&c->out, "author", c->session->user.name);
	tl_js_z(&c->out, "kind", "note");
	tl_js_str(&c->out, "body", body);
	tl_js_time(&c->out, "at", tl_now_us());
	tl_js_close(&c->out, '}');
	return 0;
}

struct draft {
	struct tl_str policy, facts, note;
	json_t *actions;
};

int
tl_console_case_draft(struct tl_call *c)
{
	static const struct tl_json_field fields[] = {
	    {"policy", TL_J_STR, offsetof(struct draft, policy), 0, 200, NULL, false},
	    {"actions", TL_J_ARRAY, offsetof(struct draft, actions), 0, 32, NULL, true},
	    {"facts", TL_J_STR, offsetof(struct draft, facts), 0, 5000, NULL, true},
	    {"note", TL_J_STR, offsetof(struct draft, note), 0, 20000, NULL, true},
	};
	struct tl_id id;
	struct draft draft = {0};
	int rc = tl_call_id(c, 0, &id);
	if (rc == 0)
		rc = TL_CALL_JSON(c, fields, &draft);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_review_draft(c->db, c->arena, &c->who, id, tl_req_body(c->req));
	return tl_call_end(c, TL_SYNC_NORMAL, rc);
}

int
tl_console_case_move(struct tl_call *c)
{
	struct ask {
		struct tl_str queue, reason;
	} ask = {0};
	static const struct tl_json_field fields[] = {
	    {"queue", TL_J_STR, offsetof(struct ask, queue), 1, 100, NULL, true},
	    {"reason", TL_J_STR, offsetof(struct ask, reason), 0, 2000, NULL, true},
	};
	struct tl_id id;
	int rc = tl_call_id(c, 0, &id);
	if (rc == 0)
		rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_review_move(c->db, c->arena, &c->who, id, ask.queue, ask.reason);
	return tl_call_end(c, TL_SYNC_FULL, rc);
}

/* Deciding -------------------------------------------------------------------------------- */

struct decide_ask {
	int kind, ground;
	struct tl_str policy, facts, note;
	json_t *actions, *copies;
	struct tl_cover cover;
};

/* The copies that are to be covered as well. */
static int
read_cover(struct decide_ask *ask)
{
	static const struct tl_json_field fields[] = {
	    {"distance", TL_J_INT, offsetof(struct tl_cover, distance), 0, 63, NULL, true},
	    {"expect", TL_J_INT, offsetof(struct tl_cover, expect), 1, 10000, NULL, true},
	};
	if (!ask->copies)
		return 0;
	ask->cover.wanted = true;
	return tl_json_fill(ask->copies, "/copies", fields, TL_COUNT(fields), &ask->cover);
}

static int
read_wishes(struct tl_call *c, json_t *list, struct tl_action_wish **ret)
{
	static const struct tl_json_field fields[] = {
	    {"name", TL_J_STR, 0, 1, 100, NULL, true},
	    {"params", TL_J_OBJECT, sizeof(struct tl_str), 0, 32, NULL, false},
	};
	size_t n = json_array_size(list);
	struct tl_action_wish *w = TL_NEWS(c->arena, struct tl_action_wish, n + 1);
	int rc = tl_arena_check(c->arena);
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct {
			struct tl_str name;
			json_t *params;
		} one = {0};
		const char *at = tl_arena_printf(c->arena, "/actions/%zu", i);
		rc = tl_json_fill(json_array_get(list, i), at, fields, TL_COUNT(fields), &one);
		w[i].name = one.name;
		char *text =
		    rc == 0 && one.params ? json_dumps(one.params, JSON_COMPACT) : NULL;
		if (text)
			w[i].params = tl_arena_dup(c->arena, tl_str(text));
		free(text);
	}
	*ret = w;
	return rc < 0 ? rc : tl_arena_check(c->arena);
}

static struct tl_statement_env
statement_env(const struct tl_call *c)
{
	const struct tl_config *conf = c->app->config;
	return (struct tl_statement_env){.policies = c->set,
	    .service_name = conf->service_name,
	    .complaint_url = conf->complaint_url,
	    .contact = conf->contact,
	    .complaint_days = conf->complaint_days};
}

static struct tl_decide_env
decide_env(const struct tl_call *c, struct tl_statement_env *statement)
{
	*statement = statement_env(c);
	return (struct tl_decide_env){.policies = c->set,
	    .service = c->app->config->service_name,
	    .public_url = c->app->config->public_url,
	    .undo_us = c->app->config->undo_seconds * TL_US_S,
	    .statement = tl_statement_hook,
	    .statement_ctx = statement};
}

/* May they, decide, let the case follow: one transaction. */
static int
decide(struct tl_call *c, struct tl_id id, const struct decide_ask *ask,
    struct tl_person_decision *p, struct tl_id *ret_decision, int64_t *ret_effective)
{
	struct tl_statement_env statement;
	struct tl_decide_env env = decide_env(c, &statement);
	struct tl_case held;
	int rc = tl_review_may_decide(c->db, c->arena, &c->who, id, &held);
	if (rc == 0 && p->policy.n)
		rc = tl_need_to_decide(&c->who.access, p->policy, p->kind == TL_DECISION_ACT);
	if (rc == 0)
		rc = tl_decide_person(c->db, &env, &held, p, ret_decision, ret_effective);
	if (rc == 0)
		rc = tl_review_decided(
		    c->db, c->arena, &c->who, id, *ret_decision, p->kind == TL_DECISION_ACT);
	if (rc == 0 && ask->cover.wanted)
		rc = tl_copies_cover(c, &held, p, tl_req_body(c->req), *ret_decision,
		    *ret_effective, &ask->cover);
	if (rc == 0 && ask->note.n)
		rc = tl_case_note_add(c->db, id, c->who.id, "note", ask->note, NULL);
	if (rc == 0)
		rc = tl_case_draft_set(c->db, id, c->who.id, TL_S(""));
	if (rc == 0)
		rc = tl_call_audit(c, "decide", *ret_decision, tl_decision_kind_names[p->kind]);
	return rc;
}

int
tl_console_case_decide(struct tl_call *c)
{
	static const char *const kinds[] = {"act", "clear", NULL};
	static const struct tl_json_field fields[] = {
	    {"kind", TL_J_ENUM, offsetof(struct decide_ask, kind), 0, 0, kinds, true},
	    {"policy", TL_J_STR, offsetof(struct decide_ask, policy), 0, 200, NULL, false},
	    {"ground", TL_J_ENUM, offsetof(struct decide_ask, ground), 0, 0, tl_ground_names,
		true},
	    {"actions", TL_J_ARRAY, offsetof(struct decide_ask, actions), 0, 16, NULL, true},
	    {"facts", TL_J_STR, offsetof(struct decide_ask, facts), 0, 5000, NULL, false},
	    {"note", TL_J_STR, offsetof(struct decide_ask, note), 0, 20000, NULL, false},
	    {"copies", TL_J_OBJECT, offsetof(struct decide_ask, copies), 0, 8, NULL, false},
	};
	struct decide_ask ask = {0};
	struct tl_id id, decision;
	struct tl_action_wish *wishes = NULL;
	int64_t effective = 0, today = 0;
	int rc = tl_call_id(c, 0, &id);
	if (rc == 0)
		rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0)
		rc = read_cover(&ask);
	if (rc == 0)
		rc = read_wishes(c, ask.actions, &wishes);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	struct tl_person_decision p = {.user = c->who.id,
	    .kind = ask.kind == 0 ? TL_DECISION_ACT : TL_DECISION_CLEAR,
	    .policy = ask.policy,
	    .ground = (enum tl_ground)ask.ground,
	    .actions = wishes,
	    .action_count = json_array_size(ask.actions),
	    .facts = ask.facts,
	    .viewed_whole = -1,
	    .appeal_of = TL_TRIGGER_OWN};
	rc = decide(c, id, &ask, &p, &decision, &effective);
	TL_KILLPOINT(DECIDE_BEFORE_COMMIT);
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	TL_KILLPOINT(DECIDE_COMMITTED);
	if (rc < 0)
		return rc;
	tl_app_wake(c->app, TL_PROC_CLERK);
	tl_app_wake(c->app, TL_PROC_COURIER);
	rc =
	    tl_decision_count_by(c->db, c->who.id, tl_now_us() / TL_US_DAY * TL_US_DAY, &today);
	tl_js_open(&c->out, NULL, '{');
	tl_js_id(&c->out, "decision", decision);
	tl_js_id(&c->out, "case", id);
	tl_js_time(&c->out, "effective_at", effective);
	tl_js_int(&c->out, "decided_today", today);
	tl_js_close(&c->out, '}');
	return rc;
}

int
tl_console_decision_undo(struct tl_call *c)
{
	struct tl_id decision, id = {0};
	struct tl_case back;
	int rc = tl_call_begin_on(c, &decision);
	if (rc < 0)
		return rc;
	rc = tl_decide_undo(c->db, decision, c->who.id, &id);
	if (rc == 0)
		rc = tl_db_run(c->db, TL_SQL_GROUP_CANCEL, A_ID(decision), A_INT(tl_now_us()));
	if (rc >= 0)
		rc = tl_review_undone(c->db, c->arena, &c->who, id, &back);
	if (rc == 0)
		rc = tl_call_audit(c, "undo", decision, "");
	if (rc == 0) /* it is shown with the answer */
		rc = tl_call_audit(c, "case.view", id, "undo");
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	TL_KILLPOINT(UNDO_COMMITTED);
	return rc < 0 ? rc : write_case(c, NULL, id);
}

/* The decision's own policy is the last of its tags. */
static int
guard_reverse(struct tl_call *c, const struct tl_tags *tags, struct tl_str why)
{
	struct tl_what TL_CLEANUP(tl_what_fini)
	    w = {.policy = tags->n ? tags->v[tags->n - 1].policy : TL_S("")};
	tl_what_begin(&w, tl_call_param(c, 0));
	tl_what_change(&w, "reason of the reversal", (struct tl_str){0}, why);
	return tl_call_guard(c, TL_GUARD_REVERSE, &w);
}

/* A mistake was found after the undo window: a new decision takes the old one back. */
int
tl_console_decision_reverse(struct tl_call *c)
{
	struct tl_reversal r = {.user = c->who.id, .trigger = TL_TRIGGER_CORRECTION};
	struct tl_statement_env statement;
	struct tl_decide_env env = decide_env(c, &statement);
	struct tl_id fresh;
	static const struct tl_json_field fields[] = {
	    {"reason", TL_J_STR, 0, 1, 2000, NULL, true}};
	int rc = tl_call_id(c, 0, &r.decision);
	if (rc == 0)
		rc = TL_CALL_JSON(c, fields, &r.facts);
	struct tl_tags tags = {0};
	if (rc == 0)
		rc = tl_tags_of_decision(c->db, r.decision, c->arena, &tags);
	rc = tl_call_need_tags(c, TL_ACT_REVERSE, rc, &tags);
	if (rc == 0)
		rc = guard_reverse(c, &tags, r.facts);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_decide_reverse(c->db, &env, &r, &fresh);
	if (rc == 0)
		rc = tl_call_audit(c, "reverse", r.decision, "");
	TL_KILLPOINT(REVERSE_BEFORE_COMMIT);
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	TL_KILLPOINT(REVERSE_COMMITTED);
	if (rc < 0)
		return rc;
	tl_app_wake(c->app, TL_PROC_CLERK);
	tl_app_wake(c->app, TL_PROC_COURIER);
	tl_js_open(&c->out, NULL, '{');
	tl_js_id(&c->out, "decision", fresh);
	tl_js_close(&c->out, '}');
	return 0;
}
