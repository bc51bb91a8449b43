/*
 * Owns the table of names (names.tbl.h) as the language sees it, and the words that may stand in its brackets.
 *
 * Promises: a bank's kind decides which detector in_bank() needs, so that a missing detector makes exactly the
 * rules inactive that rest on it. LIMIT when the arena is full. Called by set.c.
 */
#include "rules/rules_int.h"

#include "base/arena.h"
#include "core/contact.h"

static const struct tl_lang_name names[] = {
#define R(tag, ...) {__VA_ARGS__, .id = NAME_##tag},
#include "rules/names.tbl.h"
#undef R
};

static struct tl_str
model_of(struct tl_str detector)
{
	struct tl_str prefix = TL_S("model:");
	bool is = detector.n > prefix.n && memcmp(detector.p, prefix.p, prefix.n) == 0;
	return is ? tl_bytes(detector.p + prefix.n, detector.n - prefix.n) : (struct tl_str){0};
}

/* One domain while it is being filled. */
struct filling {
	struct tl_lang_word *words;
	size_t n;
};

static void
put_word(struct tl_arena *a, struct filling *f, struct tl_str word, const char *detector)
{
	f->words[f->n++] = (struct tl_lang_word){tl_arena_dup(a, word), detector};
}

static void
fill_banks(struct tl_arena *a, const struct tl_rules_known *known, struct filling *f)
{
	for (size_t i = 0; i < known->bank_count; i++) {
		const struct tl_rules_bank *b = &known->banks[i];
		enum domain d = b->kind == TL_BANK_TEXT ? DOMAIN_LIST : DOMAIN_BANK;
		put_word(a, &f[d], b->name,
		    d == DOMAIN_BANK && b->kind != TL_BANK_PDQ ? tl_bank_kind_names[b->kind]
							       : NULL);
	}
}

static void
fill_models(struct tl_arena *a, const struct tl_rules_known *known, struct filling *f)
{
	for (size_t i = 0; i < known->detector_count; i++) {
		struct tl_str model = model_of(known->detectors[i]);
		if (model.n)
			put_word(a, &f[DOMAIN_MODEL], model, NULL);
	}
}

static void
fill_windows(struct tl_arena *a, struct filling *f)
{
	for (int w = 0; w < tl_contact_window_count; w++)
		put_word(a, &f[DOMAIN_WINDOW], tl_str(tl_contact_window_names[w]), NULL);
}

int
rules_schema(struct tl_rule_set *set, const struct tl_rules_known *known)
{
	static const struct tl_lang_domain kinds[] = {
	    [DOMAIN_LIST] = {.what = "list"},
	    [DOMAIN_BANK] = {.what = "bank"},
	    [DOMAIN_MODEL] = {.what = "model", .open = true},
	    [DOMAIN_WINDOW] = {.what = "window"},
	};
	struct filling f[TL_COUNT(kinds)] = {0};
	struct tl_lang_domain *domains =
	    TL_NEWS(set->arena, struct tl_lang_domain, TL_COUNT(kinds));
	size_t most = known->bank_count + known->detector_count + tl_contact_window_count;
	for (size_t i = 1; i < TL_COUNT(kinds); i++)
		f[i].words = TL_NEWS(set->arena, struct tl_lang_word, most);
	int err = tl_arena_check(set->arena);
	if (err < 0)
		return err;
	fill_banks(set->arena, known, f);
	fill_models(set->arena, known, f);
	fill_windows(set->arena, f);
	for (size_t i = 1; i < TL_COUNT(kinds); i++) {
		domains[i - 1] = kinds[i];
		domains[i - 1].words = f[i].words;
		domains[i - 1].count = f[i].n;
	}
	set->schema =
	    (struct tl_lang_schema){names, TL_COUNT(names), domains, TL_COUNT(kinds) - 1};
	return tl_arena_check(set->arena);
}
