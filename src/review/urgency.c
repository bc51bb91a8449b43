/*
 * The urgency of a case (see urgency.h for the formula and urgency.tbl.h for the points).
 *
 * Promises: pure; rises with severity, confidence, reach and flagger, and with a nearer clock; all that is not
 * severity or clock adds up to less than one step of severity. Odd input is clamped, never refused.
 * Called when a case is opened, joined or moved.
 */
#include "review/urgency.h"

#include "sys/clock.h"

#include <math.h>

/* 2020-01-01, so that stored numbers stay small. */
#define ZERO_US INT64_C(1577836800000000)
#define POINT_US (2 * TL_US_HOUR)
#define REACH_MAX 3.0
#define FLAGGER_MAX 2.0
#define RUNNING_CLOCK_US (10 * TL_US_MIN)

static double
clamp(double v, double lo, double hi)
{
	if (!(v >= lo)) /* also NaN */
		return lo;
	return v > hi ? hi : v;
}

static double
severity_points(enum tl_severity s, bool running)
{
	static const double points[2][tl_severity_count] = {{
#define SEVERITY(word, n) [TL_SEVERITY_##word] = n,
#include "review/urgency.tbl.h"
#undef SEVERITY
							    },
	    {
#define RUNNING(word, n) [TL_SEVERITY_##word] = n,
#include "review/urgency.tbl.h"
#undef RUNNING
	    }};
	return s < tl_severity_count ? points[running][s] : 0;
}

/* 0 for unseen, 1 at a hundred views, 3 from a million on. */
static double
reach_points(int64_t views)
{
	return clamp(log10((double)(views > 0 ? views : 0) + 1) / 2, 0, REACH_MAX);
}

double
tl_urgency_flagger(const char *kind, double accuracy)
{
	static const struct {
		const char *kind;
		double points;
	} rows[] = {
#define FLAGGER(kind, points) {kind, points},
#include "review/urgency.tbl.h"
#undef FLAGGER
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (strcmp(rows[i].kind, kind) != 0)
			continue;
		bool user = strcmp(kind, "user") == 0;
		return rows[i].points * (user ? clamp(accuracy, 0, 1) : 1);
	}
	return 0;
}

double
tl_urgency(const struct tl_urgency *u)
{
	int64_t clock_at = u->clock_at;
	if (u->running && clock_at > u->opened_at + RUNNING_CLOCK_US)
		clock_at = u->opened_at + RUNNING_CLOCK_US;
	double points = severity_points(u->severity, u->running) +
			log2(1 + clamp(u->confidence, 0, 1)) + reach_points(u->reach) +
			clamp(u->flagger, 0, FLAGGER_MAX);
	return points - (double)(clock_at - ZERO_US) / (double)POINT_US;
}
