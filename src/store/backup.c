/*
 * Owns copying and verifying whole databases.
 *
 * Promises: a copy is a consistent moment of a store in use, written under another name and renamed when it is
 * complete and on disk. Failures: EXISTS, IO, FULL, CORRUPT, STATE. Called by the CLI.
 */
#include "store/backup.h"

#include "store/db_int.h"
#include "store/ledger.h"
#include "sys/crypto.h"
#include "sys/fd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STEP_PAGES 2000
#define BUSY_MS 20
#define BUSY_TRIES 1500 /* half a minute */

static void
closep(sqlite3 **h)
{
	(void)sqlite3_close(*h);
	*h = NULL;
}

static int
sync_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0) {
		int rc = tl_fail(TL_EIO, "cannot sync %s: %m", path);
		if (fd >= 0)
			(void)close(fd);
		return rc;
	}
	(void)close(fd);
	return 0;
}

static int
copy_pages(sqlite3 *from, sqlite3 *to, tl_backup_progress_fn progress)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	if (!b)
		return tl_sqlite_fail(to, sqlite3_errcode(to), "backup");
	int code = SQLITE_OK, tries = 0;
	while (code == SQLITE_OK ||
	       ((code == SQLITE_BUSY || code == SQLITE_LOCKED) && tries < BUSY_TRIES)) {
		if (code != SQLITE_OK) {
			tries++;
			(void)sqlite3_sleep(BUSY_MS);
		}
		code = sqlite3_backup_step(b, STEP_PAGES);
		if (progress)
			progress(sqlite3_backup_pagecount(b) - sqlite3_backup_remaining(b),
			    sqlite3_backup_pagecount(b));
	}
	int end = sqlite3_backup_finish(b);
	if (code != SQLITE_DONE)
		return tl_sqlite_fail(to, code, "backup");
	return end == SQLITE_OK ? 0 : tl_sqlite_fail(to, end, "backup");
}

/* One read transaction for the whole copy: a writer in another process would restart it again and again. */
static int
copy_database(const char *from_path, const char *to_path, tl_backup_progress_fn progress)
{
	sqlite3 *from TL_CLEANUP(closep) = NULL;
	sqlite3 *to TL_CLEANUP(closep) = NULL;
	int rc = tl_sqlite_open(from_path, &from);
	if (rc == 0)
		rc = tl_sqlite_exec(from, "BEGIN;SELECT COUNT(*) FROM sqlite_schema");
	if (rc < 0)
		return rc;
	int code =
	    sqlite3_open_v2(to_path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	if (code != SQLITE_OK)
		return tl_sqlite_fail(to, code, to_path);
	rc = copy_pages(from, to, progress);
	if (rc == 0)
		rc = tl_sqlite_exec(
		    to, "PRAGMA journal_mode=DELETE"); /* one file, no log beside it */
	return rc;
}

int
tl_backup_copy(
    struct tl_store *s, const char *what, const char *path, tl_backup_progress_fn progress)
{
	char from[4096], part[4096];
	int n = snprintf(part, sizeof part, "%s.part", path);
	if (n < 0 || (size_t)n >= sizeof part)
		return tl_fail(TL_ETOOBIG, "the name of the copy is too long");
	if (access(path, F_OK) == 0)
		return tl_fail(TL_EEXISTS, "%s is there already", path);
	int rc = tl_store_path(s, what, from, sizeof from);
	if (rc < 0)
		return rc;
	(void)unlink(part);
	int fd = open(part, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return tl_fail(TL_EIO, "cannot write %s: %m", part);
	(void)close(fd);
	rc = copy_database(from, part, progress);
	if (rc == 0)
		rc = sync_file(part);
	if (rc == 0 && rename(part, path) < 0)
		rc = tl_fail(TL_EIO, "cannot name %s: %m", path);
	if (rc < 0)
		(void)unlink(part);
	return rc;
}

static int
digest(const char *path, char ret_hex[65])
{
	enum { PART = 64 << 10 };
	uint8_t sha256[32], md5[16];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return tl_fail(TL_ENOTFOUND, "cannot open %s: %m", path);
	uint8_t *part = malloc(PART);
	if (!part)
		abort();
	struct tl_digest *d = tl_digest_create();
	ssize_t n;
	while ((n = read(fd, part, PART)) > 0)
		tl_digest_add(d, tl_bytes(part, (size_t)n));
	int rc = n < 0 ? tl_fail(TL_EIO, "cannot read %s: %m", path) : 0;
	tl_digest_end(d, sha256, md5);
	tl_hex(ret_hex, sha256, sizeof sha256);
	free(part);
	(void)close(fd);
	return rc;
}

int
tl_backup_seal(const char *path)
{
	char hex[65], name[4096];
	struct tl_buf line TL_CLEANUP(tl_buf_fini) = {0};
	const char *base = strrchr(path, '/');
	int rc = digest(path, hex);
	if (snprintf(name, sizeof name, "%s.sha256", path) >= (int)sizeof name)
		return tl_fail(TL_ETOOBIG, "the name of the copy is too long");
	tl_buf_printf(&line, "%s  %s\n", hex, base ? base + 1 : path);
	return rc < 0 ? rc : tl_file_write_atomic(name, 0600, tl_buf_str(&line));
}

/* A copy without a digest beside it is judged by its pages and its ledger alone. */
static int
check_digest(const char *path, char ret_hex[65])
{
	char name[4096];
	struct tl_buf line TL_CLEANUP(tl_buf_fini) = {0};
	int rc = digest(path, ret_hex);
	if (rc < 0)
		return rc;
	if (snprintf(name, sizeof name, "%s.sha256", path) >= (int)sizeof name ||
	    access(name, F_OK) != 0)
		return 0;
	rc = tl_file_read(name, 8192, &line);
	if (rc == 0 && (line.n < 64 || memcmp(line.p, ret_hex, 64) != 0))
		rc = tl_fail(
		    TL_ECORRUPT, "its bytes are not those that were written (%s)", name);
	return rc;
}

static int
number(sqlite3 *h, const char *sql, int64_t *ret)
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(h, sql, -1, &st, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(st);
	if (code == SQLITE_ROW)
		*ret = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return code == SQLITE_ROW ? 0 : tl_fail(TL_ECORRUPT, "%s", sqlite3_errmsg(h));
}

static int
check_pages(sqlite3 *h)
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(h, "PRAGMA integrity_check(1)", -1, &st, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(st);
	const char *said = code == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : NULL;
	int rc = said && strcmp(said, "ok") == 0 ? 0
						 : tl_fail(TL_ECORRUPT, "damaged pages: %s",
						       said ? said : sqlite3_errmsg(h));
	(void)sqlite3_finalize(st);
	return rc;
}

/* What reads rows needs a whole store: one is lent to it in memory. */
static int
lend(sqlite3 *h, int (*fn)(struct tl_db *db, void *ctx), void *ctx)
{
	struct tl_db *db = calloc(1, sizeof *db);
	if (!db)
		abort();
	db->main = h;
	db->turn.gate_fd = db->turn.floor_fd = -1;
	int rc = fn(db, ctx);
	for (size_t i = 0; i < TL_SQL_COUNT; i++)
		(void)sqlite3_finalize(db->stmts[i].st);
	free(db);
	return rc;
}

int
tl_backup_read(const char *path, int (*fn)(struct tl_db *db, void *ctx), void *ctx)
{
	sqlite3 *h TL_CLEANUP(closep) = NULL;
	int64_t schema = 0;
	int code = sqlite3_open_v2(path, &h, SQLITE_OPEN_READONLY, NULL);
	if (code != SQLITE_OK)
		return tl_fail(TL_ENOTFOUND, "cannot open %s: %s", path, sqlite3_errmsg(h));
	(void)sqlite3_busy_timeout(h, TL_BUSY_MS);
	int rc = number(h, "PRAGMA user_version", &schema);
	if (rc == 0 && schema != tl_store_schema())
		rc = tl_fail(TL_ECONFLICT,
		    "%s has schema %lld, this program reads %d: open it with the program of "
		    "its time",
		    path, (long long)schema, tl_store_schema());
	return rc < 0 ? rc : lend(h, fn, ctx);
}

struct checking {
	tl_backup_progress_fn progress;
	struct tl_backup_report *ret;
};

static int
check_ledger(struct tl_db *db, void *ctx)
{
	const struct checking *x = ctx;
	int64_t bad = 0;
	return tl_ledger_verify(db, x->progress, &x->ret->sealed, &bad);
}

int
tl_backup_verify(const char *path, tl_backup_progress_fn progress, struct tl_backup_report *ret)
{
	sqlite3 *h TL_CLEANUP(closep) = NULL;
	int64_t schema = 0;
	*ret = (struct tl_backup_report){0};
	int rc = check_digest(path, ret->sha256);
	if (rc < 0)
		return rc;
	int code = sqlite3_open_v2(path, &h, SQLITE_OPEN_READONLY, NULL);
	if (code != SQLITE_OK)
		return tl_fail(TL_ENOTFOUND, "cannot open %s: %s", path, sqlite3_errmsg(h));
	rc = check_pages(h);
	if (rc == 0)
		rc = number(h, "PRAGMA user_version", &schema);
	if (rc == 0 && (schema < 1 || schema > tl_store_schema()))
		rc = tl_fail(TL_ECONFLICT,
		    "the copy has schema %lld, this program knows 1 to %d", (long long)schema,
		    tl_store_schema());
	ret->schema = (int)schema;
	if (rc == 0)
		rc = number(h, "SELECT COUNT(*) FROM items", &ret->items);
	if (rc == 0)
		rc = number(h, "SELECT COUNT(*) FROM decisions", &ret->decisions);
	if (rc == 0 && schema == tl_store_schema())
		rc = lend(h, check_ledger, &(struct checking){progress, ret});
	return rc;
}
