/*
 * Ages in the store.
 *
 * Promises: the accepted band, its history and the events about it are of one transaction; a statement that only repeats
 * what is known leaves no row; accounts.birth_month never holds more than a year and a month, because a month is all that
 * comes through here. Failures: FIELD and CONFLICT of core/age.c, the store's. Called by the API and the clerk.
 */
#include "minors/age.h"

#include "base/arena.h"
#include "base/buf.h"
#include "minors/due.h"
#include "minors/guardians.h"
#include "minors/history.h"
#include "minors/settings.h"
#include "minors/tell.h"
#include "store/accounts.h"

#define ARENA_BYTES ((size_t)1 << 16)

/* Rows ------------------------------------------------------------------------------------------------------------ */

static int
word(const char *const *names, struct tl_str s, int *ret)
{
	*ret = 0;
	if (s.n && tl_word_parse(names, s, ret) < 0)
		return tl_fail(TL_ECORRUPT, "the store holds an unknown word");
	return 0;
}

static int
read_age(const struct tl_row *r, struct tl_age *ret)
{
	int state = 0, band = 0, assured = 0, offer = 0, before = 0;
	struct tl_str birth = tl_col_str(r, 4);
	int rc = word(tl_age_state_names, tl_col_str(r, 0), &state);
	if (rc == 0)
		rc = word(tl_age_band_names, tl_col_str(r, 1), &band);
	if (rc == 0)
		rc = word(tl_age_assured_names, tl_col_str(r, 2), &assured);
	if (rc == 0)
		rc = word(tl_age_band_names, tl_col_str(r, 6), &offer);
	if (rc == 0)
		rc = word(tl_age_band_names, tl_col_str(r, 7), &before);
	if (rc < 0)
		return rc;
	*ret = (struct tl_age){.state = (enum tl_age_state)state,
	    .band = (enum tl_age_band)band,
	    .assured = (enum tl_age_assured)assured,
	    .confidence = tl_col_null(r, 3) ? TL_AGE_NO_CONFIDENCE : (int)tl_col_int(r, 3),
	    .since = tl_col_int(r, 5),
	    .offer = (enum tl_age_band)offer,
	    .before = (enum tl_age_band)before,
	    .due = tl_col_int(r, 8)};
	return birth.n ? tl_month_parse(birth, &ret->birth) : 0;
}

static int
load_said(struct tl_db *db, int64_t platform, struct tl_id account, struct tl_age *a)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_AGE_SAID, A_INT(platform), A_ID(account));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		int by = 0, band = 0;
		rc = word(tl_age_assured_names, tl_col_str(&r, 0), &by);
		if (rc == 0)
			rc = word(tl_age_band_names, tl_col_str(&r, 1), &band);
		if (rc < 0)
			break;
		a->said[by] = (struct tl_age_said){true, (enum tl_age_band)band,
		    tl_col_int(&r, 2) != 0, tl_col_int(&r, 3) != 0, tl_col_int(&r, 4)};
	}
	tl_row_end(&r);
	return rc;
}

int
tl_age_load(struct tl_db *db, int64_t platform, struct tl_id account, struct tl_age *ret)
{
	struct tl_row r;
	struct tl_age a = {.confidence = TL_AGE_NO_CONFIDENCE};
	int rc = tl_db_first(db, &r, TL_SQL_AGE_GET, A_INT(platform), A_ID(account));
	if (rc == 0) {
		rc = read_age(&r, &a);
		tl_row_end(&r);
		if (rc == 0)
			rc = load_said(db, platform, account, &a);
	}
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	if (a.state == TL_AGES_UNKNOWN && a.band != TL_AGE_UNKNOWN)
		a.state = TL_AGES_HELD; /* put there without a word on how */
	*ret = a;
	return 0;
}

static struct tl_arg
band0(enum tl_age_band band)
{
	return band == TL_AGE_UNKNOWN ? A_NULL : A_Z(tl_age_band_names[band]);
}

static int
keep_said(struct tl_db *db, const struct tl_account *who, const struct tl_age *a)
{
	int rc = tl_db_run(db, TL_SQL_AGE_SAID_ERASE, A_INT(who->platform), A_ID(who->id));
	for (int i = 0; rc >= 0 && i < tl_age_assured_count; i++) {
		const struct tl_age_said *s = &a->said[i];
		if (s->is)
			rc = tl_db_run(db, TL_SQL_AGE_SAID_ADD, A_INT(who->platform),
			    A_ID(who->id), A_Z(tl_age_assured_names[i]),
			    A_Z(tl_age_band_names[s->band]), A_INT(s->weak), A_INT(s->lowered),
			    A_INT(s->at));
	}
	return rc < 0 ? rc : 0;
}

static int
keep(struct tl_db *db, const struct tl_account *who, const struct tl_age *a)
{
	char birth[8] = "";
	if (a->birth)
		tl_month_text(birth, a->birth);
	int rc = tl_db_run(db, TL_SQL_AGE_SET, A_INT(who->platform), A_ID(who->id),
	    A_Z(tl_age_state_names[a->state]), A_Z(tl_age_band_names[a->band]),
	    A_Z(tl_age_assured_names[a->assured]),
	    a->confidence == TL_AGE_NO_CONFIDENCE ? A_NULL : A_INT(a->confidence),
	    A_TEXT0(tl_str(birth)), A_INT0(a->since), band0(a->offer), band0(a->before),
	    A_INT0(a->due));
	return rc < 0 ? rc : 0;
}

/* What follows a change -------------------------------------------------------------------------------------------- */

struct change {
	struct tl_db *db;
	const struct tl_policy_set *set;
	struct tl_arena *arena;
	struct tl_account *who;
	struct tl_age was, is;
	struct tl_minors_account before; /* the settings' answers before */
	int64_t now;
};

static int
begin(struct change *c)
{
	int rc = tl_age_load(c->db, c->who->platform, c->who->id, &c->was);
	c->is = c->was;
	if (rc == 0)
		rc = tl_settings_load(
		    c->db, c->set->minors, c->who->platform, c->who, &c->before);
	c->before.band = c->was.band;
	return rc;
}

static void
update_who(struct change *c)
{
	c->who->age_band = c->is.band;
	c->who->age_assured = c->is.assured;
	c->who->birth_month = (struct tl_str){0};
	if (c->is.birth) {
		char text[8];
		tl_month_text(text, c->is.birth);
		c->who->birth_month = tl_arena_dup(c->arena, tl_str(text));
	}
}

static int
note(struct change *c, const char *event, enum tl_age_band from, enum tl_age_band to,
    const char *actor, struct tl_id *ret)
{
	struct tl_history h = {.setting = TL_S(TL_HISTORY_AGE),
	    .event = tl_str(event),
	    .from = tl_str(tl_age_band_names[from]),
	    .to = tl_str(tl_age_band_names[to]),
	    .actor = tl_str(actor),
	    .policy = c->set->version,
	    .at = c->now};
	return tl_history_add(c->db, c->who, &h, ret);
}

static int
tell_settings(struct change *c, struct tl_id cause)
{
	struct tl_minors_account after;
	struct tl_tell t = {"account.settings_changed", c->who, cause, c->now};
	int rc = tl_settings_load(c->db, c->set->minors, c->who->platform, c->who, &after);
	return rc < 0 ? rc
		      : tl_minors_tell_settings(
			    c->db, c->set->minors, &t, &c->before, &after, "age", NULL);
}

static int
tell_offer(struct change *c, struct tl_id cause)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf data = {0};
	struct tl_tell t = {"account.age_offered", c->who, cause, c->now};
	tl_js_open(&data, NULL, '{');
	tl_js_str(&data, "account", c->who->ext_id);
	tl_js_z(&data, "age_band", tl_age_band_names[c->is.band]);
	tl_js_z(&data, "offered", tl_age_band_names[c->is.offer]);
	tl_js_str(&data, "notice_text",
	    tl_minors_text(c->set->minors, c->who->language, TL_S("age_offered")));
	tl_js_close(&data, '}');
	return tl_minors_tell(c->db, &t, &data);
}

/* Keeps, writes history, tells. An account's first description is no change of what it had. */
static int
finish(struct change *c, enum tl_age_event what, const char *event, const char *actor)
{
	bool moved = c->was.band != c->is.band;
	bool first = c->was.state == TL_AGES_UNKNOWN && what == TL_AGE_SAY;
	enum tl_age_band to =
	    what == TL_AGE_DUE || what == TL_AGE_DECLINE ? c->is.offer : c->is.band;
	struct tl_id id = {{0}};
	update_who(c);
	int rc = keep(c->db, c->who, &c->is);
	if (rc == 0)
		rc = note(c, event, c->was.band, to, actor, &id);
	if (rc == 0 && what == TL_AGE_DUE)
		rc = tell_offer(c, id);
	if (rc == 0 && moved && c->is.band == TL_AGE_18)
		rc = tl_guardians_end(c->db, c->set, c->who, c->now); /* adults have none */
	if (rc == 0 && moved && c->is.band != TL_AGE_18 && c->is.band != TL_AGE_UNKNOWN)
		rc = tl_guardian_leaves(c->db, c->set, c->who, c->now); /* nor are minors one */
	if (rc == 0 && moved && !first)
		rc = tell_settings(c, id);
	return rc;
}

/* Statements, answers, the calendar -------------------------------------------------------------------------------- */

/* A repetition of what is known leaves no row. */
static bool
says_nothing(const struct tl_age *was, const struct tl_age *is, enum tl_age_event what)
{
	return what == tl_age_event_count ||
	       (what == TL_AGE_FORGET && was->state == TL_AGES_UNKNOWN) ||
	       (what == TL_AGE_CONFIRM && was->assured == is->assured &&
		   was->confidence == is->confidence && was->birth == is->birth);
}

int
tl_age_said(struct tl_db *db, const struct tl_policy_set *set, struct tl_arena *arena,
    struct tl_account *who, const struct tl_age_say *say, int64_t now, enum tl_age_event *ret,
    bool *ret_under)
{
	static const char *const events[tl_age_event_count] = {[TL_AGE_SAY] = "said",
	    [TL_AGE_CONFIRM] = "confirmed",
	    [TL_AGE_FORGET] = "forgotten",
	    [TL_AGE_DUE] = "offered"};
	struct change c = {.db = db, .set = set, .arena = arena, .who = who, .now = now};
	const struct tl_minors *m = set->minors;
	int rc = begin(&c);
	if (rc == 0)
		rc = tl_age_hear(&c.is, say, m->minimum_age, now, ret);
	if (rc < 0)
		return rc;
	*ret_under = c.was.band != c.is.band && tl_minors_band(m, c.is.band) == TL_AGE_UNDER_13;
	if (says_nothing(&c.was, &c.is, *ret)) {
		update_who(&c);
		return *ret == TL_AGE_CONFIRM ? keep_said(db, who, &c.is) : 0;
	}
	rc = keep_said(db, who, &c.is);
	const char *event =
	    say->correction ? tl_age_correction_names[say->correction] : events[*ret];
	return rc < 0 ? rc : finish(&c, *ret, event, "platform");
}

int
tl_age_answered(struct tl_db *db, const struct tl_policy_set *set, struct tl_arena *arena,
    struct tl_account *who, enum tl_age_event what, enum tl_age_band band, int64_t now)
{
	struct change c = {.db = db, .set = set, .arena = arena, .who = who, .now = now};
	bool changed = false;
	int rc = begin(&c);
	if (rc == 0)
		rc = tl_age_answer(&c.is, what, band, set->minors->minimum_age, now, &changed);
	if (rc < 0 || (!changed && c.was.state == c.is.state))
		return rc;
	return finish(&c, what, tl_age_event_names[what], "holder");
}

static int
look(struct tl_db *db, const struct tl_policy_set *set, int64_t platform, struct tl_id id,
    int64_t now)
{
	struct tl_arena TL_CLEANUP(tl_arena_destroyp) *arena = tl_arena_create(ARENA_BYTES);
	struct tl_account who;
	struct change c = {.db = db, .set = set, .arena = arena, .who = &who, .now = now};
	int rc = tl_account_get(db, platform, id, arena, &who);
	if (rc == 0)
		rc = begin(&c);
	if (rc < 0)
		return rc;
	if (tl_age_calendar(&c.is, set->minors->minimum_age, now))
		return finish(&c, TL_AGE_DUE, "offered", "system");
	return keep(db, &who, &c.is);
}

int
tl_age_calendars(struct tl_db *db, const struct tl_policy_set *set, int64_t now, int max)
{
	struct tl_minors_due due[TL_MINORS_DUE_MAX];
	int n = tl_minors_due(db, TL_SQL_AGE_DUE, now, max, due);
	int rc = n < 0 ? n : 0;
	for (int i = 0; rc == 0 && i < n; i++)
		rc = look(db, set, due[i].platform, due[i].account, now);
	return rc < 0 ? rc : n;
}
