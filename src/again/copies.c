/*
 * Finding the copies of an item.
 *
 * Promises: every item once, at its least distance; erased ones are left out; at most TL_COPIES_MAX. Failure: the store's
 * and the index's codes. Called by the console.
 */
#include "again/copies.h"

#include "base/arena.h"
#include "store/media.h"

#include <stdlib.h>

struct gathering {
	struct tl_db *db;
	struct tl_again_index *x;
	const struct tl_item *item;
	struct tl_copy *list;
	size_t n;
	bool cut;
};

static int
add_items(struct gathering *g, const struct tl_media_id *media, int distance)
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
		    .posted_at = tl_col_int(&r, 1)};
	}
	tl_row_end(&r);
	return rc < 0 ? rc : 0;
}

static int
media_of_key(struct gathering *g, int64_t key, struct tl_media_id *ret)
{
	struct tl_row r;
	int rc =
	    tl_db_first(g->db, &r, TL_SQL_COPIES_KEY, A_INT(key), A_INT(g->item->platform));
	if (rc < 0)
		return rc;
	struct tl_str id = tl_col_str(&r, 0);
	rc = id.n == sizeof ret->b ? 0 : TL_ENOTFOUND;
	if (rc == 0)
		memcpy(ret->b, id.p, sizeof ret->b);
	tl_row_end(&r);
	return rc;
}

static int
add_alike(struct gathering *g, const struct tl_media *m, int distance)
{
	const struct tl_again_hit *hits;
	size_t n;
	uint64_t all;
	struct tl_pdq needle;
	memcpy(needle.b, m->pdq, sizeof needle.b);
	int rc = tl_again_index_find(g->x, &needle, distance, TL_COPIES_MAX, &hits, &n, &all);
	for (size_t i = 0; i < n && rc == 0 && !g->cut; i++) {
		struct tl_media_id id;
		rc = media_of_key(g, hits[i].key, &id);
		if (rc == 0 && memcmp(id.b, m->id.b, sizeof id.b) != 0)
			rc = add_items(g, &id, hits[i].distance);
		rc = rc == TL_ENOTFOUND ? 0 : rc; /* another platform's, or erased meanwhile */
	}
	if (rc == 0 && all > n)
		g->cut = true;
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
		const struct tl_media *m = &item->media[i];
		rc = add_items(&g, &m->id, 0);
		if (rc == 0 && m->has_pdq && m->pdq_quality >= TL_MEDIA_QUALITY_MIN)
			rc = add_alike(&g, m, distance);
	}
	if (rc < 0)
		return rc;
	once_each(&g);
	*ret = g.list;
	*ret_count = g.n;
	*ret_cut = g.cut;
	return 0;
}
