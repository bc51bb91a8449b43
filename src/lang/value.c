/*
 * Owns the names of types, the reading of durations, and the search in a schema's table.
 *
 * Promises: pure functions over constant tables. Malformed durations are INPUT. Called by the compiler and by
 * src/rules.
 */
#include "lang/schema.h"

static const char *const type_names[] = {
    [TL_T_NONE] = "nothing",
    [TL_T_BOOL] = "a bool",
    [TL_T_INT] = "an int",
    [TL_T_DOUBLE] = "a double",
    [TL_T_STRING] = "a string",
    [TL_T_DURATION] = "a duration",
    [TL_T_TIMESTAMP] = "a timestamp",
    [TL_T_ENUM] = "an enum",
    [TL_T_LIST] = "a list",
    [TL_T_HANDLE] = "a handle",
    [TL_T_HANDLES] = "a list of handles",
};

const char *
tl_lang_type_name(enum tl_lang_type t)
{
	return (size_t)t < TL_COUNT(type_names) ? type_names[t] : "nothing";
}

const struct tl_lang_name *
tl_lang_name_find(const struct tl_lang_schema *s, const char *owner, struct tl_str name)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct tl_lang_name *n = &s->names[i];
		bool same_owner = owner ? n->owner && strcmp(n->owner, owner) == 0 : !n->owner;
		if (same_owner && tl_str_is(name, n->name))
			return n;
	}
	return NULL;
}

static const struct {
	const char *unit;
	int64_t us;
} units[] = {
    {"ms", INT64_C(1000)},
    {"s", INT64_C(1000000)},
    {"m", INT64_C(60000000)},
    {"h", INT64_C(3600000000)},
    {"d", INT64_C(86400000000)},
    {"w", INT64_C(604800000000)},
};

static int64_t
unit_us(struct tl_str unit)
{
	for (size_t i = 0; i < TL_COUNT(units); i++) {
		if (tl_str_is(unit, units[i].unit))
			return units[i].us;
	}
	return 0;
}

int
tl_lang_duration_parse(struct tl_str s, int64_t *ret_us)
{
	int64_t sum = 0;
	size_t at = 0;
	while (at < s.n) {
		size_t from = at;
		while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
			at++;
		int64_t n;
		if (tl_parse_i64(tl_bytes(s.p + from, at - from), 0, INT64_MAX, &n) < 0)
			return tl_fail(TL_EPARSE, "not a duration");
		from = at;
		while (at < s.n && s.p[at] >= 'a' && s.p[at] <= 'z')
			at++;
		int64_t us = unit_us(tl_bytes(s.p + from, at - from));
		if (us == 0 || __builtin_mul_overflow(n, us, &us) ||
		    __builtin_add_overflow(sum, us, &sum))
			return tl_fail(TL_EPARSE, "not a duration");
	}
	if (s.n == 0)
		return tl_fail(TL_EPARSE, "not a duration");
	*ret_us = sum;
	return 0;
}
