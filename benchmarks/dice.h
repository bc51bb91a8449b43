/* Numbers by lot for benches: the same ones for the same seed (SplitMix64). */
#pragma once

#include <stdint.h>

static uint64_t dice_seed = 1;

static inline uint32_t /* 24 bits */
dice_next(void)
{
	uint64_t x = dice_seed += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)(x >> 40);
}
