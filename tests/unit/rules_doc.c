/* doc/rules.md: every example loads, every mistake is reported as printed, every name is listed. */
#include "config/policy.h"
#include "rules/rules_int.h"
#include "rules_unit.h"

struct doc {
	struct tl_arena *arena;
	struct tl_str text;
	const struct tl_policy_set *policies;
	struct tl_rules_bank banks[64];
	struct tl_rules_known known;
};

static void
doc_open(struct doc *d)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	memset(d, 0, sizeof *d);
	d->arena = tl_arena_create(4 << 20);
	assert_int_equal(0, tl_file_read(TEST_DATA "/../../doc/rules.md", 1 << 20, &b));
	d->text = tl_arena_dup(d->arena, tl_buf_str(&b));
	assert_int_equal(0, tl_policy_load(TEST_DATA "/../../policy", &d->policies));
	d->known.policies = d->policies;
	d->known.banks = d->banks;
	d->known.bank_count = demo_banks(d->arena, d->banks, TL_COUNT(d->banks));
	d->known.detectors = demo_detectors;
	d->known.detector_count = TL_COUNT(demo_detectors);
}

static void
doc_close(struct doc *d)
{
	tl_policy_unref(d->policies);
	tl_arena_destroy(d->arena);
}

/* The next fenced block: its word and its text. */
static bool
next_block(struct doc *d, size_t *at, struct tl_str *ret_word, struct tl_str *ret_text)
{
	const char *z = (const char *)d->text.p;
	const char *open = strstr(z + *at, "\n```");
	if (!open)
		return false;
	const char *word = open + 4;
	const char *body = strchr(word, '\n') + 1;
	const char *close = strstr(body - 1, "\n```\n");
	assert_non_null(close);
	*ret_word = tl_bytes(word, (size_t)(body - 1 - word));
	*ret_text = tl_bytes(body, (size_t)(close + 1 - body));
	*at = (size_t)(close + 4 - z);
	return true;
}

static void
t_examples_are_true(void **state)
{
	(void)state;
	struct doc d;
	struct tl_str word, text, broken = {0};
	size_t at = 0, good = 0, bad = 0;
	doc_open(&d);
	while (next_block(&d, &at, &word, &text)) {
		struct tl_lang_report r;
		const struct tl_rule_set *set;
		tl_lang_report_init(&r, d.arena);
		if (tl_str_is(word, "rules")) {
			if (tl_rules_load_text("example.rules", text, &d.known, &r, &set) < 0)
				fail_msg("%s", tl_buf_z(&r.text));
			tl_rules_unref(set);
			good++;
		} else if (tl_str_is(word, "broken")) {
			broken = text;
		} else if (tl_str_is(word, "error")) {
			assert_true(tl_rules_load_text(
					"example.rules", broken, &d.known, &r, &set) < 0);
			if (!tl_str_eq(text, tl_buf_str(&r.text)))
				fail_msg("%.*s\n%s", TL_ARG(broken), tl_buf_z(&r.text));
			bad++;
		} else {
			fail_msg("a block of an unknown kind: %.*s", TL_ARG(word));
		}
		tl_lang_report_fini(&r);
	}
	assert_true(good >= 4 && bad >= 3);
	doc_close(&d);
}

static void
t_every_name_is_listed(void **state)
{
	(void)state;
	static const struct tl_lang_name names[] = {
#define R(tag, ...) {__VA_ARGS__},
#include "rules/names.tbl.h"
#undef R
	};
	struct doc d;
	doc_open(&d);
	for (size_t i = 0; i < TL_COUNT(names); i++) {
		char want[80];
		(void)snprintf(want, sizeof want, "`%s%s%s", names[i].owner ? "m." : "",
		    names[i].name, names[i].call ? "(" : "`");
		if (!strstr((const char *)d.text.p, want))
			fail_msg("doc/rules.md does not list %s", names[i].name);
	}
	doc_close(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_examples_are_true),
	    cmocka_unit_test(t_every_name_is_listed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
