/* Names of the measures and lengths of the windows. No failure. */
#include "core/contact.h"

#define HOUR_US INT64_C(3600000000)

const char *const tl_contact_measure_names[] = {
#define M(tag, name, type, noun) name,
#include "core/contact.tbl.h"
#undef M
    NULL};

const int64_t tl_contact_window_us[tl_contact_window_count] = {
    [TL_WINDOW_1H] = HOUR_US,
    [TL_WINDOW_24H] = 24 * HOUR_US,
    [TL_WINDOW_7D] = 7 * 24 * HOUR_US,
    [TL_WINDOW_30D] = 30 * 24 * HOUR_US,
};
