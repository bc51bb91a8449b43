/*
 * Private to the worker role: the hand-over between the loop and the threads beside it (worker_beside.c). A job
 * belongs to the thread that has taken it until that gives it back, to the loop once it has come out, and to this between.
 */
#pragma once

#include "base/err.h"

#include <pthread.h>
#include <stdbool.h>

/* The first member of a job. */
struct beside_job {
	struct beside_job *next;
};

struct beside_list {
	struct beside_job *head, *tail;
	size_t n;
};

struct beside {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct beside_list todo, done; /* under lock */
	bool stop;                     /* under lock */
	int done_fd;                   /* counts what is done */
};

/* TL_EAGAIN: no descriptor. To be finished in either case; by then its threads have ended and it is empty. */
int beside_init(struct beside *b) TL_MUST;
void beside_fini(struct beside *b);

/* The loop's side. */
int beside_fd(const struct beside *b);   /* readable when beside_next has something */
size_t beside_waiting(struct beside *b); /* handed in and not begun */
void beside_submit(struct beside *b, struct beside_job *j); /* takes it over */
struct beside_job *beside_next(struct beside *b); /* the first that is done, or NULL */
/* From now on beside_take gives nothing; who waits in it wakes up. The caller joins the threads. */
void beside_stop(struct beside *b);
struct beside_job *beside_unbegun(struct beside *b); /* back before its turn, or NULL */

/* A thread's side. */
struct beside_job *beside_take(struct beside *b); /* waits for one; NULL: stop */
void beside_give_back(struct beside *b, struct beside_job *j);
