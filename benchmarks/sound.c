/*
 * A query against known sounds: made-up fingerprints that change from word to word as real ones do. Half of the queries
 * are 30 seconds of a known one with every twelfth bit turned, the others are of none; each is asked for at seven speeds. The
 * index lies on disk as the daemon's does. Prints lines for people and, last, one JSON object.
 * Usage: sound FOLDER [SOUNDS [SECONDS]].
 */
#include "dice.h"
#include "timing.h"

#include "base/buf.h"
#include "hash/sound_find.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define QUERIES 200
#define QUERY_WORDS 242 /* 30 s */

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
	dice_seed = (uint64_t)n << 32;
	uint32_t at = dice_next() << 8 ^ dice_next();
	for (size_t i = 0; i < count; i++) {
		for (int k = 0; k < 5; k++)
			at ^= 1u << dice_next() % 32;
		w[i] = at;
	}
}

static struct tl_index *windows;
static size_t words;

/* What the store would have of an entry. */
static int
read_known(void *ctx, uint64_t entry, struct tl_sound *ret)
{
	(void)ctx;
	struct tl_sound s = {.w = calloc(words, sizeof *s.w), .n = words};
	if (!s.w)
		abort();
	make((uint32_t)entry, s.w, words);
	*ret = s;
	return 0;
}

static int
find(void *ctx, const struct tl_index_ask *ask, struct tl_index_found *found)
{
	return tl_index_find(ctx, ask, found);
}

static int
to_index(void *ctx, uint32_t window, const struct tl_pdq *h)
{
	return tl_index_add(windows, h, tl_sound_key(*(const uint32_t *)ctx, window), 1, 0);
}

static void
make_index(const char *folder, uint32_t sounds, uint32_t *w)
{
	bool merged = true;
	if (tl_index_open(folder, TL_INDEX_OWN, &windows) < 0)
		fail("index");
	for (uint32_t n = 0; n < sounds; n++) {
		make(n, w, words);
		if (tl_sound_index_windows(&(struct tl_sound){w, words}, to_index, &n) < 0)
			fail("index");
	}
	if (tl_index_flush(windows) < 0)
		fail("flush");
	while (merged)
		if (tl_index_merge(windows, &merged) < 0)
			fail("merge");
}

/* Every twelfth bit turned; the other speeds of it are of nothing, as they are when the copy has its own pitch. */
static void
damage(struct tl_sound *q, uint32_t other)
{
	for (size_t i = 0; i < q[0].n; i++)
		for (int b = 0; b < 32; b++)
			q[0].w[i] ^= dice_next() % 12 == 0 ? 1u << b : 0;
	for (uint32_t i = 1; i <= TL_SOUND_BENDS; i++)
		make(other + i, q[i].w, q[i].n);
}

int
main(int argc, char **argv)
{
	static double ms[QUERIES];
	static const uint32_t bank = 1;
	static struct tl_sound query[1 + TL_SOUND_BENDS];
	struct tl_index_stats stats;
	if (argc < 2)
		return 2;
	uint32_t sounds = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 20000;
	words = (argc > 3 ? strtoul(argv[3], NULL, 10) : 180) * 8077 / 1000;
	uint32_t *w = calloc(words, sizeof *w);
	size_t found = 0, wrong = 0;
	if (!w || words < 2 * (size_t)QUERY_WORDS)
		return 2;
	for (size_t i = 0; i <= TL_SOUND_BENDS; i++)
		query[i] = (struct tl_sound){calloc(QUERY_WORDS, sizeof *w), QUERY_WORDS};
	int64_t start = tl_mono_us();
	make_index(argv[1], sounds, w);
	double build_s = (double)(tl_mono_us() - start) / 1e6;
	tl_index_stats(windows, &stats);
	for (uint32_t i = 0; i < QUERIES; i++) {
		struct tl_sound_found f = {0};
		uint32_t n = i % 2 ? i * 97 % sounds : sounds + i;
		make(n, w, words);
		size_t from = dice_next() % (words - QUERY_WORDS);
		memcpy(query[0].w, w + from, QUERY_WORDS * sizeof *w);
		damage(query, 10 * (sounds + i) + QUERIES);
		struct tl_sound_ask ask = {.find = find,
		    .read = read_known,
		    .ctx = windows,
		    .bank = &bank,
		    .banks = 1,
		    .query = query,
		    .queries = TL_COUNT(query)};
		double from_ms = timing_cpu_ms();
		if (tl_sound_find(&ask, &f) < 0)
			fail("find");
		ms[i] = timing_cpu_ms() - from_ms;
		for (size_t k = 0; k < f.n; k++) {
			found += f.hit[k].entry == n;
			wrong += f.hit[k].entry != n;
		}
		tl_sound_found_fini(&f);
	}
	timing_sort(ms, QUERIES);
	double bytes = (double)stats.bytes / ((double)sounds * (double)words * 1365 / 11025);
	(void)printf(
	    "%u sounds, %.0f seconds, built in %.1f s; %.0f bytes a second in mapped files, "
	    "%.1f MB in memory\n",
	    sounds, (double)sounds * (double)words * 1365 / 11025, build_s, bytes,
	    (double)stats.memory / 1e6);
	(void)printf(
	    "query of 30 s at %d speeds: median %.1f ms of processor time, p99 %.1f ms; "
	    "%zu of %d found, %zu wrong\n",
	    1 + TL_SOUND_BENDS, ms[QUERIES / 2], ms[QUERIES * 99 / 100], found, QUERIES / 2,
	    wrong);
	(void)printf(
	    "{\"bench\":\"sound\",\"sounds\":%u,\"build_s\":%.2f,\"bytes_per_second\":%.1f,"
	    "\"memory_mb\":%.1f,\"query_ms\":%.2f,\"p99_ms\":%.2f,\"found\":%zu,\"of\":%d,"
	    "\"wrong\":%zu}\n",
	    sounds, build_s, bytes, (double)stats.memory / 1e6, ms[QUERIES / 2],
	    ms[QUERIES * 99 / 100], found, QUERIES / 2, wrong);
	for (size_t i = 0; i <= TL_SOUND_BENDS; i++)
		tl_sound_fini(&query[i]);
	free(w);
	tl_index_close(windows);
	return found == QUERIES / 2 && wrong == 0 ? 0 : 1;
}
