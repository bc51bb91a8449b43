/*
 * PDQ written down as its published steps say, one after the other, in single precision and over whole planes: what the
 * product's short cuts are held to. Slow, and never to be made faster. Luma in, 0..255; variant without resizing.
 */
#pragma once

#include "hash/pdq.h"

#include <math.h>
#include <stdlib.h>

#define ORACLE_FREQ 16

/* One box filter along a line of n samples: a running sum; what lies outside the line does not count. */
static inline void
oracle_box(float *out, const float *in, size_t n, size_t stride)
{
	size_t window = (n + 127) / 128, half = (window + 2) / 2, right = 0, left = 0;
	float sum = 0;
	for (size_t at = 0; at < n; at++) {
		for (; right < n && right < at + half; right++)
			sum += in[right * stride];
		for (; left + window < at + half; left++)
			sum -= in[left * stride];
		out[at * stride] = sum / (float)(right - left);
	}
}

/* Rows, then columns, twice; then one sample of each of 64 x 64 cells. Overwrites the plane. */
static inline void
oracle_samples(float *plane, size_t w, size_t h, float out[TL_PDQ_SIDE][TL_PDQ_SIDE])
{
	float *other = calloc(w * h, sizeof *other);
	if (!other)
		abort();
	for (int pass = 0; pass < 2 && !(w == TL_PDQ_SIDE && h == TL_PDQ_SIDE); pass++) {
		for (size_t y = 0; y < h; y++)
			oracle_box(other + y * w, plane + y * w, w, 1);
		for (size_t x = 0; x < w; x++)
			oracle_box(plane + x, other + x, h, w);
	}
	for (int i = 0; i < TL_PDQ_SIDE; i++)
		for (int j = 0; j < TL_PDQ_SIDE; j++) {
			size_t y = (size_t)((i + 0.5) * (double)h / TL_PDQ_SIDE);
			size_t x = (size_t)((j + 0.5) * (double)w / TL_PDQ_SIDE);
			out[i][j] = plane[y * w + x];
		}
	free(other);
}

static inline int
oracle_quality(float a[TL_PDQ_SIDE][TL_PDQ_SIDE])
{
	int sum = 0;
	for (int i = 0; i < TL_PDQ_SIDE; i++)
		for (int j = 0; j < TL_PDQ_SIDE; j++) {
			if (i + 1 < TL_PDQ_SIDE)
				sum += abs((int)((a[i][j] - a[i + 1][j]) * 100 / 255));
			if (j + 1 < TL_PDQ_SIDE)
				sum += abs((int)((a[i][j] - a[i][j + 1]) * 100 / 255));
		}
	return sum / 90 < 100 ? sum / 90 : 100;
}

static inline int
oracle_order(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

/* Bits of B = D A D^T above the lower of its two middle values. */
static inline void
oracle_bits(float a[TL_PDQ_SIDE][TL_PDQ_SIDE], struct tl_pdq *ret)
{
	enum { F = ORACLE_FREQ, N = TL_PDQ_SIDE };
	static float d[F][N], t[F][N], b[F * F], sorted[F * F];
	for (int i = 0; i < F; i++)
		for (int j = 0; j < N; j++)
			d[i][j] = (float)((double)(float)sqrt(2.0 / N) *
					  cos(M_PI / 2 / N * (i + 1) * (2 * j + 1)));
	for (int i = 0; i < F; i++)
		for (int j = 0; j < N; j++) {
			t[i][j] = 0;
			for (int k = 0; k < N; k++)
				t[i][j] += d[i][k] * a[k][j];
		}
	for (int i = 0; i < F * F; i++) {
		b[i] = 0;
		for (int k = 0; k < N; k++)
			b[i] += t[i / F][k] * d[i % F][k];
	}
	memcpy(sorted, b, sizeof b);
	qsort(sorted, F * F, sizeof *sorted, oracle_order);
	memset(ret, 0, sizeof *ret);
	for (int i = 0; i < F * F; i++)
		if (b[i] > sorted[F * F / 2 - 1])
			ret->b[TL_PDQ_BYTES - 1 - i / 8] |= (uint8_t)(1 << i % 8);
}

/* All steps. Pictures with a side under 5 have no hash. Overwrites the plane. */
static inline void
oracle_pdq(float *plane, size_t w, size_t h, struct tl_pdq *ret, int *ret_quality)
{
	static float a[TL_PDQ_SIDE][TL_PDQ_SIDE];
	memset(ret, 0, sizeof *ret);
	*ret_quality = 0;
	if (w < TL_PDQ_SIDE_MIN || h < TL_PDQ_SIDE_MIN)
		return;
	oracle_samples(plane, w, h, a);
	*ret_quality = oracle_quality(a);
	oracle_bits(a, ret);
}
