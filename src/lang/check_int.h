/* What the checker finds out about each node, for the emitter; private to src/lang. */
#pragma once

#include "lang/prog_int.h"

struct node_info {
	enum tl_lang_type type;
	const char *const *words;      /* ENUM */
	const char *handle;            /* HANDLE, HANDLES */
	const struct tl_lang_ref *ref; /* a use of a schema name */
	struct tl_lang_value value;    /* constants, converted */
	bool constant;
	bool dead; /* has no code of its own: part of its parent */
	uint16_t parent;
	uint8_t frame; /* VAR and loads of members: which exists() or all() gives the element */
	uint8_t runs;  /* what an exists() or all() runs over: which one */
};

struct check {
	struct tl_arena *arena;
	const struct tl_lang_schema *schema;
	const struct tl_lang_source *src;
	struct tl_lang_report *report;
	const struct tl_lang_node *nodes;
	uint16_t count;
	struct node_info *info;
};

/* Fills info for all nodes; TL_EPARSE after the first error, which is reported. */
int check_expr(struct check *c) TL_MUST;
