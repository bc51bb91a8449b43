/*
 * Wall and monotonic time; the shared offset.
 *
 * Promises: reading the time is lock-free and never fails. Failures (attach, shift) leave the offset as it was.
 */
#include "sys/clock.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t no_offset;
static _Atomic int64_t *offset = &no_offset;

int
tl_clock_attach(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return tl_fail(TL_EIO, "cannot open the clock file %s: %m", path);
	void *p = MAP_FAILED;
	if (ftruncate(fd, sizeof *offset) == 0)
		p = mmap(NULL, sizeof *offset, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (p == MAP_FAILED)
		return tl_fail(TL_EIO, "cannot map the clock file %s: %m", path);
	offset = p;
	return 0;
}

int
tl_clock_shift(int64_t offset_us)
{
	if (offset == &no_offset)
		return tl_fail(TL_ECONFLICT, "no shared clock is attached");
	atomic_store(offset, offset_us);
	if (msync(offset, sizeof *offset, MS_SYNC) < 0)
		return tl_fail(TL_EIO, "cannot sync the clock file: %m");
	return 0;
}

static int64_t
read_clock(clockid_t id)
{
	struct timespec ts;
	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * TL_US_S + ts.tv_nsec / 1000;
}

int64_t
tl_now_us(void)
{
	return read_clock(CLOCK_REALTIME) + atomic_load_explicit(offset, memory_order_relaxed);
}

int64_t
tl_mono_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}
