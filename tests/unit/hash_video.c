/* Lists of frame hashes: text both ways, the packed form, what is refused. */
#include "hash/video.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define H "9a144d52cc2866a823d5b35331e329a36cc5e4cfc66ada38b3399934bc3efc5c"
#define G "2f7800bdbc026fb021fa4427ae0117e382f7b00bbac4df78b21ddc2eda3cbd38"

static void
read_text(const char *text, struct tl_video *ret)
{
	assert_int_equal(tl_video_parse(tl_str(text), ret), 0);
}

static void
t_both_text_forms_read_alike(void **state)
{
	(void)state;
	struct tl_video a = {0}, b = {0};
	read_text("[\"" H ",100,0.000\",\n \"" G ",49,1.5\"]", &a);
	read_text("0,100," H ",0.000\r\n\n10,49," G ",1.500999\n", &b);
	assert_int_equal(a.n, 2);
	assert_int_equal(b.n, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_memory_equal(&a.f[i].hash, &b.f[i].hash, TL_PDQ_BYTES);
		assert_int_equal(a.f[i].ms, b.f[i].ms);
		assert_int_equal(a.f[i].quality, b.f[i].quality);
	}
	assert_int_equal(a.f[1].ms, 1500);
	assert_int_equal(a.f[1].number, 1);
	assert_int_equal(b.f[1].number, 10);
	assert_int_equal(tl_video_usable(&a), 1);
	tl_video_fini(&a);
	tl_video_fini(&b);
}

static void
t_text_is_written_as_exchanges_write_it(void **state)
{
	(void)state;
	struct tl_video v = {0};
	struct tl_buf b = {0};
	read_text("0,100," H ",0.000\n10,49," G ",1.5\n", &v);
	struct tl_video_frame extra = {.ms = 1500, .quality = 90, .flags = TL_VIDEO_CROPPED};
	assert_int_equal(tl_video_add(&v, &extra), 0);
	tl_video_json(&b, &v);
	assert_string_equal(tl_buf_z(&b), "[\"" H ",100,0.000\",\"" G ",49,1.500\"]");
	tl_buf_reset(&b);
	tl_video_lines(&b, &v);
	assert_string_equal(tl_buf_z(&b), "0,100," H ",0.000\n10,49," G ",1.500\n");
	tl_buf_fini(&b);
	tl_video_fini(&v);
}

static void
t_bad_text_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "[]", "[", "[\"" H ",100,0.000\"",
	    "[\"" H ",100\"]", "[\"" H ",101,0\"]", "[\"" H ",-1,0\"]", "[\"" H ",100,x\"]",
	    "[\"" H ",100,1.x\"]", "[\"" H ",100,1\",]", "[\"" H ",100,1\"] x", "[5]",
	    "0,100,abc,0", "x,100," H ",0", "0,100," H ",2\n1,100," G ",1",
	    "[\"" H ",100,0.0000000000\"]", "[\"" H ",100,5000000\"]"};
	for (size_t i = 0; i < TL_COUNT(bad); i++) {
		struct tl_video v = {0};
		int rc = tl_video_parse(tl_str(bad[i]), &v);
		assert_int_equal(tl_err_kind(rc), TL_INPUT);
		assert_null(v.f);
	}
}

static void
t_packed_reads_back_to_the_same(void **state)
{
	(void)state;
	struct tl_video v = {0}, again = {0};
	struct tl_buf b = {0};
	read_text("0,100," H ",0.000\n10,49," G ",1.5\n", &v);
	struct tl_video_frame extra = {.ms = 1700, .number = 17, .quality = 90, .flags = 3};
	assert_int_equal(tl_video_add(&v, &extra), 0);
	tl_video_pack(&b, &v);
	assert_int_equal(b.n, TL_VIDEO_HEAD_BYTES + 3 * TL_VIDEO_FRAME_BYTES);
	assert_int_equal(tl_video_unpack(tl_buf_str(&b), &again), 0);
	assert_int_equal(again.n, 3);
	assert_int_equal(again.f[2].number, 17);
	assert_int_equal(again.f[2].flags, 3);
	tl_video_fini(&again);
	for (size_t n = 0; n < b.n; n++)
		assert_true(tl_video_unpack(tl_bytes(b.p, n), &again) < 0);
	tl_buf_fini(&b);
	tl_video_fini(&v);
}

static void
t_a_video_is_bounded(void **state)
{
	(void)state;
	struct tl_video v = {0};
	struct tl_video_frame f = {.quality = 100};
	for (int i = 0; i < TL_VIDEO_FRAMES_MAX; i++)
		assert_int_equal(tl_video_add(&v, &f), 0);
	assert_int_equal(tl_video_add(&v, &f), TL_ETOOBIG);
	struct tl_buf b = {0};
	tl_video_pack(&b, &v);
	assert_int_equal(b.n, TL_VIDEO_PACKED_MAX);
	assert_true(b.n <= 1 << 20);
	tl_buf_fini(&b);
	tl_video_fini(&v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_both_text_forms_read_alike),
	    cmocka_unit_test(t_text_is_written_as_exchanges_write_it),
	    cmocka_unit_test(t_bad_text_is_refused),
	    cmocka_unit_test(t_packed_reads_back_to_the_same),
	    cmocka_unit_test(t_a_video_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
