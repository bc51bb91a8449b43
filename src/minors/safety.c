/*
 * When young people are shown a notice of safety (safety.h).
 *
 * Promises: nobody sees the same notice twice within the time of the policy, whoever approaches them; adults never do. What is kept is
 * when it was shown, deleted with the account. Failures: the store's. Called by the contact gate's routes.
 */
#include "minors/safety.h"

#include "store/accounts.h"

const char *
tl_safety_name(enum tl_safety_kind kind)
{
	return kind == TL_SAFETY_APPROACH ? "approach" : "refused";
}

/* A block or limit was the recipient's own doing: they know. What the sender may not do says nothing of the recipient. */
bool
tl_safety_fits(const struct tl_contact_answer *said)
{
	static const enum tl_contact_why whys[] = {TL_CONTACT_WHY_MINOR_UNSOLICITED,
	    TL_CONTACT_WHY_NOBODY, TL_CONTACT_WHY_FRIENDS, TL_CONTACT_WHY_STRANGERS_OFF,
	    TL_CONTACT_WHY_DECLINED, TL_CONTACT_WHY_GROUP_NEVER};
	for (size_t i = 0; said->outcome == TL_CONTACT_DENY && i < TL_COUNT(whys); i++) {
		if (said->why == whys[i])
			return true;
	}
	return false;
}

static int
shown_at(
    struct tl_db *db, int64_t platform, struct tl_id account, const char *name, int64_t *ret)
{
	struct tl_row r;
	int rc =
	    tl_db_first(db, &r, TL_SQL_NOTICE_SHOWN, A_INT(platform), A_ID(account), A_Z(name));
	if (rc < 0)
		return rc;
	*ret = tl_col_int(&r, 0);
	tl_row_end(&r);
	return 0;
}

int
tl_safety_due(struct tl_db *db, const struct tl_policy_set *set, int64_t platform,
    struct tl_id account, enum tl_safety_kind kind, int64_t now, struct tl_arena *arena,
    struct tl_safety *ret)
{
	const char *name = tl_safety_name(kind);
	struct tl_account who;
	struct tl_safety n = {.kind = kind};
	int64_t last = 0;
	ret->show = false;
	int rc = tl_account_band(db, platform, account, &n.band);
	if (rc < 0 || n.band == TL_AGE_18)
		return rc;
	rc = shown_at(db, platform, account, name, &last);
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	/* A clock that went back does not silence it for good. */
	bool recent =
	    rc == 0 && now - last < set->interventions->approach_every_us && last <= now;
	if (recent)
		return 0;
	rc = tl_account_get(db, platform, account, arena, &who);
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_NOTICE_SHOW, A_INT(platform), A_ID(account),
		    A_Z(name), A_INT(now));
	if (rc < 0)
		return rc;
	n.show = true;
	n.country = who.country;
	n.language = who.language;
	*ret = n;
	return 0;
}
