/*
 * The pool against a decoder that lies (fake_decoder.c) and against a real one that is killed: the item fails with
 * its reason, the pool replaces the decoder and goes on.
 */
#include "media/jails.h"
#include "sys/clock.h"

#include "media_unit.h"

#include <errno.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct tl_jails *
fake_jails(void)
{
	struct tl_jails *j = NULL;
	struct tl_jails_config c = {.program = TEST_FAKE_DECODER, .slots = 1};
	assert_int_equal(tl_jails_create(&c, &j), 0);
	return j;
}

static enum tl_decode_reason
ask(struct tl_jails *j, char how, struct tl_decoded *d)
{
	uint8_t file[] = {0xff, 0xd8, 0xff, (uint8_t)how, 0};
	struct tl_decode_job job = {
	    .bytes = tl_bytes(file, sizeof file), .limits = {.deadline_ms = 20}};
	int rc = tl_jails_decode(j, &job, d);
	assert_int_equal(rc, d->err);
	return d->reason;
}

static void
t_lies_are_noticed_and_the_liar_replaced(void **state)
{
	(void)state;
	static const struct {
		char how;
		enum tl_decode_reason reason;
	} row[] = {{'i', TL_DECODE_PROTOCOL}, {'l', TL_DECODE_PROTOCOL},
	    {'z', TL_DECODE_PROTOCOL}, {'p', TL_DECODE_PROTOCOL}, {'s', TL_DECODE_PROTOCOL},
	    {'r', TL_DECODE_PROTOCOL}, {'f', TL_DECODE_PROTOCOL}, {'o', TL_DECODE_PROTOCOL},
	    {'m', TL_DECODE_PROTOCOL}, {'n', TL_DECODE_PROTOCOL}, {'b', TL_DECODE_PROTOCOL},
	    {'u', TL_DECODE_PROTOCOL}, {'d', TL_DECODE_PROTOCOL}, {'t', TL_DECODE_PROTOCOL},
	    {'x', TL_DECODE_PROTOCOL}, {'c', TL_DECODE_CRASHED}, {'k', TL_DECODE_CRASHED}};
	struct tl_jails *j = fake_jails();
	struct tl_decoded d;
	for (size_t i = 0; i < TL_COUNT(row); i++) {
		enum tl_decode_reason why = ask(j, row[i].how, &d);
		if (why != row[i].reason)
			print_error("'%c': %s\n", row[i].how, tl_decode_reason_word(why));
		assert_int_equal(why, row[i].reason);
		assert_true(d.retried);
		assert_int_equal(d.err, TL_EMEDIA);
		assert_int_equal(ask(j, 'g', &d), TL_DECODE_OK); /* good again */
		tl_picture_fini(&d.picture);
	}
	tl_jails_destroy(j);
}

static void
t_hanging_decoder_is_ended_at_the_deadline(void **state)
{
	(void)state;
	struct tl_jails *j = fake_jails();
	struct tl_decoded d;
	assert_int_equal(ask(j, 'g', &d), TL_DECODE_OK);
	tl_picture_fini(&d.picture);
	uint8_t file[] = {0xff, 0xd8, 0xff, 'h', 0};
	struct tl_decode_job job = {
	    .bytes = tl_bytes(file, sizeof file), .limits = {.deadline_ms = 20}};
	assert_int_equal(tl_jails_submit(j, &job), 0);
	int32_t pid = 0;
	assert_int_equal(tl_jails_pids(j, &pid, 1), 1);
	/* the first try runs into the deadline; a fresh process gets the second, which may take its time to start */
	for (int i = 0; i < 3 && kill(pid, 0) == 0; i++) {
		assert_int_equal(
		    tl_fd_wait(tl_jails_fd(j), POLLIN, tl_mono_us() + 3 * TL_US_S), 0);
		assert_false(tl_jails_next(j, &d));
	}
	assert_int_equal(kill(pid, 0), -1);
	tl_jails_destroy(j);
}

/* A second answer to one question can never become the answer to the next. */
static void
t_second_answer_is_thrown_away_with_its_sender(void **state)
{
	(void)state;
	struct tl_jails *j = fake_jails();
	struct tl_decoded d;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(ask(j, '2', &d), TL_DECODE_OK);
		tl_picture_fini(&d.picture);
		int rc = tl_fd_wait(tl_jails_fd(j), POLLIN, tl_mono_us() + 500 * TL_US_MS);
		assert_int_equal(rc, 0);
		assert_false(tl_jails_next(j, &d));
		assert_int_equal(tl_jails_pids(j, (int32_t[2]){0}, 2), 0);
	}
	tl_jails_destroy(j);
}

static void
t_killed_decoder_costs_nothing(void **state)
{
	(void)state;
	struct tl_jails *j = unit_jails(1);
	struct tl_buf b = unit_file(TEST_DATA, "pdq/scene00-q15.jpg");
	struct tl_decode_job job = {.bytes = tl_buf_str(&b)};
	struct tl_decoded d;
	for (int i = 0; i < 3; i++) {
		int32_t pid = 0;
		assert_int_equal(tl_jails_decode(j, &job, &d), 0);
		assert_int_equal(d.picture.quality, 99);
		tl_picture_fini(&d.picture);
		assert_int_equal(tl_jails_pids(j, &pid, 1), 1);
		assert_int_equal(kill(pid, SIGKILL), 0);
	}
	tl_buf_fini(&b);
	tl_jails_destroy(j);
}

/* Decodes a picture on a kernel that lacks the calls (as a filter of our own pretends); 0 to 99 is the reason. */
static int
reason_without(const int *calls, size_t n)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
		int rc = f ? 0 : -1;
		for (size_t i = 0; i < n; i++)
			rc |= seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), calls[i], 0);
		rc |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
		    SCMP_CMP(0, SCMP_CMP_EQ, PR_SET_SECCOMP, 0));
		if (rc != 0 || seccomp_load(f) != 0)
			_exit(100);
		struct tl_jails *j = unit_jails(1);
		struct tl_buf b = unit_file(TEST_DATA, "pdq/scene00-q15.jpg");
		struct tl_decode_job job = {.bytes = tl_buf_str(&b)};
		struct tl_decoded d = {0};
		rc = tl_jails_decode(j, &job, &d);
		bool told = d.weak || (d.reason == TL_DECODE_NO_JAIL && rc == TL_EPERM);
		tl_jails_destroy(j);
		_exit(told ? (int)d.reason : 101);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
t_without_seccomp_nothing_is_decoded(void **state)
{
	(void)state;
	assert_int_equal(reason_without((int[]){SCMP_SYS(seccomp)}, 1), TL_DECODE_NO_JAIL);
}

static void
t_without_landlock_decoding_goes_on_and_says_so(void **state)
{
	(void)state;
	const int calls[] = {SCMP_SYS(landlock_create_ruleset)};
	assert_int_equal(reason_without(calls, 1), TL_DECODE_OK);
}

/* The clean parent is confined as well, though it never looks at bytes. */
static void
t_waiting_decoders_are_confined(void **state)
{
	(void)state;
	struct tl_jails *j = unit_jails(1);
	struct tl_buf b = unit_file(TEST_DATA, "pdq/scene07.png");
	struct tl_decode_job job = {.bytes = tl_buf_str(&b)};
	struct tl_decoded d;
	char path[64];
	struct tl_buf status = {0};
	int32_t pid = 0;
	assert_int_equal(tl_jails_decode(j, &job, &d), 0);
	tl_picture_fini(&d.picture);
	assert_int_equal(tl_jails_pids(j, &pid, 1), 1);
	(void)snprintf(path, sizeof path, "/proc/%d/status", pid);
	assert_int_equal(tl_file_read(path, 1 << 16, &status), 0);
	assert_non_null(strstr(tl_buf_z(&status), "NoNewPrivs:\t1"));
	assert_non_null(strstr(tl_buf_z(&status), "Seccomp:\t2"));
	tl_buf_fini(&status);
	tl_buf_fini(&b);
	tl_jails_destroy(j);
}

static void
t_warm_decoders_are_the_ones_that_answer(void **state)
{
	(void)state;
	struct tl_jails *j = unit_jails(1);
	int32_t before[4] = {0}, after[4] = {0};
	assert_int_equal(tl_jails_warm(j), 0);
	assert_int_equal(tl_jails_pids(j, before, 4), 2);
	static const char *const name[] = {"pdq/scene00-q15.jpg", "pdq/scene07.png"};
	for (size_t i = 0; i < TL_COUNT(name); i++) {
		struct tl_buf b = unit_file(TEST_DATA, name[i]);
		struct tl_decode_job job = {.bytes = tl_buf_str(&b)};
		struct tl_decoded d;
		assert_int_equal(tl_jails_decode(j, &job, &d), 0);
		tl_picture_fini(&d.picture);
		tl_buf_fini(&b);
	}
	assert_int_equal(tl_jails_pids(j, after, 4), 2);
	assert_memory_equal(before, after, sizeof before);
	tl_jails_destroy(j);
}

static void
t_limits_are_kept(void **state)
{
	(void)state;
	struct tl_jails *j = unit_jails(1);
	struct tl_buf b = unit_file(TEST_DATA, "pdq/scene00-large.jpg");
	struct tl_decode_job job = {.bytes = tl_buf_str(&b)};
	struct tl_decoded d;
	job.limits.pixels = 1000000;
	assert_int_equal(tl_jails_decode(j, &job, &d), TL_ETOOBIG);
	job.limits = (struct tl_decode_limits){.side = 2000};
	assert_int_equal(tl_jails_decode(j, &job, &d), TL_ETOOBIG);
	job.limits = (struct tl_decode_limits){.bytes = 1000};
	assert_int_equal(tl_jails_decode(j, &job, &d), TL_ETOOBIG);
	job.limits = (struct tl_decode_limits){
	    0}; /* the deadline has a case of its own, with a decoder that hangs */
	assert_int_equal(tl_jails_decode(j, &job, &d), 0);
	tl_picture_fini(&d.picture);
	tl_buf_fini(&b);
	tl_jails_destroy(j);
}

static void
t_pool_says_when_it_is_full_or_the_program_missing(void **state)
{
	(void)state;
	struct tl_jails *j = NULL;
	struct tl_jails_config c = {.program = "/nonexistent/tutela-decode", .slots = 1};
	assert_int_equal(tl_jails_create(&c, &j), TL_ECONFIG);
	j = fake_jails();
	uint8_t file[] = {0xff, 0xd8, 0xff, 'h', 0};
	struct tl_decode_job job = {.bytes = tl_bytes(file, sizeof file)};
	assert_int_equal(tl_jails_free(j), 1);
	assert_int_equal(tl_jails_submit(j, &job), 0);
	assert_int_equal(tl_jails_free(j), 0);
	assert_int_equal(tl_jails_submit(j, &job), TL_EAGAIN);
	tl_jails_destroy(j); /* with a picture under way */
}

/* Hands in a picture that needs far longer than any deadline here, or a good one. */
static int
submit(struct tl_jails *j, char how, bool slow)
{
	uint8_t file[] = {0xff, 0xd8, 0xff, (uint8_t)how, 0};
	struct tl_decode_job job = {.bytes = tl_bytes(file, sizeof file),
	    .limits = {.deadline_ms = 60000},
	    .slow = slow};
	return tl_jails_submit(j, &job);
}

/* Waits until a slot is free, or a result is there. */
static bool
wait_free(struct tl_jails *j, struct tl_decoded *d)
{
	for (int i = 0; i < 20; i++) {
		if (tl_jails_next(j, d))
			return true;
		if (tl_jails_free(j) > 0)
			return false;
		int rc = tl_fd_wait(tl_jails_fd(j), POLLIN, tl_mono_us() + TL_US_S);
		assert_true(rc == 0 || rc == TL_ETIME);
	}
	fail();
	return false;
}

static void
t_long_pictures_give_way(void **state)
{
	(void)state;
	struct tl_jails *j = fake_jails(); /* one slot */
	struct tl_decoded d;
	for (int i = 0; i < 2; i++) { /* two places for long ones */
		assert_int_equal(tl_jails_free(j), 1);
		assert_int_equal(submit(j, 'w', false), 0);
		assert_int_equal(tl_jails_free(j), 0);
		assert_false(wait_free(j, &d));
	}
	/* The third gets a short time only, and comes back; what was put back finds no place. */
	assert_false(tl_jails_may_take_long(j));
	assert_int_equal(submit(j, 'w', true), TL_EAGAIN);
	assert_int_equal(submit(j, 'w', false), 0);
	while (!wait_free(j, &d))
		;
	assert_true(d.put_back);
	assert_false(d.retried);
	assert_int_equal(d.reason, TL_DECODE_TIMEOUT);
	/* Good ones pass all the while; on a very slow machine one may be put back too. */
	int good = 0;
	for (int i = 0; i < 50 && good < 5; i++) {
		assert_int_equal(submit(j, 'g', false), 0);
		while (!wait_free(j, &d))
			;
		assert_true(d.reason == TL_DECODE_OK || d.put_back);
		good += d.reason == TL_DECODE_OK;
		tl_picture_fini(&d.picture);
	}
	assert_int_equal(good, 5);
	tl_jails_destroy(j); /* with two under way */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_lies_are_noticed_and_the_liar_replaced),
	    cmocka_unit_test(t_hanging_decoder_is_ended_at_the_deadline),
	    cmocka_unit_test(t_second_answer_is_thrown_away_with_its_sender),
	    cmocka_unit_test(t_killed_decoder_costs_nothing),
	    cmocka_unit_test(t_without_seccomp_nothing_is_decoded),
	    cmocka_unit_test(t_without_landlock_decoding_goes_on_and_says_so),
	    cmocka_unit_test(t_waiting_decoders_are_confined),
	    cmocka_unit_test(t_warm_decoders_are_the_ones_that_answer),
	    cmocka_unit_test(t_limits_are_kept),
	    cmocka_unit_test(t_long_pictures_give_way),
	    cmocka_unit_test(t_pool_says_when_it_is_full_or_the_program_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
