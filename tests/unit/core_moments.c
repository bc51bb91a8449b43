/* Which moments of a film are cut: few and chosen places, long places more than once, none where the usual clip does. */
#include "core/moments.h"

#include "unit.h"

static const struct tl_media film = {.id = {{7}},
    .state = TL_MEDIA_DECODED,
    .film = {(const uint8_t *)"{}", 2},
    .pictures = 9000,
    .duration_ms = 600000};

static struct tl_signal
found(const char *part)
{
	return (struct tl_signal){.has_media = true, .media = film.id, .part = tl_str(part)};
}

static struct tl_moments
moments(const struct tl_media *m, const char *part)
{
	struct tl_signal s = found(part);
	struct tl_moments r;
	tl_moments_of(m, &s, 1, &r);
	return r;
}

static void
t_a_short_place_is_cut_in_its_middle(void **state)
{
	(void)state;
	struct tl_moments r =
	    moments(&film, "{\"shown\":[{\"from_ms\":60000,\"to_ms\":66000}]}");
	assert_int_equal(r.n, 1);
	assert_int_equal(r.places, 1);
	assert_int_equal(r.cut[0], 63000);
}

static void
t_a_long_place_is_cut_more_than_once(void **state)
{
	(void)state;
	struct tl_moments r = moments(&film, "{\"shown\":[{\"from_ms\":10000,\"to_ms\":12000},{"
					     "\"from_ms\":100000,\"to_ms\":180000}]}");
	const uint32_t want[] = {11000, 110000, 130000, 150000, 170000};
	assert_int_equal(r.n, 5);
	assert_int_equal(r.places, 2);
	assert_memory_equal(r.cut, want, sizeof want);
}

static void
t_of_many_places_some_are_chosen_and_all_counted(void **state)
{
	(void)state;
	struct tl_signal s[2] = {
	    found("{\"shown\":[{\"from_ms\":10000,\"to_ms\":12000},{\"from_ms\":20000,\"to_"
		  "ms\":22000},"
		  "{\"from_ms\":30000,\"to_ms\":32000},{\"from_ms\":40000,\"to_ms\":42000}]}"),
	    found("{\"shown\":[{\"from_ms\":11000,\"to_ms\":13000},{\"from_ms\":50000,\"to_"
		  "ms\":52000},"
		  "{\"from_ms\":60000,\"to_ms\":62000},{\"from_ms\":70000,\"to_ms\":72000}]}")};
	struct tl_moments r;
	tl_moments_of(&film, s, 2, &r);
	assert_int_equal(r.places, 7);
	assert_int_equal(r.n, 5);
	assert_int_equal(r.cut[0], 11500);
	assert_int_equal(r.cut[4], 71000);
	for (size_t i = 1; i < r.n; i++)
		assert_true(r.cut[i] > r.cut[i - 1]);
}

static void
t_no_clip_is_cut_where_the_usual_one_does(void **state)
{
	(void)state;
	const char *one = "{\"shown\":[{\"from_ms\":1000,\"to_ms\":3000}]}";
	assert_int_equal(moments(&film, one).n, 1);
	struct tl_media m = film;
	m.duration_ms = 10000;
	assert_int_equal(moments(&m, one).n, 0);
	m = film;
	m.pictures = 0;
	m.has_sound = true;
	assert_int_equal(moments(&m, one).n, 1);
	m.duration_ms = 120000;
	assert_int_equal(moments(&m, one).n, 0);
	m = film;
	m.state = TL_MEDIA_ERASED;
	assert_int_equal(moments(&m, one).n, 0);
	/* Known for more than half. */
	assert_int_equal(moments(&film, "{\"shown\":[{\"from_ms\":0,\"to_ms\":310000}]}").n, 0);
	/* Matches that do not count, and of other files. */
	struct tl_signal s = found(one);
	struct tl_moments r;
	s.effect = TL_EFFECT_ALLOWED;
	tl_moments_of(&film, &s, 1, &r);
	assert_int_equal(r.n, 0);
	s = found(one);
	s.media.b[0]++;
	tl_moments_of(&film, &s, 1, &r);
	assert_int_equal(r.n, 0);
	/* Nonsense says nothing. */
	assert_int_equal(
	    moments(&film, "{\"shown\":[{\"from_ms\":-5,\"to_ms\":\"x\"},7]}").n, 0);
	assert_int_equal(moments(&film, "{\"shown\":").n, 0);
}

static void
t_their_text_comes_back_and_nonsense_does_not(void **state)
{
	(void)state;
	struct tl_moments m = {{1, 2, 3, 4, TL_FILM_MS_MAX}, 5, 900}, r;
	char text[TL_MOMENTS_TEXT];
	tl_moments_write(text, &m);
	assert_string_equal(text, "900 1 2 3 4 10800000");
	assert_int_equal(tl_moments_read(tl_str(text), &r), 0);
	assert_memory_equal(&r, &m, sizeof m);
	static const char *const bad[] = {"", "1", "1 ", "1  2", "1 2 3 4 5 6 7", "1 x",
	    "1 3 2", "1 10800001", "1 99999999999999999999"};
	for (size_t i = 0; i < TL_COUNT(bad); i++)
		assert_int_equal(tl_moments_read(tl_str(bad[i]), &r), TL_ECORRUPT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_a_short_place_is_cut_in_its_middle),
	    cmocka_unit_test(t_a_long_place_is_cut_more_than_once),
	    cmocka_unit_test(t_of_many_places_some_are_chosen_and_all_counted),
	    cmocka_unit_test(t_no_clip_is_cut_where_the_usual_one_does),
	    cmocka_unit_test(t_their_text_comes_back_and_nonsense_does_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
