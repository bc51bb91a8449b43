/*
 * An account's age, settings in force against the policy, guardians and history, as the console and the command line show them.
 *
 * Promises: reads only; what is shown is what the API answers at the same moment. Failures: the store's. Called by the console's
 * routes, `tutela account show`, and (the age alone) by the platform's routes.
 */
#include "minors/view.h"

#include "base/arena.h"
#include "base/buf.h"
#include "minors/age.h"

int
tl_minors_view(struct tl_db *db, const struct tl_policy_set *set, const struct tl_account *who,
    size_t history, int64_t now, struct tl_arena *arena, struct tl_minors_view *ret)
{
	struct tl_minors_view v = {.set = set, .who = *who, .now = now};
	int rc = tl_age_load(db, who->platform, who->id, &v.age);
	if (rc == 0)
		rc = tl_settings_load(db, set->minors, who->platform, who, &v.account);
	if (rc == 0)
		rc = tl_guardians_list(
		    db, who->platform, who->id, arena, &v.guardians, &v.guardian_count);
	if (rc == 0)
		rc = tl_history_list(db, who->platform, who->id, history + 1, arena, &v.history,
		    &v.history_count);
	if (rc < 0)
		return rc;
	v.more = v.history_count > history;
	v.history_count = v.more ? history : v.history_count;
	*ret = v;
	return 0;
}

static void
put_band0(struct tl_buf *b, const char *key, enum tl_age_band band)
{
	if (band == TL_AGE_UNKNOWN)
		tl_js_null(b, key);
	else
		tl_js_z(b, key, tl_age_band_names[band]);
}

static void
put_confidence(struct tl_buf *b, int confidence)
{
	if (confidence == TL_AGE_NO_CONFIDENCE)
		tl_js_null(b, "confidence");
	else
		tl_js_num(b, "confidence", confidence / 100.0);
}

void
tl_minors_age_json(struct tl_buf *b, const struct tl_age *a)
{
	tl_js_open(b, "age", '{');
	tl_js_z(b, "state", tl_age_state_names[a->state]);
	tl_js_z(b, "assured", tl_age_assured_names[a->assured]);
	put_confidence(b, a->confidence);
	tl_js_time(b, "since", a->since);
	put_band0(b, "offered", a->offer);
	put_band0(b, "came_from", a->before);
	tl_js_close(b, '}');
}

static void
said_json(struct tl_buf *b, const struct tl_age *a)
{
	tl_js_open(b, "said", '[');
	for (int i = 0; i < tl_age_assured_count; i++) {
		const struct tl_age_said *s = &a->said[i];
		if (!s->is)
			continue;
		tl_js_open(b, NULL, '{');
		tl_js_z(b, "assured", tl_age_assured_names[i]);
		tl_js_z(b, "age_band", tl_age_band_names[s->band]);
		tl_js_time(b, "at", s->at);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
}

static void
settings_json(struct tl_buf *b, const struct tl_minors_view *v)
{
	const struct tl_minors *m = v->set->minors;
	struct tl_minors_account fresh = {.band = v->account.band};
	tl_js_open(b, "settings", '[');
	for (size_t i = 0; i < m->setting_count; i++) {
		const struct tl_minors_setting *s = &m->settings[i];
		struct tl_minors_answer r = tl_minors_answer(m, &v->account, i, v->now);
		struct tl_minors_answer p = tl_minors_answer(m, &fresh, i, v->now);
		tl_js_open(b, NULL, '{');
		tl_js_str(b, "key", s->key);
		tl_js_str(b, "title", s->title);
		tl_js_str(b, "must_be", s->values[r.value]);
		tl_js_str(b, "by_default", s->values[p.value]);
		tl_js_str(b, "loosest", s->values[r.loosest]);
		tl_js_z(b, "reason", r.why);
		tl_js_time(b, "until", r.until);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
}

static void
history_json(struct tl_buf *b, const struct tl_minors_view *v)
{
	tl_js_open(b, "history", '[');
	for (size_t i = 0; i < v->history_count; i++) {
		const struct tl_history *h = &v->history[i];
		tl_js_open(b, NULL, '{');
		tl_js_time(b, "at", h->at);
		tl_js_str(b, "what", h->setting);
		tl_js_str(b, "event", h->event);
		tl_js_str(b, "from", h->from);
		tl_js_str(b, "to", h->to);
		tl_js_str(b, "by", h->actor);
		tl_js_bool(b, "warned", h->warned);
		tl_js_time(b, "until", h->until);
		tl_js_str(b, "age_band", h->age_band);
		tl_js_str(b, "age_assured", h->age_assured);
		put_confidence(b, h->confidence);
		tl_js_str(b, "policy_version", h->policy);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
	tl_js_bool(b, "more_history", v->more);
}

void
tl_minors_view_json(struct tl_buf *b, const struct tl_minors_view *v)
{
	const struct tl_minors *m = v->set->minors;
	tl_js_z(b, "age_band", tl_age_band_names[v->age.band]);
	tl_js_z(b, "treated_as", tl_age_band_names[tl_minors_band(m, v->age.band)]);
	tl_js_str0(b, "birth_month", v->who.birth_month);
	tl_minors_age_json(b, &v->age);
	said_json(b, &v->age);
	tl_js_str(b, "policy_version", v->set->version);
	settings_json(b, v);
	tl_guardians_json(b, v->guardians, v->guardian_count);
	history_json(b, v);
}
