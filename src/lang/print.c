/*
 * Owns the canonical text of trees and packs.
 *
 * Promises: what is printed parses to the same tree; brackets stand only where the tree needs them. No
 * recursion: what is still to print waits on a heap stack no larger than the tree. Never fails (a buffer with
 * a limit turns bad). Called by `tutela rule`, explanations, the rule set's version and tests.
 */
#include "lang/print.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const op_texts[] = {
    [TL_OP_NONE] = "",
    [TL_OP_EQ] = " == ",
    [TL_OP_NE] = " != ",
    [TL_OP_LT] = " < ",
    [TL_OP_LE] = " <= ",
    [TL_OP_GT] = " > ",
    [TL_OP_GE] = " >= ",
    [TL_OP_PLUS] = " + ",
    [TL_OP_MINUS] = " - ",
};

#define PRIMARY 6
#define PREFIX 5
#define COMPARE 3

static const int precedences[] = {
    [TL_N_CONST] = PRIMARY,
    [TL_N_LIST] = PRIMARY,
    [TL_N_NAME] = PRIMARY,
    [TL_N_VAR] = PRIMARY,
    [TL_N_MEMBER] = PRIMARY,
    [TL_N_CALL] = PRIMARY,
    [TL_N_HAS] = PRIMARY,
    [TL_N_NOT] = PREFIX,
    [TL_N_NEG] = PREFIX,
    [TL_N_AND] = 2,
    [TL_N_OR] = 1,
    [TL_N_CMP] = COMPARE,
    [TL_N_IN] = COMPARE,
    [TL_N_ADD] = 4,
    [TL_N_EXISTS] = PRIMARY,
    [TL_N_ALL] = PRIMARY,
};

static void
print_string(struct tl_buf *b, struct tl_str s)
{
	tl_buf_byte(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c == '"' || c == '\\')
			tl_buf_printf(b, "\\%c", c);
		else if (c == '\n')
			tl_buf_puts(b, "\\n");
		else if (c == '\r')
			tl_buf_puts(b, "\\r");
		else if (c == '\t')
			tl_buf_puts(b, "\\t");
		else if (c < 0x20 || c == 0x7f)
			tl_buf_printf(b, "\\u%04x", c);
		else
			tl_buf_byte(b, c);
	}
	tl_buf_byte(b, '"');
}

/* The shortest text that reads back as the same double, and as a double. */
static void
print_double(struct tl_buf *b, double d)
{
	char z[40];
	for (int digits = 6; digits <= 17; digits++) {
		(void)snprintf(z, sizeof z, "%.*g", digits, d);
		double back = strtod(z, NULL);
		if (!(back < d) && !(back > d))
			break;
	}
	tl_buf_puts(b, z);
	if (!strpbrk(z, ".e"))
		tl_buf_puts(b, ".0");
}

static void
print_scalar(struct tl_buf *b, const struct tl_lang_value *v)
{
	if (v->type == TL_T_BOOL)
		tl_buf_puts(b, v->u.b ? "true" : "false");
	else if (v->type == TL_T_DOUBLE)
		print_double(b, v->u.d);
	else if (v->type == TL_T_STRING)
		print_string(b, v->u.s);
	else
		tl_buf_printf(b, "%lld", (long long)v->u.i);
}

void
tl_lang_print_value(struct tl_buf *b, const struct tl_lang_value *v)
{
	if (v->type != TL_T_LIST) {
		print_scalar(b, v);
		return;
	}
	tl_buf_byte(b, '[');
	for (size_t i = 0; i < v->u.list.n; i++) {
		if (i)
			tl_buf_puts(b, ", ");
		print_scalar(b, &v->u.list.items[i]);
	}
	tl_buf_byte(b, ']');
}

/* Something still to print: a text, or a node. */
struct task {
	const char *text;
	size_t n;
	uint16_t node;
};

struct printer {
	struct tl_buf *out;
	const struct tl_lang_node *nodes;
	struct tl_buf stack; /* of struct task */
};

static void
later_text(struct printer *p, struct tl_str s)
{
	struct task t = {.text = (const char *)s.p, .n = s.n};
	tl_buf_put(&p->stack, &t, sizeof t);
}

static int
precedence(const struct tl_lang_node *n)
{
	bool minus = n->kind == TL_N_CONST &&
		     ((n->value.type == TL_T_INT && n->value.u.i < 0) ||
			 (n->value.type == TL_T_DOUBLE && __builtin_signbit(n->value.u.d)));
	return minus ? PREFIX : precedences[n->kind];
}

/* A child, in brackets when it binds less than `least`. */
static void
later_node(struct printer *p, uint16_t node, int least)
{
	bool brackets = precedence(&p->nodes[node]) < least;
	if (brackets)
		later_text(p, TL_S(")"));
	struct task t = {.node = node};
	tl_buf_put(&p->stack, &t, sizeof t);
	if (brackets)
		later_text(p, TL_S("("));
}

static void
later_call(struct printer *p, const struct tl_lang_node *n)
{
	later_text(p, TL_S(")"));
	for (uint16_t i = n->n_args; i > 0; i--) {
		later_node(p, n->kid[i], 0);
		if (i > 1)
			later_text(p, TL_S(", "));
	}
	later_text(p, TL_S("("));
	later_text(p, n->text);
	if (n->kid[0] != TL_LANG_NO_NODE) {
		later_text(p, TL_S("."));
		later_node(p, n->kid[0], PRIMARY);
	}
}

static void
later_macro(struct printer *p, const struct tl_lang_node *n)
{
	later_text(p, TL_S(")"));
	later_node(p, n->kid[1], 0);
	later_text(p, TL_S(", "));
	later_text(p, n->text);
	later_text(p, n->kind == TL_N_ALL ? TL_S(".all(") : TL_S(".exists("));
	later_node(p, n->kid[0], PRIMARY);
}

static void
later_binary(struct printer *p, const struct tl_lang_node *n)
{
	int own = precedences[n->kind];
	struct tl_str op = tl_str(op_texts[n->op]);
	if (n->kind == TL_N_AND)
		op = TL_S(" && ");
	else if (n->kind == TL_N_OR)
		op = TL_S(" || ");
	else if (n->kind == TL_N_IN)
		op = TL_S(" in ");
	later_node(p, n->kid[1], own + 1);
	later_text(p, op);
	later_node(p, n->kid[0], own == COMPARE ? own + 1 : own);
}

/* Prints what is simple, puts the rest on the stack in reverse. */
static void
print_one(struct printer *p, const struct tl_lang_node *n)
{
	switch (n->kind) {
	case TL_N_CONST:
	case TL_N_LIST:
		tl_lang_print_value(p->out, &n->value);
		return;
	case TL_N_NAME:
	case TL_N_VAR:
		tl_buf_put(p->out, n->text.p, n->text.n);
		return;
	case TL_N_MEMBER:
		later_text(p, n->text);
		later_text(p, TL_S("."));
		later_node(p, n->kid[0], PRIMARY);
		return;
	case TL_N_CALL:
	case TL_N_HAS:
		later_call(p, n);
		return;
	case TL_N_NOT:
	case TL_N_NEG:
		later_node(p, n->kid[0], PREFIX);
		later_text(p, n->kind == TL_N_NOT ? TL_S("!") : TL_S("-"));
		return;
	case TL_N_EXISTS:
	case TL_N_ALL:
		later_macro(p, n);
		return;
	case TL_N_AND:
	case TL_N_OR:
	case TL_N_CMP:
	case TL_N_IN:
	case TL_N_ADD:
		later_binary(p, n);
		return;
	}
}

void
tl_lang_print_node(struct tl_buf *b, struct tl_lang_expr e, uint16_t node)
{
	struct printer p = {.out = b, .nodes = e.nodes};
	later_node(&p, node, 0);
	while (p.stack.n) {
		struct task t;
		p.stack.n -= sizeof t;
		memcpy(&t, p.stack.p + p.stack.n, sizeof t);
		if (t.text)
			tl_buf_put(b, t.text, t.n);
		else
			print_one(&p, &e.nodes[t.node]);
	}
	tl_buf_fini(&p.stack);
}

void
tl_lang_print_expr(struct tl_buf *b, struct tl_lang_expr e)
{
	tl_lang_print_node(b, e, (uint16_t)(e.count - 1));
}

static void
print_arg(struct tl_buf *b, const struct tl_lang_arg *a)
{
	if (a->key.n)
		tl_buf_printf(b, "%.*s: ", TL_ARG(a->key));
	if (a->word)
		tl_buf_put(b, a->value.u.s.p, a->value.u.s.n);
	else
		tl_lang_print_value(b, &a->value);
}

static void
print_args(struct tl_buf *b, const struct tl_lang_arg *args, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			tl_buf_puts(b, ", ");
		print_arg(b, &args[i]);
	}
}

static void
print_rule(struct tl_buf *b, const struct tl_lang_rule *r)
{
	tl_buf_printf(
	    b, "rule %.*s\n    policy  %.*s\n    when    ", TL_ARG(r->name), TL_ARG(r->policy));
	tl_lang_print_expr(b, r->when);
	tl_buf_puts(b, "\n    then    ");
	for (size_t i = 0; i < r->n_actions; i++) {
		const struct tl_lang_action *a = &r->actions[i];
		tl_buf_printf(b, "%s%.*s", i ? ", " : "", TL_ARG(a->name));
		if (a->args) {
			tl_buf_byte(b, '(');
			print_args(b, a->args, a->n_args);
			tl_buf_byte(b, ')');
		}
	}
	if (r->shadow_until_us)
		tl_buf_printf(b, "\n    shadow  until %.*s", TL_ARG(r->shadow_date));
	tl_buf_puts(b, "\n");
}

static void
print_given(struct tl_buf *b, const struct tl_lang_given *g)
{
	tl_buf_printf(b, "    %.*s", TL_ARG(g->path));
	if (g->index >= 0)
		tl_buf_printf(b, "[%lld]", (long long)g->index);
	if (g->member.n)
		tl_buf_printf(b, ".%.*s", TL_ARG(g->member));
	if (g->args) {
		tl_buf_byte(b, '(');
		print_args(b, g->args, g->n_args);
		tl_buf_byte(b, ')');
	}
	tl_buf_puts(b, " = ");
	tl_lang_print_value(b, &g->value);
	tl_buf_byte(b, '\n');
}

static void
print_test(struct tl_buf *b, const struct tl_lang_test *t)
{
	tl_buf_puts(b, "test ");
	print_string(b, t->name);
	tl_buf_puts(b, " {\n");
	for (size_t i = 0; i < t->n_given; i++)
		print_given(b, &t->given[i]);
	tl_buf_printf(b, "} expect %.*s", TL_ARG(t->expect));
	for (size_t i = 0; i < t->n_by; i++)
		tl_buf_printf(b, "%s%.*s", i ? ", " : " by ", TL_ARG(t->by[i].value.u.s));
	tl_buf_byte(b, '\n');
}

void
tl_lang_print_pack(struct tl_buf *b, const struct tl_lang_pack *pack)
{
	for (size_t i = 0; i < pack->n_rules; i++) {
		if (i)
			tl_buf_byte(b, '\n');
		print_rule(b, &pack->rules[i]);
	}
	for (size_t i = 0; i < pack->n_tests; i++) {
		if (i || pack->n_rules)
			tl_buf_byte(b, '\n');
		print_test(b, &pack->tests[i]);
	}
}
