/*
 * From JSON to what this folder works on, by tables; every error names its field as a JSON Pointer. Nothing borrows from the
 * JSON unless said.
 */
#pragma once

#include "base/json.h"
#include "core/age.h"
#include "minors/settings.h"

/* {"answer": accept | decline | revert, "age_band": …} */
struct tl_age_reply {
	enum tl_age_event what;
	enum tl_age_band band;
};
int tl_body_age(json_t *j, struct tl_age_reply *ret) TL_MUST;

/* {"settings": {key: value, …}, "warned": bool}: the wishes of `actor`. */
#define TL_WISHES_MAX TL_MINORS_SETTINGS_MAX
int tl_body_wishes(json_t *j, const struct tl_minors *m, enum tl_minors_actor actor,
    struct tl_settings_wish ret[TL_WISHES_MAX], size_t *ret_count) TL_MUST;
