/*
 * PDQ, the perceptual hash of pictures that hash exchanges use (Meta, "The TMK+PDQF Video-Hashing Algorithm and
 * the PDQ Image-Hashing Algorithm"; the variant without resizing before the filter, as most matchers run it).
 * Pictures go in row by row, as 8-bit or float luma of 0..255; only 64 x 64 filtered samples are ever held.
 * Same result on every processor: all sums are taken in one order, without fused operations.
 */
#pragma once

#include "base/str.h"

#define TL_PDQ_BYTES 32
#define TL_PDQ_HEX 65          /* 64 digits and NUL */
#define TL_PDQ_SIDE 64         /* samples a side */
#define TL_PDQ_SIDE_MIN 5      /* smaller pictures have no hash: all zero, quality 0 */
#define TL_PDQ_SIDE_MAX 65535  /* larger ones are refused */
#define TL_PDQ_QUALITY_MIN 50  /* hashes below it match by accident: do not use them */
#define TL_PDQ_DISTANCE_USE 31 /* recommended match distance */

/* b[0] holds the first two hex digits: bits 255..248. */
struct tl_pdq {
	uint8_t b[TL_PDQ_BYTES];
};

/* The filtered samples, rows from the top. `blank`: the picture was too small to have a hash. */
struct tl_pdq_frame {
	float v[TL_PDQ_SIDE][TL_PDQ_SIDE];
	bool blank;
};

/* How the picture is turned, in the order of tl_pdq_hash_all. */
enum tl_pdq_turn {
	TL_PDQ_ORIGINAL,
	TL_PDQ_ROT90, /* counter-clockwise */
	TL_PDQ_ROT180,
	TL_PDQ_ROT270,
	TL_PDQ_FLIP_X, /* top and bottom change places */
	TL_PDQ_FLIP_Y, /* left and right change places */
	TL_PDQ_FLIP_PLUS1,
	TL_PDQ_FLIP_MINUS1,
	TL_PDQ_TURNS
};

struct tl_pdq_sampler;

/* A sampler for one picture of width x height. INPUT for 0, LIMIT above TL_PDQ_SIDE_MAX. */
int tl_pdq_sampler_create(uint32_t width, uint32_t height, struct tl_pdq_sampler **ret) TL_MUST;
void tl_pdq_sampler_destroy(struct tl_pdq_sampler *s);
void tl_pdq_sampler_destroyp(struct tl_pdq_sampler **s);

/* The next row from the top: `width` samples. Rows after the last are ignored. */
void tl_pdq_row_u8(struct tl_pdq_sampler *s, const uint8_t *luma);
void tl_pdq_row_f32(struct tl_pdq_sampler *s, const float *luma);

/* The samples, whole once all rows are in (tl_pdq_sampler_missing is 0). Owned by the sampler. */
const struct tl_pdq_frame *tl_pdq_sampler_frame(const struct tl_pdq_sampler *s);
uint32_t tl_pdq_sampler_missing(const struct tl_pdq_sampler *s); /* rows still to come */

/* Float luma of n RGB pixels: 0.299 R + 0.587 G + 0.114 B. */
void tl_pdq_luma(float *dst, const uint8_t *rgb, size_t n);

/* INPUT when a sample is no number or outside 0..255 by more than rounding (samples that came from elsewhere). */
int tl_pdq_frame_check(const struct tl_pdq_frame *f) TL_MUST;

/* Quality is 0..100. The second form gives the hashes of all eight turned pictures from one transform. */
void tl_pdq_hash(const struct tl_pdq_frame *f, struct tl_pdq *ret, int *ret_quality);
void tl_pdq_hash_all(
    const struct tl_pdq_frame *f, struct tl_pdq ret[TL_PDQ_TURNS], int *ret_quality);

/* A whole 8-bit luma plane; rows are `stride` bytes apart. */
int tl_pdq_of_luma(const uint8_t *luma, uint32_t width, uint32_t height, size_t stride,
    struct tl_pdq *ret, int *ret_quality) TL_MUST;

/* Differing bits, 0..256. */
int tl_pdq_distance(const struct tl_pdq *a, const struct tl_pdq *b);

void tl_pdq_hex(char dst[TL_PDQ_HEX], const struct tl_pdq *h);
int tl_pdq_unhex(struct tl_str hex, struct tl_pdq *ret) TL_MUST; /* exactly 64 hex digits */
