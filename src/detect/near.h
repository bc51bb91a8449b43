/* Entries near a hash, for who wants the entries themselves and not signals (the HMA API's lookups). */
#pragma once

#include "detect/banks.h"
#include "hash/index.h"

struct tl_near_only { /* which banks are asked */
	bool all;
	const struct tl_id *banks;
	size_t count;
};

/*
 * The nearest entries of these banks of pictures that are in use, each bank within its own distance; on the thread that holds
 * the snapshot. EAGAIN while the index is not whole. What a key means is read from the store.
 */
int tl_banks_near(const struct tl_banks *b, const struct tl_pdq *hash,
    const struct tl_near_only *only, int64_t now_us, struct tl_index_found *found) TL_MUST;
