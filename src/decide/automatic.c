/*
 * What the rules decide without a person.
 *
 * Promises: one decision for a verdict, however many rules made it; the same verdict again changes nothing; what a
 * person has decided is not decided again by rules alone, except under child-safety policies. Failure: the
 * store's codes; INPUT for a rule that names an action which does not exist. Called by the worker.
 */
#include "decide/decide_int.h"

#include "store/alarms.h"
#include "store/decisions.h"
#include "store/streams.h"

/* The newest word of a person on this item stands, unless something grave is known: then *ret stays false. */
static int
decided_by_person(struct deciding *x, bool *ret)
{
	struct tl_decision *list;
	size_t n;
	int rc = tl_decision_of_subject(
	    x->db, x->d.platform, x->d.subject_kind, x->d.subject, 50, x->arena, &list, &n);
	bool undone = true;
	for (size_t i = 0; i < n && rc == 0 && undone; i++)
		if (list[i].automated_decision != TL_AUTOMATION_FULLY)
			rc = tl_decision_is_reversed(x->db, list[i].id, &undone);
	if (rc == 0)
		*ret = !undone && !(x->d.policy_def && x->d.policy_def->child_safety);
	return rc;
}

/* The gravest reason that asks for something; a rule may act on what is allowed all the same (a label). */
static const struct tl_reason *
leading(const struct tl_verdict *v)
{
	for (size_t i = 0; i < v->reason_count; i++) {
		const struct tl_reason *r = &v->reasons[i];
		if (!r->shadow && r->outcome == v->word &&
		    (v->word > TL_VERDICT_ALLOW || r->action_count > 0))
			return r;
	}
	return NULL;
}

/* Left out: what no author leads to (an account action without an account), and what holds already. */
static int
wish(struct deciding *x, const struct tl_action_wish *w)
{
	const struct tl_action_def *def = tl_action_find(x->env->policies, w->name);
	if (def && !def->on_item && tl_id_is_nil(x->d.account))
		return 0;
	if (def && decide_in_force_covers(x, def))
		return 0;
	return decide_wish(x, w);
}

/* What is blocked and runs is stopped: nothing that was done to the rest of it would reach who is watching now. */
static int
wish_stop(struct deciding *x)
{
	static const struct tl_action_wish stop = {
	    .name = {(const uint8_t *)"stop_stream", sizeof "stop_stream" - 1}};
	struct tl_stream s;
	int rc = tl_stream_get(x->db, x->d.platform, x->d.subject, x->arena, &s);
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	if (s.state != TL_STREAM_RUNNING || !tl_action_find(x->env->policies, stop.name))
		return 0;
	return decide_wish(x, &stop);
}

/* Named by the rules; for a block that names nothing what its policy does by default; for a withhold that. */
static int
wishes(struct deciding *x, const struct tl_verdict *v)
{
	int rc = 0;
	if (v->word == TL_VERDICT_BLOCK)
		rc = wish_stop(x);
	if (v->word == TL_VERDICT_WITHHOLD)
		rc = wish(x, &(struct tl_action_wish){.name = TL_S("withhold")});
	for (size_t i = 0; i < v->reason_count && rc == 0; i++) {
		const struct tl_reason *r = &v->reasons[i];
		if (r->shadow)
			continue;
		for (size_t k = 0; k < r->action_count && rc == 0; k++)
			rc = wish(x, &r->actions[k]);
		const struct tl_policy *p = tl_policy_find(x->env->policies, r->policy);
		if (r->outcome != TL_VERDICT_BLOCK || r->action_count > 0 || !p)
			continue;
		for (size_t k = 0; k < p->action_count && rc == 0; k++)
			rc = wish(x, &(struct tl_action_wish){.name = p->actions[k]});
	}
	return rc;
}

static void
other_policies(struct deciding *x, const struct tl_verdict *v)
{
	const struct tl_policy *others[8];
	size_t n = 0;
	for (size_t i = 0; i < v->reason_count && n < TL_COUNT(others); i++) {
		const struct tl_policy *p =
		    tl_policy_find(x->env->policies, v->reasons[i].policy);
		if (p && p != x->d.policy_def && !v->reasons[i].shadow)
			others[n++] = p;
	}
	decide_categories(x, others, n);
}

/* What a verdict is about: an item, or without one an account. */
struct about {
	const struct tl_item *item;
	int64_t platform;
	struct tl_id account;
	const struct tl_signal *signals;
	size_t signal_count;
};

/* Fills x->d; *ret says whether there is anything to append. */
static int
prepare(struct deciding *x, const struct about *about, const struct tl_verdict *v,
    enum tl_decided *ret)
{
	const struct tl_reason *lead = leading(v);
	bool on = true, decided = false, kept = false;
	*ret = TL_DECIDED_NOT;
	if (!lead)
		return 0;
	int rc = tl_switch_get(x->db, TL_SWITCH_AUTOMATIC, &on);
	if (rc < 0 || !on)
		return rc;
	const struct tl_policy *p = tl_policy_find(x->env->policies, lead->policy);
	x->d.kind = TL_DECISION_ACT;
	x->d.trigger = TL_TRIGGER_OWN;
	x->d.automated_detection = true;
	x->d.automated_decision = TL_AUTOMATION_FULLY;
	x->d.ruleset = v->ruleset;
	rc = about->item ? decide_subject_item(x, about->item)
			 : decide_subject_account(x, about->platform, about->account);
	if (rc == 0)
		rc = decide_policy(x, lead->policy, p ? p->ground : TL_GROUND_NONE);
	if (rc < 0)
		return rc;
	decide_detection(x, about->signals, about->signal_count);
	other_policies(x, v);
	rc = decide_load_in_force(x);
	if (rc == 0)
		rc = wishes(x, v);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < x->in_force_count; i++)
		kept = kept || x->kept[i];
	if (x->d.action_count == 0) {
		*ret = kept ? TL_DECIDED_BEFORE : TL_DECIDED_NOT;
		return 0;
	}
	rc = decided_by_person(x, &decided);
	if (rc == 0)
		*ret = decided ? TL_DECIDED_NOT : TL_DECIDED;
	return rc;
}

static int
automatic(struct tl_db *db, const struct tl_decide_env *env, const struct about *about,
    const struct tl_verdict *verdict, enum tl_decided *ret, struct tl_id *ret_decision)
{
	TL_CLEANUP(decide_end) struct deciding x;
	enum tl_decided outcome = TL_DECIDED_NOT;
	decide_begin(&x, db, env);
	int rc = prepare(&x, about, verdict, &outcome);
	if (rc == 0 && outcome == TL_DECIDED)
		rc = decide_append(&x);
	if (rc < 0)
		return rc;
	*ret = outcome;
	*ret_decision = outcome == TL_DECIDED ? x.d.id : (struct tl_id){0};
	return 0;
}

int
tl_decide_automatic(struct tl_db *db, const struct tl_decide_env *env,
    const struct tl_item *item, const struct tl_verdict *verdict,
    const struct tl_signal *signals, size_t signal_count, enum tl_decided *ret,
    struct tl_id *ret_decision)
{
	struct about about = {.item = item, .signals = signals, .signal_count = signal_count};
	return automatic(db, env, &about, verdict, ret, ret_decision);
}

int
tl_decide_account(struct tl_db *db, const struct tl_decide_env *env, int64_t platform,
    struct tl_id account, const struct tl_verdict *verdict, const struct tl_signal *signal,
    enum tl_decided *ret, struct tl_id *ret_decision)
{
	struct about about = {
	    .platform = platform, .account = account, .signals = signal, .signal_count = 1};
	return automatic(db, env, &about, verdict, ret, ret_decision);
}
