/*
 * Owns the copies of the blob folder and of small trees.
 *
 * Promises: a file in the copy is whole (temporary name, synced, renamed); a noted file loses its second name only after
 * that. A file that vanishes meanwhile was erased on purpose: it is skipped.
 * Failures: the system's, with the file's name; what was copied stays. Called by the backup role.
 */
#include "ship/files.h"

#include "sys/clock.h"
#include "sys/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
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

typedef int (*each_fn)(
    const char *folder, const char *to, const char *name, int64_t arg, int *ret_count);

static int
each_missing(const char *folder, const char *to, const char *name, int64_t arg, int *ret_count)
{
	(void)arg;
	return copy_missing(folder, to, name, ret_count);
}

static int
each_gone(const char *folder, const char *to, const char *name, int64_t keep_us, int *ret_count)
{
	(void)ret_count;
	return drop_gone(folder, to, name, keep_us);
}

/* Calls `fn` for the files of one part of `side`, which is one of the two folders. */
static int
walk_part(const char *folder, const char *to, const char *side, unsigned part, each_fn fn,
    int64_t arg)
{
	char path[PATH];
	int count = 0, rc = 0;
	if (snprintf(path, sizeof path, "%s/%02x", side, part % TL_FILES_PARTS) >=
	    (int)sizeof path)
		return tl_fail(TL_ETOOBIG, "the folder's name is too long");
	DIR *d = opendir(path);
	if (!d)
		return errno == ENOENT ? 0 : failed("reading", path);
	for (struct dirent *e; rc == 0 && (e = readdir(d));) {
		if (is_name(e->d_name))
			rc = fn(folder, to, e->d_name, arg, &count);
	}
	(void)closedir(d);
	return rc < 0 ? rc : count;
}

int
tl_files_missing(const char *folder, const char *to, unsigned part)
{
	return walk_part(folder, to, folder, part, each_missing, 0);
}

int
tl_files_part(const char *folder, const char *to, unsigned part, int64_t keep_us)
{
	int copied = tl_files_missing(folder, to, part);
	int rc = copied < 0 ? copied : walk_part(folder, to, to, part, each_gone, keep_us);
	return rc < 0 ? rc : copied;
}

/* Trees ------------------------------------------------------------------------------------------------------------ */

int
tl_files_one(const char *from, const char *to)
{
	struct stat ours, theirs;
	char part[PATH];
	if (stat(from, &ours) < 0)
		return errno == ENOENT ? tl_fail(TL_ENOTFOUND, "there is no %s", from)
				       : failed("reading", from);
	if (stat(to, &theirs) == 0 && ours.st_size == theirs.st_size &&
	    ours.st_mtim.tv_sec == theirs.st_mtim.tv_sec &&
	    ours.st_mtim.tv_nsec == theirs.st_mtim.tv_nsec)
		return 0;
	if (snprintf(part, sizeof part, "%s.part", to) >= (int)sizeof part)
		return tl_fail(TL_ETOOBIG, "the folder's name is too long");
	TL_CLEANUP(tl_fd_close) int in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return failed("reading", from);
	TL_CLEANUP(tl_fd_close)
	int out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, PLAIN);
	if (out < 0)
		return failed("writing", part);
	const struct timespec times[2] = {ours.st_atim, ours.st_mtim};
	int rc = copy_open(in, out, part);
	if (rc == 0 && (futimens(out, times) < 0 || fdatasync(out) < 0 || rename(part, to) < 0))
		rc = failed("finishing", to);
	if (rc < 0)
		(void)unlink(part);
	return rc;
}

static int
mirror_entry(const FTSENT *e, const char *folder, const char *to)
{
	char path[PATH];
	if (snprintf(path, sizeof path, "%s%s", to, e->fts_path + strlen(folder)) >=
	    (int)sizeof path)
		return tl_fail(TL_ETOOBIG, "the folder's name is too long");
	if (e->fts_info == FTS_D)
		return tl_mkdirs(path);
	int rc = e->fts_info == FTS_F ? tl_files_one(e->fts_path, path) : 0;
	return rc == TL_ENOTFOUND ? 0 : rc;
}

static int
remove_entry(const FTSENT *e, const char *folder, const char *to)
{
	char path[PATH];
	struct stat st;
	if (snprintf(path, sizeof path, "%s%s", folder, e->fts_path + strlen(to)) >=
	    (int)sizeof path)
		return tl_fail(TL_ETOOBIG, "the folder's name is too long");
	if (lstat(path, &st) == 0 || errno != ENOENT)
		return 0;
	if (e->fts_info == FTS_F)
		return unlink(e->fts_path) < 0 ? failed("removing", e->fts_path) : 0;
	return e->fts_info == FTS_DP && rmdir(e->fts_path) < 0 ? failed("removing", e->fts_path)
							       : 0;
}

static int
walk_tree(const char *side, const char *folder, const char *to,
    int (*fn)(const FTSENT *e, const char *folder, const char *to))
{
	char root[PATH];
	if (snprintf(root, sizeof root, "%s", side) >= (int)sizeof root)
		return tl_fail(TL_ETOOBIG, "the folder's name is too long");
	char *const roots[] = {root, NULL};
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	int rc = tree ? 0 : failed("reading", side), files = 0;
	for (FTSENT *e; rc == 0 && (e = fts_read(tree));) {
		if (++files > 2 * TL_FILES_TREE)
			rc = tl_fail(
			    TL_ETOOBIG, "%s has more than %d files", side, TL_FILES_TREE);
		else
			rc = fn(e, folder, to);
	}
	if (tree)
		(void)fts_close(tree);
	return rc;
}

int
tl_files_mirror(const char *folder, const char *to)
{
	int rc = tl_mkdirs(to);
	if (rc == 0)
		rc = walk_tree(folder, folder, to, mirror_entry);
	return rc < 0 ? rc : walk_tree(to, folder, to, remove_entry);
}
