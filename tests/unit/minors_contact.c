/* The contact gate: every kind, both bands, every setting and relation; nothing unsolicited reaches a minor. */
#include "unit.h"

#include "config/policy.h"
#include "minors/contact.h"
#include "sys/clock.h"
#include "sys/crypto.h"

#define NOW (1000 * TL_US_DAY)

static const struct tl_policy_set *set;
static struct tl_minors loose; /* the policy with every cell at its loosest, minors included */
static struct tl_minors_setting loose_settings[TL_MINORS_SETTINGS_MAX];

static int
setup(void **state)
{
	(void)state;
	if (tl_crypto_init() < 0)
		return -1;
	int rc = tl_policy_load(TEST_DATA "/../../policy", &set);
	if (rc < 0)
		return rc;
	loose = *set->minors;
	loose.settings = loose_settings;
	for (size_t i = 0; i < loose.setting_count; i++) {
		loose_settings[i] = set->minors->settings[i];
		for (size_t c = 0; c < TL_COLUMNS; c++) {
			uint8_t most = (uint8_t)(loose_settings[i].value_count - 1);
			loose_settings[i].cell[c] =
			    (struct tl_minors_cell){.value = most, .loosest = most};
		}
	}
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tl_policy_unrefp(&set);
	return 0;
}

/* Relations with what must be known of each: side 0 is the sender. */
static const struct shape {
	struct tl_relation r;
	bool accepted, closed; /* closed: a block, a limit or a refusal wins */
} shapes[] = {
    {{.contact = {0}}, false, false},
    {{.contact = {NOW - 1}}, true, false},
    {{.contact = {NOW + 1}}, false, false},
    {{.contact = {-(NOW - 1)}}, false, false},
    {{.did = {{NOW - 5}, {0}}}, false, false},
    {{.did = {{0}, {NOW - 5}}}, false, false},
    {{.did = {{NOW - 5}, {NOW - 4}}}, true, false},
    {{.did = {{NOW - 5}, {-(NOW - 4)}}}, false, false},
    {{.did = {{0, NOW - 5}, {0}}}, false, false},
    {{.did = {{0, NOW - 5}, {0, 0, NOW - 4}}}, false, true},
    {{.contact = {NOW - 1}, .did = {{0}, {0, 0, 0, NOW - 4}}}, true, true},
    {{.contact = {NOW - 1}, .did = {{0, 0, 0, NOW - 4}, {0}}}, true, true},
    {{.contact = {NOW - 1}, .did = {{0}, {0, 0, 0, 0, NOW - 4}}}, true, true},
    {{.contact = {NOW - 1}, .did = {{0, 0, 0, 0, NOW - 4}, {0}}}, true, false},
    {{.contact = {NOW - 9}, .did = {{0}, {0, 0, NOW - 4}}}, false, true},
};

static bool
is_minor(enum tl_age_band b)
{
	return b != TL_AGE_18;
}

static bool
reaches_with_words(enum tl_contact_kind k)
{
	return k == TL_CONTACT_MESSAGE || k == TL_CONTACT_MEDIA || k == TL_CONTACT_GROUP;
}

static void
check(const struct tl_contact_map *map, const struct tl_contact_question *ask,
    const struct shape *shape)
{
	struct tl_contact_answer a = tl_contact_decide(map, ask);
	const char *sender = tl_contact_to_sender(a.why);
	enum tl_age_band to = ask->to.account->band;
	if (shape->closed)
		assert_int_equal(a.outcome, TL_CONTACT_DENY);
	//= law:dsa-28.1
	if (is_minor(to) && !shape->accepted && reaches_with_words(ask->kind))
		assert_int_equal(a.outcome, TL_CONTACT_DENY);
	if (!shape->accepted &&
	    (ask->kind == TL_CONTACT_MESSAGE || ask->kind == TL_CONTACT_MEDIA))
		assert_int_not_equal(a.outcome, TL_CONTACT_ALLOW);
	if (to == TL_AGE_UNDER_13 || ask->from.account->band == TL_AGE_UNDER_13 ||
	    ask->from.state != TL_ACCOUNT_ACTIVE || ask->to.state != TL_ACCOUNT_ACTIVE)
		assert_int_equal(a.outcome, TL_CONTACT_DENY);
	/* Silence with what is allowed, words with everything else, and a person is told of each request. */
	assert_int_equal(sender == NULL, a.outcome == TL_CONTACT_ALLOW);
	assert_int_equal(
	    tl_contact_to_recipient(a.why) != NULL, a.outcome == TL_CONTACT_REQUEST);
}

/* Sets the n-th combination of all settings that count for the gate; false when there are no more. */
static bool
choose(const struct tl_contact_map *map, struct tl_minors_account *a, size_t n)
{
	for (size_t k = 0; k < TL_CONTACT_SETTINGS; k++) {
		const struct tl_minors_setting *s = &map->minors->settings[map->at[k]];
		a->choice[map->at[k]] = (struct tl_minors_choice){
		    .chosen = true, .value = (uint8_t)(n % s->value_count)};
		n /= s->value_count;
	}
	return n == 0;
}

/* Everything for one pair of bands and one choice of the recipient. The sender: at its default, and at its loosest. */
static size_t
every_ask(const struct tl_contact_map *map, enum tl_age_band from, struct tl_minors_account *to)
{
	size_t n = 0;
	struct tl_minors_account sender = {.band = from};
	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; k && i < map->minors->setting_count; i++)
			sender.choice[i] = (struct tl_minors_choice){.chosen = true,
			    .value = (uint8_t)(map->minors->settings[i].value_count - 1)};
		for (int kind = 0; kind < tl_contact_kind_count; kind++)
			for (size_t i = 0; i < TL_COUNT(shapes); i++, n++) {
				struct tl_contact_question ask = {(enum tl_contact_kind)kind,
				    {&sender, TL_ACCOUNT_ACTIVE}, {to, TL_ACCOUNT_ACTIVE},
				    &shapes[i].r, 0, NOW};
				check(map, &ask, &shapes[i]);
			}
	}
	return n;
}

static void
walk(const struct tl_minors *m)
{
	struct tl_contact_map map;
	size_t n = 0;
	tl_contact_map_init(&map, m);
	for (int from = 0; from < tl_age_band_count; from++)
		for (int to = 0; to < tl_age_band_count; to++) {
			struct tl_minors_account a = {.band = (enum tl_age_band)to};
			/* A step that shares no factor with the counts of values meets every value of every setting. */
			for (size_t c = 0; choose(&map, &a, c); c += 17)
				n += every_ask(&map, (enum tl_age_band)from, &a);
		}
	assert_true(n > 50000);
}

static void
t_nothing_unsolicited_reaches_a_minor(void **state)
{
	(void)state;
	walk(set->minors);
}

static void
t_no_policy_lets_it_through_either(void **state)
{
	(void)state;
	walk(&loose);
}

static struct tl_contact_answer
ask(enum tl_contact_kind kind, enum tl_age_band from, enum tl_age_band to,
    const struct tl_relation *r)
{
	struct tl_contact_map map;
	struct tl_minors_account a = {.band = from}, b = {.band = to};
	struct tl_contact_question q = {
	    kind, {&a, TL_ACCOUNT_ACTIVE}, {&b, TL_ACCOUNT_ACTIVE}, r, 0, NOW};
	tl_contact_map_init(&map, set->minors);
	return tl_contact_decide(&map, &q);
}

static void
t_what_could_not_be_read_is_denied(void **state)
{
	(void)state;
	struct tl_contact_map map;
	struct tl_minors_account a = {.band = TL_AGE_18};
	struct tl_relation friends = {.contact = {1}};
	struct tl_contact_question q = {TL_CONTACT_COMMENT, {&a, TL_ACCOUNT_ACTIVE},
	    {&a, TL_ACCOUNT_ACTIVE}, &friends, 0, NOW};
	tl_contact_map_init(&map, set->minors);
	assert_int_equal(tl_contact_decide(&map, &q).outcome, TL_CONTACT_ALLOW);
	q.to.account = NULL;
	assert_int_equal(tl_contact_decide(&map, &q).why, TL_CONTACT_WHY_AWAY);
	q.to.account = &a;
	q.relation = NULL;
	assert_int_equal(tl_contact_decide(&map, &q).outcome, TL_CONTACT_DENY);
}

static void
t_a_matrix_without_the_settings_denies(void **state)
{
	(void)state;
	struct tl_minors none = *set->minors;
	struct tl_contact_map map;
	struct tl_minors_account a = {.band = TL_AGE_18};
	struct tl_relation r = {.contact = {1}};
	none.setting_count = 0;
	tl_contact_map_init(&map, &none);
	for (int kind = 0; kind < tl_contact_kind_count; kind++) {
		struct tl_contact_question q = {(enum tl_contact_kind)kind,
		    {&a, TL_ACCOUNT_ACTIVE}, {&a, TL_ACCOUNT_ACTIVE}, &r, 0, NOW};
		assert_int_not_equal(tl_contact_decide(&map, &q).outcome, TL_CONTACT_ALLOW);
	}
}

static void
t_each_row_can_decide_as_its_words_say(void **state)
{
	static const struct tl_relation none, friends = {.contact = {1}},
					      asked = {.did = {{0, 1}, {0}}},
					      follows = {.did = {{1}, {0}}};
	static const struct {
		enum tl_contact_kind kind;
		enum tl_age_band from, to;
		const struct tl_relation *r;
		enum tl_contact_outcome outcome;
		const char *code;
	} cases[] = {
	    {TL_CONTACT_MESSAGE, TL_AGE_18, TL_AGE_18, &none, TL_CONTACT_REQUEST,
		"unsolicited"},
	    {TL_CONTACT_MESSAGE, TL_AGE_18, TL_AGE_18, &asked, TL_CONTACT_REQUEST, "pending"},
	    {TL_CONTACT_MEDIA, TL_AGE_18, TL_AGE_18, &none, TL_CONTACT_REQUEST, "unsolicited"},
	    {TL_CONTACT_MEDIA, TL_AGE_18, TL_AGE_18, &friends, TL_CONTACT_ALLOW, "accepted"},
	    {TL_CONTACT_MESSAGE, TL_AGE_18, TL_AGE_13_15, &friends, TL_CONTACT_DENY,
		"messages_off"},
	    {TL_CONTACT_MESSAGE, TL_AGE_18, TL_AGE_16_17, &friends, TL_CONTACT_ALLOW,
		"accepted"},
	    {TL_CONTACT_MEDIA, TL_AGE_18, TL_AGE_16_17, &friends, TL_CONTACT_DENY, "media_off"},
	    {TL_CONTACT_MESSAGE, TL_AGE_18, TL_AGE_16_17, &none, TL_CONTACT_DENY,
		"unsolicited_minor"},
	    {TL_CONTACT_MESSAGE, TL_AGE_18, TL_AGE_UNKNOWN, &none, TL_CONTACT_DENY,
		"unsolicited_minor"},
	    {TL_CONTACT_MESSAGE, TL_AGE_16_17, TL_AGE_18, &none, TL_CONTACT_DENY,
		"sender_friends_only"},
	    {TL_CONTACT_MESSAGE, TL_AGE_13_15, TL_AGE_18, &friends, TL_CONTACT_DENY,
		"sender_messages_off"},
	    {TL_CONTACT_MEDIA, TL_AGE_16_17, TL_AGE_18, &friends, TL_CONTACT_DENY,
		"sender_media_off"},
	    {TL_CONTACT_FOLLOW, TL_AGE_18, TL_AGE_18, &none, TL_CONTACT_ALLOW, "open"},
	    {TL_CONTACT_FOLLOW, TL_AGE_18, TL_AGE_13_15, &none, TL_CONTACT_REQUEST, "approval"},
	    {TL_CONTACT_FOLLOW, TL_AGE_18, TL_AGE_13_15, &follows, TL_CONTACT_ALLOW,
		"accepted"},
	    {TL_CONTACT_GROUP, TL_AGE_18, TL_AGE_18, &none, TL_CONTACT_REQUEST, "approval"},
	    {TL_CONTACT_GROUP, TL_AGE_18, TL_AGE_16_17, &none, TL_CONTACT_DENY,
		"unsolicited_minor"},
	    {TL_CONTACT_GROUP, TL_AGE_18, TL_AGE_16_17, &friends, TL_CONTACT_REQUEST,
		"approval"},
	    {TL_CONTACT_GROUP, TL_AGE_18, TL_AGE_13_15, &friends, TL_CONTACT_DENY,
		"groups_off"},
	    {TL_CONTACT_COMMENT, TL_AGE_18, TL_AGE_13_15, &none, TL_CONTACT_DENY,
		"friends_only"},
	    {TL_CONTACT_COMMENT, TL_AGE_18, TL_AGE_13_15, &friends, TL_CONTACT_ALLOW, "open"},
	    {TL_CONTACT_MENTION, TL_AGE_18, TL_AGE_13_15, &none, TL_CONTACT_DENY,
		"friends_only"},
	    {TL_CONTACT_MENTION, TL_AGE_13_15, TL_AGE_18, &none, TL_CONTACT_ALLOW, "open"},
	    {TL_CONTACT_LIVE, TL_AGE_18, TL_AGE_13_15, &friends, TL_CONTACT_DENY, "live_off"},
	    {TL_CONTACT_LIVE, TL_AGE_13_15, TL_AGE_18, &none, TL_CONTACT_ALLOW, "open"},
	};
	(void)state;
	for (size_t i = 0; i < TL_COUNT(cases); i++) {
		struct tl_contact_answer a =
		    ask(cases[i].kind, cases[i].from, cases[i].to, cases[i].r);
		assert_string_equal(tl_contact_code(a.why), cases[i].code);
		assert_int_equal(a.outcome, cases[i].outcome);
	}
}

/* Nobody learns from what is said to the sender whether it met a minor, a block or an adult's wish. */
static void
t_the_sender_reads_the_same_words(void **state)
{
	static const struct tl_relation none, blocked = {.did = {{0}, {0, 0, 0, 1}}},
					      limited = {.did = {{0}, {0, 0, 0, 0, 1}}},
					      declined = {.did = {{0, 1}, {0, 0, 2}}};
	static const struct tl_relation *const all[] = {&none, &blocked, &limited, &declined};
	(void)state;
	for (int kind = 0; kind < tl_contact_kind_count; kind++)
		for (int to = 0; to < tl_age_band_count; to++)
			for (size_t i = 0; i < TL_COUNT(all); i++) {
				struct tl_contact_answer a = ask((enum tl_contact_kind)kind,
				    TL_AGE_18, (enum tl_age_band)to, all[i]);
				if (a.outcome != TL_CONTACT_ALLOW)
					assert_string_equal(
					    tl_contact_to_sender(a.why), "contact_maybe");
				/* A minor who may not send reads of its own limit, block or not. */
				a = ask(TL_CONTACT_MESSAGE, TL_AGE_13_15, (enum tl_age_band)to,
				    all[i]);
				assert_string_equal(tl_contact_to_sender(a.why), "contact_own");
			}
}

static void
t_every_text_is_there_in_three_languages(void **state)
{
	static const char *const languages[] = {"en", "de", "fr"};
	(void)state;
	for (size_t i = 0; i < TL_CONTACT_WHYS; i++)
		for (size_t l = 0; l < TL_COUNT(languages); l++) {
			const char *names[] = {tl_contact_to_sender((enum tl_contact_why)i),
			    tl_contact_to_recipient((enum tl_contact_why)i)};
			for (size_t k = 0; k < 2; k++)
				if (names[k])
					assert_false(tl_str_is(
					    tl_minors_text(set->minors, tl_str(languages[l]),
						tl_str(names[k])),
					    names[k]));
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_nothing_unsolicited_reaches_a_minor),
	    cmocka_unit_test(t_no_policy_lets_it_through_either),
	    cmocka_unit_test(t_what_could_not_be_read_is_denied),
	    cmocka_unit_test(t_a_matrix_without_the_settings_denies),
	    cmocka_unit_test(t_each_row_can_decide_as_its_words_say),
	    cmocka_unit_test(t_the_sender_reads_the_same_words),
	    cmocka_unit_test(t_every_text_is_there_in_three_languages),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
