/*
 * The loops of pdq_loops_int.h, written so that a compiler makes vectors of them. Compiled twice (meson.build): TL_PDQ_LOOPS
 * is the name of the table. Nothing here fails; no sum changes its order with the vectors' width, and no product is
 * fused with an addition.
 */
#include "hash/pdq_loops_int.h"

#include <math.h>

#define SIDE TL_PDQ_SIDE
#define FREQ TL_PDQ_FREQ

static void
count_u8(uint16_t *restrict part, const uint8_t *restrict row, size_t n, uint16_t w)
{
	for (size_t i = 0; i < n; i++)
		part[i] = (uint16_t)(part[i] + w * row[i]);
}

static void
add_u8(double *restrict acc, const uint8_t *restrict row, size_t n, double w)
{
	for (size_t i = 0; i < n; i++)
		acc[i] += w * (double)row[i];
}

static void
add_f32(double *restrict acc, const float *restrict row, size_t n, double w)
{
	for (size_t i = 0; i < n; i++)
		acc[i] += w * (double)row[i];
}

static void
join_parts(uint32_t *restrict sum, uint16_t *restrict part, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum[i] += part[i];
	memset(part, 0, n * sizeof *part);
}

/* Sums are far below 2^31: signed numbers become doubles faster. */
static void
join_sums(double *restrict acc, uint32_t *restrict sum, size_t n, double scale)
{
	for (size_t i = 0; i < n; i++)
		acc[i] += (double)(int32_t)sum[i] * scale;
	memset(sum, 0, n * sizeof *sum);
}

static float dct_row[FREQ][SIDE]; /* no constant term */
static float dct_col[SIDE][FREQ];

__attribute__((constructor)) static void
dct_init(void)
{
	const float scale = (float)sqrt(2.0 / SIDE);
	for (int i = 0; i < FREQ; i++)
		for (int j = 0; j < SIDE; j++) {
			double angle = M_PI / 2 / SIDE * (i + 1) * (2 * j + 1);
			dct_row[i][j] = (float)((double)scale * cos(angle));
			dct_col[j][i] = dct_row[i][j];
		}
}

/* B = D A D^T */
static void
transform(const struct tl_pdq_frame *f, float b[FREQ][FREQ])
{
	for (int i = 0; i < FREQ; i++) {
		float t[SIDE] = {0}, to[FREQ] = {0};
		for (int k = 0; k < SIDE; k++)
			for (int j = 0; j < SIDE; j++)
				t[j] += dct_row[i][k] * f->v[k][j];
		for (int k = 0; k < SIDE; k++)
			for (int j = 0; j < FREQ; j++)
				to[j] += t[k] * dct_col[k][j];
		memcpy(b[i], to, sizeof to);
	}
}

/* The steps from n samples to their neighbours, toward zero; at most 8 million hundredths each. */
static int64_t
steps(const float *restrict from, const float *restrict to, int n)
{
	int sum = 0;
	for (int i = 0; i < n; i++) {
		float d = (from[i] - to[i]) * 100 / 255;
		int step = (int)(d > -1e6f && d < 1e6f ? d : 0.0f);
		sum += step < 0 ? -step : step;
	}
	return sum;
}

static int64_t
gradient(const struct tl_pdq_frame *f)
{
	int64_t sum = 0;
	for (int i = 0; i < SIDE; i++) {
		if (i + 1 < SIDE)
			sum += steps(f->v[i], f->v[i + 1], SIDE);
		sum += steps(f->v[i], f->v[i] + 1, SIDE - 1);
	}
	return sum;
}

const struct tl_pdq_loops TL_PDQ_LOOPS = {
    .count_u8 = count_u8,
    .add_u8 = add_u8,
    .add_f32 = add_f32,
    .join_parts = join_parts,
    .join_sums = join_sums,
    .transform = transform,
    .gradient = gradient,
};
