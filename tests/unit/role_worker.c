/*
 * A real worker process on a real store with real decoders: items go in as intake would put them, verdicts and
 * their consequences come out; questions are answered; a killed worker loses nothing.
 */
#include "base/json.h"
#include "core/ask.h"
#include "role/role.h"
#include "role/worker_int.h"
#include "store/alarms.h"
#include "store/banks.h"
#include "store/blobs.h"
#include "store/cases.h"
#include "store/decisions.h"
#include "store/items.h"
#include "store/jobs.h"
#include "store/media.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/log.h"
#include "sys/spawn.h"

#include "unit_store.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <unistd.h>

struct fixture {
	struct unit_store s;
	int ask;      /* our end of the request pair */
	int wires[2]; /* the worker's end, our wake-ups */
	int wake[2];
	struct tl_child child;
	bool own_policy; /* in the data folder, instead of the one that we ship */
	uint32_t serial;
};

/* This program again, as the worker: descriptors 3 and 4 are its question socket and its wake-ups. */
static int
be_worker(const char *dir, const char *policy_dir)
{
	const char *const sets[] = {
	    policy_dir, "log_level=error", "scan_lease_seconds=5", "decode_ms=3000"};
	struct tl_config *config = NULL;
	struct tl_wires wires = {
	    .wake = 4, .wake_to = {-1, -1, -1, -1}, .request = {3}, .request_count = 1};
	int rc = tl_crypto_init();
	if (rc == 0)
		rc = tl_config_load(dir, sets, TL_COUNT(sets), &config);
	tl_log_init("worker", TL_LOG_ERROR);
	struct tl_role_args args = {.config = config, .wires = &wires};
	if (rc == 0)
		rc = tl_role_worker(&args);
	if (rc < 0)
		(void)fprintf(stderr, "worker: %s\n", tl_err_text());
	tl_config_destroy(config);
	return rc < 0 ? 1 : 0;
}

static void
start_worker(struct fixture *f)
{
	char exe[400], env[512];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	assert_true(n > 0);
	exe[n] = '\0';
	*strrchr(exe, '/') = '\0';
	(void)snprintf(env, sizeof env, "TUTELA_DECODE=%s/../src/bin/tutela-decode", exe);
	const char *const argv[] = {"t_role_worker", "--worker", f->s.dir,
	    f->own_policy ? "policy_dir=policy" : "policy_dir=" TEST_DATA "/../../policy",
	    NULL};
	const char *const envp[] = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", env, NULL};
	const int fds[] = {f->wires[1], f->wake[0]};
	struct tl_spawn how = {.argv = argv, .envp = envp, .fds = fds, .fd_count = 2};
	assert_int_equal(tl_spawn(&how, &f->child), 0);
}

/* Its exit status after SIGTERM. */
static int
stop_worker(struct fixture *f)
{
	int status = -1;
	(void)kill(f->child.pid, SIGTERM);
	assert_int_equal(tl_child_wait(&f->child, tl_mono_us() + 15 * TL_US_S, &status), 0);
	return status;
}

static void
add_bank(struct fixture *f, const char *name, enum tl_bank_kind kind, const char *policy)
{
	struct tl_bank b = {.name = tl_str(name),
	    .kind = kind,
	    .policy = tl_str(policy),
	    .source = TL_S("test"),
	    .distance = 31,
	    .enabled = true};
	assert_int_equal(tl_bank_create(f->s.db, &b), 0);
}

/* The banks of policy/lists/banks.tsv that the demo rules name. */
static void
add_banks(struct fixture *f)
{
	static const struct {
		const char *name;
		enum tl_bank_kind kind;
	} banks[] = {{"demo-known", TL_BANK_PDQ}, {"demo-near", TL_BANK_PDQ},
	    {"demo-known-exact", TL_BANK_DIGEST}, {"demo-adult", TL_BANK_TEXT},
	    {"demo-bullying", TL_BANK_TEXT}, {"demo-csae", TL_BANK_TEXT},
	    {"demo-discrimination", TL_BANK_TEXT}, {"demo-doxxing", TL_BANK_TEXT},
	    {"demo-fraud", TL_BANK_TEXT}, {"demo-grooming", TL_BANK_TEXT},
	    {"demo-hate", TL_BANK_TEXT}, {"demo-impersonation", TL_BANK_TEXT},
	    {"demo-products", TL_BANK_TEXT}, {"demo-recruiting", TL_BANK_TEXT},
	    {"demo-selfharm", TL_BANK_TEXT}, {"demo-spam", TL_BANK_TEXT},
	    {"demo-terror", TL_BANK_TEXT}, {"demo-violence", TL_BANK_TEXT}};
	for (size_t i = 0; i < TL_COUNT(banks); i++)
		add_bank(f, banks[i].name, banks[i].kind, "terms");
}

static void
add_entry(struct fixture *f, const char *bank, enum tl_entry_form form, struct tl_str value)
{
	struct tl_bank b;
	struct tl_id id;
	struct tl_bank_entry e = {.form = form, .value = value, .enabled = true};
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_find(f->s.db, tl_str(bank), &id), 0);
	assert_int_equal(tl_bank_get(f->s.db, id, f->s.arena, &b), 0);
	assert_int_equal(tl_bank_entry_add(f->s.db, &b, &e), 0);
	unit_commit(f->s.db);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	int request[2];
	assert_non_null(f);
	f->child = TL_CHILD_NONE;
	unit_store_open(&f->s);
	unit_begin(f->s.db);
	add_banks(f);
	unit_commit(f->s.db);
	add_entry(f, "demo-hate", TL_FORM_PHRASE, TL_S("demo hate phrase"));
	add_entry(f, "demo-fraud", TL_FORM_WORD, TL_S("demo-phishing-word"));
	assert_int_equal(tl_socketpair(SOCK_SEQPACKET, request), 0);
	assert_int_equal(tl_socketpair(SOCK_DGRAM, f->wake), 0);
	f->ask = request[0];
	f->wires[1] = request[1];
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	tl_child_end(&f->child);
	unit_store_close(&f->s);
	tl_fd_close(&f->ask);
	tl_fd_close(&f->wires[1]);
	tl_fd_close(&f->wake[0]);
	tl_fd_close(&f->wake[1]);
	free(f);
	return 0;
}

static struct tl_media_id
upload_as(struct fixture *f, const char *mime, struct tl_str bytes)
{
	struct tl_blob_in *in = NULL;
	struct tl_media m = {.bytes = (int64_t)bytes.n, .mime = tl_str(mime)};
	assert_int_equal(tl_blob_create(f->s.store, f->s.platform, &in), 0);
	assert_int_equal(tl_blob_add(in, bytes), 0);
	assert_int_equal(tl_blob_finish(in, &m.id), 0);
	struct tl_digest *d = tl_digest_create();
	tl_digest_add(d, bytes);
	tl_digest_end(d, m.sha256, m.md5);
	unit_begin(f->s.db);
	assert_int_equal(tl_media_add(f->s.db, f->s.platform, &m, tl_now_us() + TL_US_DAY), 0);
	unit_commit(f->s.db);
	return m.id;
}

static struct tl_media_id
upload(struct fixture *f, struct tl_str bytes)
{
	return upload_as(f, "image/png", bytes);
}

static struct tl_id
post_all(struct fixture *f, const char *ext, const char *text, const struct tl_media_id *media,
    size_t n)
{
	struct tl_item it = {.platform = f->s.platform,
	    .ext_id = tl_str(ext),
	    .version = 1,
	    .live = true,
	    .kind = TL_KIND_POST,
	    .account_ext = TL_S("author-1"),
	    .posted_at = tl_now_us(),
	    .received_at = tl_now_us(),
	    .field_count = 1,
	    .media_count = n};
	it.fields[0] = (struct tl_field){TL_S("body"), tl_str(text)};
	for (size_t i = 0; i < n; i++)
		it.media[i].id = media[i];
	uint8_t print[TL_PRINT_BYTES] = {1};
	struct tl_item_state_row row;
	bool known;
	unit_begin(f->s.db);
	assert_int_equal(tl_item_put(f->s.db, &it, print, 0, &row, &known), 0);
	unit_commit(f->s.db);
	(void)send(f->wake[1], "w", 1, MSG_DONTWAIT);
	return row.id;
}

static struct tl_id
post(struct fixture *f, const char *ext, const char *text, const struct tl_media_id *media)
{
	return post_all(f, ext, text, media, media ? 1 : 0);
}

/* Waits for the verdict. */
static const struct tl_item_full *
settled(struct fixture *f, struct tl_id id)
{
	struct tl_item_full *full = TL_NEW(f->s.arena, struct tl_item_full);
	assert_non_null(full);
	for (int64_t end = tl_mono_us() + 10 * TL_US_S; tl_mono_us() < end;
	     (void)usleep(5000)) {
		assert_int_equal(tl_item_get(f->s.db, f->s.platform, id, f->s.arena, full), 0);
		if (full->has_verdict)
			return full;
	}
	fail_msg("no verdict in 10 s");
	return full;
}

static struct tl_str
test_file(struct fixture *f, const char *name)
{
	char path[256];
	static struct tl_buf b;
	tl_buf_reset(&b);
	(void)snprintf(path, sizeof path, TEST_DATA "/%s", name);
	assert_int_equal(tl_file_read(path, 1 << 24, &b), 0);
	return tl_arena_dup(f->s.arena, tl_buf_str(&b));
}

static struct tl_str
picture(struct fixture *f, const char *name)
{
	char path[128];
	(void)snprintf(path, sizeof path, "pdq/%s", name);
	return test_file(f, path);
}

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
	(void)usleep(300000);
	struct tl_media_id again = upload(f, picture(f, "scene00-q95.jpg"));
	struct tl_id second = post(f, "p2", "look again", &again);
	full = settled(f, second);
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
ask_send(struct fixture *f, struct tl_ask q, int fd)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf out = {0};
	q.serial = ++f->serial;
	q.platform = f->s.platform;
	q.within_ms = 5000;
	tl_ask_write(&out, &q);
	assert_int_equal(tl_sock_send(f->ask, tl_buf_str(&out), fd, tl_mono_us() + TL_US_S), 0);
}

static json_t *
ask_receive(struct fixture *f, int *ret_err)
{
	static uint8_t msg[TL_ASK_MAX];
	struct tl_ask_answer a;
	json_t *j = NULL;
	size_t n = 0;
	int got = -1;
	int64_t until = tl_mono_us() + 8 * TL_US_S;
	assert_int_equal(tl_sock_recv(f->ask, msg, sizeof msg, until, &n, &got), 0);
	assert_int_equal(tl_ask_answer_read(tl_bytes(msg, n), &a), 0);
	assert_int_equal(a.serial, f->serial);
	*ret_err = a.err;
	if (a.err == 0)
		assert_int_equal(tl_json_parse(a.json, &j), 0);
	return j;
}

static json_t *
ask(struct fixture *f, struct tl_ask q, int fd, int *ret_err)
{
	ask_send(f, q, fd);
	return ask_receive(f, ret_err);
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

static int64_t
open_alarms(struct fixture *f)
{
	int64_t n = 0;
	assert_int_equal(tl_alarm_count(f->s.db, &n), 0);
	return n;
}

static int64_t
rings(struct fixture *f, enum tl_alarm_kind kind)
{
	return unit_alarms(f->s.db, kind);
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
		t_a_match_that_weighs_more_is_judged_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_what_cannot_be_decoded_waits_for_a_person, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_questions_are_answered, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_an_answer_comes_when_another_worker_has_the_item, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_a_picture_can_be_matched_without_storing_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_a_killed_worker_loses_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_an_item_that_kills_workers_is_buried_alone, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_rules_change_while_it_runs, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_without_rules_items_wait, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_a_refused_policy_rings_until_it_is_mended, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_banks_that_cannot_be_read_ring_until_they_can, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
