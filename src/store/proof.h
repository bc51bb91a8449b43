/*
 * Audit rows with their proof in one file, and its verification without the store (doc/audit.md has the form).
 */
#pragma once

#include "store/chain.h"
#include "store/db.h"

#include <stdio.h>

struct tl_proof_report {
	int64_t links, rows, checkpoints;
	int64_t first, last;         /* numbers of the chain */
	uint8_t key[TL_SIGN_PUBLIC]; /* that signed the last checkpoint */
	int64_t signed_at;
};

/*
 * Writes the sealed audit rows of [from, to) with every link between the checkpoint before them and the one after them;
 * what else is in that stretch is there as a hash. NOTFOUND: no such rows; ECONFLICT: no checkpoint covers them yet.
 */
int tl_proof_write(
    struct tl_db *db, int64_t from, int64_t to, FILE *out, struct tl_proof_report *ret) TL_MUST;

/* Reading, line by line. */
#define TL_PROOF_LINE 262144
#define TL_PROOF_KEYS 32
struct tl_proof {
	struct tl_trust trust; /* given before; empty: the keys of the file are believed */
	bool given;
	struct tl_chain_key keys[TL_PROOF_KEYS];
	size_t key_count;
	int64_t line, from, to;
	int64_t seq;
	uint8_t chain[TL_CHAIN_HASH];
	int64_t signed_seq;
	bool begun, ended;
	struct tl_proof_report report;
};
/* ECORRUPT, or EFIELD for what is no such file; the text names the line. */
int tl_proof_line(struct tl_proof *p, struct tl_str line) TL_MUST;
int tl_proof_end(struct tl_proof *p) TL_MUST;
int tl_proof_file(struct tl_proof *p, const char *path) TL_MUST;
