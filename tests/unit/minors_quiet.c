/* Quiet hours at a place: boundaries, days on which clocks jump, zones that do not exist. */
#include "unit.h"

#include "base/json.h"
#include "minors/quiet.h"

static int64_t
when(const char *text)
{
	int64_t t = 0;
	assert_int_equal(tl_time_parse(tl_str(text), &t), 0);
	return t;
}

static void
t_quiet_ends_at_the_next_boundary_of_the_place(void **state)
{
	static const struct {
		int from, to; /* minutes */
		const char *zone, *now;
		bool quiet;
		const char *until;
	} rows[] = {
	    {21 * 60, 8 * 60, "Europe/Berlin", "2026-11-24T19:59:59Z", false,
		"2026-11-24T20:00:00Z"},
	    {21 * 60, 8 * 60, "Europe/Berlin", "2026-11-24T20:00:00Z", true,
		"2026-11-25T07:00:00Z"},
	    {21 * 60, 8 * 60, "UTC", "2026-11-24T07:59:59.999Z", true, "2026-11-24T08:00:00Z"},
	    {21 * 60, 8 * 60, "UTC", "2026-11-24T08:00:00Z", false, "2026-11-24T21:00:00Z"},
	    {21 * 60, 8 * 60, "Asia/Kathmandu", "2026-11-24T16:00:00Z", true,
		"2026-11-25T02:15:00Z"},
	    {21 * 60, 8 * 60, "America/St_Johns", "2026-11-25T00:29:00Z", false,
		"2026-11-25T00:30:00Z"},
	    {9 * 60, 15 * 60, "Pacific/Kiritimati", "2026-11-24T19:00:00Z", true,
		"2026-11-25T01:00:00Z"},
	    /* The night in which clocks go forward, 02:00 to 03:00: it is an hour shorter. */
	    {22 * 60, 8 * 60, "Europe/Berlin", "2027-03-27T22:00:00Z", true,
		"2027-03-28T06:00:00Z"},
	    /* The end, 02:30, does not exist: quiet until the jump. */
	    {22 * 60, 150, "Europe/Berlin", "2027-03-28T00:59:00Z", true,
		"2027-03-28T01:00:00Z"},
	    {22 * 60, 150, "Europe/Berlin", "2027-03-28T01:00:00Z", false,
		"2027-03-28T20:00:00Z"},
	    /* Nor does a window that lies within the jump. */
	    {125, 175, "Europe/Berlin", "2027-03-28T00:30:00Z", false, "2027-03-29T00:05:00Z"},
	    /* The night in which 02:00 to 03:00 comes twice: 02:30 comes twice too. */
	    {22 * 60, 150, "Europe/Berlin", "2026-10-25T00:10:00Z", true,
		"2026-10-25T00:30:00Z"},
	    {22 * 60, 150, "Europe/Berlin", "2026-10-25T00:45:00Z", false,
		"2026-10-25T01:00:00Z"},
	    {22 * 60, 150, "Europe/Berlin", "2026-10-25T01:10:00Z", true,
		"2026-10-25T01:30:00Z"},
	    /* The day that Samoa left out. */
	    {21 * 60, 8 * 60, "Pacific/Apia", "2011-12-30T09:30:00Z", true,
		"2011-12-30T18:00:00Z"},
	};
	(void)state;
	for (size_t i = 0; i < TL_COUNT(rows); i++) {
		struct tl_minors m = {.minimum_age = 13, .unknown_as = TL_AGE_13_15};
		struct tl_quiet q;
		m.quiet[TL_COLUMN_13_15] = (struct tl_minors_quiet){rows[i].from, rows[i].to};
		assert_int_equal(tl_quiet_at(&m, TL_AGE_UNKNOWN, tl_str(rows[i].zone),
				     when(rows[i].now), &q),
		    0);
		if (q.now != rows[i].quiet || q.until != when(rows[i].until)) {
			char until[TL_TIME_MAX];
			tl_time_format(until, q.until);
			fail_msg("row %zu (%s, %s): %d until %s", i, rows[i].zone, rows[i].now,
			    q.now, until);
		}
		assert_int_equal(
		    tl_quiet_at(&m, TL_AGE_18, tl_str(rows[i].zone), when(rows[i].now), &q), 0);
		assert_false(q.now || q.until);
	}
}

static void
t_zones_that_do_not_exist_are_named(void **state)
{
	static const char *const bad[] = {"", "Mars/Olympus", "europe/berlin", "GMT+5",
	    "GMT+05:00", "Etc/Unknown", "Europe/Berlin ", "Europe\n", "Zürich",
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
	struct tl_minors m = {.minimum_age = 13, .unknown_as = TL_AGE_13_15};
	struct tl_quiet q;
	(void)state;
	for (size_t i = 0; i < TL_COUNT(bad); i++) {
		assert_int_equal(
		    tl_quiet_at(&m, TL_AGE_13_15, tl_str(bad[i]), 0, &q), TL_EFIELD);
		assert_string_equal(tl_err_field(), "time_zone");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_quiet_ends_at_the_next_boundary_of_the_place),
	    cmocka_unit_test(t_zones_that_do_not_exist_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
