/*
 * Starting, watching and ending child programs.
 *
 * Promises: nothing leaks into a child but the descriptors named for it; a child never outlives its parent; a
 * failed exec is reported to the caller, not discovered later. Between fork and exec only async-signal-safe
 * calls are made. The environment is built from scratch.
 */
#include "sys/spawn.h"

#include "base/str.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const plain_env[] = {
    "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "TZ=UTC", NULL};

/* Moves the given descriptors to 3, 4, …: first out of the way, then into place. */
static int
map_fds(const struct tl_spawn *how)
{
	int away[TL_SPAWN_FDS];
	int above = 3 + (int)how->fd_count + 1;
	for (size_t i = 0; i < how->fd_count; i++) {
		away[i] = fcntl(how->fds[i], F_DUPFD, above);
		if (away[i] < 0)
			return -1;
	}
	for (size_t i = 0; i < how->fd_count; i++)
		if (dup2(away[i], 3 + (int)i) < 0)
			return -1;
	return 0;
}

static int
std_fds(void)
{
	int null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
		return -1;
	return 0;
}

static void
plain_signals(void)
{
	sigset_t none;
	(void)sigemptyset(&none);
	for (int s = 1; s < 32; s++)
		if (s != SIGKILL && s != SIGSTOP)
			(void)signal(s, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child: everything up to exec; on failure the error number goes to `report`, which exec closes. */
static _Noreturn void
become(const struct tl_spawn *how, const char *path, pid_t parent, int report)
{
	union {
		const char *const *in;
		char *const *out;
	} argv = {.in = how->argv}, envp = {.in = how->envp ? how->envp : plain_env};
	int high = fcntl(report, F_DUPFD_CLOEXEC, 3 + TL_SPAWN_FDS + 8);
	plain_signals();
	bool ok = high >= 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent &&
		  std_fds() == 0 && map_fds(how) == 0;
	if (ok) {
		unsigned first = 3 + (unsigned)how->fd_count;
		(void)close_range(first, (unsigned)high - 1, 0);
		(void)close_range((unsigned)high + 1, ~0u, 0);
		(void)execve(path, argv.out, envp.out);
	}
	int e = errno;
	ssize_t n = write(high >= 0 ? high : report, &e, sizeof e);
	(void)n;
	_exit(127);
}

static int
reaped(struct tl_child *c, int *ret_status)
{
	int status = 0;
	for (;;) {
		if (waitpid(c->pid, &status, 0) == c->pid || errno != EINTR)
			break;
	}
	tl_fd_close(&c->fd);
	c->pid = 0;
	if (ret_status)
		*ret_status = status;
	return 0;
}

int
tl_spawn(const struct tl_spawn *how, struct tl_child *ret)
{
	if (how->fd_count > TL_SPAWN_FDS)
		return tl_fail(TL_EBUG, "too many descriptors for a child");
	int report[2];
	if (pipe2(report, O_CLOEXEC) < 0)
		return tl_fail(TL_EAGAIN, "cannot make a pipe: %m");
	const char *path = how->path ? how->path : "/proc/self/exe";
	pid_t parent = getpid(), pid = fork();
	if (pid == 0)
		become(how, path, parent, report[1]);
	(void)close(report[1]);
	TL_CLEANUP(tl_fd_close) int from_child = report[0];
	if (pid < 0)
		return tl_fail(TL_EAGAIN, "cannot start a process: %m");
	struct tl_child c = {.pid = pid, .fd = (int)syscall(SYS_pidfd_open, pid, 0)};
	int e = 0;
	ssize_t n;
	do
		n = read(from_child, &e, sizeof e);
	while (n < 0 && errno == EINTR);
	if (n == 0 && c.fd >= 0) {
		*ret = c;
		return 0;
	}
	bool no_watch = n == 0;
	tl_child_end(&c);
	if (no_watch)
		return tl_fail(TL_EAGAIN, "cannot watch a process");
	errno = e;
	return tl_fail(TL_ECONFIG, "cannot run %s: %m", path);
}

int
tl_child_wait(struct tl_child *c, int64_t deadline_us, int *ret_status)
{
	if (c->pid <= 0)
		return tl_fail(TL_EBUG, "there is no child to wait for");
	int rc = tl_fd_wait(c->fd, POLLIN, deadline_us);
	return rc < 0 ? rc : reaped(c, ret_status);
}

void
tl_child_end(struct tl_child *c)
{
	if (c->pid > 0) {
		(void)kill(c->pid, SIGKILL);
		(void)reaped(c, NULL);
	}
	*c = TL_CHILD_NONE;
}

int
tl_program_beside(const char *name, char *dst, size_t cap)
{
	ssize_t n = readlink("/proc/self/exe", dst, cap);
	if (n < 0)
		return tl_fail(TL_ECONFIG, "cannot tell where this program lies: %m");
	if ((size_t)n >= cap)
		return tl_fail(TL_ETOOBIG, "the program's path is too long");
	dst[n] = 0;
	char *slash = strrchr(dst, '/');
	size_t at = slash ? (size_t)(slash - dst) + 1 : 0;
	return tl_str_copy(dst + at, cap - at, tl_str(name));
}
