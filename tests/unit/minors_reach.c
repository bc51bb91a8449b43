/* How far items reach: the younger never further, whatever actions are in force; nothing unknown is recommended. */
#include "unit.h"

#include "config/policy.h"
#include "minors/reach.h"
#include "sys/clock.h"
#include "sys/crypto.h"

#define NOW (1000 * TL_US_DAY)

static const struct tl_policy_set *set;

static int
setup(void **state)
{
	(void)state;
	return tl_crypto_init() < 0 ? -1 : tl_policy_load(TEST_DATA "/../../policy", &set);
}

static int
teardown(void **state)
{
	(void)state;
	tl_policy_unrefp(&set);
	return 0;
}

static const struct tl_minors_account adult = {.band = TL_AGE_18};

static struct tl_reach
reach(const struct tl_reach_action *a, size_t n, enum tl_age_band band)
{
	struct tl_reach_item item = {.known = true,
	    .state = TL_ITEM_SCANNED,
	    .has_verdict = true,
	    .actions = a,
	    .action_count = n,
	    .author = &adult};
	struct tl_minors_account viewer = {.band = band};
	struct tl_reach_viewer v = tl_reach_viewer_of(set, &viewer, false, NOW);
	return tl_reach_decide(set, &item, &v, NOW);
}

static bool
has(const struct tl_reach *r, const char *code)
{
	for (size_t i = 0; i < r->why_count; i++) {
		if (strcmp(r->why[i].code, code) == 0)
			return true;
	}
	return false;
}

static bool
no_further(unsigned young, unsigned old)
{
	return (young & old) == old;
}

//= law:dsa-28.1
static void
t_the_younger_are_never_reached_further(void **state)
{
	(void)state;
	static const char *const names[] = {"remove", "withhold", "disable", "age_restrict",
	    "warning_screen", "no_recommendation", "lift", "demote"};
	static const int64_t ages[] = {0, 13, 15, 16, 17, 18, 21};
	for (size_t a = 0; a < TL_COUNT(names); a++) {
		for (size_t g = 0; g < TL_COUNT(ages); g++) {
			const struct tl_reach_action act[] = {
			    {tl_str(names[a]), {{1}}, ages[g]},
			    {tl_str(names[g]), {{2}}, ages[a % TL_COUNT(ages)]}};
			unsigned e[tl_age_band_count];
			for (int band = 0; band < tl_age_band_count; band++)
				e[band] = reach(act, 2, (enum tl_age_band)band).effects;
			assert_int_equal(e[TL_AGE_UNKNOWN], e[TL_AGE_13_15]);
			assert_true(no_further(e[TL_AGE_UNDER_13], e[TL_AGE_13_15]));
			assert_true(no_further(e[TL_AGE_13_15], e[TL_AGE_16_17]));
			assert_true(no_further(e[TL_AGE_16_17], e[TL_AGE_18]));
		}
	}
}

static void
t_an_age_in_an_action_means_all_who_may_be_younger(void **state)
{
	(void)state;
	const struct tl_reach_action screen = {TL_S("warning_screen"), {{1}}, 17};
	struct tl_reach r = reach(&screen, 1, TL_AGE_16_17);
	assert_true((r.effects & TL_REACH_SCREEN) && has(&r, "sensitive_filter"));
	r = reach(&screen, 1, TL_AGE_18);
	assert_int_equal(r.effects, 0);
	const struct tl_reach_action apart = {TL_S("no_recommendation"), {{1}}, 16};
	assert_int_equal(reach(&apart, 1, TL_AGE_16_17).effects, 0);
	assert_int_equal(reach(&apart, 1, TL_AGE_UNKNOWN).effects, TL_REACH_APART);
}

static void
t_what_is_not_known_or_not_checked_is_not_recommended(void **state)
{
	(void)state;
	struct tl_reach_viewer v = {.band = TL_AGE_18};
	struct tl_reach_item item = {.known = false, .author = &adult};
	struct tl_reach r = tl_reach_decide(set, &item, &v, NOW);
	assert_true(r.effects == TL_REACH_APART && has(&r, "unknown_item"));
	item.known = true;
	r = tl_reach_decide(set, &item, &v, NOW);
	assert_true(r.effects == TL_REACH_APART && has(&r, "not_checked"));
	item.has_verdict = item.doubted = true;
	r = tl_reach_decide(set, &item, &v, NOW);
	assert_true(r.effects == TL_REACH_APART && has(&r, "under_review"));
	item.state = TL_ITEM_DELETED;
	r = tl_reach_decide(set, &item, &v, NOW);
	assert_true((r.effects & TL_REACH_HIDE) && (r.effects & TL_REACH_APART));
	item = (struct tl_reach_item){
	    .known = true, .state = TL_ITEM_SCANNED, .has_verdict = true};
	r = tl_reach_decide(set, &item, &v, NOW);
	assert_true(has(&r, "author_setting")); /* nobody is known to have wished it */
}

static void
t_authors_of_16_are_left_out_for_limited_accounts(void **state)
{
	(void)state;
	const struct tl_minors_account author = {.band = TL_AGE_16_17};
	struct tl_reach_item item = {
	    .known = true, .state = TL_ITEM_SCANNED, .has_verdict = true, .author = &author};
	struct tl_reach_viewer v = {.band = TL_AGE_18};
	assert_int_equal(tl_reach_decide(set, &item, &v, NOW).effects, 0);
	v.limited = true;
	assert_int_equal(tl_reach_decide(set, &item, &v, NOW).effects, TL_REACH_APART);
}

static void
t_parameters_are_read_and_what_ended_is_over(void **state)
{
	(void)state;
	struct tl_reach_action a;
	struct tl_action_row row = {.name = TL_S("age_restrict"), .created_at = TL_US_DAY};
	assert_true(tl_reach_action_read(&row, &a));
	assert_int_equal(a.age, 18);
	row.params = TL_S("{\"age\":16}");
	assert_true(tl_reach_action_read(&row, &a));
	assert_int_equal(a.age, 16);
	assert_false(tl_action_over(&row, NOW));
	row.params = TL_S("{\"age\":\"x\",\"until\":\"1970-01-04T00:00:00Z\"}");
	assert_true(tl_action_over(&row, 3 * TL_US_DAY));
	assert_false(tl_action_over(&row, 3 * TL_US_DAY - 1));
	assert_true(tl_reach_action_read(&row, &a));
	assert_int_equal(a.age, 18);
	row.params = TL_S("{\"duration\":\"1d12h\"}");
	assert_true(tl_action_over(&row, TL_US_DAY + 36 * TL_US_HOUR));
	assert_false(tl_action_over(&row, TL_US_DAY + 36 * TL_US_HOUR - 1));
	row.params = TL_S("{\"duration\":\"for ever\"}");
	assert_false(tl_action_over(&row, NOW));
	row.params = TL_S("{broken");
	assert_true(tl_reach_action_read(&row, &a));
	assert_false(tl_action_over(&row, NOW));
	row.name = TL_S("limit_contact");
	assert_false(tl_reach_action_read(&row, &a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_the_younger_are_never_reached_further),
	    cmocka_unit_test(t_an_age_in_an_action_means_all_who_may_be_younger),
	    cmocka_unit_test(t_what_is_not_known_or_not_checked_is_not_recommended),
	    cmocka_unit_test(t_authors_of_16_are_left_out_for_limited_accounts),
	    cmocka_unit_test(t_parameters_are_read_and_what_ended_is_over),
	};
	return cmocka_run_group_tests_name("minors_reach", tests, setup, teardown);
}
