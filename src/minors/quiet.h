/* Quiet hours at a place: whether it is quiet for an account now, and until when. */
#pragma once

#include "minors/matrix.h"

struct tl_quiet {
	bool now;
	int64_t until; /* microseconds: when it is the other way; 0: never */
};

/*
 * By the clock of `zone`, an IANA time zone such as Europe/Berlin. FIELD (`time_zone`) when there is no such zone. Days
 * on which clocks jump are right: a boundary that the clock jumps over comes at the jump.
 */
int tl_quiet_at(const struct tl_minors *m, enum tl_age_band band, struct tl_str zone,
    int64_t now, struct tl_quiet *ret) TL_MUST;
