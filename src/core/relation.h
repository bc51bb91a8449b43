/*
 * What two accounts are to each other, as the platform's events told it. Each fact remembers the last event of its kind by
 * that event's own time: events may come in any order and more than once, and the same facts result. Pure.
 *
 * A fact is one number: positive, it holds since then (microseconds); negative, it ended then; 0, it never was. At equal
 * times the stricter word wins: an end over a follow, a block over its end.
 */
#pragma once

#include "core/words.h"

/* What one side did toward the other; in the order of enum tl_relation_kind. */
#define TL_RELATION_FACTS 5

struct tl_relation {
	int64_t contact
	    [2]; /* [side]: said by this side, that both accepted each other; an end ends both */
	int64_t did[2]
		   [TL_RELATION_FACTS]; /* [side][kind]: follow request decline block limit */
};

struct tl_relation_event {
	enum tl_relation_kind kind;
	enum tl_relation_kind ends; /* of END: what ends; anything but END */
	int64_t at;                 /* above 0 */
};

/* `side` (0 or 1) did this. True when it changed something. */
bool tl_relation_apply(struct tl_relation *r, int side, const struct tl_relation_event *e);

/*
 * Since when both have accepted each other, 0: they have not, or not by `now`. Accepted is a contact, or that each follows the
 * other; what was ended or declined after that does not count. Nobody accepts what they asked for themselves, and only who
 * refused takes a refusal back.
 */
int64_t tl_relation_accepted(const struct tl_relation *r, int64_t now);
/* `side` declined the other's wish and has not turned to the other since. */
bool tl_relation_declined(const struct tl_relation *r, int side);
/* `side` asked, and there is no answer yet. */
bool tl_relation_pending(const struct tl_relation *r, int side);
/* `side` does this now (follow, block, limit). */
bool tl_relation_does(const struct tl_relation *r, int side, enum tl_relation_kind kind);
/* Since when nothing holds between them any more, 0: something does. */
int64_t tl_relation_over(const struct tl_relation *r);
