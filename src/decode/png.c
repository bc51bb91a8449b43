/*
 * What of a PNG its decoder gets to see: the chunks that make pixels, in a copy; no texts, profiles, times, gamma.
 *
 * Texts and profiles are deflated, so that a small file can hold days of work and gigabytes beside a harmless
 * picture; nothing of them changes a hash. Promises: every read is inside the file; the copy is no longer than the
 * file; a file whose chunks do not fit is copied to its end, so that the decoder still refuses it. The animation of
 * an APNG, which browsers show and our decoder does not, is counted. A head that announces more than its data can unpack to is told,
 * before anybody makes room for it. Stateless; fuzzed. Called by the libvips codec.
 */
#include "decode/decode.h"

#include "base/cur.h"

#define SIGNATURE 8
#define DEFLATE_MOST 1032 /* times its own length, no more, can deflate unpack to */
#define AROUND 12         /* a chunk's length, kind and check sum */

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Bytes of its rows, unpacked; 0 when the head is not one. */
static uint64_t
row_bytes(struct tl_str head)
{
	static const uint8_t samples[7] = {[0] = 1, [2] = 3, [3] = 1, [4] = 2, [6] = 4};
	if (head.n != 13 || head.p[9] >= sizeof samples || head.p[8] > 16)
		return 0;
	uint64_t bits = (uint64_t)be32(head.p) * samples[head.p[9]] * head.p[8];
	return (bits + 7) / 8 * be32(head.p + 4);
}

/* Critical chunks (a capital first letter) and transparency. */
static bool
makes_pixels(struct tl_str kind)
{
	return (kind.p[0] & 0x20) == 0 || tl_str_is(kind, "tRNS");
}

void
tl_png_pick(struct tl_str file, uint8_t *dst, struct tl_png *ret)
{
	struct tl_cur c = tl_cur(file);
	struct tl_str start = tl_cur_take(&c, SIGNATURE);
	*ret = (struct tl_png){.pages = 1};
	memcpy(dst, start.p, start.n);
	size_t at = start.n, n = at;
	uint64_t rows = 0, packed = 0;
	bool end = false;
	while (!end && file.n - at >= AROUND) {
		uint32_t body = be32(file.p + at);
		if (body > file.n - at - AROUND)
			break;
		struct tl_str kind = tl_bytes(file.p + at + 4, 4);
		struct tl_str inside = tl_bytes(file.p + at + 8, body);
		size_t whole = (size_t)body + AROUND;
		if (tl_str_is(kind, "IHDR"))
			rows = row_bytes(inside);
		if (tl_str_is(kind, "IDAT"))
			packed += body;
		if (makes_pixels(kind)) {
			memcpy(dst + n, file.p + at, whole);
			n += whole;
		} else if (tl_str_is(kind, "eXIf")) {
			ret->orientation = tl_exif_orientation(inside);
		} else if (tl_str_is(kind, "acTL") && body == 8) {
			uint32_t frames = be32(inside.p);
			ret->pages = frames > 1 && frames < TL_DECODE_PAGES_MAX ? frames : 2;
		}
		end = tl_str_is(kind, "IEND");
		at += whole;
	}
	if (!end) { /* the decoder says what is wrong with the rest */
		memcpy(dst + n, file.p + at, file.n - at);
		n += file.n - at;
	}
	ret->n = n;
	ret->lacks_data = end && rows / DEFLATE_MOST > packed;
}
