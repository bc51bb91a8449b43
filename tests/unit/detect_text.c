/* Term lists: what is found, what is not, and where. All terms are invented. */
#include "base/buf.h"
#include "detect/text/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct world {
	struct tl_text_list *list;
	struct tl_text_scan *scan;
	struct tl_text_hits hits;
	char refused[200];
};

static void
on_refused(void *ctx, size_t index, const char *why)
{
	struct world *w = ctx;
	snprintf(w->refused, sizeof w->refused, "%zu: %s", index, why);
}

/* Makes a list of `n` terms; "~x" is a regex, a term with a space a phrase, all else a word. */
static void
given(struct world *w, const char *const *terms, size_t n)
{
	struct tl_term t[64];
	assert_true(n <= TL_COUNT(t));
	for (size_t i = 0; i < n; i++) {
		const char *z = terms[i];
		t[i].form = *z == '~'        ? TL_FORM_REGEX
			    : strchr(z, ' ') ? TL_FORM_PHRASE
					     : TL_FORM_WORD;
		t[i].value = tl_str(z + (*z == '~'));
	}
	*w = (struct world){.scan = tl_text_scan_create()};
	assert_int_equal(tl_text_list_create(t, n, on_refused, w, &w->list), 0);
}
#define GIVEN(w, ...)                                                                          \
	given((w), (const char *const[]){__VA_ARGS__},                                         \
	    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void
finish(struct world *w)
{
	tl_text_list_destroy(w->list);
	tl_text_scan_destroy(w->scan);
}

static size_t
hits(struct world *w, const char *text)
{
	assert_int_equal(tl_text_scan_run(w->scan, w->list, tl_str(text), &w->hits), 0);
	return w->hits.n;
}

/* Exactly one hit, which covers `span` of the text. */
static void
finds(struct world *w, const char *text, const char *span, bool lookalike)
{
	if (hits(w, text) != 1)
		fail_msg("%zu hits in \"%s\"", w->hits.n, text);
	const struct tl_text_hit *h = &w->hits.hit[0];
	struct tl_str got = tl_bytes(text + h->from, h->to - h->from);
	if (!tl_str_eq(got, tl_str(span)))
		fail_msg("span \"%.*s\" in \"%s\"", TL_ARG(got), text);
	if (h->lookalike != lookalike)
		fail_msg("lookalike %d in \"%s\"", h->lookalike, text);
}

static void
silent(struct world *w, const char *text)
{
	if (hits(w, text) != 0)
		fail_msg(
		    "found %u..%u in \"%s\"", w->hits.hit[0].from, w->hits.hit[0].to, text);
}

static void
t_plain_words_and_phrases_are_found_whole(void **state)
{
	(void)state;
	struct world w;
	GIVEN(&w, "grobnik", "demo banned phrase", "demo-banned-phrase");
	finds(&w, "a grobnik.", "grobnik", false);
	finds(&w, "GROBNIK", "GROBNIK", false);
	finds(&w, "x Demo  Banned\n\tPhrase!", "Demo  Banned\n\tPhrase", false);
	finds(&w, "this is DEMO-BANNED-PHRASE ok", "DEMO-BANNED-PHRASE", false);
	finds(&w, "(grobnik)", "grobnik", false);
	silent(&w, "grobniks ungrobnik grob nik");
	silent(&w, "grobnik_");
	silent(&w, "");
	finish(&w);
}

static void
t_scunthorpe_is_a_town(void **state)
{
	(void)state;
	struct world w;
	GIVEN(&w, "thorp", "sex", "ass");
	silent(&w, "Scunthorpe, Essex, is classic; assassins pass");
	finds(&w, "l'ass'x", "ass", false);
	finish(&w);
}

static void
t_homoglyphs_are_seen_through(void **state)
{
	(void)state;
	struct world w;
	GIVEN(&w, "banapik");
	finds(
	    &w, "ein b\xd0\xb0n\xd0\xb0pik da", "b\xd0\xb0n\xd0\xb0pik", true); /* Cyrillic a */
	finds(&w, "b\xce\xb1napik", "b\xce\xb1napik", true); /* Greek alpha */
	finds(
	    &w, "\xd0\x92\xd0\x90NAPIK", "\xd0\x92\xd0\x90NAPIK", true); /* Cyrillic capitals */
	finds(&w, "b4n@p1k", "b4n@p1k", true);
	finds(&w, "b\xc3\xa1n\xc3\xa0pik", "b\xc3\xa1n\xc3\xa0pik", true); /* accents */
	silent(&w, "b-a-n-a-p-i-k");
	finish(&w);
}

static void
t_width_and_invisibles_do_not_matter(void **state)
{
	(void)state;
	struct world w;
	GIVEN(&w, "banapik");
	/* fullwidth letters */
	finds(&w,
	    "\xef\xbd\x82\xef\xbd\x81\xef\xbd\x8e\xef\xbd\x81\xef\xbd\x90\xef\xbd\x89\xef\xbd"
	    "\x8b!",
	    "\xef\xbd\x82\xef\xbd\x81\xef\xbd\x8e\xef\xbd\x81\xef\xbd\x90\xef\xbd\x89\xef\xbd"
	    "\x8b",
	    false);
	/* zero-width joiner, zero-width space, soft hyphen, variation selector */
	finds(&w, "x ba\xe2\x80\x8dna\xe2\x80\x8bp\xc2\xadi\xef\xb8\x8fk y",
	    "ba\xe2\x80\x8dna\xe2\x80\x8bp\xc2\xadi\xef\xb8\x8fk", false);
	/* mathematical bold */
	finds(&w, "\xf0\x9d\x90\x9b\xf0\x9d\x90\x9anapik",
	    "\xf0\x9d\x90\x9b\xf0\x9d\x90\x9anapik", false);
	finish(&w);
}

static void
t_combining_marks_fall_away(void **state)
{
	(void)state;
	struct world w;
	GIVEN(&w, "banapik", "caf\xc3\xa9");
	finds(&w,
	    "b\xcc\xb6"
	    "a\xcc\xb6n\xcc\xb6"
	    "apik\xcc\xb6 x",
	    "b\xcc\xb6"
	    "a\xcc\xb6n\xcc\xb6"
	    "apik\xcc\xb6",
	    true);
	/* the same letter in two normal forms is the same letter */
	finds(&w, "un cafe\xcc\x81 noir", "cafe\xcc\x81", false);
	finish(&w);
}

static void
t_leet_needs_letters(void **state)
{
	(void)state;
	struct world w;
	GIVEN(&w, "soot", "fail");
	silent(&w, "call 5007 or $007");
	finds(&w, "s00t", "s00t", true);
	silent(&w, "the fall of 1989a");
	silent(&w, "soothing");
	finds(&w, "soot!!", "soot", false);
	finish(&w);
}

static void
t_other_scripts_are_not_disguises(void **state)
{
	(void)state;
	struct world w;
	GIVEN(&w, "hot", "copter");
	/* "and this is not a note": Russian words that look like Latin ones */
	silent(&w, "\xd0\xb0 \xd1\x8d\xd1\x82\xd0\xbe \xd0\xbd\xd0\xbe\xd1\x82 "
		   "\xd0\xb4\xd0\xbb\xd1\x8f \xd0\xb2\xd0\xb0\xd1\x81");
	finish(&w);
	/* Latin look-alikes inside a Russian word */
	GIVEN(&w, "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd1\x85\xd0\xbe\xd0\xb4");
	finds(&w,
	    "\xd0\xbf"
	    "ap\xd0\xbe\xd1\x85o\xd0\xb4",
	    "\xd0\xbf"
	    "ap\xd0\xbe\xd1\x85o\xd0\xb4",
	    true);
	finish(&w);
}

static void
t_scripts_without_spaces_have_words(void **state)
{
	(void)state;
	struct world w;
	/* Thai: "eat" and "rice" inside "I eat rice"; Japanese: "Tokyo" in "to live in Tokyo" */
	GIVEN(
	    &w, "\xe0\xb8\x82\xe0\xb9\x89\xe0\xb8\xb2\xe0\xb8\xa7", "\xe6\x9d\xb1\xe4\xba\xac");
	finds(&w,
	    "\xe0\xb8\x89\xe0\xb8\xb1\xe0\xb8\x99\xe0\xb8\x81\xe0\xb8\xb4\xe0\xb8\x99\xe0\xb8"
	    "\x82\xe0\xb9\x89\xe0\xb8\xb2\xe0\xb8\xa7",
	    "\xe0\xb8\x82\xe0\xb9\x89\xe0\xb8\xb2\xe0\xb8\xa7", false);
	finds(&w, "\xe6\x9d\xb1\xe4\xba\xac\xe3\x81\xab\xe4\xbd\x8f\xe3\x82\x80",
	    "\xe6\x9d\xb1\xe4\xba\xac", false);
	finish(&w);
}

static void
t_regexes_match_as_written(void **state)
{
	(void)state;
	struct world w;
	GIVEN(&w, "~ban[aeiou]pik[0-9]{2}", "~\\bzork\\b");
	finds(&w, "xBANoPIK42y", "BANoPIK42", false);
	finds(&w, "a zork b", "zork", false);
	silent(&w, "zorks");
	finish(&w);
}

static void
t_bad_patterns_are_reported_and_left_out(void **state)
{
	(void)state;
	struct world w;
	GIVEN(&w, "~(ab", "fine");
	assert_true(strncmp(w.refused, "0: ", 3) == 0);
	assert_int_equal(tl_text_list_count(w.list), 1);
	finds(&w, "fine", "fine", false);
	finish(&w);
	static const struct {
		const char *value;
		enum tl_entry_form form;
	} bad[] = {{"", TL_FORM_WORD}, {"two words", TL_FORM_WORD}, {" ", TL_FORM_PHRASE},
	    {"a*", TL_FORM_REGEX}, {"(a)\\1", TL_FORM_REGEX}, {"a(?=b)", TL_FORM_REGEX},
	    {"\xe2\x80\x8b", TL_FORM_WORD}, {"a\xff", TL_FORM_WORD}, {"x", TL_FORM_PDQ}};
	for (size_t i = 0; i < TL_COUNT(bad); i++) {
		struct tl_term t = {tl_str(bad[i].value), bad[i].form};
		assert_int_equal(tl_err_kind(tl_term_check(&t)), TL_INPUT);
	}
}

static void
t_floods_are_capped(void **state)
{
	(void)state;
	struct world w;
	GIVEN(&w, "a", "b");
	char text[4001] = "";
	for (size_t i = 0; i + 4 < sizeof text; i += 4)
		memcpy(text + i, "a b ", 5);
	assert_int_equal(hits(&w, text), 2 * TL_TEXT_HITS_PER_TERM);
	assert_true(w.hits.cut);
	assert_int_equal(
	    tl_err_kind(tl_text_scan_run(w.scan, w.list, TL_S("\xc3("), &w.hits)), TL_INPUT);
	finish(&w);
}

/* However often some patterns are written, no other one is hidden behind them; when there are too many, it says so. */
static void
t_a_flood_hides_nothing(void **state)
{
	(void)state;
	struct world w;
	static char word[TL_TEXT_HITS_MAX + 1][8];
	struct tl_term terms[TL_TEXT_HITS_MAX + 1];
	TL_CLEANUP(tl_buf_fini) struct tl_buf text = {0};
	for (size_t i = 0; i <= TL_TEXT_HITS_MAX; i++) {
		(void)snprintf(word[i], sizeof word[i], "zork%c%c", (char)('a' + i / 26),
		    (char)('a' + i % 26));
		terms[i] = (struct tl_term){tl_str(word[i]), TL_FORM_WORD};
	}
	for (size_t i = 0; i < TL_TEXT_HITS_MAX; i++)
		tl_buf_printf(&text, "%s %s %s ", word[i / 2], word[i / 2], word[i]);
	w.scan = tl_text_scan_create();
	assert_int_equal(
	    tl_text_list_create(terms, TL_TEXT_HITS_MAX + 1, NULL, NULL, &w.list), 0);
	assert_int_equal(hits(&w, tl_buf_z(&text)), TL_TEXT_HITS_MAX);
	bool seen[TL_TEXT_HITS_MAX] = {false};
	for (size_t i = 0; i < w.hits.n; i++)
		seen[w.hits.hit[i].term] = true;
	for (size_t i = 0; i < TL_TEXT_HITS_MAX; i++)
		assert_true(seen[i]);
	assert_false(w.hits.full);
	tl_buf_printf(&text, "%s", word[TL_TEXT_HITS_MAX]);
	(void)hits(&w, tl_buf_z(&text));
	assert_true(w.hits.full);
	finish(&w);
}

static void
t_a_scan_follows_list_changes(void **state)
{
	(void)state;
	struct world w;
	GIVEN(&w, "one");
	finds(&w, "one two", "one", false);
	tl_text_list_destroy(w.list);
	struct tl_term t = {TL_S("two"), TL_FORM_WORD};
	assert_int_equal(tl_text_list_create(&t, 1, NULL, NULL, &w.list), 0);
	finds(&w, "one two", "two", false);
	tl_text_list_destroy(w.list);
	assert_int_equal(tl_text_list_create(NULL, 0, NULL, NULL, &w.list), 0);
	silent(&w, "one two");
	finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_plain_words_and_phrases_are_found_whole),
	    cmocka_unit_test(t_scunthorpe_is_a_town),
	    cmocka_unit_test(t_homoglyphs_are_seen_through),
	    cmocka_unit_test(t_width_and_invisibles_do_not_matter),
	    cmocka_unit_test(t_combining_marks_fall_away),
	    cmocka_unit_test(t_leet_needs_letters),
	    cmocka_unit_test(t_other_scripts_are_not_disguises),
	    cmocka_unit_test(t_scripts_without_spaces_have_words),
	    cmocka_unit_test(t_regexes_match_as_written),
	    cmocka_unit_test(t_bad_patterns_are_reported_and_left_out),
	    cmocka_unit_test(t_floods_are_capped),
	    cmocka_unit_test(t_a_flood_hides_nothing),
	    cmocka_unit_test(t_a_scan_follows_list_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
