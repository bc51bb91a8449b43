/* `tutela alarm`, `tutela switch`: what wants attention, and the two switches. */
#include "bin/cli.h"
#include "bin/cli_daemon.h"
#include "notify/steps.h"
#include "store/alarms.h"
#include "store/people.h"
#include "sys/clock.h"

#include <poll.h>

static const char *const alarm_columns[] = {"opened_at", "state", "severity", "kind", "ref",
    "count", "text", "safe", "remedy", "id", NULL};

static void
alarm_row(struct cli_list *l, const struct tl_alarm *a)
{
	cli_cell_time(l, a->opened_at);
	cli_cell_z(l, tl_alarm_state_names[a->state]);
	cli_cell_z(l, tl_alarm_severity_names[a->severity]);
	cli_cell(l, a->kind);
	cli_cell(l, a->ref);
	cli_cell_int(l, a->count);
	cli_cell(l, a->text);
	cli_cell_z(l, a->row ? a->row->safe : "");
	cli_cell_z(l, a->row ? a->row->remedy : "");
	cli_cell_id(l, a->id);
}

static int
alarms_in(struct tl_cli *c, struct cli_list *l, const char *state)
{
	struct tl_alarm *alarms;
	size_t n;
	int rc = tl_alarm_list(c->db, tl_str(state), c->arena, &alarms, &n);
	for (size_t i = 0; rc == 0 && i < n; i++)
		alarm_row(l, &alarms[i]);
	return rc;
}

int
cmd_alarm_list(struct tl_cli *c)
{
	struct cli_list l;
	cli_list_begin(&l, c, "alarms", alarm_columns);
	int rc = alarms_in(c, &l, "");
	if (rc == 0 && cli_option(c, "all"))
		rc = alarms_in(c, &l, "closed");
	cli_list_end(&l, "No alarms.");
	return rc;
}

struct alarm_change {
	struct tl_id id;
	enum tl_alarm_state state;
};

static int
set_alarm(struct tl_db *db, void *ctx)
{
	const struct alarm_change *x = ctx;
	char id[TL_ID_TEXT];
	tl_id_text(id, x->id);
	int rc = tl_alarm_set(db, x->id, x->state, (struct tl_id){0}, TL_S("cli"));
	return rc < 0 ? rc
		      : tl_audit_add(db, "cli",
			    x->state == TL_ALARM_CLOSED ? "alarm.close" : "alarm.acknowledge",
			    tl_str(id), TL_S(""));
}

static int
change_alarm(struct tl_cli *c, enum tl_alarm_state state)
{
	struct alarm_change x = {.state = state};
	struct tl_alarm a;
	int rc = cli_id("an alarm", c->argv[0], &x.id);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, set_alarm, &x);
	if (rc == TL_ENOTFOUND)
		return cli_fail(
		    rc, "`tutela alarm list` shows the ids.", "there is no such alarm");
	if (rc >= 0)
		rc = tl_alarm_get(c->db, x.id, c->arena, &a);
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_record_begin(&l, c, alarm_columns);
	alarm_row(&l, &a);
	cli_list_end(&l, "");
	return 0;
}

int
cmd_alarm_ack(struct tl_cli *c)
{
	return change_alarm(c, TL_ALARM_ACKNOWLEDGED);
}

int
cmd_alarm_close(struct tl_cli *c)
{
	return change_alarm(c, TL_ALARM_CLOSED);
}

/* Test ----------------------------------------------------------------------------------- */

#define TEST_WAIT_S 60

struct alarm_test {
	const struct tl_notify_plan *plan;
	struct tl_id id;
	size_t count;
};

static int
open_test(struct tl_db *db, void *ctx)
{
	struct alarm_test *t = ctx;
	char ref[TL_ID_TEXT];
	struct tl_row r;
	tl_id_text(ref, tl_id_new());
	int rc = tl_alarm_open(db, TL_AL_TEST, tl_str(ref), TL_SAID_NOTHING, NULL);
	if (rc == 0)
		rc = tl_db_first(db, &r, TL_SQL_ALARM_ID_OF, A_Z("test"), A_Z(ref));
	if (rc < 0)
		return rc;
	t->id = tl_col_id(&r, 0);
	tl_row_end(&r);
	rc = tl_alarm_told(db, t->id, 0, 0, 0);
	if (rc == 0)
		rc = tl_notify_all(db, t->plan, t->id, "test", &t->count);
	if (rc == 0)
		rc = tl_audit_add(db, "cli", "alarm.test", tl_str(ref), TL_S(""));
	return rc;
}

static int
close_test(struct tl_db *db, void *ctx)
{
	const struct alarm_test *t = ctx;
	return tl_alarm_set(db, t->id, TL_ALARM_CLOSED, (struct tl_id){0}, TL_S("cli"));
}

/* Until each was tried; what did not arrive is tried again, and that is not waited for. */
static int
wait_for_tries(
    struct tl_cli *c, const struct alarm_test *t, struct tl_notice **ret, size_t *ret_count)
{
	int64_t until = tl_mono_us() + TEST_WAIT_S * TL_US_S;
	for (;;) {
		size_t tried = 0;
		int rc = tl_notice_list(c->db, t->id, c->arena, ret, ret_count);
		if (rc < 0)
			return rc;
		for (size_t i = 0; i < *ret_count; i++)
			tried += (*ret)[i].sent_at != 0 || (*ret)[i].error.n != 0;
		if (tried == *ret_count || tl_mono_us() > until)
			return 0;
		(void)poll(NULL, 0, 200);
	}
}

static int
print_test(struct tl_cli *c, const struct tl_notice *list, size_t n)
{
	static const char *const columns[] = {"channel", "reader", "state", "error", NULL};
	struct cli_list l;
	cli_list_begin(&l, c, "messages", columns);
	for (size_t i = 0; i < n; i++) {
		cli_cell(&l, list[i].channel);
		cli_cell(&l, list[i].who);
		cli_cell_z(&l, list[i].sent_at   ? "sent"
			       : list[i].error.n ? "failed"
						 : "not tried");
		cli_cell(&l, list[i].error);
		if (list[i].sent_at == 0)
			c->exit = CLI_FOUND;
	}
	cli_list_end(&l, "");
	return 0;
}

int
cmd_alarm_test(struct tl_cli *c)
{
	struct tl_notify_plan plan;
	struct alarm_test t = {.plan = &plan};
	struct tl_notice *list = NULL;
	size_t n = 0;
	int rc = tl_notify_plan(c->config, &plan);
	if (rc < 0)
		return cli_fail(rc, "Correct it in tutela.yaml.", "%s", tl_err_text());
	if (!tl_notify_any(&plan))
		return cli_fail(TL_ECONFIG,
		    "See doc/alarms.md: alarm_mail_server, alarm_webhook_url.",
		    "no channel for alarms is configured");
	if (!cli_daemon_runs(c))
		return cli_fail(TL_EAGAIN, "Start tutelad: its courier sends the messages.",
		    "nobody sends: tutelad does not run");
	rc = tl_db_tx(c->db, TL_SYNC_FULL, open_test, &t);
	if (rc == 0)
		rc = wait_for_tries(c, &t, &list, &n);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_NORMAL, close_test, &t);
	return rc < 0 ? rc : print_test(c, list, n);
}

static const char *const switch_names[] = {TL_SWITCH_OBSERVE, TL_SWITCH_AUTOMATIC, NULL};
static const char *const on_off[] = {"off", "on", NULL};

int
cmd_switch_get(struct tl_cli *c)
{
	static const char *const columns[] = {"name", "value", NULL};
	int only = -1;
	int rc = c->argc && c->command->least == 0
		     ? cli_word("NAME", c->argv[0], switch_names, &only)
		     : 0;
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_list_begin(&l, c, "switches", columns);
	for (int i = 0; rc == 0 && switch_names[i]; i++) {
		bool on = false;
		if (only >= 0 && i != only)
			continue;
		rc = tl_switch_get(c->db, switch_names[i], &on);
		cli_cell_z(&l, switch_names[i]);
		cli_cell_z(&l, on_off[on]);
	}
	cli_list_end(&l, "");
	return rc;
}

struct switch_change {
	const char *name;
	bool on;
};

static int
set_switch(struct tl_db *db, void *ctx)
{
	const struct switch_change *x = ctx;
	int rc = tl_switch_set(db, x->name, x->on, TL_S("cli"));
	return rc < 0 ? rc
		      : tl_audit_add(
			    db, "cli", "switch.set", tl_str(x->name), tl_str(on_off[x->on]));
}

int
cmd_switch_set(struct tl_cli *c)
{
	int name = 0, value = 0;
	int rc = cli_word("NAME", c->argv[0], switch_names, &name);
	if (rc == 0)
		rc = cli_word("VALUE", c->argv[1], on_off, &value);
	struct switch_change x = {switch_names[name], value != 0};
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, set_switch, &x);
	return rc < 0 ? rc : cmd_switch_get(c);
}
