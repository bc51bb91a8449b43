/*
 * Clips of moments that are due: asked for with the verdict that found them, cut by a worker, gone when done. A lease is a
 * time: when a worker dies, another takes the row once that has come. Writers run inside a transaction.
 */
#pragma once

#include "store/db.h"

struct tl_moments_job {
	int64_t platform;
	struct tl_media_id media;
	char cuts[64]; /* core/moments.h */
	int64_t tries; /* counting this one */
};

/* Due at once; of a medium that is asked for the same already nothing changes. */
int tl_moments_ask(struct tl_db *db, int64_t platform, const struct tl_media_id *media,
    const char *cuts) TL_MUST;

/* Is any due? Outside a transaction; 1, 0 or an error. */
int tl_moments_due(struct tl_db *db, int64_t now_us) TL_MUST;

/* The one that waited longest; NOTFOUND: none is due. */
int tl_moments_lease(
    struct tl_db *db, int64_t now_us, int64_t until_us, struct tl_moments_job *ret) TL_MUST;

/* Not before `at`; `tries` as it is to be counted on from. */
int tl_moments_back(
    struct tl_db *db, const struct tl_moments_job *j, int64_t at, int64_t tries) TL_MUST;

/* Done, or given up. What was asked for meanwhile stays. */
int tl_moments_done(struct tl_db *db, const struct tl_moments_job *j) TL_MUST;

/* What is told of the film (JSON) is another; nothing happens to one that is erased. */
int tl_moments_film(
    struct tl_db *db, const struct tl_moments_job *j, struct tl_str film) TL_MUST;
