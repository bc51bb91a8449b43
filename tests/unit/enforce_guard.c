/* The socket guard: addresses row by row, addresses that people type, and libcurl really refusing. */
#include "enforce/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static const struct {
	const char *address;
	bool open, open_private;
} addresses[] = {
    {"93.184.216.34", true, true},
    {"2606:2800:220:1::1", true, true},
    {"127.0.0.1", false, true},
    {"127.255.255.254", false, true},
    {"10.1.2.3", false, true},
    {"172.16.0.1", false, true},
    {"172.31.255.255", false, true},
    {"172.32.0.1", true, true},
    {"172.15.255.255", true, true},
    {"192.168.7.7", false, true},
    {"100.64.0.1", false, true},
    {"100.128.0.1", true, true},
    {"::1", false, true},
    {"fd12:3456::1", false, true},
    {"fc00::1", false, true},
    {"0.0.0.0", false, false},
    {"0.1.2.3", false, false},
    {"169.254.169.254", false, false},
    {"169.254.0.1", false, false},
    {"192.0.0.192", false, false},
    {"198.18.0.1", false, false},
    {"224.0.0.1", false, false},
    {"239.255.255.250", false, false},
    {"255.255.255.255", false, false},
    {"240.0.0.1", false, false},
    {"::", false, false},
    {"::7f00:1", false, false},
    {"::ffff:127.0.0.1", false, false},
    {"::ffff:93.184.216.34", false, false},
    {"::ffff:0:7f00:1", false, false},
    {"64:ff9b::7f00:1", false, false},
    {"2002:7f00:1::", false, false},
    {"2001:0:4136:e378:8000:63bf:3fff:fdd2", false, false},
    {"fd00:ec2::254", false, false},
    {"fe80::1", false, false},
    {"febf::1", false, false},
    {"fec0::1", false, false},
    {"ff02::1", false, false},
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

static void
t_typed_addresses_are_checked(void **state)
{
	(void)state;
	static const struct {
		const char *url;
		bool ok, ok_private;
	} rows[] = {
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
	};
	for (size_t i = 0; i < TL_COUNT(rows); i++) {
		if ((tl_guard_url(rows[i].url, false) == 0) != rows[i].ok)
			fail_msg("%s", rows[i].url);
		if ((tl_guard_url(rows[i].url, true) == 0) != rows[i].ok_private)
			fail_msg("%s when private", rows[i].url);
	}
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

static int
listen_loopback(uint16_t *ret_port)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	*ret_port = ntohs(at.sin_port);
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
	    cmocka_unit_test(t_networks_are_read_or_refused),
	    cmocka_unit_test(t_libcurl_never_opens_a_shut_address),
	    cmocka_unit_test(t_other_protocols_are_refused),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	curl_global_cleanup();
	return rc;
}
