/*
 * The Commission's word lists as tables, generated from dsa.tbl.h.
 *
 * Promises: no allocation, linear over less than a hundred rows. Used by the policy loader and the checker of
 * statements of reasons.
 */
#include "core/dsa.h"

const char *const tl_dsa_categories[] = {
#define C(name) "STATEMENT_CATEGORY_" #name,
#include "core/dsa.tbl.h"
    NULL};

const struct tl_dsa_keyword tl_dsa_keywords[] = {
#define K(category, name) {"STATEMENT_CATEGORY_" #category, "KEYWORD_" #name},
#include "core/dsa.tbl.h"
    {NULL, NULL}};

const char *const tl_dsa_content_types[] = {
#define T(name) "CONTENT_TYPE_" #name,
#include "core/dsa.tbl.h"
    NULL};

const char *const tl_dsa_sources[] = {
#define S(name) #name,
#include "core/dsa.tbl.h"
    NULL};

static const struct {
	enum tl_restriction kind;
	const char *word;
} restrictions[] = {
#define R(kind, word) {TL_RESTRICT_##kind, "DECISION_" #kind "_" #word},
#include "core/dsa.tbl.h"
};

bool
tl_dsa_category_known(struct tl_str category)
{
	int at;
	return tl_word_parse(tl_dsa_categories, category, &at) == 0;
}

bool
tl_dsa_keyword_fits(struct tl_str category, struct tl_str keyword)
{
	if (tl_str_is(keyword, "KEYWORD_OTHER"))
		return tl_dsa_category_known(category);
	for (const struct tl_dsa_keyword *k = tl_dsa_keywords; k->keyword; k++) {
		if (tl_str_is(keyword, k->keyword))
			return tl_str_is(category, k->category);
	}
	return false;
}

enum tl_restriction
tl_dsa_restriction(struct tl_str word)
{
	for (size_t i = 0; i < TL_COUNT(restrictions); i++) {
		if (tl_str_is(word, restrictions[i].word))
			return restrictions[i].kind;
	}
	return TL_RESTRICT_NONE;
}
