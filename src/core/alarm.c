/*
 * The table of alarms.
 *
 * Promises: one row a kind, parallel to the enum by construction. Never fails; a kind that is not there is NULL.
 * Called by the store's alarm verbs, by who sends alarms and by who shows them.
 */
#include "core/alarm.h"

#define ITSELF true
#define PERSON false

static const struct tl_alarm_row rows[] = {
#define A(name, kind, severity, who, patience, ends, title, sentence, safe, remedy)            \
	{kind, TL_ALARM_##severity, TL_ALARM_##who, patience, ends, title, sentence, safe,     \
	    remedy},
#include "core/alarms.tbl.h"
#undef A
};

const struct tl_alarm_row *
tl_alarm_row(enum tl_alarm_kind kind)
{
	return &rows[kind];
}

const struct tl_alarm_row *
tl_alarm_row_of(struct tl_str kind)
{
	for (size_t i = 0; i < TL_COUNT(rows); i++)
		if (tl_str_is(kind, rows[i].kind))
			return &rows[i];
	return NULL;
}
