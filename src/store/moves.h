/*
 * Migrations of the settings of a population, as rows: how far each is, and what was in force of every account that was
 * moved. What they do stands in src/minors/move.h. Writers run inside a transaction; strings live in `arena`.
 */
#pragma once

#include "core/words.h"
#include "store/db.h"

struct tl_arena;

struct tl_move {
	struct tl_id id;
	int64_t platform;
	bool live;
	enum tl_move_state state;
	bool one_band;
	enum tl_age_band band; /* with one_band */
	int64_t share;         /* thousandths of the accounts */
	int64_t batch;         /* accounts looked at in one step */
	int64_t per_minute;    /* 0: as fast as it goes */
	struct tl_str made_by;
	int64_t made_at, ended_at, next_at;
	struct tl_id place; /* the account looked at last; nil at the start */
	int64_t looked, moved, settings, undone, kept;
};

int tl_move_add(struct tl_db *db, const struct tl_move *m) TL_MUST;
int tl_move_get(
    struct tl_db *db, struct tl_id id, struct tl_arena *arena, struct tl_move *ret) TL_MUST;
/* The newest first. */
int tl_move_list(struct tl_db *db, int64_t platform, bool live, size_t max,
    struct tl_arena *arena, struct tl_move **ret, size_t *ret_count) TL_MUST;
/* How many of the platform have not ended. */
int tl_move_active(struct tl_db *db, int64_t platform, bool live, int64_t *ret) TL_MUST;
/* One whose next step is due. NOTFOUND. */
int tl_move_due(
    struct tl_db *db, int64_t now, struct tl_arena *arena, struct tl_move *ret) TL_MUST;
/* State, times, place and figures are stored. */
int tl_move_save(struct tl_db *db, const struct tl_move *m) TL_MUST;

/* An account that was moved, with what was in force of the settings that were. */
struct tl_moved {
	struct tl_id account;
	int64_t at;
	struct tl_str words; /* src/minors/in_force.h */
};
int tl_moved_add(
    struct tl_db *db, struct tl_id move, int64_t platform, const struct tl_moved *row) TL_MUST;
/* Was the account moved at or after `at`, and not put back? */
int tl_moved_since(
    struct tl_db *db, int64_t platform, struct tl_id account, int64_t at, bool *ret) TL_MUST;
/* Those that were not put back, after an account, by their ids. */
int tl_moved_page(struct tl_db *db, struct tl_id move, struct tl_id after, size_t max,
    struct tl_arena *arena, struct tl_moved **ret, size_t *ret_count) TL_MUST;
int tl_moved_undo(
    struct tl_db *db, struct tl_id move, struct tl_id account, int64_t now) TL_MUST;
/* Did anybody but the system change the setting of the account after `at`? */
int tl_setting_changed_since(struct tl_db *db, int64_t platform, struct tl_id account,
    struct tl_str setting, int64_t at, bool *ret) TL_MUST;

/* What ended before `before` goes, about `max` rows at a time; returns how many rows went. */
int tl_move_forget(struct tl_db *db, int64_t before, int max) TL_MUST;
