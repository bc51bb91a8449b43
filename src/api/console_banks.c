/*
 * Banks: list, create, change, entries, import, and an entry from a medium that was decided.
 *
 * Promises: a pattern or hash that a detector could not use is refused with its reason; an import keeps good lines
 * and tells the bad ones by their number; every change is in the audit trail. Workers see a change within a second.
 */
#include "api/console_int.h"

#include "detect/detect.h"
#include "store/banks.h"
#include "store/media.h"
#include "sys/clock.h"

#define WEEK_US (7 * TL_US_DAY)
#define PAGE 100
#define IMPORT_LINES_MAX 1000
#define SEARCH_MAX 5000
#define LARGE_IMPORT 100 /* lines; from there on two people may be needed */
#define PDQ_QUALITY_LEAST 50

static int
write_bank(struct tl_call *c, const char *key, const struct tl_bank *b)
{
	struct tl_row r;
	int rc = tl_db_first(
	    c->db, &r, TL_SQL_VIEW_BANK_MATCHES, A_ID(b->id), A_INT(tl_now_us() - WEEK_US));
	if (rc < 0)
		return rc;
	struct tl_buf *out = &c->out;
	tl_js_open(out, key, '{');
	tl_js_id(out, "id", b->id);
	tl_js_str(out, "name", b->name);
	tl_js_z(out, "kind", tl_bank_kind_names[b->kind]);
	tl_js_str(out, "policy", b->policy);
	tl_js_str(out, "source", b->source);
	tl_js_int(out, "distance", b->distance);
	tl_js_bool(out, "enabled", b->enabled);
	tl_js_int(out, "entries", b->entries);
	tl_js_int(out, "matches_7d", tl_col_int(&r, 0));
	tl_js_time(out, "created_at", b->created_at);
	tl_js_close(out, '}');
	tl_row_end(&r);
	return 0;
}

static int
load_bank(struct tl_call *c, struct tl_id *ret_id, struct tl_bank *ret)
{
	int rc = tl_call_id(c, 0, ret_id);
	if (rc == 0)
		rc = tl_bank_get(c->db, *ret_id, c->arena, ret);
	if (rc == TL_ENOTFOUND)
		return tl_fail(rc, "there is no such bank");
	/* Whoever changes a bank decides what is found under its policy. */
	bool reads = !c->proposed && tl_str_is(tl_req_method(c->req), "GET");
	return rc < 0 ? rc
		      : tl_call_need_policy(c, reads ? TL_ACT_SEE : TL_ACT_DECIDE, ret->policy);
}

static int
policy_known(const struct tl_call *c, struct tl_str policy)
{
	if (tl_policy_find(c->set, policy))
		return tl_call_need_policy(c, TL_ACT_DECIDE, policy);
	return tl_fail_at(TL_EFIELD, "/policy", "there is no such policy");
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
			rc = write_bank(c, NULL, &list[i]);
	}
	tl_js_close(&c->out, ']');
	tl_js_close(&c->out, '}');
	return rc;
}

int
tl_console_bank_create(struct tl_call *c)
{
	struct ask {
		struct tl_str name, policy, source;
		int kind;
		int64_t distance;
	} ask = {.distance = 31};
	static const struct tl_json_field fields[] = {
	    {"name", TL_J_STR, offsetof(struct ask, name), 1, TL_BANK_NAME_MAX, NULL, true},
	    {"kind", TL_J_ENUM, offsetof(struct ask, kind), 0, 0, tl_bank_kind_names, true},
	    {"policy", TL_J_STR, offsetof(struct ask, policy), 1, 200, NULL, true},
	    {"source", TL_J_STR, offsetof(struct ask, source), 0, 200, NULL, false},
	    {"distance", TL_J_INT, offsetof(struct ask, distance), 0, TL_BANK_DISTANCE_MAX,
		NULL, false},
	};
	int rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0)
		rc = policy_known(c, ask.policy);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	struct tl_bank b = {.name = ask.name,
	    .kind = (enum tl_bank_kind)ask.kind,
	    .policy = ask.policy,
	    .source = ask.source.n ? ask.source : TL_S("own"),
	    .distance = (int)ask.distance,
	    .enabled = true};
	rc = tl_bank_create(c->db, &b);
	if (rc == TL_EEXISTS)
		rc = tl_fail_at(rc, "/name", "a bank has this name already");
	if (rc == 0)
		rc = tl_call_audit(c, "bank.create", b.id, "");
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	if (rc < 0)
		return rc;
	c->status = 201;
	return write_bank(c, NULL, &b);
}

static struct tl_str
number(struct tl_call *c, int64_t n)
{
	return tl_str(tl_arena_printf(c->arena, "%lld", (long long)n));
}

static int
guard_change(struct tl_call *c, const struct tl_bank *was, const struct tl_bank *will)
{
	struct tl_what TL_CLEANUP(tl_what_fini) w = {.policy = was->policy};
	tl_what_begin(&w, was->name);
	if (was->enabled != will->enabled)
		tl_what_change(&w, "state", tl_str(was->enabled ? "in use" : "off"),
		    tl_str(will->enabled ? "in use" : "off"));
	if (!tl_str_eq(was->policy, will->policy))
		tl_what_change(&w, "policy", was->policy, will->policy);
	if (!tl_str_eq(was->source, will->source))
		tl_what_change(&w, "source", was->source, will->source);
	if (was->distance != will->distance)
		tl_what_change(
		    &w, "distance", number(c, was->distance), number(c, will->distance));
	return tl_call_guard(c, TL_GUARD_BANK_CHANGE, &w);
}

/* One entry, or so many lines. */
static int
guard_entries(struct tl_call *c, enum tl_guarded op, const struct tl_bank *b, const char *field,
    struct tl_str was, struct tl_str will)
{
	struct tl_what TL_CLEANUP(tl_what_fini) w = {.policy = b->policy};
	tl_what_begin(&w, b->name);
	tl_what_change(&w, field, was, will);
	return tl_call_guard(c, op, &w);
}

int
tl_console_bank_change(struct tl_call *c)
{
	struct tl_id id;
	struct tl_bank b = {0};
	int rc = load_bank(c, &id, &b);
	if (rc < 0)
		return rc;
	struct ask {
		struct tl_str policy, source;
		int64_t distance;
		bool enabled;
	} ask = {.policy = b.policy,
	    .source = b.source,
	    .distance = b.distance,
	    .enabled = b.enabled};
	static const struct tl_json_field fields[] = {
	    {"enabled", TL_J_BOOL, offsetof(struct ask, enabled), 0, 0, NULL, false},
	    {"distance", TL_J_INT, offsetof(struct ask, distance), 0, TL_BANK_DISTANCE_MAX,
		NULL, false},
	    {"policy", TL_J_STR, offsetof(struct ask, policy), 1, 200, NULL, false},
	    {"source", TL_J_STR, offsetof(struct ask, source), 0, 200, NULL, false},
	};
	rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0)
		rc = policy_known(c, ask.policy);
	if (rc == 0)
		rc = guard_change(c, &b,
		    &(struct tl_bank){.policy = ask.policy,
			.source = ask.source,
			.distance = (int)ask.distance,
			.enabled = ask.enabled});
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	b.policy = ask.policy;
	b.source = ask.source;
	b.distance = (int)ask.distance;
	b.enabled = ask.enabled;
	rc = tl_bank_set(c->db, &b);
	if (rc == 0)
		rc = tl_call_audit(c, "bank.change", id, b.enabled ? "enabled" : "disabled");
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	return rc < 0 ? rc : write_bank(c, NULL, &b);
}

/* Entries --------------------------------------------------------------------------------- */

static void
write_entry(struct tl_call *c, const struct tl_bank_entry *e)
{
	struct tl_buf TL_CLEANUP(tl_buf_fini) value = {0};
	tl_bank_value_text(e->form, e->value, &value);
	tl_js_open(&c->out, NULL, '{');
	tl_js_id(&c->out, "id", e->id);
	tl_js_str(&c->out, "value", tl_buf_str(&value));
	tl_js_z(&c->out, "form", tl_entry_form_names[e->form]);
	tl_js_str0(&c->out, "note", e->note);
	tl_js_bool(&c->out, "enabled", e->enabled);
	tl_js_time(&c->out, "added_at", e->added_at);
	tl_js_close(&c->out, '}');
}

static bool
entry_holds(const struct tl_bank_entry *e, struct tl_str q)
{
	struct tl_buf TL_CLEANUP(tl_buf_fini) value = {0};
	if (!q.n)
		return true;
	tl_bank_value_text(e->form, e->value, &value);
	return memmem(value.p, value.n, q.p, q.n) || memmem(e->note.p, e->note.n, q.p, q.n);
}

/* Pages of entries until enough are found, or enough were looked at; *ret_last is where the next page begins. */
static int
write_entries(struct tl_call *c, struct tl_id bank, struct tl_str q, struct tl_id *ret_last)
{
	struct tl_id at = *ret_last;
	size_t found = 0, looked = 0, n = PAGE;
	int rc = 0;
	while (found < PAGE && looked < SEARCH_MAX && n == PAGE && rc == 0) {
		struct tl_bank_entry *list;
		rc = tl_bank_entry_page(c->db, bank, at, PAGE, c->arena, &list, &n);
		if (rc < 0)
			break;
		looked += n;
		for (size_t i = 0; i < n && found < PAGE; i++) {
			at = list[i].id;
			if (!entry_holds(&list[i], q))
				continue;
			write_entry(c, &list[i]);
			found++;
		}
	}
	*ret_last = n == PAGE ? at : (struct tl_id){0};
	return rc;
}

int
tl_console_bank_get(struct tl_call *c)
{
	struct tl_id id, at = {0};
	struct tl_bank b = {0};
	struct tl_str cursor, q = {0};
	int rc = load_bank(c, &id, &b);
	if (rc == 0 && tl_req_query(c->req, "cursor", &cursor) && cursor.n &&
	    tl_id_parse(cursor, &at) < 0)
		rc = tl_fail_at(TL_EFIELD, "cursor", "is not one of ours");
	(void)tl_req_query(c->req, "q", &q);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	rc = write_bank(c, "bank", &b);
	tl_js_open(&c->out, "entries", '[');
	if (rc == 0)
		rc = write_entries(c, id, q, &at);
	tl_js_close(&c->out, ']');
	tl_js_id(&c->out, "next", at);
	tl_js_close(&c->out, '}');
	return rc;
}

struct entry_ask {
	struct tl_str value, note, media, on_case;
	int form;
};

/* The hash of a stored medium, of the kind that this bank holds. */
static int
entry_of_media(struct tl_call *c, const struct tl_bank *b, const struct entry_ask *ask,
    struct tl_bank_entry *e)
{
	struct tl_media_id id;
	struct tl_media *m = TL_NEW(c->arena, struct tl_media);
	struct tl_row r;
	if (tl_unhex(id.b, sizeof id.b, ask->media) < 0)
		return tl_fail_at(TL_EFIELD, "/media", "is not the id of a medium");
	int rc = tl_arena_check(c->arena);
	if (rc == 0)
		rc = tl_db_first(
		    c->db, &r, TL_SQL_VIEW_MEDIA, A_BYTES(tl_bytes(id.b, sizeof id.b)));
	if (rc == TL_ENOTFOUND)
		return tl_fail_at(TL_EFIELD, "/media", "there is no such medium");
	if (rc < 0)
		return rc;
	int64_t platform = tl_col_int(&r, 0);
	struct tl_tags tags = {0};
	tl_row_end(&r);
	rc = tl_tags_of_media(c->db, platform, &id, c->arena, &tags);
	rc = tl_call_need_tags(c, TL_ACT_SEE, rc, &tags);
	if (rc == 0)
		rc = tl_media_get(c->db, platform, &id, c->arena, m);
	if (rc < 0)
		return rc;
	if (b->kind == TL_BANK_TEXT)
		return tl_fail_at(TL_EFIELD, "/media", "this bank holds terms, not media");
	if (b->kind == TL_BANK_PDQ && (!m->has_pdq || m->pdq_quality < PDQ_QUALITY_LEAST))
		return tl_fail_at(TL_EFIELD, "/media",
		    "the picture is too plain to be found again; use a digest bank");
	bool pdq = b->kind == TL_BANK_PDQ;
	e->form = pdq ? TL_FORM_PDQ : TL_FORM_SHA256;
	e->value = tl_arena_dup(c->arena, tl_bytes(pdq ? m->pdq : m->sha256, 32));
	return tl_arena_check(c->arena);
}

static struct tl_str
provenance(struct tl_call *c, const struct entry_ask *ask)
{
	struct tl_buf TL_CLEANUP(tl_buf_fini) b = {0};
	tl_js_open(&b, NULL, '{');
	tl_js_z(&b, "exchange", "own");
	tl_js_z(&b, "member", c->actor);
	if (ask && ask->media.n)
		tl_js_str(&b, "media", ask->media);
	if (ask && ask->on_case.n)
		tl_js_str(&b, "case", ask->on_case);
	tl_js_close(&b, '}');
	return tl_arena_dup(c->arena, tl_buf_str(&b));
}

static int
entry_of_value(struct tl_call *c, const struct tl_bank *b, const struct entry_ask *ask,
    struct tl_bank_entry *e)
{
	if (!ask->value.n)
		return tl_fail_at(TL_EFIELD, "/value", "a value or a medium is required");
	if (ask->form < 0)
		return tl_fail_at(TL_EFIELD, "/form", "is required with a value");
	e->form = (enum tl_entry_form)ask->form;
	if (!tl_bank_holds(b->kind, e->form))
		return tl_fail_at(TL_EFIELD, "/form", "a %s bank holds no entries of this form",
		    tl_bank_kind_names[b->kind]);
	int rc = tl_bank_value_parse(e->form, ask->value, c->arena, &e->value);
	if (rc == 0)
		rc = tl_detect_entry_check(e->form, e->value);
	return rc < 0 ? tl_fail_at(TL_EFIELD, "/value", "%s", tl_err_text()) : 0;
}

int
tl_console_bank_add(struct tl_call *c)
{
	struct tl_id id;
	struct tl_bank b = {0};
	struct entry_ask ask = {.form = -1};
	static const struct tl_json_field fields[] = {
	    {"form", TL_J_ENUM, offsetof(struct entry_ask, form), 0, 0, tl_entry_form_names,
		false},
	    {"value", TL_J_STR, offsetof(struct entry_ask, value), 1, TL_BANK_VALUE_MAX, NULL,
		false},
	    {"note", TL_J_STR, offsetof(struct entry_ask, note), 0, 1000, NULL, false},
	    {"media", TL_J_STR, offsetof(struct entry_ask, media), 64, 64, NULL, false},
	    {"case", TL_J_STR, offsetof(struct entry_ask, on_case), 36, 36, NULL, false},
	};
	int rc = load_bank(c, &id, &b);
	if (rc == 0)
		rc = TL_CALL_JSON(c, fields, &ask);
	struct tl_bank_entry e = {.enabled = true, .note = ask.note};
	if (rc == 0)
		rc = ask.media.n ? entry_of_media(c, &b, &ask, &e)
				 : entry_of_value(c, &b, &ask, &e);
	if (rc < 0)
		return rc;
	e.provenance = provenance(c, &ask);
	rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_bank_entry_add(c->db, &b, &e);
	if (rc == TL_EEXISTS)
		rc = tl_fail_at(rc, "/value", "the bank holds it already");
	if (rc == 0)
		rc = tl_call_audit(c, "bank.add", id, "");
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	if (rc < 0)
		return rc;
	tl_app_wake(c->app, TL_PROC_WORKER);
	c->status = 201;
	write_entry(c, &e);
	return 0;
}

int
tl_console_bank_remove(struct tl_call *c)
{
	struct tl_id id, entry = {0};
	struct tl_bank b = {0};
	int rc = load_bank(c, &id, &b);
	if (rc == 0)
		rc = tl_call_id(c, 1, &entry);
	if (rc == 0)
		rc = guard_entries(c, TL_GUARD_BANK_REMOVE, &b, "entry", tl_call_param(c, 1),
		    (struct tl_str){0});
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_bank_entry_remove(c->db, id, entry);
	if (rc == 0)
		rc = tl_call_audit(c, "bank.remove", id, "");
	return tl_call_end(c, TL_SYNC_FULL, rc);
}

/* Import ---------------------------------------------------------------------------------- */

struct import_ask {
	int form;
	int64_t first_line;
	json_t *lines;
};

struct import_errors {
	struct tl_buf json; /* elements of the array */
	int64_t first_line;
};

static void
on_error(void *ctx, int64_t line, const char *why)
{
	struct import_errors *e = ctx;
	tl_js_open(&e->json, NULL, '{');
	tl_js_int(&e->json, "line", e->first_line + line - 1);
	tl_js_z(&e->json, "detail", why);
	tl_js_close(&e->json, '}');
}

/* The lines as the importer reads them: the form in front, a comma of hash lists as a tab. */
static int
import_text(const struct tl_bank *b, const struct import_ask *ask, struct tl_buf *out)
{
	size_t i;
	json_t *line;
	json_array_foreach(ask->lines, i, line)
	{
		if (!json_is_string(line))
			return tl_fail_at(TL_EFIELD, "/lines", "line %zu is not text", i);
		struct tl_str s = tl_json_str(line);
		bool blank = s.n == 0 || s.p[0] == '#';
		if (memchr(s.p, '\n', s.n))
			return tl_fail_at(
			    TL_EFIELD, "/lines", "line %zu holds a line break", i);
		if (ask->form >= 0 && !blank)
			tl_buf_printf(out, "%s:", tl_entry_form_names[ask->form]);
		else if (b->kind == TL_BANK_TEXT && !blank && !memchr(s.p, ':', s.n))
			tl_buf_puts(out, "phrase:");
		size_t from = out->n;
		tl_buf_put(out, s.p, s.n);
		uint8_t *comma =
		    b->kind == TL_BANK_TEXT ? NULL : memchr(out->p + from, ',', s.n);
		if (comma)
			*comma = '\t';
		tl_buf_byte(out, '\n');
	}
	return 0;
}

static int
run_import(struct tl_call *c, const struct tl_bank *b, struct tl_str text,
    struct import_errors *errors, struct tl_import_counts *counts)
{
	struct tl_import *i =
	    tl_import_create(b, provenance(c, NULL), tl_detect_entry_check, on_error, errors);
	int rc = tl_call_begin(c);
	if (rc == 0) {
		rc = tl_import_feed(i, c->db, text);
		if (rc == 0)
			rc = tl_import_finish(i, c->db, counts);
		if (rc == 0)
			rc = tl_call_audit(c, "bank.import", b->id,
			    tl_arena_printf(c->arena, "%lld added", (long long)counts->added));
		rc = tl_call_end(c, TL_SYNC_FULL, rc);
	}
	tl_import_destroy(i);
	return rc;
}

int
tl_console_bank_import(struct tl_call *c)
{
	static const struct tl_json_field fields[] = {
	    {"form", TL_J_ENUM, offsetof(struct import_ask, form), 0, 0, tl_entry_form_names,
		false},
	    {"first_line", TL_J_INT, offsetof(struct import_ask, first_line), 1, INT32_MAX,
		NULL, false},
	    {"lines", TL_J_ARRAY, offsetof(struct import_ask, lines), 0, IMPORT_LINES_MAX, NULL,
		true},
	};
	struct tl_id id;
	struct tl_bank b = {0};
	struct import_ask ask = {.form = -1, .first_line = 1};
	struct tl_buf TL_CLEANUP(tl_buf_fini) text = {0};
	struct tl_import_counts counts = {0};
	int rc = load_bank(c, &id, &b);
	if (rc == 0)
		rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0 && ask.form >= 0 && !tl_bank_holds(b.kind, (enum tl_entry_form)ask.form))
		rc = tl_fail_at(TL_EFIELD, "/form", "a %s bank holds no entries of this form",
		    tl_bank_kind_names[b.kind]);
	if (rc == 0)
		rc = import_text(&b, &ask, &text);
	if (rc == 0 && json_array_size(ask.lines) > LARGE_IMPORT)
		rc = guard_entries(c, TL_GUARD_BANK_IMPORT, &b, "lines", (struct tl_str){0},
		    number(c, (int64_t)json_array_size(ask.lines)));
	if (rc < 0)
		return rc;
	struct import_errors errors = {.first_line = ask.first_line};
	tl_js_open(&errors.json, NULL, '[');
	rc = run_import(c, &b, tl_buf_str(&text), &errors, &counts);
	tl_js_close(&errors.json, ']');
	if (rc == 0) {
		tl_app_wake(c->app, TL_PROC_WORKER);
		tl_js_open(&c->out, NULL, '{');
		tl_js_int(&c->out, "added", counts.added);
		tl_js_int(&c->out, "present", counts.known);
		tl_js_raw(&c->out, "errors", tl_buf_str(&errors.json));
		tl_js_close(&c->out, '}');
	}
	tl_buf_fini(&errors.json);
	return rc;
}
