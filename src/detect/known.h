/*
 * Known hashes of one form (PDQ, MD5, SHA-256; of vPDQ every frame, of sounds every second) as an index that follows the store's log of changes: files under
 * DIR/index/FORM/EPOCH, which the keeper writes (keeper.h) and every process maps, and what changed since in memory. An
 * index holds hashes and keys, never entries: what a hit means is read from the store.
 */
#pragma once

#include "core/words.h"
#include "hash/index.h"

struct tl_bank_change;
struct tl_buf;
struct tl_db;
struct tl_known;

/* True when entries of this form are found by an index. */
bool tl_known_form(enum tl_entry_form form);

/* The hash that stands for a value of this form: itself; of an MD5, which is half as long, the digest twice. False: it has a wrong length. */
bool tl_known_hash(enum tl_entry_form form, struct tl_str value, struct tl_pdq *ret);

/* DIR/index/FORM/EPOCH. LIMIT when the path is too long. */
int tl_known_path(
    const char *data_dir, enum tl_entry_form form, int64_t epoch, struct tl_buf *ret) TL_MUST;

/* Tells an index what the store says of an entry. `fresh`: the index is being filled; no key is there twice. */
int tl_known_tell(struct tl_index *x, enum tl_entry_form form, const struct tl_bank_change *c,
    bool fresh) TL_MUST;

/* Nothing is read before the first look. `data_dir` is copied. */
struct tl_known *tl_known_create(const char *data_dir, enum tl_entry_form form);
void tl_known_destroy(struct tl_known *k); /* NULL is fine */

/*
 * Picks up what the keeper wrote and what changed in the store; one thread at a time. 0: level with the store. EAGAIN: it
 * will take a while, because the keeper has not written (again) what is too much to hold in memory. CORRUPT: files were
 * damaged (the text names them) and are given up. Else the store's or the disk's error.
 */
int tl_known_look(struct tl_known *k, struct tl_db *db) TL_MUST;

/* False until everything that the store held at some look is in it, and again when its files turn out to be damaged. */
bool tl_known_whole(struct tl_known *k);

/* As tl_index_find, by any thread, also during a look. EAGAIN while it is not whole: what asks must wait or fail, never pass. */
int tl_known_find(
    struct tl_known *k, const struct tl_index_ask *ask, struct tl_index_found *found) TL_MUST;

/* Of what is in force; zeros while it is not whole. */
void tl_known_stats(struct tl_known *k, struct tl_index_stats *ret);
