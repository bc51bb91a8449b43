/*
 * The matrix of settings, evaluated for one account.
 *
 * Promises: see the header; tests/unit/minors_matrix.c walks every cell, every choice and every wish. Called by whoever
 * answers for accounts.
 */
#include "minors/matrix.h"

#define OLDEST_13_15 15

/* NULL below the minimum age: there everything is at its strictest. */
static const struct tl_minors_cell *
cell_of(const struct tl_minors *m, enum tl_age_band band, size_t i)
{
	switch (tl_minors_band(m, band)) {
	case TL_AGE_13_15:
		return &m->settings[i].cell[TL_COLUMN_13_15];
	case TL_AGE_16_17:
		return &m->settings[i].cell[TL_COLUMN_16_17];
	case TL_AGE_18:
		return &m->settings[i].cell[TL_COLUMN_18];
	case TL_AGE_UNKNOWN:
	case TL_AGE_UNDER_13:
	case tl_age_band_count:
		break;
	}
	return NULL;
}

enum tl_age_band
tl_minors_band(const struct tl_minors *m, enum tl_age_band said)
{
	enum tl_age_band band = said == TL_AGE_UNKNOWN ? m->unknown_as : said;
	/* A minimum age beyond a whole band makes it too young; unknown is never looser than that band. */
	return band == TL_AGE_13_15 && m->minimum_age > OLDEST_13_15 ? TL_AGE_UNDER_13 : band;
}

static uint8_t
stricter(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

static bool
holds(const struct tl_minors_choice *c, int64_t now)
{
	return c->chosen && (c->until == 0 || now < c->until);
}

/* What the holder has, within `loosest` and what a guardian allows. */
//= law:dsa-28.1
static uint8_t
within(const struct tl_minors_cell *cell, const struct tl_minors_choice *c, uint8_t loosest,
    int64_t now)
{
	uint8_t v = stricter(holds(c, now) ? c->value : cell->value, loosest);
	return c->capped ? stricter(v, c->cap) : v;
}

/* A setting that waits for others goes no further than its default until they are as loose. */
static uint8_t
loosest_now(const struct tl_minors *m, const struct tl_minors_account *a,
    const struct tl_minors_cell *cell, int64_t now)
{
	for (size_t k = 0; k < cell->after_count; k++) {
		size_t first = cell->after[k].setting;
		const struct tl_minors_cell *other = cell_of(m, a->band, first);
		if (!other || within(other, &a->choice[first], other->loosest, now) <
				  cell->after[k].value)
			return cell->value;
	}
	return cell->loosest;
}

struct tl_minors_answer
tl_minors_answer(
    const struct tl_minors *m, const struct tl_minors_account *a, size_t i, int64_t now)
{
	const struct tl_minors_cell *cell = cell_of(m, a->band, i);
	const struct tl_minors_choice *c = &a->choice[i];
	if (!cell)
		return (struct tl_minors_answer){.why = "locked"};
	uint8_t most = loosest_now(m, a, cell, now);
	struct tl_minors_answer r = {within(cell, c, most, now), most, cell->warn, 0, "free"};
	if (c->capped && c->cap < most) {
		r.loosest = c->cap;
		r.why = "guardian";
	} else if (most + (size_t)1 < m->settings[i].value_count) {
		r.why = a->band == TL_AGE_UNKNOWN ? "unknown" : "locked";
	}
	r.warn = cell->warn && r.value < r.loosest;
	if (holds(c, now) && r.value > cell->value)
		r.until = c->until;
	return r;
}

static int64_t
lapses(const struct tl_minors_cell *cell, uint8_t wish, int64_t now)
{
	if (wish <= cell->value || cell->hold_us == 0)
		return 0;
	return now +
	       (cell->hold_us == TL_MINORS_SESSION ? TL_MINORS_SESSION_US : cell->hold_us);
}

/* A guardian's wish is a bound, never a choice: it can only take away. */
static enum tl_minors_say
ask_guardian(const struct tl_minors *m, size_t i, uint8_t wish, struct tl_minors_choice *choice,
    const char **ret_why)
{
	choice->capped = wish + (size_t)1 < m->settings[i].value_count;
	choice->cap = choice->capped ? wish : 0;
	*ret_why = "guardian";
	return TL_SAY_ALLOW;
}

enum tl_minors_say
tl_minors_ask(const struct tl_minors *m, const struct tl_minors_account *a, size_t i,
    const struct tl_minors_wish *wish, int64_t now, struct tl_minors_choice *choice,
    const char **ret_why)
{
	const struct tl_minors_cell *cell = cell_of(m, a->band, i);
	struct tl_minors_answer r = tl_minors_answer(m, a, i, now);
	*ret_why = r.why;
	if (wish->value >= m->settings[i].value_count)
		return TL_SAY_REFUSE;
	if (wish->actor == TL_ACTOR_GUARDIAN)
		return ask_guardian(m, i, wish->value, choice, ret_why);
	if (wish->value > r.loosest)
		return TL_SAY_REFUSE;
	if (wish->value > r.value && r.warn && !wish->warned) {
		*ret_why = "warning";
		return TL_SAY_WARN;
	}
	choice->chosen = true;
	choice->value = wish->value;
	choice->until = cell ? lapses(cell, wish->value, now) : 0;
	*ret_why = "free";
	return TL_SAY_ALLOW;
}

struct tl_minors_quiet
tl_minors_quiet_hours(const struct tl_minors *m, enum tl_age_band band)
{
	enum tl_age_band b = tl_minors_band(m, band);
	return m->quiet[b == TL_AGE_18      ? TL_COLUMN_18
			: b == TL_AGE_16_17 ? TL_COLUMN_16_17
					    : TL_COLUMN_13_15];
}

bool
tl_minors_is_quiet(const struct tl_minors *m, enum tl_age_band band, int minute)
{
	struct tl_minors_quiet q = tl_minors_quiet_hours(m, band);
	if (q.from <= q.to)
		return minute >= q.from && minute < q.to;
	return minute >= q.from || minute < q.to;
}
