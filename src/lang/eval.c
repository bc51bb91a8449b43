/*
 * Owns the evaluator: runs a program over what the environment answers.
 *
 * Promises: total. At most TL_LANG_STEPS_MAX operations, a stack of fixed size that the compiler has checked,
 * no allocation. Anything that cannot be computed (overflow, a wrong answer from `load`, too much work) is an
 * unknown of the failed kind, never a silent false. Called for every rule of every item.
 */
#include "lang/eval_int.h"

#if defined __GNUC__ && !defined __clang__
/* gcc 12 loses track of what was written to the stack below at a variable index. */
#pragma GCC diagnostic ignored "-Wanalyzer-use-of-uninitialized-value"
#endif

struct each {
	uint32_t i, n;
	unsigned held; /* notes of the elements so far (all) */
	struct tl_lang_value sum;
};

struct machine {
	const struct tl_lang_prog *prog;
	const struct tl_lang_env *env;
	struct notes *notes;
	uint32_t pc, steps;
	unsigned sp;
	struct tl_lang_value stack[STACK_MAX];
	unsigned held[STACK_MAX]; /* how many notes belong to each value */
	struct each each[TL_LANG_NEST_MAX];
};

static bool
is_true(const struct tl_lang_value *v)
{
	return v->state == TL_V_KNOWN && v->u.b;
}

static bool
is_false(const struct tl_lang_value *v)
{
	return v->state == TL_V_KNOWN && !v->u.b;
}

/* Of two values of which at least one is unknown: the graver. A failure outweighs missing data. */
static const struct tl_lang_value *
graver(const struct tl_lang_value *a, const struct tl_lang_value *b)
{
	if (a->state == TL_V_FAILED || b->state == TL_V_KNOWN)
		return a;
	return b->state == TL_V_FAILED || a->state == TL_V_KNOWN ? b : a;
}

static struct tl_lang_value
conjunction(const struct tl_lang_value *a, const struct tl_lang_value *b, bool both)
{
	if (both ? is_false(a) || is_false(b) : is_true(a) || is_true(b))
		return tl_lang_bool(!both);
	if (a->state == TL_V_KNOWN && b->state == TL_V_KNOWN)
		return tl_lang_bool(both);
	return *graver(a, b);
}

static struct tl_lang_value
failed_here(const struct machine *m, const char *why)
{
	struct tl_lang_value v = tl_lang_failed(why);
	v.op = m->pc - 1;
	return v;
}

static void
drop_notes(struct machine *m, unsigned n)
{
	if (m->notes)
		m->notes->n -= n < m->notes->n ? n : m->notes->n;
}

/* Pushes what the environment says; absent and failed remember where. */
static struct tl_lang_value *
load(struct machine *m, const struct tl_lang_op *op)
{
	struct tl_lang_value *v = &m->stack[m->sp];
	uint32_t element = op->frame == NO_FRAME ? 0 : m->each[op->frame].i;
	*v = tl_lang_failed("nothing answered");
	m->env->load(m->env->ctx, op->ref, element, v);
	m->held[m->sp++] = 0;
	if (v->state == TL_V_KNOWN && v->type != op->ref->name->type)
		*v = tl_lang_failed("an answer of the wrong type");
	if (v->state != TL_V_KNOWN) {
		v->op = m->pc - 1;
		v->u.i = element;
	}
	return v;
}

static double
as_double(const struct tl_lang_value *v)
{
	return v->type == TL_T_DOUBLE ? v->u.d : (double)v->u.i;
}

/* -1, 0, 1. */
static int
order(const struct tl_lang_value *a, const struct tl_lang_value *b)
{
	if (a->type == TL_T_STRING) {
		int o = tl_str_cmp(a->u.s, b->u.s);
		return (o > 0) - (o < 0);
	}
	if (a->type == TL_T_BOOL)
		return a->u.b - b->u.b;
	if (a->type == TL_T_DOUBLE || b->type == TL_T_DOUBLE) {
		double x = as_double(a), y = as_double(b);
		return (x > y) - (x < y);
	}
	return (a->u.i > b->u.i) - (a->u.i < b->u.i);
}

static bool
holds(enum tl_lang_op_kind op, int o)
{
	switch (op) {
	case TL_OP_EQ:
		return o == 0;
	case TL_OP_NE:
		return o != 0;
	case TL_OP_LT:
		return o < 0;
	case TL_OP_LE:
		return o <= 0;
	case TL_OP_GT:
		return o > 0;
	case TL_OP_GE:
		return o >= 0;
	case TL_OP_NONE:
	case TL_OP_PLUS:
	case TL_OP_MINUS:
		break;
	}
	return false;
}

static struct tl_lang_value
contained(const struct tl_lang_value *v, const struct tl_lang_value *list)
{
	for (size_t i = 0; i < list->u.list.n; i++) {
		if (order(v, &list->u.list.items[i]) == 0)
			return tl_lang_bool(true);
	}
	return tl_lang_bool(false);
}

static enum tl_lang_type
sum_of(enum tl_lang_type a, enum tl_lang_type b, bool minus)
{
	if (a == TL_T_TIMESTAMP && b == TL_T_TIMESTAMP && minus)
		return TL_T_DURATION;
	return a == TL_T_TIMESTAMP || b == TL_T_TIMESTAMP ? TL_T_TIMESTAMP : a;
}

static struct tl_lang_value
add(const struct machine *m, const struct tl_lang_value *a, const struct tl_lang_value *b,
    bool minus)
{
	if (a->type == TL_T_DOUBLE || b->type == TL_T_DOUBLE)
		return tl_lang_double(as_double(a) + (minus ? -as_double(b) : as_double(b)));
	int64_t sum;
	bool over = minus ? __builtin_sub_overflow(a->u.i, b->u.i, &sum)
			  : __builtin_add_overflow(a->u.i, b->u.i, &sum);
	if (over)
		return failed_here(m, "the number is too large");
	return tl_lang_whole(sum_of(a->type, b->type, minus), sum);
}

static struct tl_lang_value
negative(const struct machine *m, const struct tl_lang_value *a)
{
	if (a->type == TL_T_DOUBLE)
		return tl_lang_double(-a->u.d);
	if (a->u.i == INT64_MIN)
		return failed_here(m, "the number is too large");
	return tl_lang_whole(a->type, -a->u.i);
}

static bool
in_text(enum op_code how, struct tl_str s, struct tl_str part)
{
	if (part.n == 0)
		return true;
	if (part.n > s.n || !s.p || !part.p)
		return false;
	if (how == OP_STARTS)
		return memcmp(s.p, part.p, part.n) == 0;
	if (how == OP_ENDS)
		return memcmp(s.p + s.n - part.n, part.p, part.n) == 0;
	return memmem(s.p, s.n, part.p, part.n) != NULL;
}

static struct tl_lang_value
size_of(const struct tl_lang_value *v)
{
	if (v->type == TL_T_HANDLES)
		return tl_lang_whole(TL_T_INT, v->u.i);
	if (v->type == TL_T_LIST)
		return tl_lang_whole(TL_T_INT, (int64_t)v->u.list.n);
	int64_t n = 0;
	for (size_t i = 0; i < v->u.s.n; i++)
		n += (v->u.s.p[i] & 0xc0) != 0x80;
	return tl_lang_whole(TL_T_INT, n);
}

static struct tl_lang_value
compute(const struct machine *m, const struct tl_lang_op *op, const struct tl_lang_value *a,
    const struct tl_lang_value *b)
{
	if (a->state != TL_V_KNOWN || b->state != TL_V_KNOWN)
		return *graver(a, b);
	if (op->code == OP_CMP)
		return tl_lang_bool(holds(op->op, order(a, b)));
	if (op->code == OP_IN)
		return contained(a, b);
	if (op->code == OP_ADD)
		return add(m, a, b, op->op == TL_OP_MINUS);
	return tl_lang_bool(in_text(op->code, a->u.s, b->u.s));
}

/* Begins a loop; jumps over its body when there is nothing to look at. */
static void
begin_each(struct machine *m, const struct tl_lang_op *op)
{
	struct tl_lang_value over = m->stack[--m->sp];
	struct each *e = &m->each[op->frame];
	*e = (struct each){.sum = tl_lang_bool(!op->any)};
	if (over.state == TL_V_KNOWN && over.u.i > TL_LANG_HANDLES_MAX)
		over = failed_here(m, "there are too many to look at");
	bool known = over.state == TL_V_KNOWN;
	if (known && over.u.i > 0) {
		e->n = (uint32_t)over.u.i;
		return;
	}
	m->held[m->sp] = 0;
	m->stack[m->sp++] = known ? e->sum : over;
	m->pc = op->jump;
}

/* One element is done: its value is on top. Goes round again or leaves the result. */
static void
next_each(struct machine *m, const struct tl_lang_op *op)
{
	struct each *e = &m->each[op->frame];
	struct tl_lang_value v = m->stack[--m->sp];
	unsigned held = m->held[m->sp];
	e->sum = conjunction(&e->sum, &v, !op->any);
	e->held += held;
	bool settled = op->any ? is_true(&e->sum) : is_false(&e->sum);
	if (!settled && ++e->i < e->n) {
		m->pc = op->jump;
		return;
	}
	if (!is_true(&e->sum)) {
		drop_notes(m, e->held);
		e->held = 0;
	}
	m->held[m->sp] = e->held;
	m->stack[m->sp++] = e->sum;
}

static void
join(struct machine *m, bool both)
{
	m->sp--;
	struct tl_lang_value *a = &m->stack[m->sp - 1];
	unsigned held = m->held[m->sp - 1] + m->held[m->sp];
	*a = conjunction(a, &m->stack[m->sp], both);
	if (!is_true(a)) {
		drop_notes(m, held);
		held = 0;
	}
	m->held[m->sp - 1] = held;
}

static void
note_leaf(struct machine *m, const struct tl_lang_op *op, const struct note *sides)
{
	if (m->notes->n == NOTES_MAX)
		return;
	struct note *n = &m->notes->list[m->notes->n++];
	*n = *sides;
	n->op = (uint32_t)(op - m->prog->ops);
	n->element = -1;
	for (unsigned i = 0; i < TL_LANG_NEST_MAX; i++) {
		if (op->frame == i)
			n->element = (int32_t)m->each[i].i;
	}
	m->held[m->sp - 1] = 1;
}

static void
step(struct machine *m, const struct tl_lang_op *op)
{
	struct tl_lang_value *top = m->sp ? &m->stack[m->sp - 1] : m->stack;
	switch (op->code) {
	case OP_CONST:
		m->held[m->sp] = 0;
		m->stack[m->sp++] = *op->value;
		return;
	case OP_LOAD:
		load(m, op);
		return;
	case OP_HAS:
		top = load(m, op);
		if (top->state != TL_V_FAILED)
			*top = tl_lang_bool(top->state == TL_V_KNOWN);
		return;
	case OP_CMP:
	case OP_IN:
	case OP_ADD:
	case OP_STARTS:
	case OP_ENDS:
	case OP_CONTAINS:
		m->sp--;
		m->held[m->sp - 1] = 0;
		m->stack[m->sp - 1] = compute(m, op, top - 1, top);
		return;
	case OP_NEG:
		if (top->state == TL_V_KNOWN)
			*top = negative(m, top);
		return;
	case OP_NOT:
		if (top->state == TL_V_KNOWN)
			top->u.b = !top->u.b;
		return;
	case OP_SIZE:
		if (top->state == TL_V_KNOWN)
			*top = size_of(top);
		return;
	case OP_SKIP_IF_FALSE:
		if (is_false(top))
			m->pc = op->jump;
		return;
	case OP_SKIP_IF_TRUE:
		if (is_true(top))
			m->pc = op->jump;
		return;
	case OP_AND:
		join(m, true);
		return;
	case OP_OR:
		join(m, false);
		return;
	case OP_EACH:
		begin_each(m, op);
		return;
	case OP_NEXT:
		next_each(m, op);
		return;
	}
}

static void
leaf(struct machine *m, const struct tl_lang_op *op, const struct note *sides)
{
	struct tl_lang_value *v = &m->stack[m->sp - 1];
	if (v->state != TL_V_KNOWN)
		return;
	v->u.b ^= op->negate;
	if (m->notes && v->u.b) {
		struct note n = *sides;
		if (op->code == OP_LOAD || op->code == OP_HAS)
			n.left = *v;
		note_leaf(m, op, &n);
	}
}

static void
finish(const struct machine *m, const struct tl_lang_value *v, struct tl_lang_result *ret)
{
	*ret = (struct tl_lang_result){.truth = is_true(v) ? TL_LANG_TRUE : TL_LANG_FALSE};
	if (v->state == TL_V_KNOWN)
		return;
	ret->truth = TL_LANG_UNKNOWN;
	ret->failed = v->state == TL_V_FAILED;
	ret->why = v->note ? v->note : "no reason was given";
	if (v->op < m->prog->count)
		ret->ref = m->prog->ops[v->op].ref;
	if (ret->ref && ret->ref->name->owner)
		ret->element = (uint32_t)v->u.i;
}

void
eval_run(const struct tl_lang_prog *p, const struct tl_lang_env *env, struct notes *notes,
    struct tl_lang_result *ret)
{
	struct machine m = {.prog = p, .env = env, .notes = notes};
	if (notes)
		notes->n = 0;
	while (m.pc < p->count) {
		if (++m.steps > TL_LANG_STEPS_MAX) {
			struct tl_lang_value v =
			    tl_lang_failed("the condition takes too much work");
			v.op = UINT32_MAX;
			finish(&m, &v, ret);
			return;
		}
		const struct tl_lang_op *op = &p->ops[m.pc++];
		if (!op->leaf) {
			step(&m, op);
			continue;
		}
		struct note sides = {0};
		if (notes && m.sp >= 2) {
			sides.left = m.stack[m.sp - 2];
			sides.right = m.stack[m.sp - 1];
		}
		step(&m, op);
		leaf(&m, op, &sides);
	}
	finish(&m, &m.stack[0], ret);
}

void
tl_lang_eval(
    const struct tl_lang_prog *p, const struct tl_lang_env *env, struct tl_lang_result *ret)
{
	eval_run(p, env, NULL, ret);
}
