/*
 * Figures of what searches and comments were told (counts.h).
 *
 * Promises: nothing of a text and no account ever comes here. Failures: the store's. Called by the API's tally and the
 * console.
 */
#include "minors/counts.h"

#include <stdio.h>

const char *const tl_list_use_names[] = {"search", "comment", NULL};

const char *
tl_intervention_said(enum tl_list_use use, int say)
{
	return use == TL_LIST_SEARCH ? tl_search_say_names[say] : tl_comment_say_names[say];
}

int
tl_intervention_count_add(struct tl_db *db, const struct tl_intervention_count *c)
{
	int rc = tl_db_run(db, TL_SQL_ICOUNT_ADD, A_INT(c->platform), A_INT(c->live),
	    A_INT(c->day), A_Z(tl_list_use_names[c->use]), A_Z(c->list), A_Z(c->country),
	    A_Z(tl_age_band_names[c->band]), A_Z(tl_intervention_said(c->use, c->say)),
	    A_INT(c->n));
	return rc < 0 ? rc : 0;
}

static int
read_count(const struct tl_row *r, struct tl_intervention_count *c)
{
	int use = 0, band = 0, say = 0;
	int rc = tl_word_parse(tl_list_use_names, tl_col_str(r, 0), &use);
	if (rc == 0)
		rc = tl_word_parse(tl_age_band_names, tl_col_str(r, 3), &band);
	if (rc == 0)
		rc = tl_word_parse(
		    use == TL_LIST_SEARCH ? tl_search_say_names : tl_comment_say_names,
		    tl_col_str(r, 4), &say);
	if (rc < 0)
		return tl_fail(TL_ECORRUPT, "the store holds an unknown word");
	*c = (struct tl_intervention_count){.live = true,
	    .use = (enum tl_list_use)use,
	    .band = (enum tl_age_band)band,
	    .say = say,
	    .n = tl_col_int(r, 5)};
	rc = tl_str_copy(c->list, sizeof c->list, tl_col_str(r, 1));
	return rc < 0 ? rc : tl_str_copy(c->country, sizeof c->country, tl_col_str(r, 2));
}

int
tl_intervention_counts(struct tl_db *db, int64_t day, size_t max,
    struct tl_intervention_count *ret, size_t *ret_n, bool *ret_more)
{
	struct tl_row r;
	size_t n = 0;
	int rc = tl_db_query(db, &r, TL_SQL_ICOUNT_LIST, A_INT(day), A_INT((int64_t)max + 1));
	if (rc < 0)
		return rc;
	*ret_more = false;
	while ((rc = tl_row_next(&r)) > 0) {
		if (n == max) {
			*ret_more = true;
			rc = 0;
			break;
		}
		rc = read_count(&r, &ret[n++]);
		if (rc < 0)
			break;
	}
	tl_row_end(&r);
	*ret_n = n;
	return rc < 0 ? rc : 0;
}
