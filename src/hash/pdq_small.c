/*
 * The filter of PDQ as the reference runs it: running sums in single precision, rows then columns, twice.
 *
 * Used for small pictures only (tl_pdq_sampler_create decides), where it is cheap. In flat or tiny pictures the
 * hash is decided by rounding errors; this file makes the same ones, so that banks hashed elsewhere agree even
 * there. The order of the additions is the point of it: do not rearrange them.
 */
#include "hash/pdq_int.h"

struct line {
	uint32_t n;
	size_t stride;
};

/* One box filter along one line: the mean of what lies inside the window, which shrinks at both ends. */
static void
box_line(float *out, const float *in, struct line l)
{
	uint32_t window = (l.n + 127) / 128, half = (window + 2) / 2;
	uint32_t right = 0, left = 0, count = 0;
	float sum = 0;
	for (; right < half - 1; right++, count++)
		sum += in[right * l.stride];
	for (uint32_t at = 0; at < l.n; at++) {
		if (right < l.n) {
			sum += in[right++ * l.stride];
			count++;
		}
		if (count > window || (right == l.n && at + half > l.n)) {
			sum -= in[left++ * l.stride];
			count--;
		}
		out[at * l.stride] = sum / (float)count;
	}
}

void
tl_pdq_small(float *plane, uint32_t width, uint32_t height, struct tl_pdq_frame *ret)
{
	float *other = calloc((size_t)width * height, sizeof *other);
	if (!other)
		abort();
	for (int pass = 0; pass < 2; pass++) {
		for (size_t y = 0; y < height; y++)
			box_line(other + y * width, plane + y * width, (struct line){width, 1});
		for (size_t x = 0; x < width; x++)
			box_line(plane + x, other + x, (struct line){height, width});
	}
	for (size_t i = 0; i < TL_PDQ_SIDE; i++)
		for (size_t j = 0; j < TL_PDQ_SIDE; j++) {
			size_t y = (2 * i + 1) * height / (2 * TL_PDQ_SIDE);
			size_t x = (2 * j + 1) * width / (2 * TL_PDQ_SIDE);
			ret->v[i][j] = plane[y * width + x];
		}
	free(other);
}
