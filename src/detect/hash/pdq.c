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

#define HITS_MAX 1024 /* of one picture */
#define PER_BANK 8    /* the nearest; more of one bank say nothing more */

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

static int
by_distance(const void *a, const void *b)
{
	const struct tl_pdq_hit *x = a, *y = b;
	if (x->distance != y->distance)
		return x->distance < y->distance ? -1 : 1;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

/* How many signals of this picture name the entry's bank already. */
static size_t
said_of_bank(const struct tl_detect_ctx *c, size_t from, uint32_t entry)
{
	const struct tl_id *bank = &c->table->banks[c->table->entries[entry].bank].id;
	size_t n = 0;
	for (size_t i = from; i < c->out->n; i++)
		n += tl_id_eq(c->out->s[i].bank, *bank);
	return n;
}

static void
say_failed(struct tl_detect_ctx *c, const struct tl_media *m, const char *why)
{
	struct tl_signal *s = tl_detect_failed(c, why);
	if (!s)
		return;
	s->has_media = true;
	s->media = m->id;
}

static void
run_media(struct tl_detect_ctx *c, const struct tl_media *m)
{
	if (!m->has_pdq && m->film.n)
		return; /* a video or sound: its frames are another detector's */
	if (!m->has_pdq) {
		say_failed(c, m,
		    m->reason.n ? (const char *)tl_arena_dup(c->arena, m->reason).p
				: "the picture was not decoded");
		return;
	}
	if (m->pdq_quality < TL_PDQ_QUALITY_MIN)
		return;
	struct tl_pdq needle;
	struct tl_pdq_hit hit[HITS_MAX];
	memcpy(needle.b, m->pdq, sizeof needle.b);
	size_t n = tl_pdq_list_scan(c->part, &needle, hit, HITS_MAX);
	if (n > HITS_MAX) {
		say_failed(c, m, "the picture matches too much");
		n = HITS_MAX;
	}
	qsort(hit, n, sizeof hit[0], by_distance);
	size_t from = c->out->n;
	for (size_t i = 0; i < n; i++) {
		if (said_of_bank(c, from, hit[i].entry) >= PER_BANK)
			continue;
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
