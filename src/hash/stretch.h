/* When a video or sound shows something: a few stretches of its time, the earliest first. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define TL_STRETCHES_MAX 8

struct tl_stretch {
	uint32_t from_ms, to_ms;
};

struct tl_stretches {
	struct tl_stretch s[TL_STRETCHES_MAX];
	size_t n;
};

/*
 * Adds one that begins no earlier than those before it. It is one with the last when no more than gap_ms lie between. Of
 * more than there is room for, the last reaches to the end of them all.
 */
void tl_stretch_add(struct tl_stretches *l, uint32_t from_ms, uint32_t to_ms, uint32_t gap_ms);
