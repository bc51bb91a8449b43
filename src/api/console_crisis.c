/*
 * Crisis mode: watches that run and their live figures, starting one from a case, its net and its end.
 *
 * Promises: who starts or changes one may decide under its policy; what a net would catch is shown by a preview, before
 * it is cast too, and takes force only when it is sent; every step is in the audit trail. Failures: EFIELD, STATE (it has ended), the store's. Called by the
 * console's routes.
 */
#include "api/console_copies.h"

#include "again/crisis.h"
#include "store/decisions.h"
#include "store/items.h"
#include "store/media.h"
#include "store/tags.h"
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
sees_item(void *ctx, int64_t platform, struct tl_id item, bool *ret)
{
	struct tl_view v = tl_call_view(ctx);
	return tl_view_sees_subject(&v, platform, TL_SUBJECT_ITEM, item, ret);
}

static int
sees_media(void *ctx, int64_t platform, const struct tl_media_id *media, bool *ret)
{
	struct tl_call *c = ctx;
	struct tl_tags tags;
	int rc = tl_tags_of_media(c->db, platform, media, c->arena, &tags);
	if (rc == 0)
		*ret = tl_may_on(&c->who.access, TL_ACT_SEE, tags.v, tags.n);
	return rc;
}

static struct tl_watch_eyes
eyes(struct tl_call *c)
{
	return (struct tl_watch_eyes){sees_item, sees_media, c};
}

static int
write_watch(struct tl_call *c, struct tl_id id)
{
	struct tl_watch_eyes look = eyes(c);
	struct tl_watch w = {0};
	int rc = tl_watch_get(c->db, id, c->arena, &w);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	put_watch(c, &w);
	rc = tl_watch_figures(c->db, &w, &c->out);
	if (rc == 0)
		rc = tl_watch_newest(c->db, &w, "newest", NEWEST, &look, &c->out);
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

/* From one of these: a case, a decision, or what a file is known by (console_known.c). */
struct start {
	struct tl_str of, decision, medium, title, policy;
	json_t *known;
	int64_t distance, hours;
	int effect;
};

#define SOURCE_FIELDS                                                                          \
	{"case", TL_J_STR, offsetof(struct start, of), 1, 64, NULL, false},                    \
	    {"decision", TL_J_STR, offsetof(struct start, decision), 1, 64, NULL, false},      \
	    {"media", TL_J_STR, offsetof(struct start, medium), 64, 64, NULL, false},          \
	{                                                                                      \
		"known", TL_J_ARRAY, offsetof(struct start, known), 1, 1, NULL, false          \
	}

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

static int
decision_item(struct tl_call *c, const struct start *s, struct tl_item_full *ret)
{
	struct tl_id id;
	struct tl_decision d = {0};
	struct tl_tags tags = {0};
	if (tl_id_parse(s->decision, &id) < 0)
		return tl_fail_at(TL_EFIELD, "/decision", "is not the id of a decision");
	int rc = tl_tags_of_decision(c->db, id, c->arena, &tags);
	rc = tl_call_need_tags(c, TL_ACT_SEE, rc, &tags);
	if (rc == 0)
		rc = tl_decision_get(c->db, id, c->arena, &d, NULL);
	if (rc == 0 && d.subject_kind != TL_SUBJECT_ITEM)
		rc = tl_fail_at(TL_EFIELD, "/decision", "is about an account");
	return rc < 0 ? rc : tl_item_head(c->db, d.platform, d.subject, c->arena, ret);
}

static int
source(struct tl_call *c, const struct start *s, struct tl_bank_entry **ret, size_t *ret_count)
{
	struct tl_item_full item;
	if ((s->of.n > 0) + (s->decision.n > 0) + (s->known != NULL) != 1)
		return tl_fail_at(
		    TL_EFIELD, "/case", "one of case, decision and known says what to watch");
	if (s->known)
		return tl_console_known_read(c, s->known, ret, ret_count);
	int rc = s->of.n ? case_item(c, s, &item) : decision_item(c, s, &item);
	if (rc == 0)
		rc = tl_media_of_item(c->db, &item.item, c->arena);
	return rc < 0
		   ? rc
		   : tl_watch_of_item(c->db, &item.item, s->medium, c->arena, ret, ret_count);
}

static int
start(struct tl_call *c, const struct start *s, struct tl_watch *w)
{
	struct tl_bank_entry *entries = NULL;
	size_t count = 0;
	int rc = source(c, s, &entries, &count);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_watch_start(c->db, entries, count, c->session->user.name, w, c->arena);
	if (rc == 0)
		rc = tl_call_audit(c, "watch.start", w->id,
		    tl_arena_printf(c->arena, "%.*s: %s within %d bits for %lld h",
			TL_ARG(w->bank_name), w->holds ? "withhold" : "review", w->distance,
			(long long)s->hours));
	return tl_call_end(c, TL_SYNC_FULL, rc);
}

int
tl_console_crisis_start(struct tl_call *c)
{
	static const char *const effects[] = {"withhold", "review", NULL};
	static const struct tl_json_field fields[] = {
	    SOURCE_FIELDS,
	    {"title", TL_J_STR, offsetof(struct start, title), 1, TL_WATCH_TITLE_MAX, NULL,
		true},
	    {"policy", TL_J_STR, offsetof(struct start, policy), 1, 200, NULL, true},
	    {"effect", TL_J_ENUM, offsetof(struct start, effect), 0, 0, effects, true},
	    {"distance", TL_J_INT, offsetof(struct start, distance), 0, 63, NULL, true},
	    {"hours", TL_J_INT, offsetof(struct start, hours), 1, HOURS_MAX, NULL, true},
	};
	struct start s = {0};
	int rc = TL_CALL_JSON(c, fields, &s);
	if (rc == 0 && !tl_policy_find(c->set, s.policy))
		rc = tl_fail_at(TL_EFIELD, "/policy", "there is no such policy");
	if (rc == 0)
		rc = tl_call_need_policy(c, TL_ACT_DECIDE, s.policy);
	struct tl_watch w = {.title = s.title,
	    .policy = s.policy,
	    .holds = s.effect == 0,
	    .distance = (int)s.distance,
	    .turned = true,
	    .started_by = c->who.id,
	    .ends_at = tl_now_us() + s.hours * TL_US_HOUR};
	if (rc == 0)
		rc = start(c, &s, &w);
	if (rc < 0)
		return rc;
	tl_app_wake(c->app, TL_PROC_WORKER);
	tl_app_wake(c->app, TL_PROC_FINDER);
	c->status = 201;
	return write_watch(c, w.id);
}

static int
preview(struct tl_call *c, const struct tl_watch_net *net, int now)
{
	struct tl_again_index *x = NULL;
	struct tl_watch_eyes look = eyes(c);
	int rc = tl_copies_index(c, &x);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	rc = tl_watch_preview(c->db, x, net, now, &look, &c->out);
	tl_js_close(&c->out, '}');
	tl_copies_index_give();
	return rc;
}

int
tl_console_crisis_preview(struct tl_call *c)
{
	struct tl_watch w = {0};
	struct tl_watch_net net;
	int64_t distance = 31;
	int rc = read_watch(c, TL_ACT_SEE, &w);
	if (rc == 0)
		rc = tl_req_query_int(c->req, "distance", 0, TL_INDEX_DISTANCE_MAX, &distance);
	if (rc == 0)
		rc = tl_watch_net_of(c->db, &w, (int)distance, c->arena, &net);
	return rc < 0 ? rc : preview(c, &net, w.distance);
}

int
tl_console_crisis_try(struct tl_call *c)
{
	static const struct tl_json_field fields[] = {SOURCE_FIELDS,
	    {"distance", TL_J_INT, offsetof(struct start, distance), 0, 63, NULL, true}};
	struct start s = {0};
	struct tl_watch_net net;
	struct tl_bank_entry *entries = NULL;
	size_t count = 0;
	int rc = TL_CALL_JSON(c, fields, &s);
	if (rc == 0)
		rc = source(c, &s, &entries, &count);
	if (rc < 0)
		return rc;
	tl_watch_net(entries, count, (int)s.distance, &net);
	return preview(c, &net, -1);
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
		rc = tl_watch_distance(
		    c->db, &w, (int)ask.distance, c->session->user.name, c->arena);
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
