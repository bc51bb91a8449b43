/* Child programs: descriptors, environment, failed starts, watching and killing. */
#include "base/buf.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/spawn.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int64_t
in_ms(int64_t ms)
{
	return tl_mono_us() + ms * TL_US_MS;
}

/* Runs a shell line; what it writes to descriptor 3 comes back. */
static void
run(const char *line, char *dst, size_t cap, int *ret_status)
{
	int fd[2];
	assert_int_equal(tl_socketpair(SOCK_STREAM, fd), 0);
	const char *argv[] = {"sh", "-c", line, NULL};
	struct tl_spawn how = {.path = "/bin/sh", .argv = argv, .fds = &fd[1], .fd_count = 1};
	struct tl_child c = TL_CHILD_NONE;
	assert_int_equal(tl_spawn(&how, &c), 0);
	(void)close(fd[1]);
	size_t n = 0;
	for (;;) {
		ssize_t got = read(fd[0], dst + n, cap - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	dst[n] = 0;
	(void)close(fd[0]);
	assert_int_equal(tl_child_wait(&c, in_ms(5000), ret_status), 0);
	assert_int_equal(c.pid, 0);
}

static void
t_child_gets_its_descriptors_and_no_others(void **state)
{
	(void)state;
	char out[4096];
	int status, leaked = dup(0); /* not CLOEXEC */
	run("ls /proc/self/fd | tr '\\n' ' ' >&3; exit 7", out, sizeof out, &status);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	/* 0 1 2 3 and the one that ls opens */
	assert_string_equal(out, "0 1 2 3 4 ");
	(void)close(leaked);
}

static void
t_environment_is_built_from_scratch(void **state)
{
	(void)state;
	char out[4096];
	int status;
	assert_int_equal(setenv("TUTELA_SECRET", "canary", 1), 0);
	run("env >&3", out, sizeof out, &status);
	assert_null(strstr(out, "canary"));
	assert_non_null(strstr(out, "LANG=C.UTF-8"));
}

static void
t_missing_program_fails_at_once(void **state)
{
	(void)state;
	const char *argv[] = {"nothing", NULL};
	struct tl_spawn how = {.path = "/nonexistent/program", .argv = argv};
	struct tl_child c = TL_CHILD_NONE;
	assert_int_equal(tl_spawn(&how, &c), TL_ECONFIG);
	assert_non_null(strstr(tl_err_text(), "/nonexistent/program"));
	assert_int_equal(c.pid, 0);
}

static void
t_waiting_has_a_deadline_and_ending_kills(void **state)
{
	(void)state;
	const char *argv[] = {"sleep", "100", NULL};
	struct tl_spawn how = {.path = "/bin/sleep", .argv = argv};
	struct tl_child c = TL_CHILD_NONE;
	assert_int_equal(tl_spawn(&how, &c), 0);
	pid_t pid = c.pid;
	assert_int_equal(tl_child_wait(&c, in_ms(20), NULL), TL_ETIME);
	assert_int_equal(kill(pid, 0), 0);
	tl_child_end(&c);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(c.fd, -1);
	tl_child_end(&c); /* nothing to end is fine */
}

/* A parent that is killed takes its child with it: the child's end of a socket closes. */
static void
t_child_dies_with_its_parent(void **state)
{
	(void)state;
	int fd[2];
	assert_int_equal(tl_socketpair(SOCK_STREAM, fd), 0);
	pid_t middle = fork();
	assert_true(middle >= 0);
	if (middle == 0) {
		const char *argv[] = {"sleep", "100", NULL};
		struct tl_spawn how = {
		    .path = "/bin/sleep", .argv = argv, .fds = &fd[1], .fd_count = 1};
		struct tl_child c = TL_CHILD_NONE;
		char ok = tl_spawn(&how, &c) == 0 ? 'y' : 'n';
		(void)!write(fd[1], &ok, 1);
		for (;;)
			(void)pause();
	}
	(void)close(fd[1]);
	char ok = 0;
	assert_int_equal(read(fd[0], &ok, 1), 1);
	assert_int_equal(ok, 'y');
	(void)kill(middle, SIGKILL);
	assert_int_equal(waitpid(middle, NULL, 0), middle);
	assert_int_equal(tl_fd_wait(fd[0], 1 /* POLLIN */, in_ms(3000)), 0);
	assert_int_equal(read(fd[0], &ok, 1), 0);
	(void)close(fd[0]);
}

static void
t_programs_are_found_beside_this_one(void **state)
{
	(void)state;
	char path[4096];
	assert_int_equal(tl_program_beside("t_sys_spawn", path, sizeof path), 0);
	assert_int_equal(access(path, X_OK), 0);
	assert_true(tl_program_beside("t_sys_spawn", path, 8) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_child_gets_its_descriptors_and_no_others),
	    cmocka_unit_test(t_environment_is_built_from_scratch),
	    cmocka_unit_test(t_missing_program_fails_at_once),
	    cmocka_unit_test(t_waiting_has_a_deadline_and_ending_kills),
	    cmocka_unit_test(t_child_dies_with_its_parent),
	    cmocka_unit_test(t_programs_are_found_beside_this_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
