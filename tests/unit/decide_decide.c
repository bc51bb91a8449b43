/* Decisions with a real store and the shipped policies: rules, persons, undo, reversal, strikes, what is sent. */
#include "decide/decide.h"
#include "unit_ledger.h"

static void
t_a_block_is_one_decision_with_everything(void **state)
{
	struct fixture *f = *state;
	struct tl_id id = automatic(f, TL_VERDICT_BLOCK, "terms.spam", "remove", TL_DECIDED);
	struct tl_decision d = decision(f, id);
	assert_int_equal(d.automated_decision, TL_AUTOMATION_FULLY);
	assert_true(d.automated_detection);
	assert_int_equal(d.kind, TL_DECISION_ACT);
	assert_int_equal(d.ground, TL_GROUND_INCOMPATIBLE);
	assert_true(d.terms_ground.n > 0 && d.terms_explanation.n > 0 && d.facts.n > 0);
	assert_true(d.category.n > 0 && d.keywords.n > 2);
	assert_int_equal(d.views_at_action, 41);
	assert_string_equal((const char *)d.detector.p, "text");
	assert_int_equal(d.effective_at, d.at);
	assert_true(tl_id_is_nil(d.reviewer));
	assert_non_null(strstr((const char *)d.visibility.p, "CONTENT_REMOVED"));
	struct tl_action_row *a = actions(f, id, 1);
	assert_int_equal(a->state, TL_ACTION_WAITING);
	assert_true(a->clock_at > d.at);
	struct tl_outbox_row o = delivery(f, a->id);
	assert_int_equal(o.not_before, d.effective_at);
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	assert_int_equal(tl_json_parse(o.body, &j), 0);
	json_t *data = json_object_get(j, "data");
	assert_string_equal(json_string_value(json_object_get(j, "type")), "action.requested");
	assert_string_equal(json_string_value(json_object_get(data, "action")), "remove");
	json_t *subject = json_object_get(data, "subject");
	assert_string_equal(json_string_value(json_object_get(subject, "id")), "post-1");
	assert_int_equal(json_integer_value(json_object_get(subject, "item_version")), 3);
	assert_true(json_is_object(json_object_get(data, "statement")));
	assert_int_equal(strikes(f), 1);
}

static void
t_the_same_verdict_again_changes_nothing(void **state)
{
	struct fixture *f = *state;
	(void)automatic(f, TL_VERDICT_BLOCK, "terms.spam", "remove", TL_DECIDED);
	(void)automatic(f, TL_VERDICT_BLOCK, "terms.spam", "remove", TL_DECIDED_BEFORE);
	assert_int_equal(strikes(f), 1);
}

static void
t_a_withhold_is_provisional(void **state)
{
	struct fixture *f = *state;
	struct tl_id id = automatic(f, TL_VERDICT_WITHHOLD, "terms.spam", NULL, TL_DECIDED);
	assert_string_equal((const char *)actions(f, id, 1)->name.p, "withhold");
	assert_int_equal(strikes(f), 0);
}

static void
t_the_switch_leaves_it_to_people(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(tl_switch_set(f->s.db, TL_SWITCH_AUTOMATIC, false, TL_S("cli")), 0);
	(void)automatic(f, TL_VERDICT_BLOCK, "terms.spam", "remove", TL_DECIDED_NOT);
}

static void
t_allow_and_review_alone_do_nothing(void **state)
{
	struct fixture *f = *state;
	(void)automatic(f, TL_VERDICT_REVIEW, "terms.spam", NULL, TL_DECIDED_NOT);
	(void)automatic(f, TL_VERDICT_ALLOW, "terms.spam", NULL, TL_DECIDED_NOT);
	/* But what a rule names is done, even on what is allowed. */
	(void)automatic(f, TL_VERDICT_ALLOW, "terms.spam", "label", TL_DECIDED);
}

static void
t_observe_only_holds_the_action(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(tl_switch_set(f->s.db, TL_SWITCH_OBSERVE, true, TL_S("cli")), 0);
	struct tl_id id = automatic(f, TL_VERDICT_BLOCK, "terms.spam", "remove", TL_DECIDED);
	struct tl_action_row *a = actions(f, id, 1);
	assert_int_equal(a->state, TL_ACTION_HELD);
	assert_int_equal(delivery(f, a->id).state, TL_OUTBOX_HELD);
}

static void
t_a_person_confirms_a_withholding_and_covers_it(void **state)
{
	struct fixture *f = *state;
	(void)automatic(f, TL_VERDICT_WITHHOLD, "terms.spam", NULL, TL_DECIDED);
	struct tl_case c = open_case(f);
	struct tl_id id;
	assert_int_equal(person(f, &c, TL_DECISION_ACT, "remove", &id), 0);
	assert_string_equal((const char *)actions(f, id, 1)->name.p, "remove");
	struct tl_decision d = decision(f, id);
	assert_int_equal(d.automated_decision, TL_AUTOMATION_NOT);
	assert_string_equal((const char *)d.reviewer_pseudonym.p, "R-ada");
	assert_int_equal(d.effective_at - d.at, 8 * TL_US_S);
	assert_int_equal(d.queued_us, 3 * TL_US_S);
	assert_true(d.decided_in_us >= 2 * TL_US_S);
	assert_int_equal(d.viewed_whole, 1);
	assert_int_equal(strikes(f), 1);
	assert_int_equal(delivery(f, d.id).not_before, d.effective_at);
}

static void
t_a_milder_decision_lifts_what_it_does_not_cover(void **state)
{
	struct fixture *f = *state;
	struct tl_id first = automatic(f, TL_VERDICT_WITHHOLD, "terms.spam", NULL, TL_DECIDED);
	struct tl_case c = open_case(f);
	struct tl_id id;
	assert_int_equal(person(f, &c, TL_DECISION_ACT, "label", &id), 0);
	struct tl_action_row *a = actions(f, id, 2);
	assert_string_equal((const char *)a[0].name.p, "label");
	assert_string_equal((const char *)a[1].name.p, "restore");
	assert_true(tl_id_eq(a[1].reverses, actions(f, first, 1)->id));
}

static void
t_a_clear_restores_and_forgives(void **state)
{
	struct fixture *f = *state;
	struct tl_id first = automatic(f, TL_VERDICT_BLOCK, "terms.spam", "remove", TL_DECIDED);
	struct tl_case c = open_case(f);
	struct tl_id id;
	bool gone = false;
	assert_int_equal(strikes(f), 1);
	assert_int_equal(person(f, &c, TL_DECISION_CLEAR, NULL, &id), 0);
	assert_string_equal((const char *)actions(f, id, 1)->name.p, "restore");
	assert_int_equal(strikes(f), 0);
	assert_int_equal(tl_decision_is_reversed(f->s.db, first, &gone), 0);
	assert_true(gone);
	/* The rules do not act again on what a person has cleared. */
	(void)automatic(f, TL_VERDICT_BLOCK, "terms.spam", "remove", TL_DECIDED_NOT);
	/* Known abuse of children is another matter. */
	(void)automatic(f, TL_VERDICT_BLOCK, "csae.known", "remove", TL_DECIDED);
}

static void
t_undo_leaves_everything_as_before(void **state)
{
	struct fixture *f = *state;
	(void)automatic(f, TL_VERDICT_BLOCK, "terms.spam", "remove", TL_DECIDED);
	struct tl_case c = open_case(f);
	struct tl_id id, case_id;
	assert_int_equal(person(f, &c, TL_DECISION_CLEAR, NULL, &id), 0);
	assert_int_equal(tl_decide_undo(f->s.db, id, f->other, &case_id), TL_EPERM);
	assert_int_equal(tl_decide_undo(f->s.db, id, f->user, &case_id), 0);
	assert_true(tl_id_eq(case_id, c.id));
	struct tl_action_row *a = actions(f, id, 1);
	assert_int_equal(a->state, TL_ACTION_CANCELLED);
	assert_int_equal(delivery(f, a->id).state, TL_OUTBOX_CANCELLED);
	assert_int_equal(strikes(f), 1);
	assert_int_equal(tl_decide_undo(f->s.db, id, f->user, &case_id), TL_ECONFLICT);
	/* In force again: the same verdict is nothing new. */
	(void)automatic(f, TL_VERDICT_BLOCK, "terms.spam", "remove", TL_DECIDED_BEFORE);
}

static void
t_one_item_counts_once(void **state)
{
	struct fixture *f = *state;
	(void)automatic(f, TL_VERDICT_BLOCK, "terms.spam", "remove", TL_DECIDED);
	assert_int_equal(strikes(f), 1);
	struct tl_case c = open_case(f);
	struct tl_id id, case_id;
	assert_int_equal(person(f, &c, TL_DECISION_ACT, "remove", &id), 0);
	assert_int_equal(strikes(f), 1);
	assert_int_equal(tl_decide_undo(f->s.db, id, f->user, &case_id), 0);
	assert_int_equal(strikes(f), 1);
	assert_int_equal(person(f, &c, TL_DECISION_CLEAR, NULL, &id), 0);
	assert_int_equal(strikes(f), 0);
}

static void
t_undo_is_refused_once_it_is_numbered(void **state)
{
	struct fixture *f = *state;
	struct tl_case c = open_case(f);
	struct tl_id id, case_id;
	size_t n;
	int64_t later = tl_now_us() + 9 * TL_US_S;
	assert_int_equal(person(f, &c, TL_DECISION_ACT, "remove", &id), 0);
	assert_int_equal(tl_outboxrow_number(f->s.db, later, 100, &n), 0);
	assert_int_equal(n, 0); /* not sealed */
	assert_true(tl_ledger_seal(f->s.db, 100) > 0);
	assert_int_equal(tl_outboxrow_number(f->s.db, tl_now_us(), 100, &n), 0);
	assert_int_equal(n, 0); /* not due */
	assert_int_equal(tl_outboxrow_number(f->s.db, later, 100, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(tl_decide_undo(f->s.db, id, f->user, &case_id), TL_ECONFLICT);
}

static void
t_a_reversal_is_a_decision_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct tl_case c = open_case(f);
	struct tl_id id, reverse;
	assert_int_equal(person(f, &c, TL_DECISION_ACT, "remove", &id), 0);
	struct tl_reversal r = {.decision = id,
	    .user = f->other,
	    .trigger = TL_TRIGGER_APPEAL,
	    .facts = TL_S("The complaint was right.")};
	assert_int_equal(tl_decide_reverse(f->s.db, &f->env, &r, &reverse), 0);
	struct tl_decision d = decision(f, reverse);
	assert_int_equal(d.kind, TL_DECISION_REVERSE);
	assert_true(tl_id_eq(d.reverses, id));
	assert_string_equal((const char *)d.reviewer_pseudonym.p, "R-ben");
	assert_string_equal((const char *)actions(f, reverse, 1)->name.p, "restore");
	assert_int_equal(strikes(f), 0);
	assert_int_equal(tl_decide_reverse(f->s.db, &f->env, &r, &reverse), TL_ECONFLICT);
}

static void
t_wrong_decisions_name_the_field(void **state)
{
	struct fixture *f = *state;
	struct tl_case c = open_case(f);
	struct tl_id id;
	assert_int_equal(person(f, &c, TL_DECISION_ACT, NULL, &id), TL_EFIELD);
	assert_string_equal(tl_err_field(), "/actions");
	assert_int_equal(person(f, &c, TL_DECISION_ACT, "no_such_thing", &id), TL_EFIELD);
	assert_string_equal(tl_err_field(), "/actions/0");
	assert_int_equal(person(f, &c, TL_DECISION_CLEAR, "remove", &id), TL_EFIELD);
	assert_string_equal(tl_err_field(), "/actions");
}

static void
t_an_account_action_aims_at_the_author(void **state)
{
	struct fixture *f = *state;
	struct tl_case c = open_case(f);
	struct tl_id id;
	assert_int_equal(person(f, &c, TL_DECISION_ACT, "account_suspend", &id), 0);
	struct tl_action_row *a = actions(f, id, 1);
	assert_int_equal(a->subject_kind, TL_SUBJECT_ACCOUNT);
	assert_true(tl_id_eq(a->subject, f->item.account));
	assert_non_null(strstr((const char *)a->params.p, "\"until\""));
	assert_string_equal((const char *)delivery(f, a->id).subject_key.p, "account:user-7");
	assert_string_equal(
	    (const char *)decision(f, id).account_restriction.p, "DECISION_ACCOUNT_SUSPENDED");
}

static void
t_preserve_stays_inside(void **state)
{
	struct fixture *f = *state;
	struct tl_case c = open_case(f);
	struct tl_id id;
	struct tl_outbox_row *rows;
	size_t n;
	assert_int_equal(person(f, &c, TL_DECISION_ACT, "preserve", &id), 0);
	struct tl_action_row *a = actions(f, id, 1);
	assert_int_equal(a->state, TL_ACTION_CONFIRMED);
	assert_int_equal(tl_outboxrow_of_cause(f->s.db, a->id, f->s.arena, &rows, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(
	    tl_hold_check(f->s.db, f->s.platform, TL_SUBJECT_ITEM, f->item.id), TL_ECONFLICT);
}

static void
t_rules_do_not_override_a_milder_decision(void **state)
{
	struct fixture *f = *state;
	(void)automatic(f, TL_VERDICT_WITHHOLD, "terms.spam", NULL, TL_DECIDED);
	struct tl_case c = open_case(f);
	struct tl_id id;
	assert_int_equal(person(f, &c, TL_DECISION_ACT, "label", &id), 0);
	(void)automatic(f, TL_VERDICT_WITHHOLD, "terms.spam", NULL, TL_DECIDED_NOT);
}

static void
t_a_removal_covers_a_later_withholding(void **state)
{
	struct fixture *f = *state;
	struct tl_case c = open_case(f);
	struct tl_id id;
	assert_int_equal(person(f, &c, TL_DECISION_ACT, "remove", &id), 0);
	(void)automatic(f, TL_VERDICT_WITHHOLD, "terms.spam", NULL, TL_DECIDED_BEFORE);
}

static void
t_a_decision_leaves_standing_what_it_says_nothing_about(void **state)
{
	struct fixture *f = *state;
	struct tl_case c = open_case(f);
	struct tl_id id;
	assert_int_equal(person(f, &c, TL_DECISION_ACT, "account_suspend", &id), 0);
	assert_int_equal(person(f, &c, TL_DECISION_ACT, "remove", &id), 0);
	assert_string_equal((const char *)actions(f, id, 1)->name.p, "remove");
	assert_int_equal(strikes(f), 2); /* the suspension keeps its own */
	/* Another word on the account takes the place of the first; a clear one ends both. */
	assert_int_equal(person(f, &c, TL_DECISION_ACT, "limit_contact", &id), 0);
	assert_string_equal((const char *)actions(f, id, 2)[1].name.p, "reinstate");
	assert_int_equal(person(f, &c, TL_DECISION_CLEAR, NULL, &id), 0);
	struct tl_action_row *a = actions(f, id, 2);
	assert_string_equal((const char *)a[0].name.p, "restore");
	assert_string_equal((const char *)a[1].name.p, "lift");
}

static void
t_a_look_ends_what_was_provisional(void **state)
{
	struct fixture *f = *state;
	(void)automatic(f, TL_VERDICT_WITHHOLD, "terms.spam", NULL, TL_DECIDED);
	struct tl_case c = open_case(f);
	struct tl_id id;
	assert_int_equal(person(f, &c, TL_DECISION_ACT, "account_suspend", &id), 0);
	struct tl_action_row *a = actions(f, id, 2);
	assert_string_equal((const char *)a[0].name.p, "account_suspend");
	assert_string_equal((const char *)a[1].name.p, "restore");
}

static int
compose_nothing(void *ctx, const struct tl_decision *d, struct tl_buf *out)
{
	(void)ctx;
	(void)d;
	(void)out;
	return 0;
}

static void
t_without_a_statement_the_event_is_still_json(void **state)
{
	struct fixture *f = *state;
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	f->env.statement = compose_nothing;
	struct tl_id id = automatic(
	    f, TL_VERDICT_REVIEW, "selfharm.suicide", "search_intervention", TL_DECIDED);
	assert_string_equal((const char *)decision(f, id).statement.p, "{}");
	assert_int_equal(tl_json_parse(delivery(f, actions(f, id, 1)->id).body, &j), 0);
	assert_true(json_is_null(json_object_get(json_object_get(j, "data"), "statement")));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(t_a_block_is_one_decision_with_everything),
	    T(t_the_same_verdict_again_changes_nothing),
	    T(t_a_withhold_is_provisional),
	    T(t_the_switch_leaves_it_to_people),
	    T(t_allow_and_review_alone_do_nothing),
	    T(t_observe_only_holds_the_action),
	    T(t_a_person_confirms_a_withholding_and_covers_it),
	    T(t_a_milder_decision_lifts_what_it_does_not_cover),
	    T(t_a_clear_restores_and_forgives),
	    T(t_undo_leaves_everything_as_before),
	    T(t_one_item_counts_once),
	    T(t_undo_is_refused_once_it_is_numbered),
	    T(t_a_reversal_is_a_decision_of_its_own),
	    T(t_wrong_decisions_name_the_field),
	    T(t_an_account_action_aims_at_the_author),
	    T(t_preserve_stays_inside),
	    T(t_rules_do_not_override_a_milder_decision),
	    T(t_a_removal_covers_a_later_withholding),
	    T(t_a_decision_leaves_standing_what_it_says_nothing_about),
	    T(t_a_look_ends_what_was_provisional),
	    T(t_without_a_statement_the_event_is_still_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
