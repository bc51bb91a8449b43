/*
 * One connection to the store, used by one thread. Statements live in sql.tbl.h and are prepared once. All
 * writing happens inside a transaction that took its turn (sys/turn.h): tl_db_tx or a tl_writer. Verbs that
 * write take a `struct tl_db *` that is inside a transaction and never begin or commit themselves.
 */
#pragma once

#include "store/store.h"

struct tl_db;

int tl_db_open(struct tl_store *s, struct tl_db **ret) TL_MUST;
void tl_db_close(struct tl_db *db);
void tl_db_closep(struct tl_db **db);
struct tl_store *tl_db_store(struct tl_db *db);

/* FULL survives a power cut once committed: what is promised outward. NORMAL survives a killed process. */
enum tl_sync { TL_SYNC_NORMAL, TL_SYNC_FULL };

/* Begin waits for its turn. Commit also commits content keys made meanwhile, first. Rollback never fails. */
int tl_db_begin(struct tl_db *db) TL_MUST;
int tl_db_commit(struct tl_db *db, enum tl_sync sync) TL_MUST;
/* What was committed with NORMAL becomes FULL; also inside a transaction, for what was committed before it. */
int tl_db_sync(struct tl_db *db) TL_MUST;
/* A sync of the log failed and is not made good yet: nothing is promised meanwhile. */
bool tl_db_in_doubt(const struct tl_db *db);
void tl_db_rollback(struct tl_db *db);
bool tl_db_in_tx(const struct tl_db *db);

/* Runs fn in one transaction: commits when it returns >= 0, else rolls back. Returns fn's code or commit's. */
int tl_db_tx(struct tl_db *db, enum tl_sync sync, int (*fn)(struct tl_db *db, void *ctx),
    void *ctx) TL_MUST;

/*
 * Many reads of one state of the store, until tl_db_read_end: no lock and no look at the log for each of them. Short, because
 * the log cannot be emptied meanwhile. No transaction may be open, and none may begin.
 */
int tl_db_read_begin(struct tl_db *db) TL_MUST;
void tl_db_read_end(struct tl_db *db);

/* A part of a transaction that can fail alone. */
int tl_db_savepoint(struct tl_db *db) TL_MUST;
int tl_db_release(struct tl_db *db) TL_MUST;
void tl_db_undo(struct tl_db *db); /* back to the savepoint, and drop it */

/* Statements ------------------------------------------------------------------------------------------------ */

enum tl_sql {
#define S(name, text) TL_SQL_##name,
#include "store/sql.tbl.h"
#undef S
	TL_SQL_COUNT
};

struct tl_arg {
	enum { TL_A_NULL, TL_A_INT, TL_A_REAL, TL_A_TEXT, TL_A_BYTES } type;
	int64_t i;
	double d;
	struct tl_str s;
};

#define A_NULL ((struct tl_arg){.type = TL_A_NULL})
#define A_INT(v) ((struct tl_arg){.type = TL_A_INT, .i = (int64_t)(v)})
#define A_REAL(v) ((struct tl_arg){.type = TL_A_REAL, .d = (v)})
#define A_TEXT(v) ((struct tl_arg){.type = TL_A_TEXT, .s = (v)})
#define A_Z(z) ((struct tl_arg){.type = TL_A_TEXT, .s = tl_str(z)})
#define A_BYTES(v) ((struct tl_arg){.type = TL_A_BYTES, .s = (v)})
#define A_ID(v) ((struct tl_arg){.type = TL_A_BYTES, .s = tl_bytes((v).b, sizeof(v).b)})
/* NULL when 0, empty or nil. */
struct tl_arg tl_arg_int0(int64_t v);
struct tl_arg tl_arg_text0(struct tl_str s);
struct tl_arg tl_arg_id0(const struct tl_id *id);
#define A_INT0(v) tl_arg_int0(v)
#define A_TEXT0(v) tl_arg_text0(v)
#define A_ID0(v) tl_arg_id0(&(v))

/*
 * tl_db_run(db, TL_SQL_X, A_INT(1), A_ID(id)): runs a statement that returns no rows. Returns the number of
 * changed rows or an error: TL_EEXISTS for a UNIQUE or PRIMARY KEY conflict, TL_EFULL, TL_EIO, TL_ECORRUPT.
 */
int tl_db_run_args(
    struct tl_db *db, enum tl_sql sql, const struct tl_arg *args, size_t count) TL_MUST;
#define tl_db_run(db, sql, ...)                                                                \
	tl_db_run_args((db), (sql), (const struct tl_arg[]){__VA_ARGS__},                      \
	    sizeof((const struct tl_arg[]){__VA_ARGS__}) / sizeof(struct tl_arg))

/*
 * Reading: for (int rc = tl_db_first(db, &row, TL_SQL_X, A_INT(1)); …). Usual form:
 *   struct tl_row r;
 *   int rc = tl_db_query(db, &r, TL_SQL_X, A_INT(1));
 *   while ((rc = tl_row_next(&r)) > 0) { … tl_col_int(&r, 0) … }      1: a row, 0: the end, < 0: error
 *   tl_row_end(&r)   when leaving before the end. Views are valid until the next step.
 * One statement can be open once on a connection at a time (TL_EBUG otherwise).
 */
struct tl_row {
	struct tl_db *db;
	void *stmt;
	enum tl_sql sql;
};

int tl_db_query_args(struct tl_db *db, struct tl_row *r, enum tl_sql sql,
    const struct tl_arg *args, size_t count) TL_MUST;
#define tl_db_query(db, r, sql, ...)                                                           \
	tl_db_query_args((db), (r), (sql), (const struct tl_arg[]){__VA_ARGS__},               \
	    sizeof((const struct tl_arg[]){__VA_ARGS__}) / sizeof(struct tl_arg))
int tl_row_next(struct tl_row *r) TL_MUST;
void tl_row_end(struct tl_row *r);

/* First row or TL_ENOTFOUND; the caller ends it. */
int tl_db_first_args(struct tl_db *db, struct tl_row *r, enum tl_sql sql,
    const struct tl_arg *args, size_t count) TL_MUST;
#define tl_db_first(db, r, sql, ...)                                                           \
	tl_db_first_args((db), (r), (sql), (const struct tl_arg[]){__VA_ARGS__},               \
	    sizeof((const struct tl_arg[]){__VA_ARGS__}) / sizeof(struct tl_arg))

bool tl_col_null(const struct tl_row *r, int col);
int64_t tl_col_int(const struct tl_row *r, int col); /* 0 for NULL */
double tl_col_real(const struct tl_row *r, int col);
struct tl_str tl_col_str(const struct tl_row *r, int col); /* text or bytes; empty for NULL */
struct tl_id tl_col_id(const struct tl_row *r, int col);   /* nil for NULL or another length */

/* Adds n to a figure of the day (table counters). */
int tl_counter_add(struct tl_db *db, int64_t platform, bool live, const char *name,
    struct tl_str policy, int64_t n) TL_MUST;
