/*
 * Videos and sounds: read, decoded, made ready for review, each on a thread of its own with decoders of its own, so that
 * no picture and no question ever waits for one. Also clips of moments, for which a file is decoded once more.
 *
 * Promises: every job comes back once; what a reviewer may see of it (storyboard, clip) is stored before it does. A
 * thread lives as long as its pool and touches its job, its decoders and the (immutable) store, nothing else. Stopping
 * ends the decoders at once. Called by worker_media.c.
 */
#include "role/worker_film_int.h"

#include "media/sheet.h"
#include "store/blobs.h"
#include "sys/clock.h"
#include "sys/fd.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define THREADS_MAX 16

struct films {
	struct tl_store *store;
	struct film_limits limits;
	pthread_t thread[THREADS_MAX];
	unsigned threads;
	struct beside beside;
	int stop_fd; /* readable for ever once it stops */
};

static struct film_job *
film_job_of(struct beside_job *j)
{
	return (struct film_job *)j;
}

void
film_job_free(struct film_job *j)
{
	if (j->file_fd > 0)
		tl_fd_close(&j->file_fd);
	tl_buf_fini(&j->film);
	tl_buf_fini(&j->frames);
	tl_buf_fini(&j->words);
	tl_buf_fini(&j->bent);
	free(j);
}

/* Hands a job to the decoders and waits for it; false when everything is to stop. */
static bool
run(struct films *f, struct tl_jails *jails, const struct tl_decode_job *job,
    struct tl_decoded *ret)
{
	*ret = (struct tl_decoded){.reason = TL_DECODE_CRASHED};
	if (tl_jails_submit(jails, job) < 0)
		return true;
	struct pollfd p[2] = {
	    {.fd = tl_jails_fd(jails), .events = POLLIN}, {.fd = f->stop_fd, .events = POLLIN}};
	while (!tl_jails_next(jails, ret)) {
		if (poll(p, TL_COUNT(p), -1) > 0 && p[1].revents)
			return false;
	}
	return true;
}

/* Raw pixels or samples become a WebM in a process that never saw the file. */
static bool
store_clip(
    struct films *f, struct tl_jails *jails, struct film_job *j, const struct tl_film *film)
{
	struct tl_raw raw = {0};
	struct tl_str bytes = tl_film_raw(film, &raw);
	if (bytes.n == 0)
		return true;
	struct tl_decode_job job = {.bytes = bytes, .raw = &raw, .limits = f->limits.decode};
	struct tl_decoded d;
	if (!run(f, jails, &job, &d))
		return false;
	if (d.reason == TL_DECODE_OK)
		j->rc = tl_blob_put_derived(
		    f->store, &j->media, j->moments.n ? "moments" : "clip", d.webm);
	else
		j->rc = tl_decode_err(d.reason);
	tl_decoded_fini(&d);
	return true;
}

static int
store_sheet(struct films *f, struct film_job *j, const struct tl_film *film)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf jpeg = {0};
	if (film->still_count == 0)
		return 0;
	int rc = tl_sheet_tiny(film, &jpeg);
	if (rc == 0)
		rc = tl_blob_put_derived(f->store, &j->media, "tiny", tl_buf_str(&jpeg));
	tl_buf_reset(&jpeg);
	if (rc == 0)
		rc = tl_sheet_jpeg(film, &jpeg);
	if (rc == 0)
		rc = tl_blob_put_derived(f->store, &j->media, "preview", tl_buf_str(&jpeg));
	return rc;
}

static void
take_facts(struct film_job *j, const struct tl_film *film)
{
	j->width = film->width;
	j->height = film->height;
	j->duration_ms = film->duration_ms;
	j->partly = film->partly;
	tl_sheet_json(film, &j->film);
	if (film->frames.n)
		tl_video_pack(&j->frames, &film->frames);
	for (size_t i = 0; i < film->word_count; i++) {
		uint32_t v = film->words[i];
		uint8_t b[4] = {
		    (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
		tl_buf_put(&j->words, b, sizeof b);
	}
	for (size_t i = 0; i < TL_SOUND_BENDS; i++)
		if (film->bent[i].n)
			tl_sound_pack(&j->bent, &film->bent[i]);
}

/* The file as a sealed memory file, mapped. */
static int
load(struct films *f, struct film_job *j, int *ret_fd, struct tl_str *ret)
{
	int fd = j->file_fd;
	int rc = 0;
	j->file_fd = -1;
	if (fd <= 0)
		rc = tl_blob_read_memfd(f->store, &j->media, j->bytes, &fd);
	if (rc == 0)
		rc = tl_memfd_map(fd, j->bytes, ret);
	if (rc < 0)
		tl_fd_close(&fd);
	*ret_fd = fd;
	return rc;
}

static struct tl_decode_job
job_of(const struct films *f, const struct film_job *j)
{
	struct tl_decode_job job = {.limits = f->limits.decode,
	    .preview_side = j->scan || j->moments.n,
	    .cuts = j->moments.n};
	memcpy(job.cut, j->moments.cut, sizeof job.cut);
	return job;
}

/* What comes of it; false when it was cancelled meanwhile. */
static bool
take(struct films *f, struct tl_jails *jails, struct film_job *j, const struct tl_film *film)
{
	take_facts(j, film);
	if (j->scan)
		j->rc = store_sheet(f, j, film);
	bool show = j->scan || j->moments.n;
	return !show || j->rc < 0 || store_clip(f, jails, j, film);
}

/* False when it was cancelled. */
static bool
decode(struct films *f, struct tl_jails *jails, struct film_job *j)
{
	struct tl_str file = {0};
	struct tl_decoded d;
	if ((int64_t)j->bytes > f->limits.bytes) {
		j->reason = TL_DECODE_TOO_LARGE;
		return true;
	}
	struct tl_decode_job job = job_of(f, j);
	if (load(f, j, &job.file_fd, &file) < 0) {
		j->missing = true;
		return true;
	}
	job.bytes = file;
	bool whole = run(f, jails, &job, &d);
	tl_memfd_unmap(file);
	if (!whole)
		return false;
	j->reason = d.reason;
	j->retried = d.retried;
	j->weak = d.weak;
	if (d.reason == TL_DECODE_OK)
		whole = take(f, jails, j, &d.film);
	tl_decoded_fini(&d);
	return whole;
}

static void
one(struct films *f, struct tl_jails **jails, struct film_job *j)
{
	struct tl_jails_config c = {.slots = 1, .long_only = true};
	if (!*jails && tl_jails_create(&c, jails) < 0) {
		j->reason = TL_DECODE_NO_JAIL;
		return;
	}
	j->cancelled = !decode(f, *jails, j);
	if (j->cancelled)
		tl_jails_destroyp(jails);
}

static void *
film_main(void *arg)
{
	struct films *f = arg;
	struct tl_jails *jails = NULL;
	for (struct film_job *j; (j = film_job_of(beside_take(&f->beside)));) {
		one(f, &jails, j);
		beside_give_back(&f->beside, &j->beside);
	}
	tl_jails_destroy(jails);
	return NULL;
}

int
films_create(
    struct tl_store *s, const struct film_limits *l, unsigned threads, struct films **ret)
{
	struct films *f = calloc(1, sizeof *f);
	if (!f)
		abort();
	f->store = s;
	f->limits = *l;
	f->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	bool ok = beside_init(&f->beside) == 0 && f->stop_fd >= 0;
	while (ok && f->threads < threads && f->threads < THREADS_MAX) {
		ok = pthread_create(&f->thread[f->threads], NULL, film_main, f) == 0;
		f->threads += ok;
	}
	if (!ok) {
		films_destroy(f);
		return tl_fail(TL_EAGAIN, "no threads for videos");
	}
	*ret = f;
	return 0;
}

void
films_stop(struct films *f)
{
	uint64_t one = 1;
	beside_stop(&f->beside);
	ssize_t n = write(f->stop_fd, &one, sizeof one);
	(void)n;
	for (unsigned i = 0; i < f->threads; i++)
		pthread_join(f->thread[i], NULL);
	f->threads = 0;
	for (struct film_job *j; (j = film_job_of(beside_unbegun(&f->beside)));) {
		j->cancelled = true;
		beside_give_back(&f->beside, &j->beside);
	}
}

void
films_destroy(struct films *f)
{
	if (!f)
		return;
	films_stop(f);
	for (struct film_job *j; (j = films_next(f));)
		film_job_free(j);
	beside_fini(&f->beside);
	tl_fd_close(&f->stop_fd);
	free(f);
}

int
films_fd(const struct films *f)
{
	return beside_fd(&f->beside);
}

size_t
films_waiting(struct films *f)
{
	return beside_waiting(&f->beside);
}

void
films_submit(struct films *f, struct film_job *j)
{
	beside_submit(&f->beside, &j->beside);
}

struct film_job *
films_next(struct films *f)
{
	return film_job_of(beside_next(&f->beside));
}
