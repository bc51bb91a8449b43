/*
 * Owns the two-person rule: who is a second person, and what becomes of a proposal.
 *
 * Promises: never the same person, nor with an account that one of the two made or gave a password to within 30
 * days; a proposal ends once; every step is in the audit trail, and an alarm waits as long as the proposal does.
 * Called by the console's routes, the clerk and the CLI.
 */
#include "people/second.h"

#include "store/alarms.h"
#include "sys/clock.h"

static int
audit(struct tl_db *db, const char *actor, const char *verb, const struct tl_proposal *p,
    struct tl_str detail)
{
	char id[TL_ID_TEXT];
	tl_id_text(id, p->id);
	return tl_audit_add(db, actor, verb, tl_str(id), detail);
}

int
tl_second_propose(struct tl_db *db, const struct tl_proposal *p, const char *actor)
{
	char id[TL_ID_TEXT];
	tl_id_text(id, p->id);
	int rc = tl_proposal_add(db, p);
	if (rc == 0)
		rc = tl_alarm_open(db, TL_AL_APPROVAL_WAITS, tl_str(id),
		    TL_SAID(A_Z(tl_guarded_help(p->op))), NULL);
	return rc < 0
		   ? rc
		   : audit(db, actor, "approval.propose", p, tl_str(tl_guarded_names[p->op]));
}

/* `one` made the account of `other`, or gave it its password, not long ago. */
static int
made(struct tl_db *db, struct tl_id one, struct tl_id other, bool *ret)
{
	struct tl_user_vouched v;
	char actor[TL_ACTOR_MAX];
	int64_t since = tl_now_us() - TL_SECOND_VOUCH_US;
	tl_actor_user(actor, one);
	int rc = tl_user_vouched(db, other, &v);
	if (rc == 0)
		*ret = (strstr(v.made_by, actor) && v.made_at > since) ||
		       (strstr(v.password_by, actor) && v.password_at > since);
	return rc;
}

/* Each is a person of their own, as far as can be told. */
static int
apart(struct tl_db *db, struct tl_id a, struct tl_id b, bool *ret)
{
	bool ab = false, ba = false;
	int rc = made(db, a, b, &ab);
	if (rc == 0)
		rc = made(db, b, a, &ba);
	if (rc == 0)
		*ret = !tl_id_eq(a, b) && !ab && !ba;
	return rc;
}

int
tl_second_by(struct tl_db *db, const struct tl_proposal *p, const struct tl_user *who,
    const char *permission, unsigned *ret)
{
	*ret = 0;
	if (tl_id_eq(p->proposer, who->id)) {
		*ret = TL_BY_PROPOSER;
		return 0;
	}
	if (who->disabled_at || tl_need(who->role, permission) < 0)
		return 0;
	bool second = false;
	int rc = apart(db, p->proposer, who->id, &second);
	if (rc == 0 && second)
		*ret = TL_BY_SECOND;
	return rc;
}

int
tl_second_close(struct tl_db *db, struct tl_proposal *p, enum tl_proposal_event event,
    unsigned by, struct tl_id closer, struct tl_str note, const char *actor)
{
	static const char *const verbs[] = {[TL_PROPOSAL_CONFIRM] = "approval.confirm",
	    [TL_PROPOSAL_REFUSE] = "approval.refuse",
	    [TL_PROPOSAL_WITHDRAW] = "approval.withdraw",
	    [TL_PROPOSAL_EXPIRE] = "approval.expire"};
	char id[TL_ID_TEXT];
	tl_id_text(id, p->id);
	int rc = tl_proposal_step(p->state, event, by, &p->state);
	p->closed_by = closer;
	p->closed_at = tl_now_us();
	p->note = note;
	if (rc == 0)
		rc = tl_proposal_close(db, p);
	if (rc == 0)
		rc = tl_alarm_over(db, TL_AL_APPROVAL_WAITS, tl_str(id));
	return rc < 0 ? rc : audit(db, actor, verbs[event], p, tl_str(tl_guarded_names[p->op]));
}

int
tl_second_others(struct tl_db *db, struct tl_arena *a, struct tl_id proposer,
    const char *permission, int64_t *ret)
{
	struct tl_user *list = NULL;
	size_t n = 0;
	int64_t count = 0;
	int rc = tl_user_list(db, a, &list, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		bool second = false;
		if (list[i].disabled_at || tl_need(list[i].role, permission) < 0)
			continue;
		rc = apart(db, proposer, list[i].id, &second);
		count += second;
	}
	if (rc == 0)
		*ret = count;
	return rc;
}

int
tl_second_expire(struct tl_db *db, struct tl_arena *a, int64_t now)
{
	struct tl_id ids[64];
	size_t n = 0;
	int rc = tl_proposal_late(db, now, ids, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct tl_proposal p;
		rc = tl_proposal_get(db, ids[i], a, &p);
		if (rc == 0)
			rc = tl_second_close(db, &p, TL_PROPOSAL_EXPIRE, TL_BY_CLOCK,
			    (struct tl_id){0}, TL_S(""), "system");
	}
	return rc < 0 ? rc : (int)n;
}

int
tl_second_alone(struct tl_db *db, enum tl_guarded op)
{
	const char *word = tl_guarded_names[op];
	int rc = tl_alarm_open(db, TL_AL_ONE_PERSON, tl_str(word), TL_SAID(A_Z(word)), NULL);
	return rc < 0 ? rc : tl_audit_add(db, "cli", "approval.alone", tl_str(word), TL_S(""));
}
