/* Entries of a bank as a file that imports read: one call for the head, one an entry, one for the end. */
#pragma once

#include "store/bank_reader.h"
#include "store/banks.h"

/*
 * AUTO is NDJSON. `lines` says value and note only, so what is off, for review only or not for good is left out there: it
 * would come back live. The others say everything but what imports give anew.
 */
void tl_export_begin(enum tl_import_format format, struct tl_buf *out);
/* False: nothing was written, since the format cannot say the entry. */
bool tl_export_entry(enum tl_import_format format, const struct tl_bank_entry *e, bool first,
    struct tl_arena *arena, struct tl_buf *out) TL_MUST;
void tl_export_end(enum tl_import_format format, struct tl_buf *out);

/* The media type, and the ending of a file's name. */
const char *tl_export_type(enum tl_import_format format);
const char *tl_export_ending(enum tl_import_format format);

/* All that is said of an entry, as members of the JSON object that `out` is in. */
void tl_export_members(const struct tl_bank_entry *e, struct tl_buf *out);
