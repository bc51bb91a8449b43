/* Group commit: members that refuse cleanly, members that must be undone, and a failure that undoes all. */
#include "store/accounts.h"
#include "store/writer.h"
#include "sys/crypto.h"

#include "unit.h"

#include <pthread.h>
#include <unistd.h>

#define MEMBERS 5

struct member {
	struct tl_work work;
	int refuse; /* 0, or the code with which it ends */
	bool writes;
	char name[32];
	int rc;
	char text[64];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int finished;

static int
run(struct tl_db *db, void *ctx)
{
	const struct member *m = ctx;
	int64_t platform;
	/* The first one gives the others time to queue up behind it. */
	if (strcmp(m->name, "first") == 0)
		usleep(50000);
	int rc = m->writes ? tl_platform_add(db, tl_str(m->name), &platform) : 0;
	if (rc < 0)
		return rc;
	return m->refuse ? tl_fail_at(m->refuse, "/x", "no %s", m->name) : 0;
}

static void
done(void *ctx, int rc)
{
	struct member *m = ctx;
	(void)pthread_mutex_lock(&lock);
	m->rc = rc;
	(void)snprintf(m->text, sizeof m->text, "%s", rc < 0 ? tl_err_text() : "");
	finished++;
	(void)pthread_mutex_unlock(&lock);
}

static void
run_all(struct tl_writer *w, struct member *m, size_t n)
{
	finished = 0;
	for (size_t i = 0; i < n; i++) {
		m[i].work.fn = run;
		m[i].work.done = done;
		m[i].work.ctx = &m[i];
		assert_int_equal(tl_writer_submit(w, &m[i].work), 0);
	}
	for (int i = 0; i < 5000; i++) {
		(void)pthread_mutex_lock(&lock);
		bool over = finished == (int)n;
		(void)pthread_mutex_unlock(&lock);
		if (over)
			return;
		usleep(1000);
	}
	fail_msg("only %d members ended", finished);
}

struct fixture {
	char dir[64];
	struct tl_store *store;
	struct tl_db *db;
	struct tl_writer *writer;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	(void)snprintf(f->dir, sizeof f->dir, "/tmp/tutela-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(tl_crypto_init(), 0);
	assert_int_equal(tl_store_create(f->dir), 0);
	assert_int_equal(tl_store_open(f->dir, &f->store), 0);
	assert_int_equal(tl_db_open(f->store, &f->db), 0);
	assert_int_equal(tl_writer_start(f->store, 100, &f->writer), 0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	tl_writer_stop(f->writer);
	tl_db_close(f->db);
	tl_store_close(f->store);
	unit_remove_tree(f->dir);
	free(f);
	return 0;
}

static bool
stored(struct fixture *f, const char *name)
{
	int64_t platform;
	return tl_platform_find(f->db, tl_str(name), &platform) == 0;
}

static void
t_a_refusal_is_its_own_affair(void **state)
{
	struct fixture *f = *state;
	struct member m[MEMBERS] = {
	    {.name = "first", .writes = true},
	    {.name = "clean", .refuse = TL_EEXISTS, .work.refuses_clean = true},
	    {.name = "undone", .writes = true, .refuse = TL_EFIELD},
	    {.name = "second", .writes = true, .work.refuses_clean = true},
	    {.name = "third", .writes = true},
	};
	run_all(f->writer, m, MEMBERS);
	assert_int_equal(m[1].rc, TL_EEXISTS);
	assert_string_equal(m[1].text, "no clean");
	assert_int_equal(m[2].rc, TL_EFIELD);
	assert_true(stored(f, "first") && stored(f, "second") && stored(f, "third"));
	assert_false(stored(f, "undone"));
}

static void
t_a_failure_without_a_savepoint_undoes_all(void **state)
{
	struct fixture *f = *state;
	struct member m[MEMBERS] = {
	    {.name = "first", .writes = true},
	    {.name = "a", .writes = true},
	    {.name = "b", .writes = true, .refuse = TL_EIO, .work.refuses_clean = true},
	    {.name = "c", .writes = true},
	    {.name = "d", .refuse = TL_EEXISTS, .work.refuses_clean = true},
	};
	/* The first is a batch of its own or not: what counts is that receipt and store agree. */
	run_all(f->writer, m, MEMBERS);
	assert_int_equal(m[2].rc, TL_EIO);
	assert_string_equal(m[2].text, "no b");
	for (size_t i = 0; i < MEMBERS; i++)
		if (m[i].writes)
			assert_int_equal(stored(f, m[i].name), m[i].rc >= 0);
	assert_false(stored(f, "b"));
	struct member again = {.name = "again", .writes = true};
	run_all(f->writer, &again, 1);
	assert_true(stored(f, "again"));
}

static void
t_weight_bounds_a_transaction(void **state)
{
	struct fixture *f = *state;
	struct member m[MEMBERS] = {{.name = "first", .writes = true}};
	for (size_t i = 1; i < MEMBERS; i++) {
		(void)snprintf(m[i].name, sizeof m[i].name, "heavy-%zu", i);
		m[i].writes = true;
		m[i].work.weight = 5000;
	}
	/* A failure takes its own transaction along and no other. */
	m[2].refuse = TL_EIO;
	m[2].work.refuses_clean = true;
	run_all(f->writer, m, MEMBERS);
	assert_int_equal(m[1].rc, 0);
	assert_int_equal(m[2].rc, TL_EIO);
	assert_int_equal(m[3].rc, 0);
	assert_true(stored(f, "heavy-1") && stored(f, "heavy-3"));
	assert_false(stored(f, "heavy-2"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(t_a_refusal_is_its_own_affair, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_a_failure_without_a_savepoint_undoes_all, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_weight_bounds_a_transaction, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
