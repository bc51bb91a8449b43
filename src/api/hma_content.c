/*
 * /c/bank/<name>/content and /signal: what a bank holds, as clients of the HMA API add, see, disable and remove it.
 *
 * Promises: an id is found only in the bank that it belongs to; a picture that is too plain to be found again is refused
 * with its quality; a change is visible to lookups within a second and in the audit trail. Called by the route table.
 */
#include "api/hma_int.h"

#include "api/http_int.h"

#include "base/json.h"
#include "sys/clock.h"

#include <stdio.h>

#define NOTE_MAX 255
#define METADATA_MAX 16384
#define FOREVER_S (5 * 366 * INT64_C(86400))

/* Adding -------------------------------------------------------------------------------------------------------- */

struct add {
	struct tl_req *req;
	struct hma_call *call; /* NULL: signals were sent */
	struct tl_str hex[HMA_TYPES];
	struct tl_str note, uri, metadata, record;
	int64_t content;
};

static void
write_signals(struct tl_buf *out, const struct add *x)
{
	tl_js_open(out, "signals", '{');
	for (int i = 0; i < HMA_TYPES; i++)
		if (x->hex[i].n)
			tl_js_str(out, hma_types[i].name, x->hex[i]);
	tl_js_close(out, '}');
}

static struct tl_str
provenance(const struct add *x, struct tl_arena *a)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	char key[TL_ID_TEXT];
	tl_id_text(key, tl_req_who(x->req)->id);
	tl_js_open(&b, NULL, '{');
	tl_js_z(&b, "exchange", "own");
	tl_js_z(&b, "member", tl_arena_printf(a, "key:%s", key));
	if (x->record.n)
		tl_js_str(&b, "record", x->record);
	if (x->uri.n)
		tl_js_str(&b, "url", x->uri);
	tl_js_close(&b, '}');
	return tl_arena_dup(a, tl_buf_str(&b));
}

static int
fill_entries(const struct add *x, struct tl_arena *a, struct tl_hma_add *add)
{
	struct tl_str from = provenance(x, a);
	add->entries = TL_NEWS(a, struct tl_bank_entry, HMA_TYPES);
	for (int i = 0; i < HMA_TYPES && add->entries; i++) {
		const struct hma_type *t = &hma_types[i];
		struct tl_bank_entry *e = &add->entries[add->count];
		if (!x->hex[i].n)
			continue;
		*e = (struct tl_bank_entry){
		    .form = t->form, .note = x->note, .provenance = from};
		int rc = tl_bank_value_parse(t->form, x->hex[i], a, &e->value);
		if (rc < 0)
			return rc;
		add->count++;
	}
	return tl_arena_check(a);
}

static int
store(struct tl_db *db, void *ctx)
{
	struct add *x = ctx;
	struct tl_arena *a = tl_req_arena(x->req);
	struct tl_hma_bank b;
	struct tl_hma_add add = {.uri = x->uri, .metadata = x->metadata};
	int rc = tl_hma_bank_find(db, tl_req_param(x->req, 0), a, &b);
	if (rc == 0)
		rc = fill_entries(x, a, &add);
	if (rc == 0)
		rc = tl_hma_content_add(db, &b, &add, a, &x->content);
	return rc < 0 ? rc
		      : hma_audit(db, x->req, "bank.add", &b,
			    tl_arena_printf(a, "content %lld", (long long)x->content));
}

static void
stored(struct tl_req *req, int rc, void *ctx)
{
	const struct add *x = ctx;
	struct tl_buf b = {0};
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	tl_js_open(&b, NULL, '{');
	tl_js_int(&b, "id", x->content);
	write_signals(&b, x);
	tl_js_close(&b, '}');
	tl_req_answer_json(req, 200, &b);
}

static void
save(struct tl_req *req, struct add *x)
{
	bool any = false;
	for (int i = 0; i < HMA_TYPES; i++)
		any = any || x->hex[i].n;
	if (any)
		tl_api_write(req, TL_SYNC_FULL, store, stored, x);
	else
		tl_req_problem(req, tl_fail(TL_EFIELD, "there is no signal to add"));
}

/* Nothing is hashed for a bank that is not there. */
static int
bank_there(struct tl_req *req)
{
	struct tl_app *app = &tl_api_of(req)->app;
	struct tl_db *db = NULL;
	struct tl_hma_bank b;
	int rc = tl_app_db(app, &db);
	if (rc == 0)
		rc = tl_hma_bank_find(db, tl_req_param(req, 0), tl_req_arena(req), &b);
	tl_app_db_give(app, db);
	return rc;
}

static struct add *
new_add(struct tl_req *req)
{
	struct add *x = TL_NEW(tl_req_arena(req), struct add);
	int rc = x ? hma_may_change(req, TL_GUARDED_COUNT)
		   : tl_fail(TL_ENOMEM, "the request is too large");
	if (rc == 0)
		rc = bank_there(req);
	if (rc < 0) {
		tl_req_problem(req, rc);
		return NULL;
	}
	*x = (struct add){.req = req};
	return x;
}

static int
read_note(struct tl_str note, struct tl_str *ret)
{
	size_t characters = 0;
	for (size_t i = 0; i < note.n; i++)
		characters += (note.p[i] & 0xc0) != 0x80;
	if (!tl_utf8_valid(note))
		return tl_fail_at(TL_EFIELD, "note", "a note is text");
	if (characters > NOTE_MAX)
		return tl_fail_at(
		    TL_EFIELD, "note", "a note has at most %d characters", NOTE_MAX);
	*ret = note;
	return 0;
}

/* {"content_id","content_uri","json"}, or the same as text. */
static int
read_metadata(json_t *j, struct tl_arena *a, struct add *x)
{
	TL_CLEANUP(tl_json_unref) json_t *parsed = NULL;
	const char *name;
	json_t *v;
	if (json_is_string(j)) {
		int rc = tl_json_parse(tl_json_str(j), &parsed);
		if (rc < 0)
			return tl_fail_at(TL_EFIELD, "metadata", "%s", tl_err_text());
		j = parsed;
	}
	if (!json_is_object(j))
		return tl_fail_at(TL_EFIELD, "metadata", "an object is expected");
	json_object_foreach(j, name, v)
	{
		bool id = strcmp(name, "content_id") == 0,
		     uri = strcmp(name, "content_uri") == 0;
		if (!id && !uri && strcmp(name, "json") != 0)
			return tl_fail_at(TL_EFIELD, "metadata",
			    "it has content_id, content_uri and json only");
		if ((id || uri) && !json_is_string(v) && !json_is_null(v))
			return tl_fail_at(TL_EFIELD, "metadata", "%s is text", name);
		if (id && json_is_string(v))
			x->record = tl_arena_dup(a, tl_json_str(v));
		if (uri && json_is_string(v))
			x->uri = tl_arena_dup(a, tl_json_str(v));
	}
	char *dump = json_dumps(j, JSON_COMPACT);
	struct tl_str text = tl_str(dump ? dump : "");
	bool fits = text.n <= METADATA_MAX && x->uri.n <= 2048 && x->record.n <= 1024;
	x->metadata = tl_arena_dup(a, text);
	free(dump);
	return fits ? tl_arena_check(a)
		    : tl_fail_at(
			  TL_EFIELD, "metadata", "it is larger than %d bytes", METADATA_MAX);
}

static int
read_metadata_text(struct tl_str text, struct tl_arena *a, struct add *x)
{
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	if (!text.n)
		return 0;
	if (tl_json_parse(text, &j) < 0)
		return tl_fail_at(TL_EFIELD, "metadata", "%s", tl_err_text());
	return read_metadata(j, a, x);
}

/* "+" is a space in a form, and only there. */
static int
form_value(struct tl_arena *a, struct tl_str raw, struct tl_str *ret)
{
	uint8_t *copy = tl_arena_alloc(a, raw.n + 1);
	if (!copy)
		return tl_arena_check(a);
	for (size_t i = 0; i < raw.n; i++)
		copy[i] = raw.p[i] == '+' ? ' ' : raw.p[i];
	return tl_uri_decode(a, tl_bytes(copy, raw.n), ret);
}

/* metadata=…&note=…; other fields are ignored. */
static int
read_fields(struct tl_req *req, struct add *x)
{
	struct tl_arena *a = tl_req_arena(req);
	struct tl_str left = tl_req_body(req), value;
	int rc = 0;
	while (left.n && rc == 0) {
		const uint8_t *end = memchr(left.p, '&', left.n);
		struct tl_str pair = tl_bytes(left.p, end ? (size_t)(end - left.p) : left.n);
		const uint8_t *eq = pair.n ? memchr(pair.p, '=', pair.n) : NULL;
		struct tl_str name = tl_bytes(pair.p, eq ? (size_t)(eq - pair.p) : pair.n);
		left =
		    tl_bytes(pair.p + pair.n + (end != NULL), left.n - pair.n - (end != NULL));
		bool note = tl_str_is(name, "note");
		if (!eq || (!note && !tl_str_is(name, "metadata")))
			continue;
		rc = form_value(a, tl_bytes(eq + 1, pair.n - name.n - 1), &value);
		if (rc == 0)
			rc =
			    note ? read_note(value, &x->note) : read_metadata_text(value, a, x);
	}
	return rc;
}

/* A body beside ?url: JSON, or fields of a form. */
static int
read_body(struct tl_req *req, struct add *x)
{
	struct tl_arena *a = tl_req_arena(req);
	json_t *j = NULL, *m;
	if (!tl_req_body(req).n)
		return 0;
	if (tl_req_type_is(req, "application/x-www-form-urlencoded"))
		return read_fields(req, x);
	int rc = tl_req_json(req, &j);
	if (rc == 0 && (m = json_object_get(j, "metadata")) && !json_is_null(m))
		rc = read_metadata(m, a, x);
	if (rc == 0 && (m = json_object_get(j, "note")) && json_is_string(m))
		rc = read_note(tl_json_str(m), &x->note);
	return rc;
}

static int
read_beside(struct tl_req *req, struct add *x)
{
	struct hma_call *c = x->call;
	struct tl_arena *a = tl_req_arena(req);
	struct tl_str s = {NULL, 0};
	int rc =
	    c->is_form ? read_metadata_text(tl_buf_str(&c->metadata), a, x) : read_body(req, x);
	if (rc == 0 && c->is_form && c->note.n)
		rc = read_note(tl_arena_dup(a, tl_buf_str(&c->note)), &x->note);
	if (rc == 0 && tl_req_query(req, "metadata", &s))
		rc = read_metadata_text(s, a, x);
	if (rc == 0 && tl_req_query(req, "note", &s))
		rc = read_note(s, &x->note);
	if (rc == 0 && !x->uri.n && !c->is_form && tl_req_query(req, "url", &s))
		x->uri = s;
	return rc;
}

/* An answer of the worker; what is too plain is not added. */
static void
hashed(struct tl_req *req, struct hma_call *c)
{
	struct add *x = c->ctx;
	int quality = -1;
	for (int i = 0; i < HMA_TYPES; i++)
		if (c->types & 1U << i)
			x->hex[i] = hma_hash(c, (enum hma_type_tag)i, &quality);
	(void)hma_hash(c, HMA_TYPE_PDQ, &quality);
	if (quality >= 0 && !x->hex[HMA_TYPE_PDQ].n) {
		hma_say_quality(req, c);
		tl_req_problem(req,
		    tl_fail(TL_EFIELD,
			"the picture is too plain to be found again: its PDQ quality is %d, "
			"50 is needed",
			quality));
		return;
	}
	save(req, x);
}

void
tl_hma_do_content_add(struct tl_req *req)
{
	struct hma_call *c = hma_call(req);
	struct add *x = c ? new_add(req) : NULL;
	if (!x)
		return;
	x->call = c;
	c->ctx = x;
	c->then = hashed;
	int rc = read_beside(req, x);
	if (rc == 0)
		rc = hma_read_types(req, c);
	if (rc < 0)
		tl_req_problem(req, rc);
	else
		hma_run(req, c);
}

void
tl_hma_do_signal_add(struct tl_req *req)
{
	struct add *x = new_add(req);
	json_t *j = NULL, *v;
	const char *name;
	if (!x)
		return;
	int rc = tl_req_json(req, &j);
	json_object_foreach(j, name, v)
	{
		enum hma_type_tag type = 0;
		if (rc < 0)
			break;
		if (strcmp(name, "note") == 0 || strcmp(name, "metadata") == 0) {
			if (json_is_null(v))
				continue;
			rc = name[0] == 'm' ? read_metadata(v, tl_req_arena(req), x)
					    : read_note(tl_json_str(v), &x->note);
			continue;
		}
		rc = hma_type_parse(tl_str(name), name, &type);
		if (rc == 0)
			rc =
			    hma_value_parse(type, json_is_string(v) ? tl_json_str(v) : TL_S(""),
				name, tl_req_arena(req), &x->hex[type]);
	}
	if (rc < 0)
		tl_req_problem(req, rc);
	else
		save(req, x);
}

/* Seeing -------------------------------------------------------------------------------------------------------- */

/* What all entries of a content have in common is read from the first. */
static const struct tl_bank_entry *
first(const struct tl_hma_content *c)
{
	static const struct tl_bank_entry none;
	return c->count ? &c->entries[0] : &none;
}

/* 0 off, 1 on, else the second from which on it is on. */
static int64_t
disable_until(const struct tl_hma_content *c)
{
	const struct tl_bank_entry *e = first(c);
	int64_t now = tl_now_us();
	if (e->expires_at && e->expires_at <= now)
		return 0;
	if (e->enabled)
		return 1;
	return e->disabled_until ? (e->disabled_until + TL_US_S - 1) / TL_US_S : 0;
}

static void
write_collab(struct tl_buf *out, const struct tl_hma_content *c)
{
	TL_CLEANUP(tl_json_unref) json_t *from = NULL;
	struct tl_str text = first(c)->provenance;
	tl_js_open(out, "collab", '{');
	if (text.n && tl_json_parse(text, &from) == 0) {
		const char *exchange = json_string_value(json_object_get(from, "exchange"));
		const char *record = json_string_value(json_object_get(from, "record"));
		if (exchange && record && strcmp(exchange, "own") != 0) {
			tl_js_open(out, exchange, '[');
			tl_js_z(out, NULL, record);
			tl_js_close(out, ']');
		}
	}
	tl_js_close(out, '}');
}

static void
write_metadata(struct tl_buf *out, const char *key, const struct tl_hma_content *c)
{
	TL_CLEANUP(tl_json_unref) json_t *m = NULL;
	static const char *const names[] = {"content_id", "content_uri", "json"};
	if (c->metadata.n && tl_json_parse(c->metadata, &m) < 0)
		m = NULL;
	tl_js_open(out, key, '{');
	for (size_t i = 0; i < TL_COUNT(names); i++) {
		json_t *v = json_object_get(m, names[i]);
		char *dump = v ? json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
		tl_js_raw0(out, names[i], tl_str(dump));
		free(dump);
	}
	write_collab(out, c);
	tl_js_close(out, '}');
}

static const char *
type_name(enum tl_entry_form form)
{
	for (int i = 0; i < HMA_TYPES; i++)
		if (hma_types[i].form == form)
			return hma_types[i].name;
	return tl_entry_form_names[form];
}

static void
write_held(struct tl_buf *out, const struct tl_hma_content *c)
{
	tl_js_open(out, "signals", '{');
	for (size_t i = 0; i < c->count; i++) {
		TL_CLEANUP(tl_buf_fini) struct tl_buf value = {0};
		tl_bank_value_text(c->entries[i].form, c->entries[i].value, &value);
		tl_js_str(out, type_name(c->entries[i].form), tl_buf_str(&value));
	}
	tl_js_close(out, '}');
}

static int
read_id(const struct tl_req *req, int64_t *ret)
{
	if (tl_parse_i64(tl_req_param(req, 1), 1, INT64_MAX, ret) < 0)
		return tl_fail(TL_ENOTFOUND, "the bank has no such content");
	return 0;
}

static int
find(struct tl_req *req, struct tl_db *db, struct tl_hma_bank *b, struct tl_hma_content *c)
{
	int64_t id = 0;
	int rc = read_id(req, &id);
	if (rc == 0)
		rc = tl_hma_bank_find(db, tl_req_param(req, 0), tl_req_arena(req), b);
	return rc < 0 ? rc : tl_hma_content_get(db, b, id, tl_req_arena(req), c);
}

static int
one_json(struct tl_req *req, struct tl_db *db, struct tl_buf *out)
{
	struct tl_hma_bank b = {.parts = 0};
	struct tl_hma_content c = {.id = 0};
	bool signals = false, metadata = true;
	int rc = hma_query_bool(req, "include_signals", &signals);
	if (rc == 0)
		rc = hma_query_bool(req, "include_metadata", &metadata);
	if (rc == 0)
		rc = find(req, db, &b, &c);
	if (rc < 0)
		return rc;
	tl_js_open(out, NULL, '{');
	tl_js_int(out, "id", c.id);
	tl_js_int(out, "disable_until_ts", disable_until(&c));
	tl_js_str0(out, "original_media_uri", c.uri);
	hma_write_bank(out, "bank", &b);
	if (signals)
		write_held(out, &c);
	if (metadata)
		write_metadata(out, "metadata", &c);
	tl_js_str0(out, "note", first(&c)->note);
	tl_js_close(out, '}');
	return 0;
}

void
tl_hma_do_content_get(struct tl_req *req)
{
	tl_api_read(req, one_json);
}

/* Changing ------------------------------------------------------------------------------------------------------ */

struct change {
	struct tl_req *req;
	int64_t until_s; /* below 0: as it is */
	bool has_note;
	struct tl_str note;
	struct tl_hma_bank bank;
	struct tl_hma_content content;
};

static int
turn(struct tl_db *db, const struct tl_bank_entry *e, int64_t until_s)
{
	bool now = until_s == 1 || (until_s > 1 && until_s * TL_US_S <= tl_now_us());
	return now ? tl_bank_entry_enable(db, e->bank, e->id)
		   : tl_bank_entry_disable(db, e->bank, e->id, until_s * TL_US_S);
}

static int
change(struct tl_db *db, void *ctx)
{
	struct change *x = ctx;
	struct tl_arena *a = tl_req_arena(x->req);
	int rc = find(x->req, db, &x->bank, &x->content);
	for (size_t i = 0; rc == 0 && i < x->content.count; i++) {
		const struct tl_bank_entry *e = &x->content.entries[i];
		if (x->until_s >= 0)
			rc = turn(db, e, x->until_s);
		if (rc == 0 && x->has_note)
			rc = tl_hma_note_set(db, e, x->note);
	}
	if (rc == 0)
		rc = hma_audit(db, x->req, "bank.content", &x->bank,
		    tl_arena_printf(a, "content %lld", (long long)x->content.id));
	return rc < 0 ? rc : find(x->req, db, &x->bank, &x->content);
}

static void
changed(struct tl_req *req, int rc, void *ctx)
{
	const struct change *x = ctx;
	const struct tl_hma_content *c = &x->content;
	struct tl_buf b = {0};
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	tl_js_open(&b, NULL, '{');
	tl_js_int(&b, "id", c->id);
	tl_js_int(&b, "disable_until_ts", disable_until(c));
	tl_js_str0(&b, "original_media_uri", c->uri);
	hma_write_bank(&b, "bank", &x->bank);
	tl_js_raw0(&b, "user_metadata", c->metadata);
	tl_js_open(&b, "collab_metadata", '{');
	tl_js_close(&b, '}');
	tl_js_str0(&b, "note", first(c)->note);
	tl_js_close(&b, '}');
	tl_req_answer_json(req, 200, &b);
}

static int
read_change(struct tl_req *req, struct change *x)
{
	json_t *j = NULL, *v;
	int rc = hma_may_change(req, TL_GUARD_BANK_REMOVE);
	if (rc == 0)
		rc = tl_req_json(req, &j);
	if (rc < 0)
		return rc;
	v = json_object_get(j, "disable_until_ts");
	if (v && !json_is_null(v)) {
		double n = 0;
		int64_t latest = tl_now_us() / TL_US_S + FOREVER_S;
		rc = hma_number(v, "disable_until_ts", &n);
		if (rc == 0 && !(n >= 0 && n <= (double)latest))
			rc = tl_fail_at(TL_EFIELD, "disable_until_ts",
			    "a moment between 0 and five years from now is expected");
		x->until_s = rc == 0 ? (int64_t)n : -1;
	}
	v = json_object_get(j, "note");
	if (rc == 0 && v) {
		x->has_note = true;
		rc = read_note(json_is_string(v) ? tl_json_str(v) : TL_S(""), &x->note);
	}
	if (rc == 0 && x->until_s < 0 && !x->has_note)
		rc = tl_fail(TL_EFIELD, "disable_until_ts or note is expected");
	return rc;
}

void
tl_hma_do_content_change(struct tl_req *req)
{
	struct change *x = TL_NEW(tl_req_arena(req), struct change);
	int rc = tl_fail(TL_ENOMEM, "the request is too large");
	if (x) {
		*x = (struct change){.req = req, .until_s = -1};
		rc = read_change(req, x);
	}
	if (rc < 0)
		tl_req_problem(req, rc);
	else
		tl_api_write(req, TL_SYNC_FULL, change, changed, x);
}

static int
drop(struct tl_db *db, void *ctx)
{
	struct change *x = ctx;
	struct tl_arena *a = tl_req_arena(x->req);
	int rc = find(x->req, db, &x->bank, &x->content);
	if (rc == TL_ENOTFOUND && x->bank.parts) {
		x->content.count = 0;
		return 0;
	}
	if (rc == 0)
		rc = tl_hma_content_remove(db, &x->content);
	return rc < 0 ? rc
		      : hma_audit(db, x->req, "bank.remove", &x->bank,
			    tl_arena_printf(a, "content %lld", (long long)x->content.id));
}

static void
dropped(struct tl_req *req, int rc, void *ctx)
{
	const struct change *x = ctx;
	struct tl_buf b = {0};
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	tl_js_open(&b, NULL, '{');
	tl_js_int(&b, "deleted", x->content.count > 0);
	tl_js_close(&b, '}');
	tl_req_answer_json(req, 200, &b);
}

void
tl_hma_do_content_delete(struct tl_req *req)
{
	struct change *x = TL_NEW(tl_req_arena(req), struct change);
	int rc = x ? hma_may_change(req, TL_GUARD_BANK_REMOVE)
		   : tl_fail(TL_ENOMEM, "the request is too large");
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	*x = (struct change){.req = req};
	tl_api_write(req, TL_SYNC_FULL, drop, dropped, x);
}
