/*
 * `tutela init`: makes an installation in the data folder. What is there already stays; running it again adds only
 * what is missing. Policies are copied, not linked: they belong to the operator from then on.
 */
#include "bin/cli.h"
#include "bin/cli_password.h"
#include "bin/init_banks.h"

#include <errno.h>
#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/policy.h"
#include "people/people.h"
#include "review/review.h"
#include "store/accounts.h"
#include "sys/fd.h"
#include "sys/killpoint.h"

struct init {
	const struct tl_policy_set *policies;
	struct tl_new_user admin;
	bool has_admin, admin_known;
	const char *platform;
	int64_t platform_id;
	struct tl_arena *arena;
	const char *policy_dir;
	int64_t banks;
};

/* Where the policies are that came with the program: beside the source tree or installed. */
static int
shipped_policy(char dst[TL_PATH_MAX])
{
	static const char *const near[] = {"/../../../policy", "/../share/tutela/policy"};
	char exe[TL_PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	if (n <= 0)
		return tl_fail(TL_EIO, "cannot find this program's folder: %m");
	exe[n] = '\0';
	char *slash = strrchr(exe, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; i < TL_COUNT(near); i++) {
		int len = snprintf(dst, TL_PATH_MAX, "%s%s", exe, near[i]);
		if (len > 0 && len < TL_PATH_MAX && access(dst, R_OK) == 0)
			return 0;
	}
	return cli_fail(TL_ENOTFOUND, "Name their folder with --policy FOLDER.",
	    "the policies that come with this program are not where they should be");
}

static int
copy_file(const char *from, const char *to)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	if (access(to, F_OK) == 0)
		return 0; /* the operator's own */
	int rc = tl_file_read(from, 64u << 20, &b);
	return rc < 0 ? rc : tl_file_write_atomic(to, 0600, tl_buf_str(&b));
}

static int
copy_entry(const FTSENT *e, const char *from, const char *to)
{
	char path[TL_PATH_MAX];
	int n = snprintf(path, sizeof path, "%s%s", to, e->fts_path + strlen(from));
	if (n < 0 || (size_t)n >= sizeof path)
		return tl_fail(TL_ECONFIG, "%s: the path is too long", to);
	if (e->fts_info == FTS_D)
		return tl_mkdirs(path);
	return e->fts_info == FTS_F ? copy_file(e->fts_path, path) : 0;
}

static int
copy_tree(const char *from, const char *to)
{
	char source[TL_PATH_MAX];
	(void)snprintf(source, sizeof source, "%s", from);
	char *roots[] = {source, NULL};
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!walk)
		return tl_fail(TL_EIO, "cannot read %s: %m", from);
	int rc = 0;
	const FTSENT *e;
	while (rc == 0 && (e = fts_read(walk)) != NULL)
		rc = copy_entry(e, source, to);
	(void)fts_close(walk);
	return rc;
}

static int
write_config(struct tl_cli *c)
{
	const char *path = cli_path(c, "tutela.yaml");
	if (!path)
		return TL_ECONFIG;
	if (access(path, F_OK) == 0)
		return 0;
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	tl_buf_puts(&b,
	    "# Configuration of this installation. Every key with its default; take away \"#\" "
	    "to change one.\n"
	    "# What is in force: tutela config. What each key means: doc/configuration.md.\n");
	size_t n;
	const struct tl_config_key *k = tl_config_keys(&n);
	for (size_t i = 0; i < n; i++)
		tl_buf_printf(&b, "\n# %s\n#%s: %s\n", k[i].help, k[i].name,
		    strcmp(k[i].type, "STRS") == 0 ? "[]"
		    : *k[i].def                    ? k[i].def
						   : "\"\"");
	return tl_file_write_atomic(path, 0600, tl_buf_str(&b));
}

static int
make_policies(struct tl_cli *c, struct init *x)
{
	char shipped[TL_PATH_MAX];
	const char *from = cli_option(c, "policy"), *to = cli_path(c, c->config->policy_dir);
	int rc = to ? 0 : TL_ECONFIG;
	if (rc == 0 && !from) {
		rc = shipped_policy(shipped);
		from = shipped;
	}
	if (rc == 0)
		rc = copy_tree(from, to);
	x->arena = c->arena;
	x->policy_dir = to;
	return rc < 0 ? rc : tl_policy_load(to, &x->policies);
}

static int
make_admin(struct tl_db *db, struct init *x)
{
	struct tl_arena *a TL_CLEANUP(tl_arena_destroyp) = tl_arena_create(1 << 16);
	struct tl_user known;
	int rc = tl_user_find(db, x->admin.name, a, &known);
	x->admin_known = rc == 0;
	if (rc == TL_ENOTFOUND)
		return tl_new_user_store(db, &x->admin);
	return rc;
}

static int
store_all(struct tl_db *db, void *ctx)
{
	struct init *x = ctx;
	int rc = tl_review_queues_sync(db, x->policies);
	if (rc == 0)
		rc = init_banks(db, x->arena, x->policy_dir, &x->banks);
	if (rc == 0 && x->platform) {
		rc = tl_platform_find(db, tl_str(x->platform), &x->platform_id);
		if (rc == TL_ENOTFOUND)
			rc = tl_platform_add(db, tl_str(x->platform), &x->platform_id);
	}
	if (rc == 0 && x->has_admin)
		rc = make_admin(db, x);
	return rc < 0 ? rc : tl_audit_add(db, "cli", "init", TL_S(""), TL_S(""));
}

static void
print_result(struct tl_cli *c, const struct init *x, const char *password)
{
	static const char *const columns[] = {
	    "data", "policy_version", "banks_created", "platform", "admin", "password", NULL};
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell_z(&l, c->data_dir);
	cli_cell(&l, x->policies ? x->policies->version : (struct tl_str){0});
	cli_cell_int(&l, x->banks);
	cli_cell_z(&l, x->platform);
	cli_cell(&l, x->has_admin ? x->admin.name : TL_S(""));
	cli_cell_z(&l, x->admin_known ? "" : password);
	cli_list_end(&l, "");
	if (x->admin_known)
		cli_say(c, "The administrator was there already; `tutela user passwd` gives a "
			   "new password.");
	else if (*password)
		cli_say(c, "The password is shown this once.");
	if (!x->has_admin)
		cli_say(c, "Next: tutela --data %s user add NAME --role admin", c->data_dir);
}

int
cmd_init(struct tl_cli *c)
{
	char password[CLI_PASSWORD_MAX] = "";
	bool made = false;
	struct init x = {.platform = cli_option(c, "platform")};
	const char *admin = cli_option(c, "admin");
	int rc = 0;
	if (admin) {
		x.has_admin = true;
		const char *skills = cli_option(c, "skills");
		x.admin = (struct tl_new_user){.name = tl_str(admin),
		    .role = TL_ROLE_ADMIN,
		    .skills = tl_str(skills ? skills : ""),
		    .actor = "cli"};
		rc = cli_password(cli_option(c, "password-stdin") != NULL, password, &made);
		x.admin.password = tl_str(password);
		if (rc == 0)
			rc = tl_new_user_prepare(&x.admin);
	}
	if (rc == 0)
		rc = tl_store_create(c->data_dir);
	if (rc == 0)
		rc = write_config(c);
	if (rc == 0)
		rc = make_policies(c, &x);
	TL_KILLPOINT(INIT_COPIED);
	if (rc == 0)
		rc = cli_open_store(c);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, store_all, &x);
	if (rc >= 0)
		print_result(c, &x, made ? password : "");
	tl_policy_unref(x.policies);
	tl_wipe(password, sizeof password);
	return rc < 0 ? rc : 0;
}
