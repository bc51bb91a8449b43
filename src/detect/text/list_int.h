/* Private to this folder: what a compiled term list holds. */
#pragma once

#include "detect/text/list.h"
#include "detect/text/norm.h"

#include <hs/hs.h>

struct tl_term_use {
	uint32_t len;      /* bytes of the pattern as matched; 0 for a regex */
	uint32_t fold_len; /* the same in look-alike form; 0: not looked for in that form */
	bool word_start;   /* must begin, or end, at a word boundary */
	bool word_end;
};

struct tl_text_list {
	hs_database_t *plain; /* normalised words and phrases; NULL when there are none */
	hs_database_t *fold;  /* their look-alike forms */
	hs_database_t *regex;
	struct tl_term_use *use; /* by term index */
	size_t count;
	uint64_t
	    serial; /* never the same twice in one process: scans know when to adapt their memory */
};

/* Word boundaries of one text, worked out when first asked for. */
struct tl_bounds;
struct tl_bounds *tl_bounds_create(void);
void tl_bounds_destroy(struct tl_bounds *b);
void tl_bounds_begin(struct tl_bounds *b, struct tl_str text); /* a new text, borrowed */
bool tl_bounds_at(struct tl_bounds *b, size_t at);

/* True when the code point belongs to words: a letter, digit, mark or '_'. */
bool tl_is_word_char(uint32_t c);
