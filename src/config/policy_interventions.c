/*
 * Reads interventions.yaml: terms of searches and comments, help lines, and what people are told.
 *
 * Promises: each band is at least as strict as the next older one; a list for comments has a ground; each topic and each
 * kind of notice has its text in English; a help line says where its number is from and when to look again. A folder
 * without the file gets that of the program, without lists whose policy the folder does not have. Called by policy.c.
 */
#include "config/policy_int.h"

#include "core/interventions.h"
#include "sys/clock.h"

#define TERMS_MAX 10000
#define LINES_MAX 2000

static const char *const columns[TL_COLUMNS] = {"13-15", "16-17", "18+"};

/* What English must say beside the topics. */
static const char *const words[] = {"care", "results_hidden", "help_lines", "help_unknown",
    "comment_ask", "comment_hold", "comment_refuse", "comment_closed", "approach_title",
    "approach", "refused_title", "refused", "can_block", "can_report", "can_talk"};

struct raw {
	int64_t every;
	const struct tl_yaml *search, *comments, *lines, *texts;
};

static const struct tl_yaml_field fields[] = {
    {"approach_notice_every", TL_Y_DURATION, offsetof(struct raw, every), TL_US_HOUR,
	365 * TL_US_DAY, NULL, true},
    {"search", TL_Y_LIST, offsetof(struct raw, search), 0, TL_LISTS_MAX / 2, NULL, true},
    {"comments", TL_Y_LIST, offsetof(struct raw, comments), 0, TL_LISTS_MAX / 2, NULL, true},
    {"help_lines", TL_Y_LIST, offsetof(struct raw, lines), 0, LINES_MAX, NULL, true},
    {"texts", TL_Y_MAP, offsetof(struct raw, texts), 1, 64, NULL, true},
};

struct raw_list {
	const char *name, *title, *policy;
	int say[TL_COLUMNS];
	const struct tl_yaml *help, *terms;
};

#define AT(f) offsetof(struct raw_list, f)
#define LIST(says)                                                                             \
	{"title", TL_Y_STR, AT(title), 1, 100, NULL, true},                                    \
	    {"13-15", TL_Y_ENUM, AT(say[TL_COLUMN_13_15]), 0, 0, says, true},                  \
	    {"16-17", TL_Y_ENUM, AT(say[TL_COLUMN_16_17]), 0, 0, says, true},                  \
	    {"18+", TL_Y_ENUM, AT(say[TL_COLUMN_18]), 0, 0, says, true},                       \
	{                                                                                      \
		"terms", TL_Y_STRS, AT(terms), 1, TERMS_MAX, NULL, true                        \
	}
static const struct tl_yaml_field topic_fields[] = {
    {"topic", TL_Y_STR, AT(name), 1, 40, NULL, true},
    {"help", TL_Y_STRS, AT(help), 0, TL_LIST_HELP_MAX, NULL, true},
    LIST(tl_search_say_names),
};
static const struct tl_yaml_field comment_fields[] = {
    {"list", TL_Y_STR, AT(name), 1, 40, NULL, true},
    {"policy", TL_Y_STR, AT(policy), 1, 64, NULL, true},
    LIST(tl_comment_say_names),
};
#undef AT

struct raw_line {
	const char *country, *kind, *name, *phone, *source, *check;
	bool minors_only;
};

#define AT(f) offsetof(struct raw_line, f)
static const struct tl_yaml_field line_fields[] = {
    {"country", TL_Y_STR, AT(country), 2, 2, NULL, true},
    {"kind", TL_Y_STR, AT(kind), 1, 40, NULL, true},
    {"name", TL_Y_STR, AT(name), 1, 100, NULL, true},
    {"phone", TL_Y_STR, AT(phone), 1, 40, NULL, true},
    {"source", TL_Y_STR, AT(source), 1, 200, NULL, true},
    {"check", TL_Y_STR, AT(check), 10, 10, NULL, true},
    {"minors_only", TL_Y_BOOL, AT(minors_only), 0, 0, NULL, false},
};
#undef AT

static bool
is_word(struct tl_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool fine = (s.p[i] >= 'a' && s.p[i] <= 'z') ||
			    (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-' || s.p[i] == '_';
		if (!fine)
			return false;
	}
	return s.n > 0;
}

static int
read_terms(struct loading *l, const struct tl_yaml *at, struct tl_word_list *ret)
{
	struct tl_list_term *terms = TL_NEWS(l->arena, struct tl_list_term, at->count);
	if (!terms)
		return tl_fail(TL_ENOMEM, "too many terms");
	for (const struct tl_yaml *t = at->first; t; t = t->next)
		terms[ret->term_count++] = (struct tl_list_term){t->text, t->line};
	ret->terms = terms;
	return 0;
}

static int
read_say(const struct tl_yaml *at, const struct raw_list *raw, struct tl_word_list *ret)
{
	for (size_t c = 0; c < TL_COLUMNS; c++)
		ret->say[c] = (uint8_t)raw->say[c];
	for (size_t c = 0; c + 1 < TL_COLUMNS; c++) {
		if (ret->say[c] < ret->say[c + 1])
			return tl_yaml_error(tl_yaml_get(at, columns[c]),
			    "%s is told less than %s", columns[c], columns[c + 1]);
	}
	return 0;
}

/* 1: left out. */
static int
read_list(struct loading *l, struct tl_interventions *in, const struct tl_yaml *at,
    enum tl_list_use use, struct tl_word_list *ret)
{
	struct raw_list raw = {0};
	bool search = use == TL_LIST_SEARCH;
	int rc = search ? tl_yaml_fill(at, topic_fields, TL_COUNT(topic_fields), &raw)
			: tl_yaml_fill(at, comment_fields, TL_COUNT(comment_fields), &raw);
	if (rc < 0)
		return rc;
	*ret = (struct tl_word_list){
	    .use = use, .name = tl_str(raw.name), .title = tl_str(raw.title)};
	if (!is_word(ret->name))
		return tl_yaml_error(at, "a name has small letters, digits, '-' and '_'");
	if (tl_word_list_find(in, use, ret->name))
		return tl_yaml_error(at, "\"%s\" stands here twice", raw.name);
	if (raw.policy) {
		ret->policy = tl_str(raw.policy);
		if (!tl_policy_find(l->set, ret->policy))
			return l->built_in ? 1
					   : tl_yaml_error(tl_yaml_get(at, "policy"),
						 "policy: there is no \"%s\"", raw.policy);
	}
	for (const struct tl_yaml *h = raw.help ? raw.help->first : NULL; h; h = h->next)
		ret->help[ret->help_count++] = h->text;
	rc = read_say(at, &raw, ret);
	return rc < 0 ? rc : read_terms(l, raw.terms, ret);
}

static int
read_lists(struct loading *l, struct tl_interventions *in, struct tl_word_list *lists,
    const struct tl_yaml *from, enum tl_list_use use)
{
	for (const struct tl_yaml *at = from->first; at; at = at->next) {
		int rc = read_list(l, in, at, use, &lists[in->list_count]);
		if (rc < 0)
			return rc;
		in->list_count += rc == 0;
	}
	return 0;
}

static bool
is_date(const char *s)
{
	for (size_t i = 0; i < 10; i++) {
		bool dash = i == 4 || i == 7;
		if (dash ? s[i] != '-' : s[i] < '0' || s[i] > '9')
			return false;
	}
	return s[5] < '2' && s[8] < '4';
}

static int
read_line(const struct tl_yaml *at, struct tl_help_line *ret)
{
	struct raw_line raw = {0};
	int rc = tl_yaml_fill(at, line_fields, TL_COUNT(line_fields), &raw);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < 2; i++) {
		if (raw.country[i] < 'A' || raw.country[i] > 'Z')
			return tl_yaml_error(tl_yaml_get(at, "country"),
			    "country: two capital letters (ISO 3166)");
	}
	if (!is_date(raw.check))
		return tl_yaml_error(
		    tl_yaml_get(at, "check"), "check: a date such as 2027-05-01");
	*ret = (struct tl_help_line){tl_str(raw.country), tl_str(raw.kind), tl_str(raw.name),
	    tl_str(raw.phone), tl_str(raw.source), tl_str(raw.check), raw.minors_only};
	return 0;
}

static int
read_lines(struct loading *l, struct tl_interventions *in, const struct tl_yaml *from)
{
	struct tl_help_line *lines = TL_NEWS(l->arena, struct tl_help_line, from->count + 1);
	if (!lines)
		return tl_fail(TL_ENOMEM, "too many help lines");
	in->lines = lines;
	for (const struct tl_yaml *at = from->first; at; at = at->next) {
		int rc = read_line(at, &lines[in->line_count]);
		if (rc < 0)
			return rc;
		in->line_count++;
	}
	return 0;
}

static int
check_texts(const struct tl_interventions *in, const struct tl_yaml *texts)
{
	const struct tl_yaml *en = tl_yaml_get(texts, "en");
	for (size_t i = 0; i < TL_COUNT(words); i++) {
		if (!en || !tl_yaml_get(en, words[i]))
			return tl_yaml_error(
			    texts, "the English text \"%s\" is missing", words[i]);
	}
	for (size_t i = 0; i < in->list_count; i++) {
		struct tl_str name = in->lists[i].name;
		if (in->lists[i].use == TL_LIST_SEARCH &&
		    !tl_yaml_get(en, (const char *)name.p))
			return tl_yaml_error(
			    texts, "the English text \"%.*s\" is missing", TL_ARG(name));
	}
	return 0;
}

int
tl_policy_read_interventions(struct loading *l, const struct tl_yaml *root)
{
	struct raw raw = {0};
	int rc = tl_yaml_fill(root, fields, TL_COUNT(fields), &raw);
	if (rc < 0)
		return rc;
	struct tl_interventions *in = TL_NEW(l->arena, struct tl_interventions);
	struct tl_word_list *lists =
	    TL_NEWS(l->arena, struct tl_word_list, raw.search->count + raw.comments->count + 1);
	if (!in || !lists)
		return tl_fail(TL_ENOMEM, "too many lists");
	*in = (struct tl_interventions){.lists = lists, .approach_every_us = raw.every};
	rc = read_lists(l, in, lists, raw.search, TL_LIST_SEARCH);
	if (rc == 0)
		rc = read_lists(l, in, lists, raw.comments, TL_LIST_COMMENT);
	if (rc == 0)
		rc = read_lines(l, in, raw.lines);
	if (rc == 0)
		rc = tl_policy_people_texts(l, raw.texts, &in->texts, &in->text_count);
	if (rc == 0)
		rc = check_texts(in, raw.texts);
	l->set->interventions = in;
	return rc;
}
