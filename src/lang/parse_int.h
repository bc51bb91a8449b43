/* The parser's state, private to src/lang: parse.c reads the frame, parse_expr.c what stands after `when`. */
#pragma once

#include "lang/lex_int.h"
#include "lang/parse.h"

struct parser {
	struct lexer lex;
	struct token tok; /* the next one, not yet used */
	uint32_t used;    /* where the last one that was used ends */
	struct tl_arena *arena;
	struct tl_arena *shed;        /* gone when the parser is done */
	struct tl_lang_node *scratch; /* TL_LANG_NODES_MAX nodes of the expression being read */
};

int parser_init(struct parser *p, struct tl_arena *a, const struct tl_lang_source *src,
    struct tl_lang_report *report) TL_MUST;
void parser_fini(struct parser *p); /* for TL_CLEANUP, also of one that was never begun */

static inline void
parser_next(struct parser *p, enum lex_mode mode)
{
	p->used = p->tok.place.at + p->tok.place.n;
	lex_next(&p->lex, mode, &p->tok);
}

/* Reports at the current token "expected …, found …"; always TL_EPARSE. */
int parser_expected(struct parser *p, const char *what) TL_MUST;

/* A literal: text, number with or without '-', true, false. `words` lets a bare word stand for a text. */
int parser_literal(
    struct parser *p, enum lex_mode mode, bool words, struct tl_lang_arg *ret) TL_MUST;

/* The current token is the expression's first (read in LEX_EXPR); afterwards the first behind it. */
int parser_expr(struct parser *p, struct tl_lang_expr *ret) TL_MUST;
