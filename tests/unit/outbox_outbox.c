/* The outbox with a real store: numbering, order of a subject, back-off, undo, replay, observe only. */
#include "outbox/outbox.h"
#include "store/alarms.h"
#include "sys/clock.h"

#include "unit_store.h"

#define DAYS5 (5 * TL_US_DAY)

static struct tl_id
put(struct unit_store *f, const char *subject, int64_t at, int64_t not_before)
{
	struct tl_outbox_message e = {.type = "item.verdict",
	    .platform = f->platform,
	    .live = true,
	    .subject_key = tl_str(subject),
	    .cause = tl_id_new(),
	    .at = at,
	    .not_before = not_before,
	    .data = TL_S("{\"n\":1}")};
	assert_int_equal(tl_outbox_put(f->db, &e, NULL), 0);
	return e.cause;
}

static size_t
number(struct unit_store *f, int64_t now)
{
	size_t n = 0;
	assert_int_equal(tl_outboxrow_number(f->db, now, 100, &n), 0);
	return n;
}

static size_t
lease(struct unit_store *f, int64_t now, struct tl_outbox_row **rows)
{
	size_t n = 0;
	assert_int_equal(
	    tl_outboxrow_lease(f->db, now, now + 60 * TL_US_S, 100, NULL, f->arena, rows, &n),
	    0);
	return n;
}

static void
tried(struct unit_store *f, struct tl_outbox_row *row, const char *error, int64_t now)
{
	struct tl_outbox_result r = {.status = error ? 500 : 204, .error = error};
	assert_int_equal(tl_outbox_tried(f->db, row, &r, DAYS5, now), 0);
}

static struct tl_outbox_row
by_cause(struct unit_store *f, struct tl_id cause)
{
	struct tl_outbox_row *rows;
	size_t n;
	assert_int_equal(tl_outboxrow_of_cause(f->db, cause, f->arena, &rows, &n), 0);
	assert_int_equal(n, 1);
	return rows[0];
}

static void
t_nothing_leaves_before_it_is_numbered(void **state)
{
	struct unit_store *f = *state;
	struct tl_outbox_row *rows;
	struct tl_id a = put(f, "item:1", 1000, 9000);
	assert_int_equal(number(f, 8999), 0);
	assert_int_equal(lease(f, 8999, &rows), 0);
	assert_int_equal(lease(f, 9000, &rows), 0);
	assert_int_equal(number(f, 9000), 1);
	assert_int_equal(lease(f, 9000, &rows), 1);
	assert_true(tl_id_eq(rows[0].cause, a));
	assert_int_equal(rows[0].event_seq, 1);
	assert_int_equal(rows[0].attempts, 1);
	assert_int_equal(lease(f, 9001, &rows), 0);
	assert_int_equal(lease(f, 9000 + 60 * TL_US_S, &rows), 1); /* its courier died */
	assert_int_equal(rows[0].attempts, 2);
}

static void
t_numbers_have_no_gaps(void **state)
{
	struct unit_store *f = *state;
	struct tl_outbox_row *rows;
	size_t n;
	for (int i = 0; i < 5; i++)
		(void)put(f, "item:1", 1000 + i, 0);
	struct tl_id gone = put(f, "item:2", 1005, 5000);
	assert_int_equal(number(f, 2000), 5);
	assert_int_equal(tl_outbox_cancel(f->db, gone), 0);
	(void)put(f, "item:3", 1010, 0);
	assert_int_equal(number(f, 9000), 1);
	assert_int_equal(
	    tl_outboxrow_events(f->db, f->platform, true, 0, 100, f->arena, &rows, &n), 0);
	assert_int_equal(n, 6);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(rows[i].event_seq, i + 1);
	assert_int_equal(
	    tl_outboxrow_events(f->db, f->platform, false, 0, 100, f->arena, &rows, &n), 0);
	assert_int_equal(n, 0);
}

static void
t_of_a_subject_the_first_goes_first(void **state)
{
	struct unit_store *f = *state;
	struct tl_outbox_row *rows;
	struct tl_id first = put(f, "item:1", 1000, 0);
	struct tl_id second = put(f, "item:1", 1001, 0);
	(void)put(f, "item:2", 1002, 0);
	assert_int_equal(number(f, 2000), 3);
	assert_int_equal(lease(f, 2000, &rows), 2);
	struct tl_outbox_row *one = tl_id_eq(rows[0].cause, first) ? &rows[0] : &rows[1];
	assert_true(tl_id_eq(one->cause, first));
	tried(f, one, "the receiver answered 500", 2000);
	assert_int_equal(lease(f, 2001, &rows), 0);
	assert_int_equal(lease(f, one->next_at, &rows), 1);
	assert_true(tl_id_eq(rows[0].cause, first));
	tried(f, &rows[0], NULL, one->next_at);
	assert_int_equal(lease(f, one->next_at, &rows), 1);
	assert_true(tl_id_eq(rows[0].cause, second));
}

static void
t_an_earlier_one_that_is_not_due_holds_the_later(void **state)
{
	struct unit_store *f = *state;
	(void)put(f, "item:1", 1000, 8000);
	(void)put(f, "item:1", 1001, 0);
	assert_int_equal(number(f, 2000), 0);
	assert_int_equal(number(f, 8000), 2);
}

static void
t_pauses_grow_to_six_hours(void **state)
{
	(void)state;
	int64_t last = 0;
	for (int64_t i = 1; i < 30; i++) {
		int64_t low = tl_outbox_pause_us(i, 0), high = tl_outbox_pause_us(i, 0xffff);
		assert_true(low >= last);
		assert_true(high > low);
		assert_true(high <= 6 * TL_US_HOUR * 5 / 4);
		last = low;
	}
	assert_true(tl_outbox_pause_us(1, 0x8000) == 5 * TL_US_S);
	assert_true(last > 4 * TL_US_HOUR);
}

static void
t_after_days_it_is_dead_and_an_alarm_opens(void **state)
{
	struct unit_store *f = *state;
	struct tl_outbox_row *rows, row;
	int64_t now = 1000;
	struct tl_id cause = put(f, "item:1", now, 0);
	assert_int_equal(number(f, now), 1);
	int tries = 0;
	while ((row = by_cause(f, cause)).state != TL_OUTBOX_DEAD && tries < 100) {
		now = row.next_at > now ? row.next_at : now;
		assert_int_equal(lease(f, now, &rows), 1);
		tried(f, &rows[0], "the connection failed", now);
		tries++;
	}
	assert_true(now - 1000 > 3 * TL_US_DAY);
	assert_true(now - 1000 < 8 * TL_US_DAY);
	assert_int_equal(unit_alarms(f->db, TL_AL_DELIVERY_DEAD), 1);
	/* A replay starts anew and closes the alarm. */
	assert_int_equal(tl_outbox_replay(f->db, row.id, now, f->arena, &row), 0);
	assert_int_equal(unit_alarms(f->db, TL_AL_DELIVERY_DEAD), 0);
	assert_int_equal(lease(f, now, &rows), 1);
	assert_string_equal((const char *)rows[0].body.p, (const char *)row.body.p);
	tried(f, &rows[0], "the connection failed", now);
	assert_int_equal(by_cause(f, cause).state, TL_OUTBOX_WAITING);
}

static void
t_a_lapsed_lease_has_no_say_but_success_counts(void **state)
{
	struct unit_store *f = *state;
	struct tl_outbox_row *first, *second;
	struct tl_outbox_result bad = {.status = 500, .error = "no"}, good = {.status = 204};
	struct tl_id cause = put(f, "item:1", 1000, 0);
	int64_t late = 1000 + 60 * TL_US_S;
	assert_int_equal(number(f, 1000), 1);
	assert_int_equal(lease(f, 1000, &first), 1);
	assert_int_equal(lease(f, late, &second), 1);
	struct tl_outbox_row stale = *first;
	assert_int_equal(tl_outbox_tried(f->db, &stale, &bad, DAYS5, late), TL_ECONFLICT);
	assert_int_equal(by_cause(f, cause).state, TL_OUTBOX_LEASED);
	stale = *first;
	assert_int_equal(tl_outbox_tried(f->db, &stale, &good, DAYS5, late), 0);
	assert_int_equal(tl_outbox_tried(f->db, second, &bad, DAYS5, late), TL_ECONFLICT);
	assert_int_equal(by_cause(f, cause).state, TL_OUTBOX_DELIVERED);
}

static void
t_retry_after_is_honoured(void **state)
{
	struct unit_store *f = *state;
	struct tl_outbox_row *rows;
	(void)put(f, "item:1", 1000, 0);
	assert_int_equal(number(f, 1000), 1);
	assert_int_equal(lease(f, 1000, &rows), 1);
	struct tl_outbox_result r = {
	    .status = 503, .error = "the receiver is busy", .retry_after_us = 100 * TL_US_S};
	assert_int_equal(tl_outbox_tried(f->db, &rows[0], &r, DAYS5, 1000), 0);
	assert_int_equal(rows[0].next_at, 1000 + 100 * TL_US_S);
}

static void
t_undo_works_until_it_is_due(void **state)
{
	struct unit_store *f = *state;
	struct tl_id a = put(f, "item:1", 1000, 9000), b = put(f, "item:2", 1000, 9000);
	assert_int_equal(tl_outbox_cancel(f->db, a), 0);
	assert_int_equal(tl_outbox_cancel(f->db, a), 0);
	assert_int_equal(number(f, 9000), 1);
	assert_int_equal(tl_outbox_cancel(f->db, b), TL_ECONFLICT);
	assert_int_equal(by_cause(f, a).state, TL_OUTBOX_CANCELLED);
}

static void
t_observe_only_holds_and_a_replay_lets_go(void **state)
{
	struct unit_store *f = *state;
	struct tl_outbox_row row;
	assert_int_equal(tl_switch_set(f->db, TL_SWITCH_OBSERVE, true, TL_S("cli")), 0);
	struct tl_id a = put(f, "item:1", 1000, 0);
	assert_int_equal(by_cause(f, a).state, TL_OUTBOX_HELD);
	assert_int_equal(number(f, 2000), 0);
	assert_int_equal(tl_outbox_replay(f->db, by_cause(f, a).id, 2000, f->arena, &row), 0);
	assert_int_equal(number(f, 2000), 1);
}

static void
t_a_replay_does_not_undo_what_is_newer(void **state)
{
	struct unit_store *f = *state;
	struct tl_outbox_row *rows, row;
	struct tl_id first = put(f, "item:1", 1000, 0), second = put(f, "item:1", 1001, 0);
	assert_int_equal(number(f, 2000), 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(lease(f, 2000, &rows), 1);
		tried(f, &rows[0], NULL, 2000);
	}
	assert_int_equal(
	    tl_outbox_replay(f->db, by_cause(f, first).id, 3000, f->arena, &row), TL_ECONFLICT);
	assert_int_equal(
	    tl_outbox_replay(f->db, by_cause(f, second).id, 3000, f->arena, &row), 0);
}

static void
t_the_envelope_is_complete(void **state)
{
	struct unit_store *f = *state;
	struct tl_outbox_row row = by_cause(f, put(f, "item:1", 0, 0));
	char id[TL_ID_TEXT], want[400];
	tl_id_text(id, row.id);
	(void)snprintf(want, sizeof want,
	    "{\"id\":\"%s\",\"type\":\"item.verdict\",\"at\":\"1970-01-01T00:00:00.000Z\","
	    "\"platform\":\"demo\",\"livemode\":true,\"data\":{\"n\":1}}",
	    id);
	assert_string_equal((const char *)row.body.p, want);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, unit_store_setup_tx, unit_store_teardown_tx)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(t_nothing_leaves_before_it_is_numbered),
	    T(t_numbers_have_no_gaps),
	    T(t_of_a_subject_the_first_goes_first),
	    T(t_an_earlier_one_that_is_not_due_holds_the_later),
	    cmocka_unit_test(t_pauses_grow_to_six_hours),
	    T(t_after_days_it_is_dead_and_an_alarm_opens),
	    T(t_a_lapsed_lease_has_no_say_but_success_counts),
	    T(t_retry_after_is_honoured),
	    T(t_undo_works_until_it_is_due),
	    T(t_observe_only_holds_and_a_replay_lets_go),
	    T(t_a_replay_does_not_undo_what_is_newer),
	    T(t_the_envelope_is_complete),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
