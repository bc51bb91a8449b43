/*
 * The installation's folder and keys.
 *
 * Promises: the master key is made once, mode 0600, synced before anything is sealed with it; opening never
 * creates, and no key is made beside a store that has lost its own. Failures: NOTFOUND, CONFLICT (that key is
 * missing), STATE (newer schema), RETRY (I/O). Called once in each process.
 */
#include "store/checkpoint.h"
#include "store/db_int.h"

#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/killpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int
tl_store_path(const struct tl_store *s, const char *name, char *dst, size_t cap)
{
	int n = snprintf(dst, cap, "%s/%s", s->dir, name);
	if (n < 0 || (size_t)n >= cap)
		return tl_fail(TL_ETOOBIG, "the path of the data folder is too long");
	return 0;
}

static int
make_master_key(const char *path)
{
	if (access(path, F_OK) == 0)
		return 0;
	struct tl_key key;
	char hex[2 * sizeof key.b + 1];
	tl_random(key.b, sizeof key.b);
	tl_hex(hex, key.b, sizeof key.b);
	int rc = tl_file_write_atomic(path, 0600, tl_str(hex));
	tl_wipe(&key, sizeof key);
	tl_wipe(hex, sizeof hex);
	return rc;
}

/* A key made anew beside a store that has content would open nothing of it, and hide that the right one is missing. */
static int
expect_master_key(const char *dir)
{
	char store[4096], key[4096];
	struct stat st;
	(void)snprintf(store, sizeof store, "%.4000s/store.db", dir);
	(void)snprintf(key, sizeof key, "%.4000s/master.key", dir);
	if (access(key, F_OK) == 0 || stat(store, &st) != 0 || st.st_size == 0)
		return 0;
	return tl_fail(TL_ECONFLICT,
	    "%s holds a store and no master.key: put your copy of the key there; a new one "
	    "would open nothing of it",
	    dir);
}

static int
read_master_key(const char *path, struct tl_key *ret)
{
	struct tl_buf b = {.limit = 70000};
	int rc = tl_file_read(path, 200, &b);
	struct tl_str hex = tl_buf_str(&b);
	while (hex.n && (hex.p[hex.n - 1] == '\n' || hex.p[hex.n - 1] == ' '))
		hex.n--;
	if (rc == 0 && tl_unhex(ret->b, sizeof ret->b, hex) < 0)
		rc = tl_fail(TL_ECRYPTO, "%s does not hold a key of 64 hex digits", path);
	if (b.p)
		tl_wipe(b.p, b.n);
	tl_buf_fini(&b);
	return rc;
}

static int
migrate_all(struct tl_store *s)
{
	struct tl_db *db = NULL;
	int rc = tl_db_open(s, &db);
	if (rc < 0)
		return rc;
	rc = tl_turn_take(&db->turn);
	if (rc == 0) {
		rc = tl_migrate(db->main);
		tl_turn_give(&db->turn);
	}
	tl_db_close(db);
	return rc;
}

int
tl_store_create(const char *dir)
{
	char path[4096];
	(void)snprintf(path, sizeof path, "%.4000s/blobs", dir);
	int rc = tl_mkdirs(path);
	if (rc == 0)
		rc = expect_master_key(dir);
	if (rc < 0)
		return rc;
	(void)snprintf(path, sizeof path, "%.4000s/master.key", dir);
	rc = make_master_key(path);
	if (rc < 0)
		return rc;
	rc = tl_audit_key_make(dir);
	if (rc < 0)
		return rc;
	(void)snprintf(path, sizeof path, "%.4000s/store.db", dir);
	int fd = -1;
	if (access(path, F_OK) != 0)
		rc = tl_file_write_atomic(path, 0600, tl_str(""));
	tl_fd_close(&fd);
	if (rc < 0)
		return rc;
	rc = tl_killpoint_attach(dir);
	if (rc < 0)
		return rc;
	TL_KILLPOINT(STORE_FOUNDED);
	struct tl_store *s = NULL;
	rc = tl_store_open(dir, &s);
	tl_store_close(s);
	return rc;
}

static int
open_parts(struct tl_store *s)
{
	char path[4096];
	int rc = tl_store_path(s, "store.db", path, sizeof path);
	if (rc < 0)
		return rc;
	if (access(path, F_OK) != 0)
		return tl_fail(
		    TL_ENOTFOUND, "there is no store in %s: run `tutela init` first", s->dir);
	rc = expect_master_key(s->dir);
	if (rc == 0)
		rc = tl_store_path(s, "clock", path, sizeof path);
	if (rc == 0)
		rc = tl_clock_attach(path);
	if (rc == 0)
		rc = tl_killpoint_attach(s->dir);
	if (rc == 0)
		rc = tl_store_path(s, "master.key", path, sizeof path);
	if (rc == 0)
		rc = read_master_key(path, &s->master);
	if (rc == 0)
		rc = migrate_all(s);
	return rc;
}

int
tl_store_open(const char *dir, struct tl_store **ret)
{
	struct tl_store *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->dir = strdup(dir);
	if (!s->dir)
		abort();
	int rc = open_parts(s);
	if (rc < 0) {
		tl_store_close(s);
		return rc;
	}
	*ret = s;
	return 0;
}

void
tl_store_close(struct tl_store *s)
{
	if (!s)
		return;
	tl_wipe(&s->master, sizeof s->master);
	free(s->dir);
	free(s);
}

void
tl_store_closep(struct tl_store **s)
{
	tl_store_close(*s);
	*s = NULL;
}

const char *
tl_store_dir(const struct tl_store *s)
{
	return s->dir;
}

struct tl_key
tl_store_key(const struct tl_store *s, const char *purpose)
{
	return tl_key_derive(&s->master, purpose);
}
