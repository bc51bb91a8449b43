/*
 * The state machine of cases.
 *
 * Promises: pure; the table is the only truth; the holder may do whatever an overseer may do to the case that
 * they hold. Failure: STATE when the event does not exist in the state, DENIED when it is not for the asker.
 * Called by every verb of src/review that changes a case.
 */
#include "review/case_state.h"

int
tl_case_step(enum tl_case_state state, enum tl_case_event event, unsigned who,
    enum tl_case_state *ret_next)
{
	static const struct {
		enum tl_case_state state;
		enum tl_case_event event;
		unsigned who;
		enum tl_case_state next;
	} rows[] = {
#define C(state, event, who, next)                                                             \
	{TL_CASE_##state, TL_CASE_##event, TL_BY_##who, TL_CASE_##next},
#include "review/case_state.tbl.h"
#undef C
	};
	if (who & TL_BY_HOLDER)
		who |= TL_BY_OVERSEER;
	for (size_t i = 0; i < TL_COUNT(rows); i++) {
		if (rows[i].state != state || rows[i].event != event)
			continue;
		if (!(rows[i].who & who))
			return tl_fail(TL_EPERM, "this is not for you to do with this case");
		*ret_next = rows[i].next;
		return 0;
	}
	return tl_fail(
	    TL_ECONFLICT, "a case that is %s does not allow this", tl_case_state_names[state]);
}
