/*
 * The watch: rules that look at the store and at the machine, open alarms and end them. The clerk runs all of them;
 * that the clerk itself is there, the server watches. One rule is one function and one row in watch.c.
 */
#pragma once

#include "config/config.h"
#include "store/db.h"
#include "store/vitals.h"

struct tl_arena;

#define WATCH_WORKERS 64

/* What was seen of one role; all times are monotonic, so that a steered clock cannot make a role seem dead. */
struct watched {
	char role[32];
	int64_t at;         /* wall, of its newest sign */
	int64_t changed_us; /* when that sign was seen to be new */
	int ahead;          /* looks in a row at which it was ahead of our clock */
};

struct watch {
	const struct tl_config *config;
	struct tl_arena *arena;
	struct watched roles[6 + WATCH_WORKERS];
	size_t role_count;
	int64_t
	    again_us; /* monotonic: since when something is left to compare; 0: nothing is */
	int unsealed; /* looks in a row at which sealing was behind */
};

void watch_init(struct watch *w, const struct tl_config *config, struct tl_arena *arena);

/* For the clerk: each rule in a transaction of its own; the last failure, after all have run. */
int watch_all(struct tl_db *db, struct watch *w) TL_MUST;
/* For the server, inside a transaction; `watch` is a struct watch. */
int watch_clerk(struct tl_db *db, void *watch) TL_MUST;
