/*
 * Bringing the store to this program's schema: numbered, additive migrations, each in one transaction.
 *
 * Promises: runs under the turn; a crash leaves the previous version; a store that is newer is refused with
 * STATE, never touched. Called once when a store is created or opened.
 */
#include "store/db_int.h"
#include "store/migrations.h"

#include "base/buf.h"
#include "sys/killpoint.h"

#include <stdio.h>

/* What the type words of a migration mean to SQLite. */
static const struct {
	const char *word;
	const char *type;
} types[] = {{"{int}", "INTEGER"}, {"{bytes}", "BLOB"}, {"{text}", "TEXT"}, {"{real}", "REAL"},
    {"{strict}", "STRICT"},
    {"{keyed}", "STRICT, WITHOUT ROWID"}}; /* rows stand in the order of their key */

static void
translate(struct tl_buf *out, const char *sql)
{
	while (*sql) {
		size_t i = 0;
		while (i < TL_COUNT(types) &&
		       strncmp(sql, types[i].word, strlen(types[i].word)) != 0)
			i++;
		if (i < TL_COUNT(types)) {
			tl_buf_puts(out, types[i].type);
			sql += strlen(types[i].word);
			continue;
		}
		tl_buf_byte(out, (uint8_t)*sql++);
	}
}

static int
version_of(sqlite3 *h, int *ret)
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(h, "PRAGMA user_version", -1, &st, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(st);
	int version = code == SQLITE_ROW ? sqlite3_column_int(st, 0) : 0;
	(void)sqlite3_finalize(st);
	if (code != SQLITE_ROW)
		return tl_sqlite_fail(h, code, "schema version");
	*ret = version;
	return 0;
}

static int
apply(sqlite3 *h, int number)
{
	struct tl_buf sql = {0};
	tl_buf_puts(&sql, "BEGIN IMMEDIATE;\n");
	translate(&sql, tl_migrations[number - 1]);
	tl_buf_printf(&sql, "\nPRAGMA user_version=%d;\n", number);
	int rc = tl_sqlite_exec(h, tl_buf_z(&sql));
	TL_KILLPOINT(MIGRATION_BEFORE);
	if (rc == 0)
		rc = tl_sqlite_exec(h, "COMMIT");
	tl_buf_fini(&sql);
	if (rc < 0) {
		(void)sqlite3_exec(h, "ROLLBACK", NULL, NULL, NULL);
		return tl_fail(rc, "migration %d failed: %s", number, tl_err_text());
	}
	return 0;
}

int
tl_migrate(sqlite3 *h)
{
	int version = 0;
	int rc = version_of(h, &version);
	if (rc < 0)
		return rc;
	if (version > tl_migration_count)
		return tl_fail(TL_ECONFLICT,
		    "the store has schema %d, this program knows %d: use a newer tutela",
		    version, tl_migration_count);
	for (int n = version + 1; n <= tl_migration_count; n++) {
		rc = apply(h, n);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
tl_store_schema(void)
{
	return tl_migration_count;
}
