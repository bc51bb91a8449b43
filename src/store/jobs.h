/*
 * The scan queue. A lease is a promise with a deadline: when the worker dies, the job is ready again by itself.
 * Vocabulary after beanstalkd: ready, leased, delayed, buried.
 */
#pragma once

#include "store/db.h"

struct tl_job {
	int64_t platform;
	struct tl_id item;
	bool rescan;
	bool found;    /* only because a bank has grown */
	int64_t tries; /* counting this one */
};

/* Adds or renews the job of an item; `kind` is "scan" or "rescan". */
int tl_job_add(struct tl_db *db, int64_t platform, struct tl_id item, const char *kind,
    int64_t run_at) TL_MUST;

/*
 * What rules look at has changed: the item is judged once more, at once or behind the scan that is under way. A
 * buried job stays buried.
 */
int tl_job_again(struct tl_db *db, int64_t platform, struct tl_id item) TL_MUST;

/* The same because a bank has grown; when nothing else asks for it, and nothing is new, it stays as it is. */
int tl_job_found(struct tl_db *db, int64_t platform, struct tl_id item) TL_MUST;

/* Judged once more at a later time, when no job is there. */
int tl_job_again_at(
    struct tl_db *db, int64_t platform, struct tl_id item, int64_t run_at) TL_MUST;

/* Leases up to `max` due jobs, oldest first. *ret_count may be 0. */
int tl_jobs_lease(struct tl_db *db, struct tl_id lease, int64_t lease_us, struct tl_job *jobs,
    size_t max, size_t *ret_count) TL_MUST;

/* Leases one waiting job of an item; NOTFOUND when another worker has it or it is done. */
int tl_job_lease_one(struct tl_db *db, struct tl_id lease, int64_t lease_us, int64_t platform,
    struct tl_id item, struct tl_job *ret) TL_MUST;

/* Moves the deadline of a lease that is still ours; CONFLICT when it was lost. */
int tl_job_renew(
    struct tl_db *db, const struct tl_job *job, struct tl_id lease, int64_t lease_us) TL_MUST;

/* Gives a lease back untouched: somebody else may have it at once, and it does not count as a try. */
int tl_job_back(
    struct tl_db *db, const struct tl_job *job, struct tl_id lease, int64_t at) TL_MUST;

/* The three ends of a lease; CONFLICT when the lease was lost meanwhile (then drop the result). */
int tl_job_done(struct tl_db *db, const struct tl_job *job, struct tl_id lease) TL_MUST;
int tl_job_delay(struct tl_db *db, const struct tl_job *job, struct tl_id lease, int64_t until,
    struct tl_str reason) TL_MUST;
int tl_job_bury(struct tl_db *db, const struct tl_job *job, struct tl_id lease,
    struct tl_str reason) TL_MUST;

struct tl_jobs_depth {
	int64_t waiting, leased, buried;
	int64_t oldest_run_at; /* of those that wait; 0 when none */
};
int tl_jobs_depth(struct tl_db *db, struct tl_jobs_depth *ret) TL_MUST;
