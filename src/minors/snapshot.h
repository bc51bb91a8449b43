/*
 * Takes snapshots of the settings that are really in force at a platform, line by line, and holds them against the policy.
 * Every account that stands looser is counted by setting and band; a line that cannot be taken as it is, is counted and
 * listed, and stops nothing. Sent again, a snapshot goes on where it ended: each line is taken once.
 */
#pragma once

#include "core/policy.h"
#include "store/snapshots.h"

#define TL_SNAPSHOT_ID_MAX 128
/* So many findings of one snapshot are listed; all are counted. */
#define TL_SNAPSHOT_LISTED_MAX 100000

struct tl_snapshot_text {
	int64_t number; /* from 1 */
	struct tl_str text;
	bool too_long;
};

/* Consecutive lines of one snapshot. */
struct tl_snapshot_part {
	int64_t platform;
	bool live;
	struct tl_str id;
	int64_t taken_at; /* 0: now */
	int64_t before,
	    after; /* lines before its first, and up to its last; empty ones count */
	const struct tl_snapshot_text *lines;
	size_t count;
	bool from_start; /* the sender began with line 1: what was taken before is compared */
	uint8_t chain[TL_SNAPSHOT_CHAIN]; /* then: over the sender's lines before these */
	bool last;                        /* nothing comes after it */
};

/* Lines as they are read, until they are taken together. Zeroed at first; tl_snapshot_gather_fini frees. */
struct tl_snapshot_gather {
	uint8_t *text;
	size_t n, cap;
	struct tl_snapshot_text *lines; /* text.p is set by tl_snapshot_gathered */
	size_t count, line_cap;
};
/* A line; has the shape that the splitter of lines calls (intake/lines.h). Never fails. */
int tl_snapshot_gather(void *gather, struct tl_str line, int64_t number, bool too_long) TL_MUST;
bool tl_snapshot_gather_full(const struct tl_snapshot_gather *g);
/* They become the part's lines, which live until the next reset. */
void tl_snapshot_gathered(struct tl_snapshot_gather *g, struct tl_snapshot_part *part);
void tl_snapshot_gather_reset(struct tl_snapshot_gather *g);
void tl_snapshot_gather_fini(struct tl_snapshot_gather *g);

/*
 * Inside a transaction. *ret: the snapshot after it, strings in `arena`; `chain` of *ret_chain goes into the next part.
 * CONFLICT: a gap; other lines than those that were taken; lines after the end. INPUT: the id.
 */
int tl_snapshot_take(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_snapshot_part *part, struct tl_arena *arena, struct tl_snapshot *ret,
    uint8_t ret_chain[TL_SNAPSHOT_CHAIN]) TL_MUST;
