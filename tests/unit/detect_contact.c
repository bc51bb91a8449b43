/*
 * Patterns of approach: every figure against a naive count written from the definitions of figures.h, over made-up logs with
 * ties and edges; the same after the store was closed and opened; what is told; what erasure leaves.
 */
#include "detect/contact/figures.h"
#include "detect/contact/text.h"
#include "detect/contact/told.h"
#include "sys/clock.h"

#include "unit_store.h"

#include <math.h>

#define ROWS 160
#define PEOPLE 12
#define NOW (INT64_C(1790000000) * TL_US_S)

struct world {
	struct tl_contact_row row[ROWS];
	size_t n;
	struct tl_contact_origin_row origin[ROWS];
	size_t n_origin;
	struct tl_contact_ask ask;
};

/* The naive count --------------------------------------------------------------------------------------------------- */

static bool
contact(const struct tl_contact_row *r)
{
	return r->outcome == TL_RESULT_ALLOW || r->outcome == TL_RESULT_REQUEST ||
	       r->outcome == TL_RESULT_DENY;
}

static bool
same(struct tl_id a, struct tl_id b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

static int64_t
from_of(const struct world *w, int window)
{
	static const int64_t hours[] = {1, 24, 7 * 24, 30 * 24};
	int64_t from = w->ask.now - hours[window] * TL_US_HOUR;
	return from > w->ask.since ? from : w->ask.since;
}

/* The newest contact with the person within the window; -1: none. */
static int
last_in(const struct world *w, struct tl_id who, int64_t from)
{
	int last = -1;
	for (size_t i = 0; i < w->n; i++)
		if (same(w->row[i].to, who) && contact(&w->row[i]) && w->row[i].at > from)
			last = (int)i;
	return last;
}

static bool
counted_once(const struct world *w, size_t i, int64_t from)
{
	return last_in(w, w->row[i].to, from) == (int)i;
}

/* 0 let in, 1 the gate's no, 2 refused, 3 blocked. */
static int
word_of(const struct world *w, struct tl_id who, int64_t from)
{
	int word = 0;
	for (size_t i = 0; i < w->n; i++) {
		const struct tl_contact_row *r = &w->row[i];
		if (!same(r->to, who) || r->at <= from)
			continue;
		if (r->outcome == TL_RESULT_ACCEPTED ||
		    (r->outcome == TL_RESULT_ALLOW && word == 1))
			word = 0;
		if (r->outcome == TL_RESULT_DENY && word < 1)
			word = 1;
		if (r->outcome == TL_RESULT_DECLINED && word < 2)
			word = 2;
		if (r->outcome == TL_RESULT_BLOCKED || r->outcome == TL_RESULT_REPORTED)
			word = 3;
	}
	return word;
}

static bool
first_ever(const struct world *w, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same(w->row[k].to, w->row[i].to) && contact(&w->row[k]))
			return false;
	return contact(&w->row[i]);
}

static bool
after_refusal(const struct world *w, size_t i)
{
	bool refused = false;
	for (size_t k = 0; k < i; k++) {
		if (!same(w->row[k].to, w->row[i].to))
			continue;
		if (w->row[k].outcome >= TL_RESULT_DECLINED)
			refused = true;
		if (w->row[k].outcome == TL_RESULT_ACCEPTED)
			refused = false;
	}
	return refused && contact(&w->row[i]);
}

/* Any contact with them in the window of which `fn` says so. */
static bool
any(const struct world *w, struct tl_id who, int64_t from,
    bool (*fn)(const struct world *w, size_t i))
{
	for (size_t i = 0; i < w->n; i++)
		if (same(w->row[i].to, who) && w->row[i].at > from && contact(&w->row[i]) &&
		    fn(w, i))
			return true;
	return false;
}

static bool
leads_off(const struct world *w, size_t i)
{
	return (w->row[i].flags & (TL_CONTACT_HAS_LINK | TL_CONTACT_HAS_HANDLE)) != 0;
}

static bool
is_follow(const struct world *w, size_t i)
{
	return w->row[i].kind == TL_CONTACT_FOLLOW;
}

static void
naive_people(const struct world *w, int window, double n[TL_MEASURES])
{
	int64_t from = from_of(w, window);
	double declined = 0, blocked = 0, follows = 0, follow_minors = 0;
	int youngest = 99;
	for (size_t i = 0; i < w->n; i++) {
		if (!counted_once(w, i, from))
			continue;
		struct tl_id who = w->row[i].to;
		enum tl_age_band band = w->row[i].to_band;
		bool minor =
		    band == TL_AGE_UNDER_13 || band == TL_AGE_13_15 || band == TL_AGE_16_17;
		bool first = any(w, who, from, first_ever);
		n[TL_MEASURE_PEOPLE]++;
		n[TL_MEASURE_MINORS] += minor;
		n[TL_MEASURE_UNKNOWN] += band == TL_AGE_UNKNOWN;
		n[TL_MEASURE_FIRST] += first;
		n[TL_MEASURE_FIRST_MINORS] += first && minor;
		n[TL_MEASURE_OFF] += any(w, who, from, leads_off);
		n[TL_MEASURE_OFF_MINORS] += minor && any(w, who, from, leads_off);
		n[TL_MEASURE_AFTER_REFUSAL] += any(w, who, from, after_refusal);
		declined += word_of(w, who, from) > 0;
		blocked += word_of(w, who, from) == 3;
		follows += any(w, who, from, is_follow);
		follow_minors += minor && any(w, who, from, is_follow);
		if (band != TL_AGE_UNKNOWN && (int)band < youngest)
			youngest = (int)band;
	}
	double people = n[TL_MEASURE_PEOPLE];
	n[TL_MEASURE_MINOR_SHARE] = people > 0 ? n[TL_MEASURE_MINORS] / people : (double)NAN;
	n[TL_MEASURE_DECLINED] = people > 0 ? declined / people : (double)NAN;
	n[TL_MEASURE_BLOCKED] = people > 0 ? blocked / people : (double)NAN;
	n[TL_MEASURE_FOLLOWED] = follows;
	n[TL_MEASURE_FOLLOW_MINORS] = follows > 0 ? follow_minors / follows : (double)NAN;
	n[TL_MEASURE_AGE_GAP] = (double)NAN;
	if (youngest < 99 && w->ask.band != TL_AGE_UNKNOWN)
		n[TL_MEASURE_AGE_GAP] =
		    (int)w->ask.band > youngest ? (int)w->ask.band - youngest : 0;
}

static double
naive_burst(const struct world *w, int64_t from)
{
	int most = 0;
	for (size_t i = 0; i < w->n; i++) {
		int now = 0;
		for (size_t k = 0; k < w->n; k++)
			now += w->row[k].at > from && first_ever(w, k) &&
			       w->row[k].at <= w->row[i].at &&
			       w->row[i].at - w->row[k].at < 10 * TL_US_MIN;
		most = now > most ? now : most;
	}
	return most;
}

static bool
alike(int64_t a, int64_t b, unsigned left_out)
{
	uint64_t keep = ~(UINT64_C(0xffff) << (16 * left_out));
	return ((uint64_t)a & keep) == ((uint64_t)b & keep);
}

static double
naive_text(const struct world *w, int64_t from)
{
	int most = 0;
	for (size_t i = 0; i < w->n; i++) {
		for (unsigned lane = 0; lane < 4 && w->row[i].text && w->row[i].at > from;
		     lane++) {
			int people = 0;
			for (size_t k = 0; k < w->n; k++) {
				bool before = false;
				bool is = w->row[k].text && w->row[k].at > from &&
					  alike(w->row[k].text, w->row[i].text, lane);
				for (size_t j = 0; j < k; j++)
					before =
					    before ||
					    (w->row[j].text && w->row[j].at > from &&
						same(w->row[j].to, w->row[k].to) &&
						alike(w->row[j].text, w->row[i].text, lane));
				people += is && !before;
			}
			most = people > most ? people : most;
		}
	}
	return most;
}

static bool
used(const struct world *w, int64_t origin, int64_t from)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->row[i].origin == origin && w->row[i].at > from)
			return true;
	return false;
}

static void
naive_places(const struct world *w, int64_t from, double n[TL_MEASURES])
{
	for (size_t i = 0; i < w->n_origin; i++) {
		const struct tl_contact_origin_row *r = &w->origin[i];
		bool sender = false, minor = false;
		if (r->at <= from || !used(w, r->origin, from))
			continue;
		for (size_t k = 0; k < i; k++) {
			const struct tl_contact_origin_row *o = &w->origin[k];
			if (o->at <= from || !used(w, o->origin, from))
				continue;
			sender = sender || same(o->from, r->from);
			minor =
			    minor || (same(o->to, r->to) && tl_contact_is_minor(o->to_band));
		}
		n[TL_MEASURE_ORIGIN_ACCOUNTS] += !sender;
		n[TL_MEASURE_ORIGIN_MINORS] += tl_contact_is_minor(r->to_band) && !minor;
	}
}

static void
compare(const struct world *w, const struct tl_contact_figures *f)
{
	for (int window = 0; window < tl_contact_window_count; window++) {
		double n[TL_MEASURES] = {0};
		naive_people(w, window, n);
		n[TL_MEASURE_BURST] = naive_burst(w, from_of(w, window));
		n[TL_MEASURE_SAME_TEXT] = naive_text(w, from_of(w, window));
		naive_places(w, from_of(w, window), n);
		for (int m = 0; m < TL_MEASURES; m++) {
			double got = f->v[m][window];
			if (isnan(n[m]) ? !isnan(got) : !(fabs(n[m] - got) < 1e-9))
				fail_msg("%s(%s): %g, not %g", tl_contact_measure_names[m],
				    tl_contact_window_names[window], got, n[m]);
		}
	}
}

/* Made-up logs ------------------------------------------------------------------------------------------------------ */

static struct tl_id
person(uint32_t i)
{
	struct tl_id id = {{0}};
	id.b[0] = 7;
	id.b[14] = (uint8_t)(i * 37);
	id.b[15] = (uint8_t)i;
	return id;
}

/* Often at the very edge of a window, often at the same moment. */
static int64_t
moment(uint32_t *seed)
{
	static const int64_t edge[] = {TL_US_HOUR, TL_US_DAY, 7 * TL_US_DAY, 30 * TL_US_DAY};
	if (unit_random(seed) % 4 == 0)
		return NOW - edge[unit_random(seed) % 4] + (int64_t)(unit_random(seed) % 3) - 1;
	if (unit_random(seed) % 3 == 0)
		return NOW - (int64_t)(unit_random(seed) % 90) * TL_US_MIN;
	return NOW - (int64_t)(unit_random(seed) % 4000) * 15 * TL_US_MIN;
}

static int
by_time(const void *va, const void *vb)
{
	const struct tl_contact_row *a = va, *b = vb;
	return a->at != b->at ? (a->at > b->at) - (a->at < b->at)
			      : (a->id > b->id) - (a->id < b->id);
}

static int
by_origin(const void *va, const void *vb)
{
	const struct tl_contact_origin_row *a = va, *b = vb;
	return (a->origin > b->origin) - (a->origin < b->origin);
}

static void
make_world(struct world *w, uint32_t *seed)
{
	memset(w, 0, sizeof *w);
	w->n = unit_random(seed) % ROWS;
	w->ask.now = NOW;
	w->ask.origins = true;
	w->ask.band = (enum tl_age_band)(unit_random(seed) % tl_age_band_count);
	if (unit_random(seed) % 4 == 0)
		w->ask.since = moment(seed);
	for (size_t i = 0; i < w->n; i++) {
		struct tl_contact_row *r = &w->row[i];
		*r = (struct tl_contact_row){.id = (int64_t)i + 1,
		    .at = moment(seed),
		    .to = person(unit_random(seed) % PEOPLE),
		    .kind = (enum tl_contact_kind)(unit_random(seed) % tl_contact_kind_count),
		    .outcome =
			(enum tl_contact_result)(unit_random(seed) % tl_contact_result_count),
		    .to_band = (enum tl_age_band)(unit_random(seed) % tl_age_band_count),
		    .flags = unit_random(seed) % 8};
		if (!contact(r)) {
			r->flags = 0;
			continue;
		}
		for (unsigned lane = 0; lane < 4 && unit_random(seed) % 8; lane++)
			r->text |=
			    (int64_t)((uint64_t)(1 + unit_random(seed) % 2) << (16 * lane));
		r->origin = unit_random(seed) % 4;
	}
	qsort(w->row, w->n, sizeof *w->row, by_time);
	w->n_origin = unit_random(seed) % ROWS;
	for (size_t i = 0; i < w->n_origin; i++)
		w->origin[i] = (struct tl_contact_origin_row){.at = moment(seed),
		    .origin = 1 + unit_random(seed) % 3,
		    .from = person(100 + unit_random(seed) % 5),
		    .to = person(unit_random(seed) % PEOPLE),
		    .to_band = (enum tl_age_band)(unit_random(seed) % tl_age_band_count)};
	qsort(w->origin, w->n_origin, sizeof *w->origin, by_origin);
}

static void
t_every_figure_equals_the_naive_count(void **state)
{
	(void)state;
	uint32_t seed = 20260731;
	struct tl_arena *a = tl_arena_create(8 << 20);
	struct world *w = calloc(1, sizeof *w);
	assert_non_null(w);
	for (int i = 0; i < 400; i++) {
		struct tl_contact_figures f;
		make_world(w, &seed);
		struct tl_contact_seen seen = {w->row, w->n, w->origin, w->n_origin, false};
		tl_arena_reset(a);
		assert_int_equal(tl_contact_count(&seen, &w->ask, a, &f), 0);
		compare(w, &f);
	}
	free(w);
	tl_arena_destroy(a);
}

/* Through the store ------------------------------------------------------------------------------------------------- */

static void
put_world(struct unit_store *s, const struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct tl_contact_row *r = &w->row[i];
		struct tl_contact_event e = {.platform = s->platform,
		    .at = r->at,
		    .from = w->ask.account,
		    .to = r->to,
		    .kind = r->kind,
		    .outcome = r->outcome,
		    .to_band = r->to_band,
		    .flags = r->flags,
		    .text = r->text,
		    .origin = r->origin};
		assert_int_equal(contact(r) ? tl_contact_log_add(s->db, &e)
					    : tl_contact_log_outcome(s->db, &e),
		    0);
	}
}

static void
reopen(struct unit_store *s)
{
	tl_db_close(s->db);
	tl_store_close(s->store);
	assert_int_equal(tl_store_open(s->dir, &s->store), 0);
	assert_int_equal(tl_db_open(s->store, &s->db), 0);
}

/* Rows of accounts that have nothing to do with it stand between; a restart changes nothing. */
static void
t_figures_survive_a_restart(void **state)
{
	struct unit_store *s = *state;
	struct world *w = calloc(2, sizeof *w);
	assert_non_null(w);
	uint32_t seed = 4711;
	for (int i = 0; i < 6; i++) {
		struct tl_contact_figures f;
		make_world(&w[0], &seed);
		make_world(&w[1], &seed);
		w[0].ask.platform = s->platform;
		w[0].ask.account = person(200 + (uint32_t)i);
		w[1].ask.account = person(220 + (uint32_t)i);
		for (size_t k = 0; k < w[0].n; k++)
			w[0].row[k].origin += w[0].row[k].origin ? 10 * i : 0;
		for (size_t k = 0; k < w[1].n; k++)
			w[1].row[k].origin = 0;
		unit_begin(s->db);
		put_world(s, &w[0]);
		put_world(s, &w[1]);
		unit_commit(s->db);
		reopen(s);
		struct tl_contact_seen seen;
		tl_arena_reset(s->arena);
		assert_int_equal(tl_contact_see(s->db, &w[0].ask, s->arena, &seen), 0);
		assert_int_equal(tl_contact_count(&seen, &w[0].ask, s->arena, &f), 0);
		assert_int_equal(seen.n, w[0].n);
		/* What came from its places is what it made itself. */
		w[0].n_origin = 0;
		for (size_t k = 0; k < w[0].n; k++)
			if (w[0].row[k].origin)
				w[0].origin[w[0].n_origin++] = (struct tl_contact_origin_row){
				    w[0].row[k].at, w[0].row[k].origin, w[0].ask.account,
				    w[0].row[k].to, w[0].row[k].to_band};
		compare(&w[0], &f);
	}
	free(w);
}

static void
t_several_accounts_of_one_place_are_seen(void **state)
{
	struct unit_store *s = *state;
	struct tl_contact_figures f;
	struct tl_contact_seen seen;
	int64_t now = tl_now_us();
	unit_begin(s->db);
	for (uint32_t i = 0; i < 5; i++) {
		struct tl_contact_event e = {.platform = s->platform,
		    .at = now - TL_US_MIN,
		    .from = person(100 + i),
		    .to = person(i),
		    .outcome = TL_RESULT_DENY,
		    .to_band = i ? TL_AGE_13_15 : TL_AGE_18,
		    .origin = -99};
		assert_int_equal(tl_contact_log_add(s->db, &e), 0);
	}
	unit_commit(s->db);
	struct tl_contact_ask ask = {.platform = s->platform,
	    .account = person(100),
	    .band = TL_AGE_18,
	    .now = now,
	    .origins = true};
	assert_int_equal(tl_contact_see(s->db, &ask, s->arena, &seen), 0);
	assert_int_equal(tl_contact_count(&seen, &ask, s->arena, &f), 0);
	assert_true(f.v[TL_MEASURE_ORIGIN_ACCOUNTS][TL_WINDOW_1H] == 5);
	assert_true(f.v[TL_MEASURE_ORIGIN_MINORS][TL_WINDOW_1H] == 4);
	assert_true(f.v[TL_MEASURE_MINORS][TL_WINDOW_1H] == 0);
	ask.origins = false;
	assert_int_equal(tl_contact_see(s->db, &ask, s->arena, &seen), 0);
	assert_int_equal(tl_contact_count(&seen, &ask, s->arena, &f), 0);
	assert_true(isnan(f.v[TL_MEASURE_ORIGIN_ACCOUNTS][TL_WINDOW_1H]));
}

static void
t_what_is_told_is_bounded_and_says_so(void **state)
{
	(void)state;
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	struct tl_contact_row row[60];
	for (uint32_t i = 0; i < 60; i++)
		row[i] = (struct tl_contact_row){.id = i,
		    .at = NOW - TL_US_HOUR + i,
		    .to = person(1),
		    .flags = TL_CONTACT_HAS_LINK};
	row[0].at = NOW - 30 * TL_US_DAY; /* a moment too old */
	struct tl_contact_seen seen = {.rows = row, .n = 60};
	tl_js_open(&b, NULL, '{');
	tl_contact_told_json(&b, "contacts", &seen, NOW);
	tl_js_close(&b, '}');
	const char *z = tl_buf_z(&b);
	assert_non_null(strstr(z, "\"count\":59,\"shown\":50,\"events\":[{\"id\":59,"));
	assert_non_null(strstr(z, "\"age_band\":\"unknown\",\"kind\":\"message\","
				  "\"outcome\":\"allow\",\"has\":[\"link\"]}"));
	assert_null(strstr(z, "\"id\":9,"));
}

/* Texts ------------------------------------------------------------------------------------------------------------- */

static const struct tl_key text_key = {{9, 8, 7}};

static struct tl_contact_text
read_text(const char *z)
{
	struct tl_contact_text t;
	tl_contact_text(&text_key, tl_str(z), &t);
	return t;
}

static void
t_what_leads_away_is_seen(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned flags;
	} rows[] = {
	    {"see you at school tomorrow, bring the book", 0},
	    {"my dog is on the sofa. me too", 0},
	    {"e.g. this costs 12.50 or 1.000", 0},
	    {"we play discord games a lot in our street on sundays", 0},
	    {"look at https://example.org/page", TL_CONTACT_HAS_LINK},
	    {"HTTP://EXAMPLE.ORG", TL_CONTACT_HAS_LINK},
	    {"go to www.example.org", TL_CONTACT_HAS_LINK},
	    {"all on example.com now", TL_CONTACT_HAS_LINK},
	    {"Add me on Snap demo_name", TL_CONTACT_HAS_HANDLE},
	    {"schreib mir auf Telegram", TL_CONTACT_HAS_HANDLE},
	    {"ajoute-moi sur insta", TL_CONTACT_HAS_HANDLE},
	    {"i am @demo_name there", TL_CONTACT_HAS_HANDLE},
	    {"call +49 (30) 123 45 678", TL_CONTACT_HAS_HANDLE},
	    {"in 2026 we were 12 people", 0},
	    {"mail demo@example.org", TL_CONTACT_HAS_HANDLE | TL_CONTACT_HAS_LINK},
	};
	for (size_t i = 0; i < TL_COUNT(rows); i++)
		if (read_text(rows[i].text).flags != rows[i].flags)
			fail_msg("%s: %u", rows[i].text, read_text(rows[i].text).flags);
}

static int
lanes_alike(int64_t a, int64_t b)
{
	int n = 0;
	for (unsigned k = 0; k < 4; k++)
		n += (((uint64_t)a ^ (uint64_t)b) >> (16 * k) & 0xffff) == 0;
	return n;
}

static void
t_nearly_the_same_text_is_known_again(void **state)
{
	(void)state;
	int64_t a =
	    read_text("Hello, you look nice. How old are you, and where do you live?").sketch;
	assert_true(a != 0);
	assert_true(
	    a == read_text("hello you look NICE!!! how old are you and where do you live 16")
		     .sketch);
	assert_true(
	    lanes_alike(
		a, read_text("The train to the coast leaves from platform seven").sketch) < 3);
	assert_true(read_text("hi there you").sketch == 0);
	assert_true(read_text("hey hey hey hey hey").sketch == 0);
	assert_true(read_text("").sketch == 0);
	struct tl_contact_text other;
	static const struct tl_key key = {{1}};
	tl_contact_text(&key,
	    TL_S("Hello, you look nice. How old are you, and where do you live?"), &other);
	assert_true(lanes_alike(a, other.sketch) < 3);
	/* One word of thirty differs: alike in three lanes, as often as not at least. */
	int alike = 0;
	for (int i = 0; i < 50; i++) {
		char z[400];
		(void)snprintf(z, sizeof z,
		    "dear name%c%c we are a small shop that sells made up things for every "
		    "home and garden in town so "
		    "come by and look around whenever you like",
		    'a' + i % 26, 'a' + i / 26);
		alike += lanes_alike(read_text(z).sketch,
			     read_text("dear friend we are a small shop that sells made up "
				       "things for every home and garden in town so "
				       "come by and look around whenever you like")
				 .sketch) >= 3;
	}
	assert_true(alike >= 40);
}

static void
t_an_origin_is_keyed_and_belongs_to_a_platform(void **state)
{
	(void)state;
	static const struct tl_key other = {{1}};
	int64_t a = tl_contact_origin(&text_key, 1, TL_S("device-1"));
	assert_true(a == tl_contact_origin(&text_key, 1, TL_S("device-1")));
	assert_true(a != tl_contact_origin(&text_key, 2, TL_S("device-1")));
	assert_true(a != tl_contact_origin(&text_key, 1, TL_S("device-2")));
	assert_true(a != tl_contact_origin(&other, 1, TL_S("device-1")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_every_figure_equals_the_naive_count),
	    cmocka_unit_test_setup_teardown(
		t_figures_survive_a_restart, unit_store_setup, unit_store_teardown),
	    cmocka_unit_test_setup_teardown(t_several_accounts_of_one_place_are_seen,
		unit_store_setup, unit_store_teardown),
	    cmocka_unit_test(t_what_is_told_is_bounded_and_says_so),
	    cmocka_unit_test(t_what_leads_away_is_seen),
	    cmocka_unit_test(t_nearly_the_same_text_is_known_again),
	    cmocka_unit_test(t_an_origin_is_keyed_and_belongs_to_a_platform),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
