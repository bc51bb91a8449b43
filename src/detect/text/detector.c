/*
 * The text detector: all text banks as one term list, asked for every field.
 *
 * Promises: a hit names its field and the bytes in it; written plainly scores 1, in look-alikes 0.9. A field
 * that cannot be matched leaves a failed signal that names it. Called through the registry.
 */
#include "detect/banks_int.h"
#include "detect/text/list.h"

#define SCORE_PLAIN 1.0
#define SCORE_LOOKALIKE 0.9

static void
on_refused(void *ctx, size_t index, const char *why)
{
	const struct tl_bank_table *t = ctx;
	if (t->refused)
		t->refused(t->ctx, &t->entries[index], why);
}

static int
build(const struct tl_bank_table *t, void **ret)
{
	struct tl_term *terms = calloc(t->entry_count, sizeof *terms);
	if (!terms)
		abort();
	for (size_t i = 0; i < t->entry_count; i++)
		terms[i] = (struct tl_term){t->entries[i].value, t->entries[i].form};
	struct tl_text_list *list = NULL;
	struct tl_bank_table copy = *t;
	int rc = tl_text_list_create(terms, t->entry_count, on_refused, &copy, &list);
	free(terms);
	if (rc < 0)
		return rc;
	*ret = list;
	return 0;
}

static void
destroy(void *part)
{
	tl_text_list_destroy(part);
}

static void *
scratch_create(void)
{
	return tl_text_scan_create();
}

static void
scratch_destroy(void *scratch)
{
	tl_text_scan_destroy(scratch);
}

/* Our words for why a field has no answer; never its content. */
static const char *
why(int err)
{
	switch (err) {
	case TL_EUTF8:
		return "the text is not valid UTF-8";
	case TL_ETOOBIG:
		return "the text is too long";
	case TL_ETIME:
		return "the text has too many candidates";
	default:
		return "the matcher failed";
	}
}

static void
run_field(struct tl_detect_ctx *c, const struct tl_field *f)
{
	struct tl_text_hits hits;
	int rc = tl_text_scan_run(c->scratch, c->part, f->text, &hits);
	if (rc < 0) {
		struct tl_signal *s = tl_detect_failed(c, why(rc));
		if (s)
			s->field = f->name;
		return;
	}
	if (hits.full) {
		struct tl_signal *s = tl_detect_failed(c, "the text matches too much");
		if (s)
			s->field = f->name;
	}
	for (size_t i = 0; i < hits.n; i++) {
		const struct tl_text_hit *h = &hits.hit[i];
		const struct tl_bank_live *e = &c->table->entries[h->term];
		const struct tl_bank_ref *b = &c->table->banks[e->bank];
		struct tl_signal *s = NULL;
		rc = tl_detect_wants(c, b) ? tl_detect_hit(c, b, e->key, &s) : 0;
		if (rc < 0 && rc != TL_ETOOBIG) {
			s = tl_detect_failed(c, "the store did not answer");
			if (s)
				s->field = f->name;
		}
		if (rc < 0)
			return;
		if (rc == 0)
			continue;
		s->score = h->lookalike ? SCORE_LOOKALIKE : SCORE_PLAIN;
		s->field = f->name;
		s->span_from = h->from;
		s->span_to = h->to;
	}
}

static void
run(struct tl_detect_ctx *c)
{
	for (size_t i = 0; i < c->in->field_count; i++)
		run_field(c, &c->in->fields[i]);
}

const struct tl_detector tl_detector_text = {
    .name = "text",
    .version = "1",
    .kind = TL_BANK_TEXT,
    .build = build,
    .destroy = destroy,
    .scratch_create = scratch_create,
    .scratch_destroy = scratch_destroy,
    .run = run,
};
