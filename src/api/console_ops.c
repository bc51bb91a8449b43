/*
 * Deliveries with replay.
 *
 * Promises: who replayed is in the audit trail, and nobody sends again what they may not see. Failures: STATE when a
 * delivery was overtaken.
 */
#include "api/console_int.h"

#include "enforce/enforce.h"
#include "store/accounts.h"
#include "sys/clock.h"

#define PAGE 100

/* Deliveries ------------------------------------------------------------------------------ */

static int
write_counts(struct tl_call *c)
{
	int64_t counts[tl_outbox_state_count] = {0};
	int rc = tl_outboxrow_counts(c->db, counts);
	tl_js_open(&c->out, "counts", '{');
	for (int s = 0; s < tl_outbox_state_count; s++)
		tl_js_int(&c->out, tl_outbox_state_names[s], counts[s]);
	tl_js_close(&c->out, '}');
	return rc;
}

/* What a delivery says is shown to whom may see what it is about; that it left is shown to all. */
static int
write_delivery(struct tl_call *c, const struct tl_row *r)
{
	struct tl_tags tags = {0};
	int rc = tl_tags_of_delivery(c->db, tl_col_id(r, 0), c->arena, &tags);
	bool seen = rc == 0 && tl_may_on(&c->who.access, TL_ACT_SEE, tags.v, tags.n);
	tl_js_open(&c->out, NULL, '{');
	tl_view_delivery(&c->out, r, seen);
	tl_js_close(&c->out, '}');
	return rc;
}

/* The page's rows; *ret_next is the last one when there are more. */
static int
write_deliveries(
    struct tl_call *c, struct tl_str state, struct tl_id before, struct tl_id *ret_next)
{
	struct tl_row r;
	int rc = tl_db_query(c->db, &r, TL_SQL_VIEW_DELIVERIES, A_TEXT(state), A_ID(before));
	if (rc < 0)
		return rc;
	struct tl_id last = {0};
	size_t n = 0;
	*ret_next = (struct tl_id){0};
	tl_js_open(&c->out, "deliveries", '[');
	while ((rc = tl_row_next(&r)) > 0) {
		if (n++ == PAGE) {
			*ret_next = last;
			break;
		}
		last = tl_col_id(&r, 0);
		rc = write_delivery(c, &r);
		if (rc < 0)
			break;
	}
	tl_row_end(&r);
	tl_js_close(&c->out, ']');
	return rc < 0 ? rc : 0;
}

int
tl_console_deliveries(struct tl_call *c)
{
	struct tl_str state = TL_S(""), cursor;
	struct tl_id before, next;
	int word;
	memset(before.b, 0xFF, sizeof before.b);
	if (tl_req_query(c->req, "state", &state) && state.n &&
	    tl_word_parse(tl_outbox_state_names, state, &word) < 0)
		return tl_fail_at(TL_EFIELD, "state", "is not a state of deliveries");
	if (tl_req_query(c->req, "cursor", &cursor) && cursor.n &&
	    tl_id_parse(cursor, &before) < 0)
		return tl_fail_at(TL_EFIELD, "cursor", "is not one of ours");
	tl_js_open(&c->out, NULL, '{');
	int rc = write_deliveries(c, state, before, &next);
	if (rc == 0)
		rc = write_counts(c);
	tl_js_id(&c->out, "next", next);
	tl_js_close(&c->out, '}');
	return rc;
}

int
tl_console_delivery_replay(struct tl_call *c)
{
	struct tl_id id;
	struct tl_outbox_row row;
	struct tl_row r;
	struct tl_tags tags = {0};
	int rc = tl_call_begin_on(c, &id);
	if (rc < 0)
		return rc;
	rc = tl_tags_of_delivery(c->db, id, c->arena, &tags);
	rc = tl_call_need_tags(c, TL_ACT_SEE, rc, &tags);
	if (rc == 0)
		rc = tl_enforce_replay(c->db, c->set, id, tl_now_us(), c->arena, &row);
	if (rc == 0)
		rc = tl_call_audit(c, "delivery.replay", id, "");
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	if (rc == TL_ENOTFOUND)
		return tl_fail(rc, "there is no such delivery");
	if (rc == 0)
		rc = tl_db_first(c->db, &r, TL_SQL_VIEW_DELIVERY, A_ID(id));
	if (rc < 0)
		return rc;
	tl_app_wake(c->app, TL_PROC_CLERK);
	tl_app_wake(c->app, TL_PROC_COURIER);
	rc = write_delivery(c, &r);
	tl_row_end(&r);
	return rc;
}
