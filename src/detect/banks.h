/*
 * Snapshots of all enabled banks, compiled for the detectors, and the loader that keeps one current: a thread
 * that watches the banks' change counters, builds what changed in the background and swaps it in. Readers take
 * a reference for as long as they use it.
 */
#pragma once

#include "core/words.h"
#include "sys/id.h"

struct tl_store;
struct tl_banks;
struct tl_bank_part;

void tl_banks_unref(struct tl_banks *b); /* NULL is fine */

/* Names the state of the banks: in versions of signals and in logs. */
int64_t tl_banks_version(const struct tl_banks *b);
size_t tl_banks_entries(const struct tl_banks *b);

struct tl_bank_loader;

struct tl_bank_events {
	/* On the loader's thread, after a new snapshot came into force. */
	void (*loaded)(void *ctx, int64_t version, size_t entries, int64_t took_us);
	/* An entry that cannot be used; the others are. */
	void (*refused)(void *ctx, struct tl_id bank, struct tl_id entry, const char *why);
	/* Files of an index were damaged; it is built again. */
	void (*damaged)(void *ctx, enum tl_entry_form form, const char *why);
	/* The store failed; the last snapshot stays in force. */
	void (*failed)(void *ctx, int err, const char *text);
	void *ctx;
};

/* Loads once, then starts the thread. `events` is copied; its functions may be NULL. */
int tl_bank_loader_start(struct tl_store *s, const struct tl_bank_events *events,
    struct tl_bank_loader **ret) TL_MUST;
void tl_bank_loader_stop(struct tl_bank_loader *l); /* NULL is fine */

/* Look now instead of at the next poll (a third of a second). Never blocks. */
void tl_bank_loader_poke(struct tl_bank_loader *l);

/* Since when the banks could not be read again (tl_mono_us): what is in force grows old. 0 when all is well. */
int64_t tl_bank_loader_failing_us(struct tl_bank_loader *l);

/*
 * False while an index of known hashes is not whole: just started and large, or damaged and being built again. What must be
 * compared with it waits.
 */
bool tl_bank_loader_whole(struct tl_bank_loader *l);

/* The newest state of the banks (as tl_banks_version says it) whose entries are all in the indexes; 0: none yet. */
int64_t tl_bank_loader_level(struct tl_bank_loader *l);

/* The current snapshot, referenced. Never NULL. Not to be used after the loader was stopped. */
struct tl_banks *tl_bank_loader_take(struct tl_bank_loader *l);
