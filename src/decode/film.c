/*
 * A film from end to end: opened twice, once to measure it and once to decode it, each picture and sample looked at as
 * it passes.
 *
 * When only moments are wanted, the walk ends behind the last of them. Promises: one thread; work is bounded by the
 * question's length, pictures and deadline. A few damaged packets are what
 * players skip, and are skipped. Of a film that cannot be read to its end, or of which a twentieth cannot be decoded, all
 * that can be is hashed, and it is told that this is not all. Called by item.c.
 */
#include "decode/film_int.h"

#include "sys/clock.h"
#include "sys/fd.h"

#define DAMAGE_SHARE 20 /* one packet in so many may be bad … */
#define DAMAGE_FREE 3   /* … and always this many */

static enum tl_decode_reason
take_all(struct film *f, struct film_track *t, AVFrame *fr)
{
	for (;;) {
		int rc = av.avcodec_receive_frame(t->decoder, fr);
		if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF)
			return TL_DECODE_OK;
		if (rc == AVERROR(ENOMEM))
			return TL_DECODE_MEMORY;
		if (rc < 0) {
			t->errors++;
			return TL_DECODE_OK;
		}
		enum tl_decode_reason why = t == &f->video ? film_frames_take(f->frames, f, fr)
							   : film_sound_take(f->heard, fr);
		av.av_frame_unref(fr);
		if (why != TL_DECODE_OK)
			return why;
		if (film_is_late(f))
			return TL_DECODE_TIMEOUT;
	}
}

/* `p` NULL: the end. */
static enum tl_decode_reason
give(struct film *f, struct film_track *t, const AVPacket *p, AVFrame *fr)
{
	int rc = av.avcodec_send_packet(t->decoder, p);
	if (rc == AVERROR(ENOMEM))
		return TL_DECODE_MEMORY;
	if (rc < 0 && rc != AVERROR_EOF)
		t->errors++;
	return take_all(f, t, fr);
}

/* Only moments were wanted, and all of them are there. */
static bool
is_done(const struct film *f)
{
	if (!f->q->cuts)
		return false;
	return f->frames ? film_frames_done(f->frames) : f->heard && film_sound_done(f->heard);
}

static enum tl_decode_reason
walk(struct film *f, AVPacket *p, AVFrame *fr)
{
	enum tl_decode_reason why = TL_DECODE_OK;
	int rc = 0;
	while (why == TL_DECODE_OK && !is_done(f) && (rc = film_read(f, p)) > 0) {
		if (p->stream_index == f->video.stream)
			why = give(f, &f->video, p, fr);
		else if (p->stream_index == f->sound.stream)
			why = give(f, &f->sound, p, fr);
		if (film_is_late(f))
			why = TL_DECODE_TIMEOUT;
		av.av_packet_unref(p);
	}
	if (why == TL_DECODE_OK && rc < 0)
		why = TL_DECODE_MEMORY;
	if (why == TL_DECODE_OK && f->frames && f->video.stream >= 0)
		why = give(f, &f->video, NULL, fr);
	if (why == TL_DECODE_OK && f->heard)
		why = give(f, &f->sound, NULL, fr);
	return why;
}

/* The picture attached to a sound or video, which players show. */
static enum tl_decode_reason
take_cover(struct film *f, AVFrame *fr)
{
	AVStream *st = f->fmt->streams[f->cover];
	struct film_track t = {.stream = f->cover, .kind = film_kind(f, f->cover)};
	enum tl_decode_reason why = film_start(f, &t);
	int rc =
	    why == TL_DECODE_OK ? av.avcodec_send_packet(t.decoder, &st->attached_pic) : -1;
	if (rc >= 0)
		rc = av.avcodec_send_packet(t.decoder, NULL);
	if (rc >= 0)
		rc = av.avcodec_receive_frame(t.decoder, fr);
	if (rc >= 0)
		why = film_frames_cover(f->frames, fr);
	else if (why == TL_DECODE_OK)
		why = film_reason(rc);
	av.av_frame_unref(fr);
	av.avcodec_free_context(&t.decoder);
	return why;
}

static bool
is_damaged(const struct film_track *t)
{
	return t->errors > DAMAGE_FREE && t->errors > t->packets / DAMAGE_SHARE;
}

/* Damage after the beginning: what was seen and heard before it counts. */
static enum tl_decode_reason
in_part(struct film *f, enum tl_decode_reason why)
{
	if (why != TL_DECODE_OK && why != TL_DECODE_CORRUPT)
		return why;
	if (f->partly == TL_DECODE_OK)
		f->partly = TL_DECODE_CORRUPT;
	return TL_DECODE_OK;
}

static enum tl_decode_reason
end_sound(struct film *f, struct tl_decode_answer *a)
{
	enum tl_decode_reason why = film_sound_end(f->heard, a);
	if (why != TL_DECODE_CORRUPT || a->frames == 0)
		return why;
	film_sound_destroyp(&f->heard); /* not one sample; but there are pictures */
	return in_part(f, why);
}

/* A clip shows what moves, else what is heard; never both. */
static void
choose_one(struct film *f)
{
	f->cover = -1;
	if (f->video.stream >= 0)
		f->sound.stream = -1;
}

static enum tl_decode_reason
decode(struct film *f, struct tl_decode_answer *a)
{
	enum tl_decode_reason why = film_open(f);
	if (why == TL_DECODE_OK && f->q->cuts)
		choose_one(f);
	if (why == TL_DECODE_OK)
		why = film_start_decoders(f);
	if (why != TL_DECODE_OK)
		return why;
	if (f->video.stream >= 0 || f->cover >= 0)
		f->frames = film_frames_create(f);
	if (f->sound.stream >= 0 && f->sound.packets)
		f->heard = film_sound_create(f);
	AVPacket *p = av.av_packet_alloc();
	AVFrame *fr = av.av_frame_alloc();
	if (!p || !fr)
		return TL_DECODE_MEMORY;
	if (f->cover >= 0)
		why = take_cover(f, fr);
	if (why == TL_DECODE_OK)
		why = walk(f, p, fr);
	if (why == TL_DECODE_CORRUPT || is_damaged(&f->video) || is_damaged(&f->sound))
		why = in_part(f, why);
	if (why == TL_DECODE_OK && f->frames)
		film_frames_answer(f->frames, a);
	if (why == TL_DECODE_OK && f->heard)
		why = end_sound(f, a);
	av.av_packet_free(&p);
	av.av_frame_free(&fr);
	return why;
}

static void
tell(const struct film *f, struct tl_decode_answer *a)
{
	a->format = f->q->format;
	a->partly = (uint16_t)f->partly;
	a->duration_ms = f->duration_ms > 0 ? (uint32_t)f->duration_ms : 0;
	a->rate = f->video.stream >= 0 ? (uint32_t)(f->rate * 1000 + 0.5) : 0;
	a->rotation = f->rotation;
	a->video = (uint16_t)f->video.kind;
	a->sound = (uint16_t)(f->heard ? f->sound.kind : TL_TRACK_NONE);
}

static enum tl_decode_reason
payload(const struct film *f, struct tl_decode_answer *a, int *ret_fd)
{
	struct tl_decode_place place[TL_DECODE_PARTS];
	uint64_t bytes = tl_decode_parts(a, place);
	struct tl_buf b = {.limit = TL_DECODE_PAYLOAD_MAX};
	if (f->frames) {
		film_frames_put(f->frames, &b);
	}
	if (f->heard)
		film_sound_words(f->heard, &b);
	if (f->frames) {
		film_frames_times(f->frames, &b);
		film_frames_stills(f->frames, &b);
		film_frames_clip(f->frames, &b);
	}
	if (f->heard)
		film_sound_pcm(f->heard, &b);
	a->payload_bytes = (uint32_t)b.n;
	int rc = b.bad || b.n != bytes ? TL_EBUG
		 : b.n == 0            ? 0
				       : tl_memfd_sealed("tutela-film", tl_buf_str(&b), ret_fd);
	tl_buf_fini(&b);
	return rc < 0 ? TL_DECODE_MEMORY : TL_DECODE_OK;
}

enum tl_decode_reason
tl_film_decode(
    struct tl_str file, const struct tl_decode_ask *q, struct tl_decode_answer *a, int *ret_fd)
{
	if (!av.av_malloc)
		return TL_DECODE_UNSUPPORTED;
	struct film f = {.file = file, .q = q};
	f.until_us = tl_mono_us() + (int64_t)q->deadline_ms * TL_US_MS;
	enum tl_decode_reason why = film_open(&f);
	if (why == TL_DECODE_OK)
		why = film_survey(&f);
	if (why == TL_DECODE_OK)
		why = decode(&f, a);
	uint32_t seen = q->cuts ? a->clip_frames : a->frames;
	if (why == TL_DECODE_OK && f.video.stream >= 0 && seen == 0)
		why = f.partly != TL_DECODE_OK ? f.partly
					       : TL_DECODE_CORRUPT; /* not one picture */
	if (why == TL_DECODE_OK) {
		tell(&f, a);
		why = payload(&f, a, ret_fd);
	}
	film_frames_destroyp(&f.frames);
	film_sound_destroyp(&f.heard);
	film_close(&f);
	return why;
}
