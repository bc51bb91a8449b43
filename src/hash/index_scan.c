/*
 * The plain scan: first halves of 128 bits, 16 bytes an entry. It misses nothing: hashes that differ in at most d of 256
 * bits differ in at most d of any 128 of them. Of random hashes three in a billion pass at d = 31, so the second halves are
 * hardly read; from d = 46 on too many would pass, and both halves are compared at once. Compiled for several processors,
 * chosen at run time. No failure. Called for tails, small segments and large distances.
 */
#include "hash/index_int.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))
#define SCAN_ARGS                                                                              \
	const struct tl_ix_half *first, const struct tl_ix_half *second, size_t n,             \
	    const struct tl_ix_mixed *needle, int most, uint32_t *ret

INLINE bool
is_near(const struct tl_ix_half *first, const struct tl_ix_half *second,
    const struct tl_ix_mixed *needle, int most)
{
	int d = tl_ix_differ(first, &needle->h[0]);
	return d <= most && d + tl_ix_differ(second, &needle->h[1]) <= most;
}

/* Entries from..to, one by one; appends to the `found` that there are. */
INLINE size_t
scan_some(const struct tl_ix_half *first, const struct tl_ix_half *second, size_t from,
    size_t to, const struct tl_ix_mixed *needle, int most, uint32_t *ret, size_t found)
{
	for (size_t i = from; i < to; i++) {
		ret[found] = (uint32_t)i;
		found += is_near(&first[i], &second[i], needle, most);
	}
	return found;
}

static size_t
scan_any(SCAN_ARGS)
{
	return scan_some(first, second, 0, n, needle, most, ret, 0);
}

#if defined(__x86_64__)
__attribute__((target("popcnt"))) static size_t
scan_popcnt(SCAN_ARGS)
{
	return scan_some(first, second, 0, n, needle, most, ret, 0);
}

#define AVX2 __attribute__((target("avx2,popcnt")))

/* Ones in each byte, by looking nibbles up (Mula, "SSSE3: fast popcount", 2008). */
INLINE AVX2 __m256i
ones_avx2(const struct tl_ix_half *at, __m256i a)
{
	const __m256i low = _mm256_set1_epi8(15);
	const __m256i ones = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0,
	    1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
	__m256i x = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(const void *)at), a);
	return _mm256_add_epi8(_mm256_shuffle_epi8(ones, _mm256_and_si256(x, low)),
	    _mm256_shuffle_epi8(ones, _mm256_and_si256(_mm256_srli_epi16(x, 4), low)));
}

/* Two entries: all ones where an entry is too far. */
INLINE AVX2 __m256i
far_avx2(const struct tl_ix_half *first, const struct tl_ix_half *second, const __m256i *a,
    __m256i limit, bool whole)
{
	__m256i c = ones_avx2(first, a[0]);
	if (whole)
		c = _mm256_add_epi8(c, ones_avx2(second, a[1]));
	c = _mm256_sad_epu8(c, _mm256_setzero_si256());
	c = _mm256_add_epi64(c, _mm256_shuffle_epi32(c, 0x4e));
	return _mm256_cmpgt_epi64(c, limit);
}

INLINE AVX2 size_t
blocks_avx2(SCAN_ARGS, bool whole)
{
	size_t found = 0, i = 0;
	const __m256i limit = _mm256_set1_epi64x(most);
	__m256i a[2];
	for (size_t h = 0; h < 2; h++)
		a[h] = _mm256_broadcastsi128_si256(
		    _mm_loadu_si128((const __m128i *)(const void *)&needle->h[h]));
	for (; i + 8 <= n; i += 8) {
		__m256i all = far_avx2(first + i, second + i, a, limit, whole);
		for (size_t k = 2; k < 8; k += 2)
			all = _mm256_and_si256(
			    all, far_avx2(first + i + k, second + i + k, a, limit, whole));
		if (__builtin_expect(_mm256_movemask_epi8(all) != -1, 0))
			found = scan_some(first, second, i, i + 8, needle, most, ret, found);
	}
	return scan_some(first, second, i, n, needle, most, ret, found);
}

AVX2 static size_t
scan_avx2(SCAN_ARGS)
{
	if (most < TL_IX_WHOLE_FROM)
		return blocks_avx2(first, second, n, needle, most, ret, false);
	return blocks_avx2(first, second, n, needle, most, ret, true);
}

#define AVX512 __attribute__((target("avx512f,avx512vpopcntdq,popcnt")))

/* Four entries: bits where one is near enough. The processor counts the ones. */
INLINE AVX512 unsigned
near_avx512(const struct tl_ix_half *first, const struct tl_ix_half *second, const __m512i *a,
    __m512i limit, bool whole)
{
	__m512i c = _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(first), a[0]));
	if (whole)
		c = _mm512_add_epi64(
		    c, _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(second), a[1])));
	c = _mm512_add_epi64(c, _mm512_shuffle_epi32(c, (_MM_PERM_ENUM)0x4e));
	return _mm512_cmple_epi64_mask(c, limit);
}

INLINE AVX512 size_t
blocks_avx512(SCAN_ARGS, bool whole)
{
	size_t found = 0, i = 0;
	const __m512i limit = _mm512_set1_epi64(most);
	__m512i a[2];
	for (size_t h = 0; h < 2; h++)
		a[h] = _mm512_broadcast_i32x4(
		    _mm_loadu_si128((const __m128i *)(const void *)&needle->h[h]));
	for (; i + 16 <= n; i += 16) {
		unsigned near = 0;
		for (size_t k = 0; k < 16; k += 4)
			near |= near_avx512(first + i + k, second + i + k, a, limit, whole);
		if (__builtin_expect(near != 0, 0))
			found = scan_some(first, second, i, i + 16, needle, most, ret, found);
	}
	return scan_some(first, second, i, n, needle, most, ret, found);
}

AVX512 static size_t
scan_avx512(SCAN_ARGS)
{
	if (most < TL_IX_WHOLE_FROM)
		return blocks_avx512(first, second, n, needle, most, ret, false);
	return blocks_avx512(first, second, n, needle, most, ret, true);
}
#endif

tl_ix_scan
tl_ix_scan_nth(int n)
{
	tl_ix_scan there[8];
	int count = 0;
#if defined(__x86_64__)
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vpopcntdq"))
		there[count++] = scan_avx512;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt"))
		there[count++] = scan_avx2;
	if (__builtin_cpu_supports("popcnt"))
		there[count++] = scan_popcnt;
#endif
	there[count++] = scan_any;
	return n < count ? there[n] : NULL;
}

tl_ix_scan
tl_ix_scan_best(void)
{
	return tl_ix_scan_nth(0);
}
