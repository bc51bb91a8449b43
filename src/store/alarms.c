/*
 * Alarms and switches.
 *
 * Owns tables alarms and switches. Promises: what is open is never lost by opening it again. Failure: the store's
 * codes. Called by every stage that must wake a person, by the console and by the CLI.
 */
#include "store/alarms.h"

#include "base/arena.h"
#include "store/rows_int.h"
#include "sys/clock.h"

#define ALARMS_MAX 500

int
tl_alarm_open(
    struct tl_db *db, const char *kind, struct tl_str ref, struct tl_str text, bool *ret_new)
{
	struct tl_row r;
	struct tl_id id = tl_id_new();
	int rc = tl_db_first(db, &r, TL_SQL_ALARM_OPEN, A_ID(id), A_Z(kind), A_TEXT(ref),
	    A_TEXT(text), A_INT(tl_now_us()));
	if (rc < 0)
		return rc;
	if (ret_new)
		*ret_new = tl_col_int(&r, 1) == 1;
	tl_row_end(&r);
	return 0;
}

int
tl_alarm_say(struct tl_db *db, const char *kind, struct tl_str ref, struct tl_str text)
{
	struct tl_id id = tl_id_new();
	int rc = tl_db_run(db, TL_SQL_ALARM_SAY, A_ID(id), A_Z(kind), A_TEXT(ref), A_TEXT(text),
	    A_INT(tl_now_us()));
	return rc < 0 ? rc : 0;
}

int
tl_alarm_over(struct tl_db *db, const char *kind, struct tl_str ref)
{
	int rc = tl_db_run(db, TL_SQL_ALARM_CLOSE, A_Z(kind), A_TEXT(ref), A_INT(tl_now_us()));
	return rc < 0 ? rc : 0;
}

static int
read_alarm(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	int state = 0;
	if (tl_word_parse(tl_alarm_state_names, tl_col_str(r, 4), &state) < 0)
		return tl_fail(TL_ECORRUPT, "an alarm is in a state that does not exist");
	*(struct tl_alarm *)ret = (struct tl_alarm){
	    .id = tl_col_id(r, 0),
	    .kind = tl_arena_dup(arena, tl_col_str(r, 1)),
	    .ref = tl_arena_dup(arena, tl_col_str(r, 2)),
	    .text = tl_arena_dup(arena, tl_col_str(r, 3)),
	    .state = (enum tl_alarm_state)state,
	    .owner = tl_col_id(r, 5),
	    .opened_at = tl_col_int(r, 6),
	    .changed_at = tl_col_int(r, 7),
	    .count = tl_col_int(r, 8),
	};
	return tl_arena_check(arena);
}

int
tl_alarm_get(struct tl_db *db, struct tl_id id, struct tl_arena *arena, struct tl_alarm *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_ALARM_GET, A_ID(id));
	if (rc < 0)
		return rows_found(rc, "alarm");
	rc = read_alarm(&r, arena, ret);
	tl_row_end(&r);
	return rc;
}

int
tl_alarm_set(struct tl_db *db, struct tl_id id, enum tl_alarm_state state, struct tl_id owner)
{
	struct tl_row r;
	int rc = tl_db_run(db, TL_SQL_ALARM_SET, A_ID(id), A_Z(tl_alarm_state_names[state]),
	    A_ID0(owner), A_INT(tl_now_us()));
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = tl_db_first(db, &r, TL_SQL_ALARM_GET, A_ID(id));
	if (rc < 0)
		return rows_found(rc, "alarm");
	tl_row_end(&r);
	return tl_fail(TL_ECONFLICT, "this alarm is closed already");
}

int
tl_alarm_list(struct tl_db *db, struct tl_str state, struct tl_arena *arena,
    struct tl_alarm **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_ALARM_LIST, A_TEXT(state), A_INT(ALARMS_MAX));
	return rc < 0 ? rc : ROWS_READ(&r, arena, ALARMS_MAX, read_alarm, ret, ret_count);
}

int
tl_alarm_count(struct tl_db *db, int64_t *ret_open)
{
	return rows_number(db, ret_open, TL_SQL_ALARM_COUNT, NULL, 0);
}

int
tl_switch_get(struct tl_db *db, const char *name, bool *ret_on)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_SWITCH_GET, A_Z(name));
	if (rc == TL_ENOTFOUND) {
		*ret_on = strcmp(name, TL_SWITCH_AUTOMATIC) == 0;
		return 0;
	}
	if (rc < 0)
		return rc;
	*ret_on = tl_str_is(tl_col_str(&r, 0), "on");
	tl_row_end(&r);
	return 0;
}

int
tl_switch_set(struct tl_db *db, const char *name, bool on, struct tl_str set_by)
{
	if (strcmp(name, TL_SWITCH_OBSERVE) != 0 && strcmp(name, TL_SWITCH_AUTOMATIC) != 0)
		return tl_fail(TL_EFIELD, "there is no such switch");
	int rc = tl_db_run(db, TL_SQL_SWITCH_SET, A_Z(name), A_Z(on ? "on" : "off"),
	    A_TEXT(set_by), A_INT(tl_now_us()));
	return rc < 0 ? rc : 0;
}
