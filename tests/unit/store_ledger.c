/* Sealing: gapless numbers, an unbroken chain, and every kind of tampering found. */
#include "store/decisions.h"
#include "store/ledger.h"
#include "sys/clock.h"

#include "unit_store.h"

#include <math.h>
#include <sqlite3.h>

struct fixture {
	struct unit_store s;
	struct tl_id first;
};

static struct tl_decision
a_decision(void)
{
	struct tl_decision d = {.id = tl_id_new(),
	    .platform = 1,
	    .live = true,
	    .service = TL_S("Demo"),
	    .at = tl_now_us(),
	    .kind = TL_DECISION_ACT,
	    .subject_kind = TL_SUBJECT_ITEM,
	    .subject = tl_id_new(),
	    .item_ext = TL_S("p1"),
	    .content_types = TL_S("[\"TEXT\"]"),
	    .score = (double)NAN,
	    .threshold = 0.5,
	    .policy = TL_S("tc.spam"),
	    .policy_version = TL_S("1"),
	    .ground = TL_GROUND_INCOMPATIBLE,
	    .terms_also_illegal = -1,
	    .category_addition = TL_S("[]"),
	    .keywords = TL_S("[]"),
	    .facts = TL_S("invented facts"),
	    .visibility = TL_S("[]"),
	    .viewed_whole = -1,
	    .queued_us = -1,
	    .decided_in_us = -1,
	    .source_type = TL_S("SOURCE_VOLUNTARY"),
	    .statement = TL_S("{}")};
	return d;
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	unit_store_open(&f->s);
	unit_begin(f->s.db);
	for (int i = 0; i < 10; i++) {
		char puid[16];
		struct tl_decision d = a_decision();
		(void)snprintf(puid, sizeof puid, "puid-%d", i);
		d.puid = tl_str(puid);
		assert_int_equal(tl_decision_add(f->s.db, &d), 0);
		if (i == 0)
			f->first = d.id;
		struct tl_decision_event e = {
		    .kind = TL_S("notified"), .at = tl_now_us(), .actor = TL_S("system")};
		assert_int_equal(tl_decision_event_add(f->s.db, d.id, &e), 0);
	}
	unit_commit(f->s.db);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	unit_store_close(&f->s);
	free(f);
	return 0;
}

static void
seal_all(struct fixture *f)
{
	int n = 0;
	unit_begin(f->s.db);
	/* In small bites, as a busy clerk would. */
	for (int got = 1; got > 0; n += got) {
		got = tl_ledger_seal(f->s.db, 3);
		assert_true(got >= 0);
	}
	assert_int_equal(n, 20);
	unit_commit(f->s.db);
}

static void
tamper(struct fixture *f, const char *sql)
{
	char path[128];
	sqlite3 *h = NULL;
	(void)snprintf(path, sizeof path, "%s/store.db", f->s.dir);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	/* The guards are only against mistakes. */
	assert_int_equal(sqlite3_exec(h,
			     "DROP TRIGGER decisions_kept; DROP TRIGGER decisions_stay;"
			     "DROP TRIGGER seals_kept; DROP TRIGGER seals_stay",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_exec(h, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_true(sqlite3_changes(h) > 0);
	assert_int_equal(sqlite3_close(h), SQLITE_OK);
}

static void
t_chain_is_gapless_and_verifies(void **state)
{
	struct fixture *f = *state;
	int64_t count = 0, seq = 0;
	seal_all(f);
	assert_int_equal(tl_ledger_verify(f->s.db, NULL, &count, &seq), 0);
	assert_int_equal(count, 20);
	struct tl_arena *a = tl_arena_create(1 << 20);
	struct tl_decision d;
	assert_int_equal(tl_decision_get(f->s.db, f->first, a, &d, &seq), 0);
	assert_int_equal(seq, 1);
	tl_arena_destroy(a);
	unit_begin(f->s.db);
	assert_int_equal(tl_ledger_seal(f->s.db, 100), 0);
	tl_db_rollback(f->s.db);
}

static void
expect_break(struct fixture *f, const char *sql, int64_t at)
{
	int64_t count = 0, seq = 0;
	seal_all(f);
	tamper(f, sql);
	assert_int_equal(tl_ledger_verify(f->s.db, NULL, &count, &seq), TL_ECORRUPT);
	assert_int_equal(seq, at);
}

static void
t_changed_row_is_found(void **state)
{
	expect_break(*state, "UPDATE decisions SET facts = 'other facts' WHERE seq = 3", 3);
}

static void
t_removed_row_is_found(void **state)
{
	expect_break(*state, "DELETE FROM decisions WHERE seq = 4", 4);
}

static void
t_removed_seal_is_found(void **state)
{
	expect_break(*state, "DELETE FROM seals WHERE seq = 7", 7);
}

static void
t_swapped_rows_are_found(void **state)
{
	expect_break(*state,
	    "UPDATE seals SET ref = (SELECT ref FROM seals s WHERE s.seq = 3 - seals.seq) "
	    "WHERE seq IN (1, 2)",
	    1);
}

static void
t_null_is_not_empty_text(void **state)
{
	expect_break(
	    *state, "UPDATE decisions SET detector = '' WHERE seq = 5 AND detector IS NULL", 5);
}

static void
t_duty_is_held_by_one_until_it_ends(void **state)
{
	struct fixture *f = *state;
	struct tl_id me = tl_id_new(), other = tl_id_new();
	unit_begin(f->s.db);
	assert_int_equal(tl_duty_take(f->s.db, "clerk", me, tl_now_us() + TL_US_MIN), 0);
	assert_int_equal(
	    tl_duty_take(f->s.db, "clerk", other, tl_now_us() + TL_US_MIN), TL_EAGAIN);
	assert_int_equal(tl_duty_take(f->s.db, "clerk", me, tl_now_us() + TL_US_MIN), 0);
	assert_int_equal(tl_clock_shift(2 * TL_US_MIN), 0);
	assert_int_equal(tl_duty_take(f->s.db, "clerk", other, tl_now_us() + TL_US_MIN), 0);
	assert_int_equal(tl_clock_shift(0), 0);
	tl_db_rollback(f->s.db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(t_chain_is_gapless_and_verifies, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_changed_row_is_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_removed_row_is_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_removed_seal_is_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_swapped_rows_are_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_null_is_not_empty_text, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_duty_is_held_by_one_until_it_ends, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
