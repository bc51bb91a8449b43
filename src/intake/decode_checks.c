/*
 * Decoders of questions that keep nothing of what they ask about: searches and comments.
 *
 * Promises: the same as decode.c. Called by the API's handlers and by the fuzz target fuzz_checks.
 */
#include "intake/decode_int.h"

#include <stdio.h>

#define AT(f) offsetof(struct tl_search_in, f)
static const struct tl_json_field SEARCH[] = {
    {"query", TL_J_STR, AT(query), 1, TL_QUERY_BYTES_MAX, NULL, true},
    {"account", TL_J_STR, AT(account), 1, TL_EXT_ID_BYTES, NULL, false},
    {"country", TL_J_STR, AT(country), 2, 2, NULL, false},
    {"language", TL_J_STR, AT(language), 2, 35, NULL, false},
};
#undef AT

int
tl_decode_search(json_t *j, struct tl_arena *a, struct tl_search_in *ret)
{
	struct tl_search_in in = {.query = {NULL, 0}};
	int rc = tl_json_fill(j, "", SEARCH, TL_COUNT(SEARCH), &in);
	if (rc == 0 && in.account.p)
		rc = tl_check_ext_id(in.account, "/account");
	if (rc == 0)
		rc = tl_decode_country(in.country, a, "/country", &in.country);
	if (rc == 0)
		rc = tl_decode_language(in.language, a, &in.language);
	if (rc == 0)
		*ret = in;
	return rc;
}

struct reach_in {
	json_t *items;
	struct tl_str account;
	int age_band;
};

#define AT(f) offsetof(struct reach_in, f)
static const struct tl_json_field REACH[] = {
    {"items", TL_J_ARRAY, AT(items), 1, TL_REACH_ITEMS_MAX, NULL, true},
    {"account", TL_J_STR, AT(account), 1, TL_EXT_ID_BYTES, NULL, false},
    {"age_band", TL_J_ENUM, AT(age_band), 0, 0, tl_age_band_names, false},
};
#undef AT

int
tl_decode_reach(json_t *j, struct tl_reach_in *ret)
{
	struct reach_in in = {.age_band = -1};
	int rc = tl_json_fill(j, "", REACH, TL_COUNT(REACH), &in);
	if (rc == 0 && in.account.p)
		rc = tl_check_ext_id(in.account, "/account");
	if (rc == 0 && in.account.p && in.age_band >= 0)
		rc = tl_fail_at(
		    TL_EFIELD, "/age_band", "say an account or an age band, not both");
	ret->count = 0;
	for (size_t i = 0; rc == 0 && i < json_array_size(in.items); i++) {
		char at[32];
		const json_t *v = json_array_get(in.items, i);
		(void)snprintf(at, sizeof at, "/items/%zu", i);
		if (!json_is_string(v))
			return tl_fail_at(TL_EFIELD, at, "expected a string");
		ret->items[ret->count++] = tl_json_str(v);
		rc = tl_check_ext_id(tl_json_str(v), at);
	}
	ret->account = in.account;
	ret->age_band = in.age_band;
	return rc;
}

#define AT(f) offsetof(struct tl_comment_in, f)
static const struct tl_json_field COMMENT[] = {
    {"author", TL_J_STR, AT(author), 1, TL_EXT_ID_BYTES, NULL, true},
    {"owner", TL_J_STR, AT(owner), 1, TL_EXT_ID_BYTES, NULL, true},
    {"item", TL_J_STR, AT(item), 1, TL_EXT_ID_BYTES, NULL, false},
    {"text", TL_J_STR, AT(text), 1, TL_ITEM_FIELD_BYTES_MAX, NULL, true},
    {"language", TL_J_STR, AT(language), 2, 35, NULL, false},
    {"confirmed", TL_J_BOOL, AT(confirmed), 0, 0, NULL, false},
    {"record", TL_J_BOOL, AT(record), 0, 0, NULL, false},
};
#undef AT

int
tl_decode_comment(json_t *j, struct tl_arena *a, struct tl_comment_in *ret)
{
	struct tl_comment_in in = {.record = true};
	int rc = tl_json_fill(j, "", COMMENT, TL_COUNT(COMMENT), &in);
	if (rc == 0)
		rc = tl_check_ext_id(in.author, "/author");
	if (rc == 0)
		rc = tl_check_ext_id(in.owner, "/owner");
	if (rc == 0 && in.item.p)
		rc = tl_check_ext_id(in.item, "/item");
	if (rc == 0)
		rc = tl_decode_language(in.language, a, &in.language);
	if (rc == 0)
		*ret = in;
	return rc;
}

#define FILTER_WORDS 200
#define FILTER_WORD_BYTES 200
static const char *const FILTERED[] = {"hold", "refuse", NULL};

struct filter_in {
	json_t *words;
	int filtered;
	bool approve_all;
};

#define AT(f) offsetof(struct filter_in, f)
static const struct tl_json_field FILTER[] = {
    {"words", TL_J_ARRAY, AT(words), 0, FILTER_WORDS, NULL, true},
    {"filtered", TL_J_ENUM, AT(filtered), 0, 0, FILTERED, false},
    {"approve_all", TL_J_BOOL, AT(approve_all), 0, 0, NULL, false},
};
#undef AT

int
tl_decode_filter(json_t *j, struct tl_filter_in *ret)
{
	struct filter_in in = {NULL, 0, false};
	int rc = tl_json_fill(j, "", FILTER, TL_COUNT(FILTER), &in);
	for (size_t i = 0; rc == 0 && i < json_array_size(in.words); i++) {
		char at[32];
		const json_t *v = json_array_get(in.words, i);
		(void)snprintf(at, sizeof at, "/words/%zu", i);
		if (!json_is_string(v) || tl_json_str(v).n < 1 ||
		    tl_json_str(v).n > FILTER_WORD_BYTES)
			rc = tl_fail_at(TL_EFIELD, at, "expected a string of 1 to %d bytes",
			    FILTER_WORD_BYTES);
	}
	if (rc == 0)
		*ret = (struct tl_filter_in){in.words, in.filtered == 1, in.approve_all};
	return rc;
}
