/*
 * What the rules say of an item, with reasons. The verdict is the gravest outcome of its reasons; shadow
 * reasons are recorded and have no effect.
 */
#pragma once

#include "core/signal.h"

struct tl_action_wish {
	struct tl_str name;   /* of the action catalogue */
	struct tl_str params; /* JSON object, or empty */
};

struct tl_reason {
	struct tl_str rule;
	struct tl_str pack;
	struct tl_str policy;
	enum tl_verdict_word outcome;
	bool unknown; /* the rule ended unknown; outcome is the policy's on_unknown */
	bool shadow;
	bool review_only;          /* it rests on review-only entries: nothing acts by itself */
	struct tl_str explanation; /* one sentence for people */
	struct tl_str values;      /* JSON array of {"expr","value"}: the leaves that made it */
	const struct tl_action_wish *actions;
	size_t action_count;
	struct tl_str case_queue; /* empty: the policy's queue */
	bool wants_case;
	enum tl_severity case_severity;
};

struct tl_verdict {
	enum tl_verdict_word word;
	struct tl_str ruleset;           /* version of the rules in force */
	const struct tl_reason *reasons; /* gravest first */
	size_t reason_count;
};
