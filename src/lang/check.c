/*
 * Owns the type check: every name exists, every type fits, every constant is one of those allowed.
 *
 * Promises: one pass over the nodes in postfix order, so that children are known before parents. The first
 * error is reported with its place and "did you mean". Texts beside enums, durations and timestamps are
 * converted here, once. Called by prog.c.
 */
#include "lang/check_int.h"

#include "base/arena.h"
#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>

static int fail(struct check *c, struct tl_lang_place at, const char *fmt, ...) TL_PRINTF(3, 4);

static int
fail(struct check *c, struct tl_lang_place at, const char *fmt, ...)
{
	char text[400];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	tl_lang_error_at(c->report, c->src, at, "%s", text);
	return TL_EPARSE;
}

static const char *
type_of(const struct check *c, uint16_t k)
{
	return tl_lang_type_name(c->info[k].type);
}

/* Constants ------------------------------------------------------------------------------------------------- */

static int
enum_constant(struct check *c, struct tl_lang_place at, struct tl_str s,
    const char *const *words, struct tl_lang_value *ret)
{
	struct tl_lang_guess g = {.word = s};
	for (int64_t i = 0; words[i]; i++) {
		if (tl_str_is(s, words[i])) {
			*ret = tl_lang_whole(TL_T_ENUM, i);
			return 0;
		}
		tl_lang_guess(&g, tl_str(words[i]));
	}
	TL_CLEANUP(tl_buf_fini) struct tl_buf all = {.limit = 200};
	for (size_t i = 0; words[i]; i++)
		tl_buf_printf(&all, "%s\"%s\"", i ? ", " : "", words[i]);
	return fail(c, at, "\"%.*s\" is not one of %s%s", TL_ARG(s), tl_buf_z(&all),
	    tl_lang_guessed(c->arena, &g));
}

static int
text_constant(struct check *c, struct tl_lang_place at, struct tl_str s, enum tl_lang_type want,
    struct tl_lang_value *ret)
{
	int64_t us;
	if (want == TL_T_DURATION) {
		if (tl_lang_duration_parse(s, &us) < 0)
			return fail(c, at,
			    "\"%.*s\" is not a duration; write \"24h\", \"30m\", \"7d\" or "
			    "\"1h30m\"",
			    TL_ARG(s));
	} else if (tl_time_parse(s, &us) < 0) {
		return fail(
		    c, at, "\"%.*s\" is not a time; write \"2026-01-31T12:00:00Z\"", TL_ARG(s));
	}
	*ret = tl_lang_whole(want, us);
	return 0;
}

/* `v`, a literal, as the type of the other side. Leaves alone what needs no conversion. */
static int
convert(struct check *c, struct tl_lang_place at, const struct node_info *other,
    struct tl_lang_value *v)
{
	if (v->type != TL_T_STRING)
		return 0;
	if (other->type == TL_T_ENUM && other->words)
		return enum_constant(c, at, v->u.s, other->words, v);
	if (other->type == TL_T_DURATION || other->type == TL_T_TIMESTAMP)
		return text_constant(c, at, v->u.s, other->type, v);
	return 0;
}

static int
convert_node(struct check *c, uint16_t k, const struct node_info *other)
{
	struct node_info *n = &c->info[k];
	if (!n->constant || n->type != TL_T_STRING)
		return 0;
	int err = convert(c, c->nodes[k].place, other, &n->value);
	n->type = n->value.type;
	n->words = other->type == TL_T_ENUM ? other->words : NULL;
	return err;
}

static void
set_constant(struct node_info *n, struct tl_lang_value v)
{
	n->constant = true;
	n->value = v;
	n->type = v.type;
}

/* Names ----------------------------------------------------------------------------------------------------- */

static int
unknown_name(struct check *c, struct tl_lang_place at, const char *owner, struct tl_str name)
{
	struct tl_lang_guess g = {.word = name};
	for (size_t i = 0; i < c->schema->count; i++) {
		const struct tl_lang_name *n = &c->schema->names[i];
		if (owner ? n->owner && strcmp(n->owner, owner) == 0 : !n->owner)
			tl_lang_guess(&g, tl_str(n->name));
	}
	if (owner)
		return fail(c, at, "a %s has no \"%.*s\"%s", owner, TL_ARG(name),
		    tl_lang_guessed(c->arena, &g));
	return fail(c, at, "there is nothing called \"%.*s\"%s", TL_ARG(name),
	    tl_lang_guessed(c->arena, &g));
}

/* The detector with "{0}" filled in. */
static const char *
detector_of(struct check *c, const struct tl_lang_name *name, const struct tl_lang_word *word,
    const struct tl_lang_value *arg)
{
	const char *d = word && word->detector ? word->detector : name->detector;
	const char *hole = d ? strstr(d, "{0}") : NULL;
	if (!hole || !arg || arg->type != TL_T_STRING)
		return d;
	return tl_arena_printf(
	    c->arena, "%.*s%.*s%s", (int)(hole - d), d, TL_ARG(arg->u.s), hole + 3);
}

static int
domain_word(struct check *c, const struct tl_lang_name *name, uint16_t arg,
    const struct tl_lang_word **ret)
{
	*ret = NULL;
	if (name->domain <= 0 || (size_t)name->domain > c->schema->n_domains)
		return 0;
	const struct tl_lang_domain *d = &c->schema->domains[name->domain - 1];
	struct tl_str word = c->info[arg].value.u.s;
	struct tl_lang_guess g = {.word = word};
	for (size_t i = 0; i < d->count; i++) {
		if (tl_str_eq(d->words[i].word, word)) {
			*ret = &d->words[i];
			return 0;
		}
		tl_lang_guess(&g, d->words[i].word);
	}
	if (d->open)
		return 0;
	return fail(c, c->nodes[arg].place, "there is no %s \"%.*s\"%s", d->what, TL_ARG(word),
	    tl_lang_guessed(c->arena, &g));
}

static int
check_args(
    struct check *c, uint16_t k, const struct tl_lang_name *name, struct tl_lang_ref *ref)
{
	const struct tl_lang_node *n = &c->nodes[k];
	if (n->n_args != name->n_args)
		return fail(c, n->place, "%s() takes %u argument%s, not %u", name->name,
		    name->n_args, name->n_args == 1 ? "" : "s", n->n_args);
	const struct tl_lang_word *word = NULL;
	for (uint16_t i = 0; i < n->n_args; i++) {
		uint16_t arg = n->kid[1 + i];
		struct node_info *a = &c->info[arg];
		struct node_info want = {.type = name->args[i]};
		if (!a->constant)
			return fail(c, c->nodes[arg].place,
			    "%s() takes literals, nothing calculated", name->name);
		int err = convert_node(c, arg, &want);
		if (err < 0)
			return err;
		if (a->type != name->args[i])
			return fail(c, c->nodes[arg].place, "%s() takes %s here, not %s",
			    name->name, tl_lang_type_name(name->args[i]), type_of(c, arg));
		if (i == 0 && a->type == TL_T_STRING)
			err = domain_word(c, name, arg, &word);
		if (err < 0)
			return err;
		a->dead = true;
		ref->args[i] = a->value;
	}
	ref->detector = detector_of(c, name, word, n->n_args ? &ref->args[0] : NULL);
	return 0;
}

/* Node k stands for `name`. */
static int
use_name(struct check *c, uint16_t k, const struct tl_lang_name *name, uint8_t frame)
{
	const struct tl_lang_node *n = &c->nodes[k];
	struct node_info *info = &c->info[k];
	if (name->call && n->kind != TL_N_CALL)
		return fail(c, n->place, "%s is a function; write %s(%s)", name->name,
		    name->name, name->n_args ? "…" : "");
	if (!name->call && n->kind == TL_N_CALL)
		return fail(c, n->place,
		    "%s is a value, not a function; leave out the brackets", name->name);
	struct tl_lang_ref *ref = TL_NEW(c->arena, struct tl_lang_ref);
	if (!ref)
		return fail(c, n->place, "the rules need too much memory");
	ref->name = name;
	if (n->kind == TL_N_CALL) {
		int err = check_args(c, k, name, ref);
		if (err < 0)
			return err;
	} else {
		ref->detector = name->detector;
	}
	info->ref = ref;
	info->type = name->type;
	info->words = name->words;
	info->handle = name->handle;
	info->frame = frame;
	return 0;
}

/* The schema's function called receiver.name, when the receiver is a bare path. */
static const struct tl_lang_name *
joined_name(const struct check *c, uint16_t receiver, struct tl_str name, struct tl_str *ret)
{
	*ret = tl_str(tl_arena_printf(
	    c->arena, "%.*s.%.*s", TL_ARG(c->nodes[receiver].text), TL_ARG(name)));
	return tl_lang_name_find(c->schema, NULL, *ret);
}

static int
check_name(struct check *c, uint16_t k)
{
	const struct tl_lang_node *n = &c->nodes[k];
	const struct tl_lang_name *name = tl_lang_name_find(c->schema, NULL, n->text);
	uint16_t parent = c->info[k].parent;
	bool receiver = parent != TL_LANG_NO_NODE && c->nodes[parent].kind == TL_N_CALL &&
			c->nodes[parent].kid[0] == k;
	if (receiver) {
		struct tl_str joined;
		c->info[k].dead = joined_name(c, k, c->nodes[parent].text, &joined) != NULL;
		if (c->info[k].dead)
			return 0;
		if (!name)
			return unknown_name(c, n->place, NULL, joined);
	}
	if (!name)
		return unknown_name(c, n->place, NULL, n->text);
	return use_name(c, k, name, NO_FRAME);
}

/* Where its exists() or all() runs, and over what. The frame is the depth of nesting at that point. */
static int
check_var(struct check *c, uint16_t k)
{
	const struct node_info *target = &c->info[c->nodes[k].kid[0]];
	struct node_info *info = &c->info[k];
	info->dead = true;
	info->type = TL_T_HANDLE;
	info->handle = target->handle;
	info->frame = target->runs;
	return 0;
}

static int
check_member(struct check *c, uint16_t k)
{
	const struct tl_lang_node *n = &c->nodes[k];
	const struct node_info *of = &c->info[n->kid[0]];
	if (of->type != TL_T_HANDLE)
		return fail(c, n->place, "%s has no members", type_of(c, n->kid[0]));
	const struct tl_lang_name *name = tl_lang_name_find(c->schema, of->handle, n->text);
	if (!name)
		return unknown_name(c, n->place, of->handle, n->text);
	return use_name(c, k, name, of->frame);
}

/* Methods of the language itself. */
static const struct method {
	const char *name;
	enum tl_lang_type args;
	enum tl_lang_type type;
} methods[] = {
    {"startsWith", TL_T_STRING, TL_T_BOOL},
    {"endsWith", TL_T_STRING, TL_T_BOOL},
    {"contains", TL_T_STRING, TL_T_BOOL},
    {"size", TL_T_NONE, TL_T_INT},
};

static int
unknown_method(struct check *c, uint16_t k)
{
	struct tl_lang_guess g = {.word = c->nodes[k].text};
	for (size_t i = 0; i < TL_COUNT(methods); i++)
		tl_lang_guess(&g, tl_str(methods[i].name));
	tl_lang_guess(&g, TL_S("exists"));
	tl_lang_guess(&g, TL_S("all"));
	return fail(c, c->nodes[k].place, "%s has no method \"%.*s\"%s",
	    type_of(c, c->nodes[k].kid[0]), TL_ARG(c->nodes[k].text),
	    tl_lang_guessed(c->arena, &g));
}

static int
check_method(struct check *c, uint16_t k)
{
	const struct tl_lang_node *n = &c->nodes[k];
	enum tl_lang_type of = c->info[n->kid[0]].type;
	const struct method *m = NULL;
	for (size_t i = 0; i < TL_COUNT(methods) && !m; i++)
		m = tl_str_is(n->text, methods[i].name) ? &methods[i] : NULL;
	if (!m)
		return unknown_method(c, k);
	bool sized = of == TL_T_STRING || of == TL_T_LIST || of == TL_T_HANDLES;
	if (m->args == TL_T_NONE ? !sized : of != TL_T_STRING)
		return fail(
		    c, n->place, "%s has no method \"%s\"", type_of(c, n->kid[0]), m->name);
	unsigned want = m->args == TL_T_NONE ? 0 : 1;
	if (n->n_args != want)
		return fail(c, n->place, "%s() takes %u argument%s, not %u", m->name, want,
		    want == 1 ? "" : "s", n->n_args);
	if (want && c->info[n->kid[1]].type != TL_T_STRING)
		return fail(c, c->nodes[n->kid[1]].place, "%s() takes a string, not %s",
		    m->name, type_of(c, n->kid[1]));
	c->info[k].type = m->type;
	return 0;
}

/* duration("24h") and timestamp("2026-…"). */
static int
check_conversion(struct check *c, uint16_t k, enum tl_lang_type type)
{
	const struct tl_lang_node *n = &c->nodes[k];
	uint16_t arg = n->kid[1];
	if (n->n_args != 1 || !c->info[arg].constant || c->info[arg].type != TL_T_STRING)
		return fail(c, n->place, "%.*s() takes one text", TL_ARG(n->text));
	struct tl_lang_value v;
	int err = text_constant(c, c->nodes[arg].place, c->info[arg].value.u.s, type, &v);
	if (err < 0)
		return err;
	c->info[arg].dead = true;
	set_constant(&c->info[k], v);
	return 0;
}

static int
check_call(struct check *c, uint16_t k)
{
	const struct tl_lang_node *n = &c->nodes[k];
	uint16_t of = n->kid[0];
	struct tl_str joined;
	if (of == TL_LANG_NO_NODE) {
		const struct tl_lang_name *name = tl_lang_name_find(c->schema, NULL, n->text);
		if (name)
			return use_name(c, k, name, NO_FRAME);
		if (tl_str_is(n->text, "duration"))
			return check_conversion(c, k, TL_T_DURATION);
		if (tl_str_is(n->text, "timestamp"))
			return check_conversion(c, k, TL_T_TIMESTAMP);
		return unknown_name(c, n->place, NULL, n->text);
	}
	if (c->nodes[of].kind == TL_N_NAME && c->info[of].dead)
		return use_name(c, k, joined_name(c, of, n->text, &joined), NO_FRAME);
	if (c->info[of].type != TL_T_HANDLE)
		return check_method(c, k);
	const struct tl_lang_name *name =
	    tl_lang_name_find(c->schema, c->info[of].handle, n->text);
	if (!name)
		return unknown_name(c, n->place, c->info[of].handle, n->text);
	return use_name(c, k, name, c->info[of].frame);
}

static int
check_has(struct check *c, uint16_t k)
{
	const struct tl_lang_node *n = &c->nodes[k];
	struct node_info *of = &c->info[n->kid[1]];
	if (!of->ref || of->type == TL_T_HANDLES)
		return fail(
		    c, n->place, "has() takes a name or function, not something calculated");
	of->dead = true;
	c->info[k].type = TL_T_BOOL;
	return 0;
}

/* Operators ------------------------------------------------------------------------------------------------- */

static bool
is_number(enum tl_lang_type t)
{
	return t == TL_T_INT || t == TL_T_DOUBLE;
}

static int
want_bool(struct check *c, uint16_t k, const char *what)
{
	if (c->info[k].type == TL_T_BOOL)
		return 0;
	return fail(
	    c, c->nodes[k].place, "%s takes a condition, but this is %s", what, type_of(c, k));
}

static int
check_const(struct check *c, uint16_t k)
{
	set_constant(&c->info[k], c->nodes[k].value);
	return 0;
}

static int
check_not(struct check *c, uint16_t k)
{
	c->info[k].type = TL_T_BOOL;
	return want_bool(c, c->nodes[k].kid[0], "\"!\"");
}

static int
check_neg(struct check *c, uint16_t k)
{
	enum tl_lang_type t = c->info[c->nodes[k].kid[0]].type;
	if (!is_number(t) && t != TL_T_DURATION)
		return fail(
		    c, c->nodes[k].place, "\"-\" takes a number, not %s", tl_lang_type_name(t));
	c->info[k].type = t;
	return 0;
}

static int
check_logic(struct check *c, uint16_t k)
{
	const struct tl_lang_node *n = &c->nodes[k];
	const char *what = n->kind == TL_N_AND ? "\"&&\"" : "\"||\"";
	int err = want_bool(c, n->kid[0], what);
	if (err == 0)
		err = want_bool(c, n->kid[1], what);
	c->info[k].type = TL_T_BOOL;
	return err;
}

static bool
comparable(const struct node_info *a, const struct node_info *b, bool ordered)
{
	if (is_number(a->type) && is_number(b->type))
		return true;
	if (a->type != b->type)
		return false;
	if (a->type == TL_T_DURATION || a->type == TL_T_TIMESTAMP || a->type == TL_T_STRING)
		return true;
	if (a->type == TL_T_ENUM)
		return !ordered && a->words == b->words;
	return a->type == TL_T_BOOL && !ordered;
}

static int
convert_sides(struct check *c, uint16_t a, uint16_t b)
{
	int err = convert_node(c, a, &c->info[b]);
	return err < 0 ? err : convert_node(c, b, &c->info[a]);
}

static int
check_cmp(struct check *c, uint16_t k)
{
	const struct tl_lang_node *n = &c->nodes[k];
	bool ordered = n->op != TL_OP_EQ && n->op != TL_OP_NE;
	int err = convert_sides(c, n->kid[0], n->kid[1]);
	if (err < 0)
		return err;
	const struct node_info *a = &c->info[n->kid[0]], *b = &c->info[n->kid[1]];
	c->info[k].type = TL_T_BOOL;
	if (comparable(a, b, ordered))
		return 0;
	if (ordered && a->type == b->type)
		return fail(c, n->place,
		    "%s has no order; it can be compared with == and != only",
		    tl_lang_type_name(a->type));
	return fail(c, n->place, "%s cannot be compared with %s", type_of(c, n->kid[0]),
	    type_of(c, n->kid[1]));
}

/* The list of `x in […]`, each element as the type of x. */
static int
check_elements(struct check *c, uint16_t list, const struct node_info *of)
{
	struct node_info *l = &c->info[list];
	size_t n = l->value.u.list.n;
	struct tl_lang_value *items = TL_NEWS(c->arena, struct tl_lang_value, n ? n : 1);
	if (!items)
		return fail(c, c->nodes[list].place, "the rules need too much memory");
	for (size_t i = 0; i < n; i++) {
		items[i] = l->value.u.list.items[i];
		int err = convert(c, c->nodes[list].place, of, &items[i]);
		if (err < 0)
			return err;
		bool fits = items[i].type == of->type ||
			    (is_number(items[i].type) && is_number(of->type));
		if (!fits)
			return fail(c, c->nodes[list].place,
			    "element %zu of the list is %s, but %s is looked for", i + 1,
			    tl_lang_type_name(items[i].type), tl_lang_type_name(of->type));
	}
	l->value.u.list.items = items;
	return 0;
}

static int
check_in(struct check *c, uint16_t k)
{
	const struct tl_lang_node *n = &c->nodes[k];
	const struct node_info *a = &c->info[n->kid[0]], *b = &c->info[n->kid[1]];
	c->info[k].type = TL_T_BOOL;
	bool simple = a->type != TL_T_LIST && a->type != TL_T_HANDLE && a->type != TL_T_HANDLES;
	if (b->type != TL_T_LIST || !simple)
		return fail(c, n->place, "\"in\" takes a value and a list, not %s and %s",
		    type_of(c, n->kid[0]), type_of(c, n->kid[1]));
	if (b->constant)
		return check_elements(c, n->kid[1], a);
	if (a->type != TL_T_STRING)
		return fail(c, n->place, "this list holds strings, but %s is looked for",
		    type_of(c, n->kid[0]));
	return 0;
}

static enum tl_lang_type
sum_type(enum tl_lang_type a, enum tl_lang_type b, bool minus)
{
	if (is_number(a) && is_number(b))
		return a == TL_T_INT && b == TL_T_INT ? TL_T_INT : TL_T_DOUBLE;
	if (a == TL_T_DURATION && b == TL_T_DURATION)
		return TL_T_DURATION;
	if (a == TL_T_TIMESTAMP && b == TL_T_DURATION)
		return TL_T_TIMESTAMP;
	if (a == TL_T_TIMESTAMP && b == TL_T_TIMESTAMP && minus)
		return TL_T_DURATION;
	if (a == TL_T_DURATION && b == TL_T_TIMESTAMP && !minus)
		return TL_T_TIMESTAMP;
	return TL_T_NONE;
}

static int
check_add(struct check *c, uint16_t k)
{
	const struct tl_lang_node *n = &c->nodes[k];
	struct node_info *a = &c->info[n->kid[0]], *b = &c->info[n->kid[1]];
	bool times = a->type == TL_T_TIMESTAMP || a->type == TL_T_DURATION ||
		     b->type == TL_T_TIMESTAMP || b->type == TL_T_DURATION;
	struct node_info duration = {.type = TL_T_DURATION};
	int err = 0;
	if (times)
		err = convert_node(c, n->kid[0], &duration);
	if (times && err == 0)
		err = convert_node(c, n->kid[1], &duration);
	if (err < 0)
		return err;
	c->info[k].type = sum_type(a->type, b->type, n->op == TL_OP_MINUS);
	if (c->info[k].type != TL_T_NONE)
		return 0;
	return fail(c, n->place, "%s and %s cannot be %s", type_of(c, n->kid[0]),
	    type_of(c, n->kid[1]), n->op == TL_OP_MINUS ? "subtracted" : "added");
}

static int
check_macro(struct check *c, uint16_t k)
{
	const struct tl_lang_node *n = &c->nodes[k];
	c->info[k].type = TL_T_BOOL;
	return want_bool(c, n->kid[1], n->kind == TL_N_ALL ? "all()" : "exists()");
}

static int (*const checkers[])(struct check *c, uint16_t k) = {
    [TL_N_CONST] = check_const,
    [TL_N_LIST] = check_const,
    [TL_N_NAME] = check_name,
    [TL_N_VAR] = check_var,
    [TL_N_MEMBER] = check_member,
    [TL_N_CALL] = check_call,
    [TL_N_HAS] = check_has,
    [TL_N_NOT] = check_not,
    [TL_N_NEG] = check_neg,
    [TL_N_AND] = check_logic,
    [TL_N_OR] = check_logic,
    [TL_N_CMP] = check_cmp,
    [TL_N_IN] = check_in,
    [TL_N_ADD] = check_add,
    [TL_N_EXISTS] = check_macro,
    [TL_N_ALL] = check_macro,
};

static void
note_parents(struct check *c)
{
	for (uint16_t k = 0; k < c->count; k++) {
		c->info[k].parent = TL_LANG_NO_NODE;
		c->info[k].frame = NO_FRAME;
	}
	for (uint16_t k = 0; k < c->count; k++) {
		for (size_t i = 0; i < TL_COUNT(c->nodes[k].kid); i++) {
			uint16_t kid = c->nodes[k].kid[i];
			if (kid != TL_LANG_NO_NODE && c->nodes[k].kind != TL_N_VAR)
				c->info[kid].parent = k;
		}
	}
}

/* What is made of an element's values is about that element. */
static void
inherit_frame(struct check *c, uint16_t k)
{
	const struct tl_lang_node *n = &c->nodes[k];
	struct node_info *info = &c->info[k];
	bool loop = n->kind == TL_N_EXISTS || n->kind == TL_N_ALL;
	for (size_t i = 0; i < TL_COUNT(n->kid) && !info->ref && !loop; i++) {
		uint8_t below =
		    n->kid[i] == TL_LANG_NO_NODE ? NO_FRAME : c->info[n->kid[i]].frame;
		bool inner = info->frame == NO_FRAME || below > info->frame;
		if (n->kind != TL_N_VAR && below != NO_FRAME && inner)
			info->frame = below;
	}
}

/* A node that exists() or all() runs over has been checked: the body that follows is one level deeper. */
static int
enter_macro(struct check *c, uint16_t target, unsigned *depth)
{
	struct node_info *t = &c->info[target];
	if (t->type != TL_T_HANDLES)
		return fail(c, c->nodes[target].place,
		    "exists() and all() run over things such as media, not over %s",
		    type_of(c, target));
	if (*depth == TL_LANG_NEST_MAX)
		return fail(
		    c, c->nodes[target].place, "exists() and all() are nested too deeply");
	t->runs = (uint8_t)(*depth)++;
	return 0;
}

int
check_expr(struct check *c)
{
	unsigned depth = 0;
	note_parents(c);
	for (uint16_t k = 0; k < c->count; k++) {
		enum tl_lang_kind kind = c->nodes[k].kind;
		uint16_t parent = c->info[k].parent;
		int err = checkers[kind](c, k);
		if (err < 0)
			return err;
		inherit_frame(c, k);
		bool macro =
		    parent != TL_LANG_NO_NODE &&
		    (c->nodes[parent].kind == TL_N_EXISTS || c->nodes[parent].kind == TL_N_ALL);
		if (macro && c->nodes[parent].kid[0] == k)
			err = enter_macro(c, k, &depth);
		if (err < 0)
			return err;
		depth -= kind == TL_N_EXISTS || kind == TL_N_ALL;
	}
	return want_bool(c, (uint16_t)(c->count - 1), "\"when\"");
}
