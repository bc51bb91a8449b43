/*
 * The pulse (pulse.h).
 *
 * Promises: a full disk or a backlog over its limit stops intake within a second, and intake goes on by itself
 * when there is room again. A failing look changes nothing but the log. Called by the server role's loop.
 */
#include "api/pulse.h"

#include "people/key_gate.h"
#include "store/jobs.h"
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

void
tl_pulse(struct tl_api *api)
{
	static int64_t flushed_us; /* one pulse in a process */
	int64_t now = tl_mono_us();
	int was = atomic_load(&api->refusing), is = 0;
	if (disk_is_full(api->app.config))
		is = TL_EFULL;
	else if (backlog_is_full(api))
		is = TL_EAGAIN;
	atomic_store(&api->refusing, is);
	if (is == TL_EFULL && was != TL_EFULL)
		tl_log(EV_STORE_FULL, TL_LWORD("where", "disk"));
	if (tl_app_poll(&api->app) < 0)
		tl_log(EV_CONFIG, TL_LWORD("where", tl_err_text()));
	if (now - flushed_us < FLUSH_EVERY_US)
		return;
	flushed_us = now;
	if (tl_writer_run(api->app.writer, TL_SYNC_NORMAL, tl_key_gate_flush, api->gate) < 0)
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "keys"));
}
