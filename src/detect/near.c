/*
 * One question to the index of picture hashes.
 *
 * Promises: every bank that was asked for answers at its own distance, and none hides another: when all have more than there is
 * room for, each is asked for itself. Failure: EAGAIN while the index is not whole, so that whoever asks hears of it instead
 * of "no match". Called by the worker's lookups.
 */
#include "detect/near.h"

#include "detect/banks_int.h"
#include "detect/known.h"

static int
by_id(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct tl_id));
}

static size_t
choose(const struct tl_bank_table *t, const struct tl_near *near, struct tl_index_bank *ret)
{
	size_t n = 0;
	for (size_t i = 0; i < t->bank_count && near->count; i++) {
		const struct tl_bank_ref *b = &t->banks[i];
		if (near->turned && !b->turned)
			continue;
		if (bsearch(&b->id, near->banks, near->count, sizeof b->id, by_id))
			ret[n++] = (struct tl_index_bank){b->number, b->distance};
	}
	return n;
}

/* These banks, into what room is left, at most `most`; *ret_all: how many there are. */
static int
ask(const struct tl_banks *b, const struct tl_pdq *hash, const struct tl_index_bank *banks,
    size_t n, size_t most, struct tl_near *near, uint64_t *ret_all)
{
	struct tl_index_ask q = {.needle = hash,
	    .needles = 1,
	    .distance = -1,
	    .bank = banks,
	    .banks = n,
	    .now_us = near->now_us};
	size_t room = near->cap - near->n;
	if (room == 0) {
		near->cut = true;
		return 0;
	}
	struct tl_index_found f = {
	    .hit = near->hit + near->n, .cap = room < most ? room : most};
	int rc = tl_known_find(b->known[TL_FORM_PDQ], &q, &f);
	if (rc < 0)
		return rc;
	near->n += f.n;
	near->cut = near->cut || f.all > f.n;
	*ret_all = f.all;
	return 0;
}

/* How many each bank may tell so that the room is used: banks with few leave theirs to the others. */
static size_t
level(const uint64_t *all, size_t n, size_t cap)
{
	size_t most = cap / n ? cap / n : 1;
	for (;;) {
		size_t used = 0, full = 0;
		for (size_t i = 0; i < n; i++) {
			used += all[i] < most ? (size_t)all[i] : most;
			full += all[i] > most;
		}
		if (!full || used >= cap || (cap - used) / full == 0)
			return most;
		most += (cap - used) / full;
	}
}

/* Each bank for itself: first how many, then the nearest of each. */
static int
ask_each(const struct tl_banks *b, const struct tl_pdq *hash, const struct tl_index_bank *banks,
    size_t n, struct tl_near *near)
{
	uint64_t *all = calloc(n, sizeof *all), ignored = 0;
	int rc = 0;
	if (!all)
		abort();
	for (size_t i = 0; i < n && rc == 0; i++) {
		near->n = 0;
		rc = ask(b, hash, &banks[i], 1, 1, near, &all[i]);
	}
	size_t most = level(all, n, near->cap);
	near->n = 0;
	near->cut = false;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = all[i] ? ask(b, hash, &banks[i], 1, most, near, &ignored) : 0;
	free(all);
	return rc;
}

int
tl_banks_near(const struct tl_banks *b, const struct tl_pdq *hash, struct tl_near *near)
{
	const struct tl_bank_table *t = &b->parts[TL_BANK_PDQ]->table;
	struct tl_index_bank *banks = calloc(t->bank_count + 1, sizeof *banks);
	uint64_t all = 0;
	if (!banks)
		abort();
	near->n = 0;
	near->cut = false;
	size_t n = choose(t, near, banks);
	int rc = n ? ask(b, hash, banks, n, near->cap, near, &all) : 0;
	if (rc == 0 && near->cut && n > 1)
		rc = ask_each(b, hash, banks, n, near);
	free(banks);
	return rc;
}

struct tl_str
tl_banks_name(const struct tl_banks *b, enum tl_bank_kind kind, struct tl_id bank)
{
	const struct tl_bank_table *t = &b->parts[kind]->table;
	for (size_t i = 0; i < t->bank_count; i++)
		if (tl_id_eq(t->banks[i].id, bank))
			return t->banks[i].name;
	return TL_S("");
}
