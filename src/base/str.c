/*
 * Counted bytes: comparison, UTF-8 validation, hex, base64, numbers.
 *
 * Promises: reads only inside the view it is given; outputs are written only on success. Failures are INPUT
 * or LIMIT. Called by every parser.
 */
#include "base/str.h"

int
tl_str_cmp(struct tl_str a, struct tl_str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n ? memcmp(a.p, b.p, n) : 0;
	if (d)
		return d;
	return (a.n > b.n) - (a.n < b.n);
}

int
tl_str_copy(char *dst, size_t cap, struct tl_str s)
{
	if (s.n >= cap)
		return tl_fail(TL_ETOOBIG, "text of %zu bytes, limit %zu", s.n, cap - 1);
	if (s.n && memchr(s.p, 0, s.n))
		return tl_fail(TL_EPARSE, "text holds a NUL byte");
	if (s.n)
		memcpy(dst, s.p, s.n);
	dst[s.n] = 0;
	return 0;
}

/* Length of the well-formed sequence at p (n bytes left), 0 if there is none. Table 3-7 of the Unicode Standard. */
static size_t
utf8_seq(const uint8_t *p, size_t n)
{
	uint8_t a = p[0];
	if (a < 0x80)
		return 1;
	if (a < 0xC2 || a > 0xF4)
		return 0;
	size_t len = a < 0xE0 ? 2 : a < 0xF0 ? 3 : 4;
	if (n < len)
		return 0;
	uint8_t lo = a == 0xE0 ? 0xA0 : a == 0xF0 ? 0x90 : 0x80;
	uint8_t hi = a == 0xED ? 0x9F : a == 0xF4 ? 0x8F : 0xBF;
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	}
	return len;
}

bool
tl_utf8_valid(struct tl_str s)
{
	size_t i = 0;
	while (i < s.n) {
		uint64_t word;
		if (s.n - i >= sizeof word) {
			memcpy(&word, s.p + i, sizeof word);
			if ((word & 0x8080808080808080U) == 0) {
				i += sizeof word;
				continue;
			}
		}
		size_t len = utf8_seq(s.p + i, s.n - i);
		if (!len)
			return false;
		i += len;
	}
	return true;
}

uint32_t
tl_utf8_next(struct tl_str s, size_t *at)
{
	const uint8_t *p = s.p + *at;
	size_t len = utf8_seq(p, s.n - *at);
	if (len <= 1) {
		*at += 1;
		return len ? p[0] : 0xFFFD;
	}
	uint32_t c = p[0] & (0xFFU >> (len + 1));
	for (size_t i = 1; i < len; i++)
		c = c << 6 | (p[i] & 0x3FU);
	*at += len;
	return c;
}

void
tl_hex(char *dst, const void *src, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = src;
	for (size_t i = 0; i < n; i++) {
		dst[2 * i] = digits[p[i] >> 4];
		dst[2 * i + 1] = digits[p[i] & 15];
	}
	dst[2 * n] = 0;
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
tl_unhex(void *dst, size_t n, struct tl_str hex)
{
	if (hex.n != 2 * n)
		return tl_fail(
		    TL_EPARSE, "expected %zu hex digits, found %zu characters", 2 * n, hex.n);
	uint8_t *out = dst;
	for (size_t i = 0; i < hex.n; i++) {
		if (hex_digit(hex.p[i]) < 0)
			return tl_fail(TL_EPARSE, "not a hex digit at position %zu", i + 1);
	}
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)((unsigned)hex_digit(hex.p[2 * i]) << 4 |
				   (unsigned)hex_digit(hex.p[2 * i + 1]));
	return 0;
}

static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
tl_base64(char *dst, const void *src, size_t n)
{
	const uint8_t *p = src;
	char *o = dst;
	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t v = (uint32_t)p[i] << 16;
		if (left > 1)
			v |= (uint32_t)p[i + 1] << 8;
		if (left > 2)
			v |= p[i + 2];
		*o++ = b64[v >> 18];
		*o++ = b64[v >> 12 & 63];
		*o++ = left > 1 ? b64[v >> 6 & 63] : '=';
		*o++ = left > 2 ? b64[v & 63] : '=';
	}
	*o = 0;
	return (size_t)(o - dst);
}

static int
b64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int
tl_unbase64(void *dst, size_t cap, struct tl_str text, size_t *ret_n)
{
	if (text.n % 4)
		return tl_fail(TL_EPARSE, "base64 must come in groups of four characters");
	size_t pad = 0;
	while (pad < 2 && pad < text.n && text.p[text.n - 1 - pad] == '=')
		pad++;
	size_t n = text.n / 4 * 3 - pad;
	if (n > cap)
		return tl_fail(TL_ETOOBIG, "base64 of %zu bytes, limit %zu", n, cap);
	for (size_t i = 0; i < text.n - pad; i++) {
		if (b64_digit(text.p[i]) < 0)
			return tl_fail(
			    TL_EPARSE, "not a base64 character at position %zu", i + 1);
	}
	uint8_t *out = dst;
	size_t o = 0;
	uint32_t v = 0;
	for (size_t i = 0; i < text.n; i += 4) {
		v = 0;
		for (size_t k = 0; k < 4; k++) {
			int d = b64_digit(text.p[i + k]);
			v = v << 6 | (uint32_t)(d < 0 ? 0 : d);
		}
		for (int shift = 16; shift >= 0 && o < n; shift -= 8)
			out[o++] = (uint8_t)(v >> shift);
	}
	/* One value has one text: bits that no byte takes are zero (RFC 4648 section 3.5). */
	if (v & ((1u << 8 * pad) - 1))
		return tl_fail(TL_EPARSE, "base64 ends in bits that mean nothing");
	*ret_n = n;
	return 0;
}

size_t
tl_base64url(char *dst, const void *src, size_t n)
{
	size_t len = tl_base64(dst, src, n);
	while (len > 0 && dst[len - 1] == '=')
		dst[--len] = 0;
	for (size_t i = 0; i < len; i++)
		dst[i] = (char)(dst[i] == '+' ? '-' : dst[i] == '/' ? '_' : dst[i]);
	return len;
}

static int
b64url_digit(uint8_t c)
{
	if (c == '+' || c == '/')
		return -1;
	return b64_digit(c == '-' ? '+' : c == '_' ? '/' : c);
}

int
tl_unbase64url(void *dst, size_t cap, struct tl_str text, size_t *ret_n)
{
	size_t n = text.n / 4 * 3 + (text.n % 4 ? text.n % 4 - 1 : 0), o = 0;
	uint32_t v = 0;
	if (text.n % 4 == 1)
		return tl_fail(TL_EPARSE, "base64url of an impossible length");
	if (n > cap)
		return tl_fail(TL_ETOOBIG, "base64url of %zu bytes, limit %zu", n, cap);
	for (size_t i = 0; i < text.n; i++) {
		if (b64url_digit(text.p[i]) < 0)
			return tl_fail(
			    TL_EPARSE, "not a base64url character at position %zu", i + 1);
	}
	for (size_t i = 0; i < text.n; i++) {
		v = v << 6 | (uint32_t)b64url_digit(text.p[i]);
		if (i % 4)
			((uint8_t *)dst)[o++] = (uint8_t)(v >> (6 - i % 4 * 2));
	}
	*ret_n = n;
	return 0;
}

int
tl_parse_i64(struct tl_str s, int64_t lo, int64_t hi, int64_t *ret)
{
	bool neg = s.n && s.p[0] == '-';
	size_t i = neg ? 1 : 0;
	if (i == s.n)
		return tl_fail(TL_EPARSE, "expected a whole number");
	int64_t v = 0;
	for (; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return tl_fail(TL_EPARSE, "expected a whole number");
		int64_t d = s.p[i] - '0';
		if (__builtin_mul_overflow(v, (int64_t)10, &v) ||
		    __builtin_add_overflow(v, neg ? -d : d, &v))
			return tl_fail(TL_EPARSE, "number out of range");
	}
	if (v < lo || v > hi)
		return tl_fail(
		    TL_EPARSE, "must be between %lld and %lld", (long long)lo, (long long)hi);
	*ret = v;
	return 0;
}
