/*
 * The life of an account's age (age_state.tbl.h), and how statements are weighed against each other.
 *
 * Owns the order of means: a declaration, or an estimate that nobody vouches for; an estimate; a guardian; a check.
 * Promises: the band gets older only by stronger means than all that say otherwise, by a correction, or when the holder
 * accepts what was offered; younger always counts. Failures: FIELD for what contradicts, the account is as it was.
 * Pure. Called by src/minors/age.c; tests/unit/core_age.c walks every pair.
 */
#include "core/age.h"

#include "base/json.h"
#include "sys/clock.h"

#include <stdio.h>
#include <string.h>

#define MONTHS 12
#define OLDEST 200 /* of 18 and older: no bound */

const char *const tl_age_event_names[] = {
#define E(event, text, who) text,
#define T(state, event, next)
#include "core/age_state.tbl.h"
#undef E
#undef T
    NULL};

/* 0: refused; else 1 + next. */
static const uint8_t next_of[tl_age_state_count][tl_age_event_count] = {
#define E(event, text, who)
#define T(state, event, next) [state][event] = (uint8_t)(1 + (next)),
#include "core/age_state.tbl.h"
#undef E
#undef T
};

/* Of each band: its years, and how loose its settings may be. */
static const struct {
	int youngest, oldest, looseness;
} bands[tl_age_band_count] = {
    [TL_AGE_UNKNOWN] = {0, OLDEST, 1},
    [TL_AGE_UNDER_13] = {0, 12, 0},
    [TL_AGE_13_15] = {13, 15, 1},
    [TL_AGE_16_17] = {16, 17, 2},
    [TL_AGE_18] = {18, OLDEST, 3},
};

int
tl_age_step(enum tl_age_state state, enum tl_age_event event, enum tl_age_state *ret_next)
{
	uint8_t next = next_of[state][event];
	if (!next)
		return tl_fail(TL_ECONFLICT, "an age that is %s cannot take \"%s\"",
		    tl_age_state_names[state], tl_age_event_names[event]);
	*ret_next = (enum tl_age_state)(next - 1);
	return 0;
}

/* Months and years ---------------------------------------------------------------------------------------------- */

int
tl_month_parse(struct tl_str text, tl_month *ret)
{
	int64_t year, month;
	if (text.n != 7 || text.p[4] != '-' ||
	    tl_parse_i64(tl_bytes(text.p, 4), 1, 9999, &year) < 0 ||
	    tl_parse_i64(tl_bytes(text.p + 5, 2), 1, MONTHS, &month) < 0)
		return tl_fail(TL_EFIELD, "expected a year and a month such as 2011-05");
	*ret = (tl_month)(year * MONTHS + month - 1);
	return 0;
}

void
tl_month_text(char text[8], tl_month m)
{
	char all[32];
	(void)snprintf(all, sizeof all, "%04d-%02d", m / MONTHS, m % MONTHS + 1);
	memcpy(text, all, 7);
	text[7] = '\0';
}

tl_month
tl_month_at(int64_t now)
{
	char text[TL_TIME_MAX];
	tl_month m = 0;
	tl_time_format(text, now);
	return tl_month_parse(tl_bytes((const uint8_t *)text, 7), &m) < 0 ? 0 : m;
}

/* The first moment of a month. */
static int64_t
begin_of(tl_month m)
{
	char month[8], text[TL_TIME_MAX];
	int64_t at = 0;
	tl_month_text(month, m);
	(void)snprintf(text, sizeof text, "%s-01T00:00:00Z", month);
	return tl_time_parse(tl_str(text), &at) < 0 ? 0 : at;
}

static int
years_between(tl_month from, tl_month to)
{
	return to < from ? -1 : (to - from) / MONTHS;
}

int
tl_age_years(tl_month birth, int64_t now)
{
	return years_between(birth, tl_month_at(now) - 1);
}

int
tl_age_years_most(tl_month birth, int64_t now)
{
	return years_between(birth, tl_month_at(now));
}

enum tl_age_band
tl_age_band_of(int years, int minimum)
{
	if (years < minimum || years < bands[TL_AGE_13_15].youngest)
		return TL_AGE_UNDER_13;
	if (years >= bands[TL_AGE_18].youngest)
		return TL_AGE_18;
	return years >= bands[TL_AGE_16_17].youngest ? TL_AGE_16_17 : TL_AGE_13_15;
}

bool
tl_age_looser(enum tl_age_band a, enum tl_age_band b)
{
	return bands[a].looseness > bands[b].looseness;
}

/* The calendar -------------------------------------------------------------------------------------------------- */

/* Somebody in `band` at `at` is surely, and at most, so old now. */
static int
surely(enum tl_age_band band, int64_t at, int64_t now)
{
	int more = years_between(tl_month_at(at), tl_month_at(now) - 1);
	return bands[band].youngest + (more < 0 ? 0 : more);
}

static int
at_most(enum tl_age_band band, int64_t at, int64_t now)
{
	int more = years_between(tl_month_at(at), tl_month_at(now));
	return bands[band].oldest + 1 + (more < 0 ? 0 : more);
}

/* What the holder has, or is offered. */
static enum tl_age_band
known_to_holder(const struct tl_age *a)
{
	bool waits = a->state == TL_AGES_OFFERED || a->state == TL_AGES_DECLINED;
	return waits ? a->offer : a->band;
}

/* When somebody has surely reached the band after what the holder knows of. */
static int64_t
next_due(const struct tl_age *a, int minimum)
{
	const int ages[] = {minimum, bands[TL_AGE_16_17].youngest, bands[TL_AGE_18].youngest};
	if (a->state == TL_AGES_UNKNOWN)
		return 0;
	tl_month from =
	    a->birth ? a->birth : tl_month_at(a->since) - MONTHS * bands[a->band].youngest;
	for (size_t i = 0; i < TL_COUNT(ages); i++) {
		if (tl_age_band_of(ages[i], minimum) > known_to_holder(a))
			return begin_of(from + MONTHS * ages[i] + 1);
	}
	return 0;
}

bool
tl_age_calendar(struct tl_age *a, int minimum, int64_t now)
{
	int years = a->birth ? tl_age_years(a->birth, now) : surely(a->band, a->since, now);
	enum tl_age_band reached = tl_age_band_of(years, minimum);
	bool more = a->state != TL_AGES_UNKNOWN && reached > known_to_holder(a) &&
		    tl_age_step(a->state, TL_AGE_DUE, &a->state) == 0;
	if (more) {
		a->offer = reached;
		a->before = TL_AGE_UNKNOWN;
	}
	a->due = next_due(a, minimum);
	return more;
}

/* Statements ---------------------------------------------------------------------------------------------------- */

static int
strength(enum tl_age_assured by, bool weak)
{
	static const int of[tl_age_assured_count] = {[TL_ASSURED_DECLARED] = 1,
	    [TL_ASSURED_ESTIMATED] = 2,
	    [TL_ASSURED_GUARDIAN] = 3,
	    [TL_ASSURED_VERIFIED] = 4};
	return by == TL_ASSURED_ESTIMATED && weak ? of[TL_ASSURED_DECLARED] : of[by];
}

static bool
is_weak(enum tl_age_assured by, int confidence)
{
	return by == TL_ASSURED_ESTIMATED && confidence < TL_AGE_CONFIDENT;
}

static int
held_strength(const struct tl_age *a)
{
	return strength(a->assured, is_weak(a->assured, a->confidence));
}

static int
check_birth(const struct tl_age *a, const struct tl_age_say *say, int64_t now)
{
	int most = tl_age_years_most(say->birth, now);
	if (most < 0)
		return tl_fail_at(TL_EFIELD, "/birth_month", "lies in the future");
	if (most > TL_AGE_YEARS_MAX)
		return tl_fail_at(TL_EFIELD, "/birth_month", "is %d years ago", most);
	if (!(say->has & TL_SAYS_BAND) || (say->band == a->band && say->birth == a->birth))
		return 0;
	enum tl_age_band young = tl_age_band_of(tl_age_years(say->birth, now), 0);
	enum tl_age_band old = tl_age_band_of(most, 0);
	return say->band >= young && say->band <= old
		   ? 0
		   : tl_fail_at(TL_EFIELD, "/age_band",
			 "age_band says %s, but birth_month says %s: send one, or both of the "
			 "same age",
			 tl_age_band_names[say->band], tl_age_band_names[old]);
}

static int
check_say(const struct tl_age *a, const struct tl_age_say *say, int64_t now)
{
	bool unknown = (say->has & TL_SAYS_BAND) && say->band == TL_AGE_UNKNOWN;
	if (unknown && (say->has & TL_SAYS_ASSURED) && say->assured != TL_ASSURED_NONE)
		return tl_fail_at(TL_EFIELD, "/age_assured",
		    "age_assured says %s of an age_band that is unknown",
		    tl_age_assured_names[say->assured]);
	if ((say->has & TL_SAYS_CONFIDENCE) && say->assured != TL_ASSURED_ESTIMATED)
		return tl_fail_at(
		    TL_EFIELD, "/age_confidence", "goes with age_assured: estimated");
	if (say->correction && !(say->has & (TL_SAYS_BAND | TL_SAYS_BIRTH)))
		return tl_fail_at(TL_EFIELD, "/age_correction",
		    "goes with the age_band or birth_month that is right");
	return say->has & TL_SAYS_BIRTH ? check_birth(a, say, now) : 0;
}

/* The strongest means that ever spoke of the age; also when it is unknown by now. */
static enum tl_age_assured
strongest(const struct tl_age *a)
{
	enum tl_age_assured best = a->assured;
	int most = held_strength(a);
	for (int i = 0; i < tl_age_assured_count; i++) {
		int by = strength((enum tl_age_assured)i, a->said[i].weak);
		if (a->said[i].is && by > most) {
			best = (enum tl_age_assured)i;
			most = by;
		}
	}
	return best;
}

/* An earlier month of birth makes older, sooner or later. */
static int
check_earlier(const struct tl_age *a, const struct tl_age_say *say, int by)
{
	bool earlier = (say->has & TL_SAYS_BIRTH) && a->birth && say->birth < a->birth;
	enum tl_age_assured best = strongest(a);
	if (!earlier || say->correction || by > strength(best, a->said[best].weak))
		return 0;
	char text[8];
	tl_month_text(text, a->birth);
	return tl_fail_at(TL_EFIELD, "/birth_month",
	    "is earlier than %s, which is known by age_assured %s: send a stronger age_assured,"
	    " or an age_correction",
	    text, tl_age_assured_names[best]);
}

/* The band that a statement means; false when it says nothing new of one. */
static bool
meant(const struct tl_age *a, const struct tl_age_say *say, int minimum, int64_t now,
    enum tl_age_band *ret)
{
	bool knows_birth = (say->has & TL_SAYS_BIRTH) != 0;
	if (say->has & TL_SAYS_BAND) {
		int most =
		    knows_birth ? tl_age_years_most(say->birth, now) : bands[say->band].oldest;
		*ret = most < minimum ? TL_AGE_UNDER_13 : say->band;
		return true;
	}
	if (!knows_birth || (say->birth == a->birth && a->state != TL_AGES_UNKNOWN))
		return false;
	enum tl_age_band young = tl_age_band_of(tl_age_years(say->birth, now), minimum);
	enum tl_age_band old = tl_age_band_of(tl_age_years_most(say->birth, now), minimum);
	*ret =
	    a->state != TL_AGES_UNKNOWN && a->band > young && a->band <= old ? a->band : young;
	return true;
}

/* How old the one of this statement may be now: a known month of birth says it better than a band. */
static int
may_be(const struct tl_age *a, const struct tl_age_said *s, int64_t now)
{
	bool strict = s->lowered || s->band == TL_AGE_UNDER_13;
	int years = strict ? surely(s->band, s->at, now) : at_most(s->band, s->at, now);
	int born = a->birth ? tl_age_years_most(a->birth, now) : years;
	return born < years ? born : years;
}

/* What as strong or stronger statements say against an older band: nothing, not yet, or no. */
enum against { NOTHING, ONLY_OFFER, NO };

//= law:dsa-28.1
static enum against
against(const struct tl_age *a, enum tl_age_band band, int by, int minimum, int64_t now,
    enum tl_age_assured *ret_who)
{
	enum against all = NOTHING;
	for (int i = 0; i < tl_age_assured_count; i++) {
		const struct tl_age_said *s = &a->said[i];
		if (!s->is || !tl_age_looser(band, s->band) ||
		    strength((enum tl_age_assured)i, s->weak) < by)
			continue;
		bool possible =
		    !tl_age_looser(band, tl_age_band_of(may_be(a, s, now), minimum));
		all = possible && all != NO ? ONLY_OFFER : NO;
		*ret_who = (enum tl_age_assured)i;
	}
	return all;
}

static void
remember(struct tl_age *a, const struct tl_age_say *say, bool lowered, int64_t now)
{
	a->said[say->assured] = (struct tl_age_said){
	    true, a->band, is_weak(say->assured, say->confidence), lowered, now};
}

static int
take(struct tl_age *a, const struct tl_age_say *say, enum tl_age_band band, int64_t now)
{
	bool lowered =
	    a->state != TL_AGES_UNKNOWN && bands[band].looseness < bands[a->band].looseness;
	int rc = tl_age_step(a->state, TL_AGE_SAY, &a->state);
	if (rc < 0)
		return rc;
	if (say->correction)
		memset(a->said, 0, sizeof a->said);
	a->band = band;
	a->assured = say->assured;
	a->confidence = say->confidence;
	a->birth = say->has & TL_SAYS_BIRTH ? say->birth : a->birth;
	if (a->birth && (band < tl_age_band_of(tl_age_years(a->birth, now), 0) ||
			    band > tl_age_band_of(tl_age_years_most(a->birth, now), 0)))
		a->birth = 0; /* what is known now says otherwise */
	a->since = now;
	a->offer = a->before = TL_AGE_UNKNOWN;
	remember(a, say, lowered, now);
	return 0;
}

static int
confirm(struct tl_age *a, const struct tl_age_say *say, int64_t now)
{
	bool weak = is_weak(say->assured, say->confidence);
	const struct tl_age_said *was = &a->said[say->assured];
	int rc = tl_age_step(a->state, TL_AGE_CONFIRM, &a->state);
	if (rc < 0)
		return rc;
	if (strength(say->assured, weak) > held_strength(a) ||
	    (say->assured == a->assured && say->confidence != TL_AGE_NO_CONFIDENCE)) {
		a->assured = say->assured;
		a->confidence = say->confidence;
	}
	if (!was->is || (tl_age_looser(was->band, a->band) && was->weak == weak))
		remember(a, say, false, now);
	if (say->has & TL_SAYS_BIRTH)
		a->birth = say->birth;
	return 0;
}

static int
forget(struct tl_age *a, const struct tl_age_say *say)
{
	if (a->band == TL_AGE_UNDER_13 && !say->correction)
		return tl_fail_at(TL_EFIELD, "/age_band",
		    "an age below the minimum is not taken back by \"unknown\": send a stronger"
		    " age_assured, or an age_correction");
	int rc = tl_age_step(a->state, TL_AGE_FORGET, &a->state);
	if (rc < 0)
		return rc;
	if (say->correction)
		memset(a->said, 0, sizeof a->said);
	a->band = a->offer = a->before = TL_AGE_UNKNOWN;
	a->assured = TL_ASSURED_NONE;
	a->confidence = TL_AGE_NO_CONFIDENCE;
	a->birth = say->correction ? 0 : a->birth; /* or an earlier one would be taken next */
	a->since = 0;
	return 0;
}

static int
offer(struct tl_age *a, enum tl_age_band band, enum tl_age_event *ret)
{
	if (known_to_holder(a) == band) {
		*ret = TL_AGE_CONFIRM;
		return 0;
	}
	int rc = tl_age_step(a->state, TL_AGE_DUE, &a->state);
	if (rc < 0)
		return rc;
	a->offer = band;
	a->before = TL_AGE_UNKNOWN;
	*ret = TL_AGE_DUE;
	return 0;
}

/* A band was said: it counts, is offered, or contradicts. */
static int
weigh(struct tl_age *a, const struct tl_age_say *say, enum tl_age_band band, int minimum,
    int64_t now, enum tl_age_event *ret)
{
	int by = strength(say->assured, is_weak(say->assured, say->confidence));
	enum tl_age_assured who = TL_ASSURED_NONE;
	if (a->state != TL_AGES_UNKNOWN && band == a->band && !say->correction) {
		*ret = TL_AGE_CONFIRM;
		return confirm(a, say, now);
	}
	enum against no = say->correction ? NOTHING : against(a, band, by, minimum, now, &who);
	*ret = TL_AGE_SAY;
	if (no == NOTHING || (a->state != TL_AGES_UNKNOWN && !tl_age_looser(band, a->band)))
		return take(a, say, band, now);
	if (no == ONLY_OFFER && a->state != TL_AGES_UNKNOWN)
		return offer(a, band, ret);
	return tl_fail_at(TL_EFIELD, say->has & TL_SAYS_BAND ? "/age_band" : "/birth_month",
	    "%s by age_assured %s contradicts %s, which is known by age_assured %s: send a "
	    "stronger"
	    " age_assured, or an age_correction",
	    tl_age_band_names[band], tl_age_assured_names[say->assured],
	    tl_age_band_names[a->said[who].band], tl_age_assured_names[who]);
}

int
tl_age_hear(struct tl_age *a, const struct tl_age_say *said, int minimum, int64_t now,
    enum tl_age_event *ret)
{
	struct tl_age b = *a;
	struct tl_age_say say = *said;
	enum tl_age_event what = tl_age_event_count;
	enum tl_age_band band;
	if (!(say.has & TL_SAYS_ASSURED))
		say.assured = TL_ASSURED_NONE;
	if (!(say.has & TL_SAYS_CONFIDENCE))
		say.confidence = TL_AGE_NO_CONFIDENCE;
	int rc = check_say(a, &say, now);
	if (rc == 0)
		rc = check_earlier(
		    a, &say, strength(say.assured, is_weak(say.assured, say.confidence)));
	if (rc < 0)
		return rc;
	if (!meant(a, &say, minimum, now, &band)) {
		/* How it is known, and no more: of an unknown age there is nothing to know. */
		bool more = say.has && a->state != TL_AGES_UNKNOWN;
		what = more ? TL_AGE_CONFIRM : what;
		rc = more ? confirm(&b, &say, now) : 0;
	} else if (band == TL_AGE_UNKNOWN) {
		what = TL_AGE_FORGET;
		rc = forget(&b, &say);
	} else {
		rc = weigh(&b, &say, band, minimum, now, &what);
	}
	if (rc < 0)
		return rc;
	b.due = next_due(&b, minimum);
	*a = b;
	*ret = what;
	return 0;
}

/* Nobody opened an account so young, or so long ago. */
#define CREATED_YEARS 3
#define CREATED_SINCE 1990

int
tl_age_check_created(const struct tl_age *a, int64_t created_at, int64_t now)
{
	tl_month made = tl_month_at(created_at);
	tl_month born = a->birth ? a->birth : 0;
	if (!born && a->band != TL_AGE_UNKNOWN && bands[a->band].oldest < OLDEST)
		born = tl_month_at(now) - MONTHS * at_most(a->band, a->since, now);
	if (!created_at ||
	    (made >= born + MONTHS * CREATED_YEARS && made >= CREATED_SINCE * MONTHS))
		return 0;
	return tl_fail_at(TL_EFIELD, "/created_at",
	    "created_at contradicts the age of the holder; of a birth only the year and the "
	    "month"
	    " may be sent, as birth_month");
}

/* The holder ---------------------------------------------------------------------------------------------------- */

int
tl_age_answer(struct tl_age *a, enum tl_age_event what, enum tl_age_band band, int minimum,
    int64_t now, bool *ret_changed)
{
	struct tl_age b = *a;
	bool has_it = a->state == TL_AGES_MOVED;
	int rc = tl_age_step(a->state, what, &b.state);
	if (rc < 0)
		return rc;
	if (band != (has_it ? a->band : a->offer))
		return tl_fail_at(TL_ECONFLICT, "/age_band", "the band in question is %s",
		    tl_age_band_names[has_it ? a->band : a->offer]);
	bool moves = has_it ? what == TL_AGE_REVERT : what == TL_AGE_ACCEPT;
	if (moves) {
		b.offer = has_it ? a->band : TL_AGE_UNKNOWN;
		b.band = has_it ? a->before : a->offer;
		b.before = has_it ? TL_AGE_UNKNOWN : a->band;
		b.since = now;
	}
	b.due = next_due(&b, minimum);
	*a = b;
	*ret_changed = moves;
	return 0;
}
