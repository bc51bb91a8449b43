/*
 * Accepting an item: the print that makes repeats recognisable, the one transaction, the receipt. The HTTP side
 * owns the memory; these run where they are told to.
 */
#pragma once

#include "base/buf.h"
#include "core/item.h"
#include "store/items.h"

/* One item on its way in. */
struct tl_accept {
	struct tl_item item; /* borrows from what the request holds */
	uint8_t print[TL_PRINT_BYTES];
	int64_t keep_us; /* retention, from the configuration */
	bool known;      /* it was accepted before, with the same content */
};

/* Fills the print; `key` is the store's "print" key. Views, engagement and our own fields are not content. */
void tl_accept_print(struct tl_accept *a, const struct tl_key *key);

/* Inside a transaction. A repeat takes over id and time of the first. TL_EEXISTS, TL_EFIELD. */
int tl_accept_store(struct tl_db *db, struct tl_accept *a) TL_MUST;

/* True when a refusal may come after something was written, so that what was must be undone: media, streams, kinds. */
bool tl_accept_half(const struct tl_accept *a);

/* Members of the receipt, the same for every repeat, into an open object. */
void tl_accept_receipt(struct tl_buf *out, const struct tl_accept *a);
