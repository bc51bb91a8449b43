/* The order that urgency promises, as properties over the whole range of its inputs. */
#include "review/urgency.h"

#include "sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#define T0 INT64_C(1790000000000000)

static struct tl_urgency
least(enum tl_severity s)
{
	return (struct tl_urgency){.severity = s, .clock_at = T0};
}

static struct tl_urgency
most(enum tl_severity s)
{
	return (struct tl_urgency){
	    .severity = s, .confidence = 1, .reach = INT64_MAX, .flagger = 99, .clock_at = T0};
}

static void
t_a_graver_case_precedes_at_the_same_clock(void **state)
{
	(void)state;
	for (int s = TL_SEVERITY_LOW; s < TL_SEVERITY_CRITICAL; s++) {
		struct tl_urgency lesser = most((enum tl_severity)s);
		struct tl_urgency graver = least((enum tl_severity)(s + 1));
		assert_true(tl_urgency(&graver) > tl_urgency(&lesser));
	}
}

static void
t_critical_precedes_even_a_high_one_that_is_three_days_late(void **state)
{
	(void)state;
	struct tl_urgency high = most(TL_SEVERITY_HIGH), critical = least(TL_SEVERITY_CRITICAL);
	high.clock_at = T0 - 3 * TL_US_DAY;
	assert_true(tl_urgency(&critical) > tl_urgency(&high));
}

static void
t_nothing_starves(void **state)
{
	(void)state;
	struct tl_urgency low = least(TL_SEVERITY_LOW), critical = most(TL_SEVERITY_CRITICAL);
	low.clock_at = T0 - 9 * TL_US_DAY;
	assert_true(tl_urgency(&low) > tl_urgency(&critical));
}

static void
t_each_input_raises(void **state)
{
	(void)state;
	struct tl_urgency base = {.severity = TL_SEVERITY_MEDIUM,
	    .confidence = 0.5,
	    .reach = 100,
	    .flagger = 0.5,
	    .clock_at = T0};
	struct tl_urgency nearer = base, surer = base, wider = base, said = base;
	nearer.clock_at -= TL_US_MIN;
	surer.confidence = 0.6;
	wider.reach = 1000;
	said.flagger = 1;
	assert_true(tl_urgency(&nearer) > tl_urgency(&base));
	assert_true(tl_urgency(&surer) > tl_urgency(&base));
	assert_true(tl_urgency(&wider) > tl_urgency(&base));
	assert_true(tl_urgency(&said) > tl_urgency(&base));
}

static void
t_odd_input_is_clamped(void **state)
{
	(void)state;
	struct tl_urgency odd = {.severity = TL_SEVERITY_LOW,
	    .confidence = (double)NAN,
	    .reach = -5,
	    .flagger = (double)NAN,
	    .clock_at = T0};
	struct tl_urgency plain = least(TL_SEVERITY_LOW);
	assert_true(tl_urgency(&odd) == tl_urgency(&plain));
}

/* Whatever runs comes before whatever does not, but for what is critical; and a critical stream before everything. */
static void
t_a_running_stream_comes_first(void **state)
{
	(void)state;
	for (int s = TL_SEVERITY_LOW; s <= TL_SEVERITY_CRITICAL; s++) {
		struct tl_urgency stream = least((enum tl_severity)s);
		stream.running = true;
		stream.opened_at = T0 - TL_US_HOUR;
		struct tl_urgency high = {.severity = TL_SEVERITY_HIGH,
		    .confidence = 1,
		    .reach = 10000000,
		    .flagger = 2,
		    .clock_at = T0};
		struct tl_urgency critical = least(TL_SEVERITY_CRITICAL);
		assert_true(tl_urgency(&stream) > tl_urgency(&high));
		assert_true((s == TL_SEVERITY_CRITICAL) ==
			    (tl_urgency(&stream) > tl_urgency(&critical) + 6));
		struct tl_urgency ended = stream;
		ended.running = false;
		assert_true(tl_urgency(&ended) < tl_urgency(&stream));
		if (s > TL_SEVERITY_LOW) {
			struct tl_urgency lesser = stream;
			lesser.severity = (enum tl_severity)(s - 1);
			assert_true(tl_urgency(&stream) > tl_urgency(&lesser) + 6);
		}
	}
}

static void
t_a_reporter_counts_by_what_was_upheld(void **state)
{
	(void)state;
	assert_true(tl_urgency_flagger("user", 0.9) > tl_urgency_flagger("user", 0.2));
	assert_true(tl_urgency_flagger("trusted_flagger", 0) > tl_urgency_flagger("user", 1));
	assert_true(tl_urgency_flagger("someone", 1) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_a_graver_case_precedes_at_the_same_clock),
	    cmocka_unit_test(t_critical_precedes_even_a_high_one_that_is_three_days_late),
	    cmocka_unit_test(t_nothing_starves),
	    cmocka_unit_test(t_each_input_raises),
	    cmocka_unit_test(t_odd_input_is_clamped),
	    cmocka_unit_test(t_a_running_stream_comes_first),
	    cmocka_unit_test(t_a_reporter_counts_by_what_was_upheld),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
