/*
 * Owns the files of generations: the base copy, finding the place again after a restart, removing what is old.
 *
 * Promises: base.db is whole or not there; going on happens only when the last frame in the copy is also in the log, so
 * that a log that lost its end in a power cut is noticed. Failures: what is not whole is never
 * gone on with: a new generation begins. Called by ship.c and the restorer.
 */
#include "ship/ship_int.h"

#include "sys/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define INDEX_MAX (64U << 20)

int
tl_ship_sync_folder(const struct tl_ship *s)
{
	char path[TL_SHIP_PATH];
	int rc = tl_ship_path(s, ".", path);
	if (rc < 0)
		return rc;
	TL_CLEANUP(tl_fd_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && fsync(fd) == 0 ? 0 : tl_fail(TL_EIO, "cannot sync %s: %m", path);
}

/*
 * The database's file is read through SQLite's own handle: closing any other descriptor of it would drop the locks that this
 * process holds on it (POSIX), and whoever closes the store next would take itself for the last.
 */

/* The base --------------------------------------------------------------------------------------------------------- */

void
tl_ship_base_abort(struct tl_ship *s)
{
	s->base = NULL;
	tl_fd_close(&s->base_to);
	s->base_at = 0;
}

int
tl_ship_base_begin(struct tl_ship *s)
{
	char path[TL_SHIP_PATH];
	int rc = tl_ship_path(s, "base.db.part", path);
	if (rc < 0)
		return rc;
	tl_ship_base_abort(s);
	if (sqlite3_file_control(s->merger, "main", SQLITE_FCNTL_FILE_POINTER, &s->base) !=
		SQLITE_OK ||
	    !s->base || !s->base->pMethods)
		return tl_fail(TL_EIO, "%s is not open", s->database);
	s->base_to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return s->base_to >= 0
		   ? 0
		   : tl_fail(errno == ENOSPC ? TL_EFULL : TL_EIO, "cannot write %s: %m", path);
}

static int
base_name(struct tl_ship *s)
{
	char part[TL_SHIP_PATH], whole[TL_SHIP_PATH];
	int rc = tl_ship_path(s, "base.db.part", part);
	if (rc == 0)
		rc = tl_ship_path(s, "base.db", whole);
	if (rc < 0)
		return rc;
	if (fdatasync(s->base_to) < 0 || rename(part, whole) < 0)
		return tl_fail(
		    errno == ENOSPC ? TL_EFULL : TL_EIO, "cannot finish %s: %m", whole);
	tl_ship_base_abort(s);
	return tl_ship_sync_folder(s);
}

int
tl_ship_base_step(struct tl_ship *s, bool *ret_done)
{
	int64_t until = s->base_at + TL_SHIP_BASE_STEP;
	sqlite3_int64 size = 0;
	*ret_done = false;
	if (s->base->pMethods->xFileSize(s->base, &size) != SQLITE_OK)
		return tl_fail(TL_EIO, "reading %s failed: %m", s->database);
	while (s->base_at < until && s->base_at < size) {
		int64_t left = size - s->base_at;
		int n = left < (int64_t)sizeof s->piece ? (int)left : (int)sizeof s->piece;
		if (s->base->pMethods->xRead(s->base, s->piece, n, s->base_at) != SQLITE_OK)
			return tl_fail(TL_EIO, "reading %s failed: %m", s->database);
		if (pwrite(s->base_to, s->piece, (size_t)n, s->base_at) != n)
			return tl_fail(errno == ENOSPC ? TL_EFULL : TL_EIO,
			    "writing the base copy failed: %m");
		s->base_at += n;
	}
	*ret_done = s->base_at >= size;
	return *ret_done ? base_name(s) : 0;
}

/* Finding the place again ------------------------------------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	const struct tl_ship_name *x = a, *y = b;
	return strcmp(x->z, y->z);
}

static bool
is_generation(const char *name)
{
	return strlen(name) == 20 && strspn(name, "0123456789") == 20;
}

int
tl_ship_generations(const char *folder, struct tl_ship_name **ret, size_t *ret_count)
{
	struct tl_ship_name *names = calloc(TL_SHIP_GENERATIONS_MAX, sizeof *names);
	size_t n = 0;
	if (!names)
		abort();
	DIR *d = opendir(folder);
	if (!d && errno != ENOENT) {
		free(names);
		return tl_fail(TL_EIO, "cannot read %s: %m", folder);
	}
	for (struct dirent *e; d && n < TL_SHIP_GENERATIONS_MAX && (e = readdir(d));) {
		if (is_generation(e->d_name))
			memcpy(names[n++].z, e->d_name, 21);
	}
	if (d)
		(void)closedir(d);
	qsort(names, n, sizeof *names, by_name);
	*ret = names;
	*ret_count = n;
	return 0;
}

/* The time of the base and where it began to be good. */
static void
read_base(struct tl_ship *s, struct tl_str index)
{
	struct tl_track_line l;
	bool bad;
	while (tl_track_next(&index, &l, &bad)) {
		if (l.kind != TL_TRACK_BASE)
			continue;
		s->based_us = l.at_us;
		s->based_at = l.segment == 0 ? l.bytes : 0;
	}
}

/* Reads the segment up to the place that the index names, for the running checksum. False when it is not whole. */
static bool
walk_segment(struct tl_ship *s, const char *path, int64_t bytes)
{
	TL_CLEANUP(tl_fd_close) int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || pread(fd, s->head, TL_WAL_HEAD, 0) != TL_WAL_HEAD ||
	    tl_wal_begin(&s->wal, tl_bytes(s->head, TL_WAL_HEAD)) < 0)
		return false;
	size_t frame = tl_wal_frame_bytes(&s->wal);
	int64_t at = TL_WAL_HEAD;
	bool commit = true;
	while (at < bytes) {
		if (pread(fd, s->piece, frame, at) != (ssize_t)frame ||
		    !tl_wal_frame(&s->wal, tl_bytes(s->piece, frame), &commit))
			return false;
		at += (int64_t)frame;
	}
	s->at = at;
	if (at != bytes || !commit)
		return false;
	s->segment_fd = tl_fd_take(&fd);
	return true;
}

/* The last frame of the copy is in the log too. The log has been begun anew: fine when its end was noted. */
static bool
log_agrees(struct tl_ship *s)
{
	uint8_t theirs[TL_WAL_FRAME_HEAD], ours[TL_WAL_FRAME_HEAD], head[TL_WAL_HEAD];
	char path[TL_SHIP_PATH];
	(void)snprintf(path, sizeof path, "%s-wal", s->database);
	TL_CLEANUP(tl_fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool same = fd >= 0 && pread(fd, head, sizeof head, 0) == sizeof head &&
		    memcmp(head, s->head, sizeof head) == 0;
	if (!same)
		return s->ended;
	if (s->at == TL_WAL_HEAD)
		return true;
	int64_t last = s->at - (int64_t)tl_wal_frame_bytes(&s->wal);
	return pread(fd, theirs, sizeof theirs, last) == sizeof theirs &&
	       pread(s->segment_fd, ours, sizeof ours, last) == sizeof ours &&
	       memcmp(theirs, ours, sizeof ours) == 0;
}

static bool
take_place(struct tl_ship *s, struct tl_str index)
{
	struct tl_track_point p;
	char path[TL_SHIP_PATH];
	if (!tl_track_find(index, 0, &p) || p.segment < 0)
		return false;
	s->segment = p.segment;
	s->ended = p.ended;
	s->end_mtime_ns = p.mtime_ns;
	s->end_size = p.size;
	s->begun_us = tl_mono_us();
	read_base(s, index);
	return tl_ship_segment(s, path) == 0 && walk_segment(s, path, p.bytes) && log_agrees(s);
}

int
tl_ship_resume(struct tl_ship *s)
{
	struct tl_ship_name *names = NULL;
	size_t n = 0;
	char path[TL_SHIP_PATH];
	struct tl_buf index TL_CLEANUP(tl_buf_fini) = {0};
	int rc = tl_ship_generations(s->to, &names, &n);
	if (rc < 0)
		return rc;
	if (n)
		(void)snprintf(
		    s->state.generation, sizeof s->state.generation, "%s", names[n - 1].z);
	free(names);
	s->begin_anew = true;
	if (n && tl_ship_path(s, "index", path) == 0 &&
	    tl_file_read(path, INDEX_MAX, &index) == 0 && take_place(s, tl_buf_str(&index))) {
		s->index_fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
		s->begin_anew = s->index_fd < 0;
	}
	if (s->begin_anew) {
		tl_fd_close(&s->segment_fd);
		s->state.generation[0] = '\0';
		s->segment = -1;
		s->at = 0;
		s->ended = false;
		s->based_us = 0;
	}
	return 0;
}

/* Removing ---------------------------------------------------------------------------------------------------------- */

static void
remove_generation(const char *folder, const char *name)
{
	char path[TL_SHIP_PATH], file[TL_SHIP_PATH];
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	DIR *d = opendir(path);
	for (struct dirent *e; d && (e = readdir(d));) {
		if (snprintf(file, sizeof file, "%s/%s", path, e->d_name) < (int)sizeof file)
			(void)unlink(file);
	}
	if (d)
		(void)closedir(d);
	(void)rmdir(path);
}

/* When the base of a generation was complete; 0: never. */
static int64_t
based_at(const char *folder, const char *name)
{
	char path[TL_SHIP_PATH];
	struct tl_buf index TL_CLEANUP(tl_buf_fini) = {0};
	if (snprintf(path, sizeof path, "%s/%s/index", folder, name) >= (int)sizeof path ||
	    tl_file_read(path, INDEX_MAX, &index) < 0)
		return 0;
	struct tl_str text = tl_buf_str(&index);
	struct tl_track_line l;
	bool bad;
	while (tl_track_next(&text, &l, &bad)) {
		if (l.kind == TL_TRACK_BASE)
			return l.at_us;
	}
	return 0;
}

void
tl_ship_prune(const struct tl_ship *s)
{
	struct tl_ship_name *names = NULL;
	size_t n = 0;
	if (tl_ship_generations(s->to, &names, &n) < 0)
		return;
	/* A generation is needed until the next complete one is older than what must be kept. */
	int64_t next = 0, now = tl_now_us();
	for (size_t i = n; i-- > 0;) {
		if (strcmp(names[i].z, s->state.generation) == 0) {
			next = s->based_us;
			continue;
		}
		int64_t at = based_at(s->to, names[i].z);
		if (at == 0 || (next && next <= now - s->rules.keep_us)) {
			remove_generation(s->to, names[i].z);
			continue;
		}
		next = at;
	}
	free(names);
}
