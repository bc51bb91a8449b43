/* Clips of moments that are due: taken by one worker, back when that one dies, asked for anew while they are cut. */
#include "store/moments.h"

#include "sys/clock.h"

#include "unit_store.h"

static struct unit_store s;

static int
setup(void **state)
{
	(void)state;
	unit_store_open(&s);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unit_store_close(&s);
	return 0;
}

static void
ask(uint8_t media, const char *cuts)
{
	struct tl_media_id id = {{media}};
	unit_begin(s.db);
	assert_int_equal(tl_moments_ask(s.db, s.platform, &id, cuts), 0);
	unit_commit(s.db);
}

static int
lease(int64_t now, int64_t until, struct tl_moments_job *j)
{
	unit_begin(s.db);
	int rc = tl_moments_lease(s.db, now, until, j);
	unit_commit(s.db);
	return rc;
}

static void
done(const struct tl_moments_job *j)
{
	unit_begin(s.db);
	assert_int_equal(tl_moments_done(s.db, j), 0);
	unit_commit(s.db);
}

static void
t_what_a_dead_worker_had_comes_back(void **state)
{
	(void)state;
	struct tl_moments_job j, again;
	ask(1, "1 5000");
	int64_t now = tl_now_us();
	assert_int_equal(tl_moments_due(s.db, now), 1);
	assert_int_equal(lease(now, now + TL_US_S, &j), 0);
	assert_int_equal(j.platform, s.platform);
	assert_int_equal(j.media.b[0], 1);
	assert_string_equal(j.cuts, "1 5000");
	assert_int_equal(j.tries, 1);
	assert_int_equal(tl_moments_due(s.db, now), 0);
	assert_int_equal(lease(now, now + TL_US_S, &again), TL_ENOTFOUND);
	ask(1, "1 5000"); /* the same: nobody begins anew */
	assert_int_equal(tl_moments_due(s.db, now), 0);
	assert_int_equal(lease(now + TL_US_S, now + 2 * TL_US_S, &again), 0);
	assert_int_equal(again.tries, 2);
	unit_begin(s.db);
	assert_int_equal(tl_moments_back(s.db, &again, now, again.tries - 1), 0);
	unit_commit(s.db);
	assert_int_equal(lease(now, now + TL_US_S, &again), 0);
	assert_int_equal(again.tries, 2);
	done(&again);
	assert_int_equal(tl_moments_due(s.db, INT64_MAX), 0);
}

static void
t_what_is_asked_for_meanwhile_stays(void **state)
{
	(void)state;
	struct tl_moments_job j, next;
	ask(1, "1 5000");
	int64_t now = tl_now_us();
	assert_int_equal(lease(now, now + TL_US_DAY, &j), 0);
	ask(1, "2 5000 9000");
	ask(2, "1 7");
	done(&j);
	now = tl_now_us();
	assert_int_equal(lease(now, now + TL_US_DAY, &next), 0);
	assert_string_equal(next.cuts, "2 5000 9000");
	assert_int_equal(next.tries, 1);
	assert_int_equal(lease(now, now + TL_US_DAY, &next), 0);
	assert_int_equal(next.media.b[0], 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		t_what_a_dead_worker_had_comes_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_what_is_asked_for_meanwhile_stays, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
