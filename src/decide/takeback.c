/*
 * Taking decisions back: undo within seconds, reversal at any time later.
 *
 * Promises: an undone decision has had no effect outside; a reversed one is reversed by a new decision, and nothing
 * is ever removed from the ledger. Failure: DENIED (somebody else's), STATE (too late, taken back already). Called
 * by the console's routes and the CLI.
 */
#include "decide/decide_int.h"

#include "core/enforce_state.h"
#include "outbox/outbox.h"
#include "store/accounts.h"
#include "store/decisions.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

static int
actor(struct deciding *x, struct tl_id user, struct tl_str *ret)
{
	char id[TL_ID_TEXT];
	tl_id_text(id, user);
	*ret = tl_id_is_nil(user) ? TL_S("system")
				  : tl_str(tl_arena_printf(x->arena, "user:%s", id));
	return tl_arena_check(x->arena);
}

/* The action never left; what it would have taken back is in force again. */
static int
cancel_action(struct deciding *x, struct tl_action_row *a)
{
	int rc = tl_action_step(a->state, TL_ACTION_CANCEL, &a->state);
	if (rc < 0)
		return rc;
	a->clock_at = 0;
	rc = tl_action_set(x->db, a);
	return rc < 0 ? rc : tl_outbox_cancel(x->db, a->id);
}

static int
cancel_all(struct deciding *x)
{
	struct tl_action_row *rows;
	size_t n;
	int rc = tl_action_of_decision(x->db, x->d.id, x->arena, &rows, &n);
	for (size_t i = 0; i < n && rc == 0; i++)
		if (rows[i].state !=
		    TL_ACTION_CONFIRMED) /* carried out here, at once: evidence stays kept */
			rc = cancel_action(x, &rows[i]);
	if (rc == 0)
		rc = tl_outbox_cancel(x->db, x->d.id);
	return rc;
}

/* What held before the decision holds again: its strikes, that the decision took over or took away, count again. */
static int
restore_strikes(struct deciding *x)
{
	int rc = decide_load_in_force(x);
	for (size_t i = 0; i < x->in_force_count && rc == 0; i++)
		rc = tl_strike_restore(x->db, x->in_force[i].decision, x->d.at);
	return rc;
}

static int
undo(struct deciding *x, struct tl_id decision, struct tl_id user, int64_t now)
{
	bool gone = false;
	struct tl_decision_event e = {.kind = TL_S("undone"), .at = now};
	int rc = tl_decision_get(x->db, decision, x->arena, &x->d, NULL);
	if (rc == 0)
		rc = tl_decision_is_reversed(x->db, decision, &gone);
	if (rc < 0)
		return rc;
	if (!tl_id_eq(x->d.reviewer, user) || tl_id_is_nil(user))
		return tl_fail(TL_EPERM, "only who decided can undo it");
	if (gone)
		return tl_fail(TL_ECONFLICT, "this decision has been taken back already");
	if (now >= x->d.effective_at)
		return tl_fail(TL_ECONFLICT, "too late to undo: the platform has been told");
	rc = cancel_all(x);
	TL_KILLPOINT(UNDO_CANCELLED);
	if (rc == 0)
		rc = tl_strike_revoke(x->db, decision, now);
	if (rc == 0)
		rc = restore_strikes(x);
	if (rc == 0)
		rc = actor(x, user, &e.actor);
	if (rc == 0)
		rc = tl_decision_event_add(x->db, decision, &e);
	return rc < 0 ? rc : decide_count(x, -1);
}

int
tl_decide_undo(
    struct tl_db *db, struct tl_id decision, struct tl_id user, struct tl_id *ret_case)
{
	static const struct tl_policy_set none;
	const struct tl_decide_env env = {.policies = &none, .service = "", .public_url = ""};
	TL_CLEANUP(decide_end) struct deciding x;
	decide_begin(&x, db, &env);
	int rc = undo(&x, decision, user, tl_now_us());
	if (rc < 0)
		return rc;
	*ret_case = x.d.case_id;
	return 0;
}

/* Content, account and policy are the old decision's; what is new is why it is taken back, and by whom. */
static void
copy_old(struct deciding *x, const struct tl_decision *old, const struct tl_reversal *r)
{
	struct tl_decision fresh = x->d;
	x->d = *old;
	x->d.id = fresh.id;
	x->d.puid = fresh.puid;
	x->d.at = fresh.at;
	x->d.policy_version = fresh.policy_version;
	x->d.kind = TL_DECISION_REVERSE;
	x->d.reverses = old->id;
	x->d.case_id = (struct tl_id){0};
	x->d.trigger = r->trigger;
	x->d.trigger_ref = tl_str(tl_arena_printf(x->arena, "%.*s", TL_ARG(old->puid)));
	x->d.facts = r->facts;
	x->d.automated_decision =
	    tl_id_is_nil(r->user) ? TL_AUTOMATION_FULLY : TL_AUTOMATION_NOT;
	x->d.reviewer = r->user;
	x->d.reviewer_pseudonym = fresh.reviewer_pseudonym;
	x->d.reviewer_language = TL_S("");
	x->d.viewed_whole = -1;
	x->d.queued_us = x->d.decided_in_us = -1;
	x->d.monetary = x->d.provision = x->d.account_restriction = TL_S("");
	x->d.visibility_end = x->d.monetary_end = x->d.service_end = x->d.account_end = 0;
	x->d.effective_at = fresh.at + (tl_id_is_nil(r->user) ? 0 : x->env->undo_us);
	x->d.statement = TL_S("{}");
	x->d.policy_def = tl_policy_find(x->env->policies, old->policy);
}

/* Names that the event needs and the ledger does not keep. */
static int
names(struct deciding *x)
{
	struct tl_account a;
	struct tl_item_full full;
	int rc = 0;
	if (x->d.subject_kind == TL_SUBJECT_ITEM) {
		rc = tl_item_get(x->db, x->d.platform, x->d.subject, x->arena, &full);
		x->d.item_version = rc == 0 ? full.item.version : 0;
		x->d.account_ext = rc == 0 ? full.item.account_ext : TL_S("");
		return rc;
	}
	rc = tl_account_get(x->db, x->d.platform, x->d.account, x->arena, &a);
	x->d.account_ext = rc == 0 ? a.ext_id : TL_S("");
	return rc;
}

int
tl_decide_reverse(struct tl_db *db, const struct tl_decide_env *env,
    const struct tl_reversal *r, struct tl_id *ret_decision)
{
	TL_CLEANUP(decide_end) struct deciding x;
	struct tl_decision old;
	bool gone = false;
	decide_begin(&x, db, env);
	int rc = tl_decision_get(db, r->decision, x.arena, &old, NULL);
	if (rc == 0)
		rc = tl_decision_is_reversed(db, r->decision, &gone);
	if (rc < 0)
		return rc;
	if (gone)
		return tl_fail(TL_ECONFLICT, "this decision has been taken back already");
	if (old.kind != TL_DECISION_ACT)
		return tl_fail(
		    TL_ECONFLICT, "only a decision that restricts something is reversed");
	if (!tl_id_is_nil(r->user))
		rc = tl_decision_pseudonym(db, r->user, x.arena, &x.d.reviewer_pseudonym);
	copy_old(&x, &old, r);
	if (rc == 0)
		rc = names(&x);
	if (rc == 0)
		rc = decide_load_in_force(&x);
	if (rc == 0)
		rc = decide_supersede(&x);
	if (rc == 0)
		rc = decide_append(&x);
	if (rc == 0)
		*ret_decision = x.d.id;
	return rc;
}
