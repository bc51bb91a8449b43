/*
 * Decisions become changes on the platform: what it confirms, what it does not confirm in time, what an operator
 * sends again. Writers run inside a transaction (TL_SYNC_FULL for a confirmation). Views borrow from the arena.
 */
#pragma once

#include "core/policy.h"
#include "store/actions.h"
#include "store/outbox.h"

/* What the platform says of an action. */
struct tl_confirmation {
	int64_t platform; /* of the key: another's action is NOTFOUND */
	bool live;
	struct tl_id action;
	bool done; /* false: it refused */
	struct tl_str note;
};

/*
 * The same outcome again answers the same. STATE for another outcome, or for an action that was cancelled or held.
 * Confirming an action that takes another back makes that one reversed. A refusal opens an alarm.
 */
int tl_enforce_confirm(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_confirmation *c, int64_t now, struct tl_arena *arena,
    struct tl_action_row *ret) TL_MUST;

/* A delivery has arrived: its action is sent, the ledger says so. For the courier. */
int tl_enforce_delivered(struct tl_db *db, const struct tl_outbox_row *row, int64_t now,
    struct tl_arena *arena) TL_MUST;

/* Opens an alarm for each action whose clock has run out; *ret_count: how many were late. For the clerk. */
int tl_enforce_clocks(struct tl_db *db, int64_t now, size_t max, struct tl_arena *arena,
    size_t *ret_count) TL_MUST;

/*
 * Sends a delivery again, or lets a held one go (its action with it). STATE when a later one about the same subject
 * has arrived, or when its action was cancelled or taken back since.
 */
int tl_enforce_replay(struct tl_db *db, const struct tl_policy_set *set, struct tl_id delivery,
    int64_t now, struct tl_arena *arena, struct tl_outbox_row *ret) TL_MUST;
