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
#include "store/rejudge.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#include <stdio.h>

static const struct tl_id nobody; /* of those that came back */

#define LOST_US (10 * TL_US_S)
#define PASS_ROOM 8       /* of what is under way: so much is left for passes */
#define PASS_PAGE 256     /* items that a pass looks at in one read */
#define PASS_PAGES 8      /* such reads of one transaction */
#define EXPIRED "expired" /* a place beside those of the forms */

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

/* `why` NULL: a bank has grown. */
static int
ask(struct tl_db *db, const struct found *f, struct tl_id item, const char *why)
{
	int rc = tl_db_run(db, TL_SQL_AGAIN_ASK, A_INT(f->platform), A_ID(item), A_ID(f->bank),
	    A_ID(f->entry), A_INT(f->mark), A_INT(f->since), A_INT(tl_now_us()),
	    why ? A_Z(why) : A_NULL);
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
		rc = ask(db, f, ids[i], NULL);
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

static int
feed_found(struct tl_db *db, int room)
{
	int done = 0, rc = 0;
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

/* What matched before --------------------------------------------------------------------------------------------- */

/* One page of a pass: the items to ask for are in ids; the pass stands behind the last item that was looked at. */
struct page {
	struct {
		int64_t platform;
		struct tl_id item;
	} ids[TL_AGAIN_UNDER_WAY];
	int n, seen;
	bool full; /* no room for more: the pass stops inside of the page */
};

static int
read_page(struct tl_db *db, struct tl_rejudge_pass *p, int room, struct page *ret)
{
	struct tl_row r;
	*ret = (struct page){0};
	int rc = tl_db_query(db, &r, TL_SQL_REJUDGE_ITEMS, A_ID(p->bank),
	    A_Z(tl_rejudge_names[p->why]), A_INT(p->platform), A_ID(p->item),
	    A_INT(p->received_from), A_INT(PASS_PAGE), A_INT(tl_now_us()));
	if (rc < 0)
		return rc;
	while (!ret->full && (rc = tl_row_next(&r)) > 0) {
		p->platform = tl_col_int(&r, 0);
		p->item = tl_col_id(&r, 1);
		ret->seen++;
		if (!tl_col_int(&r, 3) || !to_judge(tl_col_str(&r, 2)))
			continue;
		ret->ids[ret->n].platform = p->platform;
		ret->ids[ret->n++].item = p->item;
		ret->full = ret->n == room;
	}
	tl_row_end(&r);
	return rc < 0 ? rc : 0;
}

/* Returns how many items were asked for; *ret_over: nothing is left of the pass. */
static int
pass_page(struct tl_db *db, struct tl_rejudge_pass *p, int64_t mark, int room, bool *ret_over)
{
	struct page page;
	int rc = read_page(db, p, room, &page);
	struct found f = {.bank = p->bank, .mark = mark, .since = tl_now_us()};
	for (int i = 0; i < page.n && rc == 0; i++) {
		f.platform = page.ids[i].platform;
		rc = ask(db, &f, page.ids[i].item, tl_rejudge_names[p->why]);
	}
	*ret_over = !page.full && page.seen < PASS_PAGE;
	if (rc == 0 && *ret_over)
		rc = tl_db_run(
		    db, TL_SQL_REJUDGE_DONE, A_ID(p->bank), A_Z(tl_rejudge_names[p->why]));
	else if (rc == 0)
		rc = tl_db_run(db, TL_SQL_REJUDGE_AT, A_ID(p->bank),
		    A_Z(tl_rejudge_names[p->why]), A_INT(p->platform), A_ID(p->item),
		    A_INT(page.n));
	return rc < 0 ? rc : page.n;
}

/* Who judges from now on with banks older than these judges once more: its item may be behind the pass already. */
static int
mark_banks(struct tl_db *db, int64_t *ret)
{
	int rc = tl_again_bank_mark(db, ret);
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_AGAIN_AT_SET, A_Z(""), A_INT(0), A_INT(0), A_INT(0),
		    A_INT(*ret), A_ID(nobody));
	return rc < 0 ? rc : 0;
}

static int
feed_passes(struct tl_db *db, int room)
{
	struct tl_rejudge_pass p;
	int64_t mark = 0;
	int done = 0;
	int rc = tl_rejudge_next(db, &p);
	if (rc == 0)
		rc = mark_banks(db, &mark);
	for (int pages = 0; rc == 0 && room > 0 && pages < PASS_PAGES; pages++) {
		bool over = false;
		rc = pass_page(db, &p, mark, room, &over);
		if (rc < 0)
			break;
		room -= rc;
		done += rc;
		rc = over ? tl_rejudge_next(db, &p) : 0;
	}
	return rc < 0 && rc != TL_ENOTFOUND ? rc : done;
}

int
tl_again_feed(struct tl_db *db)
{
	int64_t under_way = 0;
	struct tl_rejudge_pass p;
	int rc = tl_db_run(db, TL_SQL_AGAIN_ASKED_LOST, A_INT(tl_now_us() - LOST_US));
	if (rc >= 0)
		rc = number_of(db, TL_SQL_AGAIN_ASKED_COUNT, A_NULL, &under_way, NULL);
	if (rc == 0)
		rc = tl_rejudge_next(db, &p);
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	int room = TL_AGAIN_UNDER_WAY - (int)under_way;
	int kept = rc == 0 ? PASS_ROOM : 0;
	int found = feed_found(db, room - kept);
	int passed = found < 0 ? found : feed_passes(db, room - found);
	return passed < 0 ? passed : found + passed;
}

int
tl_again_expired(struct tl_db *db, int64_t now_us)
{
	struct tl_row r;
	int64_t from = now_us;
	int rc = tl_db_first(db, &r, TL_SQL_AGAIN_AT, A_Z(EXPIRED));
	if (rc == 0) {
		from = tl_col_int(&r, 2);
		tl_row_end(&r);
	}
	if (rc == 0)
		rc = tl_rejudge_expired(db, from, now_us);
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	int set = tl_db_run(db, TL_SQL_AGAIN_AT_SET, A_Z(EXPIRED), A_INT(0), A_INT(0),
	    A_INT(now_us), A_INT(0), A_ID(nobody));
	return set < 0 ? set : rc == TL_ENOTFOUND ? 0 : rc;
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
	int why = 0;
	bool grew = tl_word_parse(tl_rejudge_names, tl_col_str(&r, 5), &why) < 0;
	*ret = (struct tl_again){.asked = true,
	    .grew = grew,
	    .why = grew ? TL_REJUDGE_ENTRIES : (enum tl_rejudge)why,
	    .bank = tl_col_id(&r, 0),
	    .entry = tl_col_id(&r, 1),
	    .mark = tl_col_int(&r, 2),
	    .since = tl_col_int(&r, 3),
	    .asked_at = tl_col_int(&r, 4)};
	tl_row_end(&r);
	return 0;
}

bool
tl_again_whole(const struct tl_again *a)
{
	return a->asked && !a->grew && a->why >= TL_REJUDGE_RULES;
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
	int rc = tl_db_first(db, &r, TL_SQL_AGAIN_LEFT, A_INT(tl_now_us()));
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
	return number_of(db, TL_SQL_AGAIN_OLDEST, A_INT(tl_now_us()), ret, NULL);
}

int
tl_again_bank_progress(
    struct tl_db *db, struct tl_id bank, int64_t *ret_entries, int64_t *ret_left)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_AGAIN_BANK_LEFT, A_INT(tl_now_us()), A_ID(bank));
	if (rc < 0)
		return rc;
	*ret_entries = tl_col_int(&r, 0);
	*ret_left = tl_col_int(&r, 1);
	tl_row_end(&r);
	return 0;
}
