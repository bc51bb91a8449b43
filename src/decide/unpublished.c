/*
 * The statement of reasons for what was refused before it was published: a comment that touches a word list which refuses.
 *
 * Promises: the same elements as for a decision; nothing is written, because nothing of the content is kept. Failures: EFIELD
 * for a policy that does not exist, what the composer refuses. Called by the API.
 */
#include "decide/decide_int.h"

/* What takes the place of "not published" among the Commission's words: removed. */
static const struct tl_action_def *
removal(const struct tl_policy_set *set)
{
	for (size_t i = 0; i < set->action_count; i++) {
		const struct tl_action_def *def = &set->actions[i];
		if (def->on_item &&
		    tl_str_is(def->restriction_word, "DECISION_VISIBILITY_CONTENT_REMOVED"))
			return def;
	}
	return NULL;
}

//= law:dsa-17.3.c
int
tl_decide_unpublished(const struct tl_decide_env *env, struct tl_str policy, struct tl_buf *out)
{
	const struct tl_policy *p = tl_policy_find(env->policies, policy);
	const struct tl_action_def *def = removal(env->policies);
	struct deciding x;
	if (!def)
		return tl_fail(TL_ECONFIG, "the catalogue has no action that removes content");
	decide_begin(&x, NULL, env);
	x.d.kind = TL_DECISION_ACT;
	x.d.subject_kind = TL_SUBJECT_ITEM;
	x.d.trigger = TL_TRIGGER_OWN;
	x.d.content_types = TL_S("[\"CONTENT_TYPE_TEXT\"]");
	x.d.posted_at = x.d.at;
	x.d.detector = TL_S("text");
	x.d.automated_detection = true;
	x.d.automated_decision = TL_AUTOMATION_FULLY;
	x.d.actions[x.d.action_count++] =
	    (struct tl_decided_action){.def = def, .subject_kind = TL_SUBJECT_ITEM};
	int rc = decide_policy(&x, policy, p ? p->ground : TL_GROUND_NONE);
	if (rc == 0) {
		decide_restrictions(&x);
		rc = env->statement(env->statement_ctx, &x.d, out);
	}
	decide_end(&x);
	return rc;
}
