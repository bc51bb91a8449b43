/*
 * Snapshots of the settings in force at a platform, as rows: their figures, what was odd in them, and what was last said of
 * each account. What they mean stands in src/minors. Writers run inside a transaction; strings live in `arena`.
 */
#pragma once

#include "core/words.h"
#include "store/db.h"

struct tl_arena;

#define TL_SNAPSHOT_CHAIN 32

struct tl_snapshot {
	int64_t seq, platform;
	bool live;
	struct tl_str id;                     /* the platform's */
	int64_t taken_at, begun_at, ended_at; /* microseconds; ended_at 0: more is to come */
	struct tl_str policy;
	int64_t lines;
	uint8_t chain[TL_SNAPSHOT_CHAIN];
	int64_t accounts, looser_accounts, looser_settings;
	int64_t odd[tl_snapshot_oddity_count];
	int64_t listed; /* how many of the odd ones are listed */
};

int tl_snapshot_get(struct tl_db *db, int64_t platform, bool live, struct tl_str id,
    struct tl_arena *arena, struct tl_snapshot *ret) TL_MUST; /* NOTFOUND */
/* platform, live, id, taken_at, begun_at and policy are stored; seq is filled. */
int tl_snapshot_add(struct tl_db *db, struct tl_snapshot *s) TL_MUST;
/* lines, chain, figures and ended_at are stored. */
int tl_snapshot_save(struct tl_db *db, const struct tl_snapshot *s) TL_MUST;
/* Newest first, those before `before_seq` (0: all). */
int tl_snapshot_page(struct tl_db *db, int64_t platform, bool live, int64_t before_seq,
    size_t max, struct tl_arena *arena, struct tl_snapshot **ret, size_t *ret_count) TL_MUST;
/* The last one before it that ended. NOTFOUND. */
int tl_snapshot_before(struct tl_db *db, const struct tl_snapshot *s, struct tl_arena *arena,
    struct tl_snapshot *ret) TL_MUST;

/* How many accounts of a band have which value of a setting, and what it must be. */
struct tl_snapshot_count {
	struct tl_str band, setting, is, must; /* `is` empty: not told */
	bool looser;
	int64_t accounts;
};
/* Adds to what is there. */
int tl_snapshot_count_add(
    struct tl_db *db, int64_t seq, const struct tl_snapshot_count *c) TL_MUST;
int tl_snapshot_counts(struct tl_db *db, int64_t seq, struct tl_arena *arena,
    struct tl_snapshot_count **ret, size_t *ret_count) TL_MUST;

struct tl_snapshot_finding {
	int64_t line, nth; /* nth of the line */
	struct tl_str kind, what;
};
int tl_snapshot_finding_add(
    struct tl_db *db, int64_t seq, const struct tl_snapshot_finding *f) TL_MUST;
/* Those after a place, in the order of the lines. */
int tl_snapshot_findings(struct tl_db *db, int64_t seq, int64_t after_line, int64_t after_nth,
    size_t max, struct tl_arena *arena, struct tl_snapshot_finding **ret,
    size_t *ret_count) TL_MUST;

/* What was last said of an account. */
struct tl_in_force_row {
	int64_t platform;
	bool live;
	struct tl_id account;
	struct tl_str ext_id, language, snapshot_id; /* read only */
	enum tl_age_band band;                       /* read only */
	int64_t snapshot, line, at;
	struct tl_str words; /* src/minors/in_force.h */
	int64_t looser;
};
/* *ret_repeated: the snapshot said it before; what it said first stays. */
int tl_in_force_put(
    struct tl_db *db, const struct tl_in_force_row *row, bool *ret_repeated) TL_MUST;
/* Accounts that stood looser when they were last told of, after an account (nil: all), by their ids. */
int tl_in_force_looser(struct tl_db *db, int64_t platform, bool live, struct tl_id after,
    size_t max, struct tl_arena *arena, struct tl_in_force_row **ret,
    size_t *ret_count) TL_MUST;
int tl_in_force_looser_count(
    struct tl_db *db, int64_t platform, bool live, int64_t *ret) TL_MUST;

/*
 * What is older than `before` goes, about `max` rows at a time, but never the newest snapshot of a platform; returns how
 * many rows went.
 */
int tl_snapshot_forget(struct tl_db *db, int64_t before, int max) TL_MUST;
