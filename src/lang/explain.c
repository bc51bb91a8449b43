/*
 * Owns explanations: which parts of a condition made it true, with their values, in words.
 *
 * Promises: only parts that were true and that the result rests on are named. Values of names marked
 * `personal` (content) are never written out. LIMIT when the arena is full. Called for rules that held or
 * ended unknown: its cost does not fall on items that no rule speaks of.
 */
#include "lang/eval_int.h"

#include "base/arena.h"
#include "base/json.h"
#include "lang/print.h"

#include <inttypes.h>

/* "90 m" style: the largest units that say it exactly, two at most. */
static void
put_duration(struct tl_buf *b, int64_t us)
{
	static const struct {
		int64_t us;
		const char *unit;
	} units[] = {
	    {INT64_C(86400000000), "d"},
	    {INT64_C(3600000000), "h"},
	    {INT64_C(60000000), "m"},
	    {INT64_C(1000000), "s"},
	};
	if (us < 0)
		tl_buf_byte(b, '-');
	uint64_t left = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
	unsigned parts = 0;
	for (size_t i = 0; i < TL_COUNT(units) && parts < 2; i++) {
		uint64_t n = left / (uint64_t)units[i].us;
		left %= (uint64_t)units[i].us;
		if (n)
			tl_buf_printf(b, "%" PRIu64 "%s", n, units[i].unit);
		parts += n || parts;
	}
	if (!parts)
		tl_buf_puts(b, "0s");
}

static void
put_value(struct tl_buf *b, const struct tl_lang_value *v, const char *const *words)
{
	char time[TL_TIME_MAX];
	if (v->type == TL_T_DOUBLE) {
		tl_buf_printf(b, "%.4g", v->u.d);
	} else if (v->type == TL_T_DURATION) {
		put_duration(b, v->u.i);
	} else if (v->type == TL_T_TIMESTAMP) {
		tl_time_format(time, v->u.i);
		tl_buf_puts(b, time);
	} else if (v->type == TL_T_ENUM && words) {
		tl_buf_printf(b, "\"%s\"", words[v->u.i]);
	} else {
		tl_lang_print_value(b, v);
	}
}

static void
put_values(struct tl_buf *b, const struct tl_lang_value *list, const char *const *words)
{
	for (size_t i = 0; i < list->u.list.n; i++) {
		tl_buf_puts(b, i ? ", " : "");
		put_value(b, &list->u.list.items[i], words);
	}
}

/* A noun with its holes filled: {0} the first argument, {e} the element, counted from 1. */
static void
put_noun(struct tl_buf *b, const char *noun, const struct tl_lang_ref *ref, int32_t element)
{
	for (const char *p = noun; *p; p++) {
		if (strncmp(p, "{0}", 3) == 0) {
			put_value(b, &ref->args[0], NULL);
			p += 2;
		} else if (strncmp(p, "{e}", 3) == 0) {
			tl_buf_printf(b, "%d", element + 1);
			p += 2;
		} else {
			tl_buf_byte(b, (uint8_t)*p);
		}
	}
}

struct telling {
	const struct tl_lang_prog *prog;
	struct tl_arena *arena;
};

/* The use of a schema name that node k is, or NULL. */
static const struct tl_lang_ref *
ref_of(const struct tl_lang_prog *p, uint16_t k)
{
	for (uint32_t i = 0; k != TL_LANG_NO_NODE && i < p->count; i++) {
		if (p->ops[i].node == k &&
		    (p->ops[i].code == OP_LOAD || p->ops[i].code == OP_HAS))
			return p->ops[i].ref;
	}
	return NULL;
}

static enum tl_lang_op_kind
turned(enum tl_lang_op_kind op, bool negate)
{
	static const enum tl_lang_op_kind opposite[] = {
	    [TL_OP_NONE] = TL_OP_NONE,
	    [TL_OP_EQ] = TL_OP_NE,
	    [TL_OP_NE] = TL_OP_EQ,
	    [TL_OP_LT] = TL_OP_GE,
	    [TL_OP_LE] = TL_OP_GT,
	    [TL_OP_GT] = TL_OP_LE,
	    [TL_OP_GE] = TL_OP_LT,
	    [TL_OP_PLUS] = TL_OP_PLUS,
	    [TL_OP_MINUS] = TL_OP_MINUS,
	};
	return negate ? opposite[op] : op;
}

static const char *const compare_words[] = {
    [TL_OP_NONE] = "",
    [TL_OP_EQ] = "",
    [TL_OP_NE] = ", not ",
    [TL_OP_LT] = ", less than ",
    [TL_OP_LE] = ", at most ",
    [TL_OP_GT] = ", more than ",
    [TL_OP_GE] = ", at least ",
    [TL_OP_PLUS] = "",
    [TL_OP_MINUS] = "",
};

static void
put_source(struct tl_buf *b, const struct tl_lang_prog *p, const struct tl_lang_op *op)
{
	if (op->negate)
		tl_buf_puts(b, "!(");
	tl_lang_print_node(b, p->expr, op->node);
	if (op->negate)
		tl_buf_byte(b, ')');
}

static void
put_note(struct tl_buf *b, const char *note)
{
	if (note)
		tl_buf_printf(b, " (%s)", note);
}

/* `noun is value, at least other` */
static void
put_compared(struct tl_buf *b, const struct tl_lang_op *op, const struct tl_lang_ref *left,
    const struct note *n)
{
	put_noun(b, left->name->noun, left, n->element);
	tl_buf_puts(b, " is ");
	put_value(b, &n->left, left->name->words);
	put_note(b, n->left.note);
	enum tl_lang_op_kind how = turned(op->op, op->negate);
	if (op->code == OP_IN) {
		tl_buf_puts(b, op->negate ? ", none of " : ", one of ");
		put_values(b, &n->right, left->name->words);
		return;
	}
	tl_buf_puts(b, compare_words[how]);
	if (how != TL_OP_EQ)
		put_value(b, &n->right, left->name->words);
}

static void
put_words(struct tl_buf *b, const struct tl_lang_prog *p, const struct note *n)
{
	const struct tl_lang_op *op = &p->ops[n->op];
	const struct tl_lang_node *node = &p->expr.nodes[op->node];
	bool compares = op->code == OP_CMP || op->code == OP_IN;
	const struct tl_lang_ref *left = compares ? ref_of(p, node->kid[0]) : op->ref;
	if (!left || !left->name->noun || (compares && left->name->personal)) {
		put_source(b, p, op);
	} else if (compares) {
		put_compared(b, op, left, n);
	} else if (op->code == OP_HAS) {
		put_noun(b, left->name->noun, left, n->element);
		tl_buf_puts(b, op->negate ? " is not known" : " is known");
	} else if (op->negate && !left->name->not_noun) {
		put_source(b, p, op);
	} else {
		put_noun(
		    b, op->negate ? left->name->not_noun : left->name->noun, left, n->element);
		put_note(b, n->left.note);
	}
}

/* The name on the left of a comparison whose value may be shown, or NULL. */
static const struct tl_lang_ref *
shown(const struct tl_lang_prog *p, const struct tl_lang_op *op)
{
	if (op->code != OP_CMP && op->code != OP_IN)
		return NULL;
	const struct tl_lang_ref *left = ref_of(p, p->expr.nodes[op->node].kid[0]);
	return left && !left->name->personal ? left : NULL;
}

static void
fill_leaf(const struct telling *t, const struct note *n, struct tl_lang_leaf *ret)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	const struct tl_lang_op *op = &t->prog->ops[n->op];
	ret->element = n->element;
	put_source(&b, t->prog, op);
	ret->expr = tl_arena_dup(t->arena, tl_buf_str(&b));
	tl_buf_reset(&b);
	const struct tl_lang_ref *left = shown(t->prog, op);
	if (left)
		put_value(&b, &n->left, left->name->words);
	else if (n->left.note && op->ref)
		tl_buf_puts(&b, n->left.note);
	ret->value = tl_arena_dup(t->arena, tl_buf_str(&b));
	tl_buf_reset(&b);
	put_words(&b, t->prog, n);
	ret->words = tl_arena_dup(t->arena, tl_buf_str(&b));
}

static void
put_unknown(struct tl_buf *b, const struct tl_lang_result *r)
{
	if (r->ref) {
		if (r->ref->name->owner)
			tl_buf_printf(b, "%s %u: ", r->ref->name->owner, r->element + 1);
		tl_buf_printf(b, "%s", r->ref->name->name);
		if (r->ref->name->n_args) {
			tl_buf_byte(b, '(');
			put_value(b, &r->ref->args[0], NULL);
			tl_buf_byte(b, ')');
		}
		tl_buf_puts(b, " is unknown: ");
	}
	tl_buf_puts(b, r->why);
}

int
tl_lang_explain(const struct tl_lang_prog *p, const struct tl_lang_env *env, struct tl_arena *a,
    struct tl_lang_explanation *ret)
{
	struct telling t = {p, a};
	struct tl_lang_explanation x = {0};
	struct notes notes;
	eval_run(p, env, &notes, &x.result);
	if (x.result.truth != TL_LANG_TRUE)
		notes.n = 0;
	struct tl_lang_leaf *leaves = TL_NEWS(a, struct tl_lang_leaf, notes.n ? notes.n : 1);
	if (!leaves)
		return tl_arena_check(a);
	TL_CLEANUP(tl_buf_fini) struct tl_buf words = {0};
	for (unsigned i = 0; i < notes.n; i++) {
		fill_leaf(&t, &notes.list[i], &leaves[i]);
		if (i)
			tl_buf_puts(&words, i + 1 == notes.n ? ", and " : ", ");
		tl_buf_put(&words, leaves[i].words.p, leaves[i].words.n);
	}
	if (x.result.truth == TL_LANG_UNKNOWN)
		put_unknown(&words, &x.result);
	x.words = tl_arena_dup(a, tl_buf_str(&words));
	x.leaves = leaves;
	x.n_leaves = notes.n;
	if (x.result.why)
		x.result.why = tl_arena_printf(a, "%s", x.result.why);
	*ret = x;
	return tl_arena_check(a);
}
