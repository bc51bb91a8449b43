/*
 * The decoders of intake: one table of fields for each kind of request, and the few checks that a table cannot
 * say.
 *
 * Promises: nothing outside the tables is accepted; bounds are those of api/openapi.yaml (the contract test
 * compares them). Failures: EFIELD with its pointer, LIMIT when the arena is full. Called by the API's handlers,
 * and by the fuzz target fuzz_item.
 */
#include "intake/decode_int.h"

#include "intake/birthday.h"
#include "sys/clock.h"

#include <ctype.h>

#define MAX_SAFE INT64_C(9007199254740991) /* what every JSON reader can hold */
#define NAME_BYTES 64
#define URL_BYTES 2048

int
tl_check_ext_id(struct tl_str id, const char *pointer)
{
	if (id.n < 1 || id.n > TL_EXT_ID_BYTES)
		return tl_fail_at(TL_EFIELD, pointer, "must have 1 to %d bytes, has %zu",
		    TL_EXT_ID_BYTES, id.n);
	for (size_t i = 0; i < id.n; i++)
		if (id.p[i] < 0x20 || id.p[i] == 0x7f)
			return tl_fail_at(
			    TL_EFIELD, pointer, "must not hold control characters");
	return 0;
}

/* Absent ids are fine. */
static int
check_ids(const struct tl_str *ids, const char *const *pointers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int rc = ids[i].p ? tl_check_ext_id(ids[i], pointers[i]) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Items --------------------------------------------------------------------------------------------------------- */

struct item_in {
	struct tl_str id;
	int64_t version;
	int kind, audience;
	json_t *author, *text, *media, *stream;
	struct tl_str thread, parent, url, language, territory;
	int64_t views, engagement, posted_at;
};

#define AT(f) offsetof(struct item_in, f)
static const struct tl_json_field ITEM[] = {
    {"id", TL_J_STR, AT(id), 1, TL_EXT_ID_BYTES, NULL, true},
    {"version", TL_J_INT, AT(version), 1, MAX_SAFE, NULL, false},
    {"kind", TL_J_ENUM, AT(kind), 0, 0, tl_item_kind_names, true},
    {"author", TL_J_OBJECT, AT(author), 0, 64, NULL, true},
    {"text", TL_J_OBJECT, AT(text), 0, TL_ITEM_FIELDS_MAX, NULL, false},
    {"media", TL_J_ARRAY, AT(media), 0, TL_ITEM_MEDIA_MAX, NULL, false},
    {"thread", TL_J_STR, AT(thread), 1, TL_EXT_ID_BYTES, NULL, false},
    {"parent", TL_J_STR, AT(parent), 1, TL_EXT_ID_BYTES, NULL, false},
    {"audience", TL_J_ENUM, AT(audience), 0, 0, tl_audience_names, false},
    {"views", TL_J_INT, AT(views), 0, MAX_SAFE, NULL, false},
    {"engagement", TL_J_INT, AT(engagement), 0, MAX_SAFE, NULL, false},
    {"posted_at", TL_J_TIME, AT(posted_at), 0, 0, NULL, false},
    {"url", TL_J_STR, AT(url), 0, URL_BYTES, NULL, false},
    {"language", TL_J_STR, AT(language), 2, 35, NULL, false},
    {"territory", TL_J_STR, AT(territory), 2, 2, NULL, false},
    {"stream", TL_J_OBJECT, AT(stream), 0, 64, NULL, false},
};
#undef AT

#define AT(f) offsetof(struct tl_item_stream, f)
static const struct tl_json_field STREAM[] = {
    {"id", TL_J_STR, AT(id), 1, TL_EXT_ID_BYTES, NULL, true},
    {"seq", TL_J_INT, AT(seq), 0, MAX_SAFE, NULL, true},
    {"ended", TL_J_BOOL, AT(ended), 0, 0, NULL, false},
};
#undef AT

struct only_id {
	struct tl_str id;
};
static const struct tl_json_field ONLY_ID[] = {
    {"id", TL_J_STR, offsetof(struct only_id, id), 1, TL_EXT_ID_BYTES, NULL, true},
};

static bool
is_name(const char *s)
{
	size_t n = 0;
	for (; s[n]; n++)
		if (!isalnum((unsigned char)s[n]) && s[n] != '_' && s[n] != '-')
			return false;
	return n >= 1 && n <= NAME_BYTES;
}

static int
read_text(json_t *text, struct tl_item *it)
{
	const char *name;
	json_t *v;
	size_t all = 0;
	json_object_foreach(text, name, v)
	{
		char at[16 + NAME_BYTES];
		(void)snprintf(at, sizeof at, "/text/%.64s", name);
		if (!is_name(name))
			return tl_fail_at(TL_EFIELD, at,
			    "a field's name has 1 to 64 letters, digits, '_' or '-'");
		if (!json_is_string(v))
			return tl_fail_at(TL_EFIELD, at, "expected a string");
		struct tl_str s = tl_json_str(v);
		all += s.n;
		if (all > TL_ITEM_FIELD_BYTES_MAX)
			return tl_fail_at(TL_EFIELD, at,
			    "all text together must have at most %d bytes",
			    TL_ITEM_FIELD_BYTES_MAX);
		it->fields[it->field_count++] = (struct tl_field){tl_str(name), s};
	}
	return 0;
}

static int
read_media(json_t *media, struct tl_item *it)
{
	for (size_t i = 0; i < json_array_size(media); i++) {
		char at[32];
		(void)snprintf(at, sizeof at, "/media/%zu", i);
		const json_t *v = json_array_get(media, i);
		if (!json_is_string(v) ||
		    tl_unhex(it->media[i].id.b, sizeof it->media[i].id.b, tl_json_str(v)) < 0)
			return tl_fail_at(TL_EFIELD, at, "expected 64 hex digits");
		it->media_count++;
	}
	return 0;
}

/* The primary language of a BCP 47 tag, in lower case. */
int
tl_decode_language(struct tl_str tag, struct tl_arena *a, struct tl_str *ret)
{
	struct tl_str s = tl_arena_dup(a, tag);
	size_t n = 0;
	while (n < s.n && isalpha(s.p[n]))
		n++;
	if (!s.n)
		return tag.n ? tl_arena_check(a) : 0;
	if (n < 2 || n > 3 || (n < s.n && s.p[n] != '-'))
		return tl_fail_at(
		    TL_EFIELD, "/language", "expected a language tag such as \"en\"");
	for (size_t i = n; i < s.n; i++)
		if (!isalnum(s.p[i]) && s.p[i] != '-')
			return tl_fail_at(
			    TL_EFIELD, "/language", "expected a language tag such as \"en\"");
	char *low = (char *)(uintptr_t)s.p; /* our own copy */
	for (size_t i = 0; i < n; i++)
		low[i] = (char)tolower(low[i]);
	*ret = tl_bytes(s.p, n);
	return 0;
}

int
tl_decode_country(struct tl_str in, struct tl_arena *a, const char *pointer, struct tl_str *ret)
{
	if (!in.n)
		return 0;
	if (in.n != 2 || !isalpha(in.p[0]) || !isalpha(in.p[1]))
		return tl_fail_at(TL_EFIELD, pointer, "expected two letters such as \"DE\"");
	const char up[2] = {(char)toupper(in.p[0]), (char)toupper(in.p[1])};
	*ret = tl_arena_dup(a, tl_bytes(up, sizeof up));
	return tl_arena_check(a);
}

static int
check_url(struct tl_str url)
{
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] <= 0x20 || url.p[i] == 0x7f)
			return tl_fail_at(
			    TL_EFIELD, "/url", "must not hold spaces or control characters");
	return 0;
}

static int
read_stream(json_t *stream, struct tl_item *it)
{
	if (!stream)
		return 0;
	if (it->kind != TL_KIND_LIVE_STREAM)
		return tl_fail_at(
		    TL_EFIELD, "/stream", "only items of kind live_stream have one");
	int rc = tl_json_fill(stream, "/stream", STREAM, TL_COUNT(STREAM), &it->stream);
	if (rc == 0)
		rc = tl_check_ext_id(it->stream.id, "/stream/id");
	if (rc == 0 && tl_str_eq(it->stream.id, it->ext_id))
		rc = tl_fail_at(TL_EFIELD, "/stream/id",
		    "a segment has an id of its own, different from the stream's");
	return rc;
}

int
tl_decode_item(json_t *j, struct tl_arena *a, struct tl_item *ret)
{
	struct item_in in = {.version = 1};
	struct only_id author = {{NULL, 0}};
	int rc = tl_json_fill(j, "", ITEM, TL_COUNT(ITEM), &in);
	if (rc == 0)
		rc = tl_json_fill(in.author, "/author", ONLY_ID, 1, &author);
	if (rc < 0)
		return rc;
	*ret = (struct tl_item){.ext_id = in.id,
	    .version = in.version,
	    .kind = (enum tl_item_kind)in.kind,
	    .account_ext = author.id,
	    .thread_ext = in.thread,
	    .parent_ext = in.parent,
	    .audience = (enum tl_audience)in.audience,
	    .views = in.views,
	    .engagement = in.engagement,
	    .url = in.url,
	    .posted_at = in.posted_at};
	const struct tl_str ids[] = {in.id, author.id, in.thread, in.parent};
	static const char *const pointers[] = {"/id", "/author/id", "/thread", "/parent"};
	rc = check_ids(ids, pointers, TL_COUNT(ids));
	if (rc == 0)
		rc = read_text(in.text, ret);
	if (rc == 0)
		rc = read_media(in.media, ret);
	if (rc == 0)
		rc = read_stream(in.stream, ret);
	if (rc == 0)
		rc = tl_decode_language(in.language, a, &ret->language);
	if (rc == 0)
		rc = tl_decode_country(in.territory, a, "/territory", &ret->territory);
	return rc < 0 ? rc : check_url(in.url);
}

/* Accounts ------------------------------------------------------------------------------------------------------ */

struct account_in {
	int age_band, age_assured, age_correction;
	double age_confidence;
	struct tl_str birth_month, country, language, name;
	int64_t created_at;
	json_t *settings;
};

#define AT(f) offsetof(struct account_in, f)
static const struct tl_json_field ACCOUNT[] = {
    {"age_band", TL_J_ENUM, AT(age_band), 0, 0, tl_age_band_names, false},
    {"age_assured", TL_J_ENUM, AT(age_assured), 0, 0, tl_age_assured_names, false},
    {"birth_month", TL_J_STR, AT(birth_month), 1, 64, NULL, false},
    {"age_confidence", TL_J_NUM, AT(age_confidence), 0, 1, NULL, false},
    {"age_correction", TL_J_ENUM, AT(age_correction), 0, 0, tl_age_correction_names + 1, false},
    {"country", TL_J_STR, AT(country), 2, 2, NULL, false},
    {"language", TL_J_STR, AT(language), 2, 35, NULL, false},
    {"name", TL_J_STR, AT(name), 0, 256, NULL, false},
    {"created_at", TL_J_TIME, AT(created_at), 0, 0, NULL, false},
    {"settings", TL_J_OBJECT, AT(settings), 0, 64, NULL, false},
};
#undef AT

#define SETTINGS_BYTES 8192

static int
read_month(struct tl_str text, tl_month *ret)
{
	if (!text.n || tl_month_parse(text, ret) == 0)
		return 0;
	return tl_fail_at(TL_EFIELD, "/birth_month",
	    "expected a year and a month such as 2011-05; only these two may be sent, never "
	    "the day");
}

static int
read_settings(json_t *settings, struct tl_arena *a, struct tl_str *ret)
{
	if (!settings)
		return 0;
	char *text = json_dumps(settings, JSON_COMPACT);
	if (!text || strlen(text) > SETTINGS_BYTES) {
		free(text);
		return tl_fail_at(
		    TL_EFIELD, "/settings", "must have at most %d bytes", SETTINGS_BYTES);
	}
	*ret = tl_arena_dup(a, tl_str(text));
	free(text);
	int rc = tl_arena_check(a);
	return rc < 0 ? rc : tl_birthday_refuse_text(*ret, tl_now_us());
}

int
tl_decode_account(json_t *j, struct tl_arena *a, struct tl_account *ret,
    struct tl_age_say *ret_age, unsigned *ret_has)
{
	struct account_in in = {0};
	struct tl_account out = {0};
	struct tl_age_say say = {0};
	unsigned has = 0;
	int rc = tl_birthday_refuse_members(j);
	if (rc == 0)
		rc = tl_json_fill(j, "", ACCOUNT, TL_COUNT(ACCOUNT), &in);
	if (rc < 0)
		return rc;
	for (unsigned i = 0; i < TL_COUNT(ACCOUNT); i++) {
		const json_t *v = json_object_get(j, ACCOUNT[i].name);
		has |= v && !json_is_null(v) ? 1U << i : 0;
	}
	say.has = has & TL_HAS_AGE;
	say.band = (enum tl_age_band)in.age_band;
	say.assured = (enum tl_age_assured)in.age_assured;
	say.confidence = (int)(in.age_confidence * 100 + 0.5);
	if (has & TL_HAS_AGE_CORRECTION)
		say.correction = (enum tl_age_correction)(in.age_correction + 1);
	out.name = in.name;
	out.created_at = in.created_at;
	rc = read_month(in.birth_month, &say.birth);
	if (rc == 0)
		rc = tl_decode_language(in.language, a, &out.language);
	if (rc == 0)
		rc = tl_decode_country(in.country, a, "/country", &out.country);
	if (rc == 0)
		rc = read_settings(in.settings, a, &out.settings);
	if (rc < 0)
		return rc;
	if (!in.birth_month.n)
		say.has &= ~(unsigned)TL_SAYS_BIRTH;
	*ret = out;
	*ret_age = say;
	*ret_has = has;
	return 0;
}

/* Flags, counters, confirmations, questions --------------------------------------------------------------------- */

struct flag_in {
	struct tl_str id, policy, comment;
	json_t *subject, *reporter;
	int kind;
};

#define AT(f) offsetof(struct flag_in, f)
static const struct tl_json_field FLAG[] = {
    {"id", TL_J_STR, AT(id), 1, TL_EXT_ID_BYTES, NULL, false},
    {"subject", TL_J_OBJECT, AT(subject), 0, 64, NULL, true},
    {"kind", TL_J_ENUM, AT(kind), 0, 0, tl_flag_kind_names, true},
    {"policy", TL_J_STR, AT(policy), 1, 100, NULL, false},
    {"reporter", TL_J_OBJECT, AT(reporter), 0, 64, NULL, false},
    {"comment", TL_J_STR, AT(comment), 0, 8192, NULL, false},
};
#undef AT

struct subject_in {
	struct tl_str id;
	int64_t version;
	int kind;
};

#define AT(f) offsetof(struct subject_in, f)
static const struct tl_json_field SUBJECT[] = {
    {"kind", TL_J_ENUM, AT(kind), 0, 0, tl_subject_kind_names, true},
    {"id", TL_J_STR, AT(id), 1, TL_EXT_ID_BYTES, NULL, true},
    {"version", TL_J_INT, AT(version), 1, MAX_SAFE, NULL, false},
};
#undef AT

int
tl_decode_flag(json_t *j, struct tl_flag_in *ret)
{
	struct flag_in in = {0};
	struct subject_in subject = {0};
	struct only_id reporter = {{NULL, 0}};
	int rc = tl_json_fill(j, "", FLAG, TL_COUNT(FLAG), &in);
	if (rc == 0)
		rc = tl_json_fill(in.subject, "/subject", SUBJECT, TL_COUNT(SUBJECT), &subject);
	if (rc == 0 && in.reporter)
		rc = tl_json_fill(in.reporter, "/reporter", ONLY_ID, 1, &reporter);
	const struct tl_str ids[] = {in.id, subject.id, reporter.id};
	static const char *const pointers[] = {"/id", "/subject/id", "/reporter/id"};
	if (rc == 0)
		rc = check_ids(ids, pointers, TL_COUNT(ids));
	if (rc < 0)
		return rc;
	if (subject.version && subject.kind != TL_SUBJECT_ITEM)
		return tl_fail_at(TL_EFIELD, "/subject/version", "only items have versions");
	*ret = (struct tl_flag_in){.ext_id = in.id,
	    .subject_kind = (enum tl_subject_kind)subject.kind,
	    .subject_ext = subject.id,
	    .subject_version = subject.version,
	    .kind = (enum tl_flag_kind)in.kind,
	    .policy = in.policy,
	    .reporter_ext = reporter.id,
	    .comment = in.comment};
	return 0;
}

static const struct tl_json_field COUNTERS[] = {
    {"views", TL_J_INT, offsetof(struct tl_counters_in, views), 0, MAX_SAFE, NULL, false},
    {"engagement", TL_J_INT, offsetof(struct tl_counters_in, engagement), 0, MAX_SAFE, NULL,
	false},
};

int
tl_decode_counters(json_t *j, struct tl_counters_in *ret)
{
	struct tl_counters_in in = {-1, -1};
	int rc = tl_json_fill(j, "", COUNTERS, TL_COUNT(COUNTERS), &in);
	if (rc < 0)
		return rc;
	if (in.views < 0 && in.engagement < 0)
		return tl_fail_at(TL_EFIELD, "/views", "views or engagement is required");
	*ret = in;
	return 0;
}

struct confirm_in {
	int outcome;
	struct tl_str note;
};
static const char *const OUTCOMES[] = {"done", "refused", NULL};
static const struct tl_json_field CONFIRM[] = {
    {"outcome", TL_J_ENUM, offsetof(struct confirm_in, outcome), 0, 0, OUTCOMES, true},
    {"note", TL_J_STR, offsetof(struct confirm_in, note), 0, 1024, NULL, false},
};

int
tl_decode_confirm(json_t *j, struct tl_confirm_in *ret)
{
	struct confirm_in in = {0};
	int rc = tl_json_fill(j, "", CONFIRM, TL_COUNT(CONFIRM), &in);
	if (rc < 0)
		return rc;
	*ret = (struct tl_confirm_in){in.outcome == 0, in.note};
	return 0;
}

#define MATCH_BANKS 64
#define MATCH_BANK_NAME 64
#define MATCH_DISTANCE 63

struct match_in {
	json_t *text, *hashes, *media, *banks;
	int64_t distance;
	bool turned;
};
static const struct tl_json_field MATCH[] = {
    {"text", TL_J_OBJECT, offsetof(struct match_in, text), 0, TL_ITEM_FIELDS_MAX, NULL, false},
    {"hashes", TL_J_ARRAY, offsetof(struct match_in, hashes), 0, 64, NULL, false},
    {"media", TL_J_ARRAY, offsetof(struct match_in, media), 0, TL_ITEM_MEDIA_MAX, NULL, false},
    {"banks", TL_J_ARRAY, offsetof(struct match_in, banks), 1, MATCH_BANKS, NULL, false},
    {"distance", TL_J_INT, offsetof(struct match_in, distance), 0, MATCH_DISTANCE, NULL, false},
    {"turned", TL_J_BOOL, offsetof(struct match_in, turned), 0, 0, NULL, false},
};

#define HASH_TEXT (120 * 1024)

struct hash_in {
	int kind;
	struct tl_str value;
};
static const char *const HASHES[] = {"pdq", "sha256", "md5", "vpdq", "chromaprint", NULL};
static const size_t HASH_DIGITS[] = {64, 64, 32, 0, 0}; /* 0: a list, which the worker reads */
static const struct tl_json_field HASH[] = {
    {"kind", TL_J_ENUM, offsetof(struct hash_in, kind), 0, 0, HASHES, true},
    {"value", TL_J_STR, offsetof(struct hash_in, value), 1, HASH_TEXT, NULL, true},
};

static int
check_hashes(json_t *hashes)
{
	for (size_t i = 0; i < json_array_size(hashes); i++) {
		struct hash_in h = {0};
		char at[40];
		(void)snprintf(at, sizeof at, "/hashes/%zu", i);
		int rc = tl_json_fill(json_array_get(hashes, i), at, HASH, TL_COUNT(HASH), &h);
		if (rc < 0)
			return rc;
		size_t want = HASH_DIGITS[h.kind];
		uint8_t raw[32];
		(void)snprintf(at, sizeof at, "/hashes/%zu/value", i);
		if (want && tl_unhex(raw, want / 2, h.value) < 0)
			return tl_fail_at(TL_EFIELD, at, "must have %zu hex digits", want);
	}
	return 0;
}

static int
check_banks(json_t *banks)
{
	for (size_t i = 0; i < json_array_size(banks); i++) {
		char at[40];
		(void)snprintf(at, sizeof at, "/banks/%zu", i);
		struct tl_str name = tl_json_str(json_array_get(banks, i));
		if (name.n == 0 || name.n > MATCH_BANK_NAME)
			return tl_fail_at(TL_EFIELD, at, "must be the name of a bank");
	}
	return 0;
}

int
tl_decode_match(json_t *j)
{
	struct match_in in = {NULL, NULL, NULL, NULL, 0, false};
	struct tl_item scratch = {0};
	int rc = tl_json_fill(j, "", MATCH, TL_COUNT(MATCH), &in);
	if (rc == 0 && !in.text && !in.hashes && !in.media)
		return tl_fail_at(TL_EFIELD, "/text", "text, hashes or media is required");
	if (rc == 0)
		rc = read_text(in.text, &scratch);
	if (rc == 0)
		rc = read_media(in.media, &scratch);
	if (rc == 0)
		rc = check_banks(in.banks);
	return rc < 0 ? rc : check_hashes(in.hashes);
}
