/*
 * The syntax tree: an expression is a flat array of nodes in postfix order (children before parents, the root
 * last), a pack is its rules and their tests. Everything lives in the arena that the parser was given.
 */
#pragma once

#include "lang/report.h"
#include "lang/schema.h"

#define TL_LANG_NODES_MAX 1024
#define TL_LANG_DEPTH_MAX 64
#define TL_LANG_LIST_MAX 256
#define TL_LANG_NO_NODE UINT16_MAX

enum tl_lang_kind {
	TL_N_CONST,
	TL_N_LIST,   /* of literals */
	TL_N_NAME,   /* text: the dotted path */
	TL_N_VAR,    /* kid 0: the node that exists() or all() runs over */
	TL_N_MEMBER, /* kid 0 . text */
	TL_N_CALL,   /* kid 0 (or none) . text ( kids 1, 2 ) */
	TL_N_HAS,    /* kid 1 */
	TL_N_NOT,
	TL_N_NEG,
	TL_N_AND,
	TL_N_OR,
	TL_N_CMP, /* kid 0 op kid 1 */
	TL_N_IN,
	TL_N_ADD,    /* kid 0 + or - kid 1 */
	TL_N_EXISTS, /* kid 0: over what; text: the variable; kid 1: the body */
	TL_N_ALL
};

enum tl_lang_op_kind {
	TL_OP_NONE,
	TL_OP_EQ,
	TL_OP_NE,
	TL_OP_LT,
	TL_OP_LE,
	TL_OP_GT,
	TL_OP_GE,
	TL_OP_PLUS,
	TL_OP_MINUS
};

struct tl_lang_node {
	enum tl_lang_kind kind;
	enum tl_lang_op_kind op;
	uint16_t kid[3];
	uint16_t n_args;
	struct tl_lang_place place;
	struct tl_str text;
	struct tl_lang_value value; /* CONST and LIST */
};

struct tl_lang_expr {
	const struct tl_lang_node *nodes;
	uint16_t count; /* the root is the last */
};

/* A literal or a bare word, with an optional name in front: `24`, `"x"`, `critical`, `label: "18+"`. */
struct tl_lang_arg {
	struct tl_str key; /* empty: positional */
	bool word;         /* value is a string that stood there without quotes */
	struct tl_lang_value value;
	struct tl_lang_place place, key_place;
};

struct tl_lang_action {
	struct tl_str name;
	struct tl_lang_place place;
	const struct tl_lang_arg *args;
	size_t n_args;
};

struct tl_lang_rule {
	struct tl_str name, policy;
	struct tl_lang_place place; /* all of it */
	struct tl_lang_place name_place, policy_place;
	struct tl_lang_place when_place, then_place; /* without the words when and then */
	struct tl_lang_expr when;
	const struct tl_lang_action *actions;
	size_t n_actions;
	int64_t shadow_until_us; /* 0: none; else the end of that day, UTC */
	struct tl_str shadow_date;
};

/* One line of a test: `path = value`, `path[0].member("x") = value`. */
struct tl_lang_given {
	struct tl_str path;   /* "item.kind", "media", "detector" */
	int64_t index;        /* of path[index]; -1: none */
	struct tl_str member; /* after the index; empty: none */
	const struct tl_lang_arg *args;
	size_t n_args;
	struct tl_lang_value value;
	struct tl_lang_place place, value_place;
};

struct tl_lang_test {
	struct tl_str name;
	struct tl_lang_place place, expect_place;
	const struct tl_lang_given *given;
	size_t n_given;
	struct tl_str expect;
	const struct tl_lang_arg *by; /* words: rules that must have held */
	size_t n_by;
};

struct tl_lang_pack {
	struct tl_lang_source source;
	const struct tl_lang_rule *rules;
	size_t n_rules;
	const struct tl_lang_test *tests;
	size_t n_tests;
};
