/*
 * Term lists: words, phrases and regular expressions of all text banks, compiled into one immutable matcher.
 * Matching ignores case, width, invisible characters and white-space runs; words and phrases are also found
 * when they are written in look-alikes. Spans are bytes of the text as it was given.
 */
#pragma once

#include "core/words.h"

#define TL_TERM_MAX 1024        /* bytes of one pattern */
#define TL_TEXT_HITS_MAX 64     /* reported for one text */
#define TL_TEXT_HITS_PER_TERM 8 /* of these for one pattern */

/* word: one word, found between word boundaries; phrase: several; regex: as written, \b allowed at its ends. */
struct tl_term {
	struct tl_str value;     /* UTF-8 */
	enum tl_entry_form form; /* word, phrase or regex */
};

/* INPUT with a sentence that says what is wrong with the pattern. */
int tl_term_check(const struct tl_term *term) TL_MUST;

struct tl_text_list;

/* Called for each pattern that cannot be used: its index and the reason. The others are used. */
typedef void (*tl_term_refused_fn)(void *ctx, size_t index, const char *why);

/* Compiles; takes milliseconds to seconds: not on the hot path. `refused` may be NULL. */
int tl_text_list_create(const struct tl_term *terms, size_t n, tl_term_refused_fn refused,
    void *ctx, struct tl_text_list **ret) TL_MUST;
void tl_text_list_destroy(struct tl_text_list *l);
size_t tl_text_list_count(const struct tl_text_list *l); /* patterns in use */

struct tl_text_hit {
	uint32_t term; /* index into the terms given to tl_text_list_create */
	uint32_t from, to;
	bool lookalike;
};

struct tl_text_hits {
	struct tl_text_hit hit[TL_TEXT_HITS_MAX];
	size_t n;
	bool cut;  /* a pattern was found more often than is reported */
	bool full; /* patterns that are not reported were found as well, or may have been */
};

/* Working memory of one thread. */
struct tl_text_scan;
struct tl_text_scan *tl_text_scan_create(void);
void tl_text_scan_destroy(struct tl_text_scan *s);

/* Finds all terms in `text`. UTF8 or TOOBIG for texts that cannot be matched, TIME when it would take too long. */
int tl_text_scan_run(struct tl_text_scan *s, const struct tl_text_list *l, struct tl_str text,
    struct tl_text_hits *ret) TL_MUST;
