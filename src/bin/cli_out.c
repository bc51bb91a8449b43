/*
 * What commands print: tables and records for people, JSON for programs, progress on a terminal.
 *
 * Promises: text that came from outside cannot move the cursor or reorder a line; columns are as wide as their
 * characters on a terminal. Called by every command.
 */
#include "bin/cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <wchar.h>

#include "base/json.h"
#include "sys/clock.h"

struct cli_cell {
	struct tl_str json, text;
};

void
cli_clean(struct tl_buf *out, struct tl_str text)
{
	size_t at = 0;
	if (!tl_utf8_valid(text)) {
		tl_buf_puts(out, "(not text)");
		return;
	}
	while (at < text.n) {
		size_t from = at;
		uint32_t c = tl_utf8_next(text, &at);
		bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
		bool turns = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
			     c == 0x200e || c == 0x200f || c == 0x2028 || c == 0x2029;
		if (control || turns)
			tl_buf_printf(out, "\\u%04x", (unsigned)c);
		else
			tl_buf_put(out, text.p + from, at - from);
	}
}

void
cli_say(struct tl_cli *c, const char *fmt, ...)
{
	if (c->json)
		return;
	char text[2048];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	tl_buf_puts(&c->out, text);
	tl_buf_byte(&c->out, '\n');
}

static void
begin(struct cli_list *l, struct tl_cli *c, const char *name, const char *const *columns,
    bool record)
{
	*l = (struct cli_list){.cli = c, .name = name, .columns = columns, .record = record};
	while (columns[l->column_count])
		l->column_count++;
}

void
cli_list_begin(
    struct cli_list *l, struct tl_cli *c, const char *name, const char *const *columns)
{
	begin(l, c, name, columns, false);
}

void
cli_record_begin(struct cli_list *l, struct tl_cli *c, const char *const *columns)
{
	begin(l, c, "", columns, true);
}

static void
add(struct cli_list *l, struct tl_str json, struct tl_str text)
{
	if (l->cell_count == l->cell_cap) {
		size_t cap = l->cell_cap ? 2 * l->cell_cap : 64;
		struct cli_cell *cells = reallocarray(l->cells, cap, sizeof *cells);
		if (!cells)
			abort();
		l->cells = cells;
		l->cell_cap = cap;
	}
	l->cells[l->cell_count++] = (struct cli_cell){
	    tl_arena_dup(l->cli->arena, json), tl_arena_dup(l->cli->arena, text)};
}

static void
add_null(struct cli_list *l)
{
	add(l, TL_S("null"), TL_S("-"));
}

void
cli_cell(struct cli_list *l, struct tl_str text)
{
	if (text.n == 0) {
		add_null(l);
		return;
	}
	struct tl_buf json TL_CLEANUP(tl_buf_fini) = {0};
	struct tl_buf clean TL_CLEANUP(tl_buf_fini) = {0};
	tl_js_str(&json, NULL, text);
	cli_clean(&clean, text);
	add(l, tl_buf_str(&json), tl_buf_str(&clean));
}

void
cli_cell_z(struct cli_list *l, const char *text)
{
	cli_cell(l, tl_str(text));
}

void
cli_cell_int(struct cli_list *l, int64_t v)
{
	char text[24];
	(void)snprintf(text, sizeof text, "%lld", (long long)v);
	add(l, tl_str(text), tl_str(text));
}

void
cli_cell_num(struct cli_list *l, double v)
{
	struct tl_buf json TL_CLEANUP(tl_buf_fini) = {0};
	char text[32];
	tl_js_num(&json, NULL, v);
	int digits = 2;
	double x = v * 100;
	while (
	    x > 0 && x < 0.9999 && digits < 12) { /* a small share must not read as nothing */
		x *= 10;
		digits++;
	}
	(void)snprintf(text, sizeof text, "%.*f", digits, v);
	add(l, tl_buf_str(&json), tl_str(tl_str_is(tl_buf_str(&json), "null") ? "-" : text));
}

void
cli_cell_bool(struct cli_list *l, bool v)
{
	add(l, v ? TL_S("true") : TL_S("false"), v ? TL_S("yes") : TL_S("no"));
}

void
cli_cell_time(struct cli_list *l, int64_t us)
{
	char text[TL_TIME_MAX], json[TL_TIME_MAX + 2];
	if (us == 0) {
		add_null(l);
		return;
	}
	tl_time_format(text, us);
	(void)snprintf(json, sizeof json, "\"%s\"", text);
	text[10] = ' '; /* 2026-03-04 10:15:00 */
	add(l, tl_str(json), tl_bytes(text, 19));
}

void
cli_cell_id(struct cli_list *l, struct tl_id id)
{
	char text[TL_ID_TEXT];
	if (tl_id_is_nil(id)) {
		add_null(l);
		return;
	}
	tl_id_text(text, id);
	cli_cell(l, tl_str(text));
}

void
cli_cell_hex(struct cli_list *l, struct tl_str bytes)
{
	char text[129];
	if (bytes.n == 0 || bytes.n > 64) {
		add_null(l);
		return;
	}
	tl_hex(text, bytes.p, bytes.n);
	cli_cell(l, tl_str(text));
}

void
cli_cell_words(struct cli_list *l, struct tl_str words)
{
	struct tl_buf json TL_CLEANUP(tl_buf_fini) = {0};
	tl_js_words(&json, NULL, words);
	add(l, tl_buf_str(&json), words.n ? words : TL_S("-"));
}

void
cli_cell_json(struct cli_list *l, struct tl_str json, const char *text)
{
	struct tl_buf clean TL_CLEANUP(tl_buf_fini) = {0};
	cli_clean(&clean, tl_str(text));
	add(l, json.n ? json : TL_S("null"), clean.n ? tl_buf_str(&clean) : TL_S("-"));
}

/* Columns on a terminal. */
static size_t
width(struct tl_str s)
{
	size_t n = 0, at = 0;
	while (at < s.n) {
		uint32_t c = tl_utf8_next(s, &at);
		int w = wcwidth((wchar_t)c);
		n += w > 0 ? (size_t)w : c < 0x80;
	}
	return n;
}

static void
pad(struct tl_buf *out, size_t n)
{
	while (n--)
		tl_buf_byte(out, ' ');
}

/* "opened_at" as a heading: "opened at". */
static const char *
heading(struct cli_list *l, const char *name)
{
	struct tl_str copy = tl_arena_dup(l->cli->arena, tl_str(name));
	char *text = TL_NEWS(l->cli->arena, char, copy.n + 1);
	for (size_t i = 0; text && i < copy.n; i++)
		text[i] = (char)(copy.p[i] == '_' ? ' ' : copy.p[i]);
	return text ? text : name;
}

/* How wide each column is; 0: it says nothing, and is left out. */
static void
measure(const struct cli_list *l, size_t n, size_t *wide)
{
	bool says[32] = {false};
	for (size_t i = 0; i < l->cell_count; i++) {
		size_t w = width(l->cells[i].text);
		if (w > wide[i % n])
			wide[i % n] = w;
		says[i % n] |= !tl_str_is(l->cells[i].text, "-");
	}
	for (size_t k = 0; k < n; k++) {
		size_t head = strlen(l->columns[k]);
		wide[k] = l->brief && !says[k] ? 0 : wide[k] > head ? wide[k] : head;
	}
}

static void
print_table(struct cli_list *l)
{
	struct tl_buf *out = &l->cli->out;
	size_t wide[32] = {0}, n = l->column_count < 32 ? l->column_count : 32, gap = 0;
	if (n == 0)
		return;
	measure(l, n, wide);
	for (size_t k = 0; k < n; k++) {
		if (!wide[k])
			continue;
		const char *h = heading(l, l->columns[k]);
		pad(out, gap);
		tl_buf_puts(out, h);
		gap = wide[k] - strlen(h) + 2;
	}
	for (size_t i = 0; i < l->cell_count; i++) {
		struct tl_str t = l->cells[i].text;
		if (i % n == 0) {
			tl_buf_byte(out, '\n');
			gap = 0;
		}
		if (!wide[i % n])
			continue;
		pad(out, gap);
		tl_buf_put(out, t.p, t.n);
		gap = wide[i % n] - width(t) + 2;
	}
	tl_buf_byte(out, '\n');
}

static void
print_record(struct cli_list *l)
{
	size_t wide = 0;
	for (size_t k = 0; k < l->column_count; k++)
		wide = strlen(l->columns[k]) > wide ? strlen(l->columns[k]) : wide;
	for (size_t k = 0; k < l->cell_count; k++) {
		const char *h = heading(l, l->columns[k]);
		tl_buf_puts(&l->cli->out, h);
		pad(&l->cli->out, wide - strlen(h) + 2);
		tl_buf_put(&l->cli->out, l->cells[k].text.p, l->cells[k].text.n);
		tl_buf_byte(&l->cli->out, '\n');
	}
}

/* A row is a line: people read it too. */
static void
print_json(struct cli_list *l)
{
	struct tl_buf *out = &l->cli->out;
	size_t n = l->column_count, rows = n ? l->cell_count / n : 0;
	if (!l->record)
		tl_buf_printf(out, "{\"%s\":[%s", l->name, rows ? "\n" : "");
	for (size_t i = 0; i < rows; i++) {
		struct tl_buf row TL_CLEANUP(tl_buf_fini) = {0};
		tl_js_open(&row, NULL, '{');
		for (size_t k = 0; k < n; k++)
			tl_js_raw(&row, l->columns[k], l->cells[i * n + k].json);
		tl_js_close(&row, '}');
		tl_buf_put(out, row.p, row.n);
		tl_buf_puts(out, i + 1 < rows ? ",\n" : "\n");
	}
	if (!l->record)
		tl_buf_puts(out, "]}\n");
}

void
cli_list_end(struct cli_list *l, const char *none)
{
	if (l->cli->json)
		print_json(l);
	else if (l->record)
		print_record(l);
	else if (l->cell_count == 0)
		cli_say(l->cli, "%s", none);
	else
		print_table(l);
	free(l->cells);
	l->cells = NULL;
}

static bool progress_shown;

void
cli_progress(const char *what, int64_t done, int64_t all)
{
	static int64_t last;
	int64_t now = tl_mono_us();
	if (!isatty(STDERR_FILENO) || now - last < 100 * TL_US_MS)
		return;
	last = now;
	progress_shown = true;
	if (all > 0)
		(void)fprintf(stderr, "\r%s %lld of %lld (%lld %%)\033[K", what,
		    (long long)done, (long long)all, (long long)(done * 100 / all));
	else
		(void)fprintf(stderr, "\r%s %lld\033[K", what, (long long)done);
}

void
cli_progress_end(void)
{
	if (progress_shown)
		(void)fputs("\r\033[K", stderr);
	progress_shown = false;
}
