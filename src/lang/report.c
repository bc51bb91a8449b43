/*
 * Owns error reports: places, the quoted line with its caret, and "did you mean".
 *
 * Promises: text from the source is shown with control characters replaced and lines cut to a window around
 * the caret; after TL_LANG_ERRORS_MAX errors further ones are only counted. Never fails. Called by the lexer,
 * parser and compiler, and by src/rules for errors of meaning.
 */
#include "lang/report.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

#define WINDOW 110U /* bytes of a line that are shown */
#define GUESS_MAX 64U

void
tl_lang_report_init(struct tl_lang_report *r, struct tl_arena *arena)
{
	*r = (struct tl_lang_report){.arena = arena};
}

void
tl_lang_report_fini(struct tl_lang_report *r)
{
	tl_buf_fini(&r->text);
}

static bool
starts_character(uint8_t c)
{
	return (c & 0xc0) != 0x80;
}

static size_t
count_characters(struct tl_str s, size_t from, size_t to)
{
	size_t n = 0;
	for (size_t i = from; i < to && i < s.n; i++)
		n += starts_character(s.p[i]);
	return n;
}

static size_t
line_start(struct tl_str text, size_t at)
{
	while (at > 0 && text.p[at - 1] != '\n')
		at--;
	return at;
}

static size_t
line_end(struct tl_str text, size_t at)
{
	while (at < text.n && text.p[at] != '\n')
		at++;
	return at;
}

void
tl_lang_locate(struct tl_str text, uint32_t at, uint32_t *ret_line, uint32_t *ret_column)
{
	size_t end = at < text.n ? at : text.n;
	uint32_t line = 1;
	for (size_t i = 0; i < end; i++)
		line += text.p[i] == '\n';
	*ret_line = line;
	*ret_column = (uint32_t)count_characters(text, line_start(text, end), end) + 1;
}

/* A piece of the source as people may see it: one column a character, no control characters. */
static void
put_shown(struct tl_buf *b, struct tl_str s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		uint8_t c = s.p[i];
		if (c == '\t')
			c = ' ';
		tl_buf_byte(b, c < 0x20 || c == 0x7f ? (uint8_t)'?' : c);
	}
}

static void
put_quoted(struct tl_buf *b, struct tl_str text, struct tl_lang_place place, uint32_t line)
{
	size_t at = place.at < text.n ? place.at : text.n;
	size_t from = line_start(text, at), to = line_end(text, at);
	if (at - from > WINDOW / 2) {
		from = at - WINDOW / 2;
		while (from < at && !starts_character(text.p[from]))
			from++;
	}
	if (to - from > WINDOW) {
		to = from + WINDOW;
		while (to > at && !starts_character(text.p[to]))
			to--;
	}
	tl_buf_printf(b, "%5u | ", line);
	put_shown(b, text, from, to);
	tl_buf_puts(b, "\n      | ");
	for (size_t i = count_characters(text, from, at); i > 0; i--)
		tl_buf_byte(b, ' ');
	tl_buf_byte(b, '^');
	size_t end = at + place.n < to ? at + place.n : to;
	for (size_t i = count_characters(text, at, end); i > 1; i--)
		tl_buf_byte(b, '~');
	tl_buf_byte(b, '\n');
}

static void
keep(struct tl_lang_report *r, struct tl_lang_error e)
{
	if (r->count < TL_LANG_ERRORS_MAX)
		r->errors[r->count] = e;
	if (r->count == TL_LANG_ERRORS_MAX)
		tl_buf_puts(&r->text, "Too many errors: the rest is left out.\n");
	r->count++;
}

/* The message with anything unprintable replaced; it may hold words of the source. */
static const char *
compose(struct tl_lang_report *r, const char *fmt, va_list ap)
{
	char text[512];
	(void)vsnprintf(text, sizeof text, fmt, ap);
	for (char *p = text; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	}
	return tl_arena_printf(r->arena, "%s", text);
}

void
tl_lang_error_at(struct tl_lang_report *r, const struct tl_lang_source *src,
    struct tl_lang_place at, const char *fmt, ...)
{
	struct tl_lang_error e = {.file = tl_arena_printf(r->arena, "%s", src->name)};
	tl_lang_locate(src->text, at.at, &e.line, &e.column);
	va_list ap;
	va_start(ap, fmt);
	e.text = compose(r, fmt, ap);
	va_end(ap);
	if (r->count < TL_LANG_ERRORS_MAX) {
		tl_buf_printf(
		    &r->text, "%s:%u:%u: error: %s\n", e.file, e.line, e.column, e.text);
		put_quoted(&r->text, src->text, at, e.line);
	}
	keep(r, e);
}

void
tl_lang_error_in(struct tl_lang_report *r, const char *file, const char *fmt, ...)
{
	struct tl_lang_error e = {.file = tl_arena_printf(r->arena, "%s", file)};
	va_list ap;
	va_start(ap, fmt);
	e.text = compose(r, fmt, ap);
	va_end(ap);
	if (r->count < TL_LANG_ERRORS_MAX)
		tl_buf_printf(&r->text, "%s: error: %s\n", e.file, e.text);
	keep(r, e);
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment distance; neighbours swapped count as one slip. Both at most GUESS_MAX long. */
static unsigned
distance(struct tl_str a, struct tl_str b)
{
	unsigned rows[3][GUESS_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];
	for (unsigned j = 0; j <= b.n; j++)
		last[j] = before[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		now[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned cost = a.p[i - 1] != b.p[j - 1];
			now[j] = least(last[j - 1] + cost, least(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
		unsigned *spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[b.n];
}

void
tl_lang_guess(struct tl_lang_guess *g, struct tl_str candidate)
{
	if (g->word.n == 0 || g->word.n > GUESS_MAX || candidate.n == 0 ||
	    candidate.n > GUESS_MAX)
		return;
	unsigned d = distance(g->word, candidate);
	size_t most = g->word.n < 6 ? 1 : 1 + g->word.n / 4;
	if (d > most || d >= g->word.n)
		return;
	if (g->best.n == 0 || d < g->distance) {
		g->best = candidate;
		g->distance = d;
	}
}

const char *
tl_lang_guessed(struct tl_arena *a, const struct tl_lang_guess *g)
{
	if (g->best.n == 0)
		return "";
	return tl_arena_printf(a, "; did you mean \"%.*s\"?", TL_ARG(g->best));
}
