/*
 * One question to the index of picture hashes.
 *
 * Promises: every bank of the snapshot is asked at its own distance. Failure: EAGAIN while the index is not whole, so that
 * whoever asks hears of it instead of "no match". Called by the worker's lookups.
 */
#include "detect/near.h"

#include "detect/banks_int.h"
#include "detect/known.h"

#define BANKS_MAX 4096

static bool
asks(const struct tl_near_only *only, struct tl_id bank)
{
	for (size_t i = 0; i < only->count; i++)
		if (tl_id_eq(only->banks[i], bank))
			return true;
	return only->all;
}

int
tl_banks_near(const struct tl_banks *b, const struct tl_pdq *hash,
    const struct tl_near_only *only, int64_t now_us, struct tl_index_found *found)
{
	const struct tl_bank_table *t = &b->parts[TL_BANK_PDQ]->table;
	struct tl_index_bank *banks = NULL;
	found->n = 0;
	found->all = 0;
	if (t->bank_count == 0)
		return 0;
	if (t->bank_count > BANKS_MAX)
		return tl_fail(TL_ETOOBIG, "more than %d banks of pictures", BANKS_MAX);
	banks = calloc(t->bank_count, sizeof *banks);
	if (!banks)
		abort();
	size_t n = 0;
	for (size_t i = 0; i < t->bank_count; i++)
		if (asks(only, t->banks[i].id))
			banks[n++] =
			    (struct tl_index_bank){t->banks[i].number, t->banks[i].distance};
	struct tl_index_ask ask = {.needle = hash,
	    .needles = 1,
	    .distance = -1,
	    .bank = banks,
	    .banks = n,
	    .now_us = now_us};
	int rc = n ? tl_known_find(b->known[TL_FORM_PDQ], &ask, found) : 0;
	free(banks);
	return rc;
}
