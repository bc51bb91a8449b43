/* The format of a picture, video or sound by its first bytes, never by its name or by what the client said. */
#pragma once

#include "base/str.h"

/* The numbers are on the wire to the decoder: only append. */
enum tl_format {
	TL_FORMAT_NONE,
	TL_FORMAT_JPEG,
	TL_FORMAT_PNG,
	TL_FORMAT_GIF,
	TL_FORMAT_WEBP,
	TL_FORMAT_HEIC,
	TL_FORMAT_AVIF,
	TL_FORMAT_BMP,
	TL_FORMAT_MP4,      /* and QuickTime, 3GP, M4A */
	TL_FORMAT_MATROSKA, /* and WebM */
	TL_FORMAT_MPEGTS,
	TL_FORMAT_OGG,
	TL_FORMAT_WAV,
	TL_FORMAT_MP3,
	TL_FORMAT_FLAC,
	TL_FORMAT_AAC, /* with ADTS heads */
	TL_FORMAT_AVI,
	TL_FORMAT_RAW, /* no file: pixels or samples of ours, to be encoded for a preview */
	TL_FORMATS
};

enum tl_format tl_sniff(struct tl_str bytes); /* TL_FORMAT_NONE: nothing that we decode */
bool tl_format_is_picture(enum tl_format f);
bool tl_format_is_film(enum tl_format f);     /* pictures that move, or sound */
const char *tl_format_mime(enum tl_format f); /* "application/octet-stream" for NONE */
