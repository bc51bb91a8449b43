/* Prints and receipts of items, uploads on a real store, lines, and what files are by their first bytes. */
#include "base/json.h"
#include "intake/accept.h"
#include "intake/decode.h"
#include "intake/lines.h"
#include "intake/upload.h"
#include "store/blobs.h"
#include "sys/clock.h"

#include "unit_store.h"

static const struct tl_key KEY = {{7}};

static void
print_of(const char *json, bool live, uint8_t ret[TL_PRINT_BYTES])
{
	struct tl_arena *a = tl_arena_create(1 << 20);
	struct tl_accept in = {.keep_us = 0};
	json_t *j = NULL;
	assert_int_equal(tl_json_parse(tl_str(json), &j), 0);
	assert_int_equal(tl_decode_item(j, a, &in.item), 0);
	in.item.live = live;
	tl_accept_print(&in, &KEY);
	memcpy(ret, in.print, TL_PRINT_BYTES);
	json_decref(j);
	tl_arena_destroy(a);
}

#define REST "\"kind\":\"post\",\"author\":{\"id\":\"u\"}"

static void
t_print_is_of_the_content_alone(void **state)
{
	(void)state;
	static const char *const SAME[] = {
	    "{\"id\":\"a\"," REST ",\"text\":{\"title\":\"t\",\"body\":\"b\"}}",
	    "{\"text\":{\"body\":\"b\",\"title\":\"t\"},\"views\":9,\"engagement\":1," REST
	    ",\"id\":\"a\"}",
	    "{\"id\":\"\\u0061\",\"version\":1,\"audience\":\"public\",\"x_note\":1," REST
	    ",\"text\":{\"title\":\"t\",\"body\":\"b\"}}",
	};
	static const char *const OTHER[] = {
	    "{\"id\":\"a\"," REST ",\"text\":{\"title\":\"tb\",\"body\":\"\"}}",
	    "{\"id\":\"a\"," REST ",\"text\":{\"title\":\"b\",\"body\":\"t\"}}",
	    "{\"id\":\"a\"," REST
	    ",\"thread\":\"t\",\"text\":{\"title\":\"t\",\"body\":\"b\"}}",
	    "{\"id\":\"a\"," REST
	    ",\"parent\":\"t\",\"text\":{\"title\":\"t\",\"body\":\"b\"}}",
	    "{\"id\":\"a\"," REST
	    ",\"audience\":\"group\",\"text\":{\"title\":\"t\",\"body\":\"b\"}}",
	    "{\"id\":\"a\"," REST ",\"posted_at\":\"2026-01-01T00:00:00Z\","
	    "\"text\":{\"title\":\"t\",\"body\":\"b\"}}",
	};
	uint8_t want[TL_PRINT_BYTES], got[TL_PRINT_BYTES];
	print_of(SAME[0], true, want);
	for (size_t i = 0; i < TL_COUNT(SAME); i++) {
		print_of(SAME[i], true, got);
		assert_memory_equal(got, want, sizeof want);
	}
	for (size_t i = 0; i < TL_COUNT(OTHER); i++) {
		print_of(OTHER[i], true, got);
		assert_memory_not_equal(got, want, sizeof want);
	}
	print_of(SAME[0], false, got);
	assert_memory_not_equal(got, want, sizeof want);
}

struct fixture {
	struct unit_store s;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	unit_store_open(&f->s);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	unit_store_close(&f->s);
	free(f);
	return 0;
}

static int
accept_in(struct fixture *f, struct tl_accept *a, const char *ext, const char *text)
{
	*a = (struct tl_accept){.item = {.platform = f->s.platform,
				    .ext_id = tl_str(ext),
				    .version = 1,
				    .live = true,
				    .account_ext = TL_S("u"),
				    .field_count = 1,
				    .fields = {{TL_S("body"), tl_str(text)}}}};
	tl_accept_print(a, &KEY);
	unit_begin(f->s.db);
	int rc = tl_accept_store(f->s.db, a);
	if (rc < 0)
		tl_db_rollback(f->s.db);
	else
		unit_commit(f->s.db);
	return rc;
}

static void
t_repeat_gets_the_same_receipt(void **state)
{
	struct fixture *f = *state;
	struct tl_accept a, b;
	struct tl_buf one = {0}, two = {0};
	assert_int_equal(accept_in(f, &a, "a", "text"), 0);
	assert_false(a.known);
	assert_int_equal(accept_in(f, &b, "a", "text"), 0);
	assert_true(b.known);
	tl_js_open(&one, NULL, '{');
	tl_accept_receipt(&one, &a);
	tl_js_open(&two, NULL, '{');
	tl_accept_receipt(&two, &b);
	assert_string_equal(tl_buf_z(&one), tl_buf_z(&two));
	assert_int_equal(accept_in(f, &b, "a", "other"), TL_EEXISTS);
	assert_string_equal(tl_err_field(), "/version");
	tl_buf_fini(&one);
	tl_buf_fini(&two);
}

static void
t_upload_is_hashed_sealed_and_bounded(void **state)
{
	struct fixture *f = *state;
	struct tl_upload *u;
	struct tl_media m;
	struct tl_buf back = {0};
	bool known;
	assert_int_equal(tl_upload_begin(f->s.store, f->s.platform, 20, &u), 0);
	assert_int_equal(tl_upload_add(u, TL_S("\x89PNG\r\n")), 0);
	assert_int_equal(tl_upload_add(u, TL_S("\x1a\n1234")), 0);
	assert_int_equal(tl_upload_finish(u, &m), 0);
	assert_int_equal(m.bytes, 12);
	assert_true(tl_str_is(m.mime, "image/png"));
	assert_int_equal(tl_blob_read(f->s.store, &m.id, &back), 0);
	assert_true(tl_str_eq(tl_buf_str(&back), TL_S("\x89PNG\r\n\x1a\n1234")));
	unit_begin(f->s.db);
	assert_int_equal(tl_upload_store(f->s.db, f->s.platform, &m, tl_now_us(), &known), 0);
	assert_false(known);
	assert_int_equal(tl_upload_store(f->s.db, f->s.platform, &m, tl_now_us(), &known), 0);
	assert_true(known);
	unit_commit(f->s.db);
	assert_int_equal(tl_upload_begin(f->s.store, f->s.platform, 20, &u), 0);
	assert_int_equal(tl_upload_add(u, TL_S("12345678901234567890")), 0);
	assert_int_equal(tl_upload_add(u, TL_S("1")), TL_ETOOBIG);
	tl_upload_abort(u);
	assert_int_equal(tl_upload_begin(f->s.store, f->s.platform, 20, &u), 0);
	assert_int_equal(tl_upload_finish(u, &m), TL_EFIELD);
	tl_buf_fini(&back);
}

static void
t_files_are_named_by_their_first_bytes(void **state)
{
	(void)state;
	static const struct {
		struct tl_str head;
		const char *type;
	} CASES[] = {
	    {TL_S("\xff\xd8\xff\xe0"), "image/jpeg"},
	    {TL_S("RIFF1234WEBP"), "image/webp"},
	    {TL_S("1234ftypheic"), "image/heic"},
	    {TL_S("1234ftypmif1"), "image/heic"},
	    {TL_S("1234ftypisom"), "video/mp4"},
	    {TL_S("GIF89a"), "image/gif"},
	    {TL_S("\x89PNG\r\n\x1a\nwithout its head"), "image/png"},
	    {TL_S("\xff\xd8"), "application/octet-stream"},
	    {TL_S(""), "application/octet-stream"},
	    {TL_S("<svg onload=1>"), "image/svg+xml"},
	};
	for (size_t i = 0; i < TL_COUNT(CASES); i++)
		assert_true(tl_str_is(tl_upload_mime(CASES[i].head), CASES[i].type));
}

static int
note_line(void *ctx, struct tl_str line, int64_t number, bool too_long)
{
	tl_buf_printf(
	    ctx, "%lld%s%.*s ", (long long)number, too_long ? "!" : ":", TL_ARG(line));
	return tl_str_is(line, "stop") ? TL_EFIELD : 0;
}

static void
t_lines_are_bounded(void **state)
{
	(void)state;
	for (size_t step = 1; step < 30; step++) {
		struct tl_lines l = {.limit = 5};
		struct tl_buf out = {0};
		struct tl_str in = TL_S("a\r\n\n12345\n123456\nlonger still\nb");
		for (size_t i = 0; i < in.n; i += step)
			assert_int_equal(
			    tl_lines_feed(&l,
				tl_bytes(in.p + i, in.n - i < step ? in.n - i : step),
				note_line, &out),
			    0);
		assert_int_equal(tl_lines_end(&l, note_line, &out), 0);
		assert_string_equal(tl_buf_z(&out), "1:a 3:12345 4! 5! 6:b ");
		tl_lines_fini(&l);
		tl_buf_fini(&out);
	}
	struct tl_lines l = {.limit = 5};
	struct tl_buf out = {0};
	assert_int_equal(tl_lines_feed(&l, TL_S("a\nstop\nb\n"), note_line, &out), TL_EFIELD);
	tl_lines_fini(&l);
	tl_buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_print_is_of_the_content_alone),
	    cmocka_unit_test(t_files_are_named_by_their_first_bytes),
	    cmocka_unit_test(t_lines_are_bounded),
	    cmocka_unit_test_setup_teardown(t_repeat_gets_the_same_receipt, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_upload_is_hashed_sealed_and_bounded, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
