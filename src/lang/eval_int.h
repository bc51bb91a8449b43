/* One run of a program with notes, private to src/lang. */
#pragma once

#include "lang/prog_int.h"

#define NOTES_MAX 64U

/* A leaf that was true, with what stood on both sides. */
struct note {
	uint32_t op;
	int32_t element;
	struct tl_lang_value left, right;
};

struct notes {
	struct note list[NOTES_MAX];
	unsigned n;
};

/* Runs; `notes` may be NULL. Afterwards notes holds the leaves that made the whole true, in order. */
void eval_run(const struct tl_lang_prog *p, const struct tl_lang_env *env, struct notes *notes,
    struct tl_lang_result *ret);
