/* Previews of a changed matrix: what they say is what the answers would be. */
#include "unit_store.h"

#include "base/buf.h"
#include "config/policy.h"
#include "minors/preview.h"
#include "minors/settings.h"
#include "store/policies.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define DIR TEST_DATA "/../../policy"

static const struct tl_policy_set *set;

static int
setup(void **state)
{
	int rc = unit_store_setup_tx(state);
	return rc < 0 ? rc : tl_policy_load(DIR, &set);
}

static int
teardown(void **state)
{
	tl_policy_unrefp(&set);
	return unit_store_teardown_tx(state);
}

/* minors.yaml with one piece of text replaced by another. */
static const struct tl_policy_set *
changed(const char *from, const char *to)
{
	struct tl_buf text TL_CLEANUP(tl_buf_fini) = {0};
	struct tl_buf made TL_CLEANUP(tl_buf_fini) = {0};
	const struct tl_policy_set *ret = NULL;
	assert_int_equal(tl_file_read(DIR "/minors.yaml", 1 << 20, &text), 0);
	const char *z = tl_buf_z(&text), *at = strstr(z, from);
	assert_non_null(at);
	tl_buf_put(&made, z, (size_t)(at - z));
	tl_buf_puts(&made, to);
	tl_buf_puts(&made, at + strlen(from));
	assert_int_equal(
	    tl_policy_load_minors(DIR, tl_buf_str(&made), "changed.yaml", &ret), 0);
	return ret;
}

static void
person(struct unit_store *f, const char *ext, enum tl_age_band band, const char *key,
    uint8_t value)
{
	struct tl_account who = {.platform = f->platform,
	    .live = true,
	    .ext_id = tl_str(ext),
	    .age_band = band,
	    .age_assured = TL_ASSURED_DECLARED};
	struct tl_minors_account a;
	enum tl_minors_say say;
	const char *why;
	assert_int_equal(tl_account_put(f->db, &who), 0);
	if (!key)
		return;
	struct tl_settings_wish w = {
	    .setting =
		(size_t)(tl_minors_find(set->minors, tl_str(key)) - set->minors->settings),
	    .wish = {.value = value, .actor = TL_ACTOR_HOLDER, .warned = true}};
	assert_int_equal(tl_settings_load(f->db, set->minors, f->platform, &who, &a), 0);
	assert_int_equal(
	    tl_settings_wish(f->db, set, &who, &a, &w, tl_now_us(), &say, &why), 0);
	assert_int_equal(say, TL_SAY_ALLOW);
}

struct sums {
	struct tl_arena *arena; /* names outlive the policy */
	struct tl_preview_sum v[32];
	size_t n;
};

static void
keep(void *ctx, const struct tl_preview_sum *s)
{
	struct sums *x = ctx;
	x->v[x->n] = *s;
	x->v[x->n++].setting = tl_arena_dup(x->arena, s->setting);
}

static struct sums
preview(struct unit_store *f, const struct tl_policy_set *then, int64_t people)
{
	struct sums x = {.arena = f->arena};
	struct tl_id place = {0};
	struct tl_preview *p = tl_preview_create(set, then);
	do
		assert_int_equal(tl_preview_add(f->db, p, f->platform, true, 1, &place), 0);
	while (!tl_id_is_nil(place));
	assert_int_equal(tl_preview_accounts(p), people);
	tl_preview_each(p, keep, &x);
	tl_preview_destroy(p);
	tl_policy_unref(then);
	return x;
}

static void
population(struct unit_store *f)
{
	person(f, "a", TL_AGE_13_15, NULL, 0);
	person(f, "b", TL_AGE_13_15, "account_visibility", 1);
	person(f, "c", TL_AGE_16_17, NULL, 0);
	person(f, "d", TL_AGE_18, NULL, 0);
}

#define VISIBLE "  13-15: {default: private, loosest: public, warn: true}\n"

static void
t_preview_counts_who_gets_stricter_and_whose_choice_ends(void **state)
{
	struct unit_store *f = *state;
	population(f);
	struct sums x = preview(f, changed(VISIBLE, "  13-15: {default: private}\n"), 4);
	assert_int_equal(x.n, 2);
	assert_true(tl_str_is(x.v[0].setting, "account_visibility"));
	assert_true(tl_str_is(x.v[1].setting, "follow_requests")); /* waits for the first */
	assert_int_equal(x.v[1].less, 1);
	assert_int_equal(x.v[0].band, TL_AGE_13_15);
	assert_int_equal(x.v[0].stricter, 1);
	assert_int_equal(x.v[0].lapse, 1);
	assert_int_equal(x.v[0].less, 2);
	assert_int_equal(x.v[0].looser + x.v[0].more + x.v[0].other, 0);
}

static void
t_preview_counts_who_gets_looser(void **state)
{
	struct unit_store *f = *state;
	population(f);
	struct sums x = preview(f,
	    changed("  16-17: {default: private, loosest: public, warn: true}\n",
		"  16-17: {default: public}\n"),
	    4);
	assert_int_equal(x.n, 1);
	assert_int_equal(x.v[0].band, TL_AGE_16_17);
	assert_int_equal(x.v[0].looser, 1);
	assert_int_equal(x.v[0].lapse, 0);
}

static void
t_preview_tells_new_and_lost_settings_and_values(void **state)
{
	struct unit_store *f = *state;
	population(f);
	struct sums x = preview(f, changed("- key: streaks\n", "- key: rewards\n"), 4);
	assert_int_equal(x.n, 6); /* new and gone, in three bands */
	assert_true(x.v[0].is_new && x.v[5].is_gone);
	assert_int_equal(x.v[0].other, 2);
	assert_int_equal(preview(f, tl_policy_ref(set), 4).n, 0);
}

static void
t_policy_of_settings_is_noted_when_it_changes(void **state)
{
	struct unit_store *f = *state;
	struct tl_settings_policy p = {.version = TL_S("v1"), .seen_at = 1, .body = TL_S("a")};
	struct tl_settings_policy *list = NULL;
	size_t n = 0;
	assert_int_equal(tl_settings_policy_note(f->db, &p), 0);
	p.version = TL_S("v2"); /* another file of the folder */
	assert_int_equal(tl_settings_policy_note(f->db, &p), 0);
	p.body = TL_S("b");
	p.seen_at = 2;
	assert_int_equal(tl_settings_policy_note(f->db, &p), 0);
	p.body = TL_S("a");
	assert_int_equal(tl_settings_policy_note(f->db, &p), 0);
	assert_int_equal(tl_settings_policy_list(f->db, 10, f->arena, &list, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(list[0].seq, 3);
	assert_true(tl_str_is(list[1].body, "b"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    T(t_preview_counts_who_gets_stricter_and_whose_choice_ends),
	    T(t_preview_counts_who_gets_looser),
	    T(t_preview_tells_new_and_lost_settings_and_values),
	    T(t_policy_of_settings_is_noted_when_it_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
