/* Searching one segment or piece of the tail: between index_find.c and index.c. Positions go out, not yet entries. */
#pragma once

#include "hash/index_segment.h"

/* Room for one question at a time. */
struct tl_ix_work;

/* Told of each position within the distance, once. `tl_ix_find` names only the first of equal hashes in a row. */
typedef void (*tl_ix_near)(void *ctx, uint32_t at, int distance);

struct tl_ix_work *tl_ix_work_create(void);
void tl_ix_work_destroy(struct tl_ix_work *w);

/* False: a scan is cheaper for this needle; nothing was told. */
bool tl_ix_find(struct tl_ix_work *w, const struct tl_ix_segment *s,
    const struct tl_ix_mixed *needle, int most, tl_ix_near near, void *ctx);

/* Scans `n` entries once for all needles; each needle has its `ctx`. */
void tl_ix_find_plain(struct tl_ix_work *w, const struct tl_ix_half *const half[2], size_t n,
    const struct tl_ix_mixed *const *needle, void *const *ctx, size_t needles, int most,
    tl_ix_near near);
