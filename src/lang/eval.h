/*
 * Running a compiled condition, and saying why it held. Three values: true, false, unknown (Kleene's logic:
 * false && unknown is false, true || unknown is true). Work is bounded: a program that would take more than
 * TL_LANG_STEPS_MAX steps ends unknown.
 */
#pragma once

#include "lang/prog.h"

#define TL_LANG_STEPS_MAX 100000U
#define TL_LANG_HANDLES_MAX 256 /* elements that exists() and all() look at; more end unknown */
#define TL_LANG_NEST_MAX 3      /* exists() inside all() inside exists() */

enum tl_lang_truth { TL_LANG_FALSE, TL_LANG_TRUE, TL_LANG_UNKNOWN };

struct tl_lang_result {
	enum tl_lang_truth truth;
	bool failed;     /* unknown because something failed, not only for want of data */
	const char *why; /* unknown: the reason that `load` gave, or our own; else NULL */
	const struct tl_lang_ref
	    *ref;         /* unknown: the use of a name that it came from, or NULL */
	uint32_t element; /* and its element */
};

void tl_lang_eval(
    const struct tl_lang_prog *p, const struct tl_lang_env *env, struct tl_lang_result *ret);

/* One part of the condition that was true and helped to make it true. */
struct tl_lang_leaf {
	struct tl_str expr;  /* as written, canonical */
	struct tl_str value; /* what stood there; empty for plain bools and for content */
	struct tl_str words; /* as a sentence part for people */
	int32_t element;     /* of exists() and all(), from 0; -1: none */
};

struct tl_lang_explanation {
	struct tl_lang_result result;
	struct tl_str
	    words; /* "media 1 matches bank "x" (distance 4), and …"; or why it is unknown */
	const struct tl_lang_leaf *leaves;
	size_t n_leaves;
};

/* Evaluates again, taking notes. LIMIT when the arena is full. */
int tl_lang_explain(const struct tl_lang_prog *p, const struct tl_lang_env *env,
    struct tl_arena *a, struct tl_lang_explanation *ret) TL_MUST;
