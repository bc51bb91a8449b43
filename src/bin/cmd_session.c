/*
 * `tutela session`, and what helps people who cannot sign in any more.
 *
 * Promises: every change is audited, in its transaction. Failures: unknown names and ids, with where to look. Called through
 * the table of commands.
 */
#include "bin/cli_user.h"
#include "people/signin.h"

static int
list_of(struct tl_cli *c, struct cli_list *l, const struct tl_user *u)
{
	struct tl_session_row *rows = NULL;
	size_t n = 0;
	int rc = tl_session_list(c->db, u->id, 0, c->arena, &rows, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		cli_cell(l, u->name);
		cli_cell(l, rows[i].device);
		cli_cell(l, rows[i].address);
		cli_cell_time(l, rows[i].created_at);
		cli_cell_time(l, rows[i].seen_at);
		cli_cell_time(l, rows[i].expires_at);
		cli_cell_id(l, tl_session_id(rows[i].hash));
	}
	return rc;
}

int
cmd_session_list(struct tl_cli *c)
{
	static const char *const columns[] = {
	    "name", "device", "address", "created_at", "seen_at", "expires_at", "id", NULL};
	struct tl_user *users = NULL;
	size_t n = 0;
	int rc = cli_users(c, &users, &n);
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_list_begin(&l, c, "sessions", columns);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = list_of(c, &l, &users[i]);
	cli_list_end(&l, "Nobody is signed in.");
	return rc;
}

struct change {
	struct tl_cli *cli;
	struct tl_user user;
	struct tl_id session; /* nil: all */
};

static int
end_sessions(struct tl_db *db, void *ctx)
{
	const struct change *x = ctx;
	if (tl_id_is_nil(x->session))
		return tl_session_end_all(db, x->user.id, NULL, "cli");
	return tl_session_end_one(db, x->cli->arena, x->user.id, x->session, "cli");
}

static int
unlock(struct tl_db *db, void *ctx)
{
	const struct change *x = ctx;
	return tl_user_unlock(db, x->user.id, "cli");
}

static int
reset(struct tl_db *db, void *ctx)
{
	const struct change *x = ctx;
	return tl_factors_reset(db, x->user.id, "cli");
}

static int
change(struct tl_cli *c, struct change *x, int (*fn)(struct tl_db *db, void *ctx))
{
	x->cli = c;
	int rc = cli_user(c, c->argv[0], &x->user);
	return rc < 0 ? rc : tl_db_tx(c->db, TL_SYNC_FULL, fn, x);
}

int
cmd_session_end(struct tl_cli *c)
{
	struct change x = {0};
	int rc = c->argc > 1 ? cli_id("a session", c->argv[1], &x.session) : 0;
	return rc < 0 ? rc : change(c, &x, end_sessions);
}

int
cmd_user_unlock(struct tl_cli *c)
{
	struct change x = {0};
	return change(c, &x, unlock);
}

int
cmd_user_reset_factors(struct tl_cli *c)
{
	struct change x = {0};
	int rc = change(c, &x, reset);
	if (rc == 0)
		cli_say(c, "Their next sign-in asks for the password alone.");
	return rc;
}
