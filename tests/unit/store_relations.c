/* The graph of accounts: pairs from both ends, events in any order, numbers that are given up with the account. */
#include "store/relations.h"

#include "sys/clock.h"

#include "unit_store.h"

static struct tl_account_ref
account(struct unit_store *s, const char *ext)
{
	struct tl_account_ref a;
	assert_int_equal(tl_account_ref_ensure(s->db, s->platform, true, tl_str(ext), &a), 0);
	assert_true(a.number > 0);
	return a;
}

static bool
put(struct unit_store *s, int64_t from, int64_t to, enum tl_relation_kind kind, int64_t at)
{
	struct tl_relation_event e = {kind, TL_RELATION_FOLLOW, at};
	bool changed = false;
	assert_int_equal(tl_relation_put(s->db, s->platform, from, to, &e, &changed), 0);
	return changed;
}

static struct tl_relation
seen(struct unit_store *s, int64_t from, int64_t to)
{
	struct tl_relation r;
	assert_int_equal(tl_relation_load(s->db, s->platform, from, to, &r), 0);
	return r;
}

static int64_t
rows(struct unit_store *s, int64_t number)
{
	struct tl_relation_row list[8];
	size_t n = 0;
	assert_int_equal(
	    tl_relations_of(s->db, s->platform, number, 0, TL_COUNT(list), list, &n), 0);
	return (int64_t)n;
}

static void
t_each_side_sees_the_pair_as_its_own(void **state)
{
	struct unit_store *s = *state;
	unit_begin(s->db);
	int64_t a = account(s, "a").number, b = account(s, "b").number;
	assert_int_not_equal(a, b);
	assert_true(put(s, b, a, TL_RELATION_FOLLOW, 5));
	assert_false(put(s, b, a, TL_RELATION_FOLLOW, 5));
	assert_true(put(s, a, b, TL_RELATION_BLOCK, 6));
	assert_false(put(s, b, a, TL_RELATION_END, 4));
	struct tl_relation from_a = seen(s, a, b), from_b = seen(s, b, a);
	assert_true(tl_relation_does(&from_a, 0, TL_RELATION_BLOCK));
	assert_true(tl_relation_does(&from_a, 1, TL_RELATION_FOLLOW));
	assert_true(tl_relation_does(&from_b, 1, TL_RELATION_BLOCK));
	assert_true(tl_relation_does(&from_b, 0, TL_RELATION_FOLLOW));
	from_a = seen(s, a, 0);
	assert_false(tl_relation_does(&from_a, 1, TL_RELATION_FOLLOW));
	unit_commit(s->db);
}

static void
t_neighbours_come_page_by_page_from_both_ends(void **state)
{
	struct unit_store *s = *state;
	unit_begin(s->db);
	int64_t number[7];
	for (size_t i = 0; i < TL_COUNT(number); i++)
		number[i] = account(s, tl_arena_printf(s->arena, "n%zu", i)).number;
	for (size_t i = 0; i < TL_COUNT(number); i++)
		if (i != 3)
			assert_true(put(s, number[i], number[3], TL_RELATION_FOLLOW, 5));
	int64_t after = 0;
	size_t n = 2, all = 0;
	struct tl_relation_row list[2];
	while (n == 2) {
		assert_int_equal(
		    tl_relations_of(s->db, s->platform, number[3], after, 2, list, &n), 0);
		for (size_t i = 0; i < n; i++) {
			assert_true(list[i].other > after);
			assert_true(tl_relation_does(&list[i].relation, 1, TL_RELATION_FOLLOW));
			assert_false(
			    tl_relation_does(&list[i].relation, 0, TL_RELATION_FOLLOW));
			after = list[i].other;
			all++;
		}
	}
	assert_int_equal(all, 6);
	unit_commit(s->db);
}

static void
t_an_erased_account_leaves_no_relation(void **state)
{
	struct unit_store *s = *state;
	unit_begin(s->db);
	struct tl_account_ref gone = account(s, "gone"), stays = account(s, "stays"),
			      other = account(s, "other");
	assert_true(put(s, gone.number, stays.number, TL_RELATION_CONTACT, 5));
	assert_true(put(s, other.number, gone.number, TL_RELATION_FOLLOW, 5));
	assert_true(put(s, other.number, stays.number, TL_RELATION_FOLLOW, 5));
	assert_int_equal(tl_account_erase(s->db, s->platform, gone.id), 0);
	struct tl_account_ref again = account(s, "gone");
	/* Back under the same name it is a stranger to everybody, and no number is used twice while rows hang on it. */
	assert_int_not_equal(again.number, gone.number);
	assert_int_not_equal(account(s, "newer").number, gone.number);
	struct tl_relation r = seen(s, again.number, stays.number);
	assert_int_equal(tl_relation_accepted(&r, 100), 0);
	int n;
	while ((n = tl_relations_sweep(s->db, 1)) > 0)
		;
	assert_int_equal(n, 0);
	assert_int_equal(rows(s, gone.number), 0);
	assert_int_equal(rows(s, stays.number), 1);
	assert_int_equal(rows(s, other.number), 1);
	unit_commit(s->db);
}

static void
t_what_is_over_goes_in_its_time(void **state)
{
	struct unit_store *s = *state;
	unit_begin(s->db);
	int64_t a = account(s, "o1").number, b = account(s, "o2").number;
	assert_true(put(s, a, b, TL_RELATION_FOLLOW, 50));
	assert_int_equal(tl_relations_expire(s->db, 1000, 100), 0);
	assert_true(put(s, a, b, TL_RELATION_END, 60));
	assert_int_equal(tl_relations_expire(s->db, 60, 100), 0);
	assert_int_equal(tl_relations_expire(s->db, 61, 100), 1);
	assert_int_equal(rows(s, a), 0);
	assert_int_equal(rows(s, b), 0);
	unit_commit(s->db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_each_side_sees_the_pair_as_its_own),
	    cmocka_unit_test(t_neighbours_come_page_by_page_from_both_ends),
	    cmocka_unit_test(t_an_erased_account_leaves_no_relation),
	    cmocka_unit_test(t_what_is_over_goes_in_its_time),
	};
	return cmocka_run_group_tests(tests, unit_store_setup, unit_store_teardown);
}
