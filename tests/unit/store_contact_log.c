/* The log of contacts: what is kept, whose turn it is to be judged, what goes with an account, what goes with time. */
#include "store/contact_log.h"
#include "sys/clock.h"

#include "unit_store.h"

static struct tl_id
account(struct unit_store *s, const char *ext)
{
	struct tl_id id;
	assert_int_equal(tl_account_ensure(s->db, s->platform, true, tl_str(ext), &id), 0);
	return id;
}

static struct tl_contact_event
event(struct unit_store *s, struct tl_id from, struct tl_id to)
{
	return (struct tl_contact_event){.platform = s->platform,
	    .at = tl_now_us(),
	    .from = from,
	    .to = to,
	    .kind = TL_CONTACT_MESSAGE,
	    .outcome = TL_RESULT_DENY,
	    .to_band = TL_AGE_13_15,
	    .flags = TL_CONTACT_HAS_LINK | TL_CONTACT_HAS_MEDIA,
	    .text = -7,
	    .origin = INT64_MIN};
}

struct seen {
	struct tl_contact_row row[8];
	size_t n;
};

static int
see(void *ctx, const struct tl_contact_row *row)
{
	struct seen *s = ctx;
	assert_true(s->n < TL_COUNT(s->row));
	s->row[s->n++] = *row;
	return 0;
}

static struct seen
sent_by(struct unit_store *s, struct tl_id from)
{
	struct seen r = {0};
	struct tl_contact_span span = {s->platform, from, INT64_MIN, INT64_MAX, 100};
	assert_int_equal(tl_contact_log_sent(s->db, &span, see, &r), 0);
	return r;
}

static size_t
due(struct unit_store *s, int64_t now)
{
	struct tl_contact_due d[TL_CONTACT_DUE_MAX];
	size_t n;
	assert_int_equal(tl_contact_due(s->db, now, TL_CONTACT_DUE_MAX, d, &n), 0);
	return n;
}

static void
t_what_was_added_is_read_back(void **state)
{
	struct unit_store *s = *state;
	struct tl_id a = account(s, "a"), b = account(s, "b");
	struct tl_contact_event e = event(s, a, b);
	assert_int_equal(tl_contact_log_add(s->db, &e), 0);
	struct tl_contact_event answer = e;
	answer.outcome = TL_RESULT_BLOCKED;
	answer.at++;
	assert_int_equal(tl_contact_log_outcome(s->db, &answer), 0);
	struct seen r = sent_by(s, a);
	assert_int_equal(r.n, 2);
	assert_memory_equal(&r.row[1].to, &b, sizeof b);
	assert_int_equal(r.row[1].at, e.at);
	assert_int_equal(r.row[1].kind, TL_CONTACT_MESSAGE);
	assert_int_equal(r.row[1].outcome, TL_RESULT_DENY);
	assert_int_equal(r.row[1].to_band, TL_AGE_13_15);
	assert_int_equal(r.row[1].flags, TL_CONTACT_HAS_LINK | TL_CONTACT_HAS_MEDIA);
	assert_true(r.row[1].text == -7 && r.row[1].origin == INT64_MIN);
	assert_int_equal(r.row[0].outcome, TL_RESULT_BLOCKED);
	assert_true(r.row[0].flags == 0 && r.row[0].text == 0 && r.row[0].origin == 0);
	assert_int_equal(sent_by(s, b).n, 0);
}

static void
t_a_span_is_open_at_its_beginning(void **state)
{
	struct unit_store *s = *state;
	struct tl_id a = account(s, "a"), b = account(s, "b");
	struct tl_contact_event e = event(s, a, b);
	for (int64_t i = 0; i < 4; i++) {
		e.at = 100 + i;
		assert_int_equal(tl_contact_log_add(s->db, &e), 0);
	}
	struct seen r = {0};
	struct tl_contact_span span = {s->platform, a, 100, 102, 100};
	assert_int_equal(tl_contact_log_sent(s->db, &span, see, &r), 0);
	assert_int_equal(r.n, 2);
	assert_true(r.row[0].at == 102 && r.row[1].at == 101);
}

static void
t_answers_of_gate_and_person_are_not_mixed_up(void **state)
{
	struct unit_store *s = *state;
	struct tl_id a = account(s, "a"), b = account(s, "b");
	struct tl_contact_event e = event(s, a, b);
	assert_int_equal(tl_contact_log_outcome(s->db, &e), TL_EBUG);
	e.outcome = TL_RESULT_DECLINED;
	assert_int_equal(tl_contact_log_add(s->db, &e), TL_EBUG);
	e.to = a;
	assert_int_equal(tl_contact_log_outcome(s->db, &e), TL_EBUG);
	assert_int_equal(sent_by(s, a).n, 0);
}

static void
t_who_was_judged_waits_for_the_pause(void **state)
{
	struct unit_store *s = *state;
	struct tl_id a = account(s, "a"), b = account(s, "b");
	struct tl_contact_event e = event(s, a, b);
	struct tl_contact_due d = {s->platform, a};
	int64_t now = tl_now_us(), later = now + TL_CONTACT_SETTLE_US + TL_US_MIN;
	assert_int_equal(tl_contact_log_add(s->db, &e), 0);
	assert_int_equal(tl_contact_log_add(s->db, &e), 0);
	assert_int_equal(due(s, now), 0);
	assert_int_equal(due(s, later), 1);
	/* Whoever judged dies: another begins when the time is over. */
	assert_int_equal(tl_contact_take(s->db, &d, later + TL_US_S), 0);
	assert_int_equal(due(s, later), 0);
	assert_int_equal(due(s, later + TL_US_S), 1);
	assert_int_equal(tl_contact_rest(s->db, &d, later), 0);
	assert_int_equal(due(s, INT64_MAX), 0);
	/* The next contact waits for the end of the pause. */
	assert_int_equal(tl_contact_log_add(s->db, &e), 0);
	assert_int_equal(due(s, later + TL_CONTACT_PAUSE_US - 1), 0);
	assert_int_equal(due(s, later + TL_CONTACT_PAUSE_US), 1);
}

static void
t_a_contact_while_judging_is_not_missed(void **state)
{
	struct unit_store *s = *state;
	struct tl_id a = account(s, "a"), b = account(s, "b");
	struct tl_contact_event e = event(s, a, b);
	struct tl_contact_due d = {s->platform, a};
	int64_t now = tl_now_us();
	assert_int_equal(tl_contact_log_add(s->db, &e), 0);
	assert_int_equal(tl_contact_take(s->db, &d, now), 0);
	assert_int_equal(tl_contact_log_add(s->db, &e), 0);
	assert_int_equal(tl_contact_rest(s->db, &d, now), 0);
	assert_int_equal(due(s, now + TL_CONTACT_PAUSE_US), 1);
}

static void
t_an_account_takes_its_contacts_along(void **state)
{
	struct unit_store *s = *state;
	struct tl_id a = account(s, "a"), b = account(s, "b"), c = account(s, "c");
	struct tl_contact_event e[] = {event(s, a, b), event(s, a, c), event(s, b, a)};
	e[0].at = e[1].at + 1; /* read first */
	for (size_t i = 0; i < TL_COUNT(e); i++)
		assert_int_equal(tl_contact_log_add(s->db, &e[i]), 0);
	assert_int_equal((int)due(s, INT64_MAX), 2);
	assert_int_equal(tl_account_erase(s->db, s->platform, b), 0);
	assert_int_equal((int)due(s, INT64_MAX), 1);
	assert_int_equal(sent_by(s, b).n, 0);
	struct seen r = sent_by(s, a);
	assert_int_equal(r.n, 2); /* that two were approached stays true */
	assert_memory_not_equal(&r.row[0].to, &b, sizeof b);
	assert_true(r.row[0].text == 0);
	assert_memory_equal(&r.row[1].to, &c, sizeof c);
	assert_memory_not_equal(&r.row[0].to, &c, sizeof c);
}

static void
t_old_contacts_go(void **state)
{
	struct unit_store *s = *state;
	struct tl_id a = account(s, "a"), b = account(s, "b");
	struct tl_contact_event e = event(s, a, b);
	for (int64_t i = 0; i < 5; i++) {
		e.at = 10 - i;
		assert_int_equal(tl_contact_log_add(s->db, &e), 0);
	}
	assert_int_equal(tl_contact_log_expire(s->db, 10, 3), 3);
	assert_int_equal(tl_contact_log_expire(s->db, 10, 3), 1);
	assert_int_equal(tl_contact_log_expire(s->db, 10, 3), 0);
	struct seen r = sent_by(s, a);
	assert_int_equal(r.n, 1);
	assert_true(r.row[0].at == 10);
}

#define T(t) cmocka_unit_test_setup_teardown(t, unit_store_setup_tx, unit_store_teardown_tx)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(t_what_was_added_is_read_back),
	    T(t_a_span_is_open_at_its_beginning),
	    T(t_answers_of_gate_and_person_are_not_mixed_up),
	    T(t_who_was_judged_waits_for_the_pause),
	    T(t_a_contact_while_judging_is_not_missed),
	    T(t_an_account_takes_its_contacts_along),
	    T(t_old_contacts_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
