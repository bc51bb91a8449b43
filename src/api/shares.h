/*
 * Requests under way, key by key. While much is under way, a key that has more than its equal share gets no more, so
 * that one platform's flood is its own. Thread-safe.
 */
#pragma once

#include "sys/id.h"

struct tl_shares;

/* Shares are looked at from `busy` requests under way on. */
struct tl_shares *tl_shares_create(int busy);
void tl_shares_destroy(struct tl_shares *s);

/* One more for this key; TL_ERATE when it has its share. What was taken must be given back once. */
int tl_shares_take(struct tl_shares *s, struct tl_id key) TL_MUST;
void tl_shares_give(struct tl_shares *s, struct tl_id key);
