/*
 * API keys of platforms. The secret ("tlk_live_…", "tlk_test_…") is shown once, when it is made; the store holds
 * its hash and its first characters. Writers run inside a transaction.
 */
#pragma once

#include "base/arena.h"
#include "store/db.h"

#define TL_API_KEY_TEXT 53 /* "tlk_live_" and 43 characters, and NUL */
#define TL_API_KEY_HASH 32

struct tl_api_key {
	struct tl_id id;
	int64_t platform;
	bool live;
	struct tl_str label, prefix;
	unsigned scopes;          /* bit 1 << enum tl_scope */
	int64_t rate_per_s;       /* 0: no limit */
	int64_t burst;            /* 0: a second's worth */
	struct tl_str networks;   /* separated by spaces; empty: from anywhere */
	struct tl_id replaced_by; /* nil: by none */
	int64_t created_at, last_used_at, expires_at, revoked_at; /* 0: never */
};

/* "ingest flag" to bits and back; TL_EFIELD names the word that is unknown. */
int tl_scopes_parse(struct tl_str words, unsigned *ret) TL_MUST;
#define TL_SCOPES_TEXT 96
void tl_scopes_text(char dst[TL_SCOPES_TEXT], unsigned scopes);

/* Makes a key; `k->id`, `k->prefix` (in `arena`) and `k->created_at` are filled. */
int tl_api_key_create(struct tl_db *db, struct tl_api_key *k, struct tl_arena *arena,
    char ret_secret[TL_API_KEY_TEXT]) TL_MUST;

/* The hash under which a secret is stored; TL_EAUTH when the text cannot be a key. */
int tl_api_key_hash(struct tl_str secret, uint8_t ret[TL_API_KEY_HASH]) TL_MUST;

/* Texts live in `arena`. TL_ENOTFOUND. Expired and revoked keys are found: the caller looks. */
int tl_api_key_find(struct tl_db *db, const uint8_t hash[TL_API_KEY_HASH],
    struct tl_arena *arena, struct tl_api_key *ret) TL_MUST;

/* Calls `each` for every key, oldest first; stops at its first error. */
int tl_api_key_list(struct tl_db *db, struct tl_arena *arena,
    int (*each)(void *ctx, const struct tl_api_key *k), void *ctx) TL_MUST;

int tl_api_key_get(
    struct tl_db *db, struct tl_id id, struct tl_arena *arena, struct tl_api_key *ret) TL_MUST;

#define TL_KEY_NETWORKS_MAX 16
#define TL_KEY_UNUSED_US (90 * TL_US_DAY)

/*
 * Writes label, scopes, rate, burst, networks and expiry of a key that is in use. `ret_changed` gets the names of
 * what is different now, for the audit trail. TL_ENOTFOUND; TL_EFIELD when a network or the expiry cannot be.
 */
#define TL_KEY_CHANGED_TEXT 64
int tl_api_key_set(struct tl_db *db, const struct tl_api_key *k, struct tl_arena *arena,
    char ret_changed[TL_KEY_CHANGED_TEXT]) TL_MUST;

/*
 * A new key with all that the old one may, and a new secret; the old one works for `overlap_us` more. TL_ENOTFOUND,
 * TL_ECONFLICT when it was replaced already.
 */
int tl_api_key_rotate(struct tl_db *db, struct tl_id old, int64_t overlap_us,
    struct tl_arena *arena, struct tl_api_key *ret, char ret_secret[TL_API_KEY_TEXT]) TL_MUST;

/* Nobody has used it for long, and it can still be used. */
bool tl_api_key_is_unused(const struct tl_api_key *k, int64_t now);

int tl_api_key_revoke(struct tl_db *db, struct tl_id id) TL_MUST; /* TL_ENOTFOUND */
int tl_api_key_used(struct tl_db *db, struct tl_id id, int64_t at) TL_MUST;
