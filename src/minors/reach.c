/*
 * How far items reach (reach.h).
 *
 * Promises: each effect that applies is there with what caused it, each cause once; hidden and unknown items are never
 * recommended; a younger band is never reached further than an older one. Called by POST /v1/items:reach and the item's trail.
 */
#include "minors/reach.h"

#include "base/json.h"

/* What actions of the catalogue do to reach. `age`: who is meant when the action does not say; 0: everybody. */
static const struct kind {
	const char *name;
	unsigned effects;
	int64_t age;
} kinds[] = {
    {"remove", TL_REACH_HIDE, 0},
    {"withhold", TL_REACH_HIDE, 0},
    {"disable", TL_REACH_HIDE, 0},
    {"stop_stream", TL_REACH_HIDE, 0},
    {"age_restrict", TL_REACH_HIDE, 18},
    {"warning_screen", TL_REACH_SCREEN, 0},
    {"no_recommendation", TL_REACH_APART, 0},
};

static const struct kind *
kind_of(struct tl_str name)
{
	for (size_t i = 0; i < TL_COUNT(kinds); i++) {
		if (tl_str_is(name, kinds[i].name))
			return &kinds[i];
	}
	return NULL;
}

/* The least age that somebody of the band may have. */
static int64_t
least_age(const struct tl_minors *m, enum tl_age_band band)
{
	switch (tl_minors_band(m, band)) {
	case TL_AGE_18:
		return 18;
	case TL_AGE_16_17:
		return 16;
	case TL_AGE_13_15:
		return 13;
	case TL_AGE_UNKNOWN:
	case TL_AGE_UNDER_13:
	case tl_age_band_count:
		break;
	}
	return 0;
}

bool
tl_reach_action_read(const struct tl_action_row *row, struct tl_reach_action *ret)
{
	const struct kind *k = kind_of(row->name);
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	if (!k)
		return false;
	*ret = (struct tl_reach_action){row->name, row->id, k->age};
	/* Parameters that cannot be read narrow nothing. */
	if (row->params.n == 0 || tl_json_parse(row->params, &j) < 0)
		return true;
	const json_t *age = json_object_get(j, "age");
	if (json_is_integer(age) && json_integer_value(age) > 0)
		ret->age = json_integer_value(age);
	return true;
}

static void
add(struct tl_reach *r, unsigned effects, const char *code, struct tl_id action)
{
	r->effects |= effects;
	for (size_t i = 0; i < r->why_count; i++) {
		if (tl_str_is(tl_str(r->why[i].code), code))
			return;
	}
	if (r->why_count < TL_REACH_WHYS)
		r->why[r->why_count++] = (struct tl_reach_why){code, action};
}

static const struct tl_id nobody;

static void
by_verdict(struct tl_reach *r, const struct tl_reach_item *item)
{
	if (!item->known)
		add(r, TL_REACH_APART, "unknown_item", nobody);
	else if (item->state == TL_ITEM_DELETED)
		add(r, TL_REACH_HIDE, "deleted", nobody);
	else if (item->doubted)
		add(r, TL_REACH_APART, "under_review", nobody);
	else if (!item->has_verdict || item->state == TL_ITEM_UNSCANNABLE)
		add(r, TL_REACH_APART, "not_checked", nobody);
}

/* Words of the matrix that it does not have count as the strictest. */
static bool
author_wants(const struct tl_policy_set *set, const struct tl_reach_item *item,
    const struct tl_reach_viewer *viewer, int64_t now)
{
	static const struct tl_minors_account unknown = {.band = TL_AGE_UNKNOWN};
	const struct tl_minors *m = set->minors;
	const struct tl_minors_setting *s = tl_minors_find(m, TL_S("recommended"));
	if (!s)
		return false;
	struct tl_minors_answer is = tl_minors_answer(
	    m, item->author ? item->author : &unknown, (size_t)(s - m->settings), now);
	struct tl_str value = s->values[is.value];
	return tl_str_is(value, "on") ||
	       (tl_str_is(value, "not_to_flagged") && !viewer->limited);
}

struct tl_reach_viewer
tl_reach_viewer_of(const struct tl_policy_set *set, const struct tl_minors_account *a,
    bool limited, int64_t now)
{
	const struct tl_minors *m = set->minors;
	const struct tl_minors_setting *s = tl_minors_find(m, TL_S("sensitive_content"));
	struct tl_reach_viewer v = {.band = a->band, .strict = true, .limited = limited};
	if (s)
		v.strict = tl_minors_answer(m, a, (size_t)(s - m->settings), now).value == 0;
	return v;
}

//= law:dsa-28.1
struct tl_reach
tl_reach_decide(const struct tl_policy_set *set, const struct tl_reach_item *item,
    const struct tl_reach_viewer *viewer, int64_t now)
{
	struct tl_reach r = {.effects = 0};
	int64_t least = least_age(set->minors, viewer->band);
	by_verdict(&r, item);
	for (size_t i = 0; i < item->action_count; i++) {
		const struct tl_reach_action *a = &item->actions[i];
		const struct kind *k = kind_of(a->name);
		if (k && (a->age == 0 || least < a->age))
			add(&r, k->effects, k->name, a->id);
	}
	if ((r.effects & TL_REACH_SCREEN) && viewer->strict)
		add(&r, TL_REACH_APART, "sensitive_filter", nobody);
	if (item->known && !author_wants(set, item, viewer, now))
		add(&r, TL_REACH_APART, "author_setting", nobody);
	if (r.effects & TL_REACH_HIDE)
		r.effects |= TL_REACH_APART;
	return r;
}
