/*
 * Whom an alarm is told to, and when it goes further up.
 *
 * Promises: the first step as soon as it is due, a further one only while nobody has taken the alarm on; those who were
 * told hear when it ends by itself. A step without a reader goes to the next one that has. Failure: the store's codes;
 * the same alarm is due again. Called by the courier.
 */
#include "notify/steps.h"

#include "base/arena.h"
#include "store/alarms.h"
#include "sys/clock.h"

#define DUE_MAX 200
#define PAUSE_FIRST (10 * TL_US_S)
#define PAUSE_LAST (10 * TL_US_MIN)
#define DIGEST_US (10 * TL_US_MIN)

static bool
reads_mail(const struct tl_notify_plan *p, int who)
{
	return tl_notify_by_mail(p, (enum tl_alarm_who)who);
}

/* The reader of mail nearest to `who`: further up first. -1: nobody reads mail. */
static int
mail_reader(const struct tl_notify_plan *p, int who)
{
	for (int w = who; w < tl_alarm_who_count; w++)
		if (reads_mail(p, w))
			return w;
	for (int w = who - 1; w >= 0; w--)
		if (reads_mail(p, w))
			return w;
	return -1;
}

/* Systems that listen by webhook hear of everything at once, whoever reads the first mail. */
static int
tell(struct tl_db *db, const struct tl_notify_plan *p, const struct tl_alarm *a, int who,
    bool first, const char *what)
{
	int reader = mail_reader(p, who), rc = 0;
	if (reader >= 0)
		rc = tl_notice_add(db, a->id, what, "mail", tl_alarm_who_names[reader]);
	for (int w = 0; w < tl_alarm_who_count && rc == 0; w++)
		if (tl_notify_by_hook(p, (enum tl_alarm_who)w) &&
		    (w == who || (first && w == TL_ALARM_ONCALL)))
			rc = tl_notice_add(db, a->id, what, "webhook", tl_alarm_who_names[w]);
	return rc;
}

static int64_t
pause_us(const struct tl_notify_plan *p, const struct tl_alarm *a, int64_t told)
{
	int64_t times = a->row ? a->row->patience : 1;
	return times * (told == 1 ? p->step2_us : p->step3_us - p->step2_us);
}

/* The first step; notify_at is the next. */
static int
raise_alarm(struct tl_db *db, const struct tl_notify_plan *p, const struct tl_alarm *a,
    int first, int64_t now)
{
	bool further = first < TL_ALARM_ADMINS && pause_us(p, a, 1) > 0;
	int rc = tell(db, p, a, first, true, "raised");
	return rc < 0 ? rc
		      : tl_alarm_told(db, a->id, 1, now, further ? now + pause_us(p, a, 1) : 0);
}

static int
escalate(struct tl_db *db, const struct tl_notify_plan *p, const struct tl_alarm *a, int first,
    int64_t now)
{
	int who = first + (int)a->told;
	int64_t due = a->told_at + pause_us(p, a, a->told);
	if (who > TL_ALARM_ADMINS || pause_us(p, a, a->told) <= 0)
		return tl_alarm_told(db, a->id, a->told, a->told_at, 0);
	if (now < due) /* it came back meanwhile */
		return tl_alarm_told(db, a->id, a->told, a->told_at, due);
	int rc = tell(db, p, a, who, false, "escalated");
	int64_t next = pause_us(p, a, a->told + 1);
	return rc < 0 ? rc
		      : tl_alarm_told(db, a->id, a->told + 1, now,
			    who < TL_ALARM_ADMINS && next > 0 ? now + next : 0);
}

/* Whoever was told hears that it is over. */
static int
all_clear(struct tl_db *db, const struct tl_notify_plan *p, const struct tl_alarm *a, int first)
{
	int rc = 0, before = -1;
	for (int i = 0; i < (int)a->told && first + i <= TL_ALARM_ADMINS && rc == 0; i++) {
		int reader = mail_reader(p, first + i);
		if (i == 0 || reader != before)
			rc = tell(db, p, a, first + i, i == 0, "over");
		before = reader;
	}
	return rc < 0 ? rc : tl_alarm_told(db, a->id, 0, 0, 0);
}

static int
step(struct tl_db *db, const struct tl_notify_plan *p, const struct tl_alarm *a, int64_t now)
{
	int first = a->row ? (int)a->row->first : TL_ALARM_ONCALL;
	if (a->severity > p->least)
		return tl_alarm_told(db, a->id, a->told, a->told_at, 0);
	if (a->state == TL_ALARM_CLOSED)
		return all_clear(db, p, a, first);
	if (a->state == TL_ALARM_ACKNOWLEDGED)
		return tl_alarm_told(db, a->id, a->told, a->told_at, 0);
	return a->told == 0 ? raise_alarm(db, p, a, first, now)
			    : escalate(db, p, a, first, now);
}

int
tl_notify_steps(
    struct tl_db *db, const struct tl_notify_plan *p, struct tl_arena *arena, int64_t now)
{
	struct tl_alarm *due = NULL;
	size_t n = 0;
	int rc = tl_alarm_due(db, now, DUE_MAX, arena, &due, &n);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = step(db, p, &due[i], now);
	return rc < 0 ? rc : (int)n;
}

int
tl_notify_may(struct tl_db *db, const struct tl_notify_plan *p, const struct tl_notice_to *to,
    int64_t now, bool *ret)
{
	int64_t n = 0, last = 0;
	int rc = tl_notice_sent_since(db, to, now - TL_US_HOUR, &n, &last);
	*ret = n < p->config->alarm_messages_per_hour || now >= last + DIGEST_US;
	return rc < 0 || *ret ? rc : tl_notice_wait(db, to, last + DIGEST_US);
}

int64_t
tl_notify_pause_us(int64_t attempts)
{
	int64_t pause = PAUSE_FIRST;
	for (int64_t i = 1; i < attempts && pause < PAUSE_LAST; i++)
		pause *= 2;
	return pause < PAUSE_LAST ? pause : PAUSE_LAST;
}

int
tl_notify_all(struct tl_db *db, const struct tl_notify_plan *p, struct tl_id alarm,
    const char *what, size_t *ret_count)
{
	size_t n = 0;
	int rc = 0;
	for (int w = 0; w < tl_alarm_who_count && rc == 0; w++) {
		bool mail = reads_mail(p, w);
		bool hook = tl_notify_by_hook(p, (enum tl_alarm_who)w);
		if (mail)
			rc = tl_notice_add(db, alarm, what, "mail", tl_alarm_who_names[w]);
		if (rc == 0 && hook)
			rc = tl_notice_add(db, alarm, what, "webhook", tl_alarm_who_names[w]);
		n += (size_t)mail + (size_t)hook;
	}
	*ret_count = n;
	return rc;
}
