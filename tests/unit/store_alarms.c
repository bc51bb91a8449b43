/* Alarms: the table, sentences, one open row a kind and ref, what comes back, who is to be told, deadlines. */
#include "store/alarms.h"
#include "store/notices.h"
#include "store/vitals.h"
#include "sys/clock.h"

#include "unit_store.h"

static struct tl_alarm
only_open(struct unit_store *s)
{
	struct tl_alarm *list;
	size_t n;
	assert_int_equal(tl_alarm_list(s->db, TL_S(""), s->arena, &list, &n), 0);
	assert_int_equal(n, 1);
	return list[0];
}

/* Every row says what happened, what is safe and what to do; kinds are words; the braces fit. */
static void
t_every_kind_has_its_words(void **state)
{
	(void)state;
	for (int k = 0; k < tl_alarm_kind_count; k++) {
		const struct tl_alarm_row *r = tl_alarm_row((enum tl_alarm_kind)k);
		int depth = 0;
		assert_true(strlen(r->kind) > 2 && strlen(r->title) > 5);
		assert_true(strlen(r->sentence) > 10 && strlen(r->safe) > 5);
		assert_true(strlen(r->remedy) > 10);
		for (const char *p = r->kind; *p; p++)
			assert_true((*p >= 'a' && *p <= 'z') || *p == '_');
		for (const char *p = r->sentence; *p; p++) {
			depth += (*p == '{') - (*p == '}');
			assert_true(depth == 0 || depth == 1);
		}
		assert_int_equal(depth, 0);
		assert_ptr_equal(tl_alarm_row_of(tl_str(r->kind)), r);
		for (int other = 0; other < k; other++)
			assert_string_not_equal(
			    r->kind, tl_alarm_row((enum tl_alarm_kind)other)->kind);
	}
	assert_null(tl_alarm_row_of(TL_S("of_tomorrow")));
}

static void
t_a_sentence_keeps_inside_what_a_platform_named(void **state)
{
	(void)state;
	TL_CLEANUP(tl_buf_fini) struct tl_buf in = {0};
	TL_CLEANUP(tl_buf_fini) struct tl_buf out = {0};
	struct tl_said said =
	    TL_SAID(A_Z("remove"), A_Z("item CANARY-17"), A_Z("not yet received"));
	tl_alarm_sentence(&in, tl_alarm_row(TL_AL_ACTION_CLOCK), said, true);
	tl_alarm_sentence(&out, tl_alarm_row(TL_AL_ACTION_CLOCK), said, false);
	assert_string_equal(tl_buf_z(&in), "The platform has not confirmed \"remove\" on item "
					   "CANARY-17 in time; it has not yet received it.");
	assert_string_equal(tl_buf_z(&out), "The platform has not confirmed \"remove\" on its "
					    "subject in time; it has not yet received it.");
}

static void
t_a_kind_and_ref_are_open_once(void **state)
{
	struct unit_store *s = *state;
	bool fresh = false;
	unit_begin(s->db);
	assert_int_equal(tl_alarm_open(s->db, TL_AL_DISK, TL_S("data"),
			     TL_SAID(A_INT(3), A_INT(256)), &fresh),
	    0);
	assert_true(fresh);
	assert_int_equal(tl_alarm_open(s->db, TL_AL_DISK, TL_S("data"),
			     TL_SAID(A_INT(2), A_INT(256)), &fresh),
	    0);
	assert_false(fresh);
	assert_int_equal(
	    tl_alarm_say(s->db, TL_AL_DISK, TL_S("data"), TL_SAID(A_INT(2), A_INT(256))), 0);
	struct tl_alarm a = only_open(s);
	assert_int_equal(a.count, 2);
	assert_int_equal(a.severity, TL_ALARM_CRITICAL);
	assert_non_null(memmem(a.text.p, a.text.n, "has 2 MiB left", 14));
	struct tl_alarm_event *history;
	size_t n;
	assert_int_equal(tl_alarm_events(s->db, a.id, s->arena, &history, &n), 0);
	assert_int_equal(n, 1);
	unit_commit(s->db);
}

static void
t_the_gravest_is_what_screens_show(void **state)
{
	struct unit_store *s = *state;
	struct tl_alarm_head head;
	int64_t counts[tl_alarm_kind_count];
	unit_begin(s->db);
	assert_int_equal(tl_alarm_head(s->db, &head), 0);
	assert_int_equal(head.open, 0);
	assert_int_equal(
	    tl_alarm_open(s->db, TL_AL_JAILS_DIE, TL_S(""), TL_SAID(A_INT(30)), NULL), 0);
	assert_int_equal(
	    tl_alarm_open(s->db, TL_AL_CLERK_MISSING, TL_S(""), TL_SAID(A_INT(61)), NULL), 0);
	assert_int_equal(tl_alarm_head(s->db, &head), 0);
	assert_int_equal(head.open, 2);
	assert_int_equal(head.severity, TL_ALARM_CRITICAL);
	assert_string_equal(head.text, "The clerk has given no sign of life for 61 s.");
	assert_int_equal(tl_alarm_counts(s->db, counts), 0);
	assert_int_equal(counts[TL_AL_JAILS_DIE], 1);
	assert_int_equal(counts[TL_AL_DISK], 0);
	unit_commit(s->db);
}

static int64_t
notify_at(struct unit_store *s, struct tl_id id)
{
	struct tl_alarm *due;
	size_t n;
	int64_t lo = 0, hi = tl_now_us() + 3 * TL_US_HOUR;
	(void)id;
	assert_int_equal(tl_alarm_due(s->db, hi, 10, s->arena, &due, &n), 0);
	if (n == 0)
		return 0;
	while (hi - lo > TL_US_S / 10) {
		int64_t mid = lo + (hi - lo) / 2;
		assert_int_equal(tl_alarm_due(s->db, mid, 10, s->arena, &due, &n), 0);
		if (n)
			hi = mid;
		else
			lo = mid;
	}
	return hi;
}

/* Told at once; what comes back within minutes waits longer each time, and is the same row. */
static void
t_what_flaps_is_one_alarm_told_ever_later(void **state)
{
	struct unit_store *s = *state;
	unit_begin(s->db);
	assert_int_equal(
	    tl_alarm_open(s->db, TL_AL_JAILS_DIE, TL_S(""), TL_SAID(A_INT(30)), NULL), 0);
	struct tl_alarm a = only_open(s);
	assert_true(notify_at(s, a.id) <= tl_now_us() + TL_US_S);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(tl_alarm_over(s->db, TL_AL_JAILS_DIE, TL_S("")), 0);
		assert_int_equal(
		    notify_at(s, a.id), 0); /* nobody was told, nobody hears the end */
		assert_int_equal(
		    tl_alarm_open(s->db, TL_AL_JAILS_DIE, TL_S(""), TL_SAID(A_INT(9)), NULL),
		    0);
		struct tl_alarm again = only_open(s);
		assert_memory_equal(again.id.b, a.id.b, sizeof a.id.b);
		assert_int_equal(again.flaps, i);
		assert_true(notify_at(s, a.id) > tl_now_us() + (i * 60 - 5) * TL_US_S);
	}
	assert_int_equal(tl_alarm_told(s->db, a.id, 1, tl_now_us(), 0), 0);
	assert_int_equal(tl_alarm_over(s->db, TL_AL_JAILS_DIE, TL_S("")), 0);
	assert_true(notify_at(s, a.id) > tl_now_us() + 3 * TL_US_MIN);
	unit_commit(s->db);
}

static void
t_taking_it_on_ends_the_telling(void **state)
{
	struct unit_store *s = *state;
	unit_begin(s->db);
	assert_int_equal(
	    tl_alarm_open(s->db, TL_AL_ENDPOINT_GONE, TL_S("e"), TL_SAID_NOTHING, NULL), 0);
	struct tl_alarm a = only_open(s);
	assert_int_equal(tl_notice_add(s->db, a.id, "raised", "mail", "oncall"), 0);
	assert_int_equal(
	    tl_alarm_set(s->db, a.id, TL_ALARM_ACKNOWLEDGED, (struct tl_id){0}, TL_S("cli")),
	    0);
	bool due = true;
	assert_int_equal(tl_notice_due(s->db, tl_now_us() + TL_US_DAY, &due), 0);
	assert_false(due);
	assert_int_equal(
	    tl_alarm_set(s->db, a.id, TL_ALARM_CLOSED, (struct tl_id){0}, TL_S("cli")), 0);
	assert_int_equal(
	    tl_alarm_set(s->db, a.id, TL_ALARM_CLOSED, (struct tl_id){0}, TL_S("cli")),
	    TL_ECONFLICT);
	unit_commit(s->db);
}

static void
t_a_deadline_rings_until_it_is_set_anew(void **state)
{
	struct unit_store *s = *state;
	int64_t now = tl_now_us(), open;
	unit_begin(s->db);
	assert_int_equal(tl_deadline_set(s->db, TL_AL_CERTIFICATE_EXPIRY, TL_S("api"),
			     now - TL_US_S, now + 3 * TL_US_DAY),
	    0);
	assert_int_equal(tl_deadlines_look(s->db, s->arena, now), 0);
	struct tl_alarm a = only_open(s);
	assert_non_null(memmem(a.text.p, a.text.n, "api runs out in 3 days", 22));
	assert_int_equal(tl_deadline_set(s->db, TL_AL_CERTIFICATE_EXPIRY, TL_S("api"),
			     now + 60 * TL_US_DAY, now + 90 * TL_US_DAY),
	    0);
	assert_int_equal(tl_deadlines_look(s->db, s->arena, now), 0);
	assert_int_equal(tl_alarm_count(s->db, &open), 0);
	assert_int_equal(open, 0);
	unit_commit(s->db);
}

static int
set_up(void **state)
{
	static struct unit_store s;
	unit_store_open(&s);
	*state = &s;
	return 0;
}

static int
tear_down(void **state)
{
	unit_store_close(*state);
	return 0;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_every_kind_has_its_words),
	    cmocka_unit_test(t_a_sentence_keeps_inside_what_a_platform_named),
	    T(t_a_kind_and_ref_are_open_once),
	    T(t_the_gravest_is_what_screens_show),
	    T(t_what_flaps_is_one_alarm_told_ever_later),
	    T(t_taking_it_on_ends_the_telling),
	    T(t_a_deadline_rings_until_it_is_set_anew),
	};
#undef T
	return cmocka_run_group_tests(tests, NULL, NULL);
}
