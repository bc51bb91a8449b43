/* What two accounts are to each other: the same events give the same facts in every order, and refusals hold. */
#include "unit.h"

#include "core/relation.h"

#define EVENTS 5

struct one {
	int side;
	struct tl_relation_event e;
};

#define E_(side, kind, at)                                                                     \
	{                                                                                      \
		side,                                                                          \
		{                                                                              \
			TL_RELATION_##kind, TL_RELATION_END, at                                \
		}                                                                              \
	}
#define OVER(side, kind, at)                                                                   \
	{                                                                                      \
		side,                                                                          \
		{                                                                              \
			TL_RELATION_END, TL_RELATION_##kind, at                                \
		}                                                                              \
	}

static struct tl_relation
play(const struct one *events, const size_t order[EVENTS])
{
	struct tl_relation r = {0};
	for (size_t i = 0; i < EVENTS; i++)
		(void)tl_relation_apply(&r, events[order[i]].side, &events[order[i]].e);
	return r;
}

static void
swap(size_t *a, size_t *b)
{
	size_t was = *a;
	*a = *b;
	*b = was;
}

static bool
next_order(size_t order[EVENTS])
{
	size_t i = EVENTS - 1;
	while (i > 0 && order[i - 1] >= order[i])
		i--;
	if (i == 0)
		return false;
	size_t j = EVENTS - 1;
	while (order[j] <= order[i - 1])
		j--;
	swap(&order[i - 1], &order[j]);
	for (size_t k = EVENTS - 1; i < k; i++, k--)
		swap(&order[i], &order[k]);
	return true;
}

static void
t_every_order_gives_the_same_facts(void **state)
{
	static const struct one lists[][EVENTS] = {
	    {E_(0, REQUEST, 1), E_(1, DECLINE, 2), E_(1, REQUEST, 3), E_(0, CONTACT, 4),
		OVER(1, CONTACT, 5)},
	    {E_(0, FOLLOW, 7), OVER(0, FOLLOW, 7), E_(1, BLOCK, 7), OVER(1, BLOCK, 7),
		E_(1, FOLLOW, 7)},
	    {E_(0, LIMIT, 3), OVER(0, LIMIT, 4), E_(0, LIMIT, 2), E_(1, CONTACT, 3),
		OVER(0, CONTACT, 3)},
	    {E_(0, REQUEST, 1), E_(1, DECLINE, 2), E_(0, CONTACT, 3), E_(1, CONTACT, 2),
		OVER(1, REQUEST, 4)},
	};
	(void)state;
	for (size_t l = 0; l < TL_COUNT(lists); l++) {
		size_t order[EVENTS] = {0, 1, 2, 3, 4};
		struct tl_relation want = play(lists[l], order), got;
		do {
			got = play(lists[l], order);
			assert_memory_equal(&got, &want, sizeof want);
		} while (next_order(order));
	}
}

static void
t_a_repeat_changes_nothing(void **state)
{
	static const struct one e = E_(1, FOLLOW, 9);
	struct tl_relation r = {0};
	(void)state;
	assert_true(tl_relation_apply(&r, e.side, &e.e));
	assert_false(tl_relation_apply(&r, e.side, &e.e));
}

static void
t_at_one_time_the_stricter_word_wins(void **state)
{
	static const struct one list[EVENTS] = {E_(0, FOLLOW, 7), OVER(0, FOLLOW, 7),
	    OVER(1, BLOCK, 7), E_(1, BLOCK, 7), E_(1, FOLLOW, 7)};
	static const size_t order[EVENTS] = {0, 1, 2, 3, 4};
	struct tl_relation r = play(list, order);
	(void)state;
	assert_false(tl_relation_does(&r, 0, TL_RELATION_FOLLOW));
	assert_true(tl_relation_does(&r, 1, TL_RELATION_BLOCK));
}

static struct tl_relation
told(const struct one *events, size_t n)
{
	struct tl_relation r = {0};
	for (size_t i = 0; i < n; i++)
		(void)tl_relation_apply(&r, events[i].side, &events[i].e);
	return r;
}
#define TOLD(...)                                                                              \
	told((const struct one[]){__VA_ARGS__},                                                \
	    sizeof((const struct one[]){__VA_ARGS__}) / sizeof(struct one))

static void
t_accepted_is_mutual_and_prior(void **state)
{
	(void)state;
	struct tl_relation r = TOLD(E_(0, FOLLOW, 5));
	assert_int_equal(tl_relation_accepted(&r, 100), 0);
	r = TOLD(E_(0, FOLLOW, 5), E_(1, FOLLOW, 8));
	assert_int_equal(tl_relation_accepted(&r, 100), 8);
	assert_int_equal(tl_relation_accepted(&r, 7), 0);
	r = TOLD(E_(0, CONTACT, 4));
	assert_int_equal(tl_relation_accepted(&r, 4), 4);
	assert_int_equal(tl_relation_accepted(&r, 3), 0);
	r = TOLD(E_(0, FOLLOW, 5), E_(1, FOLLOW, 8), E_(0, CONTACT, 6), OVER(1, CONTACT, 9));
	assert_int_equal(tl_relation_accepted(&r, 100), 0);
	r = TOLD(E_(0, FOLLOW, 5), E_(1, FOLLOW, 8), E_(1, DECLINE, 9));
	assert_int_equal(tl_relation_accepted(&r, 100), 0);
}

static void
t_a_refusal_holds_until_its_side_turns(void **state)
{
	(void)state;
	struct tl_relation r = TOLD(E_(0, REQUEST, 1));
	assert_true(tl_relation_pending(&r, 0));
	r = TOLD(E_(0, REQUEST, 1), E_(1, DECLINE, 2), E_(0, REQUEST, 3));
	assert_true(tl_relation_declined(&r, 1));
	assert_true(tl_relation_pending(&r, 0));
	r = TOLD(E_(0, REQUEST, 1), E_(1, DECLINE, 2), E_(1, REQUEST, 3));
	assert_false(tl_relation_declined(&r, 1));
	assert_false(tl_relation_pending(&r, 0));
	assert_true(tl_relation_pending(&r, 1));
	/* Who was refused cannot take the refusal back. */
	r = TOLD(E_(0, REQUEST, 1), E_(1, DECLINE, 2), E_(0, CONTACT, 3));
	assert_true(tl_relation_declined(&r, 1));
	assert_int_equal(tl_relation_accepted(&r, 100), 0);
	r = TOLD(E_(0, REQUEST, 1), E_(1, DECLINE, 2), E_(1, CONTACT, 3));
	assert_false(tl_relation_declined(&r, 1));
	assert_int_equal(tl_relation_accepted(&r, 100), 3);
}

static void
t_nobody_accepts_their_own_wish(void **state)
{
	(void)state;
	struct tl_relation r = TOLD(E_(0, REQUEST, 1), E_(0, CONTACT, 2));
	assert_int_equal(tl_relation_accepted(&r, 100), 0);
	assert_true(tl_relation_pending(&r, 0));
	r = TOLD(E_(0, REQUEST, 1), E_(0, CONTACT, 2), E_(1, CONTACT, 3));
	assert_int_equal(tl_relation_accepted(&r, 100), 2);
	assert_false(tl_relation_pending(&r, 0));
	/* Both asked: each may say that it is accepted. */
	r = TOLD(E_(1, REQUEST, 1), E_(0, REQUEST, 2), E_(0, CONTACT, 3));
	assert_int_equal(tl_relation_accepted(&r, 100), 3);
	/* A graph that is loaded says it from one side. */
	r = TOLD(E_(0, CONTACT, 2), E_(0, REQUEST, 3));
	assert_int_equal(tl_relation_accepted(&r, 100), 2);
}

static void
t_over_is_when_nothing_holds(void **state)
{
	(void)state;
	struct tl_relation r = TOLD(E_(0, FOLLOW, 5), OVER(0, FOLLOW, 9));
	assert_int_equal(tl_relation_over(&r), 9);
	r = TOLD(E_(0, FOLLOW, 5), OVER(0, FOLLOW, 9), E_(1, BLOCK, 3));
	assert_int_equal(tl_relation_over(&r), 0);
	r = TOLD(E_(0, REQUEST, 5), E_(1, DECLINE, 6));
	assert_int_equal(tl_relation_over(&r), 0);
	r = TOLD(E_(0, REQUEST, 5), E_(1, CONTACT, 6), OVER(0, CONTACT, 7));
	assert_int_equal(tl_relation_over(&r), 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_every_order_gives_the_same_facts),
	    cmocka_unit_test(t_a_repeat_changes_nothing),
	    cmocka_unit_test(t_at_one_time_the_stricter_word_wins),
	    cmocka_unit_test(t_accepted_is_mutual_and_prior),
	    cmocka_unit_test(t_a_refusal_holds_until_its_side_turns),
	    cmocka_unit_test(t_nobody_accepts_their_own_wish),
	    cmocka_unit_test(t_over_is_when_nothing_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
