/*
 * Files of bank entries: which format it is, plain lines, and the state between two parts of a file.
 *
 * Promises: memory is bounded by one record of TL_RECORD_BYTES; a record without an end costs its first line, not the
 * file; how the bytes are cut changes nothing. Failure: a file that is something else ends with its reason.
 * Called by the import (banks_import.c).
 */
#include "store/bank_reader_int.h"

#include <strings.h>

#include "base/arena.h"
#include "base/json.h"
#include "hash/sound_match.h"
#include "hash/video.h"

#define SNIFF_BYTES ((size_t)64 << 10)
#define FAR_BYTES 4096U    /* a search for an end that goes farther is counted */
#define SEARCHES_MAX 1000U /* then the file is given up: it would take for ever */

static const char *const field_names[TL_IMPORT_FIELD_COUNT] = {
#define F(name, names, help) [name] = names,
#include "store/import.tbl.h"
#undef F
};

const char *
tl_import_field_name(enum tl_import_field f, char dst[24])
{
	size_t n = strcspn(field_names[f], " ");
	memcpy(dst, field_names[f], n);
	dst[n] = 0;
	return dst;
}

/* One of the words of `names`, whatever the case, with space and hyphen for the low line. */
static bool
is_one_of(struct tl_str name, const char *names)
{
	for (const char *at = names; *at;) {
		size_t n = strcspn(at, " "), i = 0;
		while (i < n && n == name.n) {
			uint8_t c = name.p[i];
			c = c == ' ' || c == '-' ? '_' : c >= 'A' && c <= 'Z' ? c | 0x20 : c;
			if (c != (uint8_t)at[i])
				break;
			i++;
		}
		if (i == n && n == name.n)
			return true;
		at += n + (at[n] == ' ');
	}
	return false;
}

int
tl_import_column(struct tl_str name)
{
	name = bank_trim(name);
	for (int f = 0; f < TL_IMPORT_FIELD_COUNT; f++) {
		if (is_one_of(name, field_names[f]))
			return f;
	}
	for (int f = 0; f < tl_entry_form_count; f++) {
		if (is_one_of(name, tl_entry_form_names[f]))
			return TL_IMPORT_FIELD_COUNT + f;
	}
	return -1;
}

struct tl_str
bank_trim(struct tl_str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\r'))
		s = tl_bytes(s.p + 1, s.n - 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

static bool
ends(struct tl_str name, const char *with)
{
	size_t n = strlen(with);
	return name.n > n && strncasecmp((const char *)name.p + name.n - n, with, n) == 0;
}

void
tl_bank_reader_init(struct tl_bank_reader *r, enum tl_bank_kind kind,
    enum tl_import_format format, struct tl_str name)
{
	static const struct {
		const char *ending;
		enum tl_import_format format;
	} endings[] = {{".csv", TL_IMPORT_CSV}, {".tsv", TL_IMPORT_CSV},
	    {".ndjson", TL_IMPORT_NDJSON}, {".jsonl", TL_IMPORT_NDJSON}};
	*r = (struct tl_bank_reader){.kind = kind, .format = format};
	for (size_t i = 0; i < TL_COUNT(endings) && r->format == TL_IMPORT_AUTO; i++) {
		if (ends(name, endings[i].ending))
			r->format = endings[i].format;
	}
	r->arena = tl_arena_create(8 * TL_RECORD_BYTES);
}

void
tl_bank_reader_fini(struct tl_bank_reader *r)
{
	json_decref(r->element);
	tl_buf_fini(&r->text);
	tl_arena_destroy(r->arena);
}

/* State ------------------------------------------------------------------------------------------------------ */

/* "csv 1235 0 44 0 0 0,1,-1": format, line, skipping, delimiter, phase, searches, columns. */
void
tl_bank_reader_save(const struct tl_bank_reader *r, struct tl_buf *out)
{
	tl_buf_printf(out, "%s %lld %d %u %d %lld ", tl_import_format_names[r->format],
	    (long long)r->line, r->skipping, r->delimiter, r->phase, (long long)r->searches);
	for (size_t i = 0; i < r->column_count; i++)
		tl_buf_printf(out, "%s%d", i ? "," : "", r->column[i]);
}

static struct tl_str
cut(struct tl_str *s, uint8_t at)
{
	const uint8_t *end = memchr(s->p, at, s->n);
	size_t n = end ? (size_t)(end - s->p) : s->n;
	struct tl_str part = tl_bytes(s->p, n);
	*s = tl_bytes(s->p + n + (end != NULL), s->n - n - (end != NULL));
	return part;
}

static int
resume_columns(struct tl_bank_reader *r, struct tl_str list)
{
	r->column_count = 0;
	while (list.n) {
		int64_t code;
		if (r->column_count == TL_READER_COLUMNS ||
		    tl_parse_i64(cut(&list, ','), -1,
			TL_IMPORT_FIELD_COUNT + tl_entry_form_count - 1, &code) < 0)
			return TL_EFIELD;
		r->column[r->column_count++] = (int)code;
	}
	return 0;
}

int
tl_bank_reader_resume(struct tl_bank_reader *r, struct tl_str state)
{
	static const int64_t most[] = {INT64_MAX, 1, 255, 9, INT64_MAX};
	int64_t n[TL_COUNT(most)] = {0};
	int format;
	struct tl_str word = cut(&state, ' ');
	int rc = tl_word_parse(tl_import_format_names, word, &format);
	for (size_t i = 0; i < TL_COUNT(most) && rc == 0; i++)
		rc = tl_parse_i64(cut(&state, ' '), 0, most[i], &n[i]);
	if (rc == 0)
		rc = resume_columns(r, state);
	if (rc < 0)
		return tl_fail_at(TL_EFIELD, "/state", "is not one of ours");
	r->format = (enum tl_import_format)format;
	r->line = n[0];
	r->skipping = n[1] != 0;
	r->delimiter = (uint8_t)n[2];
	r->phase = (int)n[3];
	r->searches = n[4];
	return 0;
}

/* Bytes ------------------------------------------------------------------------------------------------------ */

void
bank_reader_take(struct tl_bank_reader *r, struct tl_str *in, size_t n)
{
	const uint8_t *at = in->p, *end = in->p + n;
	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		r->line++;
		at++;
	}
	*in = tl_bytes(end, in->n - n);
}

/* Up to and with the end of the line; without one all of it, and the rest of the line later. */
static void
skip_line(struct tl_bank_reader *r, struct tl_str *in, bool last)
{
	const uint8_t *nl = memchr(in->p, '\n', in->n);
	r->skipping = !nl && !last;
	bank_reader_take(r, in, nl ? (size_t)(nl + 1 - in->p) : in->n);
}

int
bank_reader_lost(struct tl_bank_reader *r, struct tl_str *in, bool last, size_t searched,
    const char *why, struct tl_bank_record *ret)
{
	if (searched > FAR_BYTES && ++r->searches > (int64_t)SEARCHES_MAX)
		return tl_fail(TL_EPARSE,
		    "line %lld: too many records have no end; the file is not %s",
		    (long long)r->line, tl_import_format_names[r->format]);
	ret->line = r->line;
	ret->wrong = why;
	skip_line(r, in, last);
	return 1;
}

/* What it is ------------------------------------------------------------------------------------------------- */

#define NOT_TEXT "this is not a text file"
#define LINE_LOOK 512

static int
refuse_other(struct tl_str in)
{
	static const struct {
		const char *magic;
		size_t n;
		const char *why;
	} others[] = {
	    {"\xff\xfe", 2, "the file is UTF-16; save it as UTF-8"},
	    {"\xfe\xff", 2, "the file is UTF-16; save it as UTF-8"},
	    {"PK\x03\x04", 4, "the file is a workbook or an archive; save it as CSV"},
	    {"\x89PNG", 4, NOT_TEXT},
	    {"\xff\xd8\xff", 3, NOT_TEXT},
	    {"%PDF", 4, NOT_TEXT},
	    {"\x1f\x8b", 2, "the file is compressed; unpack it first"},
	    {"\x28\xb5\x2f\xfd", 4, "the file is compressed; unpack it first"},
	};
	for (size_t i = 0; i < TL_COUNT(others); i++) {
		if (in.n >= others[i].n && memcmp(in.p, others[i].magic, others[i].n) == 0)
			return tl_fail(TL_EPARSE, "%s", others[i].why);
	}
	return 0;
}

/* A film or a program would be refused line by line; a text with one such byte is none. By its first line. */
static int
refuse_binary(struct tl_str line)
{
	size_t n = line.n < LINE_LOOK ? line.n : LINE_LOOK, control = 0;
	for (size_t i = 0; i < n; i++)
		control += line.p[i] < 0x20 && !(line.p[i] >= '\t' && line.p[i] <= '\r');
	return control > 3 && control * 16 > n ? tl_fail(TL_EPARSE, NOT_TEXT) : 0;
}

static const uint8_t delimiters[] = {',', ';', '\t', '|'};

/* The one with the most columns of ours; false: none has values. */
static bool
find_delimiter(struct tl_str line, uint8_t *ret, size_t *ret_ours)
{
	size_t most = 0;
	for (size_t i = 0; i < sizeof delimiters; i++) {
		bool values = false;
		size_t ours = bank_row_head(line, delimiters[i], &values);
		if (!values || ours <= most)
			continue;
		most = ours;
		*ret = delimiters[i];
	}
	*ret_ours = most;
	return most > 0;
}

/* An object on one line: a record, or what holds the entries? */
static enum tl_import_format
which_json(struct tl_str line)
{
	json_t *TL_CLEANUP(tl_json_unref) j = NULL;
	const char *name;
	json_t *member;
	if (tl_json_parse(line, &j) < 0 || !json_is_object(j))
		return TL_IMPORT_JSON;
	json_object_foreach(j, name, member)
	{
		if (json_is_array(member) && bank_json_holds(tl_str(name)))
			return TL_IMPORT_JSON;
	}
	return TL_IMPORT_NDJSON;
}

/* "pdq:…", as plain lines are exported. */
static bool
says_form(struct tl_str line)
{
	for (int f = 0; f < tl_entry_form_count; f++) {
		size_t n = strlen(tl_entry_form_names[f]);
		if (line.n > n && line.p[n] == ':' &&
		    memcmp(line.p, tl_entry_form_names[f], n) == 0)
			return true;
	}
	return false;
}

/* Where a tab ends the value at the front, if one does: not inside of an array. */
static const uint8_t *
note_tab(struct tl_str s)
{
	const uint8_t *tab = memchr(s.p, '\t', s.n);
	const uint8_t *open = tab ? memchr(s.p, '[', (size_t)(tab - s.p)) : NULL;
	const uint8_t *close = open ? memchr(open, ']', s.n - (size_t)(open - s.p)) : NULL;
	return close ? memchr(close, '\t', s.n - (size_t)(close - s.p)) : tab;
}

/* A video's frames or a sound's words as an array that stands on one line. */
static bool
is_array_line(const struct tl_bank_reader *r, struct tl_str line)
{
	const uint8_t *tab;
	if (!line.n || !bank_json_alone(r, line))
		return false;
	tab = note_tab(line);
	struct tl_str value =
	    bank_trim(tl_bytes(line.p, tab ? (size_t)(tab - line.p) : line.n));
	return value.p[value.n - 1] == ']' || line.n >= SNIFF_BYTES;
}

static bool
is_fingerprint(struct tl_str line)
{
	struct tl_sound s = {0};
	bool is = tl_sound_parse(line, &s) == 0 && s.n >= TL_SOUND_WORDS_MIN;
	tl_sound_fini(&s);
	return is;
}

static enum tl_import_format
which(struct tl_bank_reader *r, struct tl_str line)
{
	uint8_t d;
	size_t ours = 0;
	if (says_form(line) || is_array_line(r, line))
		return TL_IMPORT_LINES;
	if (line.n && line.p[0] == '[')
		return TL_IMPORT_JSON;
	if (line.n && line.p[0] == '{')
		return which_json(line);
	/* A text bank may well hold the word "value": there one column alone is no head. */
	if (find_delimiter(line, &d, &ours) && (ours > 1 || r->kind != TL_BANK_TEXT))
		return TL_IMPORT_CSV;
	if (line.n > 4 && strncasecmp((const char *)line.p, "sep=", 4) == 0)
		return TL_IMPORT_CSV;
	return TL_IMPORT_LINES;
}

/* The first line that says something; 0: it is not here yet. */
static int
first_line(struct tl_str in, bool last, struct tl_str *ret)
{
	while (in.n) {
		const uint8_t *nl = memchr(in.p, '\n', in.n);
		if (!nl && !last && in.n < SNIFF_BYTES)
			return 0;
		size_t n = nl ? (size_t)(nl - in.p) : in.n;
		*ret = bank_trim(tl_bytes(in.p, n));
		if (ret->n && ret->p[0] != '#')
			return 1;
		in = tl_bytes(in.p + n + (nl != NULL), in.n - n - (nl != NULL));
	}
	*ret = (struct tl_str){0};
	return last;
}

/* By the head; without one, by what is in the line. */
static uint8_t
delimiter_of(struct tl_str line)
{
	uint8_t d;
	size_t ours;
	if (find_delimiter(line, &d, &ours))
		return d;
	if (line.n && memchr(line.p, ';', line.n))
		return ';';
	return line.n && memchr(line.p, '\t', line.n) ? '\t' : ',';
}

/* The number that a frame of a list begins with ("12,100,<hash>,0.480"); -1: the line is none. */
static int64_t
frame_number(struct tl_str line)
{
	const uint8_t *comma = line.n ? memchr(line.p, ',', line.n) : NULL;
	int64_t n;
	size_t digits = comma ? (size_t)(comma - line.p) : 0;
	if (digits == 0 || digits > 10 || line.n < digits + 64 ||
	    tl_parse_i64(tl_bytes(line.p, digits), 0, UINT32_MAX, &n) < 0)
		return -1;
	return n;
}

static int
begin(struct tl_bank_reader *r, struct tl_str *in, bool last)
{
	struct tl_str line;
	if (in->n < 4 && !last)
		return 0;
	int rc = refuse_other(*in);
	if (rc < 0)
		return rc;
	bool bom = in->n >= 3 && memcmp(in->p, "\xef\xbb\xbf", 3) == 0;
	struct tl_str text = bom ? tl_bytes(in->p + 3, in->n - 3) : *in;
	if (first_line(text, last, &line) == 0)
		return 0;
	rc = refuse_binary(line);
	if (rc < 0)
		return rc;
	if (r->format == TL_IMPORT_AUTO)
		r->format = which(r, line);
	if (r->format == TL_IMPORT_CSV && r->kind == TL_BANK_VIDEO && frame_number(line) >= 0)
		r->format = TL_IMPORT_LINES; /* a list of frames, whatever it is called */
	if (r->format == TL_IMPORT_CSV && r->kind == TL_BANK_SOUND && is_fingerprint(line))
		r->format = TL_IMPORT_LINES;
	if (r->format == TL_IMPORT_CSV && !r->delimiter)
		r->delimiter = delimiter_of(line);
	r->line = 1;
	*in = text;
	return 1;
}

/* Lines ------------------------------------------------------------------------------------------------------ */

/* "value<tab>note"; in a list of hashes a comma does as well. Videos and sounds hold commas themselves. */
static void
line_record(const struct tl_bank_reader *r, struct tl_str s, struct tl_bank_record *ret)
{
	bool listed = r->kind == TL_BANK_VIDEO || r->kind == TL_BANK_SOUND;
	const uint8_t *at = listed ? note_tab(s) : memchr(s.p, '\t', s.n);
	if (!at && (r->kind == TL_BANK_PDQ || r->kind == TL_BANK_DIGEST))
		at = memchr(s.p, ',', s.n);
	size_t n = at ? (size_t)(at - s.p) : s.n;
	ret->field[TL_IMPORT_VALUE] = bank_trim(tl_bytes(s.p, n));
	if (at)
		ret->field[TL_IMPORT_NOTE] = bank_trim(tl_bytes(at + 1, s.n - n - 1));
}

/* What fpcalc says besides the fingerprint. */
static bool
is_aside(const struct tl_bank_reader *r, struct tl_str s)
{
	static const char *const words[] = {"DURATION=", "FILE="};
	for (size_t i = 0; i < TL_COUNT(words) && r->kind == TL_BANK_SOUND; i++) {
		size_t n = strlen(words[i]);
		if (s.n >= n && memcmp(s.p, words[i], n) == 0)
			return true;
	}
	return false;
}

/* Bytes of the lines at the front that are one video, whose frames are numbered upwards; 0: its end is not here. */
static size_t
frames_end(struct tl_str in, bool last)
{
	int64_t before = -1;
	size_t at = 0;
	while (at < in.n) {
		const uint8_t *nl = memchr(in.p + at, '\n', in.n - at);
		size_t n = nl ? (size_t)(nl - in.p) - at : in.n - at;
		int64_t number = frame_number(bank_trim(tl_bytes(in.p + at, n)));
		if (!nl && !last)
			return 0;
		if (number <= before)
			return at;
		before = number;
		at += n + (nl != NULL);
	}
	return last ? at : 0;
}

/* One video of a list of frames; a line of it that cannot be read is said, and the video left out. */
static int
frames_next(struct tl_bank_reader *r, struct tl_str *in, bool last, struct tl_bank_record *ret)
{
	size_t n = frames_end(*in, last);
	if (n == 0 && in->n <= TL_RECORD_BYTES)
		return 0;
	if (n == 0 || n > TL_RECORD_BYTES)
		return bank_reader_lost(
		    r, in, last, in->n, "the list of frames is too long", ret);
	struct tl_str all = tl_bytes(in->p, n);
	int64_t first = r->line;
	ret->line = first;
	bank_reader_take(r, in, n);
	ret->field[TL_IMPORT_VALUE] = all;
	for (int64_t line = first; all.n; line++) {
		struct tl_video v = {0};
		struct tl_str one = cut(&all, '\n');
		if (tl_video_parse(one, &v) < 0) {
			ret->line = line;
			ret->wrong = tl_arena_printf(r->arena,
			    "this is no frame (number, quality, hash, seconds): the video that "
			    "begins in line %lld is left out",
			    (long long)first);
			return 1;
		}
		tl_video_fini(&v);
	}
	return 1;
}

static int
line_next(struct tl_bank_reader *r, struct tl_str *in, bool last, struct tl_bank_record *ret)
{
	while (in->n) {
		const uint8_t *nl = memchr(in->p, '\n', in->n);
		size_t n = nl ? (size_t)(nl - in->p) : in->n;
		if (n > TL_RECORD_BYTES)
			return bank_reader_lost(r, in, last, 0, "the line is too long", ret);
		if (!nl && !last)
			return 0;
		struct tl_str s = bank_trim(tl_bytes(in->p, n));
		if (r->kind == TL_BANK_VIDEO && r->format == TL_IMPORT_LINES &&
		    frame_number(s) >= 0)
			return frames_next(r, in, last, ret);
		ret->line = r->line;
		bank_reader_take(r, in, n + (nl != NULL));
		if (!s.n || s.p[0] == '#' || is_aside(r, s))
			continue;
		if (r->format == TL_IMPORT_NDJSON)
			bank_json_record(r, s, ret);
		else
			line_record(r, s, ret);
		return 1;
	}
	return 0;
}

int
tl_bank_reader_next(
    struct tl_bank_reader *r, struct tl_str *in, bool last, struct tl_bank_record *ret)
{
	*ret = (struct tl_bank_record){0};
	tl_arena_reset(r->arena);
	if (r->line == 0) {
		int rc = begin(r, in, last);
		if (rc <= 0)
			return rc;
	}
	if (r->skipping)
		skip_line(r, in, last);
	if (r->format == TL_IMPORT_CSV)
		return bank_row_next(r, in, last, ret);
	if (r->format == TL_IMPORT_JSON)
		return bank_json_next(r, in, last, ret);
	return line_next(r, in, last, ret);
}
