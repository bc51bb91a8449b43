/*
 * Importing a bank from lines of text, as they stream in.
 *
 * Promises: a bad line is reported with its number and left out, the others go in; memory does not grow with
 * the file. Failure: what the store itself says (then the caller rolls back). Called by console and CLI.
 */
#include "store/banks.h"

#include "base/arena.h"

#define LINE_MAX_BYTES 4096

struct tl_import {
	struct tl_bank bank; /* borrowed strings are not used after create */
	struct tl_buf provenance;
	struct tl_buf line;
	bool too_long;
	struct tl_arena *arena;
	tl_entry_check_fn check;
	tl_import_error_fn on_error;
	void *ctx;
	struct tl_import_counts counts;
};

struct tl_import *
tl_import_create(const struct tl_bank *b, struct tl_str provenance, tl_entry_check_fn check,
    tl_import_error_fn on_error, void *ctx)
{
	struct tl_import *i = calloc(1, sizeof *i);
	if (!i)
		abort();
	i->bank = (struct tl_bank){.id = b->id, .kind = b->kind};
	tl_buf_put(&i->provenance, provenance.p, provenance.n);
	i->arena = tl_arena_create((size_t)1 << 16);
	i->check = check;
	i->on_error = on_error;
	i->ctx = ctx;
	return i;
}

void
tl_import_destroy(struct tl_import *i)
{
	if (!i)
		return;
	tl_buf_fini(&i->provenance);
	tl_buf_fini(&i->line);
	tl_arena_destroy(i->arena);
	free(i);
}

static struct tl_str
trim(struct tl_str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = tl_bytes(s.p + 1, s.n - 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

/* Takes "form:" off the front when it names a form of this kind of bank. */
static bool
named_form(enum tl_bank_kind kind, struct tl_str *s, enum tl_entry_form *ret)
{
	for (int f = 0; f < tl_entry_form_count; f++) {
		if (!tl_bank_holds(kind, (enum tl_entry_form)f))
			continue;
		struct tl_str name = tl_str(tl_entry_form_names[f]);
		if (s->n > name.n && memcmp(s->p, name.p, name.n) == 0 && s->p[name.n] == ':') {
			*s = trim(tl_bytes(s->p + name.n + 1, s->n - name.n - 1));
			*ret = (enum tl_entry_form)f;
			return true;
		}
	}
	return false;
}

static enum tl_entry_form
guess_form(enum tl_bank_kind kind, struct tl_str s)
{
	switch (kind) {
	case TL_BANK_PDQ:
		return TL_FORM_PDQ;
	case TL_BANK_DIGEST:
		return s.n == 32 ? TL_FORM_MD5 : TL_FORM_SHA256;
	case TL_BANK_VIDEO:
		return TL_FORM_VPDQ;
	case TL_BANK_SOUND:
		return TL_FORM_CHROMAPRINT;
	case TL_BANK_TEXT:
	case tl_bank_kind_count:
		break;
	}
	return memchr(s.p, ' ', s.n) ? TL_FORM_PHRASE : TL_FORM_WORD;
}

static int
parse_line(struct tl_import *i, struct tl_str s, struct tl_bank_entry *e)
{
	*e = (struct tl_bank_entry){.enabled = true, .provenance = tl_buf_str(&i->provenance)};
	const uint8_t *tab = memchr(s.p, '\t', s.n);
	if (tab) {
		e->note = trim(tl_bytes(tab + 1, s.n - (size_t)(tab + 1 - s.p)));
		s = trim(tl_bytes(s.p, (size_t)(tab - s.p)));
	}
	if (!tl_utf8_valid(e->note))
		return tl_fail(TL_EUTF8, "the note is not valid UTF-8");
	if (!named_form(i->bank.kind, &s, &e->form))
		e->form = guess_form(i->bank.kind, s);
	int rc = tl_bank_value_parse(e->form, s, i->arena, &e->value);
	if (rc == 0 && i->check)
		rc = i->check(e->form, e->value);
	return rc;
}

static void
refuse(struct tl_import *i, const char *why)
{
	i->counts.refused++;
	if (i->on_error)
		i->on_error(i->ctx, i->counts.lines, why);
}

static int
take_line(struct tl_import *i, struct tl_db *db)
{
	struct tl_str s = trim(tl_buf_str(&i->line));
	i->counts.lines++;
	if (i->too_long) {
		refuse(i, "the line is too long");
		return 0;
	}
	if (i->counts.lines == 1 && s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0)
		s = trim(tl_bytes(s.p + 3, s.n - 3));
	if (s.n == 0 || s.p[0] == '#')
		return 0;
	struct tl_bank_entry e;
	tl_arena_reset(i->arena);
	int rc = parse_line(i, s, &e);
	if (rc == 0)
		rc = tl_bank_entry_add(db, &i->bank, &e);
	if (rc == TL_EEXISTS) {
		i->counts.known++;
		return 0;
	}
	if (rc == 0)
		i->counts.added++;
	if (rc < 0 && tl_err_kind(rc) == TL_INPUT) {
		refuse(i, tl_err_text());
		return 0;
	}
	return rc;
}

static void
keep(struct tl_import *i, struct tl_str part)
{
	if (i->line.n + part.n > LINE_MAX_BYTES)
		i->too_long = true;
	else
		tl_buf_put(&i->line, part.p, part.n);
}

static int
end_line(struct tl_import *i, struct tl_db *db)
{
	int rc = take_line(i, db);
	tl_buf_reset(&i->line);
	i->too_long = false;
	return rc;
}

int
tl_import_feed(struct tl_import *i, struct tl_db *db, struct tl_str bytes)
{
	while (bytes.n) {
		const uint8_t *nl = memchr(bytes.p, '\n', bytes.n);
		size_t n = nl ? (size_t)(nl - bytes.p) : bytes.n;
		keep(i, tl_bytes(bytes.p, n));
		if (!nl)
			return 0;
		int rc = end_line(i, db);
		if (rc < 0)
			return rc;
		bytes = tl_bytes(nl + 1, bytes.n - n - 1);
	}
	return 0;
}

int
tl_import_finish(struct tl_import *i, struct tl_db *db, struct tl_import_counts *ret)
{
	int rc = i->line.n || i->too_long ? end_line(i, db) : 0;
	if (rc == 0)
		*ret = i->counts;
	return rc;
}
