/*
 * Rows of migrations of settings (moves.h).
 *
 * Promises: an account stands once in a migration. Failures: NOTFOUND, the store's. Called by src/minors, the API and the CLI.
 */
#include "store/moves.h"

#include "base/arena.h"
#include "store/rows_int.h"

static int
read_move(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	int state = 0, band = TL_AGE_UNKNOWN;
	struct tl_move *m = ret;
	*m = (struct tl_move){.id = tl_col_id(r, 0),
	    .platform = tl_col_int(r, 1),
	    .live = tl_col_int(r, 2) != 0,
	    .one_band = !tl_col_null(r, 4),
	    .share = tl_col_int(r, 5),
	    .batch = tl_col_int(r, 6),
	    .per_minute = tl_col_int(r, 7),
	    .made_by = tl_arena_dup(arena, tl_col_str(r, 8)),
	    .made_at = tl_col_int(r, 9),
	    .ended_at = tl_col_int(r, 10),
	    .next_at = tl_col_int(r, 11),
	    .place = tl_col_id(r, 12),
	    .looked = tl_col_int(r, 13),
	    .moved = tl_col_int(r, 14),
	    .settings = tl_col_int(r, 15),
	    .undone = tl_col_int(r, 16),
	    .kept = tl_col_int(r, 17)};
	int rc = tl_word_parse(tl_move_state_names, tl_col_str(r, 3), &state);
	if (rc == 0 && m->one_band)
		rc = tl_word_parse(tl_age_band_names, tl_col_str(r, 4), &band);
	m->state = (enum tl_move_state)state;
	m->band = (enum tl_age_band)band;
	return rc;
}

static int
read_first(struct tl_row *r, int rc, struct tl_arena *arena, struct tl_move *ret)
{
	if (rc < 0)
		return rows_found(rc, "migration");
	rc = read_move(r, arena, ret);
	tl_row_end(r);
	return rc < 0 ? rc : tl_arena_check(arena);
}

int
tl_move_add(struct tl_db *db, const struct tl_move *m)
{
	int rc = tl_db_run(db, TL_SQL_MOVE_ADD, A_ID(m->id), A_INT(m->platform), A_INT(m->live),
	    A_Z(tl_move_state_names[m->state]),
	    m->one_band ? A_Z(tl_age_band_names[m->band]) : A_NULL, A_INT(m->share),
	    A_INT(m->batch), A_INT(m->per_minute), A_TEXT(m->made_by), A_INT(m->made_at));
	return rc < 0 ? rc : 0;
}

int
tl_move_get(struct tl_db *db, struct tl_id id, struct tl_arena *arena, struct tl_move *ret)
{
	struct tl_row r;
	return read_first(&r, tl_db_first(db, &r, TL_SQL_MOVE_GET, A_ID(id)), arena, ret);
}

int
tl_move_list(struct tl_db *db, int64_t platform, bool live, size_t max, struct tl_arena *arena,
    struct tl_move **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc =
	    tl_db_query(db, &r, TL_SQL_MOVE_PAGE, A_INT(platform), A_INT(live), A_INT(max));
	return rc < 0 ? rc : ROWS_READ(&r, arena, max, read_move, ret, ret_count);
}

int
tl_move_active(struct tl_db *db, int64_t platform, bool live, int64_t *ret)
{
	return ROWS_NUMBER(db, ret, TL_SQL_MOVE_ACTIVE, A_INT(platform), A_INT(live));
}

int
tl_move_due(struct tl_db *db, int64_t now, struct tl_arena *arena, struct tl_move *ret)
{
	struct tl_row r;
	return read_first(&r, tl_db_first(db, &r, TL_SQL_MOVE_DUE, A_INT(now)), arena, ret);
}

int
tl_move_save(struct tl_db *db, const struct tl_move *m)
{
	int rc =
	    tl_db_run(db, TL_SQL_MOVE_SAVE, A_ID(m->id), A_Z(tl_move_state_names[m->state]),
		A_INT0(m->ended_at), A_INT(m->next_at), A_ID0(m->place), A_INT(m->looked),
		A_INT(m->moved), A_INT(m->settings), A_INT(m->undone), A_INT(m->kept));
	return rows_one(rc, "migration");
}

/* Accounts -------------------------------------------------------------------------------------------------------- */

int
tl_moved_add(struct tl_db *db, struct tl_id move, int64_t platform, const struct tl_moved *row)
{
	int rc = tl_db_run(db, TL_SQL_MOVED_ADD, A_ID(move), A_ID(row->account),
	    A_INT(platform), A_INT(row->at), A_BYTES(row->words));
	return rc < 0 ? rc : 0;
}

int
tl_moved_since(struct tl_db *db, int64_t platform, struct tl_id account, int64_t at, bool *ret)
{
	int64_t n = 0;
	int rc =
	    ROWS_NUMBER(db, &n, TL_SQL_MOVED_SINCE, A_INT(platform), A_ID(account), A_INT(at));
	*ret = n > 0;
	return rc;
}

static int
read_moved(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	*(struct tl_moved *)ret = (struct tl_moved){
	    tl_col_id(r, 0), tl_col_int(r, 1), tl_arena_dup(arena, tl_col_str(r, 2))};
	return 0;
}

int
tl_moved_page(struct tl_db *db, struct tl_id move, struct tl_id after, size_t max,
    struct tl_arena *arena, struct tl_moved **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_MOVED_PAGE, A_ID(move), A_ID(after), A_INT(max));
	return rc < 0 ? rc : ROWS_READ(&r, arena, max, read_moved, ret, ret_count);
}

int
tl_moved_undo(struct tl_db *db, struct tl_id move, struct tl_id account, int64_t now)
{
	return rows_one(tl_db_run(db, TL_SQL_MOVED_UNDO, A_ID(move), A_ID(account), A_INT(now)),
	    "moved account");
}

int
tl_setting_changed_since(struct tl_db *db, int64_t platform, struct tl_id account,
    struct tl_str setting, int64_t at, bool *ret)
{
	int64_t n = 0;
	int rc = ROWS_NUMBER(db, &n, TL_SQL_CHANGED_SINCE, A_INT(platform), A_ID(account),
	    A_TEXT(setting), A_INT(at));
	*ret = n > 0;
	return rc;
}

int
tl_move_forget(struct tl_db *db, int64_t before, int max)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_MOVE_OLD, A_INT(before));
	if (rc == TL_ENOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	struct tl_id id = tl_col_id(&r, 0);
	tl_row_end(&r);
	int n = tl_db_run(db, TL_SQL_MOVED_OLD, A_ID(id), A_INT(max));
	return n != 0 ? n : tl_db_run(db, TL_SQL_MOVE_DROP, A_ID(id));
}
