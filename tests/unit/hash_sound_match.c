/*
 * Finding sounds: clips with their offsets, damaged and drifting copies, both shares; what does not change matches
 * nothing; what is unrelated is not found; what many share hides nothing; the index against the plain scan.
 */
#include "hash/sound_find.h"

#include "unit.h"

#define KNOWN 40
#define WORDS 600

static uint32_t seed = 11;

/* Each word differs from the one before by some bits, as those of real sounds do. */
static struct tl_sound
any_sound(size_t n)
{
	struct tl_sound s = {.w = malloc(n * sizeof *s.w), .n = n};
	uint32_t w = unit_random(&seed) << 12 ^ unit_random(&seed);
	assert_non_null(s.w);
	for (size_t i = 0; i < n; i++) {
		for (int k = 0; k < 5; k++)
			w ^= 1u << unit_random(&seed) % 32;
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
			s->w[i] ^= unit_random(&seed) % 100 < percent ? 1u << b : 0;
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
	struct tl_sound *known;
	uint64_t count;
	struct tl_index *x;
	uint64_t entry; /* that is being added */
	bool plain;     /* every window is compared with every other */
};

static int
keep_window(void *ctx, uint32_t window, const struct tl_pdq *h)
{
	const struct library *l = ctx;
	/* Every other one in another bank. */
	return tl_index_add(
	    l->x, h, tl_sound_key(l->entry, window), 1 + (uint32_t)(l->entry % 2), 0);
}

static void
keep_all(struct library *l)
{
	assert_int_equal(tl_index_open(NULL, TL_INDEX_OWN, &l->x), 0);
	for (l->entry = 0; l->entry < l->count; l->entry++)
		assert_int_equal(
		    tl_sound_index_windows(&l->known[l->entry], keep_window, l), 0);
}

static void
drop_all(struct library *l)
{
	for (size_t i = 0; i < l->count; i++)
		tl_sound_fini(&l->known[i]);
	free(l->known);
	tl_index_close(l->x);
}

static struct tl_sound *
room(size_t n)
{
	struct tl_sound *s = calloc(n, sizeof *s);
	assert_non_null(s);
	return s;
}

static int
make_library(void **state)
{
	static struct library l;
	l.count = KNOWN;
	l.known = room(KNOWN);
	for (uint32_t i = 0; i < KNOWN; i++) {
		l.known[i] = any_sound(WORDS);
		if (i == 7) /* stands still in the middle */
			for (size_t k = 200; k < 400; k++)
				l.known[i].w[k] = 0x25a1;
	}
	keep_all(&l);
	*state = &l;
	return 0;
}

struct plain {
	const struct tl_index_ask *ask;
	struct tl_index_found *found;
	const struct library *l;
	uint64_t entry;
};

static int
near(void *ctx, uint32_t window, const struct tl_pdq *h)
{
	const struct plain *p = ctx;
	uint32_t bank = 1 + (uint32_t)(p->entry % 2);
	for (size_t b = 0; b < p->ask->banks; b++) {
		int d = tl_pdq_distance(h, p->ask->needle);
		if (p->ask->bank[b].bank != bank || d > p->ask->bank[b].distance)
			continue;
		p->found->all++;
		if (p->found->n < p->found->cap)
			p->found->hit[p->found->n++] =
			    (struct tl_index_hit){tl_sound_key(p->entry, window), bank, d};
	}
	return 0;
}

/* The oracle: the plain scan of every window of every sound. */
static int
scan(const struct library *l, const struct tl_index_ask *ask, struct tl_index_found *found)
{
	for (size_t i = 0; i < ask->needles; i++) {
		struct tl_index_ask one = *ask;
		struct plain p = {&one, &found[i], l, 0};
		one.needle = &ask->needle[i];
		found[i].n = 0;
		found[i].all = 0;
		for (; p.entry < l->count; p.entry++)
			assert_int_equal(
			    tl_sound_index_windows(&l->known[p.entry], near, &p), 0);
	}
	return 0;
}

static int
find(void *ctx, const struct tl_index_ask *ask, struct tl_index_found *found)
{
	const struct library *l = ctx;
	return l->plain ? scan(l, ask, found) : tl_index_find(l->x, ask, found);
}

static int
read_known(void *ctx, uint64_t entry, struct tl_sound *ret)
{
	const struct library *l = ctx;
	return tl_sound_set(ret, l->known[entry].w, l->known[entry].n);
}

static struct tl_sound_found
ask_for(struct library *l, const struct tl_sound *query, size_t queries)
{
	static const uint32_t banks[] = {1, 2};
	struct tl_sound_found f = {0};
	struct tl_sound_ask ask = {.find = find,
	    .read = read_known,
	    .ctx = l,
	    .bank = banks,
	    .banks = TL_COUNT(banks),
	    .query = query,
	    .queries = queries};
	assert_int_equal(tl_sound_find(&ask, &f), 0);
	return f;
}

/* How many are found; the first of them. */
static size_t
look_for(struct library *l, const struct tl_sound *query, struct tl_sound_hit *ret)
{
	struct tl_sound_found f = ask_for(l, query, 1);
	size_t n = f.n;
	assert_int_equal(f.cuts, 0);
	if (n)
		*ret = f.hit[0];
	tl_sound_found_fini(&f);
	return n;
}

static int
drop_library(void **state)
{
	drop_all(*state);
	return 0;
}

static void
t_a_damaged_clip_is_found_where_it_lies(void **state)
{
	struct library *l = *state;
	for (uint32_t i = 0; i < KNOWN; i += 3) {
		struct tl_sound q = part_of(&l->known[i], 150, 240, 1);
		struct tl_sound_hit h[1];
		damage(&q, 10);
		assert_int_equal(look_for(l, &q, h), 1);
		assert_int_equal(h[0].entry, i);
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
	struct tl_sound_hit h[1];
	memcpy(q.w + 700, l->known[5].w, WORDS * sizeof *q.w);
	assert_int_equal(look_for(l, &q, h), 1);
	assert_int_equal(h[0].entry, 5);
	assert_int_equal(h[0].offset_ms, tl_sound_ms(-700));
	assert_true(h[0].share_known > 0.9 && h[0].share_query > 0.2 && h[0].share_query < 0.4);
	assert_int_equal(h[0].shown.n, 1);
	assert_in_range(h[0].shown.s[0].from_ms, tl_sound_ms(684), tl_sound_ms(716));
	assert_in_range(
	    h[0].shown.s[0].to_ms, tl_sound_ms(684 + WORDS), tl_sound_ms(716 + WORDS));
	tl_sound_fini(&q);
}

static void
t_a_drifting_copy_is_followed(void **state)
{
	struct library *l = *state;
	static const double speed[] = {0.98, 1.02};
	for (size_t i = 0; i < TL_COUNT(speed); i++) {
		struct tl_sound q = part_of(&l->known[9], 20, 500, speed[i]);
		struct tl_sound_hit h[1];
		damage(&q, 5);
		assert_int_equal(look_for(l, &q, h), 1);
		assert_int_equal(h[0].entry, 9);
		assert_true(h[0].share_query > 0.8);
		assert_float_equal(h[0].speed, speed[i], 0.006);
		tl_sound_fini(&q);
	}
}

static void
t_what_stands_still_matches_nothing(void **state)
{
	struct library *l = *state;
	struct tl_sound_hit h[1];
	struct tl_sound q = part_of(&l->known[7], 200, 200, 1);
	assert_int_equal(look_for(l, &q, h), 0);
	/* Steady noise: few bits turn, about one and the same word. */
	for (size_t i = 0; i < q.n; i++)
		q.w[i] = 0x25a1;
	damage(&q, 8);
	assert_int_equal(look_for(l, &q, h), 0);
	tl_sound_fini(&q);
}

static void
t_unrelated_sounds_are_not_found(void **state)
{
	struct library *l = *state;
	struct tl_sound_hit h[1];
	for (int i = 0; i < 100; i++) {
		struct tl_sound q = any_sound(1 + unit_random(&seed) % 400);
		assert_int_equal(look_for(l, &q, h), 0);
		tl_sound_fini(&q);
	}
}

/* A second that hundreds share hides nothing: not the copy of one of them, and no other bank. */
static void
t_a_jingle_of_many_hides_nothing(void **state)
{
	(void)state;
	struct library l = {.count = 600, .known = room(600)};
	struct tl_sound jingle = any_sound(40), own = {0};
	for (uint32_t i = 0; i < l.count; i++) {
		l.known[i] = any_sound(200);
		memcpy(l.known[i].w, jingle.w, jingle.n * sizeof *jingle.w);
	}
	keep_all(&l);
	own = part_of(&l.known[300], 0, 200, 1);
	struct tl_sound_found f = ask_for(&l, &own, 1);
	assert_true(f.n > 0);
	assert_int_equal(f.hit[0].entry, 300);
	tl_sound_found_fini(&f);
	f = ask_for(&l, &jingle, 1);
	size_t in[3] = {0};
	for (size_t i = 0; i < f.n; i++)
		in[f.hit[i].bank]++;
	assert_true(in[1] > 8 && in[2] > 8);
	assert_int_equal(f.cuts, 2); /* and it is said that there is more */
	tl_sound_found_fini(&f);
	tl_sound_fini(&own);
	tl_sound_fini(&jingle);
	drop_all(&l);
}

/* Of any speed that is asked for, and once. */
static void
t_a_copy_at_another_speed_is_found_by_that_speed(void **state)
{
	struct library *l = *state;
	struct tl_sound q[3] = {any_sound(240), part_of(&l->known[4], 100, 240, 1),
	    part_of(&l->known[4], 101, 200, 1)};
	damage(&q[1], 8);
	struct tl_sound_found f = ask_for(l, q, 3);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.hit[0].entry, 4);
	assert_true(f.hit[0].ms > tl_sound_ms(200));
	tl_sound_found_fini(&f);
	f = ask_for(l, q, 1);
	assert_int_equal(f.n, 0);
	tl_sound_found_fini(&f);
	for (size_t i = 0; i < 3; i++)
		tl_sound_fini(&q[i]);
}

static void
t_the_index_finds_what_the_plain_scan_finds(void **state)
{
	struct library *l = *state;
	for (int round = 0; round < 24; round++) {
		struct tl_sound q =
		    round % 4 ? part_of(&l->known[unit_random(&seed) % KNOWN],
				    unit_random(&seed) % 300, 20 + unit_random(&seed) % 200, 1)
			      : any_sound(200);
		damage(&q, 5 + unit_random(&seed) % 15);
		struct tl_sound_found by_index = ask_for(l, &q, 1);
		l->plain = true;
		struct tl_sound_found by_scan = ask_for(l, &q, 1);
		l->plain = false;
		assert_int_equal(by_index.n, by_scan.n);
		for (size_t i = 0; i < by_scan.n; i++) {
			assert_int_equal(by_index.hit[i].entry, by_scan.hit[i].entry);
			assert_int_equal(by_index.hit[i].bank, by_scan.hit[i].bank);
			assert_int_equal(by_index.hit[i].ms, by_scan.hit[i].ms);
		}
		tl_sound_found_fini(&by_index);
		tl_sound_found_fini(&by_scan);
		tl_sound_fini(&q);
	}
}

static void
t_an_empty_index_answers(void **state)
{
	(void)state;
	struct library l = {0};
	struct tl_sound q = any_sound(100);
	struct tl_sound_hit h[1];
	keep_all(&l);
	assert_int_equal(look_for(&l, &q, h), 0);
	tl_sound_fini(&q);
	drop_all(&l);
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
	    cmocka_unit_test(t_a_jingle_of_many_hides_nothing),
	    cmocka_unit_test(t_a_copy_at_another_speed_is_found_by_that_speed),
	    cmocka_unit_test(t_the_index_finds_what_the_plain_scan_finds),
	    cmocka_unit_test(t_an_empty_index_answers),
	};
	return cmocka_run_group_tests(tests, make_library, drop_library);
}
