/*
 * The media index: the hashes of every picture, of every look of a video and of the seconds of every sound whose item
 * stands, searchable backwards, so that a new entry of a bank, or another picture, finds what was published before. Derived
 * from the store, in a directory of its own (DATA/again/EPOCH, store/derived.h); one process owns it (the finder), the others
 * follow. Whatever is found is a key: who is meant stands in the store, and a key that is not there any more was erased.
 */
#pragma once

#include "hash/index.h"
#include "hash/video_match.h"
#include "store/db.h"

struct tl_again_index;

/* What its one owner adds. The functions may be NULL; they are called by whoever calls this header's. */
struct tl_again_index_own {
	int64_t
	    check_us; /* every byte of the files is read and checked when they are taken over, and so often */
	void (*damaged)(
	    void *ctx, const char *why); /* it is made anew at the next catching up */
	void (*built)(void *ctx, uint64_t entries, int64_t took_us);
	void *ctx;
};

/*
 * Reads nothing yet: the first catching up does. `own`: may write, and makes files anew that are missing, damaged or of
 * another life of the store; NULL: follows the owner's, and keeps what there is in memory while there are none.
 */
int tl_again_index_open(const char *data_dir, const struct tl_again_index_own *own,
    struct tl_again_index **ret) TL_MUST;
void tl_again_index_close(struct tl_again_index *x);
void tl_again_index_closep(struct tl_again_index **x);

/* The number of its files, another one when they were made anew; 0: in memory, or none is usable. */
int64_t tl_again_index_epoch(const struct tl_again_index *x);

/* Takes up to `max` hashes from the store that it does not know yet. *ret_more: there may be others. */
int tl_again_index_follow(
    struct tl_again_index *x, struct tl_db *db, size_t max, bool *ret_more) TL_MUST;
/*
 * Everything, page by page, after the files were taken over, made or followed. Outside of a transaction. EAGAIN: what there
 * was cannot be used (the owner's next call makes it anew), another process owns it, or a follower would have to hold too
 * much in memory until the owner has written it.
 */
int tl_again_index_catch_up(struct tl_again_index *x, struct tl_db *db) TL_MUST;

/*
 * For the owner, now and then: what is in memory goes to files, files are checked and merged. Hashes that were erased
 * `erase_us` ago are taken out of the files. Outside of a transaction.
 */
int tl_again_index_keep(struct tl_again_index *x, struct tl_db *db, int64_t erase_us) TL_MUST;

/* Can the files that the store names be used (`deep`: every byte)? CORRUPT says why not; 0 also when it names none. */
int tl_again_index_check(struct tl_db *db, const char *data_dir, bool deep) TL_MUST;

/* What a hash is of. */
enum tl_again_kind {
	TL_AGAIN_PICTURE,
	TL_AGAIN_SECOND,  /* one second of a video: a plain frame of it */
	TL_AGAIN_SECONDS, /* several seconds, or the only one, that look exactly so */
	TL_AGAIN_FIRST,   /* the first look of a second whose plain frame cannot be compared */
	TL_AGAIN_LOOK,    /* a further look of a second */
	TL_AGAIN_SOUND,   /* a second of a sound, as hash/sound_find.h has uploads, */
	TL_AGAIN_BENT,    /* and of it at another speed */
	TL_AGAIN_KINDS
};

struct tl_again_hit {
	int64_t key;
	int distance;
	enum tl_again_kind kind;
};

/*
 * Every picture within `distance`, nearest first, then by key. Lives until the next question. `most`: not more than so
 * many (0: all); *ret_all: how many there are.
 */
int tl_again_index_find(struct tl_again_index *x, const struct tl_pdq *needle, int distance,
    size_t most, const struct tl_again_hit **ret, size_t *ret_count, uint64_t *ret_all) TL_MUST;

/*
 * All within the distance of their kind (-1: not asked for), in no order that means anything; a video may be there as
 * often as it has looks, a sound as often as it has seconds. For finding candidates: what a match is say src/detect and src/hash/video_match.h.
 */
int tl_again_index_reach(struct tl_again_index *x, const struct tl_pdq *needle,
    const int distance[TL_AGAIN_KINDS], const struct tl_again_hit **ret,
    size_t *ret_count) TL_MUST;

/* How many hashes there are, and how many bytes the files and the memory beside them take. */
void tl_again_index_stats(struct tl_again_index *x, struct tl_index_stats *ret);
