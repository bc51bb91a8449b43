/*
 * Work aside (aside.h): a queue and two threads.
 *
 * Promises: each work runs once and its request goes on once, with the words of a failure. The queue is bounded
 * by the connections, because a request has one work at a time. Called by uploads of media.
 */
#include "api/aside.h"

#include <pthread.h>
#include <stdlib.h>

#define THREADS 2

struct job {
	struct tl_req *req;
	int (*fn)(void *ctx);
	void (*then)(struct tl_req *req, int rc, void *ctx);
	void *ctx;
	int rc;
	const char *text, *field;
	struct job *next;
};

struct tl_aside {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct job *head, **tail;
	bool stopping;
	pthread_t threads[THREADS];
	int started;
};

static void
go_on(struct tl_req *req)
{
	struct job *j = tl_req_work(req);
	if (j->rc < 0)
		(void)tl_fail_at(j->rc, j->field, "%s", j->text);
	j->then(req, j->rc, j->ctx);
}

static struct job *
take(struct tl_aside *a)
{
	(void)pthread_mutex_lock(&a->lock);
	while (!a->head && !a->stopping)
		(void)pthread_cond_wait(&a->more, &a->lock);
	struct job *j = a->head;
	if (j) {
		a->head = j->next;
		if (!a->head)
			a->tail = &a->head;
	}
	(void)pthread_mutex_unlock(&a->lock);
	return j;
}

static void *
aside_main(void *arg)
{
	struct tl_aside *a = arg;
	for (struct job *j = take(a); j; j = take(a)) {
		j->rc = j->fn(j->ctx);
		if (j->rc < 0) {
			j->text = tl_arena_printf(tl_req_arena(j->req), "%s", tl_err_text());
			j->field = tl_arena_printf(tl_req_arena(j->req), "%s", tl_err_field());
		}
		tl_req_continue(j->req, go_on);
	}
	return NULL;
}

int
tl_aside_start(struct tl_aside **ret)
{
	struct tl_aside *a = calloc(1, sizeof *a);
	if (!a)
		abort();
	a->tail = &a->head;
	(void)pthread_mutex_init(&a->lock, NULL);
	(void)pthread_cond_init(&a->more, NULL);
	while (a->started < THREADS &&
	       pthread_create(&a->threads[a->started], NULL, aside_main, a) == 0)
		a->started++;
	if (a->started == 0) {
		tl_aside_stop(a);
		return tl_fail(TL_EAGAIN, "cannot start the threads for media");
	}
	*ret = a;
	return 0;
}

void
tl_aside_stop(struct tl_aside *a)
{
	if (!a)
		return;
	(void)pthread_mutex_lock(&a->lock);
	a->stopping = true;
	(void)pthread_cond_broadcast(&a->more);
	(void)pthread_mutex_unlock(&a->lock);
	for (int i = 0; i < a->started; i++)
		(void)pthread_join(a->threads[i], NULL);
	(void)pthread_cond_destroy(&a->more);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}

void
tl_aside_run(struct tl_aside *a, struct tl_req *req, int (*fn)(void *ctx),
    void (*then)(struct tl_req *req, int rc, void *ctx), void *ctx)
{
	struct job *j = TL_NEW(tl_req_arena(req), struct job);
	if (!j) {
		then(req, tl_fail(TL_ENOMEM, "the request is too large"), ctx);
		return;
	}
	*j = (struct job){.req = req, .fn = fn, .then = then, .ctx = ctx};
	tl_req_set_work(req, j);
	(void)pthread_mutex_lock(&a->lock);
	*a->tail = j;
	a->tail = &j->next;
	(void)pthread_cond_signal(&a->more);
	(void)pthread_mutex_unlock(&a->lock);
}
