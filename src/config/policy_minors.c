/*
 * Reads minors.yaml: the matrix of settings by age band.
 *
 * Promises: values are ordered, the strictest first; each band is at least as strict as the next older one; what a
 * setting waits for stands before it and waits for nothing itself, so that the answer never goes in circles; each
 * reason and text is there in English. A folder without the file gets the matrix of the program, never none.
 * Called by policy.c.
 */
#include <stdio.h>
#include <string.h>

#include "config/policy_int.h"
#include "sys/clock.h"

#define MINUTES_A_DAY 1440

/* In the order of enum tl_minors_column. */
static const char *const columns[TL_COLUMNS] = {"13-15", "16-17", "18+"};

/* What every language may say beside the reasons; English must have them all. */
static const char *const words[] = {"locked", "warning", "guardian", "unknown", "free", "moved",
    "moved_back", "review_followers", "contact_maybe", "contact_own", "contact_later",
    "contact_request"};

struct raw_minors {
	int64_t minimum_age;
	const char *unknown_as;
	const struct tl_yaml *quiet, *settings, *texts, *message_text;
};

static const struct tl_yaml_field minors_fields[] = {
    {"minimum_age", TL_Y_INT, offsetof(struct raw_minors, minimum_age), 13, 17, NULL, true},
    {"unknown_as", TL_Y_STR, offsetof(struct raw_minors, unknown_as), 1, 8, NULL, true},
    {"quiet_hours", TL_Y_MAP, offsetof(struct raw_minors, quiet), 1, TL_COLUMNS, NULL, true},
    {"settings", TL_Y_LIST, offsetof(struct raw_minors, settings), 1, TL_MINORS_SETTINGS_MAX,
	NULL, true},
    {"texts", TL_Y_MAP, offsetof(struct raw_minors, texts), 1, 64, NULL, true},
    {"message_text", TL_Y_STRS, offsetof(struct raw_minors, message_text), 0, 250, NULL, false},
};

struct raw_setting {
	const char *key, *title, *why;
	const struct tl_yaml *values, *cell[TL_COLUMNS];
};

static const struct tl_yaml_field setting_fields[] = {
    {"key", TL_Y_STR, offsetof(struct raw_setting, key), 1, 40, NULL, true},
    {"title", TL_Y_STR, offsetof(struct raw_setting, title), 1, 100, NULL, true},
    {"why", TL_Y_STR, offsetof(struct raw_setting, why), 1, 40, NULL, true},
    {"values", TL_Y_STRS, offsetof(struct raw_setting, values), 2, TL_MINORS_VALUES_MAX, NULL,
	true},
    {"13-15", TL_Y_MAP, offsetof(struct raw_setting, cell[TL_COLUMN_13_15]), 1, 5, NULL, true},
    {"16-17", TL_Y_MAP, offsetof(struct raw_setting, cell[TL_COLUMN_16_17]), 1, 5, NULL, true},
    {"18+", TL_Y_MAP, offsetof(struct raw_setting, cell[TL_COLUMN_18]), 1, 5, NULL, true},
};

struct raw_cell {
	const char *value, *loosest, *hold;
	bool warn;
	const struct tl_yaml *after;
};

static const struct tl_yaml_field cell_fields[] = {
    {"default", TL_Y_STR, offsetof(struct raw_cell, value), 1, 40, NULL, true},
    {"loosest", TL_Y_STR, offsetof(struct raw_cell, loosest), 1, 40, NULL, false},
    {"for", TL_Y_STR, offsetof(struct raw_cell, hold), 1, 20, NULL, false},
    {"warn", TL_Y_BOOL, offsetof(struct raw_cell, warn), 0, 0, NULL, false},
    {"after", TL_Y_MAP, offsetof(struct raw_cell, after), 1, TL_MINORS_AFTER_MAX, NULL, false},
};

static int
rank(const struct tl_minors_setting *s, const struct tl_yaml *at, const char *name,
    const char *value, uint8_t *ret)
{
	return tl_minors_value(s, tl_str(value), ret) == 0
		   ? 0
		   : tl_yaml_error(tl_yaml_get(at, name), "%s: \"%s\" is not among the values",
			 name, value);
}

static int
read_hold(const struct tl_yaml *at, const char *text, int64_t *ret)
{
	static const struct tl_yaml_field field = {
	    "for", TL_Y_DURATION, 0, TL_US_MIN, 365 * TL_US_DAY, NULL, false};
	if (!text)
		return 0;
	if (strcmp(text, "session") == 0) {
		*ret = TL_MINORS_SESSION;
		return 0;
	}
	return tl_yaml_scalar(tl_str(text), &field, ret) == 0
		   ? 0
		   : tl_yaml_error(
			 tl_yaml_get(at, "for"), "for: session, or a time such as 24h");
}

/* What must be as loose first: an earlier setting of the same band that waits for nothing. */
static int
read_after(const struct tl_minors *m, const struct tl_yaml *list, enum tl_minors_column c,
    struct tl_minors_cell *cell)
{
	for (const struct tl_yaml *at = list ? list->first : NULL; at; at = at->next) {
		const struct tl_minors_setting *s = tl_minors_find(m, at->key->text);
		struct tl_minors_after *a = &cell->after[cell->after_count];
		if (!s)
			return tl_yaml_error(
			    at->key, "after: names no setting that stands before this one");
		if (s->cell[c].after_count)
			return tl_yaml_error(at->key,
			    "after: \"%.*s\" waits for another setting itself", TL_ARG(s->key));
		a->setting = (uint8_t)(s - m->settings);
		if (tl_minors_value(s, at->text, &a->value) < 0)
			return tl_yaml_error(
			    at, "after: \"%.*s\" has no such value", TL_ARG(s->key));
		cell->after_count++;
	}
	return 0;
}

static int
read_cell(const struct tl_minors *m, const struct tl_minors_setting *s,
    const struct tl_yaml *at, enum tl_minors_column c, struct tl_minors_cell *ret)
{
	struct raw_cell raw = {0};
	int rc = tl_yaml_fill(at, cell_fields, TL_COUNT(cell_fields), &raw);
	if (rc == 0)
		rc = rank(s, at, "default", raw.value, &ret->value);
	ret->loosest = ret->value;
	if (rc == 0 && raw.loosest)
		rc = rank(s, at, "loosest", raw.loosest, &ret->loosest);
	if (rc == 0)
		rc = read_hold(at, raw.hold, &ret->hold_us);
	if (rc < 0)
		return rc;
	ret->warn = raw.warn;
	if (ret->loosest < ret->value)
		return tl_yaml_error(tl_yaml_get(at, "loosest"),
		    "loosest: \"%s\" is stricter than the default", raw.loosest);
	if (ret->loosest == ret->value && (raw.warn || raw.hold || raw.after))
		return tl_yaml_error(
		    at, "warn, for and after say how to loosen what nobody can loosen here");
	return read_after(m, raw.after, c, ret);
}

/* No band may be given more than the next older one. */
static int
check_order(const struct tl_minors_setting *s, const struct raw_setting *raw)
{
	for (size_t c = 0; c + 1 < TL_COLUMNS; c++) {
		const struct tl_minors_cell *young = &s->cell[c], *old = &s->cell[c + 1];
		if (young->value > old->value || young->loosest > old->loosest)
			return tl_yaml_error(raw->cell[c], "%.*s: %s is looser than %s",
			    TL_ARG(s->key), columns[c], columns[c + 1]);
	}
	return 0;
}

static int
read_setting(struct loading *l, struct tl_minors *m, const struct tl_yaml *at,
    struct tl_minors_setting *s)
{
	struct raw_setting raw = {0};
	int rc = tl_yaml_fill(at, setting_fields, TL_COUNT(setting_fields), &raw);
	if (rc < 0)
		return rc;
	if (tl_minors_find(m, tl_str(raw.key)))
		return tl_yaml_error(at, "the setting \"%s\" stands here twice", raw.key);
	struct tl_str *values = TL_NEWS(l->arena, struct tl_str, raw.values->count);
	if (!values)
		return tl_fail(TL_ENOMEM, "too many settings");
	*s = (struct tl_minors_setting){
	    tl_str(raw.key), tl_str(raw.title), tl_str(raw.why), values, 0, {{0}}};
	uint8_t twice;
	for (const struct tl_yaml *v = raw.values->first; v; v = v->next) {
		if (s->value_count && tl_minors_value(s, v->text, &twice) == 0)
			return tl_yaml_error(
			    v, "values: \"%.*s\" stands here twice", TL_ARG(v->text));
		values[s->value_count++] = v->text;
	}
	for (size_t c = 0; rc == 0 && c < TL_COLUMNS; c++)
		rc = read_cell(m, s, raw.cell[c], (enum tl_minors_column)c, &s->cell[c]);
	return rc < 0 ? rc : check_order(s, &raw);
}

static int
read_minute(const char *text, int *ret)
{
	bool digits = text[0] >= '0' && text[0] <= '2' && text[1] >= '0' && text[1] <= '9' &&
		      text[2] == ':' && text[3] >= '0' && text[3] <= '5' && text[4] >= '0' &&
		      text[4] <= '9';
	if (!digits)
		return TL_EFIELD;
	*ret =
	    ((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 + text[4] - '0';
	return *ret < MINUTES_A_DAY ? 0 : TL_EFIELD;
}

static int
read_quiet(const struct tl_yaml *map, struct tl_minors *m)
{
	for (const struct tl_yaml *at = map->first; at; at = at->next) {
		size_t c = 0;
		while (c < TL_COLUMNS && !tl_str_is(at->key->text, columns[c]))
			c++;
		if (c == TL_COLUMNS)
			return tl_yaml_error(at->key, "quiet_hours: 13-15, 16-17 or 18+");
		struct tl_minors_quiet *q = &m->quiet[c];
		const char *t = (const char *)at->text.p;
		bool shape = at->kind == TL_YAML_SCALAR && at->text.n == 11 && t[5] == '-';
		if (!shape || read_minute(t, &q->from) < 0 || read_minute(t + 6, &q->to) < 0 ||
		    q->from == q->to)
			return tl_yaml_error(at, "quiet_hours: two times such as 21:00-08:00");
	}
	return 0;
}

int
tl_policy_people_texts(struct loading *l, const struct tl_yaml *map,
    const struct tl_minors_text **ret, size_t *ret_n)
{
	size_t all = 0;
	for (const struct tl_yaml *lang = map->first; lang; lang = lang->next)
		all += lang->count;
	struct tl_minors_text *texts = TL_NEWS(l->arena, struct tl_minors_text, all + 1);
	size_t n = 0;
	if (!texts)
		return tl_fail(TL_ENOMEM, "too many texts");
	for (const struct tl_yaml *lang = map->first; lang; lang = lang->next) {
		if (lang->kind != TL_YAML_MAP)
			return tl_yaml_error(lang, "texts: a list of names and texts");
		for (const struct tl_yaml *t = lang->first; t; t = t->next) {
			if (t->kind != TL_YAML_SCALAR || t->text.n == 0 || t->text.n > 500)
				return tl_yaml_error(t, "expected a text of at most 500 bytes");
			texts[n++] =
			    (struct tl_minors_text){lang->key->text, t->key->text, t->text};
		}
	}
	*ret = texts;
	*ret_n = n;
	return 0;
}

static int
check_texts(const struct tl_minors *m, const struct raw_minors *raw)
{
	const struct tl_yaml *en = tl_yaml_get(raw->texts, "en");
	for (size_t i = 0; i < TL_COUNT(words); i++) {
		if (!en || !tl_yaml_get(en, words[i]))
			return tl_yaml_error(
			    raw->texts, "the English text \"%s\" is missing", words[i]);
	}
	const struct tl_yaml *at = raw->settings->first;
	for (size_t i = 0; at && i < m->setting_count; i++, at = at->next) {
		if (!tl_yaml_get(en, (const char *)m->settings[i].why.p))
			return tl_yaml_error(tl_yaml_get(at, "why"),
			    "why: no English text of that name stands under texts");
	}
	return 0;
}

/* Where texts of private messages may be looked at: nowhere unless it is said. */
static int
read_countries(struct loading *l, const struct tl_yaml *list, struct tl_minors *m)
{
	struct tl_str *country = TL_NEWS(l->arena, struct tl_str, list ? list->count + 1 : 1);
	if (!country)
		return tl_fail(TL_ENOMEM, "too many countries");
	for (const struct tl_yaml *at = list ? list->first : NULL; at; at = at->next) {
		struct tl_str c = at->text;
		if (c.n != 2 || c.p[0] < 'A' || c.p[0] > 'Z' || c.p[1] < 'A' || c.p[1] > 'Z')
			return tl_yaml_error(
			    at, "message_text: countries as two capital letters, such as US");
		country[m->message_text_count++] = c;
	}
	m->message_text = country;
	return 0;
}

int
tl_policy_read_minors(struct loading *l, const struct tl_yaml *root)
{
	struct raw_minors raw = {0};
	int rc = tl_yaml_fill(root, minors_fields, TL_COUNT(minors_fields), &raw);
	if (rc < 0)
		return rc;
	int band = 0;
	if (tl_word_parse(tl_age_band_names, tl_str(raw.unknown_as), &band) < 0 ||
	    band != TL_AGE_13_15)
		return tl_yaml_error(tl_yaml_get(root, "unknown_as"),
		    "unknown_as: 13-15; an unknown age is never treated as older");
	struct tl_minors *m = TL_NEW(l->arena, struct tl_minors);
	struct tl_minors_setting *settings =
	    TL_NEWS(l->arena, struct tl_minors_setting, raw.settings->count);
	if (!m || !settings)
		return tl_fail(TL_ENOMEM, "too many settings");
	*m = (struct tl_minors){.minimum_age = (int)raw.minimum_age,
	    .unknown_as = (enum tl_age_band)band,
	    .settings = settings,
	    .built_in = l->built_in};
	rc = read_countries(l, raw.message_text, m);
	if (rc == 0)
		rc = read_quiet(raw.quiet, m);
	for (const struct tl_yaml *at = raw.settings->first; rc == 0 && at; at = at->next) {
		rc = read_setting(l, m, at, &settings[m->setting_count]);
		m->setting_count += rc == 0;
	}
	if (rc == 0)
		rc = tl_policy_people_texts(l, raw.texts, &m->texts, &m->text_count);
	if (rc == 0)
		rc = check_texts(m, &raw);
	l->set->minors = m;
	return rc;
}
