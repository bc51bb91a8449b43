/*
 * The program's one clock. Wall time is microseconds since 1970 (UTC) plus an offset that all processes of one
 * installation share through a mapped file, so that tests can walk through clocks of months.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>

#define TL_US_S INT64_C(1000000)
#define TL_US_MS INT64_C(1000)
#define TL_US_MIN (60 * TL_US_S)
#define TL_US_HOUR (60 * TL_US_MIN)
#define TL_US_DAY (24 * TL_US_HOUR)

/* Maps the offset file (created with 0 when absent). Without this call the offset is 0. */
int tl_clock_attach(const char *path) TL_MUST;

/* Sets the shared offset; for tests and `tutela doctor --clock`. STATE when no file is attached. */
int tl_clock_shift(int64_t offset_us) TL_MUST;

int64_t tl_now_us(void);  /* steerable wall time */
int64_t tl_mono_us(void); /* never steered: deadlines and measurements inside one process */
