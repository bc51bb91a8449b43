/*
 * JSON as it streams: an array of records, alone or as the member "entries" of an object. Ends of elements are found
 * by their brackets; each element is then read by the one strict parser (base/json.h).
 *
 * Promises: an element that cannot be read costs itself; one whose end cannot be found costs its line, and only
 * objects are taken for elements from there on. Failure: a text that holds no array of records ends with its reason.
 * Called by bank_reader.c.
 */
#include "store/bank_reader_int.h"

#include "base/arena.h"
#include "base/json.h"
#include "hash/pdq.h"

#define SPACE_MOST 64  /* between a bracket and its first frame */
#define TELL_BYTES 256 /* enough to see that, and the frame's hash */

enum phase {
	PHASE_START,
	PHASE_TOP,   /* in the object around the array */
	PHASE_FIRST, /* in the array, before an element or its end */
	PHASE_LOST,  /* the same, after an element without an end */
	PHASE_END,
	PHASE_ALONE /* arrays that are an entry each: a video's frames, a sound's words */
};

bool
bank_json_holds(struct tl_str name)
{
	static const char *const names[] = {
	    "entries", "records", "hashes", "signals", "matches"};
	for (size_t i = 0; i < TL_COUNT(names); i++) {
		if (tl_str_is(name, names[i]))
			return true;
	}
	return false;
}

/* Records ---------------------------------------------------------------------------------------------------- */

static struct tl_str
joined(struct tl_bank_reader *r, json_t *array, int code)
{
	if (code != TL_IMPORT_TAGS) { /* a value that is a list, such as a video's frames */
		char *text = json_dumps(array, JSON_COMPACT);
		struct tl_str s = tl_arena_dup(r->arena, tl_str(text));
		free(text);
		return s;
	}
	size_t i;
	json_t *tag;
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	json_array_foreach(array, i, tag)
	{
		struct tl_str s = tl_json_str(tag);
		if (b.n && s.n)
			tl_buf_byte(&b, TL_TAG_SEPARATOR);
		tl_buf_put(&b, s.p, s.n);
	}
	return tl_arena_dup(r->arena, tl_buf_str(&b));
}

bool
bank_json_tags(struct tl_bank_reader *r, struct tl_str text, struct tl_str *ret)
{
	json_t *TL_CLEANUP(tl_json_unref) j = NULL;
	if (tl_json_parse(text, &j) < 0 || !json_is_array(j))
		return false;
	*ret = joined(r, j, TL_IMPORT_TAGS);
	return true;
}

static struct tl_str
text_of(struct tl_bank_reader *r, json_t *v, int code)
{
	switch (json_typeof(v)) {
	case JSON_STRING:
		return code == TL_IMPORT_TAGS ? bank_reader_tags(r, tl_json_str(v))
					      : tl_json_str(v);
	case JSON_INTEGER:
		return tl_str(
		    tl_arena_printf(r->arena, "%lld", (long long)json_integer_value(v)));
	case JSON_REAL:
		return tl_str(tl_arena_printf(r->arena, "%.0f", json_real_value(v)));
	case JSON_TRUE:
		return TL_S("true");
	case JSON_FALSE:
		return TL_S("false");
	case JSON_ARRAY:
		return joined(r, v, code);
	case JSON_OBJECT:
	case JSON_NULL:
		break;
	}
	return (struct tl_str){0};
}

/* For people. */
static const char *
kind_of(const json_t *v)
{
	return json_is_number(v)    ? "a number"
	       : json_is_boolean(v) ? "true or false"
	       : json_is_array(v)   ? "a list"
	       : json_is_object(v)  ? "an object"
				    : "null";
}

/* What is no tag among tags; NULL: all of them are. */
static const json_t *
odd_tag(const json_t *v)
{
	size_t i;
	json_t *one;
	if (!json_is_array(v))
		return json_is_string(v) ? NULL : v;
	json_array_foreach(v, i, one)
	{
		if (!json_is_string(one))
			return one;
	}
	return NULL;
}

static void
fill(struct tl_bank_reader *r, json_t *object, struct tl_bank_record *ret)
{
	const char *name;
	json_t *v;
	json_object_foreach(object, name, v)
	{
		int code = tl_import_column(tl_str(name));
		if (code < 0 || json_is_null(v))
			continue;
		if (json_is_object(v)) {
			ret->wrong = tl_arena_printf(r->arena,
			    "%s: an object stands where a text, a number or a list is expected",
			    name);
			continue;
		}
		const json_t *odd = code == TL_IMPORT_TAGS ? odd_tag(v) : NULL;
		if (odd) {
			ret->wrong = tl_arena_printf(
			    r->arena, "%s: a tag is a text, not %s", name, kind_of(odd));
			continue;
		}
		struct tl_str s = text_of(r, v, code);
		if (code >= TL_IMPORT_FIELD_COUNT)
			ret->of_form[code - TL_IMPORT_FIELD_COUNT] = s;
		else
			ret->field[code] = s;
	}
}

/* A number behind `word` at the front of *text, which moves behind it and the two signs after it. 0: there is none. */
static int64_t
number_after(const char **text, const char *word)
{
	size_t n = strlen(word), digits;
	int64_t v = 0;
	if (strncmp(*text, word, n) != 0)
		return 0;
	digits = strspn(*text + n, "0123456789");
	if (tl_parse_i64(tl_bytes(*text + n, digits), 1, INT32_MAX, &v) < 0)
		return 0;
	*text += n + digits;
	*text += strlen(*text) < 2 ? 0 : 2;
	return v;
}

/* "line 2, column 5: what" of a part, as what of the whole file. */
static void
parse_failed(struct tl_bank_reader *r, struct tl_bank_record *ret)
{
	const char *text = tl_err_text();
	int64_t line = number_after(&text, "line ");
	int64_t column = line ? number_after(&text, "column ") : 0;
	ret->line += line ? line - 1 : 0;
	ret->column = (int)column;
	ret->wrong = tl_arena_printf(r->arena, "this is not JSON: %s", text);
}

/* By its first element: "<64 hex digits>,… of a video, a number of a sound. */
bool
bank_json_alone(const struct tl_bank_reader *r, struct tl_str s)
{
	struct tl_pdq hash;
	size_t at = 1;
	if ((r->kind != TL_BANK_VIDEO && r->kind != TL_BANK_SOUND) || s.n == 0 || s.p[0] != '[')
		return false;
	while (at < s.n && at < SPACE_MOST &&
	       (s.p[at] == ' ' || s.p[at] == '\t' || s.p[at] == '\r' || s.p[at] == '\n'))
		at++;
	if (r->kind == TL_BANK_SOUND)
		return at < s.n && ((s.p[at] >= '0' && s.p[at] <= '9') || s.p[at] == '-');
	return s.n - at > 66 && s.p[at] == '"' && s.p[at + 65] == ',' &&
	       tl_pdq_unhex(tl_bytes(s.p + at + 1, 64), &hash) == 0;
}

void
bank_json_record(struct tl_bank_reader *r, struct tl_str text, struct tl_bank_record *ret)
{
	json_decref(r->element);
	r->element = NULL;
	bool plain = text.p[0] != '{' && text.p[0] != '[';
	if (plain) { /* the parser reads objects and arrays only */
		tl_buf_reset(&r->text);
		tl_buf_byte(&r->text, '[');
		tl_buf_put(&r->text, text.p, text.n);
		tl_buf_byte(&r->text, ']');
		text = tl_buf_str(&r->text);
	}
	if (tl_json_parse(text, &r->element) < 0) {
		parse_failed(r, ret);
		ret->column -= plain && ret->column > 1; /* the bracket */
		return;
	}
	if (bank_json_alone(r, text)) { /* one entry, as it stands */
		ret->field[TL_IMPORT_VALUE] = joined(r, r->element, TL_IMPORT_VALUE);
		return;
	}
	if (json_is_array(r->element) && json_array_size(r->element) == 1 &&
	    json_is_string(json_array_get(r->element, 0))) {
		ret->field[TL_IMPORT_VALUE] = tl_json_str(json_array_get(r->element, 0));
		return;
	}
	if (!json_is_object(r->element)) {
		const json_t *is = plain ? json_array_get(r->element, 0) : r->element;
		ret->wrong = tl_arena_printf(
		    r->arena, "an entry is an object or a string, not %s", kind_of(is));
		return;
	}
	fill(r, r->element, ret);
	json_t *provenance = json_object_get(r->element, "provenance");
	if (json_is_object(provenance))
		fill(r, provenance, ret);
	else if (provenance && !json_is_null(provenance))
		ret->wrong = tl_arena_printf(
		    r->arena, "provenance: an object is expected, not %s", kind_of(provenance));
	if (tl_arena_check(r->arena) < 0)
		ret->wrong = "the entry is too large";
}

/* Ends ------------------------------------------------------------------------------------------------------- */

/* Bytes of the value at the front; 0: its end is not here; -1: there is no value, or a line ends inside of its text. */
static ptrdiff_t
value_end(struct tl_str s, bool last)
{
	int64_t depth = 0;
	bool in_text = false;
	bool plain = s.p[0] != '{' && s.p[0] != '[' && s.p[0] != '"';
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (in_text) {
			if (c == '\n')
				return -1;
			i += c == '\\';
			in_text = c != '"';
			if (!in_text && depth == 0 && i < s.n)
				return (ptrdiff_t)i + 1;
			continue;
		}
		if (plain && (c == ',' || c == ']' || c == '}' || c == '\n'))
			return i ? (ptrdiff_t)i : -1;
		in_text = c == '"' && !plain;
		depth += (c == '{' || c == '[') - (c == '}' || c == ']');
		if (!plain && !in_text && depth <= 0)
			return (ptrdiff_t)i + 1;
	}
	return plain && last ? (ptrdiff_t)s.n : 0;
}

static void
skip_space(struct tl_bank_reader *r, struct tl_str *in, bool commas)
{
	size_t n = 0;
	while (n < in->n && (in->p[n] == ' ' || in->p[n] == '\t' || in->p[n] == '\r' ||
				in->p[n] == '\n' || (commas && in->p[n] == ',')))
		n++;
	bank_reader_take(r, in, n);
}

static int
no_entries(const struct tl_bank_reader *r, const char *why)
{
	return tl_fail(TL_EPARSE,
	    "line %lld: %s; the entries are an array, or the member \"entries\" of an object",
	    (long long)r->line, why);
}

/* One member of the object around; moves into the array when it holds the entries. 1: go on. 0: more bytes. */
static int
top_member(struct tl_bank_reader *r, struct tl_str *in, bool last)
{
	if (in->p[0] == '}')
		return no_entries(r, "this JSON holds no entries");
	struct tl_str s = *in;
	ptrdiff_t n = s.p[0] == '"' ? value_end(s, last) : -1;
	if (n < 0)
		return no_entries(r, "a member's name is expected");
	struct tl_str name = n >= 2 ? tl_bytes(s.p + 1, (size_t)n - 2) : (struct tl_str){0};
	struct tl_bank_reader at = *r; /* counts lines; given up when the member is not whole */
	bank_reader_take(&at, &s, (size_t)n);
	skip_space(&at, &s, false);
	bool more = n == 0 || !s.n;
	if (!more && s.p[0] != ':')
		return no_entries(r, "a colon is expected");
	if (!more) {
		bank_reader_take(&at, &s, 1);
		skip_space(&at, &s, false);
		more = !s.n;
	}
	bool entries = !more && s.p[0] == '[' && bank_json_holds(name);
	n = more ? 0 : entries ? 1 : value_end(s, last);
	if (n == 0 && !last && in->n <= TL_RECORD_BYTES)
		return 0;
	if (n <= 0)
		return no_entries(r, "a member has no end");
	bank_reader_take(&at, &s, (size_t)n);
	r->line = at.line;
	*in = s;
	if (entries)
		r->phase = PHASE_FIRST;
	return 1;
}

static int
element(struct tl_bank_reader *r, struct tl_str *in, bool last, struct tl_bank_record *ret)
{
	ptrdiff_t n = value_end(*in, last);
	if (n == 0 && !last && in->n <= TL_RECORD_BYTES)
		return 0;
	if (n <= 0 || (size_t)n > TL_RECORD_BYTES) {
		r->phase = PHASE_LOST;
		return bank_reader_lost(r, in, last, n < 0 ? 0 : in->n,
		    n < 0 ? "this is no entry, or a text in it is not closed on its line"
			  : "the entry has no end",
		    ret);
	}
	ret->line = r->line;
	bank_json_record(r, tl_bytes(in->p, (size_t)n), ret);
	if (!ret->wrong)
		r->phase = PHASE_FIRST;
	bank_reader_take(r, in, (size_t)n);
	return 1;
}

/* What there is to say when the file ends; 1: *ret says it. */
static int
file_ends(struct tl_bank_reader *r, struct tl_bank_record *ret)
{
	int phase = r->phase;
	r->phase = PHASE_END;
	if (phase < PHASE_FIRST)
		return no_entries(r, "this JSON holds no entries");
	if (phase != PHASE_FIRST) /* it was said, or all is well */
		return 0;
	ret->line = r->line;
	ret->wrong = "the array has no end: the file may be cut off";
	return 1;
}

/* What is left of an element without an end. */
static void
pass_line(struct tl_bank_reader *r, struct tl_str *in, bool last)
{
	const uint8_t *nl = memchr(in->p, '\n', in->n);
	r->skipping = !nl && !last;
	bank_reader_take(r, in, nl ? (size_t)(nl + 1 - in->p) : in->n);
}

/* At a bracket of the array itself, or of what is around it: 1, it was taken. */
static int
bracket(struct tl_bank_reader *r, struct tl_str *in)
{
	uint8_t c = in->p[0];
	bool begins = r->phase == PHASE_START;
	if (begins && c != '[' && c != '{')
		return no_entries(r, "this is not JSON");
	if (!begins && !(r->phase == PHASE_FIRST && c == ']'))
		return 0;
	r->phase = c == ']' ? PHASE_END : c == '[' ? PHASE_FIRST : PHASE_TOP;
	bank_reader_take(r, in, 1);
	return 1;
}

int
bank_json_next(
    struct tl_bank_reader *r, struct tl_str *in, bool last, struct tl_bank_record *ret)
{
	for (;;) {
		skip_space(r, in, r->phase != PHASE_START);
		if (r->phase == PHASE_END)
			*in = tl_bytes(in->p + in->n, 0);
		if (!in->n)
			return last ? file_ends(r, ret) : 0;
		if (r->phase == PHASE_START && in->n < TELL_BYTES && !last &&
		    (r->kind == TL_BANK_VIDEO || r->kind == TL_BANK_SOUND))
			return 0; /* not enough to tell */
		if (r->phase == PHASE_START && bank_json_alone(r, *in))
			r->phase = PHASE_ALONE;
		if (r->phase == PHASE_ALONE) {
			int one = element(r, in, last, ret);
			r->phase = PHASE_ALONE;
			return one;
		}
		if (r->phase == PHASE_LOST && in->p[0] != '{') {
			pass_line(r, in, last);
			continue;
		}
		int rc = bracket(r, in);
		if (rc == 0 && r->phase != PHASE_TOP)
			return element(r, in, last, ret);
		if (rc == 0)
			rc = top_member(r, in, last);
		if (rc <= 0)
			return rc;
	}
}
