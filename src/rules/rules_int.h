/* Private to src/rules: what a set consists of. */
#pragma once

#include "lang/eval.h"
#include "lang/parse.h"
#include "rules/rules.h"

#define SET_BYTES_MAX ((size_t)64 << 20)
#define PACKS_MAX 256U
#define VERSION_DIGITS 12U

enum domain { DOMAIN_ANY, DOMAIN_LIST, DOMAIN_BANK, DOMAIN_MODEL, DOMAIN_WINDOW };

enum name_id {
#define R(tag, ...) NAME_##tag,
#include "rules/names.tbl.h"
#undef R
	NAME_COUNT
};

struct rule {
	const struct tl_lang_rule *source;
	struct tl_lang_prog prog;
	uint32_t pack;
	struct tl_str policy;
	struct tl_str label; /* pack@version */
	enum tl_verdict_word outcome;
	const struct tl_action_wish *actions;
	size_t n_actions;
	bool wants_case;
	struct tl_str queue;
	enum tl_severity severity;
	enum tl_verdict_word on_unknown;
	struct tl_str policy_queue;
	enum tl_severity policy_severity;
	const char *inactive; /* why, or NULL */
	bool of_account;      /* asked of accounts after their contacts, never of items */
	bool of_origins;      /* it asks what came from the same place */
};

struct pack {
	struct tl_lang_source source;
	struct tl_lang_pack tree;
	struct tl_str label;
	size_t first_rule; /* of set->rules */
};

struct tl_rule_set {
	int refs; /* atomic */
	struct tl_arena *arena;
	struct tl_lang_schema schema;
	struct pack *packs;
	size_t n_packs;
	struct rule *rules;
	size_t n_rules;
	size_t n_tests;
	char version[VERSION_DIGITS + 1];
};

/* What values.c answers from. */
struct rules_ctx {
	const struct tl_rules_input *in;
	struct tl_arena *arena;
	bool telling;           /* notes for the explanation are wanted */
	enum tl_effect without; /* matches of this weight are left out; FULL: none is */
};

void rules_load_value(
    void *ctx, const struct tl_lang_ref *ref, uint32_t element, struct tl_lang_value *ret);

/* Fills the schema with the table of names and with the banks, lists and models that exist. */
int rules_schema(struct tl_rule_set *set, const struct tl_rules_known *known) TL_MUST;

/* Policy and `then` of one rule, checked against what exists. INPUT when something is wrong. */
int rules_bind(struct tl_rule_set *set, const struct pack *p,
    const struct tl_rules_known *known, struct tl_lang_report *report, struct rule *r) TL_MUST;

/* Rules first … first + n of the set, as they are in force at in->now_us; `trial` runs shadow and inactive
 * ones as if they were live. */
int rules_judge(const struct tl_rule_set *set, size_t first, size_t n, bool trial,
    const struct tl_rules_input *in, struct tl_arena *a, struct tl_verdict *ret) TL_MUST;

/* What the rule is asked of, by the names that it uses. INPUT when `then` does not fit it. */
int rules_scope(const struct pack *p, const struct tl_rules_known *known,
    struct tl_lang_report *report, struct rule *r) TL_MUST;

/* Runs the cases of a pack; failures go to the report. */
int rules_run_tests(
    struct tl_rule_set *set, const struct pack *p, struct tl_lang_report *report) TL_MUST;
