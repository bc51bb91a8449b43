/*
 * May one decision cover this copy? Asked when it is shown, when it is decided and again when it is carried out, by the same
 * rule each time.
 */
#pragma once

#include "review/review.h"

struct tl_cover_ask {
	int64_t platform;
	struct tl_id item;
	enum tl_decision_kind kind;
	struct tl_str policy; /* empty: not chosen yet */
};

struct tl_coverable {
	const char *why; /* it is left out: decided held not_yours; NULL: covered */
	bool hidden;     /* not theirs to see either */
	bool is_open;
	struct tl_case open; /* its case */
	struct tl_str decided_kind,
	    decided_policy; /* the newest decision that stands; empty: none */
	bool automatic;     /* that was the rules' own */
};

/* Texts live in the arena. */
int tl_review_coverable(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    const struct tl_cover_ask *ask, struct tl_coverable *ret) TL_MUST;
