/*
 * Questions about searches and comments: any JSON is refused with a field or becomes a struct within its bounds, and its text is
 * compared with word lists without a crash; a list that is touched is one that there is.
 */
#include "base/arena.h"
#include "detect/text/topics.h"
#include "intake/decode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
compare(struct tl_str text)
{
	static const struct tl_list_term words[] = {
	    {{(const uint8_t *)"demo", 4}, 1}, {{(const uint8_t *)"b-e c", 5}, 2}};
	static const struct tl_word_list lists[] = {
	    {.use = TL_LIST_SEARCH, .terms = words, .term_count = 2}};
	static const struct tl_interventions in = {.lists = lists, .list_count = 1};
	static struct tl_topics *topics;
	static struct tl_text_scan *scan;
	if (!topics && tl_topics_create(&in, TL_LIST_SEARCH, &topics) < 0)
		abort();
	if (!scan)
		scan = tl_text_scan_create();
	uint64_t found = 0;
	if (tl_topics_find(topics, scan, text, &found) == 0 && found > 1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_arena *arena = tl_arena_create(1 << 20);
	struct tl_search_in search;
	json_t *j = NULL;
	if (tl_json_parse(tl_bytes(data, size), &j) == 0) {
		if (tl_decode_search(j, arena, &search) == 0) {
			if (search.query.n < 1 || search.query.n > TL_QUERY_BYTES_MAX ||
			    (search.country.n != 0 && search.country.n != 2))
				abort();
			compare(search.query);
		}
		struct tl_comment_in comment;
		if (tl_decode_comment(j, arena, &comment) == 0) {
			if (comment.text.n < 1 || comment.text.n > TL_ITEM_FIELD_BYTES_MAX ||
			    comment.author.n < 1 || comment.owner.n < 1)
				abort();
			compare(comment.text);
		}
		struct tl_filter_in filter;
		if (tl_decode_filter(j, &filter) == 0 && json_array_size(filter.words) > 200)
			abort();
		struct tl_reach_in reach;
		if (tl_decode_reach(j, &reach) == 0 &&
		    (reach.count < 1 || reach.count > TL_REACH_ITEMS_MAX ||
			(reach.account.n && reach.age_band >= 0)))
			abort();
		json_decref(j);
	}
	tl_arena_destroy(arena);
	return 0;
}
