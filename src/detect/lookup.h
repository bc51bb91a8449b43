/*
 * What a hit means: the entry behind a key, from the store, with a small cache of the last ones. One thread.
 */
#pragma once

#include "store/banks.h"

struct tl_lookup;

struct tl_lookup *tl_lookup_create(void);
void tl_lookup_destroy(struct tl_lookup *l); /* NULL is fine */

/* Forgets what was read when the banks are in another state than the last time. */
void tl_lookup_stamp(struct tl_lookup *l, int64_t version);

/*
 * The entry, without its value; NULL when there is none any more. Valid until the next call. NOTFOUND is not an error here;
 * the store's errors are.
 */
int tl_lookup_key(struct tl_lookup *l, struct tl_db *db, int64_t key,
    const struct tl_bank_entry **ret) TL_MUST;
