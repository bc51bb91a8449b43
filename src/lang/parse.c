/*
 * Owns the reading of packs: rules, tests, and the frame around expressions.
 *
 * Promises: after an error the parser goes on at the next line that begins with `rule` or `test`, so that one
 * run reports the first error of each declaration. Bounded by TL_LANG_SOURCE_MAX, TL_LANG_RULES_MAX and the
 * arena. Called by src/rules, `tutela rule check` and the fuzz target.
 */
#include "lang/parse_int.h"

#include "base/arena.h"
#include "sys/clock.h"

#define ACTIONS_MAX 16U
#define ARGS_MAX 8U
#define GIVEN_MAX 64U
#define BY_MAX 16U
#define SHED_BYTES ((size_t)1 << 20)

int
parser_init(struct parser *p, struct tl_arena *a, const struct tl_lang_source *src,
    struct tl_lang_report *report)
{
	*p = (struct parser){.arena = a, .shed = tl_arena_create(SHED_BYTES)};
	p->lex = (struct lexer){.src = src, .arena = a, .report = report};
	p->scratch = TL_NEWS(p->shed, struct tl_lang_node, TL_LANG_NODES_MAX);
	if (!p->scratch)
		return tl_arena_check(p->shed);
	if (src->text.n > TL_LANG_SOURCE_MAX) {
		tl_lang_error_in(
		    report, src->name, "the file is larger than %u bytes", TL_LANG_SOURCE_MAX);
		return tl_fail(TL_ETOOBIG, "%s is too large", src->name);
	}
	if (!tl_utf8_valid(src->text) || (src->text.n && memchr(src->text.p, 0, src->text.n))) {
		tl_lang_error_in(report, src->name, "the file is not UTF-8 text");
		return tl_fail(TL_EUTF8, "%s is not UTF-8 text", src->name);
	}
	return 0;
}

void
parser_fini(struct parser *p)
{
	tl_arena_destroy(p->shed);
}

int
parser_expected(struct parser *p, const char *what)
{
	const struct token *t = &p->tok;
	if (t->kind == TOK_WORD)
		tl_lang_error_at(p->lex.report, p->lex.src, t->place,
		    "expected %s, found \"%.*s\"", what, TL_ARG(t->text));
	else if (t->kind != TOK_ERROR)
		tl_lang_error_at(p->lex.report, p->lex.src, t->place, "expected %s, found %s",
		    what, lex_name(t->kind));
	return TL_EPARSE;
}

static int
fail(struct parser *p, struct tl_lang_place at, const char *text)
{
	tl_lang_error_at(p->lex.report, p->lex.src, at, "%s", text);
	return TL_EPARSE;
}

static bool
is_word(const struct parser *p, const char *word)
{
	return p->tok.kind == TOK_WORD && tl_str_is(p->tok.text, word);
}

static int
number_literal(struct parser *p, struct tl_lang_arg *ret)
{
	if (p->tok.kind == TOK_INT)
		ret->value = tl_lang_whole(TL_T_INT, p->tok.i);
	else if (p->tok.kind == TOK_DOUBLE)
		ret->value = tl_lang_double(p->tok.d);
	else
		return parser_expected(p, "a number");
	return 0;
}

int
parser_literal(struct parser *p, enum lex_mode mode, bool words, struct tl_lang_arg *ret)
{
	ret->place = p->tok.place;
	bool minus = p->tok.kind == TOK_MINUS;
	if (minus)
		parser_next(p, mode);
	bool plain = !minus && p->tok.kind == TOK_WORD;
	if (plain && (is_word(p, "true") || is_word(p, "false"))) {
		ret->value = tl_lang_bool(is_word(p, "true"));
	} else if (plain && words) {
		ret->value = tl_lang_string(p->tok.text);
		ret->word = true;
	} else if (!minus && p->tok.kind == TOK_STRING) {
		ret->value = tl_lang_string(p->tok.text);
	} else if (p->tok.kind == TOK_INT || p->tok.kind == TOK_DOUBLE || minus) {
		int err = number_literal(p, ret);
		if (err < 0)
			return err;
	} else {
		return parser_expected(p, "a text, a number, true or false");
	}
	if (minus && ret->value.type == TL_T_INT)
		ret->value.u.i = -ret->value.u.i;
	else if (minus)
		ret->value.u.d = -ret->value.u.d;
	ret->place.n = p->tok.place.at + p->tok.place.n - ret->place.at;
	parser_next(p, mode);
	return 0;
}

/* Grows a plain array in the arena by doubling. NULL when the arena is full. */
static void *
grown(struct tl_arena *a, const void *old, size_t count, size_t size)
{
	if (count && (count & (count - 1)))
		return NULL; /* not at a power of two: there is room */
	void *p = tl_arena_array(a, count ? count * 2 : 1, size);
	if (p && old && count)
		memcpy(p, old, count * size);
	return p;
}

#define APPEND(p, array, count, value)                                                         \
	__extension__({                                                                        \
		__typeof__(array) bigger =                                                     \
		    grown((p)->arena, (array), (count), sizeof *(array));                      \
		if (bigger)                                                                    \
			(array) = bigger;                                                      \
		int full = (array) ? tl_arena_check((p)->arena)                                \
				   : tl_fail(TL_ENOMEM, "no memory for a list");               \
		if (full == 0)                                                                 \
			(array)[(count)++] = (value);                                          \
		full;                                                                          \
	})

/* ( key: value, value … ) after an action or a test's member; the current token is "(". */
static int
arguments(struct parser *p, enum lex_mode mode, const struct tl_lang_arg **ret, size_t *ret_n)
{
	struct tl_lang_arg args[ARGS_MAX];
	size_t n = 0;
	parser_next(p, mode);
	while (p->tok.kind != TOK_RPAR) {
		if (n == ARGS_MAX)
			return fail(p, p->tok.place, "too many arguments");
		struct tl_lang_arg a = {0};
		int err = parser_literal(p, mode, true, &a);
		if (err == 0 && a.word && p->tok.kind == TOK_COLON) {
			const struct tl_lang_arg key = a;
			parser_next(p, mode);
			a = (struct tl_lang_arg){0};
			err = parser_literal(p, mode, true, &a);
			a.key = key.value.u.s;
			a.key_place = key.place;
		}
		if (err < 0)
			return err;
		args[n++] = a;
		if (p->tok.kind == TOK_COMMA)
			parser_next(p, mode);
		else if (p->tok.kind != TOK_RPAR)
			return parser_expected(p, "\",\" or \")\"");
	}
	parser_next(p, mode);
	struct tl_lang_arg *kept = TL_NEWS(p->arena, struct tl_lang_arg, n ? n : 1);
	if (!kept)
		return tl_arena_check(p->arena);
	memcpy(kept, args, n * sizeof *kept);
	*ret = kept;
	*ret_n = n;
	return 0;
}

static int
action_list(struct parser *p, struct tl_lang_rule *r)
{
	struct tl_lang_action actions[ACTIONS_MAX];
	size_t n = 0;
	do {
		parser_next(p, LEX_FRAME);
		if (p->tok.kind != TOK_WORD)
			return parser_expected(p, "an action");
		if (n == 0)
			r->then_place.at = p->tok.place.at;
		if (n == ACTIONS_MAX)
			return fail(p, p->tok.place, "too many actions");
		struct tl_lang_action *a = &actions[n++];
		*a = (struct tl_lang_action){.name = p->tok.text, .place = p->tok.place};
		parser_next(p, LEX_FRAME);
		if (p->tok.kind == TOK_LPAR) {
			int err = arguments(p, LEX_FRAME, &a->args, &a->n_args);
			if (err < 0)
				return err;
		}
	} while (p->tok.kind == TOK_COMMA);
	struct tl_lang_action *kept = TL_NEWS(p->arena, struct tl_lang_action, n);
	if (!kept)
		return tl_arena_check(p->arena);
	memcpy(kept, actions, n * sizeof *kept);
	r->then_place.n = p->used - r->then_place.at;
	r->actions = kept;
	r->n_actions = n;
	return 0;
}

static int
policy_clause(struct parser *p, struct tl_lang_rule *r)
{
	parser_next(p, LEX_FRAME);
	if (p->tok.kind != TOK_WORD)
		return parser_expected(p, "the name of a policy");
	r->policy = p->tok.text;
	r->policy_place = p->tok.place;
	parser_next(p, LEX_FRAME);
	return 0;
}

static int
when_clause(struct parser *p, struct tl_lang_rule *r)
{
	parser_next(p, LEX_EXPR);
	uint32_t from = p->tok.place.at;
	int err = parser_expr(p, &r->when);
	r->when_place = (struct tl_lang_place){from, p->used - from};
	return err;
}

static int
shadow_clause(struct parser *p, struct tl_lang_rule *r)
{
	parser_next(p, LEX_FRAME);
	if (!is_word(p, "until"))
		return parser_expected(
		    p, "\"until\" and a date, as in shadow until 2027-01-31");
	parser_next(p, LEX_FRAME);
	if (p->tok.kind != TOK_DATE)
		return parser_expected(p, "a date, as in 2027-01-31");
	r->shadow_date = p->tok.text;
	r->shadow_until_us = p->tok.i + TL_US_DAY;
	parser_next(p, LEX_FRAME);
	return 0;
}

static const struct clause {
	const char *word;
	int (*read)(struct parser *p, struct tl_lang_rule *r);
	bool optional;
} clauses[] = {
    {"policy", policy_clause, false},
    {"when", when_clause, false},
    {"then", action_list, false},
    {"shadow", shadow_clause, true},
};

static int
rule(struct parser *p, struct tl_lang_rule *ret)
{
	struct tl_lang_rule r = {.place = p->tok.place};
	parser_next(p, LEX_FRAME);
	if (p->tok.kind != TOK_WORD)
		return parser_expected(p, "the name of the rule");
	r.name = p->tok.text;
	r.name_place = p->tok.place;
	parser_next(p, LEX_FRAME);
	for (size_t i = 0; i < TL_COUNT(clauses); i++) {
		const struct clause *c = &clauses[i];
		int err = 0;
		if (is_word(p, c->word))
			err = c->read(p, &r);
		else if (!c->optional)
			err = parser_expected(p, tl_arena_printf(p->arena, "\"%s\"", c->word));
		if (err < 0)
			return err;
	}
	r.place.n = p->used - r.place.at;
	*ret = r;
	return 0;
}

static int
dotted(struct parser *p, struct tl_str *ret)
{
	if (p->tok.kind != TOK_WORD)
		return parser_expected(p, "a name");
	const char *path = tl_arena_printf(p->arena, "%.*s", TL_ARG(p->tok.text));
	parser_next(p, LEX_EXPR);
	while (p->tok.kind == TOK_DOT) {
		parser_next(p, LEX_EXPR);
		if (p->tok.kind != TOK_WORD)
			return parser_expected(p, "a name after \".\"");
		path = tl_arena_printf(p->arena, "%s.%.*s", path, TL_ARG(p->tok.text));
		if (strlen(path) > 200)
			return fail(p, p->tok.place, "the name is too long");
		parser_next(p, LEX_EXPR);
	}
	*ret = tl_str(path);
	return 0;
}

/* [ number ] . member: both optional. */
static int
given_index(struct parser *p, struct tl_lang_given *g)
{
	parser_next(p, LEX_EXPR);
	if (p->tok.kind != TOK_INT)
		return parser_expected(p, "a number");
	g->index = p->tok.i;
	parser_next(p, LEX_EXPR);
	if (p->tok.kind != TOK_RBRACKET)
		return parser_expected(p, "\"]\"");
	parser_next(p, LEX_EXPR);
	if (p->tok.kind != TOK_DOT)
		return 0;
	parser_next(p, LEX_EXPR);
	return dotted(p, &g->member);
}

static int
given(struct parser *p, struct tl_lang_given *ret)
{
	struct tl_lang_given g = {.index = -1, .place = p->tok.place};
	int err = dotted(p, &g.path);
	if (err == 0 && p->tok.kind == TOK_LBRACKET)
		err = given_index(p, &g);
	if (err == 0 && p->tok.kind == TOK_LPAR)
		err = arguments(p, LEX_EXPR, &g.args, &g.n_args);
	if (err < 0)
		return err;
	g.place.n = p->tok.place.at - g.place.at;
	if (p->tok.kind != TOK_ASSIGN)
		return parser_expected(p, "\"=\" and a value");
	parser_next(p, LEX_EXPR);
	struct tl_lang_arg value = {0};
	err = parser_literal(p, LEX_EXPR, false, &value);
	g.value = value.value;
	g.value_place = value.place;
	*ret = g;
	return err;
}

/* { lines } */
static int
given_lines(struct parser *p, struct tl_lang_test *t)
{
	struct tl_lang_given *lines = NULL;
	parser_next(p, LEX_EXPR);
	while (p->tok.kind != TOK_RBRACE) {
		if (t->n_given == GIVEN_MAX)
			return fail(p, p->tok.place, "the test has too many lines");
		struct tl_lang_given g = {0};
		int err = given(p, &g);
		if (err == 0)
			err = APPEND(p, lines, t->n_given, g);
		if (err < 0)
			return err;
	}
	t->given = lines;
	parser_next(p, LEX_FRAME);
	return 0;
}

/* by rule, rule */
static int
by_rules(struct parser *p, struct tl_lang_test *t)
{
	struct tl_lang_arg *by = NULL;
	do {
		parser_next(p, LEX_FRAME);
		if (p->tok.kind != TOK_WORD)
			return parser_expected(p, "the name of a rule");
		if (t->n_by == BY_MAX)
			return fail(p, p->tok.place, "too many rules");
		struct tl_lang_arg a = {.word = true, .place = p->tok.place};
		a.value = tl_lang_string(p->tok.text);
		int err = APPEND(p, by, t->n_by, a);
		if (err < 0)
			return err;
		parser_next(p, LEX_FRAME);
	} while (p->tok.kind == TOK_COMMA);
	t->by = by;
	return 0;
}

static int
test(struct parser *p, struct tl_lang_test *ret)
{
	struct tl_lang_test t = {0};
	parser_next(p, LEX_FRAME);
	if (p->tok.kind != TOK_STRING)
		return parser_expected(p, "the name of the test, in quotes");
	t.name = p->tok.text;
	t.place = p->tok.place;
	parser_next(p, LEX_FRAME);
	if (p->tok.kind != TOK_LBRACE)
		return parser_expected(p, "\"{\"");
	int err = given_lines(p, &t);
	if (err < 0)
		return err;
	if (!is_word(p, "expect"))
		return parser_expected(p, "\"expect\"");
	parser_next(p, LEX_FRAME);
	if (p->tok.kind != TOK_WORD)
		return parser_expected(p, "a verdict");
	t.expect = p->tok.text;
	t.expect_place = p->tok.place;
	parser_next(p, LEX_FRAME);
	if (is_word(p, "by"))
		err = by_rules(p, &t);
	*ret = t;
	return err;
}

/* After an error: to the next line that begins a declaration. */
static void
recover(struct parser *p)
{
	bool here = p->tok.first_on_line && (is_word(p, "rule") || is_word(p, "test"));
	while (!here && p->tok.kind != TOK_END) {
		parser_next(p, LEX_SKIP);
		here = p->tok.first_on_line && (is_word(p, "rule") || is_word(p, "test"));
	}
}

struct lists {
	struct tl_lang_rule *rules;
	struct tl_lang_test *tests;
	size_t n_rules, n_tests;
};

static int
add_rule(struct parser *p, struct lists *l)
{
	struct tl_lang_rule r;
	int err = rule(p, &r);
	return err < 0 ? err : APPEND(p, l->rules, l->n_rules, r);
}

static int
add_test(struct parser *p, struct lists *l)
{
	struct tl_lang_test t;
	int err = test(p, &t);
	return err < 0 ? err : APPEND(p, l->tests, l->n_tests, t);
}

static int
declaration(struct parser *p, struct lists *l)
{
	if (l->n_rules + l->n_tests >= TL_LANG_RULES_MAX) {
		(void)fail(p, p->tok.place, "too many rules and tests in one file");
		return tl_fail(TL_ETOOBIG, "too many rules and tests in one file");
	}
	if (is_word(p, "rule"))
		return add_rule(p, l);
	if (is_word(p, "test"))
		return add_test(p, l);
	int err = parser_expected(p, "\"rule\" or \"test\"");
	if (p->tok.kind != TOK_END)
		parser_next(p, LEX_SKIP);
	return err;
}

int
tl_lang_parse_pack(struct tl_arena *a, const struct tl_lang_source *src,
    struct tl_lang_report *report, struct tl_lang_pack *ret)
{
	TL_CLEANUP(parser_fini) struct parser p = {0};
	struct lists l = {0};
	unsigned before = report->count;
	int err = parser_init(&p, a, src, report);
	if (err < 0)
		return err;
	parser_next(&p, LEX_FRAME);
	while (p.tok.kind != TOK_END) {
		err = declaration(&p, &l);
		if (tl_err_kind(err) == TL_LIMIT)
			return err;
		if (err < 0)
			recover(&p);
	}
	if (report->count > before)
		return tl_fail(TL_EPARSE, "%s has errors", src->name);
	err = tl_arena_check(a);
	if (err < 0)
		return err;
	*ret = (struct tl_lang_pack){
	    .source = *src,
	    .rules = l.rules,
	    .n_rules = l.n_rules,
	    .tests = l.tests,
	    .n_tests = l.n_tests,
	};
	return 0;
}

int
tl_lang_parse_expr(struct tl_arena *a, const struct tl_lang_source *src,
    struct tl_lang_report *report, struct tl_lang_expr *ret)
{
	TL_CLEANUP(parser_fini) struct parser p = {0};
	struct tl_lang_expr e;
	int err = parser_init(&p, a, src, report);
	if (err < 0)
		return err;
	parser_next(&p, LEX_EXPR);
	err = parser_expr(&p, &e);
	if (err == 0 && p.tok.kind != TOK_END)
		err = parser_expected(&p, "an operator or the end");
	if (err == 0)
		err = tl_arena_check(a);
	if (err < 0)
		return tl_fail(err, "%s has errors", src->name);
	*ret = e;
	return 0;
}
