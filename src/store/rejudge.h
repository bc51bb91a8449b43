/*
 * Items that matched a bank and are judged again, because what comes of the match may have changed: what asks for it, how
 * far it is, and which rules name a bank. The finder walks (again/again.h), a worker judges.
 */
#pragma once

#include "store/banks.h"

#define TL_REJUDGE_COUNT_MAX 100000 /* so far items are counted */

/*
 * One walk over everything that matched the bank; one that is under way for the same reason begins again. Inside a
 * transaction. `received_from`: only items that came in since then; 0: all.
 */
int tl_rejudge_ask(
    struct tl_db *db, struct tl_id bank, enum tl_rejudge why, int64_t received_from) TL_MUST;

/* What the audit trail says of what a person asked for; `items`: as tl_rejudge_left counted them. */
const char *tl_rejudge_asked_words(
    struct tl_arena *a, struct tl_str bank, int64_t items, int64_t received_from);

/* For the verbs that change banks, inside their transaction, and before it is changed. */
int tl_rejudge_before(struct tl_db *db, const struct tl_bank *will) TL_MUST;
/* Some of its entries are no longer in force; nothing comes of it unless it is an allow-list. */
int tl_rejudge_entries_gone(struct tl_db *db, struct tl_id bank) TL_MUST;
/* Allow-lists of which an entry expired after `from` and up to `to`. Returns how many. */
int tl_rejudge_expired(struct tl_db *db, int64_t from, int64_t to) TL_MUST;

struct tl_rejudge_pass {
	struct tl_id bank;
	enum tl_rejudge why;
	int64_t platform; /* items up to here were looked at */
	struct tl_id item;
	int64_t received_from, since, done;
};
/* The oldest. NOTFOUND: nothing is under way. */
int tl_rejudge_next(struct tl_db *db, struct tl_rejudge_pass *ret) TL_MUST;
/* Of one bank, at most tl_rejudge_count of them. */
int tl_rejudge_of_bank(struct tl_db *db, struct tl_id bank,
    struct tl_rejudge_pass ret[tl_rejudge_count], size_t *ret_count) TL_MUST;
/* How many items are left of it, at most TL_REJUDGE_COUNT_MAX + 1; of a pass that begins: how many it will ask for. */
int tl_rejudge_left(struct tl_db *db, const struct tl_rejudge_pass *p, int64_t *ret) TL_MUST;

/*
 * The rules that name a bank, as a number that differs when they do (0: none does). What differs from last time asks for
 * a walk; the very first time nothing does. Returns 1 when it differs.
 */
int tl_rejudge_rules(struct tl_db *db, struct tl_id bank, int64_t stamp, bool first) TL_MUST;
/* Did the rules that were noted last name the bank? *ret_known false: none were noted yet. */
int tl_rejudge_named(
    struct tl_db *db, struct tl_id bank, bool *ret_named, bool *ret_known) TL_MUST;
/* Rises each time; 0: no rules were noted yet. Who judged with an older one judges once more. */
int tl_rejudge_rules_mark(struct tl_db *db, int64_t *ret) TL_MUST;
int tl_rejudge_rules_noted(struct tl_db *db, int64_t mark) TL_MUST;
