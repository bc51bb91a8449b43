/* The keeper and its followers: files for what the store holds, damage found and mended, a store that went back in time. */
#include "detect/keeper.h"
#include "detect/known.h"
#include "store/bank_log.h"
#include "store/derived.h"
#include "sys/clock.h"

#include "unit_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

struct fixture {
	struct unit_store s;
	struct tl_bank bank;
	struct tl_keeper *keeper;
	_Atomic int built, damaged;
};

static void
on_built(void *ctx, enum tl_entry_form form, uint64_t entries, int64_t took_us)
{
	struct fixture *f = ctx;
	(void)form;
	(void)entries;
	(void)took_us;
	f->built++;
}

static void
on_damaged(void *ctx, enum tl_entry_form form, const char *why)
{
	struct fixture *f = ctx;
	(void)form;
	assert_non_null(why);
	f->damaged++;
}

static void
start_checking(struct fixture *f, int64_t check_us)
{
	struct tl_keeper_events ev = {.built = on_built, .damaged = on_damaged, .ctx = f};
	assert_int_equal(tl_keeper_start(f->s.store, &ev, check_us, &f->keeper), 0);
}

static void
start(struct fixture *f)
{
	start_checking(f, TL_US_S);
}

static void
stop(struct fixture *f)
{
	tl_keeper_stop(f->keeper);
	f->keeper = NULL;
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	unit_store_open(&f->s);
	f->bank = (struct tl_bank){.name = TL_S("p"),
	    .kind = TL_BANK_PDQ,
	    .policy = TL_S("demo"),
	    .source = TL_S("test"),
	    .distance = 31,
	    .enabled = true};
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_create(f->s.db, &f->bank), 0);
	unit_commit(f->s.db);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	tl_keeper_stop(f->keeper);
	unit_store_close(&f->s);
	free(f);
	return 0;
}

static void
value(uint8_t h[32], uint32_t n)
{
	for (size_t i = 0; i < 32; i++) {
		n = n * 1664525u + 1013904223u;
		h[i] = (uint8_t)(n >> 24);
	}
}

static struct tl_id
add(struct fixture *f, uint32_t from, uint32_t count)
{
	struct tl_bank_entry e = {.form = TL_FORM_PDQ};
	unit_begin(f->s.db);
	for (uint32_t i = 0; i < count; i++) {
		uint8_t h[32];
		value(h, from + i);
		e.value = tl_bytes(h, 32);
		e.enabled = true;
		assert_int_equal(tl_bank_entry_add(f->s.db, &f->bank, &e), 0);
	}
	unit_commit(f->s.db);
	return e.id;
}

static int64_t
epoch(struct fixture *f)
{
	struct tl_derived row;
	assert_int_equal(tl_derived_get(f->s.db, "pdq", &row), 0);
	return row.epoch;
}

static void
wait_built(struct fixture *f, int times)
{
	for (int i = 0; i < 3000 && f->built < times; i++)
		(void)usleep(10000);
	assert_true(f->built >= times);
}

/* A follower that is level; how many entries it finds of these. */
static size_t
finds(struct fixture *f, struct tl_known *k, uint32_t from, uint32_t count)
{
	size_t n = 0;
	for (int i = 0; i < 500 && tl_known_look(k, f->s.db) < 0; i++)
		(void)usleep(10000);
	assert_true(tl_known_whole(k));
	for (uint32_t i = 0; i < count; i++) {
		struct tl_pdq h;
		struct tl_index_hit hit[4];
		struct tl_index_found found = {.hit = hit, .cap = 4};
		value(h.b, from + i);
		struct tl_index_ask ask = {
		    .needle = &h, .needles = 1, .distance = 8, .now_us = tl_now_us()};
		assert_int_equal(tl_known_find(k, &ask, &found), 0);
		n += found.n == 1;
	}
	return n;
}

static void
damage(struct fixture *f)
{
	char dir[200], path[500];
	(void)snprintf(dir, sizeof dir, "%s/index/pdq/%lld", f->s.dir, (long long)epoch(f));
	DIR *d = opendir(dir);
	assert_non_null(d);
	for (const struct dirent *e; (e = readdir(d));) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.' && strcmp(e->d_name, "lock") != 0)
			assert_int_equal(truncate(path, 20), 0);
	}
	(void)closedir(d);
}

static void
t_files_hold_what_the_store_holds_and_the_tail_the_rest(void **state)
{
	struct fixture *f = *state;
	struct tl_known *k = tl_known_create(f->s.dir, TL_FORM_PDQ);
	assert_false(tl_known_whole(k));
	add(f, 0, 200);
	assert_int_equal(finds(f, k, 0, 210), 200); /* there are no files: in memory */
	start(f);
	wait_built(f, 1);
	assert_int_equal(finds(f, k, 0, 210), 200);
	struct tl_index_stats s;
	tl_known_stats(k, &s);
	assert_int_equal(s.tail, 0);
	struct tl_id last = add(f, 200, 5);
	assert_int_equal(finds(f, k, 0, 210), 205);
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_entry_remove(f->s.db, f->bank.id, last), 0);
	unit_commit(f->s.db);
	assert_int_equal(finds(f, k, 200, 10), 4);
	stop(f); /* writes what is in memory only */
	struct tl_known *other = tl_known_create(f->s.dir, TL_FORM_PDQ);
	assert_int_equal(finds(f, other, 0, 210), 204);
	tl_known_stats(other, &s);
	assert_int_equal(s.tail, 0);
	assert_int_equal(s.entries, 204);
	start(f);
	assert_int_equal(f->built, 1);
	tl_known_destroy(other);
	tl_known_destroy(k);
}

static void
t_damage_is_found_by_who_opens_the_files_and_mended(void **state)
{
	struct fixture *f = *state;
	add(f, 0, 100);
	start(f);
	wait_built(f, 1);
	int64_t before = epoch(f);
	damage(f);
	struct tl_known *k = tl_known_create(f->s.dir, TL_FORM_PDQ);
	assert_int_equal(tl_known_look(k, f->s.db), TL_ECORRUPT);
	assert_int_equal(unit_alarms(f->s.db, TL_AL_INDEX_DAMAGED), 1);
	assert_int_equal(finds(f, k, 0, 100), 100); /* from the store meanwhile */
	wait_built(f, 2);
	assert_int_equal(finds(f, k, 0, 100), 100);
	assert_true(epoch(f) > before);
	assert_int_equal(unit_alarms(f->s.db, TL_AL_INDEX_DAMAGED), 0);
	stop(f);
	damage(f);
	start(f);
	wait_built(f, 3);
	assert_int_equal(f->damaged, 1);
	assert_int_equal(finds(f, k, 0, 100), 100);
	tl_known_destroy(k);
}

/* Bytes of the segments, which everybody has open. */
static void
spoil(struct fixture *f)
{
	char dir[200], path[500];
	(void)snprintf(dir, sizeof dir, "%s/index/pdq/%lld", f->s.dir, (long long)epoch(f));
	DIR *d = opendir(dir);
	assert_non_null(d);
	for (const struct dirent *e; (e = readdir(d));) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		FILE *file = strstr(e->d_name, ".segment") ? fopen(path, "r+") : NULL;
		if (!file)
			continue;
		assert_int_equal(fseek(file, 200, SEEK_SET), 0);
		assert_int_equal(fwrite("sixteen bad bytes", 16, 1, file), 1);
		assert_int_equal(fclose(file), 0);
	}
	(void)closedir(d);
}

/* Bytes of a segment that everybody has open change underneath: nobody is started anew, and it is found all the same. */
static void
t_damage_while_it_runs_is_found_by_the_next_check(void **state)
{
	struct fixture *f = *state;
	add(f, 0, 100);
	start(f);
	wait_built(f, 1);
	struct tl_known *k = tl_known_create(f->s.dir, TL_FORM_PDQ);
	assert_int_equal(finds(f, k, 0, 100), 100);
	spoil(f);
	wait_built(f, 2);
	assert_int_equal(f->damaged, 1);
	assert_int_equal(unit_alarms(f->s.db, TL_AL_INDEX_DAMAGED), 0);
	assert_int_equal(finds(f, k, 0, 100), 100);
	tl_known_destroy(k);
}

/* Between two checks files are merged: the damage is found then, and is not in the new file. */
static void
t_damage_is_found_when_it_would_be_merged(void **state)
{
	struct fixture *f = *state;
	add(f, 0, 100);
	start_checking(f, TL_US_HOUR);
	wait_built(f, 1);
	spoil(f);
	for (uint32_t n = 0; n < 100 && f->built < 2; n++) {
		add(f, 100 + n, 1);
		for (int i = 0; i < 100 && f->built < 2; i++)
			(void)usleep(10000);
	}
	assert_int_equal(f->built, 2);
	assert_int_equal(f->damaged, 1);
	struct tl_known *k = tl_known_create(f->s.dir, TL_FORM_PDQ);
	assert_int_equal(finds(f, k, 0, 101), 101);
	tl_known_destroy(k);
}

/* A copy of the store from before is put back beside files that know more. */
static void
t_files_that_are_ahead_of_the_store_are_not_used(void **state)
{
	struct fixture *f = *state;
	add(f, 0, 50);
	start(f);
	wait_built(f, 1);
	stop(f);
	struct tl_derived row = {epoch(f), 10};
	unit_begin(f->s.db);
	assert_int_equal(tl_derived_set(f->s.db, "pdq", &row), 0);
	unit_commit(f->s.db);
	start(f);
	wait_built(f, 2);
	assert_int_equal(f->damaged, 1);
	assert_true(epoch(f) > row.epoch);
	struct tl_known *k = tl_known_create(f->s.dir, TL_FORM_PDQ);
	assert_int_equal(finds(f, k, 0, 50), 50);
	tl_known_destroy(k);
}

int
main(void)
{
#define CASE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
	    CASE(t_files_hold_what_the_store_holds_and_the_tail_the_rest),
	    CASE(t_damage_is_found_by_who_opens_the_files_and_mended),
	    CASE(t_damage_while_it_runs_is_found_by_the_next_check),
	    CASE(t_damage_is_found_when_it_would_be_merged),
	    CASE(t_files_that_are_ahead_of_the_store_are_not_used),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
