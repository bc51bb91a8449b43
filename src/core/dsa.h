/*
 * The words of the DSA Transparency Database (dsa.tbl.h): which categories, keywords and restrictions there
 * are, and which keyword belongs to which category. Words are whole: STATEMENT_CATEGORY_…, KEYWORD_….
 */
#pragma once

#include "core/policy.h"

struct tl_dsa_keyword {
	const char *category, *keyword;
};

extern const char *const tl_dsa_categories[]; /* NULL-terminated */
extern const struct tl_dsa_keyword
    tl_dsa_keywords[];                           /* ends with NULLs; without KEYWORD_OTHER */
extern const char *const tl_dsa_content_types[]; /* CONTENT_TYPE_… */
extern const char *const tl_dsa_sources[];       /* SOURCE_… */

bool tl_dsa_category_known(struct tl_str category);
/* KEYWORD_OTHER fits every category. */
bool tl_dsa_keyword_fits(struct tl_str category, struct tl_str keyword);
/* The kind of a DECISION_… word; TL_RESTRICT_NONE when there is no such word. */
enum tl_restriction tl_dsa_restriction(struct tl_str word);
