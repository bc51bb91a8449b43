/* The demo pack as shipped: it loads against the shipped policies, its own tests pass, it covers enough. */
#include "base/arena.h"
#include "config/policy.h"
#include "rules/rules.h"
#include "rules_unit.h"

static void
t_pack_loads_and_covers_policies(void **state)
{
	(void)state;
	const struct tl_policy_set *policies;
	assert_int_equal(0, tl_policy_load(TEST_DATA "/../../policy", &policies));
	struct tl_arena *a = tl_arena_create(1 << 20);
	struct tl_lang_report r;
	struct tl_rules_known known = {.policies = policies};
	const struct tl_rule_set *set;
	struct tl_rules_bank banks[64];
	known.banks = banks;
	known.bank_count = demo_banks(a, banks, TL_COUNT(banks));
	known.detectors = demo_detectors;
	known.detector_count = TL_COUNT(demo_detectors);
	tl_lang_report_init(&r, a);
	if (tl_rules_load(TEST_DATA "/../../policy/rules", &known, &r, &set) < 0)
		fail_msg("%s", tl_buf_z(&r.text));
	assert_true(tl_rules_count(set) >= 14);
	assert_true(tl_rules_test_count(set) >= 30);
	size_t distinct = 0, inactive = 0, shadow = 0;
	for (size_t i = 0; i < tl_rules_count(set); i++) {
		struct tl_rule_view v, w;
		bool seen = false;
		tl_rules_view(set, i, 0, &v);
		for (size_t k = 0; k < i; k++) {
			tl_rules_view(set, k, 0, &w);
			seen |= tl_str_eq(v.policy, w.policy);
		}
		distinct += !seen;
		inactive += v.state == TL_RULE_INACTIVE;
		shadow += v.state == TL_RULE_SHADOW;
	}
	assert_true(distinct >= 12);
	assert_int_equal(1, inactive);
	assert_int_equal(2, shadow);
	tl_rules_unref(set);
	tl_policy_unref(policies);
	tl_lang_report_fini(&r);
	tl_arena_destroy(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_pack_loads_and_covers_policies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
