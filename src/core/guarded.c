/*
 * Owns the tables of guarded operations and of the life of a proposal.
 *
 * Promises: pure; the tables are the only truth. Failure: ECONFLICT and EPERM in words for a person. Called by
 * src/people and the console's routes.
 */
#include "core/guarded.h"

const char *const tl_guarded_names[] = {
#define G(name, word, cli, help) word,
#include "core/guarded.tbl.h"
#undef G
    NULL};

static const struct {
	const char *cli, *help;
} rows[] = {
#define G(name, word, cli, help) {cli, help},
#include "core/guarded.tbl.h"
#undef G
};

const char *
tl_guarded_help(enum tl_guarded g)
{
	return rows[g].help;
}

const char *
tl_guarded_cli(enum tl_guarded g)
{
	return rows[g].cli;
}

int
tl_proposal_step(enum tl_proposal_state state, enum tl_proposal_event event, unsigned who,
    enum tl_proposal_state *ret_next)
{
	static const struct {
		enum tl_proposal_state state;
		enum tl_proposal_event event;
		unsigned who;
		enum tl_proposal_state next;
	} steps[] = {
#define T(state, event, who, next)                                                             \
	{TL_PROPOSAL_##state, TL_PROPOSAL_##event, TL_BY_##who, TL_PROPOSAL_##next},
#include "core/proposal_state.tbl.h"
#undef T
	};
	for (size_t i = 0; i < TL_COUNT(steps); i++) {
		if (steps[i].state != state || steps[i].event != event)
			continue;
		if (!(steps[i].who & who))
			return tl_fail(TL_EPERM, "%s",
			    event == TL_PROPOSAL_WITHDRAW
				? "only who proposed it can withdraw it"
				: "nobody confirms or refuses what they proposed, nor with an "
				  "account that the proposer made or gave a password to");
		*ret_next = steps[i].next;
		return 0;
	}
	return tl_fail(TL_ECONFLICT, "this proposal is %s", tl_proposal_state_names[state]);
}
