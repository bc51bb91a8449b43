/*
 * Messages about alarms.
 *
 * Owns table alarm_notices and the telling side of alarms. Promises: a row leaves by its state only (waiting, leased,
 * sent, dead); what a killed sender held is leased again when its time is over, so a message may come twice and is
 * never lost. Failure: the store's codes. Called by src/notify and by who shows what was told.
 */
#include "store/notices.h"

#include "base/arena.h"
#include "store/alarms.h"
#include "store/rows_int.h"
#include "sys/clock.h"
#include "sys/id.h"

#include <stdio.h>

#define LIST_MAX 100
#define TROUBLE_MAX 20

int
tl_alarm_told(
    struct tl_db *db, struct tl_id alarm, int64_t told, int64_t told_at, int64_t again_at)
{
	int rc = tl_db_run(
	    db, TL_SQL_ALARM_TOLD, A_ID(alarm), A_INT(told), A_INT0(told_at), A_INT0(again_at));
	return rc < 0 ? rc : 0;
}

int
tl_notice_due(struct tl_db *db, int64_t now, bool *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_ALARM_DUE_ANY, A_INT(now));
	*ret = rc == 0;
	if (rc == 0)
		tl_row_end(&r);
	return rc == TL_ENOTFOUND ? 0 : rc;
}

int
tl_notice_add(struct tl_db *db, struct tl_id alarm, const char *what, const char *channel,
    const char *who)
{
	struct tl_id id = tl_id_new();
	int rc = tl_db_run(db, TL_SQL_NOTICE_ADD, A_ID(id), A_ID(alarm), A_Z(what),
	    A_Z(channel), A_Z(who), A_INT(tl_now_us()));
	return rc < 0 ? rc : 0;
}

int
tl_notice_targets(
    struct tl_db *db, int64_t now, size_t max, struct tl_notice_to *ret, size_t *ret_count)
{
	struct tl_row r;
	size_t n = 0;
	int rc = tl_db_query(db, &r, TL_SQL_NOTICE_DUE, A_INT(now));
	if (rc < 0)
		return rc;
	while (n < max && (rc = tl_row_next(&r)) > 0)
		if (tl_str_copy(ret[n].channel, sizeof ret[n].channel, tl_col_str(&r, 0)) ==
			0 &&
		    tl_str_copy(ret[n].who, sizeof ret[n].who, tl_col_str(&r, 1)) == 0)
			n++;
	tl_row_end(&r);
	*ret_count = n;
	return rc < 0 ? rc : 0;
}

static int
read_notice(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	*(struct tl_notice *)ret = (struct tl_notice){
	    .id = tl_col_id(r, 0),
	    .alarm = tl_col_id(r, 1),
	    .what = tl_arena_dup(arena, tl_col_str(r, 2)),
	    .channel = tl_arena_dup(arena, tl_col_str(r, 3)),
	    .who = tl_arena_dup(arena, tl_col_str(r, 4)),
	    .state = tl_arena_dup(arena, tl_col_str(r, 5)),
	    .attempts = tl_col_int(r, 6),
	    .created_at = tl_col_int(r, 7),
	    .next_at = tl_col_int(r, 8),
	    .sent_at = tl_col_int(r, 9),
	    .error = tl_arena_dup(arena, tl_col_str(r, 10)),
	};
	return tl_arena_check(arena);
}

int
tl_notice_lease(struct tl_db *db, const struct tl_notice_to *to, int64_t now, int64_t until,
    struct tl_id batch, struct tl_arena *arena, struct tl_notice **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_NOTICE_LEASE, A_Z(to->channel), A_Z(to->who),
	    A_INT(now), A_INT(until), A_ID(batch), A_INT(TL_NOTICE_BATCH));
	return rc < 0 ? rc : ROWS_READ(&r, arena, TL_NOTICE_BATCH, read_notice, ret, ret_count);
}

/* Writes what became of each of a batch's alarms into its history, before the rows change. */
static int
tell_history(struct tl_db *db, struct tl_id batch, const char *what)
{
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *arena = tl_arena_create(1 << 20);
	struct tl_notice *rows = NULL;
	struct tl_row r;
	size_t n = 0;
	int rc =
	    tl_db_query(db, &r, TL_SQL_NOTICE_OF_BATCH, A_ID(batch), A_INT(TL_NOTICE_BATCH));
	if (rc == 0)
		rc = ROWS_READ(&r, arena, TL_NOTICE_BATCH, read_notice, &rows, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		char who[64];
		int len = snprintf(
		    who, sizeof who, "%.*s:%.*s", TL_ARG(rows[i].channel), TL_ARG(rows[i].who));
		/* A channel that fails is said once a message, not at each of its tries. */
		if (!tl_str_is(rows[i].state, "leased") ||
		    (strcmp(what, "failed") == 0 && rows[i].attempts > 1))
			continue;
		rc = tl_alarm_event(db, rows[i].alarm, what, tl_bytes(who, (size_t)len));
	}
	return rc;
}

int
tl_notice_sent(struct tl_db *db, struct tl_id batch, int64_t now)
{
	int rc = tell_history(db, batch, "told");
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_NOTICE_SENT, A_ID(batch), A_INT(now));
	return rc < 0 ? rc : 0;
}

int
tl_notice_failed(
    struct tl_db *db, struct tl_id batch, struct tl_str error, int64_t next_at, int64_t now)
{
	int rc = tell_history(db, batch, "failed");
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_NOTICE_FAILED, A_ID(batch), A_INT(next_at),
		    A_TEXT(error), A_INT(now - TL_US_DAY));
	return rc < 0 ? rc : 0;
}

int
tl_notice_sent_since(struct tl_db *db, const struct tl_notice_to *to, int64_t since,
    int64_t *ret_count, int64_t *ret_last)
{
	struct tl_row r;
	int rc = tl_db_first(
	    db, &r, TL_SQL_NOTICE_SENT_SINCE, A_Z(to->channel), A_Z(to->who), A_INT(since));
	if (rc < 0)
		return rc;
	*ret_count = tl_col_int(&r, 0);
	*ret_last = tl_col_int(&r, 1);
	tl_row_end(&r);
	return 0;
}

int
tl_notice_wait(struct tl_db *db, const struct tl_notice_to *to, int64_t at)
{
	int rc = tl_db_run(db, TL_SQL_NOTICE_WAITS, A_Z(to->channel), A_Z(to->who), A_INT(at));
	return rc < 0 ? rc : 0;
}

int
tl_notice_list(struct tl_db *db, struct tl_id alarm, struct tl_arena *arena,
    struct tl_notice **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_NOTICE_LIST, A_ID(alarm), A_INT(LIST_MAX));
	return rc < 0 ? rc : ROWS_READ(&r, arena, LIST_MAX, read_notice, ret, ret_count);
}

static int
read_trouble(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	*(struct tl_notice_trouble *)ret = (struct tl_notice_trouble){
	    .channel = tl_arena_dup(arena, tl_col_str(r, 0)),
	    .who = tl_arena_dup(arena, tl_col_str(r, 1)),
	    .waiting = tl_col_int(r, 2),
	    .attempts = tl_col_int(r, 3),
	    .error = tl_arena_dup(arena, tl_col_str(r, 4)),
	};
	return tl_arena_check(arena);
}

int
tl_notice_failing(struct tl_db *db, int64_t since, struct tl_arena *arena,
    struct tl_notice_trouble **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_NOTICE_FAILING, A_INT(since));
	return rc < 0 ? rc : ROWS_READ(&r, arena, TROUBLE_MAX, read_trouble, ret, ret_count);
}

int
tl_notice_prune(struct tl_db *db, int64_t before, int64_t max)
{
	int rc = tl_db_run(db, TL_SQL_NOTICE_PRUNE, A_INT(before), A_INT(max));
	if (rc < 0)
		return rc;
	int more = tl_db_run(db, TL_SQL_ALARM_EVENT_PRUNE, A_INT(before), A_INT(max));
	return more < 0 ? more : rc + more;
}
