/*
 * One installation's data: folder, keys, blob store. Opened once in a process; connections (tl_db) are opened
 * from it, one for each thread. After opening it is immutable and may be read by all threads.
 *
 *   DIR/store.db      everything but content keys and media bytes (SQLite, WAL)
 *   DIR/keys.db       per-account content keys, apart, so that a backup of the store opens nothing
 *   DIR/master.key    the installation's secret, mode 0600
 *   DIR/audit.key     what signs the checkpoints of the chain, mode 0600
 *   DIR/blobs/aa/…    media, encrypted, named by keyed hash
 */
#pragma once

#include "core/item.h"
#include "sys/crypto.h"

struct tl_store;

/* Makes folder, master key and store when they are not there; migrates; safe to repeat. */
int tl_store_create(const char *dir) TL_MUST;

/* NOTFOUND when there is no store, STATE when its schema is newer than this program. Attaches the clock. */
int tl_store_open(const char *dir, struct tl_store **ret) TL_MUST;
void tl_store_close(struct tl_store *s);
void tl_store_closep(struct tl_store **s);

const char *tl_store_dir(const struct tl_store *s);

/* Keys derived from the master key, one for each purpose (at most 8 characters): "apikey", "endpoint" … */
struct tl_key tl_store_key(const struct tl_store *s, const char *purpose);

/* Schema version that this program writes. */
int tl_store_schema(void);
