/*
 * Source to syntax tree. No recursion: operators wait on an explicit stack of bounded depth. The source must
 * outlive the tree, which borrows from it; the rest is in the arena.
 */
#pragma once

#include "lang/ast.h"

struct tl_arena;

#define TL_LANG_SOURCE_MAX (1U << 20)
#define TL_LANG_RULES_MAX 2000

/* A whole pack: rules and tests. Every declaration with an error is reported; INPUT when there was one. */
int tl_lang_parse_pack(struct tl_arena *a, const struct tl_lang_source *src,
    struct tl_lang_report *report, struct tl_lang_pack *ret) TL_MUST;

/* One expression and nothing after it. */
int tl_lang_parse_expr(struct tl_arena *a, const struct tl_lang_source *src,
    struct tl_lang_report *report, struct tl_lang_expr *ret) TL_MUST;
