/*
 * The PDQ detector: every picture's hash against all PDQ banks, each within its own distance; against banks that want it
 * also turned and mirrored.
 *
 * Promises: hashes of quality below 50 match nothing and are no failure (they match by accident); a picture that
 * was not decoded leaves a failed signal. Called through the registry.
 */
#include "detect/banks_int.h"
#include "detect/hash/seek.h"
#include "detect/hash/shown.h"

#include "base/arena.h"

/* By enum tl_pdq_turn, from the first after the original: what a signal says. */
static const char *const turns[TL_MEDIA_TURNS] = {
    "rot90", "rot180", "rot270", "flip_x", "flip_y", "flip_plus1", "flip_minus1"};

_Static_assert(TL_MEDIA_TURNS == TL_PDQ_TURNS - 1, "one hash for each turn");

/* Does anybody want turned pictures compared? */
static bool
turning(const struct tl_detect_ctx *c)
{
	bool any = c->in->turned;
	for (size_t i = 0; i < c->table->bank_count && !any; i++)
		any = c->table->banks[i].turned;
	return any;
}

static void
run_media(struct tl_detect_ctx *c, const struct tl_media *m)
{
	seek_partly(c, m);
	if (!m->has_pdq && m->film.n) {
		if (m->frames.n)
			shown_hits(c, m);
		return;
	}
	if (!m->has_pdq) {
		seek_failed(c, m,
		    m->reason.n ? (const char *)tl_arena_dup(c->arena, m->reason).p
				: "the picture was not decoded");
		return;
	}
	if (m->frames.n)
		shown_hits(c, m); /* an animation: a harmless first picture hides nothing */
	if (m->pdq_quality < TL_PDQ_QUALITY_MIN)
		return;
	struct tl_pdq needle[TL_MEDIA_TURNS];
	struct seek s = {.form = TL_FORM_PDQ, .needle = needle, .needles = 1, .media = m};
	memcpy(needle[0].b, m->pdq, sizeof needle[0].b);
	seek_hits(c, &s);
	if (m->turned.n != sizeof needle || !turning(c))
		return;
	memcpy(needle, m->turned.p, sizeof needle);
	s.needles = TL_MEDIA_TURNS;
	s.turned = turns;
	s.turned_only = true;
	seek_hits(c, &s);
}

static void
run(struct tl_detect_ctx *c)
{
	for (size_t i = 0; i < c->in->media_count; i++)
		run_media(c, &c->in->media[i]);
}

const struct tl_detector tl_detector_pdq = {
    .name = "pdq",
    .version = "3",
    .kind = TL_BANK_PDQ,
    .run = run,
};
