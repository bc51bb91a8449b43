/*
 * Cases past their clock: one alarm a queue, so that somebody brings more people while there is time.
 *
 * Promises: the alarm says how many, is renewed when that changes, and is over when none is late. Cases of test
 * keys ring nowhere. Failure: the store's codes. Called by the clerk.
 */
#include "review/review.h"

#include "base/arena.h"
#include "store/alarms.h"

#include <stdio.h>

#define QUEUES_MAX 100

struct late {
	struct tl_str queue, title;
	int64_t count;
};

static int
read_late(
    struct tl_db *db, struct tl_arena *a, int64_t now, struct late *list, size_t *ret_count)
{
	struct tl_row r;
	size_t n = 0;
	int rc = tl_db_query(db, &r, TL_SQL_CASE_LATE_BY_QUEUE, A_INT(now), A_INT(QUEUES_MAX));
	if (rc < 0)
		return rc;
	while (n < QUEUES_MAX && (rc = tl_row_next(&r)) > 0)
		list[n++] = (struct late){.queue = tl_arena_dup(a, tl_col_str(&r, 0)),
		    .title = tl_arena_dup(a, tl_col_str(&r, 1)),
		    .count = tl_col_int(&r, 2)};
	tl_row_end(&r);
	if (rc < 0)
		return rc;
	*ret_count = n;
	return tl_arena_check(a);
}

static int
say(struct tl_db *db, const struct late *q)
{
	if (q->count == 0)
		return tl_alarm_over(db, TL_AL_CASE_CLOCK, q->queue);
	char count[40];
	(void)snprintf(count, sizeof count, "%lld %s", (long long)q->count,
	    q->count == 1 ? "case is" : "cases are");
	return tl_alarm_say(
	    db, TL_AL_CASE_CLOCK, q->queue, TL_SAID(A_TEXT(q->title), A_Z(count)));
}

int
tl_review_late(struct tl_db *db, struct tl_arena *a, int64_t now)
{
	struct late list[QUEUES_MAX];
	size_t n = 0;
	int rc = read_late(db, a, now, list, &n);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = say(db, &list[i]);
	return rc;
}
