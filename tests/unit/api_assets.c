/* The console's files: paths that lead to them, and those that must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "api/assets.h"

static void
t_find_gives_the_page_for_the_root(void **state)
{
	(void)state;
	const struct tl_asset *a = tl_asset_find(TL_S("/console/"));
	assert_non_null(a);
	assert_string_equal(a->type, "text/html; charset=utf-8");
	assert_true(a->gzip_n > 20 && a->gzip[0] == 0x1f && a->gzip[1] == 0x8b);
}

static void
t_find_gives_the_page_for_every_screen(void **state)
{
	(void)state;
	const struct tl_asset *page = tl_asset_find(TL_S("/console/"));
	assert_ptr_equal(tl_asset_find(TL_S("/console/queues/child-safety")), page);
	assert_ptr_equal(tl_asset_find(TL_S("/console")), page);
}

static void
t_find_gives_nothing_where_the_page_must_not_stand(void **state)
{
	(void)state;
	assert_null(tl_asset_find(TL_S("/console/api/session")));
	assert_null(tl_asset_find(TL_S("/console/media/00")));
	assert_null(tl_asset_find(TL_S("/console/assets/none.js")));
	assert_null(tl_asset_find(TL_S("/consoles/")));
	assert_null(tl_asset_find(TL_S("/")));
	assert_null(tl_asset_find(TL_S("")));
}

static void
t_fresh_finds_the_etag_in_a_list(void **state)
{
	(void)state;
	const struct tl_asset a = {.path = "/x", .type = "t", .etag = "\"abc\""};
	assert_true(tl_asset_fresh(&a, TL_S("\"abc\"")));
	assert_true(tl_asset_fresh(&a, TL_S("\"zzz\", W/\"abc\"")));
	assert_false(tl_asset_fresh(&a, TL_S("\"abcd\"")));
	assert_false(tl_asset_fresh(&a, TL_S("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_find_gives_the_page_for_the_root),
	    cmocka_unit_test(t_find_gives_the_page_for_every_screen),
	    cmocka_unit_test(t_find_gives_nothing_where_the_page_must_not_stand),
	    cmocka_unit_test(t_fresh_finds_the_etag_in_a_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
