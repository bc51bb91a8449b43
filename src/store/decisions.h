/*
 * The ledger's rows: decisions and what became of them (append-only), strikes. Writers run inside a transaction.
 * Views borrow from the arena.
 */
#pragma once

#include "core/decision.h"
#include "store/db.h"

struct tl_arena;

int tl_decision_add(struct tl_db *db, const struct tl_decision *d) TL_MUST;

/* The columns only (no actions, no policy_def). `ret_seq`: place in the sealed ledger, 0 not yet; may be NULL. */
int tl_decision_get(struct tl_db *db, struct tl_id id, struct tl_arena *arena,
    struct tl_decision *ret, int64_t *ret_seq) TL_MUST;

/* Newest first. */
int tl_decision_of_subject(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, size_t max, struct tl_arena *arena, struct tl_decision **ret,
    size_t *ret_count) TL_MUST;

/* Undone, or taken back by a later decision. */
int tl_decision_is_reversed(struct tl_db *db, struct tl_id id, bool *ret) TL_MUST;

/* How many a person has made since `since`. */
int tl_decision_count_by(
    struct tl_db *db, struct tl_id reviewer, int64_t since, int64_t *ret) TL_MUST;

/* What became of a decision. `ref`, `outcome` and `detail` (JSON) may be empty. */
struct tl_decision_event {
	struct tl_str kind;
	int64_t at;
	struct tl_str actor; /* user:<id> platform system */
	struct tl_str ref, outcome, detail;
	int64_t seq; /* 0 not sealed */
};
int tl_decision_event_add(
    struct tl_db *db, struct tl_id decision, const struct tl_decision_event *e) TL_MUST;
int tl_decision_events(struct tl_db *db, struct tl_id decision, struct tl_arena *arena,
    struct tl_decision_event **ret, size_t *ret_count) TL_MUST;

/* Strikes: counted on the account while they neither expired nor were revoked. */
struct tl_strike {
	struct tl_id decision;
	struct tl_str policy;
	int64_t weight, at, expires_at, revoked_at;
};
int tl_strike_add(struct tl_db *db, int64_t platform, struct tl_id account,
    const struct tl_strike *s) TL_MUST;
int tl_strike_revoke(struct tl_db *db, struct tl_id decision, int64_t now) TL_MUST;
/* Takes a revocation of that moment back. */
int tl_strike_restore(struct tl_db *db, struct tl_id decision, int64_t revoked_at) TL_MUST;
/* Counts strikes anew for accounts where some expired in (since, now]; how many accounts. For the clerk. */
int tl_strike_expire(struct tl_db *db, int64_t since, int64_t now) TL_MUST;
int tl_strike_list(struct tl_db *db, int64_t platform, struct tl_id account,
    struct tl_arena *arena, struct tl_strike **ret, size_t *ret_count) TL_MUST;

/* What a decision must know of its case: how it came about. Texts belong to the arena. */
struct tl_case_origin {
	bool by_flag; /* a flag opened the case; else a rule, a failed scan, a person */
	bool by_rule; /* a rule is among its causes */
	bool flagged; /* at least one flag; the next two tell of the gravest */
	enum tl_flag_kind flag_kind;
	struct tl_str flag_ref; /* the platform's id of the flag, else ours */
};
int tl_decision_case_origin(struct tl_db *db, struct tl_id case_id, struct tl_arena *arena,
    struct tl_case_origin *ret) TL_MUST;
int tl_decision_pseudonym(
    struct tl_db *db, struct tl_id user, struct tl_arena *arena, struct tl_str *ret) TL_MUST;
