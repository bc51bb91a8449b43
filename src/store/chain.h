/*
 * The form of the hash chain: what of a row is hashed and how links, checkpoints and keys are written. Pure bytes; the
 * database is elsewhere. doc/audit.md says the same to whoever verifies with other tools.
 */
#pragma once

#include "base/buf.h"
#include "sys/crypto.h"
#include "sys/id.h"

#define TL_CHAIN_HASH 32
#define TL_CHAIN_FORMAT 2 /* of new links; 1 is what stores before schema 7 sealed */

enum tl_chain_source { TL_CHAIN_DECISIONS, TL_CHAIN_EVENTS, TL_CHAIN_AUDIT, TL_CHAIN_SOURCES };
extern const char *const tl_chain_source_names[]; /* up to NULL */

/* Rows: begin, each column in the order of the table, end. Columns that are NULL are left out. */
void tl_chain_row_begin(struct tl_buf *b, struct tl_str source);
void tl_chain_row_int(struct tl_buf *b, struct tl_str column, int64_t v);
void tl_chain_row_real(struct tl_buf *b, struct tl_str column, double v);
void tl_chain_row_text(struct tl_buf *b, struct tl_str column, struct tl_str v);
void tl_chain_row_bytes(struct tl_buf *b, struct tl_str column, struct tl_str v);
void tl_chain_row_end(struct tl_buf *b, uint8_t dst[TL_CHAIN_HASH]); /* empties b */

struct tl_chain_link {
	int64_t seq, at, format;
	struct tl_str source;
	struct tl_id ref;
	uint8_t row[TL_CHAIN_HASH];
};

void tl_chain_next(uint8_t dst[TL_CHAIN_HASH], const uint8_t prev[TL_CHAIN_HASH],
    const struct tl_chain_link *link);

/*
 * The signed head of the chain, one line of text; the signature covers the line up to " sig=":
 *   tutela-checkpoint 1 seq=… at=… chain=… decisions=… decision_events=… audit=… key=… sig=…
 */
struct tl_checkpoint {
	int64_t seq, at;
	uint8_t chain[TL_CHAIN_HASH];
	int64_t rows[TL_CHAIN_SOURCES]; /* sealed so far, of each source */
	uint8_t key[TL_SIGN_PUBLIC];
	uint8_t sig[TL_SIGN_BYTES];
};

/* Fills key and sig. */
void tl_checkpoint_sign(struct tl_checkpoint *c, const uint8_t secret[TL_SIGN_SECRET]);
bool tl_checkpoint_fits(const struct tl_checkpoint *c);
void tl_checkpoint_text(struct tl_buf *b, const struct tl_checkpoint *c);
int tl_checkpoint_parse(struct tl_str line, struct tl_checkpoint *ret) TL_MUST;

/*
 * A key and who vouches for it; both signatures cover the line up to " old=". The first key has no old one (zeros).
 *   tutela-key 1 key=… previous=… seq=… at=… old=… new=…
 */
struct tl_chain_key {
	uint8_t key[TL_SIGN_PUBLIC], previous[TL_SIGN_PUBLIC];
	int64_t seq, at;
	uint8_t by_old[TL_SIGN_BYTES], by_new[TL_SIGN_BYTES];
};

/* `old_secret` NULL: the first. Fills everything but seq and at. */
void tl_chain_key_sign(struct tl_chain_key *k, const uint8_t *old_secret,
    const uint8_t new_secret[TL_SIGN_SECRET]);
bool tl_chain_key_fits(const struct tl_chain_key *k);
bool tl_chain_key_first(const struct tl_chain_key *k);
void tl_chain_key_text(struct tl_buf *b, const struct tl_chain_key *k);
int tl_chain_key_parse(struct tl_str line, struct tl_chain_key *ret) TL_MUST;

/* Keys that are believed: those given and, through cross-signatures, whom they vouch for. */
#define TL_TRUST_MAX 64
struct tl_trust {
	uint8_t key[TL_TRUST_MAX][TL_SIGN_PUBLIC];
	size_t count;
};
bool tl_trust_has(const struct tl_trust *t, const uint8_t key[TL_SIGN_PUBLIC]);
void tl_trust_add(struct tl_trust *t, const uint8_t key[TL_SIGN_PUBLIC]);
/* Follows the cross-signatures of `keys` in both directions. */
void tl_trust_follow(struct tl_trust *t, const struct tl_chain_key *keys, size_t count);

/* What may be found, with its words (chain.tbl.h). */
enum tl_chain_fault {
#define F(id, word, what, remedy) TL_CHAIN_##id,
#include "store/chain.tbl.h"
#undef F
	TL_CHAIN_FAULTS
};
const char *tl_chain_fault_word(enum tl_chain_fault f);
const char *tl_chain_fault_text(enum tl_chain_fault f);
const char *tl_chain_fault_remedy(enum tl_chain_fault f);
