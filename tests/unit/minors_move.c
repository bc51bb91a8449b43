/* Migrations of settings: every state with every event, each account once, and back what may be had back. */
#include "unit_store.h"

#include "config/policy.h"
#include "minors/move.h"
#include "minors/settings.h"
#include "minors/snapshot.h"
#include "store/outbox.h"
#include "sys/clock.h"

#define PEOPLE 40

static const struct tl_policy_set *set;

static int
setup(void **state)
{
	int rc = unit_store_setup_tx(state);
	return rc < 0 ? rc : tl_policy_load(TEST_DATA "/../../policy", &set);
}

static int
teardown(void **state)
{
	tl_policy_unrefp(&set);
	return unit_store_teardown_tx(state);
}

static void
t_move_steps_are_the_table(void **state)
{
	(void)state;
	static const int next[tl_move_state_count][TL_MOVE_EVENT_COUNT] = {
	    /* pause, resume, undo, finish */
	    [TL_MOVE_RUNNING] = {TL_MOVE_PAUSED, -1, TL_MOVE_UNDOING, TL_MOVE_DONE},
	    [TL_MOVE_PAUSED] = {-1, TL_MOVE_RUNNING, TL_MOVE_UNDOING, -1},
	    [TL_MOVE_DONE] = {-1, -1, TL_MOVE_UNDOING, -1},
	    [TL_MOVE_UNDOING] = {TL_MOVE_UNDO_PAUSED, -1, -1, TL_MOVE_UNDONE},
	    [TL_MOVE_UNDO_PAUSED] = {-1, TL_MOVE_UNDOING, -1, -1},
	    [TL_MOVE_UNDONE] = {-1, -1, -1, -1},
	};
	for (int s = 0; s < (int)tl_move_state_count; s++) {
		for (int e = 0; e < TL_MOVE_EVENT_COUNT; e++) {
			enum tl_move_state got = tl_move_state_count;
			int rc =
			    tl_move_step((enum tl_move_state)s, (enum tl_move_event)e, &got);
			assert_int_equal(rc, next[s][e] < 0 ? TL_ECONFLICT : 0);
			if (rc == 0)
				assert_int_equal(got, next[s][e]);
		}
	}
}

/* PEOPLE accounts of 13-15, each public, with comments of everyone and gifts. */
static void
population(struct unit_store *f, const char *snapshot)
{
	struct tl_snapshot_gather g = {0};
	struct tl_snapshot s;
	struct tl_snapshot_part p = {.platform = f->platform,
	    .live = true,
	    .id = tl_str(snapshot),
	    .from_start = true,
	    .after = PEOPLE,
	    .last = true};
	for (int i = 0; i < PEOPLE; i++) {
		char ext[16], line[160];
		(void)snprintf(ext, sizeof ext, "u-%d", i);
		struct tl_account a = {.platform = f->platform,
		    .live = true,
		    .ext_id = tl_str(ext),
		    .age_band = TL_AGE_13_15,
		    .age_assured = TL_ASSURED_DECLARED,
		    .language = TL_S("de")};
		assert_int_equal(tl_account_put(f->db, &a), 0);
		(void)snprintf(line, sizeof line,
		    "{\"account\":\"%s\",\"settings\":{\"account_visibility\":\"public\","
		    "\"comments\":\"everyone\",\"gifts\":\"off\"}}",
		    ext);
		assert_int_equal(tl_snapshot_gather(&g, tl_str(line), i + 1, false), 0);
	}
	tl_snapshot_gathered(&g, &p);
	assert_int_equal(tl_snapshot_take(f->db, set, &p, f->arena, &s, p.chain), 0);
	assert_int_equal(s.looser_accounts, PEOPLE);
	tl_snapshot_gather_fini(&g);
}

static struct tl_move
start(struct unit_store *f, int64_t share, int64_t batch)
{
	struct tl_move m = {.platform = f->platform,
	    .live = true,
	    .share = share,
	    .batch = batch,
	    .made_by = TL_S("test")};
	assert_int_equal(tl_move_start(f->db, &m), 0);
	return m;
}

static struct tl_move
run(struct unit_store *f, struct tl_id id)
{
	struct tl_move m = {0};
	int rc = 1;
	for (int i = 0; i < 200 && rc > 0; i++)
		rc = tl_move_work(f->db, set, tl_now_us());
	assert_int_equal(rc, 0);
	assert_int_equal(tl_move_get(f->db, id, f->arena, &m), 0);
	return m;
}

static int64_t
events(struct unit_store *f, const char *type)
{
	struct tl_outbox_row *rows = NULL;
	size_t n = 0, here = 0;
	int64_t count = 0;
	do {
		assert_int_equal(tl_outboxrow_number(f->db, tl_now_us() + TL_US_S, 200, &n), 0);
	} while (n);
	assert_int_equal(
	    tl_outboxrow_events(f->db, f->platform, true, 0, 500, f->arena, &rows, &here), 0);
	for (size_t i = 0; i < here; i++)
		count += tl_str_is(rows[i].kind, type);
	return count;
}

static struct tl_account
who(struct unit_store *f, const char *ext, struct tl_minors_account *a)
{
	struct tl_account who = {0};
	struct tl_id id;
	assert_int_equal(tl_account_find(f->db, f->platform, true, tl_str(ext), &id), 0);
	assert_int_equal(tl_account_get(f->db, f->platform, id, f->arena, &who), 0);
	assert_int_equal(tl_settings_load(f->db, set->minors, f->platform, &who, a), 0);
	return who;
}

static size_t
at(const char *key)
{
	return (size_t)(tl_minors_find(set->minors, tl_str(key)) - set->minors->settings);
}

static uint8_t
must(struct unit_store *f, const char *ext, const char *key)
{
	struct tl_minors_account a;
	(void)who(f, ext, &a);
	return tl_minors_answer(set->minors, &a, at(key), tl_now_us()).value;
}

static void
wish(struct unit_store *f, const char *ext, const char *key, uint8_t value)
{
	struct tl_minors_account a;
	struct tl_account w = who(f, ext, &a);
	struct tl_settings_wish ask = {.setting = at(key),
	    .wish = {.value = value, .actor = TL_ACTOR_HOLDER, .warned = true}};
	enum tl_minors_say say;
	const char *why;
	assert_int_equal(
	    tl_settings_wish(f->db, set, &w, &a, &ask, tl_now_us(), &say, &why), 0);
	assert_int_equal(say, TL_SAY_ALLOW);
}

static void
t_move_takes_each_account_once_whatever_the_batch(void **state)
{
	struct unit_store *f = *state;
	population(f, "s");
	struct tl_move m = start(f, 300, 3);
	struct tl_move other = m;
	assert_int_equal(tl_move_start(f->db, &other), TL_ECONFLICT);
	m = run(f, m.id);
	assert_int_equal(m.state, TL_MOVE_DONE);
	assert_int_equal(m.looked, PEOPLE);
	assert_true(m.moved < PEOPLE);
	struct tl_move rest = start(f, TL_MOVE_SHARE_ALL, 7);
	rest = run(f, rest.id);
	assert_int_equal(m.moved + rest.moved, PEOPLE);
	assert_int_equal(m.settings + rest.settings, 2 * PEOPLE);
	assert_int_equal(events(f, "account.settings_migrated"), PEOPLE);
	struct tl_move none = start(f, TL_MOVE_SHARE_ALL, 1000);
	assert_int_equal(run(f, none.id).moved, 0);
}

static void
t_move_pauses_and_keeps_its_pace(void **state)
{
	struct unit_store *f = *state;
	population(f, "s");
	struct tl_move m = {.platform = f->platform,
	    .live = true,
	    .share = TL_MOVE_SHARE_ALL,
	    .batch = 10,
	    .per_minute = 10,
	    .made_by = TL_S("test")};
	assert_int_equal(tl_move_start(f->db, &m), 0);
	int64_t now = tl_now_us();
	assert_int_equal(tl_move_work(f->db, set, now), 0);
	assert_int_equal(tl_move_work(f->db, set, now + 50 * TL_US_S), 0);
	assert_int_equal(tl_move_get(f->db, m.id, f->arena, &m), 0);
	assert_int_equal(m.moved, 10);
	assert_int_equal(tl_move_work(f->db, set, now + 61 * TL_US_S), 0);
	assert_int_equal(tl_move_get(f->db, m.id, f->arena, &m), 0);
	assert_int_equal(m.moved, 20);
	assert_int_equal(tl_move_do(f->db, &m, TL_MOVE_PAUSE), 0);
	assert_int_equal(tl_move_work(f->db, set, now + TL_US_DAY), 0);
	assert_int_equal(tl_move_get(f->db, m.id, f->arena, &m), 0);
	assert_int_equal(m.moved, 20);
	assert_int_equal(tl_move_do(f->db, &m, TL_MOVE_RESUME), 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(tl_move_work(f->db, set, now + i * TL_US_HOUR), 0);
	assert_int_equal(tl_move_get(f->db, m.id, f->arena, &m), 0);
	assert_int_equal(m.moved, PEOPLE);
	assert_int_equal(m.state, TL_MOVE_DONE);
}

/* Back is what may be chosen; what somebody changed stays; what the policy locks stays. */
//= law:dsa-28.1
static void
t_move_undone_gives_back_what_may_be_had(void **state)
{
	struct unit_store *f = *state;
	population(f, "s");
	struct tl_move m = start(f, TL_MOVE_SHARE_ALL, 7);
	m = run(f, m.id);
	assert_int_equal(m.moved, PEOPLE);
	assert_int_equal(must(f, "u-1", "account_visibility"), 0);
	wish(f, "u-2", "account_visibility", 0);
	assert_int_equal(tl_move_do(f->db, &m, TL_MOVE_UNDO), 0);
	m = run(f, m.id);
	assert_int_equal(m.state, TL_MOVE_UNDONE);
	assert_int_equal(m.undone, PEOPLE - 1);
	assert_int_equal(must(f, "u-1", "account_visibility"), 1);
	assert_int_equal(
	    must(f, "u-1", "comments"), 1); /* friends: everyone is not for 13-15 */
	assert_int_equal(must(f, "u-2", "account_visibility"), 0);
	assert_int_equal(m.kept, PEOPLE + 1);
	assert_int_equal(events(f, "account.settings_restored"), PEOPLE - 1);
}

static void
t_move_previewed_is_what_is_moved(void **state)
{
	struct unit_store *f = *state;
	struct tl_id place = {0};
	population(f, "s");
	wish(f, "u-3", "account_visibility", 1);
	struct tl_move m = {.platform = f->platform, .live = true, .share = TL_MOVE_SHARE_ALL};
	struct tl_move_preview *p = tl_move_preview_create(set);
	do
		assert_int_equal(tl_move_preview_add(f->db, p, &m, 9, &place), 0);
	while (!tl_id_is_nil(place));
	int64_t accounts = tl_move_preview_accounts(p);
	tl_move_preview_destroy(p);
	m = start(f, TL_MOVE_SHARE_ALL, 9);
	m = run(f, m.id);
	assert_int_equal(m.moved, accounts);
	assert_int_equal(m.settings, 2 * PEOPLE - 1);
}

static void
t_move_is_forgotten_in_time(void **state)
{
	struct unit_store *f = *state;
	struct tl_move m = {0};
	population(f, "s");
	m = start(f, TL_MOVE_SHARE_ALL, 100);
	m = run(f, m.id);
	assert_int_equal(tl_move_forget(f->db, m.ended_at, 30), 0);
	int64_t later = tl_now_us() + TL_US_DAY;
	for (int i = 0; i < 10 && tl_move_forget(f->db, later, 30) > 0; i++)
		;
	assert_int_equal(tl_move_get(f->db, m.id, f->arena, &m), TL_ENOTFOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    cmocka_unit_test(t_move_steps_are_the_table),
	    T(t_move_takes_each_account_once_whatever_the_batch),
	    T(t_move_pauses_and_keeps_its_pace),
	    T(t_move_undone_gives_back_what_may_be_had),
	    T(t_move_previewed_is_what_is_moved),
	    T(t_move_is_forgotten_in_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
