/*
 * A cursor over hostile bytes. Every read is bounds-checked; the first failure makes the cursor `bad` (sticky)
 * and all later reads return zeroes, so a parser reads like its format and checks once with tl_cur_end.
 * Integers are big-endian (network order).
 */
#pragma once

#include "base/str.h"

struct tl_cur {
	const uint8_t *p;
	size_t n; /* left */
	bool bad;
};

static inline struct tl_cur
tl_cur(struct tl_str s)
{
	return (struct tl_cur){s.p, s.n, false};
}

struct tl_str tl_cur_take(struct tl_cur *c, size_t n);
uint8_t tl_cur_u8(struct tl_cur *c);
uint16_t tl_cur_u16(struct tl_cur *c);
uint32_t tl_cur_u32(struct tl_cur *c);
uint64_t tl_cur_u64(struct tl_cur *c);

/* 0 when nothing went wrong and nothing is left; INPUT otherwise. */
int tl_cur_end(const struct tl_cur *c) TL_MUST;
