/*
 * Owns the rows of proposals.
 *
 * Promises: a proposal is closed once, by an update that is guarded by its state. Failures: NOTFOUND, CONFLICT,
 * CORRUPT and those of the store. Called by src/people and the console's routes.
 */
#include "store/proposals.h"

#include "store/rows_int.h"

#define LIST_MAX 200

int
tl_proposal_add(struct tl_db *db, const struct tl_proposal *p)
{
	int rc = tl_db_run(db, TL_SQL_PROPOSAL_ADD, A_ID(p->id), A_Z(tl_guarded_names[p->op]),
	    A_TEXT(p->method), A_TEXT(p->path), A_TEXT(p->body), A_TEXT(p->what),
	    A_TEXT0(p->policy), A_TEXT(p->reason), A_ID(p->proposer), A_INT(p->created_at),
	    A_INT(p->expires_at));
	return rc < 0 ? rc : 0;
}

static int
read_proposal(const struct tl_row *r, struct tl_arena *a, void *ret)
{
	int op, state;
	if (tl_word_parse(tl_guarded_names, tl_col_str(r, 1), &op) < 0 ||
	    tl_word_parse(tl_proposal_state_names, tl_col_str(r, 11), &state) < 0)
		return tl_fail(TL_ECORRUPT, "a proposal's row is damaged");
	*(struct tl_proposal *)ret = (struct tl_proposal){.id = tl_col_id(r, 0),
	    .op = (enum tl_guarded)op,
	    .method = tl_arena_dup(a, tl_col_str(r, 2)),
	    .path = tl_arena_dup(a, tl_col_str(r, 3)),
	    .body = tl_arena_dup(a, tl_col_str(r, 4)),
	    .what = tl_arena_dup(a, tl_col_str(r, 5)),
	    .policy = tl_arena_dup(a, tl_col_str(r, 6)),
	    .reason = tl_arena_dup(a, tl_col_str(r, 7)),
	    .proposer = tl_col_id(r, 8),
	    .created_at = tl_col_int(r, 9),
	    .expires_at = tl_col_int(r, 10),
	    .state = (enum tl_proposal_state)state,
	    .closed_by = tl_col_id(r, 12),
	    .closed_at = tl_col_int(r, 13),
	    .note = tl_arena_dup(a, tl_col_str(r, 14))};
	return tl_arena_check(a);
}

int
tl_proposal_get(struct tl_db *db, struct tl_id id, struct tl_arena *a, struct tl_proposal *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_PROPOSAL_GET, A_ID(id));
	if (rc < 0)
		return rows_found(rc, "proposal");
	rc = read_proposal(&r, a, ret);
	tl_row_end(&r);
	return rc;
}

int
tl_proposal_list(struct tl_db *db, bool open, struct tl_arena *a, struct tl_proposal **ret,
    size_t *ret_count)
{
	struct tl_row r;
	int rc =
	    tl_db_query(db, &r, open ? TL_SQL_PROPOSAL_OPEN : TL_SQL_PROPOSAL_CLOSED, A_NULL);
	return rc < 0 ? rc : ROWS_READ(&r, a, LIST_MAX, read_proposal, ret, ret_count);
}

int
tl_proposal_close(struct tl_db *db, const struct tl_proposal *p)
{
	int rc = tl_db_run(db, TL_SQL_PROPOSAL_CLOSE, A_ID(p->id),
	    A_Z(tl_proposal_state_names[p->state]), A_ID0(p->closed_by), A_INT(p->closed_at),
	    A_TEXT0(p->note));
	if (rc == 0)
		return tl_fail(TL_ECONFLICT, "this proposal is not open any more");
	return rc < 0 ? rc : 0;
}

int
tl_proposal_late(struct tl_db *db, int64_t now, struct tl_id ret[64], size_t *ret_count)
{
	struct tl_row r;
	size_t n = 0;
	int rc = tl_db_query(db, &r, TL_SQL_PROPOSAL_LATE, A_INT(now));
	if (rc < 0)
		return rc;
	while (n < 64 && (rc = tl_row_next(&r)) > 0)
		ret[n++] = tl_col_id(&r, 0);
	tl_row_end(&r);
	*ret_count = n;
	return rc < 0 ? rc : 0;
}
