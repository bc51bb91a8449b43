/* Policies and rules as the worker would load them, for `rule`, `policy` and `doctor`. */
#pragma once

#include "bin/cli.h"
#include "config/policy.h"
#include "rules/rules.h"

struct cli_rules {
	const struct tl_policy_set *policies;
	const struct tl_rule_set *set; /* NULL when there are errors */
	struct tl_lang_report report;
};

/* The policies alone. cli_rules_free in every case. */
int cli_policies_load(struct tl_cli *c, struct cli_rules *ret) TL_MUST;
/* `dir` NULL: the folder of the configuration. Without a store no banks are known. */
int cli_rules_load(struct tl_cli *c, const char *dir, struct cli_rules *ret) TL_MUST;
/* Of --policy: EUSAGE when there is none of that name. */
int cli_policy_there(struct tl_cli *c, struct tl_str policy) TL_MUST;
void cli_rules_free(struct cli_rules *r);
