/*
 * Decoders of questions that keep nothing of what they ask about: searches and comments.
 *
 * Promises: the same as decode.c. Called by the API's handlers and by the fuzz target fuzz_checks.
 */
#include "intake/decode_int.h"

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
