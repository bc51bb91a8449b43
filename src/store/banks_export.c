/*
 * Entries of a bank as CSV, JSON, NDJSON or plain lines.
 *
 * Promises: what CSV, JSON and NDJSON say is read back as the same entries by an import into an empty bank; plain lines
 * hold only what comes back as it was.
 * Failure: none; memory is the caller's. Called by the console and the CLI, page by page.
 */
#include "store/banks_export.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "hash/video.h"
#include "store/banks_find.h"
#include "sys/clock.h"

/* What only informs: imports do not read it. */
static const char *const more_columns[] = {"added_at", "added_by"};

const char *
tl_export_type(enum tl_import_format format)
{
	static const char *const types[] = {[TL_IMPORT_AUTO] = "application/x-ndjson",
	    [TL_IMPORT_LINES] = "text/plain; charset=utf-8",
	    [TL_IMPORT_CSV] = "text/csv; charset=utf-8",
	    [TL_IMPORT_JSON] = "application/json",
	    [TL_IMPORT_NDJSON] = "application/x-ndjson"};
	return types[format];
}

const char *
tl_export_ending(enum tl_import_format format)
{
	static const char *const endings[] = {[TL_IMPORT_AUTO] = "ndjson",
	    [TL_IMPORT_LINES] = "txt",
	    [TL_IMPORT_CSV] = "csv",
	    [TL_IMPORT_JSON] = "json",
	    [TL_IMPORT_NDJSON] = "ndjson"};
	return endings[format];
}

void
tl_export_begin(enum tl_import_format format, struct tl_buf *out)
{
	char name[24];
	if (format == TL_IMPORT_JSON)
		tl_buf_puts(out, "{\"entries\":[\n");
	if (format != TL_IMPORT_CSV)
		return;
	for (int f = 0; f < TL_IMPORT_FIELD_COUNT; f++)
		tl_buf_printf(out, "%s%s", f ? "," : "",
		    tl_import_field_name((enum tl_import_field)f, name));
	for (size_t i = 0; i < TL_COUNT(more_columns); i++)
		tl_buf_printf(out, ",%s", more_columns[i]);
	tl_buf_puts(out, "\r\n");
}

void
tl_export_end(enum tl_import_format format, struct tl_buf *out)
{
	if (format == TL_IMPORT_JSON)
		tl_buf_puts(out, "\n]}\n");
}

/* JSON -------------------------------------------------------------------------------------------------------- */

static void
member(struct tl_buf *out, const char *name, struct tl_str s)
{
	if (s.n)
		tl_js_str(out, name, s);
}

/* What the text of a value does not say: a video's looks between its seconds. Nothing when it says all. */
static void
looks(const struct tl_bank_entry *e, struct tl_buf *out)
{
	TL_CLEANUP(tl_video_fini) struct tl_video v = {0};
	bool more = false;
	if (e->form != TL_FORM_VPDQ || tl_video_unpack(e->value, &v) < 0)
		return;
	for (size_t i = 0; i < v.n && !more; i++)
		more = v.f[i].flags != 0;
	if (!more)
		return;
	char *text = malloc((e->value.n + 2) / 3 * 4 + 1);
	if (!text)
		abort();
	tl_buf_put(out, text, tl_base64(text, e->value.p, e->value.n));
	free(text);
}

void
tl_export_members(const struct tl_bank_entry *e, struct tl_buf *out)
{
	struct tl_buf value TL_CLEANUP(tl_buf_fini) = {0};
	struct tl_buf all TL_CLEANUP(tl_buf_fini) = {0};
	tl_bank_value_text(e->form, e->value, &value);
	looks(e, &all);
	tl_js_str(out, "value", tl_buf_str(&value));
	tl_js_z(out, "form", tl_entry_form_names[e->form]);
	member(out, "note", e->note);
	member(out, "classification", e->classification);
	if (e->expires_at)
		tl_js_time(out, "expires_at", e->expires_at);
	if (e->provenance.n)
		tl_js_raw(out, "provenance", e->provenance);
	tl_js_bool(out, "enabled", e->enabled);
	if (e->disabled_until)
		tl_js_time(out, "disabled_until", e->disabled_until);
	if (e->review_only)
		tl_js_bool(out, "review_only", true);
	member(out, "looks", tl_buf_str(&all));
	tl_js_time(out, "added_at", e->added_at);
	member(out, "added_by", e->added_by);
}

static void
object(const struct tl_bank_entry *e, struct tl_buf *out)
{
	struct tl_buf json TL_CLEANUP(tl_buf_fini) = {0};
	tl_js_open(&json, NULL, '{');
	tl_export_members(e, &json);
	tl_js_close(&json, '}');
	tl_buf_put(out, json.p, json.n);
}

/* CSV --------------------------------------------------------------------------------------------------------- */

static void
cell(struct tl_buf *out, struct tl_str s)
{
	bool plain = s.n && s.p[0] != ' ' && s.p[s.n - 1] != ' ';
	for (size_t i = 0; i < s.n && plain; i++)
		plain = s.p[i] >= ' ' && s.p[i] != ',' && s.p[i] != '"' && s.p[i] != ';';
	if (plain || !s.n) {
		tl_buf_put(out, s.p, s.n);
		return;
	}
	tl_buf_byte(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			tl_buf_byte(out, '"');
		tl_buf_byte(out, s.p[i]);
	}
	tl_buf_byte(out, '"');
}

/* Tags joined by semicolons; as a JSON array when one of them holds what separates them. */
static struct tl_str
tags(struct tl_str list, struct tl_arena *arena)
{
	bool bare = list.n && list.p[0] != '[';
	for (size_t i = 0; i < list.n && bare; i++)
		bare = list.p[i] != ',' && list.p[i] != ';' && list.p[i] != '|';
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	if (!bare && list.n)
		tl_js_open(&b, NULL, '[');
	while (list.n) {
		const uint8_t *end = memchr(list.p, TL_TAG_SEPARATOR, list.n);
		size_t n = end ? (size_t)(end - list.p) : list.n;
		if (!bare)
			tl_js_str(&b, NULL, tl_bytes(list.p, n));
		else
			tl_buf_printf(
			    &b, "%s%.*s", b.n ? ";" : "", (int)n, (const char *)list.p);
		list = tl_bytes(list.p + n + (end != NULL), list.n - n - (end != NULL));
	}
	if (!bare && b.n)
		tl_js_close(&b, ']');
	return tl_arena_dup(arena, tl_buf_str(&b));
}

static struct tl_str
time_text(int64_t us, struct tl_arena *arena)
{
	char text[TL_TIME_MAX];
	if (!us)
		return (struct tl_str){0};
	tl_time_format(text, us);
	return tl_arena_dup(arena, tl_str(text));
}

static void
row(const struct tl_bank_entry *e, struct tl_arena *arena, struct tl_buf *out)
{
	struct tl_buf value TL_CLEANUP(tl_buf_fini) = {0};
	struct tl_buf all TL_CLEANUP(tl_buf_fini) = {0};
	struct tl_provenance p;
	if (tl_provenance_read(e->provenance, arena, &p) < 0)
		p = (struct tl_provenance){0};
	tl_bank_value_text(e->form, e->value, &value);
	looks(e, &all);
	const struct tl_str cells[TL_IMPORT_FIELD_COUNT] = {
	    [TL_IMPORT_VALUE] = tl_buf_str(&value),
	    [TL_IMPORT_FORM] = tl_str(tl_entry_form_names[e->form]),
	    [TL_IMPORT_NOTE] = e->note,
	    [TL_IMPORT_CLASSIFICATION] = e->classification,
	    [TL_IMPORT_EXPIRES] = time_text(e->expires_at, arena),
	    [TL_IMPORT_EXCHANGE] = p.exchange,
	    [TL_IMPORT_RECORD] = p.record,
	    [TL_IMPORT_MEMBER] = p.member,
	    [TL_IMPORT_TAGS] = tags(p.tags, arena),
	    [TL_IMPORT_DECISION] = p.decision,
	    [TL_IMPORT_URL] = p.url,
	    [TL_IMPORT_ENABLED] = tl_str(e->enabled ? "true" : "false"),
	    [TL_IMPORT_DISABLED_UNTIL] = time_text(e->disabled_until, arena),
	    [TL_IMPORT_REVIEW_ONLY] = tl_str(e->review_only ? "true" : ""),
	    [TL_IMPORT_LOOKS] = tl_buf_str(&all),
	};
	for (int f = 0; f < TL_IMPORT_FIELD_COUNT; f++) {
		if (f)
			tl_buf_byte(out, ',');
		cell(out, cells[f]);
	}
	tl_buf_byte(out, ',');
	cell(out, time_text(e->added_at, arena));
	tl_buf_byte(out, ',');
	cell(out, e->added_by);
	tl_buf_puts(out, "\r\n");
}

/* Lines ------------------------------------------------------------------------------------------------------- */

/* What would end a line or a value is a space, in an expression its escape. */
static void
on_one_line(struct tl_str s, bool regex, struct tl_buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c >= ' ')
			tl_buf_byte(out, c);
		else if (regex)
			tl_buf_printf(out, "\\x%02x", c);
		else
			tl_buf_byte(out, ' ');
	}
}

static void
line(const struct tl_bank_entry *e, struct tl_buf *out)
{
	struct tl_buf value TL_CLEANUP(tl_buf_fini) = {0};
	tl_bank_value_text(e->form, e->value, &value);
	tl_buf_printf(out, "%s:", tl_entry_form_names[e->form]);
	on_one_line(tl_buf_str(&value), e->form == TL_FORM_REGEX, out);
	if (e->note.n) {
		tl_buf_byte(out, '\t');
		on_one_line(e->note, false, out);
	}
	tl_buf_byte(out, '\n');
}

bool
tl_export_entry(enum tl_import_format format, const struct tl_bank_entry *e, bool first,
    struct tl_arena *arena, struct tl_buf *out)
{
	switch (format) {
	case TL_IMPORT_LINES:
		if (e->expires_at || tl_bank_entry_state(e, tl_now_us()) != TL_ENTRY_LIVE)
			return false;
		line(e, out);
		return true;
	case TL_IMPORT_CSV:
		row(e, arena, out);
		return true;
	case TL_IMPORT_JSON:
		if (!first)
			tl_buf_puts(out, ",\n");
		object(e, out);
		return true;
	case TL_IMPORT_AUTO:
	case TL_IMPORT_NDJSON:
	case tl_import_format_count:
		break;
	}
	object(e, out);
	tl_buf_byte(out, '\n');
	return true;
}
