/* Rule packs against hostile text: whatever loads also judges, and what is refused says where. */
#include "../tests/unit/rules_known.h"
#include "base/arena.h"
#include "base/buf.h"

#include <stdlib.h>

#define TEXT_MAX 20000U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
judge(const struct tl_rule_set *set, struct tl_arena *a)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf json = {0};
	static struct tl_item item;
	static struct tl_signal signals[3];
	static const struct tl_contact_figures figures;
	struct tl_account author = {.age_band = TL_AGE_13_15, .strikes = 2};
	struct tl_rules_input in = {&item, &author, signals, 3, {1, 2, 3, 4}, NULL, &figures,
	    INT64_C(1790000000000000)};
	struct tl_verdict v;
	struct tl_rule_view view;
	item.media_count = 2;
	item.media[0].state = TL_MEDIA_DECODED;
	item.media[1].state = TL_MEDIA_UNSCANNABLE;
	item.fields[0] = (struct tl_field){TL_S("body"), TL_S("a text")};
	item.field_count = 1;
	signals[0] =
	    (struct tl_signal){.detector = TL_S("pdq"), .label = TL_S("csam"), .distance = 3};
	signals[1] =
	    (struct tl_signal){.detector = TL_S("text"), .label = TL_S("hate"), .distance = -1};
	signals[2] = (struct tl_signal){.detector = TL_S("digest"), .failed = true};
	if (tl_rules_verdict(set, &in, a, &v) < 0)
		return;
	tl_rules_reasons_json(&json, NULL, &v);
	in.item = NULL;
	if (tl_rules_account_verdict(set, &in, a, &v) < 0)
		return;
	tl_rules_reasons_json(&json, NULL, &v);
	for (size_t i = 0; i < tl_rules_count(set); i++)
		tl_rules_view(set, i, in.now_us, &view);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tl_arena *a;
	struct tl_lang_report report;
	const struct tl_rule_set *set;
	if (!a)
		a = tl_arena_create((size_t)8 << 20);
	tl_arena_reset(a);
	tl_lang_report_init(&report, a);
	struct tl_str text = tl_bytes(data, size < TEXT_MAX ? size : TEXT_MAX);
	int err = tl_rules_load_text("fuzz.rules", text, &rules_known, &report, &set);
	if (err < 0 && report.count == 0 && tl_err_kind(err) == TL_INPUT)
		abort();
	if (err == 0) {
		judge(set, a);
		tl_rules_unref(set);
	}
	tl_lang_report_fini(&report);
	return 0;
}
