/*
 * Figures by minute, signs of life, deadlines.
 *
 * Owns tables vitals, beats and deadlines. Promises: a deadline's alarm is open from its warning until it is set
 * anew. Failure: the store's codes. Called by the roles about themselves, by the watch rules, and by whoever renews
 * what runs out.
 */
#include "store/vitals.h"

#include "base/arena.h"
#include "store/alarms.h"
#include "store/rows_int.h"
#include "sys/clock.h"

#include <stdio.h>
#include <unistd.h>

#define PAST_MAX 100

int
tl_vital_add(struct tl_db *db, const char *name, int64_t n)
{
	int rc = tl_db_run(
	    db, TL_SQL_VITAL_ADD, A_Z(name), A_INT(tl_now_us() / TL_US_MIN), A_INT(n));
	return rc < 0 ? rc : 0;
}

int
tl_vital_set(struct tl_db *db, const char *name, int64_t value)
{
	int rc = tl_db_run(
	    db, TL_SQL_VITAL_SET, A_Z(name), A_INT(tl_now_us() / TL_US_MIN), A_INT(value));
	return rc < 0 ? rc : 0;
}

int
tl_vital_sum(struct tl_db *db, const char *name, int64_t since, int64_t *ret)
{
	return ROWS_NUMBER(db, ret, TL_SQL_VITAL_SUM, A_Z(name), A_INT(since / TL_US_MIN));
}

int
tl_vital_oldest(
    struct tl_db *db, const char *name, int64_t since, int64_t *ret, int64_t *ret_at)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_VITAL_OLDEST, A_Z(name), A_INT(since / TL_US_MIN));
	if (rc < 0)
		return rc;
	*ret = tl_col_int(&r, 0);
	*ret_at = tl_col_int(&r, 1) * TL_US_MIN;
	tl_row_end(&r);
	return 0;
}

int
tl_vital_prune(struct tl_db *db, int64_t before)
{
	int64_t future = tl_now_us() / TL_US_MIN + 1; /* the clock was set back */
	int rc = tl_db_run(db, TL_SQL_VITAL_PRUNE, A_INT(before / TL_US_MIN), A_INT(future));
	return rc < 0 ? rc : 0;
}

int
tl_beat(struct tl_db *db, const char *role, int64_t started_at)
{
	int rc = tl_db_run(
	    db, TL_SQL_BEAT, A_Z(role), A_INT(tl_now_us()), A_INT(started_at), A_INT(getpid()));
	return rc < 0 ? rc : 0;
}

int
tl_beat_gone(struct tl_db *db, const char *role)
{
	int rc = tl_db_run(db, TL_SQL_BEAT_GONE, A_Z(role), A_INT(getpid()));
	return rc < 0 ? rc : 0;
}

int
tl_beats(struct tl_db *db, size_t max, struct tl_beat *ret, size_t *ret_count)
{
	struct tl_row r;
	size_t n = 0;
	int rc = tl_db_query_args(db, &r, TL_SQL_BEAT_LIST, NULL, 0);
	if (rc < 0)
		return rc;
	while (n < max && (rc = tl_row_next(&r)) > 0) {
		struct tl_beat *b = &ret[n];
		*b = (struct tl_beat){.at = tl_col_int(&r, 1),
		    .started_at = tl_col_int(&r, 2),
		    .pid = tl_col_int(&r, 3)};
		if (tl_str_copy(b->role, sizeof b->role, tl_col_str(&r, 0)) == 0)
			n++;
	}
	tl_row_end(&r);
	*ret_count = n;
	return rc < 0 ? rc : 0;
}

int
tl_deadline_set(struct tl_db *db, enum tl_alarm_kind kind, struct tl_str ref, int64_t warn_at,
    int64_t due_at)
{
	const char *name = tl_alarm_row(kind)->kind;
	int rc = due_at ? tl_db_run(db, TL_SQL_DEADLINE_SET, A_Z(name), A_TEXT(ref),
			      A_INT(warn_at), A_INT(due_at))
			: tl_db_run(db, TL_SQL_DEADLINE_FORGET, A_Z(name), A_TEXT(ref));
	if (rc >= 0 && !due_at)
		rc = tl_alarm_over(db, kind, ref);
	return rc < 0 ? rc : 0;
}

struct past {
	enum tl_alarm_kind kind;
	struct tl_str ref;
	int64_t due_at;
};

static int
read_past(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	struct past *p = ret;
	p->kind = tl_alarm_kind_count;
	for (int k = 0; k < tl_alarm_kind_count; k++)
		if (tl_str_is(tl_col_str(r, 0), tl_alarm_row((enum tl_alarm_kind)k)->kind))
			p->kind = (enum tl_alarm_kind)k;
	p->ref = tl_arena_dup(arena, tl_col_str(r, 1));
	p->due_at = tl_col_int(r, 2);
	return tl_arena_check(arena);
}

static int
open_past(struct tl_db *db, const struct past *p, int64_t now)
{
	char when[48];
	bool past = p->due_at <= now;
	int64_t hours = (past ? now - p->due_at : p->due_at - now) / TL_US_HOUR;
	(void)snprintf(when, sizeof when, "%s %lld %s%s", past ? "ran out" : "runs out in",
	    (long long)(hours < 48 ? hours : hours / 24), hours < 48 ? "h" : "days",
	    past ? " ago" : "");
	return tl_alarm_say(db, p->kind, p->ref, TL_SAID(A_TEXT(p->ref), A_Z(when)));
}

int
tl_deadlines_look(struct tl_db *db, struct tl_arena *arena, int64_t now)
{
	struct past *list = NULL;
	struct tl_row r;
	size_t n = 0;
	int rc = tl_db_query(db, &r, TL_SQL_DEADLINE_PAST, A_INT(now));
	if (rc == 0)
		rc = ROWS_READ(&r, arena, PAST_MAX, read_past, &list, &n);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (list[i].kind < tl_alarm_kind_count)
			rc = open_past(db, &list[i], now);
	if (rc == 0)
		rc = tl_db_query(db, &r, TL_SQL_DEADLINE_OVER, A_INT(now));
	if (rc == 0)
		rc = ROWS_READ(&r, arena, PAST_MAX, read_past, &list, &n);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (list[i].kind < tl_alarm_kind_count)
			rc = tl_alarm_over(db, list[i].kind, list[i].ref);
	return rc;
}
