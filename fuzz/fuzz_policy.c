/*
 * Fuzzes the reading of policy files: the YAML door and the checks behind it. The first byte says which of the five
 * files the rest replaces; the others are small and right. Nothing may crash, leak or loop; every error has a place.
 */
#include "config/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ACTIONS                                                                                \
	"actions:\n- {name: restore, title: R, subjects: [item], sentence: Back., help: "      \
	"Back.}\n"                                                                             \
	"- {name: remove, title: R, key: r, restriction: VISIBILITY_CONTENT_REMOVED, "         \
	"subjects: [item], reverse: restore, sentence: Gone., help: Gone.}\n"
#define POLICIES                                                                               \
	"policies:\n- id: a\n  title: A\n  category: VIOLENCE\n  severity: low\n"              \
	"  on_unknown: review\n  queue: general\n  actions: [remove]\n  ground: "              \
	"incompatible\n"                                                                       \
	"  clause: C\n  explanation: E\n  facts: F\n  counts: X\n  not: Y\n"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_str texts[TL_POLICY_FILES] = {
	    TL_S("queues:\n- {name: general, title: General}\n"), TL_S(ACTIONS), TL_S(POLICIES),
	    TL_S("language: en\ntexts: {greeting.item: x}\n"), {0}};
	if (size == 0 || size > 65536)
		return 0;
	texts[data[0] % TL_POLICY_FILES] = tl_bytes(data + 1, size - 1);
	const struct tl_policy_set *set = NULL;
	if (tl_policy_parse(texts, &set) == 0)
		tl_policy_unref(set);
	return 0;
}
