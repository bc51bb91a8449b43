/*
 * Verdicts on accounts, as rows.
 *
 * Promises: one row an account, gone with the account and with the contacts that it was made from. Failures: the
 * store's. Called by the worker, the console and the clerk.
 */
#include "store/account_verdicts.h"

#include "base/arena.h"
#include "store/rows_int.h"

int
tl_account_verdict_put(struct tl_db *db, const struct tl_account_verdict *v)
{
	int rc = tl_db_run(db, TL_SQL_ACCOUNT_VERDICT_PUT, A_INT(v->platform), A_ID(v->account),
	    A_Z(tl_verdict_word_names[v->word]), A_TEXT(v->ruleset), A_TEXT(v->reasons),
	    A_TEXT(v->rules), A_INT(v->at));
	return rc < 0 ? rc : 0;
}

int
tl_account_verdict_get(struct tl_db *db, int64_t platform, struct tl_id account,
    struct tl_arena *arena, struct tl_account_verdict *ret)
{
	struct tl_row r;
	int word = 0;
	int rc =
	    tl_db_first(db, &r, TL_SQL_ACCOUNT_VERDICT_GET, A_INT(platform), A_ID(account));
	if (rc < 0)
		return rc;
	if (tl_word_parse(tl_verdict_word_names, tl_col_str(&r, 0), &word) < 0)
		rc = tl_fail(TL_ECORRUPT, "the store holds an unknown word");
	*ret = (struct tl_account_verdict){.platform = platform,
	    .account = account,
	    .word = (enum tl_verdict_word)word,
	    .ruleset = tl_arena_dup(arena, tl_col_str(&r, 1)),
	    .reasons = tl_arena_dup(arena, tl_col_str(&r, 2)),
	    .rules = tl_arena_dup(arena, tl_col_str(&r, 3)),
	    .at = tl_col_int(&r, 4)};
	tl_row_end(&r);
	return rc < 0 ? rc : tl_arena_check(arena);
}

int
tl_account_verdict_drop(struct tl_db *db, int64_t platform, struct tl_id account)
{
	int rc = tl_db_run(db, TL_SQL_ACCOUNT_VERDICT_DROP, A_INT(platform), A_ID(account));
	return rc < 0 ? rc : 0;
}

int
tl_account_verdict_expire(struct tl_db *db, int64_t before, int max)
{
	return tl_db_run(db, TL_SQL_ACCOUNT_VERDICT_EXPIRE, A_INT(before), A_INT(max));
}
