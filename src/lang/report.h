/*
 * Errors with their place: `file:line:column: error: …`, then the line and a caret below it. Columns count
 * characters from 1. A report keeps the first TL_LANG_ERRORS_MAX.
 */
#pragma once

#include "base/buf.h"

struct tl_arena;

#define TL_LANG_ERRORS_MAX 20

struct tl_lang_source {
	const char *name; /* as messages print it */
	struct tl_str text;
};

struct tl_lang_place {
	uint32_t at; /* byte */
	uint32_t n;  /* bytes marked; 0 and 1 mark one */
};

struct tl_lang_error {
	const char *file;
	uint32_t line, column; /* 0 when it is about the whole file */
	const char *text;
};

struct tl_lang_report {
	struct tl_arena *arena; /* holds the texts of `errors` */
	struct tl_buf text;     /* everything, ready for a terminal */
	struct tl_lang_error errors[TL_LANG_ERRORS_MAX];
	unsigned count; /* of all errors, kept or not */
};

void tl_lang_report_init(struct tl_lang_report *r, struct tl_arena *arena);
void tl_lang_report_fini(struct tl_lang_report *r);

void tl_lang_error_at(struct tl_lang_report *r, const struct tl_lang_source *src,
    struct tl_lang_place at, const char *fmt, ...) TL_PRINTF(4, 5);

/* An error about a whole file or set, with no place in it. */
void tl_lang_error_in(struct tl_lang_report *r, const char *file, const char *fmt, ...)
    TL_PRINTF(3, 4);

/* 1-based line and column of a byte. */
void tl_lang_locate(struct tl_str text, uint32_t at, uint32_t *ret_line, uint32_t *ret_column);

/* Keeps the candidate nearest to `word` in `best` when it is near enough to be a slip of the pen. */
struct tl_lang_guess {
	struct tl_str word;
	struct tl_str best;
	unsigned distance;
};
void tl_lang_guess(struct tl_lang_guess *g, struct tl_str candidate);

/* "; did you mean \"x\"?" or "". */
const char *tl_lang_guessed(struct tl_arena *a, const struct tl_lang_guess *g);
