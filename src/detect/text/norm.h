/*
 * Text made comparable: NFKC with case folding, invisible characters dropped, runs of white space one space;
 * and its look-alike form, in which homoglyphs, decorations and "leet" digits are plain letters. Both keep,
 * for every byte, the bytes of the original that it came from.
 */
#pragma once

#include "base/buf.h"

#define TL_NORM_TEXT_MAX ((size_t)1 << 20)

enum tl_norm_kind {
	TL_NK_OTHER,   /* space, punctuation, digits that stayed */
	TL_NK_SAME,    /* an ASCII letter of the original */
	TL_NK_FOREIGN, /* another letter, unchanged */
	TL_NK_LOOK, /* a letter that stands for the look-alike in the original, or was decorated */
	TL_NK_LEET /* a letter that stands for a digit or sign */
};

struct tl_norm {
	struct tl_buf text; /* UTF-8 */
	uint32_t *
	    from; /* per byte of text: where its origin starts and ends; unused when identity */
	uint32_t *to;
	uint8_t *kind; /* per byte: enum tl_norm_kind; only tl_norm_fold fills it */
	size_t cap;
	bool identity; /* byte i comes from byte i */
	bool ascii;
};

void tl_norm_fini(struct tl_norm *n);

/* UTF8 or TOOBIG. */
int tl_norm_run(struct tl_norm *n, struct tl_str src) TL_MUST;

/* Bytes [from, to) of n's text, as bytes of the original. */
void tl_norm_span(
    const struct tl_norm *n, size_t from, size_t to, uint32_t *ret_from, uint32_t *ret_to);

/* One per thread: remembers folded characters. */
struct tl_fold;
struct tl_fold *tl_fold_create(void);
void tl_fold_destroy(struct tl_fold *f);

/* False when the look-alike form cannot differ in a way that matters: plain ASCII without leet words. */
bool tl_norm_suspicious(const struct tl_norm *n);

/* The look-alike form of `n`; its map leads to the original of `n`. */
int tl_norm_fold(struct tl_fold *f, const struct tl_norm *n, struct tl_norm *ret) TL_MUST;
