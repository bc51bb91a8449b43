/*
 * The server: the API and the console over HTTP, the admin port, and the one writer behind them.
 *
 * Promises: it is ready once both ports listen; on SIGTERM it takes no new connections, lets requests in flight
 * end, commits what they wrote, and returns 0. It holds no key of the vault and speaks to nobody outside but its
 * clients. Called by tutelad --role server.
 */
#include "role/beat.h"
#include "role/role.h"
#include "role/watch.h"

#include "api/api.h"
#include "api/aside.h"
#include "api/asks.h"
#include "api/console.h"
#include "api/hub.h"
#include "api/pulse.h"
#include "api/rates.h"
#include "api/shares.h"
#include "api/stats.h"
#include "api/tally.h"
#include "api/tls.h"
#include "people/key_gate.h"
#include "store/vitals.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/log.h"
#include "sys/notify.h"
#include "sys/stop.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define WRITER_QUEUE 16384U
#define GRACE_US (5 * TL_US_S)
#define ADMIN_CONNECTIONS 32
#define HOST_MAX 256
#define CERT_WARN_US (14 * TL_US_DAY)
#define OTHER_FILES 512 /* stores, blobs, wires, connections that are being closed */

struct server {
	struct tl_api api;
	struct tl_route *routes; /* the platform's and the console's */
	size_t route_count;
	struct tl_http *http, *admin;
	char cert_path[TL_PATH_MAX], key_path[TL_PATH_MAX];
	struct tl_net trusted[TL_NETS_MAX];
	size_t trusted_count;
	struct tl_console_live *live;
	struct beat beat;
	struct watch watch;
	uint64_t requests, failed; /* that the figures by minute hold already */
};

/* On the writer's thread: whoever has to do with what was committed looks at once. */
static void
on_commit(void *ctx)
{
	const struct tl_api *api = ctx;
	tl_app_wake(&api->app, TL_PROC_WORKER);
}

static int
open_store(struct server *s)
{
	struct tl_api *api = &s->api;
	int rc = tl_store_open(api->app.config->data_dir, &api->app.store);
	if (rc < 0)
		return rc;
	tl_log(EV_STORE_OPEN, TL_LINT("schema", tl_store_schema()));
	api->print_key = tl_store_key(api->app.store, "print");
	rc = tl_writer_start(api->app.store, WRITER_QUEUE, &api->app.writer);
	if (rc == 0)
		tl_writer_on_commit(api->app.writer, on_commit, api);
	if (rc == 0)
		rc = tl_app_init(&api->app);
	return rc;
}

static void
join_routes(struct server *s)
{
	size_t more = s->api.testing ? tl_testing_route_count : 0;
	size_t known = tl_api_route_count + tl_console_route_count;
	s->route_count = known + more;
	s->routes = calloc(s->route_count, sizeof *s->routes);
	if (!s->routes)
		abort();
	memcpy(s->routes, tl_api_routes, tl_api_route_count * sizeof *s->routes);
	memcpy(s->routes + tl_api_route_count, tl_console_routes,
	    tl_console_route_count * sizeof *s->routes);
	memcpy(s->routes + known, tl_testing_routes, more * sizeof *s->routes);
	s->api.stats = tl_stats_create(s->routes, s->route_count);
}

static int
listen_on(const struct server *s, const char *where, bool admin, struct tl_http **ret)
{
	const struct tl_config *c = s->api.app.config;
	char host[HOST_MAX];
	unsigned port = 0;
	int rc = tl_config_address(where, host, sizeof host, &port);
	if (rc < 0)
		return rc;
	struct tl_http_conf conf = {.address = host,
	    .port = (int)port,
	    .threads = admin ? 1 : (int)c->http_threads,
	    .connections = admin ? ADMIN_CONNECTIONS : (int)c->connections_max,
	    .connections_per_address = admin ? 0 : (int)c->connections_per_address,
	    .timeout_s = (int)c->connection_idle_seconds,
	    .body_min_bytes_per_s = c->body_min_bytes_per_s,
	    .trusted = s->trusted,
	    .trusted_count = admin ? 0 : s->trusted_count,
	    .rates = admin ? NULL : s->api.app.rates,
	    .tls = !admin && *c->tls_certificate,
	    .routes = admin ? tl_admin_routes : s->routes,
	    .route_count = admin ? tl_admin_route_count : s->route_count,
	    .app = (void *)(uintptr_t)&s->api,
	    .stats = admin ? NULL : s->api.stats};
	return tl_http_start(&conf, ret);
}

/* Bounds of addresses: who is trusted to name them, and how fast each may ask. */
static int
begin_bounds(struct server *s)
{
	const struct tl_config *c = s->api.app.config;
	const struct tl_rate_conf rates[TL_RATE_COUNT] = {
	    [TL_RATE_ANY] = {c->requests_per_address * 60, c->requests_per_address * 10},
	    [TL_RATE_NOBODY] = {c->anonymous_per_address * 60, c->anonymous_per_address * 10},
	    [TL_RATE_SIGN_IN] = {c->signin_per_address, c->signin_per_address}};
	for (size_t i = 0; i < c->trusted_proxies.n && i < TL_NETS_MAX; i++) {
		int rc = tl_net_parse(
		    tl_str(c->trusted_proxies.v[i]), &s->trusted[s->trusted_count++]);
		if (rc < 0)
			return tl_fail(TL_ECONFIG, "trusted_proxies: %s", tl_err_text());
	}
	s->api.app.rates = tl_rates_create(rates);
	return tl_fd_need(c->connections_max + OTHER_FILES);
}

/* Somebody hears of it two weeks before the certificate ends. */
static int
note_certificate(struct tl_db *db, void *ctx)
{
	struct tl_cert cert = tl_tls_in_use();
	(void)ctx;
	return tl_deadline_set(db, TL_AL_CERTIFICATE_EXPIRY, tl_str(cert.name),
	    cert.ends_at - CERT_WARN_US, cert.ends_at);
}

static int
begin_tls(struct server *s)
{
	const struct tl_config *c = s->api.app.config;
	if (!*c->tls_certificate)
		return 0;
	int rc = tl_config_path(c, c->tls_certificate, s->cert_path);
	if (rc == 0)
		rc = tl_config_path(c, c->tls_key, s->key_path);
	if (rc == 0)
		rc = tl_tls_begin(s->cert_path, s->key_path);
	if (rc == 0)
		rc = tl_writer_run(s->api.app.writer, TL_SYNC_NORMAL, note_certificate, NULL);
	if (rc == 0)
		tl_log(EV_TLS_LOADED, TL_LINT("ends_in_days",
					  (tl_tls_in_use().ends_at - tl_now_us()) / TL_US_DAY));
	return rc;
}

static void
renew_tls(struct server *s, bool asked)
{
	int rc = tl_tls_renew(asked);
	if (rc > 0)
		rc = tl_writer_run(s->api.app.writer, TL_SYNC_NORMAL, note_certificate, NULL);
	else if (rc == 0)
		return;
	if (rc < 0)
		tl_log(EV_TLS_REFUSED, TL_LWORD("where", tl_err_text()));
	else
		tl_log(EV_TLS_LOADED, TL_LINT("ends_in_days",
					  (tl_tls_in_use().ends_at - tl_now_us()) / TL_US_DAY));
}

static int
start(struct server *s)
{
	struct tl_api *api = &s->api;
	int rc = begin_bounds(s);
	if (rc == 0)
		rc = open_store(s);
	if (rc < 0)
		return rc;
	rc = begin_tls(s);
	if (rc < 0)
		return rc;
	api->gate = tl_key_gate_create();
	api->tally = tl_tally_create();
	api->shares = tl_shares_create((int)api->app.config->connections_max / 2);
	join_routes(s);
	rc = tl_asks_start(api->app.wires, &api->asks);
	if (rc == 0)
		rc = tl_aside_start(&api->aside);
	if (rc == 0)
		rc = tl_hub_start(&api->app, &api->hub);
	if (rc == 0)
		tl_pulse_look(api);
	if (rc == 0)
		rc = listen_on(s, api->app.config->admin_listen, true, &s->admin);
	if (rc == 0)
		rc = listen_on(s, api->app.config->listen, false, &s->http);
	api->http = s->http;
	if (rc == 0)
		rc = tl_console_live_start(&api->app, &s->live);
	if (rc == 0)
		atomic_store(&api->ready, true);
	return rc;
}

static void
stop(struct server *s)
{
	struct tl_api *api = &s->api;
	atomic_store(&api->ready, false);
	if (s->live)
		tl_console_live_stop(s->live);
	tl_hub_stop(api->hub);
	tl_asks_stop(api->asks);
	bool quiet = tl_http_stop(s->http, GRACE_US);
	quiet = tl_http_stop(s->admin, TL_US_S) && quiet;
	tl_aside_stop(api->aside);
	if (api->tally && tl_tally_write(api->tally, api->app.writer) < 0)
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "counts"));
	tl_writer_stop(api->app.writer);
	/* Somebody still owes an answer: what is promised is durable, the rest may go with the process. */
	if (!quiet)
		_exit(0);
	tl_hub_destroy(api->hub);
	tl_asks_destroy(api->asks);
	tl_app_fini(&api->app);
	tl_key_gate_destroy(api->gate);
	tl_tally_destroy(api->tally);
	tl_shares_destroy(api->shares);
	tl_stats_destroy(api->stats);
	tl_rates_destroy(api->app.rates);
	tl_tls_end();
	tl_store_close(api->app.store);
	free(s->routes);
}

struct sign {
	struct server *s;
	uint64_t requests, failed;
};

/* On the writer's thread: this role's sign of life, its errors, and whether the clerk gives one. */
static int
write_sign(struct tl_db *db, void *ctx)
{
	const struct sign *x = ctx;
	struct server *s = x->s;
	int rc = beat_write(db, &s->beat);
	if (rc == 0 && x->requests != s->requests)
		rc = tl_vital_add(db, "http_all", (int64_t)(x->requests - s->requests));
	if (rc == 0 && x->failed != s->failed)
		rc = tl_vital_add(db, "http_failed", (int64_t)(x->failed - s->failed));
	return rc < 0 ? rc : watch_clerk(db, &s->watch);
}

static void
give_sign(struct server *s)
{
	struct sign x = {.s = s};
	if (!beat_begin(&s->beat))
		return;
	tl_stats_totals(s->api.stats, &x.requests, &x.failed);
	if (tl_writer_run(s->api.app.writer, TL_SYNC_NORMAL, write_sign, &x) < 0) {
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "beat"));
		return;
	}
	beat_said(&s->beat);
	s->requests = x.requests;
	s->failed = x.failed;
}

static void
loop(struct server *s, struct tl_stop *sig)
{
	const struct tl_wires *wires = s->api.app.wires;
	int64_t pulse_at = 0;
	while (!sig->stop) {
		struct pollfd p[2] = {
		    {.fd = sig->fd, .events = POLLIN}, {.fd = wires->wake, .events = POLLIN}};
		int64_t left = (pulse_at - tl_mono_us()) / TL_US_MS;
		(void)poll(p, 2, left < 0 ? 0 : (int)left);
		tl_stop_read(sig);
		if (tl_wake_drain(wires))
			tl_hub_nudge(s->api.hub);
		if (tl_mono_us() >= pulse_at || sig->reload) {
			renew_tls(s, sig->reload);
			sig->reload = false;
			pulse_at = tl_mono_us() + TL_US_S;
			tl_pulse(&s->api);
			give_sign(s);
		}
	}
}

int
tl_role_server(const struct tl_role_args *a)
{
	struct server s = {
	    .api = {.app = {.config = a->config, .wires = a->wires}, .testing = a->testing}};
	struct tl_stop sig;
	int rc = tl_stop_open(&sig);
	if (rc < 0)
		return rc;
	rc = start(&s);
	beat_init(&s.beat, "server", -1);
	watch_init(&s.watch, a->config, NULL);
	if (rc == 0) {
		tl_log(EV_START, TL_LWORD("role", "server"), TL_LINT("pid", getpid()));
		tl_notify("READY=1");
		loop(&s, &sig);
		if (tl_writer_run(s.api.app.writer, TL_SYNC_NORMAL, beat_end, &s.beat) < 0)
			tl_log(EV_STORE_ERROR, TL_LWORD("where", "beat"));
		tl_log(EV_STOP, TL_LWORD("role", "server"));
	}
	char text[512];
	(void)snprintf(text, sizeof text, "%s", tl_err_text());
	stop(&s);
	tl_stop_close(&sig);
	return rc < 0 ? tl_fail(rc, "%s", text) : 0;
}
