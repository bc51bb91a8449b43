/*
 * Owns the mapping from a decision to the fields of the transparency database, and the guard against personal
 * data in free text.
 *
 * Promises: what is appended has passed tl_sor_check. Orders of authorities (article 17(5)) and decisions that
 * take a restriction back are not submitted. Called by statement.c.
 */
#include "base/json.h"
#include "core/dsa.h"
#include "report/sor.h"
#include "report/statement_int.h"

static void
put(json_t *sor, const char *field, struct tl_str v)
{
	if (v.n)
		(void)json_object_set_new(
		    sor, field, json_stringn_nocheck((const char *)v.p, v.n));
	else
		(void)json_object_set_new(sor, field, json_null());
}

static void
put_z(json_t *sor, const char *field, const char *v)
{
	put(sor, field, tl_str(v));
}

static void
put_date(json_t *sor, const char *field, int64_t at)
{
	char date[TL_TIME_MAX];
	tl_time_format(date, at);
	put(sor, field, at ? tl_bytes(date, 10) : (struct tl_str){0});
}

/* A word as the database writes it, whether or not the decision carries the prefix. */
static void
add_word(json_t *list, const char *prefix, const char *word)
{
	char whole[160];
	bool has = strncmp(word, prefix, strlen(prefix)) == 0;
	(void)snprintf(whole, sizeof whole, "%s%s", has ? "" : prefix, word);
	(void)json_array_append_new(list, json_string(whole));
}

/* A JSON array of words; missing or unreadable: an empty one. */
static json_t *
words(struct tl_str text, const char *prefix)
{
	json_t *out = json_array();
	json_t *in TL_CLEANUP(tl_json_unref) = NULL;
	if (text.n == 0 || tl_json_parse(text, &in) < 0 || !json_is_array(in))
		return out;
	for (size_t i = 0; i < json_array_size(in); i++) {
		const json_t *e = json_array_get(in, i);
		const char *w =
		    json_string_value(json_is_object(e) ? json_object_get(e, "word") : e);
		if (w)
			add_word(out, prefix, w);
	}
	return out;
}

static void
restrictions(json_t *sor, const struct tl_decision *d)
{
	json_t *visibility = json_array();
	const struct tl_action_def *other_visibility = NULL, *other_monetary = NULL;
	struct tl_str one[TL_RESTRICT_ACCOUNT + 1] = {{0}};
	for (size_t i = 0; i < d->action_count; i++) {
		const struct tl_action_def *a = d->actions[i].def;
		if (a->restriction == TL_RESTRICT_VISIBILITY) {
			(void)json_array_append_new(visibility,
			    json_stringn_nocheck(
				(const char *)a->restriction_word.p, a->restriction_word.n));
			if (tl_str_is(a->restriction_word, "DECISION_VISIBILITY_OTHER"))
				other_visibility = a;
			continue;
		}
		one[a->restriction] = a->restriction_word;
		if (tl_str_is(a->restriction_word, "DECISION_MONETARY_OTHER"))
			other_monetary = a;
	}
	(void)json_object_set_new(sor, "decision_visibility", visibility);
	put(sor, "decision_visibility_other",
	    other_visibility ? other_visibility->sentence : (struct tl_str){0});
	put(sor, "decision_monetary", one[TL_RESTRICT_MONETARY]);
	put(sor, "decision_monetary_other",
	    other_monetary ? other_monetary->sentence : (struct tl_str){0});
	put(sor, "decision_provision", one[TL_RESTRICT_PROVISION]);
	put(sor, "decision_account", one[TL_RESTRICT_ACCOUNT]);
	put_date(sor, "end_date_visibility_restriction", d->visibility_end);
	put_date(sor, "end_date_monetary_restriction", d->monetary_end);
	put_date(sor, "end_date_service_restriction", d->service_end);
	put_date(sor, "end_date_account_restriction", d->account_end);
}

static void
grounds(json_t *sor, const struct tl_decision *d)
{
	put_z(sor, "decision_ground",
	    d->ground == TL_GROUND_ILLEGAL ? "DECISION_GROUND_ILLEGAL_CONTENT"
					   : "DECISION_GROUND_INCOMPATIBLE_CONTENT");
	put(sor, "decision_ground_reference_url", d->ground_url);
	put(sor, "illegal_content_legal_ground", d->legal_ground);
	put(sor, "illegal_content_explanation", d->legal_explanation);
	put(sor, "incompatible_content_ground", d->terms_ground);
	put(sor, "incompatible_content_explanation", d->terms_explanation);
	put_z(sor, "incompatible_content_illegal",
	    d->terms_also_illegal < 0 ? NULL
	    : d->terms_also_illegal   ? "Yes"
				      : "No");
}

static void
language(json_t *sor, struct tl_str code)
{
	char upper[3] = "";
	for (size_t i = 0; code.n == 2 && i < 2; i++)
		upper[i] =
		    (char)(code.p[i] >= 'a' && code.p[i] <= 'z' ? code.p[i] - 32 : code.p[i]);
	put_z(sor, "content_language", upper);
}

static void
content(json_t *sor, const struct tl_decision *d)
{
	(void)json_object_set_new(
	    sor, "content_type", words(d->content_types, "CONTENT_TYPE_"));
	put_z(sor, "content_type_other",
	    d->subject_kind == TL_SUBJECT_ACCOUNT ? "Account" : "Other content");
	language(sor, d->content_language);
	put_date(sor, "content_date", d->posted_at ? d->posted_at : d->at);
	put_date(sor, "application_date", d->effective_at ? d->effective_at : d->at);
	json_t *scope = words(d->territorial_scope, "");
	bool everywhere = json_array_size(scope) == 0;
	for (size_t i = 0; everywhere && tl_eea[i]; i++)
		(void)json_array_append_new(scope, json_string(tl_eea[i]));
	(void)json_object_set_new(sor, "territorial_scope", scope);
}

static void
category(json_t *sor, const struct tl_decision *d)
{
	put(sor, "category", d->category);
	(void)json_object_set_new(
	    sor, "category_addition", words(d->category_addition, "STATEMENT_CATEGORY_"));
	(void)json_object_set_new(
	    sor, "category_specification", words(d->keywords, "KEYWORD_"));
	put(sor, "category_specification_other", d->keyword_other);
}

static const char *
source_of(const struct tl_decision *d)
{
	switch (d->trigger) {
	case TL_TRIGGER_NOTICE:
		return "SOURCE_ARTICLE_16";
	case TL_TRIGGER_TRUSTED:
		return "SOURCE_TRUSTED_FLAGGER"; /* it is an article 16 notice too; this word wins */
	case TL_TRIGGER_ORDER:
	case TL_TRIGGER_REFERRAL:
		return "SOURCE_TYPE_OTHER_NOTIFICATION";
	case TL_TRIGGER_OWN:
	case TL_TRIGGER_HASH:
	case TL_TRIGGER_APPEAL:
	case TL_TRIGGER_CORRECTION:
	case tl_trigger_count:
		break;
	}
	return "SOURCE_VOLUNTARY";
}

static void
source_and_automation(json_t *sor, const struct tl_decision *d)
{
	static const char *const automated[] = {
	    [TL_AUTOMATION_NOT] = "AUTOMATED_DECISION_NOT_AUTOMATED",
	    [TL_AUTOMATION_PARTIALLY] = "AUTOMATED_DECISION_PARTIALLY",
	    [TL_AUTOMATION_FULLY] = "AUTOMATED_DECISION_FULLY"};
	bool given = d->source_type.n > 7 && memcmp(d->source_type.p, "SOURCE_", 7) == 0;
	put(sor, "source_type", given ? d->source_type : tl_str(source_of(d)));
	put(sor, "source_identity", d->source_identity);
	put_z(sor, "automated_detection", d->automated_detection ? "Yes" : "No");
	put_z(sor, "automated_decision", automated[d->automated_decision]);
}

//= law:dsa-24.5
//= law:dsa-17.5
int
tl_statement_dsa(const struct tl_decision *d, struct tl_buf *out)
{
	if (d->kind != TL_DECISION_ACT || d->trigger == TL_TRIGGER_ORDER)
		return 0;
	json_t *sor TL_CLEANUP(tl_json_unref) = json_object();
	restrictions(sor, d);
	grounds(sor, d);
	content(sor, d);
	category(sor, d);
	put(sor, "decision_facts", d->facts);
	source_and_automation(sor, d);
	put(sor, "puid", d->puid);
	struct tl_sor_error e = {0};
	if (tl_sor_check(sor, &e, 1) > 0)
		return tl_fail(TL_EFIELD, "statement of reasons: %s %s", e.field, e.problem);
	char *text = json_dumps(sor, JSON_COMPACT | JSON_PRESERVE_ORDER);
	if (!text)
		return tl_fail(TL_EUTF8, "statement of reasons: a text is not valid UTF-8");
	tl_buf_puts(out, text);
	free(text);
	return 0;
}

static bool
is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c >= 0x80;
}

/* "name@host.tld" or "@name" at position i of an @. */
static const char *
at_sign(struct tl_str s, size_t i)
{
	if (i + 1 >= s.n || !is_word(s.p[i + 1]))
		return NULL;
	return i > 0 && is_word(s.p[i - 1]) ? "an e-mail address" : "the name of an account";
}

/* Nine digits or more with blanks, dashes, dots and brackets between, or four numbers with dots. */
static const char *
number(struct tl_str s, size_t i)
{
	size_t digits = 0, dots = 0, parts = 1;
	for (; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c >= '0' && c <= '9') {
			digits++;
			continue;
		}
		bool between =
		    c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/';
		if (!between || i + 1 >= s.n)
			break;
		bool joins = c == '.' && s.p[i + 1] >= '0' && s.p[i + 1] <= '9';
		dots += joins;
		parts += joins;
	}
	if (dots == 3 && parts == 4 && digits <= 12)
		return "an IP address";
	return digits >= 9 ? "a telephone number" : NULL;
}

const char *
tl_statement_personal(struct tl_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		const char *what = NULL;
		if (s.p[i] == '@')
			what = at_sign(s, i);
		bool starts = i == 0 || !is_word(s.p[i - 1]);
		if (!what && starts && s.p[i] >= '0' && s.p[i] <= '9')
			what = number(s, i);
		if (!what && s.n - i >= 3 && memcmp(s.p + i, "://", 3) == 0)
			what = "an address of a page";
		if (what)
			return what;
	}
	return NULL;
}
