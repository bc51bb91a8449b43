/* The rules of the transparency database: acceptance cases of the Commission that are about one statement. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/json.h"
#include "report/sor.h"

static const char minimal[] =
    "{\"decision_visibility\":[\"DECISION_VISIBILITY_CONTENT_DISABLED\","
    "\"DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED\"],"
    "\"decision_ground\":\"DECISION_GROUND_ILLEGAL_CONTENT\","
    "\"illegal_content_legal_ground\":\"law\",\"illegal_content_explanation\":\"why\","
    "\"content_type\":[\"CONTENT_TYPE_TEXT\"],\"category\":\"STATEMENT_CATEGORY_ANIMAL_"
    "WELFARE\","
    "\"territorial_scope\":[\"BE\",\"DE\",\"FR\"],\"content_date\":\"2023-05-14\","
    "\"application_date\":\"2023-05-15\",\"decision_facts\":\"facts\","
    "\"source_type\":\"SOURCE_VOLUNTARY\",\"automated_detection\":\"No\","
    "\"automated_decision\":\"AUTOMATED_DECISION_PARTIALLY\",\"puid\":\"TK421\"}";

static json_t *
base(void)
{
	json_t *j = NULL;
	assert_int_equal(tl_json_parse(tl_str(minimal), &j), 0);
	return j;
}

/* The minimal statement with one member replaced; expects the given field to be refused, or nothing. */
static void
expect(const char *member, const char *json, const char *refused)
{
	json_t *j TL_CLEANUP(tl_json_unref) = base();
	json_t *v = json_loads(json, JSON_DECODE_ANY, NULL);
	assert_non_null(v);
	assert_int_equal(json_object_set_new(j, member, v), 0);
	struct tl_sor_error e[40];
	size_t n = tl_sor_check(j, e, TL_COUNT(e));
	if (!refused && n > 0)
		fail_msg("%s=%s: refused for %s: %s", member, json, e[0].field, e[0].problem);
	if (refused && (n == 0 || strcmp(e[0].field, refused) != 0))
		fail_msg("%s=%s: not refused for %s", member, json, refused);
}

static void
t_minimal_statement_is_accepted(void **state)
{
	(void)state;
	expect("puid", "\"TK421\"", NULL);
}

static void
t_empty_statement_names_every_required_field(void **state)
{
	(void)state;
	json_t *j TL_CLEANUP(tl_json_unref) = json_object();
	struct tl_sor_error e[40];
	size_t n = tl_sor_check(j, e, TL_COUNT(e));
	static const char *const want[] = {"decision_visibility", "decision_monetary",
	    "decision_provision", "decision_account", "decision_ground", "content_type",
	    "category", "content_date", "application_date", "decision_facts", "source_type",
	    "automated_detection", "automated_decision", "puid"};
	assert_int_equal(n, TL_COUNT(want));
	for (size_t i = 0; i < n; i++)
		assert_string_equal(e[i].field, want[i]);
}

static void
t_dates_territories_languages_and_urls_are_checked(void **state)
{
	(void)state;
	expect("application_date", "\"2023-4-4-4\"", "application_date");
	expect("application_date", "\"2019-12-31\"", "application_date");
	expect("content_date", "\"2000-01-01\"", NULL);
	expect("content_date", "\"1999-12-31\"", "content_date");
	expect("content_date", "\"2038-01-02\"", "content_date");
	expect("content_date", "\"2023-02-30\"", "content_date");
	expect("territorial_scope", "[\"XY\",\"ZZ\"]", "territorial_scope");
	expect("content_language", "\"en\"", "content_language");
	expect("content_language", "\"XX\"", "content_language");
	expect("content_language", "\"VI\"", NULL);
	expect("content_language", "\"EL\"", NULL);
	expect("decision_ground_reference_url", "\"notvalidurl\"",
	    "decision_ground_reference_url");
	expect("end_date_visibility_restriction", "\"2023-05-14\"",
	    "end_date_visibility_restriction");
	expect("end_date_visibility_restriction", "\"2023-05-15\"", NULL);
}

static void
t_territories_are_sorted_and_unique(void **state)
{
	(void)state;
	json_t *j TL_CLEANUP(tl_json_unref) = base();
	(void)json_object_set_new(
	    j, "territorial_scope", json_pack("[ssssss]", "PT", "DE", "ES", "DE", "PT", "ES"));
	struct tl_sor_error e;
	assert_int_equal(tl_sor_check(j, &e, 1), 0);
	const json_t *s = json_object_get(j, "territorial_scope");
	assert_int_equal(json_array_size(s), 3);
	assert_string_equal(json_string_value(json_array_get(s, 0)), "DE");
	assert_string_equal(json_string_value(json_array_get(s, 2)), "PT");
}

static void
t_puid_format_is_checked(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "\"a b\"", "\"a+b\"", "\"a.b\"", "\"\\u00e9\"", "\"\""};
	for (size_t i = 0; i < TL_COUNT(bad); i++)
		expect("puid", bad[i], "puid");
	expect("puid", "\"a-b_C9\"", NULL);
}

static void
t_texts_without_their_condition_are_dropped(void **state)
{
	(void)state;
	static const char *const dropped[] = {"incompatible_content_ground",
	    "incompatible_content_explanation", "incompatible_content_illegal",
	    "source_identity", "content_type_other", "decision_visibility_other",
	    "decision_monetary_other"};
	json_t *j TL_CLEANUP(tl_json_unref) = base();
	for (size_t i = 0; i < TL_COUNT(dropped); i++)
		(void)json_object_set_new(j, dropped[i], json_string("Yes"));
	struct tl_sor_error e;
	assert_int_equal(tl_sor_check(j, &e, 1), 0);
	for (size_t i = 0; i < TL_COUNT(dropped); i++)
		assert_true(json_is_null(json_object_get(j, dropped[i])));
}

static void
t_texts_with_their_condition_are_required(void **state)
{
	(void)state;
	expect("decision_visibility", "[\"DECISION_VISIBILITY_OTHER\"]",
	    "decision_visibility_other");
	expect("decision_monetary", "\"DECISION_MONETARY_OTHER\"", "decision_monetary_other");
	expect("content_type", "[\"CONTENT_TYPE_OTHER\"]", "content_type_other");
	expect("illegal_content_explanation", "\"\"", "illegal_content_explanation");
	expect("decision_ground", "\"DECISION_GROUND_INCOMPATIBLE_CONTENT\"",
	    "incompatible_content_ground");
}

static void
t_source_identity_is_kept_for_notices(void **state)
{
	(void)state;
	json_t *j TL_CLEANUP(tl_json_unref) = base();
	(void)json_object_set_new(j, "source_type", json_string("SOURCE_ARTICLE_16"));
	(void)json_object_set_new(j, "source_identity", json_string("somebody"));
	struct tl_sor_error e;
	assert_int_equal(tl_sor_check(j, &e, 1), 0);
	assert_string_equal(
	    json_string_value(json_object_get(j, "source_identity")), "somebody");
}

static void
t_words_and_arrays_are_checked(void **state)
{
	(void)state;
	expect("content_type", "\"CONTENT_TYPE_TEXT\"", "content_type");
	expect("content_type", "[\"CONTENT_TYPE_SMELL\"]", "content_type");
	expect("category", "\"STATEMENT_CATEGORY_NONE\"", "category");
	expect("decision_facts", "3", "decision_facts");
	expect("decision_account", "\"DECISION_ACCOUNT_GONE\"", "decision_account");
	expect("category_specification", "[\"KEYWORD_ANIMAL_HARM\",\"KEYWORD_OTHER\"]", NULL);
	expect("category_specification", "[\"KEYWORD_PHISHING\"]", "category_specification");
	expect(
	    "category_specification", "[\"KEYWORD_DANGEROUS_TOYS\"]", "category_specification");
	expect("content_id", "{\"EAN-13\":\"4006381333931\"}", NULL);
	expect("content_id", "{\"EAN-13\":\"400638133393\"}", "content_id.EAN-13");
	expect("content_id", "{\"EAN-13\":\"40063813339AB\"}", "content_id.EAN-13");
}

static void
t_main_category_is_removed_from_the_additions(void **state)
{
	(void)state;
	json_t *j TL_CLEANUP(tl_json_unref) = base();
	(void)json_object_set_new(
	    j, "category_addition", json_pack("[s]", "STATEMENT_CATEGORY_ANIMAL_WELFARE"));
	struct tl_sor_error e;
	assert_int_equal(tl_sor_check(j, &e, 1), 0);
	assert_int_equal(json_array_size(json_object_get(j, "category_addition")), 0);
}

static void
t_account_decision_alone_is_accepted(void **state)
{
	(void)state;
	json_t *j TL_CLEANUP(tl_json_unref) = base();
	(void)json_object_set_new(j, "decision_visibility", json_array());
	(void)json_object_set_new(
	    j, "decision_account", json_string("DECISION_ACCOUNT_SUSPENDED"));
	struct tl_sor_error e;
	assert_int_equal(tl_sor_check(j, &e, 1), 0);
}

static void
t_length_counts_characters(void **state)
{
	(void)state;
	char text[2048] = "\"";
	for (int i = 0; i < 500; i++)
		memcpy(text + 1 + 2 * i, "\xc3\xa9", 2);
	text[1001] = '"';
	text[1002] = '\0';
	expect("illegal_content_legal_ground", text, NULL);
	text[1001] = 'x';
	text[1002] = '"';
	text[1003] = '\0';
	expect("illegal_content_legal_ground", text, "illegal_content_legal_ground");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_minimal_statement_is_accepted),
	    cmocka_unit_test(t_empty_statement_names_every_required_field),
	    cmocka_unit_test(t_dates_territories_languages_and_urls_are_checked),
	    cmocka_unit_test(t_territories_are_sorted_and_unique),
	    cmocka_unit_test(t_puid_format_is_checked),
	    cmocka_unit_test(t_texts_without_their_condition_are_dropped),
	    cmocka_unit_test(t_texts_with_their_condition_are_required),
	    cmocka_unit_test(t_source_identity_is_kept_for_notices),
	    cmocka_unit_test(t_words_and_arrays_are_checked),
	    cmocka_unit_test(t_main_category_is_removed_from_the_additions),
	    cmocka_unit_test(t_account_decision_alone_is_accepted),
	    cmocka_unit_test(t_length_counts_characters),
	};
	return cmocka_run_group_tests_name("report_sor", tests, NULL, NULL);
}
