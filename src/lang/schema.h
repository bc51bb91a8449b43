/*
 * What a rule may talk about: a table of names, members and functions with their types, and which detector
 * each needs. The language knows nothing of the product; the product hands it one of these and answers
 * `load` at evaluation. All tables are immutable and outlive everything compiled against them.
 */
#pragma once

#include "lang/value.h"

#define TL_LANG_ARGS_MAX 2

struct tl_lang_name {
	const char *
	    owner; /* NULL: a root name ("item.kind"); else the handle that it is a member of */
	const char *name;
	enum tl_lang_type type;
	bool call;       /* written with parentheses */
	bool personal;   /* content: explanations never show its value */
	unsigned n_args; /* calls take exactly that many, all literals */
	enum tl_lang_type args[TL_LANG_ARGS_MAX];
	const char *const *words; /* TL_T_ENUM: its values, NULL-terminated */
	const char *handle;       /* TL_T_HANDLES: the owner of its elements' members */
	int domain;               /* argument 0 is one of domains[domain - 1]; 0: anything */
	const char *detector;     /* that gives it; NULL: none; "{0}" stands for argument 0 */
	const char *noun;         /* "the author's age band": for explanations, with "{0}" */
	const char *not_noun;     /* bools: the words when it is false */
	int id;                   /* the product's own */
};

struct tl_lang_word {
	struct tl_str word;
	const char *detector; /* overrides the name's; NULL: does not */
};

struct tl_lang_domain {
	const char *what; /* "bank": for error messages */
	bool open;        /* other words are fine too */
	const struct tl_lang_word *words;
	size_t count;
};

struct tl_lang_schema {
	const struct tl_lang_name *names;
	size_t count;
	const struct tl_lang_domain *domains;
	size_t n_domains;
};

/* The row of a name; NULL when there is none. `owner` is NULL for root names. */
const struct tl_lang_name *tl_lang_name_find(
    const struct tl_lang_schema *s, const char *owner, struct tl_str name);

/* A use of a name in one rule, as `load` sees it. */
struct tl_lang_ref {
	const struct tl_lang_name *name;
	struct tl_lang_value args[TL_LANG_ARGS_MAX];
	const char *detector; /* with its argument filled in; NULL: none */
};

/*
 * Answers a name: writes a value of the name's type, or absent, or failed. `element` is the index of the
 * handle for its members, else 0. Called many times in one evaluation: must be quick and give the same answer.
 */
typedef void (*tl_lang_load)(
    void *ctx, const struct tl_lang_ref *ref, uint32_t element, struct tl_lang_value *ret);

struct tl_lang_env {
	tl_lang_load load;
	void *ctx;
};
