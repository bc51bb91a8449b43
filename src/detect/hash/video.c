/*
 * The video detector: the frames of each video against all known videos (vPDQ), straight and mirrored.
 *
 * The index of frames names a few candidates; each is read from the store and compared exactly. Promises: at most
 * as many signals of one bank and file as seek.h says, the best first; work is bounded for any video and any bank. Score: the greater of
 * both shares, a tenth less for a copy that matches only in step. Failure: a failed signal, so that rules that need the
 * answer end unknown; also for a file that was not decoded or matches too much. Called through the registry.
 */
#include "detect/banks_int.h"
#include "detect/hash/part.h"
#include "detect/hash/seek.h"
#include "detect/known.h"
#include "hash/video_find.h"
#include "store/banks.h"

#include "base/arena.h"
#include "sys/clock.h"

#define PAIRS_MAX ((uint64_t)1 << 31) /* looks held against each other, for one file */

struct watching {
	struct tl_detect_ctx *c;
	const struct tl_media *media;
	struct tl_video_looks straight, mirrored;
	struct tl_index_bank *bank;
	size_t banks;
	uint64_t pairs, pairs_max;
	size_t first; /* of its signals */
};

static int
find(void *ctx, const struct tl_index_ask *ask, struct tl_index_found *found)
{
	struct tl_detect_ctx *c = ctx;
	return tl_known_find(c->known[TL_FORM_VPDQ], ask, found);
}

static void
choose_banks(struct watching *w)
{
	const struct tl_detect_ctx *c = w->c;
	w->bank = TL_NEWS(c->arena, struct tl_index_bank, c->table->bank_count);
	for (size_t i = 0; w->bank && i < c->table->bank_count; i++) {
		const struct tl_bank_ref *b = &c->table->banks[i];
		if (tl_detect_wants(c, b))
			w->bank[w->banks++] = (struct tl_index_bank){
			    b->number, c->in->distance ? *c->in->distance : b->distance};
	}
}

static bool
said(const struct watching *w, const struct tl_bank_ref *b, int64_t key)
{
	for (size_t i = w->first; i < w->c->out->n; i++) {
		if (w->c->out->s[i].key == key)
			return true;
	}
	return seek_full(w->c, w->first, b);
}

static int
say(struct watching *w, const struct tl_bank_ref *b, const struct tl_video_candidate *x,
    const struct tl_video_match *m)
{
	struct tl_signal *s = NULL;
	int rc = seek_hit(w->c, w->first, b, (int64_t)x->entry, &s);
	if (rc <= 0)
		return rc;
	double share = m->share_query > m->share_known ? m->share_query : m->share_known;
	s->score = m->how == TL_VIDEO_STEP ? share * 0.9 : share;
	s->distance = m->distance;
	s->has_media = true;
	s->media = w->media->id;
	s->turned = x->mirrored ? TL_S("flip_y") : TL_S("");
	struct part p = {.share_item = m->share_query,
	    .share_entry = m->share_known,
	    .offset_ms = m->offset_ms,
	    .speed = m->speed,
	    .in_step = m->how == TL_VIDEO_STEP,
	    .shown = m->shown};
	s->part = part_text(w->c->arena, &p);
	return 0;
}

/* Reads the known video and compares; 0 also when it is no match or is gone. */
static int
compare(struct watching *w, const struct tl_bank_ref *b, const struct tl_video_candidate *x)
{
	TL_CLEANUP(tl_arena_destroyp)
	struct tl_arena *a = tl_arena_create(4 * tl_bank_value_most(TL_FORM_VPDQ));
	struct tl_bank_entry e;
	struct tl_video v = {0};
	struct tl_video_looks known;
	struct tl_video_match m;
	int rc = tl_bank_entry_by_key(w->c->in->db, (int64_t)x->entry, a, &e);
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	if (tl_video_unpack(e.value, &v) < 0)
		return 0; /* checked when it was added: it is damaged, and the store's check says so */
	tl_video_looks_of(&v, false, &known);
	tl_video_fini(&v);
	const struct tl_video_looks *query = x->mirrored ? &w->mirrored : &w->straight;
	struct tl_video_rule rule = {
	    .distance = w->c->in->distance ? *w->c->in->distance : b->distance,
	    .share_query = b->share_query ? b->share_query : TL_VIDEO_SHARE_QUERY,
	    .share_known = b->share_known ? b->share_known : TL_VIDEO_SHARE_KNOWN};
	w->pairs += (uint64_t)query->n * known.n;
	if (w->pairs > w->pairs_max)
		rc = tl_fail(TL_ETIME, "it resembles too much to be compared with all of it");
	else
		tl_video_compare(query, &known, &rule, &m);
	tl_video_looks_fini(&known);
	if (rc < 0)
		return rc;
	return m.how == TL_VIDEO_APART ? 0 : say(w, b, x, &m);
}

/* Compares with the candidates of these banks; *ret_cut: there were more than come out. False: it said why not. */
static bool
compare_with(struct watching *w, const struct tl_index_bank *bank, size_t banks, bool *ret_cut)
{
	struct tl_video_candidate x[TL_VIDEO_CANDIDATES];
	size_t n = 0;
	struct tl_video_ask ask = {.find = find,
	    .ctx = w->c,
	    .bank = bank,
	    .banks = banks,
	    .now_us = tl_now_us(),
	    .cut = ret_cut};
	if (tl_video_candidates(&ask, &w->straight, &w->mirrored, x, &n) < 0) {
		seek_failed(w->c, w->media, "the index of known videos is not whole");
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		const struct tl_bank_ref *b = tl_detect_bank(w->c, x[i].bank);
		if (!b || said(w, b, (int64_t)x[i].entry))
			continue;
		int rc = compare(w, b, &x[i]);
		if (rc == TL_ETIME) {
			*ret_cut = true;
			return true;
		}
		if (rc < 0 && rc != TL_ETOOBIG)
			seek_failed(w->c, w->media, "the store did not answer");
		if (rc < 0)
			return false;
	}
	return true;
}

/*
 * All banks at once; when there is more than comes out, each alone, so that no bank hides what another one knows. What is cut
 * even so is a failure beside what was found.
 */
static void
compare_all(struct watching *w)
{
	bool cut = false, over = false;
	w->pairs_max = PAIRS_MAX;
	bool done = compare_with(w, w->bank, w->banks, &cut);
	if (cut && w->banks > 1) {
		cut = false;
		w->pairs_max = PAIRS_MAX / w->banks;
		for (size_t i = 0; i < w->banks && done; i++) {
			w->pairs = 0;
			done = compare_with(w, &w->bank[i], 1, &over);
			cut = cut || over;
		}
	}
	if (done && cut)
		seek_failed(w->c, w->media, "it matches too much");
}

static void
run_media(struct tl_detect_ctx *c, const struct tl_media *m)
{
	struct watching w = {.c = c, .media = m, .first = c->out->n};
	struct tl_video v = {0};
	if (!m->has_pdq && !m->film.n) {
		seek_failed(c, m, part_undecoded(c->arena, m));
		return;
	}
	seek_partly(c, m);
	w.first = c->out->n;
	if (m->frames.n == 0)
		return; /* a picture or a sound */
	if (tl_video_unpack(m->frames, &v) < 0 || !c->in->db) {
		tl_video_fini(&v);
		seek_failed(c, m, "its frames cannot be read");
		return;
	}
	tl_video_looks_of(&v, false, &w.straight);
	tl_video_looks_of(&v, true, &w.mirrored);
	choose_banks(&w);
	if (w.banks)
		compare_all(&w);
	tl_video_looks_fini(&w.straight);
	tl_video_looks_fini(&w.mirrored);
	tl_video_fini(&v);
}

static void
run(struct tl_detect_ctx *c)
{
	for (size_t i = 0; i < c->in->media_count; i++)
		run_media(c, &c->in->media[i]);
}

const struct tl_detector tl_detector_video = {
    .name = "video",
    .version = "1",
    .kind = TL_BANK_VIDEO,
    .run = run,
};
