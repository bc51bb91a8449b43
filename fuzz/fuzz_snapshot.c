/* A line of a snapshot: whatever it says, what is told is a value of the matrix, and what is odd is told apart. */
#include "minors/snapshot_line.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A matrix of two settings, so that names are easy to hit. */
static const struct tl_str values[] = {
    {(const uint8_t *)"off", 3}, {(const uint8_t *)"friends", 7}, {(const uint8_t *)"on", 2}};
static const struct tl_minors_setting settings[] = {
    {.key = {(const uint8_t *)"gifts", 5}, .values = values, .value_count = 3},
    {.key = {(const uint8_t *)"comments", 8}, .values = values, .value_count = 2},
};
static const struct tl_minors matrix = {.settings = settings, .setting_count = 2};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tl_snapshot_line l;
	if (tl_snapshot_line_read(&matrix, tl_bytes(data, size), &l) < 0)
		return 0;
	if (l.account.n == 0 || l.odd_count > TL_SNAPSHOT_SETTINGS_MAX)
		abort();
	for (size_t i = 0; i < TL_MINORS_SETTINGS_MAX; i++) {
		int most = i < matrix.setting_count ? (int)settings[i].value_count : 0;
		if (l.in_force.value[i] < TL_NOT_TOLD || l.in_force.value[i] >= most)
			abort();
	}
	json_decref(l.json);
	return 0;
}
