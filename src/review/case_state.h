/*
 * The life of a case: which event may happen in which state, who may cause it and what comes next.
 * The one table is case_state.tbl.h; nothing else in the program changes cases.state without asking here.
 */
#pragma once

#include "core/words.h"

enum tl_case_event {
	TL_CASE_JOIN,
	TL_CASE_CLAIM,
	TL_CASE_HEARTBEAT,
	TL_CASE_NOTE,
	TL_CASE_DRAFT,
	TL_CASE_RELEASE,
	TL_CASE_LAPSE,
	TL_CASE_SKIP,
	TL_CASE_MOVE,
	TL_CASE_DECIDE,
	TL_CASE_UNDO,
	TL_CASE_CLOSE,
	TL_CASE_EVENT_COUNT
};

/* Who asks, as bits: one person can be several. */
enum tl_case_by {
	TL_BY_SYSTEM = 1,   /* intake, worker, clerk */
	TL_BY_ANY = 2,      /* a person who may work the queue */
	TL_BY_HOLDER = 4,   /* has the claim */
	TL_BY_OVERSEER = 8, /* may manage queues */
	TL_BY_DECIDER = 16  /* decided it */
};

/* STATE when the event cannot happen in this state, DENIED when it can but not by these. */
int tl_case_step(enum tl_case_state state, enum tl_case_event event, unsigned who,
    enum tl_case_state *ret_next) TL_MUST;
