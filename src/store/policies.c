/*
 * Rows of the matrices that were in force (policies.h).
 *
 * Promises: a version stands once for each time that it came into force. Failures: the store's. Called by the clerk, the console
 * and the CLI.
 */
#include "store/policies.h"

#include "base/arena.h"
#include "store/rows_int.h"
#include "sys/crypto.h"

int
tl_settings_policy_note(struct tl_db *db, const struct tl_settings_policy *p)
{
	uint8_t print[32];
	struct tl_row r;
	bool same = false;
	tl_sha256(print, p->body);
	int rc = tl_db_query_args(db, &r, TL_SQL_POLICY_LAST, NULL, 0);
	if (rc < 0)
		return rc;
	rc = tl_row_next(&r);
	if (rc > 0)
		same = tl_str_eq(tl_col_str(&r, 0), tl_bytes(print, sizeof print));
	tl_row_end(&r);
	if (rc < 0 || same)
		return rc < 0 ? rc : 0;
	rc = tl_db_run(db, TL_SQL_POLICY_ADD, A_TEXT(p->version),
	    A_BYTES(tl_bytes(print, sizeof print)), A_INT(p->seen_at), A_INT0(p->file_at),
	    A_TEXT0(p->file_owner), A_TEXT(p->body));
	return rc < 0 ? rc : 0;
}

static int
read_policy(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	*(struct tl_settings_policy *)ret = (struct tl_settings_policy){.seq = tl_col_int(r, 0),
	    .version = tl_arena_dup(arena, tl_col_str(r, 1)),
	    .seen_at = tl_col_int(r, 3),
	    .file_at = tl_col_int(r, 4),
	    .file_owner = tl_arena_dup(arena, tl_col_str(r, 5)),
	    .body = tl_arena_dup(arena, tl_col_str(r, 6))};
	return 0;
}

int
tl_settings_policy_list(struct tl_db *db, size_t max, struct tl_arena *arena,
    struct tl_settings_policy **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_POLICY_LIST, A_INT(max));
	return rc < 0 ? rc : ROWS_READ(&r, arena, max, read_policy, ret, ret_count);
}
