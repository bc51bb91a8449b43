/* Tokens, private to src/lang. The parser asks for one at a time and says which words it expects. */
#pragma once

#include "lang/report.h"
#include "lang/value.h"

struct tl_arena;

enum tok {
	TOK_END,
	TOK_ERROR, /* reported already */
	TOK_WORD,
	TOK_INT,
	TOK_DOUBLE,
	TOK_STRING,
	TOK_DATE,
	TOK_EQ,
	TOK_NE,
	TOK_LE,
	TOK_GE,
	TOK_AND,
	TOK_OR,
	TOK_LT,
	TOK_GT,
	TOK_NOT,
	TOK_PLUS,
	TOK_MINUS,
	TOK_LPAR,
	TOK_RPAR,
	TOK_LBRACKET,
	TOK_RBRACKET,
	TOK_LBRACE,
	TOK_RBRACE,
	TOK_COMMA,
	TOK_DOT,
	TOK_ASSIGN,
	TOK_COLON
};

enum lex_mode {
	LEX_EXPR,  /* words are identifiers */
	LEX_FRAME, /* words may hold '-' and '.', and dates are tokens */
	LEX_SKIP   /* as LEX_FRAME, and says nothing about errors */
};

struct token {
	enum tok kind;
	struct tl_lang_place place;
	struct tl_str text; /* words as written; strings decoded */
	int64_t i;
	double d;
	bool first_on_line;
};

struct lexer {
	const struct tl_lang_source *src;
	struct tl_arena *arena;
	struct tl_lang_report *report;
	size_t at;
};

void lex_next(struct lexer *l, enum lex_mode mode, struct token *ret);

/* What a token is called in messages: "a word", "\"&&\"". */
const char *lex_name(enum tok kind);
