/* Snapshots of the settings in force: each account once, whoever it is, whatever is cut or sent again. */
#include "unit_store.h"

#include "base/buf.h"
#include "config/policy.h"
#include "minors/audit.h"
#include "minors/guardians.h"
#include "minors/in_force.h"
#include "minors/settings.h"
#include "minors/snapshot.h"
#include "sys/clock.h"

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

static struct tl_account
account(struct unit_store *f, const char *ext, enum tl_age_band band)
{
	struct tl_account a = {.platform = f->platform,
	    .live = true,
	    .ext_id = tl_str(ext),
	    .age_band = band,
	    .age_assured = TL_ASSURED_DECLARED};
	assert_int_equal(tl_account_put(f->db, &a), 0);
	return a;
}

/* Whole lines, taken in parts of `step` lines. Returns the first failure. */
static int
send(struct unit_store *f, const char *id, const char *const *lines, size_t n, size_t step,
    struct tl_snapshot *ret)
{
	struct tl_snapshot_part p = {
	    .platform = f->platform, .live = true, .id = tl_str(id), .from_start = true};
	struct tl_snapshot_gather g = {0};
	int rc = 0;
	for (size_t at = 0; rc == 0 && (at < n || n == 0);) {
		tl_snapshot_gather_reset(&g);
		p.before = p.after;
		for (size_t i = 0; i < step && at < n; i++, at++)
			(void)!tl_snapshot_gather(
			    &g, tl_str(lines[at]), (int64_t)at + 1, lines[at][0] == '!');
		tl_snapshot_gathered(&g, &p);
		p.after = (int64_t)at;
		p.last = at == n;
		rc = tl_snapshot_take(f->db, set, &p, f->arena, ret, p.chain);
		if (n == 0)
			break;
	}
	tl_snapshot_gather_fini(&g);
	return rc;
}

#define YOUNG                                                                                  \
	"{\"account\":\"young\",\"settings\":{\"comments\":\"everyone\",\"gifts\":\"on\"}}"
#define GROWN                                                                                  \
	"{\"account\":\"grown\",\"settings\":{\"comments\":\"everyone\",\"gifts\":\"on\"}}"
#define MIDDLE "{\"account\":\"middle\",\"settings\":{\"comments\":\"everyone\"}}"
#define NEW                                                                                    \
	"{\"account\":\"new\",\"settings\":{\"gifts\":\"on\",\"shoe\":\"1\",\"comments\":"     \
	"\"loud\"}}"

static const char *const lines[] = {YOUNG, GROWN, "!", MIDDLE, "{}", YOUNG, NEW};

static void
population(struct unit_store *f)
{
	(void)account(f, "young", TL_AGE_13_15);
	(void)account(f, "middle", TL_AGE_16_17);
	(void)account(f, "grown", TL_AGE_18);
}

//= law:dsa-28.1
static void
t_snapshot_counts_the_same_however_it_is_cut(void **state)
{
	struct unit_store *f = *state;
	population(f);
	for (size_t step = 1; step <= TL_COUNT(lines); step++) {
		struct tl_snapshot s = {0};
		char id[16];
		(void)snprintf(id, sizeof id, "s-%zu", step);
		assert_int_equal(send(f, id, lines, TL_COUNT(lines), step, &s), 0);
		assert_true(s.ended_at > 0);
		assert_int_equal(s.lines, 7);
		assert_int_equal(s.accounts, 4);
		assert_int_equal(s.looser_accounts, 3);
		assert_int_equal(s.looser_settings, 4);
		assert_int_equal(s.odd[TL_ODD_BAD_LINE], 2);
		assert_int_equal(s.odd[TL_ODD_REPEATED], 1);
		assert_int_equal(s.odd[TL_ODD_UNKNOWN_ACCOUNT], step == 1); /* made by then */
		assert_int_equal(s.odd[TL_ODD_SETTING], 1);
		assert_int_equal(s.odd[TL_ODD_VALUE], 1);
		assert_int_equal(s.listed, step == 1 ? 6 : 5);
	}
}

static void
t_snapshot_sent_again_counts_once(void **state)
{
	struct unit_store *f = *state;
	struct tl_snapshot s = {0}, again = {0};
	const char *const other[] = {GROWN, GROWN};
	population(f);
	assert_int_equal(send(f, "s", lines, TL_COUNT(lines), 3, &s), 0);
	assert_int_equal(send(f, "s", lines, TL_COUNT(lines), 2, &again), 0);
	assert_int_equal(again.accounts, s.accounts);
	assert_int_equal(again.looser_settings, s.looser_settings);
	assert_int_equal(again.listed, s.listed);
	assert_int_equal(send(f, "s", lines, 4, 4, &again), TL_ECONFLICT);
	assert_int_equal(send(f, "s", other, 2, 2, &again), TL_ECONFLICT);
}

static void
t_snapshot_heeds_choices_and_guardians(void **state)
{
	struct unit_store *f = *state;
	struct tl_account young = account(f, "young", TL_AGE_13_15);
	struct tl_minors_account a;
	struct tl_snapshot s = {0};
	enum tl_minors_say say;
	const char *why;
	const char *const open[] = {
	    "{\"account\":\"young\",\"settings\":{\"account_visibility\":\"public\"}}"};
	assert_int_equal(send(f, "1", open, 1, 1, &s), 0);
	assert_int_equal(s.looser_settings, 1);
	size_t at = (size_t)(tl_minors_find(set->minors, TL_S("account_visibility")) -
			     set->minors->settings);
	struct tl_settings_wish w = {
	    .setting = at, .wish = {.value = 1, .actor = TL_ACTOR_HOLDER, .warned = true}};
	assert_int_equal(tl_settings_load(f->db, set->minors, f->platform, &young, &a), 0);
	assert_int_equal(
	    tl_settings_wish(f->db, set, &young, &a, &w, tl_now_us(), &say, &why), 0);
	assert_int_equal(say, TL_SAY_ALLOW);
	assert_int_equal(send(f, "2", open, 1, 1, &s), 0);
	assert_int_equal(s.looser_settings, 0);
	int64_t linked;
	w.wish = (struct tl_minors_wish){.value = 0, .actor = TL_ACTOR_GUARDIAN};
	assert_int_equal(
	    tl_guardian_link(f->db, set, &young, TL_S("parent"), tl_now_us(), &linked), 0);
	assert_int_equal(
	    tl_guardian_bound(f->db, set, &young, TL_S("parent"), &w, 1, tl_now_us(), &a), 0);
	assert_int_equal(send(f, "3", open, 1, 1, &s), 0);
	assert_int_equal(s.looser_settings, 1);
}

/* Rings when there are any, again when there are more, and is over when there are none. */
static void
t_snapshot_rings_while_accounts_stand_looser(void **state)
{
	struct unit_store *f = *state;
	struct tl_snapshot s = {0};
	const char *const right[] = {
	    "{\"account\":\"young\",\"settings\":{\"gifts\":\"off\"}}"};
	population(f);
	assert_int_equal(send(f, "1", lines, 1, 1, &s), 0);
	assert_int_equal(unit_alarms(f->db, TL_AL_SETTINGS_LOOSER), 1);
	assert_int_equal(send(f, "2", lines, 4, 4, &s), 0);
	struct tl_alarm *list = NULL;
	size_t n = 0;
	assert_int_equal(tl_alarm_list(f->db, TL_S(""), f->arena, &list, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(list[0].count, 2);
	assert_int_equal(send(f, "3", right, 1, 1, &s), 0);
	assert_int_equal(unit_alarms(f->db, TL_AL_SETTINGS_LOOSER), 0);
}

static void
t_snapshot_of_erased_account_is_forgotten(void **state)
{
	struct unit_store *f = *state;
	struct tl_snapshot s = {0};
	struct tl_id id;
	int64_t n = -1;
	population(f);
	assert_int_equal(send(f, "1", lines, 1, 1, &s), 0);
	assert_int_equal(tl_account_find(f->db, f->platform, true, TL_S("young"), &id), 0);
	assert_int_equal(tl_account_erase(f->db, f->platform, id), 0);
	assert_int_equal(tl_in_force_looser_count(f->db, f->platform, true, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(send(f, "2", lines, 1, 1, &s), 0);
	assert_int_equal(s.accounts, 0);
	assert_int_equal(s.odd[TL_ODD_ERASED], 1);
	assert_int_equal(tl_in_force_looser_count(f->db, f->platform, true, &n), 0);
	assert_int_equal(n, 0);
}

static void
t_snapshot_is_forgotten_in_time_but_never_the_newest(void **state)
{
	struct unit_store *f = *state;
	struct tl_snapshot s = {0}, *list = NULL;
	size_t n = 0;
	population(f);
	assert_int_equal(send(f, "1", lines, TL_COUNT(lines), 7, &s), 0);
	assert_int_equal(send(f, "2", lines, 2, 2, &s), 0);
	int64_t later = tl_now_us() + TL_US_DAY;
	for (int i = 0; i < 40 && tl_snapshot_forget(f->db, later, 2) > 0; i++)
		;
	assert_int_equal(tl_snapshot_forget(f->db, later, 2), 0);
	assert_int_equal(
	    tl_snapshot_page(f->db, f->platform, true, 0, 10, f->arena, &list, &n), 0);
	assert_int_equal(n, 1);
	assert_true(tl_str_is(list[0].id, "2"));
	struct tl_snapshot_finding *odd = NULL;
	assert_int_equal(tl_snapshot_findings(f->db, 1, 0, -1, 10, f->arena, &odd, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(tl_in_force_looser_count(f->db, f->platform, true, &later), 0);
	assert_int_equal(later, 0);
}

/* What was packed means the same after the matrix has changed; what it lost was not told. */
static void
t_in_force_keeps_its_meaning(void **state)
{
	struct unit_store *f = *state;
	struct tl_setting_words *w = NULL;
	struct tl_in_force v, back;
	uint8_t packed[TL_IN_FORCE_BYTES_MAX];
	memset(v.value, TL_NOT_TOLD, sizeof v.value);
	v.value[3] = 1;
	v.value[7] = 0;
	assert_int_equal(tl_setting_words_load(f->db, set->minors, &w), 0);
	assert_int_equal(tl_in_force_pack(w, &v, packed), 0);
	assert_int_equal(tl_setting_words_complete(f->db, w), 0);
	size_t n = tl_in_force_pack(w, &v, packed);
	assert_int_equal(n, 4);
	tl_in_force_unpack(w, tl_bytes(packed, n), &back);
	assert_memory_equal(&v, &back, sizeof v);
	tl_setting_words_destroy(w);
	struct tl_minors less = *set->minors;
	less.settings++;
	less.setting_count = 3; /* the settings at 1 to 3 */
	assert_int_equal(tl_setting_words_load(f->db, &less, &w), 0);
	tl_in_force_unpack(w, tl_bytes(packed, n), &back);
	assert_int_equal(back.value[2], 1);
	assert_int_equal(back.value[6], TL_NOT_TOLD);
	tl_setting_words_destroy(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    T(t_snapshot_counts_the_same_however_it_is_cut),
	    T(t_snapshot_sent_again_counts_once),
	    T(t_snapshot_heeds_choices_and_guardians),
	    T(t_snapshot_rings_while_accounts_stand_looser),
	    T(t_snapshot_of_erased_account_is_forgotten),
	    T(t_snapshot_is_forgotten_in_time_but_never_the_newest),
	    T(t_in_force_keeps_its_meaning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
