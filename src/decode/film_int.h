/*
 * One film (a video, a sound, or both) on its way through the decoder: film.c walks the file, film_frames.c looks at
 * pictures, film_sound.c listens, film_open.c opens it and measures. All of it is inside the jail, of one item only.
 */
#pragma once

#include "base/buf.h"
#include "decode/av.h"
#include "decode/decode.h"

/* A track: what the survey found of it, and its decoder. */
struct film_track {
	int stream; /* of the container; -1: there is none */
	enum tl_track kind;
	AVCodecContext *decoder;
	int64_t first_ms, end_ms;
	uint32_t packets, errors; /* errors: what could not be decoded */
};

struct film_frames; /* film_frames.c */
struct film_sound;  /* film_sound.c */

struct film {
	struct tl_str file;
	size_t at; /* how far FFmpeg has read */
	const struct tl_decode_ask *q;
	AVIOContext *io;
	AVFormatContext *fmt;
	int64_t until_us;
	uint32_t broken;              /* reads that failed since it was opened */
	enum tl_decode_reason partly; /* OK, or why not all of it was looked at */
	struct film_track video, sound;
	int cover;        /* stream of an attached picture, -1 */
	unsigned streams; /* when it was opened; later ones are not looked at */
	int64_t start_ms;
	int64_t duration_ms;
	double rate; /* pictures a second */
	uint16_t rotation;
	struct film_frames *frames; /* NULL without such a track */
	struct film_sound *heard;
};

/* film_open.c: UNSUPPORTED, TRACKS, CORRUPT, TRUNCATED, TOO_LARGE, TOO_LONG … `f` has file and q. */
enum tl_decode_reason film_open(struct film *f);
/* Reads all packets once without decoding: lengths and counts. Closes the file; open it again. */
enum tl_decode_reason film_survey(struct film *f);
enum tl_decode_reason film_start_decoders(struct film *f);
enum tl_decode_reason film_start(struct film *f, struct film_track *t); /* t's decoder */
enum tl_track film_kind(const struct film *f, int stream);
void film_close(struct film *f);
bool film_is_late(const struct film *f);
/* The next packet: 1; 0 at the end, which may be one that a broken file only seems to have: `partly` says so. */
int film_read(struct film *f, AVPacket *p);
enum tl_decode_reason film_reason(int averror);

/* film_frames.c */
struct film_frames *film_frames_create(const struct film *f);
void film_frames_destroyp(struct film_frames **at);
enum tl_decode_reason film_frames_take(
    struct film_frames *p, const struct film *f, const AVFrame *pic);
bool film_frames_done(const struct film_frames *p); /* the clip that was asked for is whole */
enum tl_decode_reason film_frames_cover(struct film_frames *p, const AVFrame *pic);
void film_frames_answer(struct film_frames *p, struct tl_decode_answer *a);
void film_frames_put(const struct film_frames *p, struct tl_buf *out); /* FRAMES */
void film_frames_times(const struct film_frames *p, struct tl_buf *out);
void film_frames_stills(const struct film_frames *p, struct tl_buf *out);
void film_frames_clip(const struct film_frames *p, struct tl_buf *out);

/* film_sound.c */
struct film_sound *film_sound_create(const struct film *f);
void film_sound_destroyp(struct film_sound **at);
enum tl_decode_reason film_sound_take(struct film_sound *s, const AVFrame *heard);
bool film_sound_done(const struct film_sound *s);
enum tl_decode_reason film_sound_end(struct film_sound *s, struct tl_decode_answer *a);
void film_sound_words(const struct film_sound *s, struct tl_buf *out);
void film_sound_pcm(const struct film_sound *s, struct tl_buf *out);
