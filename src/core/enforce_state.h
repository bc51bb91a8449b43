/*
 * The life of an action (what the platform must do) and of a delivery (the message that tells it), as two state
 * machines: action_state.tbl.h and outbox_state.tbl.h.
 */
#pragma once

#include "core/words.h"

#define E(event, text, who) event,
#define T(state, event, next)
enum tl_action_event {
#include "core/action_state.tbl.h"
	tl_action_event_count
};
enum tl_outbox_event {
#include "core/outbox_state.tbl.h"
	tl_outbox_event_count
};
#undef E
#undef T

/* The state after `event`; STATE when it is not allowed in `state`. */
int tl_action_step(enum tl_action_state state, enum tl_action_event event,
    enum tl_action_state *ret_next) TL_MUST;
int tl_outbox_step(enum tl_outbox_state state, enum tl_outbox_event event,
    enum tl_outbox_state *ret_next) TL_MUST;
