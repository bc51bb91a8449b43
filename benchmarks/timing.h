/* Clocks and medians for benches. */
#pragma once

#include <stdlib.h>
#include <time.h>

static inline double
timing_s(clockid_t clock)
{
	struct timespec t;
	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Milliseconds of processor time of this thread alone: others share the machine. */
static inline double
timing_cpu_ms(void)
{
	return timing_s(CLOCK_THREAD_CPUTIME_ID) * 1e3;
}

static inline int
timing_by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Sorts, so that the median is in the middle and quantiles lie at their share of n. */
static inline void
timing_sort(double *v, size_t n)
{
	qsort(v, n, sizeof *v, timing_by_value);
}
