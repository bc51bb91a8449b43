/*
 * The preview, made from rows as they pass: the mean of k x k pixels, k the smallest whole number that brings the
 * longer side within the limit. JPEG's luma and chroma are averaged before they become RGB.
 */
#pragma once

#include "decode/decode.h"

struct tl_shrink {
	enum tl_row_kind kind;
	uint32_t width, height;
	uint32_t k;      /* pixels a side that make one */
	uint32_t pw, ph; /* the preview's size */
	uint32_t bands;  /* of what is averaged: 1 or 3 */
	uint16_t *sum;   /* of each byte of up to 256 rows */
	uint8_t *row;    /* without alpha; then the means */
	uint8_t *out;    /* the caller's: pw x ph RGB pixels */
};

/* Works out k and the size; `side` is above 0. */
void tl_shrink_plan(
    struct tl_shrink *s, enum tl_row_kind kind, uint32_t width, uint32_t height, uint32_t side);
void tl_shrink_begin(struct tl_shrink *s, uint8_t *out);
void tl_shrink_row(struct tl_shrink *s, const uint8_t *row, uint32_t y); /* every y in order */
void tl_shrink_fini(struct tl_shrink *s);
