/*
 * What a changed matrix would change for the accounts that there are, before it is in force: for each setting and band how many
 * get something stricter or looser, how many choices end, and how many may choose more or less.
 */
#pragma once

#include "core/policy.h"
#include "store/db.h"

struct tl_preview;
/* Both sets must outlive it. */
struct tl_preview *tl_preview_create(
    const struct tl_policy_set *now, const struct tl_policy_set *then);
void tl_preview_destroy(struct tl_preview *p);

/* Adds the accounts after *place, at most `max`; *place: where to go on, nil at the end. */
int tl_preview_add(struct tl_db *db, struct tl_preview *p, int64_t platform, bool live,
    size_t max, struct tl_id *place) TL_MUST;
int64_t tl_preview_accounts(const struct tl_preview *p);

struct tl_preview_sum {
	struct tl_str setting;
	enum tl_age_band band;
	bool is_new, is_gone; /* of the matrix: one side has no such setting */
	int64_t stricter, looser;
	int64_t other;      /* the value that they have is none of the setting any more */
	int64_t lapse;      /* of these: the holder had chosen it */
	int64_t more, less; /* how far one may loosen it */
};
/* Calls `fn` for each setting and band that changes for somebody. */
void tl_preview_each(const struct tl_preview *p,
    void (*fn)(void *ctx, const struct tl_preview_sum *s), void *ctx);
