/*
 * Contacts as rows, and whose turn it is to be judged.
 *
 * Promises: an event and the turn that it asks for are in one transaction, so none is missed whoever dies; an account
 * that was judged a moment ago waits its pause. Failures: the store's. Called by the gate and by what takes in
 * relations; read by detect/contact/; the clerk removes what is too old.
 */
#include "store/contact_log.h"

#include "store/account_verdicts.h"
#include "sys/clock.h"

_Static_assert((int)TL_RESULT_ALLOW == (int)TL_CONTACT_ALLOW &&
		   (int)TL_RESULT_REQUEST == (int)TL_CONTACT_REQUEST &&
		   (int)TL_RESULT_DENY == (int)TL_CONTACT_DENY,
    "what the gate answers comes first, in its order");

static int
add(struct tl_db *db, const struct tl_contact_event *e)
{
	if (memcmp(&e->from, &e->to, sizeof e->from) == 0)
		return tl_fail(TL_EBUG, "a contact of an account with itself");
	int rc = tl_db_run(db, TL_SQL_CONTACT_ADD, A_INT(e->platform), A_ID(e->from),
	    A_ID(e->to), A_INT(e->at), A_INT(e->kind), A_INT(e->outcome), A_INT(e->to_band),
	    A_INT(e->flags), A_INT0(e->text), A_INT0(e->origin));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_CONTACT_WATCH, A_INT(e->platform), A_ID(e->from),
		    A_INT(tl_now_us() + TL_CONTACT_SETTLE_US));
	return rc < 0 ? rc : 0;
}

int
tl_contact_log_add(struct tl_db *db, const struct tl_contact_event *e)
{
	return e->outcome <= TL_RESULT_DENY ? add(db, e)
					    : tl_fail(TL_EBUG, "not what a gate answers");
}

int
tl_contact_log_outcome(struct tl_db *db, const struct tl_contact_event *e)
{
	struct tl_contact_event bare = *e;
	bare.flags = 0;
	bare.text = 0;
	bare.origin = 0;
	return e->outcome > TL_RESULT_DENY ? add(db, &bare)
					   : tl_fail(TL_EBUG, "not what a person answers");
}

static int
read_word(const struct tl_row *r, int col, int count, int *ret)
{
	int64_t v = tl_col_int(r, col);
	if (v < 0 || v >= count)
		return tl_fail(TL_ECORRUPT, "the log of contacts holds an unknown word");
	*ret = (int)v;
	return 0;
}

static int
read_row(const struct tl_row *r, struct tl_contact_row *ret)
{
	int kind = 0, outcome = 0, band = 0;
	int rc = read_word(r, 3, tl_contact_kind_count, &kind);
	if (rc == 0)
		rc = read_word(r, 4, tl_contact_result_count, &outcome);
	if (rc == 0)
		rc = read_word(r, 5, tl_age_band_count, &band);
	*ret = (struct tl_contact_row){.id = tl_col_int(r, 0),
	    .to = tl_col_id(r, 1),
	    .at = tl_col_int(r, 2),
	    .kind = (enum tl_contact_kind)kind,
	    .outcome = (enum tl_contact_result)outcome,
	    .to_band = (enum tl_age_band)band,
	    .flags = (unsigned)tl_col_int(r, 6),
	    .text = tl_col_int(r, 7),
	    .origin = tl_col_int(r, 8)};
	return rc;
}

int
tl_contact_log_sent(
    struct tl_db *db, const struct tl_contact_span *span, tl_contact_fn fn, void *ctx)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_CONTACT_SENT, A_INT(span->platform),
	    A_ID(span->from), A_INT(span->after), A_INT(span->until), A_INT(span->max));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		struct tl_contact_row row;
		rc = read_row(&r, &row);
		if (rc == 0)
			rc = fn(ctx, &row);
		if (rc != 0)
			break;
	}
	tl_row_end(&r);
	return rc;
}

int
tl_contact_log_from_origin(struct tl_db *db, const struct tl_contact_span *span, int64_t origin,
    tl_contact_origin_fn fn, void *ctx)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_CONTACT_FROM_ORIGIN, A_INT(span->platform),
	    A_INT(origin), A_INT(span->after), A_INT(span->until), A_INT(span->max));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		int band = 0;
		rc = read_word(&r, 3, tl_age_band_count, &band);
		struct tl_contact_origin_row row = {.at = tl_col_int(&r, 0),
		    .origin = origin,
		    .from = tl_col_id(&r, 1),
		    .to = tl_col_id(&r, 2),
		    .to_band = (enum tl_age_band)band};
		if (rc == 0)
			rc = fn(ctx, &row);
		if (rc != 0)
			break;
	}
	tl_row_end(&r);
	return rc;
}

int
tl_contact_due(
    struct tl_db *db, int64_t now, size_t max, struct tl_contact_due *ret, size_t *ret_n)
{
	struct tl_row r;
	size_t n = 0;
	int rc = tl_db_query(db, &r, TL_SQL_CONTACT_DUE, A_INT(now),
	    A_INT(max < TL_CONTACT_DUE_MAX ? max : TL_CONTACT_DUE_MAX));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0 && n < max)
		ret[n++] = (struct tl_contact_due){tl_col_int(&r, 0), tl_col_id(&r, 1)};
	tl_row_end(&r);
	if (rc < 0)
		return rc;
	*ret_n = n;
	return 0;
}

int
tl_contact_take(struct tl_db *db, const struct tl_contact_due *d, int64_t until)
{
	int rc = tl_db_run(
	    db, TL_SQL_CONTACT_TAKE, A_INT(d->platform), A_ID(d->account), A_INT(until));
	return rc < 0 ? rc : 0;
}

int
tl_contact_rest(struct tl_db *db, const struct tl_contact_due *d, int64_t now)
{
	int rc = tl_db_run(db, TL_SQL_CONTACT_REST, A_INT(d->platform), A_ID(d->account),
	    A_INT(now + TL_CONTACT_PAUSE_US));
	return rc < 0 ? rc : 0;
}

int
tl_contact_log_expire(struct tl_db *db, int64_t before, int max)
{
	int n = tl_db_run(db, TL_SQL_CONTACT_EXPIRE, A_INT(before), A_INT(max));
	int rc =
	    n < 0 ? n : tl_db_run(db, TL_SQL_CONTACT_FORGET, A_INT(tl_now_us()), A_INT(max));
	return rc < 0 ? rc : n;
}

int
tl_contact_log_erase(struct tl_db *db, int64_t platform, struct tl_id account)
{
	struct tl_id nobody = tl_id_new();
	int rc = tl_db_run(db, TL_SQL_CONTACT_ERASE_SENT, A_INT(platform), A_ID(account));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_CONTACT_ERASE_RECEIVED, A_INT(platform),
		    A_ID(account), A_ID(nobody));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_CONTACT_ERASE_WATCH, A_INT(platform), A_ID(account));
	return rc < 0 ? rc : tl_account_verdict_drop(db, platform, account);
}
