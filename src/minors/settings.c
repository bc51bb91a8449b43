/*
 * What account holders chose, kept by name, so that a changed matrix never gives an old choice a new meaning.
 *
 * Promises: what is kept was allowed by the matrix in force; each change has a row of history in the same transaction;
 * a name that the matrix lost falls back to the strict side. Failures: the store's. Called by the API.
 */
#include "minors/settings.h"

static const char *const actors[] = {"holder", "guardian"};

static void
load_one(const struct tl_minors *m, struct tl_row *r, struct tl_minors_account *a)
{
	const struct tl_minors_setting *s = tl_minors_find(m, tl_col_str(r, 0));
	struct tl_str value = tl_col_str(r, 1), cap = tl_col_str(r, 3);
	if (!s)
		return; /* the matrix has no such setting any more */
	struct tl_minors_choice *c = &a->choice[s - m->settings];
	c->chosen = value.n && tl_minors_value(s, value, &c->value) == 0;
	c->until = tl_col_int(r, 2);
	c->capped = cap.n > 0;
	if (c->capped && tl_minors_value(s, cap, &c->cap) < 0)
		c->cap = 0;
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
	    A_TEXT(s->key), c->chosen ? A_TEXT(s->values[c->value]) : A_NULL, A_INT0(c->until),
	    c->capped ? A_TEXT(s->values[c->cap]) : A_NULL);
	return rc < 0 ? rc : 0;
}

static int
note(struct tl_db *db, const struct tl_policy_set *set, const struct tl_account *who,
    const struct tl_settings_wish *w, struct tl_minors_answer was, struct tl_minors_answer is,
    int64_t now)
{
	const struct tl_minors_setting *s = &set->minors->settings[w->setting];
	struct tl_id id = tl_id_new();
	int rc = tl_db_run(db, TL_SQL_CHANGE_ADD, A_INT(who->platform), A_ID(id), A_ID(who->id),
	    A_TEXT(s->key), A_Z(tl_age_band_names[who->age_band]),
	    A_Z(tl_age_assured_names[who->age_assured]), A_TEXT(s->values[was.value]),
	    A_TEXT(s->values[is.value]), A_Z(actors[w->wish.actor]), A_INT(w->wish.warned),
	    A_INT0(is.until), A_TEXT(set->version), A_INT(now));
	return rc < 0 ? rc : 0;
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
