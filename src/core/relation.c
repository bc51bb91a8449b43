/*
 * The facts between two accounts and what follows from them.
 *
 * Promises: see the header; tests/unit/core_relation.c plays events in every order. Called by the store of relations and by
 * the contact gate.
 */
#include "core/relation.h"

static int64_t
when(int64_t fact)
{
	return fact < 0 ? -fact : fact;
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Protection wins over what it protects from when both were said at one time. */
static bool
protects(enum tl_relation_kind kind)
{
	return kind == TL_RELATION_DECLINE || kind == TL_RELATION_BLOCK ||
	       kind == TL_RELATION_LIMIT;
}

static bool
set(int64_t *fact, enum tl_relation_kind kind, bool on, int64_t at)
{
	if (at < when(*fact))
		return false;
	if (at == when(*fact) && (on == (*fact > 0) || on != protects(kind)))
		return false;
	*fact = on ? at : -at;
	return true;
}

bool
tl_relation_apply(struct tl_relation *r, int side, const struct tl_relation_event *e)
{
	bool on = e->kind != TL_RELATION_END;
	enum tl_relation_kind kind = on ? e->kind : e->ends;
	if (kind != TL_RELATION_CONTACT)
		return set(&r->did[side][kind], kind, on, e->at);
	bool changed = set(&r->contact[side], kind, on, e->at);
	if (!on)
		changed = set(&r->contact[!side], kind, on, e->at) || changed;
	return changed;
}

/* The last time at which `side` turned to the other by itself. */
static int64_t
turned(const struct tl_relation *r, int side)
{
	const int64_t *did = r->did[side];
	int64_t t = later(did[TL_RELATION_FOLLOW], did[TL_RELATION_REQUEST]);
	return later(t, r->contact[side]);
}

/* `side` says that there is a contact, but all there is is its own wish: the other has not turned to it since. */
static bool
is_own_wish(const struct tl_relation *r, int side)
{
	int64_t asked = r->did[side][TL_RELATION_REQUEST];
	return asked > 0 && asked <= r->contact[side] &&
	       r->did[!side][TL_RELATION_REQUEST] <= 0 && turned(r, !side) < asked;
}

bool
tl_relation_declined(const struct tl_relation *r, int side)
{
	int64_t declined = r->did[side][TL_RELATION_DECLINE];
	return declined > 0 && declined >= turned(r, side);
}

int64_t
tl_relation_accepted(const struct tl_relation *r, int64_t now)
{
	int64_t a = r->did[0][TL_RELATION_FOLLOW], b = r->did[1][TL_RELATION_FOLLOW];
	int64_t since = a > 0 && b > 0 ? later(a, b) : 0;
	for (int side = 0; side < 2; side++)
		if (r->contact[side] < 0 && since <= -r->contact[side])
			since = 0;
	for (int side = 0; side < 2; side++) {
		int64_t c = is_own_wish(r, side) ? 0 : r->contact[side];
		if (c > 0 && (since == 0 || c < since))
			since = c;
	}
	bool no = since > now || tl_relation_declined(r, 0) || tl_relation_declined(r, 1);
	return no ? 0 : since;
}

bool
tl_relation_pending(const struct tl_relation *r, int side)
{
	int64_t asked = r->did[side][TL_RELATION_REQUEST];
	int64_t answered =
	    later(when(r->contact[!side]), when(r->did[!side][TL_RELATION_DECLINE]));
	return asked > 0 && asked > answered;
}

bool
tl_relation_does(const struct tl_relation *r, int side, enum tl_relation_kind kind)
{
	return r->did[side][kind] > 0;
}

/* A request that was answered holds nothing open. */
static bool
side_holds(const struct tl_relation *r, int side)
{
	return tl_relation_does(r, side, TL_RELATION_FOLLOW) ||
	       tl_relation_does(r, side, TL_RELATION_BLOCK) ||
	       tl_relation_does(r, side, TL_RELATION_LIMIT) || tl_relation_declined(r, side) ||
	       tl_relation_pending(r, side);
}

int64_t
tl_relation_over(const struct tl_relation *r)
{
	if (r->contact[0] > 0 || r->contact[1] > 0 || side_holds(r, 0) || side_holds(r, 1))
		return 0;
	int64_t last = later(when(r->contact[0]), when(r->contact[1]));
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < TL_RELATION_FACTS; i++)
			last = later(last, when(r->did[side][i]));
	return last;
}
