/* The store with real files: items, idempotency, keys, jobs, media, the writer. */
#include "store/blobs.h"
#include "store/items.h"
#include "store/jobs.h"
#include "store/keys.h"
#include "store/media.h"
#include "store/retention.h"
#include "store/writer.h"
#include "sys/clock.h"
#include "sys/fd.h"

#include "unit_store.h"

#include <unistd.h>

static struct tl_item
an_item(const struct unit_store *f, const char *ext, const char *author)
{
	struct tl_item it = {.platform = f->platform,
	    .ext_id = tl_str(ext),
	    .version = 1,
	    .live = true,
	    .kind = TL_KIND_POST,
	    .account_ext = tl_str(author),
	    .posted_at = 1700000000000000,
	    .received_at = tl_now_us(),
	    .field_count = 1};
	it.fields[0] = (struct tl_field){TL_S("body"), TL_S("a harmless text")};
	return it;
}

static const uint8_t print_a[TL_PRINT_BYTES] = {1};
static const uint8_t print_b[TL_PRINT_BYTES] = {2};

static void
put(struct unit_store *f, struct tl_item *it)
{
	struct tl_item_state_row row;
	bool known = true;
	unit_begin(f->db);
	assert_int_equal(tl_item_put(f->db, it, print_a, 0, &row, &known), 0);
	assert_false(known);
	unit_commit(f->db);
}

static void
t_item_reads_back_in_the_clear(void **state)
{
	struct unit_store *f = *state;
	struct tl_item it = an_item(f, "p1", "alice");
	put(f, &it);
	struct tl_item_full full;
	assert_int_equal(tl_item_get(f->db, f->platform, it.id, f->arena, &full), 0);
	assert_int_equal(full.item.field_count, 1);
	assert_true(tl_str_is(full.item.fields[0].text, "a harmless text"));
	assert_true(tl_str_is(full.item.account_ext, "alice"));
	assert_int_equal(full.item.state, TL_ITEM_PENDING);
	assert_false(full.has_verdict);
}

static void
t_same_version_answers_the_same_and_other_content_is_refused(void **state)
{
	struct unit_store *f = *state;
	struct tl_item it = an_item(f, "p1", "alice");
	put(f, &it);
	struct tl_item again = an_item(f, "p1", "alice");
	struct tl_item_state_row row;
	bool known = false;
	unit_begin(f->db);
	assert_int_equal(tl_item_put(f->db, &again, print_a, 0, &row, &known), 0);
	assert_true(known);
	assert_true(tl_id_eq(row.id, it.id));
	assert_int_equal(tl_item_put(f->db, &again, print_b, 0, &row, &known), TL_EEXISTS);
	assert_string_equal(tl_err_field(), "/version");
	unit_commit(f->db);
}

static void
t_text_on_disk_is_sealed(void **state)
{
	struct unit_store *f = *state;
	struct tl_item it = an_item(f, "p1", "alice");
	put(f, &it);
	char path[128];
	(void)snprintf(path, sizeof path, "%s/store.db-wal", f->dir);
	struct tl_buf b = {0};
	assert_int_equal(tl_file_read(path, 1 << 26, &b), 0);
	assert_true(b.n > 0);
	assert_non_null(memmem(b.p, b.n, "alice", 5));
	assert_null(memmem(b.p, b.n, "a harmless text", 15));
	tl_buf_fini(&b);
}

static void
t_band_of_an_account_is_unknown_until_it_is_said(void **state)
{
	struct unit_store *f = *state;
	struct tl_account a = {.platform = f->platform,
	    .live = true,
	    .ext_id = TL_S("kim"),
	    .age_band = TL_AGE_16_17};
	enum tl_age_band band = TL_AGE_18;
	assert_int_equal(tl_account_band(f->db, f->platform, tl_id_new(), &band), 0);
	assert_int_equal(band, TL_AGE_UNKNOWN);
	unit_begin(f->db);
	assert_int_equal(tl_account_put(f->db, &a), 0);
	unit_commit(f->db);
	assert_int_equal(tl_account_band(f->db, f->platform, a.id, &band), 0);
	assert_int_equal(band, TL_AGE_16_17);
}

static void
t_erased_account_takes_its_text_with_it(void **state)
{
	struct unit_store *f = *state;
	struct tl_item it = an_item(f, "p1", "alice");
	put(f, &it);
	unit_begin(f->db);
	assert_int_equal(tl_account_erase(f->db, f->platform, it.account), 0);
	unit_commit(f->db);
	struct tl_item_full full;
	assert_int_equal(tl_item_get(f->db, f->platform, it.id, f->arena, &full), 0);
	assert_int_equal(full.item.state, TL_ITEM_DELETED);
	assert_true(full.erased);
	assert_int_equal(full.item.field_count, 0);
	struct tl_key key;
	assert_int_equal(tl_key_get(f->db, f->platform, it.account, &key), TL_EGONE);
	struct tl_db *other = NULL;
	assert_int_equal(tl_db_open(f->store, &other), 0);
	assert_int_equal(tl_key_get(other, f->platform, it.account, &key), TL_EGONE);
	tl_db_close(other);
}

/* Nobody remembers a forgotten key for long, and no file holds it. */
static void
t_a_forgotten_key_is_nowhere(void **state)
{
	struct unit_store *f = *state;
	struct tl_item it = an_item(f, "p1", "alice");
	struct tl_db *other = NULL;
	struct tl_key key;
	char path[2][128];
	put(f, &it);
	(void)snprintf(path[0], sizeof path[0], "%s/keys.db", f->dir);
	(void)snprintf(path[1], sizeof path[1], "%s/keys.db-wal", f->dir);
	assert_int_equal(tl_db_open(f->store, &other), 0);
	assert_int_equal(tl_key_get(other, f->platform, it.account, &key), 0);
	unit_begin(f->db);
	assert_int_equal(tl_account_erase(f->db, f->platform, it.account), 0);
	unit_commit(f->db);
	int rc = 0;
	for (int i = 0; i < 50 && rc == 0; i++) {
		(void)usleep(100000);
		rc = tl_key_get(other, f->platform, it.account, &key);
	}
	assert_int_equal(rc, TL_EGONE);
	assert_int_equal(tl_keys_scrub(f->db), 0);
	for (size_t i = 0; i < 2; i++) {
		struct tl_buf b = {0};
		assert_int_equal(tl_file_read(path[i], 1 << 24, &b), 0);
		assert_null(b.n ? memmem(b.p, b.n, it.account.b, sizeof it.account.b) : NULL);
		tl_buf_fini(&b);
	}
	tl_db_close(other);
}

static void
t_hold_stops_erasure(void **state)
{
	struct unit_store *f = *state;
	struct tl_item it = an_item(f, "p1", "alice");
	put(f, &it);
	unit_begin(f->db);
	assert_int_equal(
	    tl_hold_place(f->db, f->platform, TL_SUBJECT_ITEM, it.id, TL_S("test basis"), 0, 0),
	    0);
	assert_int_equal(tl_account_erase(f->db, f->platform, it.account), TL_ECONFLICT);
	assert_non_null(strstr(tl_err_text(), "test basis"));
	tl_db_rollback(f->db);
}

/* A duty ends at its earliest end; what may be kept longer need not be. */
static void
t_hold_ends(void **state)
{
	struct unit_store *f = *state;
	struct tl_id id = tl_id_new();
	int64_t now = tl_now_us();
	static const struct {
		int min, max;
		bool stands;
	} cases[] = {{0, 0, true}, {1, 0, true}, {-1, 0, false}, {0, 1, true}, {0, -1, false},
	    {1, -1, false}, {-1, 1, false}, {1, 1, true}};
	for (size_t i = 0; i < TL_COUNT(cases); i++) {
		unit_begin(f->db);
		assert_int_equal(
		    tl_hold_place(f->db, f->platform, TL_SUBJECT_ITEM, id, TL_S("duty"),
			cases[i].min ? now + cases[i].min * TL_US_HOUR : 0,
			cases[i].max ? now + cases[i].max * TL_US_HOUR : 0),
		    0);
		assert_int_equal(tl_hold_check(f->db, f->platform, TL_SUBJECT_ITEM, id),
		    cases[i].stands ? TL_ECONFLICT : 0);
		tl_db_rollback(f->db);
	}
}

/* A report while an item is scanned takes the work from nobody, and the item is judged again afterwards. */
static void
t_once_more_comes_behind_what_is_under_way(void **state)
{
	struct unit_store *f = *state;
	struct tl_item it = an_item(f, "p1", "alice");
	struct tl_job job;
	size_t n;
	struct tl_id me = tl_id_new();
	put(f, &it);
	assert_int_equal(tl_db_begin(f->db), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(tl_job_again(f->db, f->platform, it.id), 0);
	assert_int_equal(tl_jobs_lease(f->db, me, TL_US_MIN, &job, 1, &n), 0);
	assert_true(n == 1 && job.rescan && job.tries == 1);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 3; i++)
			assert_int_equal(tl_job_again(f->db, f->platform, it.id), 0);
		assert_int_equal(tl_job_done(f->db, &job, me), 0);
		assert_int_equal(tl_job_done(f->db, &job, me), TL_ECONFLICT);
		assert_int_equal(tl_jobs_lease(f->db, me, TL_US_MIN, &job, 1, &n), 0);
		assert_true(n == 1 && job.rescan && job.tries == 1);
	}
	assert_int_equal(tl_job_done(f->db, &job, me), 0);
	assert_int_equal(tl_jobs_lease(f->db, me, TL_US_MIN, &job, 1, &n), 0);
	assert_int_equal(n, 0);
	tl_db_rollback(f->db);
}

static void
t_lease_is_exclusive_and_comes_back_after_its_deadline(void **state)
{
	struct unit_store *f = *state;
	struct tl_item it = an_item(f, "p1", "alice");
	put(f, &it);
	struct tl_id me = tl_id_new(), other = tl_id_new();
	struct tl_job jobs[4];
	size_t n = 0;
	unit_begin(f->db);
	assert_int_equal(tl_jobs_lease(f->db, me, TL_US_MIN, jobs, 4, &n), 0);
	assert_int_equal(n, 1);
	assert_true(tl_id_eq(jobs[0].item, it.id));
	assert_int_equal(tl_jobs_lease(f->db, other, TL_US_MIN, jobs + 1, 3, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(tl_clock_shift(2 * TL_US_MIN), 0);
	assert_int_equal(tl_jobs_lease(f->db, other, TL_US_MIN, jobs + 1, 3, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(jobs[1].tries, 2);
	assert_int_equal(tl_job_done(f->db, &jobs[0], me), TL_ECONFLICT);
	assert_int_equal(tl_job_done(f->db, &jobs[1], other), 0);
	unit_commit(f->db);
	assert_int_equal(tl_clock_shift(0), 0);
}

static void
t_blob_reads_back_and_same_content_is_one(void **state)
{
	struct unit_store *f = *state;
	static uint8_t bytes[200000];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 31 + i / 256);
	static const size_t sizes[] = {0, 1, TL_BLOB_CHUNK, TL_BLOB_CHUNK + 1, sizeof bytes};
	for (size_t k = 0; k < TL_COUNT(sizes); k++) {
		struct tl_media_id id[2];
		for (int twice = 0; twice < 2; twice++) {
			struct tl_blob_in *b = NULL;
			assert_int_equal(tl_blob_create(f->store, f->platform, &b), 0);
			assert_int_equal(tl_blob_add(b, tl_bytes(bytes, sizes[k] / 2)), 0);
			assert_int_equal(tl_blob_add(b, tl_bytes(bytes + sizes[k] / 2,
							    sizes[k] - sizes[k] / 2)),
			    0);
			assert_int_equal(tl_blob_finish(b, &id[twice]), 0);
		}
		assert_memory_equal(&id[0], &id[1], sizeof id[0]);
		struct tl_buf out = {0};
		assert_int_equal(tl_blob_read(f->store, &id[0], &out), 0);
		assert_int_equal(out.n, sizes[k]);
		assert_true(out.n == 0 || memcmp(out.p, bytes, out.n) == 0);
		tl_buf_fini(&out);
		tl_blob_remove(f->store, &id[0]);
		assert_false(tl_blob_exists(f->store, &id[0]));
	}
}

/* Items whose time has come go; what is held, waits for a person or was decided lately stays. */
static void
t_retention_keeps_what_is_needed(void **state)
{
	struct unit_store *f = *state;
	enum { N = 4 };
	static const char *const names[N] = {"clean", "held", "young", "asked"};
	struct tl_id ids[N];
	uint8_t print[TL_PRINT_BYTES] = {0};
	struct tl_retention r = {.decided_us = 180 * TL_US_DAY};
	int64_t now = tl_now_us();
	unit_begin(f->db);
	for (size_t i = 0; i < N; i++) {
		struct tl_item_state_row row;
		bool known;
		struct tl_item it = an_item(f, names[i], "alice");
		int64_t until = now + (i == 2 ? 100 : 30) * TL_US_DAY;
		assert_int_equal(tl_item_put(f->db, &it, print, until, &row, &known), 0);
		ids[i] = it.id;
	}
	for (size_t i = 0; i < N; i++) {
		static const struct tl_verdict allow = {.word = TL_VERDICT_ALLOW};
		struct tl_item it = an_item(f, names[i], "alice");
		it.id = ids[i];
		assert_int_equal(
		    tl_item_verdict_put(f->db, &it, TL_ITEM_SCANNED, &allow, TL_S(""), true),
		    0);
	}
	assert_int_equal(tl_hold_place(f->db, f->platform, TL_SUBJECT_ITEM, ids[1],
			     TL_S("duty"), now + 60 * TL_US_DAY, 0),
	    0);
	/* To be judged once more: a bank grew while it was judged. */
	assert_true(tl_db_run(f->db, TL_SQL_JOB_DROP, A_INT(f->platform), A_ID(ids[3])) > 0);
	assert_int_equal(tl_job_again_at(f->db, f->platform, ids[3], now), 0);
	static const int days[] = {29, 31, 61, 101, 103}, gone[] = {0, 1, 2, 3, 4};
	for (size_t d = 0; d < TL_COUNT(days); d++) {
		assert_int_equal(tl_clock_shift(days[d] * TL_US_DAY), 0);
		if (days[d] == 103)
			assert_true(tl_db_run(f->db, TL_SQL_JOB_DROP, A_INT(f->platform),
					A_ID(ids[3])) > 0);
		assert_true(tl_retention_items(f->db, &r, 100) >= 0);
		int erased = 0;
		for (size_t i = 0; i < N; i++) {
			struct tl_item_full full;
			assert_int_equal(
			    tl_item_get(f->db, f->platform, ids[i], f->arena, &full), 0);
			erased += full.erased && full.item.state == TL_ITEM_RETIRED;
		}
		assert_int_equal(erased, gone[d]);
	}
	assert_int_equal(tl_clock_shift(0), 0);
}

static struct tl_media
upload(struct unit_store *f, const char *text)
{
	struct tl_media m = {.mime = TL_S("image/png"), .bytes = (int64_t)strlen(text)};
	struct tl_blob_in *b = NULL;
	assert_int_equal(tl_blob_create(f->store, f->platform, &b), 0);
	assert_int_equal(tl_blob_add(b, tl_str(text)), 0);
	assert_int_equal(tl_blob_finish(b, &m.id), 0);
	return m;
}

/* Bytes of a refused request, of a broken upload, and a preview that came after the erasure. */
static void
t_files_that_nothing_names_go(void **state)
{
	struct unit_store *f = *state;
	struct tl_media kept = upload(f, "kept"), refused = upload(f, "refused"),
			erased = upload(f, "erased");
	unit_begin(f->db);
	assert_int_equal(tl_media_add(f->db, f->platform, &kept, tl_now_us() + TL_US_DAY), 0);
	assert_int_equal(tl_media_add(f->db, f->platform, &erased, tl_now_us() - 1), 0);
	assert_int_equal(tl_media_sweep(f->db, tl_now_us(), 10), 1);
	unit_commit(f->db);
	unit_begin(f->db);
	assert_int_equal(tl_media_purge(f->db, 10), 1);
	unit_commit(f->db);
	assert_int_equal(
	    tl_blob_put_derived(f->store, &erased.id, "tiny", TL_S("a late one")), 0);
	struct tl_blob_in *broken = NULL;
	assert_int_equal(tl_blob_create(f->store, f->platform, &broken), 0);

	int swept = 0;
	int64_t before[2] = {tl_now_us() - TL_US_DAY, tl_now_us() + TL_US_MIN};
	for (size_t when = 0; when < 2; when++) {
		assert_int_equal(swept, 0);
		for (unsigned part = 0; part < TL_BLOB_PARTS; part++) {
			int n = tl_media_sweep_files(f->db, part, before[when]);
			assert_true(n >= 0);
			swept += n;
		}
		assert_int_equal(
		    tl_blob_drop_unfinished(f->store, before[when]), when == 0 ? 0 : 1);
	}
	assert_int_equal(swept, 2);
	assert_true(tl_blob_exists(f->store, &kept.id));
	assert_false(tl_blob_exists(f->store, &refused.id));
	struct tl_buf out = {0};
	assert_int_equal(
	    tl_blob_read_derived(f->store, &erased.id, "tiny", &out), TL_ENOTFOUND);
	tl_blob_abort(broken);
}

static int
failing(struct tl_db *db, void *ctx)
{
	(void)ctx;
	int64_t id;
	int rc = tl_platform_add(db, TL_S("undone"), &id);
	return rc < 0 ? rc : tl_fail_at(TL_EFIELD, "/x", "on purpose");
}

static int
adding(struct tl_db *db, void *ctx)
{
	int64_t id;
	return tl_platform_add(db, tl_str(ctx), &id);
}

static void
t_writer_undoes_failed_work_alone(void **state)
{
	struct unit_store *f = *state;
	struct tl_writer *w = NULL;
	assert_int_equal(tl_writer_start(f->store, 100, &w), 0);
	char name[] = "kept";
	assert_int_equal(tl_writer_run(w, TL_SYNC_FULL, failing, NULL), TL_EFIELD);
	assert_string_equal(tl_err_field(), "/x");
	assert_string_equal(tl_err_text(), "on purpose");
	assert_int_equal(tl_writer_run(w, TL_SYNC_FULL, adding, name), 0);
	assert_int_equal(tl_writer_run(w, TL_SYNC_FULL, adding, name), TL_EEXISTS);
	tl_writer_stop(w);
	int64_t id;
	assert_int_equal(tl_platform_find(f->db, TL_S("kept"), &id), 0);
	assert_int_equal(tl_platform_find(f->db, TL_S("undone"), &id), TL_ENOTFOUND);
}

static void
t_every_statement_prepares(void **state)
{
	struct unit_store *f = *state;
	struct tl_arg args[96] = {{0}};
	unit_begin(f->db);
	for (int sql = 0; sql < TL_SQL_COUNT; sql++) {
		if (sql == TL_SQL_BEGIN || sql == TL_SQL_COMMIT || sql == TL_SQL_ROLLBACK)
			continue;
		struct tl_row r;
		int rc = tl_db_query_args(f->db, &r, (enum tl_sql)sql, args, TL_COUNT(args));
		if (rc < 0)
			fail_msg("statement %d: %s", sql, tl_err_text());
		tl_row_end(&r);
	}
	tl_db_rollback(f->db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		t_item_reads_back_in_the_clear, unit_store_setup, unit_store_teardown),
	    cmocka_unit_test_setup_teardown(
		t_same_version_answers_the_same_and_other_content_is_refused, unit_store_setup,
		unit_store_teardown),
	    cmocka_unit_test_setup_teardown(
		t_text_on_disk_is_sealed, unit_store_setup, unit_store_teardown),
	    cmocka_unit_test_setup_teardown(t_once_more_comes_behind_what_is_under_way,
		unit_store_setup, unit_store_teardown),
	    cmocka_unit_test_setup_teardown(t_band_of_an_account_is_unknown_until_it_is_said,
		unit_store_setup, unit_store_teardown),
	    cmocka_unit_test_setup_teardown(
		t_erased_account_takes_its_text_with_it, unit_store_setup, unit_store_teardown),
	    cmocka_unit_test_setup_teardown(
		t_a_forgotten_key_is_nowhere, unit_store_setup, unit_store_teardown),
	    cmocka_unit_test_setup_teardown(
		t_hold_stops_erasure, unit_store_setup, unit_store_teardown),
	    cmocka_unit_test_setup_teardown(t_hold_ends, unit_store_setup, unit_store_teardown),
	    cmocka_unit_test_setup_teardown(
		t_lease_is_exclusive_and_comes_back_after_its_deadline, unit_store_setup,
		unit_store_teardown),
	    cmocka_unit_test_setup_teardown(t_blob_reads_back_and_same_content_is_one,
		unit_store_setup, unit_store_teardown),
	    cmocka_unit_test_setup_teardown(
		t_retention_keeps_what_is_needed, unit_store_setup, unit_store_teardown),
	    cmocka_unit_test_setup_teardown(
		t_files_that_nothing_names_go, unit_store_setup, unit_store_teardown),
	    cmocka_unit_test_setup_teardown(
		t_writer_undoes_failed_work_alone, unit_store_setup, unit_store_teardown),
	    cmocka_unit_test_setup_teardown(
		t_every_statement_prepares, unit_store_setup, unit_store_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
