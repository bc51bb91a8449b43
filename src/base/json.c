/*
 * Reading JSON and RFC 3339 times.
 *
 * Promises: one strict reader for the whole program; errors carry the JSON Pointer of the field. Failures are
 * INPUT or LIMIT. Called by the API, the CLI, configuration of banks and rule tests.
 */
#include "base/json.h"

#include "base/buf.h"

#include <stdio.h>

/* jansson's own bound is 2048 levels; ours is checked before it builds anything. */
static int
check_depth(struct tl_str text)
{
	int depth = 0;
	bool in_string = false;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		if (in_string) {
			i += c == '\\';
			in_string = c != '"';
			continue;
		}
		in_string = c == '"';
		depth += (c == '{' || c == '[') - (c == '}' || c == ']');
		if (depth > TL_JSON_DEPTH_MAX)
			return tl_fail(
			    TL_EDEPTH, "nested deeper than %d levels", TL_JSON_DEPTH_MAX);
	}
	return 0;
}

int
tl_json_parse(struct tl_str text, json_t **ret)
{
	int rc = check_depth(text);
	if (rc < 0)
		return rc;
	json_error_t err;
	/* JSON_ALLOW_NUL is absent on purpose: jansson then refuses \u0000, which C callers could misread. */
	json_t *j = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &err);
	if (!j)
		return tl_fail(
		    TL_EPARSE, "line %d, column %d: %s", err.line, err.column, err.text);
	*ret = j;
	return 0;
}

void
tl_json_unref(json_t **j)
{
	json_decref(*j);
	*j = NULL;
}

struct tl_str
tl_json_str(const json_t *s)
{
	return (struct tl_str){(const uint8_t *)json_string_value(s), json_string_length(s)};
}

static const char *
type_name(enum tl_json_type t)
{
	switch (t) {
	case TL_J_STR:
	case TL_J_ENUM:
		return "a string";
	case TL_J_TIME:
		return "a date and time such as 2026-11-24T08:00:00Z";
	case TL_J_HEX:
		return "a string of hex digits";
	case TL_J_INT:
		return "a whole number";
	case TL_J_NUM:
		return "a number";
	case TL_J_BOOL:
		return "true or false";
	case TL_J_ARRAY:
		return "an array";
	case TL_J_OBJECT:
		return "an object";
	}
	return "something else";
}

static int
wrong_type(const char *ptr, enum tl_json_type t)
{
	return tl_fail_at(TL_EFIELD, ptr, "expected %s", type_name(t));
}

static int
fill_string(json_t *v, const char *ptr, const struct tl_json_field *f, struct tl_str *out)
{
	if (!json_is_string(v))
		return wrong_type(ptr, f->type);
	struct tl_str s = tl_json_str(v);
	if ((int64_t)s.n < f->lo || (int64_t)s.n > f->hi)
		return tl_fail_at(TL_EFIELD, ptr, "must have %lld to %lld bytes, has %zu",
		    (long long)f->lo, (long long)f->hi, s.n);
	if (f->type == TL_J_HEX) {
		for (size_t i = 0; i < s.n; i++) {
			uint8_t c = s.p[i] | 0x20;
			if (!((s.p[i] >= '0' && s.p[i] <= '9') || (c >= 'a' && c <= 'f')))
				return wrong_type(ptr, f->type);
		}
		if (s.n % 2)
			return wrong_type(ptr, f->type);
	}
	*out = s;
	return 0;
}

static int
fill_enum(json_t *v, const char *ptr, const struct tl_json_field *f, int *out)
{
	if (!json_is_string(v))
		return wrong_type(ptr, f->type);
	struct tl_str s = tl_json_str(v);
	char all[200] = "";
	size_t n = 0;
	for (int i = 0; f->names[i]; i++) {
		if (tl_str_is(s, f->names[i])) {
			*out = i;
			return 0;
		}
		if (n < sizeof all)
			n += (size_t)snprintf(
			    all + n, sizeof all - n, "%s%s", i ? ", " : "", f->names[i]);
	}
	return tl_fail_at(TL_EFIELD, ptr, "must be one of: %s", all);
}

static int
fill_number(json_t *v, const char *ptr, const struct tl_json_field *f, void *out)
{
	if (f->type == TL_J_INT) {
		if (!json_is_integer(v))
			return wrong_type(ptr, f->type);
		int64_t n = json_integer_value(v);
		if (n < f->lo || n > f->hi)
			return tl_fail_at(TL_EFIELD, ptr, "must be between %lld and %lld",
			    (long long)f->lo, (long long)f->hi);
		memcpy(out, &n, sizeof n);
		return 0;
	}
	if (!json_is_number(v))
		return wrong_type(ptr, f->type);
	double d = json_number_value(v);
	if (!(d >= (double)f->lo && d <= (double)f->hi))
		return tl_fail_at(TL_EFIELD, ptr, "must be between %lld and %lld",
		    (long long)f->lo, (long long)f->hi);
	memcpy(out, &d, sizeof d);
	return 0;
}

static int
fill_container(json_t *v, const char *ptr, const struct tl_json_field *f, json_t **out)
{
	bool array = f->type == TL_J_ARRAY;
	if (array ? !json_is_array(v) : !json_is_object(v))
		return wrong_type(ptr, f->type);
	size_t n = array ? json_array_size(v) : json_object_size(v);
	if ((int64_t)n < f->lo || (int64_t)n > f->hi)
		return tl_fail_at(TL_EFIELD, ptr, "must have %lld to %lld entries, has %zu",
		    (long long)f->lo, (long long)f->hi, n);
	*out = v;
	return 0;
}

static int
fill_time(json_t *v, const char *ptr, int64_t *out)
{
	int64_t us = 0;
	if (!json_is_string(v) || tl_time_parse(tl_json_str(v), &us) < 0)
		return wrong_type(ptr, TL_J_TIME);
	*out = us;
	return 0;
}

static int
fill_one(json_t *v, const char *ptr, const struct tl_json_field *f, void *out)
{
	void *to = (char *)out + f->offset;
	switch (f->type) {
	case TL_J_STR:
	case TL_J_HEX:
		return fill_string(v, ptr, f, to);
	case TL_J_ENUM:
		return fill_enum(v, ptr, f, to);
	case TL_J_TIME:
		return fill_time(v, ptr, to);
	case TL_J_INT:
	case TL_J_NUM:
		return fill_number(v, ptr, f, to);
	case TL_J_BOOL:
		if (!json_is_boolean(v))
			return wrong_type(ptr, f->type);
		*(bool *)to = json_is_true(v);
		return 0;
	case TL_J_ARRAY:
	case TL_J_OBJECT:
		return fill_container(v, ptr, f, to);
	}
	return tl_fail(TL_EBUG, "unknown field type");
}

static const struct tl_json_field *
field_named(const struct tl_json_field *fields, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

int
tl_json_fill(
    json_t *obj, const char *at, const struct tl_json_field *fields, size_t count, void *out)
{
	if (!json_is_object(obj))
		return wrong_type(at, TL_J_OBJECT);
	char ptr[128];
	const char *key;
	json_t *v;
	json_object_foreach(obj, key, v)
	{
		(void)snprintf(ptr, sizeof ptr, "%s/%.64s", at, key);
		const struct tl_json_field *f = field_named(fields, count, key);
		if (!f && strncmp(key, "x_", 2) == 0)
			continue;
		if (!f)
			return tl_fail_at(TL_EFIELD, ptr, "there is no such field here");
		if (json_is_null(v))
			continue;
		int rc = fill_one(v, ptr, f, out);
		if (rc < 0)
			return rc;
	}
	for (size_t i = 0; i < count; i++) {
		if (!fields[i].required)
			continue;
		v = json_object_get(obj, fields[i].name);
		if (v && !json_is_null(v))
			continue;
		(void)snprintf(ptr, sizeof ptr, "%s/%s", at, fields[i].name);
		return tl_fail_at(TL_EFIELD, ptr, "is required");
	}
	return 0;
}

/* Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t
days_from_civil(int64_t y, int64_t m, int64_t d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

static void
civil_from_days(int64_t z, int64_t *y, int64_t *m, int64_t *d)
{
	z += 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = yoe + era * 400 + (*m <= 2);
}

/* Reads exactly n digits at *i; -1 when there are none. */
static int64_t
digits(struct tl_str s, size_t *i, size_t n)
{
	if (*i + n > s.n)
		return -1;
	int64_t v = 0;
	for (size_t k = 0; k < n; k++) {
		uint8_t c = s.p[*i + k];
		if (c < '0' || c > '9')
			return -1;
		v = v * 10 + (c - '0');
	}
	*i += n;
	return v;
}

static bool
expect(struct tl_str s, size_t *i, char c)
{
	if (*i >= s.n || (s.p[*i] != (uint8_t)c && s.p[*i] != (uint8_t)(c | 0x20)))
		return false;
	(*i)++;
	return true;
}

static int
bad_time(void)
{
	return tl_fail(TL_EPARSE, "expected a date and time such as 2026-11-24T08:00:00Z");
}

static int
parse_offset(struct tl_str s, size_t *i, int64_t *ret_minutes)
{
	if (expect(s, i, 'Z')) {
		*ret_minutes = 0;
		return 0;
	}
	if (*i >= s.n || (s.p[*i] != '+' && s.p[*i] != '-'))
		return bad_time();
	bool neg = s.p[(*i)++] == '-';
	int64_t h = digits(s, i, 2);
	if (h < 0 || h > 23 || !expect(s, i, ':'))
		return bad_time();
	int64_t m = digits(s, i, 2);
	if (m < 0 || m > 59)
		return bad_time();
	*ret_minutes = neg ? -(h * 60 + m) : h * 60 + m;
	return 0;
}

int
tl_time_parse(struct tl_str s, int64_t *ret_us)
{
	size_t i = 0;
	int64_t y = digits(s, &i, 4);
	bool ok = y >= 1970 && expect(s, &i, '-');
	int64_t mo = ok ? digits(s, &i, 2) : -1;
	ok = mo >= 1 && mo <= 12 && expect(s, &i, '-');
	int64_t d = ok ? digits(s, &i, 2) : -1;
	ok = d >= 1 && d <= 31 && expect(s, &i, 'T');
	int64_t h = ok ? digits(s, &i, 2) : -1;
	ok = h >= 0 && h <= 23 && expect(s, &i, ':');
	int64_t mi = ok ? digits(s, &i, 2) : -1;
	ok = mi >= 0 && mi <= 59 && expect(s, &i, ':');
	int64_t sec = ok ? digits(s, &i, 2) : -1;
	if (sec < 0 || sec > 60)
		return bad_time();
	int64_t us = 0;
	if (i < s.n && s.p[i] == '.') {
		int64_t scale = 100000;
		size_t from = ++i;
		for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++, scale /= 10)
			us += (s.p[i] - '0') * scale;
		if (i == from || i - from > 12)
			return bad_time();
	}
	int64_t offset = 0;
	int rc = parse_offset(s, &i, &offset);
	if (rc < 0)
		return rc;
	int64_t days = days_from_civil(y, mo, d);
	int64_t cy, cm, cd;
	civil_from_days(days, &cy, &cm, &cd);
	if (i != s.n || cd != d || cm != mo)
		return bad_time();
	*ret_us = ((days * 24 + h) * 60 + mi - offset) * 60000000 + sec * 1000000 + us;
	return 0;
}

void
tl_time_format(char dst[TL_TIME_MAX], int64_t us)
{
	int64_t day = us / 86400000000 - (us % 86400000000 < 0);
	int64_t rest = us - day * 86400000000;
	int64_t y, m, d;
	civil_from_days(day, &y, &m, &d);
	int64_t ms = rest / 1000;
	(void)snprintf(dst, TL_TIME_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)y, (int)m,
	    (int)d, (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60),
	    (int)(ms % 1000));
}

/* Declared with its siblings in buf.h; here, because only this file knows how times are written. */
void
tl_js_time(struct tl_buf *b, const char *key, int64_t us)
{
	if (!us) {
		tl_js_null(b, key);
		return;
	}
	char text[TL_TIME_MAX];
	tl_time_format(text, us);
	tl_js_z(b, key, text);
}
