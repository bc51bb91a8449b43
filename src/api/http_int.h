/* Private to src/api: what a request and a server hold. */
#pragma once

#include "api/conns.h"
#include "api/http.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#define QUERY_MAX 8
#define HEADERS_OUT_MAX 8

enum req_state {
	REQ_BUSY,    /* a thread of the pool is in our code for it */
	REQ_ASLEEP,  /* the connection is suspended; whoever owes the answer wakes it */
	REQ_CALLED,  /* tl_req_wake or tl_req_continue: a thread of the pool must look at it */
	REQ_ANSWERED /* an answer waits to be queued */
};

struct pair {
	struct tl_str name, value;
};

struct tl_req {
	struct tl_http *http;
	struct MHD_Connection *conn;
	struct tl_conn *of;
	struct tl_addr client; /* who speaks, through whatever trusted proxies */
	const struct tl_route *route;
	struct tl_arena *arena;
	struct tl_str uri; /* as it lies in the connection's memory; for the guard only */
	struct tl_str method, path;
	const struct tl_dialect *dialect; /* of its route, or NULL */
	struct tl_str params[TL_REQ_PARAMS_MAX];
	size_t param_count;
	struct pair query[QUERY_MAX];
	size_t query_count;
	struct tl_who who;
	struct tl_id id;
	int64_t started_us;
	int64_t length; /* Content-Length, -1 when chunked */
	size_t taken;   /* bytes of the body so far */
	struct tl_buf body;
	json_t *json;
	struct pair out[HEADERS_OUT_MAX];
	size_t out_count;
	void *kept;
	void (*kept_destroy)(void *p);
	void *work;
	void (*at_end)(struct tl_req *req);
	_Atomic int state;
	_Atomic bool answered;            /* guards "exactly one" */
	void (*then)(struct tl_req *req); /* of tl_req_continue; read when REQ_CALLED is seen */
	bool handled;                     /* the handler was called */
	bool refused; /* answered before the body's end; the rest is read and dropped */
	bool begun;
	bool paused; /* the body: a handler could not take more */
	bool streams;
	bool queued;
	int status;
	struct MHD_Response *response;
	struct tl_req *next_free;
};

struct tl_http {
	struct tl_http_conf conf;
	struct MHD_Daemon *daemon;
	struct tl_conns *conns;
	int port;
	_Atomic bool stopping;
	_Atomic int64_t lines_second; /* refusals logged in this second */
	_Atomic int lines;
	_Atomic int in_flight, asleep; /* requests; those whose connection sleeps */
	pthread_mutex_t lock;          /* streams, free requests */
	struct tl_stream *streams;
	struct tl_req *free;
	size_t free_count;
};

struct tl_req *tl_req_create(struct tl_http *h);
void tl_req_recycle(struct tl_req *req);
void tl_req_free_all(struct tl_http *h);
void tl_req_answer_stream(
    struct tl_req *req, int status, const char *type, struct MHD_Response *response);
void tl_stream_end_all(struct tl_http *h);
/* One more owner; tl_stream_lost ends the stream because its reader has closed, and that owner with it. */
struct tl_stream *tl_stream_hold(struct tl_stream *s);
void tl_stream_lost(struct tl_stream *s);

/* The route of a method and path, with its parameters; TL_ENOTFOUND, or TL_EUSAGE for a wrong method. */
int tl_route_find(struct tl_req *req, const char *method, const char *path, char *allow,
    size_t allow_cap) TL_MUST;
/* Percent-decodes a part of the path or query; INPUT when it is malformed or holds a NUL or bad UTF-8. */
int tl_uri_decode(struct tl_arena *a, struct tl_str raw, struct tl_str *ret) TL_MUST;

/* Wakes a connection that sleeps (or is about to). */
void tl_req_resume(struct tl_req *req);

/* Finishes an answer whose response exists. */
void tl_req_ready(struct tl_req *req, int status, struct MHD_Response *response);
