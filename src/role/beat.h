/*
 * A role's sign of life: every few seconds its row in the store is renewed, and what it counted is added to the
 * figures by minute (errors of the store, decoders that died). The watch (watch.h) reads both.
 */
#pragma once

#include "store/db.h"

struct beat {
	char role[32];
	int64_t started_at;        /* wall */
	int64_t next_us;           /* monotonic */
	uint64_t seen[2], told[2]; /* of each counted event */
	bool counted;              /* its start is in the figures */
};

void beat_init(struct beat *b, const char *role, int index);

/* True when it is time; then beat_write inside a transaction, and beat_said once that is committed. */
bool beat_begin(struct beat *b);
int beat_write(struct tl_db *db, void *beat) TL_MUST; /* `beat` is a struct beat */
void beat_said(struct beat *b);
/* The role ends in good order. */
int beat_end(struct tl_db *db, void *beat) TL_MUST;

/* Its own transaction, when due; a failure is logged and tried again at the next. */
void beat_now(struct beat *b, struct tl_db *db);
void beat_stop(struct beat *b, struct tl_db *db);
