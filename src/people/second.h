/*
 * The two-person rule: a proposal waits until another person, who may do the same, confirms it. What was proposed is
 * done in the transaction of the confirmation (src/api/console_approvals.c), so it is done once or not at all.
 */
#pragma once

#include "people/people.h"
#include "store/proposals.h"

/* An account that the proposer made, or gave a password to, is no second person for so long. */
#define TL_SECOND_VOUCH_US (30 * 24 * 3600 * INT64_C(1000000))

/* Opens it: the row, the alarm, the line in the audit trail. `p->id` and times are filled by the caller. */
int tl_second_propose(struct tl_db *db, const struct tl_proposal *p, const char *actor) TL_MUST;

/* What a person is to a proposal, as bits of enum tl_proposal_by. `permission`: what the operation needs. */
int tl_second_by(struct tl_db *db, const struct tl_proposal *p, const struct tl_user *who,
    const char *permission, unsigned *ret) TL_MUST;

/* Takes the step, closes the row, ends the alarm, writes the trail. `closer` nil: clock or operator. */
int tl_second_close(struct tl_db *db, struct tl_proposal *p, enum tl_proposal_event event,
    unsigned by, struct tl_id closer, struct tl_str note, const char *actor) TL_MUST;

/* How many enabled people besides this one hold the permission and are fit to confirm. */
int tl_second_others(struct tl_db *db, struct tl_arena *a, struct tl_id proposer,
    const char *permission, int64_t *ret) TL_MUST;

/* For the clerk: ends what nobody confirmed in time. How many, or an error. */
int tl_second_expire(struct tl_db *db, struct tl_arena *a, int64_t now) TL_MUST;

/* Somebody at the machine did alone what needs two: an alarm and a line in the trail. Inside a transaction. */
int tl_second_alone(struct tl_db *db, enum tl_guarded op) TL_MUST;
