/*
 * Owns the emitter: a checked tree becomes a flat program for a small stack machine.
 *
 * Promises: negations are pushed down to the leaves (so that a true part is always a reason for the whole),
 * `&&` and `||` jump over what cannot matter, the stack stays within STACK_MAX. Called by src/rules and by
 * whatever else compiles conditions.
 */
#include "lang/check_int.h"

#include "base/arena.h"

#define OPS_PER_NODE 2U

struct emit {
	struct check *c;
	struct tl_lang_op *ops;
	uint32_t count;
	unsigned depth, deepest;
	uint16_t *waiting; /* per node: the op whose jump its parent fills in */
	bool *logic;       /* the node decides the whole through && || ! exists all alone */
	bool *negated;
};

static bool
is_macro(enum tl_lang_kind k)
{
	return k == TL_N_EXISTS || k == TL_N_ALL;
}

static bool
is_logic(enum tl_lang_kind k)
{
	return k == TL_N_NOT || k == TL_N_AND || k == TL_N_OR || is_macro(k);
}

/* From the root down: which nodes are logic, and which are under an odd number of "!". */
static void
push_negations(struct emit *e)
{
	const struct check *c = e->c;
	e->logic[c->count - 1] = true;
	for (uint16_t k = c->count; k-- > 0;) {
		const struct tl_lang_node *n = &c->nodes[k];
		if (!e->logic[k] || !is_logic(n->kind))
			continue;
		bool below = e->negated[k] ^ (n->kind == TL_N_NOT);
		for (size_t i = is_macro(n->kind) ? 1 : 0; i < 2; i++) {
			if (n->kid[i] == TL_LANG_NO_NODE)
				continue;
			e->logic[n->kid[i]] = true;
			e->negated[n->kid[i]] = below;
		}
	}
}

static struct tl_lang_op *
put(struct emit *e, enum op_code code, uint16_t node, int grows)
{
	struct tl_lang_op *op = &e->ops[e->count++];
	*op = (struct tl_lang_op){.code = code, .node = node};
	op->op = e->c->nodes[node].op;
	bool leaf = e->logic[node] && !is_logic(e->c->nodes[node].kind);
	op->leaf = leaf;
	op->negate = leaf && e->negated[node];
	op->frame = leaf ? e->c->info[node].frame : NO_FRAME;
	e->depth = (unsigned)((int)e->depth + grows);
	if (e->depth > e->deepest)
		e->deepest = e->depth;
	return op;
}

static bool
any_of(const struct emit *e, uint16_t k)
{
	return (e->c->nodes[k].kind == TL_N_EXISTS) ^ e->negated[k];
}

static bool
and_of(const struct emit *e, uint16_t k)
{
	return (e->c->nodes[k].kind == TL_N_AND) ^ (e->logic[k] && e->negated[k]);
}

static void
emit_load(struct emit *e, uint16_t k, enum op_code code, uint16_t of)
{
	struct tl_lang_op *op = put(e, code, k, 1);
	op->ref = e->c->info[of].ref;
	op->frame = e->c->info[of].frame;
	if (!op->ref->name->owner)
		op->frame = NO_FRAME;
}

static void
emit_call(struct emit *e, uint16_t k)
{
	static const struct {
		const char *name;
		enum op_code code;
	} codes[] = {
	    {"startsWith", OP_STARTS},
	    {"endsWith", OP_ENDS},
	    {"contains", OP_CONTAINS},
	    {"size", OP_SIZE},
	};
	if (e->c->info[k].ref) {
		emit_load(e, k, OP_LOAD, k);
		return;
	}
	for (size_t i = 0; i < TL_COUNT(codes); i++) {
		if (tl_str_is(e->c->nodes[k].text, codes[i].name))
			put(e, codes[i].code, k, codes[i].code == OP_SIZE ? 0 : -1);
	}
}

static void
emit_macro(struct emit *e, uint16_t k)
{
	struct tl_lang_op *next = put(e, OP_NEXT, k, 0);
	next->any = any_of(e, k);
	next->frame = e->c->info[e->c->nodes[k].kid[0]].runs;
	next->jump = (uint16_t)(e->waiting[k] + 1);
	e->ops[e->waiting[k]].jump = (uint16_t)e->count;
}

static void
emit_logic(struct emit *e, uint16_t k)
{
	put(e, and_of(e, k) ? OP_AND : OP_OR, k, -1);
	e->ops[e->waiting[k]].jump = (uint16_t)e->count;
}

static void
emit_node(struct emit *e, uint16_t k)
{
	const struct node_info *info = &e->c->info[k];
	if (info->constant) {
		put(e, OP_CONST, k, 1)->value = &info->value;
		return;
	}
	switch (e->c->nodes[k].kind) {
	case TL_N_NAME:
	case TL_N_MEMBER:
		emit_load(e, k, OP_LOAD, k);
		return;
	case TL_N_CALL:
		emit_call(e, k);
		return;
	case TL_N_HAS:
		emit_load(e, k, OP_HAS, e->c->nodes[k].kid[1]);
		return;
	case TL_N_NOT:
		if (!e->logic[k])
			put(e, OP_NOT, k, 0);
		return;
	case TL_N_NEG:
		put(e, OP_NEG, k, 0);
		return;
	case TL_N_AND:
	case TL_N_OR:
		emit_logic(e, k);
		return;
	case TL_N_CMP:
		put(e, OP_CMP, k, -1);
		return;
	case TL_N_IN:
		put(e, OP_IN, k, -1);
		return;
	case TL_N_ADD:
		put(e, OP_ADD, k, -1);
		return;
	case TL_N_EXISTS:
	case TL_N_ALL:
		emit_macro(e, k);
		return;
	case TL_N_CONST:
	case TL_N_LIST:
	case TL_N_VAR:
		return;
	}
}

/* What must run between a first child and the next: the jump over it, or the start of a loop. */
static void
emit_between(struct emit *e, uint16_t k)
{
	uint16_t parent = e->c->info[k].parent;
	if (parent == TL_LANG_NO_NODE || e->c->nodes[parent].kid[0] != k)
		return;
	enum tl_lang_kind kind = e->c->nodes[parent].kind;
	if (kind == TL_N_AND || kind == TL_N_OR) {
		e->waiting[parent] = (uint16_t)e->count;
		put(e, and_of(e, parent) ? OP_SKIP_IF_FALSE : OP_SKIP_IF_TRUE, parent, 0);
	} else if (is_macro(kind)) {
		e->waiting[parent] = (uint16_t)e->count;
		struct tl_lang_op *op = put(e, OP_EACH, parent, -1);
		op->any = any_of(e, parent);
		op->frame = e->c->info[k].runs;
	}
}

/* What the program needs: names and detectors, each once. */
static int
list_needs(struct emit *e, struct tl_lang_prog *ret)
{
	struct tl_arena *a = e->c->arena;
	const char **detectors = TL_NEWS(a, const char *, e->count + 1);
	const struct tl_lang_name **used =
	    TL_NEWS(a, const struct tl_lang_name *, e->count + 1);
	int err = tl_arena_check(a);
	if (err < 0)
		return err;
	size_t n = 0, m = 0;
	for (uint32_t i = 0; i < e->count; i++) {
		const struct tl_lang_ref *ref = e->ops[i].ref;
		if (!ref)
			continue;
		size_t j = 0;
		while (j < m && used[j] != ref->name)
			j++;
		if (j == m)
			used[m++] = ref->name;
		for (j = 0; ref->detector && j < n && strcmp(detectors[j], ref->detector) != 0;)
			j++;
		if (ref->detector && j == n)
			detectors[n++] = ref->detector;
	}
	ret->detectors = detectors;
	ret->n_detectors = n;
	ret->used = used;
	ret->n_used = m;
	return 0;
}

static int
emit_all(struct emit *e, struct tl_lang_prog *ret)
{
	struct check *c = e->c;
	push_negations(e);
	for (uint16_t k = 0; k < c->count; k++) {
		if (!c->info[k].dead)
			emit_node(e, k);
		emit_between(e, k);
	}
	if (e->deepest > STACK_MAX) {
		tl_lang_error_at(c->report, c->src, c->nodes[c->count - 1].place,
		    "the condition is nested too deeply");
		return TL_EPARSE;
	}
	ret->ops = e->ops;
	ret->count = e->count;
	ret->expr = (struct tl_lang_expr){c->nodes, c->count};
	return list_needs(e, ret);
}

int
tl_lang_compile(struct tl_arena *a, const struct tl_lang_schema *schema,
    const struct tl_lang_source *src, struct tl_lang_expr expr, struct tl_lang_report *report,
    struct tl_lang_prog *ret)
{
	struct check c = {a, schema, src, report, expr.nodes, expr.count, NULL};
	struct emit e = {.c = &c};
	c.info = TL_NEWS(a, struct node_info, expr.count);
	e.ops = TL_NEWS(a, struct tl_lang_op, expr.count * OPS_PER_NODE);
	e.waiting = TL_NEWS(a, uint16_t, expr.count);
	e.logic = TL_NEWS(a, bool, expr.count);
	e.negated = TL_NEWS(a, bool, expr.count);
	int err = tl_arena_check(a);
	if (err < 0)
		return err;
	err = check_expr(&c);
	if (err < 0)
		return tl_fail(err, "%s has errors", src->name);
	struct tl_lang_prog p = {0};
	err = emit_all(&e, &p);
	if (err == 0)
		err = tl_arena_check(a);
	if (err < 0)
		return err;
	*ret = p;
	return 0;
}
