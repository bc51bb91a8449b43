/*
 * From media that were found to items that are judged again.
 *
 * Promises: at most TL_AGAIN_UNDER_WAY items are asked for at one time, so that what comes in waits for no more than
 * these; an item that is asked for twice is judged once; what was given up or erased does not stay in the way.
 * Failure: the store's. Called by the finder (feed) and the worker (the rest).
 */
#include "again/again.h"

#include "store/banks.h"
#include "store/jobs.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#include <stdio.h>

#define LOST_US (10 * TL_US_S)

static const int bounds[] = TL_AGAIN_BOUNDS;

struct found {
	int64_t platform;
	uint8_t media[TL_MEDIA_ID_BYTES];
	struct tl_id item, bank, entry;
	int64_t mark, since;
};

static int
number_of(
    struct tl_db *db, enum tl_sql sql, struct tl_arg with, int64_t *ret, int64_t *ret_second)
{
	struct tl_row r;
	int rc = tl_db_first_args(db, &r, sql, &with, 1);
	if (rc < 0)
		return rc;
	*ret = tl_col_int(&r, 0);
	if (ret_second)
		*ret_second = tl_col_int(&r, 1);
	tl_row_end(&r);
	return 0;
}

int
tl_again_bank_mark(struct tl_db *db, int64_t *ret)
{
	int64_t marks[tl_bank_kind_count], sum = 0;
	int rc = tl_bank_marks(db, marks);
	for (size_t i = 0; i < tl_bank_kind_count && rc == 0; i++)
		sum += marks[i];
	if (rc == 0)
		*ret = sum;
	return rc;
}

int
tl_again_mark(struct tl_db *db, int64_t *ret)
{
	return number_of(db, TL_SQL_AGAIN_MARK, A_NULL, ret, NULL);
}

int
tl_again_next_return(struct tl_db *db, int64_t now_us, int64_t *ret)
{
	return number_of(db, TL_SQL_AGAIN_NEXT_RETURN, A_INT(now_us), ret, NULL);
}

static int
next_found(struct tl_db *db, struct found *f)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_AGAIN_FOUND_NEXT, A_NULL);
	if (rc < 0)
		return rc;
	struct tl_str media = tl_col_str(&r, 1);
	*f = (struct found){.platform = tl_col_int(&r, 0),
	    .item = tl_col_id(&r, 2), /* nil: none yet */
	    .bank = tl_col_id(&r, 3),
	    .entry = tl_col_id(&r, 4),
	    .mark = tl_col_int(&r, 5),
	    .since = tl_col_int(&r, 6)};
	if (media.n == sizeof f->media)
		memcpy(f->media, media.p, sizeof f->media);
	tl_row_end(&r);
	return 0;
}

static int
ask(struct tl_db *db, const struct found *f, struct tl_id item)
{
	int rc = tl_db_run(db, TL_SQL_AGAIN_ASK, A_INT(f->platform), A_ID(item), A_ID(f->bank),
	    A_ID(f->entry), A_INT(f->mark), A_INT(f->since), A_INT(tl_now_us()));
	TL_KILLPOINT(AGAIN_ASKED);
	return rc < 0 ? rc : tl_job_found(db, f->platform, item);
}

/* What is pending is judged with today's banks anyway, or once more; what was deleted has nothing to judge. */
static bool
to_judge(struct tl_str state)
{
	int s;
	return tl_word_parse(tl_item_state_names, state, &s) == 0 && s != TL_ITEM_PENDING &&
	       s != TL_ITEM_DELETED;
}

/* Up to `room` items of one medium. Returns how many were asked for. */
static int
ask_items(struct tl_db *db, const struct found *f, int room)
{
	struct tl_id ids[TL_AGAIN_UNDER_WAY], last = {0};
	struct tl_arg media = A_BYTES(tl_bytes(f->media, sizeof f->media));
	struct tl_row r;
	int n = 0, seen = 0;
	int rc = tl_db_query(
	    db, &r, TL_SQL_AGAIN_ITEMS, A_INT(f->platform), media, A_ID(f->item), A_INT(room));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		last = tl_col_id(&r, 0);
		seen++;
		if (to_judge(tl_col_str(&r, 1)))
			ids[n++] = last;
	}
	tl_row_end(&r);
	for (int i = 0; i < n && rc >= 0; i++)
		rc = ask(db, f, ids[i]);
	if (rc >= 0)
		rc = seen == room
			 ? tl_db_run(db, TL_SQL_AGAIN_FOUND_ITEM, A_INT(f->platform), media,
			       A_ID(last))
			 : tl_db_run(db, TL_SQL_AGAIN_FOUND_DONE, A_INT(f->platform), media);
	return rc < 0 ? rc : n;
}

int
tl_again_anything_found(struct tl_db *db, bool *ret)
{
	int64_t any = 0;
	int rc = number_of(db, TL_SQL_AGAIN_ANY, A_NULL, &any, NULL);
	if (rc == 0)
		*ret = any != 0;
	return rc;
}

int
tl_again_feed(struct tl_db *db)
{
	int64_t under_way = 0;
	int done = 0;
	int rc = tl_db_run(db, TL_SQL_AGAIN_ASKED_LOST, A_INT(tl_now_us() - LOST_US));
	if (rc >= 0)
		rc = number_of(db, TL_SQL_AGAIN_ASKED_COUNT, A_NULL, &under_way, NULL);
	int room = TL_AGAIN_UNDER_WAY - (int)under_way;
	while (rc >= 0 && room > 0) {
		struct found f;
		rc = next_found(db, &f);
		if (rc < 0)
			break;
		rc = ask_items(db, &f, room);
		room -= rc > 0 ? rc : 1;
		done += rc > 0 ? rc : 0;
	}
	return rc < 0 && rc != TL_ENOTFOUND ? rc : done;
}

/* For the worker -------------------------------------------------------------------------------------------------- */

int
tl_again_asked(struct tl_db *db, int64_t platform, struct tl_id item, struct tl_again *ret)
{
	struct tl_row r;
	*ret = (struct tl_again){0};
	int rc = tl_db_first(db, &r, TL_SQL_AGAIN_ASKED, A_INT(platform), A_ID(item));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	*ret = (struct tl_again){.asked = true,
	    .bank = tl_col_id(&r, 0),
	    .entry = tl_col_id(&r, 1),
	    .mark = tl_col_int(&r, 2),
	    .since = tl_col_int(&r, 3),
	    .asked_at = tl_col_int(&r, 4)};
	tl_row_end(&r);
	return 0;
}

int
tl_again_done(struct tl_db *db, int64_t platform, struct tl_id item, int64_t mark)
{
	int rc =
	    tl_db_run(db, TL_SQL_AGAIN_ASKED_DONE, A_INT(platform), A_ID(item), A_INT(mark));
	return rc < 0 ? rc : 0;
}

int
tl_again_took(
    struct tl_db *db, int64_t platform, bool live, struct tl_str policy, int64_t since)
{
	char name[48];
	int64_t took = tl_now_us() - since;
	size_t i = 0;
	while (i < TL_COUNT(bounds) && took > bounds[i] * TL_US_S)
		i++;
	(void)snprintf(
	    name, sizeof name, TL_AGAIN_COUNTER "%d", i < TL_COUNT(bounds) ? bounds[i] : 0);
	int rc = tl_counter_add(db, platform, live, name, policy, 1);
	if (rc == 0)
		rc = tl_counter_add(db, platform, live, TL_AGAIN_COUNTER "ms", policy,
		    took > 0 ? took / TL_US_MS : 0);
	return rc;
}

/* Progress -------------------------------------------------------------------------------------------------------- */

int
tl_again_progress(struct tl_db *db, struct tl_again_progress *ret)
{
	struct tl_row r;
	int64_t since[2] = {0};
	struct tl_again_progress p = {0};
	int rc = tl_db_first(db, &r, TL_SQL_AGAIN_LEFT, A_NULL);
	if (rc < 0)
		return rc;
	p.entries = tl_col_int(&r, 0);
	p.entries_left = tl_col_int(&r, 1);
	p.oldest = tl_col_int(&r, 2);
	tl_row_end(&r);
	rc = number_of(db, TL_SQL_AGAIN_FOUND_COUNT, A_NULL, &p.found, &since[0]);
	if (rc == 0)
		rc = number_of(db, TL_SQL_AGAIN_ASKED_COUNT, A_NULL, &p.asked, &since[1]);
	for (size_t i = 0; i < 2; i++)
		if (since[i] && (!p.oldest || since[i] < p.oldest))
			p.oldest = since[i];
	if (rc == 0)
		*ret = p;
	return rc;
}

int
tl_again_oldest(struct tl_db *db, int64_t *ret)
{
	return number_of(db, TL_SQL_AGAIN_OLDEST, A_NULL, ret, NULL);
}

int
tl_again_bank_progress(
    struct tl_db *db, struct tl_id bank, int64_t *ret_entries, int64_t *ret_left)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_AGAIN_BANK_LEFT, A_ID(bank));
	if (rc < 0)
		return rc;
	*ret_entries = tl_col_int(&r, 0);
	*ret_left = tl_col_int(&r, 1);
	tl_row_end(&r);
	return 0;
}
