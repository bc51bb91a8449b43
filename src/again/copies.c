/*
 * Finding the copies of an item.
 *
 * Promises: every item once, at its least distance; erased ones are left out; at most TL_COPIES_MAX. Failure: the store's
 * and the index's codes. Called by the console.
 */
#include "again/copies.h"

#include "again/alike.h"
#include "base/arena.h"
#include "store/bank_media.h"
#include "store/media.h"

#include <stdlib.h>

struct gathering {
	struct tl_db *db;
	struct tl_again_index *x;
	const struct tl_item *item;
	const struct tl_media_id *own; /* whose like is looked for */
	bool sound;                    /* by what it sounds like */
	struct tl_copy *list;
	size_t n;
	bool cut;
};

static int
add_items(struct gathering *g, const struct tl_media_id *media, int distance, int percent)
{
	struct tl_row r;
	int rc = tl_db_query(g->db, &r, TL_SQL_COPIES_ITEMS, A_INT(g->item->platform),
	    A_BYTES(tl_bytes(media->b, sizeof media->b)), A_INT(g->item->live),
	    A_ID(g->item->id), A_INT(TL_COPIES_MAX + 1));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		if (g->n == TL_COPIES_MAX) {
			g->cut = true;
			break;
		}
		g->list[g->n++] = (struct tl_copy){.item = tl_col_id(&r, 0),
		    .media = *media,
		    .distance = distance,
		    .percent = percent,
		    .posted_at = tl_col_int(&r, 1)};
	}
	tl_row_end(&r);
	return rc < 0 ? rc : 0;
}

static int
on_alike(void *ctx, const struct tl_alike_hit *hit)
{
	struct gathering *g = ctx;
	if (hit->platform != g->item->platform ||
	    memcmp(hit->media.b, g->own->b, sizeof g->own->b) == 0)
		return 0;
	if (hit->percent >= 0 && hit->percent < TL_COPIES_SHARE)
		return 0; /* a video that shows the picture, and much else */
	if (g->sound && hit->video)
		return 0;
	return add_items(g, &hit->media, hit->distance, hit->percent);
}

/* One medium of the item: the same file, what looks like its picture or video, what sounds like its sound. */
static int
add_medium(struct gathering *g, struct tl_media *m, int distance, struct tl_arena *arena)
{
	static const enum tl_bank_kind kinds[] = {TL_BANK_PDQ, TL_BANK_VIDEO, TL_BANK_SOUND};
	static const struct tl_bank_entry like;
	struct tl_bank_entry e;
	g->own = &m->id;
	int rc = add_items(g, &m->id, 0, -1);
	if (rc == 0)
		rc = tl_media_hashes(g->db, g->item->platform, m, arena);
	for (size_t k = 0; k < TL_COUNT(kinds) && rc == 0 && !g->cut; k++) {
		g->sound = kinds[k] == TL_BANK_SOUND;
		if ((g->sound && m->frames.n) ||
		    !tl_bank_of_medium(kinds[k], m, &like, arena, &e))
			continue;
		struct tl_alike a = {.form = e.form,
		    .value = e.value,
		    .distance = distance,
		    .turned = true,
		    .share_query = TL_COPIES_SHARE,
		    .share_known = TL_COPIES_HOLDS};
		rc = tl_alike_find(g->db, g->x, &a, on_alike, g, &g->cut);
	}
	return rc;
}

static int
by_item(const void *a, const void *b)
{
	const struct tl_copy *x = a, *y = b;
	int c = memcmp(x->item.b, y->item.b, sizeof x->item.b);
	return c ? c : (x->distance > y->distance) - (x->distance < y->distance);
}

static int
newest_first(const void *a, const void *b)
{
	const struct tl_copy *x = a, *y = b;
	if (x->posted_at != y->posted_at)
		return x->posted_at > y->posted_at ? -1 : 1;
	return memcmp(x->item.b, y->item.b, sizeof x->item.b);
}

/* An item with several pictures that are alike stands there once, with its nearest. */
static void
once_each(struct gathering *g)
{
	size_t kept = 0;
	if (g->n == 0)
		return;
	qsort(g->list, g->n, sizeof *g->list, by_item);
	for (size_t i = 0; i < g->n; i++)
		if (i == 0 || !tl_id_eq(g->list[i].item, g->list[kept - 1].item))
			g->list[kept++] = g->list[i];
	g->n = kept;
	qsort(g->list, g->n, sizeof *g->list, newest_first);
}

int
tl_copies_of(struct tl_db *db, struct tl_again_index *x, const struct tl_item *item,
    int distance, struct tl_arena *arena, struct tl_copy **ret, size_t *ret_count,
    bool *ret_cut)
{
	struct gathering g = {.db = db, .x = x, .item = item};
	g.list = TL_NEWS(arena, struct tl_copy, TL_COPIES_MAX);
	int rc = g.list ? 0 : tl_arena_check(arena);
	for (size_t i = 0; i < item->media_count && rc == 0; i++) {
		struct tl_media m = item->media[i];
		rc = add_medium(&g, &m, distance, arena);
	}
	if (rc < 0)
		return rc;
	once_each(&g);
	*ret = g.list;
	*ret_count = g.n;
	*ret_cut = g.cut;
	return 0;
}
