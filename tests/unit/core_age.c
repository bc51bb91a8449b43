/* What is known of an age: the table over all pairs, and that no path makes the band older by weaker means or a birthday. */
#include "unit.h"

#include "core/age.h"
#include "sys/clock.h"

#include <string.h>

#define MINIMUM 13
/* 2026-11-24. */
#define NOW (INT64_C(1795478400) * TL_US_S)
#define YEAR (366 * TL_US_DAY)

static const struct tl_age NOBODY = {.confidence = TL_AGE_NO_CONFIDENCE};

static tl_month
month(const char *text)
{
	tl_month m = 0;
	assert_int_equal(tl_month_parse(tl_str(text), &m), 0);
	return m;
}

static struct tl_age_say
says(enum tl_age_band band, enum tl_age_assured by)
{
	return (struct tl_age_say){
	    .has = TL_SAYS_BAND | TL_SAYS_ASSURED, .band = band, .assured = by};
}

static struct tl_age_say
born(const char *text, enum tl_age_assured by)
{
	return (struct tl_age_say){
	    .has = TL_SAYS_BIRTH | TL_SAYS_ASSURED, .birth = month(text), .assured = by};
}

static struct tl_age_say
estimate(enum tl_age_band band, int confidence)
{
	return (struct tl_age_say){.has = TL_SAYS_BAND | TL_SAYS_ASSURED | TL_SAYS_CONFIDENCE,
	    .band = band,
	    .assured = TL_ASSURED_ESTIMATED,
	    .confidence = confidence};
}

static enum tl_age_event
hear(struct tl_age *a, struct tl_age_say say, int64_t now)
{
	enum tl_age_event what = tl_age_event_count;
	assert_int_equal(tl_age_hear(a, &say, MINIMUM, now, &what), 0);
	return what;
}

/* It contradicts, names the field, and leaves the account as it was. */
static void
refused(struct tl_age *a, struct tl_age_say say, const char *field, const char *word)
{
	struct tl_age was = *a;
	enum tl_age_event what;
	assert_int_equal(tl_age_hear(a, &say, MINIMUM, NOW, &what), TL_EFIELD);
	assert_string_equal(tl_err_field(), field);
	if (!strstr(tl_err_text(), word))
		fail_msg("\"%s\" is not in: %s", word, tl_err_text());
	assert_memory_equal(a, &was, sizeof was);
}

static void
t_table_holds_for_every_pair(void **state)
{
	/* u: unknown h: held o: offered d: declined m: moved -: refused; in the order of the events. */
	static const char *const want[tl_age_state_count] = {[TL_AGES_UNKNOWN] = "h-u----",
	    [TL_AGES_HELD] = "hhuo---",
	    [TL_AGES_OFFERED] = "houomd-",
	    [TL_AGES_DECLINED] = "hduomdd",
	    [TL_AGES_MOVED] = "hmuom-d"};
	static const char letters[] = "uhodm";
	(void)state;
	for (int s = 0; s < tl_age_state_count; s++) {
		for (int e = 0; e < tl_age_event_count; e++) {
			enum tl_age_state next = TL_AGES_UNKNOWN;
			int rc = tl_age_step((enum tl_age_state)s, (enum tl_age_event)e, &next);
			if (want[s][e] == '-')
				assert_int_equal(rc, TL_ECONFLICT);
			else
				assert_int_equal(letters[next], want[s][e]);
			assert_true(rc == 0 || want[s][e] == '-');
		}
	}
}

static void
t_an_age_is_reached_when_the_month_is_over(void **state)
{
	(void)state;
	assert_int_equal(tl_month_at(NOW), month("2026-11"));
	assert_int_equal(tl_age_years(month("2010-11"), NOW), 15);
	assert_int_equal(tl_age_years_most(month("2010-11"), NOW), 16);
	assert_int_equal(tl_age_years(month("2010-10"), NOW), 16);
	assert_true(tl_age_years_most(month("2026-12"), NOW) < 0);
	assert_int_equal(tl_age_band_of(12, 13), TL_AGE_UNDER_13);
	assert_int_equal(tl_age_band_of(13, 13), TL_AGE_13_15);
	assert_int_equal(tl_age_band_of(15, 16), TL_AGE_UNDER_13);
	assert_int_equal(tl_age_band_of(16, 16), TL_AGE_16_17);
	assert_int_equal(tl_age_band_of(18, 13), TL_AGE_18);
	char text[8];
	tl_month_text(text, month("2010-02"));
	assert_string_equal(text, "2010-02");
	tl_month m;
	static const char *const bad[] = {
	    "", "2011", "2011-13", "2011-00", "2011-05-17", "11-2005", "2011/05", "0000-05"};
	for (size_t i = 0; i < TL_COUNT(bad); i++)
		assert_int_equal(tl_month_parse(tl_str(bad[i]), &m), TL_EFIELD);
}

static void
t_contradictions_name_the_fields(void **state)
{
	(void)state;
	struct tl_age a = NOBODY;
	struct tl_age_say both = born("2012-05", TL_ASSURED_DECLARED);
	both.has |= TL_SAYS_BAND;
	both.band = TL_AGE_18;
	refused(&a, both, "/age_band", "birth_month says 13-15");
	both.band = TL_AGE_UNKNOWN;
	both.has &= ~(unsigned)TL_SAYS_ASSURED;
	refused(&a, both, "/age_band", "birth_month");
	refused(&a, born("2026-12", TL_ASSURED_NONE), "/birth_month", "future");
	refused(&a, born("1895-01", TL_ASSURED_NONE), "/birth_month", "131 years");
	refused(&a, says(TL_AGE_UNKNOWN, TL_ASSURED_VERIFIED), "/age_assured", "unknown");
	struct tl_age_say sure = says(TL_AGE_18, TL_ASSURED_DECLARED);
	sure.has |= TL_SAYS_CONFIDENCE;
	refused(&a, sure, "/age_confidence", "estimated");
	refused(&a,
	    (struct tl_age_say){.has = TL_SAYS_ASSURED, .correction = TL_CORRECTION_REVIEW},
	    "/age_correction", "birth_month");

	/* Lowered, then raised: not by the same means, though weeks later a birthday were possible. */
	assert_int_equal(hear(&a, says(TL_AGE_18, TL_ASSURED_DECLARED), NOW), TL_AGE_SAY);
	assert_int_equal(hear(&a, says(TL_AGE_16_17, TL_ASSURED_DECLARED), NOW), TL_AGE_SAY);
	assert_int_equal(a.band, TL_AGE_16_17);
	refused(
	    &a, says(TL_AGE_18, TL_ASSURED_DECLARED), "/age_band", "16-17, which is known by");
	refused(&a, says(TL_AGE_18, TL_ASSURED_NONE), "/age_band", "age_correction");
	/* An earlier birthday is another way to be older. */
	a = NOBODY;
	(void)hear(&a, born("2012-05", TL_ASSURED_DECLARED), NOW);
	assert_int_equal(a.band, TL_AGE_13_15);
	refused(&a, born("2011-05", TL_ASSURED_DECLARED), "/birth_month", "2012-05");
	/* Nor an offer that the known month of birth rules out, whoever would accept it. */
	refused(&a, says(TL_AGE_16_17, TL_ASSURED_NONE), "/age_band", "13-15");
	assert_int_equal(a.offer, TL_AGE_UNKNOWN);
	/* Nor by way of "unknown", and a child stays a child. */
	(void)hear(&a, says(TL_AGE_UNKNOWN, TL_ASSURED_NONE), NOW);
	assert_int_equal(a.state, TL_AGES_UNKNOWN);
	refused(&a, born("2011-05", TL_ASSURED_DECLARED), "/birth_month", "2012-05");
	refused(&a, says(TL_AGE_18, TL_ASSURED_DECLARED), "/age_band", "13-15");
	a = NOBODY;
	(void)hear(&a, says(TL_AGE_UNDER_13, TL_ASSURED_NONE), NOW);
	refused(&a, says(TL_AGE_13_15, TL_ASSURED_NONE), "/age_band", "under13");
	refused(&a, says(TL_AGE_UNKNOWN, TL_ASSURED_NONE), "/age_band", "minimum");
}

static void
t_weaker_means_never_loosen_and_stronger_do(void **state)
{
	static const enum tl_age_assured order[] = {TL_ASSURED_NONE, TL_ASSURED_DECLARED,
	    TL_ASSURED_ESTIMATED, TL_ASSURED_GUARDIAN, TL_ASSURED_VERIFIED};
	(void)state;
	for (size_t held = 0; held < TL_COUNT(order); held++) {
		for (size_t by = 0; by < TL_COUNT(order); by++) {
			struct tl_age a = NOBODY;
			struct tl_age_say old = says(TL_AGE_18, order[by]);
			struct tl_age_say first = says(TL_AGE_13_15, order[held]);
			enum tl_age_event what;
			old.confidence = first.confidence = 90;
			old.has |= order[by] == TL_ASSURED_ESTIMATED ? TL_SAYS_CONFIDENCE : 0;
			first.has |=
			    order[held] == TL_ASSURED_ESTIMATED ? TL_SAYS_CONFIDENCE : 0;
			(void)hear(&a, first, NOW);
			int rc = tl_age_hear(&a, &old, MINIMUM, NOW, &what);
			assert_int_equal(rc, by > held ? 0 : TL_EFIELD);
			assert_int_equal(a.band, by > held ? TL_AGE_18 : TL_AGE_13_15);
			/* Younger counts by whatever means. */
			(void)hear(&a, says(TL_AGE_UNDER_13, order[by]), NOW);
			assert_int_equal(a.band, TL_AGE_UNDER_13);
			/* In two steps neither: what was said by stronger means is not forgotten. */
			old.correction = TL_CORRECTION_MISTAKE;
			assert_int_equal(hear(&a, old, NOW), TL_AGE_SAY);
			assert_int_equal(a.band, TL_AGE_18);
		}
	}
	/* An estimate that nobody vouches for is a declaration. */
	struct tl_age a = NOBODY;
	(void)hear(&a, says(TL_AGE_13_15, TL_ASSURED_DECLARED), NOW);
	refused(&a, estimate(TL_AGE_18, 79), "/age_band", "13-15");
	refused(&a, says(TL_AGE_18, TL_ASSURED_ESTIMATED), "/age_band", "13-15");
	assert_int_equal(hear(&a, estimate(TL_AGE_18, 80), NOW), TL_AGE_SAY);
	/* A check said a child, a declaration a younger one: an estimate between them does not make an adult. */
	a = NOBODY;
	(void)hear(&a, says(TL_AGE_13_15, TL_ASSURED_VERIFIED), NOW);
	(void)hear(&a, says(TL_AGE_UNDER_13, TL_ASSURED_DECLARED), NOW);
	refused(&a, estimate(TL_AGE_18, 99), "/age_band", "13-15");
	assert_int_equal(hear(&a, estimate(TL_AGE_13_15, 99), NOW), TL_AGE_SAY);
}

static void
t_repeating_changes_nothing(void **state)
{
	(void)state;
	struct tl_age a = NOBODY;
	struct tl_age_say say = born("2010-05", TL_ASSURED_DECLARED);
	(void)hear(&a, say, NOW - 2 * YEAR);
	assert_int_equal(a.band, TL_AGE_13_15);
	assert_true(tl_age_calendar(&a, MINIMUM, NOW));
	for (int i = 0; i < 3; i++) {
		struct tl_age was = a;
		assert_int_equal(hear(&a, say, NOW + i * TL_US_DAY), TL_AGE_CONFIRM);
		assert_memory_equal(&a, &was, sizeof was);
	}
	/* The platform sends both as we answered them. */
	say.has |= TL_SAYS_BAND;
	say.band = TL_AGE_13_15;
	assert_int_equal(hear(&a, say, NOW), TL_AGE_CONFIRM);
	assert_int_equal(a.state, TL_AGES_OFFERED);
	/* How it is known gets better, never worse. */
	assert_int_equal(hear(&a, born("2010-05", TL_ASSURED_VERIFIED), NOW), TL_AGE_CONFIRM);
	assert_int_equal(a.assured, TL_ASSURED_VERIFIED);
	assert_int_equal(hear(&a, born("2010-05", TL_ASSURED_DECLARED), NOW), TL_AGE_CONFIRM);
	assert_int_equal(a.assured, TL_ASSURED_VERIFIED);
	struct tl_age b = NOBODY;
	assert_int_equal(
	    hear(&b, (struct tl_age_say){.has = TL_SAYS_ASSURED}, NOW), tl_age_event_count);
	assert_memory_equal(&b, &NOBODY, sizeof b);
}

static void
t_birthdays_are_offered_accepted_and_taken_back(void **state)
{
	(void)state;
	struct tl_age a = NOBODY;
	bool changed;
	(void)hear(&a, born("2010-12", TL_ASSURED_DECLARED), NOW);
	assert_int_equal(a.band, TL_AGE_13_15);
	assert_false(tl_age_calendar(&a, MINIMUM, NOW));
	/* Due on the first day of the month after. */
	assert_false(tl_age_calendar(&a, MINIMUM, a.due - 1));
	assert_int_equal(tl_month_at(a.due), month("2027-01"));
	assert_true(tl_age_calendar(&a, MINIMUM, a.due));
	assert_int_equal(a.band, TL_AGE_13_15);
	assert_int_equal(a.offer, TL_AGE_16_17);
	int64_t later = NOW + 60 * TL_US_DAY;
	assert_false(tl_age_calendar(&a, MINIMUM, later));
	assert_int_equal(tl_age_answer(&a, TL_AGE_ACCEPT, TL_AGE_18, MINIMUM, later, &changed),
	    TL_ECONFLICT);
	assert_int_equal(
	    tl_age_answer(&a, TL_AGE_DECLINE, TL_AGE_16_17, MINIMUM, later, &changed), 0);
	assert_false(changed);
	assert_false(tl_age_calendar(&a, MINIMUM, later)); /* not again and again */
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(
		    tl_age_answer(&a, TL_AGE_ACCEPT, TL_AGE_16_17, MINIMUM, later, &changed),
		    0);
		assert_int_equal(changed, twice == 0);
		assert_int_equal(a.band, TL_AGE_16_17);
	}
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(
		    tl_age_answer(&a, TL_AGE_REVERT, TL_AGE_16_17, MINIMUM, later, &changed),
		    0);
		assert_int_equal(changed, twice == 0);
		assert_int_equal(a.band, TL_AGE_13_15);
	}
	assert_int_equal(a.offer, TL_AGE_16_17);
	/* The next one is offered in place of it. */
	assert_int_equal(tl_month_at(a.due), month("2029-01"));
	assert_true(tl_age_calendar(&a, MINIMUM, a.due));
	assert_int_equal(a.offer, TL_AGE_18);
	assert_int_equal(
	    tl_age_answer(&a, TL_AGE_ACCEPT, TL_AGE_18, MINIMUM, a.due, &changed), 0);
	assert_int_equal(a.due, 0);
	assert_int_equal(
	    tl_age_answer(&a, TL_AGE_REVERT, TL_AGE_18, MINIMUM, later, &changed), 0);
	assert_int_equal(a.band, TL_AGE_13_15);
}

static void
t_bands_without_a_birth_month_grow_up_too(void **state)
{
	(void)state;
	struct tl_age a = NOBODY;
	(void)hear(&a, says(TL_AGE_13_15, TL_ASSURED_DECLARED), NOW);
	/* Surely 16 three years later, when that month is over. */
	assert_int_equal(tl_month_at(a.due), month("2029-12"));
	assert_true(tl_age_calendar(&a, MINIMUM, a.due));
	assert_int_equal(a.offer, TL_AGE_16_17);
	/* The platform that sees a birthday and says so by the same means is heard as an offer, once. */
	a = NOBODY;
	(void)hear(&a, says(TL_AGE_13_15, TL_ASSURED_DECLARED), NOW);
	assert_int_equal(hear(&a, says(TL_AGE_16_17, TL_ASSURED_DECLARED), NOW), TL_AGE_DUE);
	assert_int_equal(a.band, TL_AGE_13_15);
	assert_int_equal(
	    hear(&a, says(TL_AGE_16_17, TL_ASSURED_DECLARED), NOW), TL_AGE_CONFIRM);
	/* Two bands at once are no birthday. */
	a = NOBODY;
	(void)hear(&a, says(TL_AGE_13_15, TL_ASSURED_DECLARED), NOW);
	refused(&a, says(TL_AGE_18, TL_ASSURED_DECLARED), "/age_band", "13-15");
}

static void
t_accounts_are_not_older_than_their_holders(void **state)
{
	(void)state;
	struct tl_age a = NOBODY;
	(void)hear(&a, born("2011-05", TL_ASSURED_DECLARED), NOW);
	assert_int_equal(tl_age_check_created(&a, NOW, NOW), 0);
	assert_int_equal(tl_age_check_created(&a, NOW - 15 * YEAR, NOW), TL_EFIELD);
	assert_string_equal(tl_err_field(), "/created_at");
	assert_int_equal(tl_age_check_created(&NOBODY, NOW - 20 * YEAR, NOW), 0);
	assert_int_equal(tl_age_check_created(&NOBODY, NOW - 40 * YEAR, NOW), TL_EFIELD);
	a = NOBODY;
	(void)hear(&a, says(TL_AGE_13_15, TL_ASSURED_DECLARED), NOW);
	assert_int_equal(tl_age_check_created(&a, NOW - 15 * YEAR, NOW), TL_EFIELD);
	assert_int_equal(tl_age_check_created(&a, NOW - 10 * YEAR, NOW), 0);
}

/* A walk at random ----------------------------------------------------------------------------------------------- */

static unsigned seed = 7;

static int
dice(int sides)
{
	seed = seed * 1103515245u + 12345u;
	return (int)((seed >> 16) % (unsigned)sides);
}

static struct tl_age_say
anything(void)
{
	struct tl_age_say s = {.has = (unsigned)dice(16),
	    .band = (enum tl_age_band)dice(tl_age_band_count),
	    .assured = (enum tl_age_assured)dice(tl_age_assured_count),
	    .confidence = dice(101),
	    .birth = month("2005-01") + dice(12 * 12)};
	if (s.assured != TL_ASSURED_ESTIMATED)
		s.has &= ~(unsigned)TL_SAYS_CONFIDENCE;
	s.correction = dice(40) == 0 ? TL_CORRECTION_REVIEW : TL_CORRECTION_NONE;
	return s;
}

/* The order of means, written down a second time. */
static int
rank(enum tl_age_assured by, bool weak)
{
	return by == TL_ASSURED_NONE                                               ? 0
	       : by == TL_ASSURED_DECLARED || (by == TL_ASSURED_ESTIMATED && weak) ? 1
	       : by == TL_ASSURED_ESTIMATED                                        ? 2
	       : by == TL_ASSURED_GUARDIAN                                         ? 3
										   : 4;
}

static void
check_heard(const struct tl_age *was, const struct tl_age *is, const struct tl_age_say *say)
{
	if (!tl_age_looser(is->band, was->band) || say->correction)
		return;
	enum tl_age_assured by = say->has & TL_SAYS_ASSURED ? say->assured : TL_ASSURED_NONE;
	bool weak = !(say->has & TL_SAYS_CONFIDENCE) || say->confidence < TL_AGE_CONFIDENT;
	for (int i = 0; i < tl_age_assured_count; i++) {
		const struct tl_age_said *s = &was->said[i];
		if (s->is && tl_age_looser(is->band, s->band))
			assert_true(rank(by, weak) > rank((enum tl_age_assured)i, s->weak));
	}
}

//= law:dsa-28.1
static void
t_no_walk_gets_older_but_by_stronger_means_or_the_holder(void **state)
{
	(void)state;
	size_t older = 0, offers = 0;
	for (int walk = 0; walk < 2000; walk++) {
		struct tl_age a = NOBODY;
		int64_t now = NOW;
		for (int step = 0; step < 30; step++) {
			struct tl_age was = a;
			struct tl_age_say say = anything();
			enum tl_age_event what;
			bool changed;
			now += dice(200) * TL_US_DAY;
			switch (dice(4)) {
			case 0:
			case 1:
				if (tl_age_hear(&a, &say, MINIMUM, now, &what) == 0)
					check_heard(&was, &a, &say);
				else
					assert_memory_equal(&a, &was, sizeof a);
				break;
			case 2:
				offers += tl_age_calendar(&a, MINIMUM, now);
				assert_int_equal(a.band, was.band);
				assert_true(a.due == 0 || a.due > now);
				break;
			default:
				what = (enum tl_age_event)(TL_AGE_ACCEPT + dice(3));
				if (tl_age_answer(&a, what, a.offer ? a.offer : a.band, MINIMUM,
					now, &changed) == 0 &&
				    changed && tl_age_looser(a.band, was.band)) {
					assert_int_equal(what, TL_AGE_ACCEPT);
					assert_int_equal(a.band, was.offer);
					older++;
				}
				break;
			}
			assert_true(a.state == TL_AGES_UNKNOWN || a.band != TL_AGE_UNKNOWN);
			assert_int_equal(
			    a.state == TL_AGES_OFFERED || a.state == TL_AGES_DECLINED,
			    a.offer != TL_AGE_UNKNOWN);
			assert_int_equal(a.state == TL_AGES_MOVED, a.before != TL_AGE_UNKNOWN);
		}
	}
	assert_true(older > 50 && offers > 500); /* the walk goes there */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_table_holds_for_every_pair),
	    cmocka_unit_test(t_an_age_is_reached_when_the_month_is_over),
	    cmocka_unit_test(t_contradictions_name_the_fields),
	    cmocka_unit_test(t_weaker_means_never_loosen_and_stronger_do),
	    cmocka_unit_test(t_repeating_changes_nothing),
	    cmocka_unit_test(t_birthdays_are_offered_accepted_and_taken_back),
	    cmocka_unit_test(t_bands_without_a_birth_month_grow_up_too),
	    cmocka_unit_test(t_accounts_are_not_older_than_their_holders),
	    cmocka_unit_test(t_no_walk_gets_older_but_by_stronger_means_or_the_holder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
