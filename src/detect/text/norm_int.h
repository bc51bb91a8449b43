/* Private to this folder: appending to a normalised text, and code points in UTF-8 and UTF-16. */
#pragma once

#include "detect/text/norm.h"

#include <unicode/umachine.h>

/* Appends `n` bytes that all come from [from, to) of the original. */
void tl_norm_put(struct tl_norm *out, const uint8_t *p, size_t n, uint32_t from, uint32_t to,
    enum tl_norm_kind kind);

/* Writes 1..4 bytes. (ICU's macros do the same with conversions that the compiler warns about.) */
static inline size_t
tl_utf8_put(uint8_t dst[4], uint32_t c)
{
	if (c < 0x80) {
		dst[0] = (uint8_t)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		dst[i] = (uint8_t)(0x80 | (c & 0x3f));
	dst[0] = (uint8_t)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | c);
	return n;
}

static inline uint32_t
tl_utf16_next(const UChar *p, int32_t n, int32_t *at)
{
	uint32_t c = p[(*at)++];
	if (c >= 0xd800 && c < 0xdc00 && *at < n && p[*at] >= 0xdc00 && p[*at] < 0xe000)
		c = 0x10000 + ((c - 0xd800) << 10) + (p[(*at)++] - 0xdc00U);
	return c;
}

/* Writes 1 or 2 units at dst[*n]. */
static inline void
tl_utf16_put(UChar *dst, int32_t *n, uint32_t c)
{
	if (c < 0x10000) {
		dst[(*n)++] = (UChar)c;
		return;
	}
	dst[(*n)++] = (UChar)(0xd800 + ((c - 0x10000) >> 10));
	dst[(*n)++] = (UChar)(0xdc00 + ((c - 0x10000) & 0x3ff));
}
