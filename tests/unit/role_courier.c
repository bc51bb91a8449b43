/*
 * The courier as a process of its own against a real HTTP server on the loopback: failing, slow, redirecting, huge,
 * gone and busy receivers; order, rotation, kill -9, shut addresses. Waiting times are skipped by the shared clock.
 */
#include "enforce/endpoint.h"
#include "enforce/sign.h"
#include "outbox/outbox.h"
#include "role/role.h"
#include "store/alarms.h"
#include "sys/clock.h"
#include "sys/log.h"

#include "unit_store.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEEN_MAX 64

struct seen {
	char id[64], signature[256], timestamp[32], body[2048];
};

/* One receiver; what it does is in `mode`. */
static struct receiver {
	int fd;
	uint16_t port;
	pthread_t thread;
	pthread_mutex_t lock;
	const char *mode;
	int fail_first; /* so many requests fail before it follows `mode` */
	struct seen seen[SEEN_MAX];
	size_t count;
	atomic_bool stop;
} server = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void
copy_header(const char *head, const char *name, char *dst, size_t cap)
{
	const char *at = strcasestr(head, name);
	size_t n = at ? strcspn(at + strlen(name), "\r\n") : 0;
	(void)snprintf(dst, cap, "%.*s", (int)n, at ? at + strlen(name) : "");
}

static bool
read_request(int fd, struct seen *s)
{
	char buf[8192] = "";
	size_t n = 0, want = 0;
	while (n < sizeof buf - 1) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (poll(&p, 1, 3000) <= 0)
			return false;
		ssize_t got = read(fd, buf + n, sizeof buf - 1 - n);
		if (got <= 0)
			return false;
		n += (size_t)got;
		buf[n] = 0;
		char *end = strstr(buf, "\r\n\r\n");
		if (!end)
			continue;
		char length[32];
		copy_header(buf, "content-length: ", length, sizeof length);
		want = (size_t)(end + 4 - buf) + (size_t)strtoul(length, NULL, 10);
		if (n >= want) {
			(void)snprintf(s->body, sizeof s->body, "%s", end + 4);
			break;
		}
	}
	copy_header(buf, "webhook-id: ", s->id, sizeof s->id);
	copy_header(buf, "webhook-timestamp: ", s->timestamp, sizeof s->timestamp);
	copy_header(buf, "webhook-signature: ", s->signature, sizeof s->signature);
	return true;
}

static void
say(int fd, const char *text)
{
	ssize_t n = send(fd, text, strlen(text), MSG_NOSIGNAL);
	(void)n;
}

static void
huge(int fd)
{
	say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	char whole[4096 + 8] = "1000\r\n";
	memset(whole + 6, 'x', 4096);
	memcpy(whole + 6 + 4096, "\r\n", 2);
	for (int i = 0; i < 2000; i++)
		if (send(fd, whole, 6 + 4096 + 2, MSG_NOSIGNAL) <= 0)
			return;
}

static void
answer(int fd, const char *mode)
{
	if (strcmp(mode, "ok") == 0)
		say(fd, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
	else if (strcmp(mode, "fail") == 0)
		say(fd,
		    "HTTP/1.1 500 No\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret");
	else if (strcmp(mode, "redirect") == 0)
		say(fd, "HTTP/1.1 302 There\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n"
			"Connection: close\r\n\r\n");
	else if (strcmp(mode, "gone") == 0)
		say(fd, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
	else if (strcmp(mode, "busy") == 0)
		say(fd, "HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 0\r\n"
			"Connection: close\r\n\r\n");
	else if (strcmp(mode, "huge") == 0)
		huge(fd);
	else
		(void)usleep(2500 * 1000); /* slow: longer than the courier waits */
}

static void *
serve(void *ctx)
{
	(void)ctx;
	for (;;) {
		int fd = accept4(server.fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0 || server.stop)
			return NULL;
		struct seen s = {0};
		if (read_request(fd, &s)) {
			(void)pthread_mutex_lock(&server.lock);
			if (server.count < SEEN_MAX)
				server.seen[server.count++] = s;
			const char *mode = server.fail_first-- > 0 ? "fail" : server.mode;
			(void)pthread_mutex_unlock(&server.lock);
			answer(fd, mode);
		}
		(void)close(fd);
	}
}

static void
behave(const char *mode, int fail_first)
{
	(void)pthread_mutex_lock(&server.lock);
	server.mode = mode;
	server.fail_first = fail_first;
	server.count = 0;
	(void)pthread_mutex_unlock(&server.lock);
}

/* A copy of the n-th request. */
static struct seen
seen(size_t n)
{
	(void)pthread_mutex_lock(&server.lock);
	assert_true(n < server.count);
	struct seen s = server.seen[n];
	(void)pthread_mutex_unlock(&server.lock);
	return s;
}

static size_t
seen_count(void)
{
	(void)pthread_mutex_lock(&server.lock);
	size_t n = server.count;
	(void)pthread_mutex_unlock(&server.lock);
	return n;
}

struct fixture {
	struct unit_store s;
	char dir[64], url[64], secret[TL_SECRET_TEXT];
	struct tl_config *config;
	int64_t shift;
	struct tl_id endpoint;
	pid_t pid;
};

static void
start_courier(struct fixture *f)
{
	f->pid = fork();
	if (f->pid != 0)
		return;
	struct tl_wires w = {.wake = -1, .wake_to = {-1, -1, -1, -1}};
	struct tl_role_args a = {.config = f->config, .wires = &w};
	_exit(tl_role_courier(&a) == 0 ? 0 : 1);
}

static void
set_endpoint(struct fixture *f, bool private_ok)
{
	unit_begin(f->s.db);
	if (private_ok)
		assert_int_equal(tl_enforce_endpoint_set(f->s.db, f->s.platform, true, f->url,
				     true, f->secret, &f->endpoint),
		    0);
	else { /* past the check at entry, so that the guard at the socket is what is tested */
		struct tl_endpoint e = {
		    .platform = f->s.platform, .live = true, .secret_bytes = 32};
		(void)snprintf(e.url, sizeof e.url, "%s", f->url);
		assert_int_equal(tl_endpoint_put(f->s.db, &e), 0);
	}
	unit_commit(f->s.db);
}

static int
setup_with(void **state, const char *set)
{
	const char *sets[] = {"webhook_timeout_seconds=1", "log_level=error", set};
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	(void)snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u/hook", server.port);
	unit_store_open(&f->s);
	if (tl_config_load(f->s.dir, sets, set ? 3 : 2, &f->config) < 0)
		fail_msg("%s", tl_err_text());
	set_endpoint(f, true);
	tl_log_init("test", TL_LOG_ERROR);
	start_courier(f);
	*state = f;
	return 0;
}

static int
setup(void **state)
{
	return setup_with(state, NULL);
}

static int
setup_allowed_net(void **state)
{
	return setup_with(state, "webhook_private_allow=127.0.0.0/8");
}

static void
stop_courier(struct fixture *f, int sig)
{
	int status;
	assert_int_equal(kill(f->pid, sig), 0);
	assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
	if (sig == SIGTERM)
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	stop_courier(f, SIGTERM);
	assert_int_equal(tl_clock_shift(0), 0);
	unit_store_close(&f->s);
	tl_config_destroy(f->config);
	free(f);
	return 0;
}

/* Queued and numbered, as if the clerk had been there. */
static struct tl_id
put(struct fixture *f, const char *subject)
{
	size_t n;
	struct tl_outbox_message m = {.type = "item.verdict",
	    .platform = f->s.platform,
	    .live = true,
	    .subject_key = tl_str(subject),
	    .cause = tl_id_new(),
	    .at = tl_now_us(),
	    .data = TL_S("{\"n\":1}")};
	unit_begin(f->s.db);
	assert_int_equal(tl_outbox_put(f->s.db, &m, NULL), 0);
	assert_int_equal(tl_outboxrow_number(f->s.db, tl_now_us(), 100, &n), 0);
	unit_commit(f->s.db);
	return m.cause;
}

static struct tl_outbox_row
row_of(struct fixture *f, struct tl_id cause)
{
	struct tl_outbox_row *rows;
	size_t n;
	assert_int_equal(tl_outboxrow_of_cause(f->s.db, cause, f->s.arena, &rows, &n), 0);
	assert_int_equal(n, 1);
	return rows[0];
}

/* Waits until the row has been tried `attempts` times and is in `state`. */
static struct tl_outbox_row
wait_for(struct fixture *f, struct tl_id cause, enum tl_outbox_state state, int64_t attempts)
{
	struct tl_outbox_row row = {0};
	for (int i = 0; i < 800; i++) {
		row = row_of(f, cause);
		if (row.state == state && row.attempts >= attempts)
			return row;
		(void)usleep(10 * 1000);
	}
	fail_msg("it is %s after %lld tries (%.*s)", tl_outbox_state_names[row.state],
	    (long long)row.attempts, TL_ARG(row.error));
	return row;
}

static void
let_pass(struct fixture *f, int64_t us)
{
	f->shift += us;
	assert_int_equal(tl_clock_shift(f->shift), 0);
}

static void
check_signature(struct seen s, const char *secret)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	struct tl_secret key;
	assert_int_equal(tl_secret_parse(tl_str(secret), &key), 0);
	tl_sign_webhook(
	    &b, tl_str(s.id), strtoll(s.timestamp, NULL, 10), tl_str(s.body), &key, 1);
	assert_non_null(strstr(s.signature, tl_buf_z(&b)));
}

static void
t_a_delivery_is_signed_and_recorded(void **state)
{
	struct fixture *f = *state;
	behave("ok", 0);
	struct tl_outbox_row row = wait_for(f, put(f, "item:1"), TL_OUTBOX_DELIVERED, 1);
	char id[TL_ID_TEXT];
	tl_id_text(id, row.id);
	assert_int_equal(row.status, 204);
	assert_int_equal(seen_count(), 1);
	assert_string_equal(seen(0).id, id);
	assert_string_equal(seen(0).body, (const char *)row.body.p);
	check_signature(seen(0), f->secret);
}

static void
t_while_rotating_both_secrets_sign(void **state)
{
	struct fixture *f = *state;
	char fresh[TL_SECRET_TEXT];
	behave("ok", 0);
	unit_begin(f->s.db);
	assert_int_equal(
	    tl_enforce_endpoint_rotate(f->s.db, f->endpoint, TL_US_HOUR, fresh), 0);
	unit_commit(f->s.db);
	(void)wait_for(f, put(f, "item:1"), TL_OUTBOX_DELIVERED, 1);
	check_signature(seen(0), f->secret);
	check_signature(seen(0), fresh);
}

static void
t_a_failure_is_tried_again_with_the_same_id(void **state)
{
	struct fixture *f = *state;
	behave("ok", 2);
	struct tl_id cause = put(f, "item:1");
	struct tl_outbox_row row = wait_for(f, cause, TL_OUTBOX_WAITING, 1);
	assert_string_equal((const char *)row.error.p, "the receiver answered 500");
	let_pass(f, 10 * TL_US_S);
	(void)wait_for(f, cause, TL_OUTBOX_WAITING, 2);
	let_pass(f, 30 * TL_US_S);
	(void)wait_for(f, cause, TL_OUTBOX_DELIVERED, 3);
	assert_int_equal(seen_count(), 3);
	assert_string_equal(seen(0).id, seen(2).id);
	assert_string_not_equal(seen(0).signature, seen(2).signature);
}

static void
t_a_subject_stays_in_order(void **state)
{
	struct fixture *f = *state;
	behave("ok", 1);
	struct tl_id first = put(f, "item:1");
	(void)wait_for(f, first, TL_OUTBOX_WAITING, 1);
	struct tl_id second = put(f, "item:1"), other = put(f, "item:2");
	(void)wait_for(f, other, TL_OUTBOX_DELIVERED, 1);
	assert_int_equal(row_of(f, second).attempts, 0);
	let_pass(f, 10 * TL_US_S);
	(void)wait_for(f, second, TL_OUTBOX_DELIVERED, 1);
	assert_true(row_of(f, first).delivered_at <= row_of(f, second).delivered_at);
	char id[TL_ID_TEXT];
	tl_id_text(id, row_of(f, second).id);
	assert_string_equal(seen(seen_count() - 1).id, id);
}

static void
t_redirects_are_not_followed(void **state)
{
	struct fixture *f = *state;
	behave("redirect", 0);
	struct tl_outbox_row row = wait_for(f, put(f, "item:1"), TL_OUTBOX_WAITING, 1);
	assert_int_equal(row.status, 302);
	assert_non_null(strstr((const char *)row.error.p, "redirects"));
	assert_int_equal(seen_count(), 1);
}

static void
t_a_slow_receiver_is_left(void **state)
{
	struct fixture *f = *state;
	behave("slow", 0);
	struct tl_outbox_row row = wait_for(f, put(f, "item:1"), TL_OUTBOX_WAITING, 1);
	assert_string_equal((const char *)row.error.p, "no answer in time");
	assert_int_equal(row.status, 0);
}

static void
t_a_huge_answer_is_cut_and_its_2xx_counts(void **state)
{
	struct fixture *f = *state;
	behave("huge", 0);
	struct tl_outbox_row row = wait_for(f, put(f, "item:1"), TL_OUTBOX_DELIVERED, 1);
	assert_int_equal(row.status, 200);
}

static void
t_retry_after_is_kept(void **state)
{
	struct fixture *f = *state;
	behave("busy", 0);
	struct tl_outbox_row row = wait_for(f, put(f, "item:1"), TL_OUTBOX_WAITING, 1);
	assert_true(row.next_at - tl_now_us() > 100 * TL_US_S);
}

static void
t_a_gone_endpoint_is_switched_off_and_nothing_is_lost(void **state)
{
	struct fixture *f = *state;
	int64_t open = 0;
	behave("gone", 0);
	struct tl_id cause = put(f, "item:1");
	for (int i = 0; i < 500 && open == 0; i++) {
		open = unit_alarms(f->s.db, TL_AL_ENDPOINT_GONE);
		(void)usleep(10 * 1000);
	}
	assert_int_equal(open, 1);
	(void)wait_for(f, cause, TL_OUTBOX_WAITING, 0);
	assert_int_equal(row_of(f, cause).attempts, 0);
	behave("ok", 0);
	set_endpoint(f, true);
	(void)wait_for(f, cause, TL_OUTBOX_DELIVERED, 1);
}

static void
t_after_kill_9_the_same_id_comes_again(void **state)
{
	struct fixture *f = *state;
	behave("slow", 0);
	struct tl_id cause = put(f, "item:1");
	for (int i = 0; i < 500 && seen_count() == 0; i++)
		(void)usleep(10 * 1000);
	assert_int_equal(seen_count(), 1);
	stop_courier(f, SIGKILL);
	assert_int_equal(row_of(f, cause).state, TL_OUTBOX_LEASED);
	char first[64];
	(void)snprintf(first, sizeof first, "%s", seen(0).id);
	(void)usleep(
	    2600 * 1000); /* the receiver serves one at a time and still holds the first */
	behave("ok", 0);
	start_courier(f);
	let_pass(f, 10 * TL_US_S);
	(void)wait_for(f, cause, TL_OUTBOX_DELIVERED, 2);
	assert_string_equal(seen(seen_count() - 1).id, first);
}

static void
t_a_private_address_is_shut(void **state)
{
	struct fixture *f = *state;
	behave("ok", 0);
	set_endpoint(f, false);
	struct tl_outbox_row row = wait_for(f, put(f, "item:1"), TL_OUTBOX_WAITING, 1);
	assert_string_equal((const char *)row.error.p, "the address is shut: loopback");
	assert_int_equal(seen_count(), 0);
}

static void
t_a_network_that_the_operator_allows_is_open(void **state)
{
	struct fixture *f = *state;
	behave("ok", 0);
	set_endpoint(f, false);
	(void)wait_for(f, put(f, "item:1"), TL_OUTBOX_DELIVERED, 1);
}

static void
open_server(void)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server.fd < 0 || bind(server.fd, (struct sockaddr *)&at, n) < 0 ||
	    listen(server.fd, 64) < 0 ||
	    getsockname(server.fd, (struct sockaddr *)&at, &n) < 0 ||
	    pthread_create(&server.thread, NULL, serve, NULL) != 0)
		abort();
	server.port = ntohs(at.sin_port);
	server.mode = "ok";
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	if (tl_crypto_init() < 0)
		return 1;
	open_server();
	const struct CMUnitTest tests[] = {
	    T(t_a_delivery_is_signed_and_recorded),
	    T(t_while_rotating_both_secrets_sign),
	    T(t_a_failure_is_tried_again_with_the_same_id),
	    T(t_a_subject_stays_in_order),
	    T(t_redirects_are_not_followed),
	    T(t_a_slow_receiver_is_left),
	    T(t_a_huge_answer_is_cut_and_its_2xx_counts),
	    T(t_retry_after_is_kept),
	    T(t_a_gone_endpoint_is_switched_off_and_nothing_is_lost),
	    T(t_after_kill_9_the_same_id_comes_again),
	    T(t_a_private_address_is_shut),
	    cmocka_unit_test_setup_teardown(
		t_a_network_that_the_operator_allows_is_open, setup_allowed_net, teardown),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	server.stop = true;
	(void)shutdown(server.fd, SHUT_RDWR);
	(void)pthread_join(server.thread, NULL);
	return rc;
}
