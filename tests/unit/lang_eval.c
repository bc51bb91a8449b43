/* The evaluator: every operator, every kind of value, the third value, loops, bounds and explanations. */
#include "lang_unit.h"

static const char *const truths[] = {"false", "true", "unknown"};

static enum tl_lang_truth
truth_of(const char *text, bool *ret_failed)
{
	struct tl_arena *a = tl_arena_create(1 << 22);
	struct tl_lang_report r;
	struct tl_lang_prog p;
	struct tl_lang_result res;
	tl_lang_report_init(&r, a);
	if (lang_compile(a, text, &r, &p) < 0)
		fail_msg("%s\n%s", text, tl_buf_z(&r.text));
	tl_lang_eval(&p, &lang_env, &res);
	*ret_failed = res.failed;
	tl_lang_report_fini(&r);
	tl_arena_destroy(a);
	return res.truth;
}

static void
expect(const char *text, const char *want)
{
	bool failed;
	enum tl_lang_truth got = truth_of(text, &failed);
	const char *word = got == TL_LANG_UNKNOWN && failed ? "failed" : truths[got];
	if (strcmp(word, want) != 0)
		fail_msg("%s: expected %s, got %s", text, want, word);
}

struct row {
	const char *text, *want;
};

static void
expect_all(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect(rows[i].text, rows[i].want);
}
#define EXPECT_ALL(rows) expect_all((rows), TL_COUNT(rows))

static void
t_logic_is_kleene(void **state)
{
	(void)state;
	/* Rows a, columns b: yes no gone broken. "failed" outweighs "unknown". */
	static const char *const names[] = {"yes", "no", "gone", "broken"};
	static const char *const and[4][4] = {
	    {"true", "false", "unknown", "failed"},
	    {"false", "false", "false", "false"},
	    {"unknown", "false", "unknown", "failed"},
	    {"failed", "false", "failed", "failed"},
	};
	static const char *const or [4][4] = {
	    {"true", "true", "true", "true"},
	    {"true", "false", "unknown", "failed"},
	    {"true", "unknown", "unknown", "failed"},
	    {"true", "failed", "failed", "failed"},
	};
	for (size_t a = 0; a < 4; a++) {
		for (size_t b = 0; b < 4; b++) {
			char text[80];
			(void)snprintf(text, sizeof text, "%s && %s", names[a], names[b]);
			expect(text, and[a][b]);
			(void)snprintf(text, sizeof text, "%s || %s", names[a], names[b]);
			expect(text, or [a][b]);
			/* The same as plain values, where nothing is pushed down. */
			(void)snprintf(
			    text, sizeof text, "(%s && %s) == true", names[a], names[b]);
			expect(text, and[a][b]);
			(void)snprintf(
			    text, sizeof text, "!(!(%s) || !(%s))", names[a], names[b]);
			expect(text, and[a][b]);
		}
	}
}

static void
t_not_turns_round_and_keeps_unknown(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {"!yes", "false"},
	    {"!no", "true"},
	    {"!gone", "unknown"},
	    {"!broken", "failed"},
	    {"!!yes", "true"},
	    {"!(yes && no)", "true"},
	    {"!(no || no)", "true"},
	    {"!(yes || gone)", "false"},
	    {"(!yes) == false", "true"},
	    {"!(item.views > 5)", "false"},
	    {"!true", "false"},
	};
	EXPECT_ALL(rows);
}

static void
t_every_comparison_of_every_kind(void **state)
{
	(void)state;
	static const struct {
		const char *less, *more;
	} kinds[] = {
	    {"item.views", "1201"},
	    {"1199", "item.views"},
	    {"item.share", "0.5"},
	    {"item.share", "1"},
	    {"1", "1.5"},
	    {"item.language", "'en'"},
	    {"item.age", "'4d'"},
	    {"'2d'", "item.age"},
	    {"item.posted_at", "now"},
	    {"item.posted_at", "'2026-01-01T00:00:00.001Z'"},
	    {"item.posted_at", "timestamp('2026-06-01T00:00:00+02:00')"},
	    {"duration('1h')", "item.age"},
	};
	static const struct {
		const char *op, *lt, *eq, *gt;
	} ops[] = {
	    {"==", "false", "true", "false"},
	    {"!=", "true", "false", "true"},
	    {"<", "true", "false", "false"},
	    {"<=", "true", "true", "false"},
	    {">", "false", "false", "true"},
	    {">=", "false", "true", "true"},
	};
	for (size_t k = 0; k < TL_COUNT(kinds); k++) {
		for (size_t o = 0; o < TL_COUNT(ops); o++) {
			char text[160];
			const char *l = kinds[k].less, *m = kinds[k].more;
			(void)snprintf(text, sizeof text, "%s %s %s", l, ops[o].op, m);
			expect(text, ops[o].lt);
			(void)snprintf(text, sizeof text, "%s %s %s", m, ops[o].op, l);
			expect(text, ops[o].gt);
			(void)snprintf(text, sizeof text, "%s %s %s", l, ops[o].op, l);
			expect(text, ops[o].eq);
			(void)snprintf(text, sizeof text, "!(%s %s %s)", l, ops[o].op, l);
			expect(text, ops[o].eq[0] == 't' ? "false" : "true");
		}
	}
}

static void
t_enums_and_bools_compare_for_equality(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {"item.colour == 'dark blue'", "true"},
	    {"item.colour == \"red\"", "false"},
	    {"item.colour != 'red'", "true"},
	    {"'dark blue' == item.colour", "true"},
	    {"item.colour == item.colour", "true"},
	    {"item.colour in ['red', 'dark blue']", "true"},
	    {"item.colour in ['red', 'green']", "false"},
	    {"yes == true", "true"},
	    {"yes != no", "true"},
	    {"yes == no", "false"},
	    {"no in [true, false]", "true"},
	};
	EXPECT_ALL(rows);
}

static void
t_unknown_operand_makes_every_operator_unknown(void **state)
{
	(void)state;
	static const char *const shapes[] = {"%s == 1", "%s != 1", "%s < 1", "%s <= 1",
	    "%s > 1", "%s >= 1", "1 == %s", "1 < %s", "%s in [1, 2]", "%s + 1 == 2",
	    "1 - %s == 2", "-%s == 1", "%s + %s == 2", "!(%s == 1)", "contacts('1h') == %s"};
	for (size_t i = 0; i < TL_COUNT(shapes); i++) {
		char text[160];
		(void)snprintf(text, sizeof text, shapes[i], "item.lost", "item.lost");
		expect(text, "unknown");
		(void)snprintf(text, sizeof text, shapes[i], "item.bad", "item.lost");
		expect(text, "failed");
	}
}

static void
t_lists_and_in(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {"item.language in ['de', 'at']", "true"},
	    {"item.language in []", "false"},
	    {"!(item.language in ['fr'])", "true"},
	    {"'beta' in item.tags", "true"},
	    {"'gamma' in item.tags", "false"},
	    {"item.tags.size() == 2", "true"},
	    {"item.views in [1, 1200.0]", "true"},
	    {"item.age in ['3d', '1h']", "true"},
	};
	EXPECT_ALL(rows);
}

static void
t_text_methods(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {"text.body.contains('secret')", "true"},
	    {"text.body.contains('Secret')", "false"},
	    {"text.body.contains('')", "true"},
	    {"text.body.startsWith('a gr\\u00fc')", "true"},
	    {"text.body.startsWith('b')", "false"},
	    {"text.body.endsWith('cret')", "true"},
	    {"text.body.endsWith('a longer text than there is in it')", "false"},
	    {"text.body.size() == 13", "true"},
	    {"!text.body.contains('x')", "true"},
	    {"'abc'.contains('b')", "true"},
	    {"text.body.contains(item.language)", "false"},
	};
	EXPECT_ALL(rows);
}

static void
t_arithmetic(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {"item.views + 5 - 5 == 1200", "true"},
	    {"item.views - 1300 == -100", "true"},
	    {"item.views + 0.5 > 1200", "true"},
	    {"-item.views < 0", "true"},
	    {"-(-3) == 3", "true"},
	    {"10 - 3 - 2 == 5", "true"},
	    {"10 - (3 - 2) == 9", "true"},
	    {"now - item.posted_at == '3d'", "true"},
	    {"now - item.posted_at > duration('71h59m')", "true"},
	    {"item.posted_at + '1d' < now", "true"},
	    {"now - '1w' < item.posted_at", "true"},
	    {"-item.age < '0s'", "true"},
	    {"9223372036854775807 + item.views > 0", "failed"},
	    {"-9223372036854775807 - item.views < 0", "failed"},
	};
	EXPECT_ALL(rows);
}

static void
t_has_tells_absent_from_failed(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {"has(item.views)", "true"},
	    {"has(item.lost)", "false"},
	    {"!has(item.lost)", "true"},
	    {"has(item.bad)", "failed"},
	    {"has(item.lost) && item.lost > 3", "false"},
	    {"has(text.in_list('demo-known'))", "true"},
	    {"media.exists(m, has(m.lost))", "false"},
	};
	EXPECT_ALL(rows);
}

static void
t_exists_and_all(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {"media.exists(m, m.in_bank('demo-known'))", "true"},
	    {"media.all(m, m.in_bank('demo-known'))", "false"},
	    {"media.all(m, m.n >= 0)", "true"},
	    {"media.exists(m, m.n == 7)", "false"},
	    {"empty.exists(m, true)", "false"},
	    {"empty.all(m, false)", "true"},
	    {"!media.exists(m, m.n == 7)", "true"},
	    {"!media.all(m, m.n >= 0)", "false"},
	    {"!empty.exists(m, m.n == 0)", "true"},
	    {"media.exists(m, m.lost)", "unknown"},
	    {"media.exists(m, m.broken)", "failed"},
	    {"media.exists(m, m.broken || m.n == 2)", "true"},
	    {"media.all(m, !m.broken)", "failed"},
	    {"media.all(m, m.broken)", "false"},
	    {"media_gone.exists(m, true)", "unknown"},
	    {"media.exists(m, media.exists(o, m.n + 1 == o.n && m.n == 1))", "true"},
	    {"media.all(m, media.exists(o, o.n >= m.n))", "true"},
	    {"media.exists(m, media.all(o, o.n <= m.n) && m.n == 1)", "false"},
	    {"media.size() == 3", "true"},
	    {"media.exists(m, m.n == 0) == media.exists(k, k.n == 2)", "true"},
	};
	EXPECT_ALL(rows);
}

static void
t_too_much_work_ends_unknown(void **state)
{
	(void)state;
	expect("crowd.all(a, crowd.all(b, a.n + b.n >= 0))", "failed");
}

static void
t_calls_take_their_arguments(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {"contacts('24h') == 24", "true"},
	    {"contacts('1d') == 24", "true"},
	    {"model.score('nsfw') > 0.5", "true"},
	    {"text.in_list('demo-known')", "true"},
	    {"text.in_list('demo-exact')", "false"},
	};
	EXPECT_ALL(rows);
}

static void
t_programs_list_what_they_need(void **state)
{
	(void)state;
	struct tl_arena *a = tl_arena_create(1 << 20);
	struct tl_lang_report r;
	struct tl_lang_prog p;
	tl_lang_report_init(&r, a);
	assert_int_equal(
	    0, lang_compile(a,
		   "model.score('nsfw') > 0.5 && model.score('gore') > 0.5 && "
		   "text.in_list('demo-known') && "
		   "media.exists(m, m.in_bank('demo-exact') || m.in_bank('demo-known')) && "
		   "model.score('nsfw') < 0.9",
		   &r, &p));
	assert_int_equal(5, p.n_detectors);
	assert_string_equal("model:nsfw", p.detectors[0]);
	assert_string_equal("model:gore", p.detectors[1]);
	assert_string_equal("text", p.detectors[2]);
	assert_string_equal("digest", p.detectors[3]);
	assert_string_equal("pdq", p.detectors[4]);
	assert_int_equal(4, p.n_used);
	tl_lang_report_fini(&r);
	tl_arena_destroy(a);
}

static void
explain(const char *text, const char *want)
{
	struct tl_arena *a = tl_arena_create(1 << 22);
	struct tl_lang_report r;
	struct tl_lang_prog p;
	struct tl_lang_explanation x;
	tl_lang_report_init(&r, a);
	if (lang_compile(a, text, &r, &p) < 0)
		fail_msg("%s\n%s", text, tl_buf_z(&r.text));
	assert_int_equal(0, tl_lang_explain(&p, &lang_env, a, &x));
	if (!tl_str_is(x.words, want))
		fail_msg("%s\n  want %s\n  got  %.*s", text, want, TL_ARG(x.words));
	tl_lang_report_fini(&r);
	tl_arena_destroy(a);
}

static void
t_explanations_name_what_was_true(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {"item.views >= 1000", "the number of views is 1200, at least 1000"},
	    {"item.views > 1000 && item.share < 0.5",
		"the number of views is 1200, more than 1000, and the share is 0.25, less than "
		"0.5"},
	    {"item.colour == 'dark blue'", "the colour is \"dark blue\""},
	    {"item.colour != 'red'", "the colour is \"dark blue\", not \"red\""},
	    {"!(item.colour == 'red')", "the colour is \"dark blue\", not \"red\""},
	    {"item.language in ['de', 'at']", "the language is \"de\", one of \"de\", \"at\""},
	    {"!(item.language in ['fr'])", "the language is \"de\", none of \"fr\""},
	    {"item.age < '7d'", "the age is 3d, less than 7d"},
	    {"item.posted_at < now", "the time of posting is 2026-01-01T00:00:00.000Z, less "
				     "than 2026-01-04T00:00:00.000Z"},
	    {"media.exists(m, m.in_bank('demo-known'))",
		"medium 2 matches bank \"demo-known\" (distance 4)"},
	    {"media.all(m, m.n < 3)", "the number of medium 1 is 0, less than 3, the number of "
				      "medium 2 is 1, less than 3, "
				      "and the number of medium 3 is 2, less than 3"},
	    {"!media.exists(m, m.n == 7) && yes",
		"the number of medium 1 is 0, not 7, the number of medium 2 is 1, not 7, the "
		"number of "
		"medium 3 is 2, not 7, and yes"},
	    {"text.in_list('demo-known')", "the text has a term of \"demo-known\""},
	    {"!text.in_list('demo-exact')", "the text has no term of \"demo-exact\""},
	    {"(yes && no) || item.views > 1", "the number of views is 1200, more than 1"},
	    {"no || gone || item.share == 0.25", "the share is 0.25"},
	    {"media.exists(m, m.n == 1 && m.in_bank('demo-known'))",
		"the number of medium 2 is 1, and medium 2 matches bank \"demo-known\" "
		"(distance 4)"},
	    {"has(item.views)", "the number of views is known"},
	    {"!has(item.lost)", "!(has(item.lost))"},
	    {"contacts('24h') >= 5", "contacts is 24, at least 5"},
	    {"item.views > 5 && text.in_list('demo-exact')", ""},
	};
	for (size_t i = 0; i < TL_COUNT(rows); i++)
		explain(rows[i].text, rows[i].want);
}

static void
t_explanations_never_show_content(void **state)
{
	(void)state;
	explain("text.body.contains('secret')", "text.body.contains(\"secret\")");
	explain("text.body != 'x'", "text.body != \"x\"");
	explain("has(text.body)", "the body is known");
}

static void
t_unknown_says_what_and_why(void **state)
{
	(void)state;
	explain("broken || no", "broken is unknown: the detector \"eye\" failed");
	explain("gone && broken", "broken is unknown: the detector \"eye\" failed");
	explain("item.lost > 3", "item.lost is unknown: the platform did not say");
	explain("media.exists(m, m.broken)", "medium 1: broken is unknown: no answer");
	explain("9223372036854775807 + item.views > 0", "the number is too large");
}

static void
t_wrong_answers_are_failures(void **state)
{
	(void)state;
	/* A name that the environment knows nothing of. */
	struct tl_lang_name name = {.name = "odd", .type = TL_T_INT, .id = 99};
	struct tl_lang_name wrong = {.name = "wrong", .type = TL_T_INT, .id = ID_YES};
	struct tl_lang_name names[] = {name, wrong};
	struct tl_lang_schema schema = {names, 2, NULL, 0};
	struct tl_arena *a = tl_arena_create(1 << 20);
	struct tl_lang_report r;
	struct tl_lang_source src = {"x", TL_S("odd > 1 || wrong > 1")};
	struct tl_lang_expr e;
	struct tl_lang_prog p;
	struct tl_lang_result res;
	tl_lang_report_init(&r, a);
	assert_int_equal(0, tl_lang_parse_expr(a, &src, &r, &e));
	assert_int_equal(0, tl_lang_compile(a, &schema, &src, e, &r, &p));
	tl_lang_eval(&p, &lang_env, &res);
	assert_int_equal(TL_LANG_UNKNOWN, res.truth);
	assert_true(res.failed);
	tl_lang_report_fini(&r);
	tl_arena_destroy(a);
}

static void
t_durations_read(void **state)
{
	(void)state;
	int64_t us;
	assert_int_equal(0, tl_lang_duration_parse(TL_S("1h30m"), &us));
	assert_int_equal(INT64_C(5400000000), us);
	assert_int_equal(0, tl_lang_duration_parse(TL_S("250ms"), &us));
	assert_int_equal(250000, us);
	assert_true(tl_lang_duration_parse(TL_S(""), &us) < 0);
	assert_true(tl_lang_duration_parse(TL_S("24"), &us) < 0);
	assert_true(tl_lang_duration_parse(TL_S("h"), &us) < 0);
	assert_true(tl_lang_duration_parse(TL_S("1y"), &us) < 0);
	assert_true(tl_lang_duration_parse(TL_S("-1h"), &us) < 0);
	assert_true(tl_lang_duration_parse(TL_S("99999999999999999w"), &us) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_logic_is_kleene),
	    cmocka_unit_test(t_not_turns_round_and_keeps_unknown),
	    cmocka_unit_test(t_every_comparison_of_every_kind),
	    cmocka_unit_test(t_enums_and_bools_compare_for_equality),
	    cmocka_unit_test(t_unknown_operand_makes_every_operator_unknown),
	    cmocka_unit_test(t_lists_and_in),
	    cmocka_unit_test(t_text_methods),
	    cmocka_unit_test(t_arithmetic),
	    cmocka_unit_test(t_has_tells_absent_from_failed),
	    cmocka_unit_test(t_exists_and_all),
	    cmocka_unit_test(t_too_much_work_ends_unknown),
	    cmocka_unit_test(t_calls_take_their_arguments),
	    cmocka_unit_test(t_programs_list_what_they_need),
	    cmocka_unit_test(t_explanations_name_what_was_true),
	    cmocka_unit_test(t_explanations_never_show_content),
	    cmocka_unit_test(t_unknown_says_what_and_why),
	    cmocka_unit_test(t_wrong_answers_are_failures),
	    cmocka_unit_test(t_durations_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
