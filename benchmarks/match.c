/*
 * How fast known hashes are found, on one thread by its own CPU clock, beside Faiss in the same run: building, opening, adding,
 * asking at several distances, random and clustered, before and after many changes. Needles are planted at every distance;
 * one that is missed, or a count that differs from the flat scan's, ends the run with 1. Prints a line for people a figure
 * and, last, one JSON object. Usage: match FOLDER FAISS-LIBRARY [--size N].
 */
#include "timing.h"

#include "base/buf.h"
#include "hash/index.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DISTANCE TL_PDQ_DISTANCE_USE
#define ROUNDS 5
#define NEEDLES 2048 /* of one round */
#define HITS 64
#define CHURN 1000000       /* entries added and removed, at most a tenth of all */
#define PEER_S 1.5          /* of one round of a peer */
#define HASHED_MAX 12000000 /* Faiss's hash maps are not built for more */
#define MIB (1024.0 * 1024.0)

static struct tl_buf figures;
static uint64_t seed = 88172645463325252u;
static bool failed;

/* Where the hashes lie; entry i has the key i + 1. */
static struct tl_pdq *hash;
static size_t size;

static struct {
	void *(*flat)(void);
	void *(*multihash)(int tables, int bits, int flips);
	void (*add)(void *x, const uint8_t *hashes, size_t n);
	size_t (*count)(void *x, const uint8_t *needle, int distance);
	void (*destroy)(void *x);
} faiss;

static uint64_t
next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

#define CPU timing_s(CLOCK_THREAD_CPUTIME_ID)
#define WALL timing_s(CLOCK_MONOTONIC)

static void
say(const char *name, double v, const char *unit)
{
	(void)printf("%-52s %12.1f %s\n", name, v, unit);
	(void)fflush(stdout);
	tl_js_num(&figures, name, v);
}

static double
median(const char *what, double *v, const char *unit)
{
	timing_sort(v, ROUNDS);
	(void)printf(
	    "%-52s %12.1f %s  [%.1f..%.1f]\n", what, v[ROUNDS / 2], unit, v[0], v[ROUNDS - 1]);
	(void)fflush(stdout);
	return v[ROUNDS / 2];
}

static void
must(int rc)
{
	if (rc < 0) {
		(void)fprintf(stderr, "match: %s\n", tl_err_text());
		exit(1);
	}
}

static struct tl_pdq
any_hash(void)
{
	struct tl_pdq h = {{0}};
	for (size_t i = 0; i < sizeof h.b; i += 8) {
		uint64_t v = next();
		memcpy(h.b + i, &v, sizeof v);
	}
	return h;
}

/* A hash exactly d bits away. */
static struct tl_pdq
at(const struct tl_pdq *h, int d)
{
	struct tl_pdq near = *h;
	while (tl_pdq_distance(&near, h) < d) {
		size_t bit = next() >> 20 & 255;
		near.b[bit / 8] ^=
		    (uint8_t)((((near.b[bit / 8] ^ h->b[bit / 8]) >> bit % 8 & 1) ^ 1)
			      << bit % 8);
	}
	return near;
}

/* `clustered`: one in ten lies within 20 flips of one of a thousand centres (or fewer, ten thousand entries each). */
static void
draw(bool clustered)
{
	size_t centres = size / 10000 < 1000 ? size / 10000 : 1000;
	struct tl_pdq *centre = calloc(centres + 1, sizeof *centre);
	if (!centre)
		abort();
	for (size_t i = 0; i < centres; i++)
		centre[i] = any_hash();
	for (size_t i = 0; i < size; i++)
		hash[i] = clustered && centres && i % 10 == 0
			      ? at(&centre[next() % centres], (int)(next() >> 40) % 21)
			      : any_hash();
	free(centre);
}

/* Every other one is planted: at each distance in turn; *ret_of is the entry that it must find, or SIZE_MAX. */
static void
draw_needles(struct tl_pdq *needle, size_t *ret_of, int distance)
{
	for (size_t i = 0; i < NEEDLES; i++) {
		ret_of[i] = i % 2 ? next() % size : SIZE_MAX;
		needle[i] =
		    i % 2 ? at(&hash[ret_of[i]], (int)(i / 2) % (distance + 1)) : any_hash();
	}
}

static void
found_or_fail(const struct tl_index_found *f, size_t of, int distance)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->hit[i].key == of + 1)
			return;
	if (f->all > f->n)
		return; /* more than there is room for: counted elsewhere */
	(void)fprintf(
	    stderr, "match: an entry at distance %d of %d was missed\n", distance, DISTANCE);
	failed = true;
}

struct asked {
	double per_s, p99_us;
	uint64_t hits; /* of the first `counted` */
};

/* One round over all needles, one a call. */
static void
ask_round(struct tl_index *x, const struct tl_pdq *needle, const size_t *of, int distance,
    size_t n, size_t counted, double *us, struct asked *ret)
{
	struct tl_index_hit hit[HITS];
	struct tl_index_found f = {.hit = hit, .cap = HITS};
	struct tl_index_ask ask = {.needles = 1, .distance = distance};
	double start = CPU, last = start;
	ret->hits = 0;
	for (size_t i = 0; i < n; i++) {
		ask.needle = &needle[i];
		must(tl_index_find(x, &ask, &f));
		double now = CPU;
		us[i] = (now - last) * 1e6;
		last = now;
		ret->hits += i < counted ? f.all : 0;
		if (of[i] != SIZE_MAX)
			found_or_fail(&f, of[i], tl_pdq_distance(&needle[i], &hash[of[i]]));
	}
	ret->per_s = (double)n / (last - start);
}

static struct asked
ask(struct tl_index *x, const char *what, int distance, size_t n)
{
	static struct tl_pdq needle[NEEDLES];
	static size_t of[NEEDLES];
	static double us[NEEDLES * ROUNDS];
	double rate[ROUNDS];
	struct asked a;
	char name[64];
	for (size_t r = 0; r < ROUNDS; r++) {
		draw_needles(needle, of, distance);
		ask_round(x, needle, of, distance, n, n, us + r * n, &a);
		rate[r] = a.per_s;
	}
	timing_sort(us, n * ROUNDS);
	(void)snprintf(name, sizeof name, "%s, distance %d", what, distance);
	a.per_s = median(name, rate, "/s");
	a.p99_us = us[n * ROUNDS * 99 / 100];
	return a;
}

/*
 * The peer and the index in turn, over the same needles, one a call: how many times faster; counts must agree. The index
 * also gets the needles that the peer had no time for, but none twice.
 */
static double
beside(struct tl_index *x, void *peer, const char *what, int distance, double *ret_rate)
{
	static struct tl_pdq needle[NEEDLES];
	static size_t of[NEEDLES];
	static double us[NEEDLES];
	double ours[ROUNDS], theirs[ROUNDS], ratio[ROUNDS];
	struct asked a;
	char name[64];
	for (size_t r = 0; r < ROUNDS; r++) {
		size_t n = 0, hits = 0;
		draw_needles(needle, of, distance);
		double start = CPU;
		for (; n < NEEDLES && (CPU - start < PEER_S || n < 4); n++)
			hits += faiss.count(peer, needle[n].b, distance);
		theirs[r] = (double)n / (CPU - start);
		ask_round(
		    x, needle, of, distance, distance > DISTANCE ? n : NEEDLES, n, us, &a);
		if (a.hits != hits) {
			(void)fprintf(stderr, "match: %s found %zu, the index %llu\n", what,
			    hits, (unsigned long long)a.hits);
			failed = true;
		}
		ours[r] = a.per_s;
		ratio[r] = ours[r] / theirs[r];
	}
	*ret_rate = median(what, theirs, "/s");
	(void)snprintf(name, sizeof name, "  the index in the same rounds");
	(void)median(name, ours, "/s");
	return median("  times faster", ratio, "");
}

static struct tl_index *
build(const char *folder, const char *what)
{
	struct tl_index *x = NULL;
	struct tl_index_stats s;
	char name[64];
	must(tl_index_wipe(folder));
	must(tl_index_open(folder, TL_INDEX_OWN, &x));
	double wall = WALL, cpu = CPU;
	for (size_t i = 0; i < size; i++)
		must(tl_index_add(x, &hash[i], i + 1, (uint32_t)(i % 7), i + 1));
	must(tl_index_flush(x));
	(void)snprintf(name, sizeof name, "%sbuild_s", what);
	say(name, WALL - wall, "s");
	(void)snprintf(name, sizeof name, "%sbuild_cpu_s", what);
	say(name, CPU - cpu, "s");
	tl_index_close(x);
	wall = WALL;
	must(tl_index_open(folder, TL_INDEX_OWN, &x));
	(void)snprintf(name, sizeof name, "%sopen_s", what);
	say(name, WALL - wall, "s");
	wall = WALL;
	must(tl_index_verify(x));
	(void)snprintf(name, sizeof name, "%sverify_s", what);
	say(name, WALL - wall, "s");
	tl_index_stats(x, &s);
	(void)snprintf(name, sizeof name, "%sbytes_per_hash", what);
	say(name, (double)(s.bytes + s.memory) / (double)s.entries, "bytes");
	return x;
}

/* From before an entry is added until a question has found it. */
static void
bench_add(struct tl_index *x)
{
	static double us[NEEDLES];
	struct tl_index_hit hit[HITS];
	struct tl_index_found f = {.hit = hit, .cap = HITS};
	for (size_t i = 0; i < NEEDLES; i++) {
		struct tl_pdq h = any_hash();
		struct tl_index_ask ask = {.needle = &h, .needles = 1, .distance = DISTANCE};
		double start = WALL;
		must(tl_index_add(x, &h, 2 * size + i, 1, 0));
		must(tl_index_find(x, &ask, &f));
		us[i] = (WALL - start) * 1e6;
		failed |= f.n == 0 || f.hit[0].key != 2 * size + i;
		must(tl_index_remove(x, 2 * size + i, 0));
	}
	timing_sort(us, NEEDLES);
	say("add_visible_us", us[NEEDLES / 2], "us");
	say("add_visible_p99_us", us[NEEDLES * 99 / 100], "us");
}

/* Removes and adds entries in turn, writing and merging on the way; `hash` follows. */
static void
churn(struct tl_index *x)
{
	size_t n = size / 10 < CHURN ? size / 10 : CHURN, each = n / 10 + 1;
	struct tl_index_stats s;
	bool did;
	double wall = WALL;
	for (size_t i = 0; i < n; i++) {
		size_t victim = i * (size / n);
		must(tl_index_remove(x, victim + 1, 0));
		hash[victim] = any_hash();
		must(tl_index_add(x, &hash[victim], victim + 1, 3, 0));
		if (i % each == each - 1 || i == n - 1) {
			must(tl_index_flush(x));
			for (did = true; did;)
				must(tl_index_merge(x, &did));
		}
	}
	say("changed_s", WALL - wall, "s");
	tl_index_stats(x, &s);
	say("changed_segments", (double)s.segments, "");
	say("changed_bytes_per_hash", (double)(s.bytes + s.memory) / (double)s.entries,
	    "bytes");
	struct asked a = ask(x, "  after as many adds and removes", DISTANCE, NEEDLES);
	say("changed_per_s", a.per_s, "/s");
	say("changed_p99_us", a.p99_us, "us");
}

static double
free_memory(void)
{
	double kb = 0;
	char line[256];
	FILE *f = fopen("/proc/meminfo", "re");
	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, "MemAvailable:", 13) == 0)
			kb = strtod(line + 13, NULL);
	if (f)
		(void)fclose(f);
	return kb * 1024;
}

struct peer {
	const char *name;
	int tables, bits, flips; /* 0: flat */
	double bytes;            /* a hash, about */
};

static const struct peer peers[] = {
    {"flat", 0, 0, 0, 33},
    {"multihash16", 16, 16, 1, 360},
    {"best_exact", 11, 23, 2, 1000},
};

static void
bench_peer(struct tl_index *x, const struct peer *p)
{
	char name[64];
	double rate;
	double bytes = p->bytes * (double)size;
	if (bytes > free_memory() * 0.9 || (p->tables && size > HASHED_MAX)) {
		(void)printf(
		    "Faiss %s would need about %.0f MiB: left out\n", p->name, bytes / MIB);
		return;
	}
	void *peer = p->tables ? faiss.multihash(p->tables, p->bits, p->flips) : faiss.flat();
	double start = CPU;
	faiss.add(peer, hash[0].b, size);
	(void)snprintf(name, sizeof name, "faiss_%s_build_cpu_s", p->name);
	say(name, CPU - start, "s");
	(void)snprintf(name, sizeof name, "Faiss %s", p->name);
	double ratio = beside(x, peer, name, DISTANCE, &rate);
	(void)snprintf(name, sizeof name, "faiss_%s_per_s", p->name);
	tl_js_num(&figures, name, rate);
	(void)snprintf(name, sizeof name, "ratio_to_faiss_%s", p->name);
	tl_js_num(&figures, name, ratio);
	if (!p->tables)
		tl_js_num(&figures, "ratio_to_faiss_flat_at_63",
		    beside(x, peer, "Faiss flat, distance 63", TL_INDEX_DISTANCE_MAX, &rate));
	faiss.destroy(peer);
}

static void
bench_random(const char *folder)
{
	draw(false);
	struct tl_index *x = build(folder, "");
	struct asked a = ask(x, "random", DISTANCE, NEEDLES);
	say("per_s", a.per_s, "/s");
	say("p99_us", a.p99_us, "us");
	bench_add(x);
	for (size_t i = 0; faiss.flat && i < TL_COUNT(peers); i++)
		bench_peer(x, &peers[i]);
	static const int distance[] = {0, 8, 16, 24, 40, 48, 63};
	for (size_t i = 0; i < TL_COUNT(distance); i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "at_%d_per_s", distance[i]);
		a = ask(x, "random", distance[i], distance[i] > 31 ? 64 : NEEDLES);
		tl_js_num(&figures, name, a.per_s);
	}
	churn(x);
	tl_index_close(x);
}

static void
bench_clustered(const char *folder)
{
	double rate;
	draw(true);
	struct tl_index *x = build(folder, "clustered_");
	struct asked a = ask(x, "clustered", DISTANCE, NEEDLES);
	say("clustered_per_s", a.per_s, "/s");
	say("clustered_p99_us", a.p99_us, "us");
	if (faiss.flat) {
		void *peer = faiss.flat();
		faiss.add(peer, hash[0].b, size);
		tl_js_num(&figures, "clustered_ratio_to_faiss_flat",
		    beside(x, peer, "Faiss flat, clustered", DISTANCE, &rate));
		faiss.destroy(peer);
	}
	tl_index_close(x);
}

/* One hash for every tenth entry, a million at most: what that costs needles that are near to it, and all others. */
static void
bench_flood(const char *folder)
{
	static double us[NEEDLES];
	struct tl_index_hit hit[HITS];
	struct tl_index_found f = {.hit = hit, .cap = HITS};
	size_t flood = size / 10 < CHURN ? size / 10 : CHURN, n = 64;
	draw(false);
	for (size_t i = 0; i < flood; i++)
		hash[i * (size / flood)] = hash[0];
	struct tl_index *x = build(folder, "flood_");
	struct asked a = ask(x, "one hash again and again", DISTANCE, NEEDLES);
	say("flood_per_s", a.per_s, "/s");
	for (size_t i = 0; i < n; i++) {
		struct tl_pdq near = at(&hash[0], (int)(i % (DISTANCE + 1)));
		struct tl_index_ask ask = {.needle = &near, .needles = 1, .distance = DISTANCE};
		double start = CPU;
		must(tl_index_find(x, &ask, &f));
		us[i] = (CPU - start) * 1e6;
		failed |= f.all < flood || f.n != HITS;
	}
	timing_sort(us, n);
	say("flood_all_match_us", us[n / 2], "us");
	tl_index_close(x);
}

static void
load_faiss(const char *library)
{
	void *l = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	if (!l) {
		(void)printf("no Faiss: %s\n", dlerror());
		return;
	}
	*(void **)&faiss.flat = dlsym(l, "peer_flat");
	*(void **)&faiss.multihash = dlsym(l, "peer_multihash");
	*(void **)&faiss.add = dlsym(l, "peer_add");
	*(void **)&faiss.count = dlsym(l, "peer_count");
	*(void **)&faiss.destroy = dlsym(l, "peer_free");
}

static size_t
read_size(int argc, char **argv)
{
	char *end = NULL;
	if (argc == 3)
		return 1000000;
	if (argc != 5 || strcmp(argv[3], "--size") != 0)
		return 0;
	double n = strtod(argv[4], &end);
	n *= *end == 'M' || *end == 'm' ? 1e6 : 1;
	return n >= 1000 && n <= 1e9 ? (size_t)n : 0;
}

int
main(int argc, char **argv)
{
	size = argc >= 3 ? read_size(argc, argv) : 0;
	if (!size) {
		(void)fprintf(stderr, "usage: match [--size N]\n");
		return 2;
	}
	hash = calloc(size, sizeof *hash);
	if (!hash)
		abort();
	load_faiss(argv[2]);
	tl_js_open(&figures, NULL, '{');
	bench_random(argv[1]);
	bench_clustered(argv[1]);
	bench_flood(argv[1]);
	tl_js_num(&figures, "recall", failed ? 0 : 1);
	tl_js_close(&figures, '}');
	(void)printf("{\"bench\":\"match\",\"size\":%zu,\"distance\":%d,\"figures\":%s}\n",
	    size, DISTANCE, tl_buf_z(&figures));
	return failed ? 1 : 0;
}
