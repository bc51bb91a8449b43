/* Private to the worker role: videos and sounds, each on a thread of its own beside the loop (worker_film.c). */
#pragma once

#include "core/moments.h"
#include "media/jails.h"
#include "role/worker_beside_int.h"
#include "store/moments.h"

struct films;
struct tl_store;
struct scan;
struct match;

struct film_limits {
	int64_t bytes;
	struct tl_decode_limits decode;
};

/* One medium on its way, of an item or of a question, or for a clip of moments alone. */
struct film_job {
	struct beside_job beside;
	struct scan *scan;
	size_t index;
	struct match *match;
	struct tl_moments moments; /* n above 0: only a clip of them is made, for */
	struct tl_moments_job due;
	struct tl_media_id media;
	size_t bytes;
	int file_fd; /* above 0: decode this; else the medium's blob */
	/* filled in when it is back: */
	int rc; /* of storing what is shown of it */
	bool cancelled, missing, retried, weak;
	enum tl_decode_reason reason;
	enum tl_decode_reason partly; /* OK, or why not all of it was looked at */
	uint32_t width, height, duration_ms;
	struct tl_buf film, frames, words, bent; /* as tl_media has them */
};

int films_create(struct tl_store *s, const struct film_limits *l, unsigned threads,
    struct films **ret) TL_MUST;
void films_destroy(struct films *f);   /* forgets what it holds; NULL is fine */
int films_fd(const struct films *f);   /* readable when films_next has something */
size_t films_waiting(struct films *f); /* handed in and not begun */
void films_submit(struct films *f, struct film_job *j); /* takes it over */
struct film_job *films_next(struct films *f);           /* done, or NULL; film_job_free it */
/* Ends what is under way and waits for that, moments: all comes back, cancelled. Nothing is taken after it. */
void films_stop(struct films *f);
void film_job_free(struct film_job *j);
