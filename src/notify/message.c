/*
 * One message about many alarms.
 *
 * Promises: only our own words: the brief sentence, what is safe, what to do, counts, times, a link; never what a
 * platform or a person named. Never fails. Called by the courier.
 */
#include "notify/message.h"

#include "base/json.h"
#include "sys/clock.h"

static struct tl_str
sentence(const struct tl_alarm *a)
{
	/* Rows from before messages existed have no brief sentence. */
	return a->brief.n ? a->brief : tl_str(a->row ? a->row->title : "An alarm");
}

static const char *
title(const struct tl_alarm *a)
{
	return a->row ? a->row->title : "An alarm of a kind that this program does not know";
}

static const char *
prefix(const struct tl_told *t)
{
	if (tl_str_is(t->notice->what, "over"))
		return "over";
	if (tl_str_is(t->notice->what, "test"))
		return "test";
	return tl_alarm_severity_names[t->alarm->severity];
}

static const struct tl_told *
gravest(const struct tl_message *m)
{
	const struct tl_told *best = &m->told[0];
	for (size_t i = 1; i < m->count; i++) {
		bool over = tl_str_is(m->told[i].notice->what, "over");
		if (!over && (tl_str_is(best->notice->what, "over") ||
				 m->told[i].alarm->severity < best->alarm->severity))
			best = &m->told[i];
	}
	return best;
}

void
tl_message_subject(struct tl_buf *out, const struct tl_message *m)
{
	const struct tl_told *t = gravest(m);
	tl_buf_printf(out, "[%s] %s: %s", m->service, prefix(t), title(t->alarm));
	if (m->count > 1)
		tl_buf_printf(out, " (and %zu more)", m->count - 1);
}

static void
put_link(struct tl_buf *out, const struct tl_message *m, const struct tl_alarm *a)
{
	char id[TL_ID_TEXT];
	tl_id_text(id, a->id);
	tl_buf_printf(out, "%s/console/alarms?id=%s", m->public_url, id);
}

static void
put_one(struct tl_buf *out, const struct tl_message *m, const struct tl_told *t)
{
	const struct tl_alarm *a = t->alarm;
	char when[TL_TIME_MAX];
	tl_time_format(when, a->opened_at);
	tl_buf_printf(out, "%s: %s\n\n", prefix(t), title(a));
	tl_buf_put(out, sentence(a).p, sentence(a).n);
	if (tl_str_is(t->notice->what, "over")) {
		tl_buf_puts(out, " This is over.");
	} else if (a->row) {
		tl_buf_printf(out, "\n%s\n%s", a->row->safe, a->row->remedy);
	}
	tl_buf_printf(out, "\nOpen since %s", when);
	if (a->count > 1)
		tl_buf_printf(out, ", %lld times", (long long)a->count);
	if (tl_str_is(t->notice->what, "escalated"))
		tl_buf_puts(out, ". Nobody has taken it on yet");
	tl_buf_puts(out, ".\n");
	put_link(out, m, a);
	tl_buf_puts(out, "\n");
}

void
tl_message_text(struct tl_buf *out, const struct tl_message *m)
{
	for (size_t i = 0; i < m->count; i++) {
		if (i)
			tl_buf_puts(out, "\n--\n\n");
		put_one(out, m, &m->told[i]);
	}
}

static void
json_one(struct tl_buf *out, const struct tl_message *m, const struct tl_told *t)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf link = {0};
	const struct tl_alarm *a = t->alarm;
	put_link(&link, m, a);
	tl_js_open(out, NULL, '{');
	tl_js_id(out, "id", a->id);
	tl_js_str(out, "what", t->notice->what);
	tl_js_str(out, "kind", a->kind);
	tl_js_z(out, "severity", tl_alarm_severity_names[a->severity]);
	tl_js_z(out, "title", title(a));
	tl_js_str(out, "text", sentence(a));
	tl_js_z(out, "safe", a->row ? a->row->safe : "");
	tl_js_z(out, "remedy", a->row ? a->row->remedy : "");
	tl_js_z(out, "state", tl_alarm_state_names[a->state]);
	tl_js_time(out, "opened_at", a->opened_at);
	tl_js_int(out, "count", a->count);
	tl_js_str(out, "link", tl_buf_str(&link));
	tl_js_close(out, '}');
}

void
tl_message_json(struct tl_buf *out, const struct tl_message *m)
{
	tl_js_open(out, NULL, '{');
	tl_js_id(out, "id", m->id);
	tl_js_z(out, "type", "alarms");
	tl_js_time(out, "at", m->at);
	tl_js_z(out, "service", m->service);
	tl_js_open(out, "alarms", '[');
	for (size_t i = 0; i < m->count; i++)
		json_one(out, m, &m->told[i]);
	tl_js_close(out, ']');
	tl_js_close(out, '}');
}
