/*
 * The first figures: per policy and per state, from the counters that every stage keeps. No scan of items, so a
 * store of millions answers in milliseconds.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "store/db.h"

#define TL_FIGURES_POLICIES_MAX 256

struct tl_figures_policy {
	char policy[64]; /* "": under no policy */
	int64_t review, withhold, block;
	int64_t decided_act, decided_clear, automatic, reversed;
	int64_t flags;
};

struct tl_figures {
	int64_t from, to;                   /* whole days; `to` is now */
	struct tl_figures_policy *policies; /* in the arena */
	size_t policy_count;
	int64_t received, unscannable, deleted, retired; /* in the time asked for */
	int64_t pending;                                 /* now */
	int64_t verdicts[4];                             /* by enum tl_verdict_word */
	int64_t cases[4], actions[7], deliveries[6];     /* now, by state */
	int64_t median_queued_us, median_decided_us; /* -1: nothing was decided by a person */
};

int tl_figures_read(struct tl_db *db, int64_t days, bool live, struct tl_arena *arena,
    struct tl_figures *ret) TL_MUST;

/* The object that the console and `tutela figures --json` show. */
void tl_figures_json(const struct tl_figures *f, struct tl_buf *out);
