/*
 * Cases: what asks for a person becomes one case per subject, in one queue, in the order of urgency, held by one
 * person at a time. Every verb that writes runs inside the caller's transaction; texts live in the arena given.
 */
#pragma once

#include "core/access.h"
#include "review/case_state.h"
#include "store/cases.h"

/* Somebody or something asks for a person. */
struct tl_case_ask {
	int64_t platform;
	bool live;
	enum tl_subject_kind subject_kind;
	struct tl_id subject;
	struct tl_id account; /* whose it is; nil when unknown */
	struct tl_str policy; /* may be empty */
	bool has_severity;
	enum tl_severity severity; /* without: the policy's, and medium when there is none */
	struct tl_str queue; /* asked for by the rule; empty: the policy's, then general */
	double confidence;   /* 0..1 */
	int64_t reach;       /* views */
	enum tl_cause_kind cause;
	struct tl_str ref;    /* rule name, flag id, reason */
	struct tl_str detail; /* JSON {"text": one sentence for a person, …}, or empty */
};

/* Joins the subject's open case or opens one. Never moves a case out of the hands of who holds it. */
int tl_review_open_or_join(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_case_ask *ask, struct tl_id *ret_case, bool *ret_opened) TL_MUST;

/* Opens or joins the case of a flag that is stored already, and ties the flag to it. */
int tl_review_flagged(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_flag *f, struct tl_id account, int64_t reach,
    struct tl_id *ret_case) TL_MUST;

/* More people have seen an item by now: its open case rises. 0 when there is none. */
int tl_review_reached(
    struct tl_db *db, int64_t platform, struct tl_id item, int64_t views) TL_MUST;

/* For the clerk: cases of streams that ended, run again or have more viewers find their place. How many, or an error. */
int tl_review_streams(struct tl_db *db, int max) TL_MUST;

/* Closes the subject's open case: it was erased, or decided elsewhere. `why` is kept as a cause. 0 when none. */
int tl_review_subject_gone(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, const char *why) TL_MUST;

/* Writes the queues of the policy set into the store. */
int tl_review_queues_sync(struct tl_db *db, const struct tl_policy_set *set) TL_MUST;

/* Who works a case. */
struct tl_reviewer {
	struct tl_id id;
	struct tl_access access; /* what they may do on what */
	bool oversees;           /* may release and move what others hold */
	int64_t claim_us;        /* how long a claim lasts without a heartbeat */
};

/* EPERM when the person may not do this to the case, in words that say what is missing. */
int tl_review_need(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    enum tl_act act, const struct tl_case *c) TL_MUST;

/*
 * The case that the person holds already, else the most urgent one that they may take, claimed for them.
 * `queue` empty: any. NOTFOUND when nothing waits.
 */
int tl_review_next(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_str queue, struct tl_case *ret) TL_MUST;
/* How many open cases the person could take (`queue` empty: in all queues). */
int tl_review_waiting(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_str queue, int64_t *ret) TL_MUST;

int tl_review_claim(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, struct tl_case *ret) TL_MUST;
int tl_review_heartbeat(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, int64_t *ret_until) TL_MUST;
int tl_review_release(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id) TL_MUST;
int tl_review_skip(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, struct tl_str reason) TL_MUST;
int tl_review_move(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, struct tl_str queue, struct tl_str reason) TL_MUST;
int tl_review_note(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, struct tl_str body, struct tl_id *ret_note) TL_MUST;
int tl_review_draft(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, struct tl_str json) TL_MUST;

/* True when the holder opened every picture of the item. */
int tl_review_seen_whole(struct tl_db *db, const struct tl_case *c, bool *ret) TL_MUST;
/* Deciding is composed above: may this person decide, then src/decide writes, then the case follows. */
int tl_review_may_decide(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, struct tl_case *ret) TL_MUST;
/* The case is decided; its flags were right (`upheld`) or not. */
int tl_review_decided(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, struct tl_id decision, bool upheld) TL_MUST;
/* The decision was taken back: the case is the person's again, with whatever came in meanwhile. */
int tl_review_undone(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, struct tl_case *ret) TL_MUST;

/* For the clerk: returns lapsed claims to their queues, and closes what is settled. How many, or an error. */
int tl_review_lapse(struct tl_db *db, int64_t now, int max) TL_MUST;
int tl_review_settle(struct tl_db *db, int64_t now, int max) TL_MUST;
/* For the clerk: one alarm for each queue with cases past their clock; over when none is late. */
int tl_review_late(struct tl_db *db, struct tl_arena *a, int64_t now) TL_MUST;
