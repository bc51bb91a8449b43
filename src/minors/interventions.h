/*
 * What is said to a search and to a comment, and which help lines are shown. Pure: no store, no clock, no texts of people.
 *
 * The strictest of all that applies counts; an unknown age is never told less than 13-15, below the minimum age as 13-15.
 * Sources: core/interventions.h; Commission guidelines on article 28(4) DSA (C/2025/5519).
 */
#pragma once

#include "core/interventions.h"
#include "core/policy.h"
#include "core/words.h"

#define TL_HELP_SHOWN_MAX 8

struct tl_search_answer {
	enum tl_search_say say;
	const struct tl_word_list
	    *topic; /* the strictest; NULL: none, only the action on the account */
};

/* `topics`: bit i for lists[i] that the search names. `care`: the action search_intervention is in force on the account. */
struct tl_search_answer tl_search_answer(
    const struct tl_policy_set *set, enum tl_age_band band, uint64_t topics, bool care);

/* What is known of a comment before it is published. */
struct tl_comment_input {
	enum tl_age_band owner; /* of the account whose content it is */
	uint64_t lists;         /* bit i for lists[i] that it touches */
	bool own;               /* the author comments on what is their own */
	bool closed;            /* the author may not comment there */
	bool friction;          /* people are asked first: an action is in force */
	bool has_word;          /* it holds one of the owner's words */
	enum tl_comment_say word_say;
	bool approve_all; /* the owner approves every comment */
	bool confirmed;   /* the author was asked, and stays with it */
};

struct tl_comment_answer {
	enum tl_comment_say say;
	enum tl_comment_why why;
	const struct tl_word_list *list; /* with WHY_LIST */
};

/* Of equal words the first cause in the order of tl_comment_why is named. */
struct tl_comment_answer tl_comment_answer(
    const struct tl_policy_set *set, const struct tl_comment_input *in);

/*
 * Help lines of a country for a topic (NULL: for a child in trouble), the first kinds first; those for minors only when the band
 * is not 18+. 0: none is known, and the text says so.
 */
size_t tl_help_lines(const struct tl_policy_set *set, const struct tl_word_list *topic,
    struct tl_str country, enum tl_age_band band,
    const struct tl_help_line *ret[TL_HELP_SHOWN_MAX]);
