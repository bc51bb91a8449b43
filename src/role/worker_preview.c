/*
 * Making previews beside the main loop: shrinking, encoding and writing take tens of milliseconds a picture, and
 * nobody who waits for a verdict shall wait for that.
 *
 * Promises: every submitted picture comes back once, in order, with the result of storing both derivatives; the
 * thread touches its job and the (immutable) store, nothing else. Called by worker_media.c.
 */
#include "role/worker_preview_int.h"

#include "media/preview.h"
#include "media/sheet.h"
#include "store/blobs.h"
#include "sys/killpoint.h"

#include <pthread.h>

struct previewer {
	struct tl_store *store;
	pthread_t thread;
	struct beside beside;
	struct tl_buf jpeg; /* the thread's own */
};

static struct preview_job *
preview_job_of(struct beside_job *j)
{
	return (struct preview_job *)j;
}

/* Of an animation: what else it shows. */
static int
board(const struct tl_picture *p, struct tl_buf *out)
{
	return tl_sheet_jpeg(&p->moving, out);
}

static int
board_tiny(const struct tl_picture *p, struct tl_buf *out)
{
	return tl_sheet_tiny(&p->moving, out);
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
	for (struct preview_job *j; (j = preview_job_of(beside_take(&p->beside)));) {
		bool moves = j->picture.moving.still_count > 0;
		j->rc = store_one(p, j, "tiny", moves ? board_tiny : tl_preview_tiny);
		if (j->rc == 0)
			j->rc = store_one(p, j, "preview", moves ? board : tl_preview_jpeg);
		TL_KILLPOINT(PREVIEW_STORED);
		beside_give_back(&p->beside, &j->beside);
	}
	return NULL;
}

int
previewer_create(struct tl_store *s, struct previewer **ret)
{
	struct previewer *p = calloc(1, sizeof *p);
	if (!p)
		abort();
	p->store = s;
	if (beside_init(&p->beside) < 0 ||
	    pthread_create(&p->thread, NULL, previewer_main, p) != 0) {
		beside_fini(&p->beside);
		free(p);
		return tl_fail(TL_EAGAIN, "no thread for previews");
	}
	*ret = p;
	return 0;
}

void
previewer_destroy(struct previewer *p)
{
	if (!p)
		return;
	beside_stop(&p->beside);
	pthread_join(p->thread, NULL);
	for (struct preview_job *j; (j = preview_job_of(beside_unbegun(&p->beside)));)
		preview_free(j);
	for (struct preview_job *j; (j = previewer_next(p));)
		preview_free(j);
	beside_fini(&p->beside);
	tl_buf_fini(&p->jpeg);
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
	return beside_fd(&p->beside);
}

void
previewer_submit(struct previewer *p, struct preview_job *j)
{
	beside_submit(&p->beside, &j->beside);
}

struct preview_job *
previewer_next(struct previewer *p)
{
	return preview_job_of(beside_next(&p->beside));
}
