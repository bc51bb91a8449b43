/* Fingerprints of sounds: text both ways, the packed form, what is refused. */
#include "hash/sound.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
t_text_reads_as_programs_print_it(void **state)
{
	(void)state;
	static const char *const good[] = {
	    "FINGERPRINT=1,2,4294967294\n", "1,2,-2", "[1, 2,\n4294967294]"};
	for (size_t i = 0; i < TL_COUNT(good); i++) {
		struct tl_sound s = {0};
		struct tl_buf b = {0};
		assert_int_equal(tl_sound_parse(tl_str(good[i]), &s), 0);
		tl_sound_text(&b, &s);
		assert_string_equal(tl_buf_z(&b), "1,2,4294967294");
		tl_buf_fini(&b);
		tl_sound_fini(&s);
	}
}

static void
t_bad_text_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "", "[]", "1,,2", "1,2,", "4294967296", "-2147483649", "[1", "1 2", "x"};
	for (size_t i = 0; i < TL_COUNT(bad); i++) {
		struct tl_sound s = {0};
		assert_int_equal(tl_err_kind(tl_sound_parse(tl_str(bad[i]), &s)), TL_INPUT);
		assert_null(s.w);
	}
}

static void
t_packed_reads_back_to_the_same(void **state)
{
	(void)state;
	static const uint32_t words[] = {1, 0xffffffff, 7};
	struct tl_sound s = {0}, again = {0};
	struct tl_buf b = {0};
	assert_int_equal(tl_sound_set(&s, words, 3), 0);
	tl_sound_pack(&b, &s);
	assert_int_equal(b.n, TL_SOUND_HEAD_BYTES + 12);
	assert_int_equal(tl_sound_unpack(tl_buf_str(&b), &again), 0);
	assert_memory_equal(again.w, words, sizeof words);
	tl_sound_fini(&again);
	for (size_t n = 0; n < b.n; n++)
		assert_true(tl_sound_unpack(tl_bytes(b.p, n), &again) < 0);
	tl_buf_fini(&b);
	tl_sound_fini(&s);
}

static void
t_other_speeds_read_back_one_by_one(void **state)
{
	(void)state;
	static const uint32_t words[] = {1, 0xffffffff, 7};
	struct tl_sound s = {0}, bent[TL_SOUND_BENDS];
	struct tl_buf b = {0};
	for (size_t n = 1; n <= 3; n++) {
		assert_int_equal(tl_sound_set(&s, words, n), 0);
		tl_sound_pack(&b, &s);
	}
	assert_int_equal(tl_sound_unpack_bent(tl_buf_str(&b), bent), 0);
	for (size_t i = 0; i < TL_SOUND_BENDS; i++) {
		assert_int_equal(bent[i].n, i < 3 ? i + 1 : 0);
		tl_sound_fini(&bent[i]);
	}
	for (size_t n = 1; n < b.n; n++) /* cut anywhere but between two */
		if (n != 9 && n != 22)
			assert_true(tl_sound_unpack_bent(tl_bytes(b.p, n), bent) < 0);
	for (size_t n = 3; n <= TL_SOUND_BENDS; n++)
		tl_sound_pack(&b, &s);
	assert_true(tl_sound_unpack_bent(tl_buf_str(&b), bent) < 0);
	tl_buf_fini(&b);
	tl_sound_fini(&s);
}

static void
t_a_fingerprint_is_bounded(void **state)
{
	(void)state;
	struct tl_sound s = {0};
	uint32_t *w = calloc(TL_SOUND_WORDS_MAX + 1, sizeof *w);
	assert_non_null(w);
	assert_int_equal(tl_sound_set(&s, w, TL_SOUND_WORDS_MAX + 1), TL_ETOOBIG);
	assert_int_equal(tl_sound_set(&s, w, 0), TL_EPARSE);
	assert_int_equal(tl_sound_set(&s, w, TL_SOUND_WORDS_MAX), 0);
	assert_true(TL_SOUND_PACKED_MAX <= 1 << 20);
	assert_int_equal(tl_sound_ms(0), 0);
	assert_in_range(tl_sound_ms(8), 980, 1000);
	tl_sound_fini(&s);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_text_reads_as_programs_print_it),
	    cmocka_unit_test(t_bad_text_is_refused),
	    cmocka_unit_test(t_packed_reads_back_to_the_same),
	    cmocka_unit_test(t_other_speeds_read_back_one_by_one),
	    cmocka_unit_test(t_a_fingerprint_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
