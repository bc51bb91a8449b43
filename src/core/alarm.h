/* The table of alarms (alarms.tbl.h) as data: what each kind means, who hears of it, what to do. */
#pragma once

#include "core/words.h"

enum tl_alarm_kind {
#define A(name, kind, severity, who, patience, ends, title, sentence, safe, remedy)            \
	TL_AL_##name,
#include "core/alarms.tbl.h"
#undef A
	tl_alarm_kind_count
};

struct tl_alarm_row {
	const char *kind;
	enum tl_alarm_severity severity;
	enum tl_alarm_who first; /* whom the first step reaches */
	int patience;            /* times the configured minutes; 0: no further step */
	bool ends_itself;
	const char *title, *sentence, *safe, *remedy;
};

const struct tl_alarm_row *tl_alarm_row(enum tl_alarm_kind kind);
/* NULL when there is no such kind (a store written by a newer program). */
const struct tl_alarm_row *tl_alarm_row_of(struct tl_str kind);
