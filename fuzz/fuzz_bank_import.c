/*
 * Files of entries that people import. The first byte is the bank's kind, the second the format, the third how the file is
 * cut: however it is, and with the state carried as text from part to part, the same records must come out.
 */
#include "base/arena.h"
#include "store/banks_import.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
say(struct tl_buf *log, const struct tl_bank_record *r)
{
	tl_buf_printf(
	    log, "\n%lld:%d:%s", (long long)r->line, r->column, r->wrong ? r->wrong : "");
	for (int f = 0; f < TL_IMPORT_FIELD_COUNT && !r->wrong; f++) {
		if (r->field[f].n)
			tl_buf_printf(log, " %d=%.*s", f, TL_ARG(r->field[f]));
	}
	for (int f = 0; f < tl_entry_form_count && !r->wrong; f++) {
		if (r->of_form[f].n)
			tl_buf_printf(log, " f%d=%.*s", f, TL_ARG(r->of_form[f]));
	}
}

/* Takes records until it needs more bytes or the file ends; false: the file is given up. */
static bool
drain(struct tl_bank_reader *r, struct tl_str *in, bool last, struct tl_buf *log)
{
	struct tl_bank_record record;
	int rc;
	while ((rc = tl_bank_reader_next(r, in, last, &record)) > 0) {
		if (record.line < 1)
			abort();
		say(log, &record);
	}
	if (rc == 0 && last && in->n)
		abort();
	if (rc < 0)
		tl_buf_printf(log, "\n%s", tl_err_text());
	return rc == 0;
}

static void
read_cut(enum tl_bank_kind kind, enum tl_import_format format, struct tl_str file, size_t step,
    struct tl_buf *log)
{
	struct tl_bank_reader r;
	struct tl_buf rest = {0}, state = {0};
	tl_bank_reader_init(&r, kind, format, (struct tl_str){0});
	for (bool last = false; !last;) {
		size_t n = step < file.n ? step : file.n;
		tl_buf_put(&rest, file.p, n);
		file = tl_bytes(file.p + n, file.n - n);
		last = file.n == 0;
		struct tl_str in = tl_buf_str(&rest);
		if (!drain(&r, &in, last, log))
			break;
		if (rest.n && in.n)
			memmove(rest.p, in.p, in.n);
		rest.n = in.n;
		/* Another process goes on. */
		tl_buf_reset(&state);
		tl_bank_reader_save(&r, &state);
		bool begun = r.line > 0;
		tl_bank_reader_fini(&r);
		tl_bank_reader_init(&r, kind, format, (struct tl_str){0});
		if (begun && tl_bank_reader_resume(&r, tl_buf_str(&state)) < 0)
			abort();
	}
	tl_bank_reader_fini(&r);
	tl_buf_fini(&rest);
	tl_buf_fini(&state);
}

/* "There already": so the import goes on and needs no store. */
static int
check_entry(enum tl_entry_form form, struct tl_str value)
{
	if (form < 0 || form >= tl_entry_form_count || (value.n && !value.p))
		abort();
	if (form == TL_FORM_PDQ && value.n != 32)
		abort();
	if ((form == TL_FORM_WORD || form == TL_FORM_PHRASE) && !tl_utf8_valid(value))
		abort();
	return TL_EEXISTS;
}

static void
on_error(void *ctx, const struct tl_import_error *e)
{
	if (e->line < 1 || !e->why || !e->field)
		abort();
	(*(int64_t *)ctx)++;
}

static void
import(enum tl_bank_kind kind, enum tl_import_format format, struct tl_str file)
{
	int64_t errors = 0;
	struct tl_bank bank = {.kind = kind};
	struct tl_import *i = NULL;
	const struct tl_import_options o = {
	    .format = format, .check = check_entry, .on_error = on_error, .ctx = &errors};
	if (tl_import_create(&bank, &o, &i) < 0)
		abort();
	(void)!tl_import_all(i, NULL, file);
	struct tl_import_counts c = tl_import_counts(i);
	if (c.added != 0 || c.refused != errors)
		abort();
	tl_import_destroy(i);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3 || size > 32768)
		return 0;
	enum tl_bank_kind kind = (enum tl_bank_kind)(data[0] % tl_bank_kind_count);
	enum tl_import_format format =
	    (enum tl_import_format)(data[1] % tl_import_format_count);
	struct tl_str file = tl_bytes(data + 3, size - 3);
	struct tl_buf whole = {0}, cut = {0};
	read_cut(kind, format, file, file.n + 1, &whole);
	read_cut(kind, format, file, (size_t)data[2] % 61 + 1, &cut);
	if (!tl_str_eq(tl_buf_str(&whole), tl_buf_str(&cut)))
		abort();
	tl_buf_fini(&whole);
	tl_buf_fini(&cut);
	import(kind, format, file);
	return 0;
}
