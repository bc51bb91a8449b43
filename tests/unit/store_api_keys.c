/* API keys: made once, found by hash only, revoked, with the scopes that they were given. */
#include "base/arena.h"
#include "store/api_keys.h"
#include "sys/crypto.h"

#include "unit.h"

#include <unistd.h>

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
	(void)state;
	char dir[] = "/tmp/tutela-test-XXXXXX", secret[TL_API_KEY_TEXT];
	uint8_t hash[TL_API_KEY_HASH];
	struct tl_store *store;
	struct tl_db *db;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(tl_crypto_init(), 0);
	assert_int_equal(tl_store_create(dir), 0);
	assert_int_equal(tl_store_open(dir, &store), 0);
	assert_int_equal(tl_db_open(store, &db), 0);
	struct tl_arena *a = tl_arena_create(1 << 20);
	struct tl_api_key k = {.platform = 3, .label = TL_S("tests"), .rate_per_s = 9}, got;
	assert_int_equal(tl_scopes_parse(TL_S("ingest  read"), &k.scopes), 0);
	assert_int_equal(tl_db_begin(db), 0);
	assert_int_equal(tl_api_key_create(db, &k, a, secret), 0);
	assert_int_equal(tl_db_commit(db, TL_SYNC_FULL), 0);
	assert_int_equal(strncmp(secret, "tlk_test_", 9), 0);
	assert_int_equal(tl_api_key_hash(tl_str(secret), hash), 0);
	assert_int_equal(tl_api_key_find(db, hash, a, &got), 0);
	assert_true(tl_id_eq(got.id, k.id));
	assert_int_equal(got.scopes, 1U << TL_SCOPE_INGEST | 1U << TL_SCOPE_READ);
	assert_int_equal(got.rate_per_s, 9);
	assert_int_equal(got.revoked_at, 0);
	hash[0] ^= 1;
	assert_int_equal(tl_api_key_find(db, hash, a, &got), TL_ENOTFOUND);
	assert_int_equal(tl_api_key_hash(TL_S("tlk_live_short"), hash), TL_EAUTH);
	assert_int_equal(tl_db_begin(db), 0);
	assert_int_equal(tl_api_key_revoke(db, k.id), 0);
	assert_int_equal(tl_api_key_revoke(db, k.id), TL_ENOTFOUND);
	assert_int_equal(tl_db_commit(db, TL_SYNC_FULL), 0);
	int n = 0;
	assert_int_equal(tl_api_key_list(db, a, count, &n), 0);
	assert_int_equal(n, 1);
	tl_db_close(db);
	tl_store_close(store);
	tl_arena_destroy(a);
	unit_remove_tree(dir);
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
	    cmocka_unit_test(t_key_is_found_by_its_secret),
	    cmocka_unit_test(t_unknown_scope_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
