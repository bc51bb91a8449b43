/* How far items reach: read from the store, and written into answers. For POST /v1/items:reach and an item's trail. */
#pragma once

#include "base/buf.h"
#include "minors/reach.h"
#include "store/items.h"

/* What is read for several items: an author's settings are read once in a row. */
struct tl_reach_load {
	const struct tl_policy_set *set;
	int64_t now;
	struct tl_id author_id;
	struct tl_minors_account author;
	struct tl_reach_action *author_actions;
	size_t author_action_count;
};

/* What decides how far this version of an item reaches; *ret borrows from the arena and from *load. */
int tl_reach_load_item(struct tl_db *db, int64_t platform, const struct tl_item_state_row *row,
    struct tl_arena *arena, struct tl_reach_load *load, struct tl_reach_item *ret) TL_MUST;

/* The members "show", "recommend" and "why". */
void tl_reach_put(struct tl_buf *b, const struct tl_reach *r);
