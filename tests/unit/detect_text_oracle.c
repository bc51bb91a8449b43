/*
 * Property: on random texts and terms, the matcher finds in plain form exactly what a slow and simple search
 * over ICU's own whole-text normalisation finds, and every span it reports holds the term.
 */
#include "detect/text/list.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utext.h>

#include <cmocka.h>

#define LISTS 300
#define TEXTS 60
#define TERMS 6
#define PART_MAX 12

static const char *const pieces[] = {"a", "b", "B", "a", "b", " ", " ", "\n", "-", "1", "_",
    "'", "\xd0\xb0", "\xc3\xa9", "e\xcc\x81", "\xcc\x81", "\xe2\x80\x8d", "\xef\xbd\x81",
    "\xc3\x9f", "\xef\xac\x81", "\xe0\xb8\x81", "\xe0\xb8\xb2", "\xe0\xb8\xb4", "\xe6\x9d\xb1",
    "\xe4\xba\xac", "\xe3\x81\xab", "\xf0\x9d\x90\x9b", "\xe1\x84\x80", "\xe1\x85\xa1",
    "\xcc\xa7"};

static size_t agreed; /* places that both found */
static uint32_t seed = 20261124;

static uint32_t
roll(uint32_t n)
{
	seed = seed * 1664525U + 1013904223U;
	return (seed >> 8) % n;
}

static struct tl_str
random_text(struct tl_buf *b, uint32_t parts)
{
	tl_buf_reset(b);
	for (uint32_t i = 0; i < parts; i++)
		tl_buf_puts(b, pieces[roll((uint32_t)TL_COUNT(pieces))]);
	return tl_buf_str(b);
}

/* NFKC_Casefold of the whole, then runs of white space as one space. */
static struct tl_str
slow_normal(struct tl_buf *b, struct tl_str s)
{
	UChar in[512], out[2048];
	char utf8[8192];
	int32_t n = 0, m = 0;
	UErrorCode e = U_ZERO_ERROR;
	u_strFromUTF8(in, 512, &n, (const char *)s.p, (int32_t)s.n, &e);
	m = unorm2_normalize(unorm2_getNFKCCasefoldInstance(&e), in, n, out, 2048, &e);
	u_strToUTF8(utf8, sizeof utf8, &n, out, m, &e);
	assert_true(U_SUCCESS(e));
	tl_buf_reset(b);
	for (int32_t i = 0; i < n; i++) {
		char c = utf8[i] == '\n' ? ' ' : utf8[i];
		if (c != ' ' || b->n == 0 || b->p[b->n - 1] != ' ')
			tl_buf_byte(b, (uint8_t)c);
	}
	return tl_buf_str(b);
}

static bool
wordish(uint32_t c)
{
	return c == '_' || u_isalnum((UChar32)c) ||
	       (U_MASK(u_charType((UChar32)c)) & U_GC_M_MASK) != 0;
}

static bool
slow_boundary(struct tl_str t, size_t at)
{
	if (at == 0 || at == t.n)
		return true;
	size_t prev = at - 1, next = at;
	while ((t.p[prev] & 0xc0) == 0x80)
		prev--;
	uint32_t before = tl_utf8_next(t, &prev), after = tl_utf8_next(t, &next);
	if (!wordish(before) || !wordish(after))
		return true;
	if (before < 0x80 && after < 0x80)
		return false;
	UErrorCode e = U_ZERO_ERROR;
	UText *u = utext_openUTF8(NULL, (const char *)t.p, (int64_t)t.n, &e);
	UBreakIterator *it = ubrk_open(UBRK_WORD, "", NULL, 0, &e);
	ubrk_setUText(it, u, &e);
	bool is = ubrk_isBoundary(it, (int32_t)at);
	ubrk_close(it);
	utext_close(u);
	return is;
}

static struct tl_str
trim(struct tl_str s)
{
	while (s.n && s.p[0] == ' ')
		s = tl_bytes(s.p + 1, s.n - 1);
	while (s.n && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

static size_t
slow_count(struct tl_str text, struct tl_str term)
{
	size_t found = 0, first = 0, last = term.n - 1;
	while ((term.p[last] & 0xc0) == 0x80)
		last--;
	bool head = wordish(tl_utf8_next(term, &first)),
	     tail = wordish(tl_utf8_next(term, &last));
	for (size_t i = 0; i + term.n <= text.n; i++) {
		if (memcmp(text.p + i, term.p, term.n) == 0 &&
		    (!head || slow_boundary(text, i)) &&
		    (!tail || slow_boundary(text, i + term.n)))
			found++;
	}
	return found;
}

static void
compare(const struct tl_text_hits *h, struct tl_str text, const struct tl_term *terms,
    const bool *bad)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf a = {0};
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	TL_CLEANUP(tl_buf_fini) struct tl_buf c = {0};
	size_t found[TERMS] = {0};
	for (size_t i = 0; i < h->n; i++) {
		if (h->hit[i].lookalike)
			continue;
		found[h->hit[i].term]++;
		assert_true(h->hit[i].from < h->hit[i].to && h->hit[i].to <= text.n);
		struct tl_str span =
		    tl_bytes(text.p + h->hit[i].from, h->hit[i].to - h->hit[i].from);
		struct tl_str term = trim(slow_normal(&b, terms[h->hit[i].term].value));
		span = slow_normal(&c, span);
		assert_non_null(memmem(span.p, span.n, term.p, term.n));
	}
	struct tl_str whole = slow_normal(&a, text);
	for (size_t i = 0; i < TERMS; i++) {
		if (bad[i])
			continue;
		size_t want = slow_count(whole, trim(slow_normal(&b, terms[i].value)));
		if (want > TL_TEXT_HITS_PER_TERM)
			want = TL_TEXT_HITS_PER_TERM;
		agreed += want > 0 && found[i] > 0;
		/* Several places in the normal form may come from one place in the original. */
		if (found[i] > want || (want > 0 && found[i] == 0))
			fail_msg("term \"%.*s\" in \"%.*s\": %zu, expected %zu",
			    TL_ARG(terms[i].value), TL_ARG(text), found[i], want);
	}
}

static void
on_refused(void *ctx, size_t index, const char *why)
{
	(void)why;
	((bool *)ctx)[index] = true;
}

static void
t_matcher_agrees_with_slow_search(void **state)
{
	(void)state;
	struct tl_buf term[TERMS] = {{0}};
	TL_CLEANUP(tl_buf_fini) struct tl_buf text = {0};
	struct tl_text_scan *scan = tl_text_scan_create();
	for (size_t l = 0; l < LISTS; l++) {
		struct tl_term terms[TERMS];
		bool bad[TERMS] = {false};
		struct tl_text_list *list;
		for (size_t i = 0; i < TERMS; i++)
			terms[i] = (struct tl_term){
			    random_text(&term[i], 1 + roll(4)), TL_FORM_PHRASE};
		assert_int_equal(tl_text_list_create(terms, TERMS, on_refused, bad, &list), 0);
		for (size_t i = 0; i < TEXTS; i++) {
			struct tl_text_hits hits;
			struct tl_str t = random_text(&text, roll(PART_MAX));
			assert_int_equal(tl_text_scan_run(scan, list, t, &hits), 0);
			compare(&hits, t, terms, bad);
		}
		tl_text_list_destroy(list);
	}
	tl_text_scan_destroy(scan);
	for (size_t i = 0; i < TERMS; i++)
		tl_buf_fini(&term[i]);
	assert_true(agreed > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(t_matcher_agrees_with_slow_search)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
