/*
 * Magic bytes. Pure comparison of fixed places with fixed bytes: safe on anything, cannot fail.
 * Called by intake (the media's type), by the jail's client and inside the jail.
 */
#include "sys/sniff.h"

struct row {
	enum tl_format format;
	uint8_t at[2];
	struct tl_str bytes[2];
};

static const struct row rows[] = {
#define S(f, at1, b1, at2, b2) {TL_FORMAT_##f, {at1, at2}, {TL_S(b1), TL_S(b2)}},
#include "sys/sniff.tbl.h"
#undef S
};

static bool
holds(struct tl_str s, size_t at, struct tl_str bytes)
{
	return bytes.n == 0 || (s.n >= at + bytes.n && memcmp(s.p + at, bytes.p, bytes.n) == 0);
}

enum tl_format
tl_sniff(struct tl_str bytes)
{
	for (size_t i = 0; i < TL_COUNT(rows); i++) {
		const struct row *r = &rows[i];
		if (holds(bytes, r->at[0], r->bytes[0]) && holds(bytes, r->at[1], r->bytes[1]))
			return r->format;
	}
	return TL_FORMAT_NONE;
}

const char *
tl_format_mime(enum tl_format f)
{
	static const char *const mime[TL_FORMATS] = {"application/octet-stream", "image/jpeg",
	    "image/png", "image/gif", "image/webp", "image/heic", "image/avif", "image/bmp",
	    "video/mp4", "video/webm", "video/mp2t", "application/ogg", "audio/wav",
	    "audio/mpeg", "audio/flac", "audio/aac", "video/x-msvideo",
	    "application/octet-stream"};
	return mime[f < TL_FORMATS ? f : TL_FORMAT_NONE];
}

bool
tl_format_is_picture(enum tl_format f)
{
	return f >= TL_FORMAT_JPEG && f <= TL_FORMAT_BMP;
}

bool
tl_format_is_film(enum tl_format f)
{
	return f >= TL_FORMAT_MP4 && f <= TL_FORMAT_AVI;
}
