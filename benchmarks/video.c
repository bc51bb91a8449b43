/*
 * A query against known videos: their frames in the Hamming index on disk, the lists in memory as a store would give them.
 * Half of the queries are clips of known videos with a few bits turned, some mirrored; the others are of none. Some frames
 * (a title card) are in every tenth video. Prints lines for people and, last, one JSON object.
 * Usage: video FOLDER [VIDEOS [FRAMES]].
 */
#include "dice.h"
#include "timing.h"

#include "base/buf.h"
#include "hash/video_find.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define QUERIES 200
#define CARD 3 /* frames of the title card */

static struct tl_video *known;
static size_t videos = 20000, frames = 60;
static struct tl_index *index_of_frames;

static void
fail(const char *what)
{
	(void)fprintf(stderr, "video: %s: %s\n", what, tl_err_text());
	exit(1);
}

static struct tl_pdq
any_hash(void)
{
	struct tl_pdq h = {{0}};
	for (size_t i = 0; i < sizeof h.b; i++)
		h.b[i] = (uint8_t)dice_next();
	return h;
}

static void
turn_bits(struct tl_pdq *h, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = dice_next() % 256;
		h->b[at / 8] ^= (uint8_t)(1 << at % 8);
	}
}

static void
put_frame(struct tl_video *v, struct tl_pdq h, size_t i)
{
	struct tl_video_frame f = {.hash = h, .quality = 100, .ms = (uint32_t)i * 1000};
	if (tl_video_add(v, &f) < 0)
		fail("frame");
}

/* Neighbouring frames are alike, as in a shot. */
static void
make_known(void)
{
	struct tl_pdq card[CARD];
	for (size_t i = 0; i < CARD; i++)
		card[i] = any_hash();
	known = calloc(videos, sizeof *known);
	if (!known)
		abort();
	for (size_t v = 0; v < videos; v++) {
		struct tl_pdq h = any_hash();
		for (size_t i = 0; i < frames; i++) {
			if (i % 4 == 0)
				h = any_hash();
			turn_bits(&h, 12);
			put_frame(&known[v], v % 10 == 0 && i < CARD ? card[i] : h, i);
		}
	}
}

static int
to_index(void *ctx, uint32_t frame, const struct tl_pdq *h)
{
	return tl_index_add(index_of_frames, h, tl_video_key(*(uint64_t *)ctx, frame), 1, 0);
}

static void
make_index(const char *folder)
{
	bool merged = true;
	if (tl_index_open(folder, TL_INDEX_OWN, &index_of_frames) < 0)
		fail("index");
	for (uint64_t v = 0; v < videos; v++)
		if (tl_video_index_frames(&known[v], to_index, &v) < 0)
			fail("index");
	if (tl_index_flush(index_of_frames) < 0)
		fail("flush");
	while (merged)
		if (tl_index_merge(index_of_frames, &merged) < 0)
			fail("merge");
}

static int
find(void *ctx, const struct tl_index_ask *ask, struct tl_index_found *found)
{
	return tl_index_find(ctx, ask, found);
}

/* What the detector does, without the store. */
static bool
search(const struct tl_video *query, uint64_t want)
{
	static const struct tl_index_bank bank = {1, TL_PDQ_DISTANCE_USE};
	static const struct tl_video_rule rule = {
	    TL_PDQ_DISTANCE_USE, TL_VIDEO_SHARE_QUERY, TL_VIDEO_SHARE_KNOWN};
	struct tl_video_candidate x[TL_VIDEO_CANDIDATES];
	struct tl_video_looks looks[2], k;
	struct tl_video_match m;
	size_t n = 0;
	bool found = false;
	for (int i = 0; i < 2; i++)
		tl_video_looks_of(query, i == 1, &looks[i]);
	struct tl_video_ask ask = {
	    .find = find, .ctx = index_of_frames, .bank = &bank, .banks = 1};
	if (tl_video_candidates(&ask, &looks[0], &looks[1], x, &n) < 0)
		fail("find");
	for (size_t i = 0; i < n; i++) {
		tl_video_looks_of(&known[x[i].entry], false, &k);
		tl_video_compare(&looks[x[i].mirrored], &k, &rule, &m);
		tl_video_looks_fini(&k);
		found |= m.how != TL_VIDEO_APART && x[i].entry == want;
	}
	for (int i = 0; i < 2; i++)
		tl_video_looks_fini(&looks[i]);
	return found;
}

static void
make_query(struct tl_video *q, uint64_t from, int kind)
{
	for (size_t i = 0; i < 60; i++) {
		struct tl_pdq h = kind == 0 ? any_hash() : known[from].f[i % frames].hash;
		turn_bits(&h, 10);
		if (kind == 2)
			tl_pdq_mirror(&h);
		put_frame(q, h, i);
	}
}

int
main(int argc, char **argv)
{
	static double ms[QUERIES];
	struct tl_index_stats s;
	size_t of = 0, found = 0;
	if (argc < 2)
		return 2;
	videos = argc > 2 ? strtoul(argv[2], NULL, 10) : videos;
	frames = argc > 3 ? strtoul(argv[3], NULL, 10) : frames;
	make_known();
	int64_t start = tl_mono_us();
	make_index(argv[1]);
	double build_s = (double)(tl_mono_us() - start) / 1e6;
	tl_index_stats(index_of_frames, &s);
	for (int i = 0; i < QUERIES; i++) {
		struct tl_video q = {0};
		uint64_t from = dice_next() % videos;
		if (i % 8 == 1)
			from -= from % 10; /* one with the title card */
		int kind = i % 2 == 0 ? 0 : i % 6 == 5 ? 2 : 1;
		make_query(&q, from, kind);
		double from_ms = timing_cpu_ms();
		bool hit = search(&q, from);
		ms[i] = timing_cpu_ms() - from_ms;
		of += kind != 0;
		found += kind != 0 && hit;
		tl_video_fini(&q);
	}
	timing_sort(ms, QUERIES);
	(void)printf("%zu videos, %zu frames, built in %.1f s, %.0f bytes a frame\n", videos,
	    (size_t)s.entries, build_s, (double)(s.bytes + s.memory) / (double)s.entries);
	(void)printf("query of 60 frames, straight and mirrored: median %.1f ms of processor "
		     "time, p99 %.1f ms; "
		     "%zu of %zu found\n",
	    ms[QUERIES / 2], ms[QUERIES * 99 / 100], found, of);
	(void)printf("{\"bench\":\"video\",\"videos\":%zu,\"frames\":%zu,\"build_s\":%.2f,"
		     "\"query_ms\":%.2f,\"p99_ms\":%.2f,\"found\":%zu,\"of\":%zu}\n",
	    videos, (size_t)s.entries, build_s, ms[QUERIES / 2], ms[QUERIES * 99 / 100], found,
	    of);
	tl_index_close(index_of_frames);
	return found == of ? 0 : 1;
}
