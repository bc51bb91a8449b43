/*
 * Brings the settings of a population to what the policy says they must be, in steps that can be paused and undone. What is in
 * force is what the last snapshot said of an account; what must be heeds what its holder chose on record. Nothing is changed
 * at the platform by us: it is told, account by account, and the next snapshot shows whether it did it.
 */
#pragma once

#include "core/policy.h"
#include "store/moves.h"

struct tl_buf;

enum tl_move_event {
	TL_MOVE_PAUSE,
	TL_MOVE_RESUME,
	TL_MOVE_UNDO,
	TL_MOVE_FINISH,
	TL_MOVE_EVENT_COUNT
};
/* ECONFLICT when the event cannot happen in this state. */
int tl_move_step(
    enum tl_move_state state, enum tl_move_event event, enum tl_move_state *ret) TL_MUST;

#define TL_MOVE_SHARE_ALL 1000
#define TL_MOVE_BATCH_MAX 1000

/* Platform, live, band, share, batch, per_minute and made_by are given. CONFLICT while another one of the platform goes on. */
int tl_move_start(struct tl_db *db, struct tl_move *m) TL_MUST;
/* By a person: pause, resume or undo. *m is brought up to date. */
int tl_move_do(struct tl_db *db, struct tl_move *m, enum tl_move_event event) TL_MUST;

/* The clerk's, inside a transaction: one step of one that is due. 1: there may be more at once, 0: not now. */
int tl_move_work(struct tl_db *db, const struct tl_policy_set *set, int64_t now) TL_MUST;

/* Is the account one of those that it is about? The same ones come first whatever the share. */
struct tl_in_force_row;
bool tl_move_chooses(const struct tl_move *m, const struct tl_in_force_row *row);

/* How many accounts of a band would change a setting from which value to which; by setting, band and values. */
struct tl_move_sum {
	size_t setting;
	enum tl_age_band band;
	uint8_t from, to;
	int64_t accounts;
};
struct tl_move_preview;
struct tl_move_preview *tl_move_preview_create(const struct tl_policy_set *set);
void tl_move_preview_destroy(struct tl_move_preview *p);
/* Adds the accounts after *place, at most `max`; *place: where to go on, nil at the end. `m` says which, as for a start. */
int tl_move_preview_add(struct tl_db *db, struct tl_move_preview *p, const struct tl_move *m,
    size_t max, struct tl_id *place) TL_MUST;
int64_t tl_move_preview_accounts(const struct tl_move_preview *p);
/* Calls `fn` for each that is not 0. */
void tl_move_preview_each(const struct tl_move_preview *p,
    void (*fn)(void *ctx, const struct tl_move_sum *s), void *ctx);

/* Members of an open object. */
void tl_move_put(struct tl_buf *b, const struct tl_move *m);
