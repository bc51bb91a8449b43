/* What the tests of the worker share: a real worker process on a throw-away store, what is posted to it and asked of it. */
#pragma once

#include "base/json.h"
#include "core/ask.h"
#include "role/role.h"
#include "store/banks.h"
#include "store/blobs.h"
#include "store/items.h"
#include "store/media.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/log.h"
#include "sys/spawn.h"

#include "unit_store.h"

#include <signal.h>
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
static inline int
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

static inline void
start_worker(struct fixture *f)
{
	char exe[400], env[512];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	assert_true(n > 0);
	exe[n] = '\0';
	*strrchr(exe, '/') = '\0';
	(void)snprintf(env, sizeof env, "TUTELA_DECODE=%s/../src/bin/tutela-decode", exe);
	const char *const argv[] = {"worker", "--worker", f->s.dir,
	    f->own_policy ? "policy_dir=policy" : "policy_dir=" TEST_DATA "/../../policy",
	    NULL};
	const char *const envp[] = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", env, NULL};
	const int fds[] = {f->wires[1], f->wake[0]};
	struct tl_spawn how = {.argv = argv, .envp = envp, .fds = fds, .fd_count = 2};
	assert_int_equal(tl_spawn(&how, &f->child), 0);
}

/* Its exit status after SIGTERM. */
static inline int
stop_worker(struct fixture *f)
{
	int status = -1;
	(void)kill(f->child.pid, SIGTERM);
	assert_int_equal(tl_child_wait(&f->child, tl_mono_us() + 15 * TL_US_S, &status), 0);
	return status;
}

static inline void
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
static inline void
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

static inline void
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

static inline int
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

static inline int
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

static inline struct tl_media_id
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

static inline struct tl_media_id
upload(struct fixture *f, struct tl_str bytes)
{
	return upload_as(f, "image/png", bytes);
}

static inline struct tl_id
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

static inline struct tl_id
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

static inline struct tl_str
test_file(struct fixture *f, const char *name)
{
	char path[256];
	static struct tl_buf b;
	tl_buf_reset(&b);
	(void)snprintf(path, sizeof path, TEST_DATA "/%s", name);
	assert_int_equal(tl_file_read(path, 1 << 24, &b), 0);
	return tl_arena_dup(f->s.arena, tl_buf_str(&b));
}

static inline struct tl_str
picture(struct fixture *f, const char *name)
{
	char path[128];
	(void)snprintf(path, sizeof path, "pdq/%s", name);
	return test_file(f, path);
}

static inline void
ask_send(struct fixture *f, struct tl_ask q, int fd)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf out = {0};
	q.serial = ++f->serial;
	q.platform = f->s.platform;
	q.within_ms = 5000;
	tl_ask_write(&out, &q);
	assert_int_equal(tl_sock_send(f->ask, tl_buf_str(&out), fd, tl_mono_us() + TL_US_S), 0);
}

static inline json_t *
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

static inline json_t *
ask(struct fixture *f, struct tl_ask q, int fd, int *ret_err)
{
	ask_send(f, q, fd);
	return ask_receive(f, ret_err);
}

static inline int64_t
open_alarms(struct fixture *f)
{
	int64_t n = 0;
	assert_int_equal(tl_alarm_count(f->s.db, &n), 0);
	return n;
}

static inline int64_t
rings(struct fixture *f, enum tl_alarm_kind kind)
{
	return unit_alarms(f->s.db, kind);
}
