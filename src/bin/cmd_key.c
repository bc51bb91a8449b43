/* `tutela platform`, `tutela key`, `tutela endpoint`: who may talk to us, and whom we tell. */
#include "bin/cli.h"
#include "enforce/endpoint.h"
#include "store/accounts.h"
#include "store/api_keys.h"
#include "store/people.h"
#include "sys/clock.h"

static int
audit(struct tl_db *db, const char *verb, struct tl_id id, struct tl_str detail)
{
	char text[TL_ID_TEXT];
	tl_id_text(text, id);
	return tl_audit_add(db, "cli", verb, tl_str(text), detail);
}

static int
store_platform(struct tl_db *db, void *ctx)
{
	struct tl_cli *c = ctx;
	int64_t id;
	int rc = tl_platform_add(db, tl_str(c->argv[0]), &id);
	return rc < 0 ? rc
		      : tl_audit_add(db, "cli", "platform.add", tl_str(c->argv[0]), TL_S(""));
}

int
cmd_platform_add(struct tl_cli *c)
{
	size_t n = strlen(c->argv[0]);
	if (n == 0 || n > 64)
		return tl_fail(TL_EUSAGE, "a platform's name has 1 to 64 characters");
	int rc = tl_db_tx(c->db, TL_SYNC_FULL, store_platform, c);
	if (rc == TL_EEXISTS)
		return tl_fail(rc, "there is a platform \"%s\" already", c->argv[0]);
	return rc < 0 ? rc : cmd_platform_list(c);
}

int
cmd_platform_list(struct tl_cli *c)
{
	static const char *const columns[] = {"platform", "name", "created_at", NULL};
	struct tl_row r;
	int rc = tl_db_query_args(c->db, &r, TL_SQL_PLATFORM_LIST, NULL, 0);
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_list_begin(&l, c, "platforms", columns);
	while ((rc = tl_row_next(&r)) > 0) {
		cli_cell_int(&l, tl_col_int(&r, 0));
		cli_cell(&l, tl_col_str(&r, 1));
		cli_cell_time(&l, tl_col_int(&r, 2));
	}
	tl_row_end(&r);
	cli_list_end(&l, "There is no platform yet; `tutela platform add NAME` adds one.");
	return rc;
}

struct new_key {
	struct tl_cli *cli;
	struct tl_api_key key;
	int64_t overlap_us;
	char secret[TL_API_KEY_TEXT];
};

static int
store_key(struct tl_db *db, void *ctx)
{
	struct new_key *x = ctx;
	int rc = tl_api_key_create(db, &x->key, x->cli->arena, x->secret);
	return rc < 0 ? rc : audit(db, "key.create", x->key.id, x->key.prefix);
}

static int
key_options(struct tl_cli *c, struct tl_api_key *k)
{
	const char *label = cli_option(c, "label"), *scopes = cli_option(c, "scopes"),
		   *networks = cli_option(c, "networks");
	int64_t days = 0;
	int rc = cli_platform(c, cli_option(c, "platform"), &k->platform);
	if (rc == 0)
		rc = cli_option_int(c, "rate", 1, 1000000, &k->rate_per_s);
	if (rc == 0)
		rc = cli_option_int(c, "burst", 1, 1000000, &k->burst);
	if (rc == 0)
		rc = cli_option_int(c, "days", 1, 3650, &days);
	if (rc == 0)
		rc = tl_scopes_parse(
		    tl_str(scopes ? scopes : "ingest match flag accounts confirm events read"),
		    &k->scopes);
	if (rc == 0 && k->scopes == 0)
		rc = tl_fail(TL_EUSAGE, "--scopes: a key needs one at least");
	k->live = cli_option(c, "test") == NULL;
	k->label = tl_str(label ? label : "");
	k->networks = tl_str(networks ? networks : "");
	k->expires_at = days ? tl_now_us() + days * TL_US_DAY : 0;
	return rc;
}

static void
print_key(struct tl_cli *c, struct new_key *x)
{
	static const char *const columns[] = {
	    "id", "secret", "scopes", "live", "expires_at", NULL};
	char scopes[TL_SCOPES_TEXT];
	struct cli_list l;
	tl_scopes_text(scopes, x->key.scopes);
	cli_record_begin(&l, c, columns);
	cli_cell_id(&l, x->key.id);
	cli_cell_z(&l, x->secret);
	cli_cell_words(&l, tl_str(scopes));
	cli_cell_bool(&l, x->key.live);
	cli_cell_time(&l, x->key.expires_at);
	cli_list_end(&l, "");
	cli_say(c, "The secret is shown this once. Send it as: Authorization: Bearer SECRET");
	tl_wipe(x->secret, sizeof x->secret);
}

int
cmd_key_add(struct tl_cli *c)
{
	struct new_key x = {.cli = c};
	int rc = key_options(c, &x.key);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, store_key, &x);
	if (rc >= 0)
		print_key(c, &x);
	return rc < 0 ? rc : 0;
}

/* Changing and rotating -------------------------------------------------------------------- */

static int
no_key(int rc)
{
	if (rc == TL_ENOTFOUND)
		return cli_fail(
		    rc, "`tutela key list` shows the ids.", "there is no such key in use");
	return rc;
}

/* What the options name, over what the key has. */
static int
changed_options(struct tl_cli *c, struct tl_api_key *k)
{
	const char *label = cli_option(c, "label"), *scopes = cli_option(c, "scopes"),
		   *networks = cli_option(c, "networks");
	int64_t days = -1;
	int rc = cli_option_int(c, "rate", 0, 1000000, &k->rate_per_s);
	if (rc == 0)
		rc = cli_option_int(c, "burst", 0, 1000000, &k->burst);
	if (rc == 0)
		rc = cli_option_int(c, "days", 0, 3650, &days);
	if (rc == 0 && scopes)
		rc = tl_scopes_parse(tl_str(scopes), &k->scopes);
	if (label)
		k->label = tl_str(label);
	if (networks)
		k->networks = tl_str(strcmp(networks, "any") == 0 ? "" : networks);
	if (days >= 0)
		k->expires_at = days ? tl_now_us() + days * TL_US_DAY : 0;
	return rc;
}

static int
change_key(struct tl_db *db, void *ctx)
{
	struct new_key *x = ctx;
	char changed[TL_KEY_CHANGED_TEXT];
	int rc = tl_api_key_get(db, x->key.id, x->cli->arena, &x->key);
	if (rc == 0)
		rc = changed_options(x->cli, &x->key);
	if (rc == 0)
		rc = tl_api_key_set(db, &x->key, x->cli->arena, changed);
	return rc < 0 ? rc : audit(db, "key.set", x->key.id, tl_str(changed));
}

int
cmd_key_set(struct tl_cli *c)
{
	struct new_key x = {.cli = c};
	int rc = cli_id("a key", c->argv[0], &x.key.id);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, change_key, &x);
	return rc < 0 ? no_key(rc) : cmd_key_list(c);
}

static int
rotate_key(struct tl_db *db, void *ctx)
{
	struct new_key *x = ctx;
	struct tl_id old = x->key.id;
	char text[TL_ID_TEXT];
	int rc = tl_api_key_rotate(db, old, x->overlap_us, x->cli->arena, &x->key, x->secret);
	tl_id_text(text, x->key.id);
	return rc < 0 ? rc : audit(db, "key.rotate", old, tl_str(text));
}

int
cmd_key_rotate(struct tl_cli *c)
{
	int64_t hours = c->config->secret_overlap_hours;
	struct new_key x = {.cli = c};
	int rc = cli_id("a key", c->argv[0], &x.key.id);
	if (rc == 0)
		rc = cli_option_int(c, "hours", 0, 720, &hours);
	x.overlap_us = hours * TL_US_HOUR;
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, rotate_key, &x);
	if (rc >= 0)
		print_key(c, &x);
	return rc < 0 ? no_key(rc) : 0;
}

static int
key_row(void *ctx, const struct tl_api_key *k)
{
	struct cli_list *l = ctx;
	char scopes[TL_SCOPES_TEXT];
	struct tl_str platform;
	if (cli_option(l->cli, "unused") && !tl_api_key_is_unused(k, tl_now_us()))
		return 0;
	int rc = tl_platform_name(l->cli->db, k->platform, l->cli->arena, &platform);
	if (rc < 0)
		return rc;
	tl_scopes_text(scopes, k->scopes);
	cli_cell(l, k->prefix);
	cli_cell(l, platform);
	cli_cell_bool(l, k->live);
	cli_cell(l, k->label);
	cli_cell_words(l, tl_str(scopes));
	cli_cell_int(l, k->rate_per_s);
	cli_cell_int(l, k->burst);
	cli_cell_words(l, k->networks);
	cli_cell_time(l, k->last_used_at);
	cli_cell_time(l, k->expires_at);
	cli_cell_time(l, k->revoked_at);
	cli_cell_id(l, k->id);
	return 0;
}

int
cmd_key_list(struct tl_cli *c)
{
	static const char *const columns[] = {"prefix", "platform", "live", "label", "scopes",
	    "rate_per_s", "burst", "networks", "last_used_at", "expires_at", "revoked_at", "id",
	    NULL};
	struct cli_list l;
	cli_list_begin(&l, c, "keys", columns);
	int rc = tl_api_key_list(c->db, c->arena, key_row, &l);
	cli_list_end(&l, cli_option(c, "unused")
			     ? "Every key is in use."
			     : "There is no key yet; `tutela key add` makes one.");
	return rc;
}

static int
revoke_key(struct tl_db *db, void *ctx)
{
	const struct tl_id *id = ctx;
	int rc = tl_api_key_revoke(db, *id);
	return rc < 0 ? rc : audit(db, "key.revoke", *id, TL_S(""));
}

int
cmd_key_revoke(struct tl_cli *c)
{
	struct tl_id id;
	int rc = cli_id("a key", c->argv[0], &id);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, revoke_key, &id);
	return rc < 0 ? no_key(rc) : cmd_key_list(c);
}

struct new_secret {
	const char *url;
	int64_t platform, overlap_us;
	bool live, private_ok, replace, replaced;
	struct tl_endpoint old; /* whose place it takes */
	struct tl_id id;
	char secret[TL_SECRET_TEXT];
};

static int
store_endpoint(struct tl_db *db, void *ctx)
{
	struct new_secret *x = ctx;
	char old[TL_ID_TEXT] = "";
	int rc = tl_endpoint_present(db, x->platform, x->live, &x->old);
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	x->replaced = rc == 0;
	if (x->replaced && !x->replace)
		return TL_EEXISTS;
	if (x->replaced)
		tl_id_text(old, x->old.id);
	rc = tl_enforce_endpoint_set(
	    db, x->platform, x->live, x->url, x->private_ok, x->secret, &x->id);
	return rc < 0 ? rc : audit(db, "endpoint.set", x->id, tl_str(old));
}

/* What stops getting webhooks must be agreed to. */
static int
endpoint_taken(struct tl_cli *c, const struct new_secret *x)
{
	return cli_fail(TL_EUSAGE,
	    "`--replace` switches that one off; `tutela endpoint enable ID` brings it back.",
	    "the platform has an endpoint already: %s",
	    tl_arena_printf(c->arena, "%s", x->old.url));
}

static void
say_replaced(struct tl_cli *c, const struct new_secret *x)
{
	char id[TL_ID_TEXT];
	tl_id_text(id, x->old.id);
	cli_say(c, "%s is switched off; `tutela endpoint enable %s` brings it back.",
	    x->old.url, id);
}

static void
print_secret(struct tl_cli *c, struct new_secret *x)
{
	static const char *const columns[] = {"id", "secret", NULL};
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell_id(&l, x->id);
	cli_cell_z(&l, x->secret);
	cli_list_end(&l, "");
	cli_say(c,
	    "The secret is shown this once. Any Standard Webhooks library takes it as it is.");
	tl_wipe(x->secret, sizeof x->secret);
}

int
cmd_endpoint_add(struct tl_cli *c)
{
	struct new_secret x = {.url = c->argv[0],
	    .live = cli_option(c, "test") == NULL,
	    .private_ok = cli_option(c, "private") != NULL,
	    .replace = cli_option(c, "replace") != NULL};
	int rc = cli_platform(c, cli_option(c, "platform"), &x.platform);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, store_endpoint, &x);
	if (rc == TL_EFIELD && !x.private_ok)
		return cli_fail(TL_EUSAGE,
		    "`--private` allows private networks, this machine and plain http.", "%s",
		    tl_arena_printf(c->arena, "%s", tl_err_text()));
	if (rc == TL_EEXISTS)
		return endpoint_taken(c, &x);
	if (rc >= 0)
		print_secret(c, &x);
	if (rc >= 0 && x.replaced)
		say_replaced(c, &x);
	return rc < 0 ? rc : 0;
}

static void
endpoint_row(const struct tl_endpoint *e, void *ctx)
{
	struct cli_list *l = ctx;
	struct tl_str name = {0};
	int rc = tl_platform_name(l->cli->db, e->platform, l->cli->arena, &name);
	cli_cell(l, rc < 0 ? TL_S("?") : name);
	cli_cell_bool(l, e->live);
	cli_cell_z(l, e->url);
	cli_cell_bool(l, e->enabled);
	cli_cell_bool(l, e->private_ok);
	cli_cell_time(l, e->created_at);
	cli_cell_id(l, e->id);
}

int
cmd_endpoint_list(struct tl_cli *c)
{
	static const char *const columns[] = {
	    "platform", "live", "url", "enabled", "private", "created_at", "id", NULL};
	struct cli_list l;
	cli_list_begin(&l, c, "endpoints", columns);
	int rc = tl_endpoint_each(c->db, endpoint_row, &l);
	cli_list_end(&l, "There is no endpoint yet; `tutela endpoint add URL` sets one.");
	return rc;
}

static int
rotate_secret(struct tl_db *db, void *ctx)
{
	struct new_secret *x = ctx;
	int rc = tl_enforce_endpoint_rotate(db, x->id, x->overlap_us, x->secret);
	return rc < 0 ? rc : audit(db, "endpoint.rotate", x->id, TL_S(""));
}

static int
no_endpoint(int rc)
{
	if (rc == TL_ENOTFOUND)
		return cli_fail(
		    rc, "`tutela endpoint list` shows the ids.", "there is no such endpoint");
	return rc;
}

int
cmd_endpoint_rotate(struct tl_cli *c)
{
	struct new_secret x = {.overlap_us = c->config->secret_overlap_hours * TL_US_HOUR};
	int rc = cli_id("an endpoint", c->argv[0], &x.id);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, rotate_secret, &x);
	if (rc >= 0)
		print_secret(c, &x);
	return rc < 0 ? no_endpoint(rc) : 0;
}

static int
disable_endpoint(struct tl_db *db, void *ctx)
{
	const struct tl_id *id = ctx;
	int rc = tl_endpoint_disable(db, *id);
	return rc < 0 ? rc : audit(db, "endpoint.disable", *id, TL_S(""));
}

int
cmd_endpoint_disable(struct tl_cli *c)
{
	struct tl_id id;
	int rc = cli_id("an endpoint", c->argv[0], &id);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, disable_endpoint, &id);
	return rc < 0 ? no_endpoint(rc) : cmd_endpoint_list(c);
}

static int
enable_endpoint(struct tl_db *db, void *ctx)
{
	const struct tl_id *id = ctx;
	int rc = tl_endpoint_enable(db, *id);
	return rc < 0 ? rc : audit(db, "endpoint.enable", *id, TL_S(""));
}

int
cmd_endpoint_enable(struct tl_cli *c)
{
	struct tl_id id;
	int rc = cli_id("an endpoint", c->argv[0], &id);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, enable_endpoint, &id);
	return rc < 0 ? no_endpoint(rc) : cmd_endpoint_list(c);
}
