/*
 * The sound detector: the fingerprint of each sound, or of a video's sound, against all known sounds.
 *
 * The index of known sounds is built with each change of the banks and held in memory, some 15 bytes a word with its entry (a song of
 * three minutes has 1450). Promises: at most as many signals of one bank and file as seek.h says, the longest first. Score: 1 for the
 * same bits, 0 for half of them. Failure: a failed signal for a file that was not decoded or matches too much; what does not fit into the
 * index is refused by name. Called through the registry.
 */
#include "detect/banks_int.h"
#include "detect/hash/part.h"
#include "detect/hash/seek.h"
#include "hash/sound_match.h"

#include "base/arena.h"
#include "base/cur.h"

static int
build(const struct tl_bank_table *t, void **ret)
{
	struct tl_sound_index *x = tl_sound_index_create();
	for (size_t i = 0; i < t->entry_count; i++) {
		const struct tl_bank_live *e = &t->entries[i];
		struct tl_sound s = {0};
		int rc = tl_sound_unpack(e->value, &s);
		if (rc == 0)
			rc = tl_sound_index_add(x, (uint32_t)i, &s);
		if (rc < 0 && t->refused)
			t->refused(t->ctx, e, tl_err_text());
		tl_sound_fini(&s);
	}
	tl_sound_index_build(x);
	*ret = x;
	return 0;
}

static void
destroy(void *part)
{
	tl_sound_index_destroy(part);
}

static bool
reaches(const struct tl_bank_ref *b, const struct tl_sound_hit *h)
{
	double most = b->distance < TL_SOUND_BITS_MAX ? b->distance : TL_SOUND_BITS_MAX + 1;
	return h->bits <= most && h->share_query * 100 >= b->share_query &&
	       h->share_known * 100 >= b->share_known;
}

static int
say(struct tl_detect_ctx *c, const struct tl_media *m, size_t first,
    const struct tl_bank_ref *b, const struct tl_sound_hit *h)
{
	struct tl_signal *s = NULL;
	int rc = seek_hit(c, first, b, c->table->entries[h->sound].key, &s);
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
	    .speed = h->speed};
	s->part = part_text(c->arena, &p);
	return 0;
}

static bool
read_words(struct tl_str big_endian, struct tl_sound *ret)
{
	struct tl_cur c = tl_cur(big_endian);
	size_t n = big_endian.n / 4;
	uint32_t *w = calloc(n + 1, sizeof *w);
	if (!w)
		abort();
	for (size_t i = 0; i < n; i++)
		w[i] = tl_cur_u32(&c);
	bool ok = tl_cur_end(&c) == 0 && tl_sound_set(ret, w, n) == 0;
	free(w);
	return ok;
}

static void
run_media(struct tl_detect_ctx *c, const struct tl_media *m)
{
	struct tl_sound_hit hit[TL_SOUND_HITS_MAX];
	struct tl_sound s = {0};
	if (!m->has_pdq && !m->film.n) {
		seek_failed(c, m, part_undecoded(c->arena, m));
		return;
	}
	seek_partly(c, m);
	if (m->words.n == 0)
		return; /* nothing to hear */
	if (!read_words(m->words, &s)) {
		seek_failed(c, m, "its fingerprint cannot be read");
		return;
	}
	size_t n = tl_sound_find(c->part, &s, hit, TL_COUNT(hit));
	size_t first = c->out->n;
	tl_sound_fini(&s);
	for (size_t i = 0; i < n; i++) {
		const struct tl_bank_ref *b =
		    &c->table->banks[c->table->entries[hit[i].sound].bank];
		if (!tl_detect_wants(c, b) || !reaches(b, &hit[i]) || seek_full(c, first, b))
			continue;
		int rc = say(c, m, first, b, &hit[i]);
		if (rc < 0 && rc != TL_ETOOBIG)
			seek_failed(c, m, "the store did not answer");
		if (rc < 0)
			return;
	}
	if (n == TL_COUNT(hit))
		seek_failed(c, m, "it matches too much");
}

static void
run(struct tl_detect_ctx *c)
{
	for (size_t i = 0; i < c->in->media_count; i++)
		run_media(c, &c->in->media[i]);
}

const struct tl_detector tl_detector_sound = {
    .name = "sound",
    .version = "1",
    .kind = TL_BANK_SOUND,
    .build = build,
    .destroy = destroy,
    .run = run,
};
