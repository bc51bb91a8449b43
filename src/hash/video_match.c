/*
 * The match rule over two lists of frame hashes.
 *
 * Every look of one is held against every look of the other: exact, without an index, for the few candidates that an
 * index named. Pairs within the distance vote for the offset between both clocks, once for each of some speeds; of many
 * pairs every second is kept, again and again, so that memory stays within PAIRS_MAX. No failure. Called by the video
 * detector, by comparisons over the API and by tools.
 */
#include "hash/video_match.h"

#include "hash/line_int.h"

#include <stdlib.h>

#define PAIRS_MAX 32768
#define BIN_MS 1000
#define SPEED_STEPS 6 /* hundredths to either side */
#define STEP_MS 600   /* frames of known videos are a second apart */
#define LOOK_MS 1000  /* how long at most what a look saw is taken to be there */
#define GAP_MS 2000   /* frames that do not fit between two that do */

void
tl_pdq_mirror(struct tl_pdq *h)
{
	/* Odd columns of the transform keep their signs, even ones change them; the median is taken to be zero. */
	for (size_t i = 0; i < sizeof h->b; i++)
		h->b[i] ^= 0x55;
}

static int
by_hash(const void *a, const void *b, void *ctx)
{
	const struct tl_video_frame *f = ctx, *x = &f[*(const uint32_t *)a],
				    *y = &f[*(const uint32_t *)b];
	int c = memcmp(&x->hash, &y->hash, sizeof x->hash);
	return c ? c : x < y ? -1 : x > y;
}

static bool
counted(const struct tl_video_frame *f)
{
	return f->flags == 0 && f->quality >= TL_PDQ_QUALITY_MIN;
}

/* Marks plain frames whose hash an earlier one has. */
static bool *
repeated(const struct tl_video *v)
{
	uint32_t *order = calloc(v->n + 1, sizeof *order);
	bool *ret = calloc(v->n + 1, sizeof *ret);
	size_t n = 0;
	if (!order || !ret)
		abort();
	for (size_t i = 0; i < v->n; i++)
		if (counted(&v->f[i]))
			order[n++] = (uint32_t)i;
	qsort_r(order, n, sizeof *order, by_hash, v->f);
	for (size_t i = 1; i < n; i++)
		ret[order[i]] = memcmp(&v->f[order[i]].hash, &v->f[order[i - 1]].hash,
				    sizeof v->f->hash) == 0;
	free(order);
	return ret;
}

/* A second is counted with its first look of sufficient quality, and not when its plain frame repeats an earlier one. */
void
tl_video_looks_of(const struct tl_video *v, bool mirrored, struct tl_video_looks *ret)
{
	struct tl_video_looks l = {.look = calloc(v->n + 1, sizeof *l.look)};
	bool *again = repeated(v), fresh = true;
	const struct tl_pdq *last = NULL;
	if (!l.look)
		abort();
	for (size_t i = 0; i < v->n; i++) {
		const struct tl_video_frame *f = &v->f[i];
		if (f->flags == 0)
			fresh = !again[i] || l.frames == 0;
		if (again[i] && last && memcmp(last, &f->hash, sizeof *last) == 0)
			l.look[l.n - 1].to_ms = f->ms + LOOK_MS;
		if (f->quality < TL_PDQ_QUALITY_MIN || again[i])
			continue;
		last = &f->hash;
		l.frames += fresh;
		fresh = false;
		struct tl_video_look *k = &l.look[l.n++];
		*k = (struct tl_video_look){.hash = f->hash,
		    .ms = f->ms,
		    .to_ms = f->ms + LOOK_MS,
		    .frame = (uint32_t)(l.frames - 1)};
		if (mirrored)
			tl_pdq_mirror(&k->hash);
	}
	free(again);
	*ret = l;
}

void
tl_video_looks_fini(struct tl_video_looks *l)
{
	free(l->look);
	*l = (struct tl_video_looks){0};
}

struct pair {
	uint32_t query_ms, known_ms;
};

struct pairs {
	struct pair *p;
	size_t n;
	uint64_t seen, stride;
};

static void
pair_add(struct pairs *s, uint32_t query_ms, uint32_t known_ms)
{
	if (s->seen++ % s->stride)
		return;
	if (s->n == PAIRS_MAX) {
		s->n = 0;
		for (size_t i = 0; i < PAIRS_MAX; i += 2)
			s->p[s->n++] = s->p[i];
		s->stride *= 2;
	}
	s->p[s->n++] = (struct pair){query_ms, known_ms};
}

struct compare {
	const struct tl_video_looks *query, *known;
	int distance, wide;
	bool *query_hit, *known_hit; /* by counted frame */
	bool *look_hit;              /* by look of the query */
	struct pairs pairs;
	int nearest;
};

static inline __attribute__((always_inline)) void
scan(struct compare *c)
{
	for (size_t i = 0; i < c->query->n; i++) {
		const struct tl_video_look *q = &c->query->look[i];
		uint64_t a[4];
		memcpy(a, q->hash.b, sizeof a);
		for (size_t j = 0; j < c->known->n; j++) {
			const struct tl_video_look *k = &c->known->look[j];
			uint64_t b[4];
			memcpy(b, k->hash.b, sizeof b);
			int d = __builtin_popcountll(a[0] ^ b[0]) +
				__builtin_popcountll(a[1] ^ b[1]);
			if (d > c->wide)
				continue;
			d += __builtin_popcountll(a[2] ^ b[2]) +
			     __builtin_popcountll(a[3] ^ b[3]);
			if (d > c->wide)
				continue;
			pair_add(&c->pairs, q->ms, k->ms);
			c->nearest = c->nearest < 0 || d < c->nearest ? d : c->nearest;
			if (d > c->distance)
				continue;
			c->look_hit[i] = true;
			c->query_hit[q->frame] = true;
			c->known_hit[k->frame] = true;
		}
	}
}

static void
scan_any(struct compare *c)
{
	scan(c);
}

#if defined(__x86_64__)
__attribute__((target("popcnt"))) static void
scan_popcnt(struct compare *c)
{
	scan(c);
}
#endif

static void
scan_best(struct compare *c)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("popcnt")) {
		scan_popcnt(c);
		return;
	}
#endif
	scan_any(c);
}

static int64_t
offset_of(const struct pair *p, int speed)
{
	return (int64_t)p->known_ms - (int64_t)p->query_ms * speed / 100;
}

/* One speed's vote: the best two neighbouring bins. */
struct line {
	int speed;
	int64_t from; /* offsets from here on, two bins wide */
	uint32_t votes;
};

static struct line
vote(const struct pairs *s, int speed, int64_t low, uint32_t *bin, size_t bins)
{
	size_t best = 0;
	memset(bin, 0, bins * sizeof *bin);
	for (size_t i = 0; i < s->n; i++)
		bin[(offset_of(&s->p[i], speed) - low) / BIN_MS]++;
	for (size_t i = 0; i + 1 < bins; i++)
		if (bin[i] + bin[i + 1] > bin[best] + bin[best + 1])
			best = i;
	return (struct line){speed, low + (int64_t)best * BIN_MS, bin[best] + bin[best + 1]};
}

/* The straight line through the pairs that a vote rests on (least squares), when it is about as steep. */
static void
fit(const struct pairs *s, const struct line *l, struct tl_video_match *ret)
{
	struct line_sums sums = {0};
	for (size_t i = 0; i < s->n; i++) {
		int64_t at = offset_of(&s->p[i], l->speed) - l->from;
		if (at < 0 || at >= (int64_t)2 * BIN_MS)
			continue;
		line_add(&sums, s->p[i].query_ms, s->p[i].known_ms);
	}
	double speed = line_slope(&sums, 1);
	if (speed < 1 - SPEED_STEPS / 100.0 || speed > 1 + SPEED_STEPS / 100.0)
		speed = l->speed / 100.0;
	ret->speed = speed;
	ret->offset_ms = (int64_t)line_at_zero(&sums, speed);
}

static void
align(const struct pairs *s, struct tl_video_match *ret)
{
	int64_t low = 0, high = 0;
	for (size_t i = 0; i < s->n; i++) {
		int64_t least = offset_of(&s->p[i], 100 + SPEED_STEPS);
		int64_t most = offset_of(&s->p[i], 100 - SPEED_STEPS);
		low = least < low ? least : low;
		high = most > high ? most : high;
	}
	size_t bins = (size_t)((high - low) / BIN_MS) + 2;
	uint32_t *bin = calloc(bins, sizeof *bin);
	struct line best = {.speed = 100};
	if (!bin)
		abort();
	/* From the usual speed outwards: another one must explain more. */
	for (int i = 0; i <= 2 * SPEED_STEPS; i++) {
		int speed = 100 + (i % 2 ? (i + 1) / 2 : -(i / 2));
		struct line l = vote(s, speed, low, bin, bins);
		best = l.votes > best.votes ? l : best;
	}
	free(bin);
	fit(s, &best, ret);
}

static size_t
count(const bool *hit, size_t n)
{
	size_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += hit[i];
	return sum;
}

static bool
reaches(size_t hit, size_t of, int percent)
{
	return hit > 0 && hit * 100 >= of * (size_t)percent;
}

/* The first look of the known video at or after a time. */
static size_t
look_at(const struct tl_video_looks *l, int64_t ms)
{
	size_t lo = 0, hi = l->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (l->look[mid].ms < ms)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Marks what fits when the query is laid over the known video by offset and speed. */
static void
step(struct compare *c, const struct tl_video_match *m)
{
	memset(c->query_hit, 0, c->query->frames);
	memset(c->known_hit, 0, c->known->frames);
	memset(c->look_hit, 0, c->query->n);
	for (size_t i = 0; i < c->query->n; i++) {
		const struct tl_video_look *q = &c->query->look[i];
		int64_t at = (int64_t)(q->ms * m->speed) + m->offset_ms;
		for (size_t j = look_at(c->known, at - STEP_MS);
		     j < c->known->n && c->known->look[j].ms <= at + STEP_MS; j++) {
			const struct tl_video_look *k = &c->known->look[j];
			if (tl_pdq_distance(&q->hash, &k->hash) > c->wide)
				continue;
			c->look_hit[i] = true;
			c->query_hit[q->frame] = true;
			c->known_hit[k->frame] = true;
		}
	}
}

/* Where the query's looks fit, until the next look at something else. */
static void
tell_stretches(const struct compare *c, struct tl_stretches *ret)
{
	const struct tl_video_looks *q = c->query;
	for (size_t i = 0, next = 0; i < q->n; i++) {
		if (!c->look_hit[i])
			continue;
		for (next = next > i ? next : i;
		     next < q->n && q->look[next].ms == q->look[i].ms;)
			next++;
		uint32_t to = q->look[i].to_ms;
		if (next < q->n && q->look[next].ms < to)
			to = q->look[next].ms;
		tl_stretch_add(ret, q->look[i].ms, to, GAP_MS);
	}
}

/* Counts what is marked; true when the thresholds are reached by at least `least` frames. */
static bool
judge(const struct compare *c, const struct tl_video_rule *rule, size_t least,
    struct tl_video_match *m)
{
	size_t query = c->query->frames, known = c->known->frames;
	m->query = count(c->query_hit, query);
	m->known = count(c->known_hit, known);
	m->share_query = query ? (double)m->query / (double)query : 0;
	m->share_known = known ? (double)m->known / (double)known : 0;
	least = least < query ? least : query;
	least = least < known ? least : known;
	return m->query >= least && m->known >= least &&
	       reaches(m->query, query, rule->share_query) &&
	       reaches(m->known, known, rule->share_known);
}

static void
compare(struct compare *c, const struct tl_video_rule *rule, struct tl_video_match *m)
{
	scan_best(c);
	m->distance = c->nearest;
	bool frames = judge(c, rule, 1, m);
	if (c->pairs.n == 0)
		return;
	struct tl_video_match in_step = *m;
	align(&c->pairs, &in_step);
	if (frames) {
		m->how = TL_VIDEO_FRAMES;
		m->offset_ms = in_step.offset_ms;
		m->speed = in_step.speed;
		tell_stretches(c, &m->shown);
		return;
	}
	step(c, &in_step);
	if (!judge(c, rule, TL_VIDEO_STEP_MIN, &in_step))
		return;
	*m = in_step;
	m->how = TL_VIDEO_STEP;
	tell_stretches(c, &m->shown);
}

void
tl_video_compare(const struct tl_video_looks *query, const struct tl_video_looks *known,
    const struct tl_video_rule *rule, struct tl_video_match *ret)
{
	struct compare c = {.query = query,
	    .known = known,
	    .distance = rule->distance,
	    .wide = 2 * rule->distance,
	    .query_hit = calloc(query->frames + 1, 1),
	    .known_hit = calloc(known->frames + 1, 1),
	    .look_hit = calloc(query->n + 1, 1),
	    .pairs = {.p = malloc(PAIRS_MAX * sizeof *c.pairs.p), .stride = 1},
	    .nearest = -1};
	struct tl_video_match m = {.how = TL_VIDEO_APART, .speed = 1};
	if (!c.query_hit || !c.known_hit || !c.look_hit || !c.pairs.p)
		abort();
	compare(&c, rule, &m);
	free(c.query_hit);
	free(c.known_hit);
	free(c.look_hit);
	free(c.pairs.p);
	*ret = m;
}
