/* Private to report: the part of a statement that goes to the transparency database. */
#pragma once

#include "report/statement.h"

/* Appends the object; nothing for decisions that are not submitted. TL_EFIELD when a rule is broken. */
int tl_statement_dsa(const struct tl_decision *d, struct tl_buf *out) TL_MUST;
