/* API keys: made once, found by hash only, revoked, with the scopes that they were given. */
#include "store/api_keys.h"

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
	    cmocka_unit_test(t_unknown_scope_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
