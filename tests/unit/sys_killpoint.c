/* Kill points: counted, armed over processes, and deadly at the pass that was named. */
#include "sys/killpoint.h"

#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static struct tl_killpoint_slot *slots;
static char dir[] = "/tmp/tutela-test-XXXXXX";

static int
set_up(void **state)
{
	(void)state;
	char path[64];
	size_t bytes = TL_KP_COUNT * sizeof *slots;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof path, "%s/killpoints", dir);
	assert_int_equal(tl_killpoint_attach(dir), 0); /* not there: nothing happens */
	TL_KILLPOINT(ANSWERED);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	slots = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(slots != MAP_FAILED);
	(void)close(fd);
	assert_int_equal(tl_killpoint_attach(dir), 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unit_remove_tree(dir);
	return 0;
}

/* Passes the point so often in a child; returns how the child ended. */
static int
pass(int times, bool own_group)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		if (own_group)
			slots[TL_KP_ITEM_STORED].group =
			    (uint32_t)(setpgid(0, 0) == 0 ? getpid() : 0);
		if (own_group && fork() == 0)
			for (;;)
				(void)pause();
		for (int i = 0; i < times; i++)
			TL_KILLPOINT(ITEM_STORED);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
t_unarmed_point_only_counts(void **state)
{
	(void)state;
	uint32_t before = slots[TL_KP_ITEM_STORED].hits;
	assert_int_equal(pass(3, false), 0);
	assert_int_equal(slots[TL_KP_ITEM_STORED].hits, before + 3);
	assert_int_equal(slots[TL_KP_ITEM_STORED].kills, 0);
}

static void
t_armed_point_kills_at_the_named_pass_once(void **state)
{
	(void)state;
	slots[TL_KP_ITEM_STORED].armed = 3;
	assert_int_equal(pass(2, false), 0); /* over processes: */
	int status = pass(5, false);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(slots[TL_KP_ITEM_STORED].kills, 1);
	assert_int_equal(pass(5, false), 0);
}

static void
t_group_dies_with_it(void **state)
{
	(void)state;
	slots[TL_KP_ITEM_STORED].armed = 1;
	int status = pass(1, true);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	pid_t group = (pid_t)slots[TL_KP_ITEM_STORED].group;
	int tries = 0; /* its own child is reaped by whoever inherits it */
	while (kill(-group, 0) == 0 && tries++ < 5000)
		(void)usleep(1000);
	assert_true(tries < 5000);
	slots[TL_KP_ITEM_STORED].group = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_unarmed_point_only_counts),
	    cmocka_unit_test(t_armed_point_kills_at_the_named_pass_once),
	    cmocka_unit_test(t_group_dies_with_it),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
