/*
 * Importing a bank from a file, for everybody who does: the command line, the console, `tutela init`. The formats and
 * what they can say of an entry are in import.tbl.h and doc/banks.md.
 *
 *   push bytes, step inside a transaction until it says 0, commit; again until the last bytes were pushed.
 *
 * Steps are bounded so that nobody waits long for a turn to write. A file can be imported again at any time: what the
 * bank holds already is counted and nothing else happens.
 */
#pragma once

#include "store/bank_reader.h"
#include "store/banks.h"

struct tl_import_counts {
	int64_t lines;    /* of the file, up to here */
	int64_t added;    /* entries, with those that came back */
	int64_t known;    /* the bank held them in force */
	int64_t extended; /* of these: they last longer now */
	int64_t refused;  /* records or values */
	int64_t expired;  /* left out: their time was over */
};

struct tl_import_error {
	int64_t line;
	int column;        /* character or cell, from 1; 0: unknown */
	const char *field; /* "value", "expires_at"; "" when it is about the whole */
	const char *why;
};

/* Says whether a pattern can be used (detect knows; the store does not). */
typedef int (*tl_entry_check_fn)(enum tl_entry_form form, struct tl_str value);
typedef void (*tl_import_error_fn)(void *ctx, const struct tl_import_error *e);

/* Everything may be zero. What it points to lives as long as the import. */
struct tl_import_options {
	enum tl_import_format format;
	struct tl_str name; /* of the file: its ending says the format */
	const enum tl_entry_form
	    *form; /* of values that say none themselves; NULL: by their looks */
	struct tl_str exchange, member; /* of entries that say none themselves */
	struct tl_str state;            /* of tl_import_state, to go on in the same file */
	const char *actor;              /* who adds, as in the audit trail */
	tl_entry_check_fn check;
	tl_import_error_fn on_error;
	void *ctx;
};

struct tl_import;

/* Of the bank only id and kind are read. EFIELD: the state is none of ours. */
int tl_import_create(
    const struct tl_bank *b, const struct tl_import_options *o, struct tl_import **ret) TL_MUST;
void tl_import_destroy(struct tl_import *i); /* NULL is fine */
void tl_import_destroyp(struct tl_import **i);

/* More of the file; `last`: and there is no more after it. */
void tl_import_push(struct tl_import *i, struct tl_str bytes, bool last);
/*
 * Takes at most `most` records. 1: there are more; 0: it needs bytes, or this was the end. After a failure or a
 * rollback the import is given up. EPARSE, EFIELD: the file as a whole cannot be read; the text says why.
 */
int tl_import_step(struct tl_import *i, struct tl_db *db, int64_t most) TL_MUST;
/* A whole small file in one transaction. */
int tl_import_all(struct tl_import *i, struct tl_db *db, struct tl_str bytes) TL_MUST;

struct tl_import_counts tl_import_counts(const struct tl_import *i);
size_t tl_import_left(const struct tl_import *i); /* bytes pushed and not read */
void tl_import_state(const struct tl_import *i, struct tl_buf *out);
enum tl_import_format tl_import_format(const struct tl_import *i);

/* A value as people write it: "form:" in front or not; then by its looks. EFIELD. */
int tl_bank_value_read(enum tl_bank_kind kind, struct tl_str text, struct tl_arena *arena,
    enum tl_entry_form *ret_form, struct tl_str *ret_value) TL_MUST;
int tl_bank_value_guess(enum tl_bank_kind kind, struct tl_str text, struct tl_arena *arena,
    enum tl_entry_form *ret_form, struct tl_str *ret_value) TL_MUST;
/* A date, a date and time, or seconds since 1970. EFIELD. */
int tl_import_time(struct tl_str s, int64_t *ret_us) TL_MUST;
