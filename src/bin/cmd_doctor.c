/*
 * `tutela doctor`: everything that is wrong or later than its clock, each with what it means and what to do. One
 * check is one function and one row of the table below; a check that cannot run is a finding itself.
 */
#include "again/again.h"
#include "bin/cli.h"
#include "bin/cli_daemon.h"
#include "bin/cli_rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "detect/known.h"
#include "notify/plan.h"
#include "review/review.h"
#include "ship/restore.h"
#include "store/actions.h"
#include "store/alarms.h"
#include "store/api_keys.h"
#include "store/backup.h"
#include "store/bank_log.h"
#include "store/derived.h"
#include "store/factors.h"
#include "store/jobs.h"
#include "store/ledger.h"
#include "store/notices.h"
#include "store/outbox.h"
#include "store/people.h"
#include "sys/cert.h"
#include "sys/clock.h"
#include "sys/fd.h"

enum level { NOTE, WARNING, PROBLEM };

static const char *const level_names[] = {"note", "warning", "problem"};

struct doctor {
	struct tl_cli *cli;
	struct cli_list list;
	int count[3];
	const char *check;
	bool runs;
};

static void find(struct doctor *d, enum level level, const char *remedy, const char *fmt, ...)
    TL_PRINTF(4, 5);

static void
find(struct doctor *d, enum level level, const char *remedy, const char *fmt, ...)
{
	char text[700];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	d->count[level]++;
	if (!d->cli->json) {
		tl_buf_printf(&d->cli->out, "%-8s %s: ", level_names[level], d->check);
		tl_buf_puts(&d->cli->out, text);
		tl_buf_printf(&d->cli->out, "\n         %s\n", remedy);
		return;
	}
	cli_cell_z(&d->list, level_names[level]);
	cli_cell_z(&d->list, d->check);
	cli_cell_z(&d->list, text);
	cli_cell_z(&d->list, remedy);
}

static int
check_daemon(struct doctor *d)
{
	d->runs = cli_daemon_runs(d->cli);
	if (!d->runs)
		find(d, WARNING, "Start it: tutelad --data FOLDER, or ./run.",
		    "tutelad is not running on %s; nothing is scanned or delivered",
		    d->cli->data_dir);
	return 0;
}

static int
check_clock(struct doctor *d)
{
	struct timespec real;
	(void)clock_gettime(CLOCK_REALTIME, &real);
	int64_t off_s = tl_now_us() / TL_US_S - real.tv_sec;
	if (off_s < -1 || off_s > 1)
		find(d, WARNING, "tutela doctor --clock 0",
		    "the clock is %lld s from real time", (long long)off_s);
	return 0;
}

/* What root makes in another's folder (a restore, a new key) its owner cannot open. */
static void
check_owner(struct doctor *d)
{
	static const char *const NAMES[] = {"store.db", "store.db-wal", "keys.db",
	    "keys.db-wal", "master.key", "audit.key", "checkpoints.log", "clock", "lock.gate",
	    "lock.floor", "blobs", "policy", "tutela.yaml"};
	struct stat folder, st;
	if (stat(d->cli->data_dir, &folder) != 0)
		return;
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
		char path[TL_PATH_MAX];
		if (tl_config_path(d->cli->config, NAMES[i], path) != 0 ||
		    stat(path, &st) != 0 || st.st_uid == folder.st_uid)
			continue;
		find(d, PROBLEM,
		    "chown -R --reference=FOLDER FOLDER, and run tutela as the folder's owner.",
		    "%s does not belong to the owner of the data folder, as whom tutelad runs",
		    NAMES[i]);
		return;
	}
}

static int
check_files(struct doctor *d)
{
	struct stat st;
	struct statvfs disk;
	char path[TL_PATH_MAX];
	int rc = tl_config_path(d->cli->config, "master.key", path);
	if (rc == 0 && stat(path, &st) == 0 && (st.st_mode & 077))
		find(d, PROBLEM, "chmod 600 the file, and think about who may have read it.",
		    "master.key can be read by others (mode %o)", st.st_mode & 0777U);
	if (stat(d->cli->data_dir, &st) == 0 && (st.st_mode & 022))
		find(d, PROBLEM, "chmod go-w the folder.",
		    "others can write into the data folder");
	check_owner(d);
	if (statvfs(d->cli->data_dir, &disk) == 0) {
		int64_t free_bytes = (int64_t)(disk.f_bavail * disk.f_frsize);
		if (free_bytes < 2 * d->cli->config->disk_free_min_bytes)
			find(d,
			    free_bytes < d->cli->config->disk_free_min_bytes ? PROBLEM
									     : WARNING,
			    "Make room; below disk_free_min_bytes intake answers 503.",
			    "%lld MiB are free on the data folder's disk",
			    (long long)(free_bytes >> 20));
	}
	return rc;
}

/* Writes a file of its own: only that tells a disk that takes nothing. */
static int
check_disk(struct doctor *d)
{
	char path[TL_PATH_MAX];
	int rc = tl_config_path(d->cli->config, "doctor.probe", path);
	if (rc < 0)
		return rc;
	rc = tl_file_write_atomic(path, 0600, TL_S("probe\n"));
	if (rc < 0)
		find(d, PROBLEM,
		    "Read-only: disks are mounted so after errors, look at dmesg; mend and "
		    "mount it anew. Full: make "
		    "room. Nothing new is accepted until then; work goes on by itself.",
		    "nothing can be written to the data folder: %s", tl_err_text());
	else
		(void)unlink(path);
	if (d->cli->db && tl_db_in_doubt(d->cli->db))
		find(d, PROBLEM,
		    "Look at the disk (dmesg, smartctl). The next write tries again by itself; "
		    "until it ends well "
		    "nothing is accepted.",
		    "the disk refused to sync the store's log");
	return 0;
}

/* Takes its turn and the store's lock, as every write does. */
static int
check_lock(struct doctor *d)
{
	int rc = tl_db_begin(d->cli->db);
	if (rc == 0)
		tl_db_rollback(d->cli->db);
	if (rc == TL_EAGAIN)
		find(d, PROBLEM,
		    "`fuser -v` on store.db names it; end it (a forgotten sqlite3 shell, a "
		    "copy by another tool). Work "
		    "goes on by itself.",
		    "another program holds the store; writes wait and are refused");
	return rc == TL_EAGAIN ? 0 : rc;
}

/* How far behind the copies are, and whether one lost disk would take the copies along. */
static int
check_backup(struct doctor *d)
{
	const struct tl_config *c = d->cli->config;
	char to[TL_PATH_MAX];
	struct stat ours, theirs;
	int64_t first = 0, last = 0;
	if (!c->backup_dir[0]) {
		find(d, NOTE,
		    "Set backup_dir and backup_keys_dir to folders on other disks "
		    "(doc/backup.md).",
		    "no continuous copies are made");
		return 0;
	}
	if (!c->backup_keys_dir[0])
		find(d, WARNING, "Set backup_keys_dir.",
		    "keys.db is not copied; without it nobody's text can be read after a "
		    "restore");
	int rc = tl_config_path(c, c->backup_dir, to);
	if (rc == 0 && stat(to, &theirs) == 0 && stat(d->cli->data_dir, &ours) == 0 &&
	    ours.st_dev == theirs.st_dev)
		find(d, WARNING, "Set backup_dir to a folder on another disk or machine.",
		    "the copies are on the same disk as the data");
	if (rc == 0)
		rc =
		    tl_ship_span(tl_arena_printf(d->cli->arena, "%s/store", to), &first, &last);
	if (rc == TL_ENOTFOUND || rc == TL_EIO) {
		find(d, PROBLEM, "Look at the log of the role backup, and at the folder.", "%s",
		    tl_err_text());
		return 0;
	}
	int64_t behind_s = (tl_now_us() - last) / TL_US_S;
	if (rc == 0 && d->runs && behind_s > 120)
		find(d, PROBLEM,
		    "Look at the log of the role backup: is its folder full or gone?",
		    "the copies are %lld s behind", (long long)behind_s);
	return rc;
}

static int
check_rules(struct doctor *d)
{
	struct cli_rules r;
	int rc = cli_rules_load(d->cli, NULL, &r);
	if (rc < 0)
		find(d, PROBLEM,
		    "Correct the file (`tutela rule check`). Until then the last good rules "
		    "hold, or, "
		    "without any, items wait.",
		    "%s", r.report.count ? tl_buf_z(&r.report.text) : tl_err_text());
	for (size_t i = 0; rc == 0 && i < tl_rules_count(r.set); i++) {
		struct tl_rule_view v;
		tl_rules_view(r.set, i, tl_now_us(), &v);
		if (v.state == TL_RULE_INACTIVE)
			find(d, NOTE,
			    "Install or switch on what it needs, or take the rule out.",
			    "the rule %.*s is inactive: %.*s", TL_ARG(v.name), TL_ARG(v.why));
	}
	if (rc == 0 && tl_rules_count(r.set) == 0)
		find(d, WARNING, "Put rule packs (*.rules) into the folder policy/rules.",
		    "there are no rules; every item is allowed");
	cli_rules_free(&r);
	return 0;
}

static int
check_jobs(struct doctor *d)
{
	struct tl_jobs_depth j;
	int rc = tl_jobs_depth(d->cli->db, &j);
	if (rc < 0)
		return rc;
	if (j.buried)
		find(d, PROBLEM, "Each has a case in the queue unscannable; decide it there.",
		    "%lld items could not be scanned after %lld tries", (long long)j.buried,
		    (long long)d->cli->config->scan_tries);
	int64_t age = j.oldest_run_at ? tl_now_us() - j.oldest_run_at : 0;
	if (age > TL_US_MIN)
		find(d, d->runs ? PROBLEM : WARNING,
		    d->runs ? "Look at the worker's log; raise `workers` when they are busy "
			      "all the time."
			    : "They are scanned once tutelad runs.",
		    "%lld items wait for their scan, the oldest for %lld s",
		    (long long)j.waiting, (long long)(age / TL_US_S));
	return 0;
}

static int
check_again(struct doctor *d)
{
	struct tl_again_progress p;
	int rc = tl_again_progress(d->cli->db, &p);
	if (rc < 0)
		return rc;
	int64_t age = p.oldest ? tl_now_us() - p.oldest : 0;
	if (p.entries_left + p.found + p.asked && age > 5 * TL_US_MIN)
		find(d, WARNING,
		    d->runs ? "`tutela again` says how far it is; look at the finder's log."
			    : "It goes on once tutelad runs.",
		    "what was published before is not compared yet with %lld new entries of "
		    "banks; "
		    "%lld files were found and %lld items are being judged again",
		    (long long)p.entries_left, (long long)p.found, (long long)p.asked);
	rc = tl_again_index_check(
	    d->cli->db, d->cli->data_dir, cli_option(d->cli, "deep") != NULL);
	if (rc == TL_ECORRUPT || rc == TL_ENOTFOUND)
		find(d, PROBLEM,
		    "It is built again from the store by itself; look at the disk.",
		    "the index of what was published cannot be used: %s", tl_err_text());
	return rc == TL_ECORRUPT || rc == TL_ENOTFOUND ? 0 : rc;
}

/* The files of known hashes of one form, as everybody else opens them. */
static int
check_index_of(struct doctor *d, enum tl_entry_form form)
{
	const char *name = tl_entry_form_names[form];
	struct tl_derived row;
	struct tl_index_stats s = {0};
	TL_CLEANUP(tl_buf_fini) struct tl_buf path = {0};
	TL_CLEANUP(tl_index_closep) struct tl_index *x = NULL;
	bool used = false;
	int rc = tl_derived_get(d->cli->db, name, &row);
	if (rc == 0)
		rc = tl_bank_form_used(d->cli->db, form, &used);
	if (rc < 0 || !used)
		return rc;
	if (!row.epoch) {
		find(d, WARNING,
		    d->runs ? "The clerk's log says how far it is."
			    : "It is built once tutelad runs.",
		    "the index of %s hashes is still to be built from the store", name);
		return 0;
	}
	rc = tl_known_path(d->cli->data_dir, form, row.epoch, &path);
	if (rc == 0)
		rc = tl_index_open(tl_buf_z(&path), TL_INDEX_FOLLOW, &x);
	if (rc == 0 && cli_option(d->cli, "deep"))
		rc = tl_index_verify(x);
	if (rc == 0)
		tl_index_stats(x, &s);
	if (rc < 0)
		find(d, PROBLEM,
		    "It is built again from the store by itself; look at the disk.",
		    "the index of %s hashes cannot be used: %s", name, tl_err_text());
	else if (s.mark > (uint64_t)row.upto)
		find(d, PROBLEM, "It is built again from the store by itself.",
		    "the index of %s hashes is ahead of the store, as after a restore", name);
	return 0;
}

static int
check_index(struct doctor *d)
{
	int rc = 0;
	for (int f = 0; f < tl_entry_form_count && rc == 0; f++) {
		if (tl_known_form((enum tl_entry_form)f))
			rc = check_index_of(d, (enum tl_entry_form)f);
	}
	return rc;
}

/* How many people may work a queue. */
static int
count_skilled(const struct tl_user *users, size_t n, struct tl_str skills)
{
	int found = 0;
	for (size_t i = 0; i < n; i++)
		found += users[i].disabled_at == 0 && users[i].role != TL_ROLE_VIEWER &&
			 tl_skilled(users[i].skills, skills);
	return found;
}

/* A queue whose skills nobody has fills up unseen. */
static int
check_skills(struct doctor *d)
{
	struct tl_row r;
	struct tl_user *users;
	size_t n;
	int rc = tl_user_list(d->cli->db, d->cli->arena, &users, &n);
	if (rc == 0)
		rc = tl_db_query(d->cli->db, &r, TL_SQL_INSPECT_QUEUE_WAITS, A_NULL);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		struct tl_str title = tl_col_str(&r, 0), skills = tl_col_str(&r, 1);
		int64_t waits = tl_col_int(&r, 2);
		if (count_skilled(users, n, skills) > 0)
			continue;
		find(d, waits ? PROBLEM : WARNING,
		    "tutela user skills NAME WORDS; the words replace those that the person "
		    "has.",
		    "nobody may work the queue \"%.*s\": it asks for %.*s; %lld cases wait "
		    "there",
		    TL_ARG(title), TL_ARG(skills), (long long)waits);
	}
	tl_row_end(&r);
	return rc;
}

static int
check_cases(struct doctor *d)
{
	struct tl_row r;
	int64_t now = tl_now_us();
	int rc = tl_db_first(d->cli->db, &r, TL_SQL_INSPECT_CASES_LATE, A_INT(now));
	if (rc < 0)
		return rc;
	int64_t n = tl_col_int(&r, 0), oldest = tl_col_int(&r, 1);
	tl_row_end(&r);
	if (n)
		find(d, PROBLEM,
		    "`tutela case list` shows the most urgent first; more people are needed.",
		    "%lld cases are past their clock, the oldest by %lld min", (long long)n,
		    (long long)((now - oldest) / TL_US_MIN));
	return 0;
}

static int
check_actions(struct doctor *d)
{
	struct tl_action_row *late;
	size_t n;
	int64_t counts[tl_outbox_state_count] = {0};
	int rc = tl_action_late(d->cli->db, tl_now_us(), 100, d->cli->arena, &late, &n);
	if (rc < 0)
		return rc;
	if (n)
		find(d, PROBLEM,
		    "Is the platform's endpoint up, and does it confirm (POST "
		    "/v1/actions/{id}/confirm)?",
		    "%zu%s actions are not confirmed although their clock has run out", n,
		    n == 100 ? " or more" : "");
	rc = tl_outboxrow_counts(d->cli->db, counts);
	if (rc < 0)
		return rc;
	if (counts[TL_OUTBOX_DEAD])
		find(d, PROBLEM,
		    "Correct the endpoint, then send them again in the console (Deliveries).",
		    "%lld deliveries were given up", (long long)counts[TL_OUTBOX_DEAD]);
	if (counts[TL_OUTBOX_HELD])
		find(d, NOTE,
		    "They wait for `tutela switch set observe_only off` and a replay.",
		    "%lld deliveries are held", (long long)counts[TL_OUTBOX_HELD]);
	return 0;
}

static int
check_endpoints(struct doctor *d)
{
	struct tl_row r;
	int rc =
	    tl_db_query_args(d->cli->db, &r, TL_SQL_INSPECT_KEYS_WITHOUT_ENDPOINT, NULL, 0);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0)
		find(d, WARNING,
		    "tutela endpoint add URL --platform NAME; until then it must read GET "
		    "/v1/events.",
		    "the platform %.*s has keys and no endpoint for webhooks",
		    TL_ARG(tl_col_str(&r, 0)));
	tl_row_end(&r);
	return rc;
}

static int
look_at_key(void *ctx, const struct tl_api_key *k)
{
	struct doctor *d = ctx;
	int64_t now = tl_now_us(), left = k->expires_at - now;
	bool ends = k->expires_at && !k->revoked_at && tl_id_is_nil(k->replaced_by);
	if (ends && left < 14 * TL_US_DAY && left > -30 * TL_US_DAY)
		find(d, left < 2 * TL_US_DAY ? PROBLEM : WARNING,
		    "tutela key rotate ID gives its holder a new one while the old one works "
		    "on.",
		    "the key %.*s (%.*s) %s", TL_ARG(k->prefix), TL_ARG(k->label),
		    left > 0 ? "expires within two weeks" : "has expired");
	if (tl_api_key_is_unused(k, now))
		find(d, NOTE, "Revoke it if nobody needs it: tutela key revoke ID.",
		    "the key %.*s (%.*s) was not used for 90 days", TL_ARG(k->prefix),
		    TL_ARG(k->label));
	return 0;
}

static int
check_certificate(struct doctor *d)
{
	const struct tl_config *c = d->cli->config;
	char cert_path[TL_PATH_MAX], key_path[TL_PATH_MAX];
	struct tl_cert cert = {.name = ""};
	if (!*c->tls_certificate)
		return 0;
	int rc = tl_config_path(c, c->tls_certificate, cert_path);
	if (rc == 0)
		rc = tl_config_path(c, c->tls_key, key_path);
	if (rc == 0)
		rc = tl_cert_read(cert_path, key_path, &cert);
	if (rc < 0) {
		find(d, PROBLEM,
		    "Correct the files; until then the server does not start anew.", "%s",
		    tl_err_text());
		return 0;
	}
	int64_t left = cert.ends_at - tl_now_us();
	if (left < 14 * TL_US_DAY)
		find(d, left < 2 * TL_US_DAY ? PROBLEM : WARNING,
		    "Renew it; the server takes the new files within a second.",
		    left > 0 ? "the certificate %s ends in %lld days"
			     : "the certificate %s ended %lld days ago",
		    cert.name, (long long)((left > 0 ? left : -left) / TL_US_DAY));
	return 0;
}

static int
check_keys(struct doctor *d)
{
	return tl_api_key_list(d->cli->db, d->cli->arena, look_at_key, d);
}

static int
check_switches(struct doctor *d)
{
	bool observe = false, automatic = true;
	int rc = tl_switch_get(d->cli->db, TL_SWITCH_OBSERVE, &observe);
	if (rc == 0)
		rc = tl_switch_get(d->cli->db, TL_SWITCH_AUTOMATIC, &automatic);
	if (observe)
		find(d, NOTE, "tutela switch set observe_only off",
		    "observe_only is on: nothing leaves");
	if (!automatic)
		find(d, NOTE, "tutela switch set automatic_actions on",
		    "automatic_actions is off: a person decides everything");
	return rc;
}

static int
check_alarms(struct doctor *d)
{
	struct tl_alarm *alarms;
	size_t n;
	int rc = tl_alarm_list(d->cli->db, TL_S("open"), d->cli->arena, &alarms, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct tl_alarm_row *row = alarms[i].row;
		char id[TL_ID_TEXT], remedy[400];
		tl_id_text(id, alarms[i].id);
		(void)snprintf(remedy, sizeof remedy, "%s (tutela alarm ack %s)",
		    row ? row->remedy : "Look at it in the console.", id);
		find(d, alarms[i].severity == TL_ALARM_CRITICAL ? PROBLEM : WARNING, remedy,
		    "%.*s: %.*s %s", TL_ARG(alarms[i].kind),
		    (int)(alarms[i].text.n < 500 ? alarms[i].text.n : 500),
		    (const char *)alarms[i].text.p, row ? row->safe : "");
	}
	return rc;
}

/* Who hears of alarms, and whether the last messages arrived. */
static int
check_channels(struct doctor *d)
{
	struct tl_notify_plan plan;
	struct tl_notice_trouble *t = NULL;
	size_t n = 0;
	if (tl_notify_plan(d->cli->config, &plan) < 0)
		find(d, PROBLEM, "Correct it in tutela.yaml, then `tutela alarm test`.",
		    "alarms cannot be sent as configured: %s", tl_err_text());
	else if (!tl_notify_any(&plan))
		find(d, NOTE, "Set alarm_mail_server or alarm_webhook_url (doc/alarms.md).",
		    "alarms are shown in the console and sent to nobody");
	int rc = tl_notice_failing(d->cli->db, tl_now_us() - TL_US_DAY, d->cli->arena, &t, &n);
	for (size_t i = 0; rc == 0 && i < n; i++)
		find(d, PROBLEM,
		    "Correct the alarm_ keys; `tutela alarm test` tries all channels.",
		    "%lld messages about alarms did not reach %.*s by %.*s: %.*s",
		    (long long)t[i].waiting, TL_ARG(t[i].who), TL_ARG(t[i].channel),
		    TL_ARG(t[i].error));
	return rc;
}

/* Whoever guesses an administrator's password has everything. */
static int
check_second_factors(struct doctor *d)
{
	struct tl_user *list = NULL;
	size_t n = 0;
	int without = 0;
	int rc = tl_user_list(d->cli->db, d->cli->arena, &list, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct tl_factors has = {0};
		if (list[i].role != TL_ROLE_ADMIN || list[i].disabled_at)
			continue;
		rc = tl_factors_of(d->cli->db, list[i].id, &has);
		without += !has.totp && has.passkeys == 0;
	}
	if (rc == 0 && without)
		find(d, NOTE,
		    "They set one up in the console under My sign-in; second_factor_roles: "
		    "[admin, lead] asks for it (doc/people.md).",
		    "%d %s with a password alone", without,
		    without == 1 ? "administrator signs in" : "administrators sign in");
	return rc;
}

static int
check_people(struct doctor *d)
{
	int64_t admins = 0;
	struct tl_row r;
	struct tl_id nobody = {0};
	int rc = tl_db_first(d->cli->db, &r, TL_SQL_USER_ADMINS, A_ID(nobody));
	if (rc < 0)
		return rc;
	admins = tl_col_int(&r, 0);
	tl_row_end(&r);
	if (admins == 0)
		find(d, PROBLEM, "tutela user add NAME --role admin",
		    "there is no administrator");
	return check_second_factors(d);
}

/* The clerk holds its duty while it lives; without it nothing is sealed, numbered or erased. */
static int
check_clerk(struct doctor *d)
{
	struct tl_row r;
	int64_t now = tl_now_us();
	int rc = tl_db_query_args(d->cli->db, &r, TL_SQL_INSPECT_DUTIES, NULL, 0);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		if (d->runs && tl_col_int(&r, 1) + TL_US_MIN < now)
			find(d, PROBLEM,
			    "Look at the log of that role; stop and start tutelad.",
			    "nobody has done the duty \"%.*s\" for %lld s",
			    TL_ARG(tl_col_str(&r, 0)),
			    (long long)((now - tl_col_int(&r, 1)) / TL_US_S));
	}
	tl_row_end(&r);
	if (rc == 0)
		rc = tl_db_first_args(d->cli->db, &r, TL_SQL_INSPECT_UNSEALED, NULL, 0);
	if (rc < 0)
		return rc;
	int64_t n = tl_col_int(&r, 0), oldest = tl_col_int(&r, 1);
	tl_row_end(&r);
	if (n && d->runs && oldest + TL_US_MIN < now)
		find(d, PROBLEM, "Look at the clerk's log; until it works no event leaves.",
		    "%lld decisions and audit rows are not sealed, the oldest for %lld s",
		    (long long)n, (long long)((now - oldest) / TL_US_S));
	return 0;
}

static void
verifying(int64_t done, int64_t all)
{
	cli_progress("checked ledger rows", done, all);
}

static int
check_ledger(struct doctor *d)
{
	int64_t rows = 0, bad = 0;
	if (!cli_option(d->cli, "deep"))
		return 0;
	int rc = tl_ledger_verify(d->cli->db, verifying, &rows, &bad);
	cli_progress_end();
	if (rc == TL_ECORRUPT) {
		find(d, PROBLEM,
		    "Stop writing, keep a copy of the folder, compare it with a backup.",
		    "the ledger's chain does not fit at number %lld: %s", (long long)bad,
		    tl_err_text());
		return 0;
	}
	return rc;
}

static int
check_testing(struct doctor *d)
{
	struct tl_row r;
	int rc = tl_db_first_args(d->cli->db, &r, TL_SQL_AUDIT_START, NULL, 0);
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	if (tl_str_is(tl_col_str(&r, 0), TL_STARTED_TESTING))
		find(d, WARNING, "Use another data folder for what must be kept.",
		    "it was started with --testing: keys with the scope banks can reset its "
		    "banks");
	tl_row_end(&r);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct doctor *d);
	bool needs_store;
} checks[] = {
    {"daemon", check_daemon, false},
    {"files", check_files, false},
    {"disk", check_disk, false},
    {"backup", check_backup, false},
    {"rules", check_rules, false},
    {"lock", check_lock, true},
    {"clock", check_clock, true},
    {"people", check_people, true},
    {"scans", check_jobs, true},
    {"index", check_index, true},
    {"again", check_again, true},
    {"skills", check_skills, true},
    {"cases", check_cases, true},
    {"actions", check_actions, true},
    {"endpoints", check_endpoints, true},
    {"certificate", check_certificate, false},
    {"keys", check_keys, true},
    {"clerk", check_clerk, true},
    {"switches", check_switches, true},
    {"testing", check_testing, true},
    {"alarms", check_alarms, true},
    {"channels", check_channels, true},
    {"ledger", check_ledger, true},
};

static void
run_checks(struct doctor *d)
{
	d->check = "store";
	int rc = d->cli->db ? 0 : cli_open_store(d->cli);
	if (rc < 0)
		find(d, PROBLEM,
		    rc == TL_ENOTFOUND ? "tutela init, or name another folder with --data."
		    : rc == TL_ECONFLICT
			? "Do that first (doc/keys.md); what follows comes of it."
			: "See what is said of the disk; else restore a backup.",
		    "%s", tl_err_text());
	for (size_t i = 0; i < TL_COUNT(checks); i++) {
		d->check = checks[i].name;
		if (checks[i].needs_store && !d->cli->db)
			continue;
		if (checks[i].run(d) < 0)
			find(d, PROBLEM, "Look at the message; run the command again.",
			    "the check could not run: %s", tl_err_text());
	}
}

int
cmd_doctor(struct tl_cli *c)
{
	static const char *const columns[] = {"level", "check", "text", "remedy", NULL};
	struct doctor d = {.cli = c};
	int64_t shift_s = 0;
	int rc =
	    cli_option_int(c, "clock", -3650 * INT64_C(86400), 3650 * INT64_C(86400), &shift_s);
	if (rc == 0 && cli_option(c, "clock"))
		rc = cli_open_store(c); /* attaches the clock */
	if (rc == 0 && cli_option(c, "clock"))
		rc = tl_clock_shift(shift_s * TL_US_S);
	if (rc < 0)
		return rc;
	cli_list_begin(&d.list, c, "findings", columns);
	run_checks(&d);
	if (c->json)
		cli_list_end(&d.list, "");
	else if (d.count[NOTE] + d.count[WARNING] + d.count[PROBLEM] == 0)
		cli_say(c, "Everything is in order.");
	else
		cli_say(c, "\n%d %s, %d %s, %d %s.", d.count[PROBLEM],
		    d.count[PROBLEM] == 1 ? "problem" : "problems", d.count[WARNING],
		    d.count[WARNING] == 1 ? "warning" : "warnings", d.count[NOTE],
		    d.count[NOTE] == 1 ? "note" : "notes");
	c->exit = d.count[PROBLEM] + d.count[WARNING] ? CLI_FOUND : CLI_DONE;
	return 0;
}
