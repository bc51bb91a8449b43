/*
 * The server's end of the sockets to the workers and the courier.
 *
 * Promises: every question ends exactly once, by its answer, its deadline or the stop; at most QUESTIONS_MAX are
 * open; sending never blocks (a full socket is TL_EPEER). A malformed answer is dropped, and its question runs
 * into its deadline. Called by ?wait, /v1/match and the HMA API.
 */
#include "api/asks.h"

#include "sys/clock.h"
#include "sys/fd.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUESTIONS_MAX 512U

struct question {
	bool open;
	uint32_t serial;
	int64_t deadline_us;
	struct tl_req *req;
	struct answer *answer;
};

/* What `then` gets; belongs to the request's arena. */
struct answer {
	tl_asks_then then;
	tl_asks_got got; /* of the courier */
	int rc;
	int fd; /* from the courier, or -1 */
	struct tl_str json, text, field;
};

struct tl_asks {
	const struct tl_wires *wires;
	pthread_mutex_t lock;
	pthread_t thread;
	int nudge; /* eventfd: look at the deadlines again, or stop */
	bool stopping;
	uint32_t serial;
	int64_t wakes_at_us; /* when the thread looks at the deadlines by itself */
	int next_worker;
	size_t open;
	struct question questions[QUESTIONS_MAX];
};

/* Ending a question --------------------------------------------------------------------------------------------- */

static void
pass_on(struct tl_req *req)
{
	struct answer *w = tl_req_work(req);
	if (w->rc < 0)
		(void)tl_fail_at(w->rc, (const char *)w->field.p, "%.*s", TL_ARG(w->text));
	if (w->got)
		w->got(req, w->rc, w->json, w->fd);
	else
		w->then(req, w->rc, w->json);
}

/* Outside the lock: the request may end within. A descriptor is handed on, or closed. */
static void
finish(const struct question *q, int rc, struct tl_str json, struct tl_str text,
    struct tl_str field, int fd)
{
	struct tl_arena *arena = tl_req_arena(q->req);
	q->answer->rc = rc;
	q->answer->json = tl_arena_dup(arena, json);
	q->answer->text = tl_arena_dup(arena, text);
	q->answer->field = tl_arena_dup(arena, field);
	if (!q->answer->field.p)
		q->answer->field = TL_S("");
	if (rc == 0 && json.n && !q->answer->json.n)
		q->answer->rc = TL_ENOMEM;
	if (rc == 0 && q->answer->got && fd < 0)
		q->answer->rc = TL_EPEER;
	bool passed = q->answer->rc == 0 && q->answer->got;
	q->answer->fd = passed ? fd : -1;
	if (!passed)
		tl_fd_close(&fd);
	tl_req_continue(q->req, pass_on);
}

/* Takes a question out; false when it is not open any more. */
static bool
take(struct tl_asks *a, uint32_t serial, struct question *ret)
{
	bool found = false;
	(void)pthread_mutex_lock(&a->lock);
	struct question *q = &a->questions[serial % QUESTIONS_MAX];
	if (q->open && q->serial == serial) {
		*ret = *q;
		q->open = false;
		a->open--;
		found = true;
	}
	(void)pthread_mutex_unlock(&a->lock);
	return found;
}

static void
read_answers(struct tl_asks *a, int sock)
{
	static _Thread_local uint8_t msg[TL_ASK_MAX];
	for (;;) {
		size_t n = 0;
		int fd = -1;
		struct tl_ask_answer got;
		struct question q;
		if (tl_sock_recv(sock, msg, sizeof msg, 0, &n, &fd) < 0 || n == 0)
			return;
		if (tl_ask_answer_read(tl_bytes(msg, n), &got) == 0 && take(a, got.serial, &q))
			finish(&q, got.err, got.json, got.text, got.field, fd);
		else
			tl_fd_close(&fd);
	}
}

/* Ends what is over its deadline (or all) and returns the next deadline, -1 when none. */
static int64_t
expire(struct tl_asks *a, bool all)
{
	int64_t now = tl_mono_us(), next = -1;
	for (size_t i = 0; i < QUESTIONS_MAX; i++) {
		(void)pthread_mutex_lock(&a->lock);
		struct question q = a->questions[i];
		bool over = q.open && (all || q.deadline_us <= now);
		if (over) {
			a->questions[i].open = false;
			a->open--;
		}
		(void)pthread_mutex_unlock(&a->lock);
		if (over && all)
			finish(&q, TL_EPEER, TL_S(""), TL_S("the server is stopping"), TL_S(""),
			    -1);
		else if (over)
			finish(&q, TL_ETIME, TL_S(""), TL_S("no answer in time"), TL_S(""), -1);
		else if (q.open && (next < 0 || q.deadline_us < next))
			next = q.deadline_us;
	}
	return next;
}

static void *
asks_main(void *arg)
{
	struct tl_asks *a = arg;
	int count = a->wires->request_count;
	struct pollfd p[TL_WORKERS_MAX + 2];
	for (;;) {
		(void)pthread_mutex_lock(&a->lock);
		bool stopping = a->stopping, open = a->open > 0;
		(void)pthread_mutex_unlock(&a->lock);
		int64_t next = open || stopping ? expire(a, stopping) : -1;
		if (stopping)
			return NULL;
		int64_t left_ms = next < 0 ? 1000 : (next - tl_mono_us()) / TL_US_MS + 1;
		(void)pthread_mutex_lock(&a->lock);
		a->wakes_at_us = tl_mono_us() + left_ms * TL_US_MS;
		(void)pthread_mutex_unlock(&a->lock);
		for (int i = 0; i < count; i++)
			p[i] = (struct pollfd){.fd = a->wires->request[i], .events = POLLIN};
		p[count] = (struct pollfd){.fd = a->nudge, .events = POLLIN};
		p[count + 1] = (struct pollfd){.fd = a->wires->fetch, .events = POLLIN};
		(void)poll(p, (nfds_t)count + 2, left_ms < 0 ? 0 : (int)left_ms);
		if (p[count + 1].revents & POLLIN)
			read_answers(a, p[count + 1].fd);
		for (int i = 0; i < count; i++)
			if (p[i].revents & POLLIN)
				read_answers(a, p[i].fd);
		eventfd_t seen;
		if (p[count].revents & POLLIN)
			(void)eventfd_read(a->nudge, &seen);
	}
}

/* Asking -------------------------------------------------------------------------------------------------------- */

static int
send_courier(struct tl_asks *a, struct tl_str msg)
{
	if (a->wires->fetch >= 0 && tl_sock_send(a->wires->fetch, msg, -1, 0) == 0)
		return 0;
	return tl_fail(TL_EPEER, "nobody is free to fetch");
}

static int
send_worker(struct tl_asks *a, struct tl_str msg, int fd)
{
	int count = a->wires->request_count;
	if (count == 0)
		return tl_fail(TL_EPEER, "no worker is running");
	(void)pthread_mutex_lock(&a->lock);
	int first = a->next_worker++;
	(void)pthread_mutex_unlock(&a->lock);
	for (int i = 0; i < count; i++) {
		int sock = a->wires->request[(unsigned)(first + i) % (unsigned)count];
		if (sock >= 0 && tl_sock_send(sock, msg, fd, 0) == 0)
			return 0;
	}
	return tl_fail(TL_EPEER, "no worker is free to answer");
}

/* Reserves a slot; the serial says which. */
static int
reserve(
    struct tl_asks *a, struct tl_req *req, uint32_t within_ms, struct answer *w, uint32_t *ret)
{
	int rc = TL_EPEER;
	(void)pthread_mutex_lock(&a->lock);
	for (size_t i = 0; i < QUESTIONS_MAX && rc < 0 && !a->stopping; i++) {
		uint32_t serial = ++a->serial;
		struct question *q = &a->questions[serial % QUESTIONS_MAX];
		if (q->open)
			continue;
		*q = (struct question){.open = true,
		    .serial = serial,
		    .deadline_us = tl_mono_us() + (int64_t)within_ms * TL_US_MS,
		    .req = req,
		    .answer = w};
		a->open++;
		*ret = serial;
		rc = 0;
	}
	(void)pthread_mutex_unlock(&a->lock);
	return rc < 0 ? tl_fail(rc, "too many questions at one time") : 0;
}

static void
refuse(struct tl_req *req, const struct answer *w, int rc)
{
	if (w->got)
		w->got(req, rc, TL_S(""), -1);
	else if (w->then)
		w->then(req, rc, TL_S(""));
}

/* The deadline is nearer than what the thread sleeps for. */
static void
hurry(struct tl_asks *a, uint32_t within_ms)
{
	int64_t deadline = tl_mono_us() + (int64_t)within_ms * TL_US_MS;
	(void)pthread_mutex_lock(&a->lock);
	bool sooner = deadline < a->wakes_at_us;
	(void)pthread_mutex_unlock(&a->lock);
	if (sooner)
		(void)eventfd_write(a->nudge, 1);
}

static void
ask_for(struct tl_asks *a, struct tl_req *req, struct tl_ask *ask, int fd,
    const struct answer *like)
{
	struct tl_buf msg = {.limit = TL_ASK_MAX};
	struct answer *w = TL_NEW(tl_req_arena(req), struct answer);
	int rc = w ? 0 : tl_fail(TL_ENOMEM, "the request is too large");
	if (rc == 0) {
		*w = *like;
		tl_req_set_work(req, w);
		rc = reserve(a, req, ask->within_ms, w, &ask->serial);
	}
	if (rc < 0) {
		refuse(req, like, rc);
		return;
	}
	tl_ask_write(&msg, ask);
	if (msg.bad)
		rc = tl_fail(TL_ETOOBIG, "the question is too large");
	else
		rc = like->got ? send_courier(a, tl_buf_str(&msg))
			       : send_worker(a, tl_buf_str(&msg), fd);
	tl_buf_fini(&msg);
	struct question q;
	if (rc == 0)
		hurry(a, ask->within_ms);
	/* When it is gone already the deadline ended it, and `then` runs by itself. */
	else if (take(a, ask->serial, &q))
		refuse(req, like, rc);
}

void
tl_asks_ask(
    struct tl_asks *a, struct tl_req *req, struct tl_ask *ask, int fd, tl_asks_then then)
{
	TL_CLEANUP(tl_fd_close) int passed = fd;
	ask_for(a, req, ask, passed, &(struct answer){.then = then});
}

void
tl_asks_fetch(struct tl_asks *a, struct tl_req *req, struct tl_ask *ask, tl_asks_got then)
{
	ask_for(a, req, ask, -1, &(struct answer){.got = then});
}

int
tl_asks_start(const struct tl_wires *wires, struct tl_asks **ret)
{
	struct tl_asks *a = calloc(1, sizeof *a);
	if (!a)
		abort();
	a->wires = wires;
	(void)pthread_mutex_init(&a->lock, NULL);
	a->nudge = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (a->nudge < 0 || pthread_create(&a->thread, NULL, asks_main, a) != 0) {
		tl_fd_close(&a->nudge);
		free(a);
		return tl_fail(TL_EAGAIN, "cannot start the thread of questions");
	}
	*ret = a;
	return 0;
}

void
tl_asks_answer(struct tl_req *req, int rc, struct tl_str json)
{
	struct tl_buf b = {0};
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	tl_buf_put(&b, json.p, json.n);
	tl_req_answer_json(req, 200, &b);
}

void
tl_asks_stop(struct tl_asks *a)
{
	if (!a)
		return;
	(void)pthread_mutex_lock(&a->lock);
	a->stopping = true;
	(void)pthread_mutex_unlock(&a->lock);
	(void)eventfd_write(a->nudge, 1);
	(void)pthread_join(a->thread, NULL);
}

void
tl_asks_destroy(struct tl_asks *a)
{
	if (!a)
		return;
	tl_fd_close(&a->nudge);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}
