/*
 * What account holders chose, kept by name, so that a changed matrix never gives an old choice a new meaning.
 *
 * Promises: what is kept was allowed by the matrix in force; each change has a row of history in the same transaction;
 * a name that the matrix lost falls back to the strict side. Failures: the store's. Called by the API.
 */
#include "minors/settings.h"

#include "base/arena.h"
#include "minors/due.h"
#include "minors/history.h"
#include "minors/tell.h"
#include "store/accounts.h"

#define ARENA_BYTES ((size_t)1 << 16)

static void
load_one(const struct tl_minors *m, struct tl_row *r, struct tl_minors_account *a)
{
	const struct tl_minors_setting *s = tl_minors_find(m, tl_col_str(r, 0));
	struct tl_str value = tl_col_str(r, 1), cap = tl_col_str(r, 3);
	if (!s)
		return; /* the matrix has no such setting any more */
	struct tl_minors_choice *c = &a->choice[s - m->settings];
	if (cap.n) {
		uint8_t rank = 0; /* a name that the matrix lost is the strictest */
		int rc = tl_minors_value(s, cap, &rank);
		rank = rc < 0 ? 0 : rank;
		c->cap = c->capped && c->cap < rank ? c->cap : rank;
		c->capped = true;
		return;
	}
	c->chosen = value.n && tl_minors_value(s, value, &c->value) == 0;
	c->until = tl_col_int(r, 2);
}

int
tl_settings_load(struct tl_db *db, const struct tl_minors *m, int64_t platform,
    const struct tl_account *who, struct tl_minors_account *ret)
{
	struct tl_row r;
	*ret = (struct tl_minors_account){.band = who->age_band};
	int rc = tl_db_query(db, &r, TL_SQL_CHOICE_LIST, A_INT(platform), A_ID(who->id));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0)
		load_one(m, &r, ret);
	tl_row_end(&r);
	return rc;
}

static int
keep(struct tl_db *db, const struct tl_account *who, const struct tl_minors_setting *s,
    const struct tl_minors_choice *c)
{
	int rc = tl_db_run(db, TL_SQL_CHOICE_PUT, A_INT(who->platform), A_ID(who->id),
	    A_TEXT(s->key), A_TEXT(s->values[c->value]), A_INT0(c->until));
	return rc < 0 ? rc : 0;
}

/* A row of history about setting `i`. */
static int
note_change(struct tl_db *db, const struct tl_policy_set *set, const struct tl_account *who,
    size_t i, const struct tl_minors_answer *was, const struct tl_minors_answer *is,
    const struct tl_history *as, struct tl_id *ret)
{
	const struct tl_minors_setting *s = &set->minors->settings[i];
	struct tl_history h = *as;
	h.setting = s->key;
	h.from = s->values[was->value];
	h.to = s->values[is->value];
	h.until = is->until;
	h.policy = set->version;
	return tl_history_add(db, who, &h, ret);
}

static int
note(struct tl_db *db, const struct tl_policy_set *set, const struct tl_account *who,
    const struct tl_settings_wish *w, struct tl_minors_answer was, struct tl_minors_answer is,
    int64_t now)
{
	bool by_us = w->wish.actor == TL_ACTOR_SYSTEM; /* saw no warning */
	struct tl_history h = {.event = TL_S("set"),
	    .actor = by_us ? TL_S("system") : TL_S("holder"),
	    .warned = w->wish.warned && !by_us,
	    .at = now};
	return note_change(db, set, who, w->setting, &was, &is, &h, NULL);
}

int
tl_settings_wish(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_account *who, struct tl_minors_account *a,
    const struct tl_settings_wish *wish, int64_t now, enum tl_minors_say *ret,
    const char **ret_why)
{
	const struct tl_minors *m = set->minors;
	struct tl_minors_choice *c = &a->choice[wish->setting];
	struct tl_minors_answer was = tl_minors_answer(m, a, wish->setting, now);
	*ret = tl_minors_ask(m, a, wish->setting, &wish->wish, now, c, ret_why);
	if (*ret != TL_SAY_ALLOW)
		return 0;
	int rc = keep(db, who, &m->settings[wish->setting], c);
	return rc < 0 ? rc
		      : note(db, set, who, wish, was,
			    tl_minors_answer(m, a, wish->setting, now), now);
}

/* Lapses ------------------------------------------------------------------------------------------------------------ */

static bool
lapsed(const struct tl_minors_choice *c, int64_t now)
{
	return c->chosen && c->until && c->until <= now;
}

static int
lapse(struct tl_db *db, const struct tl_policy_set *set, const struct tl_account *who,
    int64_t now)
{
	const struct tl_minors *m = set->minors;
	struct tl_minors_account is, was;
	struct tl_history h = {.event = TL_S("lapsed"), .actor = TL_S("system"), .at = now};
	struct tl_tell t = {"account.settings_changed", who, tl_id_new(), now};
	int rc = tl_settings_load(db, m, who->platform, who, &is);
	was = is;
	for (size_t i = 0; rc == 0 && i < m->setting_count; i++)
		was.choice[i].until = lapsed(&is.choice[i], now) ? 0 : is.choice[i].until;
	for (size_t i = 0; rc == 0 && i < m->setting_count; i++) {
		struct tl_minors_answer before = tl_minors_answer(m, &was, i, now);
		struct tl_minors_answer after = tl_minors_answer(m, &is, i, now);
		if (lapsed(&is.choice[i], now))
			rc = note_change(db, set, who, i, &before, &after, &h, &t.cause);
	}
	if (rc == 0)
		rc = tl_minors_tell_settings(db, m, &t, &was, &is, "lapsed", NULL);
	if (rc == 0)
		rc = tl_db_run(
		    db, TL_SQL_CHOICE_LAPSE, A_INT(who->platform), A_ID(who->id), A_INT(now));
	return rc < 0 ? rc : 0;
}

int
tl_settings_lapse(struct tl_db *db, const struct tl_policy_set *set, int64_t now, int max)
{
	struct tl_minors_due due[TL_MINORS_DUE_MAX];
	int n = tl_minors_due(db, TL_SQL_CHOICE_LAPSED, now, max, due);
	int rc = n < 0 ? n : 0;
	for (int i = 0; rc == 0 && i < n; i++) {
		struct tl_arena TL_CLEANUP(tl_arena_destroyp) *arena =
		    tl_arena_create(ARENA_BYTES);
		struct tl_account who;
		rc = tl_account_get(db, due[i].platform, due[i].account, arena, &who);
		if (rc == 0)
			rc = lapse(db, set, &who, now);
	}
	return rc < 0 ? rc : n;
}
