/*
 * Decisions: one row in the ledger, its actions and their deliveries, all in the caller's transaction. A decision
 * is never changed; what becomes of it is appended, and a newer decision about the same subject supersedes it.
 *
 * Who decides for a person composes three steps in one transaction (commit it with TL_SYNC_FULL):
 * tl_review_may_decide, tl_decide_person, tl_review_decided; and tl_decide_undo, tl_review_undone.
 */
#pragma once

#include "core/decision.h"
#include "store/cases.h"

/* What every decision needs from outside. */
struct tl_decide_env {
	const struct tl_policy_set *policies;
	const char *service;    /* name of the service */
	const char *public_url; /* where the platform confirms */
	int64_t undo_us;        /* how long a person can take a decision back */
	/* Composes the statement of reasons as JSON (src/report); NULL: none is attached. */
	int (*statement)(void *ctx, const struct tl_decision *d, struct tl_buf *out);
	void *statement_ctx;
};

enum tl_decided {
	TL_DECIDED,        /* a decision was written */
	TL_DECIDED_BEFORE, /* everything that the rules want is in force already */
	TL_DECIDED_NOT     /* rules must not act here: a person must look (open a case) */
};

/*
 * What the rules' verdict entails at once: `withhold` and `block`, and actions that a rule names. `signals` are the
 * item's. TL_DECIDED_NOT when automatic actions are switched off, or when a person has decided about this item
 * before (except under child-safety policies); also when the verdict asks for no action at all.
 */
int tl_decide_automatic(struct tl_db *db, const struct tl_decide_env *env,
    const struct tl_item *item, const struct tl_verdict *verdict,
    const struct tl_signal *signals, size_t signal_count, enum tl_decided *ret,
    struct tl_id *ret_decision) TL_MUST;

/* The same for what rules say of an account; `signal` is what found it. */
int tl_decide_account(struct tl_db *db, const struct tl_decide_env *env, int64_t platform,
    struct tl_id account, const struct tl_verdict *verdict, const struct tl_signal *signal,
    enum tl_decided *ret, struct tl_id *ret_decision) TL_MUST;

/* A person's decision on a case that they hold. `kind` act needs a policy, a ground and an action; clear neither. */
struct tl_person_decision {
	struct tl_id user;
	struct tl_str language; /* of the reviewer; may be empty */
	enum tl_decision_kind kind;
	struct tl_str policy;
	enum tl_ground ground;
	const struct tl_action_wish *actions;
	size_t action_count;
	struct tl_str facts; /* of the statement; empty: the policy's sentence */
	int viewed_whole;    /* -1: as the case says */
	enum tl_trigger
	    appeal_of; /* TL_TRIGGER_APPEAL when the case is a complaint; else TL_TRIGGER_OWN */
};

/*
 * INPUT naming /policy, /ground or /actions/N. Actions in force that the new decision does not cover are
 * taken back, as far as it says anything about their subject (item or account); a clear decision takes all back.
 */
int tl_decide_person(struct tl_db *db, const struct tl_decide_env *env, const struct tl_case *c,
    const struct tl_person_decision *p, struct tl_id *ret_decision,
    int64_t *ret_effective_at) TL_MUST;

/* Within the undo window and by the person who decided: DENIED or STATE otherwise. */
int tl_decide_undo(
    struct tl_db *db, struct tl_id decision, struct tl_id user, struct tl_id *ret_case) TL_MUST;

/* Takes a decision back later: a complaint was right, or a mistake was found. Everything reversible is reversed. */
struct tl_reversal {
	struct tl_id decision;
	struct tl_id user;       /* nil: the system */
	enum tl_trigger trigger; /* appeal or correction */
	struct tl_str facts;     /* why */
};
int tl_decide_reverse(struct tl_db *db, const struct tl_decide_env *env,
    const struct tl_reversal *r, struct tl_id *ret_decision) TL_MUST;

/*
 * Appends the statement of reasons for content that was refused before it was published, by machine, because it touches a word
 * list of this policy. Nothing is written: of the content nothing is kept, and it can be handed in as an item, which people decide
 * about.
 */
int tl_decide_unpublished(
    const struct tl_decide_env *env, struct tl_str policy, struct tl_buf *out) TL_MUST;
