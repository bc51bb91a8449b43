/*
 * Compiled word lists of accounts: making one takes milliseconds, so that those used last are kept. Threads share it.
 */
#pragma once

#include "detect/text/list.h"
#include "sys/id.h"

struct tl_words;

/* Whose list, in which state: a list that was changed has another stamp. */
struct tl_words_key {
	struct tl_id account;
	int64_t stamp;
};

struct tl_words *tl_words_create(void);
void tl_words_destroy(struct tl_words *w);

/* Whether one of the words is in the text; words that cannot be used are not found. The errors of tl_text_scan_run. */
int tl_words_find(struct tl_words *w, const struct tl_words_key *key,
    const struct tl_str *words, size_t n, struct tl_text_scan *scan, struct tl_str text,
    bool *ret) TL_MUST;
