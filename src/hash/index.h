/*
 * The Hamming index: every known hash within a distance of a picture's, exactly (nothing within the distance is ever
 * missed), among millions, in a fraction of a millisecond.
 *
 * An entry is a 256-bit hash, the caller's 64-bit `key` (one entry a key) and the 32-bit `bank` that it belongs to. Entries
 * live in immutable, checksummed segment files that every process maps read-only, and in a tail in memory that is scanned
 * whole. One process at a time *owns* the directory: it writes the tail to segments and merges them; the others follow
 * it. The index is never the truth: it can always be rebuilt from where its entries came from, and says when it must be
 * (TL_ECORRUPT, with the file's name in the text).
 *
 * Changes are numbered by the caller, rising: `change` (0: the next number). A directory holds everything up to its `mark`;
 * who opens it tells the index what happened after the mark, and doing so again changes nothing. Several changes may share a
 * number: then flush only when all of them are told. Any number of threads may ask and change at the same time; who asks never
 * waits for who changes and sees every change that had returned. Times are the caller's microseconds; no clock is read
 * here.
 *
 * Sources: Norouzi, Punjani, Fleet, "Fast Exact Search in Hamming Space with Multi-Index Hashing" (IEEE TPAMI 2014); Qin,
 * Wang, Xiao, Zhang, "GPH: Similarity Search in Hamming Space" (ICDE 2018) for unequal radii. See doc/decisions.
 */
#pragma once

#include "hash/pdq.h"

#define TL_INDEX_DISTANCE_MAX 63
#define TL_INDEX_NEEDLES_MAX 4096
#define TL_INDEX_NEVER INT64_MIN   /* `from_us`: since always; `until_us`: at no time */
#define TL_INDEX_FOREVER INT64_MAX /* `until_us`: without end; `from_us`: at no time */

struct tl_index;

enum tl_index_mode {
	TL_INDEX_FOLLOW, /* reads what the owner writes; own changes stay in memory until a refresh finds them there */
	TL_INDEX_OWN /* creates the directory if need be, may flush and merge; one process at a time */
};

struct tl_index_entry {
	struct tl_pdq hash;
	uint64_t key;
	uint32_t bank;
	int64_t from_us, until_us; /* it counts when from_us <= now_us < until_us */
};

/* A bank's own distance; -1: do not look there. */
struct tl_index_bank {
	uint32_t bank;
	int distance;
};

struct tl_index_ask {
	const struct tl_pdq
	    *needle; /* `needles` of them, 1..TL_INDEX_NEEDLES_MAX; several at once cost less */
	size_t needles;
	int distance; /* 0..63, of every bank that `bank` does not name; -1: only the named ones */
	const struct tl_index_bank *bank; /* `banks` of them, rising by bank; may be NULL */
	size_t banks;
	int64_t now_us; /* for entries that are off or have expired */
};

struct tl_index_hit {
	uint64_t key;
	uint32_t bank;
	int distance;
};

/* What one needle found: the nearest `cap` entries, nearest first, then by key. */
struct tl_index_found {
	struct tl_index_hit *hit; /* the caller's room, `cap` of them */
	size_t cap;
	size_t n;     /* set: how many are there */
	uint64_t all; /* set: how many there were; more than `n` when the room was too small */
};

struct tl_index_stats {
	uint64_t entries; /* that are not removed; off and expired ones count */
	uint64_t removed; /* still in segments, until a merge */
	uint64_t tail;    /* in memory only */
	uint64_t segments;
	uint64_t bytes;  /* of the segment files */
	uint64_t memory; /* bytes that this process holds beside them */
	uint64_t mark;   /* the change up to which the files are whole */
	uint64_t change; /* the last change told */
};

/*
 * Opens an index. `dir` NULL: in memory only. FOLLOW: TL_ENOTFOUND when there is none yet. OWN: TL_EAGAIN while another
 * process owns it. TL_ECORRUPT names the damaged or missing file; then tl_index_wipe and fill anew. Headers are checked
 * here, bodies by tl_index_verify; damage in a body can lose matches but never harms the process.
 */
int tl_index_open(const char *dir, enum tl_index_mode mode, struct tl_index **ret) TL_MUST;
void tl_index_close(struct tl_index *x); /* what was not flushed is forgotten */
void tl_index_closep(struct tl_index **x);

/* Removes an index's files from its directory (and nothing else), so that OWN begins empty with mark 0. TL_EAGAIN as above. */
int tl_index_wipe(const char *dir) TL_MUST;

/*
 * Changes. Visible to every later question when they return; in files after the next flush. Adding a key that is there
 * replaces its entry and times. Removing or limiting a key that is not there does nothing. LIMIT: 2^31 entries.
 */
int tl_index_add(struct tl_index *x, const struct tl_pdq *hash, uint64_t key, uint32_t bank,
    uint64_t change) TL_MUST;
int tl_index_remove(struct tl_index *x, uint64_t key, uint64_t change) TL_MUST;
int tl_index_remove_bank(struct tl_index *x, uint32_t bank, uint64_t change) TL_MUST;

/*
 * From when until when an entry counts. Disabled: from TL_INDEX_FOREVER. Disabled until t: from t. Expires at t: until t.
 * Enabled: from TL_INDEX_NEVER until TL_INDEX_FOREVER.
 */
int tl_index_limit(struct tl_index *x, uint64_t key, int64_t from_us, int64_t until_us,
    uint64_t change) TL_MUST;

/* Tells that everything up to `change` was told, also when nothing of it concerned this index. */
void tl_index_reached(struct tl_index *x, uint64_t change);

/* Fills `found`, one a needle. INPUT for distances or counts out of bounds. */
int tl_index_find(
    struct tl_index *x, const struct tl_index_ask *ask, struct tl_index_found *found) TL_MUST;

/* The entry of a key; TL_ENOTFOUND. */
int tl_index_get(struct tl_index *x, uint64_t key, struct tl_index_entry *ret) TL_MUST;

/* Every entry in no order; stops when `each` returns other than 0 and returns that. */
int tl_index_each(struct tl_index *x, int (*each)(void *ctx, const struct tl_index_entry *e),
    void *ctx) TL_MUST;

void tl_index_stats(struct tl_index *x, struct tl_index_stats *ret);

/*
 * OWN only. Flush writes tail, removals and limits to files: the new mark is the last change told before. Merge does at
 * most one merge that is worth while, and reports whether it did (call again until not). Questions and changes go on.
 * A death at any moment leaves the old or the new state. RETRY kinds (EIO, EFULL): nothing changed, try again. What a
 * merge takes is checked before: TL_ECORRUPT names the damaged file, and nothing is merged.
 */
int tl_index_flush(struct tl_index *x) TL_MUST;
int tl_index_merge(struct tl_index *x, bool *ret_merged) TL_MUST;
/* The same with one segment that holds anything removed, however little: afterwards its files do not. */
int tl_index_expunge(struct tl_index *x, bool *ret_merged) TL_MUST;

/* FOLLOW: picks up what the owner wrote; drops from the tail what is in files now. Cheap when nothing is new. */
int tl_index_refresh(struct tl_index *x, bool *ret_changed) TL_MUST;

/* Reads every byte of every segment and checks it. TL_ECORRUPT names the damaged file. Questions go on. */
int tl_index_verify(struct tl_index *x) TL_MUST;
