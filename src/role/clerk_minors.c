/*
 * The clerk's duties for settings by age.
 *
 * Promises: works by the policies in force; a folder with errors leaves the last good ones, and without any nothing is done
 * (the worker opens the alarm). Failures are the duty's, which is tried again. Called by clerk.c.
 */
#include "role/clerk_minors.h"

#include "base/buf.h"
#include "config/policy.h"
#include "config/yaml.h"
#include "minors/age.h"
#include "minors/history.h"
#include "minors/move.h"
#include "minors/settings.h"
#include "minors/told.h"
#include "store/policies.h"
#include "sys/clock.h"
#include "sys/fd.h"

#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

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
	m->noted = false;
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

/* Whose the file is, as far as this machine knows. */
static void
owner_of(uid_t uid, char name[64])
{
	struct passwd p, *found = NULL;
	char buf[2048];
	if (getpwuid_r(uid, &p, buf, sizeof buf, &found) == 0 && found)
		(void)snprintf(name, 64, "%s", p.pw_name);
	else
		(void)snprintf(name, 64, "%u", (unsigned)uid);
}

/* Keeps the text of the matrix that has come into force. */
static int
note(struct tl_db *db, struct clerk_minors *m)
{
	struct tl_buf text TL_CLEANUP(tl_buf_fini) = {0};
	char path[TL_PATH_MAX + 16], dir[TL_PATH_MAX], owner[64] = "";
	struct stat st = {0};
	int rc = tl_config_path(m->config, m->config->policy_dir, dir);
	if (rc < 0)
		return rc;
	(void)snprintf(path, sizeof path, "%s/minors.yaml", dir);
	rc = tl_file_read(path, TL_YAML_SIZE_MAX, &text);
	if (rc == TL_ENOTFOUND)
		rc = 0; /* the program's own is in force */
	else if (rc == 0 && stat(path, &st) == 0)
		owner_of(st.st_uid, owner);
	const struct tl_settings_policy p = {.version = m->set->version,
	    .seen_at = tl_now_us(),
	    .file_at = (int64_t)st.st_mtime * TL_US_S,
	    .file_owner = tl_str(owner),
	    .body = tl_buf_str(&text)};
	if (rc == 0)
		rc = tl_settings_policy_note(db, &p);
	m->noted = rc == 0;
	return rc;
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
	int rc = set && !m->noted ? note(db, m) : 0;
	return set && rc == 0 ? tl_minors_policy_told(db, set, tl_now_us()) : rc;
}

int
clerk_minors_forget(struct tl_db *db, struct clerk_minors *m)
{
	int64_t before = tl_now_us() - m->config->account_history_days * TL_US_DAY;
	return tl_history_expire(db, before, PAGE);
}
