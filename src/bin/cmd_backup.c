/*
 * `tutela backup` and `tutela restore`. A copy is always verified: right after it was made, and before it takes a
 * store's place.
 */
#include "bin/cli.h"
#include "bin/cli_backup.h"
#include "bin/cli_daemon.h"
#include "store/backup.h"
#include "store/checkpoint.h"
#include "store/people.h"
#include "sys/fd.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void
progress(int64_t done, int64_t all)
{
	cli_progress("copied pages", done, all);
}

void
cli_verifying(int64_t done, int64_t all)
{
	cli_progress("checked ledger rows", done, all);
}

static void
print_report(struct tl_cli *c, const char *path, const struct tl_backup_report *r)
{
	static const char *const columns[] = {
	    "file", "schema", "items", "decisions", "sealed_rows", "sha256", "verified", NULL};
	struct cli_list l;
	cli_progress_end();
	cli_record_begin(&l, c, columns);
	cli_cell_z(&l, path);
	cli_cell_int(&l, r->schema);
	cli_cell_int(&l, r->items);
	cli_cell_int(&l, r->decisions);
	cli_cell_int(&l, r->sealed);
	cli_cell_z(&l, r->sha256);
	cli_cell_bool(&l, true);
	cli_list_end(&l, "");
}

static int
verify(struct tl_cli *c, const char *path, struct tl_backup_report *r)
{
	int rc = tl_backup_verify(path, cli_verifying, r);
	if (rc == TL_ECORRUPT) {
		c->exit = CLI_FOUND;
		return cli_fail(rc, "Do not use this copy; make another one.", "%s: %s", path,
		    tl_err_text());
	}
	return rc;
}

/* A small secret beside the copy. */
static int
copy_secret(struct tl_cli *c, const char *path, const char *name)
{
	const char *from = cli_path(c, name);
	struct tl_buf key TL_CLEANUP(tl_buf_fini) = {0};
	int rc = from ? tl_file_read(from, 4096, &key) : TL_ECONFIG;
	if (rc == 0)
		rc = tl_file_write_atomic(
		    tl_arena_printf(c->arena, "%s.%s", path, name), 0600, tl_buf_str(&key));
	if (key.p)
		tl_wipe(key.p, key.n);
	return rc;
}

static int
copy_keys(struct tl_cli *c, const char *path)
{
	int rc = tl_backup_copy(
	    c->store, "keys.db", tl_arena_printf(c->arena, "%s.keys.db", path), progress);
	if (rc == 0)
		rc = copy_secret(c, path, "master.key");
	return rc < 0 ? rc : copy_secret(c, path, "audit.key");
}

static int
record(struct tl_db *db, void *ctx)
{
	(void)ctx;
	return tl_audit_add(db, "cli", "backup", TL_S(""), TL_S(""));
}

int
cmd_backup(struct tl_cli *c)
{
	const char *path = c->argv[0];
	struct tl_backup_report r;
	int rc = 0;
	if (!cli_option(c, "verify")) {
		rc = tl_backup_copy(c->store, "store.db", path, progress);
		if (rc == 0)
			rc = tl_backup_seal(path);
		if (rc == 0 && cli_option(c, "keys"))
			rc = copy_keys(c, path);
		if (rc == 0)
			rc = tl_db_tx(c->db, TL_SYNC_NORMAL, record, NULL);
	}
	if (rc >= 0)
		rc = verify(c, path, &r);
	if (rc < 0)
		return rc;
	print_report(c, path, &r);
	return 0;
}

/* Whatever of a store is at `name`, moved out of the way. The log is merged first by whoever closes last. */
int
cli_set_aside(struct tl_cli *c, const char *name)
{
	const char *from = cli_path(c, name);
	if (!from)
		return TL_ECONFIG;
	if (access(from, F_OK) != 0)
		return 0;
	if (access(tl_arena_printf(c->arena, "%s-wal", from), F_OK) == 0) {
		int rc = cli_open_store(c); /* opening and closing merges the log */
		tl_db_close(c->db);
		tl_store_close(c->store);
		c->db = NULL;
		c->store = NULL;
		if (rc < 0)
			return rc;
	}
	if (rename(from, tl_arena_printf(c->arena, "%s.before-restore", from)) < 0)
		return tl_fail(TL_EIO, "cannot set %s aside: %m", from);
	return 0;
}

static int
put_in_place(struct tl_cli *c, const char *from, const char *name)
{
	const char *to = cli_path(c, name);
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	int rc = to ? tl_file_read(from, SIZE_MAX / 2, &b) : TL_ECONFIG;
	return rc < 0 ? rc : tl_file_write_atomic(to, 0600, tl_buf_str(&b));
}

/* keys.db, master.key and audit.key beside the copy, when it has them and the folder does not. */
static int
restore_keys(struct tl_cli *c, const char *path)
{
	static const char *const names[] = {"keys.db", "master.key", "audit.key"};
	for (size_t i = 0; i < TL_COUNT(names); i++) {
		const char *from = tl_arena_printf(c->arena, "%s.%s", path, names[i]);
		const char *to = cli_path(c, names[i]);
		int rc = 0;
		if (to && access(from, F_OK) == 0 && access(to, F_OK) != 0)
			rc = put_in_place(c, from, names[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
put_back(struct tl_cli *c)
{
	struct tl_backup_report r;
	struct stat st;
	const char *store = cli_path(c, "store.db");
	if (cli_daemon_runs(c))
		return cli_fail(TL_ECONFLICT, "Stop tutelad first.",
		    "the daemon is running on %s", c->data_dir);
	if (stat(c->argv[0], &st) == 0 && S_ISDIR(st.st_mode))
		return cli_restore_continuous(c, c->argv[0]);
	int rc = store ? verify(c, c->argv[0], &r) : TL_ECONFIG;
	if (rc == 0 && access(store, F_OK) == 0 && !cli_option(c, "force"))
		return cli_fail(TL_EEXISTS,
		    "With --force it is replaced, and kept beside as store.db.before-restore.",
		    "there is a store in %s already", c->data_dir);
	if (rc == 0)
		rc = tl_mkdirs(c->data_dir);
	if (rc == 0)
		rc = cli_set_aside(c, "store.db");
	if (rc == 0)
		rc = put_in_place(c, c->argv[0], "store.db");
	if (rc == 0)
		rc = restore_keys(c, c->argv[0]);
	if (rc == 0)
		rc = tl_store_create(c->data_dir); /* what is missing, and the newest schema */
	if (rc < 0)
		return rc;
	print_report(c, store, &r);
	return 0;
}

static int
record_restore(struct tl_db *db, void *ctx)
{
	(void)ctx;
	return tl_audit_add(db, "cli", "restore", TL_S(""), TL_S(""));
}

/* What the checkpoints of the replaced store say stays beside it: for this one they would tell of a cut. */
int
cmd_restore(struct tl_cli *c)
{
	int rc = put_back(c);
	if (rc == 0 && !c->db)
		rc = cli_open_store(c);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, record_restore, NULL);
	if (rc >= 0)
		rc = cli_set_aside(c, TL_CHECKPOINT_FILE);
	return rc < 0 ? rc : 0;
}
