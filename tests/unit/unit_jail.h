/*
 * For tests of the jail: probes that try one forbidden thing each, a process of its own for each probe, and what must
 * become of it. Every probe runs without the jail too, which shows that it works.
 */
#pragma once

#include "sys/jail.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* How a probe's process exits; anything else is a probe that failed by itself. */
enum { DONE = 0, REFUSED = 10, NO_JAIL = 11 };

typedef int (*unit_probe)(void);
/* Makes the process ready, and jails it if `jailed`; negative: that was not possible. */
typedef int (*unit_jail_enter)(bool jailed);

static inline int
unit_probe_opened(int fd)
{
	return fd >= 0 ? DONE : errno == EACCES ? REFUSED : 1;
}

static inline int
unit_probe_openat(void)
{
	return unit_probe_opened(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static inline int
unit_probe_execve(void)
{
	char *argv[] = {(char[]){"true"}, NULL}, *envp[] = {NULL};
	(void)execve("/bin/true", argv, envp);
	return 1;
}

static inline int
unit_probe_fork(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return pid > 0 ? DONE : 1;
}

static inline int
unit_probe_exec_mapping(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p != MAP_FAILED ? DONE : 1;
}

/* The status of a process that enters and probes. */
static inline int
unit_jail_run(unit_jail_enter enter, unit_probe probe, bool jailed)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const struct rlimit no_core = {0, 0};
		(void)setrlimit(RLIMIT_CORE, &no_core);
		if (enter(jailed) < 0)
			_exit(NO_JAIL);
		_exit(probe());
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static inline void
unit_assert_exits(int status, int code)
{
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
}

static inline void
unit_assert_killed(unit_jail_enter enter, unit_probe probe)
{
	unit_assert_exits(unit_jail_run(enter, probe, false), DONE);
	int status = unit_jail_run(enter, probe, true);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static inline void
unit_assert_refused(unit_jail_enter enter, unit_probe probe)
{
	unit_assert_exits(unit_jail_run(enter, probe, false), DONE);
	unit_assert_exits(unit_jail_run(enter, probe, true), REFUSED);
}
