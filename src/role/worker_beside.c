/*
 * The hand-over between the worker's loop and the threads beside it: jobs that wait, jobs that are done, an event
 * descriptor that wakes the loop.
 *
 * Promises: jobs are taken in the order in which they came, and every one that is given back comes out once; whenever
 * one is there to come out, the descriptor is readable. It knows nothing of what a job is. Called by worker_film.c and
 * worker_preview.c.
 */
#include "role/worker_beside_int.h"

#include "base/err.h"
#include "sys/fd.h"

#include <sys/eventfd.h>
#include <unistd.h>

static void
push(struct beside_list *l, struct beside_job *j)
{
	j->next = NULL;
	if (l->tail)
		l->tail->next = j;
	else
		l->head = j;
	l->tail = j;
	l->n++;
}

static struct beside_job *
pop(struct beside_list *l)
{
	struct beside_job *j = l->head;
	if (!j)
		return NULL;
	l->head = j->next;
	if (!l->head)
		l->tail = NULL;
	l->n--;
	return j;
}

int
beside_init(struct beside *b)
{
	*b = (struct beside){.done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->wake, NULL);
	return b->done_fd < 0 ? tl_fail(TL_EAGAIN, "no event descriptor") : 0;
}

void
beside_fini(struct beside *b)
{
	tl_fd_close(&b->done_fd);
	pthread_cond_destroy(&b->wake);
	pthread_mutex_destroy(&b->lock);
}

int
beside_fd(const struct beside *b)
{
	return b->done_fd;
}

size_t
beside_waiting(struct beside *b)
{
	pthread_mutex_lock(&b->lock);
	size_t n = b->todo.n;
	pthread_mutex_unlock(&b->lock);
	return n;
}

void
beside_submit(struct beside *b, struct beside_job *j)
{
	pthread_mutex_lock(&b->lock);
	push(&b->todo, j);
	pthread_cond_signal(&b->wake);
	pthread_mutex_unlock(&b->lock);
}

struct beside_job *
beside_next(struct beside *b)
{
	pthread_mutex_lock(&b->lock);
	struct beside_job *j = pop(&b->done);
	if (!j) {
		uint64_t count;
		ssize_t n = read(b->done_fd, &count, sizeof count);
		(void)n; /* nothing there is fine */
	}
	pthread_mutex_unlock(&b->lock);
	return j;
}

void
beside_stop(struct beside *b)
{
	pthread_mutex_lock(&b->lock);
	b->stop = true;
	pthread_cond_broadcast(&b->wake);
	pthread_mutex_unlock(&b->lock);
}

struct beside_job *
beside_unbegun(struct beside *b)
{
	pthread_mutex_lock(&b->lock);
	struct beside_job *j = pop(&b->todo);
	pthread_mutex_unlock(&b->lock);
	return j;
}

struct beside_job *
beside_take(struct beside *b)
{
	pthread_mutex_lock(&b->lock);
	while (!b->todo.head && !b->stop)
		pthread_cond_wait(&b->wake, &b->lock);
	struct beside_job *j = b->stop ? NULL : pop(&b->todo);
	pthread_mutex_unlock(&b->lock);
	return j;
}

void
beside_give_back(struct beside *b, struct beside_job *j)
{
	uint64_t one = 1;
	pthread_mutex_lock(&b->lock);
	push(&b->done, j);
	ssize_t n = write(b->done_fd, &one, sizeof one);
	(void)n; /* the counter is far from full */
	pthread_mutex_unlock(&b->lock);
}
