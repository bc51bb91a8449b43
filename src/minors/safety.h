/*
 * Notices of safety for young people: after somebody whom they do not know was kept away from them, and after they said no to
 * somebody. Not so often that they frighten: each at most once in the time of policy/interventions.yaml.
 */
#pragma once

#include "core/interventions.h"
#include "core/policy.h"
#include "minors/contact.h"
#include "store/db.h"

struct tl_arena;

enum tl_safety_kind { TL_SAFETY_APPROACH, TL_SAFETY_REFUSED };

/* What is shown; `kind` names the texts. */
struct tl_safety {
	bool show;
	enum tl_safety_kind kind;
	enum tl_age_band band;
	struct tl_str country, language;
};

/* Whether this answer of the gate kept somebody away from its recipient whom they had not shut out before. */
bool tl_safety_fits(const struct tl_contact_answer *said);

/*
 * Inside a transaction: whether the account is shown the notice now, which is remembered. Only minors, and who may be one.
 * Texts of *ret live in the arena.
 */
int tl_safety_due(struct tl_db *db, const struct tl_policy_set *set, int64_t platform,
    struct tl_id account, enum tl_safety_kind kind, int64_t now, struct tl_arena *arena,
    struct tl_safety *ret) TL_MUST;
/* "approach" or "refused": the prefix of its texts. */
const char *tl_safety_name(enum tl_safety_kind kind);
