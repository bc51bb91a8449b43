/*
 * A real worker process while rules, policies and banks change: what is new holds from then on, what is refused or
 * cannot be read rings until it is mended, and the last good version judges meanwhile.
 */
#include "again/again.h"
#include "store/alarms.h"
#include "store/jobs.h"
#include "store/rejudge.h"

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

static int64_t
rules_mark(struct fixture *f)
{
	int64_t mark = 0;
	assert_int_equal(tl_rejudge_rules_mark(f->s.db, &mark), 0);
	return mark;
}

/* The worker goes by rules that name banks otherwise than at `mark`. */
static void
wait_for_rules(struct fixture *f, int64_t mark)
{
	for (int i = 0; i < 6000 && rules_mark(f) == mark; i++)
		(void)usleep(10000);
	assert_int_not_equal(rules_mark(f), mark);
}

/* As the finder does, until the item has the verdict. */
static void
wait_for_verdict(struct fixture *f, struct tl_id id, enum tl_verdict_word word)
{
	const struct tl_item_full *full = NULL;
	for (int64_t end = tl_mono_us() + 15 * TL_US_S; tl_mono_us() < end;
	     (void)usleep(10000)) {
		unit_begin(f->s.db);
		assert_true(tl_again_feed(f->s.db) >= 0);
		unit_commit(f->s.db);
		full = settled(f, id);
		if (full->verdict == word)
			break;
	}
	assert_non_null(full);
	assert_int_equal(full->verdict, word);
}

static void
t_what_matched_is_judged_again_when_a_rule_names_the_bank(void **state)
{
	struct fixture *f = *state;
	copy_policy(f);
	write_rules(f, RULE("review"));
	f->own_policy = true;
	start_worker(f);
	struct tl_id fraud = post(f, "r1", "a demo-phishing-word", NULL);
	struct tl_id plain = post(f, "r2", "good morning", NULL);
	assert_int_equal(settled(f, fraud)->verdict, TL_VERDICT_ALLOW);
	assert_int_equal(settled(f, plain)->verdict, TL_VERDICT_ALLOW);
	int64_t judged = settled(f, plain)->verdict_at, mark = rules_mark(f);
	assert_int_equal(mark, 1); /* the first rules are none that came */
	write_rules(f,
	    RULE("review") "rule fraud\n    policy  terms\n    when"
			   "    text.in_list(\"demo-fraud\")\n    then    withhold\n");
	wait_for_rules(f, mark);
	wait_for_verdict(f, fraud, TL_VERDICT_WITHHOLD);
	const struct tl_item_full *full = settled(f, fraud);
	assert_non_null(memmem(full->reasons.p, full->reasons.n, "judged-again", 12));
	/* a milder rule leaves what was decided as it is; what a person asks for is judged whole, too */
	mark = rules_mark(f);
	write_rules(f, RULE("review"));
	wait_for_rules(f, mark);
	struct tl_rejudge_pass p;
	assert_int_equal(tl_rejudge_next(f->s.db, &p), TL_ENOTFOUND);
	assert_int_equal(settled(f, fraud)->verdict, TL_VERDICT_WITHHOLD);
	assert_int_equal(settled(f, plain)->verdict_at, judged);
	assert_int_equal(stop_worker(f), 0);
}

static struct tl_id
bank_of(struct fixture *f, const char *name)
{
	struct tl_id id;
	assert_int_equal(tl_bank_find(f->s.db, tl_str(name), &id), 0);
	return id;
}

static void
allow(struct fixture *f, const char *bank, struct tl_str pdq)
{
	struct tl_bank b;
	add_entry(f, bank, TL_FORM_PDQ, pdq);
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_get(f->s.db, bank_of(f, bank), f->s.arena, &b), 0);
	b.direction = TL_DIRECTION_ALLOW;
	assert_int_equal(tl_bank_set(f->s.db, &b), 0);
	unit_commit(f->s.db);
}

static void
t_what_an_allow_list_set_aside_is_judged_again_when_it_shrinks(void **state)
{
	struct fixture *f = *state;
	start_worker(f);
	struct tl_media_id id = upload(f, picture(f, "scene00.png"));
	struct tl_id first = post(f, "a1", "look", &id);
	const struct tl_media *m = &settled(f, first)->item.media[0];
	assert_int_equal(stop_worker(f), 0);
	struct tl_str pdq = tl_arena_dup(f->s.arena, tl_bytes(m->pdq, sizeof m->pdq));
	allow(f, "demo-near", pdq);
	add_entry(f, "demo-known", TL_FORM_PDQ, pdq);
	start_worker(f);
	struct tl_id item = post(f, "a2", "look", &id);
	assert_int_equal(settled(f, item)->verdict, TL_VERDICT_ALLOW);
	struct tl_id entry;
	struct tl_rejudge_pass p;
	assert_int_equal(
	    tl_bank_entry_of(f->s.db, bank_of(f, "demo-near"), TL_FORM_PDQ, pdq, &entry), 0);
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_entry_remove(f->s.db, bank_of(f, "demo-near"), entry), 0);
	unit_commit(f->s.db);
	int64_t left = 0;
	assert_int_equal(tl_rejudge_next(f->s.db, &p), 0);
	assert_int_equal(p.why, TL_REJUDGE_ENTRIES);
	assert_int_equal(tl_rejudge_left(f->s.db, &p, &left), 0);
	assert_int_equal(left, 1);
	wait_for_verdict(f, item, TL_VERDICT_BLOCK);
}

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
	int64_t mark = rules_mark(f);
	write_rules(f, RULE("withhold, case(\"general\", low)"));
	wait_for_rules(f, mark);
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
	    cmocka_unit_test_setup_teardown(
		t_what_matched_is_judged_again_when_a_rule_names_the_bank, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_what_an_allow_list_set_aside_is_judged_again_when_it_shrinks, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(t_rules_change_while_it_runs, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_without_rules_items_wait, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_a_refused_policy_rings_until_it_is_mended, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_banks_that_cannot_be_read_ring_until_they_can, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
