/*
 * Found again: when a bank grows, what was published before is compared with it, and what it reaches is judged again by
 * the worker, as if it had just come in. Three steps, each in short transactions, and each begun where it ended:
 *
 *   grow   new entries of banks, and whole banks whose reach has grown, against what was published: media that are reached
 *   feed   items of such media, a few at a time, become rescans, so that live scanning is not held up
 *          and what matched a bank before, when what comes of a match has changed (store/rejudge.h)
 *   judge  the worker; it waits until it knows the banks as they were then (tl_again_asked), and says when it is done
 *
 * Nothing is missed between them: whoever judged with banks older than what was compared last judges once more
 * (tl_again_mark).
 */
#pragma once

#include "again/index.h"
#include "core/words.h"

struct tl_arena;

#define TL_AGAIN_PAGE 64        /* entries of one transaction */
#define TL_AGAIN_UNDER_WAY 32   /* items that are asked for at one time */
#define TL_AGAIN_HITS_PAGE 2000 /* media of one transaction */

/* What is compared at the moment; belongs to one thread, with the connection and the index that it uses. */
struct tl_again_grower;
struct tl_again_grower *tl_again_grower_create(struct tl_db *db, struct tl_again_index *x);
void tl_again_grower_destroy(struct tl_again_grower *g);

/*
 * One step of the comparison, at most one transaction and some slices of time: pages of entries that changed until `target`
 * (of bank_counter) or came back, and of a bank whose reach has grown. Returns how much it did; 0: there is nothing to do.
 * `quiet_at`: when nothing was left to do last (0: not known); an older entry that has changed grew after it.
 */
int tl_again_grow(struct tl_again_grower *g, int64_t target, int64_t quiet_at) TL_MUST;

/* Asks for up to a page of items of what was found, inside a transaction. Returns how many. */
int tl_again_feed(struct tl_db *db) TL_MUST;

/* Is anything found, or still asked for? Reads only. */
int tl_again_anything_found(struct tl_db *db, bool *ret) TL_MUST;

/* What the banks say of themselves: rises with every change of a bank or entry. */
int tl_again_bank_mark(struct tl_db *db, int64_t *ret) TL_MUST;
/* The banks' mark at the last step of the comparison. */
int tl_again_mark(struct tl_db *db, int64_t *ret) TL_MUST;
/* When the next entry that is off until a time comes back; 0: none. */
int tl_again_next_return(struct tl_db *db, int64_t now_us, int64_t *ret) TL_MUST;

/* Why an item is judged again. */
struct tl_again {
	bool asked;
	bool grew;           /* a bank has grown; else: */
	enum tl_rejudge why; /* it matched a bank before */
	struct tl_id bank, entry;
	int64_t mark; /* the judge must know the banks up to here */
	int64_t since, asked_at;
};
/* *ret is empty when the item is not asked for. */
int tl_again_asked(
    struct tl_db *db, int64_t platform, struct tl_id item, struct tl_again *ret) TL_MUST;
/* It was judged with banks of `mark`, or never will be (INT64_MAX). */
int tl_again_done(struct tl_db *db, int64_t platform, struct tl_id item, int64_t mark) TL_MUST;
/*
 * Nothing about its matches need have changed: what comes of them has, or a person asked. It is judged whole, and what was
 * decided is only followed by something graver.
 */
bool tl_again_whole(const struct tl_again *a);
/* Notes allow-lists of which an entry expired since the last call, inside a transaction. Returns how many. */
int tl_again_expired(struct tl_db *db, int64_t now_us) TL_MUST;
/* Counts how long it took from the bank's growth until now. */
int tl_again_took(
    struct tl_db *db, int64_t platform, bool live, struct tl_str policy, int64_t since) TL_MUST;
/* Upper bounds of the histogram in seconds; its names in the counters begin with TL_AGAIN_COUNTER ("…/0": longer). */
#define TL_AGAIN_COUNTER "time_to_match/"
#define TL_AGAIN_BOUNDS                                                                        \
	{                                                                                      \
		1, 2, 5, 10, 30, 60, 300, 1800, 7200, 86400                                    \
	}

/* How far it is. */
struct tl_again_progress {
	int64_t entries, entries_left; /* of all banks; left: not compared yet */
	int64_t found, asked; /* media whose items are not asked for yet; items to be judged */
	int64_t oldest;       /* since when the oldest of all that is left; 0: nothing is */
};
int tl_again_progress(struct tl_db *db, struct tl_again_progress *ret) TL_MUST;
/* Since when the oldest of all that is left waits (0: nothing is), without counting. */
int tl_again_oldest(struct tl_db *db, int64_t *ret) TL_MUST;
/* Of one bank: how many of its entries were compared. */
int tl_again_bank_progress(
    struct tl_db *db, struct tl_id bank, int64_t *ret_entries, int64_t *ret_left) TL_MUST;
