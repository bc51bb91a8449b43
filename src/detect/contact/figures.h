/*
 * The detector `contact`: what the log of contacts says of one account. Nothing is kept between two questions: every
 * figure is counted anew from the rows, so that it is exact, slides with the time and survives everything.
 *
 * A person is *approached* within a window when a contact with them is in it, whatever the gate answered. What is said of
 * a person rests on the rows of the window alone, but for "first" and "after they refused", which look at the whole log.
 *   did not let it in   the last word is the gate's no, a refusal, a block or a report; accepting ends each of them,
 *                       a later yes of the gate ends its no
 *   first               no earlier contact with them is in the log
 *   after a refusal     they had declined, blocked or reported and not accepted since; the gate's no is not theirs
 *   age gap             bands between the account's own and that of the youngest whose age is known; 0: none is younger
 *   nearly the same     three of the four lanes of the texts' sketches agree (text.h)
 *   the same place      the origins that the account used within the window, and what came from them within it
 */
#pragma once

#include "core/contact.h"
#include "store/contact_log.h"

struct tl_arena;

#define TL_CONTACT_BURST_US (10 * INT64_C(60000000))
#define TL_CONTACT_ROWS_MAX 100000 /* of one account, the newest; likewise of its origins */
#define TL_CONTACT_DETECTOR "contact"
#define TL_CONTACT_VERSION "1"

struct tl_contact_ask {
	int64_t platform;
	struct tl_id account;
	enum tl_age_band band; /* the account's own */
	int64_t now;
	int64_t
	    since; /* no window reaches back beyond it: what a person decided on is not held against again */
	bool origins; /* origin_accounts and origin_minors are wanted; else they are NAN */
};

/* All that the figures are counted from: the log's rows of the account, the oldest first. */
struct tl_contact_seen {
	const struct tl_contact_row *rows;
	size_t n;
	const struct tl_contact_origin_row *origin;
	size_t n_origin;
	bool cut;
};

/* Reads. What is read lives in the arena; LIMIT when that is full. */
int tl_contact_see(struct tl_db *db, const struct tl_contact_ask *ask, struct tl_arena *a,
    struct tl_contact_seen *ret) TL_MUST;
/* Counts; pure. LIMIT when the arena is full. */
int tl_contact_count(const struct tl_contact_seen *seen, const struct tl_contact_ask *ask,
    struct tl_arena *a, struct tl_contact_figures *ret) TL_MUST;
