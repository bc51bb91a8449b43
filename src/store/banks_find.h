/*
 * Looking for entries of a bank and choosing many at once. Every look is bounded and goes on where it stopped, so that
 * a bank of millions holds nobody up.
 */
#pragma once

#include "store/banks.h"

/* What an entry must be; empty and any: no matter. All of them must hold. */
struct tl_bank_filter {
	/* Hashes: the beginning of a value or of a note, a record, an entry's id. Terms: a part of the term or its note. */
	struct tl_str text;
	struct tl_str exchange, member, record;
	int state; /* enum tl_entry_state, or -1 */
	/* Of choosing many, alone: what one person has added between two ids; empty: no matter. */
	struct tl_str added_by;
	struct tl_id after, before;
};

/* A page of them, in the arena. */
struct tl_bank_found {
	struct tl_bank_entry *entries;
	size_t n;
	struct tl_str next; /* empty at the end */
};

/* The state that people see of an entry at that time. */
enum tl_entry_state tl_bank_entry_state(const struct tl_bank_entry *e, int64_t now_us);

/*
 * At most `max` entries. `cursor` is empty at first, then `next` of the call before. A page may be short, or empty, while
 * there is more to look at. EFIELD at /cursor.
 */
int tl_bank_search(struct tl_db *db, const struct tl_bank *b, const struct tl_bank_filter *f,
    struct tl_str cursor, size_t max, struct tl_arena *arena,
    struct tl_bank_found *ret) TL_MUST;

/* Choosing goes by exchange, member and record; text and state must be empty. */
enum tl_bank_bulk { TL_BULK_DISABLE, TL_BULK_ENABLE, TL_BULK_REMOVE };

/* How many a filter chooses; counts no farther than `most`. */
int tl_bank_count(struct tl_db *db, struct tl_id bank, const struct tl_bank_filter *f,
    int64_t most, int64_t *ret) TL_MUST;
/*
 * Does it to at most `most` entries inside the caller's transaction. *at: nil at first; nil again when all were done.
 * Returns how many were changed.
 */
int tl_bank_bulk(struct tl_db *db, struct tl_id bank, const struct tl_bank_filter *f,
    enum tl_bank_bulk what, int64_t until, int64_t most, struct tl_id *at) TL_MUST;

/*
 * Calls fn for every entry of a bank, newest first, in slices that do not hold up the store's log. Views are valid during
 * the call only. Stops when fn returns other than 0, and returns that.
 */
int tl_bank_scan(struct tl_db *db, struct tl_id bank,
    int (*fn)(void *ctx, const struct tl_bank_entry *e), void *ctx) TL_MUST;
