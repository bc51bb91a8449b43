/*
 * The blob folder: head (magic, wrapped key, stream header), then chunks of 64 KiB + 17 bytes, the last tagged
 * FINAL, so that a cut file is noticed.
 *
 * Promises: a finished blob and its name survive a power cut; a reader gets the exact bytes or an error, never a
 * part. Failures: FULL, EIO, ECRYPTO, NOTFOUND. Called by intake (write), worker and review (read).
 */
#include "store/blobs.h"

#include "store/db_int.h"
#include "sys/fd.h"
#include "sys/killpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define STREAM_HEADER crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define STREAM_TAG crypto_secretstream_xchacha20poly1305_ABYTES
#define HEAD_BYTES (4 + TL_KEY_BYTES + TL_SEAL_OVERHEAD + STREAM_HEADER)

static const uint8_t magic[4] = {'T', 'L', 'B', '1'};

struct tl_blob_in {
	struct tl_store *store;
	int fd;
	char tmp[4096];
	crypto_generichash_state name;
	crypto_secretstream_xchacha20poly1305_state stream;
	uint8_t chunk[TL_BLOB_CHUNK];
	size_t filled;
};

static int
path_of(const struct tl_store *s, const struct tl_media_id *id, const char *suffix, char *dst,
    size_t cap)
{
	char hex[2 * sizeof id->b + 1];
	tl_hex(hex, id->b, sizeof id->b);
	int n = snprintf(dst, cap, "%s/blobs/%.2s/%s%s", s->dir, hex, hex, suffix);
	return n > 0 && (size_t)n < cap
		   ? 0
		   : tl_fail(TL_ETOOBIG, "the path of the data folder is too long");
}

static int
write_whole(int fd, const void *p, size_t n)
{
	const uint8_t *at = p;
	while (n) {
		ssize_t w = write(fd, at, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return tl_fail(errno == ENOSPC || errno == EDQUOT ? TL_EFULL : TL_EIO,
			    "writing a blob failed: %m");
		at += w;
		n -= (size_t)w;
	}
	return 0;
}

static int
write_head(struct tl_blob_in *b)
{
	uint8_t head[HEAD_BYTES];
	struct tl_key key;
	struct tl_key wrap = tl_store_key(b->store, "blobkey");
	tl_random(key.b, sizeof key.b);
	memcpy(head, magic, sizeof magic);
	tl_seal(head + 4, tl_bytes(key.b, sizeof key.b), tl_bytes(magic, sizeof magic), &wrap);
	(void)crypto_secretstream_xchacha20poly1305_init_push(
	    &b->stream, head + HEAD_BYTES - STREAM_HEADER, key.b);
	tl_wipe(&key, sizeof key);
	return write_whole(b->fd, head, sizeof head);
}

int
tl_blob_create(struct tl_store *s, int64_t platform, struct tl_blob_in **ret)
{
	struct tl_blob_in *b = calloc(1, sizeof *b);
	if (!b)
		abort();
	b->store = s;
	uint8_t unique[12];
	char hex[2 * sizeof unique + 1];
	tl_random(unique, sizeof unique);
	tl_hex(hex, unique, sizeof unique);
	(void)snprintf(b->tmp, sizeof b->tmp, "%.4000s/blobs/new-%s", s->dir, hex);
	b->fd = open(b->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (b->fd < 0) {
		int rc =
		    tl_fail(errno == ENOSPC ? TL_EFULL : TL_EIO, "cannot write a blob: %m");
		free(b);
		return rc;
	}
	struct tl_key name_key = tl_store_key(s, "blobname");
	(void)crypto_generichash_init(
	    &b->name, name_key.b, sizeof name_key.b, sizeof((struct tl_media_id *)0)->b);
	(void)crypto_generichash_update(&b->name, (const uint8_t *)&platform, sizeof platform);
	int rc = write_head(b);
	if (rc < 0) {
		tl_blob_abort(b);
		return rc;
	}
	*ret = b;
	return 0;
}

static int
push_chunk(struct tl_blob_in *b, unsigned char tag)
{
	uint8_t *out = malloc(TL_BLOB_CHUNK + STREAM_TAG);
	if (!out)
		abort();
	unsigned long long n = 0;
	(void)crypto_secretstream_xchacha20poly1305_push(
	    &b->stream, out, &n, b->chunk, b->filled, NULL, 0, tag);
	int rc = write_whole(b->fd, out, (size_t)n);
	free(out);
	b->filled = 0;
	return rc;
}

int
tl_blob_add(struct tl_blob_in *b, struct tl_str bytes)
{
	if (!bytes.n)
		return 0;
	(void)crypto_generichash_update(&b->name, bytes.p, bytes.n);
	while (bytes.n) {
		/* A full chunk waits until more comes: only then is it known not to be the last. */
		if (b->filled == sizeof b->chunk) {
			int rc =
			    push_chunk(b, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
			if (rc < 0)
				return rc;
		}
		size_t n = sizeof b->chunk - b->filled;
		n = n < bytes.n ? n : bytes.n;
		memcpy(b->chunk + b->filled, bytes.p, n);
		b->filled += n;
		bytes.p += n;
		bytes.n -= n;
	}
	return 0;
}

static int
sync_path(const char *folder)
{
	TL_CLEANUP(tl_fd_close) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return tl_fail(TL_EIO, "cannot sync a blob folder: %m");
	return 0;
}

/*
 * A second name in blobs/ship, where the backup role finds what it has not copied yet. It made that folder; without it
 * nobody copies. A name that is lost in a power cut is made good by its rounds over the whole folder.
 */
static void
note_new(const char *path)
{
	char second[4096];
	const char *name = strrchr(path, '/');
	if (name && (size_t)(name - path) > 3 &&
	    snprintf(second, sizeof second, "%.*s/ship%s", (int)(name - path) - 3, path, name) <
		(int)sizeof second &&
	    link(path, second) < 0)
		return; /* no such folder, or the name is there already */
}

/* Moves a synced temporary file to its final name. */
static int
settle(const char *tmp, const char *path)
{
	char folder[4096];
	int rc = tl_str_copy(folder, sizeof folder, tl_str(path));
	if (rc < 0)
		return rc;
	char *slash = strrchr(folder, '/');
	if (!slash)
		return tl_fail(TL_EBUG, "a blob path without folder");
	*slash = 0;
	if (mkdir(folder, 0700) == 0) {
		/* A new folder must itself be found again after a crash. */
		char *up = strrchr(folder, '/');
		if (up) {
			*up = 0;
			rc = sync_path(folder);
			*up = '/';
		}
	} else if (errno != EEXIST) {
		return tl_fail(
		    errno == ENOSPC ? TL_EFULL : TL_EIO, "cannot make a blob folder: %m");
	}
	if (rc == 0 && rename(tmp, path) < 0)
		rc = tl_fail(TL_EIO, "cannot name a blob: %m");
	if (rc == 0)
		note_new(path);
	TL_KILLPOINT(BLOB_NAMED);
	return rc < 0 ? rc : sync_path(folder);
}

int
tl_blob_finish(struct tl_blob_in *b, struct tl_media_id *ret)
{
	struct tl_media_id id;
	char path[4096];
	int rc = push_chunk(b, crypto_secretstream_xchacha20poly1305_TAG_FINAL);
	(void)crypto_generichash_final(&b->name, id.b, sizeof id.b);
	if (rc == 0)
		rc = path_of(b->store, &id, "", path, sizeof path);
	TL_KILLPOINT(BLOB_WRITTEN);
	if (rc == 0 && fdatasync(b->fd) < 0)
		rc = tl_fail(TL_EIO, "syncing a blob failed: %m");
	TL_KILLPOINT(BLOB_SYNCED);
	if (rc == 0)
		rc = settle(b->tmp, path);
	if (rc < 0) {
		tl_blob_abort(b);
		return rc;
	}
	tl_fd_close(&b->fd);
	free(b);
	*ret = id;
	return 0;
}

void
tl_blob_abort(struct tl_blob_in *b)
{
	if (!b)
		return;
	tl_fd_close(&b->fd);
	(void)unlink(b->tmp);
	free(b);
}

static int
read_full(int fd, uint8_t *dst, size_t n, size_t *ret)
{
	size_t at = 0;
	while (at < n) {
		ssize_t r = read(fd, dst + at, n - at);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return tl_fail(TL_EIO, "reading a blob failed: %m");
		if (r == 0)
			break;
		at += (size_t)r;
	}
	*ret = at;
	return 0;
}

static int
open_head(struct tl_store *s, int fd, crypto_secretstream_xchacha20poly1305_state *st)
{
	uint8_t head[HEAD_BYTES];
	size_t n = 0;
	int rc = read_full(fd, head, sizeof head, &n);
	if (rc < 0)
		return rc;
	if (n != sizeof head || memcmp(head, magic, sizeof magic) != 0)
		return tl_fail(TL_ECORRUPT, "a blob's head is damaged");
	struct tl_key key;
	struct tl_key wrap = tl_store_key(s, "blobkey");
	rc = tl_unseal(key.b, tl_bytes(head + 4, TL_KEY_BYTES + TL_SEAL_OVERHEAD),
	    tl_bytes(magic, sizeof magic), &wrap);
	if (rc < 0)
		return rc;
	int bad = crypto_secretstream_xchacha20poly1305_init_pull(
	    st, head + HEAD_BYTES - STREAM_HEADER, key.b);
	tl_wipe(&key, sizeof key);
	return bad ? tl_fail(TL_ECORRUPT, "a blob's head is damaged") : 0;
}

/* Where plaintext goes: a buffer that grows, or a place of fixed size. */
struct plain_out {
	struct tl_buf *buf;
	uint8_t *p;
	size_t n, size;
};

static uint8_t *
plain_room(struct plain_out *o, size_t n)
{
	if (o->buf)
		return tl_buf_room(o->buf, n);
	return n <= o->size - o->n ? o->p + o->n : NULL;
}

static void
plain_grew(struct plain_out *o, size_t n)
{
	if (o->buf)
		tl_buf_grew(o->buf, n);
	else
		o->n += n;
}

static int
read_chunks(int fd, crypto_secretstream_xchacha20poly1305_state *st, struct plain_out *out)
{
	uint8_t *sealed = malloc(TL_BLOB_CHUNK + STREAM_TAG);
	if (!sealed)
		abort();
	int rc = 0;
	unsigned char tag = 0;
	while (rc == 0 && tag != crypto_secretstream_xchacha20poly1305_TAG_FINAL) {
		size_t n = 0;
		unsigned long long plain = 0;
		rc = read_full(fd, sealed, TL_BLOB_CHUNK + STREAM_TAG, &n);
		size_t most = out->buf ? TL_BLOB_CHUNK : n < STREAM_TAG ? 0 : n - STREAM_TAG;
		uint8_t *to = rc < 0 ? NULL : plain_room(out, most);
		if (rc == 0 && !to)
			rc = tl_fail(TL_ETOOBIG, "the blob is larger than the limit");
		if (rc == 0 &&
		    (n < STREAM_TAG || crypto_secretstream_xchacha20poly1305_pull(
					   st, to, &plain, &tag, sealed, n, NULL, 0) != 0))
			rc = tl_fail(TL_ECORRUPT, "a blob is damaged or cut");
		if (rc == 0)
			plain_grew(out, (size_t)plain);
	}
	free(sealed);
	return rc;
}

static int
read_file(struct tl_store *s, const char *path, struct plain_out *out)
{
	TL_CLEANUP(tl_fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return tl_fail(
		    errno == ENOENT ? TL_ENOTFOUND : TL_EIO, "cannot open a blob: %m");
	crypto_secretstream_xchacha20poly1305_state st;
	int rc = open_head(s, fd, &st);
	return rc < 0 ? rc : read_chunks(fd, &st, out);
}

int
tl_blob_read(struct tl_store *s, const struct tl_media_id *id, struct tl_buf *out)
{
	char path[4096];
	struct plain_out o = {.buf = out};
	int rc = path_of(s, id, "", path, sizeof path);
	return rc < 0 ? rc : read_file(s, path, &o);
}

int
tl_blob_read_memfd(struct tl_store *s, const struct tl_media_id *id, size_t n, int *ret_fd)
{
	char path[4096];
	TL_CLEANUP(tl_fd_close) int fd = -1;
	struct plain_out o = {.size = n};
	int rc = path_of(s, id, "", path, sizeof path);
	if (rc == 0)
		rc = tl_memfd_new("tutela-file", n, &fd, &o.p);
	if (rc < 0)
		return rc;
	rc = read_file(s, path, &o);
	tl_memfd_unmap(tl_bytes(o.p, n));
	if (rc == 0 && o.n != n)
		rc = tl_fail(TL_ECORRUPT, "a blob has another size");
	if (rc == 0)
		rc = tl_memfd_seal(fd);
	if (rc == 0)
		*ret_fd = tl_fd_take(&fd);
	return rc;
}

bool
tl_blob_exists(struct tl_store *s, const struct tl_media_id *id)
{
	char path[4096];
	return path_of(s, id, "", path, sizeof path) == 0 && access(path, R_OK) == 0;
}

static int
derived_path(
    struct tl_store *s, const struct tl_media_id *id, const char *name, char *dst, size_t cap)
{
	char suffix[32];
	(void)snprintf(suffix, sizeof suffix, ".%.16s", name);
	return path_of(s, id, suffix, dst, cap);
}

int
tl_blob_put_derived(
    struct tl_store *s, const struct tl_media_id *id, const char *name, struct tl_str bytes)
{
	char path[4096];
	int rc = derived_path(s, id, name, path, sizeof path);
	if (rc < 0)
		return rc;
	struct tl_blob_in *b = NULL;
	rc = tl_blob_create(s, 0, &b);
	if (rc < 0)
		return rc;
	rc = tl_blob_add(b, bytes);
	if (rc == 0)
		rc = push_chunk(b, crypto_secretstream_xchacha20poly1305_TAG_FINAL);
	if (rc == 0)
		rc = settle(
		    b->tmp, path); /* not synced: it can be made again from the original */
	if (rc < 0) {
		tl_blob_abort(b);
		return rc;
	}
	tl_fd_close(&b->fd);
	free(b);
	return 0;
}

int
tl_blob_read_derived(
    struct tl_store *s, const struct tl_media_id *id, const char *name, struct tl_buf *out)
{
	char path[4096];
	struct plain_out o = {.buf = out};
	int rc = derived_path(s, id, name, path, sizeof path);
	return rc < 0 ? rc : read_file(s, path, &o);
}

void
tl_blob_remove(struct tl_store *s, const struct tl_media_id *id)
{
	static const char *const suffixes[] = {"", ".tiny", ".preview", ".clip", ".moments"};
	char path[4096];
	for (size_t i = 0; i < TL_COUNT(suffixes); i++) {
		if (path_of(s, id, suffixes[i], path, sizeof path) == 0)
			(void)unlink(path);
	}
}
