/*
 * The supervisor holds a lock on tutelad.pid as long as it lives; the kernel frees it with the process, so that a
 * file left behind does not count.
 */
#include "bin/cli_daemon.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

bool
cli_daemon_runs(const struct tl_cli *c)
{
	char path[TL_PATH_MAX];
	if (snprintf(path, sizeof path, "%s/tutelad.pid", c->data_dir) >= (int)sizeof path)
		return false;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool held = flock(fd, LOCK_EX | LOCK_NB) < 0;
	(void)close(fd);
	return held;
}
