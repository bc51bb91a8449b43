/*
 * The filter of PDQ as the reference runs it: running sums in single precision, rows then columns, twice.
 *
 * Used for small pictures only (tl_pdq_sampler_create decides), where it is cheap. In flat or tiny pictures the
 * hash is decided by rounding errors; this file makes the same ones, so that banks hashed elsewhere agree even
 * there. The order of the additions is the point of it: do not rearrange them.
 */
#include "hash/pdq_int.h"

/*
 * One box filter down every column: the mean of what lies inside the window, which shrinks at both ends. Columns do
 * not depend on each other, so the compiler works on several at once; each sees its additions in the reference's
 * order. `sum` holds a row of zeroes.
 */
static void
box_columns(float *restrict out, const float *restrict in, float *restrict sum, uint32_t width,
    uint32_t height)
{
	uint32_t window = (height + 127) / 128, half = (window + 2) / 2;
	uint32_t right = 0, left = 0;
	for (uint32_t step = 0; step < height + half - 1; step++) {
		if (right < height) {
			const float *row = in + (size_t)right++ * width;
			for (uint32_t x = 0; x < width; x++)
				sum[x] += row[x];
		}
		if (step + 1 < half)
			continue; /* the first output needs `half` rows */
		uint32_t at = step + 1 - half;
		if (right - left > window || at + half > height) {
			const float *row = in + (size_t)left++ * width;
			for (uint32_t x = 0; x < width; x++)
				sum[x] -= row[x];
		}
		float count = (float)(right - left), *to = out + (size_t)at * width;
		for (uint32_t x = 0; x < width; x++)
			to[x] = sum[x] / count;
	}
	memset(sum, 0, width * sizeof *sum);
}

#define TILE 16

static void
transpose(float *restrict out, const float *restrict in, uint32_t width, uint32_t height)
{
	for (size_t y0 = 0; y0 < height; y0 += TILE)
		for (size_t x0 = 0; x0 < width; x0 += TILE)
			for (size_t y = y0; y < y0 + TILE && y < height; y++)
				for (size_t x = x0; x < x0 + TILE && x < width; x++)
					out[x * height + y] = in[y * width + x];
}

void
tl_pdq_small(float *plane, uint32_t width, uint32_t height, struct tl_pdq_frame *ret)
{
	float *other = calloc((size_t)width * height, sizeof *other);
	float *sum = calloc(width > height ? width : height, sizeof *sum);
	if (!other || !sum)
		abort();
	for (int pass = 0; pass < 2; pass++) {
		transpose(other, plane, width, height);
		box_columns(plane, other, sum, height, width); /* along rows */
		transpose(other, plane, height, width);
		box_columns(plane, other, sum, width, height);
	}
	for (size_t i = 0; i < TL_PDQ_SIDE; i++)
		for (size_t j = 0; j < TL_PDQ_SIDE; j++) {
			size_t y = (2 * i + 1) * height / (2 * TL_PDQ_SIDE);
			size_t x = (2 * j + 1) * width / (2 * TL_PDQ_SIDE);
			ret->v[i][j] = plane[y * width + x];
		}
	free(sum);
	free(other);
}
