/*
 * The second half of PDQ: quality, cosine transform, median, bits; distance and text form.
 *
 * Promises: sums run in the order of the reference, so that even pictures without content hash alike; any
 * samples, numbers or not, give some hash and never a fault. Fails only on bad text and impossible sizes.
 */
#include "hash/pdq_loops_int.h"

#define SIDE TL_PDQ_SIDE
#define FREQ TL_PDQ_FREQ

const struct tl_pdq_loops *
tl_pdq_loops(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		return &tl_pdq_loops_avx2;
#endif
	return &tl_pdq_loops_any;
}

static int
quality_of(const struct tl_pdq_frame *f)
{
	int64_t sum = tl_pdq_loops()->gradient(f);
	return sum / 90 < 100 ? (int)(sum / 90) : 100;
}

/* An integer that orders like the float (and has a place for every bit pattern). */
static uint32_t
order_key(float v)
{
	uint32_t u;
	v += 0.0f; /* -0 and 0 are one number */
	memcpy(&u, &v, sizeof u);
	return u & 0x80000000u ? ~u : u | 0x80000000u;
}

/* The lower of the two middle keys: the smallest that at least half of all do not exceed. */
static uint32_t
median_key(const uint32_t key[FREQ * FREQ])
{
	uint32_t lo = 0, hi = UINT32_MAX;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2, count = 0;
		for (int i = 0; i < FREQ * FREQ; i++)
			count += key[i] <= mid;
		if (count >= FREQ * FREQ / 2)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static void
bits_of(float b[FREQ][FREQ], struct tl_pdq *ret)
{
	uint32_t key[FREQ * FREQ];
	for (int i = 0; i < FREQ * FREQ; i++)
		key[i] = order_key(b[i / FREQ][i % FREQ]);
	uint32_t median = median_key(key);
	memset(ret, 0, sizeof *ret);
	for (int i = 0; i < FREQ * FREQ; i++)
		if (key[i] > median)
			ret->b[TL_PDQ_BYTES - 1 - i / 8] |= (uint8_t)(1 << (i % 8));
}

/* A turned picture's transform is the original's, mirrored at the diagonal or not, with some signs changed. */
static void
turn(float b[FREQ][FREQ], enum tl_pdq_turn how, float ret[FREQ][FREQ])
{
	static const struct {
		bool transpose, odd_i, odd_j, base;
	} rule[TL_PDQ_TURNS] = {
	    [TL_PDQ_ROT90] = {.transpose = true, .odd_j = true, .base = true},
	    [TL_PDQ_ROT180] = {.odd_i = true, .odd_j = true},
	    [TL_PDQ_ROT270] = {.transpose = true, .odd_i = true, .base = true},
	    [TL_PDQ_FLIP_X] = {.odd_i = true, .base = true},
	    [TL_PDQ_FLIP_Y] = {.odd_j = true, .base = true},
	    [TL_PDQ_FLIP_PLUS1] = {.transpose = true},
	    [TL_PDQ_FLIP_MINUS1] = {.transpose = true, .odd_i = true, .odd_j = true},
	};
	for (int i = 0; i < FREQ; i++)
		for (int j = 0; j < FREQ; j++) {
			bool minus = (rule[how].odd_i && i % 2) ^ (rule[how].odd_j && j % 2) ^
				     rule[how].base;
			float v = minus ? -b[i][j] : b[i][j];
			if (rule[how].transpose)
				ret[j][i] = v;
			else
				ret[i][j] = v;
		}
}

void
tl_pdq_hash(const struct tl_pdq_frame *f, struct tl_pdq *ret, int *ret_quality)
{
	float b[FREQ][FREQ];
	if (f->blank) {
		memset(ret, 0, sizeof *ret);
		*ret_quality = 0;
		return;
	}
	tl_pdq_loops()->transform(f, b);
	bits_of(b, ret);
	*ret_quality = quality_of(f);
}

void
tl_pdq_hash_all(const struct tl_pdq_frame *f, struct tl_pdq ret[TL_PDQ_TURNS], int *ret_quality)
{
	float b[FREQ][FREQ], turned[FREQ][FREQ];
	memset(ret, 0, TL_PDQ_TURNS * sizeof *ret);
	*ret_quality = 0;
	if (f->blank)
		return;
	tl_pdq_loops()->transform(f, b);
	for (int i = 0; i < TL_PDQ_TURNS; i++) {
		turn(b, (enum tl_pdq_turn)i, turned);
		bits_of(turned, &ret[i]);
	}
	*ret_quality = quality_of(f);
}

int
tl_pdq_frame_check(const struct tl_pdq_frame *f)
{
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++)
			if (!(f->v[i][j] >= -0.5f && f->v[i][j] <= 255.5f))
				return tl_fail(TL_EFIELD, "a sample is outside 0..255");
	return 0;
}

int
tl_pdq_of_luma(const uint8_t *luma, uint32_t width, uint32_t height, size_t stride,
    struct tl_pdq *ret, int *ret_quality)
{
	TL_CLEANUP(tl_pdq_sampler_destroyp) struct tl_pdq_sampler *s = NULL;
	int rc = tl_pdq_sampler_create(width, height, &s);
	if (rc < 0)
		return rc;
	for (uint32_t y = 0; y < height; y++)
		tl_pdq_row_u8(s, luma + y * stride);
	tl_pdq_hash(tl_pdq_sampler_frame(s), ret, ret_quality);
	return 0;
}

int
tl_pdq_distance(const struct tl_pdq *a, const struct tl_pdq *b)
{
	int d = 0;
	for (size_t i = 0; i < TL_PDQ_BYTES; i += 8) {
		uint64_t x, y;
		memcpy(&x, a->b + i, 8);
		memcpy(&y, b->b + i, 8);
		d += __builtin_popcountll(x ^ y);
	}
	return d;
}

void
tl_pdq_hex(char dst[TL_PDQ_HEX], const struct tl_pdq *h)
{
	tl_hex(dst, h->b, sizeof h->b);
}

int
tl_pdq_unhex(struct tl_str hex, struct tl_pdq *ret)
{
	struct tl_pdq h = {0};
	int rc = tl_unhex(h.b, sizeof h.b, hex);
	if (rc < 0)
		return rc;
	*ret = h;
	return 0;
}
