/* `tutela decision`: taking a decision back when the undo window is long over. */
#include "bin/cli.h"
#include "bin/cli_rules.h"
#include "config/policy.h"
#include "decide/decide.h"
#include "report/statement.h"
#include "store/people.h"
#include "sys/clock.h"

struct reversing {
	struct tl_cli *cli;
	struct tl_decide_env env;
	struct tl_reversal reversal;
	struct tl_id made;
};

static int
store_reversal(struct tl_db *db, void *ctx)
{
	struct reversing *x = ctx;
	char text[TL_ID_TEXT];
	int rc = tl_decide_reverse(db, &x->env, &x->reversal, &x->made);
	tl_id_text(text, x->reversal.decision);
	return rc < 0 ? rc
		      : tl_audit_add(db, "cli", "decision.reverse", tl_str(text), TL_S(""));
}

static int
who(struct tl_cli *c, struct tl_id *ret)
{
	const char *name = cli_option(c, "by");
	struct tl_user u;
	if (!name)
		return tl_fail(TL_EUSAGE, "--by NAME: a reversal is somebody's decision");
	int rc = tl_user_find(c->db, tl_str(name), c->arena, &u);
	if (rc == TL_ENOTFOUND)
		return cli_fail(
		    rc, "`tutela user list` shows people.", "there is no person \"%s\"", name);
	if (rc == 0)
		*ret = u.id;
	return rc;
}

static int
reverse(struct tl_cli *c, struct reversing *x, const struct tl_policy_set *set)
{
	struct tl_statement_env statement = {.policies = set,
	    .service_name = c->config->service_name,
	    .complaint_url = c->config->complaint_url,
	    .contact = c->config->contact,
	    .complaint_days = c->config->complaint_days};
	x->env = (struct tl_decide_env){.policies = set,
	    .service = c->config->service_name,
	    .public_url = c->config->public_url,
	    .undo_us = c->config->undo_seconds * TL_US_S,
	    .statement = tl_statement_hook,
	    .statement_ctx = &statement};
	return tl_db_tx(c->db, TL_SYNC_FULL, store_reversal, x);
}

int
cmd_decision_reverse(struct tl_cli *c)
{
	static const char *const columns[] = {"id", "reverses", NULL};
	const char *facts = cli_option(c, "facts");
	struct reversing x = {.cli = c};
	struct cli_rules rules TL_CLEANUP(cli_rules_free);
	int rc = cli_policies_load(c, &rules);
	x.reversal.trigger =
	    cli_option(c, "appeal") ? TL_TRIGGER_APPEAL : TL_TRIGGER_CORRECTION;
	x.reversal.facts =
	    tl_str(facts ? facts : "The decision was looked at again and taken back.");
	if (rc == 0)
		rc = cli_id("a decision", c->argv[0], &x.reversal.decision);
	if (rc == 0)
		rc = who(c, &x.reversal.user);
	if (rc == 0)
		rc = reverse(c, &x, rules.policies);
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell_id(&l, x.made);
	cli_cell_id(&l, x.reversal.decision);
	cli_list_end(&l, "");
	cli_say(c, "What it restricted is being restored; see the item's trail.");
	return 0;
}
