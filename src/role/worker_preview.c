/*
 * Making previews beside the main loop: shrinking, encoding and writing take tens of milliseconds a picture, and
 * nobody who waits for a verdict shall wait for that.
 *
 * Promises: every submitted picture comes back once, in order, with the result of storing both derivatives; the
 * thread touches its job and the (immutable) store, nothing else. Called by worker_media.c.
 */
#include "role/worker_preview_int.h"

#include "media/preview.h"
#include "store/blobs.h"
#include "sys/fd.h"
#include "sys/killpoint.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct job_list {
	struct preview_job *head, *tail;
};

struct previewer {
	struct tl_store *store;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job_list todo, done; /* under lock */
	bool stop;                  /* under lock */
	int event_fd;
	struct tl_buf jpeg; /* the thread's own */
};

static void
push(struct job_list *l, struct preview_job *j)
{
	j->next = NULL;
	if (l->tail)
		l->tail->next = j;
	else
		l->head = j;
	l->tail = j;
}

static struct preview_job *
pop(struct job_list *l)
{
	struct preview_job *j = l->head;
	if (!j)
		return NULL;
	l->head = j->next;
	if (!l->head)
		l->tail = NULL;
	return j;
}

static int
store_one(struct previewer *p, const struct preview_job *j, const char *name,
    int (*encode)(const struct tl_picture *, struct tl_buf *))
{
	tl_buf_reset(&p->jpeg);
	int rc = encode(&j->picture, &p->jpeg);
	if (rc < 0)
		return rc;
	return tl_blob_put_derived(p->store, &j->media, name, tl_buf_str(&p->jpeg));
}

static void *
previewer_main(void *arg)
{
	struct previewer *p = arg;
	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!p->todo.head && !p->stop)
			pthread_cond_wait(&p->wake, &p->lock);
		if (p->stop)
			break;
		struct preview_job *j = pop(&p->todo);
		pthread_mutex_unlock(&p->lock);
		j->rc = store_one(p, j, "tiny", tl_preview_tiny);
		if (j->rc == 0)
			j->rc = store_one(p, j, "preview", tl_preview_jpeg);
		TL_KILLPOINT(PREVIEW_STORED);
		pthread_mutex_lock(&p->lock);
		push(&p->done, j);
		uint64_t one = 1;
		ssize_t n = write(p->event_fd, &one, sizeof one);
		(void)n; /* the counter is far from full */
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

int
previewer_create(struct tl_store *s, struct previewer **ret)
{
	struct previewer *p = calloc(1, sizeof *p);
	if (!p)
		abort();
	p->store = s;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	p->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->event_fd < 0 || pthread_create(&p->thread, NULL, previewer_main, p) != 0) {
		tl_fd_close(&p->event_fd);
		free(p);
		return tl_fail(TL_EAGAIN, "no thread for previews");
	}
	*ret = p;
	return 0;
}

static void
free_all(struct job_list *l)
{
	for (struct preview_job *j; (j = pop(l));)
		preview_free(j);
}

void
previewer_destroy(struct previewer *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	free_all(&p->todo);
	free_all(&p->done);
	tl_fd_close(&p->event_fd);
	tl_buf_fini(&p->jpeg);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void
preview_free(struct preview_job *j)
{
	tl_picture_fini(&j->picture);
	free(j);
}

int
previewer_fd(const struct previewer *p)
{
	return p->event_fd;
}

void
previewer_submit(struct previewer *p, struct preview_job *j)
{
	pthread_mutex_lock(&p->lock);
	push(&p->todo, j);
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
}

struct preview_job *
previewer_next(struct previewer *p)
{
	pthread_mutex_lock(&p->lock);
	struct preview_job *j = pop(&p->done);
	if (!j) {
		uint64_t count;
		ssize_t n = read(p->event_fd, &count, sizeof count);
		(void)n; /* nothing there is fine */
	}
	pthread_mutex_unlock(&p->lock);
	return j;
}
