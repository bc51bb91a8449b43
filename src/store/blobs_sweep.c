/*
 * Looking through the blob folder for files that nothing names: a request that was refused after its upload, a crash
 * between file and row, a preview that came after an erasure.
 *
 * Promises: reads names and times only; one part of the folder at a time, so that no look takes long. Failure: EIO.
 * Called by the clerk through store/media.
 */
#include "store/blobs.h"

#include "base/str.h"
#include "store/db_int.h"
#include "sys/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY "new-"

static int
open_part(const struct tl_store *s, const char *part, DIR **ret)
{
	char path[4096];
	int n = snprintf(path, sizeof path, "%s/blobs%s", s->dir, part);
	if (n < 0 || (size_t)n >= sizeof path)
		return tl_fail(TL_ETOOBIG, "the path of the data folder is too long");
	DIR *d = opendir(path);
	if (!d && errno != ENOENT)
		return tl_fail(TL_EIO, "cannot look through the blobs: %m");
	*ret = d; /* NULL: nothing is there yet */
	return 0;
}

static bool
is_older(DIR *d, const char *name, int64_t before_us)
{
	struct stat st;
	if (fstatat(dirfd(d), name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return false;
	return (int64_t)st.st_mtim.tv_sec * TL_US_S + st.st_mtim.tv_nsec / 1000 < before_us;
}

int
tl_blob_each_old(
    struct tl_store *s, unsigned part, int64_t before_us, tl_blob_each_fn each, void *ctx)
{
	char name[8];
	DIR *d = NULL;
	(void)snprintf(name, sizeof name, "/%02x", part % TL_BLOB_PARTS);
	int rc = open_part(s, name, &d);
	if (rc < 0 || !d)
		return rc;
	bool go = true;
	for (const struct dirent *e = readdir(d); e && go; e = readdir(d)) {
		struct tl_media_id id;
		size_t hex = 2 * sizeof id.b, n = strlen(e->d_name);
		if (n < hex || tl_unhex(id.b, sizeof id.b, tl_bytes(e->d_name, hex)) < 0)
			continue;
		if (is_older(d, e->d_name, before_us))
			go = each(ctx, &id);
	}
	(void)closedir(d);
	return 0;
}

int
tl_blob_drop_unfinished(struct tl_store *s, int64_t before_us)
{
	DIR *d = NULL;
	int n = 0, rc = open_part(s, "", &d);
	if (rc < 0 || !d)
		return rc;
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		if (strncmp(e->d_name, TEMPORARY, sizeof TEMPORARY - 1) == 0 &&
		    is_older(d, e->d_name, before_us))
			n += unlinkat(dirfd(d), e->d_name, 0) == 0;
	}
	(void)closedir(d);
	return n;
}
