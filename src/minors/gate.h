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
	unsigned flags; /* enum tl_contact_flag: what the platform says of the content */
	int64_t now;
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

/* It could not be recorded: what concerns somebody who may be a minor is denied after all. */
void tl_gate_unrecorded(struct tl_gate_answer *a);
