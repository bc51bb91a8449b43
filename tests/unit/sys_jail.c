/*
 * Proof that the jail denies what it promises to deny: each probe runs in a process of its own that enters the
 * jail and then tries one thing. A control without the jail shows that the probe itself works.
 */
#include "sys/fd.h"

#include "unit_jail.h"

#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int
probe_creat(void)
{
	int fd = open("/tmp/tutela-jail-probe", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)unlink("/tmp/tutela-jail-probe");
	return unit_probe_opened(fd);
}

static int
probe_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? DONE : 1;
}

static int
probe_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? DONE : 1;
}

static int
probe_io_uring(void)
{
	char params[120] = {0};
	long fd = syscall(SYS_io_uring_setup, 1, params);
	return fd >= 0 || errno == EPERM || errno == ENOSYS ? DONE : 1;
}

static int
probe_mprotect_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0 ? DONE : 1;
}

static int
probe_kill(void)
{
	return kill(getppid(), 0) == 0 ? DONE : 1;
}

/* Builds with AddressSanitizer have no limit of address space: they reserve terabytes of it. */
static bool
memory_is_limited(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
	return false;
#endif
#endif
	return true;
}

static int
probe_memory(void)
{
	void *p = mmap(NULL, (size_t)2 << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p != MAP_FAILED ? DONE : errno == ENOMEM ? REFUSED : 1;
}

static int
probe_big_file(void)
{
	static char mb[1 << 20];
	int fd = memfd_create("probe", MFD_CLOEXEC);
	if (fd < 0)
		return 1;
	for (int i = 0; i < 9; i++)
		if (write(fd, mb, sizeof mb) != sizeof mb)
			return 1;
	return DONE;
}

static void *
open_in_thread(void *arg)
{
	*(int *)arg = unit_probe_openat();
	return NULL;
}

static int
probe_thread_made_inside(void)
{
	pthread_t t;
	int result = 1;
	if (pthread_create(&t, NULL, open_in_thread, &result) != 0)
		return 2;
	(void)pthread_join(t, NULL);
	return result;
}

/* The decoder's own work: memory files with seals, messages. */
static int
probe_own_work(void)
{
	int fd = -1;
	struct tl_str back;
	if (tl_memfd_sealed("probe", TL_S("pixels"), &fd) < 0)
		return 1;
	if (tl_memfd_map(fd, 6, &back) < 0 || !tl_str_is(back, "pixels"))
		return 2;
	return malloc(1 << 22) ? DONE : 3;
}

static const struct tl_jail_limits limits = {
    .memory_bytes = (uint64_t)1 << 30, .file_bytes = 8u << 20, .cpu_s = 5, .fds = 32};

static int
enter(bool jailed)
{
	bool weak;
	int rc = jailed ? tl_jail_files((const char *[]){"/usr/lib", NULL}, &weak) : 0;
	return rc == 0 && jailed ? tl_jail_close(&limits) : rc;
}

#define KILLED(what, probe)                                                                    \
	static void t_##what##_ends_the_process(void **state)                                  \
	{                                                                                      \
		(void)state;                                                                   \
		unit_assert_killed(enter, probe);                                              \
	}
KILLED(socket, probe_socket)
KILLED(execve, unit_probe_execve)
KILLED(ptrace, probe_ptrace)
KILLED(io_uring, probe_io_uring)
KILLED(exec_mapping, unit_probe_exec_mapping)
KILLED(mprotect_exec, probe_mprotect_exec)
KILLED(fork, unit_probe_fork)
KILLED(kill, probe_kill)

static void
t_files_cannot_be_opened(void **state)
{
	(void)state;
	unit_assert_refused(enter, unit_probe_openat);
	unit_assert_refused(enter, probe_creat);
	unit_assert_refused(enter, probe_thread_made_inside);
}

static void
t_memory_and_files_are_limited(void **state)
{
	(void)state;
	if (memory_is_limited())
		unit_assert_refused(enter, probe_memory);
	int status = unit_jail_run(enter, probe_big_file, true);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGXFSZ);
}

static void
t_own_work_goes_on(void **state)
{
	(void)state;
	unit_assert_exits(unit_jail_run(enter, probe_own_work, true), DONE);
}

/* Before it is closed, the jail may read libraries only: Landlock alone. */
static void
t_open_jail_reads_libraries_only(void **state)
{
	(void)state;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		bool weak = true;
		if (tl_jail_files((const char *[]){"/usr/lib", "/nonexistent", NULL}, &weak) <
		    0)
			_exit(NO_JAIL);
		bool lib = open("/usr/lib/os-release", O_RDONLY | O_CLOEXEC) >= 0;
		bool secret = open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
		_exit(weak ? 50 : !lib ? 1 : secret ? 2 : 0);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 50)
		skip(); /* a kernel without Landlock */
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_files_cannot_be_opened),
	    cmocka_unit_test(t_socket_ends_the_process),
	    cmocka_unit_test(t_execve_ends_the_process),
	    cmocka_unit_test(t_ptrace_ends_the_process),
	    cmocka_unit_test(t_io_uring_ends_the_process),
	    cmocka_unit_test(t_exec_mapping_ends_the_process),
	    cmocka_unit_test(t_mprotect_exec_ends_the_process),
	    cmocka_unit_test(t_fork_ends_the_process),
	    cmocka_unit_test(t_kill_ends_the_process),
	    cmocka_unit_test(t_memory_and_files_are_limited),
	    cmocka_unit_test(t_own_work_goes_on),
	    cmocka_unit_test(t_open_jail_reads_libraries_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
