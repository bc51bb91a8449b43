/*
 * Content keys: one for each account (or item without author), in a database apart. Forgetting a key erases
 * everything sealed under it, in backups of the store too.
 */
#pragma once

#include "store/db.h"

/* The owner's key; made and stored when there is none (inside a transaction). */
int tl_key_make(
    struct tl_db *db, int64_t platform, struct tl_id owner, struct tl_key *ret) TL_MUST;

/* The owner's key, or TL_EGONE when it was forgotten or never made. */
int tl_key_get(
    struct tl_db *db, int64_t platform, struct tl_id owner, struct tl_key *ret) TL_MUST;

/* Forgets the owner's key, inside a transaction. */
int tl_key_forget(struct tl_db *db, int64_t platform, struct tl_id owner) TL_MUST;

/*
 * Empties the log of the keys' database, where a forgotten key stands until it is written over. Outside a
 * transaction; when somebody reads at this moment, 0 and the next call does it.
 */
int tl_keys_scrub(struct tl_db *db) TL_MUST;

/* Seals text of an owner into `out` (emptied first); unseals into `out`. `what` separates uses: "item", "name". */
int tl_text_seal(struct tl_db *db, int64_t platform, struct tl_id owner, const char *what,
    struct tl_str plain, struct tl_buf *out) TL_MUST;
int tl_text_open(struct tl_db *db, int64_t platform, struct tl_id owner, const char *what,
    struct tl_str sealed, struct tl_buf *out) TL_MUST;
