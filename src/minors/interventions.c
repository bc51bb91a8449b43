/*
 * Answers to searches and comments (interventions.h).
 *
 * Promises: every list that is touched counts with its word for the band; the strictest wins, the first of equals names it.
 * Called by the API and the command line.
 */
#include "minors/interventions.h"

#include "minors/matrix.h"

static enum tl_minors_column
column_of(const struct tl_policy_set *set, enum tl_age_band band)
{
	switch (tl_minors_band(set->minors, band)) {
	case TL_AGE_18:
		return TL_COLUMN_18;
	case TL_AGE_16_17:
		return TL_COLUMN_16_17;
	case TL_AGE_UNKNOWN:
	case TL_AGE_UNDER_13:
	case TL_AGE_13_15:
	case tl_age_band_count:
		break;
	}
	return TL_COLUMN_13_15;
}

/* The strictest of these lists; NULL when none says more than 0. */
static const struct tl_word_list *
strictest(const struct tl_policy_set *set, enum tl_list_use use, enum tl_minors_column c,
    uint64_t lists)
{
	const struct tl_interventions *in = set->interventions;
	const struct tl_word_list *best = NULL;
	for (size_t i = 0; i < in->list_count; i++) {
		const struct tl_word_list *l = &in->lists[i];
		bool counts = l->use == use && (lists >> i & 1) && l->say[c];
		if (counts && (!best || l->say[c] > best->say[c]))
			best = l;
	}
	return best;
}

//= law:dsa-28.1
struct tl_search_answer
tl_search_answer(
    const struct tl_policy_set *set, enum tl_age_band band, uint64_t topics, bool care)
{
	enum tl_minors_column c = column_of(set, band);
	const struct tl_word_list *l = strictest(set, TL_LIST_SEARCH, c, topics);
	struct tl_search_answer r = {l ? (enum tl_search_say)l->say[c] : TL_SEARCH_NOTHING, l};
	if (care && r.say == TL_SEARCH_NOTHING)
		r.say = TL_SEARCH_NOTICE;
	return r;
}

static void
stricter(struct tl_comment_answer *a, enum tl_comment_say say, enum tl_comment_why why)
{
	if (say > a->say)
		*a = (struct tl_comment_answer){say, why, NULL};
}

//= law:dsa-28.1
struct tl_comment_answer
tl_comment_answer(const struct tl_policy_set *set, const struct tl_comment_input *in)
{
	enum tl_minors_column c = column_of(set, in->owner);
	const struct tl_word_list *l = strictest(set, TL_LIST_COMMENT, c, in->lists);
	enum tl_comment_say said = l ? (enum tl_comment_say)l->say[c] : TL_COMMENT_PUBLISH;
	struct tl_comment_answer a = {TL_COMMENT_PUBLISH, TL_COMMENT_WHY_NONE, NULL};
	/* Who owns the content approves their own comment by sending it. */
	if (in->own && said == TL_COMMENT_HOLD)
		said = TL_COMMENT_ASK;
	if (in->closed && !in->own)
		stricter(&a, TL_COMMENT_REFUSE, TL_COMMENT_WHY_CLOSED);
	if (said > a.say)
		a = (struct tl_comment_answer){said, TL_COMMENT_WHY_LIST, l};
	if (in->has_word && !in->own)
		stricter(&a, in->word_say, TL_COMMENT_WHY_OWNER_WORD);
	if (in->approve_all && !in->own)
		stricter(&a, TL_COMMENT_HOLD, TL_COMMENT_WHY_OWNER_APPROVES);
	if (in->friction)
		stricter(&a, TL_COMMENT_ASK, TL_COMMENT_WHY_ACTION);
	if (a.say == TL_COMMENT_ASK && in->confirmed)
		a.say = TL_COMMENT_PUBLISH;
	return a;
}

size_t
tl_help_lines(const struct tl_policy_set *set, const struct tl_word_list *topic,
    struct tl_str country, enum tl_age_band band,
    const struct tl_help_line *ret[TL_HELP_SHOWN_MAX])
{
	static const struct tl_word_list trouble = {
	    .help = {{(const uint8_t *)"child", 5}, {(const uint8_t *)"crisis", 6}},
	    .help_count = 2};
	const struct tl_interventions *in = set->interventions;
	const struct tl_word_list *l = topic ? topic : &trouble;
	bool minor = column_of(set, band) != TL_COLUMN_18;
	size_t n = 0;
	for (size_t h = 0; h < l->help_count; h++) {
		for (size_t i = 0; i < in->line_count && n < TL_HELP_SHOWN_MAX; i++) {
			const struct tl_help_line *line = &in->lines[i];
			if (tl_str_eq(line->country, country) &&
			    tl_str_eq(line->kind, l->help[h]) && (minor || !line->minors_only))
				ret[n++] = line;
		}
	}
	return n;
}
