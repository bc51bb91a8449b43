/*
 * How urgent a case is: severity × confidence × reach × who flagged × clock, as one number.
 *
 *   points  = severity + log2(1 + confidence) + reach + flagger          (urgency.tbl.h)
 *   urgency = points − hours(clock_at since 2020) / 2
 *
 * The clock enters linearly, so the order of two cases never changes merely because time passes: the number is
 * computed when a case changes and compared as stored. Higher is more urgent. A running live stream has points of its own
 * and a clock of ten minutes from its opening; when it ends its case is weighed anew.
 */
#pragma once

#include "core/words.h"

struct tl_urgency {
	enum tl_severity severity;
	double confidence; /* 0..1: the best detector's or flagger's */
	int64_t reach;     /* views */
	double flagger;    /* 0..2: tl_urgency_flagger */
	int64_t clock_at;  /* when it must be decided */
	bool running;      /* a live stream that runs: */
	int64_t opened_at;
};

double tl_urgency(const struct tl_urgency *u);

/* Points of a flag: its kind, and for users the share of their earlier flags that were upheld. */
double tl_urgency_flagger(const char *kind, double accuracy);
