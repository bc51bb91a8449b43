/*
 * One file: read, digest, decode in a jail, hash. Prints nothing. A file that cannot be decoded is a result, not a
 * failure. Called by the CLI.
 */
#include "media/file.h"

#include "base/buf.h"
#include "sys/crypto.h"
#include "sys/fd.h"

static int
decode(struct tl_jails *j, struct tl_str bytes, struct tl_file_hash *h)
{
	struct tl_decode_job job = {.bytes = bytes, .limits = {.bytes = TL_DECODE_BYTES_MAX}};
	struct tl_decoded *d = calloc(1, sizeof *d);
	if (!d)
		abort();
	int rc = tl_jails_decode(j, &job, d);
	h->reason = d->reason;
	if (rc == 0) {
		h->format = d->picture.format;
		h->width = d->picture.width;
		h->height = d->picture.height;
		h->quality = d->picture.quality;
		h->pdq = d->picture.pdq[TL_PDQ_ORIGINAL];
		memcpy(h->turned, d->picture.pdq, sizeof h->turned);
	}
	tl_picture_fini(&d->picture);
	bool refused =
	    rc == 0 || h->reason != TL_DECODE_OK; /* the decoder's word, not our trouble */
	free(d);
	return refused && h->reason != TL_DECODE_NO_JAIL ? 0 : rc;
}

void
tl_file_hash_fini(struct tl_file_hash *h)
{
	tl_video_fini(&h->frames);
	tl_sound_fini(&h->sound);
}

int
tl_hash_bytes(struct tl_jails *j, struct tl_str bytes, struct tl_file_hash *ret)
{
	struct tl_file_hash h = {.bytes = bytes.n, .reason = TL_DECODE_OK};
	struct tl_digest *d = tl_digest_create();
	tl_digest_add(d, bytes);
	tl_digest_end(d, h.sha256, h.md5);
	int rc = decode(j, bytes, &h);
	if (rc == 0)
		*ret = h;
	else
		tl_file_hash_fini(&h);
	return rc;
}

int
tl_hash_file(struct tl_jails *j, const char *path, struct tl_file_hash *ret)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf bytes = {0};
	int rc = tl_file_read(path, TL_DECODE_BYTES_MAX, &bytes);
	return rc < 0 ? rc : tl_hash_bytes(j, tl_buf_str(&bytes), ret);
}
