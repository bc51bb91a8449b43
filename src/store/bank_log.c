/*
 * The banks' log of changes, and the brake.
 *
 * Promises: who asks after the last number that it was told misses nothing and hears of nothing twice but what changed
 * again; an entry is braked once, in the transaction of the item that was too many. Failures: NOTFOUND, CORRUPT and
 * those of the store. Called by the index's keeper and its followers, by the worker and the clerk.
 */
#include "store/bank_log.h"

#include "base/arena.h"
#include "store/alarms.h"
#include "store/people.h"
#include "store/rows_int.h"
#include "sys/clock.h"

#define WEEK_HOURS (7 * 24)

int
tl_bank_change(struct tl_db *db, int64_t *ret)
{
	return ROWS_NUMBER(db, ret, TL_SQL_BANK_CHANGE, A_NULL);
}

struct walk {
	int (*fn)(void *ctx, const struct tl_bank_change *c);
	void *ctx;
	size_t n;
	int64_t last;
};

static int
walk_rows(struct tl_row *r, bool removed, struct walk *w)
{
	int rc;
	while ((rc = tl_row_next(r)) > 0) {
		struct tl_bank_change c = {.key = tl_col_int(r, 0),
		    .change = tl_col_int(r, 1),
		    .bank = (uint32_t)tl_col_int(r, 2),
		    .removed = removed};
		if (!removed) {
			c.value = tl_col_str(r, 3);
			c.enabled = tl_col_int(r, 4) != 0;
			c.disabled_until = tl_col_int(r, 5);
			c.expires_at = tl_col_int(r, 6);
			w->last = c.change;
			w->n++;
		}
		rc = w->fn(w->ctx, &c);
		if (rc < 0)
			break;
	}
	tl_row_end(r);
	return rc < 0 ? rc : 0;
}

int
tl_bank_changes(struct tl_db *db, enum tl_entry_form form, int64_t after, size_t max,
    int (*fn)(void *ctx, const struct tl_bank_change *c), void *ctx, int64_t *ret_upto,
    bool *ret_more)
{
	struct walk w = {.fn = fn, .ctx = ctx};
	struct tl_arg name = A_Z(tl_entry_form_names[form]);
	struct tl_row r;
	int64_t upto;
	*ret_upto = after;
	*ret_more = false;
	/* First the end: what changes while the rows are read is found the next time. */
	int rc = tl_bank_change(db, &upto);
	if (rc < 0 || upto <= after)
		return rc;
	rc = tl_db_query(
	    db, &r, TL_SQL_BANK_CHANGES, name, A_INT(after), A_INT(upto), A_INT(max));
	if (rc == 0)
		rc = walk_rows(&r, false, &w);
	if (rc < 0)
		return rc;
	bool more = w.n == max;
	if (more)
		upto = w.last;
	rc = tl_db_query(db, &r, TL_SQL_BANK_REMOVED, name, A_INT(after), A_INT(upto));
	if (rc == 0)
		rc = walk_rows(&r, true, &w);
	if (rc < 0)
		return rc;
	*ret_upto = upto;
	*ret_more = more;
	return 0;
}

int
tl_bank_form_used(struct tl_db *db, enum tl_entry_form form, bool *ret)
{
	int64_t n;
	int rc = ROWS_NUMBER(db, &n, TL_SQL_BANK_FORM_USED, A_Z(tl_entry_form_names[form]));
	if (rc == 0)
		*ret = n != 0;
	return rc;
}

int
tl_bank_removed_drop(struct tl_db *db, enum tl_entry_form form, int64_t upto)
{
	int rc = tl_db_run(
	    db, TL_SQL_BANK_REMOVED_DROP, A_Z(tl_entry_form_names[form]), A_INT(upto));
	return rc < 0 ? rc : 0;
}

/* The brake ------------------------------------------------------------------------------------------------- */

/* Who is braked: bank and entry, unless something speaks against it. */
struct brakable {
	struct tl_id bank, entry;
	struct tl_str name;
	bool may;
};

static int
find_brakable(
    struct tl_db *db, int64_t key, int64_t now_us, struct tl_arena *a, struct brakable *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_BRAKE_ENTRY, A_INT(key));
	if (rc < 0)
		return rows_found(rc, "entry");
	*ret = (struct brakable){.bank = tl_col_id(&r, 0),
	    .entry = tl_col_id(&r, 1),
	    .name = tl_arena_dup(a, tl_col_str(&r, 2)),
	    .may = tl_col_int(&r, 3) != 0 && tl_col_int(&r, 4) == 0 &&
		   tl_col_int(&r, 5) <= now_us};
	tl_row_end(&r);
	return tl_arena_check(a);
}

static int
brake(struct tl_db *db, const struct brakable *x, const struct tl_braked *n)
{
	char id[TL_ID_TEXT];
	TL_CLEANUP(tl_buf_fini) struct tl_buf detail = {0};
	tl_id_text(id, x->entry);
	tl_buf_printf(&detail, "%lld items in an hour, usually %lld.%lld", (long long)n->items,
	    (long long)n->usual_tenth / 10, (long long)n->usual_tenth % 10);
	int rc = tl_bank_entry_review(db, x->bank, x->entry);
	if (rc <= 0)
		return rc;
	rc = tl_alarm_open(db, TL_AL_ENTRY_FLOOD, tl_str(id),
	    TL_SAID(A_TEXT(x->name), A_Z(id), A_INT(n->items), A_INT(n->usual_tenth / 10)),
	    NULL);
	if (rc == 0)
		rc = tl_audit_add(
		    db, "system", "bank.entry_brake", tl_str(id), tl_buf_str(&detail));
	return rc < 0 ? rc : 1;
}

int
tl_brake_count(struct tl_db *db, const struct tl_brake *b, int64_t key, int64_t now_us,
    struct tl_braked *ret)
{
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *a = NULL;
	int64_t hour = now_us / TL_US_HOUR, before = 0;
	struct brakable x = {0};
	int rc = ROWS_NUMBER(db, &ret->items, TL_SQL_BRAKE_ADD, A_INT(key), A_INT(hour));
	if (rc < 0 || !b->per_hour || ret->items < b->per_hour)
		return rc < 0 ? rc : 0;
	rc = ROWS_NUMBER(
	    db, &before, TL_SQL_BRAKE_SUM, A_INT(key), A_INT(hour - WEEK_HOURS), A_INT(hour));
	if (rc < 0)
		return rc;
	ret->usual_tenth = before * 10 / WEEK_HOURS;
	if (ret->items * 10 < ret->usual_tenth * b->factor)
		return 0;
	a = tl_arena_create(4096);
	rc = find_brakable(db, key, now_us, a, &x);
	if (rc == TL_ENOTFOUND)
		return 0; /* it was removed meanwhile */
	return rc < 0 || !x.may ? rc : brake(db, &x, ret);
}

int
tl_brake_forget(struct tl_db *db, int64_t now_us, size_t max)
{
	return tl_db_run(
	    db, TL_SQL_BRAKE_FORGET, A_INT(now_us / TL_US_HOUR - WEEK_HOURS), A_INT(max));
}

int
tl_brake_matches(struct tl_db *db, int64_t key, int64_t since_us, int64_t *ret)
{
	return ROWS_NUMBER(db, ret, TL_SQL_BRAKE_SUM, A_INT(key), A_INT(since_us / TL_US_HOUR),
	    A_INT(INT64_MAX));
}
