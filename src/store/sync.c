/*
 * Making commits durable: one sync of the write-ahead log, and what to do when the disk refuses it.
 *
 * After a failed sync the kernel may take the pages for clean: a second sync then ends well and nothing is on disk.
 * So a failure leaves a note that every process sees (the size of lock.floor), and while it stands nothing counts as
 * durable until the whole log was written once more and synced. Failures: IO, FULL. Called by db.c, the writer, the
 * clerk's checkpoint.
 */
#include "store/db_int.h"

#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART ((size_t)1 << 20)

void
tl_sync_doubt(struct tl_db *db)
{
	db->in_doubt = true; /* should even the note fail */
	int rc = ftruncate(db->turn.floor_fd, 1);
	(void)rc;
}

bool
tl_db_in_doubt(const struct tl_db *db)
{
	struct stat st;
	return db->in_doubt || (fstat(db->turn.floor_fd, &st) == 0 && st.st_size > 0);
}

static int
sync_failed(const char *what)
{
	return tl_fail(errno == ENOSPC || errno == EDQUOT ? TL_EFULL : TL_EIO, "%s: %m", what);
}

/* The same bytes in the same place: for the disk they are new. */
static int
write_again(int fd)
{
	uint8_t *part = malloc(PART);
	if (!part)
		abort();
	off_t at = 0;
	int rc = 0;
	for (;;) {
		ssize_t n = pread(fd, part, PART, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			rc = n < 0 ? sync_failed("reading the write-ahead log failed") : 0;
			break;
		}
		if (pwrite(fd, part, (size_t)n, at) != n) {
			rc = sync_failed("writing the write-ahead log again failed");
			break;
		}
		at += n;
	}
	free(part);
	return rc;
}

static int
rewrite_log(struct tl_db *db)
{
	char path[4096];
	int rc = tl_store_path(db->store, "store.db-wal", path, sizeof path);
	if (rc < 0)
		return rc;
	TL_CLEANUP(tl_fd_close) int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return sync_failed("opening the write-ahead log failed");
	rc = write_again(fd);
	if (rc == 0 && fdatasync(fd) < 0)
		rc = sync_failed("syncing the write-ahead log again failed");
	if (rc == 0 && ftruncate(db->turn.floor_fd, 0) < 0)
		rc = sync_failed("taking back the note of a failed sync failed");
	if (rc == 0)
		db->in_doubt = false;
	return rc;
}

/* In a transaction, so that nobody begins the log anew meanwhile. */
static int
mend(struct tl_db *db)
{
	if (db->in_tx)
		return rewrite_log(db);
	int rc = tl_db_begin(db);
	if (rc < 0)
		return rc;
	rc = rewrite_log(db);
	tl_db_rollback(db);
	return rc;
}

/*
 * The connection runs with synchronous=NORMAL; FULL is the same plus one sync of the WAL after the commit record.
 * Doing it here lets the level be chosen at commit time, and lets the next process write while we wait for the
 * disk. A later sync covers all earlier commits, so nothing that was promised can depend on something lost.
 */
int
tl_db_sync(struct tl_db *db)
{
	sqlite3_file *wal = NULL;
	int code = sqlite3_file_control(db->main, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
	if (code != SQLITE_OK || !wal || !wal->pMethods)
		return tl_fail(TL_EIO, "the write-ahead log is not open");
	code = wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
	if (code != SQLITE_OK)
		tl_sync_doubt(db);
	return tl_db_in_doubt(db) ? mend(db) : 0;
}
