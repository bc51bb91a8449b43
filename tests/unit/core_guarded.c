/* The life of a proposal: every state with every event and everybody, against a second writing. */
#include "core/guarded.h"

#include "unit.h"

/* By event: who may in the state open. In every other state nobody may anything. */
static const unsigned allowed[] = {
    [TL_PROPOSAL_CONFIRM] = TL_BY_SECOND,
    [TL_PROPOSAL_REFUSE] = TL_BY_SECOND | TL_BY_OPERATOR,
    [TL_PROPOSAL_WITHDRAW] = TL_BY_PROPOSER,
    [TL_PROPOSAL_EXPIRE] = TL_BY_CLOCK,
};
static const enum tl_proposal_state ends[] = {
    [TL_PROPOSAL_CONFIRM] = TL_PROPOSAL_DONE,
    [TL_PROPOSAL_REFUSE] = TL_PROPOSAL_REFUSED,
    [TL_PROPOSAL_WITHDRAW] = TL_PROPOSAL_WITHDRAWN,
    [TL_PROPOSAL_EXPIRE] = TL_PROPOSAL_EXPIRED,
};

static void
t_all_pairs_match_the_second_writing(void **state)
{
	(void)state;
	for (int s = 0; s < tl_proposal_state_count; s++)
		for (int e = 0; e < TL_PROPOSAL_EVENT_COUNT; e++)
			for (unsigned by = 0; by < 16; by++) {
				enum tl_proposal_state next = TL_PROPOSAL_OPEN;
				int rc = tl_proposal_step((enum tl_proposal_state)s,
				    (enum tl_proposal_event)e, by, &next);
				int expected = s != TL_PROPOSAL_OPEN ? TL_ECONFLICT
					       : allowed[e] & by     ? 0
								     : TL_EPERM;
				assert_int_equal(rc, expected);
				if (rc == 0)
					assert_int_equal(next, ends[e]);
			}
}

static void
t_every_operation_has_word_help_and_a_way_at_the_machine(void **state)
{
	(void)state;
	for (int g = 0; g < TL_GUARDED_COUNT; g++) {
		int found = -1;
		assert_int_equal(
		    tl_word_parse(tl_guarded_names, tl_str(tl_guarded_names[g]), &found), 0);
		assert_int_equal(found, g);
		assert_true(strlen(tl_guarded_help((enum tl_guarded)g)) > 10);
		assert_int_equal(strncmp(tl_guarded_cli((enum tl_guarded)g), "tutela ", 7), 0);
	}
	assert_null(tl_guarded_names[TL_GUARDED_COUNT]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_all_pairs_match_the_second_writing),
	    cmocka_unit_test(t_every_operation_has_word_help_and_a_way_at_the_machine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
