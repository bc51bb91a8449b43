/* Token buckets of addresses and shares of keys, at their edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "api/rates.h"
#include "api/shares.h"
#include "sys/clock.h"
#include "sys/crypto.h"

static struct tl_addr
address(unsigned n)
{
	struct tl_addr a = {{0x20, 0x01, 0x0d, 0xb8}};
	a.b[4] = (uint8_t)(n >> 24);
	a.b[5] = (uint8_t)(n >> 16);
	a.b[6] = (uint8_t)(n >> 8);
	a.b[7] = (uint8_t)n;
	return a;
}

static const struct tl_rate_conf CONF[TL_RATE_COUNT] = {
    [TL_RATE_ANY] = {0, 0}, [TL_RATE_NOBODY] = {60, 3}, [TL_RATE_SIGN_IN] = {6, 2}};

static void
t_buckets_empty_and_fill(void **state)
{
	(void)state;
	struct tl_rates *r = tl_rates_create(CONF);
	struct tl_addr a = address(1), b = address(2);
	int64_t now = TL_US_HOUR, wait = 0;
	for (int i = 0; i < 3; i++)
		assert_int_equal(tl_rates_take(r, TL_RATE_NOBODY, &a, now, &wait), 0);
	assert_int_equal(tl_rates_take(r, TL_RATE_NOBODY, &a, now, &wait), TL_ERATE);
	assert_int_equal(wait, 2);
	assert_int_equal(tl_rates_take(r, TL_RATE_NOBODY, &b, now, &wait), 0);
	assert_int_equal(tl_rates_take(r, TL_RATE_SIGN_IN, &a, now, &wait), 0);
	assert_int_equal(tl_rates_take(r, TL_RATE_ANY, &a, now, &wait), 0);
	now += TL_US_S;
	assert_int_equal(tl_rates_take(r, TL_RATE_NOBODY, &a, now, &wait), 0);
	assert_int_equal(tl_rates_take(r, TL_RATE_NOBODY, &a, now, &wait), TL_ERATE);
	now += 30 * TL_US_DAY; /* full again, and no fuller */
	for (int i = 0; i < 3; i++)
		assert_int_equal(tl_rates_take(r, TL_RATE_NOBODY, &a, now, &wait), 0);
	assert_int_equal(tl_rates_take(r, TL_RATE_NOBODY, &a, now, &wait), TL_ERATE);
	assert_int_equal(tl_rates_refused(r, TL_RATE_NOBODY), 3);
	tl_rates_destroy(r);
}

static void
t_what_succeeds_is_given_back(void **state)
{
	(void)state;
	struct tl_rates *r = tl_rates_create(CONF);
	struct tl_addr a = address(1);
	int64_t wait = 0;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(tl_rates_take(r, TL_RATE_SIGN_IN, &a, TL_US_HOUR, &wait), 0);
		tl_rates_give(r, TL_RATE_SIGN_IN, &a);
	}
	assert_int_equal(tl_rates_take(r, TL_RATE_SIGN_IN, &a, TL_US_HOUR, &wait), 0);
	assert_int_equal(tl_rates_take(r, TL_RATE_SIGN_IN, &a, TL_US_HOUR, &wait), 0);
	assert_int_equal(tl_rates_take(r, TL_RATE_SIGN_IN, &a, TL_US_HOUR, &wait), TL_ERATE);
	assert_int_equal(wait, 11);
	tl_rates_destroy(r);
}

/* A million addresses pass through; one that keeps asking is held to its limit all the while. */
static void
t_a_flood_of_addresses_frees_nobody_who_asks_on(void **state)
{
	(void)state;
	struct tl_rates *r = tl_rates_create(CONF);
	struct tl_addr mine = address(0);
	int64_t wait = 0, now = TL_US_HOUR;
	int granted = 0;
	for (unsigned i = 1; i <= 1000000; i++) {
		struct tl_addr a = address(i);
		assert_int_equal(tl_rates_take(r, TL_RATE_NOBODY, &a, now + i, &wait), 0);
		if (i % 1000 == 0)
			granted += tl_rates_take(r, TL_RATE_NOBODY, &mine, now + i, &wait) == 0;
	}
	/* one second has passed: three, one more, and what luck with places may give */
	assert_in_range(granted, 3, 12);
	tl_rates_destroy(r);
}

static void
t_a_busy_server_gives_each_key_its_share(void **state)
{
	(void)state;
	struct tl_shares *s = tl_shares_create(10);
	struct tl_id a = tl_id_new(), b = tl_id_new();
	for (int i = 0; i < 100; i++)
		assert_int_equal(tl_shares_take(s, a), 0); /* alone: never refused */
	assert_int_equal(tl_shares_take(s, b), 0);
	assert_int_equal(tl_shares_take(s, a), TL_ERATE);
	for (int i = 0; i < 40; i++)
		assert_int_equal(tl_shares_take(s, b), 0);
	assert_int_equal(tl_shares_take(s, a), TL_ERATE);
	for (int i = 0; i < 95; i++)
		tl_shares_give(s, a);
	assert_int_equal(tl_shares_take(s, a), 0);
	for (int i = 0; i < 41; i++)
		tl_shares_give(s, b);
	for (int i = 0; i < 6; i++)
		tl_shares_give(s, a);
	tl_shares_give(s, a); /* once too often harms nobody */
	for (int i = 0; i < 10; i++)
		assert_int_equal(tl_shares_take(s, i % 2 ? a : b), 0);
	tl_shares_destroy(s);
}

static void
t_more_keys_than_places_share_the_last(void **state)
{
	(void)state;
	struct tl_shares *s = tl_shares_create(1000000);
	struct tl_id keys[400];
	for (size_t i = 0; i < TL_COUNT(keys); i++) {
		keys[i] = tl_id_new();
		assert_int_equal(tl_shares_take(s, keys[i]), 0);
	}
	for (size_t i = 0; i < TL_COUNT(keys); i++)
		tl_shares_give(s, keys[i]);
	assert_int_equal(tl_shares_take(s, keys[399]), 0);
	tl_shares_destroy(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_buckets_empty_and_fill),
	    cmocka_unit_test(t_what_succeeds_is_given_back),
	    cmocka_unit_test(t_a_flood_of_addresses_frees_nobody_who_asks_on),
	    cmocka_unit_test(t_a_busy_server_gives_each_key_its_share),
	    cmocka_unit_test(t_more_keys_than_places_share_the_last),
	};
	if (tl_crypto_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
