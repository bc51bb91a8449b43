/* The operations that can be made to need a second person (guarded.tbl.h), and the life of a proposal. */
#pragma once

#include "core/words.h"

enum tl_guarded {
#define G(name, word, cli, help) name,
#include "core/guarded.tbl.h"
#undef G
	TL_GUARDED_COUNT
};

extern const char *const tl_guarded_names[]; /* NULL-terminated, for tl_word_parse */
const char *tl_guarded_help(enum tl_guarded g);
const char *tl_guarded_cli(enum tl_guarded g);

enum tl_proposal_event {
	TL_PROPOSAL_CONFIRM,
	TL_PROPOSAL_REFUSE,
	TL_PROPOSAL_WITHDRAW,
	TL_PROPOSAL_EXPIRE,
	TL_PROPOSAL_EVENT_COUNT
};

/* Who asks, as bits. */
enum tl_proposal_by {
	TL_BY_PROPOSER = 1,
	TL_BY_SECOND =
	    2, /* another person who may do the same, and whom the proposer did not make */
	TL_BY_OPERATOR = 4, /* at the machine */
	TL_BY_CLOCK = 8
};

/* ECONFLICT when the event cannot happen in this state, EPERM when it can but not by these. */
int tl_proposal_step(enum tl_proposal_state state, enum tl_proposal_event event, unsigned who,
    enum tl_proposal_state *ret_next) TL_MUST;
