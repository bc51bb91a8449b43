/*
 * What the matrix of settings answers for one account: what each setting must be now, how far it may be loosened, by
 * whom, after which warning, until when, and why; and what is said to a wished change.
 *
 * Pure: no store, no clock. Every value that comes out is at most as loose as the matrix allows for the band, whatever
 * was chosen before; a guardian only ever makes stricter; an unknown age is never looser than 13-15; below the minimum
 * age everything is at its strictest. Source: core/minors.h.
 */
#pragma once

#include "core/minors.h"

/* Sessions end; whoever does not say so has this long. */
#define TL_MINORS_SESSION_US (24 * INT64_C(3600000000))

/* What was chosen for one setting. */
struct tl_minors_choice {
	bool chosen, capped;
	uint8_t value; /* by the holder */
	uint8_t cap;   /* by a guardian: not looser than this */
	int64_t until; /* microseconds; a loosened value lapses then; 0: it does not */
};

/* choice[i] belongs to settings[i] of the matrix. */
struct tl_minors_account {
	enum tl_age_band band;
	struct tl_minors_choice choice[TL_MINORS_SETTINGS_MAX];
};

struct tl_minors_answer {
	uint8_t value;   /* must be */
	uint8_t loosest; /* everything up to it may be chosen now */
	bool warn;       /* what is looser than `value` needs an explicit warning */
	int64_t until;   /* `value` lapses to the default then; 0: it does not */
	const char *why; /* the text that says why it may not be looser, or that it may */
};

/* The band whose column counts; unknown is as the matrix says. */
enum tl_age_band tl_minors_band(const struct tl_minors *m, enum tl_age_band said);

/* `i` is the setting's place; below m->setting_count. */
struct tl_minors_answer tl_minors_answer(
    const struct tl_minors *m, const struct tl_minors_account *a, size_t i, int64_t now);

/* The system puts back what a holder had: asked as the holder would be. */
enum tl_minors_actor { TL_ACTOR_HOLDER, TL_ACTOR_GUARDIAN, TL_ACTOR_SYSTEM };
enum tl_minors_say { TL_SAY_ALLOW, TL_SAY_WARN, TL_SAY_REFUSE };

/* A wished change. */
struct tl_minors_wish {
	uint8_t value;
	enum tl_minors_actor actor;
	bool warned; /* the holder has seen the warning and confirmed */
};

/*
 * What is said to a wish for setting `i`. On ALLOW *choice becomes what is to be kept
 * for the setting; otherwise it is left alone. *ret_why names the text that goes with the answer.
 */
enum tl_minors_say tl_minors_ask(const struct tl_minors *m, const struct tl_minors_account *a,
    size_t i, const struct tl_minors_wish *wish, int64_t now, struct tl_minors_choice *choice,
    const char **ret_why);

/* When notifications are never sent; from == to: at no time. Below the minimum age as for 13-15. */
struct tl_minors_quiet tl_minors_quiet_hours(const struct tl_minors *m, enum tl_age_band band);
/* Is it quiet at this minute after local midnight (0..1439)? */
bool tl_minors_is_quiet(const struct tl_minors *m, enum tl_age_band band, int minute);
