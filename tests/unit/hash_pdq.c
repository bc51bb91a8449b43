/*
 * PDQ against two others: means over windows written down as they are defined, in double precision, with a transform
 * without any order tricks; and the published steps to the letter (pdq_oracle.h), over many more shapes. Pictures are
 * drawn from a fixed sequence.
 * (The published vectors need decoders and are checked in media_vectors.c.)
 */
#include "hash/pdq_loops_int.h"

#include "pdq_oracle.h"

#include <math.h>

#include "unit.h"

#define SIDE TL_PDQ_SIDE

/* Soft hills and some edges: textured enough for a good quality. */
static uint8_t *
draw(uint32_t w, uint32_t h, uint32_t seed)
{
	uint8_t *p = malloc((size_t)w * h);
	assert_non_null(p);
	double fx[6], fy[6], ph[6];
	for (int i = 0; i < 6; i++) {
		fx[i] = unit_random(&seed) % 1000 / 60.0;
		fy[i] = unit_random(&seed) % 1000 / 60.0;
		ph[i] = unit_random(&seed) % 628 / 100.0;
	}
	uint32_t ex = unit_random(&seed) % w, ey = unit_random(&seed) % h;
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++) {
			double v = 128;
			for (int i = 0; i < 6; i++)
				v += 25 * sin(fx[i] * x / w + fy[i] * y / h + ph[i]);
			v += x > ex ? 20 : 0;
			v -= y > ey ? 20 : 0;
			p[(size_t)y * w + x] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
		}
	return p;
}

/* The mean of the window around `at` in a line of n samples that are `stride` apart. */
static double
window_mean(const double *line, int n, int stride, int at)
{
	int window = (n + 127) / 128, half = (window + 2) / 2, count = 0;
	double sum = 0;
	for (int i = at - (window - half); i <= at + half - 1; i++)
		if (i >= 0 && i < n) {
			sum += line[(size_t)i * (size_t)stride];
			count++;
		}
	return sum / count;
}

static void
oracle_frame(const uint8_t *luma, int w, int h, double out[SIDE][SIDE])
{
	size_t n = (size_t)w * (size_t)h;
	double *a = malloc(n * sizeof *a), *b = malloc(n * sizeof *b);
	assert_non_null(a);
	assert_non_null(b);
	for (size_t i = 0; i < n; i++)
		a[i] = luma[i];
	for (int pass = 0; pass < 2; pass++) {
		for (int y = 0; y < h; y++)
			for (int x = 0; x < w; x++)
				b[y * w + x] = window_mean(a + y * w, w, 1, x);
		for (int y = 0; y < h; y++)
			for (int x = 0; x < w; x++)
				a[y * w + x] = window_mean(b + x, h, w, y);
	}
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++)
			out[i][j] =
			    a[(int)((i + 0.5) * h / SIDE) * w + (int)((j + 0.5) * w / SIDE)];
	free(a);
	free(b);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void
oracle_hash(double a[SIDE][SIDE], struct tl_pdq *ret)
{
	static double b[256], sorted[256];
	for (int i = 0; i < 16; i++)
		for (int j = 0; j < 16; j++) {
			double sum = 0;
			for (int y = 0; y < SIDE; y++)
				for (int x = 0; x < SIDE; x++)
					sum += a[y][x] *
					       cos(M_PI / 128 * (i + 1) * (2 * y + 1)) *
					       cos(M_PI / 128 * (j + 1) * (2 * x + 1));
			b[i * 16 + j] = sum;
		}
	memcpy(sorted, b, sizeof b);
	qsort(sorted, 256, sizeof *sorted, by_value);
	memset(ret, 0, sizeof *ret);
	for (int i = 0; i < 256; i++)
		if (b[i] > sorted[127])
			ret->b[31 - i / 8] |= (uint8_t)(1 << i % 8);
}

static void
compare(uint32_t w, uint32_t h, uint32_t seed)
{
	static double want[SIDE][SIDE];
	uint8_t *luma = draw(w, h, seed);
	struct tl_pdq_sampler *s = NULL;
	assert_int_equal(tl_pdq_sampler_create(w, h, &s), 0);
	for (uint32_t y = 0; y < h; y++) {
		assert_int_equal(tl_pdq_sampler_missing(s), h - y);
		tl_pdq_row_u8(s, luma + (size_t)y * w);
	}
	assert_int_equal(tl_pdq_sampler_missing(s), 0);
	const struct tl_pdq_frame *f = tl_pdq_sampler_frame(s);
	if (w == SIDE && h == SIDE) {
		for (int i = 0; i < SIDE * SIDE; i++)
			want[i / SIDE][i % SIDE] = luma[i];
	} else {
		oracle_frame(luma, (int)w, (int)h, want);
	}
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++)
			assert_true(fabs((double)f->v[i][j] - want[i][j]) < 0.002);
	struct tl_pdq got, should;
	int quality;
	tl_pdq_hash(f, &got, &quality);
	oracle_hash(want, &should);
	if (w >= SIDE &&
	    h >= SIDE) /* smaller ones repeat samples: ties that rounding decides */
		assert_in_range(tl_pdq_distance(&got, &should), 0, 2);
	tl_pdq_sampler_destroy(s);
	free(luma);
}

static void
t_samples_and_hash_equal_the_oracle(void **state)
{
	(void)state;
	static const uint16_t size[][2] = {{5, 5}, {7, 200}, {300, 9}, {63, 65}, {64, 64},
	    {65, 64}, {127, 129}, {128, 128}, {256, 255}, {362, 362}, {363, 363}, {512, 512},
	    {640, 480}, {1023, 130}, {2000, 70}, {70, 2000}, {30, 5000}, {5000, 30}};
	for (uint32_t i = 0; i < TL_COUNT(size); i++)
		compare(size[i][0], size[i][1], i + 1);
}

/*
 * Small pictures take the reference's own steps: not one bit may differ. Large ones take the short cut: two bits, and
 * quality one off. (Where a large one has a side under 64, samples repeat and rounding decides: then only quality.)
 */
static void
hold_to_the_steps(uint32_t w, uint32_t h, uint32_t seed)
{
	uint8_t *luma = draw(w, h, seed);
	float *plane = malloc((size_t)w * h * sizeof *plane);
	struct tl_pdq got, want;
	int quality, should;
	assert_non_null(plane);
	for (size_t i = 0; i < (size_t)w * h; i++)
		plane[i] = luma[i];
	oracle_pdq(plane, w, h, &want, &should);
	assert_int_equal(tl_pdq_of_luma(luma, w, h, w, &got, &quality), 0);
	int most = w * h <= 1u << 17 ? 0 : w < SIDE || h < SIDE ? 256 : 2;
	int away = tl_pdq_distance(&got, &want);
	if (away > most || abs(quality - should) > 1)
		print_error(
		    "%u x %u: %d bits away, quality %d for %d\n", w, h, away, quality, should);
	assert_in_range(away, 0, most);
	assert_in_range(abs(quality - should), 0, 1);
	free(plane);
	free(luma);
}

static void
t_every_shape_equals_the_published_steps(void **state)
{
	(void)state;
	static const uint16_t size[][2] = {{5, 5}, {5, 1500}, {1500, 5}, {7, 1499}, {1499, 7},
	    {13, 1009}, {61, 67}, {64, 64}, {64, 1500}, {127, 1031}, {1031, 127}, {257, 509},
	    {509, 521}, {769, 1021}, {1021, 641}, {512, 512}, {1500, 1500}, {96, 1493},
	    {1493, 96}, {640, 480}, {2049, 70}, {70, 2049}};
	uint32_t seed = 77;
	for (uint32_t i = 0; i < TL_COUNT(size); i++)
		hold_to_the_steps(size[i][0], size[i][1], 100 + i);
	for (uint32_t i = 0; i < 60; i++) {
		uint32_t w = 5 + unit_random(&seed) % 1496, most = 250000 / w;
		uint32_t h = 5 + unit_random(&seed) % (most < 1500 ? most : 1496);
		hold_to_the_steps(w, h, 200 + i);
	}
}

/* What the processor can do must not show in any bit. */
static void
t_loops_give_the_same_on_every_processor(void **state)
{
	(void)state;
	enum { N = 1003 };
	static double acc[2][N];
	static float row[N], b[2][TL_PDQ_FREQ][TL_PDQ_FREQ];
	static uint8_t bytes[N];
	static uint16_t part[2][N];
	static uint32_t sum[2][N];
	static struct tl_pdq_frame f;
	const struct tl_pdq_loops *loops[2] = {&tl_pdq_loops_any, tl_pdq_loops()};
	uint32_t seed = 5;
	for (int i = 0; i < N; i++) {
		bytes[i] = (uint8_t)unit_random(&seed);
		row[i] = (float)(unit_random(&seed) % 25500) / 100;
	}
	for (int i = 0; i < SIDE * SIDE; i++)
		f.v[i / SIDE][i % SIDE] = (float)(unit_random(&seed) % 25500) / 100;
	for (int k = 0; k < 2; k++) {
		loops[k]->count_u8(part[k], bytes, N, 256);
		loops[k]->count_u8(part[k], bytes, N, 1);
		for (int i = 0; i < N; i++)
			assert_int_equal(part[k][i], 257 * bytes[i]);
		loops[k]->join_parts(sum[k], part[k], N);
		loops[k]->join_sums(acc[k], sum[k], N, 1.0 / 7);
		loops[k]->add_u8(acc[k], bytes, N, 0.1);
		loops[k]->add_f32(acc[k], row, N, 0.3);
		loops[k]->transform(&f, b[k]);
		for (int i = 0; i < N; i++)
			assert_true(part[k][i] == 0 && sum[k][i] == 0);
	}
	assert_memory_equal(acc[0], acc[1], sizeof acc[0]);
	assert_memory_equal(b[0], b[1], sizeof b[0]);
	assert_true(loops[0]->gradient(&f) == loops[1]->gradient(&f));
}

/* Every height up to a few thousand must fit the ring of rows. */
static void
t_every_height_is_accepted(void **state)
{
	(void)state;
	for (uint32_t h = 1; h < 4500; h += h < 700 ? 1 : 13) {
		struct tl_pdq_sampler *s = NULL;
		assert_int_equal(tl_pdq_sampler_create(5000, h, &s), 0);
		tl_pdq_sampler_destroy(s);
	}
}

static void
t_impossible_sizes_are_refused(void **state)
{
	(void)state;
	struct tl_pdq_sampler *s = NULL;
	assert_int_equal(tl_pdq_sampler_create(0, 5, &s), TL_EFIELD);
	assert_int_equal(tl_pdq_sampler_create(5, 0, &s), TL_EFIELD);
	assert_int_equal(tl_pdq_sampler_create(TL_PDQ_SIDE_MAX + 1, 5, &s), TL_ETOOBIG);
	assert_int_equal(tl_pdq_sampler_create(5, UINT32_MAX, &s), TL_ETOOBIG);
	assert_null(s);
}

static void
t_tiny_pictures_hash_to_zero(void **state)
{
	(void)state;
	struct tl_pdq h, zero = {{0}};
	int quality = -1;
	uint8_t luma[4 * 100] = {1, 2, 3};
	assert_int_equal(tl_pdq_of_luma(luma, 4, 100, 4, &h, &quality), 0);
	assert_int_equal(quality, 0);
	assert_memory_equal(&h, &zero, sizeof h);
}

static void
t_float_rows_hash_like_byte_rows(void **state)
{
	(void)state;
	uint32_t w = 700, h = 500;
	uint8_t *luma = draw(w, h, 99);
	float *row = malloc(w * sizeof *row);
	struct tl_pdq_sampler *s = NULL;
	assert_non_null(row);
	assert_int_equal(tl_pdq_sampler_create(w, h, &s), 0);
	for (uint32_t y = 0; y < h; y++) {
		for (uint32_t x = 0; x < w; x++)
			row[x] = luma[(size_t)y * w + x];
		tl_pdq_row_f32(s, row);
	}
	struct tl_pdq a, b;
	int qa, qb;
	tl_pdq_hash(tl_pdq_sampler_frame(s), &a, &qa);
	assert_int_equal(tl_pdq_of_luma(luma, w, h, w, &b, &qb), 0);
	assert_int_equal(qa, qb);
	assert_memory_equal(&a, &b, sizeof a);
	tl_pdq_sampler_destroy(s);
	free(row);
	free(luma);
}

/* Where a pixel of the turned square picture comes from. */
static size_t
source(enum tl_pdq_turn t, size_t n, size_t y, size_t x)
{
	size_t m = n - 1;
	switch (t) {
	case TL_PDQ_ROT90:
		return x * n + (m - y);
	case TL_PDQ_ROT180:
		return (m - y) * n + (m - x);
	case TL_PDQ_ROT270:
		return (m - x) * n + y;
	case TL_PDQ_FLIP_X:
		return (m - y) * n + x;
	case TL_PDQ_FLIP_Y:
		return y * n + (m - x);
	case TL_PDQ_FLIP_PLUS1:
		return x * n + y;
	case TL_PDQ_FLIP_MINUS1:
		return (m - x) * n + (m - y);
	case TL_PDQ_ORIGINAL:
	case TL_PDQ_TURNS:
	default:
		return y * n + x;
	}
}

static void
t_turned_hashes_come_from_one_transform(void **state)
{
	(void)state;
	enum { N = SIDE };
	uint8_t *luma = draw(N, N, 7);
	struct tl_pdq_frame *f = calloc(1, sizeof *f), *g = calloc(1, sizeof *g);
	struct tl_pdq all[TL_PDQ_TURNS], one;
	int quality, quality_one;
	assert_non_null(f);
	assert_non_null(g);
	for (size_t i = 0; i < (size_t)N * N; i++)
		f->v[i / N][i % N] = luma[i];
	tl_pdq_hash_all(f, all, &quality);
	for (int t = 0; t < TL_PDQ_TURNS; t++) {
		for (size_t i = 0; i < (size_t)N * N; i++)
			g->v[i / N][i % N] = luma[source((enum tl_pdq_turn)t, N, i / N, i % N)];
		tl_pdq_hash(g, &one, &quality_one);
		assert_in_range(tl_pdq_distance(&all[t], &one), 0, 2);
		assert_in_range(abs(quality - quality_one), 0, 1);
		if (t)
			assert_in_range(tl_pdq_distance(&all[0], &all[t]), 40, 256);
	}
	free(f);
	free(g);
	free(luma);
}

static void
t_foreign_samples_are_checked(void **state)
{
	(void)state;
	struct tl_pdq_frame *f = calloc(1, sizeof *f);
	struct tl_pdq h;
	int quality;
	assert_non_null(f);
	assert_int_equal(tl_pdq_frame_check(f), 0);
	f->v[3][4] = NAN;
	assert_int_equal(tl_pdq_frame_check(f), TL_EFIELD);
	tl_pdq_hash(f, &h, &quality); /* no sense, but no fault */
	f->v[3][4] = INFINITY;
	assert_int_equal(tl_pdq_frame_check(f), TL_EFIELD);
	f->v[3][4] = -1;
	assert_int_equal(tl_pdq_frame_check(f), TL_EFIELD);
	free(f);
}

static void
t_hex_round_trips_and_bad_hex_is_refused(void **state)
{
	(void)state;
	const char *text = "2c7c0f55f2b523147783487c2ed5e0951795f783803c378272c52ff6de089f38";
	struct tl_pdq h, zero = {{0}};
	char hex[TL_PDQ_HEX];
	assert_int_equal(tl_pdq_unhex(tl_str(text), &h), 0);
	assert_int_equal(h.b[0], 0x2c);
	tl_pdq_hex(hex, &h);
	assert_string_equal(hex, text);
	assert_int_equal(tl_pdq_distance(&h, &zero), 128);
	assert_int_equal(tl_pdq_distance(&h, &h), 0);
	assert_int_equal(tl_pdq_unhex(TL_S("2c7c"), &h), TL_EPARSE);
	assert_int_equal(
	    tl_pdq_unhex((struct tl_str){(const uint8_t *)text, 63}, &h), TL_EPARSE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_samples_and_hash_equal_the_oracle),
	    cmocka_unit_test(t_every_shape_equals_the_published_steps),
	    cmocka_unit_test(t_loops_give_the_same_on_every_processor),
	    cmocka_unit_test(t_every_height_is_accepted),
	    cmocka_unit_test(t_impossible_sizes_are_refused),
	    cmocka_unit_test(t_tiny_pictures_hash_to_zero),
	    cmocka_unit_test(t_float_rows_hash_like_byte_rows),
	    cmocka_unit_test(t_turned_hashes_come_from_one_transform),
	    cmocka_unit_test(t_foreign_samples_are_checked),
	    cmocka_unit_test(t_hex_round_trips_and_bad_hex_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
