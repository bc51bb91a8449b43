/* API keys: made once, found by hash only, revoked, with the scopes that they were given. */
#include "store/api_keys.h"

#include "sys/clock.h"

#include "unit_store.h"

static int
count(void *ctx, const struct tl_api_key *k)
{
	int *n = ctx;
	*n += tl_str_is(k->label, "tests");
	return 0;
}

static void
t_key_is_found_by_its_secret(void **state)
{
	struct unit_store *s = *state;
	char secret[TL_API_KEY_TEXT];
	uint8_t hash[TL_API_KEY_HASH];
	struct tl_api_key k = {.platform = 3, .label = TL_S("tests"), .rate_per_s = 9}, got;
	assert_int_equal(tl_scopes_parse(TL_S("ingest  read"), &k.scopes), 0);
	unit_begin(s->db);
	assert_int_equal(tl_api_key_create(s->db, &k, s->arena, secret), 0);
	unit_commit(s->db);
	assert_int_equal(strncmp(secret, "tlk_test_", 9), 0);
	assert_int_equal(tl_api_key_hash(tl_str(secret), hash), 0);
	assert_int_equal(tl_api_key_find(s->db, hash, s->arena, &got), 0);
	assert_true(tl_id_eq(got.id, k.id));
	assert_int_equal(got.scopes, 1U << TL_SCOPE_INGEST | 1U << TL_SCOPE_READ);
	assert_int_equal(got.rate_per_s, 9);
	assert_int_equal(got.revoked_at, 0);
	hash[0] ^= 1;
	assert_int_equal(tl_api_key_find(s->db, hash, s->arena, &got), TL_ENOTFOUND);
	assert_int_equal(tl_api_key_hash(TL_S("tlk_live_short"), hash), TL_EAUTH);
	unit_begin(s->db);
	assert_int_equal(tl_api_key_revoke(s->db, k.id), 0);
	assert_int_equal(tl_api_key_revoke(s->db, k.id), TL_ENOTFOUND);
	unit_commit(s->db);
	int n = 0;
	assert_int_equal(tl_api_key_list(s->db, s->arena, count, &n), 0);
	assert_int_equal(n, 1);
}

static struct tl_api_key
make(struct unit_store *s, struct tl_api_key k, char secret[TL_API_KEY_TEXT])
{
	k.platform = 3;
	k.scopes = 1U << TL_SCOPE_READ;
	unit_begin(s->db);
	assert_int_equal(tl_api_key_create(s->db, &k, s->arena, secret), 0);
	unit_commit(s->db);
	return k;
}

static void
t_changes_are_named(void **state)
{
	struct unit_store *s = *state;
	char secret[TL_API_KEY_TEXT], changed[TL_KEY_CHANGED_TEXT];
	struct tl_api_key got, k = make(s, (struct tl_api_key){.label = TL_S("a")}, secret);
	k.label = TL_S("b");
	k.rate_per_s = 5;
	k.networks = TL_S("10.0.0.0/8");
	unit_begin(s->db);
	assert_int_equal(tl_api_key_set(s->db, &k, s->arena, changed), 0);
	assert_string_equal(changed, "label rate networks");
	assert_int_equal(tl_api_key_set(s->db, &k, s->arena, changed), 0);
	assert_string_equal(changed, "");
	k.networks = TL_S("10.0.0.1/8");
	assert_int_equal(tl_api_key_set(s->db, &k, s->arena, changed), TL_EFIELD);
	k.networks = TL_S("");
	k.scopes = 0;
	assert_int_equal(tl_api_key_set(s->db, &k, s->arena, changed), TL_EFIELD);
	k.scopes = 1U << TL_SCOPE_READ;
	k.expires_at = 1;
	assert_int_equal(tl_api_key_set(s->db, &k, s->arena, changed), TL_EFIELD);
	k.expires_at = 0;
	assert_int_equal(tl_api_key_revoke(s->db, k.id), 0);
	assert_int_equal(tl_api_key_set(s->db, &k, s->arena, changed), TL_ECONFLICT);
	unit_commit(s->db);
	assert_int_equal(tl_api_key_get(s->db, k.id, s->arena, &got), 0);
	assert_true(tl_str_is(got.networks, "10.0.0.0/8"));
}

static void
t_rotation_overlaps(void **state)
{
	struct unit_store *s = *state;
	char secret[TL_API_KEY_TEXT], second[TL_API_KEY_TEXT];
	struct tl_api_key fresh,
	    old = make(s,
		(struct tl_api_key){
		    .label = TL_S("a"), .rate_per_s = 7, .networks = TL_S("10.0.0.0/8")},
		secret);
	unit_begin(s->db);
	assert_int_equal(
	    tl_api_key_rotate(s->db, old.id, TL_US_HOUR, s->arena, &fresh, second), 0);
	assert_int_equal(tl_api_key_rotate(s->db, old.id, TL_US_HOUR, s->arena, &fresh, second),
	    TL_ECONFLICT);
	unit_commit(s->db);
	assert_string_not_equal(secret, second);
	assert_int_equal(fresh.rate_per_s, 7);
	assert_true(tl_str_is(fresh.networks, "10.0.0.0/8"));
	assert_int_equal(fresh.expires_at, 0);
	assert_int_equal(tl_api_key_get(s->db, old.id, s->arena, &old), 0);
	assert_true(tl_id_eq(old.replaced_by, fresh.id));
	assert_in_range(old.expires_at, tl_now_us(), tl_now_us() + TL_US_HOUR);
	assert_false(tl_api_key_is_unused(&old, tl_now_us()));
	assert_true(tl_api_key_is_unused(&fresh, tl_now_us() + 91 * TL_US_DAY));
	assert_false(tl_api_key_is_unused(&old, tl_now_us() + 91 * TL_US_DAY));
}

static void
t_unknown_scope_is_refused(void **state)
{
	(void)state;
	unsigned s;
	char text[TL_SCOPES_TEXT];
	assert_int_equal(tl_scopes_parse(TL_S("ingest everything"), &s), TL_EFIELD);
	assert_int_equal(
	    tl_scopes_parse(TL_S("ingest match flag accounts confirm events read admin"), &s),
	    0);
	tl_scopes_text(text, s);
	assert_string_equal(text, "ingest match flag accounts confirm events read admin");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		t_key_is_found_by_its_secret, unit_store_setup, unit_store_teardown),
	    cmocka_unit_test_setup_teardown(
		t_changes_are_named, unit_store_setup, unit_store_teardown),
	    cmocka_unit_test_setup_teardown(
		t_rotation_overlaps, unit_store_setup, unit_store_teardown),
	    cmocka_unit_test(t_unknown_scope_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
