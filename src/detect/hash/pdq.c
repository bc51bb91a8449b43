/*
 * The PDQ detector: every picture's hash against all PDQ banks, each within its own distance.
 *
 * Promises: hashes of quality below 50 match nothing and are no failure (they match by accident); a picture that
 * was not decoded leaves a failed signal. Score: 1 for the same hash, falling by 1/64 a bit (31 bits: about a half).
 * Called through the registry.
 */
#include "detect/banks_int.h"
#include "detect/hash/pdq_scan.h"

#include "base/arena.h"

#define HITS_MAX 64 /* of one picture: more say nothing more */

static int
build(const struct tl_bank_table *t, void **ret)
{
	struct tl_pdq_list *l = tl_pdq_list_create(t->entry_count);
	for (size_t i = 0; i < t->entry_count; i++) {
		const struct tl_bank_live *e = &t->entries[i];
		struct tl_pdq h = {{0}};
		if (e->form != TL_FORM_PDQ || e->value.n != sizeof h.b) {
			if (t->refused)
				t->refused(t->ctx, e, "not a PDQ hash");
			continue;
		}
		memcpy(h.b, e->value.p, sizeof h.b);
		tl_pdq_list_add(l, (uint32_t)i, &h, t->banks[e->bank].distance);
	}
	*ret = l;
	return 0;
}

static void
destroy(void *part)
{
	tl_pdq_list_destroy(part);
}

static void
run_media(struct tl_detect_ctx *c, const struct tl_media *m)
{
	if (!m->has_pdq) {
		struct tl_signal *s = tl_detect_failed(
		    c, m->reason.n ? (const char *)tl_arena_dup(c->arena, m->reason).p
				   : "the picture was not decoded");
		if (s) {
			s->has_media = true;
			s->media = m->id;
		}
		return;
	}
	if (m->pdq_quality < TL_PDQ_QUALITY_MIN)
		return;
	struct tl_pdq needle;
	struct tl_pdq_hit hit[HITS_MAX];
	memcpy(needle.b, m->pdq, sizeof needle.b);
	size_t n = tl_pdq_list_scan(c->part, &needle, hit, HITS_MAX);
	for (size_t i = 0; i < n && i < HITS_MAX; i++) {
		struct tl_signal *s = tl_detect_hit(c, &c->table->entries[hit[i].entry]);
		if (!s)
			return;
		s->distance = hit[i].distance;
		s->score = 1.0 - hit[i].distance / 64.0 > 0 ? 1.0 - hit[i].distance / 64.0 : 0;
		s->has_media = true;
		s->media = m->id;
	}
}

static void
run(struct tl_detect_ctx *c)
{
	for (size_t i = 0; i < c->in->media_count; i++)
		run_media(c, &c->in->media[i]);
}

const struct tl_detector tl_detector_pdq = {
    .name = "pdq",
    .version = "1",
    .kind = TL_BANK_PDQ,
    .build = build,
    .destroy = destroy,
    .run = run,
};
