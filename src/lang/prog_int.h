/* Operations of a compiled condition, private to src/lang: a small stack machine. */
#pragma once

#include "lang/eval.h"

#define STACK_MAX 80U

enum op_code {
	OP_CONST, /* push value */
	OP_LOAD,  /* push what env says of ref */
	OP_HAS,   /* push whether it says anything */
	OP_CMP,
	OP_IN,
	OP_ADD,
	OP_NEG,
	OP_NOT,
	OP_STARTS,
	OP_ENDS,
	OP_CONTAINS,
	OP_SIZE,
	OP_SKIP_IF_FALSE, /* over the right side of && : the result stays */
	OP_SKIP_IF_TRUE,  /* over the right side of || */
	OP_AND,
	OP_OR,
	OP_EACH, /* begin exists (any) or all over the handles on top; over the body when there are none */
	OP_NEXT
};

struct tl_lang_op {
	enum op_code code;
	enum tl_lang_op_kind op;
	bool leaf;     /* one part of the condition, noted for explanations */
	bool negate;   /* its result is turned round */
	bool any;      /* EACH, NEXT: exists, not all */
	uint8_t frame; /* of the element that LOAD and HAS ask about; NO_FRAME: none */
	uint16_t node;
	uint16_t jump;
	const struct tl_lang_ref *ref;
	const struct tl_lang_value *value;
};

#define NO_FRAME UINT8_MAX
