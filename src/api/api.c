/*
 * The gate of API keys, and work of requests on the store.
 *
 * Promises: a request whose write was queued is answered after the commit, never before. Failures of the write
 * become problems with the writer's own words. Called by all handlers of the platform's routes.
 */
#include "api/api.h"

#include "api/shares.h"
#include "people/key_gate.h"
#include "store/people.h"

#include <stdio.h>

/* What a client needs to slow down by itself (draft-ietf-httpapi-ratelimit-headers, as most clients know it). */
static void
say_rate(struct tl_req *req, const struct tl_key_grant *grant)
{
	char text[24];
	(void)snprintf(text, sizeof text, "%lld", (long long)grant->rate_burst);
	tl_req_set_header(req, "RateLimit-Limit", text);
	(void)snprintf(text, sizeof text, "%lld", (long long)grant->rate_left);
	tl_req_set_header(req, "RateLimit-Remaining", text);
	tl_req_set_header(req, "RateLimit-Reset", "1");
}

static void
give_share(struct tl_req *req)
{
	tl_shares_give(tl_api_of(req)->shares, tl_req_who(req)->id);
}

/* Event readers stay for hours and have their own bound (hub.c). */
static int
take_share(struct tl_req *req, enum tl_scope scope)
{
	if (scope == TL_SCOPE_EVENTS)
		return 0;
	int rc = tl_shares_take(tl_api_of(req)->shares, tl_req_who(req)->id);
	if (rc == 0)
		tl_req_at_end(req, give_share);
	return rc;
}

/* What stands behind the scheme, when there is such a header. */
static bool
bearer(const struct tl_req *req, struct tl_str *ret)
{
	static const char scheme[] = "Bearer ";
	struct tl_str value;
	if (!tl_req_header(req, "Authorization", &value) || value.n < sizeof scheme - 1 ||
	    memcmp(value.p, scheme, sizeof scheme - 1) != 0)
		return false;
	*ret = tl_bytes(value.p + sizeof scheme - 1, value.n - (sizeof scheme - 1));
	return true;
}

static int
admit(struct tl_req *req, struct tl_str value, const char *need)
{
	struct tl_api *api = tl_api_of(req);
	struct tl_key_grant grant;
	struct tl_db *db = NULL;
	int scope = 0;
	int rc = tl_word_parse(tl_scope_names, tl_str(need), &scope);
	if (rc == 0)
		rc = tl_app_db(&api->app, &db);
	if (rc < 0)
		return rc;
	struct tl_addr from = tl_req_client(req);
	rc = tl_key_gate_check(api->gate, db, value, (enum tl_scope)scope, &from, &grant);
	tl_app_db_give(&api->app, db);
	if (rc == 0 && grant.rate_burst)
		say_rate(req, &grant);
	bool again = tl_req_who(req)->kind == TL_WHO_KEY; /* a further line of a batch */
	if (rc == 0)
		*tl_req_who(req) = (struct tl_who){.kind = TL_WHO_KEY,
		    .rated = grant.rate_burst > 0,
		    .id = grant.id,
		    .platform = grant.platform,
		    .live = grant.live,
		    .scopes = grant.scopes};
	return rc == 0 && !again ? take_share(req, (enum tl_scope)scope) : rc;
}

int
tl_api_gate(struct tl_req *req, const char *need)
{
	struct tl_str value;
	if (!bearer(req, &value))
		return tl_fail(TL_EAUTH, "send the key as Authorization: Bearer");
	return admit(req, value, need);
}

int
tl_api_gate_line(struct tl_req *req, const char *need)
{
	return tl_req_who(req)->rated ? tl_api_gate(req, need) : 0;
}

int
tl_api_gate_any(struct tl_req *req, const char *need)
{
	struct tl_str value, other;
	bool is_bearer = bearer(req, &value);
	bool is_header = tl_req_header(req, "X-API-Key", &other);
	if (!is_bearer && !is_header)
		return tl_fail(
		    TL_EAUTH, "send the key as Authorization: Bearer, or as X-API-Key");
	if (is_bearer && is_header && !tl_str_eq(value, other))
		return tl_fail(TL_EAUTH, "two keys were sent, and they differ");
	return admit(req, is_bearer ? value : other, need);
}

int
tl_api_accepting(struct tl_api *api)
{
	switch (atomic_load(&api->refusing)) {
	case 0:
		return 0;
	case TL_EFULL:
		return tl_fail(
		    TL_EFULL, "there is no space for new content; what was accepted is safe");
	default:
		return tl_fail(TL_EAGAIN, "too much waits for its scan; try again later");
	}
}

struct write {
	struct tl_work work;
	struct tl_req *req;
	tl_api_write_fn fn;
	const struct tl_api_early *early; /* may be NULL */
	bool taken;                       /* by early->at_commit */
	tl_api_then_fn then;
	void *ctx;
	int rc;
	const char *text, *field;
};

static int
run(struct tl_db *db, void *ctx)
{
	struct write *w = ctx;
	return w->fn(db, w->ctx);
}

static void
answer(struct tl_req *req)
{
	struct write *w = tl_req_work(req);
	if (w->rc < 0)
		(void)tl_fail_at(w->rc, w->field, "%s", w->text);
	w->then(req, w->rc, w->ctx);
}

static void
committed(void *ctx)
{
	struct write *w = ctx;
	w->taken = w->early->at_commit(w->req, w->ctx);
}

static void
done(void *ctx, int rc)
{
	struct write *w = ctx;
	if (w->taken) {
		w->early->durable(w->req, rc, w->ctx);
		return;
	}
	w->rc = rc;
	if (rc < 0) {
		w->text = tl_arena_printf(tl_req_arena(w->req), "%s", tl_err_text());
		w->field = tl_arena_printf(tl_req_arena(w->req), "%s", tl_err_field());
	}
	tl_req_continue(w->req, answer);
}

static void
submit(struct tl_req *req, const struct write *like)
{
	struct write *w = TL_NEW(tl_req_arena(req), struct write);
	int rc = w ? 0 : tl_fail(TL_ENOMEM, "the request is too large");
	if (rc == 0) {
		*w = *like;
		w->req = req;
		w->work.fn = run;
		w->work.done = done;
		w->work.committed = w->early ? committed : NULL;
		w->work.ctx = w;
		tl_req_set_work(req, w);
		rc = tl_writer_submit(tl_api_of(req)->app.writer, &w->work);
	}
	if (rc < 0)
		like->then(req, rc, like->ctx);
}

void
tl_api_write_early(struct tl_req *req, bool refuses_clean, tl_api_write_fn fn,
    const struct tl_api_early *early, tl_api_then_fn then, void *ctx)
{
	submit(
	    req, &(struct write){.work = {.sync = TL_SYNC_FULL, .refuses_clean = refuses_clean},
		     .fn = fn,
		     .early = early,
		     .then = then,
		     .ctx = ctx});
}

void
tl_api_write(
    struct tl_req *req, enum tl_sync sync, tl_api_write_fn fn, tl_api_then_fn then, void *ctx)
{
	submit(
	    req, &(struct write){.work = {.sync = sync}, .fn = fn, .then = then, .ctx = ctx});
}

void
tl_api_write_clean(struct tl_req *req, enum tl_sync sync, unsigned weight, tl_api_write_fn fn,
    tl_api_then_fn then, void *ctx)
{
	submit(req,
	    &(struct write){.work = {.sync = sync, .weight = weight, .refuses_clean = true},
		.fn = fn,
		.then = then,
		.ctx = ctx});
}

void
tl_api_answer_empty(struct tl_req *req, int rc, void *ctx)
{
	(void)ctx;
	if (rc < 0)
		tl_req_problem(req, rc);
	else
		tl_req_answer_empty(req, 204);
}

void
tl_api_read(struct tl_req *req, tl_api_read_fn fn)
{
	struct tl_api *api = tl_api_of(req);
	struct tl_db *db = NULL;
	struct tl_buf out = {0};
	int rc = tl_app_db(&api->app, &db);
	if (rc == 0)
		rc = fn(req, db, &out);
	tl_app_db_give(&api->app, db);
	if (rc < 0) {
		tl_buf_fini(&out);
		tl_req_problem(req, rc);
		return;
	}
	tl_req_answer_json(req, 200, &out);
}

int
tl_api_audit(struct tl_db *db, struct tl_req *req, const char *verb, struct tl_id subject)
{
	char id[TL_ID_TEXT], key[TL_ID_TEXT], actor[TL_ID_TEXT + 4];
	tl_id_text(id, subject);
	tl_id_text(key, tl_req_who(req)->id);
	(void)snprintf(actor, sizeof actor, "key:%s", key);
	return tl_audit_add(db, actor, verb, tl_str(id), TL_S(""));
}
