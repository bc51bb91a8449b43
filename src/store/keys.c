/*
 * Content keys in keys.db, each wrapped under the installation's key.
 *
 * Promises: a key is on disk before the transaction that needs it commits; a forgotten key is overwritten
 * (secure_delete). Failures: GONE for forgotten keys, RETRY for I/O. Called by verbs that touch people's text.
 */
#include "store/keys.h"

#include "base/map.h"
#include "store/db_int.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#include <stdlib.h>
#include <sys/stat.h>

#define CACHE_MAX 20000U
#define REMEMBER_US (2 * TL_US_S)
#define SCRUB_WAIT_MS 50 /* whoever needs a new key waits for it */

struct owner {
	uint8_t b[8 + 16];
};

static struct owner
owner_of(int64_t platform, struct tl_id owner)
{
	struct owner o;
	for (int i = 0; i < 8; i++)
		o.b[i] = (uint8_t)((uint64_t)platform >> (56 - 8 * i));
	memcpy(o.b + 8, owner.b, sizeof owner.b);
	return o;
}

int
tl_keys_open(struct tl_db *db)
{
	char path[4096];
	int rc = tl_store_path(db->store, "keys.db", path, sizeof path);
	if (rc == 0)
		rc = tl_sqlite_open(path, &db->keys);
	if (rc == 0)
		rc = tl_sqlite_exec(db->keys,
		    "PRAGMA synchronous=FULL;"
		    "CREATE TABLE IF NOT EXISTS keys(owner BLOB PRIMARY KEY,"
		    " wrapped BLOB NOT NULL) STRICT, WITHOUT ROWID");
	if (rc < 0)
		return rc;
	static const char *const text[] = {"SELECT wrapped FROM keys WHERE owner = ?1",
	    "INSERT INTO keys(owner, wrapped) VALUES(?1, ?2)",
	    "DELETE FROM keys WHERE owner = ?1"};
	sqlite3_stmt **stmt[] = {&db->key_get, &db->key_put, &db->key_del};
	for (size_t i = 0; i < TL_COUNT(text); i++) {
		int code = sqlite3_prepare_v3(
		    db->keys, text[i], -1, SQLITE_PREPARE_PERSISTENT, stmt[i], NULL);
		if (code != SQLITE_OK)
			return tl_sqlite_fail(db->keys, code, "content keys");
	}
	return 0;
}

void
tl_keys_close(struct tl_db *db)
{
	(void)sqlite3_finalize(db->key_get);
	(void)sqlite3_finalize(db->key_put);
	(void)sqlite3_finalize(db->key_del);
	(void)sqlite3_close(db->keys);
}

int
tl_keys_commit(struct tl_db *db)
{
	if (!db->keys_dirty)
		return 0;
	TL_KILLPOINT(KEYS_BEFORE_COMMIT);
	int rc = tl_sqlite_exec(db->keys, "COMMIT");
	if (rc == 0)
		db->keys_dirty = false;
	return rc;
}

/* The cache may hold keys of the part that is rolled back, so it is dropped whole. */
void
tl_keys_rollback(struct tl_db *db)
{
	if (!db->keys_dirty)
		return;
	(void)sqlite3_exec(db->keys, "ROLLBACK", NULL, NULL, NULL);
	db->keys_dirty = false;
	tl_map_destroy(db->key_cache, free);
	db->key_cache = tl_map_create();
}

/* For so long only: what another process forgot must be forgotten here too. */
struct remembered {
	struct tl_key key;
	int64_t until_us;
};

static int
begin_keys(struct tl_db *db)
{
	if (db->keys_dirty)
		return 0;
	if (!db->in_tx)
		return tl_fail(TL_EBUG, "content keys change inside transactions only");
	int rc = tl_sqlite_exec(db->keys, "BEGIN IMMEDIATE");
	if (rc == 0)
		db->keys_dirty = true;
	return rc;
}

static void
remember(struct tl_db *db, const struct owner *o, const struct tl_key *key)
{
	if (tl_map_count(db->key_cache) >= CACHE_MAX) {
		tl_map_destroy(db->key_cache, free);
		db->key_cache = tl_map_create();
	}
	struct remembered *copy = malloc(sizeof *copy);
	if (!copy)
		abort();
	*copy = (struct remembered){*key, tl_mono_us() + REMEMBER_US};
	free(tl_map_put(db->key_cache, tl_bytes(o->b, sizeof o->b), copy));
}

static int
load(struct tl_db *db, const struct owner *o, struct tl_key *ret)
{
	struct tl_key wrap = tl_store_key(db->store, "content");
	int code = sqlite3_bind_blob(db->key_get, 1, o->b, sizeof o->b, SQLITE_STATIC);
	if (code == SQLITE_OK)
		code = sqlite3_step(db->key_get);
	int rc = 0;
	if (code == SQLITE_ROW) {
		struct tl_str sealed = tl_bytes(sqlite3_column_blob(db->key_get, 0),
		    (size_t)sqlite3_column_bytes(db->key_get, 0));
		rc = sealed.n == sizeof ret->b + TL_SEAL_OVERHEAD
			 ? tl_unseal(ret->b, sealed, tl_bytes(o->b, sizeof o->b), &wrap)
			 : tl_fail(TL_ECORRUPT, "a content key is damaged");
	} else if (code == SQLITE_DONE) {
		rc = tl_fail(TL_EGONE, "the key of this text was forgotten");
	} else {
		rc = tl_sqlite_fail(db->keys, code, "content keys");
	}
	(void)sqlite3_reset(db->key_get);
	return rc;
}

int
tl_key_get(struct tl_db *db, int64_t platform, struct tl_id owner, struct tl_key *ret)
{
	struct owner o = owner_of(platform, owner);
	const struct remembered *known = tl_map_get(db->key_cache, tl_bytes(o.b, sizeof o.b));
	if (known && tl_mono_us() < known->until_us) {
		*ret = known->key;
		return 0;
	}
	int rc = load(db, &o, ret);
	if (rc == 0)
		remember(db, &o, ret);
	else if (known)
		free(tl_map_del(db->key_cache, tl_bytes(o.b, sizeof o.b)));
	return rc;
}

static int
run_key(struct tl_db *db, sqlite3_stmt *st, const struct owner *o, struct tl_str wrapped)
{
	int code = sqlite3_bind_blob(st, 1, o->b, sizeof o->b, SQLITE_STATIC);
	if (code == SQLITE_OK && wrapped.n)
		code = sqlite3_bind_blob64(st, 2, wrapped.p, wrapped.n, SQLITE_STATIC);
	if (code == SQLITE_OK)
		code = sqlite3_step(st);
	(void)sqlite3_reset(st);
	return code == SQLITE_DONE ? 0 : tl_sqlite_fail(db->keys, code, "content keys");
}

int
tl_key_make(struct tl_db *db, int64_t platform, struct tl_id owner, struct tl_key *ret)
{
	int rc = tl_key_get(db, platform, owner, ret);
	if (rc != TL_EGONE)
		return rc;
	rc = begin_keys(db);
	if (rc < 0)
		return rc;
	struct owner o = owner_of(platform, owner);
	struct tl_key key;
	uint8_t wrapped[sizeof key.b + TL_SEAL_OVERHEAD];
	struct tl_key wrap = tl_store_key(db->store, "content");
	tl_random(key.b, sizeof key.b);
	tl_seal(wrapped, tl_bytes(key.b, sizeof key.b), tl_bytes(o.b, sizeof o.b), &wrap);
	rc = run_key(db, db->key_put, &o, tl_bytes(wrapped, sizeof wrapped));
	if (rc < 0)
		return rc;
	remember(db, &o, &key);
	*ret = key;
	return 0;
}

int
tl_key_forget(struct tl_db *db, int64_t platform, struct tl_id owner)
{
	int rc = begin_keys(db);
	if (rc < 0)
		return rc;
	struct owner o = owner_of(platform, owner);
	free(tl_map_del(db->key_cache, tl_bytes(o.b, sizeof o.b)));
	return run_key(db, db->key_del, &o, tl_bytes(NULL, 0));
}

int
tl_keys_scrub(struct tl_db *db)
{
	char path[4096];
	struct stat st;
	int rc = tl_store_path(db->store, "keys.db-wal", path, sizeof path);
	if (rc < 0 || stat(path, &st) < 0 || st.st_size == 0)
		return rc;
	(void)sqlite3_busy_timeout(db->keys, SCRUB_WAIT_MS);
	int code =
	    sqlite3_wal_checkpoint_v2(db->keys, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	(void)sqlite3_busy_timeout(db->keys, TL_BUSY_MS);
	if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY)
		return tl_sqlite_fail(db->keys, code, "content keys");
	return 0;
}

int
tl_text_seal(struct tl_db *db, int64_t platform, struct tl_id owner, const char *what,
    struct tl_str plain, struct tl_buf *out)
{
	struct tl_key key;
	int rc = tl_key_make(db, platform, owner, &key);
	if (rc < 0)
		return rc;
	tl_buf_reset(out);
	uint8_t *to = tl_buf_room(out, plain.n + TL_SEAL_OVERHEAD);
	if (!to)
		return tl_fail(TL_ETOOBIG, "the text is larger than the limit");
	tl_seal(to, plain, tl_str(what), &key);
	tl_buf_grew(out, plain.n + TL_SEAL_OVERHEAD);
	return 0;
}

int
tl_text_open(struct tl_db *db, int64_t platform, struct tl_id owner, const char *what,
    struct tl_str sealed, struct tl_buf *out)
{
	struct tl_key key;
	int rc = tl_key_get(db, platform, owner, &key);
	if (rc < 0)
		return rc;
	if (sealed.n < TL_SEAL_OVERHEAD)
		return tl_fail(TL_ECORRUPT, "sealed text is too short");
	tl_buf_reset(out);
	uint8_t *to = tl_buf_room(out, sealed.n - TL_SEAL_OVERHEAD + 1);
	if (!to)
		return tl_fail(TL_ETOOBIG, "the text is larger than the limit");
	rc = tl_unseal(to, sealed, tl_str(what), &key);
	if (rc < 0) {
		/* Another process may have forgotten the key and made a new one since we remembered ours. */
		struct owner o = owner_of(platform, owner);
		free(tl_map_del(db->key_cache, tl_bytes(o.b, sizeof o.b)));
		rc = tl_key_get(db, platform, owner, &key);
		if (rc == 0)
			rc = tl_unseal(to, sealed, tl_str(what), &key);
	}
	if (rc == 0)
		tl_buf_grew(out, sealed.n - TL_SEAL_OVERHEAD);
	return rc;
}
