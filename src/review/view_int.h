/* Private to the views: an array of objects from the rows of a query. */
#pragma once

#include "review/view.h"

/* Writes the members of one row. */
typedef int (*view_row)(const struct tl_view *v, const struct tl_row *r, void *ctx);

/* The members that show what an item says and holds. */
void view_content(struct tl_buf *out, const struct tl_item_full *f);

/* Which rows to write; NULL: all. */
typedef int (*view_pick)(const struct tl_view *v, const struct tl_row *r, void *ctx, bool *ret);

/* Reads `r` to its end, whatever happens. 0, or the failure of a row or of the store. */
int view_rows(
    const struct tl_view *v, const char *key, struct tl_row *r, view_row fn, void *ctx) TL_MUST;
int view_rows_if(const struct tl_view *v, const char *key, struct tl_row *r, view_pick pick,
    view_row fn, void *ctx) TL_MUST;
