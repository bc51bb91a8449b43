/* The watch rules, each made to ring and to end by itself. Time passes by the steerable clock. */
#include "enforce/endpoint.h"
#include "enforce/sign.h"
#include "outbox/outbox.h"
#include "role/beat.h"
#include "role/watch.h"
#include "store/alarms.h"
#include "store/banks.h"
#include "store/notices.h"
#include "store/outbox.h"
#include "store/vitals.h"
#include "sys/clock.h"
#include "sys/log.h"

#include "unit_store.h"

#include <sqlite3.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct fixture {
	struct unit_store s;
	struct tl_config *config;
	struct tl_arena *arena;
	struct watch watch;
	int64_t shift;
};

static void
pass(struct fixture *f, int64_t us)
{
	f->shift += us;
	assert_int_equal(tl_clock_shift(f->shift), 0);
}

static void
look(struct fixture *f)
{
	assert_int_equal(watch_all(f->s.db, &f->watch), 0);
}

static bool
rings(struct fixture *f, enum tl_alarm_kind kind)
{
	return unit_alarms(f->s.db, kind) > 0;
}

#define RUN(f, ...)                                                                            \
	do {                                                                                   \
		unit_begin((f)->s.db);                                                         \
		assert_true((__VA_ARGS__) >= 0);                                               \
		unit_commit((f)->s.db);                                                        \
	} while (0)

static void
t_a_calm_installation_rings_nowhere(void **state)
{
	struct fixture *f = *state;
	struct beat b;
	int64_t open;
	static const char *const roles[] = {"server", "courier", "clerk", "finder", "worker:0"};
	for (int i = 0; i < 5; i++) {
		for (size_t r = 0; r < TL_COUNT(roles); r++) {
			beat_init(&b, roles[r], -1);
			b.counted = i > 0;
			beat_now(&b, f->s.db);
		}
		look(f);
		RUN(f, watch_clerk(f->s.db, &f->watch));
		pass(f, TL_US_MIN);
	}
	assert_int_equal(tl_alarm_count(f->s.db, &open), 0);
	assert_int_equal(open, 0);
}

static void
t_banks_that_are_compared_late_ring(void **state)
{
	struct fixture *f = *state;
	struct tl_bank b = {.name = TL_S("known"),
	    .kind = TL_BANK_PDQ,
	    .policy = TL_S("csae.known"),
	    .enabled = true};
	uint8_t hash[32] = {1};
	const struct tl_id first = {{0}};
	struct tl_bank_entry e = {
	    .value = tl_bytes(hash, sizeof hash), .form = TL_FORM_PDQ, .enabled = true};
	RUN(f, tl_bank_create(f->s.db, &b));
	RUN(f, tl_db_run(f->s.db, TL_SQL_AGAIN_AT_SET, A_Z("pdq"), A_INT(0), A_INT(0), A_INT(0),
		   A_INT(0), A_ID(first)));
	RUN(f, tl_bank_entry_add(f->s.db, &b, &e));
	pass(f, 20 * TL_US_MIN);
	look(f);
	assert_false(rings(f, TL_AL_AGAIN_BEHIND)); /* it has been left since this look */
	f->watch.again_us -= 20 * TL_US_MIN;
	look(f);
	assert_true(rings(f, TL_AL_AGAIN_BEHIND));
	RUN(f, tl_db_run(f->s.db, TL_SQL_AGAIN_AT_SET, A_Z("pdq"), A_INT(e.change + 1),
		   A_INT(0), A_INT(tl_now_us()), A_INT(0), A_ID(first)));
	look(f);
	assert_false(rings(f, TL_AL_AGAIN_BEHIND));
	/* One that comes back at its time is late from then on. */
	RUN(f, tl_bank_entry_disable(f->s.db, b.id, e.id, tl_now_us() + TL_US_MIN));
	look(f);
	assert_int_equal(f->watch.again_us, 0);
	pass(f, 20 * TL_US_MIN);
	look(f);
	f->watch.again_us -= 20 * TL_US_MIN;
	look(f);
	assert_true(rings(f, TL_AL_AGAIN_BEHIND));
}

static void
t_decoders_that_die_ring_until_they_do_not(void **state)
{
	struct fixture *f = *state;
	RUN(f, tl_vital_add(f->s.db, "jail_died", 19));
	look(f);
	assert_false(rings(f, TL_AL_JAILS_DIE));
	RUN(f, tl_vital_add(f->s.db, "jail_died", 1));
	look(f);
	assert_true(rings(f, TL_AL_JAILS_DIE));
	pass(f, 7 * TL_US_MIN);
	look(f);
	assert_false(rings(f, TL_AL_JAILS_DIE));
}

/* What a role logs as an error of the store is in the figures with its next beat. */
static void
t_errors_of_the_store_ring_until_they_stop(void **state)
{
	struct fixture *f = *state;
	struct beat b;
	beat_init(&b, "worker", 0);
	beat_now(&b, f->s.db);
	tl_log_init("test", TL_LOG_ERROR);
	for (int i = 0; i < 12; i++)
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "test"));
	b.next_us = 0;
	beat_now(&b, f->s.db);
	look(f);
	assert_true(rings(f, TL_AL_STORE_ERRORS));
	b.next_us = 0;
	beat_now(&b, f->s.db); /* says nothing twice */
	int64_t n = 0;
	assert_int_equal(tl_vital_sum(f->s.db, "store_error", 0, &n), 0);
	assert_true(n >= 12 && n < 24);
	pass(f, 7 * TL_US_MIN);
	look(f);
	assert_false(rings(f, TL_AL_STORE_ERRORS));
}

static void
t_requests_that_fail_ring_by_their_share(void **state)
{
	struct fixture *f = *state;
	RUN(f, tl_vital_add(f->s.db, "http_all", 100000));
	RUN(f, tl_vital_add(f->s.db, "http_failed", 20));
	look(f);
	assert_false(rings(f, TL_AL_HTTP_ERRORS));
	RUN(f, tl_vital_add(f->s.db, "http_failed", 2500));
	look(f);
	assert_true(rings(f, TL_AL_HTTP_ERRORS));
	pass(f, 7 * TL_US_MIN);
	look(f);
	assert_false(rings(f, TL_AL_HTTP_ERRORS));
}

static void
t_a_disk_that_fills_is_foretold(void **state)
{
	struct fixture *f = *state;
	struct statvfs st;
	assert_int_equal(statvfs(f->s.dir, &st), 0);
	int64_t mib = (int64_t)((uint64_t)st.f_bavail * st.f_frsize) >> 20;
	RUN(f, tl_vital_set(f->s.db, "disk_free_mib", 4 * mib));
	pass(f, 5 * TL_US_MIN);
	look(f);
	assert_false(rings(f, TL_AL_DISK_FORECAST)); /* too short a time to say */
	pass(f, 15 * TL_US_MIN);
	look(f);
	assert_true(rings(f, TL_AL_DISK_FORECAST));
	pass(f, 35 * TL_US_MIN);
	look(f);
	assert_false(rings(f, TL_AL_DISK_FORECAST));
}

static void
t_a_full_disk_rings_until_there_is_room(void **state)
{
	struct fixture *f = *state;
	int64_t least = f->config->disk_free_min_bytes;
	f->config->disk_free_min_bytes = INT64_C(1) << 60;
	look(f);
	assert_true(rings(f, TL_AL_DISK));
	f->config->disk_free_min_bytes = least;
	look(f);
	assert_false(rings(f, TL_AL_DISK));
}

static void
t_a_role_that_starts_again_and_again_rings(void **state)
{
	struct fixture *f = *state;
	struct beat b;
	for (int i = 0; i < 5; i++) {
		beat_init(&b, "courier", -1);
		beat_now(&b, f->s.db);
	}
	look(f);
	assert_true(rings(f, TL_AL_ROLE_RESTARTS));
	pass(f, 12 * TL_US_MIN);
	look(f);
	assert_false(rings(f, TL_AL_ROLE_RESTARTS));
}

/* Silence is measured by the clock that nobody can steer. */
static void
silent(struct watch *w, const char *role)
{
	for (size_t i = 0; i < w->role_count; i++)
		if (strcmp(w->roles[i].role, role) == 0)
			w->roles[i].changed_us -= 61 * TL_US_S;
}

static void
t_a_silent_role_rings_and_a_steered_clock_does_not(void **state)
{
	struct fixture *f = *state;
	struct beat b;
	beat_init(&b, "server", -1);
	look(f);
	pass(f, TL_US_DAY);
	look(f);
	assert_false(rings(f, TL_AL_ROLE_MISSING));
	silent(&f->watch, "server");
	look(f);
	assert_true(rings(f, TL_AL_ROLE_MISSING));
	beat_now(&b, f->s.db);
	look(f);
	assert_false(rings(f, TL_AL_ROLE_MISSING));
}

static void
t_a_silent_clerk_is_seen_by_the_server(void **state)
{
	struct fixture *f = *state;
	struct beat b;
	beat_init(&b, "clerk", -1);
	RUN(f, watch_clerk(f->s.db, &f->watch));
	assert_false(rings(f, TL_AL_CLERK_MISSING));
	silent(&f->watch, "clerk");
	RUN(f, watch_clerk(f->s.db, &f->watch));
	assert_true(rings(f, TL_AL_CLERK_MISSING));
	beat_now(&b, f->s.db);
	RUN(f, watch_clerk(f->s.db, &f->watch));
	assert_false(rings(f, TL_AL_CLERK_MISSING));
}

/* A role of another machine whose clock is ahead. */
static void
t_a_clock_that_is_ahead_rings(void **state)
{
	struct fixture *f = *state;
	struct beat b;
	beat_init(&b, "courier", -1);
	for (int i = 0; i < 4; i++) {
		pass(f, TL_US_MIN);
		b.next_us = 0;
		beat_now(&b, f->s.db);
		pass(f, -TL_US_MIN + TL_US_S);
		look(f);
		assert_int_equal(rings(f, TL_AL_CLOCKS_DIFFER), i >= 2);
	}
	b.next_us = 0;
	beat_now(&b, f->s.db);
	look(f);
	assert_false(rings(f, TL_AL_CLOCKS_DIFFER));
}

static void
t_a_deadline_is_looked_at(void **state)
{
	struct fixture *f = *state;
	int64_t now = tl_now_us();
	RUN(f, tl_deadline_set(f->s.db, TL_AL_BACKUP_OLD, TL_S("store"), now + TL_US_HOUR,
		   now + TL_US_HOUR));
	look(f);
	assert_false(rings(f, TL_AL_BACKUP_OLD));
	pass(f, 2 * TL_US_HOUR);
	look(f);
	assert_true(rings(f, TL_AL_BACKUP_OLD));
	RUN(f, tl_deadline_set(f->s.db, TL_AL_BACKUP_OLD, TL_S("store"),
		   tl_now_us() + TL_US_DAY, tl_now_us() + TL_US_DAY));
	look(f);
	assert_false(rings(f, TL_AL_BACKUP_OLD));
}

static void
t_deliveries_that_wait_ring_only_where_somebody_listens(void **state)
{
	struct fixture *f = *state;
	char secret[TL_SECRET_TEXT];
	struct tl_id endpoint;
	struct tl_outbox_message e = {.platform = f->s.platform,
	    .live = true,
	    .type = "item.verdict",
	    .subject_key = TL_S("item:1"),
	    .cause = tl_id_new(),
	    .data = TL_S("{}"),
	    .at = tl_now_us()};
	size_t n = 0;
	RUN(f, tl_outbox_put(f->s.db, &e, NULL));
	RUN(f, tl_outboxrow_number(f->s.db, tl_now_us(), 10, &n));
	pass(f, 20 * TL_US_MIN);
	look(f);
	assert_false(rings(f, TL_AL_DELIVERIES_BEHIND));
	RUN(f, tl_enforce_endpoint_set(f->s.db, f->s.platform, true,
		   "https://platform.example/hook", false, secret, &endpoint));
	look(f);
	assert_true(rings(f, TL_AL_DELIVERIES_BEHIND));
	RUN(f, tl_alarm_open(f->s.db, TL_AL_ENDPOINT_GONE, TL_S("x"), TL_SAID_NOTHING, NULL));
	struct tl_outbox_row *rows;
	RUN(f, tl_outboxrow_lease(f->s.db, tl_now_us(), tl_now_us() + TL_US_MIN, 10, NULL,
		   f->s.arena, &rows, &n));
	assert_int_equal(n, 1);
	RUN(f, tl_outbox_tried(f->s.db, &rows[0], &(struct tl_outbox_result){.status = 204},
		   TL_US_DAY, tl_now_us()));
	look(f);
	assert_false(rings(f, TL_AL_DELIVERIES_BEHIND));
}

static void
t_a_channel_that_fails_rings_until_it_works(void **state)
{
	struct fixture *f = *state;
	struct tl_notice_to to = {"mail", "oncall"};
	struct tl_notice *list;
	size_t n;
	RUN(f, tl_alarm_open(f->s.db, TL_AL_TEST, TL_S("t"), TL_SAID_NOTHING, NULL));
	struct tl_alarm *alarms;
	assert_int_equal(tl_alarm_list(f->s.db, TL_S(""), f->s.arena, &alarms, &n), 0);
	RUN(f, tl_notice_add(f->s.db, alarms[0].id, "raised", "mail", "oncall"));
	for (int i = 0; i < 3; i++) {
		struct tl_id batch = tl_id_new();
		int64_t now = tl_now_us();
		assert_false(rings(f, TL_AL_ALARM_CHANNEL));
		RUN(f, tl_notice_lease(
			   f->s.db, &to, now, now + TL_US_MIN, batch, f->s.arena, &list, &n));
		assert_int_equal(n, 1);
		RUN(f, tl_notice_failed(f->s.db, batch, TL_S("the mail server refuses"),
			   now + TL_US_S, now));
		pass(f, 2 * TL_US_S);
		look(f);
	}
	assert_true(rings(f, TL_AL_ALARM_CHANNEL));
	struct tl_id batch = tl_id_new();
	RUN(f, tl_notice_lease(f->s.db, &to, tl_now_us(), tl_now_us() + TL_US_MIN, batch,
		   f->s.arena, &list, &n));
	RUN(f, tl_notice_sent(f->s.db, batch, tl_now_us()));
	look(f);
	assert_false(rings(f, TL_AL_ALARM_CHANNEL));
}

/* Rows that no verb of the store would write: a past, a flood. */
static void
raw(struct fixture *f, const char *sql)
{
	char path[128], *why = NULL;
	sqlite3 *db;
	(void)snprintf(path, sizeof path, "%s/store.db", f->s.dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 10000);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
jobs(struct fixture *f, int from, int to)
{
	char sql[400];
	(void)snprintf(sql, sizeof sql,
	    "WITH RECURSIVE n(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
	    "INSERT "
	    "INTO jobs(platform, item, kind, run_at, state) SELECT 1, randomblob(16), 'scan', "
	    "%lld, "
	    "'ready' FROM n",
	    from, to - 1, (long long)tl_now_us());
	raw(f, sql);
}

static void
t_scans_that_wait_and_grow_ring(void **state)
{
	struct fixture *f = *state;
	jobs(f, 0, 2000);
	look(f);
	pass(f, 6 * TL_US_MIN);
	raw(f, "DELETE FROM jobs");
	jobs(f, 0, 5000);
	look(f);
	assert_true(rings(f, TL_AL_SCANS_GROW));
	assert_false(rings(f, TL_AL_SCANS_STUCK));
	pass(f, 11 * TL_US_MIN);
	look(f);
	assert_true(rings(f, TL_AL_SCANS_STUCK));
	raw(f, "DELETE FROM jobs");
	look(f);
	assert_false(rings(f, TL_AL_SCANS_GROW));
	assert_false(rings(f, TL_AL_SCANS_STUCK));
}

static void
cases(struct fixture *f, int n, int64_t opened_at, int64_t clock_at)
{
	char sql[700];
	(void)snprintf(sql, sizeof sql,
	    "INSERT OR IGNORE INTO queues(name, title, position) VALUES('terror', 'Terror', 1);"
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
	    "INSERT "
	    "INTO cases(id, platform, live, subject_kind, subject, queue, state, severity, "
	    "urgency, "
	    "clock_at, opened_at, updated_at) SELECT randomblob(16), 1, 1, 'item', "
	    "randomblob(16), "
	    "'terror', 'open', 'critical', 1, %lld, %lld, %lld FROM n",
	    n, (long long)clock_at, (long long)opened_at, (long long)opened_at);
	raw(f, sql);
}

/* The one-hour clock: before it runs out, while nobody has taken the case. */
static void
t_a_clock_rings_before_it_runs_out(void **state)
{
	struct fixture *f = *state;
	cases(f, 1, tl_now_us(), tl_now_us() + TL_US_HOUR);
	look(f);
	pass(f, 44 * TL_US_MIN);
	look(f);
	assert_false(rings(f, TL_AL_CASE_CLOCK_NEAR));
	pass(f, 2 * TL_US_MIN);
	look(f);
	assert_true(rings(f, TL_AL_CASE_CLOCK_NEAR));
	raw(f, "UPDATE cases SET state = 'claimed'");
	look(f);
	assert_false(rings(f, TL_AL_CASE_CLOCK_NEAR));
}

static void
t_a_queue_that_grows_rings_after_half_an_hour(void **state)
{
	struct fixture *f = *state;
	int64_t day = TL_US_DAY;
	cases(f, 40, tl_now_us(), tl_now_us() + day);
	look(f);
	pass(f, 20 * TL_US_MIN);
	cases(f, 40, tl_now_us(), tl_now_us() + day);
	look(f);
	assert_false(rings(f, TL_AL_QUEUE_GROWS)); /* seen for too short a time */
	pass(f, 15 * TL_US_MIN);
	look(f);
	assert_true(rings(f, TL_AL_QUEUE_GROWS));
	raw(f, "UPDATE cases SET state = 'decided'");
	look(f);
	assert_false(rings(f, TL_AL_QUEUE_GROWS));
}

static void
t_a_key_without_a_successor_rings_before_its_end(void **state)
{
	struct fixture *f = *state;
	char sql[400];
	(void)snprintf(sql, sizeof sql,
	    "INSERT INTO api_keys(id, platform, live, label, prefix, hash, scopes, created_at, "
	    "expires_at) VALUES(randomblob(16), 1, 1, 'web', 'tlk_live_abcd', randomblob(32), "
	    "'ingest', 1, %lld)",
	    (long long)(tl_now_us() + 20 * TL_US_DAY));
	raw(f, sql);
	look(f);
	assert_false(rings(f, TL_AL_KEY_EXPIRY));
	pass(f, 8 * TL_US_DAY);
	look(f);
	assert_true(rings(f, TL_AL_KEY_EXPIRY));
	raw(f, "UPDATE api_keys SET replaced_by = randomblob(16)");
	look(f);
	assert_false(rings(f, TL_AL_KEY_EXPIRY));
}

/* Sealing that is behind is seen several times before it rings: a steered clock makes any decision seem old. */
static void
t_decisions_that_are_not_sealed_ring(void **state)
{
	struct fixture *f = *state;
	char sql[900];
	(void)snprintf(sql, sizeof sql,
	    "INSERT INTO decisions(id, puid, platform, live, service, at, kind, subject_kind, "
	    "subject, content_types, trigger, automated_detection, policy, policy_version, "
	    "ground, "
	    "category_addition, keywords, facts, visibility, automated_decision, source_type, "
	    "effective_at, statement) VALUES(randomblob(16), 'p', 1, 1, 's', %lld, 'clear', "
	    "'item', "
	    "randomblob(16), '[]', 'notice', 0, 'p', 'v', 'none', '[]', '[]', '', '[]', 'not', "
	    "'s', "
	    "1, '{}')",
	    (long long)tl_now_us());
	raw(f, sql);
	for (int i = 0; i < 3; i++) {
		assert_false(rings(f, TL_AL_SEAL_BEHIND));
		pass(f, TL_US_MIN);
		RUN(f, watch_clerk(f->s.db, &f->watch));
	}
	assert_true(rings(f, TL_AL_SEAL_BEHIND));
	raw(f, "DELETE FROM decisions");
	RUN(f, watch_clerk(f->s.db, &f->watch));
	assert_false(rings(f, TL_AL_SEAL_BEHIND));
}

static int
set_up(void **state)
{
	static struct fixture f;
	f = (struct fixture){0};
	unit_store_open(&f.s);
	assert_int_equal(tl_config_load(f.s.dir, NULL, 0, &f.config), 0);
	f.arena = tl_arena_create(1 << 20);
	watch_init(&f.watch, f.config, f.arena);
	*state = &f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;
	tl_config_destroy(f->config);
	tl_arena_destroy(f->arena);
	unit_store_close(&f->s);
	return 0;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(t_a_calm_installation_rings_nowhere),
	    T(t_banks_that_are_compared_late_ring),
	    T(t_decoders_that_die_ring_until_they_do_not),
	    T(t_errors_of_the_store_ring_until_they_stop),
	    T(t_requests_that_fail_ring_by_their_share),
	    T(t_a_disk_that_fills_is_foretold),
	    T(t_a_full_disk_rings_until_there_is_room),
	    T(t_a_role_that_starts_again_and_again_rings),
	    T(t_a_silent_role_rings_and_a_steered_clock_does_not),
	    T(t_a_silent_clerk_is_seen_by_the_server),
	    T(t_a_clock_that_is_ahead_rings),
	    T(t_a_deadline_is_looked_at),
	    T(t_deliveries_that_wait_ring_only_where_somebody_listens),
	    T(t_a_channel_that_fails_rings_until_it_works),
	    T(t_scans_that_wait_and_grow_ring),
	    T(t_a_clock_rings_before_it_runs_out),
	    T(t_a_queue_that_grows_rings_after_half_an_hour),
	    T(t_a_key_without_a_successor_rings_before_its_end),
	    T(t_decisions_that_are_not_sealed_ring),
	};
#undef T
	return cmocka_run_group_tests(tests, NULL, NULL);
}
