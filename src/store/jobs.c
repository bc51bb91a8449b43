/*
 * The scan queue in the store.
 *
 * Promises: a job exists as long as its item has no result; a lost lease can end nothing. Failures: CONFLICT
 * (lease lost). Called by intake (add) and the worker (everything else).
 */
#include "store/jobs.h"

#include "sys/clock.h"

int
tl_job_add(
    struct tl_db *db, int64_t platform, struct tl_id item, const char *kind, int64_t run_at)
{
	int rc = tl_db_run(
	    db, TL_SQL_JOB_ADD, A_INT(platform), A_ID(item), A_Z(kind), A_INT(run_at));
	return rc < 0 ? rc : 0;
}

int
tl_job_again(struct tl_db *db, int64_t platform, struct tl_id item)
{
	int rc =
	    tl_db_run(db, TL_SQL_JOB_AGAIN, A_INT(platform), A_ID(item), A_INT(tl_now_us()));
	return rc < 0 ? rc : 0;
}

int
tl_job_found(struct tl_db *db, int64_t platform, struct tl_id item)
{
	int rc =
	    tl_db_run(db, TL_SQL_JOB_FOUND, A_INT(platform), A_ID(item), A_INT(tl_now_us()));
	return rc < 0 ? rc : 0;
}

int
tl_job_again_at(struct tl_db *db, int64_t platform, struct tl_id item, int64_t run_at)
{
	int rc = tl_db_run(db, TL_SQL_JOB_AGAIN, A_INT(platform), A_ID(item), A_INT(run_at));
	return rc < 0 ? rc : 0;
}

static struct tl_job
read_job(struct tl_row *r)
{
	return (struct tl_job){.platform = tl_col_int(r, 0),
	    .item = tl_col_id(r, 1),
	    .rescan = !tl_str_is(tl_col_str(r, 2), "scan"),
	    .found = tl_str_is(tl_col_str(r, 2), "found"),
	    .tries = tl_col_int(r, 3)};
}

int
tl_jobs_lease(struct tl_db *db, struct tl_id lease, int64_t lease_us, struct tl_job *jobs,
    size_t max, size_t *ret_count)
{
	struct tl_row r;
	int64_t now = tl_now_us();
	int rc = tl_db_query(db, &r, TL_SQL_JOB_LEASE, A_ID(lease), A_INT(now + lease_us),
	    A_INT(now), A_INT(max));
	if (rc < 0)
		return rc;
	size_t n = 0;
	while ((rc = tl_row_next(&r)) > 0) {
		if (n < max)
			jobs[n++] = read_job(&r);
	}
	if (rc < 0)
		return rc;
	*ret_count = n;
	return 0;
}

int
tl_job_lease_one(struct tl_db *db, struct tl_id lease, int64_t lease_us, int64_t platform,
    struct tl_id item, struct tl_job *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_JOB_LEASE_ONE, A_ID(lease),
	    A_INT(tl_now_us() + lease_us), A_INT(platform), A_ID(item));
	if (rc < 0)
		return rc;
	*ret = read_job(&r);
	rc = tl_row_next(&r); /* lets the update finish */
	tl_row_end(&r);
	return rc < 0 ? rc : 0;
}

static int
ended(int changed)
{
	if (changed == 0)
		return tl_fail(TL_ECONFLICT, "the lease of this job was lost");
	return changed < 0 ? changed : 0;
}

int
tl_job_renew(struct tl_db *db, const struct tl_job *job, struct tl_id lease, int64_t lease_us)
{
	return ended(tl_db_run(db, TL_SQL_JOB_RENEW, A_INT(job->platform), A_ID(job->item),
	    A_ID(lease), A_INT(tl_now_us() + lease_us)));
}

int
tl_job_back(struct tl_db *db, const struct tl_job *job, struct tl_id lease, int64_t at)
{
	return ended(tl_db_run(db, TL_SQL_JOB_BACK, A_INT(job->platform), A_ID(job->item),
	    A_ID(lease), A_INT(at)));
}

int
tl_job_done(struct tl_db *db, const struct tl_job *job, struct tl_id lease)
{
	int changed =
	    tl_db_run(db, TL_SQL_JOB_DONE, A_INT(job->platform), A_ID(job->item), A_ID(lease));
	if (changed == 0)
		changed = tl_db_run(db, TL_SQL_JOB_READY, A_INT(job->platform), A_ID(job->item),
		    A_ID(lease), A_INT(tl_now_us()));
	return ended(changed);
}

int
tl_job_delay(struct tl_db *db, const struct tl_job *job, struct tl_id lease, int64_t until,
    struct tl_str reason)
{
	return ended(tl_db_run(db, TL_SQL_JOB_DELAY, A_INT(job->platform), A_ID(job->item),
	    A_ID(lease), A_INT(until), A_TEXT(reason)));
}

int
tl_job_bury(
    struct tl_db *db, const struct tl_job *job, struct tl_id lease, struct tl_str reason)
{
	return ended(tl_db_run(db, TL_SQL_JOB_BURY, A_INT(job->platform), A_ID(job->item),
	    A_ID(lease), A_TEXT(reason)));
}

int
tl_jobs_depth(struct tl_db *db, struct tl_jobs_depth *ret)
{
	struct tl_row r;
	struct tl_jobs_depth d = {0};
	int rc = tl_db_query(db, &r, TL_SQL_JOB_DEPTH, A_NULL);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		struct tl_str state = tl_col_str(&r, 0);
		int64_t n = tl_col_int(&r, 1);
		if (tl_str_is(state, "buried")) {
			d.buried += n;
		} else if (tl_str_is(state, "leased")) {
			d.leased += n;
		} else {
			d.waiting += n;
			int64_t oldest = tl_col_int(&r, 2);
			if (d.oldest_run_at == 0 || oldest < d.oldest_run_at)
				d.oldest_run_at = oldest;
		}
	}
	if (rc == 0)
		*ret = d;
	return rc;
}
