/*
 * Owns the typed reading of YAML maps: one row a field, bounds, units, "did you mean".
 *
 * Promises: `out` is written field by field in the order of the document; on failure the error names file,
 * line and column. Called by config.c and policy.c; tl_yaml_scalar also reads `--set key=value`.
 */
#include <stdio.h>

#include "base/arena.h"
#include "config/yaml.h"
#include "sys/clock.h"

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit durations[] = {
    {"ms", TL_US_MS}, {"s", TL_US_S}, {"m", TL_US_MIN}, {"h", TL_US_HOUR}, {"d", TL_US_DAY}};
static const struct unit sizes[] = {
    {"", 1}, {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};

static int
with_unit(struct tl_str s, const struct unit *units, size_t count, int64_t *ret)
{
	size_t digits = 0;
	while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9')
		digits++;
	struct tl_str unit = tl_bytes(s.p + digits, s.n - digits);
	int64_t n;
	if (digits == 0 || tl_parse_i64(tl_bytes(s.p, digits), 0, INT64_MAX, &n) < 0)
		return TL_EFIELD;
	for (size_t i = 0; i < count; i++) {
		if (tl_str_is(unit, units[i].name) &&
		    !__builtin_mul_overflow(n, units[i].factor, ret))
			return 0;
	}
	return TL_EFIELD;
}

static bool
in_bounds(int64_t v, const struct tl_yaml_field *f)
{
	return v >= f->lo && (f->hi == 0 || v <= f->hi);
}

static int
read_number(struct tl_str text, const struct tl_yaml_field *f, int64_t *ret)
{
	int64_t v = 0;
	int rc = f->type == TL_Y_DURATION ? with_unit(text, durations, TL_COUNT(durations), &v)
		 : f->type == TL_Y_SIZE   ? with_unit(text, sizes, TL_COUNT(sizes), &v)
					  : tl_parse_i64(text, INT64_MIN, INT64_MAX, &v);
	if (rc < 0) {
		return tl_fail(TL_EFIELD, "%s: expected %s, not \"%.*s\"", f->name,
		    f->type == TL_Y_DURATION ? "a duration such as 500ms, 8s, 15m, 1h or 7d"
		    : f->type == TL_Y_SIZE   ? "a size such as 600, 64KiB, 10MiB or 2GiB"
					     : "a whole number",
		    (int)(text.n < 60 ? text.n : 60), (const char *)text.p);
	}
	if (!in_bounds(v, f)) {
		int64_t div = f->type == TL_Y_DURATION ? TL_US_S : 1;
		const char *unit = f->type == TL_Y_DURATION ? " seconds" : "";
		if (f->hi == 0)
			return tl_fail(TL_EFIELD, "%s: must be at least %lld%s", f->name,
			    (long long)(f->lo / div), unit);
		return tl_fail(TL_EFIELD, "%s: must be between %lld and %lld%s", f->name,
		    (long long)(f->lo / div), (long long)(f->hi / div), unit);
	}
	*ret = v;
	return 0;
}

static int
read_enum(struct tl_str text, const struct tl_yaml_field *f, int *ret)
{
	size_t n = 0;
	for (; f->names[n]; n++) {
		if (tl_str_is(text, f->names[n])) {
			*ret = (int)n;
			return 0;
		}
	}
	char known[160] = "";
	size_t used = 0;
	for (size_t i = 0; i < n && used < sizeof known - 1; i++) {
		int w = snprintf(
		    known + used, sizeof known - used, "%s%s", i ? ", " : "", f->names[i]);
		used += w > 0 ? (size_t)w : 0;
	}
	return tl_fail(TL_EFIELD, "%s: \"%.*s\" is not one of %s", f->name,
	    (int)(text.n < 60 ? text.n : 60), (const char *)text.p, known);
}

int
tl_yaml_scalar(struct tl_str text, const struct tl_yaml_field *f, void *slot)
{
	switch (f->type) {
	case TL_Y_STR:
		if (!in_bounds((int64_t)text.n, f))
			return tl_fail(TL_EFIELD, "%s: must have %lld to %lld characters",
			    f->name, (long long)f->lo, (long long)f->hi);
		*(const char **)slot = (const char *)text.p;
		return 0;
	case TL_Y_INT:
	case TL_Y_DURATION:
	case TL_Y_SIZE:
		return read_number(text, f, slot);
	case TL_Y_BOOL:
		if (!tl_str_is(text, "true") && !tl_str_is(text, "false"))
			return tl_fail(TL_EFIELD, "%s: expected true or false", f->name);
		*(bool *)slot = tl_str_is(text, "true");
		return 0;
	case TL_Y_ENUM:
		return read_enum(text, f, slot);
	case TL_Y_STRS:
	case TL_Y_LIST:
	case TL_Y_MAP:
		break;
	}
	return tl_fail(TL_EFIELD, "%s: expected %s", f->name,
	    f->type == TL_Y_MAP ? "a map of keys and values" : "a list");
}

static int
fill_container(const struct tl_yaml *v, const struct tl_yaml_field *f, void *slot)
{
	enum tl_yaml_kind want = f->type == TL_Y_MAP ? TL_YAML_MAP : TL_YAML_LIST;
	if (v->kind != want)
		return tl_yaml_error(v, "%s: expected %s", f->name,
		    want == TL_YAML_MAP ? "a map of keys and values" : "a list");
	if (!in_bounds((int64_t)v->count, f))
		return tl_yaml_error(v, "%s: %zu elements are too %s", f->name, v->count,
		    (int64_t)v->count < f->lo ? "few" : "many");
	for (const struct tl_yaml *c = v->first; f->type == TL_Y_STRS && c; c = c->next) {
		if (c->kind != TL_YAML_SCALAR)
			return tl_yaml_error(c, "%s: expected plain words", f->name);
	}
	*(const struct tl_yaml **)slot = v;
	return 0;
}

static int
fill_one(const struct tl_yaml *v, const struct tl_yaml_field *f, void *out)
{
	void *slot = (char *)out + f->offset;
	if (f->type == TL_Y_STRS || f->type == TL_Y_LIST || f->type == TL_Y_MAP)
		return fill_container(v, f, slot);
	if (v->kind != TL_YAML_SCALAR)
		return tl_yaml_error(v, "%s: expected a single value", f->name);
	int rc = tl_yaml_scalar(v->text, f, slot);
	return rc < 0 ? tl_yaml_error(v, "%s", tl_err_text()) : 0;
}

static int
unknown_key(const struct tl_yaml *v, const struct tl_yaml_field *fields, size_t count)
{
	const char *names[128];
	size_t n = count < TL_COUNT(names) ? count : TL_COUNT(names);
	for (size_t i = 0; i < n; i++)
		names[i] = fields[i].name;
	const char *near = tl_nearest(v->key->text, names, n);
	if (near)
		return tl_yaml_error(v->key, "unknown key \"%.*s\"; did you mean \"%s\"?",
		    TL_ARG(v->key->text), near);
	return tl_yaml_error(v->key, "unknown key \"%.*s\"", TL_ARG(v->key->text));
}

int
tl_yaml_fill(
    const struct tl_yaml *map, const struct tl_yaml_field *fields, size_t count, void *out)
{
	if (map->kind != TL_YAML_MAP)
		return tl_yaml_error(map, "expected a map of keys and values");
	for (const struct tl_yaml *v = map->first; v; v = v->next) {
		size_t i = 0;
		while (i < count && !tl_str_is(v->key->text, fields[i].name))
			i++;
		if (i == count)
			return unknown_key(v, fields, count);
		int rc = fill_one(v, &fields[i], out);
		if (rc < 0)
			return rc;
	}
	for (size_t i = 0; i < count; i++) {
		if (fields[i].required && !tl_yaml_get(map, fields[i].name))
			return tl_yaml_error(map, "the key \"%s\" is missing", fields[i].name);
	}
	return 0;
}

/* Edit distance (insert, delete, replace, swap of neighbours), cut off above 32 characters. */
static size_t
distance(struct tl_str a, struct tl_str b)
{
	enum { MAX = 32 };
	if (a.n > MAX || b.n > MAX)
		return MAX;
	size_t d[MAX + 1][MAX + 1];
	for (size_t i = 0; i <= a.n; i++) {
		for (size_t j = 0; j <= b.n; j++) {
			if (i == 0 || j == 0) {
				d[i][j] = i + j;
				continue;
			}
			size_t best = d[i - 1][j - 1] + (a.p[i - 1] != b.p[j - 1]);
			best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
			best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1] && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[a.n][b.n];
}

const char *
tl_nearest(struct tl_str word, const char *const *candidates, size_t count)
{
	const char *best = NULL;
	size_t best_d = word.n / 3 + 2; /* further away is no help */
	for (size_t i = 0; i < count; i++) {
		size_t d = distance(word, tl_str(candidates[i]));
		if (d < best_d) {
			best = candidates[i];
			best_d = d;
		}
	}
	return best;
}
