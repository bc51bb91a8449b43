/* Strict JSON, table-driven decoders and their pointers, times. */
#include "base/json.h"

#include "unit.h"

static void
t_parser_refuses_what_readers_could_disagree_about(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "{", "{\"a\":1,\"a\":2}", "[1] x", "\"\\u0000\"",
	    "\"\xFF\"", "nul", "01", "[1,]", "{\"a\":99999999999999999999}", "\"\\ud800\"",
	    "NaN"};
	for (size_t i = 0; i < TL_COUNT(bad); i++) {
		json_t *j = NULL;
		int rc = tl_json_parse(tl_str(bad[i]), &j);
		if (rc != TL_EPARSE)
			fail_msg("accepted: %s", bad[i]);
		assert_null(j);
	}
	char deep[2 * (TL_JSON_DEPTH_MAX + 1) + 1] = "";
	memset(deep, '[', TL_JSON_DEPTH_MAX + 1);
	memset(deep + TL_JSON_DEPTH_MAX + 1, ']', TL_JSON_DEPTH_MAX + 1);
	json_t *j = NULL;
	assert_int_equal(tl_json_parse(tl_str(deep), &j), TL_EDEPTH);
	assert_int_equal(
	    tl_json_parse(TL_S("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"]"), &j), 0);
	json_decref(j);
}

struct thing {
	struct tl_str name;
	int64_t count;
	bool on;
	int colour;
	int64_t at;
	json_t *list;
};

static const char *const colours[] = {"red", "blue", NULL};

static const struct tl_json_field fields[] = {
    {.name = "name",
	.type = TL_J_STR,
	.offset = offsetof(struct thing, name),
	.lo = 1,
	.hi = 5,
	.required = true},
    {.name = "count",
	.type = TL_J_INT,
	.offset = offsetof(struct thing, count),
	.lo = 0,
	.hi = 10},
    {.name = "on", .type = TL_J_BOOL, .offset = offsetof(struct thing, on)},
    {.name = "colour",
	.type = TL_J_ENUM,
	.offset = offsetof(struct thing, colour),
	.names = colours},
    {.name = "at", .type = TL_J_TIME, .offset = offsetof(struct thing, at)},
    {.name = "list",
	.type = TL_J_ARRAY,
	.offset = offsetof(struct thing, list),
	.lo = 0,
	.hi = 2},
};

static int
fill(const char *text, struct thing *t)
{
	static json_t *kept; /* views borrow from it until the next call */
	json_decref(kept);
	kept = NULL;
	*t = (struct thing){.count = 3};
	assert_int_equal(tl_json_parse(tl_str(text), &kept), 0);
	return tl_json_fill(kept, "", fields, TL_COUNT(fields), t);
}

static void
t_decoder_fills_and_names_the_field_that_is_wrong(void **state)
{
	(void)state;
	struct thing t;
	assert_int_equal(fill("{\"name\":\"ab\",\"on\":true,\"colour\":\"blue\",\"at\":\"2026-"
			      "11-24T08:00:00Z\","
			      "\"list\":[1],\"x_more\":1,\"count\":null}",
			     &t),
	    0);
	assert_true(tl_str_is(t.name, "ab"));
	assert_int_equal(t.count, 3);
	assert_true(t.on);
	assert_int_equal(t.colour, 1);
	assert_int_equal(json_array_size(t.list), 1);

	static const struct {
		const char *text, *field;
	} bad[] = {{"{}", "/name"}, {"{\"name\":null}", "/name"}, {"{\"name\":\"\"}", "/name"},
	    {"{\"name\":\"abcdef\"}", "/name"}, {"{\"name\":1}", "/name"},
	    {"{\"name\":\"a\",\"count\":11}", "/count"},
	    {"{\"name\":\"a\",\"count\":1.5}", "/count"}, {"{\"name\":\"a\",\"on\":1}", "/on"},
	    {"{\"name\":\"a\",\"colour\":\"green\"}", "/colour"},
	    {"{\"name\":\"a\",\"at\":\"yesterday\"}", "/at"},
	    {"{\"name\":\"a\",\"list\":[1,2,3]}", "/list"},
	    {"{\"name\":\"a\",\"nmae\":1}", "/nmae"}};
	for (size_t i = 0; i < TL_COUNT(bad); i++) {
		assert_int_equal(fill(bad[i].text, &t), TL_EFIELD);
		assert_string_equal(tl_err_field(), bad[i].field);
	}
	assert_int_equal(fill("[1]", &t), TL_EFIELD);
}

static void
t_times_round_trip_and_wrong_ones_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} good[] = {{"2026-11-24T08:00:00Z", "2026-11-24T08:00:00.000Z"},
	    {"2026-11-24T10:30:00.250+02:30", "2026-11-24T08:00:00.250Z"},
	    {"2024-02-29t23:59:59.999999z", "2024-02-29T23:59:59.999Z"},
	    {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
	    {"2100-03-01T00:00:00-00:30", "2100-03-01T00:30:00.000Z"}};
	for (size_t i = 0; i < TL_COUNT(good); i++) {
		int64_t us = 0;
		char text[TL_TIME_MAX];
		assert_int_equal(tl_time_parse(tl_str(good[i].in), &us), 0);
		tl_time_format(text, us);
		assert_string_equal(text, good[i].out);
	}
	static const char *const bad[] = {"", "2026-11-24", "2026-13-01T00:00:00Z",
	    "2026-02-30T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24T08:00:00",
	    "2026-11-24 08:00:00Z", "2026-11-24T08:00:00.Z", "2026-11-24T08:00:00Zx",
	    "2026-11-24T08:00:00+2:00", "1969-12-31T23:59:59Z", "2100-02-29T00:00:00Z"};
	for (size_t i = 0; i < TL_COUNT(bad); i++) {
		int64_t us = 42;
		if (tl_time_parse(tl_str(bad[i]), &us) != TL_EPARSE)
			fail_msg("accepted: %s", bad[i]);
		assert_true(us == 42);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_parser_refuses_what_readers_could_disagree_about),
	    cmocka_unit_test(t_decoder_fills_and_names_the_field_that_is_wrong),
	    cmocka_unit_test(t_times_round_trip_and_wrong_ones_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
