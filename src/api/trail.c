/*
 * GET /v1/items/{id}: the whole trail of an item, from its text to the confirmed action.
 *
 * Promises: what is shown is what is stored; text that was erased is null. People are not named. Called by the
 * route table.
 */
#include "api/routes.h"

#include "api/reach.h"
#include "config/policy.h"
#include "store/actions.h"
#include "store/decisions.h"
#include "store/outbox.h"
#include "store/streams.h"
#include "sys/clock.h"

#include <math.h>

#define DECISIONS_MAX 100

static void
put_head(struct tl_buf *b, const struct tl_item_full *f)
{
	const struct tl_item *it = &f->item;
	tl_js_str(b, "id", it->ext_id);
	tl_js_int(b, "version", it->version);
	tl_js_bool(b, "live", it->live);
	tl_js_z(b, "kind", tl_item_kind_names[it->kind]);
	if (it->account_ext.n) {
		tl_js_open(b, "author", '{');
		tl_js_str(b, "id", it->account_ext);
		tl_js_close(b, '}');
	} else {
		tl_js_null(b, "author");
	}
	if (f->erased) {
		tl_js_null(b, "text");
	} else {
		tl_js_open(b, "text", '{');
		for (size_t i = 0; i < it->field_count; i++)
			tl_js_strkey(b, it->fields[i].name, it->fields[i].text);
		tl_js_close(b, '}');
	}
	tl_js_str0(b, "url", it->url);
	tl_js_str0(b, "thread", it->thread_ext);
	tl_js_str0(b, "parent", it->parent_ext);
	tl_js_z(b, "audience", tl_audience_names[it->audience]);
	tl_js_int(b, "views", it->views);
	tl_js_int(b, "engagement", it->engagement);
	tl_js_str0(b, "language", it->language);
	tl_js_str0(b, "territory", it->territory);
	tl_js_time(b, "posted_at", it->posted_at);
	tl_js_time(b, "received_at", it->received_at);
}

static void
put_verdict(struct tl_buf *b, const struct tl_item_full *f)
{
	tl_js_z(b, "state", tl_item_state_names[f->item.state]);
	tl_js_z(b, "verdict", f->has_verdict ? tl_verdict_word_names[f->verdict] : NULL);
	tl_js_time(b, "verdict_at", f->verdict_at);
	tl_js_str0(b, "ruleset", f->ruleset);
	tl_js_raw0(b, "reasons", f->reasons);
}

static void
put_media(struct tl_buf *b, const struct tl_item *it)
{
	tl_js_open(b, "media", '[');
	for (size_t i = 0; i < it->media_count; i++) {
		const struct tl_media *m = &it->media[i];
		tl_js_open(b, NULL, '{');
		tl_js_hex(b, "id", tl_bytes(m->id.b, sizeof m->id.b));
		tl_js_str(b, "mime", m->mime);
		tl_js_int(b, "bytes", m->bytes);
		tl_js_z(b, "state", tl_media_state_names[m->state]);
		tl_js_str0(b, "reason", m->reason);
		if (m->width)
			tl_js_int(b, "width", m->width);
		if (m->height)
			tl_js_int(b, "height", m->height);
		if (m->pages)
			tl_js_int(b, "pages", m->pages);
		if (m->film.n)
			tl_js_raw(b, "film", m->film);
		if (m->has_pdq)
			tl_js_int(b, "pdq_quality", m->pdq_quality);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
}

static void
put_signal(struct tl_buf *b, const struct tl_signal *s)
{
	tl_js_str(b, "detector", s->detector);
	tl_js_str(b, "version", s->version);
	tl_js_z(b, "status", s->failed ? "failed" : "ok");
	tl_js_str(b, "label", s->label);
	tl_js_num(b, "score", s->score);
	tl_js_str0(b, "policy", s->policy);
	if (s->distance >= 0)
		tl_js_int(b, "distance", s->distance);
	if (s->has_media)
		tl_js_hex(b, "media", tl_bytes(s->media.b, sizeof s->media.b));
	if (s->field.n) {
		tl_js_str(b, "field", s->field);
		tl_js_int(b, "from", s->span_from);
		tl_js_int(b, "to", s->span_to);
	}
	tl_signal_known_json(b, s);
}

static int
put_signals(struct tl_req *req, struct tl_db *db, const struct tl_item *it, struct tl_buf *b)
{
	const struct tl_signal *list = NULL;
	size_t n = 0;
	int rc = tl_item_signals_get(db, it->platform, it->id, tl_req_arena(req), &list, &n);
	if (rc < 0)
		return rc;
	tl_js_open(b, "signals", '[');
	for (size_t i = 0; i < n; i++) {
		tl_js_open(b, NULL, '{');
		put_signal(b, &list[i]);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
	return 0;
}

static int
put_flags(struct tl_db *db, const struct tl_item *it, struct tl_buf *b)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_TRAIL_FLAGS, A_INT(it->platform), A_ID(it->id));
	if (rc < 0)
		return rc;
	tl_js_open(b, "flags", '[');
	while ((rc = tl_row_next(&r)) > 0) {
		tl_js_open(b, NULL, '{');
		tl_js_id(b, "flag", tl_col_id(&r, 0));
		tl_js_str0(b, "id", tl_col_str(&r, 1));
		tl_js_str(b, "kind", tl_col_str(&r, 2));
		tl_js_str0(b, "policy", tl_col_str(&r, 3));
		tl_js_time(b, "received_at", tl_col_int(&r, 4));
		tl_js_id(b, "case", tl_col_id(&r, 5));
		tl_js_str0(b, "outcome", tl_col_str(&r, 6));
		tl_js_close(b, '}');
	}
	tl_row_end(&r);
	tl_js_close(b, ']');
	return rc;
}

static int
put_cases(struct tl_db *db, const struct tl_item *it, struct tl_buf *b)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_TRAIL_CASES, A_INT(it->platform), A_ID(it->id));
	if (rc < 0)
		return rc;
	tl_js_open(b, "cases", '[');
	while ((rc = tl_row_next(&r)) > 0) {
		tl_js_open(b, NULL, '{');
		tl_js_id(b, "case", tl_col_id(&r, 0));
		tl_js_str(b, "queue", tl_col_str(&r, 1));
		tl_js_str(b, "state", tl_col_str(&r, 2));
		tl_js_str0(b, "policy", tl_col_str(&r, 3));
		tl_js_str(b, "severity", tl_col_str(&r, 4));
		tl_js_num(b, "urgency", tl_col_real(&r, 5));
		tl_js_time(b, "clock_at", tl_col_int(&r, 6));
		tl_js_time(b, "opened_at", tl_col_int(&r, 7));
		tl_js_close(b, '}');
	}
	tl_row_end(&r);
	tl_js_close(b, ']');
	return rc;
}

static int
put_deliveries(struct tl_req *req, struct tl_db *db, struct tl_id cause, struct tl_buf *b)
{
	struct tl_outbox_row *rows = NULL;
	size_t n = 0;
	int rc = tl_outboxrow_of_cause(db, cause, tl_req_arena(req), &rows, &n);
	for (size_t i = 0; rc >= 0 && i < n; i++) {
		tl_js_open(b, NULL, '{');
		tl_js_id(b, "delivery", rows[i].id);
		tl_js_str(b, "kind", rows[i].kind);
		tl_js_id(b, "cause", rows[i].cause);
		tl_js_z(b, "state", tl_outbox_state_names[rows[i].state]);
		tl_js_int(b, "attempts", rows[i].attempts);
		if (rows[i].status)
			tl_js_int(b, "status", rows[i].status);
		tl_js_str0(b, "error", rows[i].error);
		tl_js_time(b, "created_at", rows[i].created_at);
		tl_js_time(b, "delivered_at", rows[i].delivered_at);
		tl_js_close(b, '}');
	}
	return rc;
}

static void
put_decision(struct tl_buf *b, const struct tl_decision *d)
{
	tl_js_open(b, NULL, '{');
	tl_js_id(b, "decision", d->id);
	tl_js_z(b, "kind", tl_decision_kind_names[d->kind]);
	tl_js_id(b, "reverses", d->reverses);
	tl_js_time(b, "at", d->at);
	tl_js_id(b, "case", d->case_id);
	tl_js_str(b, "policy", d->policy);
	tl_js_z(b, "ground", tl_ground_names[d->ground]);
	tl_js_z(b, "trigger", tl_trigger_names[d->trigger]);
	tl_js_str(b, "facts", d->facts);
	tl_js_bool(b, "automated_detection", d->automated_detection);
	tl_js_z(b, "automated_decision", tl_automation_names[d->automated_decision]);
	tl_js_time(b, "effective_at", d->effective_at);
	tl_js_raw0(b, "statement", d->statement);
	tl_js_close(b, '}');
}

static void
put_action(struct tl_buf *b, const struct tl_action_row *a)
{
	tl_js_open(b, NULL, '{');
	tl_js_id(b, "action", a->id);
	tl_js_id(b, "decision", a->decision);
	tl_js_str(b, "name", a->name);
	tl_js_raw0(b, "params", a->params);
	tl_js_id(b, "reverses", a->reverses);
	tl_js_z(b, "state", tl_action_state_names[a->state]);
	tl_js_time(b, "created_at", a->created_at);
	tl_js_time(b, "clock_at", a->clock_at);
	tl_js_time(b, "confirmed_at", a->confirmed_at);
	tl_js_str0(b, "note", a->confirm_note);
	tl_js_close(b, '}');
}

/* Decisions, their actions, and the deliveries that item, decisions and actions caused. */
static int
put_ledger(struct tl_req *req, struct tl_db *db, const struct tl_item *it, struct tl_buf *b)
{
	struct tl_arena *arena = tl_req_arena(req);
	struct tl_decision *decisions = NULL;
	struct tl_action_row *actions = NULL;
	size_t nd = 0, na = 0;
	int rc = tl_decision_of_subject(
	    db, it->platform, TL_SUBJECT_ITEM, it->id, DECISIONS_MAX, arena, &decisions, &nd);
	if (rc == 0)
		rc = tl_action_of_subject(
		    db, it->platform, TL_SUBJECT_ITEM, it->id, arena, &actions, &na);
	if (rc < 0)
		return rc;
	tl_js_open(b, "decisions", '[');
	for (size_t i = 0; i < nd; i++)
		put_decision(b, &decisions[i]);
	tl_js_close(b, ']');
	tl_js_open(b, "actions", '[');
	for (size_t i = 0; i < na; i++)
		put_action(b, &actions[i]);
	tl_js_close(b, ']');
	tl_js_open(b, "deliveries", '[');
	rc = put_deliveries(req, db, it->id, b);
	for (size_t i = 0; i < nd && rc >= 0; i++)
		rc = put_deliveries(req, db, decisions[i].id, b);
	for (size_t i = 0; i < na && rc >= 0; i++)
		rc = put_deliveries(req, db, actions[i].id, b);
	tl_js_close(b, ']');
	return rc;
}

/* Of a segment where it belongs; of a stream how it stands. */
static int
put_stream(struct tl_req *req, struct tl_db *db, const struct tl_item *it, struct tl_buf *b)
{
	struct tl_stream s;
	int rc = it->kind == TL_KIND_LIVE_STREAM
		     ? tl_stream_of_item(db, it->platform, it->id, tl_req_arena(req), &s)
		     : TL_ENOTFOUND;
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	tl_js_open(b, "stream", '{');
	tl_js_str(b, "id", s.ext_id);
	if (s.is_segment)
		tl_js_int(b, "seq", s.segment_seq);
	tl_js_z(b, "state", tl_stream_state_names[s.state]);
	tl_js_z(b, "ended_by",
	    s.state == TL_STREAM_RUNNING ? NULL : tl_stream_end_names[s.ended_by]);
	tl_js_time(b, "started_at", s.started_at);
	tl_js_time(b, "last_at", s.last_at);
	tl_js_time(b, "ended_at", s.ended_at);
	tl_js_int(b, "segments", s.segments);
	tl_js_int(b, "viewers", s.viewers);
	tl_js_close(b, '}');
	return 0;
}

/* What people of each age may see of it, by their settings' defaults. */
static int
put_reach(struct tl_req *req, struct tl_db *db, const struct tl_item *it,
    const struct tl_item_state_row *row, struct tl_buf *b)
{
	const struct tl_policy_set *set TL_CLEANUP(tl_policy_unrefp) =
	    tl_app_policies(&tl_api_of(req)->app);
	struct tl_reach_load load = {.set = set, .now = tl_now_us()};
	struct tl_reach_item item;
	int rc = tl_reach_load_item(db, it->platform, row, tl_req_arena(req), &load, &item);
	if (rc < 0)
		return rc;
	tl_js_open(b, "reach", '{');
	for (int band = TL_AGE_13_15; band <= TL_AGE_18; band++) {
		const struct tl_minors_account of = {.band = (enum tl_age_band)band};
		struct tl_reach_viewer viewer = tl_reach_viewer_of(set, &of, false, load.now);
		struct tl_reach r = tl_reach_decide(set, &item, &viewer, load.now);
		tl_js_open(b, tl_age_band_names[band], '{');
		tl_reach_put(b, &r);
		tl_js_close(b, '}');
	}
	tl_js_close(b, '}');
	return 0;
}

static int
read_trail(struct tl_req *req, struct tl_db *db, struct tl_buf *b)
{
	struct tl_item_state_row row;
	struct tl_item_full *f = TL_NEW(tl_req_arena(req), struct tl_item_full);
	int rc = f ? tl_api_find_item(req, db, &row) : tl_arena_check(tl_req_arena(req));
	if (rc == 0)
		rc = tl_item_get(db, tl_req_who(req)->platform, row.id, tl_req_arena(req), f);
	if (rc < 0)
		return rc;
	tl_js_open(b, NULL, '{');
	put_head(b, f);
	put_verdict(b, f);
	put_media(b, &f->item);
	rc = put_stream(req, db, &f->item, b);
	if (rc >= 0)
		rc = put_reach(req, db, &f->item, &row, b);
	if (rc >= 0)
		rc = put_signals(req, db, &f->item, b);
	if (rc >= 0)
		rc = put_flags(db, &f->item, b);
	if (rc >= 0)
		rc = put_cases(db, &f->item, b);
	if (rc >= 0)
		rc = put_ledger(req, db, &f->item, b);
	tl_js_close(b, '}');
	return rc < 0 ? rc : 0;
}

void
tl_api_get_item(struct tl_req *req)
{
	tl_api_read(req, read_trail);
}
