/*
 * The clerk's duties for settings by age.
 *
 * Promises: works by the policies in force; a folder with errors leaves the last good ones, and without any nothing is done
 * (the worker opens the alarm). Failures are the duty's, which is tried again. Called by clerk.c.
 */
#include "role/clerk_minors.h"

#include "config/policy.h"
#include "minors/age.h"
#include "minors/history.h"
#include "minors/move.h"
#include "minors/settings.h"
#include "minors/told.h"
#include "sys/clock.h"

#define PAGE 256

/* The policies in force; NULL when there are none. */
static const struct tl_policy_set *
policies(struct clerk_minors *m)
{
	char dir[TL_PATH_MAX];
	const struct tl_policy_set *fresh = NULL;
	if (tl_config_path(m->config, m->config->policy_dir, dir) < 0)
		return m->set;
	uint64_t stamp = tl_policy_stamp(dir);
	if (stamp == m->stamp)
		return m->set;
	m->stamp = stamp;
	if (tl_policy_load(dir, &fresh) < 0)
		return m->set;
	tl_policy_unref(m->set);
	m->set = fresh;
	return fresh;
}

void
clerk_minors_fini(struct clerk_minors *m)
{
	tl_policy_unrefp(&m->set);
}

int
clerk_minors_ages(struct tl_db *db, struct clerk_minors *m)
{
	const struct tl_policy_set *set = policies(m);
	return set ? tl_age_calendars(db, set, tl_now_us(), PAGE) : 0;
}

int
clerk_minors_lapses(struct tl_db *db, struct clerk_minors *m)
{
	const struct tl_policy_set *set = policies(m);
	return set ? tl_settings_lapse(db, set, tl_now_us(), PAGE) : 0;
}

int
clerk_minors_moves(struct tl_db *db, struct clerk_minors *m)
{
	const struct tl_policy_set *set = policies(m);
	int rc = set ? tl_move_work(db, set, tl_now_us()) : 0;
	return rc == 1 ? PAGE : rc; /* at once again */
}

int
clerk_minors_tell(struct tl_db *db, struct clerk_minors *m)
{
	const struct tl_policy_set *set = policies(m);
	return set ? tl_minors_policy_told(db, set, tl_now_us()) : 0;
}

int
clerk_minors_forget(struct tl_db *db, struct clerk_minors *m)
{
	int64_t before = tl_now_us() - m->config->account_history_days * TL_US_DAY;
	return tl_history_expire(db, before, PAGE);
}
