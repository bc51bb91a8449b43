/*
 * The index, plain: one array behind a lock, one file. Owns entries and the directory's files. Promises what index.h
 * says but speed. A damaged file is TL_ECORRUPT. Called by detectors and by who keeps the index.
 */
#include "hash/index.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x31307874756c5f74)

struct row {
	struct tl_index_entry e;
	uint64_t change;
};

struct head {
	uint64_t magic, mark, count, sum;
};

struct tl_index {
	pthread_rwlock_t lock;
	char *dir;
	enum tl_index_mode mode;
	int lock_fd;
	struct row *row;
	size_t n, cap;
	uint64_t mark, change;
	uint64_t *gone; /* keys removed since the mark, with their changes */
	size_t gone_n, gone_cap;
};

static uint64_t
sum_of(const struct row *r, size_t n)
{
	const uint8_t *p = (const uint8_t *)r;
	uint64_t s = 14695981039346656037u;
	for (size_t i = 0; i < n * sizeof *r; i++)
		s = (s ^ p[i]) * 1099511628211u;
	return s;
}

static void
path_of(const struct tl_index *x, const char *name, struct tl_buf *b)
{
	tl_buf_printf(b, "%s/%s", x->dir, name);
}

static void
put(struct tl_index *x, const struct row *r)
{
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 1024;
		x->row = reallocarray(x->row, x->cap, sizeof *x->row);
		if (!x->row)
			abort();
	}
	x->row[x->n++] = *r;
}

static struct row *
at_key(const struct tl_index *x, uint64_t key)
{
	for (size_t i = 0; i < x->n; i++)
		if (x->row[i].e.key == key)
			return &x->row[i];
	return NULL;
}

static int
load(struct tl_index *x)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf path = {0};
	struct head h = {0};
	path_of(x, "manifest", &path);
	int fd = open(tl_buf_z(&path), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return tl_fail(TL_ENOTFOUND, "there is no index in %s", x->dir);
	int rc = 0;
	struct row *row = NULL;
	struct stat st;
	if (fstat(fd, &st) < 0 || read(fd, &h, sizeof h) != (ssize_t)sizeof h ||
	    h.magic != MAGIC || (uint64_t)st.st_size != sizeof h + h.count * sizeof *row)
		rc = tl_fail(TL_ECORRUPT, "%s is damaged", tl_buf_z(&path));
	if (rc == 0) {
		row = calloc(h.count + 1, sizeof *row);
		if (!row)
			abort();
		if (read(fd, row, h.count * sizeof *row) != (ssize_t)(h.count * sizeof *row) ||
		    sum_of(row, h.count) != h.sum)
			rc = tl_fail(TL_ECORRUPT, "%s is damaged", tl_buf_z(&path));
	}
	(void)close(fd);
	if (rc < 0) {
		free(row);
		return rc;
	}
	size_t old_n = x->n;
	struct row *old = x->row;
	x->row = row;
	x->n = x->cap = h.count;
	for (size_t i = 0; i < old_n; i++)
		if (old[i].change > h.mark && !at_key(x, old[i].e.key))
			put(x, &old[i]);
	for (size_t i = 0; i < x->gone_n; i += 2) {
		struct row *r = x->gone[i + 1] > h.mark ? at_key(x, x->gone[i]) : NULL;
		if (r && r->change < x->gone[i + 1])
			*r = x->row[--x->n];
	}
	free(old);
	x->mark = h.mark;
	x->change = h.mark > x->change ? h.mark : x->change;
	return 0;
}

int
tl_index_open(const char *dir, enum tl_index_mode mode, struct tl_index **ret)
{
	TL_CLEANUP(tl_index_closep) struct tl_index *x = calloc(1, sizeof *x);
	if (!x)
		abort();
	(void)pthread_rwlock_init(&x->lock, NULL);
	x->mode = mode;
	x->lock_fd = -1;
	if (dir) {
		TL_CLEANUP(tl_buf_fini) struct tl_buf path = {0};
		x->dir = strdup(dir);
		path_of(x, "lock", &path);
		if (mode == TL_INDEX_OWN) {
			(void)mkdir(dir, 0700);
			x->lock_fd = open(tl_buf_z(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
			if (x->lock_fd < 0)
				return tl_fail(TL_EIO, "cannot open %s: %m", tl_buf_z(&path));
			if (flock(x->lock_fd, LOCK_EX | LOCK_NB) < 0)
				return tl_fail(TL_EAGAIN, "another process owns %s", dir);
		}
		int rc = load(x);
		if (rc < 0 && !(rc == TL_ENOTFOUND && mode == TL_INDEX_OWN))
			return rc;
	}
	*ret = TL_TAKE(x);
	return 0;
}

void
tl_index_close(struct tl_index *x)
{
	if (!x)
		return;
	if (x->lock_fd >= 0)
		(void)close(x->lock_fd);
	(void)pthread_rwlock_destroy(&x->lock);
	free(x->gone);
	free(x->dir);
	free(x->row);
	free(x);
}

void
tl_index_closep(struct tl_index **x)
{
	tl_index_close(*x);
}

int
tl_index_wipe(const char *dir)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf path = {0};
	tl_buf_printf(&path, "%s/manifest", dir);
	if (unlink(tl_buf_z(&path)) < 0 && errno != ENOENT)
		return tl_fail(TL_EIO, "cannot remove %s: %m", tl_buf_z(&path));
	return 0;
}

static uint64_t
numbered(struct tl_index *x, uint64_t change)
{
	uint64_t c = change ? change : x->change + 1;
	x->change = c > x->change ? c : x->change;
	return c;
}

int
tl_index_add(
    struct tl_index *x, const struct tl_pdq *hash, uint64_t key, uint32_t bank, uint64_t change)
{
	(void)pthread_rwlock_wrlock(&x->lock);
	struct row r = {
	    {*hash, key, bank, TL_INDEX_NEVER, TL_INDEX_FOREVER}, numbered(x, change)};
	struct row *old = at_key(x, key);
	if (old)
		*old = r;
	else
		put(x, &r);
	(void)pthread_rwlock_unlock(&x->lock);
	return 0;
}

static void
forget(struct tl_index *x, struct row *r, uint64_t change)
{
	if (x->gone_n + 2 > x->gone_cap) {
		x->gone_cap = x->gone_cap ? x->gone_cap * 2 : 64;
		x->gone = reallocarray(x->gone, x->gone_cap, sizeof *x->gone);
		if (!x->gone)
			abort();
	}
	x->gone[x->gone_n++] = r->e.key;
	x->gone[x->gone_n++] = change;
	*r = x->row[--x->n];
}

int
tl_index_remove(struct tl_index *x, uint64_t key, uint64_t change)
{
	(void)pthread_rwlock_wrlock(&x->lock);
	uint64_t c = numbered(x, change);
	struct row *r = at_key(x, key);
	if (r)
		forget(x, r, c);
	(void)pthread_rwlock_unlock(&x->lock);
	return 0;
}

int
tl_index_remove_bank(struct tl_index *x, uint32_t bank, uint64_t change)
{
	(void)pthread_rwlock_wrlock(&x->lock);
	uint64_t c = numbered(x, change);
	for (size_t i = x->n; i-- > 0;)
		if (x->row[i].e.bank == bank)
			forget(x, &x->row[i], c);
	(void)pthread_rwlock_unlock(&x->lock);
	return 0;
}

int
tl_index_limit(
    struct tl_index *x, uint64_t key, int64_t from_us, int64_t until_us, uint64_t change)
{
	(void)pthread_rwlock_wrlock(&x->lock);
	uint64_t c = numbered(x, change);
	struct row *r = at_key(x, key);
	if (r) {
		r->e.from_us = from_us;
		r->e.until_us = until_us;
		r->change = c;
	}
	(void)pthread_rwlock_unlock(&x->lock);
	return 0;
}

void
tl_index_reached(struct tl_index *x, uint64_t change)
{
	(void)pthread_rwlock_wrlock(&x->lock);
	x->change = change > x->change ? change : x->change;
	(void)pthread_rwlock_unlock(&x->lock);
}

static int
distance_of(const struct tl_index_ask *ask, uint32_t bank)
{
	for (size_t i = 0; i < ask->banks; i++)
		if (ask->bank[i].bank == bank)
			return ask->bank[i].distance;
	return ask->distance;
}

static bool
before(const struct tl_index_hit *a, const struct tl_index_hit *b)
{
	return a->distance != b->distance ? a->distance < b->distance : a->key < b->key;
}

/* Keeps the nearest, in order. */
static void
keep(struct tl_index_found *f, struct tl_index_hit hit)
{
	f->all++;
	size_t i = f->n;
	if (f->n == f->cap) {
		if (f->cap == 0 || !before(&hit, &f->hit[f->n - 1]))
			return;
		i--;
	} else {
		f->n++;
	}
	for (; i > 0 && before(&hit, &f->hit[i - 1]); i--)
		f->hit[i] = f->hit[i - 1];
	f->hit[i] = hit;
}

int
tl_index_find(struct tl_index *x, const struct tl_index_ask *ask, struct tl_index_found *found)
{
	if (ask->needles < 1 || ask->needles > TL_INDEX_NEEDLES_MAX || ask->distance < -1 ||
	    ask->distance > TL_INDEX_DISTANCE_MAX)
		return tl_fail(TL_EFIELD, "needles or distance out of bounds");
	for (size_t i = 0; i < ask->banks; i++)
		if (ask->bank[i].distance < -1 || ask->bank[i].distance > TL_INDEX_DISTANCE_MAX)
			return tl_fail(TL_EFIELD, "a bank's distance is out of bounds");
	(void)pthread_rwlock_rdlock(&x->lock);
	for (size_t k = 0; k < ask->needles; k++) {
		found[k].n = 0;
		found[k].all = 0;
		for (size_t i = 0; i < x->n; i++) {
			const struct tl_index_entry *e = &x->row[i].e;
			int d = tl_pdq_distance(&e->hash, &ask->needle[k]);
			if (d <= distance_of(ask, e->bank) && e->from_us <= ask->now_us &&
			    ask->now_us < e->until_us)
				keep(&found[k], (struct tl_index_hit){e->key, e->bank, d});
		}
	}
	(void)pthread_rwlock_unlock(&x->lock);
	return 0;
}

int
tl_index_get(struct tl_index *x, uint64_t key, struct tl_index_entry *ret)
{
	(void)pthread_rwlock_rdlock(&x->lock);
	const struct row *r = at_key(x, key);
	if (r)
		*ret = r->e;
	(void)pthread_rwlock_unlock(&x->lock);
	return r ? 0 : tl_fail(TL_ENOTFOUND, "no entry has this key");
}

int
tl_index_each(
    struct tl_index *x, int (*each)(void *ctx, const struct tl_index_entry *e), void *ctx)
{
	int rc = 0;
	(void)pthread_rwlock_rdlock(&x->lock);
	for (size_t i = 0; i < x->n && rc == 0; i++)
		rc = each(ctx, &x->row[i].e);
	(void)pthread_rwlock_unlock(&x->lock);
	return rc;
}

void
tl_index_stats(struct tl_index *x, struct tl_index_stats *ret)
{
	(void)pthread_rwlock_rdlock(&x->lock);
	*ret = (struct tl_index_stats){.entries = x->n,
	    .memory = x->cap * sizeof *x->row,
	    .mark = x->mark,
	    .change = x->change};
	for (size_t i = 0; i < x->n; i++)
		ret->tail += x->row[i].change > x->mark;
	(void)pthread_rwlock_unlock(&x->lock);
}

static int
write_all(int fd, const void *data, size_t n)
{
	const uint8_t *p = data;
	while (n) {
		ssize_t w = write(fd, p, n);
		if (w < 0 && errno != EINTR)
			return tl_fail(errno == ENOSPC ? TL_EFULL : TL_EIO, "cannot write: %m");
		p += w > 0 ? w : 0;
		n -= w > 0 ? (size_t)w : 0;
	}
	return 0;
}

int
tl_index_flush(struct tl_index *x)
{
	if (!x->dir || x->mode != TL_INDEX_OWN)
		return tl_fail(TL_EBUG, "this index is not owned");
	TL_CLEANUP(tl_buf_fini) struct tl_buf path = {0}, tmp = {0};
	path_of(x, "manifest", &path);
	path_of(x, "manifest.tmp", &tmp);
	(void)pthread_rwlock_wrlock(&x->lock);
	struct head h = {MAGIC, x->change, x->n, sum_of(x->row, x->n)};
	int rc = 0;
	int fd = open(tl_buf_z(&tmp), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		rc = tl_fail(TL_EIO, "cannot write %s: %m", tl_buf_z(&tmp));
	if (rc == 0)
		rc = write_all(fd, &h, sizeof h);
	if (rc == 0)
		rc = write_all(fd, x->row, x->n * sizeof *x->row);
	if (fd >= 0 && (fsync(fd) < 0 || close(fd) < 0) && rc == 0)
		rc = tl_fail(TL_EIO, "cannot sync %s: %m", tl_buf_z(&tmp));
	if (rc == 0 && rename(tl_buf_z(&tmp), tl_buf_z(&path)) < 0)
		rc = tl_fail(TL_EIO, "cannot rename %s: %m", tl_buf_z(&tmp));
	if (rc == 0) {
		x->mark = x->change;
		x->gone_n = 0;
	}
	(void)pthread_rwlock_unlock(&x->lock);
	return rc;
}

int
tl_index_merge(struct tl_index *x, bool *ret_merged)
{
	(void)x;
	*ret_merged = false;
	return 0;
}

int
tl_index_refresh(struct tl_index *x, bool *ret_changed)
{
	uint64_t before_mark = x->mark;
	(void)pthread_rwlock_wrlock(&x->lock);
	int rc = x->dir && x->mode == TL_INDEX_FOLLOW ? load(x) : 0;
	(void)pthread_rwlock_unlock(&x->lock);
	*ret_changed = rc == 0 && x->mark != before_mark;
	return rc;
}

int
tl_index_verify(struct tl_index *x)
{
	(void)x;
	return 0;
}
