/* Both machines of enforcement, every pair of state and event. '.' is refused; letters name the next state. */
#include "core/enforce_state.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Columns: send done refuse cancel hold release take_back. */
static const char *const action_rows[] = {
    [TL_ACTION_WAITING] = "scrxh.v",
    [TL_ACTION_SENT] = "scr...v",
    [TL_ACTION_CONFIRMED] = "cc....v",
    [TL_ACTION_REFUSED] = "r.r...v",
    [TL_ACTION_CANCELLED] = "...x...",
    [TL_ACTION_REVERSED] = "vv....v",
    [TL_ACTION_HELD] = "...xhw.",
};
static const char action_letters[] = "wscrxvh";

/* Columns: lease deliver retry give_up cancel hold replay. */
static const char *const outbox_rows[] = {
    [TL_OUTBOX_WAITING] = "ld..xhw",
    [TL_OUTBOX_LEASED] = "ldwD...",
    [TL_OUTBOX_DELIVERED] = ".d....w",
    [TL_OUTBOX_DEAD] = ".d....w",
    [TL_OUTBOX_CANCELLED] = "....x..",
    [TL_OUTBOX_HELD] = "....xhw",
};
static const char outbox_letters[] = "wldDxh";

static void
t_every_pair_of_an_action_is_as_written(void **state)
{
	(void)state;
	for (unsigned s = 0; s < tl_action_state_count; s++)
		for (unsigned e = 0; e < tl_action_event_count; e++) {
			enum tl_action_state next = TL_ACTION_WAITING;
			int rc = tl_action_step(s, e, &next);
			char want = action_rows[s][e];
			assert_int_equal(rc, want == '.' ? TL_ECONFLICT : 0);
			if (want != '.')
				assert_int_equal(action_letters[next], want);
		}
}

static void
t_every_pair_of_a_delivery_is_as_written(void **state)
{
	(void)state;
	for (unsigned s = 0; s < tl_outbox_state_count; s++)
		for (unsigned e = 0; e < tl_outbox_event_count; e++) {
			enum tl_outbox_state next = TL_OUTBOX_WAITING;
			int rc = tl_outbox_step(s, e, &next);
			char want = outbox_rows[s][e];
			assert_int_equal(rc, want == '.' ? TL_ECONFLICT : 0);
			if (want != '.')
				assert_int_equal(outbox_letters[next], want);
		}
}

static void
t_a_refusal_names_state_and_event(void **state)
{
	(void)state;
	enum tl_action_state next;
	assert_int_equal(tl_action_step(TL_ACTION_SENT, TL_ACTION_CANCEL, &next), TL_ECONFLICT);
	assert_string_equal(tl_err_text(), "an action that is sent cannot take \"cancel\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_every_pair_of_an_action_is_as_written),
	    cmocka_unit_test(t_every_pair_of_a_delivery_is_as_written),
	    cmocka_unit_test(t_a_refusal_names_state_and_event),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
