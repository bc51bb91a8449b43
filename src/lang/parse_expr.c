/*
 * Owns the reading of expressions: precedence climbing with an explicit operator stack (no recursion).
 *
 * Promises: at most TL_LANG_NODES_MAX nodes and TL_LANG_DEPTH_MAX waiting operators; nodes come out in postfix
 * order, so that later passes are loops. The first error is reported with its place and ends the expression.
 * Called by parse.c.
 */
#include "lang/parse_int.h"

#include "base/arena.h"

#define OPERANDS_MAX (2 * TL_LANG_DEPTH_MAX + 2)

enum waiting_kind { W_BINARY, W_PREFIX, W_PAREN, W_CALL, W_HAS, W_MACRO };

/* An operator or open bracket that waits for its operands. */
struct waiting {
	enum waiting_kind kind;
	enum tl_lang_kind node;
	enum tl_lang_op_kind op;
	int precedence;
	uint16_t target; /* receiver of a call, or what a macro runs over */
	uint16_t n_args;
	struct tl_str text; /* function or variable */
	struct tl_lang_place place;
};

struct work {
	struct parser *p;
	struct tl_lang_node *nodes;
	uint16_t count;
	uint16_t operands[OPERANDS_MAX];
	unsigned n_operands;
	struct waiting waiting[TL_LANG_DEPTH_MAX];
	unsigned depth;
};

static const struct binary {
	enum tok tok;
	enum tl_lang_kind node;
	enum tl_lang_op_kind op;
	int precedence;
} binaries[] = {
    {TOK_OR, TL_N_OR, TL_OP_NONE, 1},
    {TOK_AND, TL_N_AND, TL_OP_NONE, 2},
    {TOK_EQ, TL_N_CMP, TL_OP_EQ, 3},
    {TOK_NE, TL_N_CMP, TL_OP_NE, 3},
    {TOK_LT, TL_N_CMP, TL_OP_LT, 3},
    {TOK_LE, TL_N_CMP, TL_OP_LE, 3},
    {TOK_GT, TL_N_CMP, TL_OP_GT, 3},
    {TOK_GE, TL_N_CMP, TL_OP_GE, 3},
    {TOK_PLUS, TL_N_ADD, TL_OP_PLUS, 4},
    {TOK_MINUS, TL_N_ADD, TL_OP_MINUS, 4},
};
static const struct binary binary_in = {TOK_WORD, TL_N_IN, TL_OP_NONE, 3};

#define PRECEDENCE_COMPARE 3
#define PRECEDENCE_PREFIX 5

static int
fail(struct work *w, struct tl_lang_place at, const char *text)
{
	tl_lang_error_at(w->p->lex.report, w->p->lex.src, at, "%s", text);
	return TL_EPARSE;
}

static struct tl_lang_place
join(struct tl_lang_place a, struct tl_lang_place b)
{
	uint32_t from = a.at < b.at ? a.at : b.at;
	uint32_t end_a = a.at + a.n, end_b = b.at + b.n;
	return (struct tl_lang_place){from, (end_a > end_b ? end_a : end_b) - from};
}

static int
push_node(struct work *w, struct tl_lang_node n)
{
	if (w->count == TL_LANG_NODES_MAX || w->n_operands == OPERANDS_MAX)
		return fail(
		    w, n.place, "the condition is too long; split it into several rules");
	w->nodes[w->count] = n;
	w->operands[w->n_operands++] = w->count++;
	return 0;
}

static uint16_t
pop_operand(struct work *w)
{
	return w->n_operands ? w->operands[--w->n_operands] : 0;
}

static int
push_waiting(struct work *w, struct waiting x)
{
	if (w->depth == TL_LANG_DEPTH_MAX)
		return fail(w, x.place, "the condition is nested too deeply");
	w->waiting[w->depth++] = x;
	return 0;
}

static struct waiting *
top(struct work *w)
{
	return w->depth ? &w->waiting[w->depth - 1] : NULL;
}

/* -5 is a constant, so that it prints as one. */
static bool
fold_negative(struct work *w, const struct waiting *x, uint16_t operand)
{
	struct tl_lang_node *n = &w->nodes[operand];
	if (n->kind != TL_N_CONST)
		return false;
	if (n->value.type == TL_T_INT)
		n->value.u.i = -n->value.u.i;
	else if (n->value.type == TL_T_DOUBLE)
		n->value.u.d = -n->value.u.d;
	else
		return false;
	n->place = join(x->place, n->place);
	w->operands[w->n_operands++] = operand;
	return true;
}

/* The operator on top takes its operands. */
static int
reduce(struct work *w)
{
	struct waiting x = w->waiting[--w->depth];
	struct tl_lang_node n = {.kind = x.node, .op = x.op};
	n.kid[0] = n.kid[1] = n.kid[2] = TL_LANG_NO_NODE;
	if (x.kind == W_BINARY)
		n.kid[1] = pop_operand(w);
	n.kid[0] = pop_operand(w);
	if (x.node == TL_N_NEG && fold_negative(w, &x, n.kid[0]))
		return 0;
	n.place = join(x.place, w->nodes[n.kid[0]].place);
	if (x.kind == W_BINARY)
		n.place = join(n.place, w->nodes[n.kid[1]].place);
	return push_node(w, n);
}

static bool
is_operator(const struct waiting *x)
{
	return x && (x->kind == W_BINARY || x->kind == W_PREFIX);
}

static int
reduce_to_bracket(struct work *w)
{
	while (is_operator(top(w))) {
		int err = reduce(w);
		if (err < 0)
			return err;
	}
	return 0;
}

static const struct waiting *
variable(const struct work *w, struct tl_str name)
{
	for (unsigned i = w->depth; i > 0; i--) {
		const struct waiting *x = &w->waiting[i - 1];
		if (x->kind == W_MACRO && tl_str_eq(x->text, name))
			return x;
	}
	return NULL;
}

static int
list_literal(struct work *w)
{
	struct parser *p = w->p;
	struct tl_lang_node n = {.kind = TL_N_LIST, .place = p->tok.place};
	n.kid[0] = n.kid[1] = n.kid[2] = TL_LANG_NO_NODE;
	struct tl_lang_value items[TL_LANG_LIST_MAX];
	size_t count = 0;
	parser_next(p, LEX_EXPR);
	while (p->tok.kind != TOK_RBRACKET) {
		if (count == TL_LANG_LIST_MAX)
			return fail(
			    w, p->tok.place, "the list is too long; put it into a bank");
		struct tl_lang_arg a = {0};
		int err = parser_literal(p, LEX_EXPR, false, &a);
		if (err < 0)
			return err;
		items[count++] = a.value;
		if (p->tok.kind == TOK_COMMA)
			parser_next(p, LEX_EXPR);
		else if (p->tok.kind != TOK_RBRACKET)
			return parser_expected(p, "\",\" or \"]\"");
	}
	n.place = join(n.place, p->tok.place);
	parser_next(p, LEX_EXPR);
	struct tl_lang_value *kept = TL_NEWS(p->arena, struct tl_lang_value, count ? count : 1);
	if (!kept)
		return fail(w, n.place, "the rules need too much memory");
	memcpy(kept, items, count * sizeof *kept);
	n.value = (struct tl_lang_value){.type = TL_T_LIST};
	n.value.u.list.items = kept;
	n.value.u.list.n = count;
	return push_node(w, n);
}

static int
finish_call(struct work *w, const struct waiting *x)
{
	struct tl_lang_node n = {.kind = x->kind == W_HAS ? TL_N_HAS : TL_N_CALL};
	n.text = x->text;
	n.n_args = x->n_args;
	n.kid[0] = x->kind == W_HAS ? TL_LANG_NO_NODE : x->target;
	n.kid[1] = n.kid[2] = TL_LANG_NO_NODE;
	for (uint16_t i = x->n_args; i > 0; i--)
		n.kid[i] = pop_operand(w);
	n.place = join(x->place, w->p->tok.place);
	if (n.kid[0] != TL_LANG_NO_NODE)
		n.place = join(n.place, w->nodes[n.kid[0]].place);
	if (x->kind == W_HAS && x->n_args != 1)
		return fail(w, n.place, "has() takes exactly one name");
	return push_node(w, n);
}

/* A word where a value may stand: a variable, a name, or a function without a receiver. */
static int
word_operand(struct work *w)
{
	struct parser *p = w->p;
	struct token t = p->tok;
	if (tl_str_is(t.text, "in") || tl_str_is(t.text, "then"))
		return parser_expected(p, "a value");
	if (tl_str_is(t.text, "not"))
		return fail(w, t.place, "\"not\" is written \"!\"");
	parser_next(p, LEX_EXPR);
	struct tl_lang_node n = {.kind = TL_N_NAME, .place = t.place, .text = t.text};
	n.kid[0] = n.kid[1] = n.kid[2] = TL_LANG_NO_NODE;
	const struct waiting *scope = variable(w, t.text);
	if (scope) {
		n.kind = TL_N_VAR;
		n.kid[0] = scope->target;
		return push_node(w, n);
	}
	if (p->tok.kind != TOK_LPAR)
		return push_node(w, n);
	struct waiting x = {.kind = W_CALL, .node = TL_N_CALL, .target = TL_LANG_NO_NODE};
	x.text = t.text;
	x.place = t.place;
	if (tl_str_is(t.text, "has"))
		x.kind = W_HAS;
	parser_next(p, LEX_EXPR);
	if (p->tok.kind != TOK_RPAR)
		return push_waiting(w, x);
	int err = finish_call(w, &x);
	parser_next(p, LEX_EXPR);
	return err;
}

static int
literal_operand(struct work *w)
{
	struct tl_lang_arg a = {0};
	int err = parser_literal(w->p, LEX_EXPR, false, &a);
	if (err < 0)
		return err;
	struct tl_lang_node n = {.kind = TL_N_CONST, .place = a.place, .value = a.value};
	n.kid[0] = n.kid[1] = n.kid[2] = TL_LANG_NO_NODE;
	return push_node(w, n);
}

static int
prefix(struct work *w, enum tl_lang_kind node)
{
	struct waiting x = {.kind = W_PREFIX, .node = node, .precedence = PRECEDENCE_PREFIX};
	x.place = w->p->tok.place;
	parser_next(w->p, LEX_EXPR);
	return push_waiting(w, x);
}

static bool
is_literal(const struct token *t)
{
	if (t->kind == TOK_WORD)
		return tl_str_is(t->text, "true") || tl_str_is(t->text, "false");
	return t->kind == TOK_STRING || t->kind == TOK_INT || t->kind == TOK_DOUBLE;
}

/* Where a value must come. Sets *ret_have when one is complete, so that an operator may follow. */
static int
operand(struct work *w, bool *ret_have)
{
	struct parser *p = w->p;
	unsigned before = w->n_operands;
	int err = 0;
	if (is_literal(&p->tok)) {
		err = literal_operand(w);
	} else if (p->tok.kind == TOK_WORD) {
		err = word_operand(w);
	} else if (p->tok.kind == TOK_NOT) {
		err = prefix(w, TL_N_NOT);
	} else if (p->tok.kind == TOK_MINUS) {
		err = prefix(w, TL_N_NEG);
	} else if (p->tok.kind == TOK_LBRACKET) {
		err = list_literal(w);
	} else if (p->tok.kind == TOK_LPAR) {
		err = push_waiting(w, (struct waiting){.kind = W_PAREN, .place = p->tok.place});
		parser_next(p, LEX_EXPR);
	} else {
		return parser_expected(p, "a value");
	}
	*ret_have = w->n_operands > before;
	return err;
}

static int
finish_macro(struct work *w, const struct waiting *x)
{
	struct tl_lang_node n = {.kind = x->node, .text = x->text};
	n.kid[0] = x->target;
	n.kid[1] = pop_operand(w);
	n.kid[2] = TL_LANG_NO_NODE;
	n.place = join(join(x->place, w->p->tok.place), w->nodes[n.kid[0]].place);
	return push_node(w, n);
}

/* ")" after a value. */
static int
close_bracket(struct work *w, bool *ret_have)
{
	int err = reduce_to_bracket(w);
	if (err < 0)
		return err;
	if (!w->depth)
		return fail(w, w->p->tok.place, "this \")\" has no \"(\"");
	struct waiting x = w->waiting[--w->depth];
	if (x.kind == W_CALL || x.kind == W_HAS) {
		x.n_args++;
		err = x.n_args > TL_LANG_ARGS_MAX ? fail(w, x.place, "too many arguments")
						  : finish_call(w, &x);
	} else if (x.kind == W_MACRO) {
		err = finish_macro(w, &x);
	}
	parser_next(w->p, LEX_EXPR);
	*ret_have = true;
	return err;
}

/* "," after a value: the next argument of a call. */
static int
next_argument(struct work *w, bool *ret_have)
{
	int err = reduce_to_bracket(w);
	if (err < 0)
		return err;
	struct waiting *x = top(w);
	if (!x || x->kind != W_CALL)
		return fail(w, w->p->tok.place, "a \",\" has no meaning here");
	if (++x->n_args >= TL_LANG_ARGS_MAX)
		return fail(w, w->p->tok.place, "too many arguments");
	parser_next(w->p, LEX_EXPR);
	*ret_have = false;
	return 0;
}

/* name . word: the path grows; it stays a slice of the source where that is written without spaces. */
static void
extend_path(struct work *w, struct tl_lang_node *name, const struct token *word)
{
	const uint8_t *end = name->text.p + name->text.n;
	const uint8_t *base = w->p->lex.src->text.p;
	bool in_source = name->text.p >= base && end < base + w->p->lex.src->text.n;
	if (in_source && end + 1 == word->text.p)
		name->text.n += 1 + word->text.n;
	else
		name->text = tl_str(tl_arena_printf(
		    w->p->arena, "%.*s.%.*s", TL_ARG(name->text), TL_ARG(word->text)));
	name->place = join(name->place, word->place);
}

/* .exists(m, or .all(m, */
static int
open_macro(struct work *w, const struct token *word)
{
	struct parser *p = w->p;
	struct waiting x = {.kind = W_MACRO, .place = word->place};
	x.node = tl_str_is(word->text, "all") ? TL_N_ALL : TL_N_EXISTS;
	parser_next(p, LEX_EXPR);
	if (p->tok.kind != TOK_WORD || is_literal(&p->tok) || tl_str_is(p->tok.text, "in"))
		return parser_expected(p, "a name for the element, as in exists(m, …)");
	if (variable(w, p->tok.text))
		return fail(w, p->tok.place, "this name is in use already; take another");
	x.text = p->tok.text;
	parser_next(p, LEX_EXPR);
	if (p->tok.kind != TOK_COMMA)
		return parser_expected(p, "\",\" and a condition");
	parser_next(p, LEX_EXPR);
	x.target = pop_operand(w);
	return push_waiting(w, x);
}

static int
open_method(struct work *w, const struct token *word, bool *ret_have)
{
	struct parser *p = w->p;
	if (tl_str_is(word->text, "exists") || tl_str_is(word->text, "all")) {
		*ret_have = false;
		return open_macro(w, word);
	}
	struct waiting x = {.kind = W_CALL, .place = word->place, .text = word->text};
	x.target = pop_operand(w);
	parser_next(p, LEX_EXPR);
	if (p->tok.kind != TOK_RPAR) {
		*ret_have = false;
		return push_waiting(w, x);
	}
	int err = finish_call(w, &x);
	parser_next(p, LEX_EXPR);
	return err;
}

/* "." after a value: a longer path, a member or a method. */
static int
dot(struct work *w, bool *ret_have)
{
	struct parser *p = w->p;
	parser_next(p, LEX_EXPR);
	if (p->tok.kind != TOK_WORD)
		return parser_expected(p, "a name after \".\"");
	struct token word = p->tok;
	parser_next(p, LEX_EXPR);
	if (p->tok.kind == TOK_LPAR)
		return open_method(w, &word, ret_have);
	uint16_t last = w->operands[w->n_operands - 1];
	if (w->nodes[last].kind == TL_N_NAME) {
		extend_path(w, &w->nodes[last], &word);
		return 0;
	}
	struct tl_lang_node n = {.kind = TL_N_MEMBER, .text = word.text};
	n.kid[0] = pop_operand(w);
	n.kid[1] = n.kid[2] = TL_LANG_NO_NODE;
	n.place = join(w->nodes[n.kid[0]].place, word.place);
	return push_node(w, n);
}

static const struct binary *
binary_of(const struct token *t)
{
	for (size_t i = 0; i < TL_COUNT(binaries); i++) {
		if (binaries[i].tok == t->kind)
			return &binaries[i];
	}
	return t->kind == TOK_WORD && tl_str_is(t->text, "in") ? &binary_in : NULL;
}

static int
binary_operator(struct work *w, const struct binary *b)
{
	bool compare = b->precedence == PRECEDENCE_COMPARE;
	while (is_operator(top(w)) && top(w)->precedence >= b->precedence) {
		if (compare && top(w)->precedence == PRECEDENCE_COMPARE)
			return fail(w, w->p->tok.place,
			    "comparisons do not follow one another; join them with \"&&\"");
		int err = reduce(w);
		if (err < 0)
			return err;
	}
	struct waiting x = {.kind = W_BINARY, .node = b->node, .op = b->op};
	x.precedence = b->precedence;
	x.place = w->p->tok.place;
	parser_next(w->p, LEX_EXPR);
	return push_waiting(w, x);
}

/* After a complete value. *ret_done when the expression ends before the current token. */
static int
after_value(struct work *w, bool *ret_have, bool *ret_done)
{
	struct parser *p = w->p;
	const struct binary *b = binary_of(&p->tok);
	if (b) {
		*ret_have = false;
		return binary_operator(w, b);
	}
	if (p->tok.kind == TOK_DOT)
		return dot(w, ret_have);
	if (p->tok.kind == TOK_RPAR)
		return close_bracket(w, ret_have);
	if (p->tok.kind == TOK_COMMA)
		return next_argument(w, ret_have);
	if (p->tok.kind == TOK_ASSIGN)
		return fail(w, p->tok.place, "a single \"=\"; \"is equal\" is written \"==\"");
	if (p->tok.kind == TOK_WORD && tl_str_is(p->tok.text, "and"))
		return fail(w, p->tok.place, "\"and\" is written \"&&\"");
	if (p->tok.kind == TOK_WORD && tl_str_is(p->tok.text, "or"))
		return fail(w, p->tok.place, "\"or\" is written \"||\"");
	*ret_done = true;
	return reduce_to_bracket(w);
}

static int
keep_nodes(struct work *w, struct tl_lang_expr *ret)
{
	struct tl_lang_node *nodes = TL_NEWS(w->p->arena, struct tl_lang_node, w->count);
	if (!nodes)
		return fail(w, w->nodes[0].place, "the rules need too much memory");
	memcpy(nodes, w->nodes, w->count * sizeof *nodes);
	*ret = (struct tl_lang_expr){nodes, w->count};
	return 0;
}

int
parser_expr(struct parser *p, struct tl_lang_expr *ret)
{
	struct work w = {.p = p, .nodes = p->scratch};
	bool have = false, done = false;
	while (!done) {
		int err = have ? after_value(&w, &have, &done) : operand(&w, &have);
		if (err == 0 && p->tok.kind == TOK_ERROR)
			err = TL_EPARSE;
		if (err < 0)
			return err;
	}
	if (w.depth > 0)
		return fail(&w, w.waiting[w.depth - 1].place, "this is not closed with \")\"");
	return keep_nodes(&w, ret);
}
