/*
 * The fair lock: a turnstile of two open-file-description locks (fcntl F_OFD_SETLKW).
 *
 * Promises: a process that gives the floor back and wants it again cannot overtake one that already waits at
 * the gate; a killed holder frees the lock. Failure: RETRY when the lock files cannot be used.
 */
#include "sys/turn.h"

#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

static int
open_one(const char *path, const char *suffix, int *ret_fd)
{
	char name[4096];
	int n = snprintf(name, sizeof name, "%s.%s", path, suffix);
	if (n < 0 || (size_t)n >= sizeof name)
		return tl_fail(TL_ETOOBIG, "the path is too long");
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return tl_fail(TL_EIO, "cannot open the lock %s: %m", name);
	*ret_fd = fd;
	return 0;
}

int
tl_turn_open(struct tl_turn *t, const char *path)
{
	TL_CLEANUP(tl_fd_close) int gate = -1;
	TL_CLEANUP(tl_fd_close) int floor = -1;
	int rc = open_one(path, "gate", &gate);
	if (rc == 0)
		rc = open_one(path, "floor", &floor);
	if (rc < 0)
		return rc;
	*t = (struct tl_turn){.gate_fd = tl_fd_take(&gate), .floor_fd = tl_fd_take(&floor)};
	return 0;
}

void
tl_turn_close(struct tl_turn *t)
{
	tl_fd_close(&t->gate_fd);
	tl_fd_close(&t->floor_fd);
}

static int
set_lock(int fd, short type)
{
	struct flock fl = {.l_type = type, .l_whence = SEEK_SET};
	while (fcntl(fd, F_OFD_SETLKW, &fl) < 0) {
		if (errno != EINTR)
			return tl_fail(TL_EIO, "locking failed: %m");
	}
	return 0;
}

int
tl_turn_take(struct tl_turn *t)
{
	int rc = set_lock(t->gate_fd, F_WRLCK);
	if (rc < 0)
		return rc;
	rc = set_lock(t->floor_fd, F_WRLCK);
	int rc2 = set_lock(t->gate_fd, F_UNLCK);
	return rc < 0 ? rc : rc2;
}

void
tl_turn_give(struct tl_turn *t)
{
	int rc = set_lock(t->floor_fd, F_UNLCK);
	(void)rc; /* unlocking a descriptor that we hold cannot fail */
}
