/*
 * An account's own filter for comments on what it publishes: words and what follows from them. Sealed under the account's key,
 * deleted with it. Writers run inside a transaction.
 */
#pragma once

#include "core/words.h"
#include "store/db.h"

#define TL_FILTER_WORDS_MAX 200
#define TL_FILTER_WORD_BYTES_MAX 200

struct tl_arena;

struct tl_comment_filter {
	struct tl_str words[TL_FILTER_WORDS_MAX];
	size_t count;
	enum tl_comment_say say; /* to comments with one of the words: HOLD or REFUSE */
	bool approve_all;        /* every comment waits for the account's approval */
	int64_t changed_at;      /* 0: never set */
};

/* What the account set; none: no words, approve nothing. Texts live in the arena; *ret is filled in place. */
int tl_filter_get(struct tl_db *db, int64_t platform, struct tl_id account,
    struct tl_arena *arena, struct tl_comment_filter *ret) TL_MUST;
int tl_filter_put(struct tl_db *db, int64_t platform, struct tl_id account,
    const struct tl_comment_filter *f) TL_MUST;
