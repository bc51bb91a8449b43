/* `tutela rule` and `tutela policy`: what the rules are, and whether they can go live. */
#include "bin/cli.h"
#include "bin/cli_rules.h"
#include "store/banks.h"
#include "sys/clock.h"

/* A rule that acts on what an allow-list matches: it sends it to a person instead, which is hardly meant. */
static int
warn_of_allow_lists(struct tl_cli *c, const struct tl_rule_set *set, int64_t *ret)
{
	struct tl_bank *banks = NULL;
	size_t n = 0;
	int rc = c->db ? tl_bank_list(c->db, c->arena, &banks, &n) : 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		for (size_t k = 0; k < tl_rules_count(set); k++) {
			struct tl_rule_view v;
			tl_rules_view(set, k, 0, &v);
			if (banks[i].direction != TL_DIRECTION_ALLOW ||
			    v.outcome <= TL_VERDICT_REVIEW ||
			    !tl_rules_count_on_bank(&v, banks[i].name))
				continue;
			(*ret)++;
			(void)fprintf(stderr,
			    "%.*s:%u: warning: the rule \"%.*s\" would %s what the "
			    "allow-list \"%.*s\" holds to be harmless; it is only sent to "
			    "a person. Take it out, or ask that it does not match: "
			    "!m.in_bank(\"%.*s\")\n",
			    TL_ARG(v.pack), v.line, TL_ARG(v.name),
			    tl_verdict_word_names[v.outcome], TL_ARG(banks[i].name),
			    TL_ARG(banks[i].name));
		}
	}
	return rc;
}

int
cmd_rule_check(struct tl_cli *c)
{
	static const char *const columns[] = {
	    "version", "rules", "tests", "errors", "warnings", NULL};
	struct cli_rules r;
	int rc = cli_rules_load(c, c->argc ? c->argv[0] : NULL, &r);
	if (rc < 0 && r.report.count == 0) {
		cli_rules_free(&r);
		return rc;
	}
	if (rc < 0)
		(void)fwrite(r.report.text.p, 1, r.report.text.n, stderr);
	int64_t warnings = 0;
	int warned = rc < 0 ? 0 : warn_of_allow_lists(c, r.set, &warnings);
	if (warned < 0) {
		cli_rules_free(&r);
		return warned;
	}
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell(&l, r.set ? tl_rules_version(r.set) : (struct tl_str){0});
	cli_cell_int(&l, r.set ? (int64_t)tl_rules_count(r.set) : 0);
	cli_cell_int(&l, r.set ? (int64_t)tl_rules_test_count(r.set) : 0);
	cli_cell_int(&l, r.report.count);
	cli_cell_int(&l, warnings);
	cli_list_end(&l, "");
	c->exit = rc < 0 ? CLI_FOUND : CLI_DONE;
	cli_rules_free(&r);
	return 0;
}

int
cmd_rule_list(struct tl_cli *c)
{
	static const char *const states[] = {[TL_RULE_ACTIVE] = "active",
	    [TL_RULE_SHADOW] = "shadow",
	    [TL_RULE_INACTIVE] = "inactive"};
	static const char *const columns[] = {
	    "rule", "policy", "outcome", "state", "why", "pack", "line", NULL};
	struct cli_rules r;
	int rc = cli_rules_load(c, NULL, &r);
	struct cli_list l;
	cli_list_begin(&l, c, "rules", columns);
	for (size_t i = 0; rc == 0 && i < tl_rules_count(r.set); i++) {
		struct tl_rule_view v;
		tl_rules_view(r.set, i, tl_now_us(), &v);
		cli_cell(&l, v.name);
		cli_cell(&l, v.policy);
		cli_cell_z(&l, tl_verdict_word_names[v.outcome]);
		cli_cell_z(&l, states[v.state]);
		cli_cell(&l, v.why);
		cli_cell(&l, v.pack);
		cli_cell_int(&l, v.line);
	}
	cli_list_end(&l, "There are no rules.");
	cli_rules_free(&r);
	return rc;
}

int
cmd_policy_list(struct tl_cli *c)
{
	static const char *const columns[] = {
	    "policy", "severity", "clock_s", "ground", "on_unknown", "queue", "title", NULL};
	struct cli_rules r;
	int rc = cli_policies_load(c, &r);
	struct cli_list l;
	cli_list_begin(&l, c, "policies", columns);
	for (size_t i = 0; rc == 0 && i < r.policies->policy_count; i++) {
		const struct tl_policy *p = &r.policies->policies[i];
		cli_cell(&l, p->id);
		cli_cell_z(&l, tl_severity_names[p->severity]);
		cli_cell_int(&l, p->clock_us / TL_US_S);
		cli_cell_z(&l, tl_ground_names[p->ground]);
		cli_cell_z(&l, tl_verdict_word_names[p->on_unknown]);
		cli_cell(&l, p->queue);
		cli_cell(&l, p->title);
	}
	cli_list_end(&l, "There are no policies.");
	cli_rules_free(&r);
	return rc;
}
