/*
 * Files of bank entries as records: plain lines, CSV, JSON and newline-delimited JSON. Bytes come cut anywhere; a bad
 * record is said with its line and left out, the next ones are read. The reader's whole state between two records is
 * one short line of text, so that parts of a file can be read by different processes. Nothing here knows the store.
 */
#pragma once

#include "base/buf.h"
#include "core/words.h"
#include "store/provenance.h"

struct json_t;
struct tl_arena;

#define TL_RECORD_BYTES ((size_t)4 << 20) /* of one line, row or JSON element */
#define TL_READER_COLUMNS 64

enum tl_import_field {
#define F(name, names, help) name,
#include "store/import.tbl.h"
#undef F
	TL_IMPORT_FIELD_COUNT
};

/* The name that exports write; the field, or TL_IMPORT_FIELD_COUNT + form, of a column; -1: none of ours. */
const char *tl_import_field_name(enum tl_import_field f, char dst[24]);
int tl_import_column(struct tl_str name);

/* One record, or why it cannot be read. Views live until the next call. */
struct tl_bank_record {
	int64_t line;
	int column; /* of what is wrong, from 1: the character or the cell; 0: the whole */
	const char *wrong;                          /* NULL: it was read */
	struct tl_str field[TL_IMPORT_FIELD_COUNT]; /* p is NULL where the file says nothing */
	struct tl_str of_form[tl_entry_form_count]; /* columns that are named as a form */
};

struct tl_bank_reader {
	enum tl_bank_kind kind;
	enum tl_import_format format; /* AUTO until enough was seen */
	int64_t line;                 /* of the next byte; 0: nothing was read */
	bool skipping;                /* in a record that is too long */
	uint8_t delimiter;
	int column[TL_READER_COLUMNS]; /* by tl_import_column */
	size_t column_count;           /* 0: the head was not read */
	int phase;                     /* of JSON */
	int64_t searches;              /* that went far and found no end */
	struct tl_buf text;
	struct tl_arena *arena;
	struct json_t *element;
};

/* `name`: of the file, whose ending says the format when it is AUTO; may be empty. */
void tl_bank_reader_init(struct tl_bank_reader *r, enum tl_bank_kind kind,
    enum tl_import_format format, struct tl_str name);
void tl_bank_reader_fini(struct tl_bank_reader *r);

/* Appends the state; goes on from one: EFIELD when it is none of ours. */
void tl_bank_reader_save(const struct tl_bank_reader *r, struct tl_buf *out);
int tl_bank_reader_resume(struct tl_bank_reader *r, struct tl_str state) TL_MUST;

/*
 * Takes the next record off the front of `*in`. 1: *ret is filled. 0: the rest is no whole record (with `last`: it
 * is empty, and this was the end); call again with more bytes behind it. Failures are about the whole file and
 * final: EPARSE (it is something else), EFIELD (no column of values).
 */
int tl_bank_reader_next(
    struct tl_bank_reader *r, struct tl_str *in, bool last, struct tl_bank_record *ret) TL_MUST;
