/*
 * Counting contacts: the rows of one account are read once, then passed over once for each window.
 *
 * Promises: the same rows give the same figures, whoever asks when; tests/unit/detect_contact.c compares every figure
 * with a naive count. Failure: the store's codes; LIMIT when the arena is full. Called by the worker, the console's
 * account page and `tutela simulate contacts`.
 */
#include "detect/contact/figures.h"

#include "base/arena.h"
#include "base/buf.h"

#include <math.h>
#include <stdlib.h>

#define ORIGINS_MAX 64
#define LANES 4U
#define LANE_BITS 16U

/* Reading ------------------------------------------------------------------------------------------------------- */

static int
take_row(void *ctx, const struct tl_contact_row *row)
{
	tl_buf_put(ctx, row, sizeof *row);
	return 0;
}

static int
take_origin_row(void *ctx, const struct tl_contact_origin_row *row)
{
	tl_buf_put(ctx, row, sizeof *row);
	return 0;
}

/* Newest first as read; oldest first as kept. */
static const struct tl_contact_row *
turned_round(struct tl_arena *a, const struct tl_buf *b, size_t n)
{
	struct tl_contact_row *rows = TL_NEWS(a, struct tl_contact_row, n + 1);
	for (size_t i = 0; rows && i < n; i++)
		memcpy(&rows[n - 1 - i], b->p + i * sizeof *rows, sizeof *rows);
	return rows;
}

/* The account's origins within the longest window, the newest first. */
static size_t
origins_of(
    const struct tl_contact_seen *seen, int64_t from, int64_t ret[ORIGINS_MAX], bool *cut)
{
	size_t n = 0;
	for (size_t i = seen->n; i-- > 0 && seen->rows[i].at > from;) {
		bool known = seen->rows[i].origin == 0;
		for (size_t k = 0; k < n && !known; k++)
			known = ret[k] == seen->rows[i].origin;
		if (known)
			continue;
		if (n == ORIGINS_MAX) {
			*cut = true;
			break;
		}
		ret[n++] = seen->rows[i].origin;
	}
	return n;
}

static int64_t
window_from(const struct tl_contact_ask *ask, int window)
{
	int64_t from = ask->now - tl_contact_window_us[window];
	return from > ask->since ? from : ask->since;
}

static int
see_origins(struct tl_db *db, const struct tl_contact_ask *ask, struct tl_arena *a,
    struct tl_contact_seen *seen)
{
	int64_t origin[ORIGINS_MAX];
	struct tl_contact_span span = {.platform = ask->platform,
	    .after = window_from(ask, TL_WINDOW_30D),
	    .until = ask->now};
	size_t n = origins_of(seen, span.after, origin, &seen->cut);
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	int rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		size_t have = b.n / sizeof(struct tl_contact_origin_row);
		span.max = (int64_t)(TL_CONTACT_ROWS_MAX - have);
		rc = span.max > 0
			 ? tl_contact_log_from_origin(db, &span, origin[i], take_origin_row, &b)
			 : 0;
	}
	if (rc < 0)
		return rc;
	seen->n_origin = b.n / sizeof(struct tl_contact_origin_row);
	seen->cut = seen->cut || seen->n_origin == TL_CONTACT_ROWS_MAX;
	struct tl_contact_origin_row *rows =
	    TL_NEWS(a, struct tl_contact_origin_row, seen->n_origin + 1);
	if (rows && b.n)
		memcpy(rows, b.p, b.n);
	seen->origin = rows;
	return tl_arena_check(a);
}

int
tl_contact_see(struct tl_db *db, const struct tl_contact_ask *ask, struct tl_arena *a,
    struct tl_contact_seen *ret)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	struct tl_contact_seen seen = {0};
	struct tl_contact_span span = {.platform = ask->platform,
	    .from = ask->account,
	    .after = INT64_MIN,
	    .until = ask->now,
	    .max = TL_CONTACT_ROWS_MAX};
	int rc = tl_contact_log_sent(db, &span, take_row, &b);
	if (rc < 0)
		return rc;
	seen.n = b.n / sizeof *seen.rows;
	seen.cut = seen.n == TL_CONTACT_ROWS_MAX;
	seen.rows = turned_round(a, &b, seen.n);
	rc = tl_arena_check(a);
	if (rc == 0 && ask->origins)
		rc = see_origins(db, ask, a, &seen);
	if (rc == 0)
		*ret = seen;
	return rc;
}

/* Counting ------------------------------------------------------------------------------------------------------ */

/* What is known of one person, over the whole log and within the window under way. */
struct person {
	int64_t first_at, first_id; /* of the first contact with them; INT64_MAX: none */
	bool has_refused;           /* while passing over the whole log */
	/* within the window: */
	bool approached, followed, off, again;
	enum { OPEN, GATE, DECLINED, BLOCKED } word;
	enum tl_age_band band;
};

struct counting {
	const struct tl_contact_seen *seen;
	const struct tl_contact_ask *ask;
	uint32_t *who; /* of each row: the person */
	bool *again;   /* of each row: a contact with somebody who had refused */
	struct person *person;
	size_t people;
	struct tl_contact_figures *f;
};

/* Numbers for ids: an open table of twice as many places. */
struct ids {
	const struct tl_id **slot;
	uint32_t *number;
	size_t mask;
	uint32_t count;
};

static int
ids_begin(struct ids *t, struct tl_arena *a, size_t most)
{
	size_t places = 16;
	while (places < 2 * most)
		places *= 2;
	*t = (struct ids){.slot = TL_NEWS(a, const struct tl_id *, places),
	    .number = TL_NEWS(a, uint32_t, places),
	    .mask = places - 1};
	return tl_arena_check(a);
}

static uint32_t
id_number(struct ids *t, const struct tl_id *id)
{
	uint64_t h;
	memcpy(&h, id->b + 8, sizeof h); /* the random half */
	h *= UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (size_t)(h >> 20) & t->mask;
	while (t->slot[at] && memcmp(t->slot[at], id, sizeof *id) != 0)
		at = (at + 1) & t->mask;
	if (!t->slot[at]) {
		t->slot[at] = id;
		t->number[at] = t->count++;
	}
	return t->number[at];
}

static bool
is_contact(const struct tl_contact_row *r)
{
	return r->outcome <= TL_RESULT_DENY;
}

/* One pass over the whole log: who is who, when it began, who had refused. */
static int
number_people(struct counting *c, struct tl_arena *a)
{
	struct ids t;
	const struct tl_contact_seen *s = c->seen;
	int rc = ids_begin(&t, a, s->n);
	c->who = TL_NEWS(a, uint32_t, s->n + 1);
	c->again = TL_NEWS(a, bool, s->n + 1);
	c->person = TL_NEWS(a, struct person, s->n + 1);
	if (rc == 0)
		rc = tl_arena_check(a);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < s->n; i++) {
		const struct tl_contact_row *r = &s->rows[i];
		size_t known = t.count;
		struct person *p = &c->person[c->who[i] = id_number(&t, &r->to)];
		if (t.count > known)
			p->first_at = INT64_MAX;
		if (is_contact(r) && p->first_at == INT64_MAX) {
			p->first_at = r->at;
			p->first_id = r->id;
		}
		c->again[i] = is_contact(r) && p->has_refused;
		if (r->outcome >= TL_RESULT_DECLINED)
			p->has_refused = true;
		if (r->outcome == TL_RESULT_ACCEPTED)
			p->has_refused = false;
	}
	c->people = t.count;
	return 0;
}

static void
say(struct person *p, enum tl_contact_result outcome)
{
	switch (outcome) {
	case TL_RESULT_ALLOW:
		p->word = p->word == GATE ? OPEN : p->word;
		break;
	case TL_RESULT_DENY:
		p->word = p->word == OPEN ? GATE : p->word;
		break;
	case TL_RESULT_ACCEPTED:
		p->word = OPEN;
		break;
	case TL_RESULT_DECLINED:
		p->word = p->word == BLOCKED ? BLOCKED : DECLINED;
		break;
	case TL_RESULT_BLOCKED:
	case TL_RESULT_REPORTED:
		p->word = BLOCKED;
		break;
	case TL_RESULT_REQUEST:
	case tl_contact_result_count:
		break;
	}
}

/* The first row of the window: rows are in the order of time. */
static size_t
first_after(const struct tl_contact_seen *s, int64_t from)
{
	size_t low = 0, high = s->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (s->rows[mid].at > from)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static void
gather(struct counting *c, size_t begin)
{
	for (size_t k = 0; k < c->people; k++) {
		struct person *p = &c->person[k];
		p->approached = p->followed = p->off = p->again = false;
		p->word = OPEN;
	}
	for (size_t i = begin; i < c->seen->n; i++) {
		const struct tl_contact_row *r = &c->seen->rows[i];
		struct person *p = &c->person[c->who[i]];
		say(p, r->outcome);
		if (!is_contact(r))
			continue;
		p->approached = true;
		p->band = r->to_band;
		p->followed = p->followed || r->kind == TL_CONTACT_FOLLOW;
		p->off = p->off || r->flags & (TL_CONTACT_HAS_LINK | TL_CONTACT_HAS_HANDLE);
		p->again = p->again || c->again[i];
	}
}

static double
share(double part, double whole)
{
	return whole > 0 ? part / whole : (double)NAN;
}

static void
count_people(struct counting *c, int w, int64_t from)
{
	double n[TL_MEASURES] = {0}, follows = 0, follow_minors = 0, declined = 0, blocked = 0;
	enum tl_age_band youngest = TL_AGE_UNKNOWN, own = c->ask->band;
	for (size_t k = 0; k < c->people; k++) {
		const struct person *p = &c->person[k];
		if (!p->approached)
			continue;
		bool minor = tl_contact_is_minor(p->band), first = p->first_at > from;
		n[TL_MEASURE_PEOPLE]++;
		n[TL_MEASURE_MINORS] += minor;
		n[TL_MEASURE_UNKNOWN] += p->band == TL_AGE_UNKNOWN;
		n[TL_MEASURE_FIRST] += first;
		n[TL_MEASURE_FIRST_MINORS] += first && minor;
		n[TL_MEASURE_OFF] += p->off;
		n[TL_MEASURE_OFF_MINORS] += p->off && minor;
		n[TL_MEASURE_AFTER_REFUSAL] += p->again;
		declined += p->word != OPEN;
		blocked += p->word == BLOCKED;
		follows += p->followed;
		follow_minors += p->followed && minor;
		if (p->band != TL_AGE_UNKNOWN &&
		    (youngest == TL_AGE_UNKNOWN || p->band < youngest))
			youngest = p->band;
	}
	n[TL_MEASURE_MINOR_SHARE] = share(n[TL_MEASURE_MINORS], n[TL_MEASURE_PEOPLE]);
	n[TL_MEASURE_DECLINED] = share(declined, n[TL_MEASURE_PEOPLE]);
	n[TL_MEASURE_BLOCKED] = share(blocked, n[TL_MEASURE_PEOPLE]);
	n[TL_MEASURE_FOLLOWED] = follows;
	n[TL_MEASURE_FOLLOW_MINORS] = share(follow_minors, follows);
	n[TL_MEASURE_AGE_GAP] = own == TL_AGE_UNKNOWN || youngest == TL_AGE_UNKNOWN
				    ? (double)NAN
				    : (own > youngest ? (double)own - (double)youngest : 0);
	for (int m = 0; m < TL_MEASURES; m++)
		c->f->v[m][w] = n[m];
}

/* First contacts within ten minutes: two fingers over the rows. */
static double
most_at_once(const struct counting *c, size_t begin)
{
	size_t tail = begin, now = 0, most = 0;
	for (size_t i = begin; i < c->seen->n; i++) {
		const struct tl_contact_row *r = &c->seen->rows[i];
		while (r->at - c->seen->rows[tail].at >= TL_CONTACT_BURST_US) {
			const struct tl_contact_row *t = &c->seen->rows[tail];
			now -= is_contact(t) && t->id == c->person[c->who[tail]].first_id;
			tail++;
		}
		now += is_contact(r) && r->id == c->person[c->who[i]].first_id;
		most = now > most ? now : most;
	}
	return (double)most;
}

/* Texts: three lanes of four, with the person that they were sent to. */
struct sent {
	uint64_t lanes;
	uint8_t left_out;
	uint32_t who;
};

static int
by_lanes(const void *va, const void *vb)
{
	const struct sent *a = va, *b = vb;
	if (a->left_out != b->left_out)
		return a->left_out < b->left_out ? -1 : 1;
	if (a->lanes != b->lanes)
		return a->lanes < b->lanes ? -1 : 1;
	return (a->who > b->who) - (a->who < b->who);
}

static int
same_text(const struct counting *c, struct tl_arena *a, size_t begin, double *ret)
{
	size_t n = 0, people = 0, most = 0;
	for (size_t i = begin; i < c->seen->n; i++)
		n += c->seen->rows[i].text != 0;
	*ret = 0;
	if (!n)
		return 0;
	struct sent *s = TL_NEWS(a, struct sent, n * LANES);
	if (!s)
		return tl_arena_check(a);
	n = 0;
	for (size_t i = begin; i < c->seen->n; i++) {
		uint64_t text = (uint64_t)c->seen->rows[i].text;
		for (unsigned k = 0; text && k < LANES; k++)
			s[n++] = (struct sent){text & ~(UINT64_C(0xffff) << (k * LANE_BITS)),
			    (uint8_t)k, c->who[i]};
	}
	qsort(s, n, sizeof *s, by_lanes);
	for (size_t i = 0; i < n; i++) {
		bool same =
		    i && s[i].left_out == s[i - 1].left_out && s[i].lanes == s[i - 1].lanes;
		people = !same ? 1 : people + (s[i].who != s[i - 1].who);
		most = people > most ? people : most;
	}
	*ret = (double)most;
	return 0;
}

/* Origins --------------------------------------------------------------------------------------------------------- */

struct places {
	const struct tl_contact_seen *seen;
	int64_t *used_at; /* of each row made from there: when the account was there last */
	uint32_t *from, *to;
	uint32_t senders, receivers;
};

static int
number_places(struct places *p, struct tl_arena *a)
{
	const struct tl_contact_seen *s = p->seen;
	struct ids senders, receivers;
	p->used_at = TL_NEWS(a, int64_t, s->n_origin + 1);
	p->from = TL_NEWS(a, uint32_t, s->n_origin + 1);
	p->to = TL_NEWS(a, uint32_t, s->n_origin + 1);
	int rc = tl_arena_check(a);
	if (rc == 0)
		rc = ids_begin(&senders, a, s->n_origin);
	if (rc == 0)
		rc = ids_begin(&receivers, a, s->n_origin);
	int64_t origin = 0, used = INT64_MIN;
	for (size_t i = 0; i < s->n_origin && rc == 0; i++) {
		const struct tl_contact_origin_row *r = &s->origin[i];
		if (r->origin != origin) { /* rows of one origin stand together */
			origin = r->origin;
			used = INT64_MIN;
			for (size_t k = s->n; k-- > 0 && used == INT64_MIN;)
				used = s->rows[k].origin == origin ? s->rows[k].at : used;
		}
		p->used_at[i] = used;
		p->from[i] = id_number(&senders, &r->from);
		p->to[i] = id_number(&receivers, &r->to);
		p->senders = senders.count;
		p->receivers = receivers.count;
	}
	return rc;
}

static int
count_places(
    struct counting *c, struct tl_arena *a, const struct places *p, int w, int64_t from)
{
	bool *sender = TL_NEWS(a, bool, p->senders + (size_t)1);
	bool *minor = TL_NEWS(a, bool, p->receivers + (size_t)1);
	double accounts = 0, minors = 0;
	if (!sender || !minor)
		return tl_arena_check(a);
	for (size_t i = 0; i < p->seen->n_origin; i++) {
		const struct tl_contact_origin_row *r = &p->seen->origin[i];
		if (r->at <= from || r->at > c->ask->now || p->used_at[i] <= from)
			continue;
		accounts += !sender[p->from[i]];
		sender[p->from[i]] = true;
		bool is = tl_contact_is_minor(r->to_band);
		minors += is && !minor[p->to[i]];
		minor[p->to[i]] = minor[p->to[i]] || is;
	}
	c->f->v[TL_MEASURE_ORIGIN_ACCOUNTS][w] = accounts;
	c->f->v[TL_MEASURE_ORIGIN_MINORS][w] = minors;
	return 0;
}

static int
count_window(struct counting *c, struct tl_arena *a, const struct places *p, int w)
{
	int64_t from = window_from(c->ask, w);
	size_t begin = first_after(c->seen, from);
	gather(c, begin);
	count_people(c, w, from);
	c->f->v[TL_MEASURE_BURST][w] = most_at_once(c, begin);
	int rc = same_text(c, a, begin, &c->f->v[TL_MEASURE_SAME_TEXT][w]);
	c->f->v[TL_MEASURE_ORIGIN_ACCOUNTS][w] = (double)NAN;
	c->f->v[TL_MEASURE_ORIGIN_MINORS][w] = (double)NAN;
	return rc == 0 && c->ask->origins ? count_places(c, a, p, w, from) : rc;
}

int
tl_contact_count(const struct tl_contact_seen *seen, const struct tl_contact_ask *ask,
    struct tl_arena *a, struct tl_contact_figures *ret)
{
	struct tl_contact_figures f = {.cut = seen->cut};
	struct counting c = {.seen = seen, .ask = ask, .f = &f};
	struct places p = {.seen = seen};
	int rc = number_people(&c, a);
	if (rc == 0)
		rc = number_places(&p, a);
	for (int w = 0; w < tl_contact_window_count && rc == 0; w++)
		rc = count_window(&c, a, &p, w);
	if (rc == 0)
		*ret = f;
	return rc;
}
