/*
 * Banks: lists of known hashes and terms, each with a policy and a source. Verbs that write run inside a
 * transaction and raise the bank's change counter, which loaders of detectors watch.
 */
#pragma once

#include "core/words.h"
#include "store/db.h"

struct tl_arena;

#define TL_BANK_NAME_MAX 64
#define TL_BANK_VALUE_MAX 1024
#define TL_BANK_DISTANCE_MAX 64

struct tl_bank {
	struct tl_id id;
	struct tl_str name; /* what rules say: letters, digits, '-', '_' and '.' */
	enum tl_bank_kind kind;
	struct tl_str policy, source;
	int distance; /* pdq only */
	bool enabled;
	int64_t created_at, changed, entries;
};

struct tl_bank_entry {
	struct tl_id id;
	struct tl_str value; /* raw hash bytes, or the UTF-8 pattern */
	enum tl_entry_form form;
	struct tl_str note;
	struct tl_str provenance; /* JSON, or empty */
	bool enabled;
	int64_t disabled_until; /* 0: until somebody enables it */
	int64_t added_at;
};

/* id, created_at and changed are filled in. EFIELD, EEXISTS. */
int tl_bank_create(struct tl_db *db, struct tl_bank *b) TL_MUST;
int tl_bank_get(
    struct tl_db *db, struct tl_id id, struct tl_arena *arena, struct tl_bank *ret) TL_MUST;
int tl_bank_find(struct tl_db *db, struct tl_str name, struct tl_id *ret) TL_MUST;
/* By name; the array lives in the arena. */
int tl_bank_list(
    struct tl_db *db, struct tl_arena *arena, struct tl_bank **ret, size_t *ret_count) TL_MUST;
/* Calls fn for each, by name; counts nothing, so it is cheap. */
int tl_bank_names(struct tl_db *db,
    void (*fn)(void *ctx, struct tl_str name, enum tl_bank_kind kind), void *ctx) TL_MUST;
/* Stores policy, source, distance and enabled. */
int tl_bank_set(struct tl_db *db, const struct tl_bank *b) TL_MUST;

/* Entries. The form must fit the bank's kind and the value the form; a pattern is checked by the caller. */
int tl_bank_entry_add(
    struct tl_db *db, const struct tl_bank *b, struct tl_bank_entry *e) TL_MUST; /* EEXISTS */
int tl_bank_entry_remove(struct tl_db *db, struct tl_id bank, struct tl_id entry) TL_MUST;
/* `until` 0: for good. */
int tl_bank_entry_disable(
    struct tl_db *db, struct tl_id bank, struct tl_id entry, int64_t until) TL_MUST;
/* Newest first; `before` nil: from the newest. */
int tl_bank_entry_page(struct tl_db *db, struct tl_id bank, struct tl_id before, size_t max,
    struct tl_arena *arena, struct tl_bank_entry **ret, size_t *ret_count) TL_MUST;

/* True when banks of this kind hold entries of this form. */
bool tl_bank_holds(enum tl_bank_kind kind, enum tl_entry_form form);

/* How text writes a value: hex for hashes, the pattern itself for terms. Appends. */
void tl_bank_value_text(enum tl_entry_form form, struct tl_str value, struct tl_buf *out);
/* The reverse; the result lives in the arena. EFIELD. */
int tl_bank_value_parse(enum tl_entry_form form, struct tl_str text, struct tl_arena *arena,
    struct tl_str *ret) TL_MUST;

/* Import ---------------------------------------------------------------------------------------------------- */

/*
 * One entry a line. Empty lines and lines that begin with '#' are skipped; a note may follow after a tab.
 * Hash banks: 64 hex digits (PDQ, SHA-256) or 32 (MD5), also "pdq:", "md5:", "sha256:" in front. Text banks: a
 * pattern, a word or phrase by its looks, or with "word:", "phrase:", "regex:" in front.
 */
struct tl_import_counts {
	int64_t lines, added, known, refused;
};

/* Says whether a pattern can be used (detect knows; the store does not). */
typedef int (*tl_entry_check_fn)(enum tl_entry_form form, struct tl_str value);
typedef void (*tl_import_error_fn)(void *ctx, int64_t line, const char *why);

struct tl_import;
/* `check` and `on_error` may be NULL. `provenance` (JSON or empty) goes to every entry. */
struct tl_import *tl_import_create(const struct tl_bank *b, struct tl_str provenance,
    tl_entry_check_fn check, tl_import_error_fn on_error, void *ctx);
void tl_import_destroy(struct tl_import *i);
/* Bytes as they come, inside a transaction of the caller; lines may be split anywhere. */
int tl_import_feed(struct tl_import *i, struct tl_db *db, struct tl_str bytes) TL_MUST;
/* The last line and the counts. */
int tl_import_finish(
    struct tl_import *i, struct tl_db *db, struct tl_import_counts *ret) TL_MUST;

/* Loading --------------------------------------------------------------------------------------------------- */

/* Per kind a number that rises with every change of its banks. */
int tl_bank_marks(struct tl_db *db, int64_t ret[tl_bank_kind_count]) TL_MUST;
/* When the next disabled entry comes back by itself; 0: none. */
int tl_bank_next_enable(struct tl_db *db, int64_t now_us, int64_t *ret) TL_MUST;
/* Calls fn for every entry of a bank that is in force. */
int tl_bank_live_entries(struct tl_db *db, struct tl_id bank, int64_t now_us,
    void (*fn)(void *ctx, struct tl_id entry, enum tl_entry_form form, struct tl_str value),
    void *ctx) TL_MUST;
