/*
 * The rules of the Commission's transparency database for one statement of reasons, as a checker: which fields
 * are required when, which values are allowed, which are dropped. The rules stand in sor.tbl.h.
 */
#pragma once

#include "base/buf.h"

#include <jansson.h>

struct tl_sor_error {
	const char *field;
	const char *problem;
};

/*
 * Drops what the database would drop (texts without their condition), sorts what it sorts, then lists what it
 * would refuse. Returns the number of errors found, of which at most `cap` are stored.
 */
size_t tl_sor_check(json_t *sor, struct tl_sor_error *errors, size_t cap);

extern const char *const tl_eea[]; /* the 30 territories, sorted, NULL-terminated */
