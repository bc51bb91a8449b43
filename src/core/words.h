/*
 * The domain's word lists (words.tbl.h): one enum and one NULL-terminated name table each, and conversion both
 * ways. `tl_severity_names[TL_SEVERITY_HIGH]` is "high"; the name tables serve tl_json_fill directly.
 */
#pragma once

#include "base/str.h"

#define W(tag, prefix) enum tag {
#define V(name, text) name,
#define END(tag)                                                                               \
	tag##_count                                                                            \
	}                                                                                      \
	;
#include "core/words.tbl.h"
#undef W
#undef V
#undef END

#define W(tag, prefix) extern const char *const tag##_names[];
#define V(name, text)
#define END(tag)
#include "core/words.tbl.h"
#undef W
#undef V
#undef END

/* Index of `text` in a name table; INPUT when it is not there. */
int tl_word_parse(const char *const *names, struct tl_str text, int *ret) TL_MUST;
