/*
 * Looking behind black bars.
 *
 * A sample is a mean over its cell, weighted like a triangle (two box filters, pdq_sample.c), so the edge of a bar
 * touches at most one row; how bright that row is beside the next one says where in its cell the edge lies. What is
 * inside is stretched to 64 x 64 again, linearly: the hash keeps 16 frequencies of it and asks for no more.
 * Promises: any samples, numbers or not, give an answer and never a fault. Called for frames of videos and for pictures.
 */
#include "hash/crop.h"

#include <math.h>

#define SIDE TL_PDQ_SIDE
#define BLACK 28.0f /* video black is 16; coding adds some noise */
#define STEP 8.0f /* the picture begins where a line gets brighter than the bar by this much */

/* One axis, looked at from one end: means and peaks of its 64 lines. */
struct lines {
	float mean[SIDE], peak[SIDE];
};

static void
look(const struct tl_pdq_frame *f, struct lines *rows, struct lines *cols)
{
	*rows = *cols = (struct lines){0};
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) {
			float v = f->v[y][x];
			rows->mean[y] += v / SIDE;
			cols->mean[x] += v / SIDE;
			rows->peak[y] = v > rows->peak[y] ? v : rows->peak[y];
			cols->peak[x] = v > cols->peak[x] ? v : cols->peak[x];
		}
}

/* Lines of the bar at the end `from`, going by `step`; `level` is its brightness. */
static int
bar(const struct lines *l, int from, int step, float level)
{
	int n = 0;
	while (n < SIDE && l->peak[from + n * step] < level + STEP)
		n++;
	return n;
}

/* How much of its cell the picture covers when `share` of the line's weight is picture (the triangle's inverse). */
static float
covered(float share)
{
	if (!(share > 0))
		return 0;
	if (share >= 1)
		return 1;
	return share < 0.5f ? sqrtf(share / 2) : 1 - sqrtf((1 - share) / 2);
}

/* Where the picture begins, in lines from the end `from`; 0 when there is no bar. */
static float
edge(const struct lines *l, int from, int step)
{
	float level = l->peak[from];
	if (!(level < BLACK))
		return 0;
	int n = bar(l, from, step, level);
	if (n < TL_CROP_BAR_MIN || n > SIDE - 2)
		return 0;
	float black = l->mean[from], first = l->mean[from + n * step] - black;
	float next = l->mean[from + (n + 1) * step] - black;
	float c = next > 1 ? covered(first / next) : 1;
	return (float)(n + 1) - c;
}

/* The samples at `at` between lo and hi, whole lines only: the index of the first and the weight of the second. */
static int
place(float at, float lo, float hi, float *ret_weight)
{
	float least = ceilf(lo), most = floorf(hi) - 1;
	at = at < least ? least : at > most ? most : at;
	int i = (int)at;
	*ret_weight = i + 1 < SIDE ? at - (float)i : 0;
	return i;
}

struct axis {
	int i[SIDE];
	float w[SIDE];
};

static bool
axis_of(const struct lines *l, struct axis *ret, bool *ret_bars)
{
	float lo = edge(l, 0, 1), hi = SIDE - edge(l, SIDE - 1, -1);
	if (hi - lo < TL_CROP_SIDE_MIN)
		return false;
	*ret_bars |= lo > 0 || hi < SIDE;
	for (int k = 0; k < SIDE; k++) {
		float at = lo + ((float)k + 0.5f) * (hi - lo) / SIDE - 0.5f;
		ret->i[k] = place(at, lo, hi, &ret->w[k]);
	}
	return true;
}

bool
tl_pdq_crop(const struct tl_pdq_frame *f, struct tl_pdq_frame *ret)
{
	struct lines rows, cols;
	struct axis y, x;
	bool bars = false;
	if (f->blank)
		return false;
	look(f, &rows, &cols);
	if (!axis_of(&rows, &y, &bars) || !axis_of(&cols, &x, &bars) || !bars)
		return false;
	ret->blank = false;
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) {
			const float *a = f->v[y.i[i]], *b = y.w[i] > 0 ? f->v[y.i[i] + 1] : a;
			int k = x.i[j], m = x.w[j] > 0 ? k + 1 : k;
			float top = a[k] + (a[m] - a[k]) * x.w[j];
			float low = b[k] + (b[m] - b[k]) * x.w[j];
			ret->v[i][j] = top + (low - top) * y.w[i];
		}
	return true;
}
