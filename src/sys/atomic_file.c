/*
 * Replacing a file so that a crash leaves the old or the new content, never a part.
 *
 * Promises: after 0 the new content survives a power cut (file and folder are synced). On failure the old file
 * is untouched and the temporary one is removed.
 */
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <unistd.h>

static int
sync_folder(const char *path)
{
	char copy[4096];
	int rc = tl_str_copy(copy, sizeof copy, tl_str(path));
	if (rc < 0)
		return rc;
	TL_CLEANUP(tl_fd_close)
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return tl_fail(TL_EIO, "cannot sync the folder of %s: %m", path);
	return 0;
}

static int
write_synced(int fd, struct tl_str data)
{
	while (data.n) {
		ssize_t n = write(fd, data.p, data.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return tl_fail(
			    errno == ENOSPC || errno == EDQUOT ? TL_EFULL : TL_EIO, "%m");
		data.p += n;
		data.n -= (size_t)n;
	}
	if (fsync(fd) < 0)
		return tl_fail(TL_EIO, "%m");
	return 0;
}

int
tl_file_write_atomic(const char *path, unsigned mode, struct tl_str data)
{
	char tmp[4096];
	int len = snprintf(tmp, sizeof tmp, "%s.%d.tmp", path, (int)getpid());
	if (len < 0 || (size_t)len >= sizeof tmp)
		return tl_fail(TL_ETOOBIG, "the path is too long");
	TL_CLEANUP(tl_fd_close)
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return tl_fail(TL_EIO, "cannot write %s: %m", tmp);
	int rc = write_synced(fd, data);
	if (rc < 0) {
		(void)unlink(tmp);
		return tl_fail(rc, "cannot write %s: %s", path, tl_err_text());
	}
	if (rename(tmp, path) < 0) {
		(void)unlink(tmp);
		return tl_fail(TL_EIO, "cannot rename to %s: %m", path);
	}
	return sync_folder(path);
}
