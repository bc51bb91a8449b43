/* What searches are told: over every band and every set of topics; help lines of the right country; figures. */
#include "unit_store.h"

#include "config/policy.h"
#include "detect/text/topics.h"
#include "minors/counts.h"
#include "minors/filters.h"
#include "minors/interventions.h"
#include "store/retention.h"

static const struct tl_policy_set *set;

static int
setup(void **state)
{
	int rc = unit_store_setup(state);
	return rc < 0 ? rc : tl_policy_load(TEST_DATA "/../../policy", &set);
}

static int
teardown(void **state)
{
	tl_policy_unrefp(&set);
	return unit_store_teardown(state);
}

//= law:dsa-28.1
static void
t_the_younger_are_never_told_less_of_a_search(void **state)
{
	(void)state;
	static const enum tl_age_band rising[] = {TL_AGE_13_15, TL_AGE_16_17, TL_AGE_18};
	size_t n = set->interventions->list_count;
	for (uint64_t topics = 0; topics < UINT64_C(1) << n; topics++) {
		for (size_t b = 0; b + 1 < TL_COUNT(rising); b++)
			assert_true(tl_search_answer(set, rising[b], topics, false).say >=
				    tl_search_answer(set, rising[b + 1], topics, false).say);
		for (int band = TL_AGE_UNKNOWN; band <= TL_AGE_UNDER_13; band++)
			assert_int_equal(
			    tl_search_answer(set, (enum tl_age_band)band, topics, false).say,
			    tl_search_answer(set, TL_AGE_13_15, topics, false).say);
		for (int band = 0; band < tl_age_band_count; band++) {
			struct tl_search_answer a =
			    tl_search_answer(set, (enum tl_age_band)band, topics, false);
			struct tl_search_answer more = tl_search_answer(
			    set, (enum tl_age_band)band, topics | topics << 1, false);
			assert_true(more.say >= a.say);
			assert_true((a.say == TL_SEARCH_NOTHING) == (a.topic == NULL));
			assert_true(
			    tl_search_answer(set, (enum tl_age_band)band, topics, true).say >=
			    TL_SEARCH_NOTICE);
		}
	}
}

/* Every combination of what can be known of a comment. */
//= law:dsa-28.1
static void
t_comments_on_the_younger_are_never_let_through_more(void **state)
{
	(void)state;
	size_t n = set->interventions->list_count;
	for (uint64_t bits = 0; bits < UINT64_C(1) << (n + 7); bits++) {
		struct tl_comment_input in = {.owner = TL_AGE_13_15,
		    .lists = bits >> 7,
		    .own = bits & 1,
		    .closed = bits >> 1 & 1,
		    .friction = bits >> 2 & 1,
		    .has_word = bits >> 3 & 1,
		    .word_say = bits >> 4 & 1 ? TL_COMMENT_REFUSE : TL_COMMENT_HOLD,
		    .approve_all = bits >> 5 & 1,
		    .confirmed = bits >> 6 & 1};
		struct tl_comment_answer young = tl_comment_answer(set, &in);
		in.owner = TL_AGE_UNKNOWN;
		assert_int_equal(tl_comment_answer(set, &in).say, young.say);
		in.owner = TL_AGE_16_17;
		struct tl_comment_answer older = tl_comment_answer(set, &in);
		in.owner = TL_AGE_18;
		struct tl_comment_answer adult = tl_comment_answer(set, &in);
		assert_true(young.say >= older.say && older.say >= adult.say);
		assert_true((adult.why == TL_COMMENT_WHY_LIST) == (adult.list != NULL));
		if (in.closed && !in.own)
			assert_int_equal(adult.say, TL_COMMENT_REFUSE);
		if (in.has_word && !in.own)
			assert_true(adult.say >= in.word_say);
		if (in.approve_all && !in.own)
			assert_true(adult.say >= TL_COMMENT_HOLD);
		if (in.friction && !in.confirmed)
			assert_true(adult.say >= TL_COMMENT_ASK);
		if (in.confirmed)
			assert_true(adult.say != TL_COMMENT_ASK);
		if (in.own)
			assert_true(young.say != TL_COMMENT_HOLD);
	}
}

static void
t_filters_are_sealed_and_go_with_the_account(void **state)
{
	struct unit_store *s = *state;
	struct tl_comment_filter *f = calloc(1, sizeof *f), *got = calloc(1, sizeof *got);
	struct tl_id id;
	struct tl_row r;
	assert_true(f && got);
	unit_begin(s->db);
	assert_int_equal(tl_account_ensure(s->db, s->platform, true, TL_S("u"), &id), 0);
	assert_int_equal(tl_filter_get(s->db, s->platform, id, s->arena, got), 0);
	assert_true(got->count == 0 && got->changed_at == 0);
	*f = (struct tl_comment_filter){.words = {TL_S("canaryword"), TL_S("\"b\"")},
	    .count = 2,
	    .say = TL_COMMENT_REFUSE,
	    .approve_all = true,
	    .changed_at = 5};
	assert_int_equal(tl_filter_put(s->db, s->platform, id, f), 0);
	assert_int_equal(tl_filter_get(s->db, s->platform, id, s->arena, got), 0);
	assert_true(got->count == 2 && got->say == TL_COMMENT_REFUSE && got->approve_all);
	assert_true(tl_str_is(got->words[1], "\"b\""));
	assert_int_equal(
	    tl_db_first(s->db, &r, TL_SQL_FILTER_GET, A_INT(s->platform), A_ID(id)), 0);
	struct tl_str sealed = tl_col_str(&r, 0);
	assert_null(memmem(sealed.p, sealed.n, "canaryword", 10));
	tl_row_end(&r);
	assert_int_equal(tl_account_erase(s->db, s->platform, id), 0);
	assert_int_equal(
	    tl_db_first(s->db, &r, TL_SQL_FILTER_GET, A_INT(s->platform), A_ID(id)),
	    TL_ENOTFOUND);
	tl_db_rollback(s->db);
	free(f);
	free(got);
}

static void
t_help_lines_are_those_of_the_country_and_of_the_age(void **state)
{
	(void)state;
	const struct tl_help_line *l[TL_HELP_SHOWN_MAX];
	const struct tl_word_list *topic =
	    tl_word_list_find(set->interventions, TL_LIST_SEARCH, TL_S("self-harm"));
	assert_int_equal(tl_help_lines(set, topic, TL_S("DE"), TL_AGE_UNKNOWN, l), 2);
	assert_true(tl_str_is(l[0]->phone, "116 111"));
	assert_int_equal(tl_help_lines(set, topic, TL_S("DE"), TL_AGE_18, l), 1);
	assert_true(tl_str_is(l[0]->phone, "116 123"));
	assert_int_equal(tl_help_lines(set, NULL, TL_S("GB"), TL_AGE_13_15, l), 2);
	assert_int_equal(tl_help_lines(set, topic, TL_S("ZZ"), TL_AGE_13_15, l), 0);
	assert_int_equal(tl_help_lines(set, topic, TL_S(""), TL_AGE_13_15, l), 0);
}

static void
t_topics_are_found_through_spelling_and_apart_from_comments(void **state)
{
	(void)state;
	struct tl_topics *search = NULL, *comment = NULL;
	struct tl_text_scan *scan = tl_text_scan_create();
	uint64_t found = 0;
	assert_int_equal(tl_topics_create(set->interventions, TL_LIST_SEARCH, &search), 0);
	assert_int_equal(tl_topics_create(set->interventions, TL_LIST_COMMENT, &comment), 0);
	assert_int_equal(tl_topics_find(search, scan,
			     TL_S("Demo-\xc2\xad"
				  "Self-Harm-Word!"),
			     &found),
	    0);
	assert_int_equal(found, 1);
	assert_int_equal(tl_topics_find(comment, scan, TL_S("demo-self-harm-word"), &found), 0);
	assert_int_equal(found, 0);
	assert_int_equal(tl_topics_find(comment, scan, TL_S("DEMO-INSULT-W0RD"), &found), 0);
	assert_int_equal(found, 8);
	assert_int_equal(tl_topics_find(search, scan, TL_S("harmless"), &found), 0);
	assert_int_equal(found, 0);
	tl_text_scan_destroy(scan);
	tl_topics_destroy(search);
	tl_topics_destroy(comment);
}

/* More different terms than are told apart: every list counts. */
static void
t_a_text_that_touches_too_much_touches_every_list(void **state)
{
	(void)state;
	static char text[TL_TEXT_HITS_MAX * 2 * 8];
	static struct tl_list_term terms[TL_TEXT_HITS_MAX * 2];
	for (size_t i = 0; i < TL_COUNT(terms); i++) {
		(void)snprintf(text + i * 8, 8, "dmo%04zu", i);
		text[i * 8 + 7] = ' ';
		terms[i] = (struct tl_list_term){tl_bytes(text + i * 8, 7), 1};
	}
	const struct tl_list_term other = {TL_S("nowhere"), 2};
	const struct tl_word_list lists[] = {
	    {.use = TL_LIST_SEARCH, .terms = terms, .term_count = TL_COUNT(terms)},
	    {.use = TL_LIST_SEARCH, .terms = &other, .term_count = 1},
	    {.use = TL_LIST_COMMENT, .terms = &other, .term_count = 1}};
	const struct tl_interventions in = {.lists = lists, .list_count = TL_COUNT(lists)};
	struct tl_topics *t = NULL;
	struct tl_text_scan *scan = tl_text_scan_create();
	uint64_t found = 0;
	assert_int_equal(tl_topics_create(&in, TL_LIST_SEARCH, &t), 0);
	assert_int_equal(tl_topics_find(t, scan, tl_bytes(text, sizeof text), &found), 0);
	assert_int_equal(found, 3);
	tl_text_scan_destroy(scan);
	tl_topics_destroy(t);
}

static void
t_a_term_that_cannot_be_used_refuses_the_lists(void **state)
{
	(void)state;
	const struct tl_list_term terms[] = {{TL_S("fine"), 7}, {TL_S(" \xe2\x80\x8b "), 8}};
	const struct tl_word_list list = {
	    .use = TL_LIST_COMMENT, .terms = terms, .term_count = 2};
	const struct tl_interventions in = {.lists = &list, .list_count = 1};
	struct tl_topics *t = NULL;
	assert_int_equal(tl_topics_create(&in, TL_LIST_COMMENT, &t), TL_ECONFIG);
	assert_non_null(strstr(tl_err_text(), "interventions.yaml:8: a term cannot be used"));
	assert_null(t);
}

static void
t_figures_are_added_up_and_forgotten_in_time(void **state)
{
	struct unit_store *s = *state;
	struct tl_intervention_count c = {.platform = s->platform,
					 .live = true,
					 .day = 100,
					 .use = TL_LIST_SEARCH,
					 .list = "self-harm",
					 .country = "DE",
					 .band = TL_AGE_13_15,
					 .say = TL_SEARCH_BLOCK,
					 .n = 3},
				     got[2];
	size_t n = 0;
	bool more = false;
	unit_begin(s->db);
	assert_int_equal(tl_intervention_count_add(s->db, &c), 0);
	assert_int_equal(tl_intervention_count_add(s->db, &c), 0);
	c.day = 101;
	assert_int_equal(tl_intervention_count_add(s->db, &c), 0);
	c.live = false;
	assert_int_equal(tl_intervention_count_add(s->db, &c), 0);
	assert_int_equal(tl_intervention_counts(s->db, 100, 2, got, &n, &more), 0);
	assert_int_equal(n, 1);
	assert_int_equal(got[0].n, 9);
	assert_string_equal(got[0].list, "self-harm");
	assert_int_equal(tl_intervention_counts(s->db, 101, 2, got, &n, &more), 0);
	assert_int_equal(got[0].n, 3);
	c = (struct tl_intervention_count){.platform = s->platform,
	    .live = true,
	    .day = 101,
	    .use = TL_LIST_COMMENT,
	    .say = TL_COMMENT_HOLD,
	    .n = 1};
	assert_int_equal(tl_intervention_count_add(s->db, &c), 0);
	assert_int_equal(tl_intervention_counts(s->db, 0, 1, got, &n, &more), 0);
	assert_true(n == 1 && more);
	assert_int_equal(tl_retention_counts(s->db, 0), 0);
	assert_int_equal(tl_intervention_counts(s->db, 0, 1, got, &n, &more), 0);
	assert_true(n == 0 && !more);
	tl_db_rollback(s->db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_the_younger_are_never_told_less_of_a_search),
	    cmocka_unit_test(t_comments_on_the_younger_are_never_let_through_more),
	    cmocka_unit_test(t_filters_are_sealed_and_go_with_the_account),
	    cmocka_unit_test(t_help_lines_are_those_of_the_country_and_of_the_age),
	    cmocka_unit_test(t_topics_are_found_through_spelling_and_apart_from_comments),
	    cmocka_unit_test(t_a_text_that_touches_too_much_touches_every_list),
	    cmocka_unit_test(t_a_term_that_cannot_be_used_refuses_the_lists),
	    cmocka_unit_test(t_figures_are_added_up_and_forgotten_in_time),
	};
	return cmocka_run_group_tests_name("minors_interventions", tests, setup, teardown);
}
