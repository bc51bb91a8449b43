/* Configuration: defaults, file, --set, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/config.h"
#include "config/yaml.h"
#include "sys/fd.h"

static char dir[64];

static void
write_file(const char *text)
{
	char path[128];
	(void)snprintf(path, sizeof path, "%s/tutela.yaml", dir);
	assert_int_equal(tl_file_write_atomic(path, 0600, tl_str(text)), 0);
}

static int
setup(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof dir, "/tmp/tutela-config-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	char path[128];
	(void)snprintf(path, sizeof path, "%s/tutela.yaml", dir);
	(void)unlink(path);
	return rmdir(dir);
}

static void
expect_error(const char *file, const char *set, const char *want)
{
	write_file(file);
	struct tl_config *c = NULL;
	int rc = tl_config_load(dir, &set, set ? 1 : 0, &c);
	assert_true(rc < 0);
	assert_null(c);
	if (!strstr(tl_err_text(), want))
		fail_msg("got \"%s\", wanted \"%s\"", tl_err_text(), want);
}

static void
t_without_a_file_all_defaults_hold(void **state)
{
	(void)state;
	struct tl_config *c TL_CLEANUP(tl_config_destroyp) = NULL;
	assert_int_equal(tl_config_load(dir, NULL, 0, &c), 0);
	assert_string_equal(c->listen, "127.0.0.1:8080");
	assert_int_equal(c->undo_seconds, 8);
	assert_int_equal(c->body_max_bytes, 256 * 1024);
	assert_int_equal(c->webhook_private_allow.n, 0);
	assert_int_equal(c->log_level, 1);
}

static void
t_set_wins_over_file_and_file_over_default(void **state)
{
	(void)state;
	write_file("undo_seconds: 3\nclaim_minutes: 4\n"
		   "webhook_private_allow: [127.0.0.0/8, 10.0.0.0/8]\nlog_level: warn\n");
	const char *sets[] = {"undo_seconds=0", "listen=127.0.0.1:0"};
	struct tl_config *c TL_CLEANUP(tl_config_destroyp) = NULL;
	assert_int_equal(tl_config_load(dir, sets, 2, &c), 0);
	assert_int_equal(c->undo_seconds, 0);
	assert_int_equal(c->claim_minutes, 4);
	assert_string_equal(c->listen, "127.0.0.1:0");
	assert_int_equal(c->webhook_private_allow.n, 2);
	assert_string_equal(c->webhook_private_allow.v[1], "10.0.0.0/8");
	assert_int_equal(c->log_level, 2);
}

static void
t_lists_are_set_with_commas(void **state)
{
	(void)state;
	write_file("");
	const char *sets[] = {"webhook_private_allow=127.0.0.0/8,::1/128"};
	struct tl_config *c TL_CLEANUP(tl_config_destroyp) = NULL;
	assert_int_equal(tl_config_load(dir, sets, 1, &c), 0);
	assert_int_equal(c->webhook_private_allow.n, 2);
	assert_string_equal(c->webhook_private_allow.v[1], "::1/128");
}

//= law:dsa-20.1
static void
t_wrong_values_are_refused_with_their_place(void **state)
{
	(void)state;
	expect_error("wrokers: 2\n", NULL,
	    "tutela.yaml:1:1: unknown key \"wrokers\"; did you mean \"workers\"?");
	expect_error(
	    "workers: 0\n", NULL, "tutela.yaml:1:10: workers: must be between 1 and 64");
	expect_error("", "workers=many", "--set workers: expected a whole number");
	expect_error("complaint_days: 179\n", NULL, "must be between 180 and 3650");
	expect_error("", "worker=2", "did you mean \"workers\"?");
	expect_error("", "workers", "expected key=value");
	expect_error("listen: nowhere\n", NULL, "listen: \"nowhere\": expected host:port");
	expect_error("public_url: ftp://x.example\n", NULL, "public_url");
	expect_error(
	    "listen: 127.0.0.1:9\nadmin_listen: 127.0.0.1:9\n", NULL, "the same address");
	expect_error("- a\n", NULL, "key: value");
}

static void
t_printed_yaml_reads_back_the_same(void **state)
{
	(void)state;
	write_file("service_name: \"A: b # c\"\nwebhook_private_allow: [10.0.0.0/8]\n");
	struct tl_config *a TL_CLEANUP(tl_config_destroyp) = NULL;
	assert_int_equal(tl_config_load(dir, NULL, 0, &a), 0);
	struct tl_buf first TL_CLEANUP(tl_buf_fini) = {0};
	tl_config_yaml(a, &first);
	write_file(tl_buf_z(&first));
	struct tl_config *b TL_CLEANUP(tl_config_destroyp) = NULL;
	assert_int_equal(tl_config_load(dir, NULL, 0, &b), 0);
	struct tl_buf second TL_CLEANUP(tl_buf_fini) = {0};
	tl_config_yaml(b, &second);
	assert_string_equal(tl_buf_z(&first), tl_buf_z(&second));
}

static void
t_addresses_are_split(void **state)
{
	(void)state;
	char host[64];
	unsigned port = 0;
	assert_int_equal(tl_config_address("[::1]:80", host, sizeof host, &port), 0);
	assert_string_equal(host, "::1");
	assert_int_equal(port, 80);
	assert_true(tl_config_address("127.0.0.1", host, sizeof host, &port) < 0);
	assert_true(tl_config_address("127.0.0.1:65536", host, sizeof host, &port) < 0);
	assert_true(tl_config_address(":80", host, sizeof host, &port) < 0);
}

static void
t_every_key_has_a_sentence(void **state)
{
	(void)state;
	size_t n;
	const struct tl_config_key *k = tl_config_keys(&n);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(k[i].help);
		assert_true(len > 10 && k[i].help[len - 1] == '.');
		assert_true(k[i].lo <= k[i].hi);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		t_without_a_file_all_defaults_hold, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_set_wins_over_file_and_file_over_default, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_lists_are_set_with_commas, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_wrong_values_are_refused_with_their_place, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_printed_yaml_reads_back_the_same, setup, teardown),
	    cmocka_unit_test(t_addresses_are_split),
	    cmocka_unit_test(t_every_key_has_a_sentence),
	};
	return cmocka_run_group_tests_name("config_config", tests, NULL, NULL);
}
