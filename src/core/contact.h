/* What is counted of one account's contacts, as plain data: one figure for each measure and window. */
#pragma once

#include "core/words.h"

enum tl_contact_measure {
#define M(tag, name, type, noun) TL_MEASURE_##tag,
#include "core/contact.tbl.h"
#undef M
	TL_MEASURES
};

struct tl_contact_figures {
	/* NAN: there is nothing to say, as a share of nobody. */
	double v[TL_MEASURES][tl_contact_window_count];
	bool cut; /* only the newest events were counted: the figures may be higher */
};

static inline bool
tl_contact_is_minor(enum tl_age_band band)
{
	return band == TL_AGE_UNDER_13 || band == TL_AGE_13_15 || band == TL_AGE_16_17;
}

extern const char *const tl_contact_measure_names[]; /* NULL-terminated */
extern const int64_t tl_contact_window_us[tl_contact_window_count];
