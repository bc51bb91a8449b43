/*
 * Structured logs: one JSON line an event on standard error. Stages log, library code never does. An event's
 * fields are ids, names of our own and numbers; there is no way to pass free text from outside.
 */
#pragma once

#include "sys/id.h"

enum tl_log_level { TL_LOG_DEBUG, TL_LOG_INFO, TL_LOG_WARN, TL_LOG_ERROR };

enum tl_log_event {
#define L(event, level, fields, help) event,
#include "sys/log.tbl.h"
#undef L
	TL_EVENT_COUNT
};

struct tl_log_field {
	const char *name;
	enum { TL_LOG_ID, TL_LOG_INT, TL_LOG_WORD } type;
	struct tl_id id;
	int64_t n;
	const char *word; /* own constant words, error texts of ours; cut at 200 bytes */
};

#define TL_LID(name_, v) ((struct tl_log_field){.name = (name_), .type = TL_LOG_ID, .id = (v)})
#define TL_LINT(name_, v)                                                                      \
	((struct tl_log_field){.name = (name_), .type = TL_LOG_INT, .n = (int64_t)(v)})
#define TL_LWORD(name_, v)                                                                     \
	((struct tl_log_field){.name = (name_), .type = TL_LOG_WORD, .word = (v)})

/* Names the role in every line and sets the lowest level that is written. `role` is a constant. */
void tl_log_init(const char *role, enum tl_log_level least);

void tl_log_fields(enum tl_log_event ev, const struct tl_log_field *fields, size_t count);

/* How often this process has logged an event, whatever the level that is written. */
uint64_t tl_log_count(enum tl_log_event ev);

/* tl_log(EV_ITEM_HELD, TL_LID("item", id), TL_LWORD("reason", "unscannable")) */
#define tl_log(ev, ...)                                                                        \
	tl_log_fields((ev), (const struct tl_log_field[]){__VA_ARGS__},                        \
	    sizeof((const struct tl_log_field[]){__VA_ARGS__}) / sizeof(struct tl_log_field))
