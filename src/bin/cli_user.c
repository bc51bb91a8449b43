/*
 * Finding the people whom a command names.
 *
 * Promises: what it found lives in the command's arena. Failures: NOTFOUND with the command that shows the names; what
 * the store says. Called by the commands of people, their sessions and their grants.
 */
#include "bin/cli_user.h"

int
cli_user(struct tl_cli *c, const char *name, struct tl_user *ret)
{
	int rc = tl_user_find(c->db, tl_str(name), c->arena, ret);
	if (rc == TL_ENOTFOUND)
		return cli_fail(
		    rc, "`tutela user list` shows everybody.", "there is no user \"%s\"", name);
	return rc;
}

int
cli_users(struct tl_cli *c, struct tl_user **ret, size_t *ret_count)
{
	if (c->argc == 0)
		return tl_user_list(c->db, c->arena, ret, ret_count);
	struct tl_user *one = TL_NEW(c->arena, struct tl_user);
	int rc = tl_arena_check(c->arena);
	if (rc == 0)
		rc = cli_user(c, c->argv[0], one);
	if (rc < 0)
		return rc;
	*ret = one;
	*ret_count = 1;
	return 0;
}
