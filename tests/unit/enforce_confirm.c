/* Confirmations, clocks and replays: once each, never silent, never out of order. */
#include "enforce/enforce.h"
#include "unit_ledger.h"

static int
confirm(struct fixture *f, struct tl_id action, bool done, struct tl_action_row *ret)
{
	struct tl_confirmation c = {.platform = f->s.platform,
	    .live = true,
	    .action = action,
	    .done = done,
	    .note = TL_S("as asked")};
	return tl_enforce_confirm(f->s.db, f->env.policies, &c, tl_now_us(), f->s.arena, ret);
}

static size_t
events(struct fixture *f, struct tl_id id, const char *kind)
{
	struct tl_decision_event *list;
	size_t n, found = 0;
	assert_int_equal(tl_decision_events(f->s.db, id, f->s.arena, &list, &n), 0);
	for (size_t i = 0; i < n; i++)
		found += tl_str_is(list[i].kind, kind);
	return found;
}

static void
t_a_confirmation_counts_once(void **state)
{
	struct fixture *f = *state;
	struct tl_action_row got;
	struct tl_id id = automatic(f, TL_VERDICT_BLOCK, "terms.spam", "remove", TL_DECIDED);
	struct tl_id action = actions(f, id, 1)->id;
	assert_int_equal(confirm(f, action, true, &got), 0);
	assert_int_equal(got.state, TL_ACTION_CONFIRMED);
	int64_t at = got.confirmed_at;
	assert_int_equal(confirm(f, action, true, &got), 0);
	assert_int_equal(got.confirmed_at, at);
	assert_int_equal(events(f, id, "confirmed"), 1);
	assert_int_equal(confirm(f, action, false, &got), TL_ECONFLICT);
	/* Whoever confirms knows: no delivery is under way any more. */
	assert_int_equal(delivery(f, action).state, TL_OUTBOX_DELIVERED);
}

static void
t_another_platform_sees_nothing(void **state)
{
	struct fixture *f = *state;
	struct tl_action_row got;
	struct tl_id id = automatic(f, TL_VERDICT_BLOCK, "terms.spam", "remove", TL_DECIDED);
	struct tl_confirmation c = {.platform = f->s.platform + 1,
	    .live = true,
	    .action = actions(f, id, 1)->id,
	    .done = true};
	assert_int_equal(tl_enforce_confirm(f->s.db, f->env.policies, &c, 1, f->s.arena, &got),
	    TL_ENOTFOUND);
	c.platform = f->s.platform;
	c.live = false;
	assert_int_equal(tl_enforce_confirm(f->s.db, f->env.policies, &c, 1, f->s.arena, &got),
	    TL_ENOTFOUND);
	c.action = tl_id_new();
	assert_int_equal(tl_enforce_confirm(f->s.db, f->env.policies, &c, 1, f->s.arena, &got),
	    TL_ENOTFOUND);
}

static void
t_a_refusal_opens_an_alarm(void **state)
{
	struct fixture *f = *state;
	struct tl_action_row got;
	struct tl_id id = automatic(f, TL_VERDICT_BLOCK, "terms.spam", "remove", TL_DECIDED);
	assert_int_equal(confirm(f, actions(f, id, 1)->id, false, &got), 0);
	assert_int_equal(got.state, TL_ACTION_REFUSED);
	assert_int_equal(unit_alarms(f->s.db, TL_AL_ACTION_REFUSED), 1);
}

static void
t_a_confirmed_reversal_reinstates(void **state)
{
	struct fixture *f = *state;
	struct tl_action_row got;
	struct tl_case c = open_case(f);
	struct tl_account account;
	struct tl_id id, back;
	assert_int_equal(person(f, &c, TL_DECISION_ACT, "account_suspend", &id), 0);
	assert_int_equal(confirm(f, actions(f, id, 1)->id, true, &got), 0);
	assert_int_equal(
	    tl_account_get(f->s.db, f->s.platform, f->item.account, f->s.arena, &account), 0);
	assert_int_equal(account.state, TL_ACCOUNT_SUSPENDED);
	struct tl_reversal r = {.decision = id,
	    .user = f->other,
	    .trigger = TL_TRIGGER_APPEAL,
	    .facts = TL_S("The complaint was right.")};
	assert_int_equal(tl_decide_reverse(f->s.db, &f->env, &r, &back), 0);
	assert_string_equal((const char *)actions(f, back, 1)->name.p, "reinstate");
	assert_int_equal(confirm(f, actions(f, back, 1)->id, true, &got), 0);
	assert_int_equal(actions(f, id, 1)->state, TL_ACTION_REVERSED);
	assert_int_equal(events(f, id, "reinstated"), 1);
	assert_int_equal(
	    tl_account_get(f->s.db, f->s.platform, f->item.account, f->s.arena, &account), 0);
	assert_int_equal(account.state, TL_ACCOUNT_ACTIVE);
}

static void
t_a_delivery_makes_the_action_sent(void **state)
{
	struct fixture *f = *state;
	struct tl_id id = automatic(f, TL_VERDICT_BLOCK, "terms.spam", "remove", TL_DECIDED);
	struct tl_outbox_row row = delivery(f, actions(f, id, 1)->id);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    tl_enforce_delivered(f->s.db, &row, tl_now_us(), f->s.arena), 0);
	assert_int_equal(actions(f, id, 1)->state, TL_ACTION_SENT);
	assert_int_equal(events(f, id, "delivered"), 1);
}

static void
t_a_late_action_opens_one_alarm(void **state)
{
	struct fixture *f = *state;
	struct tl_action_row got;
	size_t n;
	struct tl_id id = automatic(f, TL_VERDICT_BLOCK, "terms.spam", "remove", TL_DECIDED);
	struct tl_action_row *a = actions(f, id, 1);
	int64_t late = a->clock_at;
	assert_int_equal(tl_enforce_clocks(f->s.db, late - 1, 100, f->s.arena, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(tl_enforce_clocks(f->s.db, late, 100, f->s.arena, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(tl_enforce_clocks(f->s.db, late, 100, f->s.arena, &n), 0);
	assert_int_equal(n, 0);
	struct tl_alarm *alarm;
	assert_int_equal(tl_alarm_list(f->s.db, TL_S(""), f->s.arena, &alarm, &n), 0);
	assert_int_equal(n, 1);
	assert_non_null(strstr((const char *)alarm->text.p, "\"remove\" on item "));
	assert_int_equal(unit_alarms(f->s.db, TL_AL_ACTION_CLOCK), 1);
	assert_int_equal(confirm(f, a->id, true, &got), 0);
	assert_int_equal(unit_alarms(f->s.db, TL_AL_ACTION_CLOCK), 0);
}

static void
t_a_replay_lets_a_held_action_go(void **state)
{
	struct fixture *f = *state;
	struct tl_outbox_row row;
	assert_int_equal(tl_switch_set(f->s.db, TL_SWITCH_OBSERVE, true, TL_S("cli")), 0);
	struct tl_id id = automatic(f, TL_VERDICT_BLOCK, "terms.spam", "remove", TL_DECIDED);
	struct tl_id action = actions(f, id, 1)->id;
	int64_t now = tl_now_us();
	assert_int_equal(tl_enforce_replay(f->s.db, f->env.policies, delivery(f, action).id,
			     now, f->s.arena, &row),
	    0);
	assert_int_equal(row.state, TL_OUTBOX_WAITING);
	assert_int_equal(actions(f, id, 1)->state, TL_ACTION_WAITING);
	assert_true(actions(f, id, 1)->clock_at > now);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(t_a_confirmation_counts_once),
	    T(t_another_platform_sees_nothing),
	    T(t_a_refusal_opens_an_alarm),
	    T(t_a_confirmed_reversal_reinstates),
	    T(t_a_delivery_makes_the_action_sent),
	    T(t_a_late_action_opens_one_alarm),
	    T(t_a_replay_lets_a_held_action_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
