/*
 * Owns the copy of the blob folder.
 *
 * Promises: a file in the copy is whole (temporary name, synced, renamed); a noted file loses its second name only after
 * that. A file that vanishes meanwhile was erased on purpose: it is skipped. Called by the backup role.
 */
#include "ship/files.h"

#include "sys/clock.h"
#include "sys/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH 4096
#define MARK 0400 /* mode of a file in the copy that is gone at home */
#define PLAIN 0600
#define HEX "0123456789abcdef"

int
tl_files_note(const char *folder)
{
	char path[PATH];
	if (snprintf(path, sizeof path, "%s/" TL_FILES_SPOOL, folder) >= (int)sizeof path)
		return tl_fail(TL_ETOOBIG, "the folder's name is too long");
	return tl_mkdirs(path);
}

/* Two hex digits at least, then hex digits and an ending of letters: never a path. */
static bool
is_name(const char *name)
{
	size_t n = strlen(name), hex = strspn(name, HEX);
	return hex >= 2 && n < 128 &&
	       strspn(name + hex, ".-abcdefghijklmnopqrstuvwxyz") == n - hex;
}

static int
failed(const char *what, const char *path)
{
	return tl_fail(errno == ENOSPC || errno == EDQUOT ? TL_EFULL : TL_EIO,
	    "%s %s failed: %m", what, path);
}

static int
copy_open(int in, int out, const char *path)
{
	for (;;) {
		ssize_t n = copy_file_range(in, NULL, out, NULL, 1U << 24, 0);
		if (n == 0)
			return 0;
		if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS ||
				 errno == EOPNOTSUPP))
			break;
		if (n < 0)
			return failed("copying to", path);
	}
	static const size_t size = 1U << 18;
	uint8_t *piece = malloc(size);
	if (!piece)
		abort();
	int rc = 0;
	for (ssize_t n; rc == 0 && (n = read(in, piece, size)) != 0;) {
		if (n < 0 || write(out, piece, (size_t)n) != n)
			rc = failed("copying to", path);
	}
	free(piece);
	return rc;
}

/* 0: copied; 1: it is not there any more. */
static int
copy_file(const char *from, const char *to_folder, const char *name)
{
	char part[PATH], path[PATH];
	if (snprintf(path, sizeof path, "%s/%.2s/%s", to_folder, name, name) >=
		(int)sizeof path ||
	    snprintf(part, sizeof part, "%s/%.2s/.%s.part", to_folder, name, name) >=
		(int)sizeof part)
		return tl_fail(TL_ETOOBIG, "the folder's name is too long");
	TL_CLEANUP(tl_fd_close) int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (in < 0)
		return errno == ENOENT ? 1 : failed("reading", from);
	char *slash = strrchr(part, '/');
	*slash = '\0';
	int rc = tl_mkdirs(part);
	*slash = '/';
	if (rc < 0)
		return rc;
	TL_CLEANUP(tl_fd_close)
	int out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, PLAIN);
	if (out < 0)
		return failed("writing", part);
	rc = copy_open(in, out, part);
	if (rc == 0 && (fdatasync(out) < 0 || rename(part, path) < 0))
		rc = failed("finishing", path);
	if (rc < 0)
		(void)unlink(part);
	return rc;
}

int
tl_files_new(const char *folder, const char *to, size_t most)
{
	char spool[PATH], from[PATH];
	size_t done = 0;
	int rc = 0;
	if (snprintf(spool, sizeof spool, "%s/" TL_FILES_SPOOL, folder) >= (int)sizeof spool)
		return tl_fail(TL_ETOOBIG, "the folder's name is too long");
	DIR *d = opendir(spool);
	if (!d)
		return errno == ENOENT ? 0 : failed("reading", spool);
	for (struct dirent *e; rc >= 0 && done < most && (e = readdir(d));) {
		if (!is_name(e->d_name) ||
		    snprintf(from, sizeof from, "%s/%s", spool, e->d_name) >= (int)sizeof from)
			continue;
		rc = copy_file(from, to, e->d_name);
		if (rc >= 0) {
			(void)unlink(from);
			done++;
		}
	}
	(void)closedir(d);
	return rc < 0 ? rc : (int)done;
}

static int
copy_missing(const char *folder, const char *to, const char *name, int *ret_copied)
{
	char ours[PATH], theirs[PATH];
	struct stat st;
	if (snprintf(ours, sizeof ours, "%s/%.2s/%s", folder, name, name) >= (int)sizeof ours ||
	    snprintf(theirs, sizeof theirs, "%s/%.2s/%s", to, name, name) >= (int)sizeof theirs)
		return tl_fail(TL_ETOOBIG, "the folder's name is too long");
	if (stat(theirs, &st) == 0) {
		if ((st.st_mode & 0777) == MARK && chmod(theirs, PLAIN) < 0)
			return failed("unmarking", theirs);
		return 0;
	}
	int rc = copy_file(ours, to, name);
	*ret_copied += rc == 0;
	return rc < 0 ? rc : 0;
}

static int
drop_gone(const char *folder, const char *to, const char *name, int64_t keep_us)
{
	char ours[PATH], theirs[PATH];
	struct stat st;
	if (snprintf(ours, sizeof ours, "%s/%.2s/%s", folder, name, name) >= (int)sizeof ours ||
	    snprintf(theirs, sizeof theirs, "%s/%.2s/%s", to, name, name) >= (int)sizeof theirs)
		return tl_fail(TL_ETOOBIG, "the folder's name is too long");
	if (stat(ours, &st) == 0 || errno != ENOENT || stat(theirs, &st) < 0)
		return 0;
	int64_t now = tl_now_us(), at = st.st_mtim.tv_sec * TL_US_S;
	if ((st.st_mode & 0777) == MARK)
		return now - at > keep_us && unlink(theirs) < 0 ? failed("removing", theirs)
								: 0;
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = now / TL_US_S}};
	if (utimensat(AT_FDCWD, theirs, times, 0) < 0 || chmod(theirs, MARK) < 0)
		return failed("marking", theirs);
	return 0;
}

int
tl_files_part(const char *folder, const char *to, unsigned part, int64_t keep_us)
{
	const char *const sides[2] = {folder, to};
	int copied = 0, rc = 0;
	for (int side = 0; side < 2 && rc == 0; side++) {
		char path[PATH];
		if (snprintf(path, sizeof path, "%s/%02x", sides[side],
			part % TL_FILES_PARTS) >= (int)sizeof path)
			return tl_fail(TL_ETOOBIG, "the folder's name is too long");
		DIR *d = opendir(path);
		if (!d && errno != ENOENT)
			return failed("reading", path);
		for (struct dirent *e; d && rc == 0 && (e = readdir(d));) {
			if (!is_name(e->d_name))
				continue;
			rc = side == 0 ? copy_missing(folder, to, e->d_name, &copied)
				       : drop_gone(folder, to, e->d_name, keep_us);
		}
		if (d)
			(void)closedir(d);
	}
	return rc < 0 ? rc : copied;
}
