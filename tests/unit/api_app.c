/* What the routes of a server share: connections come back, policies change whole or not at all. */
#include "api/app.h"
#include "api/words.h"

#include "config/policy.h"
#include "sys/fd.h"

#include "unit.h"

#include <unistd.h>

static const char *const files[] = {
    "policies.yaml", "actions.yaml", "queues.yaml", "texts/en.yaml"};

struct fixture {
	char dir[64];
	struct tl_config *config;
	struct tl_app app;
};

static void
copy(const char *dir, const char *name)
{
	char from[512], to[512];
	struct tl_buf TL_CLEANUP(tl_buf_fini) text = {0};
	(void)snprintf(from, sizeof from, "%s/../../policy/%s", TEST_DATA, name);
	(void)snprintf(to, sizeof to, "%s/policy/%s", dir, name);
	assert_int_equal(tl_file_read(from, 1 << 22, &text), 0);
	assert_int_equal(tl_file_write_atomic(to, 0600, tl_buf_str(&text)), 0);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	char texts[128];
	assert_non_null(f);
	(void)snprintf(f->dir, sizeof f->dir, "/tmp/tutela-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(texts, sizeof texts, "%s/policy/texts", f->dir);
	assert_int_equal(tl_mkdirs(texts), 0);
	for (size_t i = 0; i < TL_COUNT(files); i++)
		copy(f->dir, files[i]);
	assert_int_equal(tl_crypto_init(), 0);
	assert_int_equal(tl_store_create(f->dir), 0);
	assert_int_equal(tl_store_open(f->dir, &f->app.store), 0);
	assert_int_equal(tl_config_load(f->dir, NULL, 0, &f->config), 0);
	f->app.config = f->config;
	assert_int_equal(tl_app_init(&f->app), 0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	tl_app_fini(&f->app);
	tl_config_destroy(f->config);
	tl_store_close(f->app.store);
	unit_remove_tree(f->dir);
	free(f);
	return 0;
}

static void
t_a_connection_that_was_given_back_is_taken_again(void **state)
{
	struct fixture *f = *state;
	struct tl_db *a, *b, *again;
	assert_int_equal(tl_app_db(&f->app, &a), 0);
	assert_int_equal(tl_app_db(&f->app, &b), 0);
	assert_ptr_not_equal(a, b);
	tl_app_db_give(&f->app, a);
	assert_int_equal(tl_app_db(&f->app, &again), 0);
	assert_ptr_equal(a, again);
	tl_app_db_give(&f->app, again);
	tl_app_db_give(&f->app, b);
	tl_app_db_give(&f->app, NULL);
}

static void
overwrite(struct fixture *f, const char *name, const char *text)
{
	char path[128];
	(void)snprintf(path, sizeof path, "%s/policy/%s", f->dir, name);
	assert_int_equal(tl_file_write_atomic(path, 0600, tl_str(text)), 0);
}

static void
t_policies_change_whole_or_not_at_all(void **state)
{
	struct fixture *f = *state;
	const struct tl_policy_set *before = tl_app_policies(&f->app);
	assert_int_equal(tl_app_poll(&f->app), 0);
	overwrite(f, "queues.yaml", "queues: [{name: 5, nonsense}]\n");
	assert_true(tl_app_poll(&f->app) < 0);
	assert_int_equal(tl_app_poll(&f->app), 0); /* said once */
	const struct tl_policy_set *still = tl_app_policies(&f->app);
	assert_ptr_equal(before, still);
	copy(f->dir, "queues.yaml");
	assert_int_equal(tl_app_poll(&f->app), 1);
	const struct tl_policy_set *after = tl_app_policies(&f->app);
	assert_ptr_not_equal(before, after);
	assert_non_null(tl_queue_find(before, TL_S("general"))); /* whoever holds it keeps it */
	tl_policy_unref(before);
	tl_policy_unref(still);
	tl_policy_unref(after);
}

/* More accounts than lists are kept: each still finds its own words and no other's. */
static void
t_word_lists_of_accounts_give_way_to_each_other(void **state)
{
	(void)state;
	struct tl_words *w = tl_words_create();
	struct tl_text_scan *scan = tl_text_scan_create();
	for (int round = 0; round < 2; round++) {
		for (uint8_t i = 0; i < 70; i++) {
			char word[16];
			bool found = false;
			(void)snprintf(word, sizeof word, "demo%u", (unsigned)i);
			const struct tl_str words[] = {tl_str(word)};
			const struct tl_words_key key = {{{i}}, 1};
			assert_int_equal(
			    tl_words_find(w, &key, words, 1, scan, tl_str(word), &found), 0);
			assert_true(found);
			assert_int_equal(
			    tl_words_find(w, &key, words, 1, scan, TL_S("another"), &found), 0);
			assert_false(found);
		}
	}
	bool found = true;
	const struct tl_str words[] = {TL_S("new")};
	const struct tl_words_key changed = {{{69}}, 2};
	assert_int_equal(tl_words_find(w, &changed, words, 1, scan, TL_S("demo69"), &found), 0);
	assert_false(found);
	tl_text_scan_destroy(scan);
	tl_words_destroy(w);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_word_lists_of_accounts_give_way_to_each_other),
	    T(t_a_connection_that_was_given_back_is_taken_again),
	    T(t_policies_change_whole_or_not_at_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
