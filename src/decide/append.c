/*
 * Appending a decision: statement, ledger row, actions with their deliveries, strikes, figures.
 *
 * Promises: all of it or nothing, in the caller's transaction; a delivery exists for each action that the platform
 * must carry out, and for no other. Failure: the store's codes, or the composer's. Called by automatic.c, person.c,
 * takeback.c.
 */
#include "decide/decide_int.h"

#include "base/json.h"
#include "outbox/outbox.h"
#include "store/accounts.h"
#include "store/decisions.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#define PRESERVE_CHILD (365 * TL_US_DAY)
#define PRESERVE_OTHER (183 * TL_US_DAY)

static int
statement(struct deciding *x)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	if (!x->env->statement || x->d.kind == TL_DECISION_CLEAR)
		return 0;
	int rc = x->env->statement(x->env->statement_ctx, &x->d, &b);
	if (rc < 0 || b.n == 0) /* none is owed: nothing is restricted */
		return rc;
	x->d.statement = tl_arena_dup(x->arena, tl_buf_str(&b));
	return tl_arena_check(x->arena);
}

static void
subject_json(
    struct tl_buf *b, const struct tl_decision *d, enum tl_subject_kind kind, struct tl_str ext)
{
	tl_js_open(b, "subject", '{');
	tl_js_z(b, "kind", tl_subject_kind_names[kind]);
	tl_js_str(b, "id", ext);
	if (kind == TL_SUBJECT_ITEM)
		tl_js_int(b, "item_version", d->item_version);
	tl_js_close(b, '}');
}

static void
id_json(struct tl_buf *b, const char *key, struct tl_id id)
{
	char text[TL_ID_TEXT];
	tl_id_text(text, id);
	tl_js_z(b, key, tl_id_is_nil(id) ? NULL : text);
}

static void
action_json(const struct deciding *x, struct tl_buf *b, const struct tl_decided_action *a)
{
	const struct tl_decision *d = &x->d;
	char id[TL_ID_TEXT];
	tl_id_text(id, a->id);
	tl_js_open(b, NULL, '{');
	tl_js_z(b, "action_id", id);
	tl_js_str(b, "action", a->def->name);
	tl_js_raw(b, "params", a->params.n ? a->params : TL_S("null"));
	id_json(b, "reverses", a->reverses);
	id_json(b, "decision_id", d->id);
	subject_json(b, d, a->subject_kind, a->subject_ext);
	tl_js_str(b, "policy", d->policy);
	char url[1024];
	(void)snprintf(url, sizeof url, "%s/v1/actions/%s/confirm", x->env->public_url, id);
	tl_js_z(b, "confirm_url", url);
	tl_js_raw(b, "statement", tl_str_is(d->statement, "{}") ? TL_S("null") : d->statement);
	tl_js_close(b, '}');
}

/* Asks the platform. The action is held when nothing may leave. */
static int
deliver(struct deciding *x, const struct tl_decided_action *a, struct tl_action_row *row)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf data = {0};
	bool held = false;
	action_json(x, &data, a);
	struct tl_outbox_message e = {.type = "action.requested",
	    .platform = x->d.platform,
	    .live = x->d.live,
	    .subject_key =
		tl_outbox_subject_key(x->arena, x->d.live, a->subject_kind, a->subject_ext),
	    .cause = a->id,
	    .at = x->d.at,
	    .not_before = x->d.effective_at,
	    .data = tl_buf_str(&data)};
	int rc = tl_outbox_put(x->db, &e, &held);
	row->state = held ? TL_ACTION_HELD : TL_ACTION_WAITING;
	row->clock_at = a->def->confirm_us ? x->d.effective_at + a->def->confirm_us : 0;
	return rc;
}

/* Carried out here: keeps the subject from being erased. */
static int
preserve(struct deciding *x, const struct tl_decided_action *a, struct tl_action_row *row)
{
	const struct tl_policy *p = x->d.policy_def;
	int64_t until = x->d.at + (p && p->child_safety ? PRESERVE_CHILD : PRESERVE_OTHER);
	const char *basis = tl_arena_printf(x->arena, "preserve:%.*s", TL_ARG(x->d.policy));
	row->state = TL_ACTION_CONFIRMED;
	row->confirmed_at = x->d.at;
	return tl_hold_place(
	    x->db, x->d.platform, a->subject_kind, a->subject, tl_str(basis), until, 0);
}

static int
append_action(struct deciding *x, const struct tl_decided_action *a)
{
	struct tl_action_row row = {
	    .id = a->id,
	    .decision = x->d.id,
	    .platform = x->d.platform,
	    .live = x->d.live,
	    .subject_kind = a->subject_kind,
	    .subject = a->subject,
	    .name = a->def->name,
	    .params = a->params,
	    .reverses = a->reverses,
	    .created_at = x->d.at,
	};
	int rc = a->def->outgoing ? deliver(x, a, &row) : preserve(x, a, &row);
	return rc < 0 ? rc : tl_action_add(x->db, &row);
}

/* A message about the decision itself; `ext` is what the platform calls its subject. */
static int
tell(struct deciding *x, const char *type, struct tl_str ext, const struct tl_buf *data)
{
	const struct tl_decision *d = &x->d;
	struct tl_outbox_message e = {.type = type,
	    .platform = d->platform,
	    .live = d->live,
	    .subject_key = tl_outbox_subject_key(x->arena, d->live, d->subject_kind, ext),
	    .cause = d->id,
	    .at = d->at,
	    .not_before = d->effective_at,
	    .data = tl_buf_str(data)};
	return tl_outbox_put(x->db, &e, NULL);
}

/* Tells the platform how a case ended, after the actions. */
static int
tell_case(struct deciding *x)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf data = {0};
	const struct tl_decision *d = &x->d;
	struct tl_str ext = d->subject_kind == TL_SUBJECT_ITEM ? d->item_ext : d->account_ext;
	if (tl_id_is_nil(d->case_id))
		return 0;
	tl_js_open(&data, NULL, '{');
	id_json(&data, "case_id", d->case_id);
	subject_json(&data, d, d->subject_kind, ext);
	id_json(&data, "decision_id", d->id);
	tl_js_z(&data, "outcome", tl_decision_kind_names[d->kind]);
	tl_js_close(&data, '}');
	return tell(x, "case.decided", ext, &data);
}

/* A reversal that asks nothing of the platform, because what was done cannot be undone, is told all the same. */
static int
tell_reversal(struct deciding *x)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf data = {0};
	const struct tl_decision *d = &x->d;
	struct tl_str ext = d->subject_kind == TL_SUBJECT_ITEM ? d->item_ext : d->account_ext;
	if (d->kind != TL_DECISION_REVERSE || d->action_count)
		return 0;
	tl_js_open(&data, NULL, '{');
	subject_json(&data, d, d->subject_kind, ext);
	id_json(&data, "decision_id", d->id);
	id_json(&data, "reverses", d->reverses);
	tl_js_raw(
	    &data, "statement", tl_str_is(d->statement, "{}") ? TL_S("null") : d->statement);
	tl_js_close(&data, '}');
	return tell(x, "decision.reversed", ext, &data);
}

/* A colleague's suspension of the author that this decision says nothing about keeps its strike. */
static int
revoke_standing(struct deciding *x)
{
	int rc = 0;
	for (size_t i = 0; i < x->in_force_count && rc == 0; i++) {
		bool apart = x->d.kind == TL_DECISION_ACT && !x->kept[i] &&
			     x->in_force[i].subject_kind == TL_SUBJECT_ACCOUNT;
		if (!apart)
			rc = tl_strike_revoke(x->db, x->in_force[i].decision, x->d.at);
	}
	return rc;
}

/*
 * A violation that counts: an act on a ground, that is more than a provisional withholding. One item counts once, by
 * its newest decision: who confirms what a rule removed does not punish its author twice.
 */
static int
strike(struct deciding *x)
{
	const struct tl_decision *d = &x->d;
	const struct tl_policy *p = d->policy_def;
	bool provisional = d->automated_decision == TL_AUTOMATION_FULLY;
	for (size_t i = 0; i < d->action_count && provisional; i++)
		provisional = tl_str_is(d->actions[i].def->name, "withhold") ||
			      !d->actions[i].def->outgoing;
	if (d->kind != TL_DECISION_ACT || d->ground == TL_GROUND_NONE || provisional || !p ||
	    tl_id_is_nil(d->account))
		return 0;
	int rc = d->subject_kind == TL_SUBJECT_ITEM ? revoke_standing(x) : 0;
	if (rc < 0 || p->strike_weight <= 0)
		return rc;
	struct tl_strike s = {.decision = d->id,
	    .policy = d->policy,
	    .weight = p->strike_weight,
	    .at = d->at,
	    .expires_at = d->at + p->strike_us};
	return tl_strike_add(x->db, d->platform, d->account, &s);
}

/* Strikes of decisions whose actions are all taken back no longer count. */
static int
forgive(struct deciding *x)
{
	if (x->d.kind == TL_DECISION_ACT)
		return 0;
	int rc = revoke_standing(x);
	return rc < 0 || tl_id_is_nil(x->d.reverses)
		   ? rc
		   : tl_strike_revoke(x->db, x->d.reverses, x->d.at);
}

int
decide_count(struct deciding *x, int64_t n)
{
	static const char *const names[] = {[TL_DECISION_ACT] = "decided_act",
	    [TL_DECISION_CLEAR] = "decided_clear",
	    [TL_DECISION_REVERSE] = "reversed"};
	const char *name =
	    x->d.automated_decision == TL_AUTOMATION_FULLY ? "automatic" : names[x->d.kind];
	return tl_counter_add(x->db, x->d.platform, x->d.live, name, x->d.policy, n);
}

int
decide_append(struct deciding *x)
{
	decide_restrictions(x);
	int rc = tl_arena_check(x->arena);
	if (rc == 0)
		rc = statement(x);
	if (rc == 0)
		rc = tl_decision_add(x->db, &x->d);
	TL_KILLPOINT(DECISION_STORED);
	for (size_t i = 0; i < x->d.action_count && rc == 0; i++) {
		rc = append_action(x, &x->d.actions[i]);
		TL_KILLPOINT(ACTION_STORED);
	}
	if (rc == 0)
		rc = tell_case(x);
	if (rc == 0)
		rc = tell_reversal(x);
	if (rc == 0)
		rc = strike(x);
	if (rc == 0)
		rc = forgive(x);
	return rc < 0 ? rc : decide_count(x, 1);
}
