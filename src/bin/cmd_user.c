/* `tutela user`: people, their passwords, roles and skills. */
#include "bin/cli.h"
#include "bin/cli_password.h"
#include "bin/cli_user.h"
#include "people/people.h"

static void
print_user(struct tl_cli *c, const struct tl_new_user *u, const char *shown_password)
{
	static const char *const columns[] = {"id", "name", "role", "password", NULL};
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell_id(&l, u->id);
	cli_cell(&l, u->name);
	cli_cell_z(&l, tl_role_names[u->role]);
	cli_cell_z(&l, shown_password);
	cli_list_end(&l, "");
	if (shown_password && *shown_password)
		cli_say(c, "The password is shown this once.");
}

int
cmd_user_add(struct tl_cli *c)
{
	char password[CLI_PASSWORD_MAX];
	bool made = false;
	int role = TL_ROLE_MODERATOR;
	int rc = cli_option_word(c, "role", tl_role_names, &role);
	if (rc == 0)
		rc = cli_password(cli_option(c, "password-stdin") != NULL, password, &made);
	if (rc < 0)
		return rc;
	const char *skills = cli_option(c, "skills");
	struct tl_new_user u = {.name = tl_str(c->argv[0]),
	    .password = tl_str(password),
	    .role = (enum tl_role)role,
	    .skills = tl_str(skills ? skills : ""),
	    .actor = "cli"};
	rc = tl_new_user_prepare(&u);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, tl_new_user_store, &u);
	if (rc >= 0)
		print_user(c, &u, made ? password : "");
	tl_wipe(password, sizeof password);
	return rc < 0 ? rc : 0;
}

int
cmd_user_list(struct tl_cli *c)
{
	static const char *const columns[] = {"name", "role", "pseudonym", "skills",
	    "disabled_at", "locked_until", "created_at", "id", NULL};
	struct tl_user *users;
	size_t n;
	int rc = tl_user_list(c->db, c->arena, &users, &n);
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_list_begin(&l, c, "users", columns);
	for (size_t i = 0; i < n; i++) {
		cli_cell(&l, users[i].name);
		cli_cell_z(&l, tl_role_names[users[i].role]);
		cli_cell(&l, users[i].pseudonym);
		cli_cell_words(&l, users[i].skills);
		cli_cell_time(&l, users[i].disabled_at);
		cli_cell_time(&l, users[i].locked_until);
		cli_cell_time(&l, users[i].created_at);
		cli_cell_id(&l, users[i].id);
	}
	cli_list_end(
	    &l, "There is nobody yet; `tutela user add NAME --role admin` adds the first.");
	return 0;
}

struct change {
	struct tl_user user;
	enum tl_role role;
	struct tl_str text; /* a password's hash, or skills */
	bool disable;
};

static int
store_password(struct tl_db *db, void *ctx)
{
	const struct change *x = ctx;
	return tl_user_new_password(db, x->user.id, x->text, "cli");
}

static int
store_role(struct tl_db *db, void *ctx)
{
	const struct change *x = ctx;
	return tl_user_change_role(db, x->user.id, x->role, "cli");
}

static int
store_disabled(struct tl_db *db, void *ctx)
{
	const struct change *x = ctx;
	return tl_user_disable(db, x->user.id, x->disable, "cli");
}

static int
store_skills(struct tl_db *db, void *ctx)
{
	const struct change *x = ctx;
	return tl_user_change_skills(db, x->user.id, x->text, "cli");
}

static int
change(struct tl_cli *c, struct change *x, int (*store)(struct tl_db *db, void *ctx))
{
	int rc = cli_user(c, c->argv[0], &x->user);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, store, x);
	if (rc < 0)
		return rc;
	if (c->json)
		return cmd_user_list(c);
	return 0;
}

int
cmd_user_passwd(struct tl_cli *c)
{
	char password[CLI_PASSWORD_MAX], hash[TL_PWHASH_MAX];
	bool made = false;
	struct change x = {0};
	int rc = cli_user(c, c->argv[0], &x.user);
	if (rc == 0)
		rc = cli_password(cli_option(c, "password-stdin") != NULL, password, &made);
	if (rc < 0)
		return rc;
	rc = tl_password_fit(tl_str(password), x.user.name);
	if (rc == 0)
		rc = tl_password_hash(hash, tl_str(password));
	x.text = tl_str(hash);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, store_password, &x);
	struct tl_new_user u = {.id = x.user.id, .name = x.user.name, .role = x.user.role};
	if (rc >= 0)
		print_user(c, &u, made ? password : "");
	tl_wipe(password, sizeof password);
	return rc < 0 ? rc : 0;
}

int
cmd_user_role(struct tl_cli *c)
{
	int role = 0;
	struct change x = {0};
	int rc = cli_word("ROLE", c->argv[1], tl_role_names, &role);
	x.role = (enum tl_role)role;
	return rc < 0 ? rc : change(c, &x, store_role);
}

int
cmd_user_skills(struct tl_cli *c)
{
	struct change x = {.text = tl_str(c->argv[1])};
	return change(c, &x, store_skills);
}

int
cmd_user_disable(struct tl_cli *c)
{
	struct change x = {.disable = true};
	return change(c, &x, store_disabled);
}

int
cmd_user_enable(struct tl_cli *c)
{
	struct change x = {.disable = false};
	return change(c, &x, store_disabled);
}

static int
store_signout(struct tl_db *db, void *ctx)
{
	const struct change *x = ctx;
	return tl_user_end_sessions(db, x->user.id, "cli");
}

int
cmd_user_signout(struct tl_cli *c)
{
	struct change x = {0};
	return change(c, &x, store_signout);
}
