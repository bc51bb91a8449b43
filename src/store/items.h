/* Items and their signals. Writers run inside a transaction. */
#pragma once

#include "core/verdict.h"
#include "store/db.h"

struct tl_arena;

#define TL_PRINT_BYTES 32

struct tl_item_state_row {
	struct tl_id id;
	int64_t version;
	enum tl_item_state state;
	bool has_verdict;
	enum tl_verdict_word verdict;
	int64_t received_at;
	uint8_t print[TL_PRINT_BYTES];
};

/*
 * Stores item, media list, scan job and figures. `item->account_ext` is resolved (and made). With the same
 * platform, id and version: 0 and *ret_known true when the print is the same, TL_EEXISTS when it differs or was
 * erased.
 * TL_EFIELD naming /media/N for media that was never uploaded. `expires_at` 0: kept until decided otherwise.
 */
int tl_item_put(struct tl_db *db, struct tl_item *item, const uint8_t print[TL_PRINT_BYTES],
    int64_t expires_at, struct tl_item_state_row *ret, bool *ret_known) TL_MUST;

/* The newest version when `version` is 0. Live and test ids are different ids. */
int tl_item_find(struct tl_db *db, int64_t platform, bool live, struct tl_str ext_id,
    int64_t version, struct tl_item_state_row *ret) TL_MUST;
/* For people: the live one, else the test one. */
int tl_item_find_any(struct tl_db *db, int64_t platform, struct tl_str ext_id,
    struct tl_item_state_row *ret) TL_MUST;

/* Who published it; nil: nobody that was named. */
int tl_item_author(
    struct tl_db *db, int64_t platform, struct tl_id id, struct tl_id *ret) TL_MUST;

struct tl_item_full {
	struct tl_item item;
	bool has_verdict;
	enum tl_verdict_word verdict;
	int64_t verdict_at;
	struct tl_str ruleset, reasons; /* reasons: JSON array */
	bool erased;                    /* the text is gone */
};

/* Everything in the clear; strings live in `arena`. */
int tl_item_get(struct tl_db *db, int64_t platform, struct tl_id id, struct tl_arena *arena,
    struct tl_item_full *ret) TL_MUST;
/* All but the text, which is not opened: for items that cannot be scanned. Fills *ret in place. */
int tl_item_head(struct tl_db *db, int64_t platform, struct tl_id id, struct tl_arena *arena,
    struct tl_item_full *ret) TL_MUST;

/* Counters: -1 leaves one as it is. */
int tl_item_counters(struct tl_db *db, int64_t platform, struct tl_id id, int64_t views,
    int64_t engagement) TL_MUST;

/* Replaces the item's signals. */
int tl_item_signals_put(struct tl_db *db, int64_t platform, struct tl_id id,
    const struct tl_signal *signals, size_t count) TL_MUST;
int tl_item_signals_get(struct tl_db *db, int64_t platform, struct tl_id id,
    struct tl_arena *arena, const struct tl_signal **ret, size_t *ret_count) TL_MUST;

/* Sets state, verdict and reasons (JSON). `counted`: it had this verdict already, the figures know it. */
int tl_item_verdict_put(struct tl_db *db, const struct tl_item *item, enum tl_item_state state,
    const struct tl_verdict *verdict, struct tl_str reasons_json, bool counted) TL_MUST;

/* Text, signals, bytes and hashes gone. The row stays, so that the trail of decisions has its subject. */
int tl_item_erase(struct tl_db *db, int64_t platform, struct tl_id id) TL_MUST;

/* Its time has come: text, signals and bytes go, the hashes of its media stay, so that it is found again. */
int tl_item_retire(struct tl_db *db, int64_t platform, struct tl_id id) TL_MUST;
