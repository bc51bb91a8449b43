/*
 * Loads policies, and rules checked against them and against the banks that are in the store.
 */
#include "bin/cli_rules.h"

#include "detect/detect.h"
#include "detect/text/topics.h"
#include "store/banks.h"

int
cli_policies_load(struct tl_cli *c, struct cli_rules *ret)
{
	char dir[TL_PATH_MAX];
	*ret = (struct cli_rules){0};
	tl_lang_report_init(&ret->report, c->arena);
	int rc = tl_config_path(c->config, c->config->policy_dir, dir);
	return rc < 0 ? rc : tl_policy_load(dir, &ret->policies);
}

static int
known_banks(struct tl_cli *c, struct tl_rules_known *known)
{
	struct tl_bank *banks;
	size_t n;
	if (!c->db) {
		int rc = cli_open_store(c);
		if (rc < 0)
			return rc == TL_ENOTFOUND ? 0 : rc;
	}
	int rc = tl_bank_list(c->db, c->arena, &banks, &n);
	if (rc < 0)
		return rc;
	struct tl_rules_bank *list = TL_NEWS(c->arena, struct tl_rules_bank, n + 1);
	for (size_t i = 0; list && i < n; i++)
		list[i] = (struct tl_rules_bank){banks[i].name, banks[i].kind};
	known->banks = list;
	known->bank_count = list ? n : 0;
	return tl_arena_check(c->arena);
}

static int
known_detectors(struct tl_cli *c, struct tl_rules_known *known)
{
	size_t n = 0;
	while (tl_detector_names[n])
		n++;
	struct tl_str *names = TL_NEWS(c->arena, struct tl_str, n + 1);
	for (size_t i = 0; names && i < n; i++)
		names[i] = tl_str(tl_detector_names[i]);
	known->detectors = names;
	known->detector_count = names ? n : 0;
	return tl_arena_check(c->arena);
}

/* Terms of searches and comments that could not be used would be refused by the server. */
static int
check_topics(const struct tl_policy_set *set)
{
	int rc = 0;
	for (int use = 0; use < TL_LIST_USES && rc == 0; use++) {
		struct tl_topics *t = NULL;
		rc = tl_topics_create(set->interventions, (enum tl_list_use)use, &t);
		tl_topics_destroy(t);
	}
	return rc;
}

int
cli_rules_load(struct tl_cli *c, const char *dir, struct cli_rules *ret)
{
	char own[TL_PATH_MAX], name[TL_PATH_MAX];
	int rc = cli_policies_load(c, ret);
	struct tl_rules_known known = {.policies = ret->policies};
	if (rc == 0)
		rc = check_topics(ret->policies);
	if (rc == 0)
		rc = known_banks(c, &known);
	if (rc == 0)
		rc = known_detectors(c, &known);
	if (rc == 0 && !dir) {
		(void)snprintf(name, sizeof name, "%.4000s/rules", c->config->policy_dir);
		rc = tl_config_path(c->config, name, own);
		dir = own;
	}
	return rc < 0 ? rc : tl_rules_load(dir, &known, &ret->report, &ret->set);
}

void
cli_rules_free(struct cli_rules *r)
{
	tl_rules_unref(r->set);
	tl_policy_unref(r->policies);
	tl_lang_report_fini(&r->report);
}

int
cli_policy_there(struct tl_cli *c, struct tl_str policy)
{
	struct cli_rules r TL_CLEANUP(cli_rules_free);
	int rc = cli_policies_load(c, &r);
	if (rc == 0 && !tl_policy_find(r.policies, policy))
		return cli_fail(TL_EUSAGE, "`tutela policy list` shows them.",
		    "--policy: there is no policy \"%.*s\"", TL_ARG(policy));
	return rc;
}
