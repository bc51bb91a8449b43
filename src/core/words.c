/*
 * The word lists' name tables, generated from words.tbl.h.
 *
 * Promises: tables are NULL-terminated and parallel to their enums by construction. Used by everything that
 * reads or writes a word.
 */
#include "core/words.h"

#define W(tag, prefix) const char *const tag##_names[] = {
#define V(name, text) text,
#define END(tag)                                                                               \
	NULL                                                                                   \
	}                                                                                      \
	;
#include "core/words.tbl.h"
#undef W
#undef V
#undef END

int
tl_word_parse(const char *const *names, struct tl_str text, int *ret)
{
	for (int i = 0; names[i]; i++) {
		if (tl_str_is(text, names[i])) {
			*ret = i;
			return 0;
		}
	}
	return tl_fail(TL_EPARSE, "not one of the known words");
}
