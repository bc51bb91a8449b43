/*
 * How far an item may reach somebody of an age: shown, behind a warning screen, or not at all; and whether it may be recommended
 * to people who do not follow its author. From the actions in force, the verdict, and the settings of both. Pure.
 *
 * An action with the parameter `age` holds for everybody who may be younger; an unknown age counts as 13-15. Whatever is not
 * known is not recommended. Source: Commission guidelines on article 28(4) DSA (C/2025/5519), on recommender systems.
 */
#pragma once

#include "core/item.h"
#include "core/policy.h"
#include "minors/matrix.h"
#include "store/actions.h"

#define TL_REACH_WHYS 16 /* more than there are different codes */

enum tl_reach_effect { TL_REACH_APART = 1, TL_REACH_SCREEN = 2, TL_REACH_HIDE = 4 };

/* An action in force on the item, or on its author. */
struct tl_reach_action {
	struct tl_str name;
	struct tl_id id;
	int64_t age; /* for everybody younger; 0: for everybody, or as the action is meant */
};

/* Reads its parameters. False when it has nothing to do with reach. */
bool tl_reach_action_read(const struct tl_action_row *row, struct tl_reach_action *ret);

struct tl_reach_item {
	bool known;
	enum tl_item_state state;
	bool has_verdict;
	bool doubted; /* the rules withhold or block it, and a person has not decided yet */
	const struct tl_reach_action *actions;
	size_t action_count;
	const struct tl_minors_account
	    *author; /* NULL: it has none, or nothing is known of them */
};

struct tl_reach_viewer {
	enum tl_age_band band;
	bool strict; /* filters sensitive content */
	bool
	    limited; /* its contacts are limited: nothing of people who leave such accounts out is recommended to it */
};

struct tl_reach_why {
	const char *code;
	struct tl_id action; /* nil: none */
};

struct tl_reach {
	unsigned
	    effects; /* enum tl_reach_effect; APART: not recommended. HIDE and SCREEN come with APART where due. */
	struct tl_reach_why why[TL_REACH_WHYS];
	size_t why_count;
};

/* What the settings of an account make of a viewer. */
struct tl_reach_viewer tl_reach_viewer_of(const struct tl_policy_set *set,
    const struct tl_minors_account *a, bool limited, int64_t now);

struct tl_reach tl_reach_decide(const struct tl_policy_set *set,
    const struct tl_reach_item *item, const struct tl_reach_viewer *viewer, int64_t now);
