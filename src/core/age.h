/*
 * What is known of an account's age, and the one band that holds: the *accepted* one. Statements of the platform and the
 * calendar come in; what comes out never makes the band older by weaker means or by a birthday alone. Pure.
 *
 * Of a birth only year and month are known, so an age counts as reached when that month is over (UTC).
 */
#pragma once

#include "core/words.h"

#define TL_AGE_YEARS_MAX 130
#define TL_AGE_NO_CONFIDENCE (-1)
/* An estimate counts for more than a declaration from this confidence on, in per cent. */
#define TL_AGE_CONFIDENT 80

/* Months since the year 0: year * 12 + month - 1; 0: not known. */
typedef int tl_month;

#define E(event, text, who) event,
#define T(state, event, next)
enum tl_age_event {
#include "core/age_state.tbl.h"
	tl_age_event_count
};
#undef E
#undef T

extern const char *const tl_age_event_names[];

/* The state after `event`; CONFLICT when it is not allowed in `state`. */
int tl_age_step(
    enum tl_age_state state, enum tl_age_event event, enum tl_age_state *ret_next) TL_MUST;

/* The last statement by one means. */
struct tl_age_said {
	bool is;
	enum tl_age_band band;
	bool weak;    /* an estimate without confidence counts as a declaration */
	bool lowered; /* it made the band younger */
	int64_t at;
};

struct tl_age {
	enum tl_age_state state;
	enum tl_age_band band; /* accepted */
	enum tl_age_assured assured;
	int confidence; /* of an estimate, per cent; or TL_AGE_NO_CONFIDENCE */
	tl_month birth;
	int64_t since;           /* of the accepted band */
	enum tl_age_band offer;  /* OFFERED, DECLINED; else unknown */
	enum tl_age_band before; /* MOVED: what a revert goes back to */
	int64_t due;             /* when the calendar offers the next; 0: never */
	struct tl_age_said said[tl_age_assured_count];
};

/* "2011-05" to a month and back; FIELD when it is not one. `text` has room for 8. */
int tl_month_parse(struct tl_str text, tl_month *ret) TL_MUST;
void tl_month_text(char text[8], tl_month m);
tl_month tl_month_at(int64_t now);

/* Surely, and at most, so many years old. Negative: not born yet. */
int tl_age_years(tl_month birth, int64_t now);
int tl_age_years_most(tl_month birth, int64_t now);
/* Whoever is younger than `minimum` is TL_AGE_UNDER_13: below the minimum age. */
enum tl_age_band tl_age_band_of(int years, int minimum);
/* Whether settings of `a` may be looser than those of `b`. Unknown is as 13-15. */
bool tl_age_looser(enum tl_age_band a, enum tl_age_band b);

enum tl_age_has {
	TL_SAYS_BAND = 1,
	TL_SAYS_ASSURED = 2,
	TL_SAYS_BIRTH = 4,
	TL_SAYS_CONFIDENCE = 8,
};

/* What the platform says. */
struct tl_age_say {
	unsigned has; /* enum tl_age_has */
	enum tl_age_band band;
	enum tl_age_assured assured;
	tl_month birth;
	int confidence;
	enum tl_age_correction correction;
};

/*
 * Takes a statement in. FIELD, with the field at fault (and in its text the other one), when it contradicts itself or
 * what is known by means that are as strong; *a is then as it was. *ret is what happened: SAY, CONFIRM, FORGET, DUE (an
 * older band by no stronger means is only offered); tl_age_event_count when nothing was said of age.
 */
int tl_age_hear(struct tl_age *a, const struct tl_age_say *say, int minimum, int64_t now,
    enum tl_age_event *ret) TL_MUST;

/* What the calendar does at `now`: offers the next band. True when something is offered that was not. */
bool tl_age_calendar(struct tl_age *a, int minimum, int64_t now);

/*
 * The holder's answer: ACCEPT, DECLINE or REVERT, about `band` (that offered; of a revert, the one to leave). CONFLICT
 * when it is not what waits. Twice is the same as once: *ret_changed says whether the band is another now.
 */
int tl_age_answer(struct tl_age *a, enum tl_age_event what, enum tl_age_band band, int minimum,
    int64_t now, bool *ret_changed) TL_MUST;

/* FIELD when an account was made before its holder can have used one: then that is not when it was made. */
int tl_age_check_created(const struct tl_age *a, int64_t created_at, int64_t now) TL_MUST;
