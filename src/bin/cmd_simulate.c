/*
 * `tutela simulate contacts`: made-up people go through the real log, the real count and the rules in force, in a scratch
 * folder; what was found of those who approach minors, and who was found besides, is told for each rule and each threshold.
 */
#include "bin/cli.h"
#include "bin/cli_rules.h"
#include "bin/sim_people.h"
#include "detect/contact/figures.h"
#include "store/accounts.h"
#include "sys/clock.h"

#include <ftw.h>
#include <math.h>
#include <stdlib.h>

#define EVENTS_OF_TX 20000
#define RULES_MAX 64
#define ARENA_BYTES ((size_t)64 << 20)
#define END_US (INT64_C(1790000000) * TL_US_S) /* made-up people live at a fixed time */
#define Z95 1.959964

/* One way to tell them apart, and whom it told. */
struct score {
	const char *name, *kind;
	bool held; /* of the account under way */
	int64_t hit[SIM_KINDS];
};

/* A figure from which on an account of full age is found. */
static const struct threshold {
	enum tl_contact_measure measure;
	enum tl_contact_window window;
	double least;
	bool refused;               /* and more than half did not let it in */
	enum tl_contact_measure of; /* and so many of these */
	double people;
} thresholds[] = {
    {TL_MEASURE_MINORS, TL_WINDOW_24H, 3, true, TL_MEASURE_PEOPLE, 0},
    {TL_MEASURE_MINORS, TL_WINDOW_24H, 5, true, TL_MEASURE_PEOPLE, 0},
    {TL_MEASURE_MINORS, TL_WINDOW_24H, 8, true, TL_MEASURE_PEOPLE, 0},
    {TL_MEASURE_MINORS, TL_WINDOW_24H, 5, false, TL_MEASURE_PEOPLE, 0},
    {TL_MEASURE_MINORS, TL_WINDOW_7D, 5, true, TL_MEASURE_PEOPLE, 0},
    {TL_MEASURE_MINORS, TL_WINDOW_7D, 10, true, TL_MEASURE_PEOPLE, 0},
    {TL_MEASURE_FIRST_MINORS, TL_WINDOW_30D, 10, true, TL_MEASURE_PEOPLE, 0},
    {TL_MEASURE_FIRST_MINORS, TL_WINDOW_30D, 20, true, TL_MEASURE_PEOPLE, 0},
    {TL_MEASURE_MINOR_SHARE, TL_WINDOW_7D, 0.8, true, TL_MEASURE_PEOPLE, 5},
    {TL_MEASURE_AFTER_REFUSAL, TL_WINDOW_7D, 1, false, TL_MEASURE_PEOPLE, 0},
    {TL_MEASURE_AFTER_REFUSAL, TL_WINDOW_7D, 2, false, TL_MEASURE_PEOPLE, 0},
    {TL_MEASURE_BLOCKED, TL_WINDOW_7D, 0.2, false, TL_MEASURE_PEOPLE, 5},
    {TL_MEASURE_OFF_MINORS, TL_WINDOW_7D, 1, false, TL_MEASURE_PEOPLE, 0},
    {TL_MEASURE_OFF_MINORS, TL_WINDOW_7D, 3, false, TL_MEASURE_PEOPLE, 0},
    {TL_MEASURE_SAME_TEXT, TL_WINDOW_24H, 5, false, TL_MEASURE_PEOPLE, 0},
    {TL_MEASURE_BURST, TL_WINDOW_24H, 5, false, TL_MEASURE_PEOPLE, 0},
    {TL_MEASURE_FOLLOW_MINORS, TL_WINDOW_30D, 0.6, false, TL_MEASURE_FOLLOWED, 10},
    {TL_MEASURE_FOLLOW_MINORS, TL_WINDOW_30D, 0.8, false, TL_MEASURE_FOLLOWED, 10},
    {TL_MEASURE_ORIGIN_MINORS, TL_WINDOW_7D, 8, true, TL_MEASURE_PEOPLE, 0},
};

struct sim {
	struct tl_cli *c;
	struct sim_plan plan;
	struct cli_rules rules;
	char dir[TL_PATH_MAX];
	struct tl_store *store;
	struct tl_db *db;
	struct tl_arena *arena; /* of one account, and within it of one moment */
	struct tl_arena *moment;
	int64_t events, in_tx;
	int64_t people[SIM_KINDS];
	struct score score[RULES_MAX + TL_COUNT(thresholds)];
	size_t n_rules, n;
};

/* The scratch folder ------------------------------------------------------------------------------------------------ */

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
sim_close(struct sim *s)
{
	if (s->db && tl_db_in_tx(s->db))
		tl_db_rollback(s->db);
	tl_db_close(s->db);
	tl_store_close(s->store);
	s->db = NULL;
	s->store = NULL;
}

static void
sim_end(struct sim *s)
{
	sim_close(s);
	if (s->dir[0])
		(void)nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	tl_arena_destroy(s->arena);
	tl_arena_destroy(s->moment);
	cli_rules_free(&s->rules);
}

static int
sim_open(struct sim *s)
{
	int rc = tl_store_open(s->dir, &s->store);
	return rc < 0 ? rc : tl_db_open(s->store, &s->db);
}

static int
scratch(struct sim *s)
{
	const char *place = cli_option(s->c, "scratch"), *tmp = getenv("TMPDIR");
	int n = snprintf(s->dir, sizeof s->dir, "%s/tutela-simulate-XXXXXX",
	    place ? place : (tmp && *tmp ? tmp : "/tmp"));
	if (n < 0 || (size_t)n >= sizeof s->dir || !mkdtemp(s->dir)) {
		s->dir[0] = '\0';
		return cli_fail(TL_EIO, "Name a folder with --scratch.",
		    "The scratch folder cannot be made");
	}
	int rc = tl_store_create(s->dir);
	return rc < 0 ? rc : sim_open(s);
}

/* Filling the log --------------------------------------------------------------------------------------------------- */

static int
put_event(void *ctx, const struct tl_contact_event *e)
{
	struct sim *s = ctx;
	int rc = 0;
	if (s->in_tx == EVENTS_OF_TX) {
		rc = tl_db_commit(s->db, TL_SYNC_NORMAL);
		if (rc == 0)
			rc = tl_db_begin(s->db);
		s->in_tx = 0;
	}
	s->in_tx++;
	s->events++;
	if (rc == 0)
		rc = e->outcome <= TL_RESULT_DENY ? tl_contact_log_add(s->db, e)
						  : tl_contact_log_outcome(s->db, e);
	return rc;
}

static int
fill(struct sim *s)
{
	int rc = tl_db_begin(s->db);
	if (rc == 0)
		rc = tl_platform_add(s->db, TL_S("made-up"), &s->plan.platform);
	for (uint32_t i = 0; i < s->plan.accounts && rc == 0; i++) {
		rc = sim_events(&s->plan, i, put_event, s);
		cli_progress("accounts live", i, s->plan.accounts);
	}
	cli_progress_end();
	return rc < 0 ? rc : tl_db_commit(s->db, TL_SYNC_NORMAL);
}

/* Judging ----------------------------------------------------------------------------------------------------------- */

static void
note_rules(struct sim *s, const struct tl_verdict *v)
{
	for (size_t i = 0; i < v->reason_count; i++)
		for (size_t k = 0; k < s->n_rules; k++)
			if (tl_str_is(v->reasons[i].rule, s->score[k].name) &&
			    !v->reasons[i].unknown)
				s->score[k].held = true;
}

static void
note_thresholds(struct sim *s, const struct tl_contact_figures *f)
{
	for (size_t i = 0; i < TL_COUNT(thresholds); i++) {
		const struct threshold *t = &thresholds[i];
		bool refused = f->v[TL_MEASURE_DECLINED][t->window] > 0.5;
		bool enough = f->v[t->of][t->window] >= t->people;
		if (f->v[t->measure][t->window] >= t->least && enough &&
		    (refused || !t->refused))
			s->score[s->n_rules + i].held = true;
	}
}

/* As the daemon would at `now`: with the rows that there were. */
static int
judge_at(struct sim *s, const struct tl_contact_seen *all, size_t n,
    const struct tl_contact_ask *ask)
{
	struct tl_contact_seen seen = *all;
	struct tl_contact_figures f;
	struct tl_verdict v = {.reason_count = 0};
	struct tl_account who = {.platform = ask->platform,
	    .id = ask->account,
	    .age_band = ask->band,
	    .age_assured = TL_ASSURED_DECLARED,
	    .created_at = END_US - 400 * TL_US_DAY,
	    .live = true};
	seen.n = n;
	tl_arena_reset(s->moment);
	int rc = tl_contact_count(&seen, ask, s->moment, &f);
	struct tl_rules_input in = {.account = &who, .contacts = &f, .now_us = ask->now};
	if (rc == 0)
		rc = tl_rules_account_verdict(s->rules.set, &in, s->moment, &v);
	if (rc < 0)
		return rc;
	note_rules(s, &v);
	if (ask->band == TL_AGE_18)
		note_thresholds(s, &f);
	return 0;
}

/* At the moments at which the daemon would: a little after an event, then not before the pause is over. */
static int
judge_account(struct sim *s, uint32_t i)
{
	struct tl_contact_seen seen;
	struct tl_contact_ask ask = {.platform = s->plan.platform,
	    .account = sim_id_of(&s->plan, i),
	    .band = sim_band_of(&s->plan, i),
	    .now = END_US,
	    .origins = true};
	int64_t last = 0;
	tl_arena_reset(s->arena);
	int rc = tl_contact_see(s->db, &ask, s->arena, &seen);
	for (size_t k = 0; rc == 0 && k < seen.n;) {
		int64_t due = seen.rows[k].at + TL_CONTACT_SETTLE_US;
		due = due > last + TL_CONTACT_PAUSE_US ? due : last + TL_CONTACT_PAUSE_US;
		while (k < seen.n && seen.rows[k].at <= due)
			k++;
		ask.now = last = due;
		rc = judge_at(s, &seen, k, &ask);
	}
	return rc;
}

static int
judge(struct sim *s)
{
	int rc = 0;
	for (uint32_t i = 0; i < s->plan.accounts && rc == 0; i++) {
		enum sim_kind kind = sim_kind_of(&s->plan, i);
		for (size_t k = 0; k < s->n; k++)
			s->score[k].held = false;
		rc = judge_account(s, i);
		s->people[kind]++;
		for (size_t k = 0; k < s->n; k++)
			s->score[k].hit[kind] += s->score[k].held;
		cli_progress("accounts judged", i, s->plan.accounts);
	}
	cli_progress_end();
	return rc;
}

/* Telling ----------------------------------------------------------------------------------------------------------- */

/* Wilson's interval of a share, 95 %. */
static void
interval(double k, double n, double *ret_low, double *ret_high)
{
	double p = n > 0 ? k / n : 0, z = Z95 * Z95 / n;
	double mid = (p + z / 2) / (1 + z),
	       half = Z95 * sqrt(p * (1 - p) / n + z / (4 * n)) / (1 + z);
	*ret_low = n > 0 ? fmax(0, mid - half) : 0;
	*ret_high = n > 0 ? fmin(1, mid + half) : 1;
}

static void
cell_share(struct cli_list *l, double k, double n)
{
	double low, high;
	char text[64];
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	interval(k, n, &low, &high);
	tl_buf_printf(
	    &b, "{\"value\":%.4f,\"low\":%.4f,\"high\":%.4f}", n > 0 ? k / n : 0, low, high);
	(void)snprintf(text, sizeof text, "%.2f (%.2f-%.2f)", n > 0 ? k / n : 0, low, high);
	cli_cell_json(l, n > 0 ? tl_buf_str(&b) : TL_S("null"), n > 0 ? text : "-");
}

static void
cell_who(struct cli_list *l, const struct sim *s, const struct score *sc)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf json = {0}, text = {0};
	tl_js_open(&json, NULL, '{');
	for (int k = 0; k < SIM_KINDS; k++) {
		tl_js_open(&json, sim_kinds[k].name, '{');
		tl_js_int(&json, "found", sc->hit[k]);
		tl_js_int(&json, "of", s->people[k]);
		tl_js_close(&json, '}');
		if (sc->hit[k])
			tl_buf_printf(&text, "%s%s %lld/%lld", text.n ? ", " : "",
			    sim_kinds[k].name, (long long)sc->hit[k], (long long)s->people[k]);
	}
	tl_js_close(&json, '}');
	cli_cell_json(l, tl_buf_str(&json), tl_buf_z(&text));
}

static void
tell_score(struct cli_list *l, const struct sim *s, const struct score *sc, double one_in)
{
	double found = 0, alarms = 0, approach = 0, others = 0;
	for (int k = 0; k < SIM_KINDS; k++) {
		bool is = sim_kinds[k].approach;
		found += is ? (double)sc->hit[k] : 0;
		alarms += is ? 0 : (double)sc->hit[k];
		approach += is ? (double)s->people[k] : 0;
		others += is ? 0 : (double)s->people[k];
	}
	double recall = approach > 0 ? found / approach : 0;
	double wrong = others > 0 ? alarms / others : 0, rare = 1 / one_in;
	double right = recall * rare + wrong * (1 - rare);
	cli_cell_z(l, sc->kind);
	cli_cell_z(l, sc->name);
	cell_share(l, found, approach);
	cell_share(l, found, found + alarms);
	cli_cell_num(l, right > 0 ? round(recall * rare / right * 1e4) / 1e4 : 0);
	cell_who(l, s, sc);
}

static void
tell(struct sim *s, double one_in)
{
	static const char *const columns[] = {
	    "kind", "what", "recall", "precision", "precision_if_rare", "who", NULL};
	struct cli_list l;
	cli_say(s->c,
	    "Made up: %lld accounts, %d days, %lld events, seed %llu; texts of private "
	    "messages %s.",
	    (long long)s->plan.accounts, s->plan.days, (long long)s->events,
	    (unsigned long long)s->plan.seed, s->plan.texts ? "looked at" : "not looked at");
	for (int k = 0; k < SIM_KINDS; k++)
		cli_say(s->c, "  %-9s %6lld%s  %s", sim_kinds[k].name, (long long)s->people[k],
		    sim_kinds[k].approach ? " *" : "  ", sim_kinds[k].what);
	cli_say(s->c,
	    "* is what is to be found. Shares with their 95 %% interval; precision_if_rare: if "
	    "one in %.0f "
	    "accounts were like that. Invented behaviour is not reality.",
	    one_in);
	cli_list_begin(&l, s->c, "simulated", columns);
	for (size_t i = 0; i < s->n; i++)
		tell_score(&l, s, &s->score[i], one_in);
	cli_list_end(&l, "No rule asks about contacts.");
}

/* ---------------------------------------------------------------------------------------------------------------------- */

/* A row for each rule that is asked of accounts, and one for each threshold. */
static int
name_scores(struct sim *s)
{
	for (size_t i = 0; i < tl_rules_count(s->rules.set); i++) {
		struct tl_rule_view v;
		tl_rules_view(s->rules.set, i, END_US, &v);
		if (!tl_rules_of_account(s->rules.set, i) || s->n == RULES_MAX)
			continue;
		s->score[s->n++] =
		    (struct score){.name = tl_arena_printf(s->c->arena, "%.*s", TL_ARG(v.name)),
			.kind = "rule"};
	}
	s->n_rules = s->n;
	for (size_t i = 0; i < TL_COUNT(thresholds); i++) {
		const struct threshold *t = &thresholds[i];
		const char *people = t->people > 0
					 ? tl_arena_printf(s->c->arena, ", %s >= %g",
					       tl_contact_measure_names[t->of], t->people)
					 : "";
		s->score[s->n++] = (struct score){.kind = "threshold",
		    .name = tl_arena_printf(s->c->arena, "%s(%s) >= %g%s%s",
			tl_contact_measure_names[t->measure],
			tl_contact_window_names[t->window], t->least,
			t->refused ? ", most refused" : "", people)};
	}
	return tl_arena_check(s->c->arena);
}

static int
simulate(struct sim *s, int64_t one_in)
{
	int rc = cli_rules_load(s->c, cli_option(s->c, "rules"), &s->rules);
	if (rc < 0) {
		tl_buf_put(&s->c->out, s->rules.report.text.p, s->rules.report.text.n);
		return rc;
	}
	rc = name_scores(s);
	if (rc == 0)
		rc = scratch(s);
	if (rc == 0)
		rc = fill(s);
	sim_close(s); /* nothing but the rows is carried over */
	if (rc == 0)
		rc = sim_open(s);
	if (rc == 0)
		rc = judge(s);
	if (rc == 0)
		tell(s, (double)one_in);
	return rc;
}

int
cmd_simulate_contacts(struct tl_cli *c)
{
	int64_t accounts = 5000, days = 30, seed = 1, one_in = 10000;
	int rc = cli_option_int(c, "accounts", 1000, 1000000, &accounts);
	if (rc == 0)
		rc = cli_option_int(c, "days", 7, 365, &days);
	if (rc == 0)
		rc = cli_option_int(c, "seed", 0, INT64_MAX, &seed);
	if (rc == 0)
		rc = cli_option_int(c, "one-in", 2, 100000000, &one_in);
	if (rc < 0)
		return rc;
	struct sim *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->c = c;
	s->plan = (struct sim_plan){.seed = (uint64_t)seed,
	    .accounts = (uint32_t)accounts,
	    .end_us = END_US,
	    .days = (int)days,
	    .texts = cli_option(c, "texts") != NULL,
	    .key = {{'m', 'a', 'd', 'e', ' ', 'u', 'p'}}};
	s->arena = tl_arena_create(ARENA_BYTES);
	s->moment = tl_arena_create(ARENA_BYTES);
	rc = simulate(s, one_in);
	sim_end(s);
	free(s);
	return rc;
}
