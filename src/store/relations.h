/*
 * What accounts are to each other: one row for each pair that ever had to do with each other, found from both ends.
 * Accounts are known here by short numbers. Writers run inside a transaction.
 */
#pragma once

#include "core/item.h"
#include "core/relation.h"
#include "store/db.h"

/* What the contact gate and the graph need of an account, in one look. */
struct tl_account_ref {
	struct tl_id id;
	int64_t number;            /* 0: it has none yet, and no relations */
	enum tl_age_band age_band; /* the accepted one */
	enum tl_account_state state;
	char language[36];
	char country[4]; /* empty: not known */
};

/* TL_ENOTFOUND when the platform never named it. */
int tl_account_ref(struct tl_db *db, int64_t platform, bool live, struct tl_str ext_id,
    struct tl_account_ref *ret) TL_MUST;
/* Makes the account and gives it a number when it has none; writes. */
int tl_account_ref_ensure(struct tl_db *db, int64_t platform, bool live, struct tl_str ext_id,
    struct tl_account_ref *ret) TL_MUST;
/* Whose number it is; TL_ENOTFOUND for an erased one. `ext_id` lives in the arena. */
struct tl_arena;
int tl_account_by_number(struct tl_db *db, int64_t number, struct tl_arena *arena,
    struct tl_id *ret_id, struct tl_str *ret_ext_id) TL_MUST;

/* The facts as `from` sees them: it is side 0. All 0 when there are none, also when a number is 0. */
int tl_relation_load(struct tl_db *db, int64_t platform, int64_t from, int64_t to,
    struct tl_relation *ret) TL_MUST;

/*
 * `from` did this to `to`; both have numbers, and they differ. *ret_changed: it is news; else something of the same kind is
 * known that is not older.
 */
int tl_relation_put(struct tl_db *db, int64_t platform, int64_t from, int64_t to,
    const struct tl_relation_event *e, bool *ret_changed) TL_MUST;

/* Only that the pair is found from both ends; before its facts, when very many are written. */
int tl_relation_mark(struct tl_db *db, int64_t platform, int64_t from, int64_t to) TL_MUST;

/* How far the load of a file has come. `print` stands for the file. */
struct tl_relations_load {
	int64_t bytes, lines, applied, refused;
};
int tl_relations_load_find(struct tl_db *db, int64_t platform, bool live, struct tl_str print,
    struct tl_relations_load *ret) TL_MUST; /* TL_ENOTFOUND */
int tl_relations_load_keep(struct tl_db *db, int64_t platform, bool live, struct tl_str print,
    const struct tl_relations_load *l) TL_MUST;
int tl_relations_load_end(
    struct tl_db *db, int64_t platform, bool live, struct tl_str print) TL_MUST;

/* One neighbour of an account. */
struct tl_relation_row {
	int64_t other;
	struct tl_relation relation; /* the account is side 0 */
};
/*
 * Up to `max` neighbours of `number` with numbers above `after`, rising; the last one's number is the next `after`.
 * *ret_n below `max`: there are no more.
 */
int tl_relations_of(struct tl_db *db, int64_t platform, int64_t number, int64_t after,
    size_t max, struct tl_relation_row *ret, size_t *ret_n) TL_MUST;

/*
 * With the account: its number is given up at once, so that nothing names it any more; what hung on the number is removed by
 * tl_relations_sweep.
 */
int tl_relations_erase(struct tl_db *db, int64_t platform, struct tl_id account) TL_MUST;
/* Removes about `max` pairs of erased accounts. Returns how many things it did; 0: nothing is left. */
int tl_relations_sweep(struct tl_db *db, int max) TL_MUST;
/* Removes up to `max` pairs between which nothing holds since before `before`. Returns how many. */
int tl_relations_expire(struct tl_db *db, int64_t before, int max) TL_MUST;
