/* The Hamming index against the plain scan. */
#include "hash/index.h"

#include <stdlib.h>

#include "unit.h"

static uint64_t seed = 1;

static uint64_t
next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static struct tl_pdq
any_hash(void)
{
	struct tl_pdq h;
	for (size_t i = 0; i < sizeof h.b; i++)
		h.b[i] = (uint8_t)(next() >> 24);
	return h;
}

static void
t_what_is_told_is_found_and_what_is_removed_is_not(void **state)
{
	(void)state;
	TL_CLEANUP(tl_index_closep) struct tl_index *x = NULL;
	struct tl_pdq h = any_hash();
	struct tl_index_hit hit[4];
	struct tl_index_found f = {hit, TL_COUNT(hit), 0, 0};
	struct tl_index_bank two[] = {{7, 10}, {8, -1}};
	struct tl_index_ask ask = {&h, 1, 31, two, 2, 1000};
	assert_int_equal(tl_index_open(NULL, TL_INDEX_OWN, &x), 0);
	assert_int_equal(tl_index_add(x, &h, 1, 7, 0), 0);
	assert_int_equal(tl_index_add(x, &h, 2, 8, 0), 0);
	assert_int_equal(tl_index_add(x, &h, 3, 9, 0), 0);
	h.b[3] ^= 0xff, h.b[4] ^= 0x07;
	assert_int_equal(tl_index_find(x, &ask, &f), 0);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.hit[0].key, 3);
	assert_int_equal(f.hit[0].distance, 11);
	assert_int_equal(tl_index_limit(x, 3, TL_INDEX_NEVER, 1000, 0), 0);
	assert_int_equal(tl_index_find(x, &ask, &f), 0);
	assert_int_equal(f.all, 0);
	ask.now_us = 999;
	assert_int_equal(tl_index_find(x, &ask, &f), 0);
	assert_int_equal(f.all, 1);
	assert_int_equal(tl_index_remove(x, 3, 0), 0);
	assert_int_equal(tl_index_find(x, &ask, &f), 0);
	assert_int_equal(f.all, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_what_is_told_is_found_and_what_is_removed_is_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
