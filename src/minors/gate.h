/*
 * The contact gate over the store: reads what is known of both accounts, asks the table (contact.h), and records the question
 * in the log of contacts.
 */
#pragma once

#include "minors/contact.h"
#include "store/relations.h"

struct tl_gate_ask {
	int64_t platform;
	bool live;
	struct tl_str from, to; /* the platform's ids; they differ */
	enum tl_contact_kind kind;
	unsigned flags; /* enum tl_contact_flag: what is known of the content */
	int64_t now;
	int64_t text, origin; /* keyed sketch of the text, keyed hash of the origin; 0: none */
};

struct tl_gate_answer {
	struct tl_contact_answer said;
	struct tl_account_ref from, to; /* nil ids: never named before */
	bool minor;                     /* one of them is a minor, or may be one */
};

/*
 * Answers, whatever happens: what cannot be read is denied. Accounts that were never named are of unknown age. Reads only.
 */
void tl_gate_check(struct tl_db *db, const struct tl_contact_map *map,
    const struct tl_gate_ask *ask, struct tl_gate_answer *ret);

/* Inside a transaction: the log's row of it; accounts that were never named exist from then on. */
int tl_gate_record(
    struct tl_db *db, const struct tl_gate_ask *ask, struct tl_gate_answer *a) TL_MUST;

/*
 * Inside a transaction: what a fact between two accounts says of earlier contacts goes into the log, as the answer of the one
 * to the other: accepted, declined or blocked. Nothing for other facts, and for what happened longer ago than rules look.
 */
int tl_gate_told(struct tl_db *db, int64_t platform, const struct tl_account_ref *from,
    const struct tl_account_ref *to, const struct tl_relation_event *e, int64_t now) TL_MUST;

/* It could not be recorded: what concerns somebody who may be a minor is denied after all. */
void tl_gate_unrecorded(struct tl_gate_answer *a);
