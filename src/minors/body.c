/*
 * The decoders of settings and ages.
 *
 * Promises: what comes out is within the matrix and the word lists; bounds are those of api/openapi.yaml. Failures: FIELD.
 * Called by the API's handlers and by the fuzz target fuzz_minors.
 */
#include "minors/body.h"

#include <stdio.h>

static const char *const replies[] = {"accept", "decline", "revert", NULL};

struct age_in {
	int answer, age_band;
};

static const struct tl_json_field AGE[] = {
    {"answer", TL_J_ENUM, offsetof(struct age_in, answer), 0, 0, replies, true},
    {"age_band", TL_J_ENUM, offsetof(struct age_in, age_band), 0, 0, tl_age_band_names + 1,
	true},
};

int
tl_body_age(json_t *j, struct tl_age_reply *ret)
{
	struct age_in in = {0};
	int rc = tl_json_fill(j, "", AGE, TL_COUNT(AGE), &in);
	if (rc < 0)
		return rc;
	ret->what = (enum tl_age_event)(TL_AGE_ACCEPT + in.answer);
	ret->band = (enum tl_age_band)(in.age_band + 1);
	return 0;
}

struct wishes_in {
	json_t *settings;
	bool warned;
};

static const struct tl_json_field WISHES[] = {
    {"settings", TL_J_OBJECT, offsetof(struct wishes_in, settings), 1, TL_WISHES_MAX, NULL,
	true},
    {"warned", TL_J_BOOL, offsetof(struct wishes_in, warned), 0, 0, NULL, false},
};

static int
decode_wish(const struct tl_minors *m, const char *key, const json_t *value,
    struct tl_settings_wish *ret)
{
	char at[80];
	(void)snprintf(at, sizeof at, "/settings/%.40s", key);
	const struct tl_minors_setting *def = tl_minors_find(m, tl_str(key));
	if (!def)
		return tl_fail_at(TL_EFIELD, at, "the matrix has no such setting");
	if (!json_is_string(value))
		return tl_fail_at(TL_EFIELD, at, "must be a string");
	ret->setting = (size_t)(def - m->settings);
	if (tl_minors_value(def, tl_json_str(value), &ret->wish.value) < 0)
		return tl_fail_at(TL_EFIELD, at, "must be one of its values, from %.*s to %.*s",
		    TL_ARG(def->values[0]), TL_ARG(def->values[def->value_count - 1]));
	return 0;
}

int
tl_body_wishes(json_t *j, const struct tl_minors *m, enum tl_minors_actor actor,
    struct tl_settings_wish ret[TL_WISHES_MAX], size_t *ret_count)
{
	struct wishes_in in = {0};
	const char *key;
	json_t *value;
	size_t n = 0;
	int rc = tl_json_fill(j, "", WISHES, TL_COUNT(WISHES), &in);
	if (rc < 0)
		return rc;
	json_object_foreach(in.settings, key, value)
	{
		ret[n] =
		    (struct tl_settings_wish){.wish = {.actor = actor, .warned = in.warned}};
		rc = decode_wish(m, key, value, &ret[n++]);
		if (rc < 0)
			return rc;
	}
	*ret_count = n;
	return 0;
}
