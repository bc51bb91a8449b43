/*
 * Signed checkpoints of the chain: rows of the store, and lines of checkpoints.log beside it, which may be copied
 * elsewhere. The key that signs is in audit.key, apart from the store.
 */
#pragma once

#include "store/chain.h"
#include "store/db.h"

#define TL_AUDIT_KEY_FILE "audit.key"
#define TL_CHECKPOINT_FILE "checkpoints.log"

/* Makes DIR/audit.key (mode 0600) when it is not there. Safe to repeat. */
int tl_audit_key_make(const char *dir) TL_MUST;
/* The secret key; wipe it. NOTFOUND, ECRYPTO. */
int tl_audit_key_read(const char *dir, uint8_t ret_secret[TL_SIGN_SECRET]) TL_MUST;
/* Only its public half. */
int tl_audit_key_public(const char *dir, uint8_t ret[TL_SIGN_PUBLIC]) TL_MUST;

/*
 * Signs the head of the chain when it is more than `rows` beyond the last checkpoint (0: when it has moved at all).
 * Inside a transaction. 1: *ret is new, 0: nothing to sign. Makes the key's row when it is new.
 */
int tl_checkpoint_make(
    struct tl_db *db, const char *dir, int64_t rows, struct tl_checkpoint *ret) TL_MUST;

/* Appends to DIR/checkpoints.log what of the store's keys and checkpoints is not in it yet; synced. */
int tl_checkpoint_log(struct tl_db *db, const char *dir) TL_MUST;

/* The newest checkpoint; NOTFOUND before the first. */
int tl_checkpoint_last(struct tl_db *db, struct tl_checkpoint *ret) TL_MUST;

/* A new signing key, signed by the old one and signing it. Inside a transaction; the file changes first. */
int tl_audit_key_rotate(struct tl_db *db, const char *dir, struct tl_chain_key *ret) TL_MUST;

/* The keys of the store, at most `max`. */
int tl_audit_keys(
    struct tl_db *db, struct tl_chain_key *list, size_t max, size_t *ret_n) TL_MUST;

/* Lines of a file: checkpoints in `*ret` (free it) and keys; other lines are refused with their number. */
int tl_checkpoint_read(const char *path, struct tl_checkpoint **ret, size_t *ret_n,
    struct tl_chain_key *keys, size_t max_keys, size_t *ret_keys) TL_MUST;
