/* Ages, lapses and policy changes in the store: the history, the events, and nothing left after erasure. */
#include "unit_store.h"

#include "base/buf.h"
#include "config/policy.h"
#include "minors/age.h"
#include "minors/history.h"
#include "minors/settings.h"
#include "minors/told.h"
#include "store/outbox.h"
#include "sys/clock.h"

#include <string.h>

static const struct tl_policy_set *set;

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

static struct tl_account
account(struct unit_store *f, const char *ext)
{
	struct tl_account a = {.platform = f->platform,
	    .live = true,
	    .ext_id = tl_str(ext),
	    .language = TL_S("de")};
	assert_int_equal(tl_account_put(f->db, &a), 0);
	return a;
}

static enum tl_age_event
say(struct unit_store *f, struct tl_account *who, struct tl_age_say s, int64_t now)
{
	enum tl_age_event what;
	bool under;
	assert_int_equal(tl_age_said(f->db, set, f->arena, who, &s, now, &what, &under), 0);
	return what;
}

static struct tl_age_say
born(const char *month)
{
	struct tl_age_say s = {
	    .has = TL_SAYS_BIRTH | TL_SAYS_ASSURED, .assured = TL_ASSURED_DECLARED};
	assert_int_equal(tl_month_parse(tl_str(month), &s.birth), 0);
	return s;
}

/* How many events of this type wait, and whether the last has `word` in its body. */
static int
events(struct unit_store *f, const char *type, const char *word)
{
	struct tl_outbox_row *rows;
	size_t n, of = 0, numbered;
	assert_int_equal(
	    tl_outboxrow_number(f->db, tl_now_us() + 400 * TL_US_DAY * 10, 100, &numbered), 0);
	assert_int_equal(
	    tl_outboxrow_events(f->db, f->platform, true, 0, 100, f->arena, &rows, &n), 0);
	for (size_t i = 0; i < n; i++) {
		if (!tl_str_is(rows[i].kind, type))
			continue;
		of++;
		if (word && !memmem(rows[i].body.p, rows[i].body.n, word, strlen(word)))
			fail_msg("no %s in %.*s", word, TL_ARG(rows[i].body));
	}
	return (int)of;
}

static void
t_what_is_said_is_kept_with_its_history(void **state)
{
	struct unit_store *f = *state;
	struct tl_account kim = account(f, "kim"), back;
	int64_t now = tl_now_us();
	struct tl_age age;
	assert_int_equal(say(f, &kim, born("2011-05"), now), TL_AGE_SAY);
	assert_int_equal(kim.age_band, TL_AGE_13_15);
	assert_int_equal(say(f, &kim, born("2011-05"), now), TL_AGE_CONFIRM);
	assert_int_equal(tl_account_get(f->db, f->platform, kim.id, f->arena, &back), 0);
	assert_true(tl_str_is(back.birth_month, "2011-05"));
	assert_int_equal(back.age_band, TL_AGE_13_15);
	assert_int_equal(tl_age_load(f->db, f->platform, kim.id, &age), 0);
	assert_true(age.said[TL_ASSURED_DECLARED].is);
	assert_true(age.due > now);
	struct tl_history *h;
	size_t n;
	assert_int_equal(tl_history_list(f->db, f->platform, kim.id, 10, f->arena, &h, &n), 0);
	assert_int_equal(n, 1); /* a repetition leaves no row */
	assert_true(tl_str_is(h[0].event, "said") && tl_str_is(h[0].to, "13-15"));
	assert_true(tl_str_is(h[0].age_assured, "declared"));
	assert_int_equal(events(f, "account.settings_changed", NULL), 0);
	/* Younger by whatever means: the settings changed. */
	struct tl_age_say young = {.has = TL_SAYS_BAND, .band = TL_AGE_UNDER_13};
	assert_int_equal(say(f, &kim, young, now), TL_AGE_SAY);
	assert_int_equal(events(f, "account.settings_changed", "\"cause\":\"age\""), 1);
	assert_int_equal(tl_history_expire(f->db, now, 10), 0);
	assert_int_equal(tl_history_expire(f->db, now + 1, 1), 1);
	assert_int_equal(tl_history_expire(f->db, now + 1, 10), 1);
	assert_int_equal(tl_account_erase(f->db, f->platform, kim.id), 0);
	assert_int_equal(tl_age_load(f->db, f->platform, kim.id, &age), 0);
	struct tl_age nobody = {.confidence = TL_AGE_NO_CONFIDENCE};
	assert_memory_equal(&age, &nobody, sizeof age);
	assert_int_equal(tl_history_list(f->db, f->platform, kim.id, 10, f->arena, &h, &n), 0);
	assert_int_equal(n, 0);
}

static void
t_birthdays_are_offered_once_and_loosen_when_accepted(void **state)
{
	struct unit_store *f = *state;
	struct tl_account kim = account(f, "kim"), lee = account(f, "lee");
	int64_t now = tl_now_us();
	enum tl_age_band band;
	(void)say(f, &kim, born("2011-05"), now);
	struct tl_age_say adult = {.has = TL_SAYS_BAND, .band = TL_AGE_18};
	(void)say(f, &lee, adult, now);
	assert_int_equal(tl_age_calendars(f->db, set, now, 10), 0);
	int64_t later = now + 2 * 366 * TL_US_DAY;
	assert_int_equal(tl_age_calendars(f->db, set, later, 10), 1);
	assert_int_equal(tl_age_calendars(f->db, set, later, 10), 0);
	assert_int_equal(events(f, "account.age_offered", "Altersgruppe"), 1);
	assert_int_equal(events(f, "account.settings_changed", NULL), 0);
	assert_int_equal(tl_account_band(f->db, f->platform, kim.id, &band), 0);
	assert_int_equal(band, TL_AGE_13_15);
	for (int twice = 0; twice < 2; twice++)
		assert_int_equal(tl_age_answered(f->db, set, f->arena, &kim, TL_AGE_ACCEPT,
				     TL_AGE_16_17, later),
		    0);
	assert_int_equal(tl_account_band(f->db, f->platform, kim.id, &band), 0);
	assert_int_equal(band, TL_AGE_16_17);
	assert_int_equal(events(f, "account.settings_changed", "\"private_messages\""), 1);
	assert_int_equal(
	    tl_age_answered(f->db, set, f->arena, &kim, TL_AGE_REVERT, TL_AGE_16_17, later), 0);
	assert_int_equal(tl_account_band(f->db, f->platform, kim.id, &band), 0);
	assert_int_equal(band, TL_AGE_13_15);
	struct tl_history *h;
	size_t n;
	assert_int_equal(tl_history_list(f->db, f->platform, kim.id, 10, f->arena, &h, &n), 0);
	assert_int_equal(n, 4);
	assert_true(tl_str_is(h[0].event, "revert") && tl_str_is(h[0].actor, "holder"));
	assert_true(tl_str_is(h[2].event, "offered") && tl_str_is(h[2].actor, "system"));
}

static size_t
at(const char *key)
{
	const struct tl_minors_setting *s = tl_minors_find(set->minors, tl_str(key));
	assert_non_null(s);
	return (size_t)(s - set->minors->settings);
}

static void
t_a_lapsed_value_is_told_once_for_the_account(void **state)
{
	struct unit_store *f = *state;
	struct tl_account kim = account(f, "kim");
	int64_t now = tl_now_us();
	static const char *const keys[] = {
	    "geolocation", "contacts_sync", "suggested_to_others"};
	struct tl_minors_account a;
	assert_int_equal(tl_settings_load(f->db, set->minors, f->platform, &kim, &a), 0);
	for (size_t i = 0; i < TL_COUNT(keys); i++) {
		struct tl_settings_wish w = {at(keys[i]), {1, TL_ACTOR_HOLDER, true}};
		enum tl_minors_say said;
		const char *why;
		assert_int_equal(
		    tl_settings_wish(f->db, set, &kim, &a, &w, now, &said, &why), 0);
		assert_int_equal(said, TL_SAY_ALLOW);
	}
	assert_int_equal(tl_settings_lapse(f->db, set, now, 10), 0);
	int64_t later = now + 2 * TL_US_DAY;
	assert_int_equal(tl_settings_lapse(f->db, set, later, 10), 1);
	assert_int_equal(tl_settings_lapse(f->db, set, later, 10), 0);
	assert_int_equal(events(f, "account.settings_changed",
			     "\"settings\":[\"geolocation\",\"contacts_sync\"]"),
	    1);
	assert_int_equal(tl_settings_load(f->db, set->minors, f->platform, &kim, &a), 0);
	assert_false(a.choice[at("geolocation")].chosen);
	assert_true(a.choice[at("suggested_to_others")].chosen);
	struct tl_history *h;
	size_t n;
	assert_int_equal(tl_history_list(f->db, f->platform, kim.id, 10, f->arena, &h, &n), 0);
	assert_int_equal(n, 5);
	assert_true(tl_str_is(h[0].event, "lapsed") && tl_str_is(h[0].to, "off"));
}

static void
t_a_policy_is_told_once_whatever_the_population(void **state)
{
	struct unit_store *f = *state;
	int64_t other;
	assert_int_equal(tl_platform_add(f->db, TL_S("other"), &other), 0);
	(void)account(f, "kim");
	(void)account(f, "lee");
	int64_t now = tl_now_us();
	assert_int_equal(tl_minors_policy_told(f->db, set, now), 1);
	assert_int_equal(tl_minors_policy_told(f->db, set, now), 0);
	assert_int_equal(
	    events(f, "policy.settings_changed", NULL), 0); /* the first is no change */
	struct tl_minors m = *set->minors;
	struct tl_policy_set changed = *set;
	struct tl_minors_setting *s =
	    TL_NEWS(f->arena, struct tl_minors_setting, m.setting_count);
	memcpy(s, m.settings, m.setting_count * sizeof *s);
	s[at("comments")].cell[TL_COLUMN_13_15].value = 0;
	m.settings = s;
	m.setting_count--;
	changed.minors = &m;
	changed.version = TL_S("newer");
	assert_int_equal(tl_minors_policy_told(f->db, &changed, now), 1);
	assert_int_equal(tl_minors_policy_told(f->db, &changed, now), 0);
	assert_int_equal(
	    events(f, "policy.settings_changed", "\"changed\":[\"settings/comments\"]"), 1);
	assert_int_equal(
	    events(f, "policy.settings_changed", "\"gone\":[\"settings/profiled_ads\"]"), 1);
	struct tl_outbox_row *rows;
	size_t n;
	for (int live = 0; live < 2; live++) {
		assert_int_equal(
		    tl_outboxrow_events(f->db, other, live, 0, 100, f->arena, &rows, &n), 0);
		assert_int_equal(n, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		t_what_is_said_is_kept_with_its_history, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_birthdays_are_offered_once_and_loosen_when_accepted, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_a_lapsed_value_is_told_once_for_the_account, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_a_policy_is_told_once_whatever_the_population, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
