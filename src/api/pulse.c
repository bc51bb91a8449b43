/*
 * The pulse (pulse.h).
 *
 * Promises: a full disk or a backlog over its limit stops intake within a second, and intake goes on by itself
 * when there is room again. A failing look changes nothing but the log. Called by the server role's loop.
 */
#include "api/pulse.h"

#include "api/tally.h"
#include "config/policy.h"
#include "people/key_gate.h"
#include "store/jobs.h"
#include "store/people.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <sys/statvfs.h>

#define DEPTH_EVERY_US TL_US_S
#define FLUSH_EVERY_US (10 * TL_US_S)

static bool
disk_is_full(const struct tl_config *config)
{
	struct statvfs v;
	if (statvfs(config->data_dir, &v) < 0)
		return false;
	return (int64_t)v.f_bavail * (int64_t)v.f_frsize < config->disk_free_min_bytes;
}

static bool
backlog_is_full(struct tl_api *api)
{
	struct tl_db *db = NULL;
	struct tl_row r;
	int64_t waiting = 0;
	int rc = tl_app_db(&api->app, &db);
	/* Counts no further than the limit. */
	if (rc == 0)
		rc = tl_db_first(db, &r, TL_SQL_JOBS_OVER, A_INT(api->app.config->backlog_max));
	if (rc == 0) {
		waiting = tl_col_int(&r, 0);
		tl_row_end(&r);
	}
	tl_app_db_give(&api->app, db);
	return rc == 0 && waiting > 0;
}

/* With which configuration this server began; once. */
static int
record_config(struct tl_db *db, void *ctx)
{
	const struct tl_api *api = ctx;
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	uint8_t hash[16];
	char hex[2 * sizeof hash + 1];
	tl_config_json(api->app.config, &b);
	tl_blake2b(hash, sizeof hash, tl_buf_str(&b), NULL);
	tl_hex(hex, hash, sizeof hash);
	return tl_audit_add(db, "system", "config.load", tl_str(hex),
	    tl_str(api->testing ? TL_STARTED_TESTING : TL_STARTED));
}

static int
record_policies(struct tl_db *db, void *ctx)
{
	struct tl_api *api = ctx;
	const struct tl_policy_set *set = tl_app_policies(&api->app);
	int rc = tl_audit_add(db, "system", "policy.load", set->version, TL_S(""));
	tl_policy_unref(set);
	return rc;
}

/* Rules and configuration are read from files: what was taken over is recorded by its version. */
static void
record_loads(struct tl_api *api, bool policies)
{
	static bool began; /* one pulse in a process */
	int rc = 0;
	if (!began)
		rc = tl_writer_run(api->app.writer, TL_SYNC_NORMAL, record_config, api);
	if (rc >= 0 && (policies || !began))
		rc = tl_writer_run(api->app.writer, TL_SYNC_NORMAL, record_policies, api);
	began = began || rc >= 0;
	if (rc < 0)
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "audit"));
}

void
tl_pulse_look(struct tl_api *api)
{
	int was = atomic_load(&api->refusing), is = 0;
	if (disk_is_full(api->app.config))
		is = TL_EFULL;
	else if (backlog_is_full(api))
		is = TL_EAGAIN;
	atomic_store(&api->refusing, is);
	if (is == TL_EFULL && was != TL_EFULL)
		tl_log(EV_STORE_FULL, TL_LWORD("where", "disk"));
}

void
tl_pulse(struct tl_api *api)
{
	static int64_t flushed_us; /* one pulse in a process */
	int64_t now = tl_mono_us();
	tl_pulse_look(api);
	int polled = tl_app_poll(&api->app);
	if (polled < 0)
		tl_log(EV_CONFIG, TL_LWORD("where", tl_err_text()));
	record_loads(api, polled > 0);
	if (tl_tally_write(api->tally, api->app.writer) < 0)
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "counts"));
	if (now - flushed_us < FLUSH_EVERY_US)
		return;
	flushed_us = now;
	if (tl_writer_run(api->app.writer, TL_SYNC_NORMAL, tl_key_gate_flush, api->gate) < 0)
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "keys"));
}
