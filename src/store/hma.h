/*
 * Banks and contents as clients of the HMA API see them: a bank there is one of ours for each kind of hash that it holds,
 * a content there is an integer for the entries that were added together. They see every bank that blocks and holds
 * hashes, also those that people made. Verbs that write run inside a transaction.
 */
#pragma once

#include "store/banks.h"

#define TL_HMA_PARTS 4 /* kinds of banks that hold hashes, and one more */

struct tl_hma_bank {
	struct tl_str name; /* there */
	struct tl_str policy;
	double ratio; /* 0: off; else the share of lookups that it answers */
	bool made;    /* through that API */
	struct tl_id part[TL_HMA_PARTS];
	enum tl_bank_kind kind[TL_HMA_PARTS];
	struct tl_str own_name; /* of the first part, here */
	size_t parts;
};

/* By name. */
int tl_hma_bank_list(struct tl_db *db, struct tl_arena *arena, struct tl_hma_bank **ret,
    size_t *ret_count) TL_MUST;
int tl_hma_bank_find(struct tl_db *db, struct tl_str name, struct tl_arena *arena,
    struct tl_hma_bank *ret) TL_MUST; /* ENOTFOUND */
/* [A-Z_][A-Z0-9_]*; EFIELD. Makes a bank of pictures NAME and one of digests NAME.digest. A name that was deleted there before gives the same, emptied, bank again. EEXISTS. */
int tl_hma_bank_create(struct tl_db *db, struct tl_str name, struct tl_str policy, double ratio,
    struct tl_arena *arena, struct tl_hma_bank *ret) TL_MUST;
/* `ratio` below 0 and an empty name: as they are. A bank of ours keeps its own name, which rules say. */
int tl_hma_bank_set(struct tl_db *db, const struct tl_hma_bank *b, struct tl_str name,
    double ratio, struct tl_arena *arena) TL_MUST;
/* Switches it off and removes at most `max` entries; returns how many were. When none are left it is gone. */
int tl_hma_bank_empty(
    struct tl_db *db, const struct tl_hma_bank *b, size_t max, struct tl_arena *arena) TL_MUST;

/*
 * Which banks a lookup asks: those of the names (there), or all when `names` is NULL. Of one kind and in use, rising by id.
 * A name that nobody has is no bank.
 */
struct tl_hma_asked {
	const struct tl_str *names;
	size_t count;
};
int tl_hma_banks_asked(struct tl_db *db, enum tl_bank_kind kind,
    const struct tl_hma_asked *asked, struct tl_arena *arena, struct tl_id **ret,
    size_t *ret_count) TL_MUST;

/* What is behind a match. */
struct tl_hma_hit {
	int64_t key;
	struct tl_str bank; /* its name there */
	int64_t content;
	double ratio;
	bool review_only;
	struct tl_str provenance; /* JSON, or empty */
};
/* False when it is not seen there, or not in force. */
int tl_hma_hit(struct tl_db *db, int64_t key, int64_t now_us, struct tl_arena *arena,
    struct tl_hma_hit *ret, bool *ret_seen) TL_MUST;
/* All that have exactly this value and are seen and in force: at most one of each bank. */
int tl_hma_hits_of(struct tl_db *db, enum tl_entry_form form, struct tl_str value,
    int64_t now_us, const struct tl_hma_asked *asked, struct tl_arena *arena,
    struct tl_hma_hit **ret, size_t *ret_count) TL_MUST;

/* Contents ------------------------------------------------------------------------------------------------------ */

struct tl_hma_add {
	struct tl_bank_entry
	    *entries; /* form, value, note and provenance are set; the rest gets filled */
	size_t count;
	struct tl_str uri, metadata; /* or empty */
};
/* Entries that the bank holds already stay; the content is the one that they belong to. */
int tl_hma_content_add(struct tl_db *db, const struct tl_hma_bank *b, struct tl_hma_add *add,
    struct tl_arena *arena, int64_t *ret_content) TL_MUST;

struct tl_hma_content {
	int64_t id;
	struct tl_bank_entry *entries; /* those of this bank */
	size_t count;
	struct tl_str uri, metadata;
};
/* ENOTFOUND also when it belongs to another bank. */
int tl_hma_content_get(struct tl_db *db, const struct tl_hma_bank *b, int64_t id,
    struct tl_arena *arena, struct tl_hma_content *ret) TL_MUST;
int tl_hma_note_set(
    struct tl_db *db, const struct tl_bank_entry *e, struct tl_str note) TL_MUST;
int tl_hma_content_remove(struct tl_db *db, const struct tl_hma_content *c) TL_MUST;

/* The share of lookups that each type answers; 1 for what nothing is said of. */
int tl_hma_type_share(struct tl_db *db, struct tl_str name, double *ret) TL_MUST;
int tl_hma_type_set(struct tl_db *db, struct tl_str name, double share) TL_MUST;

struct tl_hma_sizes {
	int64_t entries, newest_at; /* of the store; 0: none came yet */
	bool has_files;             /* the index has files of this form */
	int64_t later;              /* entries that changed after these: searched in memory */
	int64_t files_at;           /* when the newest entry in them came; 0: none */
};

/* How many entries of a form there are, and how far the index's files hold them. */
int tl_hma_sizes(struct tl_db *db, enum tl_bank_kind kind, enum tl_entry_form form,
    struct tl_hma_sizes *ret) TL_MUST;
