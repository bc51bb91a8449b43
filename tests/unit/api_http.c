/*
 * The HTTP core against raw sockets: the framing probes that every smuggling trick rests on, body limits,
 * answers from other threads, streams, stop in good order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "api/http.h"
#include "api/stats.h"
#include "sys/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static struct tl_http *server;
static struct tl_stats *stats;
static struct tl_stream *stream;

static void
echo(struct tl_req *req)
{
	struct tl_buf b = {0};
	struct tl_str body = tl_req_body(req);
	tl_buf_put(&b, body.p, body.n);
	tl_req_answer(req, 200, "text/plain", &b);
}

static void *
later(void *cls)
{
	usleep(20000);
	tl_req_answer_static(cls, 202, "text/plain", TL_S("later"));
	return NULL;
}

static void
slow(struct tl_req *req)
{
	pthread_t t;
	assert_int_equal(pthread_create(&t, NULL, later, req), 0);
	pthread_detach(t);
}

/* Answers from another thread, perhaps before the connection sleeps. */
static void *
at_once(void *cls)
{
	tl_req_answer_static(cls, 202, "text/plain", TL_S("race"));
	return NULL;
}

static void
race(struct tl_req *req)
{
	pthread_t t;
	assert_int_equal(pthread_create(&t, NULL, at_once, req), 0);
	pthread_detach(t);
}

static void
param(struct tl_req *req)
{
	struct tl_buf b = {0};
	struct tl_str p = tl_req_param(req, 0);
	int64_t n = 7;
	int rc = tl_req_query_int(req, "n", 0, 100, &n);
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	tl_buf_printf(&b, "%.*s %lld", TL_ARG(p), (long long)n);
	tl_req_answer(req, 200, "text/plain", &b);
}

static void
twice(struct tl_req *req)
{
	tl_req_answer_static(req, 200, "text/plain", TL_S("one"));
	tl_req_answer_static(req, 500, "text/plain", TL_S("two"));
}

static void
events(struct tl_req *req)
{
	stream = tl_req_stream(req, 200, "text/event-stream");
	assert_int_equal(tl_stream_put(stream, TL_S("id: 1\n\n")), 0);
}

static int
closed(struct tl_req *req, const char *need)
{
	(void)req;
	return tl_fail(TL_EPERM, "the key lacks the scope %s", need);
}

static struct tl_req *paused;

static void *
wake(void *cls)
{
	usleep(10000);
	tl_req_wake(cls);
	return NULL;
}

static int
feed_pausing(struct tl_req *req, struct tl_str data)
{
	if (paused != req) {
		pthread_t t;
		paused = req;
		assert_int_equal(pthread_create(&t, NULL, wake, req), 0);
		pthread_detach(t);
		return TL_EAGAIN;
	}
	return tl_body_bytes.feed(req, data);
}

static const struct tl_body pausing = {NULL, feed_pausing};

static const struct tl_route ROUTES[] = {
    {"POST", "/echo", NULL, "", "", echo, &tl_body_bytes, 100000, "", NULL},
    {"POST", "/json", NULL, "", "", echo, &tl_body_json, 1000, "", NULL},
    {"POST", "/paused", NULL, "", "", echo, &pausing, 100000, "", NULL},
    {"GET", "/slow", NULL, "", "", slow, &tl_body_none, 0, "", NULL},
    {"GET", "/race", NULL, "", "", race, &tl_body_none, 0, "", NULL},
    {"GET", "/twice", NULL, "", "", twice, &tl_body_none, 0, "", NULL},
    {"GET", "/closed", closed, "read", "", twice, &tl_body_none, 0, "", NULL},
    {"GET", "/events", NULL, "", "", events, &tl_body_none, 0, "", NULL},
    {"GET", "/things/{id}", NULL, "", "n", param, &tl_body_none, 0, "", NULL},
    {"GET", "/things/{id}/rest/{*}", NULL, "", "", param, &tl_body_none, 0, "", NULL},
};

static int
setup(void **state)
{
	(void)state;
	stats = tl_stats_create(ROUTES, TL_COUNT(ROUTES));
	struct tl_http_conf conf = {.address = "127.0.0.1",
	    .threads = 2,
	    .connections = 64,
	    .timeout_s = 5,
	    .routes = ROUTES,
	    .route_count = TL_COUNT(ROUTES),
	    .stats = stats};
	return tl_http_start(&conf, &server);
}

static int
teardown(void **state)
{
	(void)state;
	tl_http_stop(server, TL_US_S);
	tl_stats_destroy(stats);
	return 0;
}

static int
dial(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)tl_http_port(server)),
	    .sin_addr = {htonl(INADDR_LOOPBACK)}};
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

/* What comes back until `want` is in it, the peer closes, or time is over. */
static void
hear(int fd, struct tl_buf *in, const char *want)
{
	int64_t deadline = tl_mono_us() + 2 * TL_US_S;
	while (!strstr(tl_buf_z(in), want) && tl_mono_us() < deadline) {
		struct pollfd p = {fd, POLLIN, 0};
		if (poll(&p, 1, 100) <= 0)
			continue;
		uint8_t *to = tl_buf_room(in, 4096);
		ssize_t n = recv(fd, to, 4096, 0);
		if (n <= 0)
			break;
		tl_buf_grew(in, (size_t)n);
	}
}

static int
status_of(struct tl_str raw, struct tl_buf *ret)
{
	int fd = dial();
	assert_int_equal(send(fd, raw.p, raw.n, MSG_NOSIGNAL), raw.n);
	tl_buf_reset(ret);
	hear(fd, ret, "\r\n\r\n");
	close(fd);
	return ret->n > 12
		   ? (ret->p[9] - '0') * 100 + (ret->p[10] - '0') * 10 + ret->p[11] - '0'
		   : 0;
}

#define HOST "Host: a\r\n"

/* Requests that two readers could frame differently: none may reach a handler. */
static void
t_framing_probes_are_refused(void **state)
{
	(void)state;
	static const struct tl_str PROBES[] = {
	    TL_S("POST /echo HTTP/1.1\r\n" HOST
		 "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
	    TL_S("POST /echo HTTP/1.1\r\n" HOST
		 "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
	    TL_S(
		"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked"
		"\r\n\r\n0\r\n\r\n"),
	    TL_S(
		"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 3"
		"\r\n\r\n0\r\n\r\n"),
	    TL_S("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
	    TL_S("POST /echo HTTP/1.1\r\n" HOST
		 "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
	    TL_S("POST /echo HTTP/1.1\r\n" HOST
		 "Transfer-Encoding: chunked\r\nTransfer-Encoding: "
		 "chunked\r\n\r\n0\r\n\r\n"),
	    TL_S("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
	    TL_S("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: \x0b"
		 "chunked\r\n\r\n0\r\n\r\n"),
	    TL_S("POST /echo HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\nabc"),
	    TL_S("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\nabc"),
	    TL_S("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\nabc"),
	    TL_S("POST /echo HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\nabc"),
	    TL_S("POST /echo HTTP/1.1\r\n" HOST
		 "Content-Length: 99999999999999999999\r\n\r\nabc"),
	    TL_S("GET /twice HTTP/1.1\r\n\r\n"),
	    TL_S("GET /twice HTTP/1.1\r\n" HOST HOST "\r\n"),
	    TL_S("GET /twice HTTP/1.1\r\n" HOST
		 "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n"),
	    TL_S("GET /twice HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n"),
	    TL_S("GET /twice HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n"),
	    TL_S("GET /twice HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n"),
	    TL_S("GET /twice HTTP/1.1\r\n" HOST "X: a\nY: b\r\n\r\n"),
	    TL_S("GET /twice HTTP/1.1\nHost: a\n\n"),
	    TL_S("GET /twice HTTP/1.1\r\nHost: a\n\n"),
	    TL_S("GET /twice HTTP/1.1\r\nHost: a\r\n\n"),
	    TL_S("GET /twice HTTP/1.1\r\n" HOST "X : a\r\n\r\n"),
	    TL_S("GET /twice HTTP/1.1\r\n" HOST "X(y): a\r\n\r\n"),
	    TL_S("GET /twice HTTP/1.1\r\n" HOST "nocolon\r\n\r\n"),
	    TL_S("GET /twice HTTP/1.1\r\n" HOST ": a\r\n\r\n"),
	    TL_S("GET /twice HTTP/2.0\r\n" HOST "\r\n"),
	    TL_S("GET /twice\r\n" HOST "\r\n"),
	};
	struct tl_buf in = {0};
	for (size_t i = 0; i < TL_COUNT(PROBES); i++) {
		int status = status_of(PROBES[i], &in);
		if (status != 0 && (status < 400 || status > 505))
			fail_msg("probe %zu was answered %d", i, status);
	}
	tl_buf_fini(&in);
}

static void
t_clean_requests_pass(void **state)
{
	(void)state;
	static const struct tl_str GOOD[] = {
	    TL_S("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"),
	    TL_S("POST /echo HTTP/1.1\r\nhost:a\r\ncontent-length:3\r\n\r\nabc"),
	    TL_S("POST /echo HTTP/1.1\r\n" HOST
		 "Content-Length: 3\r\nX:\r\nY: \tz\t \r\n\r\nabc"),
	    TL_S("POST /echo HTTP/1.1\r\n" HOST
		 "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
	    TL_S("GET /twice HTTP/1.1\r\n" HOST "Cookie: a=b; c=d\r\nX: \xc3\xa9\r\n\r\n"),
	    TL_S("GET /twice HTTP/1.0\r\n" HOST "\r\n"),
	    TL_S("HEAD /twice HTTP/1.1\r\n" HOST "\r\n"),
	};
	struct tl_buf in = {0};
	for (size_t i = 0; i < TL_COUNT(GOOD); i++) {
		int status = status_of(GOOD[i], &in);
		if (status != 200)
			fail_msg(
			    "clean request %zu was answered %d: %s", i, status, tl_buf_z(&in));
	}
	tl_buf_fini(&in);
}

static void
t_problems_name_what_is_wrong(void **state)
{
	(void)state;
	static const struct {
		struct tl_str raw;
		int status;
		const char *holds;
	} CASES[] = {
	    {TL_S("GET /none HTTP/1.1\r\n" HOST "\r\n"), 404, "urn:tutela:problem:notfound"},
	    {TL_S("DELETE /echo HTTP/1.1\r\n" HOST "\r\n"), 405, "Allow: POST"},
	    {TL_S("GET /closed HTTP/1.1\r\n" HOST "\r\n"), 403, "scope read"},
	    {TL_S("GET /things/a?m=1 HTTP/1.1\r\n" HOST "\r\n"), 422, "\"field\":\"m\""},
	    {TL_S("GET /things/a?n=1&n=1 HTTP/1.1\r\n" HOST "\r\n"), 422, "more than once"},
	    {TL_S("GET /things/a?n=101 HTTP/1.1\r\n" HOST "\r\n"), 422, "\"field\":\"n\""},
	    {TL_S("GET /things/%zz HTTP/1.1\r\n" HOST "\r\n"), 400, "percent"},
	    {TL_S("GET /things/%00 HTTP/1.1\r\n" HOST "\r\n"), 400, "NUL"},
	    {TL_S("GET /things/%ff HTTP/1.1\r\n" HOST "\r\n"), 400, "UTF-8"},
	    {TL_S("GET /things/ HTTP/1.1\r\n" HOST "\r\n"), 404, ""},
	    {TL_S("GET /things/a/ HTTP/1.1\r\n" HOST "\r\n"), 404, ""},
	    {TL_S("GET /things/a/b HTTP/1.1\r\n" HOST "\r\n"), 404, ""},
	    {TL_S("POST /json HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}"), 415,
		"application/json"},
	    {TL_S("POST /json HTTP/1.1\r\n" HOST
		  "Content-Type: application/json\r\nContent-Length: 1001\r\n"
		  "Expect: 100-continue\r\n\r\n"),
		413, "1000"},
	    {TL_S("GET /twice HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}"), 400,
		"no body"},
	};
	struct tl_buf in = {0};
	for (size_t i = 0; i < TL_COUNT(CASES); i++) {
		int fd = dial();
		assert_int_equal(
		    send(fd, CASES[i].raw.p, CASES[i].raw.n, MSG_NOSIGNAL), CASES[i].raw.n);
		tl_buf_reset(&in);
		hear(fd, &in, "\"}");
		close(fd);
		char want[32];
		snprintf(want, sizeof want, "HTTP/1.1 %d ", CASES[i].status);
		if (!strstr(tl_buf_z(&in), want) || !strstr(tl_buf_z(&in), CASES[i].holds))
			fail_msg("case %zu: %s", i, tl_buf_z(&in));
		assert_non_null(strstr(tl_buf_z(&in), "application/problem+json"));
		assert_non_null(strstr(tl_buf_z(&in), "X-Request-Id: "));
	}
	tl_buf_fini(&in);
}

static void
expect(const char *raw, const char *end)
{
	struct tl_buf in = {0};
	int fd = dial();
	assert_int_equal(send(fd, raw, strlen(raw), MSG_NOSIGNAL), strlen(raw));
	hear(fd, &in, end);
	if (!strstr(tl_buf_z(&in), end))
		fail_msg("wanted %s in %s", end, tl_buf_z(&in));
	close(fd);
	tl_buf_fini(&in);
}

static void
t_parameters_are_decoded_once(void **state)
{
	(void)state;
	expect("GET /things/a%2Fb%20%25 HTTP/1.1\r\n" HOST "\r\n", "\r\n\r\na/b % 7");
	expect("GET /things/x?n=12 HTTP/1.1\r\n" HOST "\r\n", "\r\n\r\nx 12");
	expect("GET /things/x/rest/y/z HTTP/1.1\r\n" HOST "\r\n", "\r\n\r\nx 7");
}

static void
t_answers_come_from_other_threads(void **state)
{
	(void)state;
	expect("GET /slow HTTP/1.1\r\n" HOST "\r\n", "\r\n\r\nlater");
	for (int i = 0; i < 200; i++)
		expect("GET /race HTTP/1.1\r\n" HOST "\r\n", "\r\n\r\nrace");
}

static void
t_second_answer_is_dropped(void **state)
{
	(void)state;
	expect("GET /twice HTTP/1.1\r\n" HOST "\r\n", "\r\n\r\none");
}

static void
t_body_that_pauses_arrives_whole(void **state)
{
	(void)state;
	expect(
	    "POST /paused HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", "\r\n\r\nhello");
}

static void
t_chunked_body_over_the_limit_is_refused(void **state)
{
	(void)state;
	struct tl_buf raw = {0}, in = {0};
	tl_buf_puts(&raw, "POST /json HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n"
			  "Transfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 20; i++)
		tl_buf_puts(&raw,
		    "40\r\n0123456789012345678901234567890123456789012345678901234567"
		    "890123\r\n");
	tl_buf_puts(&raw, "0\r\n\r\n");
	assert_int_equal(status_of(tl_buf_str(&raw), &in), 413);
	tl_buf_fini(&raw);
	tl_buf_fini(&in);
}

static void
t_stream_flows_and_ends(void **state)
{
	(void)state;
	struct tl_buf in = {0};
	int fd = dial();
	static const char ask[] = "GET /events HTTP/1.1\r\n" HOST "\r\n";
	assert_int_equal(send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL), sizeof ask - 1);
	hear(fd, &in, "id: 1\n\n");
	usleep(20000);
	assert_int_equal(tl_stream_put(stream, TL_S("id: 2\n\n")), 0);
	hear(fd, &in, "id: 2\n\n");
	assert_non_null(strstr(tl_buf_z(&in), "id: 2\n\n"));
	/* Nobody reads: the backlog is bounded. */
	static const uint8_t page[4096];
	int rc = 0;
	for (int i = 0; i < 20000 && rc == 0; i++)
		rc = tl_stream_put(stream, tl_bytes(page, sizeof page));
	assert_int_equal(rc, TL_ETOOBIG);
	close(fd);
	for (int i = 0; i < 200 && rc != TL_EPEER; i++) {
		usleep(10000);
		rc = tl_stream_put(stream, TL_S(":\n"));
	}
	assert_int_equal(rc, TL_EPEER);
	tl_stream_end(stream);
	tl_buf_fini(&in);
}

static void
t_figures_count_routes(void **state)
{
	(void)state;
	struct tl_buf out = {0};
	tl_stats_write(stats, &out);
	assert_non_null(strstr(tl_buf_z(&out), "tutela_http_requests_total{method=\"GET\","
					       "route=\"/things/{id}\",status=\"200\"} 2\n"));
	assert_null(strstr(tl_buf_z(&out), "tutela_http_refused_total 0\n"));
	tl_buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_framing_probes_are_refused),
	    cmocka_unit_test(t_clean_requests_pass),
	    cmocka_unit_test(t_problems_name_what_is_wrong),
	    cmocka_unit_test(t_parameters_are_decoded_once),
	    cmocka_unit_test(t_answers_come_from_other_threads),
	    cmocka_unit_test(t_second_answer_is_dropped),
	    cmocka_unit_test(t_body_that_pauses_arrives_whole),
	    cmocka_unit_test(t_chunked_body_over_the_limit_is_refused),
	    cmocka_unit_test(t_stream_flows_and_ends),
	    cmocka_unit_test(t_figures_count_routes),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
