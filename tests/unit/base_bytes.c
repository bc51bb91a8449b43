/* Bytes, text, numbers, buffers, arenas, maps, cursors. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/cur.h"
#include "base/map.h"

#include "unit.h"

static void
t_utf8_accepts_only_well_formed(void **state)
{
	(void)state;
	static const struct {
		const char *s;
		bool ok;
	} cases[] = {{"", true}, {"plain ascii, long enough for words", true},
	    {"\xC3\xA9", true}, {"\xE2\x82\xAC", true}, {"\xF0\x9F\x98\x80", true},
	    {"\xF4\x8F\xBF\xBF", true}, {"\xC0\x80", false}, {"\xED\xA0\x80", false},
	    {"\xF4\x90\x80\x80", false}, {"\xE0\x80\x80", false}, {"\x80", false},
	    {"\xC3", false}, {"12345678\xC3", false}, {"1234567\xE2\x82\xAC", true},
	    {"\xFF", false}};
	for (size_t i = 0; i < TL_COUNT(cases); i++)
		assert_int_equal(tl_utf8_valid(tl_str(cases[i].s)), cases[i].ok);
	size_t at = 0;
	struct tl_str s = TL_S("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
	assert_int_equal(tl_utf8_next(s, &at), 'a');
	assert_int_equal(tl_utf8_next(s, &at), 0xE9);
	assert_int_equal(tl_utf8_next(s, &at), 0x20AC);
	assert_int_equal(tl_utf8_next(s, &at), 0x1F600);
	assert_int_equal(at, s.n);
}

static void
t_base64_and_hex_round_trip(void **state)
{
	(void)state;
	uint8_t bytes[64], back[64];
	char text[2 * sizeof bytes + 8];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 37 + 200);
	for (size_t n = 0; n <= sizeof bytes; n++) {
		size_t got = 0;
		size_t len = tl_base64(text, bytes, n);
		assert_int_equal(len, 4 * ((n + 2) / 3));
		assert_int_equal(tl_unbase64(back, sizeof back, tl_str(text), &got), 0);
		assert_int_equal(got, n);
		assert_true(n == 0 || memcmp(back, bytes, n) == 0);
		tl_hex(text, bytes, n);
		assert_int_equal(tl_unhex(back, n, tl_str(text)), 0);
		assert_true(n == 0 || memcmp(back, bytes, n) == 0);
	}
	size_t got = 0;
	assert_int_equal(tl_unbase64(back, sizeof back, TL_S("abc"), &got), TL_EPARSE);
	assert_int_equal(tl_unbase64(back, sizeof back, TL_S("ab=c"), &got), TL_EPARSE);
	assert_int_equal(tl_unbase64(back, sizeof back, TL_S("aGa="), &got), TL_EPARSE);
	assert_int_equal(tl_unbase64(back, sizeof back, TL_S("aR=="), &got), TL_EPARSE);
	assert_int_equal(tl_unbase64(back, 2, TL_S("YWJj"), &got), TL_ETOOBIG);
	assert_int_equal(tl_unhex(back, 2, TL_S("12g4")), TL_EPARSE);
	assert_int_equal(tl_unhex(back, 2, TL_S("123")), TL_EPARSE);
}

static void
t_numbers_have_bounds(void **state)
{
	(void)state;
	int64_t v = 7;
	assert_int_equal(
	    tl_parse_i64(TL_S("-9223372036854775808"), INT64_MIN, INT64_MAX, &v), 0);
	assert_true(v == INT64_MIN);
	assert_int_equal(
	    tl_parse_i64(TL_S("9223372036854775808"), INT64_MIN, INT64_MAX, &v), TL_EPARSE);
	assert_int_equal(tl_parse_i64(TL_S("11"), 0, 10, &v), TL_EPARSE);
	assert_int_equal(tl_parse_i64(TL_S("1x"), 0, 10, &v), TL_EPARSE);
	assert_int_equal(tl_parse_i64(TL_S(""), 0, 10, &v), TL_EPARSE);
	assert_int_equal(tl_parse_i64(TL_S("-"), 0, 10, &v), TL_EPARSE);
	assert_true(v == INT64_MIN);
}

static void
t_json_output_is_valid_whatever_comes_in(void **state)
{
	(void)state;
	struct tl_buf b = {0};
	tl_js_open(&b, NULL, '{');
	tl_js_str(&b, "a", TL_S("q\"\\\n\x01\xFF\xC3\xA9"));
	tl_js_open(&b, "list", '[');
	tl_js_int(&b, NULL, 1);
	tl_js_num(&b, NULL, 0.5);
	tl_js_num(&b, NULL, 1.0 / 0.0);
	tl_js_bool(&b, NULL, true);
	tl_js_close(&b, ']');
	tl_js_close(&b, '}');
	assert_string_equal(tl_buf_z(&b),
	    "{\"a\":\"q\\\"\\\\\\n\\u0001\xEF\xBF\xBD\xC3\xA9\",\"list\":[1,0.5,null,true]}");
	tl_buf_fini(&b);
}

static void
t_json_says_null_when_there_is_nothing(void **state)
{
	(void)state;
	struct tl_buf b = {0};
	tl_js_open(&b, NULL, '[');
	tl_js_str0(&b, NULL, TL_S("a"));
	tl_js_str0(&b, NULL, TL_S(""));
	tl_js_raw0(&b, NULL, TL_S("{}"));
	tl_js_raw0(&b, NULL, TL_S(""));
	tl_js_int0(&b, NULL, true, 0);
	tl_js_int0(&b, NULL, false, 7);
	tl_js_close(&b, ']');
	assert_string_equal(tl_buf_z(&b), "[\"a\",null,{},null,0,null]");
	tl_buf_fini(&b);
}

static void
t_words_become_an_array(void **state)
{
	(void)state;
	struct tl_buf b = {0};
	tl_js_open(&b, NULL, '{');
	tl_js_words(&b, "some", TL_S(" de  en "));
	tl_js_words(&b, "none", TL_S(""));
	tl_js_close(&b, '}');
	assert_string_equal(tl_buf_z(&b), "{\"some\":[\"de\",\"en\"],\"none\":[]}");
	tl_buf_fini(&b);
}

static void
t_buffer_with_limit_turns_bad_and_keeps_it(void **state)
{
	(void)state;
	struct tl_buf b = {.limit = 4};
	tl_buf_puts(&b, "abc");
	assert_false(b.bad);
	tl_buf_puts(&b, "de");
	assert_true(b.bad);
	tl_buf_puts(&b, "f");
	assert_int_equal(b.n, 3);
	tl_buf_reset(&b);
	tl_buf_puts(&b, "xy");
	assert_false(b.bad);
	tl_buf_fini(&b);
}

static void
t_arena_overflow_is_sticky_until_reset(void **state)
{
	(void)state;
	struct tl_arena *a = tl_arena_create(1024);
	assert_non_null(tl_arena_alloc(a, 1000));
	assert_null(tl_arena_alloc(a, 1000));
	assert_null(tl_arena_alloc(a, 1));
	assert_int_equal(tl_arena_check(a), TL_ENOMEM);
	tl_arena_reset(a);
	assert_int_equal(tl_arena_check(a), 0);
	uint8_t *p = tl_arena_alloc(a, 64);
	for (int i = 0; i < 64; i++)
		assert_int_equal(p[i], 0);
	assert_int_equal((uintptr_t)p % 16, 0);
	assert_null(tl_arena_array(a, SIZE_MAX / 2, 4));
	tl_arena_destroy(a);
}

static void
t_map_keeps_what_it_is_given(void **state)
{
	(void)state;
	struct tl_map *m = tl_map_create();
	static int values[5000];
	char key[16];
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(key, sizeof key, "k%d", i * 7);
		assert_null(tl_map_put(m, tl_str(key), &values[i]));
	}
	for (int i = 0; i < 5000; i += 3) {
		(void)snprintf(key, sizeof key, "k%d", i * 7);
		assert_ptr_equal(tl_map_del(m, tl_str(key)), &values[i]);
	}
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(key, sizeof key, "k%d", i * 7);
		void *want = i % 3 == 0 ? NULL : &values[i];
		assert_ptr_equal(tl_map_get(m, tl_str(key)), want);
	}
	size_t seen = 0, at = 0;
	struct tl_str k;
	void *v;
	while (tl_map_next(m, &at, &k, &v))
		seen++;
	assert_int_equal(seen, tl_map_count(m));
	tl_map_destroy(m, NULL);
}

static void
t_cursor_stays_bad_after_the_first_failure(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {1, 0, 2, 0, 0, 0, 3, 'x'};
	struct tl_cur c = tl_cur(tl_bytes(bytes, sizeof bytes));
	assert_int_equal(tl_cur_u8(&c), 1);
	assert_int_equal(tl_cur_u16(&c), 2);
	assert_int_equal(tl_cur_u32(&c), 3);
	assert_int_equal(tl_cur_end(&c), TL_EPARSE);
	assert_int_equal(tl_cur_u64(&c), 0);
	assert_int_equal(tl_cur_u8(&c), 0);
	assert_true(c.bad);
	assert_int_equal(tl_cur_end(&c), TL_EPARSE);
}

static void
t_every_error_has_a_kind_and_a_name(void **state)
{
	(void)state;
	assert_int_equal(tl_err_kind(TL_EPARSE), TL_INPUT);
	assert_int_equal(tl_err_kind(TL_EFULL), TL_RETRY);
	assert_int_equal(tl_err_kind(-12345), TL_BUG);
	assert_string_equal(tl_err_name(TL_ENOTFOUND), "NOTFOUND");
	assert_int_equal(tl_fail_at(TL_EFIELD, "/a", "first %d", 1), TL_EFIELD);
	assert_int_equal(tl_fail(TL_EBUG, "then %s", tl_err_text()), TL_EBUG);
	assert_string_equal(tl_err_text(), "then first 1");
	assert_string_equal(tl_err_field(), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_utf8_accepts_only_well_formed),
	    cmocka_unit_test(t_base64_and_hex_round_trip),
	    cmocka_unit_test(t_numbers_have_bounds),
	    cmocka_unit_test(t_json_output_is_valid_whatever_comes_in),
	    cmocka_unit_test(t_json_says_null_when_there_is_nothing),
	    cmocka_unit_test(t_words_become_an_array),
	    cmocka_unit_test(t_buffer_with_limit_turns_bad_and_keeps_it),
	    cmocka_unit_test(t_arena_overflow_is_sticky_until_reset),
	    cmocka_unit_test(t_map_keeps_what_it_is_given),
	    cmocka_unit_test(t_cursor_stays_bad_after_the_first_failure),
	    cmocka_unit_test(t_every_error_has_a_kind_and_a_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
