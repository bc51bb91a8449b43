/*
 * `tutela approval`: what waits for a second person. The command line is the machine's operator: it can refuse, but
 * not confirm; what it does itself of what needs two is done, with an alarm and a line in the audit trail (cli_alone).
 */
#include "bin/cli_alone.h"

#include "people/second.h"

static int
print_list(struct tl_cli *c, struct cli_list *l, bool open)
{
	struct tl_proposal *list = NULL;
	size_t n = 0;
	int rc = tl_proposal_list(c->db, open, c->arena, &list, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct tl_user u = {0};
		rc = tl_user_get(c->db, list[i].proposer, c->arena, &u);
		cli_cell_z(l, tl_guarded_names[list[i].op]);
		cli_cell_z(l, tl_proposal_state_names[list[i].state]);
		cli_cell(l, u.name);
		cli_cell(l, list[i].reason);
		cli_cell_time(l, list[i].created_at);
		cli_cell_time(l, list[i].expires_at);
		cli_cell_json(l, list[i].what, "");
		cli_cell_id(l, list[i].id);
	}
	return rc;
}

int
cmd_approval_list(struct tl_cli *c)
{
	static const char *const columns[] = {"operation", "state", "proposer", "reason",
	    "created_at", "expires_at", "what", "id", NULL};
	struct cli_list l;
	cli_list_begin(&l, c, "approvals", columns);
	int rc = print_list(c, &l, true);
	if (rc == 0 && cli_option(c, "all"))
		rc = print_list(c, &l, false);
	cli_list_end(&l, "Nothing waits for a second person.");
	return rc;
}

struct refusal {
	struct tl_proposal p;
	struct tl_str note;
};

static int
store_refusal(struct tl_db *db, void *ctx)
{
	struct refusal *x = ctx;
	return tl_second_close(
	    db, &x->p, TL_PROPOSAL_REFUSE, TL_BY_OPERATOR, (struct tl_id){0}, x->note, "cli");
}

int
cmd_approval_refuse(struct tl_cli *c)
{
	struct refusal x = {.note = tl_str(c->argv[1])};
	struct tl_id id;
	int rc = cli_id("a proposal", c->argv[0], &id);
	if (rc == 0)
		rc = tl_proposal_get(c->db, id, c->arena, &x.p);
	if (rc == TL_ENOTFOUND)
		return cli_fail(rc, "`tutela approval list` shows what waits.",
		    "there is no such proposal");
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, store_refusal, &x);
	return rc < 0 ? rc : cmd_approval_list(c);
}

/* Alone ----------------------------------------------------------------------------------- */

static const struct {
	const char *command;
	enum tl_guarded op;
} alone[] = {
    {"user add", TL_GUARD_PEOPLE_ADD},
    {"user role", TL_GUARD_PEOPLE_CHANGE},
    {"user skills", TL_GUARD_PEOPLE_CHANGE},
    {"user disable", TL_GUARD_PEOPLE_CHANGE},
    {"user enable", TL_GUARD_PEOPLE_CHANGE},
    {"grant set", TL_GUARD_PEOPLE_CHANGE},
    {"grant drop", TL_GUARD_PEOPLE_CHANGE},
    {"user passwd", TL_GUARD_PEOPLE_PASSWORD},
    {"user reset-factors", TL_GUARD_PEOPLE_PASSWORD},
    {"bank enable", TL_GUARD_BANK_CHANGE},
    {"bank disable", TL_GUARD_BANK_CHANGE},
    {"bank set", TL_GUARD_BANK_CHANGE},
    {"bank rename", TL_GUARD_BANK_CHANGE},
    {"bank delete", TL_GUARD_BANK_DELETE},
    {"bank remove", TL_GUARD_BANK_REMOVE},
    {"bank import", TL_GUARD_BANK_IMPORT},
    {"switch set", TL_GUARD_SWITCH},
    {"key add", TL_GUARD_KEY_CREATE},
    {"key set", TL_GUARD_KEY_CHANGE},
    {"key rotate", TL_GUARD_KEY_CHANGE},
    {"key revoke", TL_GUARD_KEY_REVOKE},
    {"minors migrate", TL_GUARD_MIGRATE},
    {"decision reverse", TL_GUARD_REVERSE},
};

static int
store_alone(struct tl_db *db, void *ctx)
{
	const enum tl_guarded *op = ctx;
	return tl_second_alone(db, *op);
}

int
cli_alone(struct tl_cli *c)
{
	for (size_t i = 0; c->db && !c->looked && i < TL_COUNT(alone); i++) {
		if (strcmp(alone[i].command, c->command->name) != 0)
			continue;
		enum tl_guarded op = alone[i].op;
		for (size_t k = 0; k < c->config->two_person.n; k++) {
			if (strcmp(c->config->two_person.v[k], tl_guarded_names[op]) == 0)
				return tl_db_tx(c->db, TL_SYNC_FULL, store_alone, &op);
		}
	}
	return 0;
}
