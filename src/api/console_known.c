/*
 * A file that a person drops: what it is known by, so that it can be watched.
 *
 * Promises: its bytes are not looked at here; they go to a worker's jail in a sealed memory file, and nothing of them is
 * kept. What comes back from the browser is checked like any other entry. Failures: 503 without a worker that is free, 422
 * for what cannot be decoded or found again. Called by the console's routes.
 */
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

int
tl_console_crisis_known(struct tl_call *c)
{
	struct tl_ask ask = {.kind = TL_ASK_KNOWN, .within_ms = WITHIN_MS, .json = TL_S("{}")};
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
tl_console_known_read(
    struct tl_call *c, const json_t *known, struct tl_bank_entry **ret, size_t *ret_count)
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
	struct tl_bank_entry *e = TL_NEW(c->arena, struct tl_bank_entry);
	int rc =
	    tl_json_fill(json_array_get(known, 0), "/known/0", fields, TL_COUNT(fields), &one);
	uint8_t *raw = rc == 0 ? tl_arena_alloc(c->arena, one.value.n) : NULL;
	size_t n = 0;
	if (rc < 0 || !raw || !e)
		return rc < 0 ? rc : tl_arena_check(c->arena);
	enum tl_entry_form form = (enum tl_entry_form)one.form;
	if (form != TL_FORM_PDQ && form != TL_FORM_VPDQ && form != TL_FORM_CHROMAPRINT)
		return tl_fail_at(
		    TL_EFIELD, "/known/0/form", "a watch looks for pdq, vpdq or chromaprint");
	if (tl_unbase64(raw, one.value.n, one.value, &n) < 0)
		return tl_fail_at(TL_EFIELD, "/known/0/value", "is not base64");
	if (tl_bank_value_check(form, tl_bytes(raw, n)) < 0)
		return tl_fail_at(TL_EFIELD, "/known/0/value", "%s", tl_err_text());
	*e = (struct tl_bank_entry){.form = form, .value = tl_bytes(raw, n)};
	*ret = e;
	*ret_count = 1;
	return 0;
}
