/*
 * Copies: the items with the same file, or whose pictures, videos or sounds are like an item's own. A star around that item,
 * never a chain of neighbours of neighbours: what is decided for all of them was looked at, or is like what was. A video or
 * sound is a copy when most of it is known and it holds a good part of what was looked at, so that nobody decides about a
 * second of it. A sound is no copy of a video, nor a video of a sound: its pictures were not looked at.
 */
#pragma once

#include "again/index.h"
#include "core/item.h"

struct tl_arena;

#define TL_COPIES_MAX 10000
#define TL_COPIES_SHARE 80 /* percent of the copy that must be known */
#define TL_COPIES_HOLDS 50 /* percent of the item's video or sound that the copy must hold */

struct tl_copy {
	struct tl_id item;
	struct tl_media_id media; /* the one that is alike */
	int distance;             /* 0: the same file, or the same hash */
	int percent; /* of a video or sound that is known; -1: a picture, or the same file */
	int64_t posted_at;
};

/*
 * The others within `distance`, on the same platform and in the same world (live or test), newest first. *ret_cut: there
 * are more than TL_COPIES_MAX.
 */
int tl_copies_of(struct tl_db *db, struct tl_again_index *x, const struct tl_item *item,
    int distance, struct tl_arena *arena, struct tl_copy **ret, size_t *ret_count,
    bool *ret_cut) TL_MUST;
