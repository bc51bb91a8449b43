/*
 * Copies of the store that is in use, and their verification. A copy holds no content keys and no master key unless
 * asked for: without keys.db the text of people in it stays closed.
 */
#pragma once

#include "store/db.h"

/* Called now and then: pages copied or ledger rows checked, and how many there are (0: not known). May be NULL. */
typedef void (*tl_backup_progress_fn)(int64_t done, int64_t all);

/*
 * Copies store.db into `path` (which must not exist) without stopping anybody; `what` is "store.db" or "keys.db".
 * The copy is complete or not there.
 */
int tl_backup_copy(struct tl_store *s, const char *what, const char *path,
    tl_backup_progress_fn progress) TL_MUST;

struct tl_backup_report {
	int schema;
	int64_t items, decisions, sealed;
	char sha256[65]; /* of the whole file */
};

/*
 * Reads the whole copy: its digest (compared with path.sha256, which tl_backup_seal wrote), pages, schema, and the
 * hash chain of the ledger. ECORRUPT with what does not fit; nothing in the copy is changed. ECONFLICT when it needs a newer program.
 */
int tl_backup_verify(
    const char *path, tl_backup_progress_fn progress, struct tl_backup_report *ret) TL_MUST;

/* Writes path.sha256, in the form of sha256sum(1). */
int tl_backup_seal(const char *path) TL_MUST;

/* Runs `fn` on a store or a copy of one that is opened for reading only; `fn` must not write. ECONFLICT: another schema. */
int tl_backup_read(const char *path, int (*fn)(struct tl_db *db, void *ctx), void *ctx) TL_MUST;
