/*
 * Rows of the outbox: what must leave, and what became of it. The queue's rules (back-off, order, undo) stand in
 * src/outbox; these are its verbs on the store. Writers run inside a transaction. Views borrow from the arena.
 */
#pragma once

#include "core/words.h"
#include "store/db.h"

struct tl_arena;

struct tl_outbox_row {
	struct tl_id id; /* the webhook-id */
	int64_t platform;
	bool live;
	struct tl_str kind;
	struct tl_str subject_key;
	struct tl_id cause;
	int64_t event_seq; /* 0: not numbered yet, so not due */
	struct tl_str body;
	int64_t created_at, not_before;
	enum tl_outbox_state state;
	int64_t attempts;
	int64_t next_at, delivered_at;
	int64_t status;      /* last HTTP status; 0 none */
	struct tl_str error; /* last failure, our words */
};

/* id, platform, live, kind, subject_key, cause, body, created_at, not_before and state are stored. */
int tl_outboxrow_add(struct tl_db *db, const struct tl_outbox_row *row) TL_MUST;
int tl_outboxrow_get(struct tl_db *db, struct tl_id id, struct tl_arena *arena,
    struct tl_outbox_row *ret) TL_MUST;

/* state, attempts, next_at, delivered_at, status and error are stored; the lease ends. */
int tl_outboxrow_set(struct tl_db *db, const struct tl_outbox_row *row) TL_MUST;

/*
 * The same as the result of try number `attempt`. STATE when the lease has passed to somebody else meanwhile; a
 * success is recorded all the same.
 */
int tl_outboxrow_tried(
    struct tl_db *db, const struct tl_outbox_row *row, int64_t attempt) TL_MUST;

/* Platforms whose rows are left where they are: enough of theirs is under way. */
#define TL_OUTBOX_SKIP 8
struct tl_outbox_skip {
	struct {
		int64_t platform;
		bool live;
	} who[TL_OUTBOX_SKIP];
	size_t count;
};

/* At most `max` due rows, the first of each subject only; they are leased until `until`. `skip` may be NULL. */
int tl_outboxrow_lease(struct tl_db *db, int64_t now, int64_t until, size_t max,
    const struct tl_outbox_skip *skip, struct tl_arena *arena, struct tl_outbox_row **ret,
    size_t *ret_count) TL_MUST;

/* Whether there is anything to lease: a read, cheaper than taking a turn to find nothing. */
int tl_outboxrow_due(struct tl_db *db, int64_t now, bool *ret) TL_MUST;

/* Whether a later row of the same subject and kind has been delivered. */
int tl_outboxrow_overtaken(struct tl_db *db, struct tl_id id, bool *ret) TL_MUST;

/*
 * Numbers rows whose moment has come and whose decision is sealed: 1, 2, 3 … without a gap over the installation.
 * For one caller at a time (the clerk). Returns how many; 0 when nothing was due.
 */
int tl_outboxrow_number(struct tl_db *db, int64_t now, size_t max, size_t *ret_count) TL_MUST;
int tl_outboxrow_last(struct tl_db *db, int64_t *ret_seq) TL_MUST;

/* Events of one platform after `after`, in order: what webhooks and the event stream carry. */
int tl_outboxrow_events(struct tl_db *db, int64_t platform, bool live, int64_t after,
    size_t max, struct tl_arena *arena, struct tl_outbox_row **ret, size_t *ret_count) TL_MUST;

int tl_outboxrow_of_cause(struct tl_db *db, struct tl_id cause, struct tl_arena *arena,
    struct tl_outbox_row **ret, size_t *ret_count) TL_MUST;

int tl_outboxrow_counts(struct tl_db *db, int64_t ret[tl_outbox_state_count]) TL_MUST;

/* Drops delivered and cancelled rows that were made before `before`, never the last number; returns how many. */
int tl_outboxrow_prune(struct tl_db *db, int64_t before, size_t max) TL_MUST;
