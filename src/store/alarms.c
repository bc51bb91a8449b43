/*
 * Alarms and switches.
 *
 * Owns tables alarms, alarm_events and switches. Promises: what is open is never lost by opening it again; what comes
 * back within minutes is the same alarm. Failure: the store's
 * codes. Called by every stage that must wake a person, by the console and by the CLI.
 */
#include "store/alarms.h"

#include "base/arena.h"
#include "base/buf.h"
#include "store/notices.h"
#include "store/rows_int.h"
#include "sys/clock.h"

#include <stdio.h>

#define ALARMS_MAX 500
#define EVENTS_MAX 50
#define TEXT_MAX 4000
#define AGAIN_US (10 * TL_US_MIN) /* back within so long: the same alarm again */

static void
put_value(struct tl_buf *b, const struct tl_said *said, size_t n)
{
	if (n >= said->count)
		return;
	const struct tl_arg *v = &said->values[n];
	if (v->type == TL_A_INT)
		tl_buf_printf(b, "%lld", (long long)v->i);
	else
		tl_buf_put(b, v->s.p, v->s.n);
}

void
tl_alarm_sentence(
    struct tl_buf *b, const struct tl_alarm_row *row, struct tl_said said, bool inside)
{
	size_t n = 0;
	for (const char *at = row->sentence; *at;) {
		size_t plain = strcspn(at, "{");
		tl_buf_put(b, at, plain);
		at += plain;
		if (*at != '{')
			break;
		size_t word = strcspn(++at, "}");
		if (*at == '!' && !inside)
			tl_buf_put(b, at + 1, word - 1);
		else
			put_value(b, &said, n);
		n++;
		at += word + (at[word] == '}');
	}
}

int
tl_alarm_event(struct tl_db *db, struct tl_id alarm, const char *what, struct tl_str who)
{
	struct tl_id id = tl_id_new();
	int rc = tl_db_run(db, TL_SQL_ALARM_EVENT_ADD, A_ID(id), A_ID(alarm),
	    A_INT(tl_now_us()), A_Z(what), A_TEXT(who));
	return rc < 0 ? rc : 0;
}

/* The row's id that a statement returned; NOTFOUND when it changed nothing. */
static int
changed(struct tl_row *r, int rc, struct tl_id *ret)
{
	if (rc < 0)
		return rc;
	*ret = tl_col_id(r, 0);
	tl_row_end(r);
	return 0;
}

static int
raise_it(struct tl_db *db, enum tl_sql sql, enum tl_alarm_kind kind, struct tl_str ref,
    struct tl_said said, bool *ret_new)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf text = {.limit = TEXT_MAX};
	TL_CLEANUP(tl_buf_fini) struct tl_buf brief = {.limit = TEXT_MAX};
	const struct tl_alarm_row *row = tl_alarm_row(kind);
	struct tl_row r;
	struct tl_id id = tl_id_new(), got;
	int64_t now = tl_now_us();
	tl_alarm_sentence(&text, row, said, true);
	tl_alarm_sentence(&brief, row, said, false);
	*ret_new = true;
	int rc = tl_db_first(db, &r, TL_SQL_ALARM_REOPEN, A_Z(row->kind), A_TEXT(ref),
	    A_TEXT(tl_buf_str(&text)), A_TEXT(tl_buf_str(&brief)), A_INT(now),
	    A_INT(now - AGAIN_US));
	rc = changed(&r, rc, &got);
	if (rc != TL_ENOTFOUND)
		return rc < 0 ? rc : tl_alarm_event(db, got, "again", TL_S(""));
	rc = tl_db_first(db, &r, sql, A_ID(id), A_Z(row->kind), A_TEXT(ref),
	    A_TEXT(tl_buf_str(&text)), A_TEXT(tl_buf_str(&brief)), A_INT(now));
	rc = changed(&r, rc, &got);
	*ret_new = rc == 0 && tl_id_eq(got, id);
	if (rc == TL_ENOTFOUND) /* said already */
		return 0;
	return rc < 0 || !*ret_new ? rc : tl_alarm_event(db, id, "opened", TL_S(""));
}

int
tl_alarm_open(struct tl_db *db, enum tl_alarm_kind kind, struct tl_str ref, struct tl_said said,
    bool *ret_new)
{
	bool fresh;
	return raise_it(db, TL_SQL_ALARM_OPEN, kind, ref, said, ret_new ? ret_new : &fresh);
}

int
tl_alarm_say(struct tl_db *db, enum tl_alarm_kind kind, struct tl_str ref, struct tl_said said)
{
	bool fresh;
	return raise_it(db, TL_SQL_ALARM_SAY, kind, ref, said, &fresh);
}

int
tl_alarm_over(struct tl_db *db, enum tl_alarm_kind kind, struct tl_str ref)
{
	struct tl_row r;
	struct tl_id id;
	int rc = tl_db_first(db, &r, TL_SQL_ALARM_CLOSE, A_Z(tl_alarm_row(kind)->kind),
	    A_TEXT(ref), A_INT(tl_now_us()));
	rc = changed(&r, rc, &id);
	if (rc == TL_ENOTFOUND)
		return 0;
	return rc < 0 ? rc : tl_alarm_event(db, id, "over", TL_S(""));
}

static int
read_alarm(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	int state = 0;
	if (tl_word_parse(tl_alarm_state_names, tl_col_str(r, 4), &state) < 0)
		return tl_fail(TL_ECORRUPT, "an alarm is in a state that does not exist");
	const struct tl_alarm_row *row = tl_alarm_row_of(tl_col_str(r, 1));
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
	    .brief = tl_arena_dup(arena, tl_col_str(r, 9)),
	    .told = tl_col_int(r, 10),
	    .told_at = tl_col_int(r, 11),
	    .flaps = tl_col_int(r, 12),
	    .over = tl_str_is(tl_col_str(r, 13), "itself"),
	    .row = row,
	    .severity = row ? row->severity : TL_ALARM_WARNING,
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
tl_alarm_set(struct tl_db *db, struct tl_id id, enum tl_alarm_state state, struct tl_id owner,
    struct tl_str who)
{
	struct tl_row r;
	int rc = tl_db_run(db, TL_SQL_ALARM_SET, A_ID(id), A_Z(tl_alarm_state_names[state]),
	    A_ID0(owner), A_INT(tl_now_us()));
	if (rc > 0) {
		rc = tl_db_run(db, TL_SQL_NOTICE_DROP_OF, A_ID(id));
		return rc < 0 ? rc : tl_alarm_event(db, id, tl_alarm_state_names[state], who);
	}
	if (rc < 0)
		return rc;
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
tl_alarm_due(struct tl_db *db, int64_t now, size_t max, struct tl_arena *arena,
    struct tl_alarm **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_ALARM_DUE, A_INT(now), A_INT(max));
	return rc < 0 ? rc : ROWS_READ(&r, arena, max, read_alarm, ret, ret_count);
}

static int
read_ref(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	*(struct tl_str *)ret = tl_arena_dup(arena, tl_col_str(r, 0));
	return tl_arena_check(arena);
}

int
tl_alarm_refs(struct tl_db *db, enum tl_alarm_kind kind, struct tl_arena *arena,
    struct tl_str **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_ALARM_REFS, A_Z(tl_alarm_row(kind)->kind));
	return rc < 0 ? rc : ROWS_READ(&r, arena, ALARMS_MAX, read_ref, ret, ret_count);
}

int
tl_alarm_count(struct tl_db *db, int64_t *ret_open)
{
	return rows_number(db, ret_open, TL_SQL_ALARM_COUNT, NULL, 0);
}

int
tl_alarm_counts(struct tl_db *db, int64_t ret[tl_alarm_kind_count])
{
	struct tl_row r;
	memset(ret, 0, tl_alarm_kind_count * sizeof *ret);
	int rc = tl_db_query_args(db, &r, TL_SQL_ALARM_BY_KIND, NULL, 0);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0)
		for (int k = 0; k < tl_alarm_kind_count; k++)
			if (tl_str_is(
				tl_col_str(&r, 0), tl_alarm_row((enum tl_alarm_kind)k)->kind))
				ret[k] = tl_col_int(&r, 1);
	tl_row_end(&r);
	return rc;
}

int
tl_alarm_head(struct tl_db *db, struct tl_alarm_head *ret)
{
	int64_t counts[tl_alarm_kind_count];
	struct tl_row r;
	int gravest = -1;
	*ret = (struct tl_alarm_head){.severity = TL_ALARM_NOTICE};
	int rc = tl_alarm_count(db, &ret->open);
	if (rc < 0 || ret->open == 0)
		return rc;
	rc = tl_alarm_counts(db, counts);
	if (rc < 0)
		return rc;
	for (int k = 0; k < tl_alarm_kind_count; k++)
		if (counts[k] &&
		    (gravest < 0 || tl_alarm_row((enum tl_alarm_kind)k)->severity <
					tl_alarm_row((enum tl_alarm_kind)gravest)->severity))
			gravest = k;
	if (gravest < 0)
		return 0;
	const struct tl_alarm_row *row = tl_alarm_row((enum tl_alarm_kind)gravest);
	ret->severity = row->severity;
	rc = tl_db_first(db, &r, TL_SQL_ALARM_NEWEST_OF, A_Z(row->kind));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	struct tl_str text = tl_col_str(&r, 0);
	if (tl_str_copy(ret->text, sizeof ret->text, text) < 0)
		(void)snprintf(ret->text, sizeof ret->text, "%s", row->title);
	tl_row_end(&r);
	return 0;
}

static int
read_event(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	*(struct tl_alarm_event *)ret = (struct tl_alarm_event){.at = tl_col_int(r, 0),
	    .what = tl_arena_dup(arena, tl_col_str(r, 1)),
	    .who = tl_arena_dup(arena, tl_col_str(r, 2))};
	return tl_arena_check(arena);
}

int
tl_alarm_events(struct tl_db *db, struct tl_id alarm, struct tl_arena *arena,
    struct tl_alarm_event **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_ALARM_EVENT_LIST, A_ID(alarm), A_INT(EVENTS_MAX));
	return rc < 0 ? rc : ROWS_READ(&r, arena, EVENTS_MAX, read_event, ret, ret_count);
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
