/*
 * Rows of a query as an array (rows_int.h).
 *
 * Promises: the array grows with what is there, never past `max`; nothing is handed out after a failure. Failures:
 * the reader's, the store's, LIMIT when the arena is full. Called by the files of src/store.
 */
#include "store/rows_int.h"

#include "base/arena.h"

#define FIRST 16

int
rows_read(struct tl_row *r, struct tl_arena *arena, size_t max, size_t size, row_read fn,
    void **ret, size_t *ret_count)
{
	uint8_t *all = NULL;
	size_t n = 0, cap = 0;
	int rc = 0;
	while (rc >= 0 && n < max && (rc = tl_row_next(r)) > 0) {
		if (n == cap) {
			cap = cap ? cap * 2 : FIRST;
			uint8_t *more = tl_arena_array(arena, cap, size);
			if (!more)
				break;
			if (n)
				memcpy(more, all, n * size);
			all = more;
		}
		rc = fn(r, arena, all + n++ * size);
	}
	tl_row_end(r);
	if (rc >= 0)
		rc = tl_arena_check(arena);
	if (rc < 0)
		return rc;
	*ret = all;
	*ret_count = n;
	return 0;
}

int
rows_found(int rc, const char *what)
{
	return rc == TL_ENOTFOUND ? tl_fail(rc, "there is no such %s", what) : rc;
}

int
rows_one(int rc, const char *what)
{
	if (rc == 0)
		return rows_found(TL_ENOTFOUND, what);
	return rc < 0 ? rc : 0;
}

int
rows_number(
    struct tl_db *db, int64_t *ret, enum tl_sql sql, const struct tl_arg *args, size_t count)
{
	struct tl_row r;
	int rc = tl_db_first_args(db, &r, sql, args, count);
	if (rc < 0)
		return rc;
	*ret = tl_col_int(&r, 0);
	tl_row_end(&r);
	return 0;
}
