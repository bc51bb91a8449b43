/* Files of hashes and terms that people import: the first byte is the bank's kind, the second where the file is cut in two. */
#include "base/arena.h"
#include "store/banks.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
on_error(void *ctx, int64_t line, const char *why)
{
	if (line < 1 || !why)
		abort();
	(*(int64_t *)ctx)++;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size > 32768)
		return 0;
	int64_t errors = 0;
	struct tl_bank bank = {.kind = (enum tl_bank_kind)(data[0] % tl_bank_kind_count)};
	struct tl_import *i =
	    tl_import_create(&bank, TL_S("fuzz"), check_entry, on_error, &errors);
	struct tl_str file = tl_bytes(data + 2, size - 2);
	size_t half = data[1] < file.n ? data[1] : file.n;
	struct tl_import_counts c = {0};
	if (tl_import_feed(i, NULL, tl_bytes(file.p, half)) < 0 ||
	    tl_import_feed(i, NULL, tl_bytes(file.p + half, file.n - half)) < 0 ||
	    tl_import_finish(i, NULL, &c) < 0)
		abort();
	if (c.added != 0 || c.refused != errors || c.known + c.refused > c.lines)
		abort();
	tl_import_destroy(i);
	return 0;
}
