/*
 * The keeper of the index: one thread in one process that writes what changed in the store to the index's files, merges
 * them, checks them, and builds them again when they are missing, damaged or of another life of the store. Everybody else
 * follows (known.h). The index is derived from the store: copies of an installation need not carry it.
 */
#pragma once

#include "core/words.h"

struct tl_store;
struct tl_keeper;

struct tl_keeper_events {
	/* On the keeper's thread. A directory cannot be used and is built again. */
	void (*damaged)(void *ctx, enum tl_entry_form form, const char *why);
	void (*built)(void *ctx, enum tl_entry_form form, uint64_t entries, int64_t took_us);
	/* Something failed and is tried again. */
	void (*failed)(void *ctx, enum tl_entry_form form, int err, const char *text);
	void *ctx;
};

/*
 * `events` is copied; its functions may be NULL. Every byte of the files is read and checked when they are taken over, and
 * each `check_us` from then on. The store must outlive the keeper.
 */
int tl_keeper_start(struct tl_store *s, const struct tl_keeper_events *events, int64_t check_us,
    struct tl_keeper **ret) TL_MUST;
void tl_keeper_stop(struct tl_keeper *k); /* writes what is in memory only; NULL is fine */

/* Look now instead of at the next poll. Never blocks. */
void tl_keeper_poke(struct tl_keeper *k);
