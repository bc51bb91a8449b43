/*
 * Banks: lists of known hashes and terms, each with a policy and a source. Verbs that write run inside a
 * transaction, raise the bank's change counter, which loaders of detectors watch, and give each entry that they
 * touch the next number of one counter for all banks: whoever saw a change has seen all before it.
 */
#pragma once

#include "core/words.h"
#include "store/db.h"

struct tl_arena;

#define TL_BANK_NAME_MAX 64
#define TL_BANK_VALUE_MAX 1024 /* of a pattern; tl_bank_value_most has the other forms */
#define TL_BANK_DISTANCE_MAX 63
/* What a bank of this kind can go by: of sounds more differing bits than that are chance, and mean this. */
int tl_bank_distance_max(enum tl_bank_kind kind);
#define TL_BANK_CLASS_MAX 64
#define TL_BANK_PROVENANCE_MAX 4096

struct tl_bank {
	struct tl_id id;
	struct tl_str name; /* what rules say: letters, digits, '-', '_' and '.' */
	enum tl_bank_kind kind;
	struct tl_str policy, source;
	int distance; /* bits in which a picture or a frame may differ */
	bool enabled;
	enum tl_bank_direction direction;
	double
	    share; /* of the items that it applies to: above 0, at most 1; 0 when creating: 1 */
	struct tl_str classification; /* of entries that say none themselves; or empty */
	int share_query, share_known; /* percent, video and sound; 0: the kind's own */
	bool turned;                  /* mirrored and turned copies of pictures match too */
	bool no_brake;                /* its entries never become review-only by themselves */
	int64_t created_at, changed, entries;
	uint32_t number; /* what the index carries of it; never used again */
};

struct tl_bank_entry {
	struct tl_id id, bank;
	struct tl_str value; /* raw hash bytes, or the UTF-8 pattern */
	enum tl_entry_form form;
	struct tl_str note;
	struct tl_str
	    provenance; /* JSON (exchange record member tags decision url), or empty */
	struct tl_str classification; /* or empty: the bank's */
	struct tl_str added_by;       /* as in the audit trail; or empty */
	bool enabled;
	bool review_only;       /* matches go to people and never block */
	int64_t disabled_until; /* 0: until somebody enables it */
	int64_t expires_at;     /* 0: never */
	int64_t no_brake_until; /* a person said that its many matches are right */
	int64_t added_at;
	int64_t key;    /* what the index carries of it; never used again */
	int64_t change; /* rises with every change of the entry, over all banks */
};

/* id, created_at, changed and number are filled in. EFIELD, EEXISTS. */
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
/* EFIELD at /name. */
int tl_bank_name_check(struct tl_str name) TL_MUST;
/* Stores everything but name and kind. banks_change.h does this with its line in the audit trail. */
int tl_bank_set(struct tl_db *db, const struct tl_bank *b) TL_MUST;

/* Entries. The form must fit the bank's kind and the value the form; a pattern is checked by the caller. */

/*
 * Of the bank only id and kind are read. An entry that was disabled or has expired comes back, with its key. What is there in
 * force lasts as long as the later of both says, never shorter; id, key and expires_at then name what is there. Returns 1
 * when that is longer than before, EEXISTS when nothing changed.
 */
int tl_bank_entry_add(
    struct tl_db *db, const struct tl_bank *b, struct tl_bank_entry *e) TL_MUST;
/* The same for what a list names: EEXISTS also for an entry that a person has disabled; it stays off. */
int tl_bank_entry_list(
    struct tl_db *db, const struct tl_bank *b, struct tl_bank_entry *e) TL_MUST;
int tl_bank_entry_remove(struct tl_db *db, struct tl_id bank, struct tl_id entry) TL_MUST;
/* `until` 0: for good. */
int tl_bank_entry_disable(
    struct tl_db *db, struct tl_id bank, struct tl_id entry, int64_t until) TL_MUST;
int tl_bank_entry_enable(struct tl_db *db, struct tl_id bank, struct tl_id entry) TL_MUST;
/* Another note and classification; empty: none. */
int tl_bank_entry_say(struct tl_db *db, struct tl_id bank, struct tl_id entry,
    struct tl_str note, struct tl_str classification) TL_MUST;
/* `at` 0: never. */
int tl_bank_entry_expire(
    struct tl_db *db, struct tl_id bank, struct tl_id entry, int64_t at) TL_MUST;
/*
 * Takes an entry back that the brake made review-only, and keeps the brake off it for a week: a person has looked. The
 * alarm is over. Returns 1, or 0 when it was in full force already. (bank_log.h has the brake.)
 */
int tl_bank_entry_restore(struct tl_db *db, struct tl_id bank, struct tl_id entry) TL_MUST;
/* Makes it review-only by hand. Returns 1, or 0 when it was. */
int tl_bank_entry_review(struct tl_db *db, struct tl_id bank, struct tl_id entry) TL_MUST;
int tl_bank_entry_get(struct tl_db *db, struct tl_id bank, struct tl_id entry,
    struct tl_arena *arena, struct tl_bank_entry *ret) TL_MUST;
/* The entry of this value. NOTFOUND. */
int tl_bank_entry_of(struct tl_db *db, struct tl_id bank, enum tl_entry_form form,
    struct tl_str value, struct tl_id *ret) TL_MUST;
int tl_bank_entry_by_key(
    struct tl_db *db, int64_t key, struct tl_arena *arena, struct tl_bank_entry *ret) TL_MUST;
/* True when it is in force at that time: what every detector goes by. */
bool tl_bank_entry_live(const struct tl_bank_entry *e, int64_t now_us);
/* Newest first; `before` nil: from the newest. */
int tl_bank_entry_page(struct tl_db *db, struct tl_id bank, struct tl_id before, size_t max,
    struct tl_arena *arena, struct tl_bank_entry **ret, size_t *ret_count) TL_MUST;

/* Forms of values (bank_forms.c) ---------------------------------------------------------------------------- */

/* True when banks of this kind hold entries of this form. */
bool tl_bank_holds(enum tl_bank_kind kind, enum tl_entry_form form);

/* The most bytes that a value of this form has in the store, and as text. */
size_t tl_bank_value_most(enum tl_entry_form form);
size_t tl_bank_text_most(enum tl_entry_form form);

/* EFIELD at /value when it is no value of this form. */
int tl_bank_value_check(enum tl_entry_form form, struct tl_str value) TL_MUST;

/*
 * How text writes a value: hex for hashes, the pattern itself for terms, frames as vPDQ's JSON array, fingerprints as
 * decimal words. Appends. `brief`: at most some 64 characters for people; of videos and sounds how long they are.
 */
void tl_bank_value_text(enum tl_entry_form form, struct tl_str value, struct tl_buf *out);
void tl_bank_value_brief(enum tl_entry_form form, struct tl_str value, struct tl_buf *out);
/* The reverse; the result lives in the arena. EFIELD. */
int tl_bank_value_parse(enum tl_entry_form form, struct tl_str text, struct tl_arena *arena,
    struct tl_str *ret) TL_MUST;

/* Loading --------------------------------------------------------------------------------------------------- */

/* Per kind a number that rises with every change of its banks. */
int tl_bank_marks(struct tl_db *db, int64_t ret[tl_bank_kind_count]) TL_MUST;
/* When the next entry comes back or expires by itself; 0: none. */
int tl_bank_next_turn(struct tl_db *db, int64_t now_us, int64_t *ret) TL_MUST;
/* Calls fn for every entry of a bank that is in force. Of small banks only: it reads them all. */
int tl_bank_live_entries(struct tl_db *db, struct tl_id bank, int64_t now_us,
    void (*fn)(void *ctx, struct tl_id entry, int64_t key, enum tl_entry_form form,
	struct tl_str value),
    void *ctx) TL_MUST;
