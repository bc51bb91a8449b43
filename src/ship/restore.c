/*
 * Owns putting a database together again: the base, then each life of the log.
 *
 * Promises: every frame that counts is checked before SQLite sees it, so that a damaged copy is an error and never an older
 * state in silence; what it writes is removed again on failure. Called by the command line.
 */
#include "ship/restore.h"

#include "ship/ship_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define INDEX_MAX (64U << 20)
#define SEGMENTS_MAX 100000

struct work {
	const char *folder, *to;
	struct tl_ship_restored *ret;
	tl_ship_progress_fn progress;
	struct tl_track_point point;
	struct tl_buf index;
	int64_t all, until_us;
	uint8_t piece[TL_SHIP_PIECE];
};

static int
path_of(const struct work *w, const char *name, char dst[TL_SHIP_PATH])
{
	int n = snprintf(dst, TL_SHIP_PATH, "%s/%s/%s", w->folder, w->ret->generation, name);
	return n > 0 && n < TL_SHIP_PATH ? 0
					 : tl_fail(TL_ETOOBIG, "the folder's name is too long");
}

static int
read_index(const char *folder, const char *generation, struct tl_buf *out)
{
	char path[TL_SHIP_PATH];
	if (snprintf(path, sizeof path, "%s/%s/index", folder, generation) >= (int)sizeof path)
		return tl_fail(TL_ETOOBIG, "the folder's name is too long");
	tl_buf_reset(out);
	return tl_file_read(path, INDEX_MAX, out);
}

/* The newest generation that knows the moment. */
static int
choose(struct work *w, int64_t until_us)
{
	struct tl_ship_name *names = NULL;
	size_t n = 0;
	bool found = false;
	int rc = tl_ship_generations(w->folder, &names, &n);
	for (size_t i = n; rc == 0 && !found && i-- > 0;) {
		if (read_index(w->folder, names[i].z, &w->index) < 0)
			continue;
		found = tl_track_find(tl_buf_str(&w->index), until_us, &w->point);
		if (found)
			(void)snprintf(
			    w->ret->generation, sizeof w->ret->generation, "%s", names[i].z);
	}
	free(names);
	if (rc == 0 && !found)
		rc = tl_fail(TL_ENOTFOUND,
		    until_us ? "the copy in %s does not reach back so far"
			     : "there is no complete copy in %s",
		    w->folder);
	return rc;
}

/* How much of a segment counts. */
static int64_t
bytes_of(const struct work *w, int64_t segment)
{
	struct tl_str text = tl_buf_str(&w->index);
	struct tl_track_line l;
	int64_t bytes = 0;
	bool bad;
	while (tl_track_next(&text, &l, &bad) && (w->until_us == 0 || l.at_us <= w->until_us)) {
		if (l.segment == segment)
			bytes = l.bytes;
	}
	return bytes;
}

static int
copy_bytes(struct work *w, const char *from, const char *to, int64_t bytes)
{
	TL_CLEANUP(tl_fd_close) int in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return tl_fail(
		    errno == ENOENT ? TL_ECORRUPT : TL_EIO, "cannot read %s: %m", from);
	TL_CLEANUP(tl_fd_close)
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (out < 0)
		return tl_fail(TL_EIO, "cannot write %s: %m", to);
	for (int64_t at = 0; bytes < 0 || at < bytes;) {
		size_t want = bytes < 0 || bytes - at > (int64_t)sizeof w->piece
				  ? sizeof w->piece
				  : (size_t)(bytes - at);
		ssize_t n = pread(in, w->piece, want, at);
		if (n == 0 && bytes < 0)
			break;
		if (n <= 0)
			return tl_fail(n < 0 ? TL_EIO : TL_ECORRUPT, "%s ends too early", from);
		if (pwrite(out, w->piece, (size_t)n, at) != n)
			return tl_fail(
			    errno == ENOSPC ? TL_EFULL : TL_EIO, "cannot write %s: %m", to);
		at += n;
		w->ret->bytes += n;
		if (w->progress)
			w->progress(w->ret->bytes, w->all);
	}
	return fdatasync(out) < 0 ? tl_fail(TL_EIO, "cannot sync %s: %m", to) : 0;
}

/* Every frame that counts fits its log. */
static int
check_segment(struct work *w, const char *path, int64_t bytes)
{
	TL_CLEANUP(tl_fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t head[TL_WAL_HEAD];
	struct tl_wal wal;
	bool commit = true;
	if (fd < 0 || pread(fd, head, sizeof head, 0) != sizeof head ||
	    tl_wal_begin(&wal, tl_bytes(head, sizeof head)) < 0)
		return tl_fail(TL_ECORRUPT, "%s is damaged at its beginning", path);
	size_t frame = tl_wal_frame_bytes(&wal);
	for (int64_t at = TL_WAL_HEAD; at < bytes; at += (int64_t)frame) {
		if (pread(fd, w->piece, frame, at) != (ssize_t)frame ||
		    !tl_wal_frame(&wal, tl_bytes(w->piece, frame), &commit))
			return tl_fail(
			    TL_ECORRUPT, "%s is damaged at byte %lld", path, (long long)at);
	}
	return commit ? 0 : tl_fail(TL_ECORRUPT, "%s ends inside a transaction", path);
}

static int
replay(const char *database)
{
	sqlite3 *h = NULL;
	int in_log = 0, merged = 0;
	int code = sqlite3_open_v2(database, &h, SQLITE_OPEN_READWRITE, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(h, "SELECT COUNT(*) FROM sqlite_schema", NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_wal_checkpoint_v2(
		    h, NULL, SQLITE_CHECKPOINT_TRUNCATE, &in_log, &merged);
	int rc = code == SQLITE_OK
		     ? 0
		     : tl_fail(TL_ECORRUPT, "replaying the log failed: %s", sqlite3_errmsg(h));
	(void)sqlite3_close(h);
	return rc;
}

static int
put_segment(struct work *w, int64_t segment)
{
	char name[32], from[TL_SHIP_PATH], to[TL_SHIP_PATH];
	int64_t bytes = bytes_of(w, segment);
	(void)snprintf(name, sizeof name, "%06lld.wal", (long long)segment);
	if (snprintf(to, sizeof to, "%s-wal", w->to) >= (int)sizeof to)
		return tl_fail(TL_ETOOBIG, "the name is too long");
	if (bytes <= TL_WAL_HEAD)
		return 0;
	int rc = path_of(w, name, from);
	if (rc == 0)
		rc = check_segment(w, from, bytes);
	if (rc == 0)
		rc = copy_bytes(w, from, to, bytes);
	if (rc == 0)
		rc = replay(w->to);
	w->ret->segments++;
	return rc;
}

static void
measure(struct work *w)
{
	char path[TL_SHIP_PATH];
	struct stat st;
	if (path_of(w, "base.db", path) == 0 && stat(path, &st) == 0)
		w->all += st.st_size;
	for (int64_t i = 0; i <= w->point.segment; i++)
		w->all += bytes_of(w, i);
}

static void
remove_all(const char *to)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char path[TL_SHIP_PATH];
	for (size_t i = 0; i < TL_COUNT(ends); i++) {
		if (snprintf(path, sizeof path, "%s%s", to, ends[i]) < (int)sizeof path)
			(void)unlink(path);
	}
}

static int
put_together(struct work *w)
{
	char base[TL_SHIP_PATH];
	int rc = choose(w, w->until_us);
	if (rc == 0)
		rc = path_of(w, "base.db", base);
	if (rc < 0)
		return rc;
	if (w->point.segment > SEGMENTS_MAX)
		return tl_fail(TL_ETOOBIG, "the copy has too many segments");
	w->ret->at_us = w->point.at_us;
	measure(w);
	rc = copy_bytes(w, base, w->to, -1);
	for (int64_t i = 0; rc == 0 && i <= w->point.segment; i++)
		rc = put_segment(w, i);
	if (rc < 0)
		remove_all(w->to);
	return rc;
}

int
tl_ship_restore(const char *folder, int64_t until_us, const char *to,
    tl_ship_progress_fn progress, struct tl_ship_restored *ret)
{
	*ret = (struct tl_ship_restored){0};
	if (access(to, F_OK) == 0)
		return tl_fail(TL_EEXISTS, "%s is there already", to);
	struct work *w = calloc(1, sizeof *w);
	if (!w)
		abort();
	*w = (struct work){
	    .folder = folder, .to = to, .ret = ret, .progress = progress, .until_us = until_us};
	int rc = put_together(w);
	tl_buf_fini(&w->index);
	free(w);
	return rc;
}

int
tl_ship_span(const char *folder, int64_t *ret_first_us, int64_t *ret_last_us)
{
	struct tl_ship_name *names = NULL;
	struct tl_buf index TL_CLEANUP(tl_buf_fini) = {0};
	size_t n = 0;
	int64_t first = 0, last = 0;
	int rc = tl_ship_generations(folder, &names, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (read_index(folder, names[i].z, &index) < 0)
			continue;
		struct tl_str text = tl_buf_str(&index);
		struct tl_track_line l;
		bool bad, based = false;
		while (tl_track_next(&text, &l, &bad)) {
			based = based || l.kind == TL_TRACK_BASE;
			if (based && !first)
				first = l.at_us;
			if (based)
				last = l.at_us;
		}
	}
	free(names);
	if (rc == 0 && !first)
		rc = tl_fail(TL_ENOTFOUND, "there is no complete copy in %s", folder);
	if (rc < 0)
		return rc;
	*ret_first_us = first;
	*ret_last_us = last;
	return 0;
}
