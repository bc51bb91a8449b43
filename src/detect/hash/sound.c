/*
 * The sound detector: the fingerprint of each sound, or of a video's sound, against all known sounds.
 *
 * The index of their seconds names a few places of a few; those are read from the store and compared word by word. Promises: at
 * most as many signals of one bank and file as seek.h says, the longest first; no bank hides another. Score: 1 for the
 * same bits, 0 for half of them. Failure: a failed signal, so that rules that need the answer end unknown; also for a file
 * that was not decoded or matches too much. Called through the registry.
 */
#include "detect/banks_int.h"
#include "detect/hash/part.h"
#include "detect/hash/seek.h"
#include "detect/known.h"
#include "hash/sound_find.h"
#include "store/banks.h"

#include "base/arena.h"
#include "sys/clock.h"

static int
find(void *ctx, const struct tl_index_ask *ask, struct tl_index_found *found)
{
	const struct tl_detect_ctx *c = ctx;
	return tl_known_find(c->known[TL_FORM_CHROMAPRINT], ask, found);
}

static int
read_known(void *ctx, uint64_t entry, struct tl_sound *ret)
{
	const struct tl_detect_ctx *c = ctx;
	TL_CLEANUP(tl_arena_destroyp)
	struct tl_arena *a = tl_arena_create(4 * tl_bank_value_most(TL_FORM_CHROMAPRINT));
	struct tl_bank_entry e;
	int rc = tl_bank_entry_by_key(c->in->db, (int64_t)entry, a, &e);
	if (rc == 0 && tl_sound_unpack(e.value, ret) < 0)
		rc = TL_ENOTFOUND; /* checked when it was added: the store's check says so */
	return rc;
}

static bool
reaches(const struct tl_bank_ref *b, const struct tl_sound_hit *h)
{
	return tl_sound_within(h, b->distance, b->share_query, b->share_known);
}

static int
say(struct tl_detect_ctx *c, const struct tl_media *m, size_t first,
    const struct tl_bank_ref *b, const struct tl_sound_hit *h)
{
	struct tl_signal *s = NULL;
	int rc = seek_hit(c, first, b, (int64_t)h->entry, &s);
	if (rc <= 0)
		return rc;
	s->score = 1 - h->bits / 16;
	s->distance = (int)(h->bits + 0.5);
	s->has_media = true;
	s->media = m->id;
	struct part p = {.share_item = h->share_query,
	    .share_entry = h->share_known,
	    .offset_ms = h->offset_ms,
	    .matched_ms = h->ms,
	    .speed = h->speed,
	    .shown = h->shown};
	s->part = part_text(c->arena, &p);
	return 0;
}

/* The longest first, of each bank as many as it may say. */
static int
say_all(struct tl_detect_ctx *c, const struct tl_media *m, size_t first,
    const struct tl_sound_found *found)
{
	int rc = 0;
	for (size_t i = 0; i < found->n && rc >= 0; i++) {
		const struct tl_bank_ref *b = tl_detect_bank(c, found->hit[i].bank);
		if (b && reaches(b, &found->hit[i]) && !seek_full(c, first, b))
			rc = say(c, m, first, b, &found->hit[i]);
	}
	return rc;
}

static void
compare(struct tl_detect_ctx *c, const struct tl_media *m, const struct tl_sound *query,
    size_t queries)
{
	uint32_t *bank = TL_NEWS(c->arena, uint32_t, c->table->bank_count);
	struct tl_sound_ask ask = {.find = find,
	    .read = read_known,
	    .ctx = c,
	    .bank = bank,
	    .now_us = tl_now_us(),
	    .query = query,
	    .queries = queries};
	struct tl_sound_found found = {0};
	size_t first = c->out->n;
	for (size_t i = 0; bank && i < c->table->bank_count; i++)
		if (tl_detect_wants(c, &c->table->banks[i]))
			bank[ask.banks++] = c->table->banks[i].number;
	if (tl_sound_find(&ask, &found) < 0) {
		seek_failed(c, m, "the index of known sounds did not answer");
		return;
	}
	int rc = say_all(c, m, first, &found);
	if (rc < 0 && rc != TL_ETOOBIG)
		seek_failed(c, m, "the store did not answer");
	for (size_t i = 0; i < found.cuts && rc >= 0; i++) {
		const struct tl_bank_ref *b = tl_detect_bank(c, found.cut[i]);
		if (b && !seek_full(c, first, b))
			seek_failed(c, m, "it matches too much");
	}
	tl_sound_found_fini(&found);
}

static void
run_media(struct tl_detect_ctx *c, const struct tl_media *m)
{
	struct tl_sound s[1 + TL_SOUND_BENDS] = {0};
	if (!m->has_pdq && !m->film.n) {
		seek_failed(c, m, part_undecoded(c->arena, m));
		return;
	}
	seek_partly(c, m);
	if (m->words.n == 0)
		return; /* nothing to hear */
	/* What was heard before other speeds were kept has none. */
	if (tl_sound_words(m->words, &s[0]) == 0 && tl_sound_unpack_bent(m->bent, s + 1) == 0 &&
	    c->in->db)
		compare(c, m, s, TL_COUNT(s));
	else
		seek_failed(c, m, "its fingerprint cannot be read");
	for (size_t i = 0; i < TL_COUNT(s); i++)
		tl_sound_fini(&s[i]);
}

static void
run(struct tl_detect_ctx *c)
{
	for (size_t i = 0; i < c->in->media_count; i++)
		run_media(c, &c->in->media[i]);
}

const struct tl_detector tl_detector_sound = {
    .name = "sound",
    .version = "2",
    .kind = TL_BANK_SOUND,
    .run = run,
};
