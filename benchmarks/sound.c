/*
 * A query against known sounds: made-up fingerprints that change from word to word as real ones do. Half of the queries
 * are 30 seconds of a known one with every twelfth bit turned, the others are of none. Prints lines for people and, last,
 * one JSON object. Usage: sound [SOUNDS [SECONDS]].
 */
#include "timing.h"

#include "base/buf.h"
#include "hash/sound_match.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define QUERIES 200
#define QUERY_WORDS 242 /* 30 s */

static uint64_t seed = 1;

static uint32_t
next(void)
{
	uint64_t x = seed += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)(x >> 40);
}

static void
fail(const char *what)
{
	(void)fprintf(stderr, "sound: %s: %s\n", what, tl_err_text());
	exit(1);
}

/* Number n's words. */
static void
make(uint32_t n, uint32_t *w, size_t count)
{
	seed = (uint64_t)n << 32;
	uint32_t at = next() << 8 ^ next();
	for (size_t i = 0; i < count; i++) {
		for (int k = 0; k < 5; k++)
			at ^= 1u << next() % 32;
		w[i] = at;
	}
}

int
main(int argc, char **argv)
{
	static double ms[QUERIES];
	size_t sounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000;
	size_t words = (argc > 2 ? strtoul(argv[2], NULL, 10) : 180) * 8077 / 1000;
	struct tl_sound_index *x = tl_sound_index_create();
	uint32_t *w = calloc(words + QUERY_WORDS, sizeof *w);
	size_t found = 0, wrong = 0;
	if (!w)
		abort();
	if (words < 2 * (size_t)QUERY_WORDS)
		return 2;
	int64_t start = tl_mono_us();
	for (uint32_t n = 0; n < sounds; n++) {
		make(n, w, words);
		if (tl_sound_index_add(x, n, &(struct tl_sound){w, words}) < 0)
			fail("index");
	}
	double add_s = (double)(tl_mono_us() - start) / 1e6;
	start = tl_mono_us();
	tl_sound_index_build(x);
	double build_s = (double)(tl_mono_us() - start) / 1e6;
	for (uint32_t i = 0; i < QUERIES; i++) {
		struct tl_sound_hit h[8];
		uint32_t n = i % 2 ? i * 97 % (uint32_t)sounds : (uint32_t)sounds + i;
		make(n, w, words);
		size_t from = next() % (words - QUERY_WORDS);
		for (size_t k = from; k < from + QUERY_WORDS; k++)
			for (int b = 0; b < 32; b++)
				w[k] ^= next() % 12 == 0 ? 1u << b : 0;
		double from_ms = timing_cpu_ms();
		size_t got =
		    tl_sound_find(x, &(struct tl_sound){w + from, QUERY_WORDS}, h, TL_COUNT(h));
		ms[i] = timing_cpu_ms() - from_ms;
		for (size_t k = 0; k < got; k++) {
			found += h[k].sound == n;
			wrong += h[k].sound != n;
		}
	}
	timing_sort(ms, QUERIES);
	(void)printf("%zu sounds, %zu words, read in %.1f s, built in %.1f s\n", sounds,
	    tl_sound_index_words(x), add_s, build_s);
	(void)printf("query of 30 s: median %.1f ms of processor time, p99 %.1f ms; %zu of %d "
		     "found, %zu wrong\n",
	    ms[QUERIES / 2], ms[QUERIES * 99 / 100], found, QUERIES / 2, wrong);
	(void)printf(
	    "{\"bench\":\"sound\",\"sounds\":%zu,\"words\":%zu,\"build_s\":%.2f,"
	    "\"query_ms\":%.2f,\"p99_ms\":%.2f,\"found\":%zu,\"of\":%d,\"wrong\":%zu}\n",
	    sounds, tl_sound_index_words(x), build_s, ms[QUERIES / 2], ms[QUERIES * 99 / 100],
	    found, QUERIES / 2, wrong);
	free(w);
	tl_sound_index_destroy(x);
	return found == QUERIES / 2 && wrong == 0 ? 0 : 1;
}
