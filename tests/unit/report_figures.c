/* The first figures: what stages counted, per policy and state. */
#include "base/json.h"
#include "report/figures.h"
#include "sys/clock.h"

#include "unit_store.h"

static struct unit_store at;

static int
setup(void **state)
{
	(void)state;
	unit_store_open(&at);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	if (tl_clock_shift(0) < 0)
		return -1;
	unit_store_close(&at);
	return 0;
}

static void
count(const char *name, const char *policy, bool live, int64_t n)
{
	unit_begin(at.db);
	assert_int_equal(tl_counter_add(at.db, 1, live, name, tl_str(policy), n), 0);
	unit_commit(at.db);
}

static void
t_counters_become_rows_per_policy(void **state)
{
	(void)state;
	struct tl_figures f;
	count("items_received", "", true, 10);
	count("verdict_allow", "", true, 6);
	count("verdict_block", "csae.known", true, 3);
	count("items_unscannable", "", true, 1);
	count("decided_act", "csae.known", true, 2);
	count("flags_received", "", true, 1);
	count("flags_received", "fraud", true, 4);
	count("verdict_block", "csae.known", false, 100); /* of test keys */
	assert_int_equal(tl_figures_read(at.db, 7, true, at.arena, &f), 0);
	assert_int_equal(f.received, 10);
	assert_int_equal(f.verdicts[TL_VERDICT_BLOCK], 3);
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	tl_figures_json(&f, &b);
	json_t *j TL_CLEANUP(tl_json_unref) = NULL;
	assert_int_equal(tl_json_parse(tl_buf_str(&b), &j), 0);
	const json_t *rows = json_object_get(j, "policies");
	int64_t block = 0, act = 0, flags = 0;
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *r = json_array_get(rows, i);
		block += json_integer_value(json_object_get(r, "block"));
		act += json_integer_value(json_object_get(r, "decided_act"));
		flags += json_integer_value(json_object_get(r, "flags"));
	}
	assert_int_equal(block, 3);
	assert_int_equal(act, 2);
	assert_int_equal(flags, 5);
	assert_int_equal(f.policy_count, 3);
	assert_string_equal(f.policies[0].policy, "csae.known");
	assert_string_equal(f.policies[1].policy, "fraud");
	assert_string_equal(f.policies[2].policy, "");
	const json_t *items = json_object_get(j, "items");
	assert_int_equal(json_integer_value(json_object_get(items, "scanned")), 8);
	assert_int_equal(json_integer_value(json_object_get(items, "unscannable")), 1);
	assert_true(json_is_null(json_object_get(j, "median_queued_s")));
}

static void
t_older_days_are_left_out(void **state)
{
	(void)state;
	struct tl_figures f;
	count("items_received", "", true, 5);
	assert_int_equal(tl_clock_shift(3 * TL_US_DAY), 0);
	count("items_received", "", true, 2);
	assert_int_equal(tl_figures_read(at.db, 2, true, at.arena, &f), 0);
	assert_int_equal(f.received, 2);
	assert_int_equal(tl_figures_read(at.db, 7, true, at.arena, &f), 0);
	assert_int_equal(f.received, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(t_counters_become_rows_per_policy, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_older_days_are_left_out, setup, teardown),
	};
	return cmocka_run_group_tests_name("report_figures", tests, NULL, NULL);
}
