/*
 * The HTTP core: one table of routes, and for handlers a small set of verbs. A handler either answers before
 * it returns, or keeps the request and answers later from any thread, exactly once; the connection sleeps
 * meanwhile. A request lives until it was answered, so whoever owes an answer may hold the pointer.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "sys/addr.h"
#include "sys/id.h"

struct tl_conns_counts;
struct tl_http;
struct tl_rates;
struct tl_req;
struct tl_stats;

#define TL_REQ_PARAMS_MAX 4

/* Who asks; set by the route's gate. */
struct tl_who {
	enum { TL_WHO_NOBODY, TL_WHO_KEY, TL_WHO_USER } kind;
	struct tl_id id; /* of the key or user */
	int64_t platform;
	bool live;
	unsigned scopes; /* of a key: bits 1 << enum tl_scope */
	bool rated;      /* of a key: it may make only so many requests a second */
	int role;        /* of a user */
	void *session;   /* of a user; belongs to the request's arena */
};

/* How a route takes its body. Zero or more calls of `feed`, then the route's handler. */
struct tl_body {
	int (*begin)(
	    struct tl_req *req); /* headers are known, the gate is passed; may be NULL */
	/* TL_EAGAIN: could not take it; the connection sleeps until tl_req_wake, then it comes again. */
	int (*feed)(struct tl_req *req, struct tl_str data);
};
extern const struct tl_body tl_body_none;  /* a body is refused */
extern const struct tl_body tl_body_json;  /* application/json, whole in tl_req_body */
extern const struct tl_body tl_body_bytes; /* any type, whole in tl_req_body */

/* How a family of routes differs from ours, for clients that were written for something else. */
struct tl_dialect {
	/* Writes the body of a refusal (JSON) and returns its HTTP status. */
	int (*refuse)(struct tl_buf *out, int err, const char *field, const char *detail);
	bool
	    loose; /* doubled slashes count as one, parameters that are not known are ignored */
};

struct tl_route {
	const char *method;
	const char *path; /* "/v1/items/{id}"; a last segment "{*}" takes the rest */
	int (*gate)(struct tl_req *req, const char *need); /* NULL: open to all */
	const char *need;                                  /* scope or permission */
	const char *query; /* parameters that it knows, by spaces; "*": any, unread */
	void (*handle)(struct tl_req *req);
	const struct tl_body *body;
	size_t limit_bytes; /* of the body */
	const char *help;
	const struct tl_dialect *dialect; /* NULL: ours */
};

struct tl_http_conf {
	const char *address; /* numeric, or "localhost" */
	int port;            /* 0: any free one */
	int threads;
	int connections, connections_per_address;
	int timeout_s;                /* a client owes its next whole head for so long */
	int64_t body_min_bytes_per_s; /* a slower body is cut off */
	const struct tl_net *trusted; /* proxies whose X-Forwarded-For counts */
	size_t trusted_count;
	struct tl_rates *rates; /* may be NULL */
	bool tls;               /* tl_tls_begin has been called */
	const struct tl_route *routes;
	size_t route_count;
	void *app;              /* tl_req_app */
	struct tl_stats *stats; /* may be NULL */
};

/* True when the path has the pattern of a route ("/a/{id}"); what stands for the braces, decoded. TL_EPARSE … */
int tl_route_match(struct tl_arena *a, const char *pattern, const char *path,
    struct tl_str params[TL_REQ_PARAMS_MAX], bool *ret) TL_MUST;

int tl_http_start(const struct tl_http_conf *conf, struct tl_http **ret) TL_MUST;
int tl_http_port(const struct tl_http *h);
struct tl_conns_counts tl_http_connections(struct tl_http *h);
/*
 * Stops in good order: no new connections, streams end, requests in flight get until the deadline. False when a
 * connection still sleeps then, whose answer never came: nothing is freed, and the process must exit soon.
 */
bool tl_http_stop(struct tl_http *h, int64_t grace_us);

/* What the request says. Views live as long as the request. */
void *tl_req_app(const struct tl_req *req);
struct tl_arena *tl_req_arena(struct tl_req *req);
struct tl_who *tl_req_who(struct tl_req *req);
struct tl_addr tl_req_client(
    const struct tl_req *req); /* the client's address, not its proxy's */
struct tl_str tl_req_method(const struct tl_req *req);
struct tl_str tl_req_path(const struct tl_req *req);
struct tl_str tl_req_param(
    const struct tl_req *req, size_t n); /* n-th {…} of the path, decoded */
bool tl_req_query(const struct tl_req *req, const char *name, struct tl_str *ret);
int tl_req_query_int(const struct tl_req *req, const char *name, int64_t lo, int64_t hi,
    int64_t *ret) TL_MUST; /* absent leaves *ret */
bool tl_req_header(const struct tl_req *req, const char *name, struct tl_str *ret);
bool tl_req_cookie(const struct tl_req *req, const char *name, struct tl_str *ret);
bool tl_req_type_is(const struct tl_req *req, const char *mime); /* ignoring parameters */
int64_t tl_req_length(const struct tl_req *req);                 /* -1 when chunked */
struct tl_str tl_req_body(const struct tl_req *req);
int tl_req_json(
    struct tl_req *req, json_t **ret) TL_MUST; /* an object; freed with the request */

/* Called once when the request is over, however it ended; set by gates. */
void tl_req_at_end(struct tl_req *req, void (*fn)(struct tl_req *req));

/* A slot for what the route's own steps share; freed when the request ends. */
void tl_req_keep(struct tl_req *req, void *p, void (*destroy)(void *p));
void *tl_req_kept(const struct tl_req *req);
/* A second slot, for work under way (api.c); belongs to the arena. */
void tl_req_set_work(struct tl_req *req, void *p);
void *tl_req_work(const struct tl_req *req);

/* Answers, from any thread, exactly one for each request. */
void tl_req_set_header(struct tl_req *req, const char *name, const char *value); /* before it */
void tl_req_answer(struct tl_req *req, int status, const char *type, struct tl_buf *body);
void tl_req_answer_json(struct tl_req *req, int status, struct tl_buf *body);
void tl_req_answer_static(struct tl_req *req, int status, const char *type, struct tl_str body);
void tl_req_answer_empty(struct tl_req *req, int status);
/* A problem document (RFC 9457) from this thread's last failure; from explicit words. */
void tl_req_problem(struct tl_req *req, int err);
void tl_req_problem_at(struct tl_req *req, int err, const char *field, const char *detail);

void tl_req_wake(struct tl_req *req); /* a body that could not be taken before can be now */

/* From any thread: `fn` goes on with the request on a thread of the pool, once. Then this thread may not touch
 * the request any more. For work that ends on another thread whose time is dear. */
void tl_req_continue(struct tl_req *req, void (*fn)(struct tl_req *req));

/*
 * A streamed answer. The producer puts from any thread and calls tl_stream_end once, after which the pointer
 * is not its any more. A put is refused with TL_ETOOBIG while more than the backlog waits unsent, and with
 * TL_EPEER once the reader is gone.
 */
#define TL_STREAM_BACKLOG_BYTES (256 * 1024)
struct tl_stream;
struct tl_stream *tl_req_stream(struct tl_req *req, int status, const char *type);
int tl_stream_put(struct tl_stream *s, struct tl_str data) TL_MUST;
/* The reader was found gone; a closed connection is noticed within a second. */
bool tl_stream_gone(struct tl_stream *s);
void tl_stream_end(struct tl_stream *s);

/* Seconds after which the same request may do better; 0: trying again is no help. */
int tl_problem_wait_s(int err);
/* Writes a problem document into `out` and returns its HTTP status. */
int tl_problem_write(
    struct tl_buf *out, int err, const char *field, const char *detail, const char *request);
