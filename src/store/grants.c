/*
 * Owns the rows of grants.
 *
 * Promises: a person's grants are replaced as a whole or not at all. Failures: CORRUPT for words that are not ours,
 * FIELD for one written twice, those of the store. Called by src/people and whoever asks what a person may do.
 */
#include "store/grants.h"

#include "store/rows_int.h"

static int
read_grant(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	int kind;
	struct tl_grant g = {.name = tl_arena_dup(arena, tl_col_str(r, 1))};
	if (tl_word_parse(tl_grant_kind_names, tl_col_str(r, 0), &kind) < 0 ||
	    tl_acts_parse(tl_col_str(r, 2), &g.acts) < 0)
		return tl_fail(TL_ECORRUPT, "a grant's row is damaged");
	g.kind = (enum tl_grant_kind)kind;
	*(struct tl_grant *)ret = g;
	return tl_arena_check(arena);
}

int
tl_grants_of(struct tl_db *db, struct tl_id user, struct tl_arena *arena, struct tl_grant **ret,
    size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_GRANTS_OF, A_ID(user));
	return rc < 0 ? rc : ROWS_READ(&r, arena, TL_GRANTS_MAX, read_grant, ret, ret_count);
}

int
tl_grants_set(struct tl_db *db, struct tl_id user, const struct tl_grant *list, size_t count)
{
	int rc = tl_db_run(db, TL_SQL_GRANTS_DROP, A_ID(user));
	for (size_t i = 0; i < count && rc >= 0; i++) {
		char acts[TL_ACTS_TEXT];
		tl_acts_text(acts, list[i].acts);
		rc = tl_db_run(db, TL_SQL_GRANT_ADD, A_ID(user),
		    A_Z(tl_grant_kind_names[list[i].kind]), A_TEXT(list[i].name), A_Z(acts));
		if (rc == TL_EEXISTS)
			rc = tl_fail_at(TL_EFIELD, "/grants", "\"%.*s\" stands here twice",
			    TL_ARG(list[i].name));
	}
	return rc < 0 ? rc : 0;
}
