/*
 * Which directory of a derived index counts, and what stands in its root.
 *
 * Promises: a number is never given twice, whatever was removed meanwhile; giving one up opens one alarm, however many find
 * it damaged. Failure: the store's codes and EIO; what could not be removed is removed the next time. Called by the keeper of
 * known hashes, by the media index and by who follows them.
 */
#include "store/derived.h"

#include "base/buf.h"
#include "store/alarms.h"
#include "sys/clock.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES_MAX 4000

int
tl_derived_get(struct tl_db *db, const char *name, struct tl_derived *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_BANK_INDEX_GET, A_Z(name));
	*ret = (struct tl_derived){0};
	if (rc == TL_ENOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	*ret = (struct tl_derived){tl_col_int(&r, 0), tl_col_int(&r, 1)};
	tl_row_end(&r);
	return 0;
}

int
tl_derived_set(struct tl_db *db, const char *name, const struct tl_derived *d)
{
	int rc =
	    tl_db_run(db, TL_SQL_BANK_INDEX_SET, A_Z(name), A_INT(d->epoch), A_INT(d->upto));
	return rc < 0 ? rc : 0;
}

int
tl_derived_built(struct tl_db *db, const char *name, const struct tl_derived *d)
{
	int rc = tl_derived_set(db, name, d);
	return rc < 0 ? rc : tl_alarm_over(db, TL_AL_INDEX_DAMAGED, tl_str(name));
}

struct giving_up {
	const char *name;
	int64_t epoch;
	const char *why;
};

static int
give_up(struct tl_db *db, void *ctx)
{
	const struct giving_up *g = ctx;
	struct tl_derived row;
	int rc = tl_derived_get(db, g->name, &row);
	if (rc < 0 || row.epoch != g->epoch)
		return rc;
	row.epoch = 0;
	rc = tl_derived_set(db, g->name, &row);
	if (rc == 0)
		rc = tl_alarm_open(db, TL_AL_INDEX_DAMAGED, tl_str(g->name),
		    TL_SAID(A_Z(g->name), A_Z(g->why)), NULL);
	return rc < 0 ? rc : 1;
}

int
tl_derived_give_up(struct tl_db *db, const char *name, int64_t epoch, const char *why)
{
	struct giving_up g = {name, epoch, why};
	return tl_db_tx(db, TL_SYNC_NORMAL, give_up, &g);
}

int
tl_derived_path(const char *root, int64_t epoch, struct tl_buf *ret)
{
	tl_buf_reset(ret);
	tl_buf_printf(ret, "%s/%lld", root, (long long)epoch);
	return ret->n < PATH_BYTES_MAX
		   ? 0
		   : tl_fail(TL_ETOOBIG, "the path of the data folder is too long");
}

static void
remove_dir(const char *path)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf file = {0};
	DIR *d = opendir(path);
	for (const struct dirent *e; d && (e = readdir(d));) {
		tl_buf_reset(&file);
		tl_buf_printf(&file, "%s/%s", path, e->d_name);
		if (e->d_name[0] != '.')
			(void)unlink(tl_buf_z(&file));
	}
	if (d)
		(void)closedir(d);
	(void)rmdir(path);
}

/* Returns the largest number that was there. */
static int64_t
sweep(const char *root, int64_t keep)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf path = {0};
	DIR *d = opendir(root);
	int64_t largest = 0;
	for (const struct dirent *e; d && (e = readdir(d));) {
		int64_t epoch = 0;
		if (e->d_name[0] == '.')
			continue;
		if (tl_parse_i64(tl_str(e->d_name), 1, INT64_MAX - 1, &epoch) == 0)
			largest = epoch > largest ? epoch : largest;
		if (epoch && epoch == keep)
			continue;
		tl_buf_reset(&path);
		tl_buf_printf(&path, "%s/%s", root, e->d_name);
		if (unlink(tl_buf_z(&path)) < 0)
			remove_dir(tl_buf_z(&path));
	}
	if (d)
		(void)closedir(d);
	return largest;
}

void
tl_derived_sweep(const char *root, int64_t keep)
{
	(void)sweep(root, keep);
}

int
tl_derived_anew(const char *root, int64_t *ret_epoch)
{
	if (mkdir(root, 0700) < 0 && errno != EEXIST)
		return tl_fail(TL_EIO, "cannot make %s: %m", root);
	int64_t largest = sweep(root, 0), now = tl_now_us() / TL_US_S;
	*ret_epoch = largest >= now ? largest + 1 : now;
	return 0;
}
