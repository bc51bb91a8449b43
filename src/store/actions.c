/*
 * Rows of actions.
 *
 * Owns table actions. Failure: the store's codes. Called by src/decide (new ones), src/enforce (confirmations,
 * clocks), the courier and the pages that show trails.
 */
#include "store/actions.h"

#include "base/arena.h"
#include "base/json.h"
#include "store/rows_int.h"
#include "sys/clock.h"

static int
read_row(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	int state = 0, kind = 0;
	int rc = tl_word_parse(tl_action_state_names, tl_col_str(r, 9), &state);
	if (rc == 0)
		rc = tl_word_parse(tl_subject_kind_names, tl_col_str(r, 4), &kind);
	if (rc < 0)
		return tl_fail(TL_ECORRUPT, "an action holds a word that does not exist");
	*(struct tl_action_row *)ret = (struct tl_action_row){
	    .id = tl_col_id(r, 0),
	    .decision = tl_col_id(r, 1),
	    .platform = tl_col_int(r, 2),
	    .live = tl_col_int(r, 3) != 0,
	    .subject_kind = (enum tl_subject_kind)kind,
	    .subject = tl_col_id(r, 5),
	    .name = tl_arena_dup(arena, tl_col_str(r, 6)),
	    .params = tl_arena_dup(arena, tl_col_str(r, 7)),
	    .reverses = tl_col_id(r, 8),
	    .state = (enum tl_action_state)state,
	    .created_at = tl_col_int(r, 10),
	    .clock_at = tl_col_int(r, 11),
	    .confirmed_at = tl_col_int(r, 12),
	    .confirm_note = tl_arena_dup(arena, tl_col_str(r, 13)),
	    .automatic = r->sql == TL_SQL_ACTION_IN_FORCE &&
			 tl_str_is(tl_col_str(r, 14), tl_automation_names[TL_AUTOMATION_FULLY]),
	};
	return tl_arena_check(arena);
}

int
tl_action_add(struct tl_db *db, const struct tl_action_row *a)
{
	int rc = tl_db_run(db, TL_SQL_ACTION_ADD, A_ID(a->id), A_ID(a->decision),
	    A_INT(a->platform), A_INT(a->live), A_Z(tl_subject_kind_names[a->subject_kind]),
	    A_ID(a->subject), A_TEXT(a->name), A_TEXT0(a->params), A_ID0(a->reverses),
	    A_Z(tl_action_state_names[a->state]), A_INT(a->created_at), A_INT0(a->clock_at),
	    A_INT0(a->confirmed_at));
	return rc < 0 ? rc : 0;
}

int
tl_action_get(
    struct tl_db *db, struct tl_id id, struct tl_arena *arena, struct tl_action_row *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_ACTION_GET, A_ID(id));
	if (rc < 0)
		return rows_found(rc, "action");
	rc = read_row(&r, arena, ret);
	tl_row_end(&r);
	return rc;
}

int
tl_action_set(struct tl_db *db, const struct tl_action_row *a)
{
	int rc =
	    tl_db_run(db, TL_SQL_ACTION_SET, A_ID(a->id), A_Z(tl_action_state_names[a->state]),
		A_INT0(a->clock_at), A_INT0(a->confirmed_at), A_TEXT0(a->confirm_note));
	return rc < 0 ? rc : 0;
}

int
tl_action_of_decision(struct tl_db *db, struct tl_id decision, struct tl_arena *arena,
    struct tl_action_row **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_ACTION_OF_DECISION, A_ID(decision));
	return rc < 0 ? rc : ROWS_READ(&r, arena, TL_ACTIONS_MAX, read_row, ret, ret_count);
}

int
tl_action_of_subject(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, struct tl_arena *arena, struct tl_action_row **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_ACTION_OF_SUBJECT, A_INT(platform),
	    A_Z(tl_subject_kind_names[kind]), A_ID(subject), A_INT(TL_ACTIONS_MAX));
	return rc < 0 ? rc : ROWS_READ(&r, arena, TL_ACTIONS_MAX, read_row, ret, ret_count);
}

int
tl_action_in_force(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, struct tl_arena *arena, struct tl_action_row **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_ACTION_IN_FORCE, A_INT(platform),
	    A_Z(tl_subject_kind_names[kind]), A_ID(subject), A_INT(TL_ACTIONS_MAX));
	return rc < 0 ? rc : ROWS_READ(&r, arena, TL_ACTIONS_MAX, read_row, ret, ret_count);
}

/* "3d", "1h30m" in microseconds, as rules write it; 0 when it is none. */
static int64_t
duration_us(struct tl_str text)
{
	static const struct {
		char unit;
		int64_t us;
	} units[] = {{'s', TL_US_S}, {'m', TL_US_MIN}, {'h', TL_US_HOUR}, {'d', TL_US_DAY},
	    {'w', 7 * TL_US_DAY}};
	int64_t all = 0, n = 0;
	for (size_t i = 0; i < text.n; i++) {
		size_t u = 0;
		if (text.p[i] >= '0' && text.p[i] <= '9') {
			n = 10 * n + (text.p[i] - '0');
			if (n > 100000)
				return 0;
			continue;
		}
		while (u < TL_COUNT(units) && text.p[i] != (uint8_t)units[u].unit)
			u++;
		if (u == TL_COUNT(units))
			return 0;
		all += n * units[u].us;
		n = 0;
	}
	return all;
}

bool
tl_action_over(const struct tl_action_row *a, int64_t now)
{
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	int64_t end = 0;
	/* What cannot be read ends nothing. */
	if (a->params.n == 0 || tl_json_parse(a->params, &j) < 0)
		return false;
	const json_t *until = json_object_get(j, "until");
	const json_t *duration = json_object_get(j, "duration");
	if (json_is_string(until) && tl_time_parse(tl_json_str(until), &end) == 0)
		return end <= now;
	int64_t us = json_is_string(duration) ? duration_us(tl_json_str(duration)) : 0;
	return us > 0 && a->created_at + us <= now;
}

int
tl_action_on(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, int64_t now, struct tl_arena *arena, struct tl_action_row **ret,
    size_t *ret_count)
{
	struct tl_row r;
	size_t n = 0, kept = 0;
	int rc = tl_db_query(db, &r, TL_SQL_ACTION_ON, A_INT(platform),
	    A_Z(tl_subject_kind_names[kind]), A_ID(subject), A_INT(TL_ACTIONS_MAX));
	if (rc == 0)
		rc = ROWS_READ(&r, arena, TL_ACTIONS_MAX, read_row, ret, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (!tl_action_over(&(*ret)[i], now))
			(*ret)[kept++] = (*ret)[i];
	}
	if (rc == 0)
		*ret_count = kept;
	return rc;
}

int
tl_action_late(struct tl_db *db, int64_t now, size_t max, struct tl_arena *arena,
    struct tl_action_row **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_ACTION_CLOCKS, A_INT(now),
	    A_INT(max < TL_ACTIONS_MAX ? max : TL_ACTIONS_MAX));
	return rc < 0 ? rc : ROWS_READ(&r, arena, TL_ACTIONS_MAX, read_row, ret, ret_count);
}

int
tl_action_counts(struct tl_db *db, int64_t ret[tl_action_state_count])
{
	struct tl_row r;
	int rc = tl_db_query_args(db, &r, TL_SQL_ACTION_COUNTS, NULL, 0);
	if (rc < 0)
		return rc;
	memset(ret, 0, sizeof *ret * tl_action_state_count);
	while ((rc = tl_row_next(&r)) > 0) {
		int state = 0;
		if (tl_word_parse(tl_action_state_names, tl_col_str(&r, 0), &state) == 0)
			ret[state] = tl_col_int(&r, 1);
	}
	tl_row_end(&r);
	return rc;
}
