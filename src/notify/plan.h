/* Who can be reached how, out of the configuration. A plan borrows the configuration's texts. */
#pragma once

#include "config/config.h"
#include "core/alarm.h"

struct tl_notify_plan {
	const struct tl_config *config;
	struct tl_strs to[tl_alarm_who_count]; /* addresses */
	const char *hook[tl_alarm_who_count];  /* web addresses; NULL: none */
	bool mail_ready;
	int64_t step2_us, step3_us;
	enum tl_alarm_severity least; /* graver ones and this one are sent */
};

/* ECONFIG with the key in the text; *ret is a plan in any case, without what cannot be used. */
int tl_notify_plan(const struct tl_config *c, struct tl_notify_plan *ret) TL_MUST;

bool tl_notify_by_mail(const struct tl_notify_plan *p, enum tl_alarm_who who);
bool tl_notify_by_hook(const struct tl_notify_plan *p, enum tl_alarm_who who);
bool tl_notify_any(const struct tl_notify_plan *p);

/* A small file of this machine that holds a secret: its first line. INPUT when it is empty or too long. */
int tl_notify_secret(const char *path, char *dst, size_t cap) TL_MUST;
