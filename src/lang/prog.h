/*
 * A checked expression, ready to run: types fit, names exist, constants are converted, negations are pushed
 * down to the leaves, `&&` and `||` are jumps. Immutable; lives in the arena it was compiled into.
 */
#pragma once

#include "lang/ast.h"

struct tl_arena;
struct tl_lang_op;

struct tl_lang_prog {
	const struct tl_lang_op *ops;
	uint32_t count;
	struct tl_lang_expr expr;
	const char *const *detectors; /* that it needs, each once */
	size_t n_detectors;
	const struct tl_lang_name *const *used; /* schema names that it reads, each once */
	size_t n_used;
};

/* Checks `expr` as a condition and compiles it. Errors go to the report with their place; INPUT then. */
int tl_lang_compile(struct tl_arena *a, const struct tl_lang_schema *schema,
    const struct tl_lang_source *src, struct tl_lang_expr expr, struct tl_lang_report *report,
    struct tl_lang_prog *ret) TL_MUST;
