/*
 * The continuous copies from the operator's side: how far they are, putting them in the store's place, and the drill that
 * proves that they can be.
 *
 * Promises: verified like every other copy before anything takes a store's place; what was there is set aside. Failures: with
 * what to do, and the store as it was. Called through the table of commands.
 */
#include "bin/cli_backup.h"

#include "base/json.h"
#include "ship/files.h"
#include "ship/restore.h"
#include "store/backup.h"
#include "store/blobs.h"
#include "store/checkpoint.h"
#include "store/items.h"
#include "store/people.h"
#include "sys/clock.h"
#include "sys/fd.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAMPLE 500

static void
replaying(int64_t done, int64_t all)
{
	cli_progress("bytes put in place", done, all);
}

static const char *
join(struct tl_cli *c, const char *folder, const char *name)
{
	return tl_arena_printf(c->arena, "%s/%s", folder, name);
}

static int
until_of(struct tl_cli *c, int64_t *ret)
{
	const char *text = cli_option(c, "until");
	*ret = 0;
	if (!text || tl_time_parse(tl_str(text), ret) == 0)
		return 0;
	return cli_fail(TL_EUSAGE, "Like this: --until 2026-11-24T09:00:00Z",
	    "\"%s\" is not a moment", text);
}

static int
configured(struct tl_cli *c, const char *key, const char *value, const char **ret)
{
	char path[TL_PATH_MAX];
	if (!value[0])
		return cli_fail(TL_ECONFIG, "Set it to a folder, best on another disk.",
		    "%s is not set: no continuous copies are made", key);
	int rc = tl_config_path(c->config, value, path);
	*ret = tl_arena_printf(c->arena, "%s", path);
	return rc;
}

int
cmd_backup_status(struct tl_cli *c)
{
	static const char *const columns[] = {
	    "copies", "first", "last", "behind_s", "keys_last", NULL};
	const char *store = NULL, *keys = NULL;
	int64_t first = 0, last = 0, keys_first = 0, keys_last = 0;
	int rc = configured(c, "backup_dir", c->config->backup_dir, &store);
	if (rc == 0)
		rc = tl_ship_span(join(c, store, "store"), &first, &last);
	if (rc == 0 && c->config->backup_keys_dir[0])
		rc = configured(c, "backup_keys_dir", c->config->backup_keys_dir, &keys);
	if (rc == 0 && keys)
		rc = tl_ship_span(join(c, keys, "keys"), &keys_first, &keys_last);
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell_z(&l, store);
	cli_cell_time(&l, first);
	cli_cell_time(&l, last);
	cli_cell_int(&l, (tl_now_us() - last) / TL_US_S);
	cli_cell_time(&l, keys_last);
	cli_list_end(&l, "");
	if (!keys)
		cli_say(c, "keys.db is not copied: set backup_keys_dir. Without it nobody's "
			   "text can be read after a restore.\n");
	return 0;
}

/* Putting in place --------------------------------------------------------------------------------------------------- */

/* A database beside its place, verified there, then named. */
static int
put_database(struct tl_cli *c, const char *from, int64_t until, const char *to,
    struct tl_ship_restored *ret)
{
	const char *part = tl_arena_printf(c->arena, "%s.restoring", to);
	(void)unlink(part);
	int rc = tl_ship_restore(from, until, part, replaying, ret);
	cli_progress_end();
	return rc == 0 && rename(part, to) < 0 ? tl_fail(TL_EIO, "cannot name %s: %m", to) : rc;
}

static int
put_blobs(const char *from, const char *to, int64_t *ret_files)
{
	int rc = 0;
	for (unsigned part = 0; part < TL_FILES_PARTS && rc >= 0; part++) {
		rc = tl_files_missing(from, to, part);
		*ret_files += rc > 0 ? rc : 0;
		cli_progress("parts of the media", part + 1, TL_FILES_PARTS);
	}
	cli_progress_end();
	return rc < 0 ? rc : 0;
}

static int
check_ready(struct tl_cli *c)
{
	const char *store = cli_path(c, "store.db"), *keys = cli_path(c, "keys.db"),
		   *master = cli_path(c, "master.key");
	if (!store || !keys || !master)
		return TL_ECONFIG;
	if (access(master, F_OK) != 0)
		return cli_fail(TL_ENOTFOUND, "Put your own copy of it there first, mode 600.",
		    "there is no master.key in %s", c->data_dir);
	if (access(keys, F_OK) != 0 && !cli_option(c, "keys"))
		return cli_fail(TL_ENOTFOUND,
		    "--keys FOLDER names their copies (backup_keys_dir).",
		    "there is no keys.db in %s: without it nobody's text can be read",
		    c->data_dir);
	if (access(store, F_OK) == 0 && !cli_option(c, "force"))
		return cli_fail(TL_EEXISTS,
		    "With --force it is replaced, and kept beside as store.db.before-restore.",
		    "there is a store in %s already", c->data_dir);
	return 0;
}

/* What the machine has of its own stays. */
static int
put_settings(struct tl_cli *c, const char *from)
{
	static const char *const files[] = {"tutela.yaml", TL_CHECKPOINT_FILE};
	const char *policy = cli_path(c, c->config->policy_dir);
	int rc = policy ? 0 : TL_ECONFIG;
	for (size_t i = 0; i < TL_COUNT(files) && rc == 0; i++) {
		const char *to = cli_path(c, files[i]);
		if (to && access(to, F_OK) != 0)
			rc = tl_files_one(join(c, from, files[i]), to);
		rc = rc == TL_ENOTFOUND ? 0 : rc;
	}
	if (rc == 0 && access(policy, F_OK) != 0)
		rc = tl_files_mirror(join(c, from, "policy"), policy);
	return rc;
}

static int
put_all(struct tl_cli *c, const char *folder, int64_t until, struct tl_ship_restored *ret,
    int64_t *ret_files)
{
	struct tl_ship_restored keys;
	const char *from_keys = cli_option(c, "keys");
	int rc = cli_set_aside(c, "store.db");
	if (rc == 0)
		rc = put_database(
		    c, join(c, folder, "store"), until, cli_path(c, "store.db"), ret);
	if (rc == 0 && from_keys)
		rc = cli_set_aside(c, "keys.db");
	if (rc == 0 && from_keys)
		rc = put_database(
		    c, join(c, from_keys, "keys"), 0, cli_path(c, "keys.db"), &keys);
	if (rc == 0)
		rc = put_blobs(join(c, folder, "blobs"), cli_path(c, "blobs"), ret_files);
	if (rc == 0)
		rc = put_settings(c, join(c, folder, "settings"));
	return rc < 0
		   ? rc
		   : tl_store_create(c->data_dir); /* what is missing, and the newest schema */
}

int
cli_restore_continuous(struct tl_cli *c, const char *folder)
{
	static const char *const columns[] = {"store", "as_of", "generation", "segments",
	    "schema", "items", "decisions", "sealed_rows", "media_files", "verified", NULL};
	struct tl_ship_restored got = {0};
	struct tl_backup_report r = {0};
	int64_t until = 0, files = 0;
	int rc = until_of(c, &until);
	if (rc == 0)
		rc = check_ready(c);
	if (rc == 0)
		rc = put_all(c, folder, until, &got, &files);
	if (rc == 0)
		rc = tl_backup_verify(cli_path(c, "store.db"), cli_verifying, &r);
	cli_progress_end();
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell_z(&l, cli_path(c, "store.db"));
	cli_cell_time(&l, got.at_us);
	cli_cell_z(&l, got.generation);
	cli_cell_int(&l, got.segments);
	cli_cell_int(&l, r.schema);
	cli_cell_int(&l, r.items);
	cli_cell_int(&l, r.decisions);
	cli_cell_int(&l, r.sealed);
	cli_cell_int(&l, files);
	cli_cell_bool(&l, true);
	cli_list_end(&l, "");
	return 0;
}

/* The drill ---------------------------------------------------------------------------------------------------------- */

struct drill {
	struct tl_cli *cli;
	char dir[TL_PATH_MAX];
	struct tl_ship_restored got;
	struct tl_backup_report report;
	int64_t texts, texts_without_key, media, media_missing;
};

static int
copy_small(const char *from, const char *to)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	int rc = tl_file_read(from, 4096, &b);
	if (rc == 0)
		rc = tl_file_write_atomic(to, 0600, tl_buf_str(&b));
	if (b.p)
		tl_wipe(b.p, b.n);
	return rc;
}

/* A data folder of its own: copies of the databases, the copy of the media by a link. */
static int
set_up(struct drill *d, int64_t until)
{
	struct tl_cli *c = d->cli;
	struct tl_ship_restored keys;
	const char *store = NULL, *key_copies = NULL, *master = cli_option(c, "master-key");
	const char *into = cli_option(c, "into");
	(void)snprintf(d->dir, sizeof d->dir, "%s/drill-XXXXXX", into ? into : c->data_dir);
	int rc = configured(c, "backup_dir", c->config->backup_dir, &store);
	if (rc == 0)
		rc = configured(c, "backup_keys_dir", c->config->backup_keys_dir, &key_copies);
	if (rc == 0 && !mkdtemp(d->dir))
		rc = tl_fail(
		    TL_EIO, "cannot make a folder in %s: %m", into ? into : c->data_dir);
	if (rc < 0)
		return rc;
	rc = put_database(
	    c, join(c, store, "store"), until, join(c, d->dir, "store.db"), &d->got);
	if (rc == 0)
		rc = put_database(
		    c, join(c, key_copies, "keys"), 0, join(c, d->dir, "keys.db"), &keys);
	if (rc == 0)
		rc = copy_small(
		    master ? master : cli_path(c, "master.key"), join(c, d->dir, "master.key"));
	if (rc == 0 && symlink(join(c, store, "blobs"), join(c, d->dir, "blobs")) < 0)
		rc = tl_fail(TL_EIO, "cannot link the media: %m");
	return rc;
}

static void
clean_up(const struct drill *d)
{
	static const char *const names[] = {"store.db", "store.db-wal", "store.db-shm",
	    "keys.db", "keys.db-wal", "keys.db-shm", "master.key", "blobs", "lock.gate",
	    "lock.floor", "clock", ""};
	char path[TL_PATH_MAX + 32];
	for (size_t i = 0; d->dir[0] && i < TL_COUNT(names); i++) {
		(void)snprintf(path, sizeof path, "%s/%s", d->dir, names[i]);
		(void)(names[i][0] ? unlink(path) : rmdir(path));
	}
}

static int
open_texts(struct drill *d, struct tl_db *db)
{
	struct tl_row r;
	struct tl_arena *a TL_CLEANUP(tl_arena_destroyp) = tl_arena_create(1 << 22);
	int rc = tl_db_query(db, &r, TL_SQL_DRILL_ITEMS, A_INT(SAMPLE));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		struct tl_item_full item;
		tl_arena_reset(a);
		rc = tl_item_get(db, tl_col_int(&r, 0), tl_col_id(&r, 1), a, &item);
		if (rc < 0)
			break;
		d->texts++;
		d->texts_without_key += item.erased;
	}
	tl_row_end(&r);
	return rc;
}

static int
open_media(struct drill *d, struct tl_store *s, struct tl_db *db)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_DRILL_MEDIA, A_INT(SAMPLE));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		struct tl_buf bytes TL_CLEANUP(tl_buf_fini) = {0};
		struct tl_media_id id;
		struct tl_str raw = tl_col_str(&r, 1);
		if (raw.n != sizeof id.b)
			continue;
		memcpy(id.b, raw.p, sizeof id.b);
		rc = tl_blob_read(s, &id, &bytes);
		if (rc < 0 && rc != TL_ENOTFOUND)
			break;
		d->media++;
		d->media_missing += rc == TL_ENOTFOUND;
	}
	tl_row_end(&r);
	return rc;
}

static int
look_inside(struct drill *d)
{
	TL_CLEANUP(tl_store_closep) struct tl_store *s = NULL;
	TL_CLEANUP(tl_db_closep) struct tl_db *db = NULL;
	int rc = tl_backup_verify(join(d->cli, d->dir, "store.db"), cli_verifying, &d->report);
	cli_progress_end();
	if (rc == 0)
		rc = tl_store_open(d->dir, &s);
	if (rc == 0)
		rc = tl_db_open(s, &db);
	if (rc == 0)
		rc = open_texts(d, db);
	return rc < 0 ? rc : open_media(d, s, db);
}

static int
record_drill(struct tl_db *db, void *ctx)
{
	(void)ctx;
	return tl_audit_add(db, "cli", "backup.drill", TL_S(""), TL_S(""));
}

int
cmd_backup_drill(struct tl_cli *c)
{
	static const char *const columns[] = {"as_of", "items", "decisions", "sealed_rows",
	    "texts_opened", "texts_without_key", "media_opened", "media_missing", "took_s",
	    NULL};
	struct drill d = {.cli = c};
	int64_t until = 0, from = tl_mono_us();
	int rc = until_of(c, &until);
	if (rc == 0)
		rc = set_up(&d, until);
	if (rc == 0)
		rc = look_inside(&d);
	clean_up(&d);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_NORMAL, record_drill, NULL);
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell_time(&l, d.got.at_us);
	cli_cell_int(&l, d.report.items);
	cli_cell_int(&l, d.report.decisions);
	cli_cell_int(&l, d.report.sealed);
	cli_cell_int(&l, d.texts - d.texts_without_key);
	cli_cell_int(&l, d.texts_without_key);
	cli_cell_int(&l, d.media - d.media_missing);
	cli_cell_int(&l, d.media_missing);
	cli_cell_num(&l, (double)(tl_mono_us() - from) / 1e6);
	cli_list_end(&l, "");
	if (d.texts_without_key || d.media_missing) {
		c->exit = CLI_FOUND;
		cli_say(c, "Some of it cannot be read. Texts without key are those of people "
			   "who were forgotten, or of the last moments before "
			   "a crash; media that are missing were not copied yet.\n");
	}
	return 0;
}
