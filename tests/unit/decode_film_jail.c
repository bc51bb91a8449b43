/*
 * Proof that a process with FFmpeg and chromaprint in it is confined as promised once its jail is closed: whatever these
 * libraries brought along, it opens no file, has no network, starts no program, makes no code. Each probe is a process of
 * its own; the same probe without the jail shows that it works.
 */
#include "decode/decode.h"
#include "sys/jail.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DONE = 0, REFUSED = 10, NO_JAIL = 11 };

static int
probe_openat(void)
{
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	return fd >= 0 ? DONE : errno == EACCES ? REFUSED : 1;
}

static int
probe_library(void)
{
	int fd = open("/usr/lib/os-release", O_RDONLY | O_CLOEXEC);
	return fd >= 0 ? DONE : errno == EACCES ? REFUSED : 1;
}

static int
probe_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0 ? DONE : 1;
}

static int
probe_execve(void)
{
	char *argv[] = {(char[]){"true"}, NULL}, *envp[] = {NULL};
	(void)execve("/bin/true", argv, envp);
	return 1;
}

static int
probe_fork(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return pid > 0 ? DONE : 1;
}

static int
probe_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p != MAP_FAILED ? DONE : 1;
}

static const char *const libraries[] = {"/usr/lib", "/lib", "/lib64", "/etc/ld.so.cache", NULL};

static int
in_child(int (*probe)(void), bool jailed)
{
	const struct tl_jail_limits limits = {.memory_bytes = (uint64_t)2 << 30,
	    .file_bytes = TL_DECODE_PAYLOAD_MAX,
	    .cpu_s = 5,
	    .fds = 16};
	const struct rlimit no_core = {0, 0};
	bool weak;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)setrlimit(RLIMIT_CORE, &no_core);
		if (jailed && tl_jail_files(libraries, &weak) < 0)
			_exit(NO_JAIL);
		if (tl_film_load() < 0 || (jailed && tl_jail_close(&limits) < 0))
			_exit(NO_JAIL);
		_exit(probe());
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
t_files_stay_closed(void **state)
{
	(void)state;
	int (*const probe[])(void) = {probe_openat, probe_library};
	for (size_t i = 0; i < TL_COUNT(probe); i++) {
		int status = in_child(probe[i], false);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == DONE);
		status = in_child(probe[i], true);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == REFUSED);
	}
}

static void
t_sockets_programs_children_and_code_end_the_process(void **state)
{
	(void)state;
	int (*const probe[])(void) = {probe_socket, probe_execve, probe_fork, probe_code};
	for (size_t i = 0; i < TL_COUNT(probe); i++) {
		int status = in_child(probe[i], false);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == DONE);
		status = in_child(probe[i], true);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_files_stay_closed),
	    cmocka_unit_test(t_sockets_programs_children_and_code_end_the_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
