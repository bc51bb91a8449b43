/* The policy folder: what is shipped is complete; what is wrong is refused with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/policy.h"
#include "core/dsa.h"
#include "core/interventions.h"
#include "sys/clock.h"
#include "sys/crypto.h"
#include "sys/fd.h"

static const struct tl_policy_set *shipped;
static char dir[64];

static int
setup(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof dir, "/tmp/tutela-policy-XXXXXX");
	if (tl_crypto_init() < 0 || !mkdtemp(dir))
		return -1;
	int rc = tl_policy_load(TEST_DATA "/../../policy", &shipped);
	if (rc < 0)
		print_error("%s\n", tl_err_text());
	return rc;
}

static int
teardown(void **state)
{
	(void)state;
	tl_policy_unrefp(&shipped);
	static const char *const files[] = {
	    "queues.yaml", "actions.yaml", "policies.yaml", "texts/en.yaml", "texts"};
	char path[128];
	for (size_t i = 0; i < TL_COUNT(files); i++) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		(void)remove(path);
	}
	return rmdir(dir);
}

static const struct tl_policy *
policy(const char *id)
{
	return tl_policy_find(shipped, tl_str(id));
}

//= law:dsa-24.5
static void
t_every_category_of_the_commission_has_a_node(void **state)
{
	(void)state;
	size_t n = 0;
	for (const char *const *c = tl_dsa_categories; *c; c++, n++) {
		bool found = false;
		for (size_t i = 0; i < shipped->policy_count; i++) {
			const struct tl_policy *p = &shipped->policies[i];
			found |= tl_str_is(p->category, *c) && p->keyword.n == 0;
		}
		if (!found)
			fail_msg("no policy for %s", *c);
	}
	assert_int_equal(n, 15);
}

//= law:dsa-24.5
static void
t_every_keyword_of_the_commission_has_a_node(void **state)
{
	(void)state;
	size_t n = 0;
	for (const struct tl_dsa_keyword *k = tl_dsa_keywords; k->keyword; k++, n++) {
		bool found = false;
		for (size_t i = 0; i < shipped->policy_count; i++) {
			const struct tl_policy *p = &shipped->policies[i];
			found |= tl_str_is(p->category, k->category) &&
				 tl_str_is(p->keyword, k->keyword);
		}
		if (!found)
			fail_msg("no policy for %s", k->keyword);
	}
	assert_int_equal(n,
	    67); /* 69 accepted: and KEYWORD_OTHER, and KEYWORD_STALKING, which the templates lack */
}

static void
t_every_restriction_of_the_commission_has_an_action(void **state)
{
	(void)state;
	static const char *const words[] = {
#define R(kind, word) "DECISION_" #kind "_" #word,
#include "core/dsa.tbl.h"
	};
	for (size_t w = 0; w < TL_COUNT(words); w++) {
		bool found = false;
		for (size_t i = 0; i < shipped->action_count; i++)
			found |= tl_str_is(shipped->actions[i].restriction_word, words[w]);
		if (!found)
			fail_msg("no action for %s", words[w]);
	}
	assert_int_equal(TL_COUNT(words), 16);
}

static void
t_our_own_actions_are_in_the_catalogue(void **state)
{
	(void)state;
	static const char *const names[] = {"warning_screen", "no_recommendation",
	    "comment_friction", "search_intervention", "limit_contact", "stop_stream",
	    "preserve", "withhold", "restore"};
	for (size_t i = 0; i < TL_COUNT(names); i++)
		assert_non_null(tl_action_find(shipped, tl_str(names[i])));
	assert_false(tl_action_find(shipped, TL_S("preserve"))->outgoing);
	assert_true(tl_str_is(tl_action_find(shipped, TL_S("withhold"))->reverse, "restore"));
}

//= law:tco-3.3
//= law:tco-1.3
static void
t_terrorist_content_has_one_hour(void **state)
{
	(void)state;
	const struct tl_policy *p = policy("terror.content");
	assert_int_equal(p->clock_us, TL_US_HOUR);
	assert_true(tl_str_is(p->keyword, "KEYWORD_TERRORIST_CONTENT"));
	assert_true(tl_str_is(p->queue, "terror"));
	assert_non_null(memmem(p->counts_not.p, p->counts_not.n, "journalism", 10));
}

static void
t_child_safety_withholds_when_unknown_and_others_review(void **state)
{
	(void)state;
	const struct tl_policy *p = policy("csae.known");
	assert_int_equal(p->on_unknown, TL_VERDICT_WITHHOLD);
	assert_int_equal(p->severity, TL_SEVERITY_CRITICAL);
	assert_int_equal(p->clock_us, 15 * TL_US_MIN);
	assert_int_equal(p->ground, TL_GROUND_ILLEGAL);
	assert_true(p->child_safety);
	assert_true(tl_str_is(p->category, "STATEMENT_CATEGORY_PROTECTION_OF_MINORS"));
	assert_true(tl_str_is(
	    policy("csae.grooming")->keyword, "KEYWORD_GROOMING_SEXUAL_ENTICEMENT_MINORS"));
	assert_int_equal(policy("speech.hate")->on_unknown, TL_VERDICT_REVIEW);
}

static void
t_children_inherit_what_they_do_not_say(void **state)
{
	(void)state;
	const struct tl_policy *p = policy("fraud.pyramid");
	assert_true(tl_str_is(p->parent, "fraud"));
	assert_true(tl_str_is(p->queue, "fraud"));
	assert_int_equal(p->action_count, 1);
	assert_true(tl_str_is(p->actions[0], "remove"));
	assert_int_equal(p->strike_weight, 2);
	assert_true(p->explanation.n > 0);
}

static void
t_version_is_stable_and_short(void **state)
{
	(void)state;
	const struct tl_policy_set *again = NULL;
	assert_int_equal(tl_policy_load(TEST_DATA "/../../policy", &again), 0);
	assert_int_equal(again->version.n, 12);
	assert_true(tl_str_eq(again->version, shipped->version));
	tl_policy_unref(tl_policy_ref(again));
	tl_policy_unref(again);
}

#define QUEUES "queues:\n- {name: general, title: General}\n"
#define ACTIONS                                                                                \
	"actions:\n- {name: restore, title: R, subjects: [item], sentence: Back., help: "      \
	"Back.}\n"                                                                             \
	"- {name: remove, title: R, key: r, restriction: VISIBILITY_CONTENT_REMOVED, "         \
	"subjects: [item], reverse: restore, sentence: Gone., help: Gone.}\n"
#define POLICY                                                                                 \
	"policies:\n- id: a\n  title: A\n  category: VIOLENCE\n  severity: low\n"              \
	"  on_unknown: review\n  queue: general\n  actions: [remove]\n  ground: "              \
	"incompatible\n"                                                                       \
	"  clause: C\n  explanation: E\n  facts: F\n  counts: X\n  not: Y\n"

static void
write_file(const char *name, const char *text)
{
	char path[128];
	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(tl_file_write_atomic(path, 0600, tl_str(text)), 0);
}

static void
expect_error(const char *queues, const char *actions, const char *policies, const char *want)
{
	char path[128];
	(void)snprintf(path, sizeof path, "%s/texts", dir);
	assert_int_equal(tl_mkdirs(path), 0);
	struct tl_buf texts TL_CLEANUP(tl_buf_fini) = {0};
	assert_int_equal(
	    tl_file_read(TEST_DATA "/../../policy/texts/en.yaml", 1 << 20, &texts), 0);
	write_file("queues.yaml", queues);
	write_file("actions.yaml", actions);
	write_file("policies.yaml", policies);
	write_file("texts/en.yaml", tl_buf_z(&texts));
	const struct tl_policy_set *set = NULL;
	int rc = tl_policy_load(dir, &set);
	if (!want && rc < 0)
		fail_msg("%s", tl_err_text());
	if (want && (rc == 0 || !strstr(tl_err_text(), want)))
		fail_msg("got \"%s\", wanted \"%s\"", rc < 0 ? tl_err_text() : "", want);
	tl_policy_unref(set);
}

static void
t_wrong_references_are_refused_with_their_place(void **state)
{
	(void)state;
	expect_error(QUEUES, ACTIONS, POLICY, NULL);
	expect_error(QUEUES, ACTIONS, POLICY "  keyword: PHISHING\n",
	    "policies.yaml:15:12: keyword: \"KEYWORD_PHISHING\" does not belong to");
	expect_error(QUEUES, ACTIONS, POLICY "- {id: a.b, title: B, queue: nowhere}\n",
	    "policies.yaml:15:30: queue: there is no queue \"nowhere\"");
	expect_error(QUEUES, ACTIONS, POLICY "- {id: a.b, title: B, actions: [fly]}\n",
	    "actions: there is no action \"fly\"");
	expect_error(QUEUES, ACTIONS, POLICY "- {id: b.c, title: B}\n",
	    "there is no policy \"b\" above this line");
	expect_error(QUEUES, ACTIONS, POLICY "- {id: a, title: B}\n", "stands here twice");
	expect_error(QUEUES, ACTIONS, POLICY "- {id: a.b, title: B, ground: illegal}\n",
	    "ground: illegal needs \"law\"");
	expect_error(QUEUES, ACTIONS, POLICY "- {id: a.b, title: B, on_unknown: allow}\n",
	    "on_unknown: withhold or review");
	expect_error(QUEUES, ACTIONS,
	    POLICY "- {id: a.b, title: B, severity: critical, child_safety: true}\n",
	    "a critical child-safety policy withholds");
	expect_error(QUEUES, ACTIONS, POLICY "- {id: a.b, title: B, keyword: OTHER}\n",
	    "OTHER needs keyword_other");
	expect_error(QUEUES, ACTIONS, POLICY "- {id: a.b, title: B, severty: low}\n",
	    "did you mean \"severity\"?");
	expect_error(QUEUES, ACTIONS, "policies:\n- {id: a, title: A}\n",
	    "\"category\" is missing, here and above");
	expect_error(
	    QUEUES "- {name: general, title: G}\n", ACTIONS, POLICY, "stands here twice");
}

static void
t_wrong_actions_are_refused(void **state)
{
	(void)state;
	expect_error(QUEUES,
	    ACTIONS
	    "- {name: x, title: X, key: r, subjects: [item], sentence: Xxx, help: Xxx}\n",
	    POLICY, "key: \"remove\" has this key already");
	expect_error(QUEUES,
	    ACTIONS
	    "- {name: x, title: X, key: e, subjects: [item], sentence: Xxx, help: Xxx}\n",
	    POLICY, "a small letter that the console does not use itself");
	expect_error(QUEUES,
	    ACTIONS
	    "- {name: x, title: X, reverse: y, subjects: [item], sentence: Xxx, help: Xxx}\n",
	    POLICY, "reverse: there is no action \"y\"");
	expect_error(QUEUES,
	    ACTIONS
	    "- {name: x, title: X, reverse: restore, subjects: [account], sentence: Xxx, "
	    "help: Xxx}\n",
	    POLICY, "cannot be taken on the same subjects");
	expect_error(QUEUES,
	    ACTIONS "- {name: x, title: X, restriction: VISIBILITY_GONE, subjects: [item], "
		    "sentence: Xxx, help: Xxx}\n",
	    POLICY, "is not one of the Commission's words");
}

/* What is shipped, with one passage of a file replaced. */
static void
changed_error(size_t file, const char *passage, const char *instead, const char *want)
{
	struct tl_buf files[TL_POLICY_FILES] = {{0}}, changed = {0};
	struct tl_str texts[TL_POLICY_FILES];
	for (size_t i = 0; i < TL_POLICY_FILES; i++) {
		char path[4096];
		(void)snprintf(path, sizeof path, "%s/../../policy/%s", TEST_DATA,
		    tl_policy_file_names[i]);
		assert_int_equal(tl_file_read(path, 1 << 20, &files[i]), 0);
		texts[i] = tl_buf_str(&files[i]);
	}
	struct tl_str all = texts[file];
	const uint8_t *at = memmem(all.p, all.n, passage, strlen(passage));
	assert_non_null(at);
	tl_buf_put(&changed, all.p, (size_t)(at - all.p));
	tl_buf_puts(&changed, instead);
	at += strlen(passage);
	tl_buf_put(&changed, at, (size_t)(all.p + all.n - at));
	texts[file] = tl_buf_str(&changed);
	const struct tl_policy_set *set = NULL;
	int rc = tl_policy_parse(texts, &set);
	if (!want && rc < 0)
		fail_msg("%s", tl_err_text());
	if (want && (rc == 0 || !strstr(tl_err_text(), want)))
		fail_msg("got \"%s\", wanted \"%s\"", rc < 0 ? tl_err_text() : "", want);
	tl_policy_unref(set);
	for (size_t i = 0; i < TL_POLICY_FILES; i++)
		tl_buf_fini(&files[i]);
	tl_buf_fini(&changed);
}

static void
t_a_matrix_that_would_loosen_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *passage, *instead, *want;
	} cases[] = {
	    {"unknown_as: 13-15", "unknown_as: 13-15", NULL},
	    {"message_text: []", "message_text: [US, CA]", NULL},
	    {"message_text: []", "message_text: [usa]",
		"message_text: countries as two capital letters, such as US"},
	    {"unknown_as: 13-15", "unknown_as: 16-17",
		"an unknown age is never treated as older"},
	    {"minimum_age: 13", "minimum_age: 12", "minimum_age: must be between 13 and 17"},
	    {"13-15: {default: nobody}", "13-15: {default: everyone}",
		"private_messages: 13-15 is looser than 16-17"},
	    {"13-15: {default: nobody}", "13-15: {default: somebody}",
		"default: \"somebody\" is not among the values"},
	    {"loosest: public, warn: true", "loosest: private, warn: true",
		"what nobody can loosen here"},
	    {"after: {account_visibility: public}", "after: {comments: everyone}",
		"names no setting that stands before this one"},
	    {"for: session", "for: ever", "for: session, or a time such as 24h"},
	    {"\"21:00-08:00\"", "\"21:00-24:00\"", "two times such as 21:00-08:00"},
	    {"why: money", "why: greed", "no English text of that name"},
	    {"    locked: \"At", "    lockd: \"At", "the English text \"locked\" is missing"},
	    {"- key: comments", "- key: mentions",
		"the setting \"mentions\" stands here twice"},
	    {"values: [hidden, visible]", "values: [hidden, hidden]", "stands here twice"},
	};
	for (size_t i = 0; i < TL_COUNT(cases); i++)
		changed_error(4, cases[i].passage, cases[i].instead, cases[i].want);
}

static void
t_wrong_words_for_young_people_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *passage, *instead, *want;
	} cases[] = {
	    {"notice_every: 24h", "notice_every: 24h", NULL},
	    {"notice_every: 24h", "notice_every: 1m", "notice_every: must be between 3600"},
	    {"13-15: block", "13-15: nothing", "13-15 is told less than 16-17"},
	    {"18+: notice", "18+: hide", "\"hide\" is not one of nothing, notice, block"},
	    {"13-15: hold", "13-15: ask", "13-15 is told less than 16-17"},
	    {"- topic: eating-disorders", "- topic: self-harm", "stands here twice"},
	    {"- topic: eating-disorders", "- topic: Eating", "a name has small letters"},
	    {"policy: cyberviolence.bullying", "policy: rude", "policy: there is no \"rude\""},
	    {"{country: AT", "{country: at", "country: two capital letters"},
	    {"check: 2027-05-01", "check: next-may-1", "check: a date such as 2027-05-01"},
	    {"source: public short number of the line, ", "", "\"source\" is missing"},
	    {"    approach: \"Some", "    aproach: \"Some",
		"English text \"approach\" is missing"},
	    {"    self-harm: \"Are", "    selfharm: \"Are",
		"the English text \"self-harm\" is missing"},
	};
	for (size_t i = 0; i < TL_COUNT(cases); i++)
		changed_error(5, cases[i].passage, cases[i].instead, cases[i].want);
}

/* Children read it: no text is long, and each language says all that English says. */
static void
t_texts_for_young_people_are_short_and_in_every_language(void **state)
{
	(void)state;
	const struct tl_interventions *in = shipped->interventions;
	for (size_t i = 0; i < in->text_count; i++) {
		size_t words = 1, longest = 1;
		struct tl_str t = in->texts[i].text;
		for (size_t k = 0; k < t.n; k++) {
			words += t.p[k] == ' ';
			if (t.p[k] == '.' || t.p[k] == '?' || t.p[k] == '!')
				words = 0;
			longest = words > longest ? words : longest;
		}
		if (longest > 20)
			fail_msg("a sentence of %zu words: %.*s", longest, TL_ARG(t));
		struct tl_str name = in->texts[i].name;
		assert_false(tl_str_eq(tl_intervention_text(in, TL_S("de"), name), name));
		assert_false(tl_str_eq(tl_intervention_text(in, TL_S("fr-CA"), name), name));
	}
	assert_int_equal(in->text_count % 3, 0);
}

static void
t_a_folder_of_an_earlier_version_has_the_shipped_matrix(void **state)
{
	(void)state;
	assert_false(shipped->minors->built_in);
	struct tl_str texts[TL_POLICY_FILES] = {TL_S(QUEUES), TL_S(ACTIONS), TL_S(POLICY), {0}};
	struct tl_buf en TL_CLEANUP(tl_buf_fini) = {0};
	assert_int_equal(
	    tl_file_read(TEST_DATA "/../../policy/texts/en.yaml", 1 << 20, &en), 0);
	texts[3] = tl_buf_str(&en);
	const struct tl_policy_set *set = NULL;
	assert_int_equal(tl_policy_parse(texts, &set), 0);
	assert_true(set->minors->built_in);
	assert_non_null(
	    tl_word_list_find(set->interventions, TL_LIST_SEARCH, TL_S("self-harm")));
	/* The folder has no policy for the shipped lists of comments. */
	assert_null(tl_word_list_find(set->interventions, TL_LIST_COMMENT, TL_S("insults")));
	assert_int_equal(set->minors->setting_count, shipped->minors->setting_count);
	tl_policy_unref(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_every_category_of_the_commission_has_a_node),
	    cmocka_unit_test(t_every_keyword_of_the_commission_has_a_node),
	    cmocka_unit_test(t_every_restriction_of_the_commission_has_an_action),
	    cmocka_unit_test(t_our_own_actions_are_in_the_catalogue),
	    cmocka_unit_test(t_terrorist_content_has_one_hour),
	    cmocka_unit_test(t_child_safety_withholds_when_unknown_and_others_review),
	    cmocka_unit_test(t_children_inherit_what_they_do_not_say),
	    cmocka_unit_test(t_version_is_stable_and_short),
	    cmocka_unit_test(t_wrong_references_are_refused_with_their_place),
	    cmocka_unit_test(t_wrong_actions_are_refused),
	    cmocka_unit_test(t_a_matrix_that_would_loosen_is_refused),
	    cmocka_unit_test(t_wrong_words_for_young_people_are_refused),
	    cmocka_unit_test(t_texts_for_young_people_are_short_and_in_every_language),
	    cmocka_unit_test(t_a_folder_of_an_earlier_version_has_the_shipped_matrix),
	};
	return cmocka_run_group_tests_name("config_policy", tests, setup, teardown);
}
