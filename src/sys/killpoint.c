/*
 * Kill points of test builds.
 *
 * Promises: who passes an armed point for the last time does not pass it: SIGKILL, no destructor, no flush. Points
 * are counted and armed without locks, over processes and their lives. Failure: attaching leaves all points off.
 * Called by whoever opens the store, and by the supervisor.
 */
#include "sys/killpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static struct tl_killpoint_slot *_Atomic slots;

int
tl_killpoint_attach(const char *dir)
{
	char path[4096];
	int n = snprintf(path, sizeof path, "%s/killpoints", dir);
	if (atomic_load(&slots))
		return 0;
	if (n < 0 || (size_t)n >= sizeof path)
		return tl_fail(TL_ETOOBIG, "the path of the data folder is too long");
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : tl_fail(TL_EIO, "cannot open %s: %m", path);
	size_t bytes = TL_KP_COUNT * sizeof(struct tl_killpoint_slot);
	void *p = MAP_FAILED;
	if (ftruncate(fd, (off_t)bytes) == 0)
		p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (p == MAP_FAILED)
		return tl_fail(TL_EIO, "cannot map %s: %m", path);
	atomic_store(&slots, p);
	return 0;
}

static _Noreturn void
die(struct tl_killpoint_slot *s)
{
	uint32_t group = atomic_load(&s->group);
	atomic_fetch_add(&s->kills, 1);
	if (group > 1)
		(void)kill(-(pid_t)group, SIGKILL);
	(void)kill(getpid(), SIGKILL);
	for (;;)
		(void)pause();
}

void
tl_killpoint_pass(enum tl_killpoint at)
{
	struct tl_killpoint_slot *all = atomic_load_explicit(&slots, memory_order_acquire);
	if (!all)
		return;
	struct tl_killpoint_slot *s = &all[at];
	atomic_fetch_add(&s->hits, 1);
	uint32_t left = atomic_load(&s->armed);
	while (left && !atomic_compare_exchange_weak(&s->armed, &left, left - 1))
		;
	if (left == 1)
		die(s);
}
