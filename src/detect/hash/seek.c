/*
 * Hits of an index as signals.
 *
 * Promises: at most PER_BANK signals of one bank and file, the nearest, and as many review-only ones beside; a bank with very many entries near a file hides no
 * other bank; an entry that is disabled, expired or gone by now is none. Score: 1 for the same hash, falling by 1/64 a bit.
 * Failure: a failed signal, so that rules that need the answer end unknown. Called by the detectors of known files.
 */
#include "detect/hash/seek.h"

#include "detect/known.h"
#include "store/banks.h"

#include "base/arena.h"
#include "sys/clock.h"

#define FIRST 256  /* hits that one question of all banks brings */
#define AGAIN 64   /* of one bank, when there were more */
#define PER_BANK 8 /* the nearest; more of one bank say nothing more */

void
seek_failed(struct tl_detect_ctx *c, const struct tl_media *m, const char *why)
{
	struct tl_signal *s = tl_detect_failed(c, why);
	if (!s)
		return;
	s->has_media = true;
	s->media = m->id;
}

void
seek_partly(struct tl_detect_ctx *c, const struct tl_media *m)
{
	if (m->state == TL_MEDIA_UNSCANNABLE && (m->film.n || m->has_pdq))
		seek_failed(c, m, (const char *)tl_arena_dup(c->arena, m->reason).p);
}

static size_t
said_of_bank(
    const struct tl_detect_ctx *c, size_t first, const struct tl_bank_ref *b, bool review)
{
	size_t n = 0;
	for (size_t i = first; i < c->out->n; i++) {
		const struct tl_signal *s = &c->out->s[i];
		n += tl_id_eq(s->bank, b->id) && (s->effect == TL_EFFECT_REVIEW) == review;
	}
	return n;
}

static size_t
per_bank(const struct tl_detect_ctx *c)
{
	return c->in->most ? c->in->most : PER_BANK;
}

bool
seek_full(const struct tl_detect_ctx *c, size_t first, const struct tl_bank_ref *b)
{
	return said_of_bank(c, first, b, false) >= per_bank(c);
}

int
seek_hit(struct tl_detect_ctx *c, size_t first, const struct tl_bank_ref *b, int64_t key,
    struct tl_signal **ret)
{
	int rc = tl_detect_hit(c, b, key, ret);
	if (rc <= 0 || said_of_bank(c, first, b, true) <= per_bank(c) ||
	    (*ret)->effect != TL_EFFECT_REVIEW)
		return rc;
	c->out->n--; /* it was the last */
	return 0;
}

/* One file under way: which signals are its own, and which banks are asked. */
struct seeking {
	struct tl_detect_ctx *c;
	const struct seek *what;
	struct tl_index_bank *bank;
	size_t banks;
	size_t first; /* of its signals */
};

static bool
said_already(const struct seeking *k, int64_t key)
{
	for (size_t i = k->first; i < k->c->out->n; i++) {
		if (k->c->out->s[i].key == key)
			return true;
	}
	return false;
}

/* 0 also when it is no hit; < 0: a failed signal was left, or there is no room. */
static int
say(struct seeking *k, size_t needle, const struct tl_index_hit *h)
{
	struct tl_detect_ctx *c = k->c;
	const struct tl_bank_ref *b = tl_detect_bank(c, h->bank);
	struct tl_signal *s = NULL;
	if (!b || seek_full(c, k->first, b) || said_already(k, (int64_t)h->key))
		return 0;
	int rc = seek_hit(c, k->first, b, (int64_t)h->key, &s);
	if (rc < 0 && rc != TL_ETOOBIG)
		seek_failed(c, k->what->media, "the store did not answer");
	if (rc <= 0)
		return rc;
	s->distance = h->distance;
	s->score = 1.0 - h->distance / 64.0;
	s->has_media = true;
	s->media = k->what->media->id;
	if (k->what->turned)
		s->turned = tl_str(k->what->turned[needle]);
	return 0;
}

/* Each bank for itself, after a question of all brought more than there was room for. */
static int
ask_each(struct seeking *k, const struct tl_index_ask *all)
{
	struct tl_index_hit hit[AGAIN];
	for (size_t n = 0; n < all->needles; n++) {
		for (size_t i = 0; i < k->banks; i++) {
			const struct tl_bank_ref *b = tl_detect_bank(k->c, k->bank[i].bank);
			if (!b || seek_full(k->c, k->first, b))
				continue;
			struct tl_index_ask ask = *all;
			struct tl_index_found f = {.hit = hit, .cap = AGAIN};
			ask.needle = &all->needle[n];
			ask.needles = 1;
			ask.bank = &k->bank[i];
			ask.banks = 1;
			int rc = tl_known_find(k->c->known[k->what->form], &ask, &f);
			for (size_t h = 0; h < f.n && rc == 0; h++)
				rc = say(k, n, &hit[h]);
			if (rc < 0)
				return rc;
			if (f.all > f.n && !seek_full(k->c, k->first, b))
				seek_failed(k->c, k->what->media, "it matches too much");
		}
	}
	return 0;
}

static void
choose_banks(struct seeking *k)
{
	const struct tl_detect_ctx *c = k->c;
	k->bank = TL_NEWS(c->arena, struct tl_index_bank, c->table->bank_count);
	for (size_t i = 0; k->bank && i < c->table->bank_count; i++) {
		const struct tl_bank_ref *b = &c->table->banks[i];
		bool turns = !k->what->turned_only || b->turned || c->in->turned;
		int distance = c->in->distance ? *c->in->distance : b->distance;
		if (turns && tl_detect_wants(c, b))
			k->bank[k->banks++] =
			    (struct tl_index_bank){b->number, k->what->exact ? 0 : distance};
	}
}

void
seek_hits(struct tl_detect_ctx *c, const struct seek *s)
{
	struct seeking k = {.c = c, .what = s, .first = c->out->n};
	while (
	    k.first && c->out->s[k.first - 1].has_media &&
	    memcmp(c->out->s[k.first - 1].media.b, s->media->id.b, sizeof s->media->id.b) == 0)
		k.first--; /* what was said of this file before */
	choose_banks(&k);
	if (!k.banks)
		return;
	struct tl_index_found *f = TL_NEWS(c->arena, struct tl_index_found, s->needles);
	struct tl_index_hit *room = TL_NEWS(c->arena, struct tl_index_hit, s->needles * FIRST);
	if (!f || !room)
		return; /* the arena is full: whoever asked hears of it */
	for (size_t i = 0; i < s->needles; i++)
		f[i] = (struct tl_index_found){.hit = room + i * FIRST, .cap = FIRST};
	struct tl_index_ask ask = {.needle = s->needle,
	    .needles = s->needles,
	    .distance = -1,
	    .bank = k.bank,
	    .banks = k.banks,
	    .now_us = tl_now_us()};
	if (tl_known_find(c->known[s->form], &ask, f) < 0) {
		seek_failed(c, s->media, "the index of known hashes is not whole");
		return;
	}
	bool more = false;
	for (size_t i = 0; i < s->needles; i++) {
		more = more || f[i].all > f[i].n;
		for (size_t h = 0; h < f[i].n; h++) {
			if (say(&k, i, &f[i].hit[h]) < 0)
				return;
		}
	}
	if (more && ask_each(&k, &ask) < 0 && !c->out->cut)
		seek_failed(c, s->media, "the index of known hashes is not whole");
}
