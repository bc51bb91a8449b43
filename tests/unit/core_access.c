/* What people may do: every role against every permission, grants, classes of evidence, and what fails closed. */
#include "core/access.h"

#include "unit.h"

#define STR(lit)                                                                               \
	{                                                                                      \
		(const uint8_t *)(lit), sizeof(lit) - 1                                        \
	}

static const struct tl_policy policies[] = {
    {.id = STR("minors"), .child_safety = true, .evidence = TL_EVIDENCE_SEALED},
    {.id = STR("csae"), .parent = STR("minors"), .child_safety = true},
    {.id = STR("csae.known"), .parent = STR("csae"), .child_safety = true},
    {.id = STR("fraud")},
    {.id = STR("fraud.phishing"), .parent = STR("fraud")},
    {.id = STR("violence"), .evidence = TL_EVIDENCE_GRAPHIC},
};
static const struct tl_queue_def queues[] = {
    {.name = STR("child-safety"), .skills = STR("child_safety")},
    {.name = STR("terror"), .skills = STR("terror")},
    {.name = STR("fraud")},
    {.name = STR("general")},
};
static const struct tl_policy_set set = {.policies = policies,
    .policy_count = TL_COUNT(policies),
    .queues = queues,
    .queue_count = TL_COUNT(queues)};

static bool
may(const struct tl_access *who, enum tl_act act, const char *queue, const char *policy)
{
	struct tl_tag tag = {tl_str(queue), tl_str(policy)};
	bool may = tl_may_on(who, act, &tag, 1);
	assert_int_equal(tl_need_on(who, act, &tag, 1), may ? 0 : TL_EPERM);
	return may;
}

static struct tl_access
person(enum tl_role role, const char *skills)
{
	return (struct tl_access){.role = role, .skills = tl_str(skills), .set = &set};
}

static void
t_a_higher_role_may_all_that_a_lower_one_may(void **state)
{
	(void)state;
	for (int p = 0; p < TL_PERMISSION_COUNT; p++)
		for (int role = TL_ROLE_MODERATOR; role < tl_role_count; role++)
			assert_true(!tl_may((enum tl_role)(role - 1), (enum tl_permission)p) ||
				    tl_may((enum tl_role)role, (enum tl_permission)p));
	assert_false(tl_may(TL_ROLE_LEAD, TL_MAY_PEOPLE));
	assert_false(tl_may((enum tl_role)99, TL_MAY_LOOK));
}

static void
t_no_role_opens_child_safety_and_clearance_does(void **state)
{
	(void)state;
	for (int role = 0; role < tl_role_count; role++)
		for (int act = 0; act < tl_act_count; act++) {
			struct tl_access w = person((enum tl_role)role, "terror");
			assert_false(may(&w, (enum tl_act)act, "", "csae.known"));
			assert_false(may(&w, (enum tl_act)act, "", "minors"));
			assert_false(may(&w, (enum tl_act)act, "child-safety", ""));
		}
	struct tl_access cleared = person(TL_ROLE_SPECIALIST, "terror child_safety");
	assert_true(may(&cleared, TL_ACT_REVEAL, "child-safety", "csae.known"));
	assert_false(may(&cleared, TL_ACT_REVERSE, "child-safety", "csae.known"));
}

static void
t_a_policy_that_the_tree_lost_is_sealed(void **state)
{
	(void)state;
	struct tl_access w = person(TL_ROLE_ADMIN, "");
	assert_false(may(&w, TL_ACT_SEE, "", "no.such.policy"));
	w.set = NULL;
	assert_false(may(&w, TL_ACT_SEE, "", "fraud"));
	assert_true(may(&w, TL_ACT_SEE, "", ""));
}

static void
t_one_sealed_tag_among_many_closes_all(void **state)
{
	(void)state;
	struct tl_access w = person(TL_ROLE_LEAD, "");
	const struct tl_tag tags[] = {
	    {TL_S("fraud"), TL_S("fraud")}, {TL_S(""), TL_S("csae.known")}};
	assert_true(tl_may_on(&w, TL_ACT_DECIDE, tags, 1));
	assert_false(tl_may_on(&w, TL_ACT_DECIDE, tags, 2));
	assert_true(tl_may_on(&w, TL_ACT_DECIDE, tags, 0));
}

static void
t_grants_narrow_queues_and_policies_to_what_they_list(void **state)
{
	(void)state;
	const struct tl_grant grants[] = {
	    {TL_GRANT_QUEUE, STR("fraud"), 1 << TL_ACT_SEE | 1 << TL_ACT_WORK},
	    {TL_GRANT_POLICY, STR("fraud"), 1 << TL_ACT_SEE},
	    {TL_GRANT_POLICY, STR("fraud.phishing"), TL_ACTS_ALL},
	};
	struct tl_access w = person(TL_ROLE_LEAD, "terror");
	assert_true(may(&w, TL_ACT_WORK, "general", "fraud"));
	w.grants = grants;
	w.grant_count = TL_COUNT(grants);
	assert_false(may(&w, TL_ACT_SEE, "general", ""));
	assert_false(may(&w, TL_ACT_SEE, "terror", ""));
	assert_true(may(&w, TL_ACT_WORK, "fraud", "fraud.phishing"));
	assert_true(may(&w, TL_ACT_SEE, "fraud", "fraud"));
	assert_false(may(&w, TL_ACT_WORK, "fraud", "fraud"));
	assert_false(may(&w, TL_ACT_SEE, "", "violence"));
	assert_true(may(&w, TL_ACT_DECIDE, "", "fraud.phishing"));
	assert_false(may(&w, TL_ACT_DECIDE, "fraud", ""));
	assert_true(may(&w, TL_ACT_SEE, "", ""));
}

static void
t_a_grant_never_gives_what_the_role_has_not(void **state)
{
	(void)state;
	const struct tl_grant grants[] = {
	    {TL_GRANT_QUEUE, STR("fraud"), TL_ACTS_ALL},
	    {TL_GRANT_EVIDENCE, STR("graphic"), TL_ACTS_ALL},
	};
	struct tl_access w = person(TL_ROLE_VIEWER, "");
	assert_false(may(&w, TL_ACT_SEE, "", "violence"));
	w.grants = grants;
	w.grant_count = TL_COUNT(grants);
	assert_true(may(&w, TL_ACT_SEE, "fraud", "violence"));
	assert_false(may(&w, TL_ACT_REVEAL, "fraud", "violence"));
	assert_false(may(&w, TL_ACT_WORK, "fraud", ""));
}

static void
t_an_evidence_grant_replaces_what_holds_for_its_class(void **state)
{
	(void)state;
	const struct tl_grant grants[] = {
	    {TL_GRANT_EVIDENCE, STR("sealed"), 1 << TL_ACT_SEE},
	    {TL_GRANT_EVIDENCE, STR("graphic"), 0},
	};
	struct tl_access w = person(TL_ROLE_MODERATOR, "child_safety");
	assert_true(may(&w, TL_ACT_REVEAL, "", "csae"));
	assert_true(may(&w, TL_ACT_REVEAL, "", "violence"));
	w.grants = grants;
	w.grant_count = TL_COUNT(grants);
	assert_true(may(&w, TL_ACT_SEE, "", "csae"));
	assert_false(may(&w, TL_ACT_REVEAL, "", "csae"));
	assert_false(may(&w, TL_ACT_SEE, "", "violence"));
	assert_true(may(&w, TL_ACT_REVEAL, "", "fraud"));
}

static void
t_whoever_comes_upon_child_abuse_may_stop_it_but_not_clear_it(void **state)
{
	(void)state;
	struct tl_access w = person(TL_ROLE_MODERATOR, "");
	assert_int_equal(tl_need_to_decide(&w, TL_S("csae.known"), true), 0);
	assert_int_equal(tl_need_to_decide(&w, TL_S("csae.known"), false), TL_EPERM);
	assert_int_equal(tl_need_to_decide(&w, TL_S("fraud"), true), 0);
	const struct tl_grant only = {TL_GRANT_POLICY, STR("fraud"), TL_ACTS_ALL};
	w.grants = &only;
	w.grant_count = 1;
	assert_int_equal(tl_need_to_decide(&w, TL_S("csae.known"), true), 0);
	assert_int_equal(tl_need_to_decide(&w, TL_S("violence"), true), TL_EPERM);
}

static void
t_refusals_name_what_is_missing_only(void **state)
{
	(void)state;
	struct tl_access w = person(TL_ROLE_LEAD, "");
	const struct tl_tag tag = {TL_S("child-safety"), TL_S("csae.known")};
	assert_int_equal(tl_need_on(&w, TL_ACT_SEE, &tag, 1), TL_EPERM);
	assert_null(strstr(tl_err_text(), "csae"));
	assert_non_null(strstr(tl_err_text(), "skill"));
}

static void
t_words_of_acts_and_grants_are_checked(void **state)
{
	(void)state;
	unsigned bits = 0;
	char text[TL_ACTS_TEXT];
	assert_int_equal(tl_acts_parse(TL_S(" see  reverse"), &bits), 0);
	tl_acts_text(text, bits);
	assert_string_equal(text, "see reverse");
	tl_acts_text(text, TL_ACTS_ALL);
	assert_string_equal(text, "see work reveal decide reverse");
	assert_int_equal(tl_acts_parse(TL_S("see everything"), &bits), TL_EFIELD);
	const struct tl_grant good = {TL_GRANT_POLICY, STR("fraud"), 0},
			      bad = {TL_GRANT_QUEUE, STR("nowhere"), 0},
			      odd = {TL_GRANT_EVIDENCE, STR("fraud"), 0};
	assert_int_equal(tl_grant_check(&set, &good), 0);
	assert_int_equal(tl_grant_check(&set, &bad), TL_EFIELD);
	assert_int_equal(tl_grant_check(&set, &odd), TL_EFIELD);
	assert_true(tl_skilled(TL_S("a b"), TL_S("")));
	assert_false(tl_skilled(TL_S("ab"), TL_S("a")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_a_higher_role_may_all_that_a_lower_one_may),
	    cmocka_unit_test(t_no_role_opens_child_safety_and_clearance_does),
	    cmocka_unit_test(t_a_policy_that_the_tree_lost_is_sealed),
	    cmocka_unit_test(t_one_sealed_tag_among_many_closes_all),
	    cmocka_unit_test(t_grants_narrow_queues_and_policies_to_what_they_list),
	    cmocka_unit_test(t_a_grant_never_gives_what_the_role_has_not),
	    cmocka_unit_test(t_an_evidence_grant_replaces_what_holds_for_its_class),
	    cmocka_unit_test(t_whoever_comes_upon_child_abuse_may_stop_it_but_not_clear_it),
	    cmocka_unit_test(t_refusals_name_what_is_missing_only),
	    cmocka_unit_test(t_words_of_acts_and_grants_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
