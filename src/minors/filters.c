/*
 * Filters of accounts for comments (filters.h).
 *
 * Promises: the words are personal, and stand in the store sealed only; a filter whose key was forgotten reads as none.
 * Failures: the store's, CORRUPT for a row that cannot be read. Called by the API.
 */
#include "minors/filters.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "store/keys.h"
#include "sys/clock.h"

static int
read_words(struct tl_str text, struct tl_arena *arena, struct tl_comment_filter *f)
{
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	int rc = tl_json_parse(text, &j);
	if (rc < 0 || !json_is_array(json_object_get(j, "words")))
		return tl_fail(TL_ECORRUPT, "a filter in the store cannot be read");
	const json_t *words = json_object_get(j, "words");
	for (size_t i = 0; i < json_array_size(words) && f->count < TL_FILTER_WORDS_MAX; i++)
		f->words[f->count++] =
		    tl_arena_dup(arena, tl_json_str(json_array_get(words, i)));
	return tl_arena_check(arena);
}

int
tl_filter_get(struct tl_db *db, int64_t platform, struct tl_id account, struct tl_arena *arena,
    struct tl_comment_filter *ret)
{
	struct tl_row r;
	struct tl_buf plain TL_CLEANUP(tl_buf_fini) = {0};
	int say = TL_COMMENT_HOLD;
	ret->count = 0;
	ret->say = TL_COMMENT_HOLD;
	ret->approve_all = false;
	ret->changed_at = 0;
	int rc = tl_db_first(db, &r, TL_SQL_FILTER_GET, A_INT(platform), A_ID(account));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	struct tl_str sealed = tl_arena_dup(arena, tl_col_str(&r, 0));
	rc = tl_word_parse(tl_comment_say_names, tl_col_str(&r, 1), &say);
	ret->say = (enum tl_comment_say)say;
	ret->approve_all = tl_col_int(&r, 2) != 0;
	ret->changed_at = tl_col_int(&r, 3);
	tl_row_end(&r);
	if (rc < 0)
		return tl_fail(TL_ECORRUPT, "the store holds an unknown word");
	rc = tl_text_open(db, platform, account, "filter", sealed, &plain);
	if (rc == TL_EGONE)
		return 0;
	return rc < 0 ? rc : read_words(tl_buf_str(&plain), arena, ret);
}

int
tl_filter_put(
    struct tl_db *db, int64_t platform, struct tl_id account, const struct tl_comment_filter *f)
{
	struct tl_buf plain TL_CLEANUP(tl_buf_fini) = {0};
	struct tl_buf sealed TL_CLEANUP(tl_buf_fini) = {0};
	tl_js_open(&plain, NULL, '{');
	tl_js_open(&plain, "words", '[');
	for (size_t i = 0; i < f->count; i++)
		tl_js_str(&plain, NULL, f->words[i]);
	tl_js_close(&plain, ']');
	tl_js_close(&plain, '}');
	int rc = tl_text_seal(db, platform, account, "filter", tl_buf_str(&plain), &sealed);
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_FILTER_PUT, A_INT(platform), A_ID(account),
		    A_BYTES(tl_buf_str(&sealed)), A_Z(tl_comment_say_names[f->say]),
		    A_INT(f->approve_all), A_INT(f->changed_at));
	return rc < 0 ? rc : 0;
}
