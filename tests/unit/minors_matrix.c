/* The matrix of settings: whatever was chosen and whoever asks, nothing ends looser than the policy. */
#include "unit.h"

#include "base/buf.h"
#include "config/policy.h"
#include "minors/matrix.h"
#include "sys/clock.h"
#include "sys/crypto.h"

#define NOW (1000 * TL_US_DAY)

static const struct tl_policy_set *set;
static const struct tl_minors *m;

static int
setup(void **state)
{
	(void)state;
	if (tl_crypto_init() < 0)
		return -1;
	int rc = tl_policy_load(TEST_DATA "/../../policy", &set);
	if (rc < 0)
		print_error("%s\n", tl_err_text());
	else
		m = set->minors;
	return rc;
}

static int
teardown(void **state)
{
	(void)state;
	tl_policy_unrefp(&set);
	return 0;
}

static size_t
at(const char *key)
{
	const struct tl_minors_setting *s = tl_minors_find(m, tl_str(key));
	assert_non_null(s);
	return (size_t)(s - m->settings);
}

static uint8_t
value(const char *key, const char *name)
{
	uint8_t v = 0;
	assert_int_equal(tl_minors_value(&m->settings[at(key)], tl_str(name), &v), 0);
	return v;
}

/* How far the policy lets a band go, read straight from the cells: the oracle. */
static uint8_t
limit(enum tl_age_band band, size_t i)
{
	switch (band) {
	case TL_AGE_UNKNOWN:
	case TL_AGE_13_15:
		return m->settings[i].cell[TL_COLUMN_13_15].loosest;
	case TL_AGE_16_17:
		return m->settings[i].cell[TL_COLUMN_16_17].loosest;
	case TL_AGE_18:
		return m->settings[i].cell[TL_COLUMN_18].loosest;
	case TL_AGE_UNDER_13:
	case tl_age_band_count:
		break;
	}
	return 0;
}

/* The next of all things that can have been chosen for one setting; false after the last. */
static bool
next_choice(struct tl_minors_choice *c, size_t values)
{
	static const int64_t untils[] = {0, NOW - 1, NOW + 1};
	size_t u = 0;
	while (untils[u] != c->until)
		u++;
	if (u + 1 < TL_COUNT(untils)) {
		c->until = untils[u + 1];
		return true;
	}
	c->until = 0;
	if (++c->value < values)
		return true;
	c->value = 0;
	if (c->chosen && ++c->cap < values)
		return true;
	if (!c->chosen) {
		c->chosen = true;
		return true;
	}
	if (c->capped)
		return false;
	*c = (struct tl_minors_choice){.capped = true};
	return true;
}

/* Every band, every setting, everything chosen, and for settings that wait: with the others strict and loose. */
static size_t
walk(void (*check)(struct tl_minors_account *a, size_t i))
{
	size_t n = 0;
	for (int band = 0; band < tl_age_band_count; band++) {
		for (size_t i = 0; i < m->setting_count; i++) {
			for (int loose = 0; loose < 2; loose++) {
				struct tl_minors_account a = {.band = (enum tl_age_band)band};
				for (size_t k = 0; loose && k < m->setting_count; k++)
					a.choice[k] = (struct tl_minors_choice){
					    .chosen = true, .value = TL_MINORS_VALUES_MAX - 1};
				a.choice[i] = (struct tl_minors_choice){0};
				do {
					check(&a, i);
					n++;
				} while (next_choice(&a.choice[i], m->settings[i].value_count));
			}
		}
	}
	return n;
}

static void
never_looser(struct tl_minors_account *a, size_t i)
{
	struct tl_minors_answer r = tl_minors_answer(m, a, i, NOW);
	assert_true(r.value <= limit(a->band, i));
	assert_true(r.loosest <= limit(a->band, i));
	assert_true(r.value <= r.loosest);
	if (a->choice[i].capped)
		assert_true(r.value <= a->choice[i].cap && r.loosest <= a->choice[i].cap);
	assert_true(tl_minors_text(m, TL_S("en"), tl_str(r.why)).n > 0);
}

static void
t_nothing_ends_looser_than_the_policy(void **state)
{
	(void)state;
	assert_true(walk(never_looser) > 10000);
}

/* After any answer to any wish, what is kept is within the policy too, and refusals change nothing. */
static void
every_wish(struct tl_minors_account *a, size_t i)
{
	const struct tl_minors_choice before = a->choice[i];
	struct tl_minors_answer was = tl_minors_answer(m, a, i, NOW);
	for (unsigned k = 0; k < 4u * (unsigned)TL_MINORS_VALUES_MAX; k++) {
		enum tl_minors_actor actor = k & 1u ? TL_ACTOR_GUARDIAN : TL_ACTOR_HOLDER;
		bool warned = (k & 2u) != 0;
		uint8_t wish = (uint8_t)(k / 4u);
		const char *why = NULL;
		struct tl_minors_choice to = before;
		enum tl_minors_say say = tl_minors_ask(
		    m, a, i, &(struct tl_minors_wish){wish, actor, warned}, NOW, &to, &why);
		assert_non_null(why);
		if (say != TL_SAY_ALLOW) {
			assert_memory_equal(&to, &before, sizeof to);
			assert_true(wish > was.value || wish >= m->settings[i].value_count);
			continue;
		}
		a->choice[i] = to;
		struct tl_minors_answer is = tl_minors_answer(m, a, i, NOW);
		assert_true(is.value <= limit(a->band, i));
		if (actor == TL_ACTOR_HOLDER) {
			assert_true(wish <= was.loosest);
			assert_int_equal(is.value, wish);
			assert_false(wish > was.value && was.warn && !warned);
		}
		a->choice[i] = before;
	}
}

static void
t_every_wish_is_answered_within_the_policy(void **state)
{
	(void)state;
	assert_true(walk(every_wish) > 10000);
}

/* What a guardian does can only take away: never is there more than without one. */
static void
no_more_than_alone(struct tl_minors_account *a, size_t i)
{
	struct tl_minors_choice with = a->choice[i];
	struct tl_minors_answer guarded = tl_minors_answer(m, a, i, NOW);
	a->choice[i].capped = false;
	struct tl_minors_answer alone = tl_minors_answer(m, a, i, NOW);
	a->choice[i] = with;
	assert_true(guarded.value <= alone.value);
	assert_true(guarded.loosest <= alone.loosest);
}

static void
t_guardians_never_loosen(void **state)
{
	(void)state;
	(void)walk(no_more_than_alone);
}

/* A younger band is never given more than an older one for the same choices; unknown is as 13-15. */
static void
t_younger_is_never_looser(void **state)
{
	(void)state;
	static const enum tl_age_band bands[] = {
	    TL_AGE_UNDER_13, TL_AGE_UNKNOWN, TL_AGE_13_15, TL_AGE_16_17, TL_AGE_18};
	for (size_t i = 0; i < m->setting_count; i++) {
		struct tl_minors_choice c = {0};
		do {
			uint8_t last = 0;
			for (size_t b = 0; b < TL_COUNT(bands); b++) {
				struct tl_minors_account a = {.band = bands[b]};
				a.choice[i] = c;
				uint8_t v = tl_minors_answer(m, &a, i, NOW).value;
				assert_true(v >= last);
				if (bands[b] == TL_AGE_13_15)
					assert_int_equal(v, last); /* as unknown */
				last = v;
			}
		} while (next_choice(&c, m->settings[i].value_count));
	}
}

/* The matrix that is shipped: what the issue and the law name by name. */
//= law:dsa-28.1
static void
t_under_16_is_private_and_hears_from_no_stranger(void **state)
{
	(void)state;
	static const enum tl_age_band young[] = {TL_AGE_UNDER_13, TL_AGE_UNKNOWN, TL_AGE_13_15};
	for (size_t b = 0; b < TL_COUNT(young); b++) {
		struct tl_minors_account a = {.band = young[b]};
		static const char *const keys[][2] = {{"account_visibility", "private"},
		    {"private_messages", "nobody"}, {"unsolicited_messages", "blocked"},
		    {"group_invitations", "never"}, {"message_media", "off"},
		    {"live_hosting", "off"}, {"profiled_ads", "off"}};
		for (size_t k = 0; k < TL_COUNT(keys); k++) {
			struct tl_minors_answer r =
			    tl_minors_answer(m, &a, at(keys[k][0]), NOW);
			assert_int_equal(r.value, value(keys[k][0], keys[k][1]));
			if (k > 0)
				assert_int_equal(r.loosest, r.value);
		}
	}
}

static void
t_loosening_warns_first_and_lapses(void **state)
{
	(void)state;
	struct tl_minors_account a = {.band = TL_AGE_13_15};
	size_t i = at("geolocation");
	const char *why = NULL;
	assert_int_equal(
	    tl_minors_ask(m, &a, i,
		&(struct tl_minors_wish){value("geolocation", "on"), TL_ACTOR_HOLDER, false},
		NOW, &a.choice[i], &why),
	    TL_SAY_WARN);
	assert_string_equal(why, "warning");
	assert_int_equal(
	    tl_minors_ask(m, &a, i,
		&(struct tl_minors_wish){value("geolocation", "on"), TL_ACTOR_HOLDER, true},
		NOW, &a.choice[i], &why),
	    TL_SAY_ALLOW);
	struct tl_minors_answer r = tl_minors_answer(m, &a, i, NOW);
	assert_int_equal(r.value, value("geolocation", "on"));
	assert_int_equal(r.until, NOW + TL_MINORS_SESSION_US);
	r = tl_minors_answer(m, &a, i, r.until);
	assert_int_equal(r.value, value("geolocation", "off"));
}

static void
t_followers_are_approved_while_private(void **state)
{
	(void)state;
	struct tl_minors_account a = {.band = TL_AGE_13_15};
	size_t i = at("follow_requests"), first = at("account_visibility");
	const char *why = NULL;
	assert_int_equal(
	    tl_minors_ask(m, &a, i, &(struct tl_minors_wish){1, TL_ACTOR_HOLDER, true}, NOW,
		&a.choice[i], &why),
	    TL_SAY_REFUSE);
	a.choice[first] = (struct tl_minors_choice){
	    .chosen = true, .value = value("account_visibility", "public")};
	assert_int_equal(
	    tl_minors_ask(m, &a, i, &(struct tl_minors_wish){1, TL_ACTOR_HOLDER, true}, NOW,
		&a.choice[i], &why),
	    TL_SAY_ALLOW);
	a.choice[first].value = value("account_visibility", "private");
	assert_int_equal(tl_minors_answer(m, &a, i, NOW).value, 0);
}

static void
t_nights_are_quiet(void **state)
{
	(void)state;
	static const struct {
		enum tl_age_band band;
		int minute;
		bool quiet;
	} cases[] = {{TL_AGE_13_15, 20 * 60 + 59, false}, {TL_AGE_13_15, 21 * 60, true},
	    {TL_AGE_UNKNOWN, 21 * 60, true}, {TL_AGE_UNDER_13, 0, true},
	    {TL_AGE_13_15, 7 * 60 + 59, true}, {TL_AGE_13_15, 8 * 60, false},
	    {TL_AGE_16_17, 21 * 60, false}, {TL_AGE_16_17, 22 * 60, true},
	    {TL_AGE_18, 23 * 60, false}};
	for (size_t i = 0; i < TL_COUNT(cases); i++)
		assert_int_equal(
		    tl_minors_is_quiet(m, cases[i].band, cases[i].minute), cases[i].quiet);
}

static void
t_reasons_are_in_the_persons_language(void **state)
{
	(void)state;
	struct tl_str en = tl_minors_text(m, TL_S("en"), TL_S("locked"));
	struct tl_str de = tl_minors_text(m, TL_S("de-AT"), TL_S("locked"));
	assert_false(tl_str_eq(en, de));
	assert_true(tl_str_eq(tl_minors_text(m, TL_S("tlh"), TL_S("locked")), en));
	assert_true(tl_str_eq(tl_minors_text(m, (struct tl_str){0}, TL_S("locked")), en));
}

/* As shipped no text of a private message is looked at anywhere; where it may be, both sides must be there. */
static void
t_private_texts_are_looked_at_only_where_it_is_said(void **state)
{
	(void)state;
	static const struct tl_str named[] = {TL_S("US"), TL_S("CA")};
	struct tl_minors some = *m;
	some.message_text = named;
	some.message_text_count = TL_COUNT(named);
	struct tl_str us = TL_S("US"), ca = TL_S("CA"), de = TL_S("DE"), none = {0};
	assert_int_equal(m->message_text_count, 0);
	for (int k = 0; k < tl_contact_kind_count; k++) {
		enum tl_contact_kind kind = (enum tl_contact_kind)k;
		bool open = kind == TL_CONTACT_COMMENT || kind == TL_CONTACT_MENTION;
		assert_int_equal(tl_minors_text_allowed(m, kind, us, us), open);
		assert_int_equal(tl_minors_text_allowed(&some, kind, us, de), open);
		assert_int_equal(tl_minors_text_allowed(&some, kind, de, us), open);
		assert_int_equal(tl_minors_text_allowed(&some, kind, none, us), open);
		assert_true(tl_minors_text_allowed(&some, kind, us, ca));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_nothing_ends_looser_than_the_policy),
	    cmocka_unit_test(t_private_texts_are_looked_at_only_where_it_is_said),
	    cmocka_unit_test(t_every_wish_is_answered_within_the_policy),
	    cmocka_unit_test(t_guardians_never_loosen),
	    cmocka_unit_test(t_younger_is_never_looser),
	    cmocka_unit_test(t_under_16_is_private_and_hears_from_no_stranger),
	    cmocka_unit_test(t_loosening_warns_first_and_lapses),
	    cmocka_unit_test(t_followers_are_approved_while_private),
	    cmocka_unit_test(t_nights_are_quiet),
	    cmocka_unit_test(t_reasons_are_in_the_persons_language),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
