/*
 * Whatever platform, calendar, holder and guardians do, in whatever order: no setting ends looser than the policy for the
 * accepted band, guardians never loosen, and an unknown age is never looser than 13-15. The whole matrix after every step.
 */
#include "unit_store.h"

#include "config/policy.h"
#include "minors/age.h"
#include "minors/guardians.h"
#include "sys/clock.h"

#include <string.h>

#define STEPS 4000
#define GUARDIANS 3

static const struct tl_policy_set *set;
static unsigned seed = 11;

static int
dice(int sides)
{
	seed = seed * 1103515245u + 12345u;
	return (int)((seed >> 16) % (unsigned)sides);
}

static int
setup(void **state)
{
	int rc = tl_crypto_init();
	if (rc == 0)
		rc = tl_policy_load(TEST_DATA "/../../policy", &set);
	return rc < 0 ? rc : unit_store_setup_tx(state);
}

static int
teardown(void **state)
{
	tl_policy_unrefp(&set);
	return unit_store_teardown_tx(state);
}

struct walk {
	struct unit_store *f;
	struct tl_account who;
	int64_t now;
	uint8_t bound[GUARDIANS][TL_MINORS_SETTINGS_MAX]; /* the model: values - 1: none */
	bool linked[GUARDIANS];
	size_t moved, bounded, loosened;
};

static struct tl_str
name(int g)
{
	static const char *const names[GUARDIANS] = {"mother", "father", "aunt"};
	return tl_str(names[g]);
}

static void
unbind(struct walk *w, int g)
{
	w->linked[g] = false;
	for (size_t i = 0; i < set->minors->setting_count; i++)
		w->bound[g][i] = (uint8_t)(set->minors->settings[i].value_count - 1);
}

static void
say(struct walk *w)
{
	struct tl_age_say s = {.has = (unsigned)dice(8),
	    .band = (enum tl_age_band)dice(tl_age_band_count),
	    .assured = (enum tl_age_assured)dice(tl_age_assured_count),
	    .birth = tl_month_at(w->now) - 12 * 10 - dice(12 * 12),
	    .correction = dice(3) == 0 ? TL_CORRECTION_MISTAKE : TL_CORRECTION_NONE};
	enum tl_age_event what;
	bool under;
	int rc = tl_age_said(w->f->db, set, w->f->arena, &w->who, &s, w->now, &what, &under);
	assert_true(rc == 0 || rc == TL_EFIELD);
}

static void
answer(struct walk *w)
{
	struct tl_age a;
	assert_int_equal(tl_age_load(w->f->db, w->who.platform, w->who.id, &a), 0);
	enum tl_age_event what = (enum tl_age_event)(TL_AGE_ACCEPT + dice(3));
	int rc = tl_age_answered(
	    w->f->db, set, w->f->arena, &w->who, what, a.offer ? a.offer : a.band, w->now);
	assert_true(rc == 0 || rc == TL_ECONFLICT);
	w->moved += rc == 0 && what == TL_AGE_ACCEPT;
}

static struct tl_settings_wish
wish(enum tl_minors_actor actor)
{
	size_t i = (size_t)dice((int)set->minors->setting_count);
	return (struct tl_settings_wish){
	    i, {(uint8_t)dice((int)set->minors->settings[i].value_count), actor, dice(2) == 0}};
}

static void
choose(struct walk *w)
{
	struct tl_minors_account a;
	struct tl_settings_wish s = wish(TL_ACTOR_HOLDER);
	enum tl_minors_say said;
	const char *why;
	assert_int_equal(
	    tl_settings_load(w->f->db, set->minors, w->who.platform, &w->who, &a), 0);
	assert_int_equal(
	    tl_settings_wish(w->f->db, set, &w->who, &a, &s, w->now, &said, &why), 0);
	w->loosened += said == TL_SAY_ALLOW;
}

static void
guard(struct walk *w)
{
	int g = dice(GUARDIANS);
	int64_t at;
	int rc;
	struct tl_minors_account a;
	struct tl_settings_wish s = wish(TL_ACTOR_GUARDIAN);
	switch (dice(4)) {
	case 0:
		rc = tl_guardian_link(w->f->db, set, &w->who, name(g), w->now, &at);
		assert_int_equal(rc, w->who.age_band == TL_AGE_18 ? TL_ECONFLICT : 0);
		w->linked[g] = w->linked[g] || rc == 0;
		break;
	case 1:
		rc = tl_guardian_end(w->f->db, set, &w->who, name(g), "holder", w->now);
		assert_int_equal(rc, w->linked[g] ? 0 : TL_ENOTFOUND);
		unbind(w, g);
		break;
	default:
		assert_int_equal(
		    tl_settings_load(w->f->db, set->minors, w->who.platform, &w->who, &a), 0);
		rc = tl_guardian_bound(w->f->db, set, &w->who, name(g), &s, 1, w->now, &a);
		assert_int_equal(rc, w->linked[g] ? 0 : TL_ENOTFOUND);
		if (rc == 0)
			w->bound[g][s.setting] = s.wish.value;
		w->bounded += rc == 0;
		break;
	}
}

/* How far the policy lets a band go, read straight from the cells: the oracle. */
static uint8_t
limit(enum tl_age_band band, size_t i)
{
	static const int column[tl_age_band_count] = {[TL_AGE_UNKNOWN] = TL_COLUMN_13_15,
	    [TL_AGE_13_15] = TL_COLUMN_13_15,
	    [TL_AGE_16_17] = TL_COLUMN_16_17,
	    [TL_AGE_18] = TL_COLUMN_18};
	return band == TL_AGE_UNDER_13 ? 0
				       : set->minors->settings[i].cell[column[band]].loosest;
}

static void
check(struct walk *w)
{
	struct tl_minors_account a, free;
	enum tl_age_band band;
	assert_int_equal(
	    tl_settings_load(w->f->db, set->minors, w->who.platform, &w->who, &a), 0);
	assert_int_equal(tl_account_band(w->f->db, w->who.platform, w->who.id, &band), 0);
	assert_int_equal(a.band, band);
	for (int g = 0; band == TL_AGE_18 && g < GUARDIANS; g++)
		unbind(w, g);
	free = a;
	for (size_t i = 0; i < set->minors->setting_count; i++)
		free.choice[i].capped = false;
	for (size_t i = 0; i < set->minors->setting_count; i++) {
		struct tl_minors_answer r = tl_minors_answer(set->minors, &a, i, w->now);
		struct tl_minors_answer without =
		    tl_minors_answer(set->minors, &free, i, w->now);
		assert_true(r.value <= r.loosest && r.loosest <= limit(band, i));
		assert_true(r.value <= without.value && r.loosest <= without.loosest);
		for (int g = 0; g < GUARDIANS; g++)
			assert_true(r.value <= w->bound[g][i]);
	}
}

//= law:dsa-28.1
static void
t_no_path_ends_looser_than_the_policy(void **state)
{
	struct walk w = {.f = *state, .now = tl_now_us()};
	w.who = (struct tl_account){
	    .platform = w.f->platform, .live = true, .ext_id = TL_S("walker")};
	assert_int_equal(tl_account_put(w.f->db, &w.who), 0);
	for (int g = 0; g < GUARDIANS; g++)
		unbind(&w, g);
	for (int i = 0; i < STEPS; i++) {
		w.now += dice(20) * TL_US_DAY / 2;
		switch (dice(7)) {
		case 0:
			say(&w);
			break;
		case 1:
			assert_true(tl_age_calendars(w.f->db, set, w.now, 10) >= 0);
			break;
		case 2:
			answer(&w);
			break;
		case 3:
			assert_true(tl_settings_lapse(w.f->db, set, w.now, 10) >= 0);
			break;
		case 4:
			choose(&w);
			break;
		default:
			guard(&w);
			break;
		}
		check(&w);
	}
	assert_true(w.moved > 5 && w.bounded > 50 && w.loosened > 50); /* the walk goes there */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		t_no_path_ends_looser_than_the_policy, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
