/*
 * Known pictures that a video shows: its seconds against all PDQ banks, each within its own distance.
 *
 * Promises: a picture is a match when it is near to at least SECONDS of the video's seconds (one, when it has no more), or to any of an animation's pictures but the
 * first, which is the picture's own hash; at
 * most as many signals of one bank and file as seek.h says, the nearest first. Failure: a failed signal, also when more
 * matches than can be looked at. Called by the PDQ detector.
 */
#include "detect/hash/shown.h"

#include "detect/banks_int.h"
#include "detect/hash/part.h"
#include "detect/hash/seek.h"
#include "detect/known.h"
#include "hash/video.h"

#include "base/arena.h"
#include "sys/clock.h"

#define SECONDS 2
#define AT_ONCE 64
#define HITS 64      /* of one second */
#define PICTURES 512 /* different ones, the first that appear */
#define SECOND_MS 1000
#define GAP_MS 500 /* between two looks that are one showing: the grid is not exact */

struct picture {
	uint64_t key;
	uint32_t bank, seconds, last;
	int distance;
	struct tl_stretches shown;
};

struct showing {
	struct tl_detect_ctx *c;
	const struct tl_media *m;
	struct tl_index_bank *bank;
	size_t banks;
	struct picture *picture;
	size_t pictures;
	uint32_t seconds;
	size_t first; /* of its signals */
	bool cut;     /* there was more than room for */
};

static void
count(struct showing *s, const struct tl_index_hit *h, uint32_t second, uint32_t ms)
{
	size_t i = 0;
	while (i < s->pictures && s->picture[i].key != h->key)
		i++;
	if (i == PICTURES) {
		s->cut = true;
		return;
	}
	struct picture *p = &s->picture[i];
	if (i == s->pictures) {
		s->pictures++;
		*p = (struct picture){.key = h->key,
		    .bank = h->bank,
		    .last = UINT32_MAX,
		    .distance = h->distance};
	}
	p->seconds += p->last != second;
	p->last = second;
	tl_stretch_add(&p->shown, ms, ms + SECOND_MS, GAP_MS);
	p->distance = h->distance < p->distance ? h->distance : p->distance;
}

static int
ask(struct showing *s, const struct tl_pdq *needle, const uint32_t *ms, size_t n)
{
	struct tl_index_found found[AT_ONCE];
	struct tl_index_hit *hit = malloc(AT_ONCE * HITS * sizeof *hit);
	struct tl_index_ask a = {.needle = needle,
	    .needles = n,
	    .distance = -1,
	    .bank = s->bank,
	    .banks = s->banks,
	    .now_us = tl_now_us()};
	if (!hit)
		abort();
	for (size_t i = 0; i < n; i++)
		found[i] = (struct tl_index_found){.hit = hit + i * HITS, .cap = HITS};
	int rc = n ? tl_known_find(s->c->known[TL_FORM_PDQ], &a, found) : 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		s->cut = s->cut || found[i].all > found[i].n;
		for (size_t k = 0; k < found[i].n; k++)
			count(s, &found[i].hit[k], s->seconds + (uint32_t)i, ms[i]);
	}
	s->seconds += (uint32_t)n;
	free(hit);
	return rc;
}

static int
ask_all(struct showing *s, const struct tl_video *v)
{
	struct tl_pdq needle[AT_ONCE];
	uint32_t ms[AT_ONCE];
	size_t n = 0;
	int rc = 0;
	for (size_t i = 0; i < v->n && rc == 0; i++) {
		bool other = s->m->has_pdq ? v->f[i].number == 0 : v->f[i].flags != 0;
		if (other || v->f[i].quality < TL_PDQ_QUALITY_MIN)
			continue;
		needle[n] = v->f[i].hash;
		ms[n++] = v->f[i].ms;
		if (n == AT_ONCE) {
			rc = ask(s, needle, ms, n);
			n = 0;
		}
	}
	return rc < 0 ? rc : ask(s, needle, ms, n);
}

static int
say(struct showing *s, const struct picture *p)
{
	const struct tl_bank_ref *b = tl_detect_bank(s->c, p->bank);
	struct tl_signal *x = NULL;
	if (!b || seek_full(s->c, s->first, b))
		return 0;
	int rc = seek_hit(s->c, s->first, b, (int64_t)p->key, &x);
	if (rc <= 0)
		return rc;
	struct part part = {.share_item = (double)p->seconds / s->seconds,
	    .share_entry = 1,
	    .offset_ms = -(int64_t)p->shown.s[0].from_ms,
	    .speed = 1,
	    .shown = p->shown};
	x->distance = p->distance;
	x->score = 1.0 - p->distance / 64.0;
	x->has_media = true;
	x->media = s->m->id;
	x->part = part_text(s->c->arena, &part);
	return 0;
}

static int
by_distance(const void *a, const void *b)
{
	const struct picture *x = a, *y = b;
	if (x->distance != y->distance)
		return x->distance < y->distance ? -1 : 1;
	return (x->key > y->key) - (x->key < y->key);
}

static void
say_all(struct showing *s)
{
	uint32_t least = s->seconds < SECONDS || s->m->has_pdq ? 1 : SECONDS;
	qsort(s->picture, s->pictures, sizeof *s->picture, by_distance);
	for (size_t i = 0; i < s->pictures; i++) {
		int rc = s->picture[i].seconds < least ? 0 : say(s, &s->picture[i]);
		if (rc < 0 && rc != TL_ETOOBIG)
			seek_failed(s->c, s->m, "the store did not answer");
		if (rc < 0)
			return;
	}
	if (s->cut)
		seek_failed(s->c, s->m, "it matches too much");
}

static void
choose_banks(struct showing *s)
{
	const struct tl_detect_ctx *c = s->c;
	s->bank = TL_NEWS(c->arena, struct tl_index_bank, c->table->bank_count);
	for (size_t i = 0; s->bank && i < c->table->bank_count; i++) {
		const struct tl_bank_ref *b = &c->table->banks[i];
		if (tl_detect_wants(c, b))
			s->bank[s->banks++] = (struct tl_index_bank){
			    b->number, c->in->distance ? *c->in->distance : b->distance};
	}
}

void
shown_hits(struct tl_detect_ctx *c, const struct tl_media *m)
{
	struct showing s = {.c = c, .m = m, .first = c->out->n};
	struct tl_video v = {0};
	choose_banks(&s);
	s.picture = TL_NEWS(c->arena, struct picture, PICTURES);
	if (!s.banks || !s.picture)
		return;
	if (tl_video_unpack(m->frames, &v) < 0)
		seek_failed(c, m, "its frames cannot be read");
	else if (ask_all(&s, &v) < 0)
		seek_failed(c, m, "the index of known hashes is not whole");
	else
		say_all(&s);
	tl_video_fini(&v);
}
