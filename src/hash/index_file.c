/*
 * The directory's files: each is written under a temporary name, synced and renamed, so that a death leaves the old or the
 * new one. Space for a segment is taken before it is mapped for writing: a full disk is an error, not a signal. On failure
 * nothing of the new file stays. Called by who builds, flushes and merges.
 */
#include "hash/index_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL_FILE_MAX ((size_t)1 << 30)

#ifdef TL_KILLPOINTS
void (*tl_ix_step)(void);
#endif

static void
closep(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static int
failed(const char *what, const char *path)
{
	return tl_fail(errno == ENOSPC || errno == EDQUOT ? TL_EFULL : TL_EIO,
	    "cannot %s %s: %m", what, path);
}

void *
tl_ix_alloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);
	if (!p)
		abort();
	return p;
}

int
tl_ix_path(char *dst, size_t cap, const char *dir, const char *name)
{
	int n = snprintf(dst, cap, "%s/%s", dir, name);
	return n > 0 && (size_t)n < cap ? 0 : tl_fail(TL_ETOOBIG, "the path is too long");
}

void
tl_ix_segment_name(char dst[32], uint64_t id)
{
	(void)snprintf(dst, 32, "%016" PRIx64 ".segment", id);
}

static int
sync_folder(const char *dir)
{
	TL_CLEANUP(closep) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? failed("sync", dir) : 0;
}

static int
put_in_place(const char *dir, const char *tmp, const char *name)
{
	char path[4096];
	int rc = tl_ix_path(path, sizeof path, dir, name);
	if (rc < 0)
		return rc;
	TL_IX_STEP();
	if (rename(tmp, path) < 0)
		return failed("rename", path);
	TL_IX_STEP();
	return sync_folder(dir);
}

/* Ends the writing of a file: in its place, or, when that or the writing (rc) failed, not there. */
static int
settle(int rc, const char *dir, const char *tmp, const char *name)
{
	if (rc == 0)
		rc = put_in_place(dir, tmp, name);
	if (rc < 0)
		(void)unlink(tmp);
	return rc;
}

static int
temporary(char *dst, size_t cap, const char *dir, const char *name)
{
	int n = snprintf(dst, cap, "%s/%s.tmp", dir, name);
	return n > 0 && (size_t)n < cap ? 0 : tl_fail(TL_ETOOBIG, "the path is too long");
}

static int
write_all(int fd, struct tl_str data, const char *path)
{
	while (data.n) {
		ssize_t n = write(fd, data.p, data.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed("write", path);
		data.p += n;
		data.n -= (size_t)n;
	}
	return fsync(fd) < 0 ? failed("sync", path) : 0;
}

int
tl_ix_file_write(const char *dir, const char *name, struct tl_str data)
{
	char tmp[4096];
	int rc = temporary(tmp, sizeof tmp, dir, name);
	if (rc < 0)
		return rc;
	TL_CLEANUP(closep) int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return failed("write", tmp);
	TL_IX_STEP();
	rc = write_all(fd, data, tmp);
	return settle(rc, dir, tmp, name);
}

int
tl_ix_file_read(const char *dir, const char *name, struct tl_buf *ret)
{
	char path[4096];
	struct stat st;
	int rc = tl_ix_path(path, sizeof path, dir, name);
	if (rc < 0)
		return rc;
	TL_CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? tl_fail(TL_ENOTFOUND, "there is no %s", path)
				       : failed("read", path);
	if (fstat(fd, &st) < 0)
		return failed("read", path);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > SMALL_FILE_MAX)
		return tl_fail(TL_ECORRUPT, "%s is not a file of the index", path);
	size_t left = (size_t)st.st_size;
	uint8_t *p = tl_buf_room(ret, left);
	while (left) {
		ssize_t n = read(fd, p, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return failed("read", path);
		tl_buf_grew(ret, (size_t)n);
		p += n;
		left -= (size_t)n;
	}
	return 0;
}

int
tl_ix_file_create(
    const char *dir, const char *name, size_t bytes, uint8_t **ret_map, int *ret_fd)
{
	char tmp[4096];
	int rc = temporary(tmp, sizeof tmp, dir, name);
	if (rc < 0)
		return rc;
	int fd = open(tmp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return failed("write", tmp);
	errno = posix_fallocate(fd, 0, (off_t)bytes);
	void *map = MAP_FAILED;
	if (errno == 0)
		map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		rc = failed("write", tmp);
		(void)close(fd);
		(void)unlink(tmp);
		return rc;
	}
	*ret_map = map;
	*ret_fd = fd;
	return 0;
}

int
tl_ix_file_finish(
    const char *dir, const char *name, uint8_t *map, size_t mapped, int fd, size_t bytes)
{
	char tmp[4096];
	int rc = temporary(tmp, sizeof tmp, dir, name);
	(void)munmap(map, mapped);
	TL_IX_STEP();
	if (rc == 0 && (ftruncate(fd, (off_t)bytes) < 0 || fsync(fd) < 0))
		rc = failed("sync", tmp);
	(void)close(fd);
	return settle(rc, dir, tmp, name);
}

int
tl_ix_lock(const char *dir, int *ret_fd)
{
	char path[4096];
	int rc = tl_ix_path(path, sizeof path, dir, "lock");
	if (rc < 0)
		return rc;
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return failed("create", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return failed("open", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		rc = errno == EWOULDBLOCK
			 ? tl_fail(TL_EAGAIN, "another process owns the index in %s", dir)
			 : failed("lock", path);
		(void)close(fd);
		return rc;
	}
	*ret_fd = fd;
	return 0;
}

void
tl_ix_unlock(int fd)
{
	closep(&fd);
}

int
tl_ix_file_remove(const char *dir, const char *name)
{
	char path[4096];
	int rc = tl_ix_path(path, sizeof path, dir, name);
	if (rc < 0)
		return rc;
	if (unlink(path) < 0 && errno != ENOENT)
		return failed("remove", path);
	return sync_folder(dir);
}

static bool
kept(const char *name, const uint64_t *keep, size_t n)
{
	char segment[32];
	for (size_t i = 0; i < n; i++) {
		tl_ix_segment_name(segment, keep[i]);
		if (strcmp(name, segment) == 0)
			return true;
	}
	return false;
}

static bool
ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), e = strlen(end);
	return n > e && strcmp(name + n - e, end) == 0;
}

void
tl_ix_sweep(const char *dir, const uint64_t *keep, size_t n)
{
	DIR *d = opendir(dir);
	if (!d)
		return;
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		bool ours = (ends_with(e->d_name, ".segment") && !kept(e->d_name, keep, n)) ||
			    ends_with(e->d_name, ".segment.tmp") ||
			    strcmp(e->d_name, "manifest.tmp") == 0;
		if (ours)
			TL_IX_STEP();
		if (ours)
			(void)unlinkat(dirfd(d), e->d_name, 0);
	}
	(void)closedir(d);
}
