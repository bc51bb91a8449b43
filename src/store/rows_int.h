/* Private to src/store: the rows of a query as an array in an arena. */
#pragma once

#include "store/db.h"

struct tl_arena;

/* Fills one zeroed element from the row; what it keeps of the row it copies into the arena. */
typedef int (*row_read)(const struct tl_row *r, struct tl_arena *arena, void *ret);

/*
 * ROWS_READ(&r, arena, max, read_one, ret, ret_count): reads at most `max` rows of the open query `r` and ends it,
 * whatever happens. `*ret` is NULL when there are none. The reader's failures, the store's, or LIMIT.
 */
int rows_read(struct tl_row *r, struct tl_arena *arena, size_t max, size_t size, row_read fn,
    void **ret, size_t *ret_count) TL_MUST;
#define ROWS_READ(r, arena, max, fn, ret, ret_count)                                           \
	rows_read((r), (arena), (max), sizeof **(ret), (fn), (void **)(ret), (ret_count))

/* What a verb says that looked for one row: `rc`, and NOTFOUND in words. */
int rows_found(int rc, const char *what) TL_MUST;
/* What a verb says that changed `rc` rows and should have changed one: NOTFOUND when there is no such thing. */
int rows_one(int rc, const char *what) TL_MUST;

/* ROWS_NUMBER(db, ret, TL_SQL_X, A_ID(id)): the first column of the first row, a number. NOTFOUND without a row. */
int rows_number(struct tl_db *db, int64_t *ret, enum tl_sql sql, const struct tl_arg *args,
    size_t count) TL_MUST;
#define ROWS_NUMBER(db, ret, sql, ...)                                                         \
	rows_number((db), (ret), (sql), (const struct tl_arg[]){__VA_ARGS__},                  \
	    sizeof((const struct tl_arg[]){__VA_ARGS__}) / sizeof(struct tl_arg))
