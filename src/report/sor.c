/*
 * Owns the rules of the transparency database as a checker, generated from sor.tbl.h.
 *
 * Promises: a statement without errors here meets every rule that the Commission publishes, and three that its
 * code does not check: an end date is not before the application date, a keyword belongs to its category, and
 * the main category is not repeated. Called by statement.c and by the tests of its reports.
 */
#include "report/sor.h"

#include "base/json.h"
#include "core/dsa.h"

static const char *const visibility_words[] = {
#define R(kind, word) R_##kind(word)
#define R_VISIBILITY(word) "DECISION_VISIBILITY_" #word,
#define R_MONETARY(word)
#define R_PROVISION(word)
#define R_ACCOUNT(word)
#include "core/dsa.tbl.h"
    NULL};
static const char *const monetary_words[] = {"DECISION_MONETARY_SUSPENSION",
    "DECISION_MONETARY_TERMINATION", "DECISION_MONETARY_OTHER", NULL};
static const char *const provision_words[] = {"DECISION_PROVISION_PARTIAL_SUSPENSION",
    "DECISION_PROVISION_TOTAL_SUSPENSION", "DECISION_PROVISION_PARTIAL_TERMINATION",
    "DECISION_PROVISION_TOTAL_TERMINATION", NULL};
static const char *const account_words[] = {
    "DECISION_ACCOUNT_SUSPENDED", "DECISION_ACCOUNT_TERMINATED", NULL};
static const char *const account_types[] = {
    "ACCOUNT_TYPE_BUSINESS", "ACCOUNT_TYPE_PRIVATE", NULL};
static const char *const grounds[] = {
    "DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT", NULL};
static const char *const yes_no[] = {"Yes", "No", NULL};
static const char *const automated_decisions[] = {"AUTOMATED_DECISION_FULLY",
    "AUTOMATED_DECISION_PARTIALLY", "AUTOMATED_DECISION_NOT_AUTOMATED", NULL};
static const char *const keyword_words[] = {
#define K(category, name) "KEYWORD_" #name,
#include "core/dsa.tbl.h"
    "KEYWORD_OTHER", "KEYWORD_STALKING", NULL};
const char *const tl_eea[] = {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR",
    "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT",
    "RO", "SE", "SI", "SK", NULL};
static const char languages[] =
    " AA AB AE AF AK AM AN AR AS AV AY AZ BA BE BG BH BI BM BN BO BR BS CA CE CH CO CR CS CU CV"
    " CY DA DE DV DZ EE EL EN EO ES ET EU FA FF FI FJ FO FR FY GA GD GL GN GU GV HA HE HI HO HR"
    " HT HU HY HZ IA ID IE IG II IK IO IS IT IU JA JV KA KG KI KJ KK KL KM KN KO KR KS KU KV KW"
    " KY LA LB LG LI LN LO LT LU LV MG MH MI MK ML MN MR MS MT MY NA NB ND NE NG NL NN NO NR NV"
    " NY OC OJ OM OR OS PA PI PL PS PT QU RM RN RO RU RW SA SC SD SE SG SI SK SL SM SN SO SQ SR"
    " SS ST SU SV SW TA TE TG TH TI TK TL TN TO TR TS TT TW TY UG UK UR UZ VE VI VO WA WO XH YI"
    " YO ZA ZH ZU ";

enum type { TEXT, WORD, WORDS, DATE, URL, PUID, LANGUAGE, EAN };

static const struct row {
	const char *field;
	enum type type;
	int required, max;
	const char *const *words;
} rows[] = {
#define F(field, type, required, max, words) {field, type, required, max, words},
#include "report/sor.tbl.h"
};

static const struct condition {
	const char *field, *other, *value;
	int required;
} conditions[] = {
#define WHEN(field, other, value, required) {field, other, value, required},
#include "report/sor.tbl.h"
};

struct findings {
	struct tl_sor_error *errors;
	size_t cap, n;
};

static void
found(struct findings *f, const char *field, const char *problem)
{
	if (f->n < f->cap)
		f->errors[f->n] = (struct tl_sor_error){field, problem};
	f->n++;
}

static bool
empty(const json_t *v)
{
	return !v || json_is_null(v) || (json_is_array(v) && json_array_size(v) == 0) ||
	       (json_is_string(v) && json_string_length(v) == 0);
}

static bool
known(const char *const *words, const json_t *v)
{
	int at;
	return json_is_string(v) && tl_word_parse(words, tl_json_str(v), &at) == 0;
}

static bool
holds(const json_t *v, const char *word)
{
	if (json_is_string(v))
		return tl_str_is(tl_json_str(v), word);
	for (size_t i = 0; json_is_array(v) && i < json_array_size(v); i++) {
		if (tl_str_is(tl_json_str(json_array_get(v, i)), word))
			return true;
	}
	return false;
}

static bool
is_date(const json_t *v, int64_t year_least)
{
	struct tl_str s = tl_json_str(v);
	int64_t y, m, d, us;
	if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' ||
	    tl_parse_i64(tl_bytes(s.p, 4), year_least, 2038, &y) < 0 ||
	    tl_parse_i64(tl_bytes(s.p + 5, 2), 1, 12, &m) < 0 ||
	    tl_parse_i64(tl_bytes(s.p + 8, 2), 1, 31, &d) < 0)
		return false;
	if (y == 2038 && (m > 1 || d > 1))
		return false;
	char whole[32];
	(void)snprintf(whole, sizeof whole, "%.10sT00:00:00Z", (const char *)s.p);
	return tl_time_parse(tl_str(whole), &us) == 0;
}

static bool
is_puid(struct tl_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		bool ok = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			  (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
		if (!ok)
			return false;
	}
	return s.n > 0;
}

static bool
is_language(struct tl_str s)
{
	char padded[5] = {' ', ' ', ' ', ' ', '\0'};
	if (s.n != 2)
		return false;
	padded[1] = (char)s.p[0];
	padded[2] = (char)s.p[1];
	return strstr(languages, padded) != NULL;
}

static bool
is_ean(const json_t *v)
{
	struct tl_str s = tl_json_str(json_object_get(v, "EAN-13"));
	int64_t n;
	return json_object_size(v) == 1 && s.n == 13 && tl_parse_i64(s, 0, INT64_MAX, &n) == 0;
}

/* Code points, as the database counts. */
static size_t
length(struct tl_str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return n;
}

static void
check_words(struct findings *f, const struct row *r, const json_t *v)
{
	if (!json_is_array(v)) {
		found(f, r->field, "must be an array");
		return;
	}
	for (size_t i = 0; i < json_array_size(v); i++) {
		if (!known(r->words, json_array_get(v, i))) {
			found(f, r->field, "holds a value that is not allowed");
			return;
		}
	}
}

static void
check_value(struct findings *f, const struct row *r, const json_t *v)
{
	struct tl_str s = tl_json_str(v);
	if (r->type == WORDS) {
		check_words(f, r, v);
		return;
	}
	if (r->type == EAN) {
		if (!is_ean(v))
			found(f, "content_id.EAN-13", "must be 13 digits");
		return;
	}
	if (!json_is_string(v)) {
		found(f, r->field, "must be text");
		return;
	}
	if (r->type == WORD && !known(r->words, v))
		found(f, r->field, "is not an allowed value");
	if (r->type == DATE && !is_date(v, r->max))
		found(f, r->field, "is not a date of the form YYYY-MM-DD within its limits");
	if (r->type == LANGUAGE && !is_language(s))
		found(f, r->field, "is not an upper-case ISO 639-1 code");
	if (r->type == PUID && !is_puid(s))
		found(f, r->field, "has a wrong format");
	if (r->type == URL && strncmp((const char *)s.p, "http://", 7) != 0 &&
	    strncmp((const char *)s.p, "https://", 8) != 0)
		found(f, r->field, "is not a URL");
	if ((r->type == TEXT || r->type == URL || r->type == PUID) &&
	    length(s) > (size_t)r->max)
		found(f, r->field, "is too long");
}

static void
apply_conditions(json_t *sor, struct findings *f)
{
	for (size_t i = 0; i < TL_COUNT(conditions); i++) {
		const struct condition *c = &conditions[i];
		bool holds_now = holds(json_object_get(sor, c->other), c->value);
		if (!holds_now)
			(void)json_object_set_new(sor, c->field, json_null());
		else if (c->required && empty(json_object_get(sor, c->field)))
			found(f, c->field, "is required here");
	}
	if (holds(json_object_get(sor, "source_type"), "SOURCE_VOLUNTARY"))
		(void)json_object_set_new(sor, "source_identity", json_null());
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, each once, without `except`. */
static void
tidy_array(json_t *sor, const char *field, const char *except)
{
	const char *words[64];
	size_t n = 0;
	const json_t *v = json_object_get(sor, field);
	if (!json_is_array(v) || json_array_size(v) > TL_COUNT(words))
		return;
	for (size_t i = 0; i < json_array_size(v); i++) {
		const char *w = json_string_value(json_array_get(v, i));
		if (!w)
			return; /* the check reports it */
		if (!except || strcmp(w, except) != 0)
			words[n++] = w;
	}
	qsort(words, n, sizeof words[0], by_text);
	json_t *tidy = json_array();
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || strcmp(words[i], words[i - 1]) != 0)
			(void)json_array_append_new(tidy, json_string(words[i]));
	}
	(void)json_object_set_new(sor, field, tidy);
}

static void
check_restrictions(const json_t *sor, struct findings *f)
{
	static const char *const four[] = {"decision_visibility", "decision_monetary",
	    "decision_provision", "decision_account"};
	for (size_t i = 0; i < TL_COUNT(four); i++) {
		if (!empty(json_object_get(sor, four[i])))
			return;
	}
	for (size_t i = 0; i < TL_COUNT(four); i++)
		found(f, four[i], "is required when none of the four restrictions is given");
}

static void
check_dates(const json_t *sor, struct findings *f)
{
	const char *from = json_string_value(json_object_get(sor, "application_date"));
	for (size_t i = 0; from && i < TL_COUNT(rows); i++) {
		if (strncmp(rows[i].field, "end_date_", 9) != 0)
			continue;
		const char *to = json_string_value(json_object_get(sor, rows[i].field));
		if (to && *to && strcmp(to, from) < 0)
			found(f, rows[i].field, "is before the application date");
	}
}

static void
check_keywords(const json_t *sor, struct findings *f)
{
	const json_t *category = json_object_get(sor, "category");
	const json_t *words = json_object_get(sor, "category_specification");
	for (size_t i = 0; json_is_array(words) && i < json_array_size(words); i++) {
		const json_t *w = json_array_get(words, i);
		bool stalking = holds(w, "KEYWORD_STALKING");
		bool fits = stalking || !known(keyword_words, w) ||
			    tl_dsa_keyword_fits(tl_json_str(category), tl_json_str(w));
		const json_t *more = json_object_get(sor, "category_addition");
		for (size_t k = 0; !fits && k < json_array_size(more); k++)
			fits = tl_dsa_keyword_fits(
			    tl_json_str(json_array_get(more, k)), tl_json_str(w));
		if (!fits)
			found(f, "category_specification", "does not belong to the category");
	}
}

size_t
tl_sor_check(json_t *sor, struct tl_sor_error *errors, size_t cap)
{
	struct findings f = {errors, cap, 0};
	const char *category = json_string_value(json_object_get(sor, "category"));
	tidy_array(sor, "territorial_scope", NULL);
	tidy_array(sor, "category_addition", category);
	check_restrictions(sor, &f);
	apply_conditions(sor, &f);
	for (size_t i = 0; i < TL_COUNT(rows); i++) {
		const json_t *v = json_object_get(sor, rows[i].field);
		if (!empty(v))
			check_value(&f, &rows[i], v);
		else if (rows[i].required)
			found(&f, rows[i].field, "is required");
	}
	check_dates(sor, &f);
	check_keywords(sor, &f);
	return f.n;
}
