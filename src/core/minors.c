/*
 * Looking things up in the matrix of settings.
 *
 * Promises: pure; a text that is missing in a language is there in English, which the reader of the file has checked.
 * Called by src/minors and by whoever shows the matrix.
 */
#include "core/minors.h"

#include <string.h>

const struct tl_minors_setting *
tl_minors_find(const struct tl_minors *m, struct tl_str key)
{
	for (size_t i = 0; i < m->setting_count; i++) {
		if (tl_str_eq(m->settings[i].key, key))
			return &m->settings[i];
	}
	return NULL;
}

int
tl_minors_value(const struct tl_minors_setting *s, struct tl_str name, uint8_t *ret)
{
	for (size_t i = 0; i < s->value_count; i++) {
		if (tl_str_eq(s->values[i], name)) {
			*ret = (uint8_t)i;
			return 0;
		}
	}
	return tl_fail(TL_EFIELD, "%.*s has no such value; from %.*s (strictest) to %.*s",
	    TL_ARG(s->key), TL_ARG(s->values[0]), TL_ARG(s->values[s->value_count - 1]));
}

static const struct tl_minors_text *
text_in(
    const struct tl_minors_text *texts, size_t n, struct tl_str language, struct tl_str name)
{
	for (size_t i = 0; i < n; i++) {
		if (tl_str_eq(texts[i].name, name) && tl_str_eq(texts[i].language, language))
			return &texts[i];
	}
	return NULL;
}

struct tl_str
tl_people_text(
    const struct tl_minors_text *texts, size_t n, struct tl_str language, struct tl_str name)
{
	struct tl_str first = language;
	for (first.n = 0; first.n < language.n && language.p[first.n] != '-';)
		first.n++;
	const struct tl_minors_text *t = text_in(texts, n, first, name);
	if (!t)
		t = text_in(texts, n, TL_S("en"), name);
	return t ? t->text : name;
}

struct tl_str
tl_minors_text(const struct tl_minors *m, struct tl_str language, struct tl_str name)
{
	return tl_people_text(m->texts, m->text_count, language, name);
}

static bool
is_named(const struct tl_minors *m, struct tl_str country)
{
	for (size_t i = 0; i < m->message_text_count && country.n; i++)
		if (tl_str_eq(m->message_text[i], country))
			return true;
	return false;
}

bool
tl_minors_text_allowed(const struct tl_minors *m, enum tl_contact_kind kind,
    struct tl_str from_country, struct tl_str to_country)
{
	if (kind == TL_CONTACT_COMMENT || kind == TL_CONTACT_MENTION)
		return true;
	return is_named(m, from_country) && is_named(m, to_country);
}
