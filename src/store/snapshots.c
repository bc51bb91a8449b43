/*
 * Rows of snapshots (snapshots.h).
 *
 * Promises: an account is told of once a snapshot; figures only grow while it is open; what names a snapshot goes before it.
 * Failures: NOTFOUND, the store's. Called by src/minors, the API and the clerk.
 */
#include "store/snapshots.h"

#include "base/arena.h"
#include "store/rows_int.h"

static int
read_snapshot(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	struct tl_snapshot *s = ret;
	*s = (struct tl_snapshot){.seq = tl_col_int(r, 0),
	    .id = tl_arena_dup(arena, tl_col_str(r, 1)),
	    .taken_at = tl_col_int(r, 2),
	    .begun_at = tl_col_int(r, 3),
	    .ended_at = tl_col_int(r, 4),
	    .policy = tl_arena_dup(arena, tl_col_str(r, 5)),
	    .lines = tl_col_int(r, 6),
	    .accounts = tl_col_int(r, 8),
	    .looser_accounts = tl_col_int(r, 9),
	    .looser_settings = tl_col_int(r, 10),
	    .listed = tl_col_int(r, 17),
	    .platform = tl_col_int(r, 18),
	    .live = tl_col_int(r, 19) != 0};
	struct tl_str chain = tl_col_str(r, 7);
	if (chain.n == sizeof s->chain)
		memcpy(s->chain, chain.p, chain.n);
	for (int i = 0; i < (int)tl_snapshot_oddity_count; i++)
		s->odd[i] = tl_col_int(r, 11 + i);
	return 0;
}

static int
read_first(struct tl_row *r, int rc, struct tl_arena *arena, struct tl_snapshot *ret)
{
	if (rc < 0)
		return rows_found(rc, "snapshot");
	rc = read_snapshot(r, arena, ret);
	tl_row_end(r);
	return rc < 0 ? rc : tl_arena_check(arena);
}

int
tl_snapshot_get(struct tl_db *db, int64_t platform, bool live, struct tl_str id,
    struct tl_arena *arena, struct tl_snapshot *ret)
{
	struct tl_row r;
	int rc =
	    tl_db_first(db, &r, TL_SQL_SNAPSHOT_GET, A_INT(platform), A_INT(live), A_TEXT(id));
	return read_first(&r, rc, arena, ret);
}

int
tl_snapshot_before(struct tl_db *db, const struct tl_snapshot *s, struct tl_arena *arena,
    struct tl_snapshot *ret)
{
	struct tl_row r;
	int rc = tl_db_first(
	    db, &r, TL_SQL_SNAPSHOT_BEFORE, A_INT(s->platform), A_INT(s->live), A_INT(s->seq));
	return read_first(&r, rc, arena, ret);
}

int
tl_snapshot_page(struct tl_db *db, int64_t platform, bool live, int64_t before_seq, size_t max,
    struct tl_arena *arena, struct tl_snapshot **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_SNAPSHOT_PAGE, A_INT(platform), A_INT(live),
	    A_INT(before_seq ? before_seq : INT64_MAX), A_INT(max));
	return rc < 0 ? rc : ROWS_READ(&r, arena, max, read_snapshot, ret, ret_count);
}

int
tl_snapshot_add(struct tl_db *db, struct tl_snapshot *s)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_SNAPSHOT_ADD, A_INT(s->platform), A_INT(s->live),
	    A_TEXT(s->id), A_INT(s->taken_at), A_INT(s->begun_at), A_TEXT(s->policy),
	    A_BYTES(tl_bytes(s->chain, sizeof s->chain)));
	if (rc < 0)
		return rc;
	s->seq = tl_col_int(&r, 0);
	tl_row_end(&r);
	return 0;
}

int
tl_snapshot_save(struct tl_db *db, const struct tl_snapshot *s)
{
	int rc = tl_db_run(db, TL_SQL_SNAPSHOT_SAVE, A_INT(s->seq), A_INT(s->lines),
	    A_BYTES(tl_bytes(s->chain, sizeof s->chain)), A_INT(s->accounts),
	    A_INT(s->looser_accounts), A_INT(s->looser_settings),
	    A_INT(s->odd[TL_ODD_BAD_LINE]), A_INT(s->odd[TL_ODD_REPEATED]),
	    A_INT(s->odd[TL_ODD_UNKNOWN_ACCOUNT]), A_INT(s->odd[TL_ODD_ERASED]),
	    A_INT(s->odd[TL_ODD_SETTING]), A_INT(s->odd[TL_ODD_VALUE]), A_INT(s->listed),
	    A_INT0(s->ended_at));
	return rows_one(rc, "snapshot");
}

int
tl_snapshot_count_add(struct tl_db *db, int64_t seq, const struct tl_snapshot_count *c)
{
	int rc = tl_db_run(db, TL_SQL_SNAPSHOT_COUNT_ADD, A_INT(seq), A_TEXT(c->band),
	    A_TEXT(c->setting), A_TEXT(c->is), A_TEXT(c->must), A_INT(c->looser),
	    A_INT(c->accounts));
	return rc < 0 ? rc : 0;
}

static int
read_count(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	*(struct tl_snapshot_count *)ret =
	    (struct tl_snapshot_count){tl_arena_dup(arena, tl_col_str(r, 0)),
		tl_arena_dup(arena, tl_col_str(r, 1)), tl_arena_dup(arena, tl_col_str(r, 2)),
		tl_arena_dup(arena, tl_col_str(r, 3)), tl_col_int(r, 4) != 0, tl_col_int(r, 5)};
	return 0;
}

int
tl_snapshot_counts(struct tl_db *db, int64_t seq, struct tl_arena *arena,
    struct tl_snapshot_count **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_SNAPSHOT_COUNTS, A_INT(seq));
	return rc < 0 ? rc : ROWS_READ(&r, arena, SIZE_MAX, read_count, ret, ret_count);
}

int
tl_snapshot_finding_add(struct tl_db *db, int64_t seq, const struct tl_snapshot_finding *f)
{
	int rc = tl_db_run(db, TL_SQL_FINDING_ADD, A_INT(seq), A_INT(f->line), A_INT(f->nth),
	    A_TEXT(f->kind), A_TEXT0(f->what));
	return rc < 0 ? rc : 0;
}

static int
read_finding(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	*(struct tl_snapshot_finding *)ret =
	    (struct tl_snapshot_finding){tl_col_int(r, 0), tl_col_int(r, 1),
		tl_arena_dup(arena, tl_col_str(r, 2)), tl_arena_dup(arena, tl_col_str(r, 3))};
	return 0;
}

int
tl_snapshot_findings(struct tl_db *db, int64_t seq, int64_t after_line, int64_t after_nth,
    size_t max, struct tl_arena *arena, struct tl_snapshot_finding **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_FINDING_PAGE, A_INT(seq), A_INT(after_line),
	    A_INT(after_nth), A_INT(max));
	return rc < 0 ? rc : ROWS_READ(&r, arena, max, read_finding, ret, ret_count);
}

/* Accounts -------------------------------------------------------------------------------------------------------- */

int
tl_in_force_put(struct tl_db *db, const struct tl_in_force_row *row, bool *ret_repeated)
{
	int rc = tl_db_run(db, TL_SQL_IN_FORCE_PUT, A_INT(row->platform), A_ID(row->account),
	    A_INT(row->live), A_INT(row->snapshot), A_INT(row->line), A_INT(row->at),
	    A_BYTES(row->words), A_INT(row->looser));
	if (rc < 0)
		return rc;
	*ret_repeated = rc == 0;
	return 0;
}

static int
read_in_force(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	struct tl_in_force_row *row = ret;
	int band = TL_AGE_UNKNOWN;
	int rc = tl_word_parse(tl_age_band_names, tl_col_str(r, 2), &band);
	*row = (struct tl_in_force_row){.account = tl_col_id(r, 0),
	    .ext_id = tl_arena_dup(arena, tl_col_str(r, 1)),
	    .band = (enum tl_age_band)band,
	    .language = tl_arena_dup(arena, tl_col_str(r, 3)),
	    .snapshot = tl_col_int(r, 4),
	    .line = tl_col_int(r, 5),
	    .at = tl_col_int(r, 6),
	    .words = tl_arena_dup(arena, tl_col_str(r, 7)),
	    .snapshot_id = tl_arena_dup(arena, tl_col_str(r, 8)),
	    .looser = tl_col_int(r, 9),
	    .platform = tl_col_int(r, 10),
	    .live = tl_col_int(r, 11) != 0};
	return rc;
}

int
tl_in_force_looser(struct tl_db *db, int64_t platform, bool live, struct tl_id after,
    size_t max, struct tl_arena *arena, struct tl_in_force_row **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(
	    db, &r, TL_SQL_MEND_PAGE, A_INT(platform), A_INT(live), A_ID(after), A_INT(max));
	return rc < 0 ? rc : ROWS_READ(&r, arena, max, read_in_force, ret, ret_count);
}

int
tl_in_force_looser_count(struct tl_db *db, int64_t platform, bool live, int64_t *ret)
{
	return ROWS_NUMBER(db, ret, TL_SQL_MEND_COUNT, A_INT(platform), A_INT(live));
}

/* Retention ------------------------------------------------------------------------------------------------------- */

/* One snapshot, its findings first. */
static int
drop_one(struct tl_db *db, int64_t seq, int max)
{
	int n = tl_db_run(db, TL_SQL_SNAPSHOT_FINDINGS_DROP, A_INT(seq), A_INT(max));
	if (n != 0)
		return n;
	int rc = tl_db_run(db, TL_SQL_SNAPSHOT_COUNTS_DROP, A_INT(seq));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_SNAPSHOT_DROP, A_INT(seq));
	return rc;
}

int
tl_snapshot_forget(struct tl_db *db, int64_t before, int max)
{
	int64_t seq = 0;
	int n = tl_db_run(db, TL_SQL_IN_FORCE_OLD, A_INT(before), A_INT(max));
	if (n != 0)
		return n;
	int rc = ROWS_NUMBER(db, &seq, TL_SQL_SNAPSHOT_OLD, A_INT(before));
	if (rc == TL_ENOTFOUND)
		return 0;
	return rc < 0 ? rc : drop_one(db, seq, max);
}
