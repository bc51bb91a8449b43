/* The two messages between a jail and its client: decode_msg.tbl.h, in code. No structs on the wire. */
#pragma once

#include "sys/sniff.h"

#define TL_DECODE_BYTES_MAX (1u << 30)
#define TL_DECODE_PIXELS_MAX (1u << 30)
#define TL_DECODE_PREVIEW_MAX 2048
#define TL_DECODE_PAGES_MAX 1000000
#define TL_DECODE_SLOW_MS 100 /* a picture that takes longer gives way to others */
#define TL_DECODE_QUICK_WALL                                                                   \
	10 /* that many times its processor time a quick one may wait for it */
#define TL_DECODE_SAMPLES 4096 /* TL_PDQ_SIDE squared */
#define TL_DECODE_SAMPLE_BYTES (TL_DECODE_SAMPLES * 4)
#define TL_DECODE_PAYLOAD_MAX (32u << 20)

/* A film is a video or a sound. */
#define TL_FILM_MS_MAX (3u * 3600000)
#define TL_FILM_DECODED_MAX 4000000
#define TL_FILM_SCENES 1024  /* most scene starts that are told */
#define TL_FILM_FRAMES 24000 /* TL_VIDEO_FRAMES_MAX; the part is what tl_video_pack makes */
#define TL_FILM_FRAME_BYTES 42
#define TL_FILM_HEAD_BYTES 5
#define TL_FILM_WORDS                                                                          \
	(9 * 3 * 3600)   /* 8.1 a second, and some more of one that is played slower */
#define TL_FILM_SPEEDS 7 /* that the sound is heard at: its own and TL_SOUND_BENDS */
#define TL_FILM_NUMBERS (TL_FILM_SPEEDS * (TL_FILM_WORDS + 1))
#define TL_FILM_STILLS 24
#define TL_FILM_SIDE 320
#define TL_FILM_CLIP 50         /* pictures of the clip … */
#define TL_FILM_CLIP_MS 200     /* … and how long each is shown */
#define TL_FILM_CLIP_WINDOWS 10 /* of a long film: so many parts … */
#define TL_FILM_CLIP_WINDOW_MS 1000
#define TL_FILM_LISTEN_WINDOWS 12
#define TL_FILM_LISTEN_WINDOW_MS 10000
#define TL_FILM_WINDOWS 12 /* the most of both */
#define TL_FILM_CUTS 5     /* … or parts around so many moments, as long together */
#define TL_FILM_PCM_RATE 16000
#define TL_FILM_PCM (120 * TL_FILM_PCM_RATE)
#define TL_FILM_CODED (8u << 20)

enum tl_track {
	TL_TRACK_NONE,
#define T(name, word, is_sound, decoder) TL_TRACK_##name,
#include "sys/track.tbl.h"
#undef T
	TL_TRACKS
};

enum tl_decode_reason {
#define R(name, word, retry, help) TL_DECODE_##name,
#include "sys/decode_reason.tbl.h"
#undef R
	TL_DECODE_REASONS
};

/* Decoder processes: light ones hold no big library and start in no time. The names are argv[1]. */
enum tl_decoder {
	TL_DECODER_LIGHT,
	TL_DECODER_FULL,
	TL_DECODER_FILM,
	TL_DECODER_ENCODE, /* makes previews of raw pixels and samples; never sees a file */
	TL_DECODERS
};
enum tl_decoder tl_decoder_for(enum tl_format f);

struct tl_decode_ask {
#define Q(field, bits, lo, hi) uint##bits##_t field;
#include "sys/decode_msg.tbl.h"
};

struct tl_decode_answer {
#define A(field, bits, lo, hi) uint##bits##_t field;
#include "sys/decode_msg.tbl.h"
};

/* Exact sizes of the messages. */
enum {
	TL_DECODE_ASK_BYTES = 0
#define Q(field, bits, lo, hi) +bits / 8
#include "sys/decode_msg.tbl.h"
	,
	TL_DECODE_ANSWER_BYTES = 0
#define A(field, bits, lo, hi) +bits / 8
#include "sys/decode_msg.tbl.h"
};

/* Where each part of an answer's payload lies. */
enum tl_decode_part {
#define P(name, count, unit) TL_DECODE_PART_##name,
#include "sys/decode_part.tbl.h"
#undef P
	TL_DECODE_PARTS
};
struct tl_decode_place {
	uint64_t at, bytes;
};
/* Fills ret; returns the sum of all parts. */
uint64_t tl_decode_parts(
    const struct tl_decode_answer *a, struct tl_decode_place ret[TL_DECODE_PARTS]);

/*
 * Which parts of a film clip and listening sample are made of: all of a short one, else n parts of each_ms spread over it,
 * or, of the same length together, parts around `cuts` moments (ascending, at most TL_FILM_CUTS).
 */
struct tl_film_windows {
	uint32_t n;
	int64_t each_ms, start_ms[TL_FILM_WINDOWS];
};
void tl_film_windows(int64_t all_ms, uint32_t n, int64_t each_ms, const uint32_t *cut,
    uint32_t cuts, struct tl_film_windows *ret);
/* The question's moments; how many. */
uint32_t tl_decode_cuts(const struct tl_decode_ask *q, uint32_t ret[TL_FILM_CUTS]);

/* Magic and version filled in, all else 0. */
struct tl_decode_ask tl_decode_ask_new(void);
struct tl_decode_answer tl_decode_answer_new(void);

void tl_decode_ask_write(uint8_t dst[TL_DECODE_ASK_BYTES], const struct tl_decode_ask *m);
void tl_decode_answer_write(
    uint8_t dst[TL_DECODE_ANSWER_BYTES], const struct tl_decode_answer *m);

/* TL_EPARSE names the field that is wrong. An answer's fields must also fit one another and the question. */
int tl_decode_ask_read(struct tl_str msg, struct tl_decode_ask *ret) TL_MUST;
int tl_decode_answer_read(struct tl_str msg, struct tl_decode_answer *ret) TL_MUST;
int tl_decode_answer_fits(
    const struct tl_decode_answer *a, const struct tl_decode_ask *q) TL_MUST;

const char *tl_track_word(enum tl_track t); /* "" for NONE */

const char *tl_decode_reason_word(enum tl_decode_reason r);
const char *tl_decode_reason_help(enum tl_decode_reason r);
bool tl_decode_reason_retry(enum tl_decode_reason r);
