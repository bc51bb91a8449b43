/* What the tests of src/lang share: the small schema, and compiling one condition against it. */
#pragma once

#include "base/arena.h"
#include "lang/eval.h"
#include "lang/parse.h"
#include "lang/print.h"
#include "lang_schema.h"
#include "unit.h"

/* Parses and compiles one condition; the report says what was wrong. */
static inline int
lang_compile(
    struct tl_arena *a, const char *text, struct tl_lang_report *r, struct tl_lang_prog *ret)
{
	struct tl_lang_source *src = TL_NEW(a, struct tl_lang_source);
	*src = (struct tl_lang_source){"x", tl_str(text)};
	struct tl_lang_expr e;
	int err = tl_lang_parse_expr(a, src, r, &e);
	return err < 0 ? err : tl_lang_compile(a, &lang_schema, src, e, r, ret);
}
