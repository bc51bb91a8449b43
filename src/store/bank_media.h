/* Entries of a bank from media that the store knows: what a medium is known by, of the kind that the bank holds. */
#pragma once

#include "core/item.h"
#include "store/banks.h"

/*
 * Fills *out with what this medium is known by in a bank of this kind; all but form and value is copied from `like`. 1, or
 * 0 when it cannot be found again by that. The medium has its hashes (tl_media_hashes).
 */
size_t tl_bank_of_medium(enum tl_bank_kind kind, const struct tl_media *m,
    const struct tl_bank_entry *like, struct tl_arena *arena, struct tl_bank_entry *out);

/* Fails with EFIELD at `field`: why nothing of this medium can be found again (tl_bank_of_medium said 0 for all kinds). */
int tl_bank_not_of_medium(const struct tl_media *m, const char *field) TL_MUST;

/*
 * The same for all media of the item that a decision was about. `like` has its provenance; the decision is added to
 * it. The list lives in the arena and may be empty. NOTFOUND: there is no such decision, or it is about an account.
 */
int tl_bank_of_decision(struct tl_db *db, const struct tl_bank *b, struct tl_id decision,
    const struct tl_bank_entry *like, struct tl_arena *arena, struct tl_bank_entry **ret,
    size_t *ret_count) TL_MUST;

/* `provenance` with this decision, and "own" as its exchange when it says none; in the arena. */
int tl_bank_own(struct tl_str provenance, struct tl_id decision, struct tl_arena *arena,
    struct tl_str *ret) TL_MUST;
