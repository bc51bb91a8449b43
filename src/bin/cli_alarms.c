/*
 * doc/alarms.md out of the table of alarms (core/alarms.tbl.h): how they reach people, and every one of them. It only
 * writes into the caller's buffer. Called by `tutela docs`.
 */
#include "bin/cli.h"
#include "core/alarm.h"

static const char intro[] =
    "# Alarms\n\n"
    "For operators and leads. Generated from `src/core/alarms.tbl.h` by `tools/docs`; do not "
    "edit.\n\n"
    "An alarm is a row with an owner: open, acknowledged, closed. The same matter is open "
    "once. It says what\n"
    "happened, what is safe and what to do; it stands in the console on every screen, in "
    "`tutela alarm list`, in\n"
    "`tutela doctor` and in the metric `tutela_alarms_open{kind,severity}`.\n\n"
    "## Being told\n\n"
    "```yaml\n"
    "alarm_mail_server: smtp://mail.platform.example:587\n"
    "alarm_mail_from: tutela@platform.example\n"
    "alarm_mail_user: tutela\n"
    "alarm_mail_password_file: /etc/tutela/mail-password\n"
    "alarm_oncall: [oncall@platform.example]\n"
    "alarm_leads: [lead@platform.example]\n"
    "alarm_admins: [admin@platform.example]\n"
    "alarm_webhook_url: https://pager.example/hooks/tutela\n"
    "alarm_webhook_secret_file: /etc/tutela/alarm-webhook-secret\n"
    "```\n\n"
    "The webhook's secret is made by `printf 'whsec_%s\\n' \"$(openssl rand -base64 32)\"` and "
    "given to the receiver.\n"
    "Restart tutelad, then `tutela alarm test`: it sends a test alarm to every reader of every "
    "channel and says what\n"
    "became of it. `node tests/sinks.mjs` is a mail server and a webhook receiver that print "
    "what comes, for a trial\n"
    "without either.\n\n"
    "- **Steps.** Whoever is told first (see below) at once. While nobody takes the alarm on, "
    "the leads after\n"
    "  `alarm_step2_minutes` and the administrators after `alarm_step3_minutes`; a warning "
    "waits four times as long.\n"
    "  The webhook hears of everything at once, `alarm_webhook_escalated_url` of the last "
    "step.\n"
    "- **Taking it on** (\"I look after it\", `tutela alarm ack ID`) ends the escalation.\n"
    "- **Over.** What ends by itself says so to everybody who was told, a minute later at the "
    "earliest. What comes back\n"
    "  within ten minutes is the same alarm; each time the message waits a minute longer.\n"
    "- **Floods.** All that waits for one reader is one message. After "
    "`alarm_messages_per_hour` there is one in ten\n"
    "  minutes.\n"
    "- **Failures.** A message is tried again for a day, with growing pauses. A channel that "
    "fails three times opens an\n"
    "  alarm of its own, which goes through the others; `tutela doctor` says why.\n"
    "- **What a message holds.** Our own sentences, counts, times and a link: never content, "
    "and nothing that a platform\n"
    "  named.\n"
    "- A webhook is signed like those of platforms (`webhook-id`, `webhook-timestamp`, "
    "`webhook-signature`); its body is\n"
    "  `{id, type: \"alarms\", at, service, alarms: [{id, what, kind, severity, title, text, "
    "safe, remedy, state,\n"
    "  opened_at, count, link}]}`, where `what` is raised, escalated, over or test.\n\n"
    "Who watches: the clerk runs the rules, the server watches the clerk, the courier sends. "
    "When all three are gone, an\n"
    "outside probe of `/readyz` is what is left: set one up.\n";

static void
put_patience(struct tl_buf *out, const struct tl_alarm_row *r)
{
	static const char *const who[] = {
	    "the people on call", "the leads", "the administrators"};
	tl_buf_printf(out, "Told first: %s. ", who[r->first]);
	if (r->patience == 0 || r->first == TL_ALARM_ADMINS)
		tl_buf_puts(out, "It goes no further.");
	else
		tl_buf_printf(out, "Further up after %d min, unless somebody takes it on.",
		    15 * r->patience);
	tl_buf_printf(out, " It ends %s.\n",
	    r->ends_itself ? "by itself when its cause is over" : "when somebody closes it");
}

/* The sentence with its values in italics. */
static void
put_sentence(struct tl_buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '{' || *text == '}')
			tl_buf_byte(out, '*');
		else if (*text != '!' || text[-1] != '{')
			tl_buf_byte(out, (uint8_t)*text);
	}
}

void
cli_alarms_markdown(struct tl_buf *out)
{
	static const char *const heads[] = {"Critical", "Warnings", "Notices"};
	tl_buf_puts(out, intro);
	for (int severity = 0; severity < tl_alarm_severity_count; severity++) {
		tl_buf_printf(out, "\n## %s\n", heads[severity]);
		for (int k = 0; k < tl_alarm_kind_count; k++) {
			const struct tl_alarm_row *r = tl_alarm_row((enum tl_alarm_kind)k);
			if ((int)r->severity != severity)
				continue;
			tl_buf_printf(out, "\n### %s (`%s`)\n\n", r->title, r->kind);
			put_sentence(out, r->sentence);
			tl_buf_printf(out, "\n\nSafe: %s\n\nDo: %s\n\n", r->safe, r->remedy);
			put_patience(out, r);
		}
	}
}
