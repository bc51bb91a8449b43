/*
 * Banks as a whole: list, create, change, rename, delete, history. Entries: console_bank_entries.c, files:
 * console_bank_files.c.
 *
 * Promises: a bank that a rule names keeps its name and is not deleted; every change is in the audit trail with what was
 * and what is. Workers see a change within a second.
 */
#include "api/console_banks_int.h"

#include "again/again.h"
#include "again/crisis.h"
#include "store/rejudge.h"
#include "sys/clock.h"

#define HISTORY 50

/* Showing ---------------------------------------------------------------------------------- */

/* Matches since then: a figure of the list. */
static int
matches(struct tl_call *c, struct tl_id bank, int64_t for_us, int64_t *ret)
{
	struct tl_row r;
	int rc = tl_db_first(
	    c->db, &r, TL_SQL_VIEW_BANK_MATCHES, A_ID(bank), A_INT(tl_now_us() - for_us));
	if (rc < 0)
		return rc;
	*ret = tl_col_int(&r, 0);
	tl_row_end(&r);
	return 0;
}

/* When something about it was last changed, by the audit trail. */
static int
last_change(struct tl_call *c, struct tl_id bank, int64_t *ret)
{
	char id[TL_ID_TEXT];
	struct tl_row r;
	tl_id_text(id, bank);
	int rc = tl_db_first(c->db, &r, TL_SQL_VIEW_BANK_CHANGED, A_Z(id));
	if (rc < 0)
		return rc;
	*ret = tl_col_int(&r, 0);
	tl_row_end(&r);
	return 0;
}

/* Percent of its entries that were compared with what was published before. */
static int
compared(struct tl_call *c, const struct tl_bank *b)
{
	int64_t entries = 0, left = 0;
	int rc = tl_again_bank_progress(c->db, b->id, &entries, &left);
	int64_t done = entries > left ? entries - left : 0;
	tl_js_int(&c->out, "compared", entries ? done * 100 / entries : 100);
	return rc;
}

/* Nothing comes of what it matches: no rule in force names it, and it needs one. */
static int
idle(struct tl_call *c, const struct tl_bank *b)
{
	bool named = false, known = false;
	bool watch = tl_str_is(b->source, TL_WATCH_SOURCE_HOLD) ||
		     tl_str_is(b->source, TL_WATCH_SOURCE_ASK);
	int rc = tl_rejudge_named(c->db, b->id, &named, &known);
	tl_js_bool(&c->out, "idle",
	    known && !named && !watch && b->enabled && b->direction == TL_DIRECTION_BLOCK);
	return rc;
}

int
bank_write(struct tl_call *c, const char *key, const struct tl_bank *b)
{
	int64_t day = 0, week = 0, changed = 0;
	int rc = matches(c, b->id, TL_US_DAY, &day);
	if (rc == 0)
		rc = matches(c, b->id, 7 * TL_US_DAY, &week);
	if (rc == 0)
		rc = last_change(c, b->id, &changed);
	struct tl_buf *out = &c->out;
	tl_js_open(out, key, '{');
	tl_js_id(out, "id", b->id);
	tl_js_str(out, "name", b->name);
	tl_js_z(out, "kind", tl_bank_kind_names[b->kind]);
	tl_js_str(out, "policy", b->policy);
	tl_js_str(out, "source", b->source);
	tl_js_str0(out, "classification", b->classification);
	tl_js_z(out, "direction", tl_bank_direction_names[b->direction]);
	tl_js_int(out, "distance", b->distance);
	tl_js_num(out, "share", b->share);
	tl_js_int(out, "share_query", b->share_query);
	tl_js_int(out, "share_known", b->share_known);
	tl_js_bool(out, "turned", b->turned);
	tl_js_bool(out, "brake", !b->no_brake);
	tl_js_bool(out, "enabled", b->enabled);
	tl_js_int(out, "entries", b->entries);
	int said = idle(c, b);
	rc = rc < 0 ? rc : said;
	if (rc == 0 && key && b->kind != TL_BANK_TEXT)
		rc = compared(c, b);
	else
		tl_js_null(out, "compared");
	tl_js_int(out, "matches_24h", day);
	tl_js_int(out, "matches_7d", week);
	tl_js_time(out, "created_at", b->created_at);
	tl_js_time(out, "changed_at", changed ? changed : b->created_at);
	tl_js_close(out, '}');
	return rc;
}

int
bank_load(struct tl_call *c, struct tl_bank *ret)
{
	struct tl_id id;
	int rc = tl_call_id(c, 0, &id);
	if (rc == 0)
		rc = tl_bank_get(c->db, id, c->arena, ret);
	if (rc == TL_ENOTFOUND)
		return tl_fail(rc, "there is no such bank");
	/* Whoever changes a bank decides what is found under its policy. */
	bool reads = !c->proposed && tl_str_is(tl_req_method(c->req), "GET");
	return rc < 0 ? rc
		      : tl_call_need_policy(c, reads ? TL_ACT_SEE : TL_ACT_DECIDE, ret->policy);
}

int
bank_audit(
    struct tl_call *c, const char *verb, const struct tl_bank *b, const struct tl_buf *detail)
{
	const char *text = tl_arena_printf(
	    c->arena, "%.*s", (int)detail->n, detail->n ? (const char *)detail->p : "");
	return tl_call_audit(c, verb, b->id, text);
}

struct tl_str
bank_who(struct tl_call *c, struct tl_str actor)
{
	static const char user[] = "user:";
	struct tl_id id;
	struct tl_user u;
	size_t n = sizeof user - 1;
	if (actor.n <= n || memcmp(actor.p, user, n) != 0 ||
	    tl_id_parse(tl_bytes(actor.p + n, actor.n - n), &id) < 0 ||
	    tl_user_get(c->db, id, c->arena, &u) < 0)
		return actor;
	return u.name;
}

int
tl_console_banks(struct tl_call *c)
{
	struct tl_bank *list;
	size_t n;
	int rc = tl_bank_list(c->db, c->arena, &list, &n);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	tl_js_open(&c->out, "banks", '[');
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (tl_call_may(c, TL_ACT_SEE, TL_S(""), list[i].policy))
			rc = bank_write(c, NULL, &list[i]);
	}
	tl_js_close(&c->out, ']');
	tl_js_close(&c->out, '}');
	return rc;
}

int
tl_console_bank_history(struct tl_call *c)
{
	struct tl_bank b = {0};
	struct tl_audit_row *rows = NULL;
	size_t n = 0;
	char id[TL_ID_TEXT];
	int rc = bank_load(c, &b);
	if (rc < 0)
		return rc;
	tl_id_text(id, b.id);
	const struct tl_audit_filter f = {.subject = tl_str(id), .limit = HISTORY};
	rc = tl_audit_list(c->db, &f, c->arena, &rows, &n);
	tl_js_open(&c->out, NULL, '{');
	tl_js_open(&c->out, "rows", '[');
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (tl_str_is(rows[i].verb, "bank.view"))
			continue;
		tl_js_open(&c->out, NULL, '{');
		tl_js_id(&c->out, "id", rows[i].id);
		tl_js_time(&c->out, "at", rows[i].at);
		tl_js_str(&c->out, "who", bank_who(c, rows[i].actor));
		tl_js_str(&c->out, "verb", rows[i].verb);
		tl_js_str0(&c->out, "detail", rows[i].detail);
		tl_js_close(&c->out, '}');
	}
	tl_js_close(&c->out, ']');
	tl_js_close(&c->out, '}');
	return rc;
}

/* Settings --------------------------------------------------------------------------------- */

struct settings {
	struct tl_str name, policy, source, classification;
	int kind, direction;
	int64_t distance, share_query, share_known;
	double share;
	bool turned, brake, enabled;
};

static const struct tl_json_field fields[] = {
    {"name", TL_J_STR, offsetof(struct settings, name), 1, TL_BANK_NAME_MAX, NULL, false},
    {"kind", TL_J_ENUM, offsetof(struct settings, kind), 0, 0, tl_bank_kind_names, false},
    {"policy", TL_J_STR, offsetof(struct settings, policy), 1, 200, NULL, false},
    {"source", TL_J_STR, offsetof(struct settings, source), 0, 200, NULL, false},
    {"classification", TL_J_STR, offsetof(struct settings, classification), 0,
	TL_BANK_CLASS_MAX, NULL, false},
    {"direction", TL_J_ENUM, offsetof(struct settings, direction), 0, 0,
	tl_bank_direction_names, false},
    {"distance", TL_J_INT, offsetof(struct settings, distance), 0, TL_BANK_DISTANCE_MAX, NULL,
	false},
    {"share", TL_J_NUM, offsetof(struct settings, share), 0, 1, NULL, false},
    {"share_query", TL_J_INT, offsetof(struct settings, share_query), 0, 100, NULL, false},
    {"share_known", TL_J_INT, offsetof(struct settings, share_known), 0, 100, NULL, false},
    {"turned", TL_J_BOOL, offsetof(struct settings, turned), 0, 0, NULL, false},
    {"brake", TL_J_BOOL, offsetof(struct settings, brake), 0, 0, NULL, false},
    {"enabled", TL_J_BOOL, offsetof(struct settings, enabled), 0, 0, NULL, false},
};

static void
apply(const struct settings *s, struct tl_bank *b)
{
	b->policy = s->policy;
	b->source = s->source;
	b->classification = s->classification;
	b->direction = (enum tl_bank_direction)s->direction;
	b->distance = (int)s->distance;
	b->share = s->share;
	b->share_query = (int)s->share_query;
	b->share_known = (int)s->share_known;
	b->turned = s->turned;
	b->no_brake = !s->brake;
	b->enabled = s->enabled;
}

static struct settings
of_bank(const struct tl_bank *b)
{
	return (struct settings){.name = b->name,
	    .policy = b->policy,
	    .source = b->source,
	    .classification = b->classification,
	    .kind = (int)b->kind,
	    .direction = (int)b->direction,
	    .distance = b->distance,
	    .share = b->share,
	    .share_query = b->share_query,
	    .share_known = b->share_known,
	    .turned = b->turned,
	    .brake = !b->no_brake,
	    .enabled = b->enabled};
}

static int
policy_known(const struct tl_call *c, struct tl_str policy)
{
	if (tl_policy_find(c->set, policy))
		return tl_call_need_policy(c, TL_ACT_DECIDE, policy);
	return tl_fail_at(TL_EFIELD, "/policy", "there is no such policy");
}

int
tl_console_bank_create(struct tl_call *c)
{
	struct settings ask = {.source = TL_S("own"),
	    .kind = -1,
	    .distance = 31,
	    .share = 1,
	    .brake = true,
	    .enabled = true};
	int rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0 && (!ask.name.n || ask.kind < 0))
		rc = tl_fail_at(TL_EFIELD, ask.name.n ? "/kind" : "/name", "is required");
	if (rc == 0 && !ask.policy.n)
		rc = tl_fail_at(TL_EFIELD, "/policy", "is required");
	if (rc == 0)
		rc = policy_known(c, ask.policy);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	struct tl_bank b = {.name = ask.name, .kind = (enum tl_bank_kind)ask.kind};
	apply(&ask, &b);
	rc = tl_bank_make(c->db, &b, c->actor);
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	if (rc < 0)
		return rc;
	c->status = 201;
	return bank_write(c, NULL, &b);
}

int
bank_guard(struct tl_call *c, enum tl_guarded op, const struct tl_bank *b, const char *field,
    struct tl_str was, struct tl_str will)
{
	struct tl_what TL_CLEANUP(tl_what_fini) w = {.policy = b->policy};
	tl_what_begin(&w, b->name);
	tl_what_change(&w, field, was, will);
	return tl_call_guard(c, op, &w);
}

/* As a second person sees it: each setting that changes. */
static int
guard_change(struct tl_call *c, const struct tl_bank *was, const struct tl_bank *will,
    struct tl_str name)
{
	struct tl_what TL_CLEANUP(tl_what_fini) w = {.policy = was->policy};
	struct tl_buf TL_CLEANUP(tl_buf_fini) words = {0};
	struct tl_bank rest = *will;
	rest.enabled = was->enabled;
	rest.policy = was->policy;
	tl_bank_difference(was, &rest, &words);
	tl_what_begin(&w, was->name);
	if (!tl_str_eq(was->name, name))
		tl_what_change(&w, "name", was->name, name);
	if (was->enabled != will->enabled)
		tl_what_change(&w, "state", tl_str(was->enabled ? "in use" : "off"),
		    tl_str(will->enabled ? "in use" : "off"));
	if (!tl_str_eq(was->policy, will->policy))
		tl_what_change(&w, "policy", was->policy, will->policy);
	if (words.n)
		tl_what_change(&w, "settings", (struct tl_str){0}, tl_buf_str(&words));
	return tl_call_guard(c, TL_GUARD_BANK_CHANGE, &w);
}

static int
store_change(
    struct tl_call *c, struct tl_bank *was, const struct tl_bank *will, struct tl_str name)
{
	int rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_bank_edit(c->db, was, will, "bank.change", c->actor);
	if (rc >= 0)
		rc = tl_bank_rename(c->db, was, name, c->actor);
	return tl_call_end(c, TL_SYNC_FULL, rc < 0 ? rc : 0);
}

int
tl_console_bank_change(struct tl_call *c)
{
	struct tl_bank was = {0};
	int rc = bank_load(c, &was);
	if (rc < 0)
		return rc;
	struct settings ask = of_bank(&was);
	struct tl_bank will = was;
	rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0 && ask.kind != (int)was.kind)
		rc = tl_fail_at(TL_EFIELD, "/kind", "the kind of a bank stays");
	if (rc == 0)
		rc = policy_known(c, ask.policy);
	if (rc == 0 && !tl_str_eq(ask.name, was.name))
		rc = tl_call_rules_name(c, was.name, "/name");
	apply(&ask, &will);
	if (rc == 0)
		rc = guard_change(c, &was, &will, ask.name);
	if (rc == 0)
		rc = store_change(c, &was, &will, ask.name);
	if (rc < 0)
		return rc;
	tl_app_wake(c->app, TL_PROC_WORKER);
	will.name = ask.name;
	return bank_write(c, NULL, &will);
}

int
tl_console_bank_delete(struct tl_call *c)
{
	struct ask {
		struct tl_str confirm;
	} ask = {0};
	static const struct tl_json_field confirm[] = {{"confirm", TL_J_STR,
	    offsetof(struct ask, confirm), 0, TL_BANK_NAME_MAX, NULL, true}};
	struct tl_bank b = {0};
	int rc = bank_load(c, &b);
	if (rc == 0)
		rc = TL_CALL_JSON(c, confirm, &ask);
	if (rc == 0 && !tl_str_eq(ask.confirm, b.name))
		rc = tl_fail_at(TL_EFIELD, "/confirm", "is not the bank's name");
	if (rc == 0)
		rc = tl_call_rules_name(c, b.name, "/confirm");
	if (rc == 0)
		rc = bank_guard(c, TL_GUARD_BANK_DELETE, &b, "entries",
		    tl_str(tl_arena_printf(c->arena, "%lld", (long long)b.entries)),
		    (struct tl_str){0});
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_call_end(c, TL_SYNC_FULL, tl_bank_delete(c->db, &b, c->actor));
	if (rc == 0)
		tl_app_wake(c->app, TL_PROC_WORKER);
	return rc;
}
