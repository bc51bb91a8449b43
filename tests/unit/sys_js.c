/* JSON members of our own types: ids, times, hex; what is not known is null. */
#include "base/buf.h"
#include "sys/id.h"

#include "unit.h"

static void
t_known_values_are_written(void **state)
{
	(void)state;
	struct tl_buf TL_CLEANUP(tl_buf_fini) b = {0};
	struct tl_id id;
	assert_int_equal(tl_id_parse(TL_S("01234567-89ab-7def-8123-456789abcdef"), &id), 0);
	tl_js_open(&b, NULL, '{');
	tl_js_id(&b, "id", id);
	tl_js_time(&b, "at", 1790000000123000);
	tl_js_hex(&b, "hash", TL_S("\x01\xFE"));
	tl_js_close(&b, '}');
	assert_string_equal(tl_buf_z(&b), "{\"id\":\"01234567-89ab-7def-8123-456789abcdef\","
					  "\"at\":\"2026-09-21T14:13:20.123Z\","
					  "\"hash\":\"01fe\"}");
}

static void
t_unknown_values_are_null(void **state)
{
	(void)state;
	struct tl_buf TL_CLEANUP(tl_buf_fini) b = {0};
	tl_js_open(&b, NULL, '{');
	tl_js_id(&b, "id", (struct tl_id){0});
	tl_js_time(&b, "at", 0);
	tl_js_hex(&b, "hash", TL_S(""));
	tl_js_close(&b, '}');
	assert_string_equal(tl_buf_z(&b), "{\"id\":null,\"at\":null,\"hash\":null}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_known_values_are_written),
	    cmocka_unit_test(t_unknown_values_are_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
