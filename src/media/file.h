/* Hashing a file of this machine, for `tutela hash`: digests here, the picture in a jail. */
#pragma once

#include "media/jails.h"

struct tl_file_hash {
	uint8_t sha256[32];
	uint8_t md5[16];
	enum tl_decode_reason reason; /* OK: the fields below hold */
	enum tl_format format;
	uint32_t width, height;
	int quality;
	struct tl_pdq pdq;
};

/* 0 when the file could be read (then see `reason`); else the error of reading, or EPERM without a jail. */
int tl_hash_file(struct tl_jails *j, const char *path, struct tl_file_hash *ret) TL_MUST;
