/*
 * Files of a bank through the browser, part by part: the console sends a piece of a file with the state that the piece
 * before left, and gets how far it was read. The same reader as the command line's; nothing is kept between two parts.
 *
 * Promises: a part is committed in steps of bounded size; however it ends, what was added is recorded, and a part can be
 * sent again. An export is recorded before its first entry leaves. Failures: 422 with the field.
 */
#include "api/console_banks_int.h"

#include "detect/detect.h"
#include "store/banks_export.h"
#include "store/banks_import.h"

#define LARGE_IMPORT 100 /* lines; from there on two people may be needed */
#define STEP 2000
#define PART_BYTES (3U << 20)
#define EXPORT_ENTRIES 5000
#define EXPORT_BYTES ((size_t)8 << 20)

/* Import ----------------------------------------------------------------------------------- */

struct import_ask {
	struct tl_str name, state, exchange, member, text, bytes;
	int format, form;
	bool last;
};

static void
on_error(void *ctx, const struct tl_import_error *e)
{
	struct tl_buf *json = ctx;
	tl_js_open(json, NULL, '{');
	tl_js_int(json, "line", e->line);
	tl_js_int(json, "column", e->column);
	tl_js_z(json, "field", e->field);
	tl_js_z(json, "detail", e->why);
	tl_js_close(json, '}');
}

static int
read_import(
    struct tl_call *c, const struct tl_bank *b, struct import_ask *ask, struct tl_str *ret)
{
	static const struct tl_json_field fields[] = {
	    {"name", TL_J_STR, offsetof(struct import_ask, name), 0, 1000, NULL, false},
	    {"format", TL_J_ENUM, offsetof(struct import_ask, format), 0, 0,
		tl_import_format_names, false},
	    {"form", TL_J_ENUM, offsetof(struct import_ask, form), 0, 0, tl_entry_form_names,
		false},
	    {"exchange", TL_J_STR, offsetof(struct import_ask, exchange), 0, 256, NULL, false},
	    {"member", TL_J_STR, offsetof(struct import_ask, member), 0, 256, NULL, false},
	    {"state", TL_J_STR, offsetof(struct import_ask, state), 0, 1000, NULL, false},
	    {"text", TL_J_STR, offsetof(struct import_ask, text), 0, PART_BYTES, NULL, false},
	    {"bytes", TL_J_STR, offsetof(struct import_ask, bytes), 0, PART_BYTES / 3 * 4 + 4,
		NULL, false},
	    {"last", TL_J_BOOL, offsetof(struct import_ask, last), 0, 0, NULL, false},
	};
	int rc = TL_CALL_JSON(c, fields, ask);
	if (rc == 0 && ask->form >= 0 && !tl_bank_holds(b->kind, (enum tl_entry_form)ask->form))
		rc = tl_fail_at(TL_EFIELD, "/form", "a %s bank holds no entries of this form",
		    tl_bank_kind_names[b->kind]);
	if (rc < 0)
		return rc;
	*ret = ask->text;
	if (!ask->bytes.n)
		return 0;
	uint8_t *raw = tl_arena_alloc(c->arena, ask->bytes.n);
	size_t n = 0;
	rc = tl_arena_check(c->arena);
	if (rc == 0 && tl_unbase64(raw, ask->bytes.n, ask->bytes, &n) < 0)
		rc = tl_fail_at(TL_EFIELD, "/bytes", "is not base64");
	*ret = tl_bytes(raw, n);
	return rc;
}

/* A large file that needs a second person is proposed whole, so that both decide about all of it. */
static int
guard(struct tl_call *c, const struct tl_bank *b, const struct import_ask *ask,
    struct tl_str part)
{
	int64_t lines = part.n && part.p[part.n - 1] != '\n';
	for (size_t i = 0; i < part.n; i++)
		lines += part.p[i] == '\n';
	bool whole = ask->last && !ask->state.n;
	if (whole && lines <= LARGE_IMPORT)
		return 0;
	if (!whole && c->mode != TL_CALL_DIRECT)
		return tl_fail_at(TL_ECONFLICT, "/last",
		    "what needs a second person is proposed in one piece, at most 2 MB; larger "
		    "files by `tutela bank import`");
	return bank_guard(c, TL_GUARD_BANK_IMPORT, b, "lines", (struct tl_str){0},
	    tl_str(tl_arena_printf(c->arena, "%lld", (long long)lines)));
}

static int
record_import(struct tl_call *c, const struct tl_bank *b, const struct tl_import_counts *n)
{
	struct tl_buf TL_CLEANUP(tl_buf_fini) detail = {0};
	tl_buf_printf(&detail,
	    "%.*s: %lld added, %lld known (%lld last longer now), %lld expired, %lld "
	    "refused",
	    TL_ARG(b->name), (long long)n->added, (long long)n->known, (long long)n->extended,
	    (long long)n->expired, (long long)n->refused);
	return bank_audit(c, "bank.import", b, &detail);
}

/* In steps, each with its own line in the trail: nobody waits for long. */
static int
run_import(struct tl_call *c, const struct tl_bank *b, struct tl_import *i)
{
	struct tl_import_counts before = {0};
	int more = 1;
	while (more > 0) {
		int rc = tl_call_begin(c);
		if (rc < 0)
			return rc;
		rc = more = tl_import_step(i, c->db, STEP);
		struct tl_import_counts n = tl_import_counts(i);
		struct tl_import_counts step = {0, n.added - before.added,
		    n.known - before.known, n.extended - before.extended,
		    n.refused - before.refused, n.expired - before.expired};
		before = n;
		if (rc >= 0)
			rc = record_import(c, b, &step);
		rc = tl_call_end(c, more > 0 ? TL_SYNC_NORMAL : TL_SYNC_FULL, rc);
		if (rc < 0)
			return rc;
	}
	return more;
}

int
tl_console_bank_import(struct tl_call *c)
{
	struct tl_bank b = {0};
	struct import_ask ask = {.form = -1};
	struct tl_str part = {0};
	struct tl_import *i TL_CLEANUP(tl_import_destroyp) = NULL;
	struct tl_buf TL_CLEANUP(tl_buf_fini) errors = {0};
	struct tl_buf TL_CLEANUP(tl_buf_fini) state = {0};
	int rc = bank_load(c, &b);
	if (rc == 0)
		rc = read_import(c, &b, &ask, &part);
	if (rc == 0)
		rc = guard(c, &b, &ask, part);
	if (rc < 0)
		return rc;
	enum tl_entry_form form = (enum tl_entry_form)ask.form;
	const struct tl_import_options o = {.format = (enum tl_import_format)ask.format,
	    .name = ask.name,
	    .form = ask.form < 0 ? NULL : &form,
	    .exchange = ask.exchange,
	    .member = ask.member,
	    .state = ask.state,
	    .actor = c->actor,
	    .check = tl_detect_entry_check,
	    .on_error = on_error,
	    .ctx = &errors};
	tl_js_open(&errors, NULL, '[');
	struct tl_id from = tl_id_new(); /* ids rise: what is added has one between these two */
	rc = tl_import_create(&b, &o, &i);
	if (rc < 0)
		return rc;
	tl_import_push(i, part, ask.last);
	rc = run_import(c, &b, i);
	tl_js_close(&errors, ']');
	if (rc < 0)
		return rc;
	struct tl_import_counts n = tl_import_counts(i);
	tl_import_state(i, &state);
	tl_app_wake(c->app, TL_PROC_WORKER);
	tl_js_open(&c->out, NULL, '{');
	tl_js_z(&c->out, "format", tl_import_format_names[tl_import_format(i)]);
	tl_js_int(&c->out, "taken", (int64_t)(part.n - tl_import_left(i)));
	tl_js_str(&c->out, "state", tl_buf_str(&state));
	tl_js_int(&c->out, "lines", n.lines);
	tl_js_int(&c->out, "added", n.added);
	tl_js_int(&c->out, "present", n.known);
	tl_js_int(&c->out, "extended", n.extended);
	tl_js_int(&c->out, "expired", n.expired);
	tl_js_int(&c->out, "refused", n.refused);
	tl_js_id(&c->out, "from", from);
	tl_js_id(&c->out, "to", tl_id_new());
	tl_js_raw(&c->out, "errors", tl_buf_str(&errors));
	tl_js_close(&c->out, '}');
	return 0;
}

/* Export ----------------------------------------------------------------------------------- */

struct export_ask {
	struct tl_str before;
	int format;
};

static int
record_export(struct tl_call *c, const struct tl_bank *b, int format)
{
	int rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_call_audit(c, "bank.export", b->id,
	    tl_arena_printf(c->arena, "%.*s: %lld entries as %s", TL_ARG(b->name),
		(long long)b->entries, tl_import_format_names[format]));
	return tl_call_end(c, TL_SYNC_FULL, rc);
}

/* Entries into `text` until the page or the bytes are full; *before: the last one, nil when there are no more. */
static int
export_part(struct tl_call *c, const struct tl_bank *b, enum tl_import_format format,
    struct tl_id *before, struct tl_buf *text, int64_t *left_out)
{
	enum { STEP_ENTRIES = 200 };
	bool first = tl_id_is_nil(*before);
	for (size_t done = 0; done < EXPORT_ENTRIES && text->n < EXPORT_BYTES;) {
		struct tl_arena *a TL_CLEANUP(tl_arena_destroyp) = tl_arena_create(256U << 20);
		struct tl_bank_entry *list = NULL;
		size_t n = 0;
		int rc = tl_bank_entry_page(c->db, b->id, *before, STEP_ENTRIES, a, &list, &n);
		if (rc < 0)
			return rc;
		for (size_t i = 0; i < n; i++) {
			*left_out += !tl_export_entry(format, &list[i], first, a, text);
			first = false;
		}
		*before = n == STEP_ENTRIES ? list[n - 1].id : (struct tl_id){0};
		if (n < STEP_ENTRIES)
			return 0;
		done += n;
	}
	return 0;
}

int
tl_console_bank_export(struct tl_call *c)
{
	struct tl_bank b = {0};
	struct export_ask ask = {.format = TL_IMPORT_NDJSON};
	int64_t left_out = 0;
	static const struct tl_json_field fields[] = {
	    {"format", TL_J_ENUM, offsetof(struct export_ask, format), 0, 0,
		tl_import_format_names, false},
	    {"before", TL_J_STR, offsetof(struct export_ask, before), 36, 36, NULL, false}};
	struct tl_buf TL_CLEANUP(tl_buf_fini) text = {0};
	struct tl_id before = {0};
	int rc = bank_load(c, &b);
	if (rc == 0)
		rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0 && ask.before.n && tl_id_parse(ask.before, &before) < 0)
		rc = tl_fail_at(TL_EFIELD, "/before", "is not one of ours");
	if (rc == 0 && !ask.before.n)
		rc = record_export(c, &b, ask.format);
	enum tl_import_format format = (enum tl_import_format)ask.format;
	if (rc == 0 && !ask.before.n)
		tl_export_begin(format, &text);
	if (rc == 0)
		rc = export_part(c, &b, format, &before, &text, &left_out);
	if (rc < 0)
		return rc;
	if (tl_id_is_nil(before))
		tl_export_end(format, &text);
	tl_js_open(&c->out, NULL, '{');
	tl_js_z(&c->out, "type", tl_export_type(format));
	tl_js_z(&c->out, "ending", tl_export_ending(format));
	tl_js_str(&c->out, "text", tl_buf_str(&text));
	tl_js_int(&c->out, "left_out", left_out);
	tl_js_id(&c->out, "next", before);
	tl_js_close(&c->out, '}');
	return 0;
}
