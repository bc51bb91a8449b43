/* Private to src/store: what the sealer, the verifier and exports share. */
#pragma once

#include "store/chain.h"
#include "store/db_int.h"

struct ledger_source {
	const char *name;
	enum tl_sql unsealed, set, one, stray;
	int first_columns; /* of its table in schema 1: what format 1 covers */
};

extern const struct ledger_source ledger_sources[TL_CHAIN_SOURCES];

/* The hash of the row that the query stands on; `b` is scratch. */
void ledger_row_hash(
    const struct tl_row *r, const char *source, struct tl_buf *b, uint8_t dst[TL_CHAIN_HASH]);

/* A row of SEAL_WALK as a link; false when it is damaged. The source's name is valid until the next step. */
bool ledger_link(const struct tl_row *w, struct tl_chain_link *ret,
    uint8_t ret_chain[TL_CHAIN_HASH], const struct ledger_source **ret_source);
