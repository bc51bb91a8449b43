/* Hashing a file of this machine, for `tutela hash`: digests here, what is to be seen or heard of it in a jail. */
#pragma once

#include "hash/sound.h"
#include "hash/video.h"
#include "media/jails.h"

struct tl_file_hash {
	uint64_t bytes;
	uint8_t sha256[32];
	uint8_t md5[16];
	enum tl_decode_reason reason; /* OK: the fields below hold */
	enum tl_decode_reason partly; /* OK, or why not all of it was looked at */
	enum tl_format format;
	uint32_t width, height;
	int quality; /* of a picture; 0 for others */
	struct tl_pdq pdq;
	struct tl_pdq turned[TL_PDQ_TURNS];
	uint32_t duration_ms;                 /* of a video or sound; 0: a picture */
	struct tl_video frames;               /* of a video or an animation; owned */
	struct tl_sound sound;                /* its fingerprint; owned; empty without one */
	struct tl_sound bent[TL_SOUND_BENDS]; /* at other speeds; owned */
};

void tl_file_hash_fini(struct tl_file_hash *h);

/* 0 when the file could be read (then see `reason`); else the error of reading, or EPERM without a jail. */
int tl_hash_file(struct tl_jails *j, const char *path, struct tl_file_hash *ret) TL_MUST;

/* The same of bytes that were read already. */
int tl_hash_bytes(struct tl_jails *j, struct tl_str bytes, struct tl_file_hash *ret) TL_MUST;
