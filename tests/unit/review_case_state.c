/* The state machine of cases: every pair of state and event, and who may cause it. */
#include "review/case_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What each state allows, written a second time on purpose: by state, one letter an event. */
static const char *const allowed[] = {
    [TL_CASE_OPEN] = "JKNMX",
    [TL_CASE_CLAIMED] = "JHNDRLSMVX",
    [TL_CASE_DECIDED] = "NUX",
    [TL_CASE_CLOSED] = "N",
};
static const char letters[] = "JKHNDRLSMVUX";

static void
t_all_pairs_match_the_second_writing(void **state)
{
	(void)state;
	for (int s = 0; s < tl_case_state_count; s++) {
		for (int e = 0; e < TL_CASE_EVENT_COUNT; e++) {
			enum tl_case_state next;
			int rc = tl_case_step(
			    (enum tl_case_state)s, (enum tl_case_event)e, ~0U, &next);
			bool expected = strchr(allowed[s], letters[e]) != NULL;
			assert_int_equal(rc, expected ? 0 : TL_ECONFLICT);
		}
	}
}

static void
t_a_claim_belongs_to_its_holder(void **state)
{
	(void)state;
	enum tl_case_state next;
	assert_int_equal(
	    tl_case_step(TL_CASE_CLAIMED, TL_CASE_DECIDE, TL_BY_ANY, &next), TL_EPERM);
	assert_int_equal(
	    tl_case_step(TL_CASE_CLAIMED, TL_CASE_DECIDE, TL_BY_OVERSEER, &next), TL_EPERM);
	assert_int_equal(tl_case_step(TL_CASE_CLAIMED, TL_CASE_DECIDE, TL_BY_HOLDER, &next), 0);
	assert_int_equal(next, TL_CASE_DECIDED);
	assert_int_equal(
	    tl_case_step(TL_CASE_CLAIMED, TL_CASE_RELEASE, TL_BY_HOLDER, &next), 0);
	assert_int_equal(
	    tl_case_step(TL_CASE_CLAIMED, TL_CASE_RELEASE, TL_BY_OVERSEER, &next), 0);
	assert_int_equal(next, TL_CASE_OPEN);
}

static void
t_undo_gives_the_case_back_to_who_decided(void **state)
{
	(void)state;
	enum tl_case_state next;
	assert_int_equal(
	    tl_case_step(TL_CASE_DECIDED, TL_CASE_UNDO, TL_BY_ANY, &next), TL_EPERM);
	assert_int_equal(tl_case_step(TL_CASE_DECIDED, TL_CASE_UNDO, TL_BY_DECIDER, &next), 0);
	assert_int_equal(next, TL_CASE_CLAIMED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_all_pairs_match_the_second_writing),
	    cmocka_unit_test(t_a_claim_belongs_to_its_holder),
	    cmocka_unit_test(t_undo_gives_the_case_back_to_who_decided),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
