/*
 * The media index: the hash of every picture whose item stands, searchable backwards, so that a new entry of a bank, or
 * another picture, finds what was published before. Derived from the store, in a directory of its own (DATA/again); one
 * process owns it (the finder), the others follow. Whatever is found is a key: who is meant stands in the store, and a
 * key that is not there any more was erased.
 */
#pragma once

#include "hash/index.h"
#include "hash/video.h"
#include "store/db.h"

struct tl_again_index;

/* `own`: may write; TL_EAGAIN while another process does. A damaged directory is begun anew by its owner. */
int tl_again_index_open(const char *data_dir, bool own, struct tl_again_index **ret) TL_MUST;
/* The owner's directory, emptied; what is in it can be made anew from the store. */
int tl_again_index_wipe(const char *data_dir) TL_MUST;
void tl_again_index_close(struct tl_again_index *x);
void tl_again_index_closep(struct tl_again_index **x);

/* Takes up to `max` hashes from the store that it does not know yet. *ret_more: there may be others. */
int tl_again_index_follow(
    struct tl_again_index *x, struct tl_db *db, size_t max, bool *ret_more) TL_MUST;
/* Everything, page by page. */
int tl_again_index_catch_up(struct tl_again_index *x, struct tl_db *db) TL_MUST;

/* For the owner, now and then: what is in memory goes to files, and files are merged. Outside of a transaction. */
int tl_again_index_keep(struct tl_again_index *x, struct tl_db *db) TL_MUST;

struct tl_again_hit {
	int64_t key;
	int distance;
};

/*
 * Every hash within `distance`, nearest first, then by key. Lives until the next question. `most`: not more than so
 * many (0: all); *ret_all: how many there are.
 */
int tl_again_index_find(struct tl_again_index *x, const struct tl_pdq *needle, int distance,
    size_t most, const struct tl_again_hit **ret, size_t *ret_count, uint64_t *ret_all) TL_MUST;

/*
 * The same of videos, which are found by frames that are spread over them: a video may stand there several times. For
 * finding candidates; what a match is says src/hash/video_match.h.
 */
#define TL_AGAIN_FRAMES 32
int tl_again_index_find_videos(struct tl_again_index *x, const struct tl_pdq *frame,
    int distance, const struct tl_again_hit **ret, size_t *ret_count) TL_MUST;
/* Up to `most` frames of a video that can be compared, spread evenly over it. Returns how many. */
size_t tl_again_pick_frames(const struct tl_video *v, size_t most, struct tl_pdq *ret);

/* How many hashes there are, and how many bytes the files and the memory beside them take. */
void tl_again_index_stats(struct tl_again_index *x, struct tl_index_stats *ret);
