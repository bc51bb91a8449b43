/*
 * A real worker process while rules, policies and banks change: what is new holds from then on, what is refused or
 * cannot be read rings until it is mended, and the last good version judges meanwhile.
 */
#include "store/alarms.h"
#include "store/jobs.h"

#include "unit_worker.h"

#include <sqlite3.h>

static void
set_share(struct fixture *f, const char *bank, double share)
{
	struct tl_bank b;
	struct tl_id id;
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_find(f->s.db, tl_str(bank), &id), 0);
	assert_int_equal(tl_bank_get(f->s.db, id, f->s.arena, &b), 0);
	b.share = share;
	assert_int_equal(tl_bank_set(f->s.db, &b), 0);
	unit_commit(f->s.db);
}

/* A worker that starts reads the banks as they are now. */
static void
judge_as_found(struct fixture *f, struct tl_id item)
{
	struct tl_jobs_depth depth = {.waiting = 1};
	unit_begin(f->s.db);
	assert_int_equal(tl_job_found(f->s.db, f->s.platform, item), 0);
	unit_commit(f->s.db);
	start_worker(f);
	for (int64_t end = tl_mono_us() + 10 * TL_US_S; tl_mono_us() < end;
	     (void)usleep(5000)) {
		assert_int_equal(tl_jobs_depth(f->s.db, &depth), 0);
		if (depth.waiting + depth.leased == 0)
			break;
	}
	assert_int_equal(depth.waiting + depth.leased, 0);
	assert_int_equal(stop_worker(f), 0);
}

static void
t_a_match_that_weighs_more_is_judged_again(void **state)
{
	struct fixture *f = *state;
	start_worker(f);
	struct tl_media_id id = upload(f, picture(f, "scene00.png"));
	struct tl_id item = post(f, "w1", "look", &id);
	const struct tl_item_full *full = settled(f, item);
	assert_int_equal(full->verdict, TL_VERDICT_ALLOW);
	assert_int_equal(stop_worker(f), 0);
	const struct tl_media *m = &full->item.media[0];
	add_entry(f, "demo-known", TL_FORM_PDQ,
	    tl_arena_dup(f->s.arena, tl_bytes(m->pdq, sizeof m->pdq)));
	set_share(f, "demo-known", 1e-12);
	judge_as_found(f, item);
	assert_int_equal(settled(f, item)->verdict, TL_VERDICT_ALLOW);
	set_share(f, "demo-known", 1);
	judge_as_found(f, item);
	assert_int_equal(settled(f, item)->verdict, TL_VERDICT_BLOCK);
}

/* The alarm opens or is over: as the worker finds it. */
static void
wait_for_alarm(struct fixture *f, enum tl_alarm_kind kind, int64_t open)
{
	for (int i = 0; i < 6000 && rings(f, kind) != open; i++)
		(void)usleep(10000);
	assert_int_equal(rings(f, kind), open);
}

static void
write_rules(struct fixture *f, const char *text)
{
	char path[200];
	(void)snprintf(path, sizeof path, "%s/policy/rules/test.rules", f->s.dir);
	assert_int_equal(tl_file_write_atomic(path, 0600, tl_str(text)), 0);
}

static void
copy_policy(struct fixture *f)
{
	static const char *const files[] = {
	    "policies.yaml", "actions.yaml", "queues.yaml", "texts/en.yaml"};
	char path[300];
	(void)snprintf(path, sizeof path, "%s/policy/texts", f->s.dir);
	assert_int_equal(tl_mkdirs(path), 0);
	(void)snprintf(path, sizeof path, "%s/policy/rules", f->s.dir);
	assert_int_equal(tl_mkdirs(path), 0);
	for (size_t i = 0; i < TL_COUNT(files); i++) {
		TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
		(void)snprintf(path, sizeof path, TEST_DATA "/../../policy/%s", files[i]);
		assert_int_equal(tl_file_read(path, 1 << 20, &b), 0);
		(void)snprintf(path, sizeof path, "%s/policy/%s", f->s.dir, files[i]);
		assert_int_equal(tl_file_write_atomic(path, 0600, tl_buf_str(&b)), 0);
	}
}

#define RULE(then)                                                                             \
	"rule morning\n    policy  terms\n    when    text.in_list(\"demo-hate\")\n    then  " \
	"  " then "\n"

static void
t_rules_change_while_it_runs(void **state)
{
	struct fixture *f = *state;
	copy_policy(f);
	write_rules(f, RULE("review"));
	f->own_policy = true;
	start_worker(f);
	struct tl_id id = post(f, "h1", "a demo hate phrase", NULL);
	assert_int_equal(settled(f, id)->verdict, TL_VERDICT_REVIEW);
	write_rules(f, RULE("withhold, case(\"general\", low)"));
	(void)usleep(1500000);
	id = post(f, "h2", "a demo hate phrase", NULL);
	assert_int_equal(settled(f, id)->verdict, TL_VERDICT_WITHHOLD);
	assert_int_equal(open_alarms(f), 0);
	write_rules(f, RULE("no_such_action"));
	wait_for_alarm(f, TL_AL_RULES_REFUSED, 1);
	id = post(f, "h3", "a demo hate phrase", NULL);
	assert_int_equal(settled(f, id)->verdict, TL_VERDICT_WITHHOLD);
	write_rules(f, RULE("review"));
	wait_for_alarm(f, TL_AL_RULES_REFUSED, 0);
	assert_int_equal(open_alarms(f), 0);
}

static void
t_a_refused_policy_rings_until_it_is_mended(void **state)
{
	struct fixture *f = *state;
	TL_CLEANUP(tl_buf_fini) struct tl_buf good = {0};
	char path[200];
	copy_policy(f);
	write_rules(f, RULE("review"));
	f->own_policy = true;
	(void)snprintf(path, sizeof path, "%s/policy/queues.yaml", f->s.dir);
	assert_int_equal(tl_file_read(path, 1 << 20, &good), 0);
	start_worker(f);
	struct tl_id id = post(f, "q1", "a demo hate phrase", NULL);
	assert_int_equal(settled(f, id)->verdict, TL_VERDICT_REVIEW);
	assert_int_equal(open_alarms(f), 0);
	assert_int_equal(tl_file_write_atomic(path, 0600, TL_S("queues: [\n")), 0);
	wait_for_alarm(f, TL_AL_POLICY_REFUSED, 1);
	id = post(f, "q2", "a demo hate phrase", NULL); /* the last good version stays */
	assert_int_equal(settled(f, id)->verdict, TL_VERDICT_REVIEW);
	assert_int_equal(tl_file_write_atomic(path, 0600, tl_buf_str(&good)), 0);
	wait_for_alarm(f, TL_AL_POLICY_REFUSED, 0);
}

static void
store_exec(struct fixture *f, const char *sql)
{
	char path[120];
	sqlite3 *h = NULL;
	(void)snprintf(path, sizeof path, "%s/store.db", f->s.dir);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	(void)sqlite3_busy_timeout(h, 20000);
	if (sqlite3_exec(h, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(h));
	(void)sqlite3_close(h);
}

static void
t_banks_that_cannot_be_read_ring_until_they_can(void **state)
{
	struct fixture *f = *state;
	start_worker(f);
	(void)settled(f, post(f, "k1", "good morning", NULL));
	store_exec(f, "ALTER TABLE bank_entries RENAME TO away;"
		      " UPDATE banks SET changed = changed + 1");
	wait_for_alarm(f, TL_AL_BANKS_STALE, 1);
	struct tl_id id = post(f, "k2", "good morning", NULL); /* with the banks as they were */
	assert_int_equal(settled(f, id)->verdict, TL_VERDICT_ALLOW);
	store_exec(f, "ALTER TABLE away RENAME TO bank_entries");
	wait_for_alarm(f, TL_AL_BANKS_STALE, 0);
}

static void
t_without_rules_items_wait(void **state)
{
	struct fixture *f = *state;
	copy_policy(f);
	write_rules(f, RULE("no_such_action"));
	f->own_policy = true;
	start_worker(f);
	struct tl_id id = post(f, "w1", "a demo hate phrase", NULL);
	wait_for_alarm(f, TL_AL_RULES_REFUSED, 1);
	int err = 0;
	json_t *j = ask(f, (struct tl_ask){.kind = TL_ASK_SCAN, .item = id}, -1, &err);
	assert_null(j);
	assert_int_equal(err, TL_EAGAIN);
	struct tl_item_full *full = TL_NEW(f->s.arena, struct tl_item_full);
	assert_int_equal(tl_item_get(f->s.db, f->s.platform, id, f->s.arena, full), 0);
	assert_int_equal(full->item.state, TL_ITEM_PENDING);
	write_rules(f, RULE("review"));
	assert_int_equal(settled(f, id)->verdict, TL_VERDICT_REVIEW);
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--worker") == 0)
		return be_worker(argv[2], argv[3]);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		t_a_match_that_weighs_more_is_judged_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_rules_change_while_it_runs, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_without_rules_items_wait, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_a_refused_policy_rings_until_it_is_mended, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_banks_that_cannot_be_read_ring_until_they_can, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
