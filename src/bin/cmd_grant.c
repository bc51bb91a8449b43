/*
 * `tutela grant`: what a person may do on which queue, policy and class of evidence.
 *
 * Promises: a person's grants change together, checked against the policies and audited. Failures: unknown words and
 * names, with where to look. Called through the table of commands.
 */
#include "bin/cli_user.h"
#include "config/policy.h"
#include "people/people.h"
#include "store/grants.h"

static int
list_of(struct tl_cli *c, struct cli_list *l, const struct tl_user *u)
{
	struct tl_grant *grants = NULL;
	size_t n = 0;
	int rc = tl_grants_of(c->db, u->id, c->arena, &grants, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		char acts[TL_ACTS_TEXT];
		tl_acts_text(acts, grants[i].acts);
		cli_cell(l, u->name);
		cli_cell_z(l, tl_grant_kind_names[grants[i].kind]);
		cli_cell(l, grants[i].name);
		cli_cell_words(l, tl_arena_dup(c->arena, tl_str(acts)));
	}
	return rc;
}

int
cmd_grant_list(struct tl_cli *c)
{
	static const char *const columns[] = {"user", "kind", "name", "acts", NULL};
	struct tl_user *users = NULL;
	size_t n = 0;
	int rc = cli_users(c, &users, &n);
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_list_begin(&l, c, "grants", columns);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = list_of(c, &l, &users[i]);
	cli_list_end(&l, "Nobody is narrowed: roles and skills alone decide.");
	return rc;
}

struct change {
	struct tl_user user;
	struct tl_grant grants[TL_GRANTS_MAX];
	size_t count;
};

static int
store_grants(struct tl_db *db, void *ctx)
{
	const struct change *x = ctx;
	return tl_user_change_grants(db, x->user.id, x->grants, x->count, "cli");
}

/* Everything but the named one, and which one that is: NAME KIND WHAT of the command line. */
static int
read_change(struct tl_cli *c, struct change **ret, struct tl_grant *named, bool *ret_was)
{
	int kind = 0;
	struct tl_grant *list = NULL;
	size_t n = 0;
	struct change *x = TL_NEW(c->arena, struct change);
	int rc = tl_arena_check(c->arena);
	if (rc == 0)
		rc = cli_word("KIND", c->argv[1], tl_grant_kind_names, &kind);
	if (rc == 0)
		rc = cli_user(c, c->argv[0], &x->user);
	if (rc == 0)
		rc = tl_grants_of(c->db, x->user.id, c->arena, &list, &n);
	if (rc < 0)
		return rc;
	*named =
	    (struct tl_grant){.kind = (enum tl_grant_kind)kind, .name = tl_str(c->argv[2])};
	*ret_was = false;
	for (size_t i = 0; i < n; i++) {
		if (list[i].kind == named->kind && tl_str_eq(list[i].name, named->name))
			*ret_was = true;
		else
			x->grants[x->count++] = list[i];
	}
	*ret = x;
	return 0;
}

static int
finish(struct tl_cli *c, struct change *x)
{
	int rc = tl_db_tx(c->db, TL_SYNC_FULL, store_grants, x);
	if (rc < 0)
		return rc;
	c->argc = 1;
	return cmd_grant_list(c);
}

static int
check(struct tl_cli *c, const struct tl_grant *g)
{
	char dir[TL_PATH_MAX];
	const struct tl_policy_set *set = NULL;
	int rc = tl_config_path(c->config, c->config->policy_dir, dir);
	if (rc == 0)
		rc = tl_policy_load(dir, &set);
	if (rc < 0)
		return rc;
	rc = tl_grant_check(set, g);
	tl_policy_unref(set);
	return rc;
}

int
cmd_grant_set(struct tl_cli *c)
{
	struct change *x = NULL;
	struct tl_grant g = {0};
	bool was = false;
	int rc = read_change(c, &x, &g, &was);
	if (rc == 0)
		rc = tl_acts_parse(tl_str(c->argv[3]), &g.acts);
	if (rc == 0)
		rc = check(c, &g);
	if (rc < 0)
		return rc;
	if (x->count == TL_GRANTS_MAX)
		return cli_fail(TL_EFIELD, "`tutela grant drop` takes one away.",
		    "a person has at most %d grants", TL_GRANTS_MAX);
	x->grants[x->count++] = g;
	return finish(c, x);
}

int
cmd_grant_drop(struct tl_cli *c)
{
	struct change *x = NULL;
	struct tl_grant g = {0};
	bool was = false;
	int rc = read_change(c, &x, &g, &was);
	if (rc < 0)
		return rc;
	if (!was)
		return cli_fail(TL_ENOTFOUND, "`tutela grant list` shows all.",
		    "there is no such grant of \"%s\"", c->argv[0]);
	return finish(c, x);
}
