/*
 * Continuous copies: what was committed is in the copy, at every moment, over every life of the log; whatever breaks the
 * rule begins a new generation and never a wrong copy; damage is an error and never an older state in silence.
 */
#include "ship/ship.h"
#include "ship/restore.h"
#include "ship/ship_int.h"
#include "sys/clock.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

struct home {
	char dir[64], db[128], turn[128], to[128];
	sqlite3 *h;
	int64_t count;
};

static void
run(sqlite3 *h, const char *sql)
{
	char *said = NULL;
	if (sqlite3_exec(h, sql, NULL, NULL, &said) != SQLITE_OK)
		fail_msg("%s: %s", sql, said);
}

static void
open_db(struct home *f)
{
	assert_int_equal(sqlite3_open(f->db, &f->h), SQLITE_OK);
	run(f->h, "PRAGMA page_size=8192;PRAGMA journal_mode=WAL;PRAGMA wal_autocheckpoint=0;"
		  "CREATE TABLE IF NOT EXISTS t(n INTEGER PRIMARY KEY, b BLOB)");
	assert_int_equal(
	    sqlite3_db_config(f->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL), SQLITE_OK);
}

static int
set_up(void **state)
{
	struct home *f = calloc(1, sizeof *f);
	snprintf(f->dir, sizeof f->dir, "/tmp/tutela-ship-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->db, sizeof f->db, "%s/store.db", f->dir);
	snprintf(f->turn, sizeof f->turn, "%s/lock", f->dir);
	snprintf(f->to, sizeof f->to, "%s/copy", f->dir);
	open_db(f);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct home *f = *state;
	(void)sqlite3_close(f->h);
	unit_remove_tree(f->dir);
	free(f);
	return 0;
}

/* One transaction: a row more. */
static void
write_row(struct home *f, int bytes)
{
	char sql[128];
	snprintf(sql, sizeof sql, "INSERT INTO t(b) VALUES(randomblob(%d))", bytes);
	run(f->h, sql);
	f->count++;
}

static struct tl_ship *
open_ship(const struct home *f, struct tl_ship_rules more)
{
	struct tl_ship *s = NULL;
	struct tl_ship_rules r = more;
	r.database = f->db;
	r.turn = f->turn;
	r.to = f->to;
	if (!r.renew_us)
		r.renew_us = TL_US_DAY;
	if (!r.keep_us)
		r.keep_us = TL_US_DAY;
	if (!r.whole_bytes)
		r.whole_bytes = 1U << 30;
	assert_int_equal(tl_ship_open(&r, &s), 0);
	return s;
}

/* All that there is to do. */
static void
step(struct tl_ship *s)
{
	bool more = true;
	while (more) {
		int rc = tl_ship_step(s, &more);
		if (rc < 0)
			fail_msg("%s", tl_err_text());
	}
}

static int64_t
rows_at(const struct home *f, int64_t until_us)
{
	char to[160];
	sqlite3 *h = NULL;
	sqlite3_stmt *st = NULL;
	struct tl_ship_restored r;
	snprintf(to, sizeof to, "%s/back.db", f->dir);
	(void)unlink(to);
	int rc = tl_ship_restore(f->to, until_us, to, NULL, &r);
	if (rc < 0)
		return rc;
	assert_int_equal(sqlite3_open(to, &h), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(h, "PRAGMA integrity_check", -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(st, 0), "ok");
	(void)sqlite3_finalize(st);
	assert_int_equal(
	    sqlite3_prepare_v2(h, "SELECT COUNT(*) FROM t", -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	int64_t n = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(h);
	return n;
}

static void
t_everything_committed_is_in_the_copy(void **state)
{
	struct home *f = *state;
	struct tl_ship *s = open_ship(f, (struct tl_ship_rules){0});
	write_row(f, 100);
	step(s);
	assert_int_equal(rows_at(f, 0), 1);
	write_row(f, 3 << 20); /* larger than a piece */
	write_row(f, 100);
	step(s);
	assert_int_equal(rows_at(f, 0), 3);
	run(f->h, "BEGIN");
	write_row(f, 100);
	step(s);
	assert_int_equal(rows_at(f, 0), 3);
	run(f->h, "COMMIT");
	step(s);
	assert_int_equal(rows_at(f, 0), 4);
	assert_int_equal(tl_ship_state(s)->generations, 1);
	tl_ship_close(s);
}

static void
t_a_large_log_is_begun_anew_and_nothing_is_lost(void **state)
{
	struct home *f = *state;
	struct tl_ship *s = open_ship(f, (struct tl_ship_rules){.whole_bytes = 256 << 10});
	char last[256];
	for (int i = 0; i < 60; i++) {
		write_row(f, 20000);
		step(s);
		write_row(f, 10);
	}
	step(s);
	assert_int_equal(rows_at(f, 0), 120);
	snprintf(last, sizeof last, "%s/%s/000003.wal", f->to, tl_ship_state(s)->generation);
	assert_int_equal(access(last, F_OK), 0);
	assert_int_equal(tl_ship_state(s)->generations, 1);
	tl_ship_close(s);
}

static void
t_it_goes_on_after_a_restart(void **state)
{
	struct home *f = *state;
	struct tl_ship *s = open_ship(f, (struct tl_ship_rules){0});
	for (int i = 0; i < 5; i++) {
		write_row(f, 5000);
		step(s);
		tl_ship_close(s);
		write_row(f, 5000);
		s = open_ship(f, (struct tl_ship_rules){0});
		step(s);
		assert_int_equal(tl_ship_state(s)->generations, 0);
		assert_int_equal(rows_at(f, 0), 2 * i + 2);
	}
	assert_int_equal(tl_ship_finish(s), 0);
	tl_ship_close(s);
	/* Everybody leaves; the log goes away. */
	assert_int_equal(
	    sqlite3_db_config(f->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL), SQLITE_OK);
	(void)sqlite3_close(f->h);
	open_db(f);
	s = open_ship(f, (struct tl_ship_rules){0});
	write_row(f, 10);
	step(s);
	assert_int_equal(tl_ship_state(s)->generations, 0);
	assert_int_equal(rows_at(f, 0), 11);
	tl_ship_close(s);
}

static void
t_another_program_that_merges_begins_a_generation(void **state)
{
	struct home *f = *state;
	struct tl_ship *s = open_ship(f, (struct tl_ship_rules){0});
	write_row(f, 100);
	step(s);
	tl_ship_close(s);
	write_row(f, 100); /* never copied */
	run(f->h, "PRAGMA wal_checkpoint(TRUNCATE)");
	write_row(f, 100);
	s = open_ship(f, (struct tl_ship_rules){0});
	step(s);
	assert_int_equal(tl_ship_state(s)->generations, 1);
	assert_int_equal(rows_at(f, 0), 3);
	/* The same behind its back, after an end that it noted itself. */
	assert_int_equal(tl_ship_finish(s), 0);
	write_row(f, 100);
	run(f->h, "PRAGMA wal_checkpoint(TRUNCATE)");
	write_row(f, 100);
	step(s);
	assert_int_equal(tl_ship_state(s)->generations, 2);
	assert_int_equal(rows_at(f, 0), 5);
	tl_ship_close(s);
}

/* The log lost frames that are in the copy already, and others came in their place. */
static void
t_a_log_that_lost_its_end_begins_a_generation(void **state)
{
	struct home *f = *state;
	char log[160];
	struct stat st;
	snprintf(log, sizeof log, "%s-wal", f->db);
	struct tl_ship *s = open_ship(f, (struct tl_ship_rules){0});
	write_row(f, 100);
	step(s);
	assert_int_equal(stat(log, &st), 0);
	off_t before = st.st_size;
	write_row(f, 100);
	step(s);
	assert_int_equal(rows_at(f, 0), 2);
	tl_ship_close(s);
	(void)sqlite3_close(f->h);
	assert_int_equal(truncate(log, before), 0);
	snprintf(log, sizeof log, "%s-shm", f->db);
	(void)unlink(log);
	open_db(f);
	write_row(f, 300);
	write_row(f, 300);
	write_row(f, 300);
	s = open_ship(f, (struct tl_ship_rules){0});
	step(s);
	assert_int_equal(tl_ship_state(s)->generations, 1);
	assert_int_equal(rows_at(f, 0), 4);
	tl_ship_close(s);
}

static void
t_a_damaged_copy_is_an_error(void **state)
{
	struct home *f = *state;
	char path[256];
	struct stat st;
	struct tl_ship *s = open_ship(f, (struct tl_ship_rules){0});
	step(s);
	for (int i = 0; i < 10; i++)
		write_row(f, 5000);
	step(s);
	snprintf(path, sizeof path, "%s/%s/000000.wal", f->to, tl_ship_state(s)->generation);
	tl_ship_close(s);
	assert_int_equal(stat(path, &st), 0);
	int fd = open(path, O_RDWR);
	for (off_t at = 40; at < st.st_size; at += 9001) {
		uint8_t was, other;
		assert_int_equal(pread(fd, &was, 1, at), 1);
		other = was ^ 0x40;
		assert_int_equal(pwrite(fd, &other, 1, at), 1);
		assert_int_equal(rows_at(f, 0), TL_ECORRUPT);
		assert_int_equal(pwrite(fd, &was, 1, at), 1);
	}
	assert_int_equal(rows_at(f, 0), 10);
	assert_int_equal(ftruncate(fd, st.st_size - 1), 0);
	assert_int_equal(rows_at(f, 0), TL_ECORRUPT);
	(void)close(fd);
}

static void
t_old_generations_go_and_forgotten_things_with_them(void **state)
{
	struct home *f = *state;
	struct tl_ship_name *names = NULL;
	size_t n = 0;
	struct tl_ship_rules rules = {.renew_us = 1, .keep_us = 1, .whole_us = 1};
	struct tl_ship *s = open_ship(f, rules);
	for (int i = 0; i < 6; i++) {
		write_row(f, 100);
		step(s);
		usleep(2000);
	}
	step(s);
	assert_true(tl_ship_state(s)->generations > 2);
	assert_int_equal(tl_ship_generations(f->to, &names, &n), 0);
	assert_true(n <= 2);
	free(names);
	assert_int_equal(rows_at(f, 0), 6);
	assert_int_equal(rows_at(f, 1), TL_ENOTFOUND);
	tl_ship_close(s);
}

/* A seeded life: writing, copying, restarts, merges by others, new generations; then every moment is asked for. */
static void
t_every_moment_is_exactly_what_it_was(void **state)
{
	enum { MOMENTS = 400 };
	struct home *f = *state;
	static struct {
		int64_t at, rows;
	} seen[MOMENTS];
	size_t n = 0;
	unsigned seed = getenv("SEED") ? (unsigned)strtoul(getenv("SEED"), NULL, 10) : 7;
	struct tl_ship_rules rules = {.whole_bytes = 200 << 10, .renew_us = 60 * TL_US_MS};
	struct tl_ship *s = open_ship(f, rules);
	for (int i = 0; i < 600 && n < MOMENTS; i++) {
		int dice = rand_r(&seed) % 100;
		if (dice < 60) {
			write_row(f, rand_r(&seed) % 30000);
		} else if (dice < 92) {
			int64_t before = tl_now_us();
			step(s);
			seen[n].at = tl_now_us();
			seen[n].rows = f->count;
			/* After another program emptied the log there is nothing to follow until somebody writes. */
			n += tl_ship_state(s)->generation[0] &&
			     tl_ship_state(s)->shipped_us >= before;
			usleep(100);
		} else if (dice < 96) {
			tl_ship_close(s);
			s = open_ship(f, rules);
		} else {
			run(f->h, dice < 98 ? "PRAGMA wal_checkpoint(PASSIVE)"
					    : "PRAGMA wal_checkpoint(TRUNCATE)");
		}
	}
	step(s);
	assert_true(tl_ship_state(s)->generations >= 0);
	tl_ship_close(s);
	assert_true(n > 100);
	for (size_t i = 0; i < n; i += 5) {
		int64_t rows = rows_at(f, seen[i].at);
		/* Before the first base of its generation a moment may be out of reach: said so, never wrong. */
		if (rows != TL_ENOTFOUND && rows != seen[i].rows)
			fail_msg("moment %zu: %lld rows, not %lld", i, (long long)rows,
			    (long long)seen[i].rows);
	}
	assert_int_equal(rows_at(f, 0), f->count);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		t_everything_committed_is_in_the_copy, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		t_a_large_log_is_begun_anew_and_nothing_is_lost, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(t_it_goes_on_after_a_restart, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		t_another_program_that_merges_begins_a_generation, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		t_a_log_that_lost_its_end_begins_a_generation, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(t_a_damaged_copy_is_an_error, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		t_old_generations_go_and_forgotten_things_with_them, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		t_every_moment_is_exactly_what_it_was, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
