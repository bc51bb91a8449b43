/*
 * Finding terms in one text: normalise, scan, confirm boundaries; then again in look-alike form when the text
 * gives reason to; then regular expressions.
 *
 * Promises: spans are bytes of the original text; a look-alike hit holds at least one character that is not
 * what it seems and at least one letter, and is not plain text of another script. Failure: UTF8, TOOBIG; TIME
 * when there are absurdly many candidates. Called by the text detector, one tl_text_scan per thread.
 */
#include "detect/text/list_int.h"

#define CANDIDATES_MAX 200000

struct tl_text_scan {
	struct tl_norm norm;
	struct tl_norm folded;
	struct tl_fold *fold;
	struct tl_bounds *bounds;
	hs_scratch_t *scratch;
	uint64_t serial; /* of the list that scratch fits */
};

/* One pass over one form of the text. */
struct pass {
	struct tl_text_scan *s;
	const struct tl_text_list *l;
	const struct tl_norm *n;
	struct tl_text_hits *hits;
	size_t candidates;
	size_t letters, foreign; /* of the whole text; look-alike pass only */
	bool lookalike;
};

struct tl_text_scan *
tl_text_scan_create(void)
{
	struct tl_text_scan *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->fold = tl_fold_create();
	s->bounds = tl_bounds_create();
	return s;
}

void
tl_text_scan_destroy(struct tl_text_scan *s)
{
	if (!s)
		return;
	tl_norm_fini(&s->norm);
	tl_norm_fini(&s->folded);
	tl_fold_destroy(s->fold);
	tl_bounds_destroy(s->bounds);
	hs_free_scratch(s->scratch);
	free(s);
}

static int
adapt(struct tl_text_scan *s, const struct tl_text_list *l)
{
	if (s->serial == l->serial)
		return 0;
	hs_database_t *const db[] = {l->plain, l->fold, l->regex};
	for (size_t i = 0; i < TL_COUNT(db); i++) {
		if (db[i] && hs_alloc_scratch(db[i], &s->scratch) != HS_SUCCESS)
			return tl_fail(TL_EBUG, "no working memory for the term list");
	}
	s->serial = l->serial;
	return 0;
}

static bool
is_letter_kind(uint8_t k)
{
	return k == TL_NK_SAME || k == TL_NK_FOREIGN || k == TL_NK_LOOK;
}

static void
count_letters(struct pass *p)
{
	for (size_t i = 0; i < p->n->text.n; i++) {
		p->letters += p->n->kind[i] == TL_NK_SAME;
		p->foreign += p->n->kind[i] == TL_NK_FOREIGN || p->n->kind[i] == TL_NK_LOOK;
	}
}

/* Is [from, to) of the look-alike form a disguise, and not just a word of another script or a number? */
static bool
is_disguise(const struct pass *p, size_t from, size_t to)
{
	size_t same = 0, foreign = 0, changed = 0, letters = 0;
	for (size_t i = from; i < to; i++) {
		uint8_t k = p->n->kind[i];
		same += k == TL_NK_SAME;
		foreign += k == TL_NK_FOREIGN || k == TL_NK_LOOK;
		changed += k == TL_NK_LOOK || k == TL_NK_LEET;
		letters += is_letter_kind(k);
	}
	if (changed == 0 || letters == 0)
		return false;
	if (same > 0 || foreign == 0)
		return true;
	/* All of it is foreign: in a text of that script it is a word of that script. */
	return p->foreign - foreign <= p->letters;
}

static bool
has_hit(const struct tl_text_hits *h, const struct tl_text_hit *hit, size_t *ret_of_term)
{
	size_t of_term = 0;
	for (size_t i = 0; i < h->n; i++) {
		if (h->hit[i].term != hit->term)
			continue;
		of_term++;
		if (h->hit[i].from == hit->from && h->hit[i].to == hit->to)
			return true;
	}
	*ret_of_term = of_term;
	return false;
}

/* Gives up a repeat, so that each pattern is named before any is named often. */
static bool
make_room(struct tl_text_hits *h)
{
	h->cut = true;
	for (size_t i = h->n; i-- > 1;) {
		for (size_t k = 0; k < i; k++) {
			if (h->hit[k].term != h->hit[i].term)
				continue;
			h->hit[i] = h->hit[--h->n];
			return true;
		}
	}
	return false;
}

/* Nonzero ends the scan. */
static int
add_hit(struct tl_text_hits *h, const struct tl_text_hit *hit)
{
	size_t of_term;
	if (has_hit(h, hit, &of_term))
		return 0;
	if (of_term >= TL_TEXT_HITS_PER_TERM || (of_term && h->n == TL_TEXT_HITS_MAX)) {
		h->cut = true;
		return 0;
	}
	if (h->n == TL_TEXT_HITS_MAX && !make_room(h)) {
		h->full = true;
		return 1;
	}
	h->hit[h->n++] = *hit;
	return 0;
}

static int
on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
	(void)flags;
	struct pass *p = ctx;
	const struct tl_term_use *use = &p->l->use[id];
	if (++p->candidates > CANDIDATES_MAX)
		return 1;
	uint32_t len = p->lookalike ? use->fold_len : use->len;
	size_t a = len ? (size_t)to - len : (size_t)from;
	size_t b = (size_t)to;
	if (use->word_start && !tl_bounds_at(p->s->bounds, a))
		return 0;
	if (use->word_end && !tl_bounds_at(p->s->bounds, b))
		return 0;
	if (p->lookalike && !is_disguise(p, a, b))
		return 0;
	struct tl_text_hit hit = {.term = id, .lookalike = p->lookalike};
	tl_norm_span(p->n, a, b, &hit.from, &hit.to);
	return add_hit(p->hits, &hit);
}

static int
run_pass(struct pass *p, const hs_database_t *db)
{
	if (!db || p->n->text.n == 0)
		return 0;
	tl_bounds_begin(p->s->bounds, tl_buf_str(&p->n->text));
	hs_error_t e = hs_scan(db, (const char *)p->n->text.p, (unsigned)p->n->text.n, 0,
	    p->s->scratch, on_match, p);
	if (p->candidates > CANDIDATES_MAX)
		return tl_fail(TL_ETIME, "too many candidates in one text");
	if (e != HS_SUCCESS && e != HS_SCAN_TERMINATED)
		return tl_fail(TL_EBUG, "the matcher failed (%d)", e);
	return 0;
}

static int
run_lookalike(struct pass *plain)
{
	struct tl_text_scan *s = plain->s;
	if (!plain->l->fold || !tl_norm_suspicious(&s->norm))
		return 0;
	int rc = tl_norm_fold(s->fold, &s->norm, &s->folded);
	if (rc < 0)
		return rc;
	struct pass p = {
	    .s = s, .l = plain->l, .n = &s->folded, .hits = plain->hits, .lookalike = true};
	count_letters(&p);
	return run_pass(&p, plain->l->fold);
}

int
tl_text_scan_run(struct tl_text_scan *s, const struct tl_text_list *l, struct tl_str text,
    struct tl_text_hits *ret)
{
	struct tl_text_hits hits;
	hits.n = 0;
	hits.cut = hits.full = false;
	int rc = tl_norm_run(&s->norm, text);
	if (rc == 0)
		rc = adapt(s, l);
	struct pass p = {.s = s, .l = l, .n = &s->norm, .hits = &hits};
	if (rc == 0)
		rc = run_pass(&p, l->plain);
	if (rc == 0)
		rc = run_pass(&p, l->regex);
	if (rc == 0)
		rc = run_lookalike(&p);
	if (rc < 0)
		return rc;
	ret->n = hits.n;
	ret->cut = hits.cut;
	ret->full = hits.full;
	memcpy(ret->hit, hits.hit, hits.n * sizeof hits.hit[0]);
	return 0;
}
