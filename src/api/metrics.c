/*
 * The admin port: /metrics in Prometheus text, /healthz, /readyz.
 *
 * Promises: figures come from counters and small indexed counts, never from a scan of items; labels are words of
 * our own. Called by the admin port's table.
 */
#include "api/routes.h"

#include "again/again.h"
#include "api/conns.h"
#include "api/hub.h"
#include "api/rates.h"
#include "api/stats.h"
#include "store/actions.h"
#include "store/alarms.h"
#include "store/jobs.h"
#include "store/outbox.h"
#include "store/streams.h"
#include "sys/clock.h"

static const int again_bounds[] = TL_AGAIN_BOUNDS;

static void
gauge(struct tl_buf *b, const char *name, const char *help, double v)
{
	tl_buf_printf(
	    b, "# HELP %s %s\n# TYPE %s gauge\n%s %.15g\n", name, help, name, name, v);
}

/* A person's decision can be undone, and then no longer counts: what can fall is no counter to Prometheus. */
static bool
can_fall(struct tl_str name)
{
	return tl_str_is(name, "decided_act") || tl_str_is(name, "decided_clear") ||
	       tl_str_is(name, "reversed");
}

static void
put_counter(struct tl_buf *b, const char *family, const struct tl_row *r)
{
	tl_buf_printf(b, "%s{name=\"%.*s\",policy=\"%.*s\",mode=\"%s\"} %lld\n", family,
	    TL_ARG(tl_col_str(r, 0)), TL_ARG(tl_col_str(r, 1)),
	    tl_col_int(r, 2) ? "live" : "test", (long long)tl_col_int(r, 3));
}

/* How long it took from a bank's growth until what was published before had its case or action. */
struct took {
	int64_t upto[TL_COUNT(again_bounds) + 1]; /* the last: longer */
	int64_t ms;
};

static bool
add_took(struct took *t, struct tl_str name, int64_t n)
{
	size_t head = strlen(TL_AGAIN_COUNTER);
	int64_t bound = 0;
	if (name.n <= head || memcmp(name.p, TL_AGAIN_COUNTER, head) != 0)
		return false;
	name = tl_bytes(name.p + head, name.n - head);
	if (tl_str_is(name, "ms")) {
		t->ms += n;
		return true;
	}
	if (tl_parse_i64(name, 0, INT64_MAX, &bound) < 0)
		return true;
	size_t i = 0;
	while (i < TL_COUNT(again_bounds) && again_bounds[i] != bound)
		i++;
	t->upto[i] += n;
	return true;
}

static void
put_took(struct tl_buf *b, const struct took *t)
{
	static const char name[] = "tutela_time_to_match_seconds";
	int64_t sum = 0;
	tl_buf_printf(b,
	    "# HELP %s From the growth of a bank to the case or action about what was "
	    "published "
	    "before.\n# TYPE %s histogram\n",
	    name, name);
	for (size_t i = 0; i < TL_COUNT(again_bounds); i++) {
		sum += t->upto[i];
		tl_buf_printf(
		    b, "%s_bucket{le=\"%d\"} %lld\n", name, again_bounds[i], (long long)sum);
	}
	sum += t->upto[TL_COUNT(again_bounds)];
	tl_buf_printf(b, "%s_bucket{le=\"+Inf\"} %lld\n%s_sum %.3f\n%s_count %lld\n", name,
	    (long long)sum, name, (double)t->ms / 1000, name, (long long)sum);
}

static int
put_counters(struct tl_db *db, struct tl_buf *b)
{
	struct tl_buf fall TL_CLEANUP(tl_buf_fini) = {0};
	struct took took = {0};
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_METRIC_COUNTERS, A_INT(0));
	if (rc < 0)
		return rc;
	tl_buf_puts(b, "# HELP tutela_events_total What happened, by name, policy and mode.\n"
		       "# TYPE tutela_events_total counter\n");
	while ((rc = tl_row_next(&r)) > 0) {
		if (add_took(&took, tl_col_str(&r, 0), tl_col_int(&r, 3)))
			continue;
		if (can_fall(tl_col_str(&r, 0)))
			put_counter(&fall, "tutela_decisions", &r);
		else
			put_counter(b, "tutela_events_total", &r);
	}
	tl_row_end(&r);
	tl_buf_puts(b, "# HELP tutela_decisions Decisions of people that were not undone.\n"
		       "# TYPE tutela_decisions gauge\n");
	tl_buf_put(b, fall.p, fall.n);
	put_took(b, &took);
	return rc;
}

/* Without a count: after the import of a large list it would be one of millions. */
static int
put_again(struct tl_db *db, struct tl_buf *b)
{
	int64_t oldest = 0;
	int rc = tl_again_oldest(db, &oldest);
	if (rc < 0)
		return rc;
	gauge(b, "tutela_again_oldest_seconds",
	    "Since when what was published before waits to be compared with banks that grew, "
	    "and judged; 0: nothing does.",
	    oldest ? (double)(tl_now_us() - oldest) / TL_US_S : 0);
	return 0;
}

static int
put_snapshots(struct tl_db *db, struct tl_buf *b)
{
	struct tl_row r;
	int rc = tl_db_query_args(db, &r, TL_SQL_METRIC_SNAPSHOTS, NULL, 0);
	if (rc < 0)
		return rc;
	rc = tl_row_next(&r);
	int64_t oldest = rc > 0 ? tl_col_int(&r, 2) : 0;
	gauge(b, "tutela_settings_looser_accounts",
	    "Accounts with settings looser than the policy, in the newest snapshot of each "
	    "platform.",
	    rc > 0 ? (double)tl_col_int(&r, 0) : 0);
	gauge(b, "tutela_settings_accounts", "Accounts in those snapshots.",
	    rc > 0 ? (double)tl_col_int(&r, 1) : 0);
	gauge(b, "tutela_settings_snapshot_age_seconds",
	    "Age of the oldest of them; 0: there is none.",
	    oldest ? (double)(tl_now_us() - oldest) / TL_US_S : 0);
	tl_row_end(&r);
	return rc < 0 ? rc : 0;
}

static int
put_jobs(struct tl_db *db, struct tl_buf *b)
{
	struct tl_jobs_depth d;
	int rc = tl_jobs_depth(db, &d);
	if (rc < 0)
		return rc;
	int64_t age = d.oldest_run_at ? tl_now_us() - d.oldest_run_at : 0;
	gauge(b, "tutela_jobs_waiting", "Scan jobs that wait.", (double)d.waiting);
	gauge(b, "tutela_jobs_leased", "Scan jobs under way.", (double)d.leased);
	gauge(b, "tutela_jobs_buried", "Scan jobs given up.", (double)d.buried);
	gauge(b, "tutela_jobs_oldest_seconds", "Age of the oldest scan job that waits.",
	    age > 0 ? (double)age / 1e6 : 0);
	return 0;
}

static void
put_states(struct tl_buf *b, const char *name, const char *help, const char *const *states,
    const int64_t *counts, size_t n)
{
	tl_buf_printf(b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
	for (size_t i = 0; i < n; i++)
		tl_buf_printf(
		    b, "%s{state=\"%s\"} %lld\n", name, states[i], (long long)counts[i]);
}

static void
put_alarms(struct tl_buf *b, const int64_t counts[tl_alarm_kind_count])
{
	tl_buf_puts(b, "# HELP tutela_alarms_open Alarms that wait for a person.\n"
		       "# TYPE tutela_alarms_open gauge\n");
	for (int k = 0; k < tl_alarm_kind_count; k++) {
		const struct tl_alarm_row *row = tl_alarm_row((enum tl_alarm_kind)k);
		tl_buf_printf(b, "tutela_alarms_open{kind=\"%s\",severity=\"%s\"} %lld\n",
		    row->kind, tl_alarm_severity_names[row->severity], (long long)counts[k]);
	}
}

static int
put_ledger(struct tl_db *db, struct tl_buf *b)
{
	int64_t outbox[tl_outbox_state_count] = {0}, actions[tl_action_state_count] = {0};
	int64_t alarms[tl_alarm_kind_count] = {0};
	int rc = tl_outboxrow_counts(db, outbox);
	if (rc == 0)
		rc = tl_action_counts(db, actions);
	if (rc == 0)
		rc = tl_alarm_counts(db, alarms);
	if (rc < 0)
		return rc;
	put_states(b, "tutela_deliveries", "Deliveries by state.", tl_outbox_state_names,
	    outbox, tl_outbox_state_count);
	put_states(b, "tutela_actions", "Actions by state.", tl_action_state_names, actions,
	    tl_action_state_count);
	put_alarms(b, alarms);
	return 0;
}

static int
put_queues(struct tl_db *db, struct tl_buf *b)
{
	struct tl_row r;
	int rc = tl_db_query_args(db, &r, TL_SQL_METRIC_CASES, NULL, 0);
	if (rc < 0)
		return rc;
	tl_buf_puts(b, "# HELP tutela_cases Cases that are not decided, by queue and state.\n"
		       "# TYPE tutela_cases gauge\n");
	while ((rc = tl_row_next(&r)) > 0) {
		struct tl_str queue = tl_col_str(&r, 0), state = tl_col_str(&r, 1);
		tl_buf_printf(b, "tutela_cases{queue=\"%.*s\",state=\"%.*s\"} %lld\n",
		    TL_ARG(queue), TL_ARG(state), (long long)tl_col_int(&r, 2));
	}
	tl_row_end(&r);
	return rc;
}

static void
put_connections(const struct tl_api *api, struct tl_buf *b)
{
	static const char *const rates[TL_RATE_COUNT] = {"any", "anonymous", "sign_in"};
	if (!api->http)
		return;
	struct tl_conns_counts n = tl_http_connections(api->http);
	const struct {
		const char *why;
		int64_t count;
	} ended[] = {
	    {"refused", n.refused}, {"idle", n.idle}, {"slow", n.slow}, {"crowded", n.crowded}};
	gauge(b, "tutela_http_connections", "Open HTTP connections.", (double)n.open);
	tl_buf_puts(b, "# HELP tutela_http_connections_ended_total Connections that we ended: "
		       "refused at once, idle, too slow, or to make room.\n"
		       "# TYPE tutela_http_connections_ended_total counter\n");
	for (size_t i = 0; i < TL_COUNT(ended); i++)
		tl_buf_printf(b, "tutela_http_connections_ended_total{why=\"%s\"} %lld\n",
		    ended[i].why, (long long)ended[i].count);
	tl_buf_puts(b, "# HELP tutela_http_limited_total Requests over their address's limit.\n"
		       "# TYPE tutela_http_limited_total counter\n");
	for (size_t i = 0; i < TL_COUNT(rates); i++)
		tl_buf_printf(b, "tutela_http_limited_total{limit=\"%s\"} %lld\n", rates[i],
		    (long long)tl_rates_refused(api->app.rates, (enum tl_rate)i));
}

static int
put_streams(struct tl_db *db, struct tl_buf *b)
{
	int64_t running[2];
	int rc = tl_stream_running(db, running);
	if (rc < 0)
		return rc;
	tl_buf_printf(b,
	    "# HELP tutela_streams_running Live streams that run.\n"
	    "# TYPE tutela_streams_running gauge\n"
	    "tutela_streams_running{mode=\"live\"} %lld\n"
	    "tutela_streams_running{mode=\"test\"} %lld\n",
	    (long long)running[1], (long long)running[0]);
	return 0;
}

static int
write_metrics(struct tl_api *api, struct tl_db *db, struct tl_buf *b)
{
	int rc = put_counters(db, b);
	if (rc == 0)
		rc = put_jobs(db, b);
	if (rc == 0)
		rc = put_again(db, b);
	if (rc == 0)
		rc = put_snapshots(db, b);
	if (rc == 0)
		rc = put_ledger(db, b);
	if (rc == 0)
		rc = put_queues(db, b);
	if (rc == 0)
		rc = put_streams(db, b);
	gauge(b, "tutela_writer_depth", "Writes that wait for their commit.",
	    (double)tl_writer_depth(api->app.writer));
	gauge(b, "tutela_event_readers", "Connected readers of the event stream.",
	    (double)tl_hub_readers(api->hub));
	gauge(b, "tutela_accepting", "1 while new content is accepted.",
	    atomic_load(&api->refusing) == 0);
	put_connections(api, b);
	tl_stats_write(api->stats, b);
	return rc;
}

void
tl_api_get_metrics(struct tl_req *req)
{
	struct tl_api *api = tl_api_of(req);
	struct tl_db *db = NULL;
	struct tl_buf b = {0};
	int rc = tl_app_db(&api->app, &db);
	if (rc == 0)
		rc = write_metrics(api, db, &b);
	tl_app_db_give(&api->app, db);
	if (rc < 0) {
		tl_buf_fini(&b);
		tl_req_problem(req, rc);
		return;
	}
	tl_req_answer(req, 200, "text/plain; version=0.0.4", &b);
}

static void
answer_probe(struct tl_req *req, const char *status)
{
	struct tl_buf b = {0};
	tl_js_open(&b, NULL, '{');
	tl_js_z(&b, "status", status);
	tl_js_close(&b, '}');
	tl_req_answer_json(req, strcmp(status, "ok") == 0 ? 200 : 503, &b);
}

void
tl_api_get_health(struct tl_req *req)
{
	answer_probe(req, "ok");
}

void
tl_api_get_ready(struct tl_req *req)
{
	struct tl_api *api = tl_api_of(req);
	struct tl_db *db = NULL;
	if (!atomic_load(&api->ready)) {
		answer_probe(req, "starting");
		return;
	}
	int rc = tl_app_db(&api->app, &db);
	int64_t open;
	if (rc == 0)
		rc = tl_alarm_count(db, &open);
	tl_app_db_give(&api->app, db);
	if (rc < 0)
		answer_probe(req, "away");
	else
		answer_probe(req, atomic_load(&api->refusing) ? "full" : "ok");
}
