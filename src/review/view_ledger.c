/*
 * JSON of decisions: one line each beside an account, and whole with actions, events and deliveries in the trail.
 *
 * Promises: people appear by pseudonym only; a decision that was undone or taken back says so. Failure: the
 * store's. Called by the case view, the item trail and the account page.
 */
#include "review/view_int.h"

#include "base/json.h"

static int
write_action_names(const struct tl_view *v, struct tl_id decision)
{
	struct tl_row r;
	int rc = tl_db_query(v->db, &r, TL_SQL_VIEW_ACTIONS, A_ID(decision));
	if (rc < 0)
		return rc;
	tl_js_open(v->out, "actions", '[');
	while ((rc = tl_row_next(&r)) > 0)
		tl_js_str(v->out, NULL, tl_col_str(&r, 1));
	tl_js_close(v->out, ']');
	return rc;
}

/* The members of DecisionRow. */
static int
write_row(const struct tl_view *v, const struct tl_row *r, void *ctx)
{
	(void)ctx;
	struct tl_buf *out = v->out;
	tl_js_id(out, "id", tl_col_id(r, 0));
	tl_js_str(out, "puid", tl_col_str(r, 1));
	tl_js_time(out, "at", tl_col_int(r, 2));
	tl_js_str(out, "kind", tl_col_str(r, 3));
	tl_js_str(out, "policy", tl_col_str(r, 4));
	tl_js_str(out, "ground", tl_col_str(r, 5));
	int rc = write_action_names(v, tl_col_id(r, 0));
	tl_js_str(out, "automated", tl_col_str(r, 6));
	struct tl_str by = tl_col_str(r, 7);
	tl_js_str(out, "by", by.n ? by : TL_S("rules"));
	bool about_item = tl_str_is(tl_col_str(r, 9), "item");
	tl_js_open(out, "subject", '{');
	tl_js_str(out, "kind", tl_col_str(r, 9));
	tl_js_str(out, "id", tl_col_str(r, about_item ? 10 : 11));
	tl_js_close(out, '}');
	tl_js_bool(out, "reversed", tl_col_int(r, 12) != 0);
	return rc;
}

/* Its own policy, and whatever else was said of what it was about. */
static int
pick_decision(const struct tl_view *v, const struct tl_row *r, void *ctx, bool *ret)
{
	int kind;
	(void)ctx;
	*ret = tl_view_sees(v, (struct tl_str){0}, tl_col_str(r, 4));
	if (!*ret)
		return 0;
	if (tl_word_parse(tl_subject_kind_names, tl_col_str(r, 9), &kind) < 0)
		return tl_fail(TL_ECORRUPT, "a decision's row is damaged");
	return tl_view_sees_subject(
	    v, tl_col_int(r, 20), (enum tl_subject_kind)kind, tl_col_id(r, 21), ret);
}

int
tl_view_decision(const struct tl_view *v, const char *key, struct tl_id id)
{
	struct tl_row r;
	int rc = tl_id_is_nil(id) ? TL_ENOTFOUND
				  : tl_db_first(v->db, &r, TL_SQL_VIEW_DECISION, A_ID(id));
	if (rc == TL_ENOTFOUND) {
		tl_js_null(v->out, key);
		return 0;
	}
	if (rc < 0)
		return rc;
	tl_js_open(v->out, key, '{');
	rc = write_row(v, &r, NULL);
	tl_js_close(v->out, '}');
	tl_row_end(&r);
	return rc;
}

int
tl_view_decisions_of_account(
    const struct tl_view *v, const char *key, int64_t platform, struct tl_id account)
{
	struct tl_row r;
	int rc = tl_db_query(
	    v->db, &r, TL_SQL_VIEW_DECISIONS_OF_ACCOUNT, A_INT(platform), A_ID(account));
	return rc < 0 ? rc : view_rows_if(v, key, &r, pick_decision, write_row, NULL);
}

static int
write_action(const struct tl_view *v, const struct tl_row *r, void *ctx)
{
	(void)ctx;
	struct tl_buf *out = v->out;
	tl_js_id(out, "id", tl_col_id(r, 0));
	tl_js_str(out, "name", tl_col_str(r, 1));
	tl_js_raw0(out, "params", tl_col_str(r, 2));
	tl_js_id(out, "reverses", tl_col_id(r, 3));
	tl_js_str(out, "state", tl_col_str(r, 4));
	tl_js_time(out, "created_at", tl_col_int(r, 5));
	tl_js_time(out, "clock_at", tl_col_int(r, 6));
	tl_js_time(out, "confirmed_at", tl_col_int(r, 7));
	tl_js_str0(out, "confirm_note", tl_col_str(r, 8));
	return 0;
}

static int
write_actions(const struct tl_view *v, struct tl_id decision)
{
	struct tl_row r;
	int rc = tl_db_query(v->db, &r, TL_SQL_VIEW_ACTIONS, A_ID(decision));
	return rc < 0 ? rc : view_rows(v, "done", &r, write_action, NULL);
}

static int
write_event(const struct tl_view *v, const struct tl_row *r, void *ctx)
{
	(void)ctx;
	struct tl_buf *out = v->out;
	tl_js_str(out, "kind", tl_col_str(r, 0));
	tl_js_time(out, "at", tl_col_int(r, 1));
	struct tl_str actor = tl_col_str(r, 2);
	bool person = actor.n > 5 && memcmp(actor.p, "user:", 5) == 0;
	tl_js_str(out, "actor", person ? TL_S("person") : actor);
	tl_js_str0(out, "outcome", tl_col_str(r, 3));
	return 0;
}

static int
write_events(const struct tl_view *v, struct tl_id decision)
{
	struct tl_row r;
	int rc = tl_db_query(v->db, &r, TL_SQL_VIEW_EVENTS, A_ID(decision));
	return rc < 0 ? rc : view_rows(v, "events", &r, write_event, NULL);
}

void
tl_view_delivery(struct tl_buf *out, const struct tl_row *r, bool seen)
{
	tl_js_id(out, "id", tl_col_id(r, 0));
	tl_js_str(out, "platform", tl_col_str(r, 1));
	tl_js_bool(out, "live", tl_col_int(r, 2) != 0);
	tl_js_str(out, "kind", tl_col_str(r, 3));
	tl_js_str(out, "subject_key", seen ? tl_col_str(r, 4) : TL_S(""));
	struct tl_str state = tl_col_str(r, 5);
	tl_js_str(out, "state", state);
	tl_js_int(out, "attempts", tl_col_int(r, 6));
	tl_js_time(out, "created_at", tl_col_int(r, 7));
	tl_js_time(out, "not_before", tl_col_int(r, 8));
	bool due = tl_str_is(state, "waiting") || tl_str_is(state, "leased");
	tl_js_time(out, "next_at", due ? tl_col_int(r, 9) : 0);
	tl_js_time(out, "delivered_at", tl_col_int(r, 10));
	tl_js_int0(out, "status", !tl_col_null(r, 11), tl_col_int(r, 11));
	tl_js_str0(out, "error", tl_col_str(r, 12));
	tl_js_raw0(out, "body", seen ? tl_col_str(r, 13) : TL_S(""));
}

static int
write_delivery(const struct tl_view *v, const struct tl_row *r, void *ctx)
{
	(void)ctx;
	tl_view_delivery(v->out, r, true);
	return 0;
}

static int
write_deliveries(const struct tl_view *v, struct tl_id decision)
{
	struct tl_row r;
	int rc = tl_db_query(v->db, &r, TL_SQL_VIEW_DELIVERIES_OF, A_ID(decision));
	return rc < 0 ? rc : view_rows(v, "deliveries", &r, write_delivery, NULL);
}

/* The statement's sections, as they were composed and sent. */
static void
write_statement(struct tl_buf *out, struct tl_str json)
{
	json_t TL_CLEANUP(tl_json_unref) *j = NULL;
	size_t i;
	json_t *section;
	tl_js_open(out, "statement", '[');
	if (json.n && tl_json_parse(json, &j) == 0) {
		json_array_foreach(json_object_get(j, "sections"), i, section)
		{
			tl_js_open(out, NULL, '{');
			tl_js_str(
			    out, "heading", tl_json_str(json_object_get(section, "heading")));
			tl_js_str(out, "text", tl_json_str(json_object_get(section, "text")));
			tl_js_close(out, '}');
		}
	}
	tl_js_close(out, ']');
}

static int
write_whole(const struct tl_view *v, const struct tl_row *r, void *ctx)
{
	struct tl_buf *out = v->out;
	struct tl_id id = tl_col_id(r, 0);
	int rc = write_row(v, r, ctx);
	tl_js_int0(out, "seq", !tl_col_null(r, 13), tl_col_int(r, 13));
	tl_js_str(out, "policy_version", tl_col_str(r, 14));
	tl_js_str(out, "facts", tl_col_str(r, 15));
	tl_js_str(out, "trigger", tl_col_str(r, 16));
	tl_js_time(out, "effective_at", tl_col_int(r, 17));
	write_statement(out, tl_col_str(r, 18));
	if (rc == 0)
		rc = write_actions(v, id);
	if (rc == 0)
		rc = write_events(v, id);
	return rc < 0 ? rc : write_deliveries(v, id);
}

int
tl_view_decisions_of(const struct tl_view *v, const char *key, int64_t platform,
    enum tl_subject_kind kind, struct tl_id subject)
{
	struct tl_row r;
	int rc = tl_db_query(v->db, &r, TL_SQL_VIEW_DECISIONS_OF_SUBJECT, A_INT(platform),
	    A_Z(tl_subject_kind_names[kind]), A_ID(subject));
	return rc < 0 ? rc : view_rows_if(v, key, &r, pick_decision, write_whole, NULL);
}
