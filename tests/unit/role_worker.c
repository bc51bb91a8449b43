/*
 * A real worker process on a real store with real decoders: items go in as intake would put them, verdicts and
 * their consequences come out; questions are answered; a killed worker loses nothing.
 */
#include "role/worker_int.h"
#include "store/account_verdicts.h"
#include "store/actions.h"
#include "store/alarms.h"
#include "store/cases.h"
#include "store/contact_log.h"
#include "store/decisions.h"
#include "store/jobs.h"

#include "unit_worker.h"

static bool
has_case(struct fixture *f, struct tl_id item, const char *queue)
{
	struct tl_case c;
	if (tl_case_of(f->s.db, f->s.arena, f->s.platform, TL_SUBJECT_ITEM, item, &c) < 0)
		return false;
	return !queue || tl_str_is(c.queue, queue);
}

static void
t_texts_get_their_verdict_and_what_follows(void **state)
{
	struct fixture *f = *state;
	start_worker(f);
	struct tl_id clean = post(f, "i1", "good morning", NULL);
	struct tl_id hate = post(f, "i2", "a Demo  H\xd0\xb0te phrase here", NULL);
	struct tl_id fraud = post(f, "i3", "click DEMO-phishing-word", NULL);
	const struct tl_item_full *full = settled(f, clean);
	assert_int_equal(full->verdict, TL_VERDICT_ALLOW);
	assert_int_equal(full->item.state, TL_ITEM_SCANNED);
	assert_false(has_case(f, clean, NULL));
	full = settled(f, hate);
	assert_int_equal(full->verdict, TL_VERDICT_REVIEW);
	assert_true(has_case(f, hate, "conduct"));
	const struct tl_signal *signals;
	size_t n;
	assert_int_equal(
	    tl_item_signals_get(f->s.db, f->s.platform, hate, f->s.arena, &signals, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(signals[0].span_from, 2);
	full = settled(f, fraud);
	assert_int_equal(full->verdict, TL_VERDICT_BLOCK);
	struct tl_jobs_depth depth;
	assert_int_equal(tl_jobs_depth(f->s.db, &depth), 0);
	assert_int_equal(depth.waiting + depth.leased + depth.buried, 0);
	assert_int_equal(stop_worker(f), 0);
}

static void
t_pictures_are_decoded_hashed_and_previewed(void **state)
{
	struct fixture *f = *state;
	start_worker(f);
	struct tl_media_id id = upload(f, picture(f, "scene00.png"));
	struct tl_id item = post(f, "p1", "look", &id);
	const struct tl_item_full *full = settled(f, item);
	assert_int_equal(full->verdict, TL_VERDICT_ALLOW);
	const struct tl_media *m = &full->item.media[0];
	assert_int_equal(m->state, TL_MEDIA_DECODED);
	assert_true(m->has_pdq && m->pdq_quality >= 50);
	struct tl_buf b = {0};
	assert_int_equal(tl_blob_read_derived(f->s.store, &id, "tiny", &b), 0);
	assert_int_equal(tl_blob_read_derived(f->s.store, &id, "preview", &b), 0);
	tl_buf_fini(&b);
	/* now the same picture is known, and comes again in another coding */
	struct tl_str pdq = tl_arena_dup(f->s.arena, tl_bytes(m->pdq, sizeof m->pdq));
	add_entry(f, "demo-known", TL_FORM_PDQ, pdq);
	(void)send(f->wake[1], "w", 1, MSG_DONTWAIT);
	struct tl_media_id again = upload(f, picture(f, "scene00-q95.jpg"));
	struct tl_id second;
	int64_t end = tl_mono_us() + 10 * TL_US_S;
	do { /* until the worker has read the bank */
		char ext[TL_ID_TEXT];
		tl_id_text(ext, tl_id_new());
		second = post(f, ext, "look again", &again);
		full = settled(f, second);
	} while (full->verdict != TL_VERDICT_BLOCK && tl_mono_us() < end);
	assert_int_equal(full->verdict, TL_VERDICT_BLOCK);
	assert_true(has_case(f, second, "child-safety"));
}

static void
t_what_an_item_given_back_had_decoded_is_kept(void **state)
{
	struct fixture *f = *state;
	struct tl_media_id id[] = {upload(f, picture(f, "scene00.png")),
	    upload_as(f, "video/quicktime", test_file(f, "film/mjpeg.mov")),
	    upload_as(f, "video/mp2t", test_file(f, "film/mpeg2.ts")),
	    upload_as(f, "video/webm", test_file(f, "film/vp9-opus.webm"))};
	struct tl_id item = post_all(f, "v1", "look", id, TL_COUNT(id));
	struct tl_item_full *full = TL_NEW(f->s.arena, struct tl_item_full);
	struct tl_buf b = {0};
	int rc = -1;
	assert_non_null(full);
	start_worker(f);
	for (int i = 0; i < 5000 && rc < 0; i++) {
		rc = tl_blob_read_derived(f->s.store, &id[0], "preview", &b);
		(void)usleep(2000);
	}
	assert_int_equal(rc, 0);
	tl_buf_fini(&b);
	assert_int_equal(stop_worker(f), 0);
	assert_int_equal(tl_item_get(f->s.db, f->s.platform, item, f->s.arena, full), 0);
	assert_int_equal(full->item.media[0].state, TL_MEDIA_DECODED);
}

static void
t_what_cannot_be_decoded_waits_for_a_person(void **state)
{
	struct fixture *f = *state;
	start_worker(f);
	struct tl_str whole = picture(f, "scene00.png");
	struct tl_media_id cut = upload(f, tl_bytes(whole.p, whole.n / 2));
	struct tl_media_id junk = upload(f, TL_S("this is no picture"));
	struct tl_id a = post(f, "u1", "cut", &cut), b = post(f, "u2", "junk", &junk);
	const struct tl_item_full *full = settled(f, a);
	assert_int_equal(full->item.state, TL_ITEM_UNSCANNABLE);
	assert_int_equal(full->verdict, TL_VERDICT_WITHHOLD);
	assert_true(full->item.media[0].reason.n > 0);
	assert_true(has_case(f, a, NULL));
	full = settled(f, b);
	assert_int_equal(full->item.state, TL_ITEM_UNSCANNABLE);
	assert_true(has_case(f, b, NULL));
	struct tl_id after = post(f, "u3", "good morning", NULL);
	assert_int_equal(settled(f, after)->verdict, TL_VERDICT_ALLOW);
}

static void
t_questions_are_answered(void **state)
{
	struct fixture *f = *state;
	int err = 0;
	start_worker(f);
	struct tl_id item = post(f, "q1", "a demo hate phrase", NULL);
	json_t *j = ask(f, (struct tl_ask){.kind = TL_ASK_SCAN, .item = item}, -1, &err);
	assert_int_equal(err, 0);
	assert_string_equal(json_string_value(json_object_get(j, "verdict")), "review");
	assert_int_equal(json_array_size(json_object_get(j, "reasons")), 1);
	json_decref(j);

	j = ask(f,
	    (struct tl_ask){.kind = TL_ASK_MATCH,
		.json = TL_S("{\"text\":{\"body\":\"x demo-phishing-word\"},"
			     "\"hashes\":[{\"kind\":\"md5\",\"value\":"
			     "\"00112233445566778899aabbccddeeff\"}]}")},
	    -1, &err);
	assert_int_equal(err, 0);
	json_t *matches = json_object_get(j, "matches");
	assert_int_equal(json_array_size(matches), 1);
	json_t *m = json_array_get(matches, 0);
	assert_string_equal(json_string_value(json_object_get(m, "label")), "demo-fraud");
	assert_int_equal(json_integer_value(json_object_get(m, "from")), 2);
	json_decref(j);

	j = ask(f, (struct tl_ask){.kind = TL_ASK_MATCH, .json = TL_S("{\"media\":[\"00\"]}")},
	    -1, &err);
	assert_null(j);
	assert_int_equal(err, TL_EFIELD);
}

static void
t_an_answer_comes_when_another_worker_has_the_item(void **state)
{
	struct fixture *f = *state;
	struct tl_id item = post(f, "o1", "good morning", NULL);
	struct tl_id other = tl_id_new();
	struct tl_job job;
	size_t n = 0;
	int err = 0;
	unit_begin(f->s.db);
	assert_int_equal(tl_jobs_lease(f->s.db, other, 10 * TL_US_S, &job, 1, &n), 0);
	assert_int_equal(n, 1);
	unit_commit(f->s.db);
	start_worker(f);
	ask_send(f, (struct tl_ask){.kind = TL_ASK_SCAN, .item = item}, -1);
	(void)usleep(400000);
	struct tl_item it = {.platform = f->s.platform, .id = item, .live = true};
	struct tl_verdict verdict = {.word = TL_VERDICT_ALLOW};
	unit_begin(f->s.db);
	assert_int_equal(tl_job_done(f->s.db, &job, other), 0);
	assert_int_equal(
	    tl_item_verdict_put(f->s.db, &it, TL_ITEM_SCANNED, &verdict, TL_S(""), false), 0);
	unit_commit(f->s.db);
	json_t *j = ask_receive(f, &err);
	assert_int_equal(err, 0);
	assert_string_equal(json_string_value(json_object_get(j, "verdict")), "allow");
	json_decref(j);
}

static void
t_a_picture_can_be_matched_without_storing_it(void **state)
{
	struct fixture *f = *state;
	int err = 0, fd = -1;
	struct tl_str bytes = picture(f, "scene00.png");
	uint8_t sha[32];
	tl_sha256(sha, bytes);
	add_entry(f, "demo-known-exact", TL_FORM_SHA256, tl_bytes(sha, sizeof sha));
	start_worker(f);
	assert_int_equal(tl_memfd_sealed("picture", bytes, &fd), 0);
	json_t *j = ask(f, (struct tl_ask){.kind = TL_ASK_MATCH, .json = TL_S("{}")}, fd, &err);
	tl_fd_close(&fd);
	assert_int_equal(err, 0);
	json_t *matches = json_object_get(j, "matches");
	assert_int_equal(json_array_size(matches), 1);
	json_t *m = json_array_get(matches, 0);
	assert_string_equal(json_string_value(json_object_get(m, "detector")), "digest");
	json_decref(j);
}

static void
t_a_killed_worker_loses_nothing(void **state)
{
	struct fixture *f = *state;
	enum { N = 200 };
	struct tl_id ids[N];
	char ext[16];
	for (size_t i = 0; i < N; i++) {
		(void)snprintf(ext, sizeof ext, "k%zu", i);
		ids[i] = post(f, ext, i % 10 ? "good morning" : "a demo hate phrase", NULL);
	}
	start_worker(f);
	(void)usleep(60000);
	tl_child_end(&f->child);
	start_worker(f);
	for (size_t i = 0; i < N; i++) {
		const struct tl_item_full *full = settled(f, ids[i]);
		assert_int_equal(full->verdict, i % 10 ? TL_VERDICT_ALLOW : TL_VERDICT_REVIEW);
	}
}

/* Contacts ---------------------------------------------------------------------------------------------------------- */

static void
describe(struct fixture *f, const char *ext, enum tl_age_band band, struct tl_id *ret)
{
	struct tl_account a = {
	    .platform = f->s.platform, .ext_id = tl_str(ext), .age_band = band, .live = true};
	unit_begin(f->s.db);
	assert_int_equal(tl_account_put(f->s.db, &a), 0);
	unit_commit(f->s.db);
	*ret = a.id;
}

/* `from` approaches the minors m0, m1 … of which each is refused by the gate. */
static void
approach(struct fixture *f, struct tl_id from, int first, int n)
{
	for (int i = first; i < first + n; i++) {
		char ext[16];
		(void)snprintf(ext, sizeof ext, "m%d", i);
		struct tl_contact_event e = {.platform = f->s.platform,
		    .at = tl_now_us(),
		    .from = from,
		    .kind = TL_CONTACT_MESSAGE,
		    .outcome = TL_RESULT_DENY,
		    .to_band = TL_AGE_13_15};
		describe(f, ext, TL_AGE_13_15, &e.to);
		unit_begin(f->s.db);
		assert_int_equal(tl_contact_log_add(f->s.db, &e), 0);
		unit_commit(f->s.db);
	}
}

static struct tl_account_verdict
verdict_on(struct fixture *f, struct tl_id account)
{
	struct tl_account_verdict v = {0};
	int rc = TL_ENOTFOUND;
	for (int i = 0; i < 3000 && rc == TL_ENOTFOUND; i++) {
		rc = tl_account_verdict_get(f->s.db, f->s.platform, account, f->s.arena, &v);
		if (rc == TL_ENOTFOUND)
			(void)usleep(10000);
	}
	assert_int_equal(rc, 0);
	return v;
}

/* A stranger of full age, five minors, none of whom let it in; and a classmate who does the same. */
static void
t_accounts_are_judged_by_their_contacts(void **state)
{
	struct fixture *f = *state;
	struct tl_id adult, classmate;
	struct tl_case c;
	struct tl_action_row *actions;
	size_t n = 0;
	describe(f, "adult", TL_AGE_18, &adult);
	describe(f, "classmate", TL_AGE_16_17, &classmate);
	approach(f, classmate, 0, 7);
	approach(f, adult, 0, 5);
	start_worker(f);
	struct tl_account_verdict v = verdict_on(f, adult);
	assert_int_equal(v.word, TL_VERDICT_REVIEW);
	assert_true(tl_str_is(v.rules, " stranger-reaches-many-minors "));
	assert_non_null(strstr((const char *)v.reasons.p,
	    "number of minors approached within \\\"24h\\\" is 5, at least 5"));
	assert_int_equal(
	    tl_case_of(f->s.db, f->s.arena, f->s.platform, TL_SUBJECT_ACCOUNT, adult, &c), 0);
	assert_true(tl_str_is(c.queue, "child-safety") && tl_str_is(c.policy, "csae.grooming"));
	assert_int_equal(tl_action_of_subject(f->s.db, f->s.platform, TL_SUBJECT_ACCOUNT, adult,
			     f->s.arena, &actions, &n),
	    0);
	assert_int_equal(n, 1);
	assert_true(tl_str_is(actions[0].name, "limit_contact"));
	assert_int_equal(
	    tl_account_verdict_get(f->s.db, f->s.platform, classmate, f->s.arena, &v),
	    TL_ENOTFOUND);
	assert_int_equal(stop_worker(f), 0);
}

/* Leases the item as workers would that die over it. */
static void
die_over(struct fixture *f, int times)
{
	for (int i = 0; i < times; i++) {
		struct tl_job jobs[8];
		size_t n = 0;
		unit_begin(f->s.db);
		assert_int_equal(tl_jobs_lease(f->s.db, tl_id_new(), 1, jobs, 8, &n), 0);
		unit_commit(f->s.db);
		assert_true(n > 0);
		(void)usleep(2000);
	}
}

static void
t_an_item_that_kills_workers_is_buried_alone(void **state)
{
	struct fixture *f = *state;
	struct tl_id poison = post(f, "b1", "good morning", NULL);
	die_over(f, 1);
	struct tl_id other = post(f, "b2", "good morning", NULL);
	die_over(f, 2);
	start_worker(f);
	const struct tl_item_full *full = settled(f, poison);
	assert_int_equal(full->item.state, TL_ITEM_UNSCANNABLE);
	assert_int_equal(full->verdict, TL_VERDICT_WITHHOLD);
	assert_true(has_case(f, poison, "unscannable"));
	/* It was not opened again, and yet what is asked of the platform names it. */
	struct tl_decision *decisions = NULL;
	size_t n = 0;
	assert_int_equal(tl_decision_of_subject(f->s.db, f->s.platform, TL_SUBJECT_ITEM, poison,
			     10, f->s.arena, &decisions, &n),
	    0);
	assert_int_equal(n, 1);
	assert_true(tl_str_is(decisions[0].item_ext, "b1"));
	assert_true(decisions[0].live);
	assert_true(tl_id_eq(decisions[0].account, full->item.account));
	json_t *reasons = NULL;
	assert_int_equal(tl_json_parse(full->reasons, &reasons), 0);
	const json_t *rule = json_object_get(json_array_get(reasons, 0), "rule");
	assert_string_equal(json_string_value(rule), "unscannable");
	json_decref(reasons);
	assert_int_equal(settled(f, other)->verdict, TL_VERDICT_ALLOW);
	struct tl_jobs_depth depth;
	assert_int_equal(tl_jobs_depth(f->s.db, &depth), 0);
	assert_int_equal(depth.buried, 1);
	assert_int_equal(rings(f, TL_AL_JOB_BURIED), 1);
	/* scanned again when the cause is gone */
	unit_begin(f->s.db);
	assert_int_equal(tl_job_add(f->s.db, f->s.platform, poison, "rescan", tl_now_us()), 0);
	unit_commit(f->s.db);
	for (int i = 0; i < 500 && full->verdict != TL_VERDICT_ALLOW; i++) {
		(void)usleep(10000);
		full = settled(f, poison);
	}
	assert_int_equal(full->verdict, TL_VERDICT_ALLOW);
	assert_int_equal(full->item.state, TL_ITEM_SCANNED);
	assert_int_equal(open_alarms(f), 0);
}

static void
t_who_asks_first_is_scanned_first(void **state)
{
	(void)state;
	static struct scan first, second, plain[2];
	struct ask_wait someone;
	struct scan_list l = {0};
	first.asks = second.asks = &someone;
	scan_push(&l, &plain[0]);
	scan_push_asked(&l, &first);
	scan_push(&l, &plain[1]);
	scan_push_asked(&l, &second);
	assert_int_equal(l.n, 4);
	assert_ptr_equal(scan_pop(&l), &first);
	assert_ptr_equal(scan_pop(&l), &second);
	assert_ptr_equal(scan_pop(&l), &plain[0]);
	assert_ptr_equal(l.tail, &plain[1]);
	scan_push_asked(&l, &first);
	scan_remove(&l, &plain[1]);
	assert_ptr_equal(l.tail, &first);
	scan_push_asked(&l, &second);
	assert_ptr_equal(l.tail, &second);
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--worker") == 0)
		return be_worker(argv[2], argv[3]);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_who_asks_first_is_scanned_first),
	    cmocka_unit_test_setup_teardown(
		t_texts_get_their_verdict_and_what_follows, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_pictures_are_decoded_hashed_and_previewed, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_what_an_item_given_back_had_decoded_is_kept, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_what_cannot_be_decoded_waits_for_a_person, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_questions_are_answered, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_an_answer_comes_when_another_worker_has_the_item, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_a_picture_can_be_matched_without_storing_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_a_killed_worker_loses_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_accounts_are_judged_by_their_contacts, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_an_item_that_kills_workers_is_buried_alone, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
