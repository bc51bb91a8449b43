/* Found again: the media index follows the store, grown banks reach what was published before, and erasure ends it. */
#include "again/turn.h"
#include "hash/index_segment.h"
#include "store/derived.h"
#include "store/retention.h"

#include "unit_again.h"

#include <glob.h>
#include <unistd.h>

static void
t_new_entry_reaches_what_was_published_before(void **state)
{
	struct site *t = *state;
	struct tl_pdq h = any_hash(t), close = near(&h, 10), far = near(&h, 11);
	struct tl_id a = publish(t, &close, NULL), b = publish(t, &far, NULL);
	(void)grow(t);
	assert_false(asked(t, a));
	struct tl_bank_entry e = add_entry(t, &h);
	(void)grow(t);
	assert_true(asked(t, a));
	assert_false(asked(t, b));
	struct tl_again why;
	assert_int_equal(tl_again_asked(t->s.db, t->s.platform, a, &why), 0);
	assert_true(tl_id_eq(why.entry, e.id));
	assert_int_equal(why.since, e.added_at);
	judged(t, a);
	assert_int_equal(grow(t), 1); /* it is not compared a second time */
	assert_false(asked(t, a));
}

static void
t_digest_reaches_the_file(void **state)
{
	struct site *t = *state;
	struct tl_pdq h = any_hash(t);
	struct tl_id a = publish(t, &h, NULL);
	struct tl_bank exact = {.name = TL_S("exact"),
	    .kind = TL_BANK_DIGEST,
	    .policy = TL_S("csae.known"),
	    .enabled = true};
	struct tl_bank_entry e = {
	    .value = tl_bytes(h.b, 16), .form = TL_FORM_MD5, .enabled = true};
	unit_begin(t->s.db);
	assert_int_equal(tl_bank_create(t->s.db, &exact), 0);
	assert_int_equal(tl_bank_entry_add(t->s.db, &exact, &e), 0);
	unit_commit(t->s.db);
	(void)grow(t);
	assert_true(asked(t, a));
}

/* What is committed after the index was read, and before the entry is compared, is in the comparison. */
static void
t_entry_that_was_disabled_comes_back(void **state)
{
	struct site *t = *state;
	struct tl_pdq h = any_hash(t);
	struct tl_bank_entry e = add_entry(t, &h);
	unit_begin(t->s.db);
	int64_t until = tl_now_us() + TL_US_HOUR;
	assert_int_equal(tl_bank_entry_disable(t->s.db, t->bank.id, e.id, until), 0);
	unit_commit(t->s.db);
	struct tl_id a = publish(t, &h, NULL);
	(void)grow(t);
	assert_false(asked(t, a));
	assert_int_equal(tl_clock_shift(2 * TL_US_HOUR), 0);
	(void)grow(t);
	assert_true(asked(t, a));
	assert_int_equal(tl_clock_shift(0), 0);
}

/* As after a step that ended inside an entry which has very many. */
static void
inside(struct site *t, int64_t change)
{
	unit_begin(t->s.db);
	assert_true(tl_db_run(t->s.db, TL_SQL_AGAIN_AT_SET, A_Z("pdq"), A_INT(change),
			A_INT(1000000), A_INT(0), A_INT(0), A_ID((struct tl_id){{0}})) >= 0);
	unit_commit(t->s.db);
}

static void
t_place_inside_an_entry_is_not_the_next_ones(void **state)
{
	struct site *t = *state;
	struct tl_pdq h = any_hash(t), other = any_hash(t), far = near(&h, 20);
	struct tl_id a = publish(t, &h, NULL), b = publish(t, &far, NULL);
	const struct tl_id none = {{0}};
	int64_t change = 0;
	(void)grow(t);
	assert_int_equal(tl_bank_change(t->s.db, &change), 0);
	struct tl_bank_entry many = add_entry(t, &other);
	struct tl_bank_entry e = add_entry(t, &h);
	inside(t, change);
	unit_begin(t->s.db);
	assert_int_equal(tl_bank_entry_disable(t->s.db, t->bank.id, many.id, 0), 0);
	unit_commit(t->s.db);
	(void)grow(t);
	assert_true(asked(t, a));
	assert_false(asked(t, b));
	/* The pass of a bank whose reach has grown. */
	unit_begin(t->s.db);
	t->bank.distance = 25;
	assert_int_equal(tl_bank_set(t->s.db, &t->bank), 0);
	assert_true(tl_db_run(t->s.db, TL_SQL_AGAIN_BANK_PUT, A_ID(t->bank.id), A_INT(10),
			A_INT(25), A_ID(none), A_INT(1000000), A_INT(e.added_at)) >= 0);
	unit_commit(t->s.db);
	(void)grow(t);
	assert_true(asked(t, b));
}

static void
set_bank(struct site *t, int distance, bool enabled)
{
	t->bank.distance = distance;
	t->bank.enabled = enabled;
	unit_begin(t->s.db);
	assert_int_equal(tl_bank_set(t->s.db, &t->bank), 0);
	unit_commit(t->s.db);
}

static void
t_bank_whose_reach_grows_is_compared_whole(void **state)
{
	struct site *t = *state;
	struct tl_pdq h = any_hash(t), far = near(&h, 20);
	struct tl_id a = publish(t, &far, NULL);
	for (int i = 0; i < 2 * TL_AGAIN_PAGE; i++) {
		struct tl_pdq other = any_hash(t);
		(void)add_entry(t, &other);
	}
	(void)add_entry(t, &h);
	(void)grow(t);
	assert_false(asked(t, a));
	set_bank(t, 25, true);
	int64_t entries = 0, left = 0;
	assert_true(tl_again_grow(t->grower, 0, 0) > 0); /* takes a page */
	assert_true(tl_again_grow(t->grower, 0, 0) > 0); /* and notes it */
	assert_int_equal(tl_again_bank_progress(t->s.db, t->bank.id, &entries, &left), 0);
	assert_int_equal(entries, 2 * TL_AGAIN_PAGE + 1);
	assert_int_equal(left, TL_AGAIN_PAGE + 1);
	(void)grow(t);
	assert_true(asked(t, a));
	judged(t, a);
	set_bank(t, 10, true);
	(void)grow(t);
	set_bank(t, 25, false);
	(void)grow(t);
	assert_false(asked(t, a));
	set_bank(t, 25, true);
	(void)grow(t);
	assert_true(asked(t, a));
}

static void
t_few_items_are_asked_for_at_one_time(void **state)
{
	struct site *t = *state;
	struct tl_pdq h = any_hash(t);
	enum { N = TL_AGAIN_UNDER_WAY + 5 };
	struct tl_id ids[N];
	for (int i = 0; i < N; i++)
		ids[i] = publish(t, &h, NULL);
	(void)add_entry(t, &h);
	(void)grow(t);
	int now = 0;
	for (int i = 0; i < N; i++)
		now += asked(t, ids[i]);
	assert_int_equal(now, TL_AGAIN_UNDER_WAY);
	for (int i = 0; i < N; i++)
		judged(t, ids[i]);
	(void)grow(t);
	for (int i = now = 0; i < N; i++)
		now += asked(t, ids[i]);
	assert_int_equal(now, 5);
}

static void
t_hashes_outlive_retention_and_not_erasure(void **state)
{
	struct site *t = *state;
	struct unit_store *s = &t->s;
	struct tl_pdq h = any_hash(t), g = any_hash(t);
	struct tl_media kept, gone;
	struct tl_id a = publish(t, &h, &kept), b = publish(t, &g, &gone);
	assert_int_equal(tl_again_index_catch_up(t->x, s->db), 0);
	struct tl_retention how = {0};
	assert_int_equal(tl_clock_shift(40 * TL_US_DAY), 0);
	unit_begin(s->db);
	assert_int_equal(tl_item_erase(s->db, s->platform, b), 0);
	assert_true(tl_retention_items(s->db, &how, 10) > 0);
	unit_commit(s->db);
	struct tl_media m;
	assert_int_equal(tl_media_get(s->db, s->platform, &kept.id, s->arena, &m), 0);
	assert_int_equal(m.state, TL_MEDIA_ERASED);
	assert_true(m.has_pdq && m.turned.n > 0);
	assert_memory_equal(m.sha256, h.b, 32);
	assert_int_equal(tl_media_get(s->db, s->platform, &gone.id, s->arena, &m), 0);
	assert_false(m.has_pdq || m.turned.n > 0);
	assert_memory_not_equal(m.sha256, g.b, 32);
	assert_memory_not_equal(m.md5, g.b, 16);

	(void)add_entry(t, &h);
	(void)add_entry(t, &g);
	(void)grow(t);
	assert_true(asked(t, a));
	assert_false(asked(t, b));
	const struct tl_again_hit *hits;
	size_t n;
	uint64_t all;
	assert_int_equal(tl_again_index_find(t->x, &g, 31, 0, &hits, &n, &all), 0);
	assert_int_equal(n, 0);
	/* In the end the platform erases what is kept as hashes only, too. */
	unit_begin(s->db);
	assert_int_equal(tl_item_erase(s->db, s->platform, a), 0);
	unit_commit(s->db);
	assert_false(asked(t, a));
	assert_int_equal(tl_media_get(s->db, s->platform, &kept.id, s->arena, &m), 0);
	assert_false(m.has_pdq);
	assert_int_equal(tl_again_index_catch_up(t->x, s->db), 0);
	assert_int_equal(tl_again_index_find(t->x, &h, 31, 0, &hits, &n, &all), 0);
	assert_int_equal(n, 0);
	assert_int_equal(tl_clock_shift(0), 0);
}

/* How many pictures with exactly this hash an index that is level knows. */
static size_t
copies_in(struct site *t, struct tl_again_index *x, const struct tl_pdq *h)
{
	const struct tl_again_hit *hits;
	size_t n;
	uint64_t all;
	assert_int_equal(tl_again_index_catch_up(x, t->s.db), 0);
	assert_int_equal(tl_again_index_find(x, h, 0, 0, &hits, &n, &all), 0);
	return n;
}

/* Every file of the one directory of the index there is. */
static void
each_file(const char *data_dir, void (*fn)(const char *path))
{
	char pattern[512];
	glob_t found = {0};
	(void)snprintf(pattern, sizeof pattern, "%s/again/*/*", data_dir);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		fn(found.gl_pathv[i]);
	globfree(&found);
}

static void
remove_file(const char *path)
{
	assert_int_equal(unlink(path), 0);
}

/* The first hash's first half, behind the header. */
static void
spoil_hashes(const char *path)
{
	FILE *f = strstr(path, ".segment") ? fopen(path, "r+e") : NULL;
	if (!f)
		return;
	struct tl_ix_head head;
	assert_int_equal(fread(&head, sizeof head, 1, f), 1);
	assert_int_equal(fseek(f, (long)head.section[TL_IX_FIRST].from, SEEK_SET), 0);
	assert_int_equal(fwrite("sixteen bad bytes", 16, 1, f), 1);
	assert_int_equal(fclose(f), 0);
}

static void
t_index_is_made_anew_from_the_store(void **state)
{
	struct site *t = *state;
	struct tl_pdq h = any_hash(t);
	(void)publish(t, &h, NULL);
	assert_int_equal(tl_again_index_catch_up(t->x, t->s.db), 0);
	assert_int_equal(tl_again_index_keep(t->x, t->s.db, 0), 0);
	struct tl_again_index *other = NULL;
	assert_int_equal(tl_again_index_open(t->s.dir, NULL, &other), 0);
	assert_int_equal(copies_in(t, other, &h), 1);
	int64_t before = tl_again_index_epoch(t->x);
	assert_true(before > 0);
	assert_int_equal(tl_again_index_epoch(other), before);
	/* Somebody removes them while the owner runs. */
	each_file(t->s.dir, remove_file);
	assert_int_equal(tl_again_index_keep(t->x, t->s.db, 0), 0);
	assert_int_equal(unit_alarms(t->s.db, TL_AL_INDEX_DAMAGED), 1);
	assert_int_equal(copies_in(t, other, &h), 1); /* from memory meanwhile */
	assert_int_equal(tl_again_index_epoch(other), 0);
	assert_int_equal(copies_in(t, t->x, &h), 1);
	assert_int_equal(unit_alarms(t->s.db, TL_AL_INDEX_DAMAGED), 0);
	assert_true(tl_again_index_epoch(t->x) > before);
	assert_int_equal(copies_in(t, other, &h), 1);
	assert_int_equal(tl_again_index_epoch(other), tl_again_index_epoch(t->x));
	tl_again_index_close(other);
}

/* What was compared while bytes were bad may have been missed: it is compared once more. */
static void
t_damage_is_found_and_what_it_hid_is_found_again(void **state)
{
	struct site *t = *state;
	struct tl_pdq h = any_hash(t);
	struct tl_id id = publish(t, &h, NULL);
	assert_int_equal(tl_again_index_catch_up(t->x, t->s.db), 0);
	assert_int_equal(tl_again_index_keep(t->x, t->s.db, 0), 0);
	int64_t before = tl_again_index_epoch(t->x);
	struct tl_again_index *other = NULL;
	assert_int_equal(tl_again_index_open(t->s.dir, NULL, &other), 0);
	assert_int_equal(copies_in(t, other, &h), 1);
	each_file(t->s.dir, spoil_hashes);
	(void)add_entry(t, &h);
	(void)grow(t);
	assert_false(asked(t, id)); /* the maps changed underneath */
	assert_int_equal(tl_again_index_check(t->s.db, t->s.dir, false), 0);
	assert_int_equal(tl_again_index_check(t->s.db, t->s.dir, true), TL_ECORRUPT);
	assert_int_equal(tl_again_index_keep(t->x, t->s.db, 0), 0);
	assert_int_equal(unit_alarms(t->s.db, TL_AL_INDEX_DAMAGED), 1);
	assert_int_equal(tl_again_index_catch_up(t->x, t->s.db), 0);
	assert_true(tl_again_index_epoch(t->x) > before);
	(void)grow(t);
	assert_true(asked(t, id));
	/* The same hashes in a file of another name: a follower does not go on with the map that it had. */
	assert_int_equal(copies_in(t, other, &h), 1);
	assert_int_equal(tl_again_index_check(t->s.db, t->s.dir, true), 0);
	assert_int_equal(unit_alarms(t->s.db, TL_AL_INDEX_DAMAGED), 0);
	tl_again_index_close(other);
}

/* A power cut took the last commits of the store and none of the index: their numbers are given again. */
static void
t_files_that_are_ahead_of_the_store_are_made_anew(void **state)
{
	struct site *t = *state;
	struct tl_pdq h = any_hash(t);
	(void)publish(t, &h, NULL);
	assert_int_equal(tl_again_index_catch_up(t->x, t->s.db), 0);
	assert_int_equal(tl_again_index_keep(t->x, t->s.db, 0), 0);
	struct tl_derived row = {0};
	assert_int_equal(tl_derived_get(t->s.db, "media", &row), 0);
	assert_true(row.upto > 0);
	row.upto--;
	unit_begin(t->s.db);
	assert_int_equal(tl_derived_set(t->s.db, "media", &row), 0);
	unit_commit(t->s.db);
	tl_again_index_close(t->x);
	t->x = NULL;
	assert_int_equal(tl_again_index_open(t->s.dir, &unit_own, &t->x), 0);
	assert_int_equal(copies_in(t, t->x, &h), 1);
	assert_true(tl_again_index_epoch(t->x) > row.epoch);
}

static void
t_turned_hash_is_near_the_turned_pictures(void **state)
{
	struct site *t = *state;
	enum { SIDE = 128 };
	static uint8_t luma[SIDE * SIDE];
	int most = 0;
	for (int i = 0; i < 30; i++) {
		struct tl_pdq real[TL_PDQ_TURNS], made[TL_PDQ_TURNS];
		int quality;
		struct tl_pdq_sampler *s = NULL;
		paint(t, luma, SIDE);
		assert_int_equal(tl_pdq_sampler_create(SIDE, SIDE, &s), 0);
		for (size_t y = 0; y < SIDE; y++)
			tl_pdq_row_u8(s, luma + y * SIDE);
		tl_pdq_hash_all(tl_pdq_sampler_frame(s), real, &quality);
		tl_pdq_sampler_destroy(s);
		tl_again_turn(&real[0], made);
		for (int k = 0; quality >= TL_PDQ_QUALITY_MIN && k < TL_PDQ_TURNS; k++) {
			int d = tl_pdq_distance(&real[k], &made[k]);
			most = d > most ? d : most;
		}
	}
	assert_in_range(most, 0, TL_AGAIN_TURN_SLACK);
}

static void
t_entries_that_come_back_have_progress(void **state)
{
	struct site *t = *state;
	enum { N = TL_AGAIN_PAGE + 6 };
	struct tl_pdq h[N];
	struct tl_id ids[N];
	struct tl_again_progress p;
	int64_t until = tl_now_us() + TL_US_HOUR, oldest = 0, entries, left;
	for (int i = 0; i < N; i++) {
		h[i] = any_hash(t);
		struct tl_bank_entry e = add_entry(t, &h[i]);
		unit_begin(t->s.db);
		assert_int_equal(tl_bank_entry_disable(t->s.db, t->bank.id, e.id, until), 0);
		unit_commit(t->s.db);
	}
	for (int i = 0; i < N; i++)
		ids[i] = publish(t, &h[i], NULL);
	(void)grow(t);
	assert_int_equal(tl_again_oldest(t->s.db, &oldest), 0);
	assert_int_equal(oldest, 0);
	assert_int_equal(tl_clock_shift(2 * TL_US_HOUR), 0);
	/* They wait since the time that they were off until. */
	assert_int_equal(tl_again_oldest(t->s.db, &oldest), 0);
	assert_int_equal(oldest, until);
	assert_int_equal(tl_again_progress(t->s.db, &p), 0);
	assert_int_equal(p.entries_left, N);
	assert_int_equal(p.oldest, until);
	/* A page is taken and noted: the others are left, though all came back at once. */
	assert_true(tl_again_grow(t->grower, 0, 0) > 0);
	assert_true(tl_again_grow(t->grower, 0, 0) > 0);
	assert_int_equal(tl_again_bank_progress(t->s.db, t->bank.id, &entries, &left), 0);
	assert_int_equal(left, N - TL_AGAIN_PAGE);
	/* A finder that dies here begins after the page. */
	tl_again_grower_destroy(t->grower);
	t->grower = tl_again_grower_create(t->s.db, t->x);
	for (int found = 0; found < N;) {
		int before = found;
		(void)grow(t);
		for (int i = 0; i < N; i++) {
			if (!asked(t, ids[i]))
				continue;
			judged(t, ids[i]);
			found++;
		}
		assert_true(found > before);
	}
	assert_int_equal(tl_again_oldest(t->s.db, &oldest), 0);
	assert_int_equal(oldest, 0);
	assert_int_equal(tl_clock_shift(0), 0);
}

/* In how many files of the index these bytes stand. */
static int
files_with(const char *data_dir, const void *bytes, size_t n)
{
	char pattern[512];
	glob_t found = {0};
	int files = 0;
	(void)snprintf(pattern, sizeof pattern, "%s/again/*/*", data_dir);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		static uint8_t all[1 << 20];
		FILE *f = fopen(found.gl_pathv[i], "re");
		assert_non_null(f);
		size_t got = fread(all, 1, sizeof all, f);
		(void)fclose(f);
		files += memmem(all, got, bytes, n) != NULL;
	}
	globfree(&found);
	return files;
}

static int
keep(struct site *t, int64_t erase_us)
{
	int rc = tl_again_index_catch_up(t->x, t->s.db);
	return rc < 0 ? rc : tl_again_index_keep(t->x, t->s.db, erase_us);
}

static void
t_erased_hashes_leave_the_files(void **state)
{
	struct site *t = *state;
	struct unit_store *s = &t->s;
	struct tl_video v = film(t, 30);
	struct published p = {.found = true};
	struct tl_ix_mixed picture, look, second;
	struct tl_pdq h = any_hash(t), heard = any_hash(t), others[60];
	const struct tl_again_hit *hits;
	size_t n = 0;
	uint64_t all = 0;
	for (size_t i = 0; i < TL_COUNT(others); i++) {
		others[i] = any_hash(t);
		(void)publish(t, &others[i], NULL);
	}
	clip(&p, &v, 0, 3, 0, false);
	p.m.film = TL_S("{}");
	p.m.frames = tl_buf_str(&p.frames);
	p.m.words = tl_bytes(heard.b, sizeof heard.b); /* eight words are a second */
	struct tl_id gone[2] = {publish(t, &h, NULL), publish_as(t, &p.m)};
	tl_ix_mix(&h, &picture);
	tl_ix_mix(&v.f[7].hash, &look);
	tl_ix_mix(&heard, &second);
	assert_int_equal(keep(t, 0), 0);
	assert_true(files_with(s->dir, &picture.h[0], sizeof picture.h[0]) > 0);
	assert_true(files_with(s->dir, &look.h[1], sizeof look.h[1]) > 0);
	assert_true(files_with(s->dir, &second.h[1], sizeof second.h[1]) > 0);
	unit_begin(s->db);
	for (size_t i = 0; i < TL_COUNT(gone); i++)
		assert_int_equal(tl_item_erase(s->db, s->platform, gone[i]), 0);
	unit_commit(s->db);
	/* Not before its time, and then in every file. */
	assert_int_equal(keep(t, TL_US_HOUR), 0);
	assert_true(files_with(s->dir, &picture.h[0], sizeof picture.h[0]) > 0);
	assert_int_equal(tl_clock_shift(2 * TL_US_HOUR), 0);
	assert_int_equal(keep(t, TL_US_HOUR), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(files_with(s->dir, &picture.h[i], sizeof picture.h[i]), 0);
		assert_int_equal(files_with(s->dir, &look.h[i], sizeof look.h[i]), 0);
		assert_int_equal(files_with(s->dir, &second.h[i], sizeof second.h[i]), 0);
	}
	struct tl_row r;
	assert_int_equal(tl_db_first(s->db, &r, TL_SQL_AGAIN_DROPPED_OLDEST, A_NULL), 0);
	assert_true(tl_col_null(&r, 0));
	tl_row_end(&r);
	for (size_t i = 0; i < TL_COUNT(others); i++) {
		assert_int_equal(
		    tl_again_index_find(t->x, &others[i], 0, 0, &hits, &n, &all), 0);
		assert_int_equal(n, 1);
	}
	assert_int_equal(tl_clock_shift(0), 0);
	tl_video_fini(&v);
	tl_buf_fini(&p.frames);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		t_new_entry_reaches_what_was_published_before, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_digest_reaches_the_file, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_entries_that_come_back_have_progress, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_erased_hashes_leave_the_files, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_entry_that_was_disabled_comes_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_place_inside_an_entry_is_not_the_next_ones, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_bank_whose_reach_grows_is_compared_whole, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_few_items_are_asked_for_at_one_time, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_hashes_outlive_retention_and_not_erasure, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_index_is_made_anew_from_the_store, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_damage_is_found_and_what_it_hid_is_found_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_files_that_are_ahead_of_the_store_are_made_anew, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_turned_hash_is_near_the_turned_pictures, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
