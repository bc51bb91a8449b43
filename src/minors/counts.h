/*
 * What searches and comments were told, as figures by day, list, country and age band: all that is kept of them. Writers run
 * inside a transaction.
 */
#pragma once

#include "core/interventions.h"
#include "store/db.h"

#define TL_COUNT_LIST_MAX 48

struct tl_intervention_count {
	int64_t platform;
	bool live;
	int64_t day; /* UTC, since 1970 */
	enum tl_list_use use;
	char list[TL_COUNT_LIST_MAX]; /* empty: no list was the reason */
	char country[4];              /* empty: not known */
	enum tl_age_band band;
	int say; /* enum tl_search_say or tl_comment_say */
	int64_t n;
};

extern const char *const tl_list_use_names[]; /* by enum tl_list_use, NULL at the end */
/* "block", "ask" … */
const char *tl_intervention_said(enum tl_list_use use, int say);

int tl_intervention_count_add(struct tl_db *db, const struct tl_intervention_count *c) TL_MUST;

/*
 * Live figures from `day` on, summed over days and platforms, the largest first of each use. *ret_more: there were more rows than
 * `max`.
 */
int tl_intervention_counts(struct tl_db *db, int64_t day, size_t max,
    struct tl_intervention_count *ret, size_t *ret_n, bool *ret_more) TL_MUST;
