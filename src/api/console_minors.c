/*
 * Settings by age in the console: snapshots and their trend, accounts to mend, and migrations of a population.
 *
 * Promises: what starts or undoes a migration passes the two-person rule; every step is in the audit trail. Failures: EFIELD,
 * CONFLICT, the store's. Called by the console's routes.
 */
#include "api/console_int.h"

#include "minors/audit.h"
#include "minors/move.h"
#include "store/accounts.h"

#include <stdio.h>

#define PAGE 100

/* ?platform, by its name; ?test=true: its test accounts. */
static int
world(struct tl_call *c, int64_t *ret_platform, bool *ret_live)
{
	struct tl_str name = {0}, test = {0};
	*ret_live = !(tl_req_query(c->req, "test", &test) && tl_str_is(test, "true"));
	if (!tl_req_query(c->req, "platform", &name))
		return tl_fail_at(TL_EFIELD, "platform", "is needed");
	return tl_platform_find(c->db, name, ret_platform);
}

int
tl_console_minors_snapshots(struct tl_call *c)
{
	struct tl_snapshot *list = NULL;
	size_t n = 0;
	int64_t platform = 0, cursor = 0;
	bool live = true;
	int rc = world(c, &platform, &live);
	if (rc == 0)
		rc = tl_req_query_int(c->req, "cursor", 1, INT64_MAX, &cursor);
	if (rc == 0)
		rc = tl_snapshot_page(c->db, platform, live, cursor, PAGE, c->arena, &list, &n);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	tl_js_open(&c->out, "snapshots", '[');
	for (size_t i = 0; i < n; i++) {
		tl_js_open(&c->out, NULL, '{');
		tl_audit_put_snapshot(&c->out, &list[i]);
		tl_js_close(&c->out, '}');
	}
	tl_js_close(&c->out, ']');
	tl_js_int0(&c->out, "cursor", n == PAGE, n ? list[n - 1].seq : 0);
	tl_js_close(&c->out, '}');
	return 0;
}

int
tl_console_minors_snapshot(struct tl_call *c)
{
	struct tl_snapshot s = {0};
	int64_t platform = 0;
	bool live = true;
	int rc = world(c, &platform, &live);
	if (rc == 0)
		rc = tl_snapshot_get(
		    c->db, platform, live, tl_req_param(c->req, 0), c->arena, &s);
	return rc < 0 ? rc : tl_audit_put_whole(c->db, &s, c->arena, &c->out);
}

int
tl_console_minors_mend(struct tl_call *c)
{
	struct tl_mend ask = {.max = PAGE};
	struct tl_id last = {0};
	struct tl_str v;
	int rc = world(c, &ask.platform, &ask.live);
	if (rc == 0 && tl_req_query(c->req, "cursor", &v) && tl_id_parse(v, &ask.after) < 0)
		rc = tl_fail_at(TL_EFIELD, "cursor", "is not one that was answered");
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	tl_js_open(&c->out, "accounts", '[');
	rc = tl_audit_put_mend(c->db, c->set, &ask, c->arena, &c->out, &last);
	tl_js_close(&c->out, ']');
	tl_js_id(&c->out, "cursor", last);
	tl_js_close(&c->out, '}');
	return rc;
}

/* Migrations ------------------------------------------------------------------------------------------------------ */

int
tl_console_minors_moves(struct tl_call *c)
{
	struct tl_move *list = NULL;
	size_t n = 0;
	int64_t platform = 0;
	bool live = true;
	int rc = world(c, &platform, &live);
	if (rc == 0)
		rc = tl_move_list(c->db, platform, live, PAGE, c->arena, &list, &n);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	tl_js_open(&c->out, "migrations", '[');
	for (size_t i = 0; i < n; i++) {
		tl_js_open(&c->out, NULL, '{');
		tl_move_put(&c->out, &list[i]);
		tl_js_close(&c->out, '}');
	}
	tl_js_close(&c->out, ']');
	tl_js_close(&c->out, '}');
	return 0;
}

static int
answer(struct tl_call *c, const struct tl_move *m)
{
	tl_js_open(&c->out, NULL, '{');
	tl_move_put(&c->out, m);
	tl_js_close(&c->out, '}');
	return 0;
}

static int
guard(struct tl_call *c, struct tl_str platform, const struct tl_move *m, const char *will)
{
	struct tl_what TL_CLEANUP(tl_what_fini) w = {0};
	char share[32];
	(void)snprintf(
	    share, sizeof share, "%lld %%", (long long)(m->share * 100 / TL_MOVE_SHARE_ALL));
	tl_what_begin(&w, platform);
	tl_what_change(&w, "migration", TL_S(""), tl_str(will));
	tl_what_change(&w, "age_band", TL_S(""),
	    m->one_band ? tl_str(tl_age_band_names[m->band]) : TL_S("all"));
	tl_what_change(&w, "share", TL_S(""), tl_str(share));
	return tl_call_guard(c, TL_GUARD_MIGRATE, &w);
}

struct move_ask {
	struct tl_str platform;
	bool test;
	int band;
	int64_t percent, batch, per_minute;
};

int
tl_console_minors_move_start(struct tl_call *c)
{
	static const struct tl_json_field fields[] = {
	    {"platform", TL_J_STR, offsetof(struct move_ask, platform), 1, 100, NULL, true},
	    {"test", TL_J_BOOL, offsetof(struct move_ask, test), 0, 0, NULL, false},
	    {"age_band", TL_J_ENUM, offsetof(struct move_ask, band), 0, 0, tl_age_band_names,
		false},
	    {"percent", TL_J_INT, offsetof(struct move_ask, percent), 1, 100, NULL, false},
	    {"batch", TL_J_INT, offsetof(struct move_ask, batch), 1, TL_MOVE_BATCH_MAX, NULL,
		false},
	    {"per_minute", TL_J_INT, offsetof(struct move_ask, per_minute), 0, 10000000, NULL,
		false},
	};
	struct move_ask ask = {.band = -1, .percent = 100, .batch = 200};
	struct tl_move m = {0};
	int rc = TL_CALL_JSON(c, fields, &ask);
	m = (struct tl_move){.live = !ask.test,
	    .one_band = ask.band >= 0,
	    .band = ask.band >= 0 ? (enum tl_age_band)ask.band : TL_AGE_UNKNOWN,
	    .share = ask.percent * TL_MOVE_SHARE_ALL / 100,
	    .batch = ask.batch,
	    .per_minute = ask.per_minute,
	    .made_by = tl_str(c->actor)};
	if (rc == 0)
		rc = tl_platform_find(c->db, ask.platform, &m.platform);
	if (rc == 0)
		rc = guard(c, ask.platform, &m, "start");
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_move_start(c->db, &m);
	if (rc == 0)
		rc = tl_call_audit(c, "minors.migrate", m.id, "start");
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	c->status = 201;
	return rc < 0 ? rc : answer(c, &m);
}

static int
act(struct tl_call *c, enum tl_move_event event, const char *word)
{
	struct tl_move m = {0};
	struct tl_str platform = {0};
	struct tl_id id;
	int rc = tl_call_id(c, 0, &id);
	if (rc == 0)
		rc = tl_move_get(c->db, id, c->arena, &m);
	if (rc == 0)
		rc = tl_platform_name(c->db, m.platform, c->arena, &platform);
	if (rc == 0 && event == TL_MOVE_UNDO)
		rc = guard(c, platform, &m, word);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_move_get(c->db, id, c->arena, &m);
	if (rc == 0)
		rc = tl_move_do(c->db, &m, event);
	if (rc == 0)
		rc = tl_call_audit(c, "minors.migrate", id, word);
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	return rc < 0 ? rc : answer(c, &m);
}

int
tl_console_minors_move_pause(struct tl_call *c)
{
	return act(c, TL_MOVE_PAUSE, "pause");
}

int
tl_console_minors_move_resume(struct tl_call *c)
{
	return act(c, TL_MOVE_RESUME, "resume");
}

int
tl_console_minors_move_undo(struct tl_call *c)
{
	return act(c, TL_MOVE_UNDO, "undo");
}
