/* The index's directory: what lasts, who owns it, who follows, what damage does, deaths at every step, threads at once. */
#include "hash/index_state.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"
#include "unit_hashes.h"

#define KEYS 600

static char dir[64];

static int
setup(void **state)
{
	(void)state;
	return hashes_dir(dir, sizeof dir) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	unit_remove_tree(dir);
	return 0;
}

static struct tl_index *
open_it(enum tl_index_mode mode)
{
	struct tl_index *x = NULL;
	if (tl_index_open(dir, mode, &x) < 0)
		fail_msg("%s", tl_err_text());
	return x;
}

/* What should be there. */
struct model {
	struct tl_index_entry e[KEYS];
	bool there[KEYS];
};

static struct model model;

static int
count_entry(void *ctx, const struct tl_index_entry *e)
{
	struct model *left = ctx;
	assert_true(e->key < KEYS && left->there[e->key]);
	left->there[e->key] = false;
	assert_memory_equal(&e->hash, &left->e[e->key].hash, sizeof e->hash);
	assert_int_equal(e->bank, left->e[e->key].bank);
	assert_int_equal(e->from_us, left->e[e->key].from_us);
	assert_int_equal(e->until_us, left->e[e->key].until_us);
	return 0;
}

static void
check_model(struct tl_index *x)
{
	static struct model left;
	static struct tl_index_hit hit[KEYS];
	left = model;
	struct tl_index_found f = {hit, KEYS, 0, 0};
	struct tl_pdq needle = hashes_at(&model.e[hashes_next() % KEYS].hash, 9);
	struct tl_index_ask ask = {&needle, 1, 40, NULL, 0, (int64_t)(hashes_next() % 100)};
	size_t n = 0;
	assert_int_equal(tl_index_each(x, count_entry, &left), 0);
	for (size_t i = 0; i < KEYS; i++)
		assert_false(left.there[i]);
	assert_int_equal(tl_index_find(x, &ask, &f), 0);
	for (size_t i = 0; i < KEYS; i++)
		n += model.there[i] && tl_pdq_distance(&needle, &model.e[i].hash) <= 40 &&
		     model.e[i].from_us <= ask.now_us && ask.now_us < model.e[i].until_us;
	assert_int_equal(f.all, n);
}

static void
change_model(struct tl_index *const *x, size_t n, uint64_t change)
{
	uint64_t key = hashes_next() % KEYS;
	struct tl_index_entry *e = &model.e[key];
	unsigned what = hashes_next() >> 30 & 7;
	int64_t from = (int64_t)(hashes_next() % 100), until = (int64_t)(hashes_next() % 200);
	if (what < 4) {
		*e = (struct tl_index_entry){hashes_any(), key, (uint32_t)(hashes_next() % 50),
		    TL_INDEX_NEVER, TL_INDEX_FOREVER};
		model.there[key] = true;
	} else if (what < 6) {
		model.there[key] = false;
	} else if (what == 6) {
		e->from_us = from;
		e->until_us = until;
	}
	for (size_t k = 0; k < KEYS && what == 7; k++)
		if (model.e[k].bank == e->bank)
			model.there[k] = false;
	for (size_t i = 0; i < n; i++) {
		int rc = what < 4    ? tl_index_add(x[i], &e->hash, key, e->bank, change)
			 : what < 6  ? tl_index_remove(x[i], key, change)
			 : what == 6 ? tl_index_limit(x[i], key, from, until, change)
				     : tl_index_remove_bank(x[i], e->bank, change);
		assert_int_equal(rc, 0);
	}
}

/* An owner and one who follows are told the same, while files are written, merged, left and opened again. */
static void
t_any_history_leaves_what_it_should(void **state)
{
	(void)state;
	struct tl_index *x[2] = {open_it(TL_INDEX_OWN), NULL};
	bool did;
	memset(&model, 0, sizeof model);
	assert_int_equal(tl_index_flush(x[0]), 0);
	x[1] = open_it(TL_INDEX_FOLLOW);
	for (uint64_t change = 1; change <= 3000; change++) {
		change_model(x, 2, change);
		if (hashes_next() % 60 == 0)
			assert_int_equal(tl_index_flush(x[0]), 0);
		if (hashes_next() % 60 == 0)
			assert_int_equal(tl_index_merge(x[0], &did), 0);
		if (hashes_next() % 60 == 0)
			assert_int_equal(tl_index_refresh(x[1], &did), 0);
		if (hashes_next() % 200 == 0) {
			assert_int_equal(tl_index_flush(x[0]), 0);
			tl_index_close(x[0]);
			x[0] = open_it(TL_INDEX_OWN);
		}
		if (change % 50 == 0) {
			check_model(x[0]);
			check_model(x[1]);
		}
	}
	assert_int_equal(tl_index_verify(x[0]), 0);
	tl_index_close(x[0]);
	tl_index_close(x[1]);
}

/* Who follows refreshes first and is told afterwards what the files hold already: nothing is lost at the next refresh. */
static void
t_who_follows_may_be_told_late(void **state)
{
	(void)state;
	struct tl_index *owner = open_it(TL_INDEX_OWN), *other;
	struct tl_pdq hash[3] = {hashes_any(), hashes_any(), hashes_any()};
	bool did;
	assert_int_equal(tl_index_flush(owner), 0);
	other = open_it(TL_INDEX_FOLLOW);
	for (uint64_t k = 0; k < 2; k++)
		assert_int_equal(tl_index_add(owner, &hash[k], k, 0, k + 1), 0);
	assert_int_equal(tl_index_flush(owner), 0);
	assert_int_equal(tl_index_refresh(other, &did), 0);
	assert_true(did);
	for (uint64_t k = 0; k < 2; k++)
		assert_int_equal(tl_index_add(other, &hash[k], k, 0, k + 1), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(tl_index_add(i ? other : owner, &hash[2], 2, 0, 3), 0);
	assert_int_equal(tl_index_flush(owner), 0);
	assert_int_equal(tl_index_refresh(other, &did), 0);
	assert_true(did);
	for (int i = 0; i < 3; i++) {
		struct tl_index_hit hit[1];
		struct tl_index_found f = {hit, 1, 0, 0};
		struct tl_index_ask ask = {&hash[i], 1, 0, NULL, 0, 0};
		assert_int_equal(tl_index_find(other, &ask, &f), 0);
		assert_int_equal(f.all, 1);
	}
	tl_index_close(other);
	tl_index_close(owner);
}

static void
t_one_process_owns_and_an_empty_folder_cannot_be_followed(void **state)
{
	(void)state;
	struct tl_index *x = NULL, *second = NULL;
	assert_int_equal(tl_index_open(dir, TL_INDEX_FOLLOW, &second), TL_ENOTFOUND);
	x = open_it(TL_INDEX_OWN);
	assert_int_equal(tl_index_open(dir, TL_INDEX_OWN, &second), TL_EAGAIN);
	assert_int_equal(tl_index_wipe(dir), TL_EAGAIN);
	tl_index_close(x);
	assert_int_equal(tl_index_wipe(dir), 0);
}

static void
t_many_flushes_stay_few_segments(void **state)
{
	(void)state;
	struct tl_index *x = open_it(TL_INDEX_OWN);
	struct tl_index_stats s;
	bool did = true;
	for (uint64_t i = 1; i <= 150; i++) {
		struct tl_pdq h = hashes_any();
		assert_int_equal(tl_index_add(x, &h, i, 1, i), 0);
		assert_int_equal(tl_index_flush(x), 0);
	}
	tl_index_stats(x, &s);
	assert_true(s.segments < TL_IX_SEGMENTS_MAX);
	assert_int_equal(s.mark, 150);
	while (did)
		assert_int_equal(tl_index_merge(x, &did), 0);
	tl_index_stats(x, &s);
	assert_true(s.segments < 4);
	assert_int_equal(s.entries, 150);
	for (uint64_t i = 1; i <= 100; i++)
		assert_int_equal(tl_index_remove(x, i, 0), 0);
	for (did = true; did;)
		assert_int_equal(tl_index_merge(x, &did), 0);
	tl_index_stats(x, &s);
	assert_int_equal(s.entries, 50);
	assert_true(s.removed < 20);
	assert_int_equal(tl_index_remove(x, 150, 0), 0);
	for (did = true; did;)
		assert_int_equal(tl_index_expunge(x, &did), 0);
	tl_index_stats(x, &s);
	assert_int_equal(s.entries, 49);
	assert_int_equal(s.removed, 0);
	tl_index_close(x);
}

static void
fill(uint32_t n)
{
	struct tl_index *x = open_it(TL_INDEX_OWN);
	for (uint32_t i = 1; i <= n; i++) {
		struct tl_pdq h = hashes_any();
		assert_int_equal(tl_index_add(x, &h, i, i % 3, i), 0);
	}
	assert_int_equal(tl_index_limit(x, 1, 5, 9, 0), 0);
	assert_int_equal(tl_index_remove(x, 2, 0), 0);
	assert_int_equal(tl_index_flush(x), 0);
	assert_int_equal(tl_index_remove(x, 3, 0), 0);
	assert_int_equal(tl_index_flush(x), 0);
	tl_index_close(x);
}

static void
find_path(const char *end, char path[512], char name[256])
{
	DIR *d = opendir(dir);
	assert_non_null(d);
	*name = 0;
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		if (strstr(e->d_name, end))
			(void)snprintf(name, 256, "%s", e->d_name);
	(void)closedir(d);
	assert_true(*name != 0);
	(void)snprintf(path, 512, "%s/%s", dir, name);
}

static void
flip(const char *path, off_t at)
{
	uint8_t b;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &b, 1, at), 1);
	b ^= 0x40;
	assert_int_equal(pwrite(fd, &b, 1, at), 1);
	(void)close(fd);
}

/* Opens and verifies; the error, which names the file. */
static int
look(const char *name)
{
	struct tl_index *x = NULL;
	struct tl_pdq h = hashes_any();
	struct tl_index_hit hit[8];
	struct tl_index_found f = {hit, 8, 0, 0};
	struct tl_index_ask ask = {&h, 1, 31, NULL, 0, 0};
	int rc = tl_index_open(dir, TL_INDEX_FOLLOW, &x);
	if (rc == 0) {
		assert_int_equal(
		    tl_index_find(x, &ask, &f), 0); /* whatever it finds, it comes back */
		rc = tl_index_verify(x);
	}
	if (rc < 0 && !strstr(tl_err_text(), name))
		fail_msg("\"%s\" does not name %s", tl_err_text(), name);
	tl_index_close(x);
	return rc;
}

static void
t_damage_anywhere_is_found_and_named(void **state)
{
	(void)state;
	char path[512], name[256];
	struct tl_ix_head h;
	fill(17000);
	assert_int_equal(look(""), 0);
	find_path(".segment", path, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, &h, sizeof h, 0), sizeof h);
	(void)close(fd);
	assert_true(h.slots > 0);
	for (size_t i = 0; i < TL_IX_SECTIONS; i++)
		if (h.section[i].bytes) {
			off_t at[] = {(off_t)h.section[i].from,
			    (off_t)(h.section[i].from + h.section[i].bytes - 1)};
			for (size_t k = 0; k < 2; k++) {
				flip(path, at[k]);
				assert_int_equal(look(name), TL_ECORRUPT);
				flip(path, at[k]);
			}
		}
	for (size_t at = 0; at < sizeof h; at += 37) {
		flip(path, (off_t)at);
		assert_int_equal(look(name), TL_ECORRUPT);
		flip(path, (off_t)at);
	}
	assert_int_equal(look(""), 0);
	assert_int_equal(truncate(path, (off_t)h.bytes - 1), 0);
	assert_int_equal(look(name), TL_ECORRUPT);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(look(name), TL_ECORRUPT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(look(name), TL_ECORRUPT);
	assert_int_equal(tl_index_wipe(dir), 0);
	fill(100);
	assert_int_equal(look(""), 0);
}

/* Bytes change under the owner's own maps: a merge would give them a sum that fits. */
static void
t_damage_is_not_merged_into_a_new_file(void **state)
{
	(void)state;
	char path[512], name[256];
	struct tl_ix_head h;
	bool did = false;
	fill(300);
	struct tl_index *x = open_it(TL_INDEX_OWN);
	assert_int_equal(tl_index_remove(x, 7, 0), 0);
	assert_int_equal(tl_index_flush(x), 0);
	find_path(".segment", path, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, &h, sizeof h, 0), sizeof h);
	(void)close(fd);
	flip(path, (off_t)h.section[TL_IX_SECOND].from + 40);
	assert_int_equal(tl_index_expunge(x, &did), TL_ECORRUPT);
	assert_non_null(strstr(tl_err_text(), name));
	assert_int_equal(look(name), TL_ECORRUPT);
	flip(path, (off_t)h.section[TL_IX_SECOND].from + 40);
	assert_int_equal(tl_index_expunge(x, &did), 0);
	assert_true(did);
	tl_index_close(x);
	assert_int_equal(look(""), 0);
}

static void
t_a_damaged_manifest_is_found_and_named(void **state)
{
	(void)state;
	char path[512], name[256];
	struct stat st;
	fill(50);
	find_path("manifest", path, name);
	assert_int_equal(stat(path, &st), 0);
	for (off_t at = 0; at < st.st_size; at++) {
		flip(path, at);
		assert_int_equal(look("manifest"), TL_ECORRUPT);
		flip(path, at);
	}
	assert_int_equal(look(""), 0);
	for (off_t size = st.st_size - 1; size >= 0; size -= 5) {
		assert_int_equal(truncate(path, size), 0);
		assert_int_equal(look("manifest"), TL_ECORRUPT);
	}
}

static int steps_left;

static void
die_at_step(void)
{
	if (--steps_left == 0)
		_exit(9);
}

/* Another process writes and merges, and dies at its nth step; 0 when it came to the end. */
static int
die_while_writing(int n)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct tl_index *x = NULL;
		bool did = true;
		steps_left = n;
		tl_ix_step = die_at_step;
		int rc = tl_index_open(dir, TL_INDEX_OWN, &x);
		for (uint64_t i = 0; rc == 0 && i < 8; i++) {
			uint64_t change = 1000 + i;
			struct tl_pdq h = {{(uint8_t)i}};
			rc = tl_index_add(x, &h, change, 1, change);
			if (rc == 0)
				rc = tl_index_flush(x);
		}
		while (rc == 0 && did)
			rc = tl_index_merge(x, &did);
		_exit(rc == 0 ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9);
	return WEXITSTATUS(status);
}

static void
t_a_death_at_any_step_leaves_the_old_or_the_new(void **state)
{
	(void)state;
	int n = 1, rc = 9;
	for (; rc == 9; n++) {
		struct tl_index_stats s;
		struct tl_index_entry e;
		assert_int_equal(tl_index_wipe(dir), 0);
		fill(20);
		rc = die_while_writing(n);
		struct tl_index *x = open_it(TL_INDEX_OWN);
		tl_index_stats(x, &s);
		assert_int_equal(tl_index_verify(x), 0);
		/* Whole up to its mark: 20 less two, and one for each later change. */
		assert_int_equal(s.entries, 18 + (s.mark >= 1000 ? s.mark - 999 : 0));
		for (uint64_t change = 1000; change <= s.mark; change++)
			assert_int_equal(tl_index_get(x, change, &e), 0);
		tl_index_close(x);
	}
	assert_true(n > 30);
}

/* ---- threads ---- */

#define WRITES 4000
#define STAYS 64

struct crowd {
	struct tl_index *x;
	struct tl_pdq stays[STAYS], gone;
	_Atomic bool over;
	_Atomic uint64_t asked;
};

static void *
ask_on(void *ctx)
{
	struct crowd *c = ctx;
	struct tl_index_hit hit[32];
	struct tl_index_found f = {hit, 32, 0, 0};
	struct tl_index_ask ask = {NULL, 1, 31, NULL, 0, 0};
	for (size_t i = 0; !c->over; i++) {
		bool there = false;
		ask.needle = &c->stays[i % STAYS];
		assert_int_equal(tl_index_find(c->x, &ask, &f), 0);
		for (size_t k = 0; k < f.n; k++)
			there |= f.hit[k].key == i % STAYS + 1;
		assert_true(
		    there); /* what stays is never missed, whatever is written meanwhile */
		ask.needle = &c->gone;
		assert_int_equal(tl_index_find(c->x, &ask, &f), 0);
		for (size_t k = 0; k < f.n; k++)
			assert_true(
			    f.hit[k].distance > 0); /* what was removed before is never found */
		c->asked++;
	}
	return NULL;
}

static void *
keep_on(void *ctx)
{
	struct crowd *c = ctx;
	bool did;
	while (!c->over) {
		assert_int_equal(tl_index_flush(c->x), 0);
		assert_int_equal(tl_index_merge(c->x, &did), 0);
	}
	return NULL;
}

static void
t_readers_writers_and_merges_run_at_once(void **state)
{
	(void)state;
	struct crowd c = {.x = open_it(TL_INDEX_OWN), .gone = hashes_any()};
	pthread_t reader[2], keeper;
	for (uint64_t i = 0; i < STAYS; i++) {
		c.stays[i] = hashes_any();
		assert_int_equal(tl_index_add(c.x, &c.stays[i], i + 1, 1, 0), 0);
	}
	assert_int_equal(tl_index_add(c.x, &c.gone, 100, 1, 0), 0);
	assert_int_equal(tl_index_remove(c.x, 100, 0), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&reader[i], NULL, ask_on, &c), 0);
	assert_int_equal(pthread_create(&keeper, NULL, keep_on, &c), 0);
	for (uint64_t i = 0; i < WRITES || c.asked < 10; i++) {
		struct tl_pdq h = hashes_any();
		assert_int_equal(tl_index_add(c.x, &h, 1000 + i % 2000, 2, 0), 0);
		assert_int_equal(tl_index_remove(c.x, 1000 + hashes_next() % 2000, 0), 0);
		assert_int_equal(tl_index_limit(c.x, 1 + i % STAYS, (int64_t)i - WRITES * 1000,
				     TL_INDEX_FOREVER, 0),
		    0);
	}
	c.over = true;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_join(reader[i], NULL), 0);
	assert_int_equal(pthread_join(keeper, NULL), 0);
	assert_int_equal(tl_index_flush(c.x), 0);
	assert_int_equal(tl_index_verify(c.x), 0);
	tl_index_close(c.x);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(t_any_history_leaves_what_it_should),
	    T(t_who_follows_may_be_told_late),
	    T(t_one_process_owns_and_an_empty_folder_cannot_be_followed),
	    T(t_many_flushes_stay_few_segments),
	    T(t_damage_anywhere_is_found_and_named),
	    T(t_damage_is_not_merged_into_a_new_file),
	    T(t_a_damaged_manifest_is_found_and_named),
	    T(t_a_death_at_any_step_leaves_the_old_or_the_new),
	    T(t_readers_writers_and_merges_run_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
