/* Cases on a real store: joining, order, exclusive claims, lapse with drafts, skip, move, decide, undo, flags. */
#include "review/review.h"
#include "store/alarms.h"
#include "sys/clock.h"

#include "unit_store.h"

#include <pthread.h>

static const struct tl_policy policies[] = {
    {.id = {(const uint8_t *)"csae.known", 10},
	.title = {(const uint8_t *)"Known abuse", 11},
	.severity = TL_SEVERITY_CRITICAL,
	.clock_us = TL_US_HOUR,
	.queue = {(const uint8_t *)"child-safety", 12}},
    {.id = {(const uint8_t *)"spam", 4},
	.title = {(const uint8_t *)"Spam", 4},
	.severity = TL_SEVERITY_LOW,
	.clock_us = 3 * TL_US_DAY},
};
static const struct tl_queue_def queues[] = {
    {.name = {(const uint8_t *)"child-safety", 12},
	.title = {(const uint8_t *)"Child safety", 12},
	.skills = {(const uint8_t *)"child-safety", 12}},
    {.name = {(const uint8_t *)"general", 7}, .title = {(const uint8_t *)"General", 7}},
};
static const struct tl_policy_set set = {
    .policies = policies, .policy_count = 2, .queues = queues, .queue_count = 2};

struct fixture {
	struct unit_store s;
	struct tl_reviewer ann, bob;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	unit_store_open(&f->s);
	char clock_path[128];
	(void)snprintf(clock_path, sizeof clock_path, "%s/clock", f->s.dir);
	assert_int_equal(tl_clock_attach(clock_path), 0);
	f->ann = (struct tl_reviewer){tl_id_new(),
	    {.role = TL_ROLE_MODERATOR, .skills = TL_S("child-safety"), .set = &set}, false,
	    10 * TL_US_MIN};
	f->bob = (struct tl_reviewer){tl_id_new(),
	    {.role = TL_ROLE_MODERATOR, .skills = TL_S(""), .set = &set}, false,
	    10 * TL_US_MIN};
	unit_begin(f->s.db);
	assert_int_equal(tl_review_queues_sync(f->s.db, &set), 0);
	unit_commit(f->s.db);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(tl_clock_shift(0), 0);
	unit_store_close(&f->s);
	free(f);
	return 0;
}

static struct tl_case_ask
ask_for(struct fixture *f, struct tl_id subject, const char *policy)
{
	return (struct tl_case_ask){.platform = f->s.platform,
	    .live = true,
	    .subject_kind = TL_SUBJECT_ITEM,
	    .subject = subject,
	    .policy = tl_str(policy),
	    .confidence = 0.5,
	    .cause = TL_CAUSE_RULE,
	    .ref = tl_str(policy)};
}

static struct tl_id
open_case(struct fixture *f, struct tl_id subject, const char *policy)
{
	struct tl_case_ask ask = ask_for(f, subject, policy);
	struct tl_id id;
	bool opened;
	unit_begin(f->s.db);
	assert_int_equal(tl_review_open_or_join(f->s.db, &set, &ask, &id, &opened), 0);
	unit_commit(f->s.db);
	return id;
}

static struct tl_case
get(struct fixture *f, struct tl_id id)
{
	struct tl_case c;
	assert_int_equal(tl_case_get(f->s.db, f->s.arena, id, &c), 0);
	return c;
}

static int
next(struct fixture *f, const struct tl_reviewer *who, struct tl_case *c)
{
	unit_begin(f->s.db);
	int rc = tl_review_next(f->s.db, f->s.arena, who, TL_S(""), c);
	unit_commit(f->s.db);
	return rc;
}

static void
t_one_subject_is_one_case_and_only_becomes_graver(void **state)
{
	struct fixture *f = *state;
	struct tl_id subject = tl_id_new();
	struct tl_id first = open_case(f, subject, "spam");
	struct tl_case light = get(f, first);
	assert_true(tl_str_is(light.queue, "general"));
	struct tl_id second = open_case(f, subject, "csae.known");
	assert_true(tl_id_eq(first, second));
	struct tl_case grave = get(f, first);
	assert_int_equal(grave.severity, TL_SEVERITY_CRITICAL);
	assert_true(tl_str_is(grave.queue, "child-safety"));
	assert_true(tl_str_is(grave.policy, "csae.known"));
	assert_true(grave.urgency > light.urgency);
	assert_true(grave.clock_at < light.clock_at);
	(void)open_case(f, subject, "spam");
	struct tl_case after = get(f, first);
	assert_int_equal(after.severity, TL_SEVERITY_CRITICAL);
	assert_true(tl_str_is(after.queue, "child-safety"));
}

static void
t_what_is_live_comes_before_what_is_tried_out(void **state)
{
	struct fixture *f = *state;
	struct tl_case_ask ask = ask_for(f, tl_id_new(), "csae.known");
	struct tl_id test, live;
	bool opened;
	struct tl_case c;
	ask.live = false;
	unit_begin(f->s.db);
	assert_int_equal(tl_review_open_or_join(f->s.db, &set, &ask, &test, &opened), 0);
	unit_commit(f->s.db);
	live = open_case(f, tl_id_new(), "spam");
	assert_int_equal(next(f, &f->ann, &c), 0);
	assert_true(tl_id_eq(c.id, live));
	unit_begin(f->s.db);
	assert_int_equal(
	    tl_review_skip(f->s.db, f->s.arena, &f->ann, live, TL_S("not mine")), 0);
	unit_commit(f->s.db);
	assert_int_equal(next(f, &f->ann, &c), 0);
	assert_true(tl_id_eq(c.id, test));
}

static void
t_the_gravest_comes_first_and_skills_are_asked_for(void **state)
{
	struct fixture *f = *state;
	struct tl_id spam = open_case(f, tl_id_new(), "spam");
	struct tl_id grave = open_case(f, tl_id_new(), "csae.known");
	struct tl_case c;
	int64_t waiting;
	assert_int_equal(
	    tl_review_waiting(f->s.db, f->s.arena, &f->bob, TL_S(""), &waiting), 0);
	assert_int_equal(waiting, 1);
	assert_int_equal(next(f, &f->ann, &c), 0);
	assert_true(tl_id_eq(c.id, grave));
	assert_int_equal(c.state, TL_CASE_CLAIMED);
	assert_int_equal(next(f, &f->bob, &c), 0);
	assert_true(tl_id_eq(c.id, spam));
	unit_begin(f->s.db);
	assert_int_equal(
	    tl_review_claim(f->s.db, f->s.arena, &f->bob, grave, &c), TL_ECONFLICT);
	assert_int_equal(tl_review_release(f->s.db, f->s.arena, &f->bob, grave), TL_ECONFLICT);
	assert_int_equal(tl_review_release(f->s.db, f->s.arena, &f->ann, grave), 0);
	assert_int_equal(tl_review_claim(f->s.db, f->s.arena, &f->bob, grave, &c), TL_EPERM);
	unit_commit(f->s.db);
}

static void
t_who_holds_a_case_gets_it_again(void **state)
{
	struct fixture *f = *state;
	(void)open_case(f, tl_id_new(), "spam");
	(void)open_case(f, tl_id_new(), "spam");
	struct tl_case a, b;
	assert_int_equal(next(f, &f->ann, &a), 0);
	assert_int_equal(next(f, &f->ann, &b), 0);
	assert_true(tl_id_eq(a.id, b.id));
}

struct taker {
	struct tl_store *store;
	struct tl_reviewer who;
	struct tl_id got[64];
	size_t n;
};

/* Takes and skips until nothing is left; a skipped case is not offered to the same person again. */
static void *
take_all(void *arg)
{
	struct taker *t = arg;
	struct tl_db *db = NULL;
	struct tl_arena *a = tl_arena_create(1 << 20);
	if (tl_db_open(t->store, &db) < 0)
		return NULL;
	while (t->n < 64) {
		struct tl_case c;
		t->who.id = tl_id_new(); /* a new person each time: nothing is given back */
		if (tl_db_begin(db) < 0)
			break;
		int rc = tl_review_next(db, a, &t->who, TL_S(""), &c);
		if (tl_db_commit(db, TL_SYNC_NORMAL) < 0 || rc < 0)
			break;
		t->got[t->n++] = c.id;
	}
	tl_db_close(db);
	tl_arena_destroy(a);
	return NULL;
}

static void
t_two_people_never_hold_one_case(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 60; i++)
		(void)open_case(f, tl_id_new(), "spam");
	static struct taker takers[4];
	pthread_t threads[4];
	memset(takers, 0, sizeof takers);
	for (size_t i = 0; i < 4; i++) {
		takers[i].store = f->s.store;
		takers[i].who = f->bob;
		assert_int_equal(pthread_create(&threads[i], NULL, take_all, &takers[i]), 0);
	}
	size_t total = 0;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		total += takers[i].n;
		for (size_t k = 0; k < i; k++) {
			for (size_t x = 0; x < takers[i].n; x++) {
				for (size_t y = 0; y < takers[k].n; y++)
					assert_false(
					    tl_id_eq(takers[i].got[x], takers[k].got[y]));
			}
		}
	}
	assert_int_equal(total, 60);
}

static void
t_a_silent_holder_loses_the_claim_and_the_draft_stays(void **state)
{
	struct fixture *f = *state;
	struct tl_id id = open_case(f, tl_id_new(), "spam");
	struct tl_case c;
	int64_t until;
	assert_int_equal(next(f, &f->ann, &c), 0);
	unit_begin(f->s.db);
	assert_int_equal(
	    tl_review_draft(f->s.db, f->s.arena, &f->ann, id, TL_S("{\"note\":\"half\"}")), 0);
	unit_commit(f->s.db);
	assert_int_equal(tl_clock_shift(9 * TL_US_MIN), 0);
	unit_begin(f->s.db);
	assert_int_equal(tl_review_heartbeat(f->s.db, f->s.arena, &f->ann, id, &until), 0);
	unit_commit(f->s.db);
	assert_int_equal(tl_clock_shift(18 * TL_US_MIN), 0);
	unit_begin(f->s.db);
	assert_int_equal(tl_review_lapse(f->s.db, tl_now_us(), 10), 0);
	unit_commit(f->s.db);
	assert_int_equal(tl_clock_shift(30 * TL_US_MIN), 0);
	unit_begin(f->s.db);
	assert_int_equal(tl_review_lapse(f->s.db, tl_now_us(), 10), 1);
	assert_int_equal(
	    tl_review_heartbeat(f->s.db, f->s.arena, &f->ann, id, &until), TL_ECONFLICT);
	unit_commit(f->s.db);
	struct tl_case back = get(f, id);
	assert_int_equal(back.state, TL_CASE_OPEN);
	assert_true(tl_id_is_nil(back.claimed_by));
	struct tl_row r;
	assert_int_equal(tl_db_first(f->s.db, &r, TL_SQL_CASE_DRAFT, A_ID(id)), 0);
	assert_true(tl_str_is(tl_col_str(&r, 0), "{\"note\":\"half\"}"));
	tl_row_end(&r);
}

static void
t_a_skipped_case_goes_to_somebody_else(void **state)
{
	struct fixture *f = *state;
	struct tl_id id = open_case(f, tl_id_new(), "spam");
	struct tl_case c;
	assert_int_equal(next(f, &f->ann, &c), 0);
	unit_begin(f->s.db);
	assert_int_equal(
	    tl_review_skip(f->s.db, f->s.arena, &f->ann, id, TL_S("I know this person")), 0);
	unit_commit(f->s.db);
	assert_int_equal(next(f, &f->ann, &c), TL_ENOTFOUND);
	assert_int_equal(next(f, &f->bob, &c), 0);
	unit_begin(f->s.db);
	assert_int_equal(tl_review_release(f->s.db, f->s.arena, &f->bob, id), 0);
	unit_commit(f->s.db);
	assert_int_equal(tl_clock_shift(2 * TL_US_HOUR), 0);
	assert_int_equal(next(f, &f->ann, &c), 0);
}

/* The open alarms after the clerk has looked. */
static size_t
alarms(struct fixture *f, struct tl_alarm **ret)
{
	size_t n = 0;
	unit_begin(f->s.db);
	assert_int_equal(tl_review_late(f->s.db, f->s.arena, tl_now_us()), 0);
	assert_int_equal(tl_alarm_list(f->s.db, TL_S(""), f->s.arena, ret, &n), 0);
	unit_commit(f->s.db);
	return n;
}

static void
t_cases_past_their_clock_ring_once_a_queue(void **state)
{
	struct fixture *f = *state;
	struct tl_id subject = tl_id_new();
	struct tl_alarm *a;
	(void)open_case(f, subject, "csae.known");
	(void)open_case(f, tl_id_new(), "csae.known");
	(void)open_case(f, tl_id_new(), "spam");
	assert_int_equal(alarms(f, &a), 0);
	assert_int_equal(tl_clock_shift(2 * TL_US_HOUR), 0);
	assert_int_equal(alarms(f, &a), 1);
	assert_int_equal(alarms(f, &a), 1);
	assert_int_equal(a->count, 1);
	assert_int_equal(unit_alarms(f->s.db, TL_AL_CASE_CLOCK), 1);
	assert_true(tl_str_is(a->ref, "child-safety"));
	assert_non_null(
	    strstr((const char *)a->text.p, "In the queue \"Child safety\" 2 cases are"));
	unit_begin(f->s.db);
	assert_int_equal(
	    tl_review_subject_gone(f->s.db, f->s.platform, TL_SUBJECT_ITEM, subject, "erased"),
	    0);
	assert_int_equal(
	    tl_alarm_set(f->s.db, a->id, TL_ALARM_ACKNOWLEDGED, f->ann.id, TL_S("cli")), 0);
	unit_commit(f->s.db);
	assert_int_equal(alarms(f, &a), 1);
	assert_non_null(strstr((const char *)a->text.p, "1 case is"));
	assert_int_equal(a->state, TL_ALARM_ACKNOWLEDGED);
	assert_int_equal(tl_clock_shift(5 * TL_US_DAY), 0);
	assert_int_equal(alarms(f, &a), 2);
}

static void
t_a_moved_case_is_open_in_the_other_queue(void **state)
{
	struct fixture *f = *state;
	struct tl_id id = open_case(f, tl_id_new(), "spam");
	struct tl_case c;
	assert_int_equal(next(f, &f->bob, &c), 0);
	unit_begin(f->s.db);
	assert_int_equal(
	    tl_review_move(f->s.db, f->s.arena, &f->bob, id, TL_S("nowhere"), TL_S("x")),
	    TL_EFIELD);
	assert_int_equal(tl_review_move(f->s.db, f->s.arena, &f->bob, id, TL_S("child-safety"),
			     TL_S("a child")),
	    0);
	unit_commit(f->s.db);
	struct tl_case moved = get(f, id);
	assert_int_equal(moved.state, TL_CASE_OPEN);
	assert_true(tl_str_is(moved.queue, "child-safety"));
	assert_int_equal(next(f, &f->bob, &c), TL_ENOTFOUND);
	assert_int_equal(next(f, &f->ann, &c), 0);
}

static struct tl_flag
flag(struct fixture *f, struct tl_id subject, struct tl_id reporter)
{
	struct tl_flag fl = {.platform = f->s.platform,
	    .live = true,
	    .id = tl_id_new(),
	    .subject_kind = TL_SUBJECT_ITEM,
	    .subject = subject,
	    .kind = TL_FLAG_USER,
	    .policy = TL_S("spam"),
	    .reporter = reporter,
	    .comment = TL_S("please look"),
	    .received_at = tl_now_us()};
	struct tl_id id;
	unit_begin(f->s.db);
	assert_int_equal(tl_flag_add(f->s.db, &fl), 0);
	assert_int_equal(tl_review_flagged(f->s.db, &set, &fl, (struct tl_id){0}, 10, &id), 0);
	unit_commit(f->s.db);
	return fl;
}

static void
t_a_decision_judges_the_flags_and_undo_takes_that_back(void **state)
{
	struct fixture *f = *state;
	struct tl_id subject = tl_id_new(), reporter = tl_id_new();
	struct tl_flag fl = flag(f, subject, reporter);
	struct tl_id id = open_case(f, subject, "spam");
	struct tl_case c;
	assert_int_equal(next(f, &f->ann, &c), 0);
	assert_true(tl_id_eq(c.id, id));
	unit_begin(f->s.db);
	assert_int_equal(
	    tl_review_may_decide(f->s.db, f->s.arena, &f->bob, id, &c), TL_ECONFLICT);
	assert_int_equal(tl_review_may_decide(f->s.db, f->s.arena, &f->ann, id, &c), 0);
	assert_int_equal(
	    tl_review_decided(f->s.db, f->s.arena, &f->ann, id, tl_id_new(), true), 0);
	unit_commit(f->s.db);
	struct tl_accuracy acc;
	assert_int_equal(tl_flag_accuracy(f->s.db, f->s.platform, reporter, &acc), 0);
	assert_int_equal(acc.upheld, 1);
	struct tl_id newer = open_case(f, subject, "csae.known");
	assert_false(tl_id_eq(newer, id));
	unit_begin(f->s.db);
	assert_int_equal(tl_review_undone(f->s.db, f->s.arena, &f->bob, id, &c), TL_EPERM);
	assert_int_equal(tl_review_undone(f->s.db, f->s.arena, &f->ann, id, &c), 0);
	unit_commit(f->s.db);
	assert_int_equal(c.state, TL_CASE_CLAIMED);
	assert_int_equal(c.severity, TL_SEVERITY_CRITICAL);
	assert_true(tl_id_eq(c.claimed_by, f->ann.id));
	assert_int_equal(get(f, newer).state, TL_CASE_CLOSED);
	assert_int_equal(tl_flag_accuracy(f->s.db, f->s.platform, reporter, &acc), 0);
	assert_int_equal(acc.judged, 0);
	assert_int_equal(acc.all, 1);
	(void)fl;
}

static void
t_a_comment_is_sealed_and_read_back(void **state)
{
	struct fixture *f = *state;
	struct tl_id subject = tl_id_new(), reporter = tl_id_new();
	(void)flag(f, subject, reporter);
	struct tl_row r;
	assert_int_equal(tl_db_first(f->s.db, &r, TL_SQL_FLAG_LIST, A_INT(f->s.platform),
			     A_Z("item"), A_ID(subject)),
	    0);
	struct tl_str sealed = tl_arena_dup(f->s.arena, tl_col_str(&r, 6)), clear;
	tl_row_end(&r);
	assert_null(memmem(sealed.p, sealed.n, "please", 6));
	assert_int_equal(tl_flag_comment(f->s.db, f->s.arena, f->s.platform, reporter, subject,
			     sealed, &clear),
	    0);
	assert_true(tl_str_is(clear, "please look"));
}

static void
t_a_reveal_is_good_once(void **state)
{
	struct fixture *f = *state;
	uint8_t token[TL_REVEAL_TOKEN_BYTES];
	tl_random(token, sizeof token);
	struct tl_reveal v = {.user = f->ann.id,
			     .platform = f->s.platform,
			     .expires_at = tl_now_us() + TL_US_MIN},
			 got;
	unit_begin(f->s.db);
	assert_int_equal(tl_reveal_add(f->s.db, &v, token), 0);
	assert_int_equal(tl_reveal_use(f->s.db, token, &got), 0);
	assert_true(tl_id_eq(got.user, f->ann.id));
	assert_int_equal(tl_reveal_use(f->s.db, token, &got), TL_EGONE);
	unit_commit(f->s.db);
}

static void
t_what_more_people_have_seen_rises(void **state)
{
	struct fixture *f = *state;
	struct tl_id subject = tl_id_new();
	struct tl_case before = get(f, open_case(f, subject, "spam"));
	unit_begin(f->s.db);
	assert_int_equal(tl_review_reached(f->s.db, f->s.platform, subject, 50000), 0);
	assert_int_equal(tl_review_reached(f->s.db, f->s.platform, subject, -1), 0);
	assert_int_equal(tl_review_reached(f->s.db, f->s.platform, tl_id_new(), 5), 0);
	unit_commit(f->s.db);
	struct tl_case after = get(f, before.id);
	assert_int_equal(after.reach, 50000);
	assert_true(after.urgency > before.urgency);
}

static void
t_what_is_gone_is_closed(void **state)
{
	struct fixture *f = *state;
	struct tl_id subject = tl_id_new();
	struct tl_id id = open_case(f, subject, "spam");
	unit_begin(f->s.db);
	assert_int_equal(
	    tl_review_subject_gone(f->s.db, f->s.platform, TL_SUBJECT_ITEM, subject, "deleted"),
	    0);
	unit_commit(f->s.db);
	assert_int_equal(get(f, id).state, TL_CASE_CLOSED);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(t_one_subject_is_one_case_and_only_becomes_graver),
	    T(t_the_gravest_comes_first_and_skills_are_asked_for),
	    T(t_what_is_live_comes_before_what_is_tried_out),
	    T(t_who_holds_a_case_gets_it_again),
	    T(t_two_people_never_hold_one_case),
	    T(t_a_silent_holder_loses_the_claim_and_the_draft_stays),
	    T(t_a_skipped_case_goes_to_somebody_else),
	    T(t_cases_past_their_clock_ring_once_a_queue),
	    T(t_a_moved_case_is_open_in_the_other_queue),
	    T(t_a_decision_judges_the_flags_and_undo_takes_that_back),
	    T(t_a_comment_is_sealed_and_read_back),
	    T(t_a_reveal_is_good_once),
	    T(t_what_more_people_have_seen_rises),
	    T(t_what_is_gone_is_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
