/*
 * Rows of account_changes.
 *
 * Promises: a change and its row are of one transaction; no day of birth can be among the words. Failures: the store's.
 * Called by settings.c, age.c and guardians.c, and by whoever shows an account.
 */
#include "minors/history.h"

#include "base/arena.h"

int
tl_history_add(struct tl_db *db, const struct tl_account *who, const struct tl_history *h,
    struct tl_id *ret_id)
{
	struct tl_id id = tl_id_new();
	int rc = tl_db_run(db, TL_SQL_CHANGE_ADD, A_INT(who->platform), A_ID(id), A_ID(who->id),
	    A_TEXT(h->setting), A_Z(tl_age_band_names[who->age_band]),
	    A_Z(tl_age_assured_names[who->age_assured]), A_TEXT(h->from), A_TEXT(h->to),
	    A_TEXT(h->actor), A_INT(h->warned), A_INT0(h->until), A_TEXT(h->policy),
	    A_INT(h->at), A_TEXT(h->event));
	if (rc >= 0 && ret_id)
		*ret_id = id;
	return rc < 0 ? rc : 0;
}

static void
read_one(const struct tl_row *r, struct tl_arena *a, struct tl_history *h)
{
	*h = (struct tl_history){.setting = tl_arena_dup(a, tl_col_str(r, 0)),
	    .event = tl_arena_dup(a, tl_col_str(r, 1)),
	    .from = tl_arena_dup(a, tl_col_str(r, 2)),
	    .to = tl_arena_dup(a, tl_col_str(r, 3)),
	    .actor = tl_arena_dup(a, tl_col_str(r, 4)),
	    .warned = tl_col_int(r, 5) != 0,
	    .until = tl_col_int(r, 6),
	    .policy = tl_arena_dup(a, tl_col_str(r, 7)),
	    .age_band = tl_arena_dup(a, tl_col_str(r, 8)),
	    .age_assured = tl_arena_dup(a, tl_col_str(r, 9)),
	    .confidence = tl_col_null(r, 10) ? TL_AGE_NO_CONFIDENCE : (int)tl_col_int(r, 10),
	    .at = tl_col_int(r, 11)};
}

int
tl_history_list(struct tl_db *db, int64_t platform, struct tl_id account, size_t max,
    struct tl_arena *arena, struct tl_history **ret, size_t *ret_count)
{
	struct tl_row r;
	size_t n = 0;
	struct tl_history *list = TL_NEWS(arena, struct tl_history, max);
	if (!list)
		return tl_arena_check(arena);
	int rc =
	    tl_db_query(db, &r, TL_SQL_CHANGE_LIST, A_INT(platform), A_ID(account), A_INT(max));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0 && n < max)
		read_one(&r, arena, &list[n++]);
	tl_row_end(&r);
	if (rc >= 0)
		rc = tl_arena_check(arena);
	if (rc < 0)
		return rc;
	*ret = list;
	*ret_count = n;
	return 0;
}

int
tl_history_expire(struct tl_db *db, int64_t before, int max)
{
	return tl_db_run(db, TL_SQL_CHANGE_EXPIRE, A_INT(before), A_INT(max));
}
