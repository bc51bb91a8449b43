/* The YAML door: trees with positions, typed fields, errors with a caret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "config/yaml.h"
#include "sys/clock.h"

struct shape {
	const char *name;
	int64_t count, wait_us, bytes;
	bool on;
	int colour;
	const struct tl_yaml *words;
};

static const char *const colours[] = {"red", "green", NULL};

static const struct tl_yaml_field shape_fields[] = {
    {"name", TL_Y_STR, offsetof(struct shape, name), 1, 10, NULL, true},
    {"count", TL_Y_INT, offsetof(struct shape, count), 1, 9, NULL, false},
    {"wait", TL_Y_DURATION, offsetof(struct shape, wait_us), 0, TL_US_DAY, NULL, false},
    {"bytes", TL_Y_SIZE, offsetof(struct shape, bytes), 0, 0, NULL, false},
    {"on", TL_Y_BOOL, offsetof(struct shape, on), 0, 0, NULL, false},
    {"colour", TL_Y_ENUM, offsetof(struct shape, colour), 0, 0, colours, false},
    {"words", TL_Y_STRS, offsetof(struct shape, words), 0, 3, NULL, false},
};

static int
fill(const char *text, struct shape *s)
{
	struct tl_yaml_doc *d TL_CLEANUP(tl_yaml_destroyp) = NULL;
	int rc = tl_yaml_parse("t.yaml", tl_str(text), &d);
	if (rc < 0)
		return rc;
	return tl_yaml_fill(tl_yaml_root(d), shape_fields, TL_COUNT(shape_fields), s);
}

static void
expect_error(const char *text, const char *want)
{
	struct shape s = {0};
	assert_int_equal(fill(text, &s), TL_ECONFIG);
	if (!strstr(tl_err_text(), want))
		fail_msg("got \"%s\", wanted \"%s\"", tl_err_text(), want);
}

static void
t_every_type_is_read(void **state)
{
	(void)state;
	struct tl_yaml_doc *d TL_CLEANUP(tl_yaml_destroyp) = NULL;
	struct shape s = {0};
	assert_int_equal(tl_yaml_parse("t.yaml",
			     TL_S("name: no\ncount: 3\nwait: 15m\nbytes: 2KiB\non: true\n"
				  "colour: green\nwords: [a, \"b c\"]\n"),
			     &d),
	    0);
	assert_int_equal(
	    tl_yaml_fill(tl_yaml_root(d), shape_fields, TL_COUNT(shape_fields), &s), 0);
	assert_string_equal(s.name, "no"); /* text stays text */
	assert_int_equal(s.count, 3);
	assert_int_equal(s.wait_us, 15 * TL_US_MIN);
	assert_int_equal(s.bytes, 2048);
	assert_true(s.on);
	assert_int_equal(s.colour, 1);
	assert_int_equal(s.words->count, 2);
	assert_string_equal((const char *)s.words->first->next->text.p, "b c");
	assert_int_equal(s.words->first->line, 7);
	assert_int_equal(s.words->first->column, 9);
}

static void
t_errors_carry_place_line_and_caret(void **state)
{
	(void)state;
	expect_error("name: x\ncount: ten\n",
	    "t.yaml:2:8: count: expected a whole number, not \"ten\"\n"
	    "    count: ten\n"
	    "           ^");
	expect_error("name: x\ncount: 10\n", "t.yaml:2:8: count: must be between 1 and 9");
	expect_error("name: x\ncolor: red\n",
	    "t.yaml:2:1: unknown key \"color\"; did you mean \"colour\"?");
	expect_error("name: x\ncolour: blue\n", "\"blue\" is not one of red, green");
	expect_error("count: 2\n", "t.yaml:1:1: the key \"name\" is missing");
	expect_error("name: x\nwait: 3 days\n", "t.yaml:2:7: wait: expected a duration");
	expect_error("name: x\nwait: 2d\n", "wait: must be between 0 and 86400 seconds");
	expect_error("name: x\nwords: [[a]]\n", "t.yaml:2:10: words: expected plain words");
	expect_error("name: [x]\n", "name: expected a single value");
	expect_error("name: x\non: yes\n", "on: expected true or false");
}

static void
t_syntax_errors_carry_place(void **state)
{
	(void)state;
	expect_error("name: x\ncount: [1, 2\n", "t.yaml:");
	expect_error("name: x\n\tcount: 1\n", "t.yaml:");
	expect_error("name: x\nname: y\n", "t.yaml:2:1");
	expect_error("name: &a x\n", "anchors and aliases");
	expect_error("name: !!str x\n", "tags are not allowed");
	expect_error("? [a]\n: x\n", "a key must be a plain word");
}

static void
t_hostile_documents_end_as_errors(void **state)
{
	(void)state;
	struct tl_yaml_doc *d = NULL;
	char deep[4096];
	memset(deep, '[', sizeof deep);
	assert_true(tl_yaml_parse("t", tl_bytes(deep, sizeof deep), &d) < 0);
	assert_int_equal(tl_yaml_parse("t", TL_S("a: \xff\n"), &d), TL_EUTF8);
	assert_int_equal(tl_yaml_parse("t", TL_S("a: \0b\n"), &d), TL_EUTF8);
	char nested[256] = "";
	size_t n = 0;
	for (int i = 0; i < 40; i++)
		nested[n++] = '[';
	for (int i = 0; i < 40; i++)
		nested[n++] = ']';
	assert_int_equal(tl_yaml_parse("t", tl_bytes(nested, n), &d), TL_ECONFIG);
	assert_non_null(strstr(tl_err_text(), "nested too deeply"));
	assert_null(d);
}

static void
t_empty_document_has_no_root(void **state)
{
	(void)state;
	struct tl_yaml_doc *d TL_CLEANUP(tl_yaml_destroyp) = NULL;
	assert_int_equal(tl_yaml_parse("t", TL_S("# only a comment\n"), &d), 0);
	assert_null(tl_yaml_root(d));
}

static void
t_long_lines_are_cut_around_the_caret(void **state)
{
	(void)state;
	char text[600];
	memset(text, 'a', sizeof text);
	memcpy(text + 500, ": x, zz: 1", 10);
	text[510] = '\n';
	struct tl_yaml_doc *d TL_CLEANUP(tl_yaml_destroyp) = NULL;
	int rc = tl_yaml_parse("t", tl_bytes(text, 511), &d);
	if (rc == 0)
		assert_int_equal(tl_yaml_error(tl_yaml_root(d), "here"), TL_ECONFIG);
	assert_true(strlen(tl_err_text()) < 512);
}

static void
t_nearest_word_is_offered_only_when_near(void **state)
{
	(void)state;
	static const char *const words[] = {"listen", "workers", "undo_seconds"};
	assert_string_equal(tl_nearest(TL_S("worker"), words, 3), "workers");
	assert_string_equal(tl_nearest(TL_S("lisetn"), words, 3), "listen");
	assert_null(tl_nearest(TL_S("qqqqqq"), words, 3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_every_type_is_read),
	    cmocka_unit_test(t_errors_carry_place_line_and_caret),
	    cmocka_unit_test(t_syntax_errors_carry_place),
	    cmocka_unit_test(t_hostile_documents_end_as_errors),
	    cmocka_unit_test(t_empty_document_has_no_root),
	    cmocka_unit_test(t_long_lines_are_cut_around_the_caret),
	    cmocka_unit_test(t_nearest_word_is_offered_only_when_near),
	};
	return cmocka_run_group_tests_name("config_yaml", tests, NULL, NULL);
}
