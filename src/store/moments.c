/*
 * Rows of clips that are due.
 *
 * Promises: each is taken by one worker at a time, and a row is gone only when its clip is told of or given up. Failures:
 * those of the store. Called by the worker.
 */
#include "store/moments.h"

#include "store/rows_int.h"
#include "sys/clock.h"

#define A_MEDIA(id_) A_BYTES(tl_bytes((id_)->b, sizeof(id_)->b))

int
tl_moments_ask(
    struct tl_db *db, int64_t platform, const struct tl_media_id *media, const char *cuts)
{
	int rc = tl_db_run(db, TL_SQL_MOMENTS_ASK, A_INT(platform), A_MEDIA(media), A_Z(cuts),
	    A_INT(tl_now_us()));
	return rc < 0 ? rc : 0;
}

int
tl_moments_due(struct tl_db *db, int64_t now_us)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_MOMENTS_DUE, A_INT(now_us));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	tl_row_end(&r);
	return 1;
}

int
tl_moments_lease(struct tl_db *db, int64_t now_us, int64_t until_us, struct tl_moments_job *ret)
{
	struct tl_row r;
	struct tl_moments_job j = {0};
	int rc = tl_db_first(db, &r, TL_SQL_MOMENTS_LEASE, A_INT(now_us), A_INT(until_us));
	if (rc < 0)
		return rc;
	struct tl_str media = tl_col_str(&r, 1);
	j.platform = tl_col_int(&r, 0);
	rc = tl_str_copy(j.cuts, sizeof j.cuts, tl_col_str(&r, 2));
	j.tries = tl_col_int(&r, 3);
	if (media.n == sizeof j.media.b)
		memcpy(j.media.b, media.p, media.n);
	tl_row_end(&r);
	*ret = j;
	return rc;
}

int
tl_moments_back(struct tl_db *db, const struct tl_moments_job *j, int64_t at, int64_t tries)
{
	int rc = tl_db_run(db, TL_SQL_MOMENTS_BACK, A_INT(j->platform), A_MEDIA(&j->media),
	    A_Z(j->cuts), A_INT(at), A_INT(tries));
	return rc < 0 ? rc : 0;
}

int
tl_moments_done(struct tl_db *db, const struct tl_moments_job *j)
{
	int rc = tl_db_run(
	    db, TL_SQL_MOMENTS_DONE, A_INT(j->platform), A_MEDIA(&j->media), A_Z(j->cuts));
	return rc < 0 ? rc : 0;
}

int
tl_moments_film(struct tl_db *db, const struct tl_moments_job *j, struct tl_str film)
{
	int rc = tl_db_run(
	    db, TL_SQL_MOMENTS_FILM, A_INT(j->platform), A_MEDIA(&j->media), A_TEXT(film));
	return rc < 0 ? rc : 0;
}
