/*
 * Alarms: what a person must look at, its history, what is safe and what to do.
 *
 * Promises: words come from the table of alarms; what a person takes on or closes is in the audit trail. Failures:
 * STATE when an alarm is closed already. Called by the console's routes; the head also by what every screen is told.
 */
#include "api/console_int.h"

#include "base/arena.h"
#include "store/alarms.h"

void
tl_console_alarm_head(struct tl_buf *b, const struct tl_alarm_head *h)
{
	tl_js_int(b, "alarms", h->open);
	tl_js_z(b, "alarm_severity", h->open ? tl_alarm_severity_names[h->severity] : NULL);
	tl_js_z(b, "alarm_text", h->open ? h->text : NULL);
}

/* "user:<id>" as that person's name; the others as they are. */
static int
write_who(struct tl_call *c, struct tl_str who)
{
	struct tl_id id;
	struct tl_view v = tl_call_view(c);
	if (who.n > 5 && memcmp(who.p, "user:", 5) == 0 &&
	    tl_id_parse(tl_bytes(who.p + 5, who.n - 5), &id) == 0)
		return tl_view_person(&v, "who", id);
	tl_js_str0(&c->out, "who", who);
	return 0;
}

static int
write_history(struct tl_call *c, const struct tl_alarm *a)
{
	struct tl_alarm_event *list;
	size_t n;
	int rc = tl_alarm_events(c->db, a->id, c->arena, &list, &n);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, "history", '[');
	for (size_t i = 0; i < n && rc == 0; i++) {
		tl_js_open(&c->out, NULL, '{');
		tl_js_time(&c->out, "at", list[i].at);
		tl_js_str(&c->out, "what", list[i].what);
		rc = write_who(c, list[i].who);
		tl_js_close(&c->out, '}');
	}
	tl_js_close(&c->out, ']');
	return rc;
}

/* Where the console shows what it is about: a screen and, for some, a query. */
static int
write_about(struct tl_call *c, const struct tl_alarm *a)
{
	static const struct {
		const char *kind, *screen;
		bool ref; /* the reference follows */
	} places[] = {
	    {"case_clock", "queues/", true},
	    {"case_clock_near", "queues/", true},
	    {"queue_grows", "queues/", true},
	    {"job_buried", "search?q=", true},
	    {"action_clock", "search?q=", true},
	    {"action_refused", "search?q=", true},
	    {"delivery_dead", "deliveries?state=dead", false},
	    {"deliveries_behind", "deliveries?state=waiting", false},
	    {"endpoint_gone", "deliveries", false},
	    {"rules_refused", "rules", false},
	    {"policy_refused", "rules", false},
	    {"banks_stale", "banks", false},
	    {"key_expiry", "keys", false},
	};
	for (size_t i = 0; i < TL_COUNT(places); i++)
		if (tl_str_is(a->kind, places[i].kind)) {
			tl_js_z(&c->out, "about",
			    tl_arena_printf(c->arena, "%s%.*s", places[i].screen,
				places[i].ref ? (int)a->ref.n : 0, (const char *)a->ref.p));
			return tl_arena_check(c->arena);
		}
	tl_js_null(&c->out, "about");
	return 0;
}

static int
write_alarm(struct tl_call *c, const struct tl_alarm *a)
{
	struct tl_view v = tl_call_view(c);
	tl_js_open(&c->out, NULL, '{');
	tl_js_id(&c->out, "id", a->id);
	tl_js_str(&c->out, "kind", a->kind);
	tl_js_str(&c->out, "ref", a->ref);
	tl_js_z(&c->out, "severity", tl_alarm_severity_names[a->severity]);
	tl_js_str(&c->out, "title", a->row ? tl_str(a->row->title) : a->kind);
	tl_js_str(&c->out, "text", a->text);
	tl_js_z(&c->out, "safe", a->row ? a->row->safe : "");
	tl_js_z(&c->out, "remedy", a->row ? a->row->remedy : "");
	tl_js_bool(&c->out, "ends_itself", a->row && a->row->ends_itself);
	tl_js_z(&c->out, "state", tl_alarm_state_names[a->state]);
	int rc = tl_view_person(&v, "owner", a->owner);
	tl_js_time(&c->out, "opened_at", a->opened_at);
	tl_js_time(&c->out, "changed_at", a->changed_at);
	tl_js_int(&c->out, "count", a->count);
	if (rc == 0)
		rc = write_history(c, a);
	if (rc == 0)
		rc = write_about(c, a);
	tl_js_close(&c->out, '}');
	return rc;
}

int
tl_console_alarms(struct tl_call *c)
{
	struct tl_str state = TL_S("");
	struct tl_alarm *list;
	size_t n;
	int word;
	if (tl_req_query(c->req, "state", &state) && state.n &&
	    tl_word_parse(tl_alarm_state_names, state, &word) < 0)
		return tl_fail_at(TL_EFIELD, "state", "must be open, acknowledged or closed");
	int rc = tl_alarm_list(c->db, state, c->arena, &list, &n);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	tl_js_open(&c->out, "alarms", '[');
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = write_alarm(c, &list[i]);
	tl_js_close(&c->out, ']');
	tl_js_close(&c->out, '}');
	return rc;
}

static int
set_alarm(struct tl_call *c, enum tl_alarm_state state)
{
	struct tl_id id;
	struct tl_alarm a = {0};
	int rc = tl_call_begin_on(c, &id);
	if (rc < 0)
		return rc;
	rc = tl_alarm_set(c->db, id, state, c->who.id, tl_str(c->actor));
	if (rc == 0)
		rc = tl_call_audit(c, "alarm.set", id, tl_alarm_state_names[state]);
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	if (rc == 0)
		rc = tl_alarm_get(c->db, id, c->arena, &a);
	return rc < 0 ? rc : write_alarm(c, &a);
}

int
tl_console_alarm_acknowledge(struct tl_call *c)
{
	return set_alarm(c, TL_ALARM_ACKNOWLEDGED);
}

int
tl_console_alarm_close(struct tl_call *c)
{
	return set_alarm(c, TL_ALARM_CLOSED);
}
