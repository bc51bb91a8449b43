/*
 * From the looks of a video to the known videos that are worth comparing.
 *
 * The first look of each frame asks half as wide again as its bank's distance: copies with a logo are found by the few
 * frames in which it covers little. The others ask for the distance itself. Promises: time and memory are bounded by the
 * number of looks. Failure: the index's. Called by the video detector and by benches.
 */
#include "hash/video_find.h"

#include <stdlib.h>

#define AT_ONCE 64
#define VOTERS ((size_t)1 << 15) /* videos that can be voted for */

static int
by_hash(const void *a, const void *b, void *ctx)
{
	const struct tl_video_frame *f = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int c = memcmp(&f[x].hash, &f[y].hash, sizeof f->hash);
	return c ? c : x < y ? -1 : x > y;
}

int
tl_video_index_frames(const struct tl_video *v,
    int (*each)(void *ctx, uint32_t frame, const struct tl_pdq *hash), void *ctx)
{
	uint32_t *order = calloc(v->n + 1, sizeof *order), n = 0, frame = 0;
	int rc = 0;
	if (!order)
		abort();
	for (uint32_t i = 0; i < v->n; i++)
		if ((v->f[i].flags & ~TL_VIDEO_CROPPED) == 0 &&
		    v->f[i].quality >= TL_PDQ_QUALITY_MIN)
			order[n++] = i;
	qsort_r(order, n, sizeof *order, by_hash, v->f);
	for (uint32_t i = 0; i < n && rc == 0; i++) {
		const struct tl_pdq *h = &v->f[order[i]].hash;
		if (i == 0 || memcmp(h, &v->f[order[i - 1]].hash, sizeof *h) != 0)
			rc = each(ctx, frame++, h);
	}
	free(order);
	return rc;
}

struct voter {
	struct tl_video_candidate c;
	uint32_t last; /* the frame that voted last, +1 */
	bool there;
};

struct voting {
	const struct tl_video_ask *ask;
	struct voter *voter; /* by hash of entry and mirrored */
	size_t voters;
	bool cut;                   /* there were more than room for */
	struct tl_index_bank *wide; /* the banks with half as much distance again */
	struct tl_pdq needle[AT_ONCE];
	uint32_t frame[AT_ONCE];
	struct tl_index_hit *hit;
	size_t n;
};

static void
vote(struct voting *v, const struct tl_index_hit *hit, bool mirrored, uint32_t frame,
    float weight)
{
	uint64_t entry = hit->key >> 16, key = entry << 1 | mirrored;
	size_t at = (size_t)(key * 0x9e3779b97f4a7c15u >> 40) & (VOTERS - 1);
	while (v->voter[at].there &&
	       (v->voter[at].c.entry != entry || v->voter[at].c.mirrored != mirrored))
		at = (at + 1) & (VOTERS - 1);
	struct voter *x = &v->voter[at];
	if (!x->there) {
		if (v->voters >= VOTERS / 2) {
			v->cut = true;
			return;
		}
		v->voters++;
		*x = (struct voter){
		    .c = {.entry = entry, .bank = hit->bank, .mirrored = mirrored},
		    .there = true};
	}
	if (x->last == frame + 1)
		return;
	x->last = frame + 1;
	x->c.weight += weight;
}

static float
weight_of(uint64_t all)
{
	return all ? 1.0f / (float)(64 - __builtin_clzll(all)) : 0;
}

static void
vote_all(struct voting *v, const struct tl_index_found *f, bool mirrored, uint32_t frame)
{
	for (size_t k = 0; k < f->n; k++)
		vote(v, &f->hit[k], mirrored, frame, weight_of(f->all));
}

/* A look that more entries are near than have room: among several banks one may hide another; a bank alone is asked again. */
static int
crowded(
    struct voting *v, const struct tl_index_bank *bank, size_t i, bool mirrored, bool *ret_told)
{
	*ret_told = false;
	if (v->ask->banks > 1) {
		v->cut = true;
		return 0;
	}
	struct tl_index_found found = {
	    .hit = calloc(TL_VIDEO_HITS_MAX, sizeof *found.hit), .cap = TL_VIDEO_HITS_MAX};
	struct tl_index_ask ask = {.needle = &v->needle[i],
	    .needles = 1,
	    .distance = -1,
	    .bank = bank,
	    .banks = 1,
	    .now_us = v->ask->now_us};
	if (!found.hit)
		abort();
	int rc = v->ask->find(v->ask->ctx, &ask, &found);
	if (rc == 0)
		vote_all(v, &found, mirrored, v->frame[i]);
	v->cut = v->cut || (rc == 0 && found.all > found.n);
	free(found.hit);
	*ret_told = true;
	return rc;
}

static int
flush(struct voting *v, const struct tl_index_bank *bank, bool mirrored)
{
	struct tl_index_found found[AT_ONCE];
	struct tl_index_ask ask = {.needle = v->needle,
	    .needles = v->n,
	    .distance = -1,
	    .bank = bank,
	    .banks = v->ask->banks,
	    .now_us = v->ask->now_us};
	if (v->n == 0)
		return 0;
	for (size_t i = 0; i < v->n; i++)
		found[i] = (struct tl_index_found){
		    .hit = v->hit + i * TL_VIDEO_HITS, .cap = TL_VIDEO_HITS};
	int rc = v->ask->find(v->ask->ctx, &ask, found);
	for (size_t i = 0; rc == 0 && i < v->n; i++) {
		bool told = false;
		if (found[i].all > found[i].n)
			rc = crowded(v, bank, i, mirrored, &told);
		if (rc == 0 && !told)
			vote_all(v, &found[i], mirrored, v->frame[i]);
	}
	v->n = 0;
	return rc;
}

/* `firsts`: the first look of each frame, asked wider; else all the others. */
static int
ask_all(struct voting *v, const struct tl_video_looks *l, bool mirrored, bool firsts)
{
	const struct tl_index_bank *bank = firsts ? v->wide : v->ask->bank;
	int rc = 0;
	for (size_t i = 0; i < l->n && rc == 0; i++) {
		bool first = !mirrored && (i == 0 || l->look[i].frame != l->look[i - 1].frame);
		if (first != firsts)
			continue;
		v->needle[v->n] = l->look[i].hash;
		v->frame[v->n++] = l->look[i].frame;
		if (v->n == AT_ONCE)
			rc = flush(v, bank, mirrored);
	}
	return rc < 0 ? rc : flush(v, bank, mirrored);
}

static int
by_weight(const void *a, const void *b)
{
	const struct voter *x = a, *y = b;
	if (x->there != y->there)
		return x->there ? -1 : 1;
	if (x->c.weight > y->c.weight || x->c.weight < y->c.weight)
		return x->c.weight > y->c.weight ? -1 : 1;
	return x->c.entry < y->c.entry ? -1 : x->c.entry > y->c.entry;
}

static size_t
best(struct voting *v, struct tl_video_candidate *ret)
{
	size_t n = 0, kept = 0;
	for (size_t i = 0; i < VOTERS; i++)
		if (v->voter[i].there)
			v->voter[n++] = v->voter[i];
	qsort(v->voter, n, sizeof *v->voter, by_weight);
	for (; kept < n && kept < TL_VIDEO_CANDIDATES; kept++)
		ret[kept] = v->voter[kept].c;
	v->cut = v->cut || n > kept;
	return kept;
}

int
tl_video_candidates(const struct tl_video_ask *ask, const struct tl_video_looks *query,
    const struct tl_video_looks *mirrored, struct tl_video_candidate *ret, size_t *ret_n)
{
	struct voting v = {.ask = ask,
	    .voter = calloc(VOTERS, sizeof *v.voter),
	    .wide = calloc(ask->banks + 1, sizeof *v.wide),
	    .hit = malloc(AT_ONCE * TL_VIDEO_HITS * sizeof *v.hit)};
	if (!v.voter || !v.wide || !v.hit)
		abort();
	for (size_t i = 0; i < ask->banks; i++) {
		int d = ask->bank[i].distance * 3 / 2;
		v.wide[i] = (struct tl_index_bank){
		    ask->bank[i].bank, d > TL_INDEX_DISTANCE_MAX ? TL_INDEX_DISTANCE_MAX : d};
	}
	int rc = ask_all(&v, query, false, true);
	if (rc == 0)
		rc = ask_all(&v, query, false, false);
	if (rc == 0)
		rc = ask_all(&v, mirrored, true, false);
	if (rc == 0)
		*ret_n = best(&v, ret);
	if (ask->cut)
		*ask->cut = v.cut;
	free(v.voter);
	free(v.wide);
	free(v.hit);
	return rc;
}
