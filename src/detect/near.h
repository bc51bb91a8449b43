/* Entries near a hash, for who wants the entries themselves and not signals (the HMA API's lookups). */
#pragma once

#include "detect/banks.h"
#include "hash/index.h"

struct tl_near {
	const struct tl_id *banks; /* these are asked, `count` of them, rising */
	size_t count;
	bool turned; /* only those that want turned pictures compared: the hash is of one */
	int64_t now_us;
	struct tl_index_hit *hit; /* the caller's room, `cap` of them */
	size_t cap;
	size_t n; /* set: how many are there */
	bool cut; /* set: there were more */
};

/*
 * The entries near a hash in banks of pictures that are in use, each within its bank's own distance, in no order; on the thread that
 * holds the snapshot. Of more than there is room for, each bank tells its nearest, and none takes the room of another. EAGAIN while the
 * index is not whole. What a key means is read from the store.
 */
int tl_banks_near(
    const struct tl_banks *b, const struct tl_pdq *hash, struct tl_near *near) TL_MUST;
/* The name here of a bank in use; empty: it is not. Lives as long as the snapshot. */
struct tl_str tl_banks_name(
    const struct tl_banks *b, enum tl_bank_kind kind, struct tl_id bank) TL_MUST;
