/*
 * The exact-hash detector: SHA-256 and MD5 of every file against all digest banks.
 *
 * Entries are sorted by form and value and found by halving: no chosen values can make it slow. Every entry of the
 * same digest is a hit of its own, with score 1. Digests are taken from raw bytes, so a file need not be decodable.
 * No failure. Called through the registry.
 */
#include "detect/banks_int.h"

struct sorted {
	size_t n;
	uint32_t *entry; /* indices into the table */
};

/* By form, then by value; both of fixed length within a form. */
static int
compare(enum tl_entry_form form, const uint8_t *value, size_t n, const struct tl_bank_live *e)
{
	if (form != e->form)
		return form < e->form ? -1 : 1;
	return memcmp(value, e->value.p, n);
}

static int
by_value(const void *a, const void *b, void *ctx)
{
	const struct tl_bank_table *t = ctx;
	const struct tl_bank_live *x = &t->entries[*(const uint32_t *)a];
	int c = compare(x->form, x->value.p, x->value.n, &t->entries[*(const uint32_t *)b]);
	return c ? c : (*(const uint32_t *)a > *(const uint32_t *)b) * 2 - 1;
}

static bool
usable(const struct tl_bank_live *e)
{
	return (e->form == TL_FORM_SHA256 && e->value.n == 32) ||
	       (e->form == TL_FORM_MD5 && e->value.n == 16);
}

static int
build(const struct tl_bank_table *t, void **ret)
{
	struct sorted *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->entry = calloc(t->entry_count ? t->entry_count : 1, sizeof *s->entry);
	if (!s->entry)
		abort();
	for (size_t i = 0; i < t->entry_count; i++) {
		if (usable(&t->entries[i]))
			s->entry[s->n++] = (uint32_t)i;
		else if (t->refused)
			t->refused(t->ctx, &t->entries[i], "not a SHA-256 or MD5 digest");
	}
	struct tl_bank_table table = *t;
	qsort_r(s->entry, s->n, sizeof *s->entry, by_value, &table);
	*ret = s;
	return 0;
}

static void
destroy(void *part)
{
	struct sorted *s = part;
	free(s->entry);
	free(s);
}

/* The first entry that is not below the value. */
static size_t
lower(const struct tl_detect_ctx *c, enum tl_entry_form form, const uint8_t *value, size_t n)
{
	const struct sorted *s = c->part;
	size_t lo = 0, hi = s->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (compare(form, value, n, &c->table->entries[s->entry[mid]]) > 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void
run_digest(struct tl_detect_ctx *c, const struct tl_media *m, enum tl_entry_form form,
    const uint8_t *value, size_t n)
{
	const struct sorted *s = c->part;
	for (size_t i = lower(c, form, value, n); i < s->n; i++) {
		const struct tl_bank_live *e = &c->table->entries[s->entry[i]];
		if (compare(form, value, n, e) != 0)
			return;
		struct tl_signal *hit = tl_detect_hit(c, e);
		if (!hit)
			return;
		hit->score = 1;
		hit->distance = 0;
		hit->has_media = true;
		hit->media = m->id;
	}
}

static void
run(struct tl_detect_ctx *c)
{
	for (size_t i = 0; i < c->in->media_count; i++) {
		const struct tl_media *m = &c->in->media[i];
		run_digest(c, m, TL_FORM_SHA256, m->sha256, sizeof m->sha256);
		run_digest(c, m, TL_FORM_MD5, m->md5, sizeof m->md5);
	}
}

const struct tl_detector tl_detector_digest = {
    .name = "digest",
    .version = "1",
    .kind = TL_BANK_DIGEST,
    .build = build,
    .destroy = destroy,
    .run = run,
};
