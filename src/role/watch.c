/*
 * The watch.
 *
 * Promises: each rule opens its alarm when its bound is passed and ends it by itself below a lower one, so that what
 * hovers does not flap; counts of a few minutes only, so that what is over is over. No rule scans more than its
 * bounded part of the store. Failure: the store's codes; the other rules run at the next look. Called by clerk and
 * server.
 */
#include "role/watch.h"

#include "again/again.h"
#include "base/arena.h"
#include "store/alarms.h"
#include "store/jobs.h"
#include "store/notices.h"
#include "sys/clock.h"

#include <stdio.h>
#include <sys/statvfs.h>

#define WINDOW_US (5 * TL_US_MIN)
#define STARTS_US (10 * TL_US_MIN)
#define JAILS_ON 20
#define JAILS_OFF 5
#define HTTP_ON 10
#define HTTP_OFF 3
#define STORE_ON 10
#define STORE_OFF 3
#define STARTS_ON 5
#define STARTS_OFF 3
#define BACKLOG_LEAST 1000
#define QUEUE_LEAST 50
#define QUEUE_HOURS 8
#define AHEAD_US (5 * TL_US_S)
#define AHEAD_LOOKS 3
#define SEAL_US (30 * TL_US_S)
#define SEAL_LOOKS 3
#define NEAR_US (15 * TL_US_MIN)
#define DISK_LEAST_MIB 64
#define KEEP_US (3 * TL_US_HOUR)
#define NOTICES_KEEP_US (90 * TL_US_DAY)
#define QUEUES_MAX 100
#define KEYS_MAX 100
#define KEY_SOON_US (14 * TL_US_DAY)
#define KEY_PAST_US (30 * TL_US_DAY)

void
watch_init(struct watch *w, const struct tl_config *config, struct tl_arena *arena)
{
	*w = (struct watch){.config = config, .arena = arena};
}

/* Open at `on`, over below `off`; between them it stays what it is, with its newest words. */
static int
ring(struct tl_db *db, enum tl_alarm_kind kind, struct tl_str ref, bool on, bool off,
    struct tl_said said)
{
	if (on)
		return tl_alarm_say(db, kind, ref, said);
	return off ? tl_alarm_over(db, kind, ref) : 0;
}

/* Scans -------------------------------------------------------------------------------------------------------- */

static int
scans_grow(struct tl_db *db, const struct watch *w, int64_t now, int64_t waiting)
{
	int64_t before = 0, at = now;
	int rc = tl_vital_oldest(db, "scans_waiting", now - 10 * TL_US_MIN, &before, &at);
	if (rc == TL_ENOTFOUND)
		before = waiting;
	else if (rc < 0)
		return rc;
	rc = tl_vital_set(db, "scans_waiting", waiting);
	if (rc < 0)
		return rc;
	int64_t more = waiting - before, minutes = (now - at) / TL_US_MIN;
	bool on = minutes >= 5 && waiting > BACKLOG_LEAST && more > before / 5 + 500;
	char hours[64] = "";
	if (more > 0)
		(void)snprintf(hours, sizeof hours, "at this pace intake stops in %.1f h",
		    (double)(w->config->backlog_max - waiting) * (double)minutes /
			(double)more / 60);
	return ring(db, TL_AL_SCANS_GROW, TL_S("scans"), on,
	    waiting <= BACKLOG_LEAST || more <= 0,
	    TL_SAID(A_INT(waiting), A_INT(more), A_Z(hours)));
}

static int
watch_scans(struct tl_db *db, struct watch *w, int64_t now)
{
	struct tl_jobs_depth d;
	int rc = tl_jobs_depth(db, &d);
	if (rc < 0)
		return rc;
	int64_t age = d.oldest_run_at ? now - d.oldest_run_at : 0;
	bool on = age > w->config->alarm_scan_minutes * TL_US_MIN;
	rc = ring(
	    db, TL_AL_SCANS_STUCK, TL_S("scans"), on, !on, TL_SAID(A_INT(age / TL_US_MIN)));
	return rc < 0 ? rc : scans_grow(db, w, now, d.waiting);
}

/* Late only when something has been left all that time: an old entry that came into force just now is not late. */
static int
watch_again(struct tl_db *db, struct watch *w, int64_t now)
{
	int64_t oldest = 0, mono = tl_mono_us(),
		most = w->config->alarm_again_minutes * TL_US_MIN;
	int rc = tl_again_oldest(db, &oldest);
	if (rc < 0)
		return rc;
	if (oldest == 0)
		w->again_us = 0;
	else if (w->again_us == 0)
		w->again_us = mono;
	int64_t left = w->again_us ? mono - w->again_us : 0, age = oldest ? now - oldest : 0;
	bool on = left > most && age > most;
	return ring(db, TL_AL_AGAIN_BEHIND, TL_S("banks"), on, !on,
	    TL_SAID(A_INT((age < left ? age : left) / TL_US_MIN)));
}

/* Counts of a few minutes -------------------------------------------------------------------------------------- */

static int
watch_jails(struct tl_db *db, struct watch *w, int64_t now)
{
	int64_t n = 0;
	(void)w;
	int rc = tl_vital_sum(db, "jail_died", now - WINDOW_US, &n);
	return rc < 0 ? rc
		      : ring(db, TL_AL_JAILS_DIE, TL_S("decoders"), n >= JAILS_ON,
			    n < JAILS_OFF, TL_SAID(A_INT(n)));
}

static int
watch_errors(struct tl_db *db, struct watch *w, int64_t now)
{
	int64_t failed = 0, all = 0, store = 0;
	(void)w;
	int rc = tl_vital_sum(db, "http_failed", now - WINDOW_US, &failed);
	if (rc == 0)
		rc = tl_vital_sum(db, "http_all", now - WINDOW_US, &all);
	if (rc == 0)
		rc = tl_vital_sum(db, "store_error", now - WINDOW_US, &store);
	if (rc == 0)
		rc = ring(db, TL_AL_HTTP_ERRORS, TL_S("http"),
		    failed >= HTTP_ON && failed * 50 >= all, failed < HTTP_OFF,
		    TL_SAID(A_INT(failed), A_INT(all)));
	if (rc == 0)
		rc = ring(db, TL_AL_STORE_ERRORS, TL_S("store"), store >= STORE_ON,
		    store < STORE_OFF, TL_SAID(A_INT(store)));
	return rc;
}

/* Cases and queues --------------------------------------------------------------------------------------------- */

struct queue_row {
	struct tl_str name, title;
	int64_t count;
};

static int
read_queues(struct tl_db *db, struct watch *w, enum tl_sql sql, int64_t now, int64_t until,
    struct queue_row *list, size_t *ret_count)
{
	struct tl_row r;
	size_t n = 0;
	int rc = until ? tl_db_query(db, &r, sql, A_INT(now), A_INT(until))
		       : tl_db_query_args(db, &r, sql, NULL, 0);
	if (rc < 0)
		return rc;
	while (n < QUEUES_MAX && (rc = tl_row_next(&r)) > 0)
		list[n++] = (struct queue_row){tl_arena_dup(w->arena, tl_col_str(&r, 0)),
		    tl_arena_dup(w->arena, tl_col_str(&r, 1)), tl_col_int(&r, 2)};
	tl_row_end(&r);
	*ret_count = n;
	return rc < 0 ? rc : tl_arena_check(w->arena);
}

static int
watch_clocks(struct tl_db *db, struct watch *w, int64_t now)
{
	struct queue_row q[QUEUES_MAX];
	size_t n = 0;
	int rc = read_queues(db, w, TL_SQL_WATCH_CASES_NEAR, now, now + NEAR_US, q, &n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		char count[40];
		(void)snprintf(count, sizeof count, "%lld %s", (long long)q[i].count,
		    q[i].count == 1 ? "case will be" : "cases will be");
		rc = ring(db, TL_AL_CASE_CLOCK_NEAR, q[i].name, q[i].count > 0, q[i].count == 0,
		    TL_SAID(A_TEXT(q[i].title), A_Z(count), A_INT(NEAR_US / TL_US_MIN)));
	}
	return rc;
}

/* Whether a queue grows is asked of the last hour, and only once half of it was seen. */
static int
watch_queue(struct tl_db *db, const struct queue_row *q, int64_t now)
{
	struct tl_row r;
	char vital[96], hours[48] = "nobody decides there";
	int64_t before = 0, at = 0;
	(void)snprintf(vital, sizeof vital, "queue.%.*s",
	    (int)(q->name.n < 80 ? q->name.n : 80), (const char *)q->name.p);
	int rc = tl_vital_oldest(db, vital, now - TL_US_HOUR, &before, &at);
	bool seen = rc == 0 && now - at >= TL_US_HOUR / 2;
	if (rc == 0 || rc == TL_ENOTFOUND)
		rc = tl_vital_set(db, vital, q->count);
	if (rc == 0)
		rc = tl_db_first(
		    db, &r, TL_SQL_WATCH_QUEUE_FLOW, A_TEXT(q->name), A_INT(now - TL_US_HOUR));
	if (rc < 0)
		return rc;
	int64_t came = tl_col_int(&r, 0), went = tl_col_int(&r, 1);
	tl_row_end(&r);
	if (went > 0)
		(void)snprintf(hours, sizeof hours, "%lld h to clear at that pace",
		    (long long)(q->count / went));
	bool grows = seen && q->count > before && came > went + went / 5;
	return ring(db, TL_AL_QUEUE_GROWS, q->name,
	    grows && q->count >= QUEUE_LEAST && (went == 0 || q->count / went >= QUEUE_HOURS),
	    !grows || q->count < QUEUE_LEAST,
	    TL_SAID(A_TEXT(q->title), A_INT(q->count), A_INT(came), A_INT(went), A_Z(hours)));
}

static int
watch_queues(struct tl_db *db, struct watch *w, int64_t now)
{
	struct queue_row q[QUEUES_MAX];
	size_t n = 0;
	int rc = read_queues(db, w, TL_SQL_WATCH_QUEUE_OPEN, 0, 0, q, &n);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = watch_queue(db, &q[i], now);
	return rc;
}

/* What leaves -------------------------------------------------------------------------------------------------- */

static int
watch_deliveries(struct tl_db *db, struct watch *w, int64_t now)
{
	struct tl_row r;
	int64_t bound = w->config->alarm_delivery_minutes * TL_US_MIN;
	int rc = tl_db_first(db, &r, TL_SQL_WATCH_DELIVERIES, A_INT(now - bound));
	if (rc < 0)
		return rc;
	int64_t n = tl_col_int(&r, 0), oldest = tl_col_int(&r, 1);
	tl_row_end(&r);
	return ring(db, TL_AL_DELIVERIES_BEHIND, TL_S("deliveries"), n > 0, n == 0,
	    TL_SAID(A_INT(n), A_INT((now - oldest) / TL_US_MIN)));
}

/* A platform that has an endpoint again needs nobody for the old one. */
static int
watch_endpoints(struct tl_db *db, struct watch *w, int64_t now)
{
	struct tl_str *refs = NULL;
	size_t n = 0;
	(void)now;
	int rc = tl_alarm_refs(db, TL_AL_ENDPOINT_GONE, w->arena, &refs, &n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct tl_id id;
		struct tl_row r;
		if (tl_id_parse(refs[i], &id) < 0)
			continue;
		rc = tl_db_first(db, &r, TL_SQL_WATCH_ENDPOINT_BACK, A_ID(id));
		if (rc == 0)
			tl_row_end(&r);
		rc = rc == TL_ENOTFOUND ? 0
		     : rc < 0           ? rc
					: tl_alarm_over(db, TL_AL_ENDPOINT_GONE, refs[i]);
	}
	return rc;
}

static int
watch_channels(struct tl_db *db, struct watch *w, int64_t now)
{
	struct tl_notice_trouble *t = NULL;
	struct tl_str *refs = NULL;
	size_t n = 0, open = 0;
	int rc = tl_notice_failing(db, now - TL_US_DAY, w->arena, &t, &n);
	if (rc == 0)
		rc = tl_alarm_refs(db, TL_AL_ALARM_CHANNEL, w->arena, &refs, &open);
	for (size_t i = 0; i < n && rc == 0; i++)
		if (t[i].attempts >= 3)
			rc = tl_alarm_say(db, TL_AL_ALARM_CHANNEL,
			    tl_str(tl_arena_printf(
				w->arena, "%.*s:%.*s", TL_ARG(t[i].channel), TL_ARG(t[i].who))),
			    TL_SAID(A_TEXT(t[i].channel), A_TEXT(t[i].error)));
	for (size_t i = 0; i < open && rc == 0; i++) {
		bool fails = tl_str_is(refs[i], "configuration"); /* the courier's */
		for (size_t k = 0; k < n; k++)
			fails = fails ||
				(refs[i].n > t[k].channel.n &&
				    memcmp(refs[i].p, t[k].channel.p, t[k].channel.n) == 0);
		if (!fails)
			rc = tl_alarm_over(db, TL_AL_ALARM_CHANNEL, refs[i]);
	}
	return rc;
}

struct key_row {
	char ref[TL_ID_TEXT];
	struct tl_str prefix;
	int64_t left_us;
};

static int
read_keys(struct tl_db *db, struct watch *w, int64_t now, struct key_row list[KEYS_MAX],
    size_t *ret_count)
{
	struct tl_row r;
	size_t n = 0;
	int rc = tl_db_query(
	    db, &r, TL_SQL_WATCH_KEYS, A_INT(now + KEY_SOON_US), A_INT(now - KEY_PAST_US));
	if (rc < 0)
		return rc;
	while (n < KEYS_MAX && (rc = tl_row_next(&r)) > 0) {
		tl_id_text(list[n].ref, tl_col_id(&r, 0));
		list[n].prefix = tl_arena_dup(w->arena, tl_col_str(&r, 1));
		list[n++].left_us = tl_col_int(&r, 2) - now;
	}
	tl_row_end(&r);
	*ret_count = n;
	return rc < 0 ? rc : tl_arena_check(w->arena);
}

/* API keys that end soon without a successor; over once there is one, or the key is revoked. */
static int
watch_keys(struct tl_db *db, struct watch *w, int64_t now)
{
	struct key_row keys[KEYS_MAX];
	struct tl_str *refs = NULL;
	size_t n = 0, open = 0;
	int rc = read_keys(db, w, now, keys, &n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		char when[40];
		int64_t days = keys[i].left_us / TL_US_DAY;
		(void)snprintf(when, sizeof when,
		    days >= 0 ? "runs out in %lld days" : "ran out %lld days ago",
		    (long long)(days >= 0 ? days : -days));
		rc = tl_alarm_say(db, TL_AL_KEY_EXPIRY, tl_str(keys[i].ref),
		    TL_SAID(A_TEXT(keys[i].prefix), A_Z(when)));
	}
	if (rc == 0)
		rc = tl_alarm_refs(db, TL_AL_KEY_EXPIRY, w->arena, &refs, &open);
	for (size_t i = 0; i < open && rc == 0; i++) {
		struct tl_id id;
		bool still = tl_id_parse(refs[i], &id) < 0; /* a deadline that somebody set */
		for (size_t k = 0; k < n; k++)
			still = still || tl_str_is(refs[i], keys[k].ref);
		if (!still)
			rc = tl_alarm_over(db, TL_AL_KEY_EXPIRY, refs[i]);
	}
	return rc;
}

/* The machine -------------------------------------------------------------------------------------------------- */

static int
watch_disk(struct tl_db *db, struct watch *w, int64_t now)
{
	struct statvfs st;
	int64_t before = 0, at = 0;
	if (statvfs(w->config->data_dir, &st) < 0)
		return tl_fail(TL_EIO, "cannot ask for free space: %m");
	int64_t bytes = (int64_t)((uint64_t)st.f_bavail * st.f_frsize), free_mib = bytes >> 20;
	int64_t least = w->config->disk_free_min_bytes;
	int rc = ring(db, TL_AL_DISK, TL_S("data"), bytes < 2 * least, bytes >= 2 * least,
	    TL_SAID(A_INT(free_mib), A_INT(least >> 20)));
	if (rc == 0)
		rc = tl_vital_oldest(db, "disk_free_mib", now - TL_US_HOUR / 2, &before, &at);
	bool seen = rc == 0 && now - at >= 10 * TL_US_MIN;
	if (rc == 0 || rc == TL_ENOTFOUND)
		rc = tl_vital_set(db, "disk_free_mib", free_mib);
	if (rc < 0)
		return rc;
	int64_t used = before - free_mib, minutes = (now - at) / TL_US_MIN;
	int64_t room = free_mib > least >> 20 ? free_mib - (least >> 20) : 0;
	double hours = used > 0 ? (double)room * (double)minutes / (double)used / 60 : 1e9;
	char text[32];
	(void)snprintf(text, sizeof text, "%.1f h", hours);
	bool on = seen && used >= DISK_LEAST_MIB && hours < (double)w->config->alarm_disk_hours;
	return ring(db, TL_AL_DISK_FORECAST, TL_S("data"), on,
	    !seen || hours > 2 * (double)w->config->alarm_disk_hours,
	    TL_SAID(A_INT(minutes), A_Z(text)));
}

/* Roles -------------------------------------------------------------------------------------------------------- */

static struct watched *
watched_role(struct watch *w, const char *role)
{
	for (size_t i = 0; i < w->role_count; i++)
		if (strcmp(w->roles[i].role, role) == 0)
			return &w->roles[i];
	if (w->role_count == TL_COUNT(w->roles))
		return NULL;
	struct watched *r = &w->roles[w->role_count++];
	*r = (struct watched){.changed_us = tl_mono_us()};
	(void)snprintf(r->role, sizeof r->role, "%s", role);
	return r;
}

static int
look_at_role(struct tl_db *db, struct watch *w, enum tl_alarm_kind kind, const char *role,
    const struct tl_beat *beats, size_t n)
{
	struct watched *r = watched_role(w, role);
	int64_t now = tl_now_us(), mono = tl_mono_us();
	if (!r)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(beats[i].role, role) != 0 || beats[i].at == r->at)
			continue;
		r->at = beats[i].at;
		r->changed_us = mono;
		r->ahead = r->at > now + AHEAD_US ? r->ahead + 1 : 0;
	}
	int64_t silent = mono - r->changed_us;
	bool on = silent > w->config->alarm_role_seconds * TL_US_S;
	struct tl_str ref = tl_str(r->role);
	int rc =
	    kind == TL_AL_CLERK_MISSING
		? ring(db, kind, ref, on, !on, TL_SAID(A_INT(silent / TL_US_S)))
		: ring(db, kind, ref, on, !on, TL_SAID(A_TEXT(ref), A_INT(silent / TL_US_S)));
	if (rc == 0)
		rc = ring(db, TL_AL_CLOCKS_DIFFER, ref, r->ahead >= AHEAD_LOOKS, r->ahead == 0,
		    TL_SAID(A_TEXT(ref), A_INT((r->at - now) / TL_US_S)));
	return rc;
}

static int
look_at_starts(struct tl_db *db, const char *role, int64_t now)
{
	char vital[48];
	int64_t n = 0;
	(void)snprintf(vital, sizeof vital, "start.%s", role);
	int rc = tl_vital_sum(db, vital, now - STARTS_US, &n);
	return rc < 0 ? rc
		      : ring(db, TL_AL_ROLE_RESTARTS, tl_str(role), n >= STARTS_ON,
			    n < STARTS_OFF, TL_SAID(A_Z(role), A_INT(n)));
}

static int
watch_roles(struct tl_db *db, struct watch *w, int64_t now)
{
	struct tl_beat beats[TL_COUNT(w->roles)];
	size_t n = 0;
	int rc = tl_beats(db, TL_COUNT(beats), beats, &n);
	if (rc == 0)
		rc = look_at_role(db, w, TL_AL_ROLE_MISSING, "server", beats, n);
	if (rc == 0)
		rc = look_at_role(db, w, TL_AL_ROLE_MISSING, "courier", beats, n);
	if (rc == 0)
		rc = look_at_role(db, w, TL_AL_ROLE_MISSING, "finder", beats, n);
	for (int i = 0; i < (int)w->config->workers && rc == 0; i++) {
		char role[32];
		(void)snprintf(role, sizeof role, "worker:%d", i);
		rc = look_at_role(db, w, TL_AL_ROLE_MISSING, role, beats, n);
		if (rc == 0)
			rc = look_at_starts(db, role, now);
	}
	if (rc == 0)
		rc = look_at_starts(db, "server", now);
	if (rc == 0)
		rc = look_at_starts(db, "courier", now);
	if (rc == 0)
		rc = look_at_starts(db, "finder", now);
	return rc < 0 ? rc : look_at_starts(db, "clerk", now);
}

static int
look_at_seal(struct tl_db *db, struct watch *w)
{
	struct tl_row r;
	int64_t now = tl_now_us();
	int rc = tl_db_first_args(db, &r, TL_SQL_INSPECT_UNSEALED, NULL, 0);
	if (rc < 0)
		return rc;
	int64_t n = tl_col_int(&r, 0), age = n ? now - tl_col_int(&r, 1) : 0;
	tl_row_end(&r);
	/* Several looks in a row: the clock may have been steered past a decision of this moment. */
	w->unsealed = age > SEAL_US ? w->unsealed + 1 : 0;
	return ring(db, TL_AL_SEAL_BEHIND, TL_S("ledger"), w->unsealed >= SEAL_LOOKS,
	    w->unsealed == 0, TL_SAID(A_INT(n), A_INT(age / TL_US_S)));
}

int
watch_clerk(struct tl_db *db, void *watch)
{
	struct watch *w = watch;
	struct tl_beat beats[TL_COUNT(w->roles)];
	size_t n = 0;
	int rc = tl_beats(db, TL_COUNT(beats), beats, &n);
	if (rc == 0)
		rc = look_at_role(db, w, TL_AL_CLERK_MISSING, "clerk", beats, n);
	return rc < 0 ? rc : look_at_seal(db, w);
}

/* All of them -------------------------------------------------------------------------------------------------- */

static int
watch_deadlines(struct tl_db *db, struct watch *w, int64_t now)
{
	return tl_deadlines_look(db, w->arena, now);
}

static int
forget(struct tl_db *db, struct watch *w, int64_t now)
{
	(void)w;
	int rc = tl_vital_prune(db, now - KEEP_US);
	if (rc == 0)
		rc = tl_notice_prune(db, now - NOTICES_KEEP_US, 256);
	return rc < 0 ? rc : 0;
}

static int (*const rules[])(struct tl_db *db, struct watch *w, int64_t now) = {
    watch_scans,
    watch_again,
    watch_jails,
    watch_errors,
    watch_clocks,
    watch_queues,
    watch_deliveries,
    watch_endpoints,
    watch_channels,
    watch_keys,
    watch_disk,
    watch_roles,
    watch_deadlines,
    forget,
};

struct look {
	struct watch *w;
	size_t rule;
	int64_t now;
};

static int
run_rule(struct tl_db *db, void *ctx)
{
	const struct look *l = ctx;
	tl_arena_reset(l->w->arena);
	return rules[l->rule](db, l->w, l->now);
}

int
watch_all(struct tl_db *db, struct watch *w)
{
	struct look l = {.w = w, .now = tl_now_us()};
	int failed = 0;
	for (; l.rule < TL_COUNT(rules); l.rule++) {
		int rc = tl_db_tx(db, TL_SYNC_NORMAL, run_rule, &l);
		failed = rc < 0 ? rc : failed;
	}
	return failed;
}
