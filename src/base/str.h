/*
 * Counted bytes, UTF-8 checks, hex and base64. Hostile data is `struct tl_str`: never NUL-terminated, never
 * freed through the view. `TL_S("literal")` makes one; printf it with "%.*s", TL_ARG(s) (own text only).
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct tl_str {
	const uint8_t *p;
	size_t n;
};

#define TL_S(lit) ((struct tl_str){(const uint8_t *)(lit), sizeof(lit) - 1})
#define TL_ARG(s) (int)(s).n, (const char *)(s).p
#define TL_COUNT(a) (sizeof(a) / sizeof((a)[0]))

static inline struct tl_str
tl_str(const char *z)
{
	struct tl_str s = {(const uint8_t *)z, z ? strlen(z) : 0};
	return s;
}

static inline struct tl_str
tl_bytes(const void *p, size_t n)
{
	struct tl_str s = {(const uint8_t *)p, n};
	return s;
}

static inline bool
tl_str_eq(struct tl_str a, struct tl_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
tl_str_is(struct tl_str a, const char *z)
{
	return tl_str_eq(a, tl_str(z));
}

/* Bytewise order: negative, 0 or positive. */
int tl_str_cmp(struct tl_str a, struct tl_str b);

/* Copies into `dst` of `cap` bytes and NUL-terminates; LIMIT when it does not fit, INPUT when it holds a NUL. */
int tl_str_copy(char *dst, size_t cap, struct tl_str s) TL_MUST;

/* True when `s` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF). */
bool tl_utf8_valid(struct tl_str s);

/* Decodes the code point at s[*at] and moves *at past it; the text must be valid. */
uint32_t tl_utf8_next(struct tl_str s, size_t *at);

/* Lower-case hex; `dst` holds 2*n+1 bytes and is NUL-terminated. */
void tl_hex(char *dst, const void *src, size_t n);

/* Exactly n bytes from 2*n hex digits of either case; INPUT otherwise. */
int tl_unhex(void *dst, size_t n, struct tl_str hex) TL_MUST;

/* Base64 (RFC 4648 §4, padded). `dst` holds 4*((n+2)/3)+1 bytes. Returns the length without the NUL. */
size_t tl_base64(char *dst, const void *src, size_t n);

/* Strict padded base64; at most `cap` bytes. INPUT or LIMIT otherwise. */
int tl_unbase64(void *dst, size_t cap, struct tl_str text, size_t *ret_n) TL_MUST;

/* The same with the alphabet for addresses (RFC 4648 §5) and without padding, as cookies and browsers use it. */
size_t tl_base64url(char *dst, const void *src, size_t n);
int tl_unbase64url(void *dst, size_t cap, struct tl_str text, size_t *ret_n) TL_MUST;

/* Whole decimal number in [lo, hi], no sign but '-', no space; INPUT otherwise. */
int tl_parse_i64(struct tl_str s, int64_t lo, int64_t hi, int64_t *ret) TL_MUST;
