/*
 * CSV (RFC 4180, and as spreadsheets write it): rows of cells, the first row names the columns.
 *
 * Promises: a quotation mark that is never closed, or text after a closing one, costs one line. Failure: a head
 * without a column of values ends the file with what its columns are. Called by bank_reader.c.
 */
#include "store/bank_reader_int.h"

#include "base/arena.h"

#include <strings.h>

enum scan { SCAN_ROW, SCAN_MORE, SCAN_BROKEN };

struct row {
	struct tl_str cells[TL_READER_COLUMNS]; /* into r->text, once the row is whole */
	size_t at[TL_READER_COLUMNS];
	size_t count, used;
	int column; /* of what is wrong */
	const char *wrong;
};

/* A cell's text up to what ends it; *at moves behind it. */
static enum scan
scan_plain(struct tl_bank_reader *r, struct tl_str in, bool last, size_t *at)
{
	size_t i = *at;
	while (i < in.n && in.p[i] != r->delimiter && in.p[i] != '\n')
		i++;
	if (i == in.n && !last)
		return SCAN_MORE;
	struct tl_str s = bank_trim(tl_bytes(in.p + *at, i - *at));
	tl_buf_put(&r->text, s.p, s.n);
	*at = i;
	return SCAN_ROW;
}

static enum scan
scan_quoted(struct tl_bank_reader *r, struct tl_str in, bool last, size_t *at, struct row *row)
{
	for (size_t i = *at + 1;;) {
		const uint8_t *q = memchr(in.p + i, '"', in.n - i);
		size_t n = q ? (size_t)(q - in.p) : in.n;
		tl_buf_put(&r->text, in.p + i, n - i);
		if (!q || (n + 1 == in.n && !last)) {
			row->wrong = "a quotation mark is never closed";
			*at = in.n;
			return last ? SCAN_BROKEN : SCAN_MORE;
		}
		i = n + 1;
		if (i < in.n && in.p[i] == '"') {
			tl_buf_byte(&r->text, '"');
			i++;
			continue;
		}
		while (i < in.n && (in.p[i] == ' ' || in.p[i] == '\r'))
			i++;
		*at = i;
		if (i == in.n)
			return last ? SCAN_ROW : SCAN_MORE;
		row->wrong = "there is text after a closing quotation mark";
		return in.p[i] == r->delimiter || in.p[i] == '\n' ? SCAN_ROW : SCAN_BROKEN;
	}
}

/* One row into `row`; its cells are views into r->text. */
static enum scan
scan_row(struct tl_bank_reader *r, struct tl_str in, bool last, struct row *row)
{
	size_t at = 0;
	tl_buf_reset(&r->text);
	for (;;) {
		size_t i = at;
		while (i < in.n && in.p[i] == ' ')
			i++;
		bool quoted = i < in.n && in.p[i] == '"';
		size_t from = r->text.n;
		row->column = (int)row->count + 1;
		if (quoted)
			at = i;
		enum scan s =
		    quoted ? scan_quoted(r, in, last, &at, row) : scan_plain(r, in, last, &at);
		row->used = at;
		if (s != SCAN_ROW)
			return s;
		if (row->count < TL_READER_COLUMNS) {
			row->at[row->count] = from;
			row->cells[row->count++].n = r->text.n - from;
		}
		if (at == in.n || in.p[at] == '\n') {
			row->used = at + (at < in.n);
			break;
		}
		at++;
	}
	for (size_t i = 0; i < row->count; i++)
		row->cells[i].p = r->text.n ? r->text.p + row->at[i] : (const uint8_t *)"";
	return SCAN_ROW;
}

size_t
bank_row_head(struct tl_str line, uint8_t delimiter, bool *ret_values)
{
	struct tl_bank_reader r = {.delimiter = delimiter};
	struct row row = {0};
	size_t ours = 0;
	if (scan_row(&r, line, true, &row) == SCAN_ROW) {
		for (size_t i = 0; i < row.count; i++) {
			int code = tl_import_column(row.cells[i]);
			ours += code >= 0;
			if (code == TL_IMPORT_VALUE || code >= TL_IMPORT_FIELD_COUNT)
				*ret_values = true;
		}
	}
	tl_buf_fini(&r.text);
	return ours;
}

/* The next row that holds something; 0: it is not here yet; else 1, or `ret` says what is wrong. */
static int
next(struct tl_bank_reader *r, struct tl_str *in, bool last, struct row *row,
    struct tl_bank_record *ret)
{
	while (in->n) {
		*row = (struct row){0};
		enum scan s = scan_row(r, *in, last, row);
		if (s == SCAN_MORE && in->n <= TL_RECORD_BYTES)
			return 0;
		if (s != SCAN_ROW || row->used > TL_RECORD_BYTES) {
			ret->column = row->column;
			return bank_reader_lost(r, in, last, row->used,
			    row->wrong ? row->wrong : "the row is too long", ret);
		}
		ret->line = r->line;
		bool comment = r->column_count == 0 && in->p[0] == '#';
		bank_reader_take(r, in, row->used);
		if (!comment && (row->count > 1 || row->cells[0].n))
			return 1;
	}
	return 0;
}

/* A list of hashes without a head: value and note, as `lines` has them. */
static bool
looks_like_values(const struct tl_bank_reader *r, const struct row *row)
{
	if (r->kind == TL_BANK_TEXT || row->cells[0].n < 32)
		return false;
	for (size_t i = 0; i < row->cells[0].n; i++) {
		uint8_t c = row->cells[0].p[i] | 0x20;
		if (!(c >= 'a' && c <= 'f') &&
		    !(row->cells[0].p[i] >= '0' && row->cells[0].p[i] <= '9'))
			return false;
	}
	return true;
}

/* Columns from the head; 1: the row was a head, 0: it is a row like the others. */
static int
read_head(struct tl_bank_reader *r, const struct row *row)
{
	bool values = false;
	r->column_count = row->count;
	for (size_t i = 0; i < row->count; i++) {
		r->column[i] = tl_import_column(row->cells[i]);
		values = values || r->column[i] == TL_IMPORT_VALUE ||
			 r->column[i] >= TL_IMPORT_FIELD_COUNT;
	}
	if (values)
		return 1;
	if (!looks_like_values(r, row))
		return tl_fail_at(TL_EFIELD, "/head",
		    "line %lld: the first row names the columns, and one of them is \"value\"; "
		    "this one has none",
		    (long long)r->line - 1);
	r->column[0] = TL_IMPORT_VALUE;
	for (size_t i = 1; i < row->count; i++)
		r->column[i] = i == 1 ? TL_IMPORT_NOTE : -1;
	return 0;
}

struct tl_str
bank_reader_tags(struct tl_bank_reader *r, struct tl_str cell)
{
	struct tl_str list;
	if (cell.n && cell.p[0] == '[' && bank_json_tags(r, cell, &list))
		return list;
	uint8_t *p = tl_arena_alloc(r->arena, cell.n);
	for (size_t i = 0; p && i < cell.n; i++) {
		uint8_t c = cell.p[i];
		p[i] = c == ',' || c == ';' || c == '|' ? TL_TAG_SEPARATOR : c;
	}
	return tl_bytes(p, p ? cell.n : 0);
}

static void
fill(struct tl_bank_reader *r, const struct row *row, struct tl_bank_record *ret)
{
	for (size_t i = 0; i < row->count && i < r->column_count; i++) {
		int code = r->column[i];
		if (code < 0 || !row->cells[i].n)
			continue;
		if (code >= TL_IMPORT_FIELD_COUNT)
			ret->of_form[code - TL_IMPORT_FIELD_COUNT] = row->cells[i];
		else
			ret->field[code] = code == TL_IMPORT_TAGS
					       ? bank_reader_tags(r, row->cells[i])
					       : row->cells[i];
	}
	for (size_t i = r->column_count; i < row->count; i++) {
		if (row->cells[i].n) {
			ret->wrong = "the row has more cells than the head has columns";
			ret->column = (int)i + 1;
		}
	}
}

static bool
is_sep(const struct row *row)
{
	return row->count <= 2 && row->cells[0].n >= 4 &&
	       strncasecmp((const char *)row->cells[0].p, "sep=", 4) == 0;
}

int
bank_row_next(
    struct tl_bank_reader *r, struct tl_str *in, bool last, struct tl_bank_record *ret)
{
	struct row row;
	for (;;) {
		int rc = next(r, in, last, &row, ret);
		if (rc <= 0 || ret->wrong)
			return rc;
		if (r->column_count == 0) {
			/* As a spreadsheet says it; the cut of this very row does not matter. */
			if (is_sep(&row)) {
				if (row.cells[0].n > 4)
					r->delimiter = row.cells[0].p[4];
				continue;
			}
			rc = read_head(r, &row);
			if (rc < 0)
				return rc;
			if (rc > 0)
				continue;
		}
		fill(r, &row, ret);
		return 1;
	}
}
