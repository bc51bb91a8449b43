/* Help lines in an answer: the same wherever people are told where to turn. */
#pragma once

#include "base/buf.h"
#include "minors/interventions.h"
#include "minors/safety.h"

struct tl_help {
	const struct tl_policy_set *set;
	const struct tl_word_list *topic; /* NULL: for a child in trouble */
	struct tl_str country, language;
	enum tl_age_band band;
};

/* "help": {country, known, text, lines}. A country without a line gets the general text, and `known` says so. */
void tl_help_put(struct tl_buf *b, const struct tl_help *h);

/* "safety_notice": what it is, what can be done, and whom to turn to; null when none is shown. */
void tl_safety_put(
    struct tl_buf *b, const struct tl_policy_set *set, const struct tl_safety *n);
