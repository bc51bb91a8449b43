/*
 * Taking a film out of a decoder's payload.
 *
 * Promises: the answer was checked against its question (tl_decode_answer_fits); here every part is read within the
 * payload and every number bounded. On failure nothing is kept. Called by the pool of decoders.
 */
#include "media/film.h"

#include "sys/fd.h"

#include <stdlib.h>

_Static_assert(TL_FILM_FRAMES == TL_VIDEO_FRAMES_MAX, "as many frames as a list holds");
_Static_assert(TL_FILM_FRAME_BYTES == TL_VIDEO_FRAME_BYTES, "a frame as it is packed");
_Static_assert(TL_FILM_HEAD_BYTES == TL_VIDEO_HEAD_BYTES, "a list's head");

void
tl_film_fini(struct tl_film *f)
{
	tl_video_fini(&f->frames);
	free(f->words);
	for (size_t i = 0; i < TL_SOUND_BENDS; i++)
		tl_sound_fini(&f->bent[i]);
	tl_memfd_unmap(f->map);
	*f = (struct tl_film){0};
}

static struct tl_str
part(struct tl_str map, const struct tl_decode_place *p)
{
	return p->bytes ? tl_bytes(map.p + p->at, (size_t)p->bytes) : (struct tl_str){0};
}

static uint32_t
number(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int
read_frames(struct tl_film *f, const struct tl_decode_answer *a, struct tl_str packed)
{
	if (a->frames == 0)
		return 0;
	int rc = tl_video_unpack(packed, &f->frames);
	if (rc == 0 && f->frames.n != a->frames)
		rc = tl_fail(TL_EPARSE, "answer: another number of frames");
	return rc;
}

/* One fingerprint off the front of the part. */
static int
read_words(struct tl_str *part, uint32_t **ret, size_t *ret_n)
{
	size_t n = part->n < 4 ? SIZE_MAX : number(part->p);
	if (n > TL_FILM_WORDS || 4 * (n + 1) > part->n)
		return tl_fail(TL_EPARSE, "answer: another number of words");
	*ret = calloc(n + 1, sizeof **ret);
	if (!*ret)
		abort();
	for (size_t i = 0; i < n; i++)
		(*ret)[i] = number(part->p + 4 * (i + 1));
	*ret_n = n;
	*part = tl_bytes(part->p + 4 * (n + 1), part->n - 4 * (n + 1));
	return 0;
}

static int
read_sound(struct tl_film *f, struct tl_str part)
{
	int rc = 0;
	if (part.n == 0)
		return 0;
	rc = read_words(&part, &f->words, &f->word_count);
	for (size_t i = 0; rc == 0 && i < TL_SOUND_BENDS; i++)
		rc = read_words(&part, &f->bent[i].w, &f->bent[i].n);
	if (rc == 0 && (part.n || f->word_count == 0))
		rc = tl_fail(TL_EPARSE, "answer: more words than of its speeds");
	return rc;
}

static int
read_times(struct tl_film *f, struct tl_str times)
{
	for (uint32_t i = 0; times.p && i < f->still_count; i++) {
		f->still_ms[i] = number(times.p + 4 * (size_t)i);
		if (f->still_ms[i] > TL_FILM_MS_MAX ||
		    (i && f->still_ms[i] < f->still_ms[i - 1]))
			return tl_fail(TL_EPARSE, "answer: a still of another time");
	}
	return 0;
}

int
tl_film_of(const struct tl_decode_answer *a, int payload_fd, struct tl_film *ret)
{
	struct tl_decode_place place[TL_DECODE_PARTS];
	*ret = (struct tl_film){.format = (enum tl_format)a->format,
	    .width = a->width,
	    .height = a->height,
	    .partly = (enum tl_decode_reason)a->partly,
	    .pictures = a->pictures,
	    .rotation = a->rotation,
	    .duration_ms = a->duration_ms,
	    .rate = a->rate,
	    .video = (enum tl_track)a->video,
	    .sound = (enum tl_track)a->sound,
	    .still_count = a->stills,
	    .still_width = a->still_width,
	    .still_height = a->still_height,
	    .clip_frames = a->clip_frames,
	    .clip_width = a->clip_width,
	    .clip_height = a->clip_height};
	int rc = 0; /* a short sound has no parts at all */
	if (a->payload_bytes)
		rc = tl_memfd_map(payload_fd, a->payload_bytes, &ret->map);
	if (rc < 0)
		return rc;
	(void)tl_decode_parts(a, place);
	ret->stills = part(ret->map, &place[TL_DECODE_PART_STILLS]);
	ret->clip = part(ret->map, &place[TL_DECODE_PART_CLIP]);
	ret->pcm = part(ret->map, &place[TL_DECODE_PART_PCM]);
	rc = read_frames(ret, a, part(ret->map, &place[TL_DECODE_PART_FRAMES]));
	if (rc == 0)
		rc = read_sound(ret, part(ret->map, &place[TL_DECODE_PART_WORDS]));
	if (rc == 0)
		rc = read_times(ret, part(ret->map, &place[TL_DECODE_PART_TIMES]));
	if (rc < 0)
		tl_film_fini(ret);
	return rc;
}
