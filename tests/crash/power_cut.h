/* What was promised up to a moment of the record, and whether a store keeps it. */
#pragma once

#include <stddef.h>

struct promises;

struct promises *promises_create(void);
void promises_destroy(struct promises *p);

/* One mark of the record: JSON with the member "t" (see feed.mjs). */
void promises_hear(struct promises *p, const char *json, size_t n);
size_t promises_count(const struct promises *p);

/* Opens the folder as the program would and looks at everything. Returns how many things are wrong and says each on stderr. */
int promises_check(const struct promises *p, const char *dir);
