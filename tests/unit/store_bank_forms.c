/* Forms of entries: which bank holds which, both ways of text, bounds, what is too plain to be an entry. */
#include "hash/video.h"
#include "store/banks.h"

#include "unit_store.h"

#define H "9a144d52cc2866a823d5b35331e329a36cc5e4cfc66ada38b3399934bc3efc5c"

#define WORDS                                                                                  \
	"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"

static void
t_every_form_has_one_kind_of_bank_and_its_text_comes_back(void **state)
{
	struct unit_store *f = *state;
	static const char *const text[tl_entry_form_count] = {[TL_FORM_PDQ] = H,
	    [TL_FORM_MD5] = "00112233445566778899aabbccddeeff",
	    [TL_FORM_SHA256] = H,
	    [TL_FORM_WORD] = "word",
	    [TL_FORM_PHRASE] = "two words",
	    [TL_FORM_REGEX] = "a+",
	    [TL_FORM_VPDQ] = "[\"" H ",100,0.000\",\"" H ",49,1.000\"]",
	    [TL_FORM_CHROMAPRINT] = WORDS ",4294967295"};
	for (int form = 0; form < tl_entry_form_count; form++) {
		struct tl_str value;
		TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
		int kinds = 0;
		for (int k = 0; k < tl_bank_kind_count; k++)
			kinds += tl_bank_holds((enum tl_bank_kind)k, (enum tl_entry_form)form);
		assert_int_equal(kinds, 1);
		assert_int_equal(tl_bank_value_parse((enum tl_entry_form)form,
				     tl_str(text[form]), f->arena, &value),
		    0);
		assert_int_equal(tl_bank_value_check((enum tl_entry_form)form, value), 0);
		assert_true(value.n <= tl_bank_value_most((enum tl_entry_form)form));
		assert_true(strlen(text[form]) <= tl_bank_text_most((enum tl_entry_form)form));
		tl_bank_value_text((enum tl_entry_form)form, value, &b);
		assert_string_equal(tl_buf_z(&b), text[form]);
		tl_buf_reset(&b);
		tl_bank_value_brief((enum tl_entry_form)form, value, &b);
		assert_in_range(b.n, 1, 64);
	}
}

static void
t_videos_and_sounds_are_entries(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank video = unit_bank(f, "films", TL_BANK_VIDEO);
	struct tl_bank sound = unit_bank(f, "songs", TL_BANK_SOUND);
	struct tl_bank_entry e = {.form = TL_FORM_VPDQ, .enabled = true}, *page;
	size_t n;
	assert_int_equal(
	    tl_bank_value_parse(TL_FORM_VPDQ, TL_S("0,100," H ",0.000\n"), f->arena, &e.value),
	    0);
	assert_int_equal(tl_bank_entry_add(f->db, &sound, &e), TL_EFIELD);
	assert_string_equal(tl_err_field(), "/form");
	assert_int_equal(tl_bank_entry_add(f->db, &video, &e), 0);
	assert_int_equal(tl_bank_entry_add(f->db, &video, &e), TL_EEXISTS);
	assert_int_equal(
	    tl_bank_entry_page(f->db, video.id, (struct tl_id){{0}}, 10, f->arena, &page, &n),
	    0);
	assert_int_equal(n, 1);
	assert_true(tl_str_eq(page[0].value, e.value));
}

static void
t_what_is_no_value_is_refused_at_its_field(void **state)
{
	struct unit_store *f = *state;
	static const struct {
		enum tl_entry_form form;
		const char *text;
	} bad[] = {{TL_FORM_VPDQ, "[]"}, {TL_FORM_VPDQ, H}, {TL_FORM_CHROMAPRINT, ""},
	    {TL_FORM_CHROMAPRINT, "1,x"}, {TL_FORM_PDQ, "12"}, {TL_FORM_WORD, "\xff"}};
	struct tl_str value;
	for (size_t i = 0; i < TL_COUNT(bad); i++) {
		assert_int_equal(
		    tl_bank_value_parse(bad[i].form, tl_str(bad[i].text), f->arena, &value),
		    TL_EFIELD);
		assert_string_equal(tl_err_field(), "/value");
	}
	/* A dark video is well-formed and cannot be found again. */
	assert_int_equal(
	    tl_bank_value_parse(TL_FORM_VPDQ, TL_S("[\"" H ",49,0.000\"]"), f->arena, &value),
	    0);
	assert_int_equal(tl_bank_value_check(TL_FORM_VPDQ, value), TL_EFIELD);
	assert_int_equal(tl_bank_value_check(TL_FORM_VPDQ, TL_S("no list")), TL_EFIELD);
	assert_int_equal(tl_bank_value_check(TL_FORM_CHROMAPRINT, TL_S("no words")), TL_EFIELD);
	/* So is a fingerprint that is shorter than anything that counts as found. */
	assert_int_equal(
	    tl_bank_value_parse(TL_FORM_CHROMAPRINT, TL_S(WORDS), f->arena, &value), 0);
	assert_int_equal(tl_bank_value_check(TL_FORM_CHROMAPRINT, value), TL_EFIELD);
	assert_non_null(strstr(tl_err_text(), "it has 31 words, at least 32 are needed"));
}

int
main(void)
{
#define CASE(t) cmocka_unit_test_setup_teardown(t, unit_store_setup_tx, unit_store_teardown_tx)
	const struct CMUnitTest tests[] = {
	    CASE(t_every_form_has_one_kind_of_bank_and_its_text_comes_back),
	    CASE(t_videos_and_sounds_are_entries),
	    CASE(t_what_is_no_value_is_refused_at_its_field),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
