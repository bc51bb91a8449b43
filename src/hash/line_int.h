/* Private to this folder: the straight line through points, by least squares. */
#pragma once

/* The sums over its points; zeroed: none. */
struct line_sums {
	double n, x, y, xx, xy;
};

static inline void
line_add(struct line_sums *s, double x, double y)
{
	s->n++;
	s->x += x;
	s->y += y;
	s->xx += x * x;
	s->xy += x * y;
}

/* How steep it is; `otherwise` when all points have the same x. */
static inline double
line_slope(const struct line_sums *s, double otherwise)
{
	double spread = s->n * s->xx - s->x * s->x;
	return spread > 0 ? (s->n * s->xy - s->x * s->y) / spread : otherwise;
}

/* Its y at x = 0 when it is as steep as `slope`. */
static inline double
line_at_zero(const struct line_sums *s, double slope)
{
	return (s->y - slope * s->x) / s->n;
}
