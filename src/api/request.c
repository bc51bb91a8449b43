/*
 * A request as handlers see it: what it says, what they keep with it, and its one answer.
 *
 * Promises: a request gets exactly one answer (a second one is dropped); answering is safe from any thread and
 * wakes a sleeping connection. Out of memory while answering aborts. Requests are recycled, never freed while
 * somebody owes them an answer.
 */
#include "api/http_int.h"

#include "sys/clock.h"

#include <stdlib.h>
#include <strings.h>

#define ARENA_BYTES (4U << 20)
#define FREE_MAX 256U
#define BODY_KEEP_BYTES 65536U

struct tl_req *
tl_req_create(struct tl_http *h)
{
	pthread_mutex_lock(&h->lock);
	struct tl_req *req = h->free;
	if (req) {
		h->free = req->next_free;
		h->free_count--;
	}
	pthread_mutex_unlock(&h->lock);
	if (!req) {
		req = calloc(1, sizeof *req);
		if (!req)
			abort();
		req->arena = tl_arena_create(ARENA_BYTES);
	}
	req->http = h;
	req->id = tl_id_new();
	req->started_us = tl_mono_us();
	req->length = -1;
	return req;
}

static void
forget(struct tl_req *req)
{
	if (req->at_end)
		req->at_end(req);
	if (req->kept_destroy)
		req->kept_destroy(req->kept);
	if (req->response)
		MHD_destroy_response(req->response);
	json_decref(req->json);
	tl_arena_reset(req->arena);
	struct tl_req keep = {.arena = req->arena, .body = req->body};
	if (keep.body.cap > BODY_KEEP_BYTES)
		tl_buf_fini(&keep.body);
	else
		tl_buf_reset(&keep.body);
	*req = keep;
}

static void
destroy(struct tl_req *req)
{
	tl_arena_destroy(req->arena);
	tl_buf_fini(&req->body);
	free(req);
}

void
tl_req_recycle(struct tl_req *req)
{
	struct tl_http *h = req->http;
	forget(req);
	pthread_mutex_lock(&h->lock);
	bool keep = h->free_count < FREE_MAX;
	if (keep) {
		req->next_free = h->free;
		h->free = req;
		h->free_count++;
	}
	pthread_mutex_unlock(&h->lock);
	if (!keep)
		destroy(req);
}

void
tl_req_free_all(struct tl_http *h)
{
	while (h->free) {
		struct tl_req *next = h->free->next_free;
		destroy(h->free);
		h->free = next;
	}
}

/* What the request says ----------------------------------------------------------------------------------------- */

void *
tl_req_app(const struct tl_req *req)
{
	return req->http->conf.app;
}

struct tl_arena *
tl_req_arena(struct tl_req *req)
{
	return req->arena;
}

struct tl_who *
tl_req_who(struct tl_req *req)
{
	return &req->who;
}

struct tl_str
tl_req_method(const struct tl_req *req)
{
	return req->method;
}

struct tl_str
tl_req_path(const struct tl_req *req)
{
	return req->path;
}

struct tl_str
tl_req_param(const struct tl_req *req, size_t n)
{
	return n < req->param_count ? req->params[n] : (struct tl_str){NULL, 0};
}

bool
tl_req_query(const struct tl_req *req, const char *name, struct tl_str *ret)
{
	for (size_t i = 0; i < req->query_count; i++)
		if (tl_str_is(req->query[i].name, name)) {
			*ret = req->query[i].value;
			return true;
		}
	return false;
}

int
tl_req_query_int(
    const struct tl_req *req, const char *name, int64_t lo, int64_t hi, int64_t *ret)
{
	struct tl_str s;
	if (!tl_req_query(req, name, &s))
		return 0;
	if (tl_parse_i64(s, lo, hi, ret) < 0)
		return tl_fail_at(TL_EFIELD, name,
		    "must be a whole number between %lld and %lld", (long long)lo,
		    (long long)hi);
	return 0;
}

bool
tl_req_header(const struct tl_req *req, const char *name, struct tl_str *ret)
{
	const char *v = MHD_lookup_connection_value(req->conn, MHD_HEADER_KIND, name);
	if (!v)
		return false;
	*ret = tl_str(v);
	return true;
}

bool
tl_req_cookie(const struct tl_req *req, const char *name, struct tl_str *ret)
{
	const char *v = MHD_lookup_connection_value(req->conn, MHD_COOKIE_KIND, name);
	if (!v)
		return false;
	*ret = tl_str(v);
	return true;
}

bool
tl_req_type_is(const struct tl_req *req, const char *mime)
{
	struct tl_str v;
	size_t n = strlen(mime);
	if (!tl_req_header(req, "Content-Type", &v) || v.n < n ||
	    strncasecmp((const char *)v.p, mime, n) != 0)
		return false;
	return v.n == n || v.p[n] == ';' || v.p[n] == ' ';
}

struct tl_addr
tl_req_client(const struct tl_req *req)
{
	return req->client;
}

int64_t
tl_req_length(const struct tl_req *req)
{
	return req->length;
}

struct tl_str
tl_req_body(const struct tl_req *req)
{
	return tl_buf_str(&req->body);
}

int
tl_req_json(struct tl_req *req, json_t **ret)
{
	if (!req->json) {
		int rc = tl_json_parse(tl_buf_str(&req->body), &req->json);
		if (rc < 0)
			return rc;
	}
	if (!json_is_object(req->json))
		return tl_fail_at(TL_EFIELD, "", "expected an object");
	*ret = req->json;
	return 0;
}

void
tl_req_at_end(struct tl_req *req, void (*fn)(struct tl_req *req))
{
	req->at_end = fn;
}

void
tl_req_keep(struct tl_req *req, void *p, void (*destroy_kept)(void *p))
{
	req->kept = p;
	req->kept_destroy = destroy_kept;
}

void *
tl_req_kept(const struct tl_req *req)
{
	return req->kept;
}

void
tl_req_set_work(struct tl_req *req, void *p)
{
	req->work = p;
}

void *
tl_req_work(const struct tl_req *req)
{
	return req->work;
}

/* Answers ------------------------------------------------------------------------------------------------------- */

void
tl_req_set_header(struct tl_req *req, const char *name, const char *value)
{
	if (req->out_count < HEADERS_OUT_MAX)
		req->out[req->out_count++] = (struct pair){
		    tl_str(tl_arena_printf(req->arena, "%s", name)),
		    tl_str(tl_arena_printf(req->arena, "%s", value)),
		};
}

static bool
has_header(const struct tl_req *req, const char *name)
{
	for (size_t i = 0; i < req->out_count; i++)
		if (req->out[i].name.n == strlen(name) &&
		    strcasecmp((const char *)req->out[i].name.p, name) == 0)
			return true;
	return false;
}

static void
add_headers(struct tl_req *req, const char *type, struct MHD_Response *r)
{
	static const char *const ALWAYS[][2] = {
	    {"Cache-Control", "no-store"},
	    {"X-Content-Type-Options", "nosniff"},
	    {"Referrer-Policy", "no-referrer"},
	    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
	};
	char id[TL_ID_TEXT];
	tl_id_text(id, req->id);
	if (type)
		MHD_add_response_header(r, "Content-Type", type);
	MHD_add_response_header(r, "X-Request-Id", id);
	for (size_t i = 0; i < TL_COUNT(ALWAYS); i++)
		if (!has_header(req, ALWAYS[i][0]))
			MHD_add_response_header(r, ALWAYS[i][0], ALWAYS[i][1]);
	if (req->http->conf.tls)
		MHD_add_response_header(r, "Strict-Transport-Security", "max-age=31536000");
	for (size_t i = 0; i < req->out_count; i++)
		MHD_add_response_header(
		    r, (const char *)req->out[i].name.p, (const char *)req->out[i].value.p);
}

/* The count first: once the connection is awake the request may end at any moment. */
void
tl_req_resume(struct tl_req *req)
{
	struct MHD_Connection *conn = req->conn;
	atomic_fetch_sub(&req->http->asleep, 1);
	MHD_resume_connection(conn);
}

void
tl_req_ready(struct tl_req *req, int status, struct MHD_Response *response)
{
	req->status = status;
	req->response = response;
	if (atomic_exchange(&req->state, REQ_ANSWERED) == REQ_ASLEEP)
		tl_req_resume(req);
}

/* False when the request has its answer already. */
static bool
first(struct tl_req *req)
{
	return !atomic_exchange(&req->answered, true);
}

static void
answer(struct tl_req *req, int status, const char *type, struct MHD_Response *r)
{
	if (!r)
		abort();
	add_headers(req, type, r);
	tl_req_ready(req, status, r);
}

void
tl_req_answer(struct tl_req *req, int status, const char *type, struct tl_buf *body)
{
	if (!first(req)) {
		tl_buf_fini(body);
		return;
	}
	struct MHD_Response *r =
	    MHD_create_response_from_buffer(body->n, body->p, MHD_RESPMEM_MUST_FREE);
	*body = (struct tl_buf){0};
	answer(req, status, type, r);
}

void
tl_req_answer_json(struct tl_req *req, int status, struct tl_buf *body)
{
	tl_req_answer(req, status, "application/json", body);
}

void
tl_req_answer_static(struct tl_req *req, int status, const char *type, struct tl_str body)
{
	if (!first(req))
		return;
	void *p;
	memcpy(&p, &body.p, sizeof p);
	answer(req, status, type,
	    MHD_create_response_from_buffer(body.n, p, MHD_RESPMEM_PERSISTENT));
}

void
tl_req_answer_empty(struct tl_req *req, int status)
{
	tl_req_answer_static(req, status, NULL, TL_S(""));
}

void
tl_req_problem_at(struct tl_req *req, int err, const char *field, const char *detail)
{
	char id[TL_ID_TEXT];
	tl_id_text(id, req->id);
	struct tl_buf b = {0};
	int status = req->dialect ? req->dialect->refuse(&b, err, field, detail)
				  : tl_problem_write(&b, err, field, detail, id);
	int wait_s = tl_problem_wait_s(err);
	if (wait_s && !has_header(req, "Retry-After"))
		tl_req_set_header(
		    req, "Retry-After", tl_arena_printf(tl_req_arena(req), "%d", wait_s));
	if (status == 401)
		tl_req_set_header(req, "WWW-Authenticate", "Bearer");
	tl_req_answer(
	    req, status, req->dialect ? "application/json" : "application/problem+json", &b);
}

void
tl_req_problem(struct tl_req *req, int err)
{
	tl_req_problem_at(req, err, tl_err_field(), tl_err_text());
}

void
tl_req_answer_stream(
    struct tl_req *req, int status, const char *type, struct MHD_Response *response)
{
	if (!first(req)) {
		MHD_destroy_response(response);
		return;
	}
	answer(req, status, type, response);
}

/* Whoever is not asleep sees REQ_CALLED by itself; from then on the request may end at any moment. */
static void
call(struct tl_req *req)
{
	int was = atomic_load(&req->state);
	do {
		if (was == REQ_ANSWERED)
			return;
	} while (!atomic_compare_exchange_weak(&req->state, &was, REQ_CALLED));
	if (was == REQ_ASLEEP)
		tl_req_resume(req);
}

void
tl_req_wake(struct tl_req *req)
{
	call(req);
}

void
tl_req_continue(struct tl_req *req, void (*fn)(struct tl_req *req))
{
	req->then = fn;
	call(req);
}
