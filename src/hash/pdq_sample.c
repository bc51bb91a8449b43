/*
 * The first half of PDQ: two passes of a box filter along both axes, kept only at 64 x 64 places.
 *
 * The two passes along one axis are one linear filter, and its neighbours that survive hardly overlap. So each
 * axis has, for each of its 64 kept places, a short run of weights; a picture's row is added into the (at most
 * RING) kept rows that it touches, and a kept row that is complete is cut down to 64 samples at once. Costs about one
 * multiplication a pixel and a few rows of memory, whatever the picture's height.
 * Bytes are summed in whole numbers, sixteen at a time, where no window is cut off by the picture's edge (weights are
 * then counts over the window's square); everything else in doubles whose weights sum to 1. Both are exact beyond
 * what a float can hold: an even surface comes out exactly even.
 */
#include "hash/pdq_int.h"
#include "hash/pdq_loops_int.h"

#define SIDE TL_PDQ_SIDE
#define SMALL_MAX (1u << 17) /* pixels: up to here tl_pdq_small filters */
#define RING 4               /* kept rows that one input row can touch; ring_fits checks it */
#define COUNT_MAX 257        /* bytes that a 16-bit sum holds: 257 x 255 = 65535 */

struct run {
	uint32_t at; /* first input sample */
	uint32_t n;
	double *w;
	bool
	    whole; /* no window is cut off: w x side of the window, squared, are whole numbers */
};

struct axis {
	uint32_t dim;
	uint32_t window;
	struct run run[SIDE];
	double *weights; /* of all runs */
};

struct tl_pdq_sampler {
	struct axis x, y;
	uint32_t row;   /* the next input row */
	uint32_t first; /* the first kept row that is not complete */
	double *acc;    /* RING rows of x.dim, as are the next two */
	uint32_t *sum;  /* whole numbers, where the run is whole and rows are bytes */
	uint16_t *part; /* the newest of them: `parts` bytes each, not in `sum` yet */
	uint32_t parts[RING];
	bool as_is;   /* 64 x 64 pictures are not filtered */
	float *small; /* the whole plane of a small picture, else NULL */
	const struct tl_pdq_loops *loops;
	struct tl_pdq_frame frame;
};

/* The box's reach around a sample: `before` samples left of it and `after` right of it. */
struct box {
	uint32_t before, after;
};

static struct box
box_of(uint32_t dim)
{
	uint32_t window = (dim + 127) / 128;
	uint32_t half = (window + 2) / 2;
	return (struct box){.before = window - half, .after = half - 1};
}

static void
box_span(struct box b, uint32_t dim, uint32_t at, uint32_t *ret_from, uint32_t *ret_to)
{
	*ret_from = at > b.before ? at - b.before : 0;
	*ret_to = at + b.after < dim ? at + b.after : dim - 1;
}

/* The weights of both passes together at place `at`: the mean of the means, each over what lies inside. */
static void
run_init(struct run *r, uint32_t dim, uint32_t at, double *w)
{
	struct box b = box_of(dim);
	uint32_t from, to, lo, hi, unused;
	box_span(b, dim, at, &from, &to);
	box_span(b, dim, from, &lo, &unused);
	box_span(b, dim, to, &unused, &hi);
	*r = (struct run){.at = lo, .n = hi - lo + 1, .w = w};
	r->whole = r->n == 2 * (b.before + b.after) + 1 && b.before + b.after < COUNT_MAX;
	for (uint32_t m = from; m <= to; m++) {
		uint32_t p, q;
		box_span(b, dim, m, &p, &q);
		for (uint32_t i = p; i <= q; i++)
			w[i - lo] += 1.0 / ((double)(to - from + 1) * (double)(q - p + 1));
	}
}

static uint32_t
kept(uint32_t dim, uint32_t k)
{
	return (uint32_t)(((double)k + 0.5) * (double)dim / SIDE);
}

static void
axis_init(struct axis *a, uint32_t dim)
{
	size_t longest = 2 * ((size_t)(dim + 127) / 128) + 1;
	a->dim = dim;
	a->window = (dim + 127) / 128;
	a->weights = calloc(SIDE * longest, sizeof *a->weights);
	if (!a->weights)
		abort();
	for (uint32_t k = 0; k < SIDE; k++)
		run_init(&a->run[k], dim, kept(dim, k), a->weights + k * longest);
}

/* Two kept rows of small pictures can be the same input row: they are computed once and copied. */
static bool
same_place(const struct axis *a, uint32_t k)
{
	return k && kept(a->dim, k) == kept(a->dim, k - 1);
}

/* No kept row begins before the one that had its place in the ring is complete. */
static bool
ring_fits(const struct axis *a)
{
	for (uint32_t k = 0; k + RING < SIDE; k++)
		if (a->run[k + RING].at < a->run[k].at + a->run[k].n &&
		    !same_place(a, k + RING))
			return false;
	return true;
}

int
tl_pdq_sampler_create(uint32_t width, uint32_t height, struct tl_pdq_sampler **ret)
{
	if (width == 0 || height == 0)
		return tl_fail(TL_EFIELD, "a picture has at least one pixel");
	if (width > TL_PDQ_SIDE_MAX || height > TL_PDQ_SIDE_MAX)
		return tl_fail(
		    TL_ETOOBIG, "a picture has at most %d pixels a side", TL_PDQ_SIDE_MAX);
	struct tl_pdq_sampler *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->acc = calloc((size_t)RING * width, sizeof *s->acc);
	s->sum = calloc((size_t)RING * width, sizeof *s->sum);
	s->part = calloc((size_t)RING * width, sizeof *s->part);
	if (!s->acc || !s->sum || !s->part)
		abort();
	axis_init(&s->x, width);
	axis_init(&s->y, height);
	if (!ring_fits(&s->y)) {
		tl_pdq_sampler_destroy(s);
		return tl_fail(TL_EBUG, "the ring is too short for %u rows", height);
	}
	s->frame.blank = width < TL_PDQ_SIDE_MIN || height < TL_PDQ_SIDE_MIN;
	s->as_is = width == SIDE && height == SIDE;
	if (!s->as_is && width * height <= SMALL_MAX) {
		s->small = calloc((size_t)width * height, sizeof *s->small);
		if (!s->small)
			abort();
	}
	s->loops = tl_pdq_loops();
	*ret = s;
	return 0;
}

void
tl_pdq_sampler_destroy(struct tl_pdq_sampler *s)
{
	if (!s)
		return;
	free(s->x.weights);
	free(s->y.weights);
	free(s->acc);
	free(s->sum);
	free(s->part);
	free(s->small);
	free(s);
}

void
tl_pdq_sampler_destroyp(struct tl_pdq_sampler **s)
{
	tl_pdq_sampler_destroy(*s);
	*s = NULL;
}

/* The 16-bit sums of a place in the ring join the 32-bit ones. */
static void
join_parts(struct tl_pdq_sampler *s, uint32_t place)
{
	size_t at = (size_t)place * s->x.dim;
	s->loops->join_parts(s->sum + at, s->part + at, s->x.dim);
	s->parts[place] = 0;
}

/* Adds a row of bytes in whole numbers to a run that is whole. */
static void
count_row(struct tl_pdq_sampler *s, uint32_t place, const uint8_t *row, double w)
{
	const double window = s->y.window;
	const uint32_t count = (uint32_t)(w * window * window + 0.5);
	if (s->parts[place] + count > COUNT_MAX)
		join_parts(s, place);
	s->parts[place] += count;
	s->loops->count_u8(s->part + (size_t)place * s->x.dim, row, s->x.dim, (uint16_t)count);
}

/* Cuts a complete row down to its 64 samples and frees its place in the ring. */
static void
finish_row(struct tl_pdq_sampler *s, uint32_t k)
{
	double *acc = s->acc + (size_t)(k % RING) * s->x.dim;
	if (s->parts[k % RING]) {
		const double window = s->y.window;
		join_parts(s, k % RING);
		s->loops->join_sums(acc, s->sum + (size_t)(k % RING) * s->x.dim, s->x.dim,
		    1 / (window * window));
	}
	for (uint32_t j = 0; j < SIDE; j++) {
		const struct run *r = &s->x.run[j];
		double sum = 0;
		for (uint32_t i = 0; i < r->n; i++)
			sum += r->w[i] * acc[r->at + i];
		s->frame.v[k][j] = (float)sum;
	}
	memset(acc, 0, s->x.dim * sizeof *acc);
}

/* Gives an input row to every kept row that it touches; exactly one of the two pointers is set. */
static void
take_row(struct tl_pdq_sampler *s, const uint8_t *u8, const float *f32)
{
	uint32_t y = s->row++;
	for (uint32_t k = s->first; k < SIDE && s->y.run[k].at <= y; k++) {
		const struct run *r = &s->y.run[k];
		if (same_place(&s->y, k))
			continue;
		double *acc = s->acc + (size_t)(k % RING) * s->x.dim, w = r->w[y - r->at];
		if (f32)
			s->loops->add_f32(acc, f32, s->x.dim, w);
		else if (r->whole)
			count_row(s, k % RING, u8, w);
		else
			s->loops->add_u8(acc, u8, s->x.dim, w);
	}
	while (s->first < SIDE && s->y.run[s->first].at + s->y.run[s->first].n == y + 1) {
		uint32_t k = s->first++;
		if (same_place(&s->y, k))
			memcpy(s->frame.v[k], s->frame.v[k - 1], sizeof s->frame.v[k]);
		else
			finish_row(s, k);
	}
}

/* Where a row of a picture that is kept whole goes; NULL when it is to be filtered at once. */
static float *
kept_row(struct tl_pdq_sampler *s)
{
	if (s->as_is)
		return s->frame.v[s->row];
	return s->small ? s->small + (size_t)s->row * s->x.dim : NULL;
}

static void
kept_row_done(struct tl_pdq_sampler *s)
{
	if (++s->row == s->y.dim && s->small)
		tl_pdq_small(s->small, s->x.dim, s->y.dim, &s->frame);
}

void
tl_pdq_row_u8(struct tl_pdq_sampler *s, const uint8_t *luma)
{
	if (s->row >= s->y.dim)
		return;
	float *to = kept_row(s);
	if (!to) {
		take_row(s, luma, NULL);
		return;
	}
	for (uint32_t x = 0; x < s->x.dim; x++)
		to[x] = (float)luma[x];
	kept_row_done(s);
}

void
tl_pdq_row_f32(struct tl_pdq_sampler *s, const float *luma)
{
	if (s->row >= s->y.dim)
		return;
	float *to = kept_row(s);
	if (!to) {
		take_row(s, NULL, luma);
		return;
	}
	memcpy(to, luma, s->x.dim * sizeof *luma);
	kept_row_done(s);
}

const struct tl_pdq_frame *
tl_pdq_sampler_frame(const struct tl_pdq_sampler *s)
{
	return &s->frame;
}

uint32_t
tl_pdq_sampler_missing(const struct tl_pdq_sampler *s)
{
	return s->y.dim - s->row;
}

void
tl_pdq_luma(float *dst, const uint8_t *rgb, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dst[i] = 0.299f * (float)rgb[3 * i] + 0.587f * (float)rgb[3 * i + 1] +
			 0.114f * (float)rgb[3 * i + 2];
}
