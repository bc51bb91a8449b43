/* Addresses, networks, and who speaks behind proxies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sys/addr.h"

static void
t_addresses_parse_whole_or_not_at_all(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "1.2.3", "1.2.3.4 ", "01.2.3.4", "1.2.3.4.5",
	    "1.2.3.256", "0x7f.0.0.1", "::g", "fe80::1%lo", "localhost", "[::1]", "1.2.3.4:80"};
	static const char *const good[][2] = {{"1.2.3.4", "1.2.3.4"},
	    {"::ffff:1.2.3.4", "1.2.3.4"}, {"2001:DB8::1", "2001:db8::1"}, {"::1", "::1"}};
	struct tl_addr a;
	char text[TL_ADDR_TEXT];
	for (size_t i = 0; i < TL_COUNT(bad); i++)
		if (tl_addr_parse(tl_str(bad[i]), &a) != TL_EFIELD)
			fail_msg("%s was taken", bad[i]);
	for (size_t i = 0; i < TL_COUNT(good); i++) {
		assert_int_equal(tl_addr_parse(tl_str(good[i][0]), &a), 0);
		tl_addr_text(text, &a);
		assert_string_equal(text, good[i][1]);
	}
}

static void
t_networks_hold_what_they_name(void **state)
{
	(void)state;
	static const struct {
		const char *net, *address;
		int holds; /* -1: not a network */
	} cases[] = {
	    {"10.1.0.0/16", "10.1.255.255", 1},
	    {"10.1.0.0/16", "10.2.0.0", 0},
	    {"10.1.0.0/15", "10.0.0.1", -1},
	    {"10.0.0.0/15", "10.1.0.1", 1},
	    {"192.0.2.7", "192.0.2.7", 1},
	    {"192.0.2.7", "192.0.2.6", 0},
	    {"0.0.0.0/0", "8.8.8.8", 1},
	    {"0.0.0.0/0", "2001:db8::1", 0},
	    {"::/0", "8.8.8.8", 1},
	    {"2001:db8::/33", "2001:db8:7fff::1", 1},
	    {"2001:db8::/33", "2001:db8:8000::1", 0},
	    {"::ffff:10.0.0.0/104", "10.9.9.9", 1},
	    {"10.0.0.0/33", "10.0.0.0", -1},
	    {"10.0.0.0/", "10.0.0.0", -1},
	    {"10.0.0.0/-1", "10.0.0.0", -1},
	    {"10.0.0.0/8/8", "10.0.0.0", -1},
	    {"/8", "10.0.0.0", -1},
	};
	for (size_t i = 0; i < TL_COUNT(cases); i++) {
		struct tl_net net;
		struct tl_addr a;
		int rc = tl_net_parse(tl_str(cases[i].net), &net);
		assert_int_equal(tl_addr_parse(tl_str(cases[i].address), &a), 0);
		if (cases[i].holds < 0
			? rc != TL_EFIELD
			: rc < 0 || tl_net_holds(&net, &a) != (cases[i].holds == 1))
			fail_msg("%s and %s", cases[i].net, cases[i].address);
	}
}

static void
t_lists_of_networks_name_the_wrong_one(void **state)
{
	(void)state;
	struct tl_net nets[2];
	size_t n = 7;
	assert_int_equal(tl_nets_parse(TL_S(" 10.0.0.0/8  ::1 "), nets, 2, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(tl_nets_parse(TL_S("10.0.0.0/8 here"), nets, 2, &n), TL_EFIELD);
	assert_non_null(strstr(tl_err_text(), "here"));
	assert_int_equal(tl_nets_parse(TL_S("::1 ::2 ::3"), nets, 2, &n), TL_ETOOBIG);
	assert_int_equal(tl_nets_parse(TL_S(""), nets, 2, &n), 0);
	assert_int_equal(n, 0);
}

static void
t_only_trusted_proxies_say_who_speaks(void **state)
{
	(void)state;
	static const struct {
		const char *peer, *header, *who;
	} cases[] = {
	    {"203.0.113.9", "198.51.100.1", "203.0.113.9"},
	    {"127.0.0.1", "", "127.0.0.1"},
	    {"127.0.0.1", "198.51.100.1", "198.51.100.1"},
	    {"::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"},
	    {"127.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"},
	    {"127.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"},
	    {"127.0.0.1", "6.6.6.6, 198.51.100.1 ,\t10.0.0.2", "198.51.100.1"},
	    {"127.0.0.1", "10.0.0.9, 10.0.0.2", "10.0.0.9"},
	    {"127.0.0.1", "198.51.100.1:4711", "198.51.100.1"},
	    {"127.0.0.1", "[2001:db8::5]:443", "2001:db8::5"},
	    {"127.0.0.1", "2001:db8::5", "2001:db8::5"},
	    {"127.0.0.1", "198.51.100.1, unknown", "127.0.0.1"},
	    {"127.0.0.1", "198.51.100.1,", "127.0.0.1"},
	    {"127.0.0.1", "\"198.51.100.1\"", "127.0.0.1"},
	    {"127.0.0.1", "198.51.100.1:99999", "127.0.0.1"},
	    {"127.0.0.1", "[::1", "127.0.0.1"},
	};
	struct tl_net nets[2];
	size_t n;
	assert_int_equal(tl_nets_parse(TL_S("127.0.0.0/8 10.0.0.0/24"), nets, 2, &n), 0);
	for (size_t i = 0; i < TL_COUNT(cases); i++) {
		struct tl_addr peer, who;
		char text[TL_ADDR_TEXT];
		assert_int_equal(tl_addr_parse(tl_str(cases[i].peer), &peer), 0);
		who = tl_addr_forwarded(&peer, tl_str(cases[i].header), nets, n);
		tl_addr_text(text, &who);
		if (strcmp(text, cases[i].who) != 0)
			fail_msg("%s behind %s is %s", cases[i].header, cases[i].peer, text);
	}
}

static void
t_a_block_is_what_one_customer_has(void **state)
{
	(void)state;
	struct tl_addr a, b;
	assert_int_equal(tl_addr_parse(TL_S("2001:db8:1:2:3::4"), &a), 0);
	assert_int_equal(tl_addr_parse(TL_S("2001:db8:1:2::"), &b), 0);
	a = tl_addr_block(&a);
	assert_memory_equal(&a, &b, sizeof a);
	assert_int_equal(tl_addr_parse(TL_S("192.0.2.1"), &a), 0);
	b = tl_addr_block(&a);
	assert_memory_equal(&a, &b, sizeof a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_addresses_parse_whole_or_not_at_all),
	    cmocka_unit_test(t_networks_hold_what_they_name),
	    cmocka_unit_test(t_lists_of_networks_name_the_wrong_one),
	    cmocka_unit_test(t_only_trusted_proxies_say_who_speaks),
	    cmocka_unit_test(t_a_block_is_what_one_customer_has),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
