/* Private to src/store: the parts of a connection that its files share. */
#pragma once

#include "store/db.h"
#include "sys/turn.h"

#include <sqlite3.h>

struct tl_map;

#define TL_SQL_ARGS_MAX 96
#define TL_BUSY_MS 10000 /* how long we wait for who does not take turns, while opening */
#define TL_BEGIN_MS 3000 /* and while we hold the turn, so that everybody waits with us */

struct tl_stmt {
	sqlite3_stmt *st;
	int wanted; /* parameters that SQLite sees */
	uint8_t from
	    [TL_SQL_ARGS_MAX]; /* which of our arguments each of them takes, counted from 0 */
};

struct tl_store {
	char *dir;
	struct tl_key master;
};

struct tl_db {
	struct tl_store *store;
	sqlite3 *main;
	sqlite3 *keys; /* content keys; its transaction is open while keys_dirty */
	sqlite3_stmt *key_get, *key_put, *key_del;
	bool keys_dirty;
	struct tl_map *key_cache; /* platform and owner -> struct tl_key */
	struct tl_turn turn;
	bool in_tx;
	bool in_doubt; /* a sync of the log failed (sync.c) */
	struct tl_stmt stmts[TL_SQL_COUNT];
	bool open[TL_SQL_COUNT];
};

/* Turns an SQLite code into ours, with its text. */
int tl_sqlite_fail(sqlite3 *h, int code, const char *what);

int tl_sqlite_exec(sqlite3 *h, const char *sql) TL_MUST;

/* Opens one database file with the settings that all of ours have. */
int tl_sqlite_open(const char *path, sqlite3 **ret) TL_MUST;

int tl_store_path(const struct tl_store *s, const char *name, char *dst, size_t cap) TL_MUST;

/* keys.c */
int tl_keys_open(struct tl_db *db) TL_MUST;
void tl_keys_close(struct tl_db *db);
int tl_keys_commit(struct tl_db *db) TL_MUST;
void tl_keys_rollback(struct tl_db *db);

/* sync.c: a sync of the log failed in a way that tl_db_sync does not see. */
void tl_sync_doubt(struct tl_db *db);

/* migrate.c: brings the store to this program's schema; inside the turn. */
int tl_migrate(sqlite3 *h) TL_MUST;
