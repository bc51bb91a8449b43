/*
 * Word lists by topic on top of the matcher of term lists.
 *
 * Promises: a term of one word is found as a whole word, others as phrases, both through spelling tricks (list.h); one
 * term that cannot be used refuses the whole, so that no topic is silently smaller than its file. Called by the API's
 * screening and by `tutela rule check`.
 */
#include "detect/text/topics.h"

#include <stdio.h>
#include <stdlib.h>

struct tl_topics {
	const struct tl_interventions *in;
	struct tl_text_list *list;
	uint8_t *of; /* by term: its list */
	uint64_t all;
};

struct refusal {
	size_t index;
	bool any;
	char why[200];
};

static void
on_refused(void *ctx, size_t index, const char *why)
{
	struct refusal *r = ctx;
	if (r->any)
		return;
	r->index = index;
	r->any = true;
	(void)snprintf(r->why, sizeof r->why, "%s", why);
}

static const struct tl_list_term *
term_at(const struct tl_interventions *in, enum tl_list_use use, size_t index)
{
	for (size_t i = 0; i < in->list_count; i++) {
		if (in->lists[i].use != use)
			continue;
		if (index < in->lists[i].term_count)
			return &in->lists[i].terms[index];
		index -= in->lists[i].term_count;
	}
	return NULL;
}

/* Fills `terms` and t->of; the number of terms. */
static size_t
collect(struct tl_topics *t, enum tl_list_use use, struct tl_term *terms)
{
	size_t n = 0;
	for (size_t i = 0; i < t->in->list_count; i++) {
		const struct tl_word_list *l = &t->in->lists[i];
		if (l->use != use)
			continue;
		t->all |= UINT64_C(1) << i;
		for (size_t k = 0; k < l->term_count; k++) {
			t->of[n] = (uint8_t)i;
			terms[n++] = (struct tl_term){l->terms[k].text, TL_FORM_PHRASE};
		}
	}
	return n;
}

int
tl_topics_create(
    const struct tl_interventions *in, enum tl_list_use use, struct tl_topics **ret)
{
	size_t max = 1;
	for (size_t i = 0; i < in->list_count; i++)
		max += in->lists[i].term_count;
	struct tl_topics *t = calloc(1, sizeof *t);
	struct tl_term *terms = calloc(max, sizeof *terms);
	if (!t || !terms || !(t->of = calloc(max, 1)))
		abort();
	t->in = in;
	struct refusal r = {0};
	int rc = tl_text_list_create(terms, collect(t, use, terms), on_refused, &r, &t->list);
	if (rc == 0 && r.any) {
		const struct tl_list_term *bad = term_at(in, use, r.index);
		rc = tl_fail(TL_ECONFIG, "interventions.yaml:%d: a term cannot be used: %s",
		    bad ? bad->line : 0, r.why);
	}
	free(terms);
	if (rc < 0) {
		tl_topics_destroy(t);
		return rc;
	}
	*ret = t;
	return 0;
}

void
tl_topics_destroy(struct tl_topics *t)
{
	if (!t)
		return;
	tl_text_list_destroy(t->list);
	free(t->of);
	free(t);
}

int
tl_topics_find(
    const struct tl_topics *t, struct tl_text_scan *scan, struct tl_str text, uint64_t *ret)
{
	struct tl_text_hits hits;
	int rc = tl_text_scan_run(scan, t->list, text, &hits);
	if (rc < 0)
		return rc;
	uint64_t bits = hits.full ? t->all : 0;
	for (size_t i = 0; i < hits.n; i++)
		bits |= UINT64_C(1) << t->of[hits.hit[i].term];
	*ret = bits;
	return 0;
}
