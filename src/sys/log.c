/*
 * Writes log events as JSON lines to standard error, one write(2) a line so that lines of several processes
 * never mix. Promises: never fails, never blocks on anything but the descriptor, never prints content.
 */
#include "sys/log.h"

#include "base/buf.h"
#include "base/json.h"
#include "sys/clock.h"

#include <stdatomic.h>
#include <unistd.h>

struct event_row {
	const char *name;
	enum tl_log_level level;
};

#define DEBUG TL_LOG_DEBUG
#define INFO TL_LOG_INFO
#define WARN TL_LOG_WARN
#define ERROR TL_LOG_ERROR
static const struct event_row events[] = {
#define L(event, level, fields, help) {#event, level},
#include "sys/log.tbl.h"
#undef L
};
#undef DEBUG
#undef INFO
#undef WARN
#undef ERROR

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static const char *log_role = "tutela";
static enum tl_log_level log_least = TL_LOG_INFO;

void
tl_log_init(const char *role, enum tl_log_level least)
{
	log_role = role;
	log_least = least;
}

static _Atomic uint64_t counts[TL_EVENT_COUNT];

static void
put_field(struct tl_buf *b, const struct tl_log_field *f)
{
	char text[TL_ID_TEXT];
	struct tl_str word = tl_str(f->word);
	switch (f->type) {
	case TL_LOG_ID:
		tl_id_text(text, f->id);
		tl_js_z(b, f->name, text);
		break;
	case TL_LOG_INT:
		tl_js_int(b, f->name, f->n);
		break;
	case TL_LOG_WORD:
		word.n = word.n > 200 ? 200 : word.n;
		tl_js_str(b, f->name, word);
		break;
	}
}

uint64_t
tl_log_count(enum tl_log_event ev)
{
	return atomic_load_explicit(&counts[ev], memory_order_relaxed);
}

void
tl_log_fields(enum tl_log_event ev, const struct tl_log_field *fields, size_t count)
{
	const struct event_row *row = &events[ev];
	atomic_fetch_add_explicit(&counts[ev], 1, memory_order_relaxed);
	if (row->level < log_least)
		return;
	struct tl_buf b = {0};
	char when[TL_TIME_MAX];
	tl_time_format(when, tl_now_us());
	tl_js_open(&b, NULL, '{');
	tl_js_z(&b, "at", when);
	tl_js_z(&b, "level", level_names[row->level]);
	tl_js_z(&b, "role", log_role);
	tl_js_z(&b, "event", row->name + sizeof "EV_" - 1);
	for (size_t i = 0; i < count; i++)
		put_field(&b, &fields[i]);
	tl_js_close(&b, '}');
	tl_buf_byte(&b, '\n');
	ssize_t n = write(STDERR_FILENO, b.p, b.n);
	(void)n; /* nobody is left to tell */
	tl_buf_fini(&b);
}
