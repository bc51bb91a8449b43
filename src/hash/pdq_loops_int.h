/*
 * Inside src/hash only: the loops of PDQ that touch many numbers. pdq_loops.c is one text, compiled for any processor
 * and, on x86-64, once more for AVX2; both give the same bits, since every sum keeps its order.
 */
#pragma once

#include "hash/pdq.h"

#define TL_PDQ_FREQ 16 /* frequencies a side that make bits */

struct tl_pdq_loops {
	/* Adds w times a row. The first in 16 bits, which the caller keeps from running over. */
	void (*count_u8)(uint16_t *part, const uint8_t *row, size_t n, uint16_t w);
	void (*add_u8)(double *acc, const uint8_t *row, size_t n, double w);
	void (*add_f32)(double *acc, const float *row, size_t n, double w);

	/* Adds the right to the left, the second times `scale`, and leaves zeroes there. */
	void (*join_parts)(uint32_t *sum, uint16_t *part, size_t n);
	void (*join_sums)(double *acc, uint32_t *sum, size_t n, double scale);

	/* The cosine transform: the lowest frequencies without the constant ones. */
	void (*transform)(const struct tl_pdq_frame *f, float b[TL_PDQ_FREQ][TL_PDQ_FREQ]);

	/* Sum of the steps between neighbours, in hundredths; what is no number counts as none. */
	int64_t (*gradient)(const struct tl_pdq_frame *f);
};

extern const struct tl_pdq_loops tl_pdq_loops_any, tl_pdq_loops_avx2;

/* For the processor that this runs on. */
const struct tl_pdq_loops *tl_pdq_loops(void);
