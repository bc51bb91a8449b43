/*
 * Group commit.
 *
 * Promises: `done` is called exactly once for each submitted work, with 0 or more only after its transaction is
 * as durable as asked. A failing commit fails every member of its batch with the same error. The thread ends
 * only by tl_writer_stop. Called by the server for everything that is promised to somebody.
 */
#include "store/writer.h"

#include "sys/killpoint.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH_MAX 512U
/* A transaction that is larger than the cache is written twice, and everybody waits for it. */
#define BATCH_WEIGHT 1024U

struct tl_writer {
	struct tl_db *db;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct tl_work *head, **tail;
	size_t depth, max_depth;
	bool stopping;
	void (*on_commit)(void *ctx);
	void *on_commit_ctx;
};

static struct tl_work *
take_batch(struct tl_writer *w)
{
	(void)pthread_mutex_lock(&w->lock);
	while (!w->head && !w->stopping)
		(void)pthread_cond_wait(&w->more, &w->lock);
	struct tl_work *batch = w->head;
	struct tl_work *last = NULL;
	size_t n = 0;
	unsigned weight = 0;
	for (struct tl_work *x = batch; x && n < BATCH_MAX && weight < BATCH_WEIGHT;
	     x = x->next, n++) {
		last = x;
		weight += x->weight ? x->weight : 1;
	}
	if (last) {
		w->head = last->next;
		last->next = NULL;
		if (!w->head)
			w->tail = &w->head;
		w->depth -= n;
	}
	(void)pthread_mutex_unlock(&w->lock);
	return batch;
}

/* *ret_broken: the transaction cannot be kept. */
static int
run_clean(struct tl_db *db, const struct tl_work *x, bool *ret_broken)
{
	int result = x->fn(db, x->ctx);
	enum tl_kind kind = tl_err_kind(result);
	*ret_broken = kind != TL_KIND_OK && kind != TL_INPUT && kind != TL_STATE;
	return result;
}

static int
run_one(struct tl_db *db, const struct tl_work *x, bool *ret_broken)
{
	if (x->refuses_clean)
		return run_clean(db, x, ret_broken);
	int rc = tl_db_savepoint(db);
	if (rc < 0)
		return rc;
	int result = x->fn(db, x->ctx);
	if (result < 0) {
		/* Undoing must not lose the text of the failure. */
		char text[512];
		char field[128];
		(void)snprintf(text, sizeof text, "%s", tl_err_text());
		(void)snprintf(field, sizeof field, "%s", tl_err_field());
		tl_db_undo(db);
		return tl_fail_at(result, field, "%s", text);
	}
	rc = tl_db_release(db);
	return rc < 0 ? rc : result;
}

struct outcome {
	int rc;
	char text[256];
	char field[128];
};

static void
keep(struct outcome *o, int rc)
{
	o->rc = rc;
	o->text[0] = o->field[0] = 0;
	if (rc < 0) {
		(void)snprintf(o->text, sizeof o->text, "%s", tl_err_text());
		(void)snprintf(o->field, sizeof o->field, "%s", tl_err_field());
	}
}

/* Whoever looks at the store sees it now; the sync goes on meanwhile. */
static void
announce(struct tl_writer *w, struct tl_work *batch, const struct outcome *outcomes)
{
	size_t n = 0;
	for (struct tl_work *x = batch; x; x = x->next, n++)
		if (x->committed && outcomes[n].rc >= 0)
			x->committed(x->ctx);
	if (w->on_commit)
		w->on_commit(w->on_commit_ctx);
}

/* Runs all members in one transaction; returns how it ended for all of them together. */
static int
run_members(struct tl_writer *w, struct tl_work *batch, struct outcome outcomes[BATCH_MAX])
{
	enum tl_sync sync = TL_SYNC_NORMAL;
	bool broken = false;
	size_t n = 0;
	int rc = tl_db_begin(w->db);
	for (struct tl_work *x = batch; x && rc == 0; x = x->next, n++) {
		int one = run_one(w->db, x, &broken);
		keep(&outcomes[n], one);
		if (x->sync > sync)
			sync = x->sync;
		if (broken) {
			tl_db_rollback(w->db);
			return one;
		}
	}
	TL_KILLPOINT(GROUP_BEFORE_COMMIT);
	if (rc == 0)
		rc = tl_db_commit(w->db, TL_SYNC_NORMAL);
	if (rc == 0)
		announce(w, batch, outcomes);
	TL_KILLPOINT(GROUP_COMMITTED);
	return rc == 0 && sync == TL_SYNC_FULL ? tl_db_sync(w->db) : rc;
}

static void
run_batch(struct tl_writer *w, struct tl_work *batch)
{
	static _Thread_local struct outcome outcomes[BATCH_MAX];
	struct outcome all;
	size_t n = 0;
	int rc = run_members(w, batch, outcomes);
	TL_KILLPOINT(GROUP_SYNCED);
	keep(&all, rc);
	while (batch) {
		struct tl_work *next = batch->next; /* `done` may free the work */
		const struct outcome *o = all.rc < 0 ? &all : &outcomes[n];
		if (o->rc < 0)
			tl_fail_text(o->field, "%s", o->text);
		batch->done(batch->ctx, o->rc);
		batch = next;
		n++;
	}
}

static void *
writer_main(void *arg)
{
	struct tl_writer *w = arg;
	for (struct tl_work *batch = take_batch(w); batch; batch = take_batch(w))
		run_batch(w, batch);
	return NULL;
}

int
tl_writer_start(struct tl_store *s, size_t max_queue, struct tl_writer **ret)
{
	struct tl_writer *w = calloc(1, sizeof *w);
	if (!w)
		abort();
	w->max_depth = max_queue;
	w->tail = &w->head;
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->more, NULL);
	int rc = tl_db_open(s, &w->db);
	if (rc == 0 && pthread_create(&w->thread, NULL, writer_main, w) != 0)
		rc = tl_fail(TL_EAGAIN, "cannot start the writer's thread");
	if (rc < 0) {
		tl_db_close(w->db);
		free(w);
		return rc;
	}
	*ret = w;
	return 0;
}

void
tl_writer_stop(struct tl_writer *w)
{
	if (!w)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->stopping = true;
	(void)pthread_cond_signal(&w->more);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
	tl_db_close(w->db);
	(void)pthread_mutex_destroy(&w->lock);
	(void)pthread_cond_destroy(&w->more);
	free(w);
}

int
tl_writer_submit(struct tl_writer *w, struct tl_work *work)
{
	(void)pthread_mutex_lock(&w->lock);
	bool refuse = w->stopping || w->depth >= w->max_depth;
	if (!refuse) {
		work->next = NULL;
		*w->tail = work;
		w->tail = &work->next;
		w->depth++;
		(void)pthread_cond_signal(&w->more);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return refuse ? tl_fail(TL_EAGAIN, "too much is waiting to be written") : 0;
}

struct waiter {
	int (*fn)(struct tl_db *db, void *ctx);
	void *ctx;
	pthread_mutex_t lock;
	pthread_cond_t ready;
	bool finished;
	struct outcome outcome;
};

static int
waiter_fn(struct tl_db *db, void *ctx)
{
	struct waiter *wt = ctx;
	return wt->fn(db, wt->ctx);
}

static void
waiter_done(void *ctx, int rc)
{
	struct waiter *wt = ctx;
	(void)pthread_mutex_lock(&wt->lock);
	keep(&wt->outcome, rc);
	wt->finished = true;
	(void)pthread_cond_signal(&wt->ready);
	(void)pthread_mutex_unlock(&wt->lock);
}

int
tl_writer_run(
    struct tl_writer *w, enum tl_sync sync, int (*fn)(struct tl_db *db, void *ctx), void *ctx)
{
	struct waiter wt = {.fn = fn, .ctx = ctx};
	(void)pthread_mutex_init(&wt.lock, NULL);
	(void)pthread_cond_init(&wt.ready, NULL);
	struct tl_work work = {.fn = waiter_fn, .done = waiter_done, .ctx = &wt, .sync = sync};
	int rc = tl_writer_submit(w, &work);
	if (rc == 0) {
		(void)pthread_mutex_lock(&wt.lock);
		while (!wt.finished)
			(void)pthread_cond_wait(&wt.ready, &wt.lock);
		(void)pthread_mutex_unlock(&wt.lock);
		rc = wt.outcome.rc;
		if (rc < 0)
			rc = tl_fail_at(rc, wt.outcome.field, "%s", wt.outcome.text);
	}
	(void)pthread_cond_destroy(&wt.ready);
	(void)pthread_mutex_destroy(&wt.lock);
	return rc;
}

size_t
tl_writer_depth(struct tl_writer *w)
{
	(void)pthread_mutex_lock(&w->lock);
	size_t n = w->depth;
	(void)pthread_mutex_unlock(&w->lock);
	return n;
}

void
tl_writer_on_commit(struct tl_writer *w, void (*fn)(void *ctx), void *ctx)
{
	w->on_commit_ctx = ctx;
	w->on_commit = fn;
}
