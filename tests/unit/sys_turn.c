/* The fair lock between processes: exclusive, nobody overtakes twice, freed by death. */
#include "sys/clock.h"
#include "sys/turn.h"

#include "unit.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct shared {
	_Atomic int inside;
	_Atomic int worst;
	_Atomic int taken[3];
	_Atomic bool stop;
};

static void
compete(struct shared *s, const char *path, int me)
{
	struct tl_turn t;
	if (tl_turn_open(&t, path) < 0)
		_exit(1);
	while (!s->stop) {
		if (tl_turn_take(&t) < 0)
			_exit(1);
		int now = atomic_fetch_add(&s->inside, 1) + 1;
		if (now > s->worst)
			s->worst = now;
		(void)usleep(200);
		s->taken[me]++;
		atomic_fetch_sub(&s->inside, 1);
		tl_turn_give(&t);
	}
	_exit(0);
}

static void
t_turns_are_exclusive_and_shared_out(void **state)
{
	(void)state;
	char dir[] = "/tmp/tutela-test-XXXXXX";
	char path[64];
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof path, "%s/lock", dir);
	struct shared *s =
	    mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(s != MAP_FAILED);
	pid_t pids[3];
	for (int i = 0; i < 3; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			compete(s, path, i);
	}
	int64_t deadline = tl_mono_us() + 20 * TL_US_S;
	while ((s->taken[0] < 50 || s->taken[1] < 50 || s->taken[2] < 50) &&
	       tl_mono_us() < deadline)
		(void)usleep(10000);
	s->stop = true;
	for (int i = 0; i < 3; i++) {
		int status = 0;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
		assert_true(s->taken[i] >= 50);
	}
	assert_int_equal(s->worst, 1);
	unit_remove_tree(dir);
}

static void
t_killed_holder_frees_its_turn(void **state)
{
	(void)state;
	char dir[] = "/tmp/tutela-test-XXXXXX";
	char path[64];
	int told[2];
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof path, "%s/lock", dir);
	assert_int_equal(pipe(told), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct tl_turn t;
		if (tl_turn_open(&t, path) < 0 || tl_turn_take(&t) < 0 ||
		    write(told[1], "!", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	char c;
	assert_int_equal(read(told[0], &c, 1), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	struct tl_turn t;
	assert_int_equal(tl_turn_open(&t, path), 0);
	assert_int_equal(tl_turn_take(&t), 0);
	tl_turn_give(&t);
	tl_turn_close(&t);
	unit_remove_tree(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_turns_are_exclusive_and_shared_out),
	    cmocka_unit_test(t_killed_holder_frees_its_turn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
