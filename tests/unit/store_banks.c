/* Banks: names, entries, counters. */
#include "store/bank_log.h"
#include "sys/clock.h"

#include "unit_store.h"

static void
count_entry(
    void *ctx, struct tl_id entry, int64_t key, enum tl_entry_form form, struct tl_str value)
{
	(void)entry;
	(void)key;
	(void)form;
	(void)value;
	++*(size_t *)ctx;
}

static size_t
live(struct unit_store *f, struct tl_id bank, int64_t now)
{
	size_t n = 0;
	assert_int_equal(tl_bank_live_entries(f->db, bank, now, count_entry, &n), 0);
	return n;
}

static void
t_banks_have_unique_plain_names(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank b = unit_bank(f, "known-1", TL_BANK_PDQ);
	struct tl_bank again = b;
	assert_int_equal(tl_bank_create(f->db, &again), TL_EEXISTS);
	again.name = TL_S("two words");
	assert_int_equal(tl_bank_create(f->db, &again), TL_EFIELD);
	assert_string_equal(tl_err_field(), "/name");
	struct tl_id id;
	assert_int_equal(tl_bank_find(f->db, TL_S("known-1"), &id), 0);
	assert_true(tl_id_eq(id, b.id));
	struct tl_bank *all;
	size_t n;
	unit_bank(f, "a-terms", TL_BANK_TEXT);
	assert_int_equal(tl_bank_list(f->db, f->arena, &all, &n), 0);
	assert_int_equal(n, 2);
	assert_true(tl_str_is(all[0].name, "a-terms"));
	b.distance = 10;
	assert_int_equal(tl_bank_set(f->db, &b), 0);
	assert_int_equal(tl_bank_get(f->db, b.id, f->arena, &again), 0);
	assert_int_equal(again.distance, 10);
}

static void
t_lists_are_as_long_as_what_is_there_and_pages_as_asked(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank *banks;
	struct tl_bank_entry *page;
	size_t n = 7;
	assert_int_equal(tl_bank_list(f->db, f->arena, &banks, &n), 0);
	assert_int_equal(n, 0);
	for (int i = 0; i < 40; i++)
		unit_bank(f, tl_arena_printf(f->arena, "bank-%02d", i), TL_BANK_TEXT);
	assert_int_equal(tl_bank_list(f->db, f->arena, &banks, &n), 0);
	assert_int_equal(n, 40);
	for (int i = 0; i < 40; i++)
		assert_true(
		    tl_str_is(banks[i].name, tl_arena_printf(f->arena, "bank-%02d", i)));
	for (int i = 0; i < 40; i++) {
		struct tl_bank_entry e = {.form = TL_FORM_WORD, .enabled = true};
		e.value = tl_str(tl_arena_printf(f->arena, "word-%02d", i));
		assert_int_equal(tl_bank_entry_add(f->db, &banks[0], &e), 0);
	}
	static const size_t asked[][2] = {{0, 0}, {1, 1}, {16, 16}, {17, 17}, {100, 40}};
	for (size_t i = 0; i < TL_COUNT(asked); i++) {
		assert_int_equal(tl_bank_entry_page(f->db, banks[0].id, (struct tl_id){0},
				     asked[i][0], f->arena, &page, &n),
		    0);
		assert_int_equal(n, asked[i][1]);
	}
	struct tl_arena *small = tl_arena_create(1024);
	assert_int_equal(tl_bank_list(f->db, small, &banks, &n), TL_ENOMEM);
	tl_arena_destroy(small);
}

static void
t_entries_fit_their_bank_and_raise_its_mark(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank b = unit_bank(f, "d", TL_BANK_DIGEST);
	int64_t before[tl_bank_kind_count], after[tl_bank_kind_count];
	assert_int_equal(tl_bank_marks(f->db, before), 0);
	struct tl_bank_entry e = {.form = TL_FORM_MD5, .enabled = true};
	assert_int_equal(tl_bank_value_parse(TL_FORM_MD5,
			     TL_S("00112233445566778899aabbccddeeff"), f->arena, &e.value),
	    0);
	assert_int_equal(tl_bank_entry_add(f->db, &b, &e), 0);
	assert_int_equal(tl_bank_marks(f->db, after), 0);
	assert_true(after[TL_BANK_DIGEST] > before[TL_BANK_DIGEST]);
	assert_int_equal(after[TL_BANK_TEXT], before[TL_BANK_TEXT]);
	struct tl_bank_entry twice = e;
	assert_int_equal(tl_bank_entry_add(f->db, &b, &twice), TL_EEXISTS);
	struct tl_bank_entry word = {.form = TL_FORM_WORD, .value = TL_S("x"), .enabled = true};
	assert_int_equal(tl_bank_entry_add(f->db, &b, &word), TL_EFIELD);
	word.form = TL_FORM_SHA256;
	assert_int_equal(tl_bank_entry_add(f->db, &b, &word), TL_EFIELD);
	assert_int_equal(live(f, b.id, 0), 1);
	assert_int_equal(tl_bank_entry_remove(f->db, b.id, e.id), 0);
	assert_int_equal(tl_bank_entry_remove(f->db, b.id, e.id), TL_ENOTFOUND);
	assert_int_equal(live(f, b.id, 0), 0);
}

static void
t_a_disabled_entry_comes_back(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank b = unit_bank(f, "w", TL_BANK_TEXT);
	struct tl_bank_entry e = {.form = TL_FORM_WORD, .value = TL_S("x"), .enabled = true};
	assert_int_equal(tl_bank_entry_add(f->db, &b, &e), 0);
	assert_int_equal(tl_bank_entry_disable(f->db, b.id, e.id, 500), 0);
	int64_t next;
	assert_int_equal(tl_bank_next_turn(f->db, 100, &next), 0);
	assert_int_equal(next, 500);
	assert_int_equal(live(f, b.id, 100), 0);
	assert_int_equal(live(f, b.id, 500), 1);
	struct tl_bank_entry again = {
	    .form = TL_FORM_WORD, .value = TL_S("x"), .enabled = true};
	assert_int_equal(tl_bank_entry_add(f->db, &b, &again), 0);
	assert_int_equal(live(f, b.id, 100), 1);
	struct tl_bank_entry *page;
	size_t n;
	assert_int_equal(
	    tl_bank_entry_page(f->db, b.id, (struct tl_id){0}, 10, f->arena, &page, &n), 0);
	assert_int_equal(n, 1);
	assert_true(page[0].enabled);
}

struct log {
	int64_t keys[16];
	int64_t last;
	size_t n, removed;
};

static int
keep_change(void *ctx, const struct tl_bank_change *c)
{
	struct log *l = ctx;
	assert_true(c->removed || c->change > l->last);
	assert_int_equal(c->value.n, c->removed ? 0 : 32);
	l->last = c->change;
	l->keys[l->n++] = c->key;
	l->removed += c->removed;
	return 0;
}

static struct tl_bank_entry
a_hash(struct unit_store *f, const struct tl_bank *b, uint8_t fill)
{
	uint8_t *raw = tl_arena_alloc(f->arena, 32);
	memset(raw, fill, 32);
	struct tl_bank_entry e = {
	    .form = TL_FORM_PDQ, .value = tl_bytes(raw, 32), .enabled = true};
	assert_int_equal(tl_bank_entry_add(f->db, b, &e), 0);
	return e;
}

static struct log
changes(struct unit_store *f, int64_t after, size_t max, int64_t *ret_upto)
{
	struct log l = {.n = 0};
	bool more;
	assert_int_equal(
	    tl_bank_changes(f->db, TL_FORM_PDQ, after, max, keep_change, &l, ret_upto, &more),
	    0);
	return l;
}

static void
t_changes_are_told_once_each_with_their_newest_number(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank b = unit_bank(f, "p", TL_BANK_PDQ);
	struct tl_bank_entry e[3];
	int64_t upto;
	for (uint8_t i = 0; i < 3; i++)
		e[i] = a_hash(f, &b, i);
	assert_true(e[0].key < e[1].key && e[1].key < e[2].key);
	struct log l = changes(f, 0, 2, &upto);
	assert_int_equal(l.n, 2);
	assert_int_equal(upto, e[1].change);
	assert_int_equal(tl_bank_entry_disable(f->db, b.id, e[0].id, 0), 0);
	l = changes(f, upto, 2, &upto);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.keys[0], e[2].key);
	assert_int_equal(l.keys[1], e[0].key);
	assert_int_equal(tl_bank_entry_remove(f->db, b.id, e[2].id), 0);
	l = changes(f, upto, 10, &upto);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.removed, 1);
	assert_int_equal(l.keys[0], e[2].key);
	assert_int_equal(tl_bank_removed_drop(f->db, TL_FORM_PDQ, upto), 0);
	l = changes(f, 0, 10, &upto);
	assert_int_equal(l.n, 2);
	l = changes(f, upto, 10, &upto);
	assert_int_equal(l.n, 0);
	struct tl_bank_entry again = a_hash(f, &b, 2);
	assert_true(again.key > e[2].key);
	assert_int_equal(tl_bank_get(f->db, b.id, f->arena, &b), 0);
	assert_int_equal(b.entries, 3);
	assert_int_equal(tl_bank_entry_by_key(f->db, again.key, f->arena, &e[0]), 0);
	assert_true(tl_id_eq(e[0].id, again.id));
	assert_int_equal(tl_bank_entry_by_key(f->db, e[2].key, f->arena, &e[0]), TL_ENOTFOUND);
}

static void
t_entries_expire_and_come_back_with_their_key(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank b = unit_bank(f, "p", TL_BANK_PDQ);
	struct tl_bank_entry e = a_hash(f, &b, 7), twice = e;
	assert_int_equal(tl_bank_entry_add(f->db, &b, &twice), TL_EEXISTS);
	assert_int_equal(twice.key, e.key);
	assert_int_equal(tl_bank_entry_expire(f->db, b.id, e.id, 500), 0);
	assert_int_equal(live(f, b.id, 499), 1);
	assert_int_equal(live(f, b.id, 500), 0);
	int64_t turn;
	assert_int_equal(tl_bank_next_turn(f->db, 100, &turn), 0);
	assert_int_equal(turn, 0); /* an index knows the times of its hashes */
	struct tl_bank_entry back = {.form = TL_FORM_PDQ, .value = e.value, .enabled = true};
	assert_int_equal(tl_bank_entry_add(f->db, &b, &back), 0);
	assert_int_equal(back.key, e.key);
	assert_true(back.change > e.change);
	assert_int_equal(live(f, b.id, 500), 1);
	assert_int_equal(tl_bank_entry_review(f->db, b.id, e.id), 1);
	assert_int_equal(tl_bank_entry_review(f->db, b.id, e.id), 0);
	assert_int_equal(tl_bank_entry_get(f->db, b.id, e.id, f->arena, &back), 0);
	assert_true(back.review_only && tl_bank_entry_live(&back, 500));
	assert_int_equal(tl_bank_entry_restore(f->db, b.id, e.id), 1);
	assert_int_equal(tl_bank_entry_restore(f->db, b.id, e.id), 0);
}

static void
t_what_is_added_again_expires_when_the_later_would(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank b = unit_bank(f, "p", TL_BANK_PDQ);
	struct tl_bank_entry e = a_hash(f, &b, 7), again = e, is;
	int64_t soon = tl_now_us() + 3600 * TL_US_S;
	const int64_t said[][2] = {
	    {soon, soon}, {soon - 1, soon}, {soon + 1, soon + 1}, {0, 0}, {soon, 0}};
	assert_int_equal(tl_bank_entry_expire(f->db, b.id, e.id, soon), 0);
	for (size_t i = 0; i < TL_COUNT(said); i++) {
		again.expires_at = said[i][0];
		int rc = tl_bank_entry_add(f->db, &b, &again);
		assert_int_equal(rc, i == 2 || i == 3 ? 1 : TL_EEXISTS);
		assert_int_equal(again.key, e.key);
		assert_int_equal(tl_bank_entry_get(f->db, b.id, e.id, f->arena, &is), 0);
		assert_int_equal(is.expires_at, said[i][1]);
		assert_int_equal(again.expires_at, said[i][1]);
	}
}

static void
t_a_bank_keeps_direction_share_and_thresholds(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank b = unit_bank(f, "p", TL_BANK_PDQ), got;
	assert_true(b.share == 1 && b.number > 0 && b.direction == TL_DIRECTION_BLOCK);
	b.direction = TL_DIRECTION_ALLOW;
	b.share = 0.25;
	b.classification = TL_S("A1");
	b.share_known = 80;
	b.turned = b.no_brake = true;
	assert_int_equal(tl_bank_set(f->db, &b), 0);
	assert_int_equal(tl_bank_get(f->db, b.id, f->arena, &got), 0);
	assert_true(got.direction == TL_DIRECTION_ALLOW && got.share == 0.25);
	assert_true(got.turned && got.no_brake && got.share_known == 80 && !got.share_query);
	assert_true(tl_str_is(got.classification, "A1"));
	b.share = 0;
	assert_int_equal(tl_bank_set(f->db, &b), TL_EFIELD);
	b.share = 1.5;
	assert_int_equal(tl_bank_set(f->db, &b), TL_EFIELD);
	assert_true(unit_bank(f, "q", TL_BANK_PDQ).number > b.number);
}

static void
t_a_flood_of_matches_makes_an_entry_review_only(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank b = unit_bank(f, "p", TL_BANK_PDQ);
	struct tl_bank_entry e = a_hash(f, &b, 7), calm = a_hash(f, &b, 8);
	struct tl_brake brake = {.per_hour = 20, .factor = 3};
	struct tl_braked n;
	int64_t now = 1000 * TL_US_HOUR, matches;
	for (int h = 0; h < 168; h++) { /* usually 10 an hour */
		for (int i = 0; i < 10; i++)
			assert_int_equal(tl_brake_count(f->db, &brake, calm.key,
					     now - (h + 1) * TL_US_HOUR, &n),
			    0);
	}
	for (int i = 1; i < 20; i++) {
		assert_int_equal(tl_brake_count(f->db, &brake, e.key, now, &n), 0);
		assert_int_equal(tl_brake_count(f->db, &brake, calm.key, now, &n), 0);
	}
	assert_int_equal(tl_brake_count(f->db, &brake, calm.key, now, &n), 0);
	assert_int_equal(unit_alarms(f->db, TL_AL_ENTRY_FLOOD), 0);
	assert_int_equal(tl_brake_count(f->db, &brake, e.key, now, &n), 1);
	assert_int_equal(n.items, 20);
	assert_int_equal(unit_alarms(f->db, TL_AL_ENTRY_FLOOD), 1);
	struct tl_bank_entry got;
	assert_int_equal(tl_bank_entry_get(f->db, b.id, e.id, f->arena, &got), 0);
	assert_true(got.review_only && got.change > e.change);
	assert_int_equal(tl_brake_count(f->db, &brake, e.key, now, &n), 0); /* once */
	assert_int_equal(tl_bank_entry_restore(f->db, b.id, e.id), 1);
	assert_int_equal(unit_alarms(f->db, TL_AL_ENTRY_FLOOD), 0);
	assert_int_equal(
	    tl_brake_count(f->db, &brake, e.key, now, &n), 0); /* a person said so */
	assert_int_equal(tl_brake_matches(f->db, e.key, now - TL_US_DAY, &matches), 0);
	assert_int_equal(matches, 22);
	for (int i = 0; i < 8; i++) /* thirty an hour: three times the usual */
		assert_int_equal(tl_brake_count(f->db, &brake, calm.key, now, &n), 0);
	assert_int_equal(tl_brake_count(f->db, &brake, calm.key, now, &n), 0);
	assert_int_equal(tl_brake_count(f->db, &brake, calm.key, now, &n), 1);
	assert_int_equal(tl_brake_forget(f->db, now + 10 * TL_US_HOUR, 1000), 10);
	b.no_brake = true;
	assert_int_equal(tl_bank_set(f->db, &b), 0);
	struct tl_bank_entry free_of_it = a_hash(f, &b, 9);
	for (int i = 0; i < 30; i++)
		assert_int_equal(tl_brake_count(f->db, &brake, free_of_it.key, now, &n), 0);
}

int
main(void)
{
#define CASE(t) cmocka_unit_test_setup_teardown(t, unit_store_setup_tx, unit_store_teardown_tx)
	const struct CMUnitTest tests[] = {
	    CASE(t_banks_have_unique_plain_names),
	    CASE(t_lists_are_as_long_as_what_is_there_and_pages_as_asked),
	    CASE(t_entries_fit_their_bank_and_raise_its_mark),
	    CASE(t_a_disabled_entry_comes_back),
	    CASE(t_changes_are_told_once_each_with_their_newest_number),
	    CASE(t_entries_expire_and_come_back_with_their_key),
	    CASE(t_what_is_added_again_expires_when_the_later_would),
	    CASE(t_a_bank_keeps_direction_share_and_thresholds),
	    CASE(t_a_flood_of_matches_makes_an_entry_review_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
