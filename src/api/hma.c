/*
 * What surrounds the HMA API: its refusals, its words, and the routes that need neither hashes nor banks.
 *
 * Promises: a refusal is {"message"} with a status that its clients know: 400 for anything wrong in a request, 403 for a
 * name that is taken. Exchanges are answered as by an installation that has none. Called by the route table.
 */
#include "api/hma_int.h"

#include "api/asks.h"
#include "api/contract.h"
#include "hash/video.h"

#include <stdio.h>
#include <strings.h>

#define STATUS_MS 2000

/* Refusals ------------------------------------------------------------------------------------------------------ */

static int
status_of(int err)
{
	switch (err) {
	case TL_EFIELD:
	case TL_ETYPE:
	case TL_EMEDIA:
		return 400;
	case TL_EEXISTS:
		return 403;
	default:
		return 0;
	}
}

static int
refuse(struct tl_buf *out, int err, const char *field, const char *detail)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf plain = {0};
	int status = tl_problem_write(&plain, err, NULL, detail, NULL);
	bool ours = status == 500;
	while (field && *field == '/')
		field++;
	struct tl_buf text = {0};
	if (field && *field && !ours)
		tl_buf_printf(&text, "%s: ", field);
	tl_buf_puts(&text, ours || !detail || !*detail ? "a failure on our side" : detail);
	tl_js_open(out, NULL, '{');
	tl_js_str(out, "message", tl_buf_str(&text));
	tl_js_close(out, '}');
	tl_buf_fini(&text);
	return status_of(err) ? status_of(err) : status;
}

const struct tl_dialect tl_hma_dialect = {refuse, true};

void
hma_say(struct tl_req *req, int status, const char *message)
{
	struct tl_buf b = {0};
	tl_js_open(&b, NULL, '{');
	tl_js_z(&b, "message", message);
	tl_js_close(&b, '}');
	tl_req_answer_json(req, status, &b);
}

/* Words --------------------------------------------------------------------------------------------------------- */

const struct hma_type hma_types[HMA_TYPES] = {
#define Y(tag, name, form, kind, contents, usual, digits)                                      \
	[HMA_TYPE_##tag] = {name, form, kind, contents, usual, digits},
#include "api/hma_types.tbl.h"
#undef Y
};

struct tl_str
hma_content_name(unsigned content)
{
	return content == HMA_PHOTO ? TL_S("photo") : TL_S("video");
}

int
hma_type_parse(struct tl_str name, const char *field, enum hma_type_tag *ret)
{
	for (int i = 0; i < HMA_TYPES; i++)
		if (tl_str_is(name, hma_types[i].name)) {
			*ret = (enum hma_type_tag)i;
			return 0;
		}
	return tl_fail_at(TL_EFIELD, field, "there is no such signal type here");
}

/* The frames as other programs write them, so that the same video is the same text. */
static int
frames_parse(struct tl_str text, const char *field, struct tl_arena *arena, struct tl_str *ret)
{
	TL_CLEANUP(tl_video_fini) struct tl_video v = {0};
	TL_CLEANUP(tl_buf_fini) struct tl_buf json = {0};
	if (tl_video_parse(text, &v) < 0)
		return tl_fail_at(TL_EFIELD, field, "%s", tl_err_text());
	if (tl_video_usable(&v) == 0)
		return tl_fail_at(TL_EFIELD, field, "no frame has a quality of 50");
	tl_video_json(&json, &v);
	*ret = tl_arena_dup(arena, tl_buf_str(&json));
	return tl_arena_check(arena);
}

int
hma_value_parse(enum hma_type_tag type, struct tl_str text, const char *field,
    struct tl_arena *arena, struct tl_str *ret_hex)
{
	uint8_t raw[32];
	const struct hma_type *t = &hma_types[type];
	if (!t->digits)
		return frames_parse(text, field, arena, ret_hex);
	while (text.n && (text.p[0] == ' ' || text.p[0] == '\n'))
		text = tl_bytes(text.p + 1, text.n - 1);
	while (text.n && (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\n'))
		text.n--;
	if (text.n != t->digits || tl_unhex(raw, t->digits / 2, text) < 0)
		return tl_fail_at(
		    TL_EFIELD, field, "a %s signal has %zu hex digits", t->name, t->digits);
	char *hex = tl_arena_alloc(arena, t->digits + 1);
	if (!hex)
		return tl_arena_check(arena);
	tl_hex(hex, raw, t->digits / 2);
	*ret_hex = tl_bytes(hex, t->digits);
	return 0;
}

int
hma_number(const json_t *j, const char *field, double *ret)
{
	char text[32];
	char *end = text;
	if (json_is_number(j)) {
		*ret = json_number_value(j);
		return 0;
	}
	struct tl_str s = json_is_string(j) ? tl_json_str(j) : TL_S("");
	double v = 0;
	if (s.n && tl_str_copy(text, sizeof text, s) == 0 && strspn(text, "0123456789.") == s.n)
		v = strtod(text, &end);
	if (end == text || *end)
		return tl_fail_at(TL_EFIELD, field, "a number is expected");
	*ret = v;
	return 0;
}

static int
bool_of(struct tl_str s, const char *field, bool *ret)
{
	static const char *const words[] = {"false", "true", "0", "1", "no", "yes"};
	for (size_t i = 0; i < TL_COUNT(words); i++)
		if (s.n == strlen(words[i]) &&
		    strncasecmp((const char *)s.p, words[i], s.n) == 0) {
			*ret = i % 2 == 1;
			return 0;
		}
	return tl_fail_at(TL_EFIELD, field, "true or false is expected");
}

int
hma_bool(const json_t *j, const char *field, bool *ret)
{
	if (json_is_boolean(j)) {
		*ret = json_is_true(j);
		return 0;
	}
	return bool_of(json_is_string(j) ? tl_json_str(j) : TL_S(""), field, ret);
}

int
hma_query_bool(const struct tl_req *req, const char *name, bool *ret)
{
	struct tl_str s;
	/* A parameter without a value is a yes, as in "?include_distance". */
	if (!tl_req_query(req, name, &s))
		return 0;
	if (s.n)
		return bool_of(s, name, ret);
	*ret = true;
	return 0;
}

/* Changes ------------------------------------------------------------------------------------------------------- */

int
hma_may_change(struct tl_req *req, enum tl_guarded op)
{
	const struct tl_config *config = tl_api_of(req)->app.config;
	if (!tl_req_who(req)->live)
		return tl_fail(TL_EPERM, "a test key changes no banks");
	for (size_t i = 0; op < TL_GUARDED_COUNT && i < config->two_person.n; i++)
		if (strcmp(config->two_person.v[i], tl_guarded_names[op]) == 0)
			return tl_fail(TL_EPERM,
			    "two people must agree to this here: do it in the console");
	return 0;
}

int
hma_audit(struct tl_db *db, struct tl_req *req, const char *verb, const struct tl_hma_bank *b,
    const char *detail)
{
	char id[TL_ID_TEXT], key[TL_ID_TEXT], actor[TL_ID_TEXT + 4];
	tl_id_text(id, b->part[0]);
	tl_id_text(key, tl_req_who(req)->id);
	(void)snprintf(actor, sizeof actor, "key:%s", key);
	return tl_audit_add(db, actor, verb, tl_str(id), tl_str(detail));
}

/* Plain routes -------------------------------------------------------------------------------------------------- */

static void
on_status(struct tl_req *req, int rc, struct tl_str json)
{
	bool stale = memmem(json.p, json.n, "\"stale\":true", 12) != NULL;
	if (rc < 0)
		tl_req_answer_static(req, 503, "text/plain", TL_S("INDEX-NOT-LOADED"));
	else if (stale)
		tl_req_answer_static(req, 503, "text/plain", TL_S("INDEX-STALE"));
	else
		tl_req_answer_static(req, 200, "text/plain", TL_S("I-AM-ALIVE"));
}

void
tl_hma_do_status(struct tl_req *req)
{
	struct tl_ask ask = {
	    .kind = TL_ASK_LOOKUP, .within_ms = STATUS_MS, .json = TL_S("{\"status\":true}")};
	tl_asks_ask(tl_api_of(req)->asks, req, &ask, -1, on_status);
}

void
tl_hma_do_live(struct tl_req *req)
{
	tl_req_answer_static(req, 200, "text/plain", TL_S("I-AM-ALIVE"));
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
tl_hma_do_site_map(struct tl_req *req)
{
	static const char *const paths[] = {
#define H(method, path, gate, need, query, handler, body, limit, help) path,
#define T(method, path, gate, need, query, handler, body, limit, help)
#include "api/routes_hma.tbl.h"
#undef H
#undef T
	};
	const char *sorted[TL_COUNT(paths)];
	struct tl_buf b = {0};
	memcpy(sorted, paths, sizeof paths);
	qsort(sorted, TL_COUNT(paths), sizeof sorted[0], by_text);
	tl_js_open(&b, NULL, '[');
	for (size_t i = 0; i < TL_COUNT(paths); i++)
		if (i == 0 || strcmp(sorted[i], sorted[i - 1]) != 0)
			tl_js_z(&b, NULL, sorted[i]);
	tl_js_close(&b, ']');
	tl_req_answer_json(req, 200, &b);
}

void
tl_hma_do_contract(struct tl_req *req)
{
	tl_req_answer_static(req, 200, "application/json", tl_hma_contract_text);
}

void
tl_hma_do_content_types(struct tl_req *req)
{
	struct tl_buf b = {0};
	tl_js_open(&b, NULL, '[');
	for (unsigned c = HMA_PHOTO; c <= HMA_VIDEO; c <<= 1) {
		tl_js_open(&b, NULL, '{');
		tl_js_str(&b, "name", hma_content_name(c));
		tl_js_bool(&b, "enabled", true);
		tl_js_close(&b, '}');
	}
	tl_js_close(&b, ']');
	tl_req_answer_json(req, 200, &b);
}

static int
types_json(struct tl_req *req, struct tl_db *db, struct tl_buf *out)
{
	int rc = 0;
	(void)req;
	tl_js_open(out, NULL, '[');
	for (int i = 0; i < HMA_TYPES && rc == 0; i++) {
		double share = 1;
		rc = tl_hma_type_share(db, tl_str(hma_types[i].name), &share);
		tl_js_open(out, NULL, '{');
		tl_js_z(out, "name", hma_types[i].name);
		tl_js_num(out, "enabled_ratio", share);
		tl_js_close(out, '}');
	}
	tl_js_close(out, ']');
	return rc;
}

void
tl_hma_do_signal_types(struct tl_req *req)
{
	tl_api_read(req, types_json);
}

struct type_change {
	struct tl_req *req;
	const char *name;
	double share;
};

static int
change_type(struct tl_db *db, void *ctx)
{
	const struct type_change *x = ctx;
	static const struct tl_hma_bank none;
	int rc = tl_hma_type_set(db, tl_str(x->name), x->share);
	return rc < 0 ? rc : hma_audit(db, x->req, "hma.type", &none, x->name);
}

static void
type_changed(struct tl_req *req, int rc, void *ctx)
{
	(void)ctx;
	if (rc < 0)
		tl_req_problem(req, rc);
	else
		tl_api_read(req, types_json);
}

void
tl_hma_do_signal_type_change(struct tl_req *req)
{
	struct type_change *x = TL_NEW(tl_req_arena(req), struct type_change);
	enum hma_type_tag type = 0;
	json_t *j = NULL;
	int rc = x ? hma_may_change(req, TL_GUARD_BANK_CHANGE) : TL_ENOMEM;
	if (rc == 0)
		rc = hma_type_parse(tl_req_param(req, 0), "signal_type", &type);
	if (rc == 0)
		rc = tl_req_json(req, &j);
	if (rc == 0)
		rc =
		    hma_number(json_object_get(j, "enabled_ratio"), "enabled_ratio", &x->share);
	if (rc == 0 && !(x->share >= 0 && x->share <= 1))
		rc = tl_fail_at(TL_EFIELD, "enabled_ratio", "a ratio is 0 to 1");
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	x->req = req;
	x->name = hma_types[type].name;
	tl_api_write(req, TL_SYNC_FULL, change_type, type_changed, x);
}

/* Exchanges: none are installed. -------------------------------------------------------------------------------- */

static void
empty_list(struct tl_req *req)
{
	tl_req_answer_static(req, 200, "application/json", TL_S("[]"));
}

void
tl_hma_do_exchange_apis(struct tl_req *req)
{
	empty_list(req);
}

void
tl_hma_do_exchanges(struct tl_req *req)
{
	empty_list(req);
}

void
tl_hma_do_exchange_api(struct tl_req *req)
{
	hma_say(req, 404, "this kind of exchange is not installed");
}

void
tl_hma_do_exchange_create(struct tl_req *req)
{
	hma_say(req, 400,
	    "no kind of exchange is installed: GET /c/exchanges/apis lists none; create a bank "
	    "with POST /c/banks and import into it");
}

void
tl_hma_do_exchange(struct tl_req *req)
{
	hma_say(req, 404, "there is no such exchange");
}

void
tl_hma_do_exchange_delete(struct tl_req *req)
{
	hma_say(req, 200, "Exchange deleted");
}
