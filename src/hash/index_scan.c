/*
 * The plain scan: first halves of 128 bits, 16 bytes an entry. It misses nothing: hashes that differ in at most d of 256
 * bits differ in at most d of any 128 of them. Of random hashes three in a billion pass at d = 31, so the second halves are
 * hardly read. Compiled for several processors, chosen at run time. No failure. Called for tails and for large distances.
 */
#include "hash/index_int.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static inline __attribute__((always_inline)) size_t
scan(const struct tl_ix_half *first, size_t n, const struct tl_ix_half *needle, int most,
    uint32_t *ret)
{
	size_t found = 0;
	const struct tl_ix_half a = *needle;
	for (size_t i = 0; i < n; i++) {
		ret[found] = (uint32_t)i;
		found += tl_ix_differ(&first[i], &a) <= most;
	}
	return found;
}

static size_t
scan_any(const struct tl_ix_half *first, size_t n, const struct tl_ix_half *needle, int most,
    uint32_t *ret)
{
	return scan(first, n, needle, most, ret);
}

#if defined(__x86_64__)
__attribute__((target("popcnt"))) static size_t
scan_popcnt(const struct tl_ix_half *first, size_t n, const struct tl_ix_half *needle, int most,
    uint32_t *ret)
{
	return scan(first, n, needle, most, ret);
}

/* Two entries a vector; ones are counted by looking nibbles up (Mula, "SSSE3: fast popcount", 2008). */
__attribute__((target("avx2,popcnt"))) static inline __m256i
far_avx2(const struct tl_ix_half *at, __m256i a, __m256i limit)
{
	const __m256i low = _mm256_set1_epi8(15);
	const __m256i ones = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0,
	    1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
	__m256i x = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(const void *)at), a);
	__m256i c = _mm256_add_epi8(_mm256_shuffle_epi8(ones, _mm256_and_si256(x, low)),
	    _mm256_shuffle_epi8(ones, _mm256_and_si256(_mm256_srli_epi16(x, 4), low)));
	c = _mm256_sad_epu8(c, _mm256_setzero_si256());
	c = _mm256_add_epi64(c, _mm256_shuffle_epi32(c, 0x4e));
	return _mm256_cmpgt_epi64(c, limit);
}

__attribute__((target("avx2,popcnt"))) static size_t
scan_avx2(const struct tl_ix_half *first, size_t n, const struct tl_ix_half *needle, int most,
    uint32_t *ret)
{
	size_t found = 0, i = 0;
	const __m256i a =
	    _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)needle));
	const __m256i limit = _mm256_set1_epi64x(most);
	for (; i + 8 <= n; i += 8) {
		__m256i f0 = far_avx2(first + i, a, limit),
			f1 = far_avx2(first + i + 2, a, limit);
		__m256i f2 = far_avx2(first + i + 4, a, limit),
			f3 = far_avx2(first + i + 6, a, limit);
		__m256i all =
		    _mm256_and_si256(_mm256_and_si256(f0, f1), _mm256_and_si256(f2, f3));
		if (__builtin_expect(_mm256_movemask_epi8(all) == -1, 1))
			continue;
		for (size_t k = i; k < i + 8; k++)
			if (tl_ix_differ(&first[k], needle) <= most)
				ret[found++] = (uint32_t)k;
	}
	for (; i < n; i++)
		if (tl_ix_differ(&first[i], needle) <= most)
			ret[found++] = (uint32_t)i;
	return found;
}

/* Four entries a vector, ones counted by the processor. */
__attribute__((target("avx512f,avx512vpopcntdq"))) static inline unsigned
near_avx512(const struct tl_ix_half *at, __m512i a, __m512i limit)
{
	__m512i c = _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(at), a));
	c = _mm512_add_epi64(c, _mm512_shuffle_epi32(c, (_MM_PERM_ENUM)0x4e));
	return _mm512_cmple_epi64_mask(c, limit);
}

__attribute__((target("avx512f,avx512vpopcntdq,popcnt"))) static size_t
scan_avx512(const struct tl_ix_half *first, size_t n, const struct tl_ix_half *needle, int most,
    uint32_t *ret)
{
	size_t found = 0, i = 0;
	const __m512i a =
	    _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)needle));
	const __m512i limit = _mm512_set1_epi64(most);
	for (; i + 16 <= n; i += 16) {
		unsigned m = near_avx512(first + i, a, limit) |
			     near_avx512(first + i + 4, a, limit) |
			     near_avx512(first + i + 8, a, limit) |
			     near_avx512(first + i + 12, a, limit);
		if (__builtin_expect(m == 0, 1))
			continue;
		for (size_t k = i; k < i + 16; k++)
			if (tl_ix_differ(&first[k], needle) <= most)
				ret[found++] = (uint32_t)k;
	}
	for (; i < n; i++)
		if (tl_ix_differ(&first[i], needle) <= most)
			ret[found++] = (uint32_t)i;
	return found;
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
