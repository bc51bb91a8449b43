/*
 * A connection: statements prepared once, transactions that take their turn, rows.
 *
 * Promises: a commit with TL_SYNC_FULL is on disk when it returns; content keys are committed before the rows
 * that need them. Every failure is mapped to one tl_err with SQLite's text. Called by all verbs of this folder.
 */
#include "store/db_int.h"

#include "base/map.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const sql_text[TL_SQL_COUNT] = {
#define S(name, text) text,
#include "store/sql.tbl.h"
#undef S
};

static const char *const sql_name[TL_SQL_COUNT] = {
#define S(name, text) #name,
#include "store/sql.tbl.h"
#undef S
};

int
tl_sqlite_fail(sqlite3 *h, int code, const char *what)
{
	const char *text = h ? sqlite3_errmsg(h) : sqlite3_errstr(code);
	switch (code & 0xFF) {
	case SQLITE_CONSTRAINT:
		return tl_fail(TL_EEXISTS, "%s: %s", what, text);
	case SQLITE_FULL:
		return tl_fail(TL_EFULL, "%s: %s", what, text);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return tl_fail(TL_EAGAIN, "%s: %s", what, text);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return tl_fail(TL_ECORRUPT, "%s: %s", what, text);
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
		return tl_fail(TL_EIO, "%s: %s", what, text);
	case SQLITE_NOMEM:
		abort();
	default:
		return tl_fail(TL_EBUG, "%s: %s", what, text);
	}
}

int
tl_sqlite_exec(sqlite3 *h, const char *sql)
{
	int code = sqlite3_exec(h, sql, NULL, NULL, NULL);
	return code == SQLITE_OK ? 0 : tl_sqlite_fail(h, code, "store");
}

/* SQLite's own count of memory takes a lock at every allocation, and nobody reads it. */
static void
configure(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int
tl_sqlite_open(const char *path, sqlite3 **ret)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	(void)pthread_once(&once, configure);
	sqlite3 *h = NULL;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
		    SQLITE_OPEN_EXRESCODE;
	int code = sqlite3_open_v2(path, &h, flags, NULL);
	int rc = code == SQLITE_OK ? 0 : tl_sqlite_fail(h, code, path);
	/* Only the clerk checkpoints. We take turns; the busy timeout, before all else, is for tools from outside and
	 * for whoever opens the store while another process mends it after a crash. */
	(void)sqlite3_busy_timeout(h, TL_BUSY_MS);
	if (rc == 0)
		rc = tl_sqlite_exec(h,
		    "PRAGMA page_size=8192;PRAGMA journal_mode=WAL;"
		    "PRAGMA wal_autocheckpoint=0;PRAGMA synchronous=NORMAL;PRAGMA "
		    "foreign_keys=OFF;PRAGMA secure_delete=ON;"
		    "PRAGMA temp_store=MEMORY;PRAGMA cache_size=-8192;PRAGMA "
		    "trusted_schema=OFF");
	if (rc < 0) {
		(void)sqlite3_close(h);
		return rc;
	}
	*ret = h;
	return 0;
}

int
tl_db_open(struct tl_store *s, struct tl_db **ret)
{
	char path[4096];
	struct tl_db *db = calloc(1, sizeof *db);
	if (!db)
		abort();
	db->store = s;
	db->turn = (struct tl_turn){-1, -1};
	db->key_cache = tl_map_create();
	int rc = tl_store_path(s, "store.db", path, sizeof path);
	if (rc == 0)
		rc = tl_sqlite_open(path, &db->main);
	if (rc == 0)
		rc = tl_store_path(s, "lock", path, sizeof path);
	if (rc == 0)
		rc = tl_turn_open(&db->turn, path);
	if (rc == 0)
		rc = tl_keys_open(db);
	if (rc < 0) {
		tl_db_close(db);
		return rc;
	}
	(void)sqlite3_busy_timeout(db->main, TL_BEGIN_MS);
	*ret = db;
	return 0;
}

void
tl_db_close(struct tl_db *db)
{
	if (!db)
		return;
	if (db->in_tx)
		tl_db_rollback(db);
	for (size_t i = 0; i < TL_SQL_COUNT; i++)
		(void)sqlite3_finalize(db->stmts[i].st);
	tl_keys_close(db);
	(void)sqlite3_close(db->main);
	tl_turn_close(&db->turn);
	tl_map_destroy(db->key_cache, free);
	free(db);
}

void
tl_db_closep(struct tl_db **db)
{
	tl_db_close(*db);
	*db = NULL;
}

struct tl_store *
tl_db_store(struct tl_db *db)
{
	return db->store;
}

bool
tl_db_in_tx(const struct tl_db *db)
{
	return db->in_tx;
}

/* Transactions ------------------------------------------------------------------------------------------------- */

int
tl_db_begin(struct tl_db *db)
{
	if (db->in_tx)
		return tl_fail(TL_EBUG, "a transaction inside a transaction");
	int rc = tl_turn_take(&db->turn);
	if (rc < 0)
		return rc;
	rc = tl_db_run(db, TL_SQL_BEGIN, A_NULL);
	if (rc < 0) {
		tl_turn_give(&db->turn);
		return rc;
	}
	db->in_tx = true;
	return 0;
}

int
tl_db_commit(struct tl_db *db, enum tl_sync sync)
{
	bool keys = db->keys_dirty;
	int rc = tl_keys_commit(db);
	if (keys)
		TL_KILLPOINT(KEYS_COMMITTED);
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_COMMIT, A_NULL);
	if (rc < 0) {
		tl_db_rollback(db);
		return rc;
	}
	db->in_tx = false;
	tl_turn_give(&db->turn);
	return sync == TL_SYNC_FULL ? tl_db_sync(db) : 0;
}

void
tl_db_rollback(struct tl_db *db)
{
	char kept[256], field[128];
	(void)snprintf(kept, sizeof kept, "%s", tl_err_text());
	(void)snprintf(field, sizeof field, "%s", tl_err_field());
	tl_keys_rollback(db);
	if (!sqlite3_get_autocommit(db->main)) {
		int rc = tl_db_run(db, TL_SQL_ROLLBACK, A_NULL);
		(void)
		    rc; /* SQLite has rolled back by itself after the errors for which this can fail */
	}
	db->in_tx = false;
	tl_turn_give(&db->turn);
	tl_fail_text(field, "%s", kept); /* the first failure is the one that matters */
}

int
tl_db_tx(struct tl_db *db, enum tl_sync sync, int (*fn)(struct tl_db *, void *), void *ctx)
{
	int rc = tl_db_begin(db);
	if (rc < 0)
		return rc;
	int result = fn(db, ctx);
	if (result < 0) {
		tl_db_rollback(db);
		return result;
	}
	rc = tl_db_commit(db, sync);
	return rc < 0 ? rc : result;
}

int
tl_db_read_begin(struct tl_db *db)
{
	int rc = tl_db_run(db, TL_SQL_READ, A_NULL);
	return rc < 0 ? rc : 0;
}

void
tl_db_read_end(struct tl_db *db)
{
	/* After some failures to read SQLite has ended it by itself. */
	if (sqlite3_get_autocommit(db->main))
		return;
	int rc = tl_db_run(db, TL_SQL_ROLLBACK, A_NULL);
	(void)rc; /* nothing was written */
}

int
tl_db_savepoint(struct tl_db *db)
{
	int rc = tl_db_run(db, TL_SQL_SAVEPOINT, A_NULL);
	return rc < 0 ? rc : 0;
}

int
tl_db_release(struct tl_db *db)
{
	int rc = tl_db_run(db, TL_SQL_RELEASE, A_NULL);
	return rc < 0 ? rc : 0;
}

void
tl_db_undo(struct tl_db *db)
{
	if (sqlite3_get_autocommit(db->main))
		return; /* the whole transaction is gone already; commit will say so */
	int rc = tl_db_run(db, TL_SQL_UNDO, A_NULL);
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_RELEASE, A_NULL);
	(void)rc;
}

/* Statements --------------------------------------------------------------------------------------------------- */

struct tl_arg
tl_arg_int0(int64_t v)
{
	return v ? A_INT(v) : A_NULL;
}

struct tl_arg
tl_arg_text0(struct tl_str s)
{
	return s.n ? A_TEXT(s) : A_NULL;
}

struct tl_arg
tl_arg_id0(const struct tl_id *id)
{
	if (tl_id_is_nil(*id))
		return A_NULL;
	return (struct tl_arg){.type = TL_A_BYTES, .s = tl_id_str(id)};
}

static int
bind_one(sqlite3_stmt *st, int n, const struct tl_arg *a)
{
	const void *p = a->s.p ? (const void *)a->s.p : "";
	switch (a->type) {
	case TL_A_INT:
		return sqlite3_bind_int64(st, n, a->i);
	case TL_A_REAL:
		return sqlite3_bind_double(st, n, a->d);
	case TL_A_TEXT:
		return sqlite3_bind_text64(st, n, p, a->s.n, SQLITE_STATIC, SQLITE_UTF8);
	case TL_A_BYTES:
		return sqlite3_bind_blob64(st, n, p, a->s.n, SQLITE_STATIC);
	case TL_A_NULL:
		break;
	}
	return sqlite3_bind_null(st, n);
}

/* `$1` is a name to SQLite, numbered in order of first appearance; a statement may use them in any order. */
static int
map_parameters(struct tl_stmt *s, enum tl_sql sql)
{
	s->wanted = sqlite3_bind_parameter_count(s->st);
	for (int i = 0; i < s->wanted; i++) {
		const char *name = sqlite3_bind_parameter_name(s->st, i + 1);
		int64_t n = 0;
		if (i >= TL_SQL_ARGS_MAX || !name ||
		    tl_parse_i64(tl_str(name + 1), 1, TL_SQL_ARGS_MAX, &n) < 0)
			return tl_fail(TL_EBUG,
			    "statement %s has a parameter that is not $1 to $%d", sql_name[sql],
			    TL_SQL_ARGS_MAX);
		s->from[i] = (uint8_t)(n - 1);
	}
	return 0;
}

static int
prepare(struct tl_db *db, enum tl_sql sql, struct tl_stmt **ret)
{
	struct tl_stmt *s = &db->stmts[sql];
	if (!s->st) {
		int code = sqlite3_prepare_v3(
		    db->main, sql_text[sql], -1, SQLITE_PREPARE_PERSISTENT, &s->st, NULL);
		if (code != SQLITE_OK)
			return tl_sqlite_fail(db->main, code, sql_name[sql]);
		int rc = map_parameters(s, sql);
		if (rc < 0)
			return rc;
	}
	if (db->open[sql])
		return tl_fail(TL_EBUG, "statement %s is already open", sql_name[sql]);
	*ret = s;
	return 0;
}

static int
prepare_bound(struct tl_db *db, enum tl_sql sql, const struct tl_arg *args, size_t count,
    sqlite3_stmt **ret)
{
	struct tl_stmt *s = NULL;
	int rc = prepare(db, sql, &s);
	if (rc < 0)
		return rc;
	for (int i = 0; i < s->wanted; i++) {
		if (s->from[i] >= count)
			return tl_fail(TL_EBUG, "statement %s wants argument $%d",
			    sql_name[sql], s->from[i] + 1);
		int code = bind_one(s->st, i + 1, &args[s->from[i]]);
		if (code != SQLITE_OK)
			return tl_sqlite_fail(db->main, code, sql_name[sql]);
	}
	*ret = s->st;
	return 0;
}

/* The first write into a log that begins anew is synced by SQLite itself; that failure is ours to note as well. */
static int
step_failed(struct tl_db *db, enum tl_sql sql, int code)
{
	if (code == SQLITE_IOERR_FSYNC)
		tl_sync_doubt(db);
	return tl_sqlite_fail(db->main, code, sql_name[sql]);
}

int
tl_db_run_args(struct tl_db *db, enum tl_sql sql, const struct tl_arg *args, size_t count)
{
	sqlite3_stmt *st = NULL;
	int rc = prepare_bound(db, sql, args, count, &st);
	if (rc < 0)
		return rc;
	int code = sqlite3_step(st);
	while (code == SQLITE_ROW)
		code = sqlite3_step(st);
	rc = code == SQLITE_DONE ? sqlite3_changes(db->main) : step_failed(db, sql, code);
	(void)sqlite3_reset(st);
	return rc;
}

int
tl_db_query_args(struct tl_db *db, struct tl_row *r, enum tl_sql sql, const struct tl_arg *args,
    size_t count)
{
	sqlite3_stmt *st = NULL;
	int rc = prepare_bound(db, sql, args, count, &st);
	if (rc < 0)
		return rc;
	db->open[sql] = true;
	*r = (struct tl_row){.db = db, .stmt = st, .sql = sql};
	return 0;
}

int
tl_row_next(struct tl_row *r)
{
	if (!r->stmt)
		return 0;
	int code = sqlite3_step(r->stmt);
	if (code == SQLITE_ROW)
		return 1;
	int rc = code == SQLITE_DONE ? 0 : step_failed(r->db, r->sql, code);
	tl_row_end(r);
	return rc;
}

void
tl_row_end(struct tl_row *r)
{
	if (!r->stmt)
		return;
	(void)sqlite3_reset(r->stmt);
	(void)sqlite3_clear_bindings(r->stmt);
	r->db->open[r->sql] = false;
	r->stmt = NULL;
}

int
tl_db_first_args(struct tl_db *db, struct tl_row *r, enum tl_sql sql, const struct tl_arg *args,
    size_t count)
{
	int rc = tl_db_query_args(db, r, sql, args, count);
	if (rc < 0)
		return rc;
	rc = tl_row_next(r);
	if (rc < 0)
		return rc;
	return rc ? 0 : tl_fail(TL_ENOTFOUND, "there is no such row");
}

bool
tl_col_null(const struct tl_row *r, int col)
{
	return sqlite3_column_type(r->stmt, col) == SQLITE_NULL;
}

int64_t
tl_col_int(const struct tl_row *r, int col)
{
	return sqlite3_column_int64(r->stmt, col);
}

double
tl_col_real(const struct tl_row *r, int col)
{
	return sqlite3_column_double(r->stmt, col);
}

struct tl_str
tl_col_str(const struct tl_row *r, int col)
{
	const void *p = sqlite3_column_blob(r->stmt, col);
	int n = sqlite3_column_bytes(r->stmt, col);
	return p && n > 0 ? tl_bytes(p, (size_t)n) : tl_bytes("", 0);
}

struct tl_id
tl_col_id(const struct tl_row *r, int col)
{
	struct tl_str s = tl_col_str(r, col);
	struct tl_id id = {0};
	if (s.n == sizeof id.b)
		memcpy(id.b, s.p, sizeof id.b);
	return id;
}

int
tl_counter_add(struct tl_db *db, int64_t platform, bool live, const char *name,
    struct tl_str policy, int64_t n)
{
	int rc = tl_db_run(db, TL_SQL_COUNTER_ADD, A_INT(tl_now_us() / TL_US_DAY),
	    A_INT(platform), A_INT(live), A_Z(name), A_TEXT(policy), A_INT(n));
	return rc < 0 ? rc : 0;
}
