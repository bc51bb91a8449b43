/*
 * Uploads (upload.h).
 *
 * Promises: SHA-256 and MD5 are of the raw bytes as they came; the type is sniffed (sys/sniff.h, then sniff.tbl.h). Failures:
 * ETOOBIG, EFULL, EIO; the temporary blob is gone then. Called by PUT /v1/media and POST /v1/items.
 */
#include "intake/upload.h"

#include "base/arena.h"
#include "store/blobs.h"
#include "sys/killpoint.h"
#include "sys/sniff.h"

#include <stdlib.h>

struct tl_upload {
	struct tl_blob_in *blob;
	struct tl_digest *digest;
	int64_t bytes, limit, film_limit;
	uint8_t head[TL_SNIFF_BYTES];
	size_t head_n;
};

struct magic {
	size_t offset;
	struct tl_str bytes, type;
};

static const struct magic MAGIC[] = {
#define M(offset, magic, type) {(offset), TL_S(magic), TL_S(type)},
#include "intake/sniff.tbl.h"
#undef M
};

struct tl_str
tl_upload_mime(struct tl_str head)
{
	enum tl_format f = tl_sniff(head);
	if (tl_format_is_picture(f))
		return tl_str(tl_format_mime(f));
	for (size_t i = 0; i < TL_COUNT(MAGIC); i++) {
		const struct magic *m = &MAGIC[i];
		if (head.n >= m->offset + m->bytes.n &&
		    memcmp(head.p + m->offset, m->bytes.p, m->bytes.n) == 0)
			return m->type;
	}
	return tl_str(tl_format_mime(f));
}

int
tl_upload_begin(struct tl_store *s, int64_t platform, int64_t limit, struct tl_upload **ret)
{
	struct tl_upload *u = calloc(1, sizeof *u);
	if (!u)
		abort();
	u->limit = limit;
	int rc = tl_blob_create(s, platform, &u->blob);
	if (rc < 0) {
		free(u);
		return rc;
	}
	u->digest = tl_digest_create();
	*ret = u;
	return 0;
}

void
tl_upload_film_limit(struct tl_upload *u, int64_t limit)
{
	u->film_limit = limit;
}

int
tl_upload_add(struct tl_upload *u, struct tl_str bytes)
{
	size_t n = sizeof u->head - u->head_n;
	n = n < bytes.n ? n : bytes.n;
	memcpy(u->head + u->head_n, bytes.p, n);
	u->head_n += n;
	bool film = u->film_limit > u->limit &&
		    tl_format_is_film(tl_sniff(tl_bytes(u->head, u->head_n)));
	int64_t limit = film ? u->film_limit : u->limit;
	if ((int64_t)bytes.n > limit - u->bytes)
		return tl_fail(
		    TL_ETOOBIG, "a file is larger than %lld bytes", (long long)limit);
	u->bytes += (int64_t)bytes.n;
	tl_digest_add(u->digest, bytes);
	return tl_blob_add(u->blob, bytes);
}

int
tl_upload_finish(struct tl_upload *u, struct tl_media *ret)
{
	struct tl_media m = {
	    .bytes = u->bytes, .mime = tl_upload_mime(tl_bytes(u->head, u->head_n))};
	if (u->bytes == 0) {
		tl_upload_abort(u);
		return tl_fail_at(TL_EFIELD, "/media", "a file is empty");
	}
	tl_digest_end(u->digest, m.sha256, m.md5);
	int rc = tl_blob_finish(u->blob, &m.id);
	free(u);
	if (rc == 0)
		*ret = m;
	return rc;
}

void
tl_upload_abort(struct tl_upload *u)
{
	if (!u)
		return;
	tl_digest_destroy(u->digest);
	tl_blob_abort(u->blob);
	free(u);
}

int
tl_upload_store(struct tl_db *db, int64_t platform, const struct tl_media *m,
    int64_t expires_at, bool *ret_known)
{
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *a = tl_arena_create(65536);
	struct tl_media old;
	int rc = tl_media_get(db, platform, &m->id, a, &old);
	TL_KILLPOINT(BLOB_BEFORE_ROW);
	*ret_known = rc == 0 && old.state != TL_MEDIA_ERASED;
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	return tl_media_add(db, platform, m, expires_at);
}
