/*
 * Pages of accounts for the clerk's duties.
 *
 * Promises: reads only, and is done with the query when it returns. Failures: the store's. Called by age.c and settings.c.
 */
#include "minors/due.h"

int
tl_minors_due(struct tl_db *db, enum tl_sql sql, int64_t now, int max,
    struct tl_minors_due ret[TL_MINORS_DUE_MAX])
{
	struct tl_row r;
	const struct tl_arg args[] = {
	    A_INT(now), A_INT(max < TL_MINORS_DUE_MAX ? max : TL_MINORS_DUE_MAX)};
	int n = 0;
	int rc = tl_db_query_args(db, &r, sql, args, TL_COUNT(args));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0 && n < TL_MINORS_DUE_MAX)
		ret[n++] = (struct tl_minors_due){tl_col_int(&r, 0), tl_col_id(&r, 1)};
	tl_row_end(&r);
	return rc < 0 ? rc : n;
}
