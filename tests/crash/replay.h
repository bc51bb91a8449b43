/*
 * The data folder as a disk would hold it: what is written is pending until a sync that began later has ended well;
 * names are pending until their folder is synced. One step is one record; between steps the folder can be laid out
 * as a power cut would leave it.
 */
#pragma once

#include "shim.h"

#include <stdbool.h>
#include <stddef.h>

struct replay;

struct replay *replay_open(const char *record);
void replay_close(struct replay *r);

/* The next record, applied; NULL at the end. *ret_bytes: what a mark says. */
const struct shim_head *replay_step(struct replay *r, const char **ret_bytes);

/* How much of what is not synced reaches the disk. */
enum replay_variant {
	REPLAY_DROPPED, /* nothing */
	REPLAY_KEPT,    /* everything */
	REPLAY_SUBSET,  /* each write and each name by chance */
	REPLAY_TORN,    /* everything, but of the last write only some sectors of 512 bytes */
	REPLAY_NAMES,   /* names, but no bytes */
	REPLAY_VARIANTS
};

extern const char *const replay_variant_names[REPLAY_VARIANTS];

/* Lays the folder out in `dir`, which only this replay writes to. */
void replay_lay_out(struct replay *r, enum replay_variant v, uint64_t seed, const char *dir);

/* Whether anything is pending: if not, all variants are one. */
bool replay_pending(const struct replay *r);

/* How many files of the real folder differ from what was replayed; each is named on stderr. */
int replay_compare(struct replay *r, const char *dir);
