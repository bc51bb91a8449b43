/*
 * The HTTP server: libmicrohttpd in epoll mode with a pool of threads, our routes on top.
 *
 * Promises: every head passes the strict guard before anything else reads it; a body never exceeds its route's
 * limit; a handler runs once, after the whole body; a stop lets requests in flight end. On failure a request
 * gets a problem document, or its connection is closed when it cannot be answered any more. One connection is
 * served by one thread of the pool; other threads touch it through tl_req_answer and tl_req_wake only.
 */
#include "api/http_int.h"

#include "api/guard.h"
#include "api/rates.h"
#include "api/stats.h"
#include "api/tls.h"
#include "sys/clock.h"
#include "sys/killpoint.h"
#include "sys/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#define CONNECTION_MEMORY (32U * 1024)
#define LINES_PER_S 20
#define SPARE_CONNECTIONS 64
#define DESCRIPTORS_REST_US 50000
#define FORWARDED "X-Forwarded-For"
#define REQUEST_MAX_US (10 * TL_US_MIN)
#define DRAIN_MAX (INT64_C(1) << 20)
#define DRAIN_LARGE_MAX (INT64_C(32) << 20)

/* The head ------------------------------------------------------------------------------------------------------ */

static enum MHD_Result
each_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n,
    const char *value, size_t value_n)
{
	(void)kind;
	tl_guard_header(cls, tl_bytes(name, name_n), tl_bytes(value, value_n));
	return MHD_YES;
}

/* All refusals are counted; a flood of them must not become a flood of lines. */
static bool
worth_a_line(struct tl_http *h)
{
	int64_t second = tl_mono_us() / TL_US_S;
	if (atomic_exchange(&h->lines_second, second) != second)
		atomic_store(&h->lines, 0);
	return atomic_fetch_add(&h->lines, 1) < LINES_PER_S;
}

static int
guard(struct tl_req *req, const char *method, const char *version)
{
	struct tl_guard g;
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(req->conn, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	tl_guard_begin(&g, method, req->uri, version);
	MHD_get_connection_values_n(req->conn, MHD_HEADER_KIND, each_header, &g);
	const char *why = tl_guard_end(&g, method, info ? info->header_size : 0);
	if (!why) {
		req->length = g.codings ? -1 : (g.length < 0 ? 0 : g.length);
		return 0;
	}
	if (req->http->conf.stats)
		tl_stats_refused(req->http->conf.stats);
	if (worth_a_line(req->http))
		tl_log(EV_HTTP_REFUSED, TL_LWORD("reason", why), TL_LINT("status", 400));
	return tl_fail(TL_EPARSE, "the request's head is refused: %s", why);
}

static bool
knows(const char *words, struct tl_str name)
{
	size_t n = strcspn(words, " ");
	while (n) {
		if (name.n == n && memcmp(words, name.p, n) == 0)
			return true;
		words += n;
		words += strspn(words, " ");
		n = strcspn(words, " ");
	}
	return false;
}

struct query_walk {
	struct tl_req *req;
	int rc;
};

static enum MHD_Result
each_query(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n,
    const char *value, size_t value_n)
{
	struct query_walk *w = cls;
	struct tl_req *req = w->req;
	struct pair p = {{NULL, 0}, {NULL, 0}};
	struct tl_str seen;
	(void)kind;
	w->rc = tl_uri_decode(req->arena, tl_bytes(name, name_n), &p.name);
	if (w->rc == 0)
		w->rc =
		    tl_uri_decode(req->arena, tl_bytes(value, value ? value_n : 0), &p.value);
	if (w->rc < 0)
		return MHD_NO;
	bool loose = req->dialect && req->dialect->loose;
	if (!knows(req->route->query, p.name) && loose)
		return MHD_YES;
	if (!knows(req->route->query, p.name))
		w->rc =
		    tl_fail_at(TL_EFIELD, (const char *)p.name.p, "there is no such parameter");
	else if (tl_req_query(req, (const char *)p.name.p, &seen) ||
		 req->query_count == QUERY_MAX)
		w->rc = tl_fail_at(TL_EFIELD, (const char *)p.name.p, "given more than once");
	else
		req->query[req->query_count++] = p;
	return w->rc < 0 ? MHD_NO : MHD_YES;
}

static int
read_query(struct tl_req *req)
{
	struct query_walk w = {req, 0};
	if (strcmp(req->route->query, "*") == 0)
		return 0;
	MHD_get_connection_values_n(req->conn, MHD_GET_ARGUMENT_KIND, each_query, &w);
	return w.rc;
}

static enum MHD_Result
each_forwarded(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n,
    const char *value, size_t value_n)
{
	(void)kind;
	/* Several lines are one list; its end stands in the last. */
	if (name_n == sizeof FORWARDED - 1 && strncasecmp(name, FORWARDED, name_n) == 0)
		*(struct tl_str *)cls = tl_bytes(value, value_n);
	return MHD_YES;
}

static void
find_client(struct tl_req *req)
{
	const struct tl_http_conf *c = &req->http->conf;
	struct tl_addr peer = tl_conn_address(req->of);
	struct tl_str header = {NULL, 0};
	if (tl_nets_hold(c->trusted, c->trusted_count, &peer))
		MHD_get_connection_values_n(
		    req->conn, MHD_HEADER_KIND, each_forwarded, &header);
	req->client = tl_addr_forwarded(&peer, header, c->trusted, c->trusted_count);
}

/* Takes one of what the client's address may still ask; when there is none, that is the answer. */
static int
charge(struct tl_req *req, enum tl_rate rate)
{
	char wait[24];
	int64_t wait_s = 1;
	if (!req->http->conf.rates)
		return 0;
	int rc =
	    tl_rates_take(req->http->conf.rates, rate, &req->client, tl_mono_us(), &wait_s);
	if (rc < 0) {
		(void)snprintf(wait, sizeof wait, "%lld", (long long)wait_s);
		tl_req_set_header(req, "Retry-After", wait);
	}
	return rc;
}

static int
pass_gate(struct tl_req *req)
{
	int rc = req->route->gate ? req->route->gate(req, req->route->need) : 0;
	if (req->who.kind != TL_WHO_NOBODY)
		tl_conn_known(req->http->conns, req->of);
	return rc;
}

static int
check_route(struct tl_req *req, const char *method, const char *path)
{
	char allow[64] = "";
	int rc = tl_route_find(req, method, path, allow, sizeof allow);
	if (rc == TL_EUSAGE && allow[0])
		tl_req_set_header(req, "Allow", allow);
	if (rc == 0 && atomic_load(&req->http->stopping))
		rc = tl_fail(TL_EAGAIN, "the server is stopping");
	return rc == 0 ? pass_gate(req) : rc;
}

static int
check_head(struct tl_req *req, const char *method, const char *path, const char *version)
{
	int rc = guard(req, method, version);
	find_client(req);
	int any = charge(req, TL_RATE_ANY);
	if (any < 0)
		return any;
	if (rc == 0)
		rc = check_route(req, method, path);
	/* Who has shown neither key nor session, or a wrong one, has a tighter limit. */
	if (req->who.kind == TL_WHO_NOBODY) {
		char text[256];
		(void)snprintf(text, sizeof text, "%s", tl_err_text());
		int nobody = charge(req, TL_RATE_NOBODY);
		if (nobody < 0)
			return nobody;
		if (rc < 0)
			return tl_fail(rc, "%s", text);
	}
	if (rc < 0)
		return rc;
	rc = read_query(req);
	if (rc == 0 && req->length > (int64_t)req->route->limit_bytes)
		rc = req->route->limit_bytes
			 ? tl_fail(TL_ETOOBIG, "the body is larger than %zu bytes",
			       req->route->limit_bytes)
			 : tl_fail(TL_EPARSE, "this call takes no body");
	if (rc == 0 && req->route->body->begin)
		rc = req->route->body->begin(req);
	return rc;
}

/* Ways of taking a body ----------------------------------------------------------------------------------------- */

static int
begin_json(struct tl_req *req)
{
	if (!tl_req_type_is(req, "application/json"))
		return tl_fail_at(TL_ETYPE, "Content-Type", "this call takes application/json");
	return 0;
}

static int
feed_whole(struct tl_req *req, struct tl_str data)
{
	tl_buf_put(&req->body, data.p, data.n);
	return 0;
}

static int
feed_none(struct tl_req *req, struct tl_str data)
{
	(void)req;
	(void)data;
	return tl_fail(TL_EPARSE, "this call takes no body");
}

const struct tl_body tl_body_none = {NULL, feed_none};
const struct tl_body tl_body_json = {begin_json, feed_whole};
const struct tl_body tl_body_bytes = {NULL, feed_whole};

/* The request's life -------------------------------------------------------------------------------------------- */

static enum MHD_Result
queue(struct tl_req *req)
{
	tl_conn_now(
	    req->http->conns, req->of, req->streams ? TL_CONN_STREAMS : TL_CONN_ANSWERS);
	req->queued = true;
	return MHD_queue_response(req->conn, (unsigned)req->status, req->response);
}

/* Sleeps until somebody answers or calls, unless that happened already. */
static void
sleep_connection(struct tl_req *req)
{
	int busy = REQ_BUSY;
	atomic_fetch_add(&req->http->asleep, 1);
	MHD_suspend_connection(req->conn);
	if (!atomic_compare_exchange_strong(&req->state, &busy, REQ_ASLEEP))
		tl_req_resume(req);
}

/* True when the request was called; it is busy again then. */
static bool
was_called(struct tl_req *req)
{
	int called = REQ_CALLED;
	return atomic_compare_exchange_strong(&req->state, &called, REQ_BUSY);
}

/*
 * A refused body that is not too long is read and dropped, because many clients lose the answer when the
 * connection closes while they still send. Who waits for "100 Continue" is told at once.
 */
static bool
worth_reading(const struct tl_req *req, int rc)
{
	struct tl_str expect;
	return req->route && req->length > 0 &&
	       req->length <= (rc == TL_ETOOBIG ? DRAIN_LARGE_MAX : DRAIN_MAX) &&
	       !tl_req_header(req, "Expect", &expect);
}

/* The first line is whole, nothing is parsed yet: what it says lies between two single spaces. */
static void *
on_line(void *cls, const char *uri, struct MHD_Connection *conn)
{
	struct tl_req *req = tl_req_create(cls);
	(void)conn;
	req->uri = tl_str(uri);
	for (size_t i = 0; i < req->uri.n; i++)
		if (req->uri.p[i] <= ' ' || req->uri.p[i] == 0x7f)
			req->uri.n = 0; /* refused by the guard */
	return req;
}

static enum MHD_Result
begin(struct tl_req *req, struct MHD_Connection *conn, const char *path, const char *method,
    const char *version)
{
	struct tl_http *h = req->http;
	req->begun = true;
	atomic_fetch_add(&h->in_flight, 1);
	req->conn = conn;
	req->of =
	    MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	tl_conn_now(h->conns, req->of, TL_CONN_WORKS);
	req->method = tl_str(tl_arena_printf(req->arena, "%s", method));
	req->path = tl_str(tl_arena_printf(req->arena, "%s", path));
	int rc = check_head(req, method, path, version);
	if (rc == 0 && req->length != 0)
		tl_conn_now(h->conns, req->of, TL_CONN_TAKES);
	if (rc == 0)
		return MHD_YES;
	tl_req_problem(req, rc);
	req->refused = true;
	if (worth_reading(req, rc)) {
		tl_conn_now(h->conns, req->of, TL_CONN_DRAINS);
		return MHD_YES;
	}
	/* After a refused head nothing on this connection can be trusted; a refused body is not read. */
	if (!req->route || req->length != 0)
		MHD_add_response_header(req->response, "Connection", "close");
	return queue(req);
}

static enum MHD_Result
feed(struct tl_req *req, struct tl_str data, size_t *left)
{
	bool over = req->taken + data.n > req->route->limit_bytes;
	if (tl_mono_us() - req->started_us > REQUEST_MAX_US)
		return MHD_NO;
	if (req->paused)
		tl_conn_now(req->http->conns, req->of, TL_CONN_TAKES);
	req->paused = false;
	tl_conn_got(req->http->conns, req->of, data.n);
	if (!req->refused) {
		(void)was_called(req);
		int rc = over ? tl_fail(TL_ETOOBIG, "the body is larger than %zu bytes",
				    req->route->limit_bytes)
			      : req->route->body->feed(req, data);
		if (rc == TL_EAGAIN) {
			req->paused = true; /* the client is not to blame for the time */
			tl_conn_now(req->http->conns, req->of, TL_CONN_WORKS);
			sleep_connection(req);
			return MHD_YES;
		}
		if (rc < 0) {
			/* It cannot be answered before its end: the rest is read and dropped. */
			req->refused = true;
			tl_req_problem(req, rc);
			tl_conn_now(req->http->conns, req->of, TL_CONN_DRAINS);
		}
	}
	req->taken += data.n;
	*left = 0;
	return over && req->taken > req->route->limit_bytes + DRAIN_MAX ? MHD_NO : MHD_YES;
}

static enum MHD_Result
finish(struct tl_req *req)
{
	bool called = was_called(req);
	if (!req->handled && req->length != 0)
		tl_conn_now(req->http->conns, req->of, TL_CONN_WORKS);
	if (!req->handled && !req->refused) {
		req->handled = true;
		req->route->handle(req);
		called = was_called(req);
	}
	for (; called; called = was_called(req)) {
		void (*then)(struct tl_req *) = req->then;
		req->then = NULL;
		if (then)
			then(req);
	}
	if (atomic_load(&req->state) == REQ_ANSWERED)
		return queue(req);
	sleep_connection(req);
	return MHD_YES;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *conn, const char *path, const char *method,
    const char *version, const char *data, size_t *data_n, void **slot)
{
	struct tl_req *req = *slot;
	(void)cls;
	if (!req->begun)
		return begin(req, conn, path, method, version);
	if (req->queued)
		return MHD_YES;
	if (*data_n)
		return feed(req, tl_bytes(data, *data_n), data_n);
	return finish(req);
}

static void
on_completed(
    void *cls, struct MHD_Connection *conn, void **slot, enum MHD_RequestTerminationCode why)
{
	struct tl_http *h = cls;
	struct tl_req *req = *slot;
	(void)conn;
	(void)why;
	*slot = NULL;
	if (!req)
		return;
	if (!req->begun) {
		/* The library has refused it by itself: too large, or not HTTP at all. */
		if (h->conf.stats)
			tl_stats_refused(h->conf.stats);
		tl_req_recycle(req);
		return;
	}
	TL_KILLPOINT(ANSWERED);
	if (h->conf.stats) {
		tl_stats_request(
		    h->conf.stats, req->route, req->status, tl_mono_us() - req->started_us);
		tl_stats_bytes(h->conf.stats, req->taken);
	}
	tl_conn_now(h->conns, req->of, TL_CONN_WAITS);
	if (req->status == 500)
		tl_log(EV_HTTP_ERROR, TL_LWORD("route", req->route ? req->route->path : ""));
	tl_req_recycle(req);
	atomic_fetch_sub(&h->in_flight, 1);
}

static enum MHD_Result
on_accept(void *cls, const struct sockaddr *from, socklen_t len)
{
	struct tl_http *h = cls;
	struct tl_addr a = tl_addr_of(from);
	(void)len;
	return tl_conns_room(h->conns, &a) ? MHD_YES : MHD_NO;
}

static void
on_connection(void *cls, struct MHD_Connection *conn, void **slot,
    enum MHD_ConnectionNotificationCode what)
{
	struct tl_http *h = cls;
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		struct tl_addr from =
		    tl_addr_of(MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
				   ->client_addr);
		int fd = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD)
			     ->connect_fd;
		*slot = tl_conn_opened(h->conns, fd, &from);
	} else if (*slot) {
		tl_conn_closed(h->conns, *slot);
		*slot = NULL;
	}
}

/* Addresses are split by us before they are decoded (route.c). */
static size_t
no_unescape(void *cls, struct MHD_Connection *conn, char *s)
{
	(void)cls;
	(void)conn;
	return strlen(s);
}

/*
 * What the library would log. A thread of its pool that has no connection tries again at once, for ever, to accept one
 * when no descriptor is left, and says so each time: then it rests here. The clients wait in the backlog.
 */
static void
on_log(void *cls, const char *fmt, va_list ap)
{
	(void)cls;
	(void)fmt;
	(void)ap;
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0)
		(void)close(fd);
	else if (errno == EMFILE || errno == ENFILE)
		usleep(DESCRIPTORS_REST_US);
}

/* Start and stop ------------------------------------------------------------------------------------------------ */

static int
address(const struct tl_http_conf *conf, struct sockaddr_storage *ret)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	const char *host =
	    strcmp(conf->address, "localhost") == 0 ? "127.0.0.1" : conf->address;
	*ret = (struct sockaddr_storage){0};
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)conf->port);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)conf->port);
		return 0;
	}
	return tl_fail(TL_ECONFIG, "not a numeric address: %s", conf->address);
}

static struct MHD_Daemon *
start_daemon(struct tl_http *h, const struct sockaddr_storage *addr)
{
	const struct tl_http_conf *c = &h->conf;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			 MHD_USE_ERROR_LOG | (c->tls ? MHD_USE_TLS : 0U) |
			 (addr->ss_family == AF_INET6 ? MHD_USE_IPv6 : 0U);
	static char priorities[] = TL_TLS_PRIORITIES;
	struct MHD_OptionItem options[] = {
	    {MHD_OPTION_SOCK_ADDR, 0, (void *)(uintptr_t)addr},
	    {MHD_OPTION_THREAD_POOL_SIZE, c->threads > 1 ? c->threads : 0, NULL},
	    /* The library divides it among its threads; the limit that holds is ours. */
	    {MHD_OPTION_CONNECTION_LIMIT, 2 * c->connections + SPARE_CONNECTIONS * c->threads,
		NULL},
	    {MHD_OPTION_CONNECTION_TIMEOUT, c->timeout_s, NULL},
	    {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
	    /* The guard is stricter, and answers with a problem document. */
	    {MHD_OPTION_STRICT_FOR_CLIENT, 0, NULL},
	    {MHD_OPTION_LISTEN_BACKLOG_SIZE, 512, NULL},
	    {MHD_OPTION_THREAD_STACK_SIZE, 1024 * 1024, NULL},
	    {c->tls ? MHD_OPTION_HTTPS_PRIORITIES : MHD_OPTION_END, 0, priorities},
	    {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, tl_tls_callback()},
	    {MHD_OPTION_END, 0, NULL},
	};
	return MHD_start_daemon(flags, (uint16_t)c->port, on_accept, h, on_request, h,
	    MHD_OPTION_URI_LOG_CALLBACK, on_line, h, MHD_OPTION_NOTIFY_CONNECTION,
	    on_connection, h, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
	    MHD_OPTION_UNESCAPE_CALLBACK, no_unescape, NULL, MHD_OPTION_NOTIFY_COMPLETED,
	    on_completed, h, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

int
tl_http_start(const struct tl_http_conf *conf, struct tl_http **ret)
{
	struct sockaddr_storage addr;
	int rc = address(conf, &addr);
	if (rc < 0)
		return rc;
	struct tl_http *h = calloc(1, sizeof *h);
	if (!h)
		abort();
	h->conf = *conf;
	pthread_mutex_init(&h->lock, NULL);
	struct tl_conns_conf conns = {.most = conf->connections,
	    .most_per_address = conf->connections_per_address,
	    .wait_s = conf->timeout_s,
	    .body_min_bytes_per_s = conf->body_min_bytes_per_s,
	    .trusted = conf->trusted,
	    .trusted_count = conf->trusted_count};
	h->conns = tl_conns_create(&conns);
	h->daemon = start_daemon(h, &addr);
	if (!h->daemon) {
		tl_conns_destroy(h->conns);
		pthread_mutex_destroy(&h->lock);
		free(h);
		return tl_fail(TL_EIO,
		    "cannot listen on %s port %d; another program may have it", conf->address,
		    conf->port);
	}
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT);
	h->port = info ? info->port : conf->port;
	*ret = h;
	return 0;
}

int
tl_http_port(const struct tl_http *h)
{
	return h->port;
}

struct tl_conns_counts
tl_http_connections(struct tl_http *h)
{
	return tl_conns_counts(h->conns);
}

bool
tl_http_stop(struct tl_http *h, int64_t grace_us)
{
	if (!h)
		return true;
	int64_t deadline = tl_mono_us() + grace_us;
	atomic_store(&h->stopping, true);
	MHD_socket listener = MHD_quiesce_daemon(h->daemon);
	tl_stream_end_all(h);
	while (atomic_load(&h->in_flight) > 0 && tl_mono_us() < deadline) {
		usleep(2000);
		tl_stream_end_all(h);
	}
	/* The library does not allow to stop while a connection sleeps. */
	if (atomic_load(&h->asleep) > 0)
		return false;
	MHD_stop_daemon(h->daemon);
	tl_conns_destroy(h->conns);
	if (listener != MHD_INVALID_SOCKET)
		close(listener);
	tl_req_free_all(h);
	pthread_mutex_destroy(&h->lock);
	free(h);
	return true;
}
