/*
 * Finding sounds: clips with their offsets, damaged and drifting copies, both shares; what does not change matches
 * nothing; what is unrelated is not found; a word that is everywhere leads nowhere.
 */
#include "hash/sound_match.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define KNOWN 40
#define WORDS 600

static uint32_t seed = 11;

static uint32_t
next(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

/* Each word differs from the one before by some bits, as those of real sounds do. */
static struct tl_sound
any_sound(size_t n)
{
	struct tl_sound s = {.w = malloc(n * sizeof *s.w), .n = n};
	uint32_t w = next() << 12 ^ next();
	assert_non_null(s.w);
	for (size_t i = 0; i < n; i++) {
		for (int k = 0; k < 5; k++)
			w ^= 1u << next() % 32;
		s.w[i] = w;
	}
	return s;
}

/* Every bit turns with a chance of `percent`. */
static void
damage(struct tl_sound *s, uint32_t percent)
{
	for (size_t i = 0; i < s->n; i++)
		for (int b = 0; b < 32; b++)
			s->w[i] ^= next() % 100 < percent ? 1u << b : 0;
}

static struct tl_sound
part_of(const struct tl_sound *s, size_t from, size_t n, double speed)
{
	struct tl_sound p = {.w = malloc(n * sizeof *p.w), .n = n};
	assert_non_null(p.w);
	for (size_t i = 0; i < n; i++)
		p.w[i] = s->w[from + (size_t)((double)i * speed)];
	return p;
}

struct library {
	struct tl_sound known[KNOWN];
	struct tl_sound_index *x;
};

static int
make_library(void **state)
{
	static struct library l;
	l.x = tl_sound_index_create();
	for (uint32_t i = 0; i < KNOWN; i++) {
		l.known[i] = any_sound(WORDS);
		if (i == 7) /* stands still in the middle */
			for (size_t k = 200; k < 400; k++)
				l.known[i].w[k] = 0x25a1;
		assert_int_equal(tl_sound_index_add(l.x, i + 100, &l.known[i]), 0);
	}
	tl_sound_index_build(l.x);
	assert_int_equal(tl_sound_index_words(l.x), KNOWN * WORDS);
	*state = &l;
	return 0;
}

static int
drop_library(void **state)
{
	struct library *l = *state;
	for (size_t i = 0; i < KNOWN; i++)
		tl_sound_fini(&l->known[i]);
	tl_sound_index_destroy(l->x);
	return 0;
}

static void
t_a_damaged_clip_is_found_where_it_lies(void **state)
{
	struct library *l = *state;
	for (uint32_t i = 0; i < KNOWN; i += 3) {
		struct tl_sound q = part_of(&l->known[i], 150, 240, 1);
		struct tl_sound_hit h[4];
		damage(&q, 10);
		assert_int_equal(tl_sound_find(l->x, &q, h, 4), 1);
		assert_int_equal(h[0].sound, i + 100);
		assert_int_equal(h[0].offset_ms, tl_sound_ms(150));
		assert_true(h[0].bits > 2 && h[0].bits < 5);
		assert_true(h[0].share_query > 0.9 && h[0].share_known < 0.5);
		assert_float_equal(h[0].speed, 1, 0.01);
		tl_sound_fini(&q);
	}
}

static void
t_a_known_sound_inside_another_has_its_share(void **state)
{
	struct library *l = *state;
	struct tl_sound q = any_sound(2000);
	struct tl_sound_hit h[4];
	memcpy(q.w + 700, l->known[5].w, WORDS * sizeof *q.w);
	assert_int_equal(tl_sound_find(l->x, &q, h, 4), 1);
	assert_int_equal(h[0].sound, 105);
	assert_int_equal(h[0].offset_ms, tl_sound_ms(-700));
	assert_true(h[0].share_known > 0.9 && h[0].share_query > 0.2 && h[0].share_query < 0.4);
	tl_sound_fini(&q);
}

static void
t_a_drifting_copy_is_followed(void **state)
{
	struct library *l = *state;
	static const double speed[] = {0.98, 1.02};
	for (size_t i = 0; i < TL_COUNT(speed); i++) {
		struct tl_sound q = part_of(&l->known[9], 20, 500, speed[i]);
		struct tl_sound_hit h[4];
		damage(&q, 5);
		assert_int_equal(tl_sound_find(l->x, &q, h, 4), 1);
		assert_int_equal(h[0].sound, 109);
		assert_true(h[0].share_query > 0.8);
		assert_float_equal(h[0].speed, speed[i], 0.006);
		tl_sound_fini(&q);
	}
}

static void
t_what_stands_still_matches_nothing(void **state)
{
	struct library *l = *state;
	struct tl_sound_hit h[4];
	struct tl_sound q = part_of(&l->known[7], 200, 200, 1);
	assert_int_equal(tl_sound_find(l->x, &q, h, 4), 0);
	/* Steady noise: few bits turn, about one and the same word. */
	for (size_t i = 0; i < q.n; i++)
		q.w[i] = 0x25a1;
	damage(&q, 8);
	assert_int_equal(tl_sound_find(l->x, &q, h, 4), 0);
	tl_sound_fini(&q);
}

static void
t_unrelated_sounds_are_not_found(void **state)
{
	struct library *l = *state;
	struct tl_sound_hit h[4];
	for (int i = 0; i < 100; i++) {
		struct tl_sound q = any_sound(1 + next() % 400);
		assert_int_equal(tl_sound_find(l->x, &q, h, 4), 0);
		tl_sound_fini(&q);
	}
}

static void
t_words_that_are_everywhere_lead_nowhere(void **state)
{
	(void)state;
	struct tl_sound_index *x = tl_sound_index_create();
	struct tl_sound jingle = any_sound(40), own = {0};
	struct tl_sound_hit h[4];
	for (uint32_t i = 0; i < 600; i++) {
		struct tl_sound s = any_sound(200);
		memcpy(s.w, jingle.w, jingle.n * sizeof *s.w);
		assert_int_equal(tl_sound_index_add(x, i, &s), 0);
		if (i == 300)
			own = part_of(&s, 0, 200, 1);
		tl_sound_fini(&s);
	}
	tl_sound_index_build(x);
	assert_int_equal(tl_sound_find(x, &jingle, h, 4), 0);
	assert_int_equal(tl_sound_find(x, &own, h, 4), 1);
	assert_int_equal(h[0].sound, 300);
	tl_sound_fini(&own);
	tl_sound_fini(&jingle);
	tl_sound_index_destroy(x);
}

static void
t_an_empty_index_answers(void **state)
{
	(void)state;
	struct tl_sound_index *x = tl_sound_index_create();
	struct tl_sound q = any_sound(100);
	struct tl_sound_hit h[4];
	tl_sound_index_build(x);
	assert_int_equal(tl_sound_find(x, &q, h, 4), 0);
	tl_sound_fini(&q);
	tl_sound_index_destroy(x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_a_damaged_clip_is_found_where_it_lies),
	    cmocka_unit_test(t_a_known_sound_inside_another_has_its_share),
	    cmocka_unit_test(t_a_drifting_copy_is_followed),
	    cmocka_unit_test(t_what_stands_still_matches_nothing),
	    cmocka_unit_test(t_unrelated_sounds_are_not_found),
	    cmocka_unit_test(t_words_that_are_everywhere_lead_nowhere),
	    cmocka_unit_test(t_an_empty_index_answers),
	};
	return cmocka_run_group_tests(tests, make_library, drop_library);
}
