/*
 * One file: read, digest, decode in a jail, hash. Prints nothing. A file that cannot be decoded is a result, not a
 * failure. Called by the CLI.
 */
#include "media/file.h"

#include "base/buf.h"
#include "sys/crypto.h"
#include "sys/fd.h"

#define FILM_DEADLINE_MS 600000

static void
take_picture(struct tl_file_hash *h, struct tl_picture *p)
{
	h->frames = p->moving.frames;
	p->moving.frames = (struct tl_video){0};
	h->partly = p->moving.partly;
	h->format = p->format;
	h->width = p->width;
	h->height = p->height;
	h->quality = p->quality;
	h->pdq = p->pdq[TL_PDQ_ORIGINAL];
	memcpy(h->turned, p->pdq, sizeof h->turned);
}

static int
take_film(struct tl_file_hash *h, struct tl_film *f)
{
	h->format = f->format;
	h->partly = f->partly;
	h->width = f->width;
	h->height = f->height;
	h->duration_ms = f->duration_ms ? f->duration_ms : 1; /* 0 says that it is a picture */
	h->frames = f->frames;
	f->frames = (struct tl_video){0};
	memcpy(h->bent, f->bent, sizeof h->bent);
	memset(f->bent, 0, sizeof f->bent);
	return f->word_count ? tl_sound_set(&h->sound, f->words, f->word_count) : 0;
}

static int
decode(struct tl_jails *j, struct tl_str bytes, struct tl_file_hash *h)
{
	struct tl_decode_job job = {.bytes = bytes, .limits = {.bytes = TL_DECODE_BYTES_MAX}};
	if (tl_format_is_film(tl_sniff(bytes))) {
		job.limits.film_s = TL_FILM_MS_MAX / 1000;
		job.limits.deadline_ms = FILM_DEADLINE_MS;
	}
	struct tl_decoded *d = calloc(1, sizeof *d);
	if (!d)
		abort();
	int rc = tl_jails_decode(j, &job, d);
	h->reason = d->reason;
	if (rc == 0 && d->is_film)
		rc = take_film(h, &d->film);
	else if (rc == 0)
		take_picture(h, &d->picture);
	tl_decoded_fini(d);
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
	for (size_t i = 0; i < TL_SOUND_BENDS; i++)
		tl_sound_fini(&h->bent[i]);
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
