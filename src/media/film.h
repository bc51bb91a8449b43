/*
 * A decoded video or sound, as it came out of the jail: checked, but not believed. Hashes and fingerprint are its
 * contents' (what kind of numbers they are was checked); stills, clip and listening sample are raw pixels and samples.
 */
#pragma once

#include "hash/sound.h"
#include "hash/video.h"
#include "sys/decode_msg.h"

struct tl_film {
	enum tl_format format;
	uint32_t width, height;       /* as stored, without rotation; 0: nothing to see */
	enum tl_decode_reason partly; /* OK, or why not all of the file was looked at */
	uint32_t pictures;            /* of a video */
	uint16_t rotation; /* degrees clockwise; stills and clip are upright already */
	uint32_t duration_ms;
	uint32_t rate; /* pictures in 1000 s; 0 without a video track */
	enum tl_track video,
	    sound;              /* codecs; a sound may have frames all the same: its cover */
	struct tl_video frames; /* hashes; owned */
	uint32_t *words;        /* chromaprint fingerprint of the sound; owned */
	size_t word_count;
	struct tl_sound bent[TL_SOUND_BENDS]; /* at other speeds (hash/sound.h); owned */
	uint32_t still_ms[TL_FILM_STILLS];
	uint32_t still_count, still_width, still_height;
	struct tl_str stills; /* RGB, one after the other */
	uint32_t clip_frames, clip_width, clip_height;
	struct tl_str clip; /* I420, TL_FILM_CLIP_MS each */
	struct tl_str pcm;  /* 16 bits, big-endian, mono, TL_FILM_PCM_RATE */
	struct tl_str map;  /* owns the memory of stills, clip and pcm */
};

void tl_film_fini(struct tl_film *f);

/* Takes it out of an answer that fits its question and of the answer's payload. PARSE when parts are wrong. */
int tl_film_of(const struct tl_decode_answer *a, int payload_fd, struct tl_film *ret) TL_MUST;
