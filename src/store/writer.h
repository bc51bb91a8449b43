/*
 * The process's one writer: a thread with its own connection that runs queued work in batches, one transaction
 * (and one disk sync) for all that waits: group commit. Work that fails is undone alone; the batch goes on.
 */
#pragma once

#include "store/db.h"

struct tl_writer;

struct tl_work {
	int (*fn)(
	    struct tl_db *db, void *ctx); /* inside the transaction, on the writer's thread */
	void (*done)(void *ctx,
	    int rc); /* after the commit, on the writer's thread; text of the error is set */
	/* After the commit and before the sync, when fn succeeded: others can see it, nothing is promised. Or NULL. */
	void (*committed)(void *ctx);
	void *ctx;
	enum tl_sync sync; /* the batch takes the strictest of its members */
	unsigned weight;   /* rows, about, when it is many; bounds the transaction */
	/*
	 * A refusal of `fn` (kinds INPUT and STATE) has changed nothing, so no savepoint is needed, which costs a copy
	 * of every page that is touched. Any other failure of it undoes the whole batch.
	 */
	bool refuses_clean;
	struct tl_work *next; /* the writer's */
};

/* `max_queue`: further work is refused with TL_EAGAIN (intake answers 503). */
int tl_writer_start(struct tl_store *s, size_t max_queue, struct tl_writer **ret) TL_MUST;

/* Finishes what is queued, then stops. NULL is fine. */
void tl_writer_stop(struct tl_writer *w);

/* Queues work; it stays the caller's memory until `done` has been called. */
int tl_writer_submit(struct tl_writer *w, struct tl_work *work) TL_MUST;

/* Queues work and waits for its commit; returns fn's code (>= 0) or the failure. */
int tl_writer_run(struct tl_writer *w, enum tl_sync sync,
    int (*fn)(struct tl_db *db, void *ctx), void *ctx) TL_MUST;

size_t tl_writer_depth(struct tl_writer *w);

/* Called on the writer's thread after each commit, before its sync (wake other roles here). */
void tl_writer_on_commit(struct tl_writer *w, void (*fn)(void *ctx), void *ctx);
