/*
 * The outbox: whatever must leave is queued in the transaction of its cause, goes out in order for each subject,
 * and is tried for days. Writers run inside a transaction.
 */
#pragma once

#include "store/outbox.h"

struct tl_outbox_message {
	const char *type; /* action.requested item.verdict case.decided decision.reversed */
	int64_t platform;
	bool live;
	struct tl_str
	    subject_key; /* deliveries with the same key go out in order: "item:…", "account:…" */
	struct tl_id cause; /* decision, action or item */
	int64_t at;
	int64_t not_before; /* end of the undo window; 0: at once */
	struct tl_str data; /* JSON object */
};

/*
 * Queues an event with its envelope {"id","type","at","platform","livemode","data"}. While observe_only is on it
 * is held instead. *ret_held may be NULL.
 */
int tl_outbox_put(struct tl_db *db, const struct tl_outbox_message *e, bool *ret_held) TL_MUST;

/* "item:<id>" or "account:<id>" in the arena; "test:" before it, so that a test never holds up what is live. */
struct tl_str tl_outbox_subject_key(
    struct tl_arena *arena, bool live, enum tl_subject_kind kind, struct tl_str ext_id);

/* Pause before try number `attempts` + 1: 5 s, growing to 6 h, with jitter `dice` of 0..65535. */
int64_t tl_outbox_pause_us(int64_t attempts, unsigned dice);

/*
 * How a try ended. `row` is the leased row and is changed to what is stored. `error` empty: delivered.
 * `retry_after_us`: what the receiver asked for, 0 nothing. `give_up_us`: for how long to try.
 * STATE when the lease lapsed and somebody else has the row: then a failure says nothing.
 */
struct tl_outbox_result {
	int64_t status;
	const char *error; /* our words; NULL: delivered */
	int64_t retry_after_us;
	bool no_count; /* no try was made (no endpoint): it does not count and never ends */
};
int tl_outbox_tried(struct tl_db *db, struct tl_outbox_row *row,
    const struct tl_outbox_result *result, int64_t give_up_us, int64_t now) TL_MUST;

/* Undo: takes back every row of this cause. STATE when one of them is due already. */
int tl_outbox_cancel(struct tl_db *db, struct tl_id cause) TL_MUST;

/* The platform told us that it knows: rows of this cause need no further try. */
int tl_outbox_known(struct tl_db *db, struct tl_id cause, int64_t now) TL_MUST;

/*
 * Sends again (delivered, dead) or for the first time (held). STATE when a later delivery about the same subject
 * has arrived: sending the older one again would undo it.
 */
int tl_outbox_replay(struct tl_db *db, struct tl_id id, int64_t now, struct tl_arena *arena,
    struct tl_outbox_row *ret) TL_MUST;
