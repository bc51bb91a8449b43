/*
 * Copies: the items whose pictures lie within a distance of an item's own. A star around that item, never a chain of
 * neighbours of neighbours: what is decided for all of them was looked at, or looks like what was.
 */
#pragma once

#include "again/index.h"
#include "core/item.h"

struct tl_arena;

#define TL_COPIES_MAX 10000

struct tl_copy {
	struct tl_id item;
	struct tl_media_id media; /* the one that is alike */
	int distance;             /* 0: the same file, or the same hash */
	int64_t posted_at;
};

/*
 * The others within `distance`, on the same platform and in the same world (live or test), newest first. *ret_cut: there
 * are more than TL_COPIES_MAX.
 */
int tl_copies_of(struct tl_db *db, struct tl_again_index *x, const struct tl_item *item,
    int distance, struct tl_arena *arena, struct tl_copy **ret, size_t *ret_count,
    bool *ret_cut) TL_MUST;
