/*
 * Which copies one decision may cover.
 *
 * Promises: what a person decided stays as it is, what only the rules did may be decided; what somebody else holds, and what
 * this person may not see or decide, is left out. Failure: the store's. Called by the console, for what it shows and what
 * is decided, and by the finder when it is carried out.
 */
#include "review/cover.h"

#include "base/arena.h"
#include "store/decisions.h"
#include "store/tags.h"

static int
read_decided(struct tl_db *db, struct tl_arena *a, const struct tl_cover_ask *ask,
    struct tl_coverable *k)
{
	struct tl_row r;
	int rc =
	    tl_db_first(db, &r, TL_SQL_COPIES_DECIDED, A_INT(ask->platform), A_ID(ask->item));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	k->decided_kind = tl_arena_dup(a, tl_col_str(&r, 0));
	k->decided_policy = tl_arena_dup(a, tl_col_str(&r, 1));
	k->automatic = tl_str_is(tl_col_str(&r, 2), tl_automation_names[TL_AUTOMATION_FULLY]);
	tl_row_end(&r);
	return 0;
}

/* By a person, or to the same end. */
static bool
stands(const struct tl_cover_ask *ask, const struct tl_coverable *k)
{
	if (k->decided_kind.n == 0)
		return false;
	return !k->automatic ||
	       (ask->policy.n &&
		   tl_str_is(k->decided_kind, tl_decision_kind_names[ask->kind]) &&
		   tl_str_eq(k->decided_policy, ask->policy));
}

int
tl_review_coverable(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    const struct tl_cover_ask *ask, struct tl_coverable *ret)
{
	struct tl_tags tags;
	*ret = (struct tl_coverable){0};
	int rc = tl_tags_of_subject(db, ask->platform, TL_SUBJECT_ITEM, ask->item, a, &tags);
	if (rc < 0)
		return rc;
	ret->hidden = !tl_may_on(&who->access, TL_ACT_SEE, tags.v, tags.n);
	bool theirs = !ret->hidden && tl_may_on(&who->access, TL_ACT_DECIDE, tags.v, tags.n);
	rc = tl_case_of(db, a, ask->platform, TL_SUBJECT_ITEM, ask->item, &ret->open);
	ret->is_open = rc == 0;
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	if (ret->is_open)
		theirs = theirs && tl_review_need(db, a, who, TL_ACT_DECIDE, &ret->open) == 0;
	rc = read_decided(db, a, ask, ret);
	if (rc < 0)
		return rc;
	if (ret->hidden)
		ret->why = "not_yours";
	else if (stands(ask, ret))
		ret->why = "decided";
	else if (ret->is_open && ret->open.state == TL_CASE_CLAIMED &&
		 !tl_id_eq(ret->open.claimed_by, who->id))
		ret->why = "held";
	else if (!theirs)
		ret->why = "not_yours";
	return 0;
}
