/*
 * The outbox's rows.
 *
 * Owns table outbox. Promises: a row is never handed out while an earlier one of its subject is under way; numbers
 * have no gaps, because one caller gives them inside one transaction. Failure: the store's codes. Called by
 * src/outbox, the clerk (numbers, pruning), the API (event stream, deliveries).
 */
#include "store/outbox.h"

#include "base/arena.h"
#include "base/map.h"
#include "store/rows_int.h"
#include "sys/killpoint.h"

#include <stdlib.h>

#define ROWS_MAX 1000
#define NUMBER_MAX 400

static int
read_row(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	int state = 0;
	int rc = tl_word_parse(tl_outbox_state_names, tl_col_str(r, 10), &state);
	if (rc < 0)
		return tl_fail(TL_ECORRUPT, "a delivery is in a state that does not exist");
	*(struct tl_outbox_row *)ret = (struct tl_outbox_row){
	    .id = tl_col_id(r, 0),
	    .platform = tl_col_int(r, 1),
	    .live = tl_col_int(r, 2) != 0,
	    .kind = tl_arena_dup(arena, tl_col_str(r, 3)),
	    .subject_key = tl_arena_dup(arena, tl_col_str(r, 4)),
	    .cause = tl_col_id(r, 5),
	    .event_seq = tl_col_int(r, 6),
	    .body = tl_arena_dup(arena, tl_col_str(r, 7)),
	    .created_at = tl_col_int(r, 8),
	    .not_before = tl_col_int(r, 9),
	    .state = (enum tl_outbox_state)state,
	    .attempts = tl_col_int(r, 11),
	    .next_at = tl_col_int(r, 12),
	    .delivered_at = tl_col_int(r, 13),
	    .status = tl_col_int(r, 14),
	    .error = tl_arena_dup(arena, tl_col_str(r, 15)),
	};
	return tl_arena_check(arena);
}

int
tl_outboxrow_add(struct tl_db *db, const struct tl_outbox_row *row)
{
	int rc = tl_db_run(db, TL_SQL_OUTBOX_ADD, A_ID(row->id), A_INT(row->platform),
	    A_INT(row->live), A_TEXT(row->kind), A_TEXT(row->subject_key), A_ID0(row->cause),
	    A_TEXT(row->body), A_INT(row->created_at), A_INT(row->not_before),
	    A_Z(tl_outbox_state_names[row->state]));
	return rc < 0 ? rc : 0;
}

int
tl_outboxrow_get(
    struct tl_db *db, struct tl_id id, struct tl_arena *arena, struct tl_outbox_row *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_OUTBOX_GET, A_ID(id));
	if (rc < 0)
		return rows_found(rc, "delivery");
	rc = read_row(&r, arena, ret);
	tl_row_end(&r);
	return rc;
}

int
tl_outboxrow_set(struct tl_db *db, const struct tl_outbox_row *row)
{
	int rc = tl_db_run(db, TL_SQL_OUTBOX_SET, A_ID(row->id),
	    A_Z(tl_outbox_state_names[row->state]), A_INT(row->attempts), A_INT(row->next_at),
	    A_INT0(row->delivered_at), A_INT0(row->status), A_TEXT0(row->error));
	return rc < 0 ? rc : 0;
}

int
tl_outboxrow_tried(struct tl_db *db, const struct tl_outbox_row *row, int64_t attempt)
{
	int rc = tl_db_run(db, TL_SQL_OUTBOX_TRIED, A_ID(row->id),
	    A_Z(tl_outbox_state_names[row->state]), A_INT(row->attempts), A_INT(row->next_at),
	    A_INT0(row->delivered_at), A_INT0(row->status), A_TEXT0(row->error),
	    A_INT(attempt));
	if (rc == 0)
		return tl_fail(TL_ECONFLICT, "the delivery is in other hands");
	return rc < 0 ? rc : 0;
}

int
tl_outboxrow_lease(struct tl_db *db, int64_t now, int64_t until, size_t max,
    const struct tl_outbox_skip *skip, struct tl_arena *arena, struct tl_outbox_row **ret,
    size_t *ret_count)
{
	struct tl_row r;
	if (max > ROWS_MAX)
		max = ROWS_MAX;
	struct tl_arg args[3 + TL_OUTBOX_SKIP] = {A_INT(now), A_INT(until), A_INT(max)};
	for (size_t i = 0; i < TL_OUTBOX_SKIP; i++)
		args[3 + i] = skip && i < skip->count
				  ? A_INT(skip->who[i].platform * 2 + skip->who[i].live)
				  : A_INT(-1);
	int rc = tl_db_query_args(db, &r, TL_SQL_OUTBOX_LEASE, args, TL_COUNT(args));
	return rc < 0 ? rc : ROWS_READ(&r, arena, max, read_row, ret, ret_count);
}

/* First column of the first row; 0 when there is none. */
static int
read_int(struct tl_row *r, int rc, int64_t *ret)
{
	if (rc == TL_ENOTFOUND) {
		*ret = 0;
		return 0;
	}
	if (rc < 0)
		return rc;
	*ret = tl_col_int(r, 0);
	tl_row_end(r);
	return 0;
}

int
tl_outboxrow_due(struct tl_db *db, int64_t now, bool *ret)
{
	struct tl_row r;
	int64_t one = 0;
	int rc = read_int(&r, tl_db_first(db, &r, TL_SQL_OUTBOX_DUE, A_INT(now)), &one);
	if (rc < 0)
		return rc;
	*ret = one != 0;
	return 0;
}

int
tl_outboxrow_overtaken(struct tl_db *db, struct tl_id id, bool *ret)
{
	struct tl_row r;
	int64_t one = 0;
	int rc = read_int(&r, tl_db_first(db, &r, TL_SQL_OUTBOX_LATER_DONE, A_ID(id)), &one);
	if (rc < 0)
		return rc;
	*ret = one != 0;
	return 0;
}

int
tl_outboxrow_last(struct tl_db *db, int64_t *ret_seq)
{
	struct tl_row r;
	return read_int(
	    &r, tl_db_first_args(db, &r, TL_SQL_OUTBOX_LAST_NUMBER, NULL, 0), ret_seq);
}

/* A subject whose earlier row is not due yet keeps its later ones waiting. */
static bool
blocked(struct tl_map *waiting, const struct tl_row *r, bool due)
{
	uint8_t key[8 + 300];
	int64_t platform = tl_col_int(r, 2);
	struct tl_str subject = tl_col_str(r, 3);
	size_t n = subject.n < sizeof key - 8 ? subject.n : sizeof key - 8;
	memcpy(key, &platform, 8);
	memcpy(key + 8, subject.p, n);
	struct tl_str k = tl_bytes(key, 8 + n);
	if (tl_map_get(waiting, k))
		return true;
	if (!due)
		(void)tl_map_put(waiting, k, waiting);
	return !due;
}

int
tl_outboxrow_number(struct tl_db *db, int64_t now, size_t max, size_t *ret_count)
{
	struct tl_id ids[NUMBER_MAX];
	size_t n = 0;
	int64_t last = 0;
	struct tl_row r;
	if (max > NUMBER_MAX)
		max = NUMBER_MAX;
	int rc = tl_db_query(db, &r, TL_SQL_OUTBOX_UNNUMBERED, A_INT(now), A_INT(max));
	if (rc < 0)
		return rc;
	struct tl_map *waiting = tl_map_create();
	while ((rc = tl_row_next(&r)) > 0)
		if (!blocked(waiting, &r, tl_col_int(&r, 1) != 0) && n < NUMBER_MAX)
			ids[n++] = tl_col_id(&r, 0);
	tl_row_end(&r);
	tl_map_destroy(waiting, NULL);
	if (rc == 0 && n > 0)
		rc = tl_outboxrow_last(db, &last);
	for (size_t i = 0; i < n && rc >= 0; i++) {
		rc = tl_db_run(
		    db, TL_SQL_OUTBOX_NUMBER, A_ID(ids[i]), A_INT(last + 1 + (int64_t)i));
		TL_KILLPOINT(EVENT_NUMBERED);
	}
	if (rc < 0)
		return rc;
	*ret_count = n;
	return 0;
}

int
tl_outboxrow_events(struct tl_db *db, int64_t platform, bool live, int64_t after, size_t max,
    struct tl_arena *arena, struct tl_outbox_row **ret, size_t *ret_count)
{
	struct tl_row r;
	if (max > ROWS_MAX)
		max = ROWS_MAX;
	int rc = tl_db_query(db, &r, TL_SQL_OUTBOX_EVENTS, A_INT(platform), A_INT(live),
	    A_INT(after), A_INT(max));
	return rc < 0 ? rc : ROWS_READ(&r, arena, max, read_row, ret, ret_count);
}

int
tl_outboxrow_of_cause(struct tl_db *db, struct tl_id cause, struct tl_arena *arena,
    struct tl_outbox_row **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_OUTBOX_OF_CAUSE, A_ID(cause));
	return rc < 0 ? rc : ROWS_READ(&r, arena, 100, read_row, ret, ret_count);
}

int
tl_outboxrow_counts(struct tl_db *db, int64_t ret[tl_outbox_state_count])
{
	struct tl_row r;
	int rc = tl_db_query_args(db, &r, TL_SQL_OUTBOX_COUNTS, NULL, 0);
	if (rc < 0)
		return rc;
	memset(ret, 0, sizeof *ret * tl_outbox_state_count);
	while ((rc = tl_row_next(&r)) > 0) {
		int state = 0;
		if (tl_word_parse(tl_outbox_state_names, tl_col_str(&r, 0), &state) == 0)
			ret[state] = tl_col_int(&r, 1);
	}
	tl_row_end(&r);
	return rc;
}

int
tl_outboxrow_prune(struct tl_db *db, int64_t before, size_t max)
{
	return tl_db_run(db, TL_SQL_OUTBOX_PRUNE, A_INT(before), A_INT(max));
}
