/*
 * How fast rules run: 50 rules over one item with findings, and over one without. Prints a line for people a
 * figure and, last, one JSON object. Usage: rules POLICY_FOLDER.
 */
#include "timing.h"

#include "base/arena.h"
#include "config/policy.h"
#include "rules/rules.h"
#include "sys/clock.h"
#include "sys/crypto.h"

#include <stdio.h>
#include <stdlib.h>

#define RULES 50
#define ROUNDS 9
#define ROUND_US (200 * TL_US_MS)

static const struct tl_rules_bank banks[] = {
    {TL_S("pictures"), TL_BANK_PDQ},
    {TL_S("exact"), TL_BANK_DIGEST},
    {TL_S("words"), TL_BANK_TEXT},
};
static const struct tl_str detectors[] = {TL_S("pdq"), TL_S("digest"), TL_S("text")};

/* What packs are made of, in turn. */
static const char *const conditions[] = {
    "media.exists(m, m.in_bank('pictures') || m.in_bank('exact'))",
    "text.in_list('words') && !text.contains('DEMO-NEWS-REPORT')",
    "item.kind == 'message' && item.audience == 'direct' && author.age_band == '18+' && "
    "text.in_list('words')",
    "text.hits('words') >= 2 && author.strikes >= 2",
    "flags.users >= 3 && item.views > 10000",
    "media.exists(m, m.distance('pictures') <= 20) && author.age_days < 30",
    "item.language in ['de', 'fr', 'nl'] && now - item.posted_at < '7d' && item.engagement > "
    "50",
    "media.exists(m, m.state == 'unscannable')",
};

static const struct tl_rule_set *
load(const char *policy_dir)
{
	struct tl_arena *a = tl_arena_create(1 << 20);
	struct tl_buf text = {0};
	struct tl_lang_report report;
	const struct tl_policy_set *policies;
	const struct tl_rule_set *set;
	tl_lang_report_init(&report, a);
	if (tl_policy_load(policy_dir, &policies) < 0) {
		(void)fprintf(stderr, "%s\n", tl_err_text());
		exit(1);
	}
	for (unsigned i = 0; i < RULES; i++)
		tl_buf_printf(&text, "rule r%u policy terms.spam when %s then review\n", i,
		    conditions[i % TL_COUNT(conditions)]);
	struct tl_rules_known known = {
	    policies, banks, TL_COUNT(banks), detectors, TL_COUNT(detectors)};
	if (tl_rules_load_text("bench.rules", tl_buf_str(&text), &known, &report, &set) < 0) {
		(void)fputs(tl_buf_z(&report.text), stderr);
		exit(1);
	}
	tl_policy_unref(policies);
	tl_buf_fini(&text);
	tl_lang_report_fini(&report);
	tl_arena_destroy(a);
	return set;
}

static void
fill(struct tl_item *item, struct tl_signal *signals)
{
	*item = (struct tl_item){.kind = TL_KIND_MESSAGE, .audience = TL_AUDIENCE_DIRECT};
	item->language = TL_S("de");
	item->views = 20000;
	item->posted_at = tl_now_us() - TL_US_HOUR;
	item->fields[0] = (struct tl_field){
	    TL_S("body"), TL_S("an ordinary text of some length, with words")};
	item->field_count = 1;
	item->media_count = 1;
	item->media[0].state = TL_MEDIA_DECODED;
	item->media[0].has_pdq = true;
	signals[0] = (struct tl_signal){
	    .detector = TL_S("text"), .label = TL_S("words"), .distance = -1};
	signals[1] = (struct tl_signal){
	    .detector = TL_S("pdq"), .label = TL_S("pictures"), .distance = 12};
	signals[1].has_media = true;
}

/* Median of rule evaluations a second. */
static double
measure(const char *what, const struct tl_rule_set *set, const struct tl_rules_input *in)
{
	struct tl_arena *a = tl_arena_create(1 << 20);
	double rates[ROUNDS];
	size_t reasons = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		int64_t from = tl_mono_us(), to = from;
		uint64_t n = 0;
		while (to - from < ROUND_US) {
			struct tl_verdict v;
			tl_arena_reset(a);
			if (tl_rules_verdict(set, in, a, &v) < 0)
				exit(1);
			reasons = v.reason_count;
			n += RULES;
			to = n % (RULES * 16) ? to : tl_mono_us();
		}
		rates[i] = (double)n * 1e6 / (double)(to - from);
	}
	tl_arena_destroy(a);
	timing_sort(rates, ROUNDS);
	(void)printf("%-32s %10.0f rules/s (%.0f to %.0f), %zu reasons an item\n", what,
	    rates[ROUNDS / 2], rates[0], rates[ROUNDS - 1], reasons);
	return rates[ROUNDS / 2];
}

int
main(int argc, char **argv)
{
	if (argc != 2 || tl_crypto_init() < 0)
		return 2;
	const struct tl_rule_set *set = load(argv[1]);
	struct tl_item item;
	struct tl_signal signals[2];
	struct tl_account author = {.age_band = TL_AGE_18, .strikes = 1};
	fill(&item, signals);
	author.created_at = tl_now_us() - 300 * TL_US_DAY;
	struct tl_rules_input in = {.item = &item, .account = &author, .now_us = tl_now_us()};
	double quiet = measure("50 rules, nothing found", set, &in);
	in.signals = signals;
	in.signal_count = 2;
	double loud = measure("50 rules, findings explained", set, &in);
	(void)printf("{\"bench\":\"rules\",\"figures\":{\"quiet_rules_per_s\":%.0f,"
		     "\"loud_rules_per_s\":%.0f},\"peers\":{}}\n",
	    quiet, loud);
	tl_rules_unref(set);
	return 0;
}
