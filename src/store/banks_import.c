/*
 * Importing a bank from a file in any of its formats, as it streams in: records become entries, checked like those
 * that are added by hand.
 *
 * Promises: a bad record is reported with its line and field and left out, the others go in; memory does not grow
 * with the file; the same file again changes nothing. Failure: what the reader says of the whole file, or what the
 * store itself says (then the caller rolls back). Called by console, CLI and `init`.
 */
#include "store/banks_import.h"

#include "base/arena.h"
#include "base/json.h"
#include "sys/clock.h"

#include <strings.h>

#define NOTE_MAX_BYTES 1024

struct tl_import {
	struct tl_bank bank; /* id and kind only */
	struct tl_import_options o;
	struct tl_bank_reader reader;
	struct tl_buf rest;     /* what was pushed and not read yet */
	size_t at;              /* how much of it was read */
	bool last, open;        /* the last line has no end so far */
	struct tl_arena *arena; /* of one record */
	struct tl_import_counts counts;
};

int
tl_import_create(
    const struct tl_bank *b, const struct tl_import_options *o, struct tl_import **ret)
{
	struct tl_import *i = calloc(1, sizeof *i);
	if (!i)
		abort();
	i->bank = (struct tl_bank){.id = b->id, .kind = b->kind};
	i->o = *o;
	i->arena = tl_arena_create(4 * TL_RECORD_BYTES);
	tl_bank_reader_init(&i->reader, b->kind, o->format, o->name);
	int rc = o->state.n ? tl_bank_reader_resume(&i->reader, o->state) : 0;
	if (rc < 0)
		tl_import_destroy(i);
	else
		*ret = i;
	return rc;
}

void
tl_import_destroy(struct tl_import *i)
{
	if (!i)
		return;
	tl_bank_reader_fini(&i->reader);
	tl_buf_fini(&i->rest);
	tl_arena_destroy(i->arena);
	free(i);
}

void
tl_import_destroyp(struct tl_import **i)
{
	tl_import_destroy(*i);
	*i = NULL;
}

/* Values ------------------------------------------------------------------------------------------------------ */

/* Takes "form:" off the front when it names a form. */
static bool
named_form(struct tl_str *s, enum tl_entry_form *ret)
{
	for (int f = 0; f < tl_entry_form_count; f++) {
		struct tl_str name = tl_str(tl_entry_form_names[f]);
		if (s->n > name.n && s->p[name.n] == ':' && memcmp(s->p, name.p, name.n) == 0) {
			*s = tl_bytes(s->p + name.n + 1, s->n - name.n - 1);
			while (s->n && s->p[0] == ' ')
				*s = tl_bytes(s->p + 1, s->n - 1);
			*ret = (enum tl_entry_form)f;
			return true;
		}
	}
	return false;
}

/* Which forms a kind of bank holds, for people. */
static const char *
forms_of(enum tl_bank_kind kind, struct tl_arena *arena)
{
	const char *text = "";
	for (int f = 0; f < tl_entry_form_count; f++) {
		if (tl_bank_holds(kind, (enum tl_entry_form)f))
			text = tl_arena_printf(
			    arena, "%s%s%s", text, *text ? ", " : "", tl_entry_form_names[f]);
	}
	return text;
}

int
tl_bank_value_guess(enum tl_bank_kind kind, struct tl_str text, struct tl_arena *arena,
    enum tl_entry_form *ret_form, struct tl_str *ret_value)
{
	int rc = 0, tried = 0;
	if (kind == TL_BANK_TEXT) {
		*ret_form = memchr(text.p, ' ', text.n) ? TL_FORM_PHRASE : TL_FORM_WORD;
		return tl_bank_value_parse(*ret_form, text, arena, ret_value);
	}
	for (int f = 0; f < tl_entry_form_count; f++) {
		if (!tl_bank_holds(kind, (enum tl_entry_form)f))
			continue;
		tried++;
		rc = tl_bank_value_parse((enum tl_entry_form)f, text, arena, ret_value);
		*ret_form = (enum tl_entry_form)f;
		if (rc == 0)
			return 0;
	}
	return tried == 1 ? rc
			  : tl_fail_at(TL_EFIELD, "/value",
				"this is no value of any form here: %s", forms_of(kind, arena));
}

int
tl_bank_value_read(enum tl_bank_kind kind, struct tl_str text, struct tl_arena *arena,
    enum tl_entry_form *ret_form, struct tl_str *ret_value)
{
	if (!named_form(&text, ret_form))
		return tl_bank_value_guess(kind, text, arena, ret_form, ret_value);
	if (!tl_bank_holds(kind, *ret_form))
		return tl_fail_at(TL_EFIELD, "/form",
		    "a %s bank holds no %s values; it holds: %s", tl_bank_kind_names[kind],
		    tl_entry_form_names[*ret_form], forms_of(kind, arena));
	return tl_bank_value_parse(*ret_form, text, arena, ret_value);
}

/* Fields ------------------------------------------------------------------------------------------------------ */

static int
at_field(enum tl_import_field f, const char *why)
{
	char name[24], pointer[26];
	(void)snprintf(pointer, sizeof pointer, "/%s", tl_import_field_name(f, name));
	return tl_fail_at(TL_EFIELD, pointer, "%s", why);
}

/* A date, a date and time, or seconds since 1970. */
int
tl_import_time(struct tl_str s, int64_t *ret)
{
	char text[32];
	int64_t seconds;
	if (s.n == 10 && s.p[4] == '-') {
		(void)snprintf(text, sizeof text, "%.*sT00:00:00Z", TL_ARG(s));
		return tl_time_parse(tl_str(text), ret);
	}
	if (tl_parse_i64(s, 1, (int64_t)1 << 36, &seconds) == 0) {
		*ret = seconds * 1000000;
		return 0;
	}
	return tl_time_parse(s, ret);
}

static int
time_of(const struct tl_bank_record *r, enum tl_import_field f, int64_t *ret)
{
	if (!r->field[f].n || tl_import_time(r->field[f], ret) == 0)
		return 0;
	return at_field(
	    f, "is no date (2027-03-31) and no date and time (2027-03-31T12:00:00Z)");
}

static int
bool_of(const struct tl_bank_record *r, enum tl_import_field f, bool *ret)
{
	static const struct {
		const char *word;
		bool means;
	} words[] = {{"true", true}, {"yes", true}, {"1", true}, {"false", false},
	    {"no", false}, {"0", false}};
	struct tl_str s = r->field[f];
	for (size_t i = 0; i < TL_COUNT(words) && s.n; i++) {
		if (s.n == strlen(words[i].word) &&
		    strncasecmp((const char *)s.p, words[i].word, s.n) == 0) {
			*ret = words[i].means;
			return 0;
		}
	}
	return s.n ? at_field(f, "is neither true nor false") : 0;
}

static int
check_texts(const struct tl_bank_record *r)
{
	for (int f = 0; f < TL_IMPORT_FIELD_COUNT; f++) {
		struct tl_str s = r->field[f];
		if (s.n && memchr(s.p, 0, s.n))
			return at_field((enum tl_import_field)f, "holds a NUL byte");
		if (s.n && !tl_utf8_valid(s))
			return at_field((enum tl_import_field)f, "is not valid UTF-8");
	}
	for (int f = 0; f < tl_entry_form_count; f++) {
		if (r->of_form[f].n && memchr(r->of_form[f].p, 0, r->of_form[f].n))
			return at_field(TL_IMPORT_VALUE, "holds a NUL byte");
	}
	return r->field[TL_IMPORT_NOTE].n > NOTE_MAX_BYTES
		   ? at_field(TL_IMPORT_NOTE, "is longer than 1024 bytes")
		   : 0;
}

static struct tl_str
provenance(struct tl_import *i, const struct tl_bank_record *r)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	const struct tl_str *f = r->field;
	struct tl_provenance p = {
	    .exchange = f[TL_IMPORT_EXCHANGE].n ? f[TL_IMPORT_EXCHANGE] : i->o.exchange,
	    .record = f[TL_IMPORT_RECORD],
	    .member = f[TL_IMPORT_MEMBER].n ? f[TL_IMPORT_MEMBER] : i->o.member,
	    .tags = f[TL_IMPORT_TAGS],
	    .decision = f[TL_IMPORT_DECISION],
	    .url = f[TL_IMPORT_URL]};
	tl_provenance_write(&p, &b);
	return tl_arena_dup(i->arena, tl_buf_str(&b));
}

/* All but the value. */
static int
read_fields(struct tl_import *i, const struct tl_bank_record *r, struct tl_bank_entry *e)
{
	*e = (struct tl_bank_entry){.enabled = true,
	    .note = r->field[TL_IMPORT_NOTE],
	    .classification = r->field[TL_IMPORT_CLASSIFICATION],
	    .added_by = tl_str(i->o.actor)};
	int rc = check_texts(r);
	if (rc == 0)
		rc = time_of(r, TL_IMPORT_EXPIRES, &e->expires_at);
	if (rc == 0)
		rc = time_of(r, TL_IMPORT_DISABLED_UNTIL, &e->disabled_until);
	if (rc == 0)
		rc = bool_of(r, TL_IMPORT_ENABLED, &e->enabled);
	if (rc == 0)
		rc = bool_of(r, TL_IMPORT_REVIEW_ONLY, &e->review_only);
	if (e->disabled_until)
		e->enabled = false;
	e->provenance = provenance(i, r);
	return rc < 0 ? rc : tl_arena_check(i->arena);
}

/* The value of a record that does not stand in a column named as a form. */
static int
read_value(struct tl_import *i, const struct tl_bank_record *r, struct tl_bank_entry *e)
{
	struct tl_str word = r->field[TL_IMPORT_FORM], value = r->field[TL_IMPORT_VALUE];
	int form = -1;
	if (!value.n)
		return at_field(TL_IMPORT_VALUE, "there is no value");
	if (word.n && tl_word_parse(tl_entry_form_names, word, &form) < 0)
		return tl_fail_at(TL_EFIELD, "/form", "is no form; this bank holds: %s",
		    forms_of(i->bank.kind, i->arena));
	enum tl_entry_form named;
	struct tl_str behind = value;
	bool front = named_form(&behind, &named);
	/* A form of its own leaves a term as it is; that of all is for what says none in front. */
	if (form >= 0 && front && i->bank.kind != TL_BANK_TEXT && (int)named == form)
		value = behind;
	if (form < 0 && !front && i->o.form)
		form = (int)*i->o.form;
	if (form < 0)
		return tl_bank_value_read(i->bank.kind, value, i->arena, &e->form, &e->value);
	e->form = (enum tl_entry_form)form;
	if (!tl_bank_holds(i->bank.kind, e->form))
		return tl_fail_at(TL_EFIELD, "/form",
		    "a %s bank holds no %s values; it holds: %s",
		    tl_bank_kind_names[i->bank.kind], tl_entry_form_names[form],
		    forms_of(i->bank.kind, i->arena));
	return tl_bank_value_parse(e->form, value, i->arena, &e->value);
}

/*
 * Of a video the looks that its text cannot say, as an export of ours has them: they take the value's place when its
 * seconds are the same.
 */
static int
take_looks(struct tl_import *i, const struct tl_bank_record *r, struct tl_bank_entry *e)
{
	struct tl_buf own TL_CLEANUP(tl_buf_fini) = {0};
	struct tl_buf said TL_CLEANUP(tl_buf_fini) = {0};
	struct tl_str text = r->field[TL_IMPORT_LOOKS];
	size_t n = 0;
	if (!text.n || e->form != TL_FORM_VPDQ)
		return 0;
	uint8_t *raw = tl_arena_alloc(i->arena, text.n);
	if (!raw)
		return tl_arena_check(i->arena);
	if (tl_unbase64(raw, text.n, text, &n) < 0 ||
	    tl_bank_value_check(TL_FORM_VPDQ, tl_bytes(raw, n)) < 0)
		return at_field(TL_IMPORT_LOOKS, "they are no looks of an export");
	tl_bank_value_text(e->form, e->value, &said);
	tl_bank_value_text(e->form, tl_bytes(raw, n), &own);
	if (!tl_str_eq(tl_buf_str(&said), tl_buf_str(&own)))
		return at_field(TL_IMPORT_LOOKS, "they are of another video than the value");
	e->value = tl_bytes(raw, n);
	return 0;
}

/* Records ----------------------------------------------------------------------------------------------------- */

static void
refuse(struct tl_import *i, const struct tl_bank_record *r, const char *field, const char *why)
{
	i->counts.refused++;
	if (i->o.on_error)
		i->o.on_error(i->o.ctx, &(struct tl_import_error){.line = r->line,
					    .column = r->column,
					    .field = field[0] == '/' ? field + 1 : field,
					    .why = why});
}

/* Puts one entry in. What is wrong with it is counted; other failures come back. */
static int
put(struct tl_import *i, struct tl_db *db, const struct tl_bank_record *r,
    struct tl_bank_entry *e, int rc)
{
	if (rc == 0 && i->o.check)
		rc = i->o.check(e->form, e->value);
	if (rc == 0 && e->expires_at && e->expires_at <= tl_now_us()) {
		i->counts.expired++; /* it would match nothing, and shortens nothing */
		return 0;
	}
	if (rc == 0)
		rc = tl_bank_entry_list(db, &i->bank, e);
	if (rc == TL_EEXISTS || rc > 0) {
		i->counts.known++;
		i->counts.extended += rc > 0;
		return 0;
	}
	if (rc == 0) {
		i->counts.added++;
		return 0;
	}
	if (tl_err_kind(rc) != TL_INPUT && rc != TL_ETOOBIG)
		return rc;
	refuse(i, r, tl_err_field(), tl_err_text());
	return 0;
}

static int
take(struct tl_import *i, struct tl_db *db, const struct tl_bank_record *r)
{
	struct tl_bank_entry e;
	tl_arena_reset(i->arena);
	if (r->wrong) {
		refuse(i, r, "", r->wrong);
		return 0;
	}
	int rc = read_fields(i, r, &e);
	if (rc < 0)
		return put(i, db, r, &e, rc);
	bool any = false;
	for (int f = 0; f < tl_entry_form_count; f++) {
		if (!r->of_form[f].n || !tl_bank_holds(i->bank.kind, (enum tl_entry_form)f))
			continue;
		any = true;
		struct tl_bank_entry one = e;
		one.form = (enum tl_entry_form)f;
		rc = tl_bank_value_parse(one.form, r->of_form[f], i->arena, &one.value);
		rc = put(i, db, r, &one, rc);
		if (rc < 0)
			return rc;
	}
	if (any && !r->field[TL_IMPORT_VALUE].n)
		return 0;
	rc = read_value(i, r, &e);
	if (rc == 0)
		rc = take_looks(i, r, &e);
	return put(i, db, r, &e, rc);
}

void
tl_import_push(struct tl_import *i, struct tl_str bytes, bool last)
{
	if (i->at) {
		memmove(i->rest.p, i->rest.p + i->at, i->rest.n - i->at);
		i->rest.n -= i->at;
		i->at = 0;
	}
	tl_buf_put(&i->rest, bytes.p, bytes.n);
	i->last = last;
	if (bytes.n)
		i->open = bytes.p[bytes.n - 1] != '\n';
}

int
tl_import_step(struct tl_import *i, struct tl_db *db, int64_t most)
{
	struct tl_str in = tl_bytes(i->rest.p + i->at, i->rest.n - i->at);
	int rc = 1;
	while (most-- > 0) {
		struct tl_bank_record r;
		rc = tl_bank_reader_next(&i->reader, &in, i->last, &r);
		i->at = i->rest.n - in.n;
		if (rc <= 0)
			break;
		rc = take(i, db, &r);
		if (rc < 0)
			break;
		rc = 1;
	}
	i->counts.lines = i->reader.line ? i->reader.line - 1 : 0;
	if (i->last && rc == 0 && i->open)
		i->counts.lines++;
	return rc;
}

int
tl_import_all(struct tl_import *i, struct tl_db *db, struct tl_str bytes)
{
	int rc = 1;
	tl_import_push(i, bytes, true);
	while (rc > 0)
		rc = tl_import_step(i, db, 1000);
	return rc;
}

size_t
tl_import_left(const struct tl_import *i)
{
	return i->rest.n - i->at;
}

void
tl_import_state(const struct tl_import *i, struct tl_buf *out)
{
	tl_bank_reader_save(&i->reader, out);
}

enum tl_import_format
tl_import_format(const struct tl_import *i)
{
	return i->reader.format;
}

struct tl_import_counts
tl_import_counts(const struct tl_import *i)
{
	return i->counts;
}
