/* The parser, the printer and the checker: what is read, how it prints, and what is said of mistakes. */
#include "lang_unit.h"

/* Parses; the canonical text or the report, in the arena. */
static const char *
canonical(struct tl_arena *a, const char *text, bool *ret_ok)
{
	struct tl_lang_report r;
	struct tl_lang_source src = {"x", tl_str(text)};
	struct tl_lang_expr e;
	struct tl_buf b = {0};
	tl_lang_report_init(&r, a);
	*ret_ok = tl_lang_parse_expr(a, &src, &r, &e) == 0;
	if (*ret_ok)
		tl_lang_print_expr(&b, e);
	else
		tl_buf_put(&b, r.text.p, r.text.n);
	const char *z = tl_arena_printf(a, "%s", tl_buf_z(&b));
	tl_buf_fini(&b);
	tl_lang_report_fini(&r);
	return z;
}

static const struct {
	const char *text, *printed; /* printed NULL: as written */
} expressions[] = {
    {"a", NULL},
    {"a.b.c", NULL},
    {" a . b\n.c ", "a.b.c"},
    {"(((a)))", "a"},
    {"(a).b", "a.b"},
    {"a && b && c", NULL},
    {"a && (b && c)", NULL},
    {"(a && b) && c", "a && b && c"},
    {"a || b && c", NULL},
    {"(a || b) && c", NULL},
    {"a||b", "a || b"},
    {"!a", NULL},
    {"!!a", NULL},
    {"! (a)", "!a"},
    {"!(a && b)", NULL},
    {"!a.b()", NULL},
    {"(!a).size()", NULL},
    {"a == 1", NULL},
    {"(a == 1) == b", NULL},
    {"a == (1 == b)", NULL},
    {"a == 1 && b != 2 || c < 3", NULL},
    {"a <= 1 || b >= -1 || c > 0", NULL},
    {"a + b - c", NULL},
    {"a - (b - c)", NULL},
    {"(a + b).size()", NULL},
    {"-a", NULL},
    {"--a", NULL},
    {"-(-5)", "5"},
    {"- 5", "-5"},
    {"(-5).size()", NULL},
    {"-5.size()", NULL},
    {"a - -5", NULL},
    {"-(a + b)", NULL},
    {"1.5", NULL},
    {"1.50", "1.5"},
    {"1e3", "1000.0"},
    {"1e300", "1e+300"},
    {"0.1", NULL},
    {"-0.0", NULL},
    {"9223372036854775807", NULL},
    {"true && false", NULL},
    {"'x'", "\"x\""},
    {"\"it's\"", NULL},
    {"'say \"x\"'", "\"say \\\"x\\\"\""},
    {"'a\\n\\t\\\\\\u00e9\\U0001F600'", "\"a\\n\\t\\\\\xc3\xa9\xf0\x9f\x98\x80\""},
    {"'\\u0007'", "\"\\u0007\""},
    {"a in ['x', \"y\"]", "a in [\"x\", \"y\"]"},
    {"a in []", NULL},
    {"a in [1, -2, 3.5, true]", NULL},
    {"a in [1,]", "a in [1]"},
    {"a in b.c", NULL},
    {"!(a in [1])", NULL},
    {"has(a.b)", NULL},
    {"f(1)", NULL},
    {"a.f(1, 'x')", "a.f(1, \"x\")"},
    {"a.f(b + 1, (c))", "a.f(b + 1, c)"},
    {"a.exists(m, m.b)", NULL},
    {"a.all(m, m.exists(n, n.x == m.y))", NULL},
    {"a.exists(m, m.b || c)", NULL},
    {"a.exists(m, m.f(\"x\").g == 1)", NULL},
    {"(a.exists(m, m.b))", "a.exists(m, m.b)"},
    {"a # a comment\n && b # and another", "a && b"},
    {"inside == 1", NULL},
};

static void
t_print_is_canonical_and_stable(void **state)
{
	(void)state;
	for (size_t i = 0; i < TL_COUNT(expressions); i++) {
		struct tl_arena *a = tl_arena_create(1 << 22);
		bool ok;
		const char *want =
		    expressions[i].printed ? expressions[i].printed : expressions[i].text;
		const char *once = canonical(a, expressions[i].text, &ok);
		if (!ok || strcmp(once, want) != 0)
			fail_msg("%s\n  want %s\n  got  %s", expressions[i].text, want, once);
		const char *twice = canonical(a, once, &ok);
		assert_true(ok);
		assert_string_equal(once, twice);
		tl_arena_destroy(a);
	}
}

/* text → line:column and message of its first error */
struct mistake {
	const char *text, *want;
};

static const struct mistake syntax[] = {
    {"", "1:1: expected a value, found the end of the file"},
    {"a &&", "1:5: expected a value, found the end of the file"},
    {"a && && b", "1:6: expected a value, found \"&&\""},
    {"a b", "1:3: expected an operator or the end, found \"b\""},
    {"(a", "1:1: this is not closed with \")\""},
    {"a)", "1:2: this \")\" has no \"(\""},
    {"a.f(1", "1:3: this is not closed with \")\""},
    {"a, b", "1:2: a \",\" has no meaning here"},
    {"(a, b)", "1:3: a \",\" has no meaning here"},
    {"a.", "1:3: expected a name after \".\", found the end of the file"},
    {"a..b", "1:3: expected a name after \".\", found \".\""},
    {"a = 1", "1:3: a single \"=\"; \"is equal\" is written \"==\""},
    {"a & b", "1:3: a single \"&\"; \"and\" is written \"&&\""},
    {"a | b", "1:3: a single \"|\"; \"or\" is written \"||\""},
    {"a and b", "1:3: \"and\" is written \"&&\""},
    {"a or b", "1:3: \"or\" is written \"||\""},
    {"not a", "1:1: \"not\" is written \"!\""},
    {"a ? b : c", "1:3: \"?\" is not part of the language; write two rules"},
    {"a * 2", "1:3: only + and - can be calculated with"},
    {"a $ b", "1:3: this character has no meaning here"},
    {"\xc3\xa9", "1:1: this character has no meaning here"},
    {"a == 24h", "1:6: a number ends in letters; durations are written as text: \"24h\""},
    {"a == 99999999999999999999", "1:6: the number is too large or too long"},
    {"a == 1e999", "1:6: the number is too large or too long"},
    {"a == 'x", "1:6: this text is not closed on its line"},
    {"a == 'x\ny'", "1:6: this text is not closed on its line"},
    {"a == '\\q'",
	"1:6: unknown escape in text; known are \\n \\r \\t \\\\ \\\" \\' \\uXXXX \\UXXXXXXXX"},
    {"a == '\\u0000'",
	"1:6: unknown escape in text; known are \\n \\r \\t \\\\ \\\" \\' \\uXXXX \\UXXXXXXXX"},
    {"a == '\\ud800'",
	"1:6: unknown escape in text; known are \\n \\r \\t \\\\ \\\" \\' \\uXXXX \\UXXXXXXXX"},
    {"1 < a < 3", "1:7: comparisons do not follow one another; join them with \"&&\""},
    {"a in in", "1:6: expected a value, found \"in\""},
    {"a in [b]", "1:7: expected a text, a number, true or false, found \"b\""},
    {"a in [1 2]", "1:9: expected \",\" or \"]\", found a number"},
    {"a.exists(1, b)",
	"1:10: expected a name for the element, as in exists(m, …), found a number"},
    {"a.exists(m)", "1:11: expected \",\" and a condition, found \")\""},
    {"a.exists(m, b.exists(m, c))", "1:22: this name is in use already; take another"},
    {"a.f(1, 2, 3)", "1:9: too many arguments"},
    {"has()", "1:1: has() takes exactly one name"},
    {"has(a, b)", "1:6: a \",\" has no meaning here"},
    {"a ==\n  b ==\n c", "2:5: comparisons do not follow one another; join them with \"&&\""},
};

static const struct mistake meaning[] = {
    {"item.vews > 1",
	"1:1: there is nothing called \"item.vews\"; did you mean \"item.views\"?"},
    {"zzz", "1:1: there is nothing called \"zzz\""},
    {"text.in_lst('demo-known')",
	"1:1: there is nothing called \"text.in_lst\"; did you mean \"text.in_list\"?"},
    {"zope(1)", "1:1: there is nothing called \"zope\""},
    {"item.views", "1:1: \"when\" takes a condition, but this is an int"},
    {"item.views && yes", "1:1: \"&&\" takes a condition, but this is an int"},
    {"yes || 'x'", "1:8: \"||\" takes a condition, but this is a string"},
    {"!item.views", "1:2: \"!\" takes a condition, but this is an int"},
    {"-item.language == 'x'", "1:1: \"-\" takes a number, not a string"},
    {"item.views == 'x'", "1:1: an int cannot be compared with a string"},
    {"item.language == 1", "1:1: a string cannot be compared with an int"},
    {"yes < no", "1:1: a bool has no order; it can be compared with == and != only"},
    {"item.colour < 'red'",
	"1:1: an enum has no order; it can be compared with == and != only"},
    {"item.colour == 'gren'", "1:16: \"gren\" is not one of \"red\", \"green\", \"dark blue\"; "
			      "did you mean \"green\"?"},
    {"item.colour in ['red', 'x']",
	"1:16: \"x\" is not one of \"red\", \"green\", \"dark blue\""},
    {"item.age > '3 days'",
	"1:12: \"3 days\" is not a duration; write \"24h\", \"30m\", \"7d\" or \"1h30m\""},
    {"item.posted_at > 'yesterday'",
	"1:18: \"yesterday\" is not a time; write \"2026-01-31T12:00:00Z\""},
    {"item.views in ['a']",
	"1:15: element 1 of the list is a string, but an int is looked for"},
    {"item.views in item.tags", "1:1: this list holds strings, but an int is looked for"},
    {"item.views in 3", "1:1: \"in\" takes a value and a list, not an int and an int"},
    {"item.tags in ['a']", "1:1: \"in\" takes a value and a list, not a list and a list"},
    {"item.views + 'x' > 1", "1:1: an int and a string cannot be added"},
    {"now + now > now", "1:1: a timestamp and a timestamp cannot be added"},
    {"item.age - now > '1h'", "1:1: a duration and a timestamp cannot be subtracted"},
    {"text.in_list", "1:1: text.in_list is a function; write text.in_list(…)"},
    {"yes()", "1:1: yes is a value, not a function; leave out the brackets"},
    {"text.in_list('demo-knwn')",
	"1:14: there is no bank \"demo-knwn\"; did you mean \"demo-known\"?"},
    {"text.in_list(3)", "1:14: text.in_list() takes a string here, not an int"},
    {"text.in_list(item.language)", "1:14: text.in_list() takes literals, nothing calculated"},
    {"text.in_list()", "1:1: text.in_list() takes 1 argument, not 0"},
    {"text.in_list('a', 'b')", "1:1: text.in_list() takes 1 argument, not 2"},
    {"contacts('1 day') > 1",
	"1:10: \"1 day\" is not a duration; write \"24h\", \"30m\", \"7d\" or \"1h30m\""},
    {"text.body.strtsWith('x')",
	"1:1: a string has no method \"strtsWith\"; did you mean \"startsWith\"?"},
    {"item.views.contains('x')", "1:1: an int has no method \"contains\""},
    {"text.body.contains(1)", "1:20: contains() takes a string, not an int"},
    {"text.body.contains()", "1:1: contains() takes 1 argument, not 0"},
    {"media.exists(m, m.in_bnk('demo-known'))",
	"1:17: a medium has no \"in_bnk\"; did you mean \"in_bank\"?"},
    {"media.exists(m, m.n)", "1:17: exists() takes a condition, but this is an int"},
    {"media.all(m, m)", "1:14: all() takes a condition, but this is a handle"},
    {"media.exists(m, m == 1)", "1:17: a handle cannot be compared with an int"},
    {"item.tags.exists(t, true)",
	"1:1: exists() and all() run over things such as media, not over a list"},
    {"media == 1", "1:1: a list of handles cannot be compared with an int"},
    {"(yes && no).n", "1:2: a bool has no members"},
    {"has(1)", "1:1: has() takes a name or function, not something calculated"},
    {"has(media)", "1:1: has() takes a name or function, not something calculated"},
    {"has(item.views + 1)", "1:1: has() takes a name or function, not something calculated"},
    {"duration('x') > item.age",
	"1:10: \"x\" is not a duration; write \"24h\", \"30m\", \"7d\" or \"1h30m\""},
    {"duration(1) > item.age", "1:1: duration() takes one text"},
    {"media.exists(a, media.exists(b, media.exists(c, media.exists(d, true))))",
	"1:49: exists() and all() are nested too deeply"},
};

static void
expect_mistake(const struct mistake *m)
{
	struct tl_arena *a = tl_arena_create(1 << 22);
	struct tl_lang_report r;
	struct tl_lang_prog p;
	tl_lang_report_init(&r, a);
	if (lang_compile(a, m->text, &r, &p) == 0)
		fail_msg("%s: no error", m->text);
	assert_int_equal(1, r.count);
	const char *got = tl_arena_printf(
	    a, "%u:%u: %s", r.errors[0].line, r.errors[0].column, r.errors[0].text);
	if (strcmp(got, m->want) != 0)
		fail_msg("%s\n  want %s\n  got  %s", m->text, m->want, got);
	tl_lang_report_fini(&r);
	tl_arena_destroy(a);
}

static void
t_mistakes_of_writing_are_located(void **state)
{
	(void)state;
	for (size_t i = 0; i < TL_COUNT(syntax); i++)
		expect_mistake(&syntax[i]);
}

static void
t_mistakes_of_meaning_are_located(void **state)
{
	(void)state;
	for (size_t i = 0; i < TL_COUNT(meaning); i++)
		expect_mistake(&meaning[i]);
}

static void
t_caret_points_at_the_place(void **state)
{
	(void)state;
	struct tl_arena *a = tl_arena_create(1 << 20);
	bool ok;
	assert_string_equal("x:2:11: error: \"and\" is written \"&&\"\n"
			    "    2 |  b == '\xc3\xa4' and b\n"
			    "      |           ^~~\n",
	    canonical(a, "a ||\n\tb == '\xc3\xa4' and b", &ok));
	tl_arena_destroy(a);
}

static void
t_long_lines_are_shown_in_part(void **state)
{
	(void)state;
	struct tl_arena *a = tl_arena_create(1 << 20);
	struct tl_buf b = {0};
	bool ok;
	for (int i = 0; i < 60; i++)
		tl_buf_puts(&b, "a.b == 1 && ");
	tl_buf_puts(&b, "c = 1 && d");
	const char *report = canonical(a, tl_buf_z(&b), &ok);
	assert_false(ok);
	assert_non_null(strstr(report, "x:1:723: error"));
	assert_true(strlen(report) < 300);
	assert_non_null(strstr(
	    report, "\n      |                                                        ^\n"));
	tl_buf_fini(&b);
	tl_arena_destroy(a);
}

static void
t_size_and_depth_are_bounded(void **state)
{
	(void)state;
	struct tl_arena *a = tl_arena_create(1 << 24);
	struct tl_buf b = {0};
	bool ok;
	for (int i = 0; i < 100; i++)
		tl_buf_byte(&b, '(');
	assert_non_null(strstr(canonical(a, tl_buf_z(&b), &ok), "nested too deeply"));
	assert_false(ok);
	tl_buf_reset(&b);
	for (int i = 0; i < 600; i++)
		tl_buf_puts(&b, "a && ");
	tl_buf_puts(&b, "a");
	assert_non_null(strstr(canonical(a, tl_buf_z(&b), &ok), "too long"));
	assert_false(ok);
	tl_buf_reset(&b);
	tl_buf_puts(&b, "a in [");
	for (int i = 0; i < 257; i++)
		tl_buf_puts(&b, "1,");
	tl_buf_puts(&b, "]");
	assert_non_null(strstr(canonical(a, tl_buf_z(&b), &ok), "the list is too long"));
	tl_buf_fini(&b);
	tl_arena_destroy(a);
}

/* Packs ------------------------------------------------------------------------------------------------- */

static const char pack_text[] =
    "# A pack.\n"
    "rule one\n"
    "  policy p.q when a==1 then block\n"
    "\n"
    "rule two-b policy p\n"
    "when media.exists( m , m.x('y') ) then preserve, case('q', critical),\n"
    "  limit( duration : \"7d\", level: -2 ) shadow until 2027-01-31\n"
    "test \"it \\\"works\\\"\" { item.kind = 'post' media[0].x('y') = true\n"
    " detector(\"pdq\") = 'failed' n = -1.5 } expect block by one, two-b\n"
    "test 't' {} expect allow\n";

static const char pack_printed[] =
    "rule one\n"
    "    policy  p.q\n"
    "    when    a == 1\n"
    "    then    block\n"
    "\n"
    "rule two-b\n"
    "    policy  p\n"
    "    when    media.exists(m, m.x(\"y\"))\n"
    "    then    preserve, case(\"q\", critical), limit(duration: \"7d\", level: -2)\n"
    "    shadow  until 2027-01-31\n"
    "\n"
    "test \"it \\\"works\\\"\" {\n"
    "    item.kind = \"post\"\n"
    "    media[0].x(\"y\") = true\n"
    "    detector(\"pdq\") = \"failed\"\n"
    "    n = -1.5\n"
    "} expect block by one, two-b\n"
    "\n"
    "test \"t\" {\n"
    "} expect allow\n";

static const char *
canonical_pack(struct tl_arena *a, const char *text, bool *ret_ok)
{
	struct tl_lang_report r;
	struct tl_lang_source src = {"p.rules", tl_str(text)};
	struct tl_lang_pack p;
	struct tl_buf b = {0};
	tl_lang_report_init(&r, a);
	*ret_ok = tl_lang_parse_pack(a, &src, &r, &p) == 0;
	if (*ret_ok)
		tl_lang_print_pack(&b, &p);
	else
		tl_buf_put(&b, r.text.p, r.text.n);
	const char *z = tl_arena_printf(a, "%s", tl_buf_z(&b));
	tl_buf_fini(&b);
	tl_lang_report_fini(&r);
	return z;
}

static void
t_packs_print_canonically(void **state)
{
	(void)state;
	struct tl_arena *a = tl_arena_create(1 << 22);
	bool ok;
	assert_string_equal(pack_printed, canonical_pack(a, pack_text, &ok));
	assert_string_equal(pack_printed, canonical_pack(a, pack_printed, &ok));
	assert_string_equal("", canonical_pack(a, "  # nothing\n", &ok));
	tl_arena_destroy(a);
}

static const struct mistake frames[] = {
    {"hello", "p.rules:1:1: error: expected \"rule\" or \"test\", found \"hello\"\n"},
    {"rule", "p.rules:1:5: error: expected the name of the rule, found the end of the file\n"},
    {"rule a when b", "p.rules:1:8: error: expected \"policy\", found \"when\"\n"},
    {"rule a policy p then x", "p.rules:1:17: error: expected \"when\", found \"then\"\n"},
    {"rule a policy p when b",
	"p.rules:1:23: error: expected \"then\", found the end of the file\n"},
    {"rule a policy p when b then",
	"p.rules:1:28: error: expected an action, found the end of the file\n"},
    {"rule a policy p when b then x,",
	"p.rules:1:31: error: expected an action, found the end of the file\n"},
    {"rule a policy p when b then x(",
	"p.rules:1:31: error: expected a text, a number, true or false"},
    {"rule a policy p when b then x shadow", "p.rules:1:37: error: expected \"until\" and a "
					     "date, as in shadow until 2027-01-31, found"},
    {"rule a policy p when b then x shadow until tomorrow",
	"p.rules:1:44: error: expected a date, as in 2027-01-31, found \"tomorrow\"\n"},
    {"rule a policy p when b then x shadow until 2027-02-30",
	"p.rules:1:44: error: there is no such day\n"},
    {"test x", "p.rules:1:6: error: expected the name of the test, in quotes, found \"x\"\n"},
    {"test 'x' expect", "p.rules:1:10: error: expected \"{\", found \"expect\"\n"},
    {"test 'x' { a }", "p.rules:1:14: error: expected \"=\" and a value, found \"}\"\n"},
    {"test 'x' { a = b }",
	"p.rules:1:16: error: expected a text, a number, true or false, found \"b\"\n"},
    {"test 'x' { a[x] = 1 }", "p.rules:1:14: error: expected a number, found \"x\"\n"},
    {"test 'x' { }", "p.rules:1:13: error: expected \"expect\", found the end of the file\n"},
    {"test 'x' { } expect 3", "p.rules:1:21: error: expected a verdict, found a number\n"},
    {"test 'x' { } expect allow by 3",
	"p.rules:1:30: error: expected the name of a rule, found a number\n"},
    {"\xff", "p.rules: error: the file is not UTF-8 text\n"},
};

static void
t_mistakes_in_the_frame(void **state)
{
	(void)state;
	for (size_t i = 0; i < TL_COUNT(frames); i++) {
		struct tl_arena *a = tl_arena_create(1 << 22);
		bool ok;
		const char *got = canonical_pack(a, frames[i].text, &ok);
		assert_false(ok);
		if (strncmp(got, frames[i].want, strlen(frames[i].want)) != 0)
			fail_msg(
			    "%s\n  want %s\n  got  %s", frames[i].text, frames[i].want, got);
		tl_arena_destroy(a);
	}
}

static void
t_one_error_a_declaration(void **state)
{
	(void)state;
	struct tl_arena *a = tl_arena_create(1 << 22);
	bool ok;
	const char *got = canonical_pack(a,
	    "rule a policy p when == then x\n"
	    "rule b policy p when c then d\n"
	    "  rule = wrong\n"
	    "test 'x' { 1 } expect allow\n"
	    "rule c policy p when 'open then x\n",
	    &ok);
	assert_string_equal("p.rules:1:22: error: expected a value, found \"==\"\n"
			    "    1 | rule a policy p when == then x\n"
			    "      |                      ^~\n"
			    "p.rules:3:8: error: expected the name of the rule, found \"=\"\n"
			    "    3 |   rule = wrong\n"
			    "      |        ^\n"
			    "p.rules:4:12: error: expected a name, found a number\n"
			    "    4 | test 'x' { 1 } expect allow\n"
			    "      |            ^\n"
			    "p.rules:5:22: error: this text is not closed on its line\n"
			    "    5 | rule c policy p when 'open then x\n"
			    "      |                      ^~~~~~~~~~~~\n",
	    got);
	tl_arena_destroy(a);
}

static void
t_too_many_errors_are_counted_only(void **state)
{
	(void)state;
	struct tl_arena *a = tl_arena_create(1 << 22);
	struct tl_buf b = {0};
	bool ok;
	for (int i = 0; i < 50; i++)
		tl_buf_puts(&b, "rule x\n");
	const char *got = canonical_pack(a, tl_buf_z(&b), &ok);
	size_t n = 0;
	for (const char *p = got; (p = strstr(p, ": error: ")); p++)
		n++;
	assert_int_equal(TL_LANG_ERRORS_MAX, n);
	assert_non_null(strstr(got, "Too many errors"));
	tl_buf_fini(&b);
	tl_arena_destroy(a);
}

static void
t_full_arena_is_a_limit(void **state)
{
	(void)state;
	for (size_t limit = 1024; limit < 200000; limit += 9973) {
		struct tl_arena *a = tl_arena_create(limit);
		struct tl_arena *notes = tl_arena_create(1 << 20);
		struct tl_lang_report r;
		struct tl_lang_source src = {"p", tl_str(pack_text)};
		struct tl_lang_pack p;
		tl_lang_report_init(&r, notes);
		int err = tl_lang_parse_pack(a, &src, &r, &p);
		assert_true(err == 0 || err < 0);
		tl_lang_report_fini(&r);
		tl_arena_destroy(notes);
		tl_arena_destroy(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_print_is_canonical_and_stable),
	    cmocka_unit_test(t_mistakes_of_writing_are_located),
	    cmocka_unit_test(t_mistakes_of_meaning_are_located),
	    cmocka_unit_test(t_caret_points_at_the_place),
	    cmocka_unit_test(t_long_lines_are_shown_in_part),
	    cmocka_unit_test(t_size_and_depth_are_bounded),
	    cmocka_unit_test(t_packs_print_canonically),
	    cmocka_unit_test(t_mistakes_in_the_frame),
	    cmocka_unit_test(t_one_error_a_declaration),
	    cmocka_unit_test(t_too_many_errors_are_counted_only),
	    cmocka_unit_test(t_full_arena_is_a_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
