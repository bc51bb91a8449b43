/* Private to the verbs of banks: a row of an entry. */
#pragma once

#include "store/banks.h"

/* Of a query of BANK_ENTRY_COLS and the bank. */
int bank_entry_read(const struct tl_row *r, struct tl_arena *arena, void *ret) TL_MUST;
