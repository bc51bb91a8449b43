/*
 * Made-up people.
 *
 * Promises: what an account does depends on the seed and its number alone. What the gate would answer is what the shipped
 * matrix answers to strangers and friends by default. Invented behaviour is not reality: doc/minors-safety.md says what that
 * means for the figures. Failure: that of the callback. Called by cmd_simulate.c.
 */
#include "bin/sim_people.h"

#include "core/contact.h"
#include "detect/contact/text.h"
#include "sys/clock.h"

#include <stdio.h>

#define SCHOOL 200 /* accounts of one neighbourhood, of which the young ones go to one school */
#define PICKS_MAX 200

const struct sim_kind_row sim_kinds[SIM_KINDS] = {
#define P(tag, name, share, approach, what) {name, share, approach, what},
#include "bin/sim_people.tbl.h"
#undef P
};

struct dice {
	uint64_t s;
};

static uint64_t
roll(struct dice *d)
{
	uint64_t z = (d->s += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint32_t
below(struct dice *d, uint32_t n)
{
	return (uint32_t)(roll(d) % n);
}

static int
between(struct dice *d, int lo, int hi)
{
	return lo + (int)below(d, (uint32_t)(hi - lo + 1));
}

static bool
percent(struct dice *d, unsigned p)
{
	return below(d, 100) < p;
}

static struct dice
dice_of(const struct sim_plan *p, uint32_t i, uint64_t what)
{
	struct dice d = {
	    p->seed * UINT64_C(0xd1342543de82ef95) + i * UINT64_C(0x2545f4914f6cdd1d) + what};
	(void)roll(&d);
	return d;
}

enum sim_kind
sim_kind_of(const struct sim_plan *p, uint32_t i)
{
	struct dice d = dice_of(p, i, 1);
	uint32_t at = below(&d, 10000);
	for (int k = 0; k < SIM_KINDS; k++) {
		if (at < sim_kinds[k].share)
			return (enum sim_kind)k;
		at -= sim_kinds[k].share;
	}
	return SIM_ADULT;
}

enum tl_age_band
sim_band_of(const struct sim_plan *p, uint32_t i)
{
	struct dice d = dice_of(p, i, 2);
	switch (sim_kind_of(p, i)) {
	case SIM_TEEN:
		return percent(&d, 55) ? TL_AGE_13_15 : TL_AGE_16_17;
	case SIM_FAN:
		return percent(&d, 40) ? TL_AGE_16_17 : TL_AGE_18;
	case SIM_ADULT:
	case SIM_TEACHER:
	case SIM_FAMILY:
	case SIM_MARKETER:
	case SIM_WIDE:
	case SIM_PATIENT:
	case SIM_SEVERAL:
	case SIM_FOLLOWER:
	case SIM_KINDS:
		break;
	}
	return TL_AGE_18;
}

struct tl_id
sim_id_of(const struct sim_plan *p, uint32_t i)
{
	struct tl_id id = {{0}};
	struct dice d = dice_of(p, i, 3);
	uint64_t half = roll(&d);
	memcpy(id.b, &i, sizeof i);
	memcpy(id.b + 8, &half, sizeof half);
	return id;
}

/* One account at work ------------------------------------------------------------------------------------------------ */

struct life {
	const struct sim_plan *p;
	uint32_t i;
	struct dice d;
	sim_fn fn;
	void *ctx;
	int rc;
	int64_t origin;
};

/* What becomes of a request, in percent; what is left stays without an answer. */
struct reply {
	unsigned accept, decline, block, report;
};

static int64_t
origin_of(struct life *l, const char *what, uint32_t n)
{
	char z[64];
	(void)snprintf(z, sizeof z, "%s %u", what, n);
	return tl_contact_origin(&l->p->key, l->p->platform, tl_str(z));
}

static void
emit(struct life *l, const struct tl_contact_event *e)
{
	if (l->rc >= 0 && e->at <= l->p->end_us)
		l->rc = l->fn(l->ctx, e);
}

/* By default: no stranger reaches a minor, an adult gets a request, a friend comes through. */
static enum tl_contact_result
gate(enum tl_contact_kind kind, enum tl_age_band to, bool friend)
{
	bool minor = tl_contact_is_minor(to), open = kind == TL_CONTACT_FOLLOW;
	if (friend)
		return TL_RESULT_ALLOW;
	if (minor)
		return open ? TL_RESULT_REQUEST : TL_RESULT_DENY;
	if (open || kind == TL_CONTACT_COMMENT || kind == TL_CONTACT_MENTION)
		return TL_RESULT_ALLOW;
	return TL_RESULT_REQUEST;
}

static void
answer(struct life *l, const struct tl_contact_event *to, const struct reply *r)
{
	struct tl_contact_event e = *to;
	unsigned at = below(&l->d, 100);
	e.at += (int64_t)(1 + below(&l->d, 600)) * TL_US_MIN;
	if (to->outcome == TL_RESULT_DENY)
		return; /* they never heard of it */
	if (at < r->report)
		e.outcome = TL_RESULT_REPORTED;
	else if (at < r->report + r->block)
		e.outcome = TL_RESULT_BLOCKED;
	else if (to->outcome == TL_RESULT_REQUEST && at < r->report + r->block + r->decline)
		e.outcome = TL_RESULT_DECLINED;
	else if (to->outcome == TL_RESULT_REQUEST &&
		 at < r->report + r->block + r->decline + r->accept)
		e.outcome = TL_RESULT_ACCEPTED;
	else
		return;
	emit(l, &e);
}

/* `text` NULL: none. */
static void
contact(struct life *l, int64_t at, uint32_t to, enum tl_contact_kind kind, bool friend,
    const char *text, const struct reply *r)
{
	struct tl_contact_event e = {.platform = l->p->platform,
	    .at = at,
	    .from = sim_id_of(l->p, l->i),
	    .to = sim_id_of(l->p, to),
	    .kind = kind,
	    .to_band = sim_band_of(l->p, to),
	    .origin = l->origin};
	bool seen = l->p->texts || kind == TL_CONTACT_COMMENT || kind == TL_CONTACT_MENTION;
	if (to == l->i)
		return;
	if (text && seen) {
		struct tl_contact_text t;
		tl_contact_text(&l->p->key, tl_str(text), &t);
		e.text = t.sketch;
		e.flags = t.flags;
	}
	e.outcome = gate(kind, e.to_band, friend);
	emit(l, &e);
	if (r)
		answer(l, &e, r);
}

/* Somebody anywhere, of the age that is wanted. */
static uint32_t
stranger(struct life *l, bool minor)
{
	uint32_t j = 0;
	for (int n = 0; n < PICKS_MAX; n++) {
		j = below(&l->d, l->p->accounts);
		if (j != l->i && tl_contact_is_minor(sim_band_of(l->p, j)) == minor)
			break;
	}
	return j;
}

/* The n-th of those around: always the same for the same n. */
static uint32_t
neighbour(const struct life *l, uint32_t n, bool minor)
{
	uint32_t first = l->i / SCHOOL * SCHOOL, size = l->p->accounts - first;
	struct dice d = dice_of(l->p, l->i, 1000 + n);
	uint32_t j = l->i;
	size = size < SCHOOL ? size : SCHOOL;
	for (int k = 0; k < PICKS_MAX; k++) {
		j = first + below(&d, size);
		if (j != l->i && tl_contact_is_minor(sim_band_of(l->p, j)) == minor)
			break;
	}
	return j;
}

/* In the waking hours of a day. */
static int64_t
moment(struct life *l, int day)
{
	return l->p->end_us - (int64_t)(l->p->days - day) * TL_US_DAY +
	       (int64_t)(420 + below(&l->d, 900)) * TL_US_MIN +
	       (int64_t)below(&l->d, 60000) * TL_US_MS;
}

static const struct reply friendly = {70, 8, 1, 0}, lukewarm = {35, 12, 2, 0},
			  unwilling = {15, 35, 20, 5}, class_reply = {75, 5, 1, 0},
			  annoyed = {5, 15, 10, 2};

static void
live_teen(struct life *l)
{
	int friends = between(&l->d, 6, 20);
	bool new_school = percent(&l->d, 15);
	for (int day = 0; day < l->p->days; day++) {
		bool at_school = percent(&l->d, 30);
		l->origin = at_school ? origin_of(l, "school", l->i / SCHOOL)
				      : origin_of(l, "device", l->i);
		for (int n = between(&l->d, 0, 4); n > 0; n--)
			contact(l, moment(l, day),
			    neighbour(l, below(&l->d, (uint32_t)friends), true),
			    TL_CONTACT_MESSAGE, true, NULL, NULL);
		if (percent(&l->d, 15))
			contact(l, moment(l, day), neighbour(l, 50 + below(&l->d, 100), true),
			    TL_CONTACT_FOLLOW, false, NULL, &friendly);
		if (percent(&l->d, 4))
			contact(l, moment(l, day), stranger(l, true), TL_CONTACT_FOLLOW, false,
			    NULL, &lukewarm);
		for (uint32_t n = 0; new_school && day == 3 && n < 25; n++)
			contact(l, moment(l, day), neighbour(l, 200 + n, true),
			    TL_CONTACT_FOLLOW, false, NULL, &friendly);
	}
}

static void
live_adult(struct life *l)
{
	bool relative = percent(&l->d, 4);
	for (int day = 0; day < l->p->days; day++) {
		for (int n = between(&l->d, 0, 2); n > 0; n--)
			contact(l, moment(l, day), neighbour(l, below(&l->d, 12), false),
			    TL_CONTACT_MESSAGE, true, NULL, NULL);
		if (percent(&l->d, 6))
			contact(l, moment(l, day), stranger(l, false),
			    percent(&l->d, 50) ? TL_CONTACT_MESSAGE : TL_CONTACT_FOLLOW, false,
			    NULL, &lukewarm);
		if (relative && percent(&l->d, 10))
			contact(l, moment(l, day), neighbour(l, below(&l->d, 3), true),
			    TL_CONTACT_FOLLOW, false, NULL, &class_reply);
	}
}

static void
live_fan(struct life *l)
{
	for (int day = 0; day < l->p->days; day++) {
		for (int n = between(&l->d, 1, 8); n > 0; n--)
			contact(l, moment(l, day), stranger(l, percent(&l->d, 20)),
			    TL_CONTACT_FOLLOW, false, NULL, &lukewarm);
		for (int n = between(&l->d, 0, 3); n > 0; n--)
			contact(l, moment(l, day), stranger(l, percent(&l->d, 20)),
			    TL_CONTACT_COMMENT, false,
			    "so good, love this one, more of it please", NULL);
	}
}

static void
live_teacher(struct life *l)
{
	int day = between(&l->d, 0, l->p->days - 1), size = between(&l->d, 10, 28);
	int64_t at = moment(l, day);
	bool writes = percent(&l->d, 30);
	for (int n = 0; n < size; n++) {
		at += (int64_t)(20 + below(&l->d, 300)) * TL_US_S;
		contact(l, at, neighbour(l, 300 + (uint32_t)n, true),
		    writes ? TL_CONTACT_MESSAGE : TL_CONTACT_FOLLOW, false,
		    "training is moved to thursday at six, please tell your parents",
		    &class_reply);
	}
	for (day++; day < l->p->days; day++)
		if (!writes && percent(&l->d, 40))
			contact(l, moment(l, day),
			    neighbour(l, 300 + below(&l->d, (uint32_t)size), true),
			    TL_CONTACT_MESSAGE, true, NULL, NULL);
	live_adult(l);
}

static void
live_family(struct life *l)
{
	uint32_t young = 1 + below(&l->d, 3);
	for (uint32_t n = 0; n < young; n++)
		contact(l, moment(l, 0), neighbour(l, 400 + n, true), TL_CONTACT_FOLLOW, false,
		    NULL, &(struct reply){100, 0, 0, 0});
	for (int day = 1; day < l->p->days; day++)
		if (percent(&l->d, 60))
			contact(l, moment(l, day),
			    neighbour(l, 400 + below(&l->d, young), true), TL_CONTACT_MESSAGE,
			    true, NULL, NULL);
	live_adult(l);
}

static void
live_marketer(struct life *l)
{
	for (int day = 0; day < l->p->days; day++) {
		if (percent(&l->d, 50))
			continue;
		for (int n = between(&l->d, 10, 60); n > 0; n--)
			contact(l, moment(l, day), below(&l->d, l->p->accounts),
			    percent(&l->d, 80) ? TL_CONTACT_MESSAGE : TL_CONTACT_COMMENT, false,
			    "our made up shop has a sale on everything, look at "
			    "www.example.org today",
			    &annoyed);
	}
}

/* One approach, and for some who refused another later. */
static void
approach(struct life *l, int64_t at, uint32_t to, enum tl_contact_kind kind)
{
	static const char *const texts[] = {
	    "hey you look nice, how old are you, add me on snap demo_name",
	    "hey you look so nice, how old are you, add me on snap: demo_name",
	    "hi, you seem nice. talk with me elsewhere? text me on telegram please",
	};
	const char *text = texts[below(&l->d, TL_COUNT(texts))];
	contact(l, at, to, kind, false, text, &unwilling);
	if (percent(&l->d, 30))
		contact(l, at + (int64_t)between(&l->d, 12, 60) * TL_US_HOUR, to,
		    percent(&l->d, 50) ? kind : TL_CONTACT_COMMENT, false, text, &unwilling);
}

static void
live_wide(struct life *l)
{
	for (int day = between(&l->d, 0, 4); day < l->p->days; day += between(&l->d, 1, 6))
		for (int n = between(&l->d, 4, 14); n > 0; n--) {
			unsigned how = below(&l->d, 100);
			approach(l, moment(l, day), stranger(l, !percent(&l->d, 15)),
			    how < 55   ? TL_CONTACT_MESSAGE
			    : how < 85 ? TL_CONTACT_FOLLOW
				       : TL_CONTACT_COMMENT);
		}
}

static void
live_patient(struct life *l)
{
	for (int day = between(&l->d, 0, 3); day < l->p->days; day += between(&l->d, 1, 3)) {
		uint32_t to = stranger(l, true);
		int64_t at = moment(l, day);
		approach(
		    l, at, to, percent(&l->d, 70) ? TL_CONTACT_FOLLOW : TL_CONTACT_COMMENT);
		if (percent(&l->d, 25)) /* as if it had been accepted */
			contact(l, at + TL_US_DAY, to, TL_CONTACT_MESSAGE, true,
			    "you are so grown up for your age, text me on telegram", NULL);
	}
	live_adult(l);
}

static void
live_several(struct life *l)
{
	uint32_t groups = l->p->accounts * sim_kinds[SIM_SEVERAL].share / 40000 + 1;
	l->origin = origin_of(l, "several", below(&l->d, groups));
	for (int day = between(&l->d, 0, 2); day < l->p->days; day += between(&l->d, 1, 4))
		for (int n = between(&l->d, 1, 3); n > 0; n--)
			approach(l, moment(l, day), stranger(l, true),
			    percent(&l->d, 60) ? TL_CONTACT_MESSAGE : TL_CONTACT_FOLLOW);
}

static void
live_follower(struct life *l)
{
	for (int day = 0; day < l->p->days; day++) {
		for (int n = between(&l->d, 0, 5); n > 0; n--)
			contact(l, moment(l, day), stranger(l, !percent(&l->d, 12)),
			    TL_CONTACT_FOLLOW, false, NULL, &lukewarm);
		if (percent(&l->d, 10))
			approach(l, moment(l, day), stranger(l, true), TL_CONTACT_MESSAGE);
	}
}

static void (*const lives[SIM_KINDS])(struct life *l) = {
    [SIM_TEEN] = live_teen,
    [SIM_ADULT] = live_adult,
    [SIM_FAN] = live_fan,
    [SIM_TEACHER] = live_teacher,
    [SIM_FAMILY] = live_family,
    [SIM_MARKETER] = live_marketer,
    [SIM_WIDE] = live_wide,
    [SIM_PATIENT] = live_patient,
    [SIM_SEVERAL] = live_several,
    [SIM_FOLLOWER] = live_follower,
};

int
sim_events(const struct sim_plan *p, uint32_t i, sim_fn fn, void *ctx)
{
	struct life l = {.p = p, .i = i, .d = dice_of(p, i, 4), .fn = fn, .ctx = ctx};
	l.origin = origin_of(&l, "device", i);
	lives[sim_kind_of(p, i)](&l);
	return l.rc;
}
