/*
 * Comparing the whole chain, its rows and its checkpoints with each other. Reads only, in slices, so that it can run
 * beside everything else and on a copy.
 */
#pragma once

#include "store/chain.h"
#include "store/ledger.h"

struct tl_chain_finding {
	enum tl_chain_fault fault;
	int64_t seq;
	const char
	    *source; /* of the row; NULL when it is about a checkpoint or the chain itself */
	struct tl_id row;
};

struct tl_verify {
	/* What to compare with: keys to believe (none: signatures only), lines kept outside. May be empty. */
	struct tl_trust trust;
	const struct tl_checkpoint *outside;
	size_t outside_count;
	void (*found)(
	    void *ctx, const struct tl_chain_finding *f); /* each finding; may be NULL */
	void *ctx;
	/* Where it stands; zeroed at the start. */
	int64_t seq;
	uint8_t chain[TL_CHAIN_HASH];
	int64_t rows, checkpoints, found_count;
	int64_t checkpoint_seq, checkpoint_at; /* the newest checkpoint that fits */
	struct tl_chain_finding first;         /* the first finding, when found_count > 0 */
	bool failed_link; /* the last link did not fit: its successor is not blamed */
};

/* Goes on for at most `max` links. 1: there is more, 0: the end of the chain is reached, or a failure to read. */
int tl_verify_links(struct tl_db *db, struct tl_verify *v, int max) TL_MUST;
/* At the end of the chain: rows that claim a number, and every checkpoint, of the store and from outside. */
int tl_verify_ends(struct tl_db *db, struct tl_verify *v) TL_MUST;
/* Both, from the beginning. 0 also when something was found: see found_count. */
int tl_verify_all(
    struct tl_db *db, struct tl_verify *v, tl_ledger_progress_fn progress) TL_MUST;
