/*
 * Who can be reached how.
 *
 * Promises: an address that a mail header could not carry is never used. Failure: ECONFIG names the key; the other
 * channels work on. Called by the courier at its start, by `tutela alarm test` and by doctor.
 */
#include "notify/plan.h"

#include "notify/mail.h"
#include "sys/clock.h"

#include <fcntl.h>
#include <unistd.h>

static int
check_list(const char *key, struct tl_strs list)
{
	for (size_t i = 0; i < list.n; i++)
		if (!tl_mail_address_ok(tl_str(list.v[i])))
			return tl_fail(
			    TL_ECONFIG, "%s: \"%.60s\" is not a mail address", key, list.v[i]);
	return 0;
}

static int
check_hook(const char *key, const char *url)
{
	if (*url && strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
		return tl_fail(TL_ECONFIG, "%s: not a web address", key);
	return 0;
}

static int
check_mail(const struct tl_config *c)
{
	const char *url = c->alarm_mail_server;
	if (strncmp(url, "smtp://", 7) != 0 && strncmp(url, "smtps://", 8) != 0)
		return tl_fail(TL_ECONFIG,
		    "alarm_mail_server: expected smtp://host:587 or smtps://host:465");
	if (strchr(url, '@') || strpbrk(url, " \r\n"))
		return tl_fail(
		    TL_ECONFIG, "alarm_mail_server: user and password have keys of their own");
	if (!tl_mail_address_ok(tl_str(c->alarm_mail_from)))
		return tl_fail(TL_ECONFIG, "alarm_mail_from: not a mail address");
	int rc = check_list("alarm_oncall", c->alarm_oncall);
	if (rc == 0)
		rc = check_list("alarm_leads", c->alarm_leads);
	return rc < 0 ? rc : check_list("alarm_admins", c->alarm_admins);
}

int
tl_notify_plan(const struct tl_config *c, struct tl_notify_plan *ret)
{
	*ret = (struct tl_notify_plan){.config = c,
	    .to = {c->alarm_oncall, c->alarm_leads, c->alarm_admins},
	    .step2_us = c->alarm_step2_minutes * TL_US_MIN,
	    .step3_us = c->alarm_step3_minutes * TL_US_MIN,
	    .least = (enum tl_alarm_severity)c->alarm_least};
	int hook = check_hook("alarm_webhook_url", c->alarm_webhook_url);
	if (hook == 0 && *c->alarm_webhook_url)
		ret->hook[TL_ALARM_ONCALL] = c->alarm_webhook_url;
	if (hook == 0)
		hook =
		    check_hook("alarm_webhook_escalated_url", c->alarm_webhook_escalated_url);
	if (hook == 0 && *c->alarm_webhook_escalated_url)
		ret->hook[TL_ALARM_ADMINS] = c->alarm_webhook_escalated_url;
	if (hook == 0 && (*c->alarm_webhook_url || *c->alarm_webhook_escalated_url) &&
	    !*c->alarm_webhook_secret_file)
		hook = tl_fail(
		    TL_ECONFIG, "alarm_webhook_secret_file: an alarm webhook needs a secret");
	int mail = *c->alarm_mail_server ? check_mail(c) : 0;
	ret->mail_ready = mail == 0 && *c->alarm_mail_server;
	return mail < 0 ? mail : hook;
}

bool
tl_notify_by_mail(const struct tl_notify_plan *p, enum tl_alarm_who who)
{
	return p->mail_ready && p->to[who].n > 0;
}

bool
tl_notify_by_hook(const struct tl_notify_plan *p, enum tl_alarm_who who)
{
	return p->hook[who] != NULL;
}

bool
tl_notify_any(const struct tl_notify_plan *p)
{
	for (int who = 0; who < tl_alarm_who_count; who++)
		if (tl_notify_by_mail(p, (enum tl_alarm_who)who) ||
		    tl_notify_by_hook(p, (enum tl_alarm_who)who))
			return true;
	return false;
}

int
tl_notify_secret(const char *path, char *dst, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return tl_fail(TL_ECONFIG, "cannot read %s: %m", path);
	ssize_t n = read(fd, dst, cap - 1);
	(void)close(fd);
	if (n <= 0 || (size_t)n == cap - 1)
		return tl_fail(TL_ECONFIG, "%s holds no secret of a useful length", path);
	dst[n] = 0;
	dst[strcspn(dst, "\r\n")] = 0;
	return *dst ? 0 : tl_fail(TL_ECONFIG, "%s begins with an empty line", path);
}
