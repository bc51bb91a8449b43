/* Accounts for which something is due: a page of a query's rows (platform, account). */
#pragma once

#include "store/db.h"

#define TL_MINORS_DUE_MAX 256

struct tl_minors_due {
	int64_t platform;
	struct tl_id account;
};

/* `sql` takes the time and how many. Returns the number of rows, or an error. */
int tl_minors_due(struct tl_db *db, enum tl_sql sql, int64_t now, int max,
    struct tl_minors_due ret[TL_MINORS_DUE_MAX]) TL_MUST;
