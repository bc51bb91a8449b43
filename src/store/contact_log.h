/*
 * The log of contacts: who approached whom, how, and what became of it. Patterns of approach are counted from it
 * (detect/contact/). No content is kept: of a text at most a keyed sketch and what it had in it. Writers run inside a
 * transaction; adding is one row and one look at whose turn it is, made for thousands in one transaction.
 */
#pragma once

#include "core/words.h"
#include "store/db.h"

/* From the first contact after a pause until the account is judged, and at least between two judgements. */
#define TL_CONTACT_SETTLE_US INT64_C(1000000)
#define TL_CONTACT_PAUSE_US (60 * INT64_C(1000000))

enum tl_contact_flag {
	TL_CONTACT_HAS_LINK = 1,   /* an address that leads away */
	TL_CONTACT_HAS_HANDLE = 2, /* a name or number at another service */
	TL_CONTACT_HAS_MEDIA = 4,
};

struct tl_contact_event {
	int64_t platform;
	int64_t at;            /* microseconds UTC; never later than now */
	struct tl_id from, to; /* two accounts of the platform, never the same */
	enum tl_contact_kind kind;
	enum tl_contact_result outcome;
	enum tl_age_band to_band; /* as it was accepted when this happened */
	unsigned flags;           /* of tl_contact_flag */
	int64_t text;             /* keyed sketch (detect/contact/text.h); 0: none */
	int64_t origin; /* keyed hash of where it came from (tl_contact_origin); 0: not said */
};

/* A contact with what the gate answered: allow, request or deny (the same numbers). BUG for one account twice. */
int tl_contact_log_add(struct tl_db *db, const struct tl_contact_event *e) TL_MUST;
/*
 * What the receiver made of the contacts of `from`: accepted, declined, blocked or reported. `kind` is that of the contact
 * that it answers; flags, text and origin are not used.
 */
int tl_contact_log_outcome(struct tl_db *db, const struct tl_contact_event *e) TL_MUST;

/* A row of the log as it is read. */
struct tl_contact_row {
	int64_t id, at;
	struct tl_id to;
	enum tl_contact_kind kind;
	enum tl_contact_result outcome;
	enum tl_age_band to_band;
	unsigned flags;
	int64_t text, origin;
};

/* What an account did after `after` and up to `until`: the newest `max` rows, newest first. */
struct tl_contact_span {
	int64_t platform;
	struct tl_id from;
	int64_t after, until;
	int64_t max;
};
/* Calls fn for each; stops at its first code that is not 0, and returns it. */
typedef int (*tl_contact_fn)(void *ctx, const struct tl_contact_row *row);
int tl_contact_log_sent(
    struct tl_db *db, const struct tl_contact_span *span, tl_contact_fn fn, void *ctx) TL_MUST;

/* Contacts that came from one origin, by whomever: the same, of `origin`. */
struct tl_contact_origin_row {
	int64_t at, origin;
	struct tl_id from, to;
	enum tl_age_band to_band;
};
typedef int (*tl_contact_origin_fn)(void *ctx, const struct tl_contact_origin_row *row);
int tl_contact_log_from_origin(struct tl_db *db, const struct tl_contact_span *span,
    int64_t origin, tl_contact_origin_fn fn, void *ctx) TL_MUST;

/* Who is due to be judged: up to TL_CONTACT_DUE_MAX, the longest waiting first. */
#define TL_CONTACT_DUE_MAX 256
struct tl_contact_due {
	int64_t platform;
	struct tl_id account;
};
int tl_contact_due(struct tl_db *db, int64_t now, size_t max, struct tl_contact_due *ret,
    size_t *ret_n) TL_MUST;
/* Begins: unless tl_contact_rest comes before `until`, it is due again. */
int tl_contact_take(struct tl_db *db, const struct tl_contact_due *d, int64_t until) TL_MUST;
/* Was judged: rests, at least for the pause. What happened since it was taken is judged after the pause. */
int tl_contact_rest(struct tl_db *db, const struct tl_contact_due *d, int64_t now) TL_MUST;

/* Removes up to `max` rows older than `before`. Returns how many. */
int tl_contact_log_expire(struct tl_db *db, int64_t before, int max) TL_MUST;
/*
 * With the account: what it did is deleted, and what rules said of it; of what was done to it stays that somebody was approached, under an id that
 * names nobody.
 */
int tl_contact_log_erase(struct tl_db *db, int64_t platform, struct tl_id account) TL_MUST;
