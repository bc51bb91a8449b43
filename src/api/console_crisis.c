/*
 * Crisis mode: watches that run and their live figures, starting one from a case, its net and its end.
 *
 * Promises: who starts or changes one may decide under its policy; a wider net is shown by a preview first, and takes force
 * only when it is sent; every step is in the audit trail. Failures: EFIELD, STATE (it has ended), the store's. Called by the
 * console's routes.
 */
#include "api/console_copies.h"

#include "again/crisis.h"
#include "store/items.h"
#include "sys/clock.h"

#define HOURS_MAX 720
#define NEWEST 24

static void
put_watch(struct tl_call *c, const struct tl_watch *w)
{
	struct tl_buf *out = &c->out;
	struct tl_view v = tl_call_view(c);
	tl_js_id(out, "id", w->id);
	tl_js_str(out, "title", w->title);
	tl_js_str(out, "policy", w->policy);
	tl_js_z(out, "effect", w->holds ? "withhold" : "review");
	tl_js_id(out, "bank", w->bank);
	tl_js_str(out, "bank_name", w->bank_name);
	tl_js_z(out, "kind", tl_bank_kind_names[w->kind]);
	tl_js_int(out, "distance", w->distance);
	tl_js_bool(out, "turned", w->turned);
	tl_js_int(out, "entries", w->entries);
	if (tl_view_person(&v, "started_by", w->started_by) < 0)
		tl_js_null(out, "started_by");
	tl_js_time(out, "started_at", w->started_at);
	tl_js_time(out, "ends_at", w->ends_at);
	tl_js_time(out, "ended_at", w->ended_at);
	tl_js_bool(out, "by_itself", tl_str_is(w->ended_by, "system"));
	tl_js_raw0(out, "report", w->report);
}

int
tl_console_crisis(struct tl_call *c)
{
	struct tl_watch *list;
	size_t n;
	int rc = tl_watch_list(c->db, c->arena, &list, &n);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	tl_js_open(&c->out, "watches", '[');
	for (size_t i = 0; i < n; i++) {
		if (!tl_call_may(c, TL_ACT_SEE, TL_S(""), list[i].policy))
			continue;
		tl_js_open(&c->out, NULL, '{');
		put_watch(c, &list[i]);
		tl_js_close(&c->out, '}');
	}
	tl_js_close(&c->out, ']');
	tl_js_close(&c->out, '}');
	return 0;
}

static int
read_watch(struct tl_call *c, enum tl_act act, struct tl_watch *ret)
{
	struct tl_id id;
	*ret = (struct tl_watch){0};
	int rc = tl_call_id(c, 0, &id);
	if (rc == 0)
		rc = tl_watch_get(c->db, id, c->arena, ret);
	return rc < 0 ? rc : tl_call_need_policy(c, act, ret->policy);
}

static int
write_watch(struct tl_call *c, struct tl_id id)
{
	struct tl_watch w = {0};
	int rc = tl_watch_get(c->db, id, c->arena, &w);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	put_watch(c, &w);
	rc = tl_watch_figures(c->db, &w, &c->out);
	if (rc == 0)
		rc = tl_watch_newest(c->db, &w, "newest", NEWEST, &c->out);
	tl_js_close(&c->out, '}');
	return rc;
}

int
tl_console_crisis_get(struct tl_call *c)
{
	struct tl_watch w = {0};
	int rc = read_watch(c, TL_ACT_SEE, &w);
	return rc < 0 ? rc : write_watch(c, w.id);
}

struct start {
	struct tl_str of, title, policy;
	int64_t distance, hours;
	int effect;
	bool turned;
};

static int
case_item(struct tl_call *c, const struct start *s, struct tl_item_full *ret)
{
	struct tl_id id;
	struct tl_case of;
	if (tl_id_parse(s->of, &id) < 0)
		return tl_fail_at(TL_EFIELD, "/case", "is not the id of a case");
	int rc = tl_case_get(c->db, c->arena, id, &of);
	if (rc == 0)
		rc = tl_review_need(c->db, c->arena, &c->who, TL_ACT_SEE, &of);
	if (rc == 0 && of.subject_kind != TL_SUBJECT_ITEM)
		rc = tl_fail_at(TL_EFIELD, "/case", "is about an account");
	return rc < 0 ? rc : tl_item_head(c->db, of.platform, of.subject, c->arena, ret);
}

int
tl_console_crisis_start(struct tl_call *c)
{
	static const char *const effects[] = {"withhold", "review", NULL};
	static const struct tl_json_field fields[] = {
	    {"case", TL_J_STR, offsetof(struct start, of), 1, 64, NULL, true},
	    {"title", TL_J_STR, offsetof(struct start, title), 1, TL_WATCH_TITLE_MAX, NULL,
		true},
	    {"policy", TL_J_STR, offsetof(struct start, policy), 1, 200, NULL, true},
	    {"effect", TL_J_ENUM, offsetof(struct start, effect), 0, 0, effects, true},
	    {"distance", TL_J_INT, offsetof(struct start, distance), 0, 63, NULL, true},
	    {"hours", TL_J_INT, offsetof(struct start, hours), 1, HOURS_MAX, NULL, true},
	};
	struct start s = {0};
	struct tl_item_full item;
	int rc = TL_CALL_JSON(c, fields, &s);
	if (rc == 0 && !tl_policy_find(c->set, s.policy))
		rc = tl_fail_at(TL_EFIELD, "/policy", "there is no such policy");
	if (rc == 0)
		rc = tl_call_need_policy(c, TL_ACT_DECIDE, s.policy);
	if (rc == 0)
		rc = case_item(c, &s, &item);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	struct tl_watch w = {.title = s.title,
	    .policy = s.policy,
	    .holds = s.effect == 0,
	    .distance = (int)s.distance,
	    .turned = true,
	    .started_by = c->who.id,
	    .ends_at = tl_now_us() + s.hours * TL_US_HOUR};
	rc = tl_watch_start(c->db, &item.item, &w, c->arena);
	if (rc == 0)
		rc = tl_call_audit(c, "watch.start", w.id,
		    tl_arena_printf(c->arena, "%.*s", TL_ARG(w.bank_name)));
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	if (rc < 0)
		return rc;
	tl_app_wake(c->app, TL_PROC_WORKER);
	tl_app_wake(c->app, TL_PROC_FINDER);
	c->status = 201;
	return write_watch(c, w.id);
}

int
tl_console_crisis_preview(struct tl_call *c)
{
	struct tl_watch w = {0};
	struct tl_again_index *x = NULL;
	int64_t distance = 31;
	int rc = read_watch(c, TL_ACT_SEE, &w);
	if (rc == 0)
		rc = tl_req_query_int(c->req, "distance", 0, TL_INDEX_DISTANCE_MAX, &distance);
	if (rc == 0)
		rc = tl_copies_index(c, &x);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	rc = tl_watch_preview(c->db, x, &w, (int)distance, c->arena, &c->out);
	tl_js_close(&c->out, '}');
	tl_copies_index_give();
	return rc;
}

int
tl_console_crisis_change(struct tl_call *c)
{
	struct change {
		int64_t distance, hours;
	} ask = {-1, -1};
	static const struct tl_json_field fields[] = {
	    {"distance", TL_J_INT, offsetof(struct change, distance), 0, 63, NULL, false},
	    {"hours", TL_J_INT, offsetof(struct change, hours), 1, HOURS_MAX, NULL, false},
	};
	struct tl_watch w = {0};
	int rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0)
		rc = read_watch(c, TL_ACT_DECIDE, &w);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	if (ask.distance >= 0)
		rc = tl_watch_distance(c->db, &w, (int)ask.distance, c->arena);
	if (rc == 0 && ask.hours > 0)
		rc = tl_watch_until(c->db, &w, tl_now_us() + ask.hours * TL_US_HOUR);
	if (rc == 0 && ask.distance >= 0)
		rc = tl_call_audit(c, "watch.change", w.id,
		    tl_arena_printf(
			c->arena, "distance %d to %d", w.distance, (int)ask.distance));
	if (rc == 0 && ask.hours > 0)
		rc = tl_call_audit(c, "watch.change", w.id,
		    tl_arena_printf(c->arena, "ends in %d h", (int)ask.hours));
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	if (rc < 0)
		return rc;
	tl_app_wake(c->app, TL_PROC_WORKER);
	tl_app_wake(c->app, TL_PROC_FINDER);
	return write_watch(c, w.id);
}

int
tl_console_crisis_end(struct tl_call *c)
{
	struct tl_watch w = {0};
	int rc = read_watch(c, TL_ACT_DECIDE, &w);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_watch_end(c->db, &w, tl_str(c->actor), c->arena);
	if (rc == 0)
		rc = tl_call_audit(c, "watch.end", w.id, "by hand");
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	if (rc < 0)
		return rc;
	tl_app_wake(c->app, TL_PROC_WORKER);
	return write_watch(c, w.id);
}
