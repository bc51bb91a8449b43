/* The socket guard: addresses row by row, addresses that people type, and libcurl really refusing. */
#include "enforce/guard.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static const struct {
	const char *address;
	bool open, open_private;
} addresses[] = {
    {"93.184.216.34", true, true}, {"2606:2800:220:1::1", true, true},
    {"127.0.0.1", false, true}, {"127.255.255.254", false, true}, {"10.1.2.3", false, true},
    {"172.16.0.1", false, true}, {"172.31.255.255", false, true}, {"172.32.0.1", true, true},
    {"172.15.255.255", true, true}, {"192.168.7.7", false, true}, {"100.64.0.1", false, true},
    {"100.128.0.1", true, true}, {"::1", false, true}, {"fd12:3456::1", false, true},
    {"fc00::1", false, true}, {"0.0.0.0", false, false}, {"0.1.2.3", false, false},
    {"169.254.169.254", false, false}, {"169.254.0.1", false, false},
    {"192.0.0.192", false, false}, {"198.18.0.1", false, false}, {"224.0.0.1", false, false},
    {"239.255.255.250", false, false}, {"255.255.255.255", false, false},
    {"240.0.0.1", false, false}, {"::", false, false}, {"::7f00:1", false, false},
    {"::ffff:127.0.0.1", false, false}, {"::ffff:93.184.216.34", false, false},
    {"::ffff:0:7f00:1", false, false}, {"64:ff9b::7f00:1", false, false},
    {"2002:7f00:1::", false, false}, {"2001:0:4136:e378:8000:63bf:3fff:fdd2", false, false},
    {"fd00:ec2::254", false, false}, {"fe80::1", false, false}, {"febf::1", false, false},
    {"fec0::1", false, false}, {"ff02::1", false, false}, {"64:ff9b::5db8:d822", false, false},
    {"64:ff9b:1::a00:1", false, false}, {"2002:5db8:d822::1", false, false},
    {"2001:db8::1", false, false}, {"3fff::1", false, false}, {"100::1", false, false},
    {"::ffff:169.254.169.254", false, false}, {"::ffff:10.0.0.1", false, false},
    {"::a00:1", false, false}, {"4000::1", false, false}, {"5f00::1", false, false},
    {"8000::1", false, false}, {"1::1", false, false}, {"192.0.2.1", false, false},
    {"198.51.100.1", false, false}, {"203.0.113.1", false, false},
    {"198.19.255.255", false, false}, {"192.88.99.1", false, false},
    {"100.127.255.255", false, true},
    {"100.100.100.200", false,
	true}, /* a cloud's metadata: shut unless the operator opens the network */
};

static const char *
judge(const char *text, bool private_ok)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return tl_guard_address((const struct sockaddr *)&v4, sizeof v4, private_ok);
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return tl_guard_address((const struct sockaddr *)&v6, sizeof v6, private_ok);
}

static void
t_addresses_are_judged_row_by_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < TL_COUNT(addresses); i++) {
		const char *a = addresses[i].address;
		if ((judge(a, false) == NULL) != addresses[i].open)
			fail_msg("%s: %s", a, judge(a, false) ? judge(a, false) : "open");
		if ((judge(a, true) == NULL) != addresses[i].open_private)
			fail_msg(
			    "%s when private: %s", a, judge(a, true) ? judge(a, true) : "open");
	}
}

static void
t_other_families_are_shut(void **state)
{
	(void)state;
	struct sockaddr sa = {.sa_family = AF_UNIX};
	assert_non_null(tl_guard_address(&sa, sizeof sa, true));
	sa.sa_family = AF_INET6;
	assert_non_null(tl_guard_address(&sa, sizeof sa, true));
}

/* What somebody may type as a target: whether it is taken, and with private addresses allowed. */
static const struct {
	const char *url;
	bool ok, ok_private;
} typed[] = {
    {"https://platform.example/hook", true, true},
    {"https://platform.example:8443/hook?a=b", true, true},
    {"http://platform.example/hook", false, true},
    {"http://127.0.0.1:9000/hook", false, true},
    {"https://127.0.0.1/hook", false, true},
    {"https://0x7f.1/hook", false, true},
    {"https://2130706433/hook", false, true},
    {"https://[::1]/hook", false, true},
    {"https://[::ffff:127.0.0.1]/hook", false, false},
    {"https://169.254.169.254/latest/meta-data", false, false},
    {"https://user:secret@platform.example/", false, false},
    {"https://platform.example/#part", false, false},
    {"ftp://platform.example/", false, false},
    {"file:///etc/passwd", false, false},
    {"gopher://platform.example/", false, false},
    {"platform.example/hook", false, false},
    {"", false, false},
    /* one address in every notation */
    {"https://127.1/hook", false, true},
    {"https://127.0.1/hook", false, true},
    {"https://0177.0.0.1/hook", false, true},
    {"https://0177.1/hook", false, true},
    {"https://0x7f000001/hook", false, true},
    {"https://0x7F.0x0.0x0.0x1/hook", false, true},
    {"https://017700000001/hook", false, true},
    {"https://2852039166/hook", false, false},
    {"https://0xa9fea9fe/hook", false, false},
    {"https://0251.0376.0251.0376/hook", false, false},
    {"https://0/hook", false, false},
    {"https://0.0.0.0/hook", false, false},
    {"https://255.255.255.255/hook", false, false},
    {"https://[::]/hook", false, false},
    {"https://[0:0:0:0:0:0:0:1]/hook", false, true},
    {"https://[::127.0.0.1]/hook", false, false},
    {"https://[::ffff:7f00:1]/hook", false, false},
    {"https://[64:ff9b::127.0.0.1]/hook", false, false},
    {"https://[2002:7f00:1::]/hook", false, false},
    {"https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/hook", false, false},
    {"https://[fe80::1%25eth0]/hook", false, false},
    {"https://[::1%25lo]/hook", false, false},
    {"https://[fd00:ec2::254]/hook", false, false},
    {"https://[fd00::1]/hook", false, true},
    /* names that never leave the machine */
    {"https://localhost/hook", false, true},
    {"https://LOCALHOST./hook", false, true},
    {"https://a.localhost/hook", false, true},
    {"https://notlocalhost.example/hook", true, true},
    /* what a reader takes for another host */
    {"https://platform.example@127.0.0.1/hook", false, false},
    {"https://@platform.example/hook", false, false},
    {"https://platform.example:443@127.0.0.1/", false, false},
    {"https://platform.example\\@127.0.0.1/", false, false},
    {"https://platform.example /hook", false, false},
    {"https://platform.example/hook\r\nX: y", false, false},
    {"https://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/", false, false},
    {"https://platform\xe3\x80\x82"
     "example/",
	false, false},
    /* ports of other protocols */
    {"https://platform.example:25/", false, true},
    {"https://platform.example:22/", false, true},
    {"https://platform.example:0/", false, false},
    {"https://platform.example:65536/", false, false},
    {"https://platform.example:443/", true, true},
    {"dict://platform.example/", false, false},
    {"smtp://platform.example/", false, false},
    {"ldap://platform.example/", false, false},
    {"javascript:alert(1)", false, false},
    {"//platform.example/", false, false},
};

static void
t_typed_addresses_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < TL_COUNT(typed); i++) {
		if ((tl_guard_url(typed[i].url, false) == 0) != typed[i].ok)
			fail_msg("%s", typed[i].url);
		if ((tl_guard_url(typed[i].url, true) == 0) != typed[i].ok_private)
			fail_msg("%s when private", typed[i].url);
	}
}

static void
t_addresses_to_read_from_are_checked(void **state)
{
	(void)state;
	static const char *const hosts[] = {"cdn.example", ".media.example"};
	static const struct {
		const char *url;
		bool ok, listed;
	} rows[] = {
	    {"https://cdn.example/a.png", true, true},
	    {"http://cdn.example./a.png#x", true, true},
	    {"http://CDN.example:8080/", true, true},
	    {"http://a.media.example/", true, true},
	    {"http://media.example/", true, false},
	    {"http://notcdn.example/", true, false},
	    {"http://cdn.example.evil.example/", true, false},
	    {"http://cdn.example@evil.example/", false, false},
	    {"http://evil.example\\@cdn.example/", false, false},
	    {"http://cdn.example:22/", false, false},
	    {"http://cdn.example:0/", false, false},
	    {"http://localhost/a.png", false, false},
	    {"ftp://cdn.example/", false, false},
	    {"file:///etc/passwd", false, false},
	    {"//cdn.example/", false, false},
	    {"http://cdn.example/a b", false, false},
	    {"http://[fe80::1%25eth0]/", false, false},
	    {"", false, false},
	};
	for (size_t i = 0; i < TL_COUNT(rows); i++) {
		if ((tl_guard_read_url(rows[i].url, false, NULL, 0) == 0) != rows[i].ok)
			fail_msg("%s", rows[i].url);
		if ((tl_guard_read_url(rows[i].url, false, hosts, 2) == 0) != rows[i].listed)
			fail_msg("%s of the listed", rows[i].url);
	}
	assert_int_equal(tl_guard_read_url("http://localhost/", true, NULL, 0), 0);
}

static void
t_networks_are_read_or_refused(void **state)
{
	(void)state;
	struct tl_guard_net net;
	static const char *const bad[] = {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129",
	    "10.0.0/8", "10.0.0.0/8/8", "10.0.0.0/-1", "host/8",
	    "0123456789012345678901234567890123456789012345678/8"};
	assert_int_equal(tl_guard_net_parse(TL_S("10.1.0.0/16"), &net), 0);
	assert_int_equal(net.family, AF_INET);
	assert_int_equal(net.bits, 16);
	assert_int_equal(tl_guard_net_parse(TL_S("fd12::/32"), &net), 0);
	assert_int_equal(net.family, AF_INET6);
	assert_int_equal(tl_guard_net_parse(TL_S("192.168.1.9"), &net), 0);
	assert_int_equal(net.bits, 32);
	for (size_t i = 0; i < TL_COUNT(bad); i++)
		assert_int_equal(tl_guard_net_parse(tl_str(bad[i]), &net), TL_EFIELD);
}

static CURLcode
fetch(const char *url, struct tl_guard *g)
{
	CURL *easy = curl_easy_init();
	assert_non_null(easy);
	assert_int_equal(tl_guard_apply(easy, g), 0);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	CURLcode rc = curl_easy_perform(easy);
	curl_easy_cleanup(easy);
	return rc;
}

/* `host` is one of 127.0.0.0/8; port 0: a free one. -1: another program has that port. */
static int
listen_at(uint32_t host, uint16_t *port)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(host), .sin_port = htons(*port)};
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	if (bind(fd, (struct sockaddr *)&at, n) < 0) {
		close(fd);
		return -1;
	}
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static int
listen_loopback(uint16_t *ret_port)
{
	*ret_port = 0;
	int fd = listen_at(INADDR_LOOPBACK, ret_port);
	assert_true(fd >= 0);
	return fd;
}

static void
t_libcurl_never_opens_a_shut_address(void **state)
{
	(void)state;
	static const char *const hosts[] = {
	    "127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]"};
	uint16_t port;
	int fd = listen_loopback(&port);
	for (size_t i = 0; i < TL_COUNT(hosts); i++) {
		char url[128];
		struct tl_guard g = {.timeout_ms = 2000};
		(void)snprintf(url, sizeof url, "http://%s:%u/", hosts[i], port);
		assert_int_not_equal(fetch(url, &g), CURLE_OK);
		assert_non_null(g.refused);
		assert_int_equal(accept(fd, NULL, NULL), -1);
	}
	close(fd);
}

/* What a name means is said here instead of by a name server: several records, public and private, in any order. */
static CURLcode
fetch_as(CURL *easy, const char *name, uint16_t port, const char *records, struct tl_guard *g)
{
	char url[128], entry[256];
	(void)snprintf(url, sizeof url, "http://%s:%u/", name, port);
	(void)snprintf(entry, sizeof entry, "%s:%u:%s", name, port, records);
	struct curl_slist *list = curl_slist_append(NULL, entry);
	curl_easy_reset(easy);
	assert_int_equal(tl_guard_apply(easy, g), 0);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_RESOLVE, list);
	CURLcode rc = curl_easy_perform(easy);
	curl_slist_free_all(list);
	return rc;
}

static void
t_no_record_of_a_name_leads_inside(void **state)
{
	(void)state;
	static const char *const records[] = {"127.0.0.1", "127.0.0.1,127.0.0.2",
	    "0.0.0.0,127.0.0.1", "[::1],127.0.0.1", "10.255.255.254,127.0.0.1",
	    "169.254.169.254,127.0.0.1", "[::ffff:127.0.0.1]", "[fe80::1],127.0.0.1"};
	uint16_t port;
	int fd = listen_loopback(&port);
	CURL *easy = curl_easy_init();
	for (size_t i = 0; i < TL_COUNT(records); i++) {
		struct tl_guard g = {.timeout_ms = 5000};
		assert_int_not_equal(
		    fetch_as(easy, "platform.example", port, records[i], &g), CURLE_OK);
		if (!g.refused)
			fail_msg("%s", records[i]);
		assert_int_equal(accept(fd, NULL, NULL), -1);
	}
	curl_easy_cleanup(easy);
	close(fd);
}

/* Answers every request of every connection until it is closed. */
static void *
answer_all(void *ctx)
{
	static const char ok[] = "HTTP/1.1 204 No Content\r\n\r\n";
	const int *listener = ctx;
	char buf[4096];
	for (;;) {
		int fd = accept4(*listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return NULL; /* the listener was shut */
		while (read(fd, buf, sizeof buf) > 0)
			if (send(fd, ok, sizeof ok - 1, MSG_NOSIGNAL) < 0)
				break;
		close(fd);
	}
	return NULL;
}

/*
 * The first answer is right, the next one leads inside; and a connection that was opened for whoever may go there is
 * no way for whoever may not.
 */
static void
t_a_kept_connection_is_judged_again(void **state)
{
	(void)state;
	uint16_t port;
	pthread_t thread;
	int fd = listen_loopback(&port);
	(void)fcntl(fd, F_SETFL, 0);
	assert_int_equal(pthread_create(&thread, NULL, answer_all, &fd), 0);
	CURL *easy = curl_easy_init();
	long connects = -1;
	struct tl_guard may = {.timeout_ms = 5000, .private_ok = true};
	assert_int_equal(fetch_as(easy, "platform.example", port, "127.0.0.1", &may), CURLE_OK);
	struct tl_guard again = {.timeout_ms = 5000, .private_ok = true};
	assert_int_equal(
	    fetch_as(easy, "platform.example", port, "127.0.0.1", &again), CURLE_OK);
	curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
	assert_int_equal(connects, 0); /* it is kept indeed */
	struct tl_guard may_not = {.timeout_ms = 5000};
	assert_int_not_equal(
	    fetch_as(easy, "platform.example", port, "127.0.0.1", &may_not), CURLE_OK);
	assert_non_null(may_not.refused);
	assert_int_equal(may_not.head_bytes, 0);
	curl_easy_cleanup(easy);
	(void)shutdown(fd, SHUT_RDWR);
	close(fd);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

/*
 * The name server of an attacker: another answer to every question about REBIND. It stands in the place of the C
 * library's own resolver, so that libcurl asks it when and as often as it would ask on the internet.
 */
#define REBIND "rebind.platform.example"
static struct {
	pthread_mutex_t lock;
	const char *const *answers;
	size_t n, asked;
} rebind = {.lock = PTHREAD_MUTEX_INITIALIZER};

int
getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
	int (*libc)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	void *found = dlsym(RTLD_NEXT, "getaddrinfo");
	memcpy(&libc, &found, sizeof libc);
	if (node && strcasecmp(node, REBIND) == 0) {
		pthread_mutex_lock(&rebind.lock);
		node = rebind.answers[rebind.asked < rebind.n ? rebind.asked : rebind.n - 1];
		rebind.asked++;
		pthread_mutex_unlock(&rebind.lock);
	}
	return libc(node, service, hints, ret);
}

/* Two listeners with one port: 127.0.0.2 stands for the internet (the operator allows it), 127.0.0.3 is inside. */
#define OUTSIDE (INADDR_LOOPBACK + 1)
#define INSIDE (INADDR_LOOPBACK + 2)

static uint16_t
listen_twice(int *ret_outside, int *ret_inside)
{
	for (int i = 0; i < 50; i++) {
		uint16_t port = 0;
		*ret_outside = listen_at(OUTSIDE, &port);
		assert_true(*ret_outside >= 0);
		*ret_inside = listen_at(INSIDE, &port);
		if (*ret_inside >= 0)
			return port;
		close(*ret_outside);
	}
	fail_msg("no port is free on two addresses");
	return 0;
}

/* One request to REBIND; `fresh`: neither connection nor answer is kept for the next. */
static CURLcode
fetch_rebind(CURL *easy, uint16_t port, bool fresh, struct tl_guard *g)
{
	char url[128];
	(void)snprintf(url, sizeof url, "http://" REBIND ":%u/hook", port);
	assert_int_equal(tl_guard_url(url, true), 0); /* the name itself says nothing */
	curl_easy_reset(easy);
	assert_int_equal(tl_guard_apply(easy, g), 0);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	if (fresh) {
		curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
		curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	}
	return curl_easy_perform(easy);
}

static void
t_a_name_that_moves_inside_between_requests_is_shut(void **state)
{
	(void)state;
	static const char *const answers[] = {"127.0.0.2", "127.0.0.3", "127.0.0.2",
	    "169.254.169.254", "::1", "0.0.0.0", "10.0.0.1", "::ffff:127.0.0.3", "127.0.0.2"};
	struct tl_guard_net outside;
	int fds[2];
	pthread_t thread;
	assert_int_equal(tl_guard_net_parse(TL_S("127.0.0.2"), &outside), 0);
	uint16_t port = listen_twice(&fds[0], &fds[1]);
	(void)fcntl(fds[0], F_SETFL, 0);
	assert_int_equal(pthread_create(&thread, NULL, answer_all, &fds[0]), 0);
	rebind.answers = answers;
	rebind.n = TL_COUNT(answers);
	rebind.asked = 0;
	CURL *easy = curl_easy_init();
	for (size_t i = 0; i < TL_COUNT(answers); i++) {
		struct tl_guard g = {.timeout_ms = 20000, .nets = &outside, .net_count = 1};
		bool may = strcmp(answers[i], "127.0.0.2") == 0;
		CURLcode rc = fetch_rebind(easy, port, true, &g);
		/* Asked once for each connection: no second answer between the look and the use. */
		assert_int_equal(rebind.asked, i + 1);
		if ((rc == CURLE_OK) != may || (g.refused == NULL) != may)
			fail_msg("%s: %s, %s", answers[i], curl_easy_strerror(rc),
			    g.refused ? g.refused : "not refused");
		assert_int_equal(accept(fds[1], NULL, NULL), -1);
	}
	curl_easy_cleanup(easy);
	(void)shutdown(fds[0], SHUT_RDWR);
	assert_int_equal(pthread_join(thread, NULL), 0);
	close(fds[0]);
	close(fds[1]);
}

/* What was looked up for one who may go inside is in the cache of the handle; who may not gains nothing by it. */
static void
t_a_remembered_answer_is_judged_again(void **state)
{
	(void)state;
	static const char *const answers[] = {"127.0.0.1"};
	uint16_t port;
	int fd = listen_loopback(&port);
	rebind.answers = answers;
	rebind.n = TL_COUNT(answers);
	rebind.asked = 0;
	close(fd); /* nobody answers, so that no connection is kept, only the address */
	CURL *easy = curl_easy_init();
	struct tl_guard may = {.timeout_ms = 20000, .private_ok = true};
	assert_int_equal(fetch_rebind(easy, port, false, &may), CURLE_COULDNT_CONNECT);
	assert_null(may.refused);
	struct tl_guard may_not = {.timeout_ms = 20000};
	assert_int_not_equal(fetch_rebind(easy, port, false, &may_not), CURLE_OK);
	assert_non_null(may_not.refused);
	assert_int_equal(rebind.asked, 1);
	curl_easy_cleanup(easy);
}

static void
t_other_protocols_are_refused(void **state)
{
	(void)state;
	struct tl_guard g = {.private_ok = true};
	assert_int_equal(fetch("file:///etc/hostname", &g), CURLE_UNSUPPORTED_PROTOCOL);
	assert_int_equal(fetch("ftp://127.0.0.1/", &g), CURLE_UNSUPPORTED_PROTOCOL);
	assert_int_equal(fetch("gopher://127.0.0.1/", &g), CURLE_UNSUPPORTED_PROTOCOL);
}

int
main(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_addresses_are_judged_row_by_row),
	    cmocka_unit_test(t_other_families_are_shut),
	    cmocka_unit_test(t_typed_addresses_are_checked),
	    cmocka_unit_test(t_addresses_to_read_from_are_checked),
	    cmocka_unit_test(t_networks_are_read_or_refused),
	    cmocka_unit_test(t_libcurl_never_opens_a_shut_address),
	    cmocka_unit_test(t_no_record_of_a_name_leads_inside),
	    cmocka_unit_test(t_a_kept_connection_is_judged_again),
	    cmocka_unit_test(t_a_name_that_moves_inside_between_requests_is_shut),
	    cmocka_unit_test(t_a_remembered_answer_is_judged_again),
	    cmocka_unit_test(t_other_protocols_are_refused),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	curl_global_cleanup();
	return rc;
}
