/*
 * Comparing videos: the shares against counting by hand, offset and speed, mirrored copies, further looks of a
 * frame, and how much a run of frames in step may differ.
 */
#include "hash/video_match.h"

#include <math.h>

#include "unit.h"

static uint32_t seed = 7;

static struct tl_pdq
any_hash(void)
{
	struct tl_pdq h = {{0}};
	for (size_t i = 0; i < sizeof h.b; i++)
		h.b[i] = (uint8_t)(unit_random(&seed) >> 7);
	return h;
}

/* Another hash exactly `bits` away. */
static struct tl_pdq
near(struct tl_pdq h, int bits)
{
	struct tl_pdq r = h;
	while (tl_pdq_distance(&h, &r) < bits) {
		uint32_t at = unit_random(&seed) % 256;
		r.b[at / 8] ^= (uint8_t)(1 << at % 8);
	}
	return r;
}

static void
add(struct tl_video *v, struct tl_pdq h, int64_t ms, int quality, unsigned flags)
{
	struct tl_video_frame f = {.hash = h,
	    .ms = (uint32_t)ms,
	    .quality = (uint8_t)quality,
	    .flags = (uint8_t)flags};
	assert_int_equal(tl_video_add(v, &f), 0);
}

static struct tl_video
any_video(int frames)
{
	struct tl_video v = {0};
	for (int i = 0; i < frames; i++)
		add(&v, any_hash(), i * 1000, 100, 0);
	return v;
}

static struct tl_video_match
held(const struct tl_video *query, bool mirrored, const struct tl_video *known,
    struct tl_video_rule rule)
{
	struct tl_video_looks q, k;
	struct tl_video_match m;
	tl_video_looks_of(query, mirrored, &q);
	tl_video_looks_of(known, false, &k);
	tl_video_compare(&q, &k, &rule, &m);
	tl_video_looks_fini(&q);
	tl_video_looks_fini(&k);
	return m;
}

static const struct tl_video_rule usual = {31, TL_VIDEO_SHARE_QUERY, TL_VIDEO_SHARE_KNOWN};

/* What the rule says, counted plainly. */
static double
share_by_hand(const struct tl_video *a, const struct tl_video *b, int distance)
{
	int of = 0, hit = 0;
	for (size_t i = 0; i < a->n; i++) {
		bool found = false, earlier = false;
		for (size_t j = 0; j < i; j++)
			earlier |= a->f[j].quality >= 50 &&
				   tl_pdq_distance(&a->f[i].hash, &a->f[j].hash) == 0;
		if (a->f[i].quality < 50 || earlier)
			continue;
		for (size_t j = 0; j < b->n; j++)
			found |= b->f[j].quality >= 50 &&
				 tl_pdq_distance(&a->f[i].hash, &b->f[j].hash) <= distance;
		of++;
		hit += found;
	}
	return of ? (double)hit / of : 0;
}

static void
t_shares_are_what_counting_by_hand_gives(void **state)
{
	(void)state;
	for (int round = 0; round < 200; round++) {
		struct tl_video a = any_video(1 + (int)(unit_random(&seed) % 12)), b = {0};
		for (int i = 0; i < 1 + (int)(unit_random(&seed) % 12); i++) {
			struct tl_pdq h = any_hash();
			if (unit_random(&seed) % 3)
				h = near(a.f[unit_random(&seed) % a.n].hash,
				    25 + (int)(unit_random(&seed) % 12));
			add(&b, h, i * 1000, unit_random(&seed) % 5 ? 50 : 49, 0);
		}
		if (unit_random(&seed) % 2)
			add(&a, a.f[0].hash, 60000, 100, 0);
		struct tl_video_rule rule = {.distance = 31,
		    .share_query = (int)(unit_random(&seed) % 101),
		    .share_known = (int)(unit_random(&seed) % 101)};
		double q = share_by_hand(&a, &b, 31), k = share_by_hand(&b, &a, 31);
		struct tl_video_match m = held(&a, false, &b, rule);
		bool both = q > 0 && q * 100 + 1e-9 >= rule.share_query &&
			    k * 100 + 1e-9 >= rule.share_known;
		assert_int_equal(m.how == TL_VIDEO_FRAMES, both);
		if (m.how != TL_VIDEO_STEP) {
			assert_float_equal(m.share_query, q, 1e-9);
			assert_float_equal(m.share_known, k, 1e-9);
		}
		tl_video_fini(&a);
		tl_video_fini(&b);
	}
}

static void
t_a_clip_says_where_it_lies(void **state)
{
	(void)state;
	struct tl_video known = any_video(60), clip = {0}, longer = {0};
	for (int i = 0; i < 20; i++)
		add(&clip, near(known.f[25 + i].hash, 12), i * 1000, 100, 0);
	struct tl_video_match m = held(&clip, false, &known, usual);
	assert_int_equal(m.how, TL_VIDEO_FRAMES);
	assert_int_equal(m.offset_ms, 25000);
	assert_float_equal(m.speed, 1.0, 1e-9);
	assert_int_equal(m.query, 20);
	assert_float_equal(m.share_known, 20.0 / 60, 1e-9);
	/* The other way round it is found by the share of the known video alone. */
	m = held(&known, false, &clip, usual);
	assert_int_equal(m.how, TL_VIDEO_APART);
	m = held(&known, false, &clip, (struct tl_video_rule){31, 0, 80});
	assert_int_equal(m.how, TL_VIDEO_FRAMES);
	assert_int_equal(m.offset_ms, -25000);
	assert_int_equal(m.shown.n, 1);
	assert_int_equal(m.shown.s[0].from_ms, 25000);
	assert_int_equal(m.shown.s[0].to_ms, 45000);
	tl_video_fini(&known);
	tl_video_fini(&clip);
	tl_video_fini(&longer);
}

static void
t_each_stretch_says_when_it_begins_and_ends(void **state)
{
	(void)state;
	struct tl_video known = any_video(12), film = any_video(100);
	for (size_t i = 0; i < 6; i++) {
		film.f[10 + i].hash = near(known.f[i].hash, 12);
		film.f[40 + i].hash = near(known.f[6 + i].hash, 12);
	}
	film.f[12].hash = any_hash(); /* one that does not fit */
	for (size_t i = 45; i < 60; i++)
		film.f[i].hash = known.f[11].hash; /* a still picture at the end */
	struct tl_video_match m = held(&film, false, &known, (struct tl_video_rule){31, 5, 80});
	assert_int_equal(m.how, TL_VIDEO_FRAMES);
	assert_int_equal(m.shown.n, 2);
	assert_int_equal(m.shown.s[0].from_ms, 10000);
	assert_int_equal(m.shown.s[0].to_ms, 16000);
	assert_int_equal(m.shown.s[1].from_ms, 40000);
	assert_int_equal(m.shown.s[1].to_ms, 60000);
	tl_video_fini(&known);
	tl_video_fini(&film);
}

static void
t_a_faster_copy_says_how_fast(void **state)
{
	(void)state;
	struct tl_video known = any_video(100), copy = {0};
	for (int i = 0; i < 60; i++)
		add(&copy, near(known.f[20 + i].hash, 20), i * 1000 * 100 / 105, 100, 0);
	struct tl_video_match m = held(&copy, false, &known, usual);
	assert_int_equal(m.how, TL_VIDEO_FRAMES);
	assert_float_equal(m.speed, 1.05, 0.011);
	assert_in_range(m.offset_ms, 19400, 20600);
	tl_video_fini(&known);
	tl_video_fini(&copy);
}

static void
t_in_step_twice_the_distance_is_near_enough(void **state)
{
	(void)state;
	struct tl_video known = any_video(40), copy = {0}, shuffled = {0};
	for (int i = 0; i < 20; i++) {
		struct tl_pdq h = near(known.f[10 + i].hash, 55);
		add(&copy, h, i * 1000, 100, 0);
		add(&shuffled, near(known.f[10 + i * 7 % 20].hash, 55), i * 1000, 100, 0);
	}
	struct tl_video_match m = held(&copy, false, &known, usual);
	assert_int_equal(m.how, TL_VIDEO_STEP);
	assert_int_equal(m.offset_ms, 10000);
	assert_int_equal(m.query, 20);
	assert_int_equal(held(&shuffled, false, &known, usual).how, TL_VIDEO_APART);
	/* Strict banks stay strict. */
	assert_int_equal(
	    held(&copy, false, &known, (struct tl_video_rule){10, 80, 0}).how, TL_VIDEO_APART);
	tl_video_fini(&known);
	tl_video_fini(&copy);
	tl_video_fini(&shuffled);
}

static void
t_further_looks_help_and_do_not_count(void **state)
{
	(void)state;
	struct tl_video known = any_video(10), copy = {0};
	for (int i = 0; i < 8; i++) {
		add(&copy, any_hash(), i * 1000, 100, 0);
		add(&copy, any_hash(), i * 1000, 100, TL_VIDEO_CROPPED);
		add(&copy, near(known.f[i].hash, 9), i * 1000 + 500, 100, TL_VIDEO_BETWEEN);
	}
	struct tl_video_match m = held(&copy, false, &known, usual);
	assert_int_equal(m.how, TL_VIDEO_FRAMES);
	assert_int_equal(m.query, 8);
	assert_float_equal(m.share_query, 1.0, 1e-9);
	tl_video_fini(&known);
	tl_video_fini(&copy);
}

static void
t_what_has_no_usable_frame_matches_nothing(void **state)
{
	(void)state;
	struct tl_video known = any_video(5), dark = {0};
	for (int i = 0; i < 5; i++)
		add(&dark, known.f[i].hash, i * 1000, 49, 0);
	assert_int_equal(
	    held(&dark, false, &known, (struct tl_video_rule){31, 0, 0}).how, TL_VIDEO_APART);
	assert_int_equal(
	    held(&known, false, &dark, (struct tl_video_rule){31, 0, 0}).how, TL_VIDEO_APART);
	tl_video_fini(&known);
	tl_video_fini(&dark);
}

#define W 320
#define H 180

static uint8_t
drawn(double x, double y)
{
	double v = 120 + 50 * sin(9 * x + 4 * y) + 30 * sin(17 * y - 5 * x) +
		   (hypot(x - 0.3, y - 0.6) < 0.2 ? 40 : 0);
	return (uint8_t)v;
}

static void
paint(uint8_t *p, bool mirrored)
{
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++) {
			double u = (x + 0.5) / W;
			p[y * W + x] = drawn(mirrored ? 1 - u : u, (y + 0.5) / H);
		}
}

static struct tl_pdq_sampler *
sampled(const uint8_t *p)
{
	struct tl_pdq_sampler *s = NULL;
	assert_int_equal(tl_pdq_sampler_create(W, H, &s), 0);
	for (int y = 0; y < H; y++)
		tl_pdq_row_u8(s, p + (size_t)y * W);
	return s;
}

static void
t_the_mirrored_hash_is_near_the_hash_of_the_mirrored_picture(void **state)
{
	(void)state;
	static uint8_t p[W * H];
	struct tl_pdq straight, mirrored;
	int quality;
	paint(p, false);
	TL_CLEANUP(tl_pdq_sampler_destroyp) struct tl_pdq_sampler *a = sampled(p);
	tl_pdq_hash(tl_pdq_sampler_frame(a), &straight, &quality);
	paint(p, true);
	TL_CLEANUP(tl_pdq_sampler_destroyp) struct tl_pdq_sampler *b = sampled(p);
	tl_pdq_hash(tl_pdq_sampler_frame(b), &mirrored, &quality);
	assert_true(tl_pdq_distance(&straight, &mirrored) > 60);
	tl_pdq_mirror(&straight);
	assert_in_range(tl_pdq_distance(&straight, &mirrored), 0, 20);
	tl_pdq_mirror(&straight);
	tl_pdq_mirror(&mirrored);
	assert_in_range(tl_pdq_distance(&straight, &mirrored), 0, 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_shares_are_what_counting_by_hand_gives),
	    cmocka_unit_test(t_a_clip_says_where_it_lies),
	    cmocka_unit_test(t_each_stretch_says_when_it_begins_and_ends),
	    cmocka_unit_test(t_a_faster_copy_says_how_fast),
	    cmocka_unit_test(t_in_step_twice_the_distance_is_near_enough),
	    cmocka_unit_test(t_further_looks_help_and_do_not_count),
	    cmocka_unit_test(t_what_has_no_usable_frame_matches_nothing),
	    cmocka_unit_test(t_the_mirrored_hash_is_near_the_hash_of_the_mirrored_picture),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
