/*
 * What intake is compared with, on the same machine in the same minute:
 *   peers echo             a bare libmicrohttpd that answers every POST with 108 bytes; prints its port, runs until killed
 *   peers sqlite FOLDER S  one row of 600 bytes a transaction, synchronous=FULL, for S seconds; prints rows a second
 *   peers sync FOLDER S    4 KiB appended and synced, for S seconds; prints the median and the 99 % mark in ms
 */
#include "timing.h"

#include "base/err.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
    const char *version, const char *data, size_t *n, void **slot)
{
	static char answer[] =
	    "{\"id\":\"a\",\"version\":1,\"state\":\"pending\",\"verdict\":null,"
	    "\"received_at\":\"2026-11-24T00:00:00.000Z\",\"media\":[]}   ";
	(void)cls, (void)url, (void)method, (void)version, (void)data;
	if (!*slot) {
		*slot = answer;
		return MHD_YES;
	}
	if (*n) {
		*n = 0;
		return MHD_YES;
	}
	struct MHD_Response *r =
	    MHD_create_response_from_buffer(sizeof answer - 1, answer, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result rc = MHD_queue_response(conn, 202, r);
	MHD_destroy_response(r);
	return rc;
}

static int
echo(void)
{
	struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL,
	    on_request, NULL, MHD_OPTION_THREAD_POOL_SIZE, 2U, MHD_OPTION_END);
	const union MHD_DaemonInfo *info =
	    d ? MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT) : NULL;
	if (!info)
		return 1;
	(void)printf("%d\n", info->port);
	(void)fflush(stdout);
	for (;;)
		(void)pause();
}

static int
one_row(const char *folder, double seconds)
{
	static char row[600];
	char path[512];
	sqlite3 *db;
	sqlite3_stmt *st;
	memset(row, 'x', sizeof row);
	(void)snprintf(path, sizeof path, "%s/peer.db", folder);
	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db,
		"PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;CREATE TABLE t(id INTEGER "
		"PRIMARY KEY, b BLOB)",
		NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, "INSERT INTO t(b) VALUES(?1)", -1, &st, NULL) != SQLITE_OK)
		return 1;
	double start = timing_s(CLOCK_MONOTONIC);
	long n = 0;
	for (; timing_s(CLOCK_MONOTONIC) - start < seconds; n++) {
		(void)sqlite3_bind_blob(st, 1, row, sizeof row, SQLITE_STATIC);
		if (sqlite3_step(st) != SQLITE_DONE)
			return 1;
		(void)sqlite3_reset(st);
	}
	(void)printf("%.0f\n", (double)n / (timing_s(CLOCK_MONOTONIC) - start));
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);
	return 0;
}

static int
sync_only(const char *folder, double seconds)
{
	static char page[4096];
	static double took[100000];
	char path[512];
	size_t n = 0;
	(void)snprintf(path, sizeof path, "%s/peer.log", folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	for (double start = timing_s(CLOCK_MONOTONIC);
	     fd >= 0 && n < sizeof took / sizeof *took; n++) {
		double at = timing_s(CLOCK_MONOTONIC);
		if (at - start > seconds)
			break;
		if (write(fd, page, sizeof page) != (ssize_t)sizeof page || fdatasync(fd) < 0)
			return 1;
		took[n] = (timing_s(CLOCK_MONOTONIC) - at) * 1e3;
	}
	if (n == 0)
		return 1;
	timing_sort(took, n);
	(void)printf("%.3f %.3f\n", took[n / 2], took[n * 99 / 100]);
	return close(fd);
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "echo") == 0)
		return echo();
	if (argc == 4 && strcmp(argv[1], "sqlite") == 0)
		return one_row(argv[2], strtod(argv[3], NULL));
	if (argc == 4 && strcmp(argv[1], "sync") == 0)
		return sync_only(argv[2], strtod(argv[3], NULL));
	(void)fputs(
	    "usage: peers echo | peers sqlite FOLDER S | peers sync FOLDER S\n", stderr);
	return 2;
}
