/*
 * A file that a person drops: what it is known by, so that it can be watched or goes into a bank.
 *
 * Promises: its bytes are not looked at here; they go to a worker's jail in a sealed memory file, and nothing of them is
 * kept. What comes back from the browser is checked like any other entry. Failures: 503 without a worker that is free, 422
 * for what cannot be decoded or found again. Called by the console's routes.
 */
#include "api/console_banks_int.h"
#include "api/console_copies.h"

#include "api/api.h"
#include "api/asks.h"
#include "store/banks.h"
#include "sys/fd.h"

#define WITHIN_MS 20000
#define VALUE_MAX ((size_t)256 << 10)

static int
file_begin(struct tl_req *req)
{
	const struct tl_app *app = tl_req_app(req);
	int64_t most = app->config->media_max_bytes;
	if (!tl_req_type_is(req, "application/octet-stream"))
		return tl_fail_at(
		    TL_ETYPE, "Content-Type", "this call takes application/octet-stream");
	if (tl_req_length(req) > most)
		return tl_fail(TL_ETOOBIG, "a file is larger than %lld bytes", (long long)most);
	return 0;
}

static int
file_feed(struct tl_req *req, struct tl_str data)
{
	const struct tl_app *app = tl_req_app(req);
	int64_t most = app->config->media_max_bytes;
	if ((int64_t)(tl_req_body(req).n + data.n) > most)
		return tl_fail(TL_ETOOBIG, "a file is larger than %lld bytes", (long long)most);
	return tl_body_bytes.feed(req, data);
}

const struct tl_body tl_console_file_body = {file_begin, file_feed};

/* A worker answers. `json` names the kind of bank, or none. */
static int
ask_worker(struct tl_call *c, struct tl_str json)
{
	struct tl_ask ask = {.kind = TL_ASK_KNOWN, .within_ms = WITHIN_MS, .json = json};
	int fd = -1;
	int rc = tl_req_body(c->req).n ? tl_memfd_sealed("known", tl_req_body(c->req), &fd)
				       : tl_fail_at(TL_EFIELD, "", "the file is empty");
	if (rc < 0)
		return rc;
	c->answered = true;
	tl_asks_ask(tl_api_of(c->req)->asks, c->req, &ask, fd, tl_asks_answer);
	return 0;
}

int
tl_console_crisis_known(struct tl_call *c)
{
	return ask_worker(c, TL_S("{}"));
}

/* A digest needs no decoding. */
static int
known_by_digest(struct tl_call *c)
{
	struct tl_str file = tl_req_body(c->req);
	uint8_t sha256[32], md5[16];
	char text[64];
	if (file.n == 0)
		return tl_fail_at(TL_EFIELD, "", "the file is empty");
	struct tl_digest *d = tl_digest_create();
	tl_digest_add(d, file);
	tl_digest_end(d, sha256, md5);
	(void)tl_base64(text, sha256, sizeof sha256);
	tl_js_open(&c->out, NULL, '{');
	tl_js_open(&c->out, "known", '[');
	tl_js_open(&c->out, NULL, '{');
	tl_js_z(&c->out, "form", tl_entry_form_names[TL_FORM_SHA256]);
	tl_js_z(&c->out, "value", text);
	tl_js_close(&c->out, '}');
	tl_js_close(&c->out, ']');
	tl_js_close(&c->out, '}');
	return 0;
}

int
tl_console_bank_known(struct tl_call *c)
{
	struct tl_bank b = {0};
	int rc = bank_load(c, &b);
	if (rc < 0)
		return rc;
	if (b.kind == TL_BANK_TEXT)
		return tl_fail(TL_EFIELD, "this bank holds terms, not files");
	if (b.kind == TL_BANK_DIGEST)
		return known_by_digest(c);
	return ask_worker(c,
	    tl_str(tl_arena_printf(c->arena, "{\"kind\":\"%s\"}", tl_bank_kind_names[b.kind])));
}

static int
read_known(struct tl_call *c, const json_t *known, struct tl_bank_entry *ret)
{
	struct {
		int form;
		struct tl_str value;
	} one = {0};
	static const struct tl_json_field fields[] = {
	    {"form", TL_J_ENUM, offsetof(__typeof__(one), form), 0, 0, tl_entry_form_names,
		true},
	    {"value", TL_J_STR, offsetof(__typeof__(one), value), 1, VALUE_MAX, NULL, true},
	};
	int rc =
	    tl_json_fill(json_array_get(known, 0), "/known/0", fields, TL_COUNT(fields), &one);
	uint8_t *raw = rc == 0 ? tl_arena_alloc(c->arena, one.value.n) : NULL;
	size_t n = 0;
	if (rc < 0 || !raw)
		return rc < 0 ? rc : tl_arena_check(c->arena);
	enum tl_entry_form form = (enum tl_entry_form)one.form;
	if (tl_unbase64(raw, one.value.n, one.value, &n) < 0)
		return tl_fail_at(TL_EFIELD, "/known/0/value", "is not base64");
	if (tl_bank_value_check(form, tl_bytes(raw, n)) < 0)
		return tl_fail_at(TL_EFIELD, "/known/0/value", "%s", tl_err_text());
	ret->form = form;
	ret->value = tl_bytes(raw, n);
	return 0;
}

int
tl_console_known_read(
    struct tl_call *c, const json_t *known, struct tl_bank_entry **ret, size_t *ret_count)
{
	struct tl_bank_entry *e = TL_NEW(c->arena, struct tl_bank_entry);
	int rc = e ? read_known(c, known, e) : tl_arena_check(c->arena);
	if (rc < 0)
		return rc;
	if (e->form != TL_FORM_PDQ && e->form != TL_FORM_VPDQ && e->form != TL_FORM_CHROMAPRINT)
		return tl_fail_at(
		    TL_EFIELD, "/known/0/form", "a watch looks for pdq, vpdq or chromaprint");
	*ret = e;
	*ret_count = 1;
	return 0;
}

int
tl_console_known_of(
    struct tl_call *c, const json_t *known, const struct tl_bank *b, struct tl_bank_entry *e)
{
	int rc = read_known(c, known, e);
	if (rc == 0 && !tl_bank_holds(b->kind, e->form))
		rc = tl_fail_at(TL_EFIELD, "/known/0/form",
		    "a %s bank holds no entries of this form", tl_bank_kind_names[b->kind]);
	return rc;
}
