/*
 * The two machines of enforcement.
 *
 * Owns nothing but their tables. Promises: a pair that no row lists is refused with STATE and a text that names
 * both. Called by the store's verbs for actions and deliveries, never bypassed.
 */
#include "core/enforce_state.h"

static const char *const action_events[] = {
#define E(event, text, who) text,
#define T(state, event, next)
#include "core/action_state.tbl.h"
#undef E
#undef T
};

static const char *const outbox_events[] = {
#define E(event, text, who) text,
#define T(state, event, next)
#include "core/outbox_state.tbl.h"
#undef E
#undef T
};

/* 0: refused; else 1 + next, so that a table full of zeroes refuses everything. */
static const uint8_t action_next[tl_action_state_count][tl_action_event_count] = {
#define E(event, text, who)
#define T(state, event, next) [state][event] = (uint8_t)(1 + (next)),
#include "core/action_state.tbl.h"
#undef E
#undef T
};

static const uint8_t outbox_next[tl_outbox_state_count][tl_outbox_event_count] = {
#define E(event, text, who)
#define T(state, event, next) [state][event] = (uint8_t)(1 + (next)),
#include "core/outbox_state.tbl.h"
#undef E
#undef T
};

int
tl_action_step(
    enum tl_action_state state, enum tl_action_event event, enum tl_action_state *ret_next)
{
	uint8_t next = action_next[state][event];
	if (!next)
		return tl_fail(TL_ECONFLICT, "an action that is %s cannot take \"%s\"",
		    tl_action_state_names[state], action_events[event]);
	*ret_next = (enum tl_action_state)(next - 1);
	return 0;
}

int
tl_outbox_step(
    enum tl_outbox_state state, enum tl_outbox_event event, enum tl_outbox_state *ret_next)
{
	uint8_t next = outbox_next[state][event];
	if (!next)
		return tl_fail(TL_ECONFLICT, "a delivery that is %s cannot take \"%s\"",
		    tl_outbox_state_names[state], outbox_events[event]);
	*ret_next = (enum tl_outbox_state)(next - 1);
	return 0;
}
