/*
 * What a person decides on a case.
 *
 * Promises: the newest decision about a subject is what holds: it takes back what it does not cover. The platform
 * hears of it when the undo window is over. Failure: INPUT naming the field. Called by the console's routes between
 * tl_review_may_decide and tl_review_decided.
 */
#include "decide/decide_int.h"

#include "store/decisions.h"
#include "sys/clock.h"

static int
check(const struct tl_person_decision *p)
{
	if (p->kind == TL_DECISION_CLEAR) {
		if (p->action_count > 0)
			return tl_fail_at(
			    TL_EFIELD, "/actions", "a clear decision has no actions");
		if (p->ground != TL_GROUND_NONE)
			return tl_fail_at(
			    TL_EFIELD, "/ground", "a clear decision has no ground");
		return 0;
	}
	if (p->kind != TL_DECISION_ACT)
		return tl_fail_at(TL_EFIELD, "/kind", "a case is decided with act or clear");
	if (p->policy.n == 0)
		return tl_fail_at(TL_EFIELD, "/policy", "choose the policy that is violated");
	if (p->ground == TL_GROUND_NONE)
		return tl_fail_at(TL_EFIELD, "/ground", "choose illegal or incompatible");
	if (p->action_count == 0)
		return tl_fail_at(TL_EFIELD, "/actions", "choose at least one action");
	if (p->facts.n > 5000)
		return tl_fail_at(TL_EFIELD, "/facts", "at most 5,000 bytes");
	return 0;
}

/* Item or account of the case; an item's signals say what found it. */
static int
subject(struct deciding *x, const struct tl_case *c, const struct tl_signal **ret_signals,
    size_t *ret_count)
{
	*ret_count = 0;
	if (c->subject_kind == TL_SUBJECT_ACCOUNT)
		return decide_subject_account(x, c->platform, c->subject);
	struct tl_item_full full;
	int rc = tl_item_get(x->db, c->platform, c->subject, x->arena, &full);
	if (rc == 0)
		rc = decide_subject_item(x, &full.item);
	if (rc < 0)
		return rc;
	x->d.ruleset = full.ruleset;
	if (x->d.viewed_whole < 0)
		x->d.viewed_whole = full.item.media_count == 0 || c->seen_whole;
	return tl_item_signals_get(
	    x->db, c->platform, c->subject, x->arena, ret_signals, ret_count);
}

static void
flag_trigger(struct tl_decision *d, const struct tl_case_origin *o)
{
	static const struct {
		enum tl_trigger trigger;
		const char *source;
	} by_kind[] = {
	    [TL_FLAG_USER] = {TL_TRIGGER_NOTICE, "SOURCE_TYPE_OTHER_NOTIFICATION"},
	    [TL_FLAG_TRUSTED] = {TL_TRIGGER_TRUSTED, "SOURCE_TRUSTED_FLAGGER"},
	    [TL_FLAG_NOTICE] = {TL_TRIGGER_NOTICE, "SOURCE_ARTICLE_16"},
	    [TL_FLAG_REFERRAL] = {TL_TRIGGER_REFERRAL, "SOURCE_TYPE_OTHER_NOTIFICATION"},
	};
	d->trigger = by_kind[o->flag_kind].trigger;
	d->trigger_ref = o->flag_ref;
	d->source_type = tl_str(by_kind[o->flag_kind].source);
}

static int
origin(struct deciding *x, const struct tl_case *c, const struct tl_person_decision *p)
{
	struct tl_case_origin o;
	int rc = tl_decision_case_origin(x->db, c->id, x->arena, &o);
	if (rc < 0)
		return rc;
	x->d.trigger = TL_TRIGGER_OWN;
	if (o.by_flag && o.flagged)
		flag_trigger(&x->d, &o);
	if (p->appeal_of == TL_TRIGGER_APPEAL)
		x->d.trigger = TL_TRIGGER_APPEAL;
	x->d.automated_detection = o.by_rule && !(o.by_flag && o.flagged);
	return 0;
}

static int
reviewer(struct deciding *x, const struct tl_case *c, const struct tl_person_decision *p)
{
	struct tl_decision *d = &x->d;
	d->automated_decision = TL_AUTOMATION_NOT;
	d->reviewer = p->user;
	d->reviewer_language = p->language;
	d->viewed_whole = p->viewed_whole;
	d->case_id = c->id;
	if (c->claimed_at > 0) {
		d->queued_us = c->claimed_at - c->opened_at;
		d->decided_in_us = d->at - c->claimed_at;
	}
	return tl_decision_pseudonym(x->db, p->user, x->arena, &d->reviewer_pseudonym);
}

static int
what(struct deciding *x, const struct tl_case *c, const struct tl_person_decision *p)
{
	x->d.facts = p->facts;
	if (p->kind == TL_DECISION_ACT)
		return decide_policy(x, p->policy, p->ground);
	/* What it was suspected of; the ground says that nothing of it was found. */
	if (c->policy.n > 0 && tl_policy_find(x->env->policies, c->policy)) {
		int rc = decide_policy(x, c->policy, TL_GROUND_NONE);
		x->d.facts = p->facts;
		return rc;
	}
	x->d.policy = c->policy;
	return 0;
}

static int
wishes(struct deciding *x, const struct tl_person_decision *p)
{
	for (size_t i = 0; i < p->action_count; i++) {
		int rc = decide_wish(x, &p->actions[i]);
		if (rc == TL_EFIELD) {
			char at[32];
			(void)snprintf(at, sizeof at, "/actions/%zu", i);
			const char *why = tl_arena_printf(x->arena, "%s", tl_err_text());
			return tl_fail_at(rc, at, "%s", why);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* A clear decision takes back the newest one that acted. */
static void
clears(struct deciding *x)
{
	if (x->d.kind == TL_DECISION_CLEAR && x->in_force_count > 0)
		x->d.reverses = x->in_force[x->in_force_count - 1].decision;
}

int
tl_decide_person(struct tl_db *db, const struct tl_decide_env *env, const struct tl_case *c,
    const struct tl_person_decision *p, struct tl_id *ret_decision, int64_t *ret_effective_at)
{
	TL_CLEANUP(decide_end) struct deciding x;
	const struct tl_signal *signals = NULL;
	size_t count = 0;
	decide_begin(&x, db, env);
	x.d.kind = p->kind;
	x.d.effective_at = x.d.at + env->undo_us;
	int rc = check(p);
	if (rc == 0)
		rc = reviewer(&x, c, p);
	if (rc == 0)
		rc = subject(&x, c, &signals, &count);
	if (rc == 0)
		rc = what(&x, c, p);
	if (rc == 0)
		rc = origin(&x, c, p);
	if (rc < 0)
		return rc;
	decide_detection(&x, signals, count);
	rc = decide_load_in_force(&x);
	if (rc == 0)
		rc = wishes(&x, p);
	if (rc == 0)
		rc = decide_supersede(&x);
	if (rc < 0)
		return rc;
	clears(&x);
	rc = decide_append(&x);
	if (rc < 0)
		return rc;
	*ret_decision = x.d.id;
	*ret_effective_at = x.d.effective_at;
	return 0;
}
