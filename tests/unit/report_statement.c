/* The statement of reasons: every element of article 17(3), right and without personal data. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/json.h"
#include "config/policy.h"
#include "report/statement.h"
#include "sys/clock.h"
#include "sys/crypto.h"

static const struct tl_policy_set *set;
static struct tl_statement_env env;

static int
setup(void **state)
{
	(void)state;
	if (tl_crypto_init() < 0)
		return -1;
	int rc = tl_policy_load(TEST_DATA "/../../policy", &set);
	env = (struct tl_statement_env){set, "Flip", "", "", 180};
	return rc;
}

static int
teardown(void **state)
{
	(void)state;
	tl_policy_unrefp(&set);
	return 0;
}

/* 2026-03-04 */
#define AT (INT64_C(1772582400) * TL_US_S)

static void
add_action(struct tl_decision *d, const char *name)
{
	const struct tl_action_def *def = tl_action_find(set, tl_str(name));
	assert_non_null(def);
	d->actions[d->action_count++].def = def;
}

static struct tl_decision
decision(const char *policy, const char *action)
{
	const struct tl_policy *p = tl_policy_find(set, tl_str(policy));
	assert_non_null(p);
	struct tl_decision d = {
	    .puid = TL_S("TL-1"),
	    .at = AT,
	    .effective_at = AT,
	    .posted_at = AT - TL_US_DAY,
	    .kind = TL_DECISION_ACT,
	    .subject_kind = TL_SUBJECT_ITEM,
	    .content_types = TL_S("[\"TEXT\"]"),
	    .content_language = TL_S("el"),
	    .score = (double)NAN,
	    .ground = p->ground,
	    .legal_ground = p->legal_ground,
	    .legal_explanation = p->explanation,
	    .terms_ground = p->terms_ground,
	    .terms_explanation = p->explanation,
	    .terms_also_illegal = -1,
	    .category = p->category,
	    .facts = p->facts,
	    .policy = p->id,
	    .policy_def = p,
	    .automated_detection = true,
	    .automated_decision = TL_AUTOMATION_PARTIALLY,
	};
	add_action(&d, action);
	return d;
}

static json_t *
compose(const struct tl_decision *d)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	int rc = tl_statement_compose(d, &env, &b);
	if (rc < 0)
		fail_msg("%s", tl_err_text());
	json_t *j = NULL;
	assert_int_equal(tl_json_parse(tl_buf_str(&b), &j), 0);
	return j;
}

static const char *
dsa(const json_t *statement, const char *field)
{
	const char *v =
	    json_string_value(json_object_get(json_object_get(statement, "dsa"), field));
	return v ? v : "";
}

static void
expect_text(const json_t *statement, const char *want)
{
	const char *text = json_string_value(json_object_get(statement, "text"));
	if (!strstr(text, want))
		fail_msg("\"%s\" is not in:\n%s", want, text);
}

//= law:dsa-17.3.a
//= law:dsa-17.3.b
//= law:dsa-17.3.c
//= law:dsa-17.3.d
//= law:dsa-17.3.f
static void
t_every_element_of_the_law_is_there(void **state)
{
	(void)state;
	struct tl_decision d = decision("csae.known", "remove");
	d.trigger = TL_TRIGGER_HASH;
	d.automated_decision = TL_AUTOMATION_FULLY;
	json_t *s TL_CLEANUP(tl_json_unref) = compose(&d);
	expect_text(s,
	    "Flip has restricted content that you published. The content was removed. "
	    "This holds until we take it back. It applies everywhere.");
	expect_text(s, "The content matches a list of known child sexual abuse material.");
	expect_text(s, "Legal ground: National law transposing Directive 2011/93/EU");
	expect_text(
	    s, "found by automated means. The decision was taken by automated means alone.");
	expect_text(s, "complain free of charge within 180 days through Flip");
	assert_int_equal(json_array_size(json_object_get(s, "sections")), 5);
	assert_string_equal(dsa(s, "decision_ground"), "DECISION_GROUND_ILLEGAL_CONTENT");
	assert_string_equal(dsa(s, "incompatible_content_ground"), "");
	assert_string_equal(dsa(s, "source_type"), "SOURCE_VOLUNTARY");
	assert_string_equal(dsa(s, "content_language"), "EL");
	assert_string_equal(dsa(s, "content_date"), "2026-03-03");
	assert_string_equal(dsa(s, "application_date"), "2026-03-04");
	assert_int_equal(
	    json_array_size(json_object_get(json_object_get(s, "dsa"), "territorial_scope")),
	    30);
}

//= law:dsa-17.3.e
static void
t_terms_are_named_when_the_ground_is_contractual(void **state)
{
	(void)state;
	struct tl_decision d = decision("fraud.phishing", "remove");
	d.terms_also_illegal = 1;
	d.trigger = TL_TRIGGER_TRUSTED;
	d.territorial_scope = TL_S("[\"DE\",\"BE\"]");
	json_t *s TL_CLEANUP(tl_json_unref) = compose(&d);
	expect_text(s, "Clause: Terms of service, section Honesty");
	expect_text(s, "We also consider it illegal.");
	expect_text(s, "after a notice of a trusted flagger");
	expect_text(s, "It applies in DE, BE.");
	assert_string_equal(dsa(s, "decision_ground"), "DECISION_GROUND_INCOMPATIBLE_CONTENT");
	assert_string_equal(dsa(s, "illegal_content_legal_ground"), "");
	assert_string_equal(dsa(s, "incompatible_content_illegal"), "Yes");
	assert_string_equal(dsa(s, "source_type"), "SOURCE_TRUSTED_FLAGGER");
}

/* A platform sent this inverted for two and a half years. */
static void
t_automated_detection_is_not_inverted(void **state)
{
	(void)state;
	struct tl_decision d = decision("speech.hate", "remove");
	json_t *yes TL_CLEANUP(tl_json_unref) = compose(&d);
	assert_string_equal(dsa(yes, "automated_detection"), "Yes");
	d.automated_detection = false;
	d.automated_decision = TL_AUTOMATION_NOT;
	json_t *no TL_CLEANUP(tl_json_unref) = compose(&d);
	assert_string_equal(dsa(no, "automated_detection"), "No");
	assert_string_equal(dsa(no, "automated_decision"), "AUTOMATED_DECISION_NOT_AUTOMATED");
	expect_text(no, "was not found by automated means");
}

static void
t_restrictions_of_all_four_kinds_are_mapped(void **state)
{
	(void)state;
	struct tl_decision d = decision("fraud", "remove");
	add_action(&d, "monetary_suspend");
	add_action(&d, "limit_contact");
	add_action(&d, "account_suspend");
	add_action(&d, "preserve");
	d.account_end = AT + 30 * TL_US_DAY;
	json_t *s TL_CLEANUP(tl_json_unref) = compose(&d);
	assert_string_equal(dsa(s, "decision_monetary"), "DECISION_MONETARY_SUSPENSION");
	assert_string_equal(
	    dsa(s, "decision_provision"), "DECISION_PROVISION_PARTIAL_SUSPENSION");
	assert_string_equal(dsa(s, "decision_account"), "DECISION_ACCOUNT_SUSPENDED");
	assert_string_equal(dsa(s, "end_date_account_restriction"), "2026-04-03");
	expect_text(s, "The account was suspended. This holds until 2026-04-03.");
	assert_null(strstr(json_string_value(json_object_get(s, "text")), "authorities"));
}

static void
t_every_policy_with_every_restriction_is_valid(void **state)
{
	(void)state;
	for (size_t p = 0; p < set->policy_count; p++) {
		char id[64];
		assert_int_equal(tl_str_copy(id, sizeof id, set->policies[p].id), 0);
		struct tl_decision d = decision(id, "remove");
		struct tl_buf keywords TL_CLEANUP(tl_buf_fini) = {0};
		tl_js_open(&keywords, NULL, '[');
		if (set->policies[p].keyword.n)
			tl_js_str(&keywords, NULL, set->policies[p].keyword);
		tl_js_close(&keywords, ']');
		d.keywords = tl_buf_str(&keywords);
		d.keyword_other = set->policies[p].keyword_other;
		for (size_t a = 0; a < set->action_count; a++) {
			d.actions[0].def = &set->actions[a];
			if (!tl_statement_due(&d))
				continue;
			json_t *s TL_CLEANUP(tl_json_unref) = compose(&d);
			assert_true(json_is_object(json_object_get(s, "dsa")));
		}
	}
}

//= law:dsa-17.5
static void
t_orders_and_reversals_are_not_submitted(void **state)
{
	(void)state;
	struct tl_decision d = decision("terror.content", "remove");
	d.trigger = TL_TRIGGER_ORDER;
	json_t *order TL_CLEANUP(tl_json_unref) = compose(&d);
	assert_true(json_is_null(json_object_get(order, "dsa")));
	d = decision("terror.content", "restore");
	d.kind = TL_DECISION_REVERSE;
	d.trigger = TL_TRIGGER_APPEAL;
	json_t *back TL_CLEANUP(tl_json_unref) = compose(&d);
	assert_true(json_is_null(json_object_get(back, "dsa")));
	expect_text(back, "Flip has taken back a restriction. The content is visible again.");
	assert_int_equal(json_array_size(json_object_get(back, "sections")), 2);
}

static void
t_statement_is_due_only_when_something_is_restricted(void **state)
{
	(void)state;
	struct tl_decision d = decision("selfharm.suicide", "search_intervention");
	assert_false(tl_statement_due(&d));
	add_action(&d, "no_recommendation");
	assert_true(tl_statement_due(&d));
	d.kind = TL_DECISION_CLEAR;
	assert_false(tl_statement_due(&d));
}

static void
t_personal_data_in_the_facts_is_refused(void **state)
{
	(void)state;
	static const char *const personal[] = {"Sent by jo@example.org today.",
	    "Written by @jo_99.", "Call +49 170 1234567 now.", "From 192.0.2.17.",
	    "See https://example.org/u/7."};
	static const char *const fine[] = {"The content was posted on 2026-03-04 at 10:15.",
	    "Directive 2011/93/EU, article 5.", "It reached 1234567 people @ night.",
	    "Version 1.2.3 of the rules."};
	struct tl_decision d = decision("fraud", "remove");
	for (size_t i = 0; i < TL_COUNT(personal); i++) {
		d.facts = tl_str(personal[i]);
		struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
		assert_int_equal(tl_statement_compose(&d, &env, &b), TL_EFIELD);
		assert_string_equal(tl_err_field(), "/facts");
		assert_int_equal(b.n, 0);
	}
	for (size_t i = 0; i < TL_COUNT(fine); i++)
		assert_null(tl_statement_personal(tl_str(fine[i])));
}

//= law:dsa-20.1
static void
t_complaint_address_is_given_when_there_is_one(void **state)
{
	(void)state;
	struct tl_decision d = decision("fraud", "remove");
	env.complaint_url = "https://flip.example/complain";
	json_t *s TL_CLEANUP(tl_json_unref) = compose(&d);
	expect_text(s, "within 180 days at https://flip.example/complain.");
	env.complaint_url = "";
}

static void
t_text_comes_back_out_of_the_object(void **state)
{
	(void)state;
	struct tl_decision d = decision("fraud", "remove");
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	struct tl_buf text TL_CLEANUP(tl_buf_fini) = {0};
	assert_int_equal(tl_statement_compose(&d, &env, &b), 0);
	assert_int_equal(tl_statement_text(tl_buf_str(&b), &text), 0);
	assert_non_null(strstr(tl_buf_z(&text), "What you can do\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_every_element_of_the_law_is_there),
	    cmocka_unit_test(t_terms_are_named_when_the_ground_is_contractual),
	    cmocka_unit_test(t_automated_detection_is_not_inverted),
	    cmocka_unit_test(t_restrictions_of_all_four_kinds_are_mapped),
	    cmocka_unit_test(t_every_policy_with_every_restriction_is_valid),
	    cmocka_unit_test(t_orders_and_reversals_are_not_submitted),
	    cmocka_unit_test(t_statement_is_due_only_when_something_is_restricted),
	    cmocka_unit_test(t_personal_data_in_the_facts_is_refused),
	    cmocka_unit_test(t_complaint_address_is_given_when_there_is_one),
	    cmocka_unit_test(t_text_comes_back_out_of_the_object),
	};
	return cmocka_run_group_tests_name("report_statement", tests, setup, teardown);
}
