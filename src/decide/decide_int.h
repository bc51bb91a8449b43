/* Private to decide: what its files share while one decision is made. */
#pragma once

#include "base/arena.h"
#include "decide/decide.h"
#include "store/actions.h"
#include "store/items.h"

struct deciding {
	struct tl_db *db;
	const struct tl_decide_env *env;
	struct tl_arena *arena;
	struct tl_decision d;
	struct tl_action_row *in_force; /* on the subject, before this decision */
	size_t in_force_count;
	bool kept
	    [TL_ACTIONS_MAX]; /* in force and wished again: neither asked for twice nor taken back */
};

/* Creates the arena, sets id, puid, time, service, policy version and neutral values. */
void decide_begin(struct deciding *x, struct tl_db *db, const struct tl_decide_env *env);
void decide_end(struct deciding *x);

/* fill.c: subject and content; policy and ground; what found it. */
int decide_subject_item(struct deciding *x, const struct tl_item *item) TL_MUST;
int decide_subject_account(struct deciding *x, int64_t platform, struct tl_id account) TL_MUST;
int decide_policy(struct deciding *x, struct tl_str policy, enum tl_ground ground) TL_MUST;
void decide_detection(struct deciding *x, const struct tl_signal *signals, size_t count);
void decide_categories(struct deciding *x, const struct tl_policy *const *others, size_t count);

/* actions.c: what the platform must do. A wish that is in force already is left out. */
int decide_load_in_force(struct deciding *x) TL_MUST;
int decide_wish(struct deciding *x, const struct tl_action_wish *w) TL_MUST;
/* Marks what is in force and restricts at least as much as `def`; false when nothing does. */
bool decide_in_force_covers(struct deciding *x, const struct tl_action_def *def);
/* Takes back what is in force and neither covered by this decision nor left standing by it. */
int decide_supersede(struct deciding *x) TL_MUST;
void decide_restrictions(struct deciding *x);

/* append.c: statement, ledger row, actions, deliveries, strikes, figures. */
int decide_append(struct deciding *x) TL_MUST;
int decide_count(struct deciding *x, int64_t n) TL_MUST;
