/*
 * What people are shown or asked when they search, comment, or were approached: what policy/interventions.yaml says, as
 * plain data (config/policy_interventions.c reads it). Borrowed from the policy set, which is reference-counted.
 */
#pragma once

#include "core/minors.h"

#define TL_LISTS_MAX 64 /* topics and lists together: a bit each */
#define TL_LIST_HELP_MAX 4

enum tl_list_use { TL_LIST_SEARCH, TL_LIST_COMMENT, TL_LIST_USES };

struct tl_list_term {
	struct tl_str text;
	int line; /* of the file, for errors of the compiler of terms */
};

/* A topic of searches, or a list for comments. */
struct tl_word_list {
	enum tl_list_use use;
	struct tl_str name, title;
	struct tl_str policy; /* of comments: the ground of a refusal */
	uint8_t
	    say[TL_COLUMNS]; /* enum tl_search_say, enum tl_comment_say; rising strictness */
	struct tl_str help[TL_LIST_HELP_MAX]; /* kinds of help lines */
	size_t help_count;
	const struct tl_list_term *terms;
	size_t term_count;
};

struct tl_help_line {
	struct tl_str country, kind, name, phone, source;
	struct tl_str check; /* YYYY-MM-DD */
	bool minors_only;
};

struct tl_interventions {
	const struct tl_word_list *lists; /* those of searches first */
	size_t list_count;
	const struct tl_help_line *lines;
	size_t line_count;
	const struct tl_minors_text *texts;
	size_t text_count;
	int64_t approach_every_us;
};

/* A text in a language (BCP 47; only its first subtag counts), else in English. */
struct tl_str tl_intervention_text(
    const struct tl_interventions *in, struct tl_str language, struct tl_str name);
/* Of searches or comments; NULL when there is none of that name. */
const struct tl_word_list *tl_word_list_find(
    const struct tl_interventions *in, enum tl_list_use use, struct tl_str name);
