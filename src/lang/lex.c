/*
 * Owns the lexer: bytes to tokens.
 *
 * Promises: reads only inside the source (which the parser has checked to be UTF-8); every call moves on or
 * answers TOK_END. A malformed token is reported once and answers TOK_ERROR. Called by parse.c alone.
 */
#include "lang/lex_int.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define NUMBER_MAX 40U

static const struct {
	const char *text;
	enum tok kind;
} marks[] = {
    {"==", TOK_EQ},
    {"!=", TOK_NE},
    {"<=", TOK_LE},
    {">=", TOK_GE},
    {"&&", TOK_AND},
    {"||", TOK_OR},
    {"<", TOK_LT},
    {">", TOK_GT},
    {"!", TOK_NOT},
    {"+", TOK_PLUS},
    {"-", TOK_MINUS},
    {"(", TOK_LPAR},
    {")", TOK_RPAR},
    {"[", TOK_LBRACKET},
    {"]", TOK_RBRACKET},
    {"{", TOK_LBRACE},
    {"}", TOK_RBRACE},
    {",", TOK_COMMA},
    {".", TOK_DOT},
    {"=", TOK_ASSIGN},
    {":", TOK_COLON},
};

static const char *const names[] = {
    [TOK_END] = "the end of the file",
    [TOK_ERROR] = "an error",
    [TOK_WORD] = "a word",
    [TOK_INT] = "a number",
    [TOK_DOUBLE] = "a number",
    [TOK_STRING] = "a text",
    [TOK_DATE] = "a date",
    [TOK_EQ] = "\"==\"",
    [TOK_NE] = "\"!=\"",
    [TOK_LE] = "\"<=\"",
    [TOK_GE] = "\">=\"",
    [TOK_AND] = "\"&&\"",
    [TOK_OR] = "\"||\"",
    [TOK_LT] = "\"<\"",
    [TOK_GT] = "\">\"",
    [TOK_NOT] = "\"!\"",
    [TOK_PLUS] = "\"+\"",
    [TOK_MINUS] = "\"-\"",
    [TOK_LPAR] = "\"(\"",
    [TOK_RPAR] = "\")\"",
    [TOK_LBRACKET] = "\"[\"",
    [TOK_RBRACKET] = "\"]\"",
    [TOK_LBRACE] = "\"{\"",
    [TOK_RBRACE] = "\"}\"",
    [TOK_COMMA] = "\",\"",
    [TOK_DOT] = "\".\"",
    [TOK_ASSIGN] = "\"=\"",
    [TOK_COLON] = "\":\"",
};

const char *
lex_name(enum tok kind)
{
	return names[kind];
}

static int
peek(const struct lexer *l, size_t ahead)
{
	size_t at = l->at + ahead;
	return at < l->src->text.n ? l->src->text.p[at] : -1;
}

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word_start(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
in_word(int c, enum lex_mode mode)
{
	return is_word_start(c) || is_digit(c) || (mode != LEX_EXPR && (c == '-' || c == '.'));
}

/* Spaces, line ends and comments. True when a line end was among them. */
static bool
skip_space(struct lexer *l)
{
	bool line = l->at == 0;
	for (int c = peek(l, 0); c >= 0; c = peek(l, 0)) {
		if (c == '#') {
			while (peek(l, 0) >= 0 && peek(l, 0) != '\n')
				l->at++;
			continue;
		}
		if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
			break;
		line |= c == '\n';
		l->at++;
	}
	return line;
}

static void
fail(struct lexer *l, enum lex_mode mode, struct token *t, size_t from, const char *text)
{
	t->kind = TOK_ERROR;
	t->place = (struct tl_lang_place){(uint32_t)from, (uint32_t)(l->at - from)};
	if (mode != LEX_SKIP)
		tl_lang_error_at(l->report, l->src, t->place, "%s", text);
}

static void
lex_word(struct lexer *l, enum lex_mode mode, struct token *t)
{
	size_t from = l->at;
	while (in_word(peek(l, 0), mode))
		l->at++;
	t->kind = TOK_WORD;
	t->text = tl_bytes(l->src->text.p + from, l->at - from);
}

static bool
looks_like_date(const struct lexer *l)
{
	static const char shape[] = "dddd-dd-dd";
	for (size_t i = 0; i < sizeof shape - 1; i++) {
		int c = peek(l, i);
		if (shape[i] == 'd' ? !is_digit(c) : c != '-')
			return false;
	}
	return true;
}

static void
lex_date(struct lexer *l, enum lex_mode mode, struct token *t)
{
	size_t from = l->at;
	l->at += sizeof "2026-01-31" - 1;
	char full[sizeof "2026-01-31T00:00:00Z"];
	memcpy(full, l->src->text.p + from, sizeof "2026-01-31" - 1);
	memcpy(full + sizeof "2026-01-31" - 1, "T00:00:00Z", sizeof "T00:00:00Z");
	t->text = tl_bytes(l->src->text.p + from, l->at - from);
	t->kind = TOK_DATE;
	if (tl_time_parse(tl_str(full), &t->i) < 0)
		fail(l, mode, t, from, "there is no such day");
}

/* digits [. digits] [e [sign] digits] */
static bool
span_number(struct lexer *l)
{
	bool real = false;
	while (is_digit(peek(l, 0)))
		l->at++;
	if (peek(l, 0) == '.' && is_digit(peek(l, 1))) {
		real = true;
		l->at++;
		while (is_digit(peek(l, 0)))
			l->at++;
	}
	size_t sign = peek(l, 1) == '-' || peek(l, 1) == '+';
	if ((peek(l, 0) == 'e' || peek(l, 0) == 'E') && is_digit(peek(l, 1 + sign))) {
		real = true;
		l->at += 1 + sign;
		while (is_digit(peek(l, 0)))
			l->at++;
	}
	return real;
}

static void
lex_number(struct lexer *l, enum lex_mode mode, struct token *t)
{
	size_t from = l->at;
	bool real = span_number(l);
	struct tl_str s = tl_bytes(l->src->text.p + from, l->at - from);
	if (is_word_start(peek(l, 0))) {
		while (in_word(peek(l, 0), LEX_EXPR))
			l->at++;
		fail(l, mode, t, from,
		    "a number ends in letters; durations are written as text: \"24h\"");
		return;
	}
	char z[NUMBER_MAX];
	t->kind = real ? TOK_DOUBLE : TOK_INT;
	if (real && tl_str_copy(z, sizeof z, s) == 0) {
		t->d = strtod(z, NULL);
		if (isfinite(t->d))
			return;
	}
	if (!real && tl_parse_i64(s, 0, INT64_MAX, &t->i) == 0)
		return;
	fail(l, mode, t, from, "the number is too large or too long");
}

static bool
put_utf8(struct tl_buf *b, uint32_t c)
{
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return false;
	if (c < 0x80) {
		tl_buf_byte(b, (uint8_t)c);
	} else if (c < 0x800) {
		tl_buf_byte(b, (uint8_t)(0xc0 | c >> 6));
		tl_buf_byte(b, (uint8_t)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		tl_buf_byte(b, (uint8_t)(0xe0 | c >> 12));
		tl_buf_byte(b, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
		tl_buf_byte(b, (uint8_t)(0x80 | (c & 0x3f)));
	} else {
		tl_buf_byte(b, (uint8_t)(0xf0 | c >> 18));
		tl_buf_byte(b, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
		tl_buf_byte(b, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
		tl_buf_byte(b, (uint8_t)(0x80 | (c & 0x3f)));
	}
	return true;
}

static int
hex_value(int c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* After the backslash. */
static bool
lex_escape(struct lexer *l, struct tl_buf *b)
{
	static const char from[] = "nrt\\\"'", to[] = "\n\r\t\\\"'";
	int c = peek(l, 0);
	l->at += c >= 0;
	const char *simple = c > 0 ? strchr(from, c) : NULL;
	if (simple) {
		tl_buf_byte(b, (uint8_t)to[simple - from]);
		return true;
	}
	if (c != 'u' && c != 'U')
		return false;
	uint32_t code = 0;
	for (int left = c == 'u' ? 4 : 8; left > 0; left--) {
		int v = hex_value(peek(l, 0));
		if (v < 0 || code > 0x10ffff)
			return false;
		code = code << 4 | (uint32_t)v;
		l->at++;
	}
	return put_utf8(b, code);
}

static void
lex_string(struct lexer *l, enum lex_mode mode, struct token *t)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	size_t from = l->at;
	int quote = peek(l, 0);
	l->at++;
	for (;;) {
		int c = peek(l, 0);
		if (c < 0 || c == '\n') {
			fail(l, mode, t, from, "this text is not closed on its line");
			return;
		}
		l->at++;
		if (c == quote)
			break;
		if (c != '\\') {
			tl_buf_byte(&b, (uint8_t)c);
		} else if (!lex_escape(l, &b)) {
			fail(l, mode, t, from,
			    "unknown escape in text; known are \\n \\r \\t \\\\ \\\" \\' "
			    "\\uXXXX "
			    "\\UXXXXXXXX");
			return;
		}
	}
	t->kind = TOK_STRING;
	t->text = tl_arena_dup(l->arena, tl_buf_str(&b));
}

static void
lex_mark(struct lexer *l, enum lex_mode mode, struct token *t)
{
	struct tl_str rest = tl_bytes(l->src->text.p + l->at, l->src->text.n - l->at);
	for (size_t i = 0; i < TL_COUNT(marks); i++) {
		size_t n = strlen(marks[i].text);
		if (n <= rest.n && memcmp(rest.p, marks[i].text, n) == 0) {
			t->kind = marks[i].kind;
			l->at += n;
			return;
		}
	}
	size_t from = l->at;
	l->at++;
	while (peek(l, 0) >= 0 && (peek(l, 0) & 0xc0) == 0x80)
		l->at++;
	int c = rest.p[0];
	fail(l, mode, t, from,
	    c == '&'   ? "a single \"&\"; \"and\" is written \"&&\""
	    : c == '|' ? "a single \"|\"; \"or\" is written \"||\""
	    : c == '?' ? "\"?\" is not part of the language; write two rules"
	    : c == '*' || c == '/' || c == '%' ? "only + and - can be calculated with"
					       : "this character has no meaning here");
}

void
lex_next(struct lexer *l, enum lex_mode mode, struct token *ret)
{
	*ret = (struct token){.kind = TOK_END};
	ret->first_on_line = skip_space(l);
	size_t from = l->at;
	int c = peek(l, 0);
	if (is_word_start(c))
		lex_word(l, mode, ret);
	else if (is_digit(c) && mode != LEX_EXPR && looks_like_date(l))
		lex_date(l, mode, ret);
	else if (is_digit(c))
		lex_number(l, mode, ret);
	else if (c == '"' || c == '\'')
		lex_string(l, mode, ret);
	else if (c >= 0)
		lex_mark(l, mode, ret);
	ret->place = (struct tl_lang_place){(uint32_t)from, (uint32_t)(l->at - from)};
}
