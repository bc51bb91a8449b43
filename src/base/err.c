/*
 * Owns the thread's last error text and the table of error codes.
 *
 * Promises: codes, names and kinds come from err.tbl.h alone. The text is cut at 511 bytes, the field at 127;
 * neither call ever fails. Called by every layer.
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char last_text[512];
static _Thread_local char last_field[128];

struct err_row {
	int code;
	enum tl_kind kind;
	const char *name;
};

static const struct err_row rows[] = {
#define E(name, num, kind, help) {name, kind, #name},
#include "base/err.tbl.h"
#undef E
};

static const struct err_row *
row_of(int err)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].code == err)
			return &rows[i];
	}
	return NULL;
}

enum tl_kind
tl_err_kind(int err)
{
	if (err >= 0)
		return TL_KIND_OK;
	const struct err_row *row = row_of(err);
	return row ? row->kind : TL_BUG;
}

const char *
tl_err_name(int err)
{
	if (err >= 0)
		return "OK";
	const struct err_row *row = row_of(err);
	return row ? row->name + sizeof "TL_E" - 1 : "BUG";
}

static void
remember(const char *pointer, const char *fmt, va_list ap)
{
	/* The message may be built from the previous one, so it is composed apart first. */
	char text[sizeof last_text];
	(void)vsnprintf(text, sizeof text, fmt, ap);
	memcpy(last_text, text, sizeof last_text);
	char field[sizeof last_field];
	(void)snprintf(field, sizeof field, "%s", pointer);
	memcpy(last_field, field, sizeof last_field);
}

void
tl_fail_text(const char *pointer, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	remember(pointer, fmt, ap);
	va_end(ap);
}

const char *
tl_err_text(void)
{
	return last_text;
}

const char *
tl_err_field(void)
{
	return last_field;
}
