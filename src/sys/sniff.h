/* The format of a picture by its first bytes, never by its name or by what the client said. */
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
	TL_FORMATS
};

enum tl_format tl_sniff(struct tl_str bytes); /* TL_FORMAT_NONE: not a picture that we decode */
const char *tl_format_mime(enum tl_format f); /* "application/octet-stream" for NONE */
