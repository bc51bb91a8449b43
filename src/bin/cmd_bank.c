/* `tutela bank`: lists of known hashes and terms, and their settings. Entries: cmd_bank_entry.c, files: cmd_bank_file.c. */
#include "bin/cli_bank.h"
#include "bin/cli_rules.h"
#include "config/policy.h"
#include "store/banks_change.h"

#include <math.h>
#include <stdlib.h>

static const char *const list_columns[] = {"name", "kind", "policy", "source", "direction",
    "distance", "share", "enabled", "in_rules", "entries", "created_at", "id", NULL};

int
cmd_bank_list(struct tl_cli *c)
{
	struct tl_bank *banks;
	size_t n;
	static const char *const words[] = {"unknown", "no", "asleep", "yes"};
	struct cli_rules rules TL_CLEANUP(cli_rules_free);
	int rc = tl_bank_list(c->db, c->arena, &banks, &n);
	bool loaded = cli_rules_load(c, NULL, &rules) == 0;
	size_t idle = 0;
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_list_begin(&l, c, "banks", list_columns);
	for (size_t i = 0; i < n; i++) {
		const struct tl_bank *b = &banks[i];
		cli_cell(&l, b->name);
		cli_cell_z(&l, tl_bank_kind_names[b->kind]);
		cli_cell(&l, b->policy);
		cli_cell(&l, b->source);
		cli_cell_z(&l, tl_bank_direction_names[b->direction]);
		if (b->kind == TL_BANK_DIGEST || b->kind == TL_BANK_TEXT)
			cli_cell_json(&l, TL_S("null"), "");
		else
			cli_cell_int(&l, b->distance);
		cli_cell_num(&l, b->share);
		cli_cell_bool(&l, b->enabled);
		enum cli_named named = loaded ? cli_bank_named(&rules, b) : CLI_NAMED_UNKNOWN;
		idle += cli_bank_needs_rule(b) && loaded && named != CLI_NAMED;
		cli_cell_z(&l, words[named]);
		cli_cell_int(&l, b->entries);
		cli_cell_time(&l, b->created_at);
		cli_cell_id(&l, b->id);
	}
	cli_list_end(&l, "There is no bank yet; `tutela bank create NAME` makes one.");
	if (idle)
		cli_say(c,
		    "\nOf %zu bank%s in use nothing comes: no rule in force names %s. `tutela "
		    "bank "
		    "show BANK` says what to do.",
		    idle, idle == 1 ? "" : "s", idle == 1 ? "it" : "them");
	return 0;
}

/* Settings ---------------------------------------------------------------------------------------------------- */

static int
share(const struct tl_cli *c, double *ret)
{
	const char *v = cli_option(c, "share");
	char *end = NULL;
	double share = v ? strtod(v, &end) : *ret;
	if (v && (end == v || *end || !isfinite(share) || share <= 0 || share > 1))
		return tl_fail(
		    TL_EUSAGE, "--share: expected above 0 and at most 1, not \"%s\"", v);
	*ret = share;
	return 0;
}

static int
on_off(const struct tl_cli *c, const char *name, bool *ret)
{
	static const char *const words[] = {"off", "on", NULL};
	int word = *ret;
	int rc = cli_option_word(c, name, words, &word);
	if (rc == 0)
		*ret = word != 0;
	return rc;
}

static void
text(const struct tl_cli *c, const char *name, struct tl_str *ret)
{
	const char *v = cli_option(c, name);
	if (v)
		*ret = tl_str(v);
}

/* An option that a bank of this kind would not go by must not look as if it did. */
static int
check_meaning(const struct tl_cli *c, enum tl_bank_kind kind)
{
	static const struct {
		const char *option;
		unsigned kinds;
	} means[] = {
	    {"distance", 1U << TL_BANK_PDQ | 1U << TL_BANK_VIDEO | 1U << TL_BANK_SOUND},
	    {"share-query", 1U << TL_BANK_VIDEO | 1U << TL_BANK_SOUND},
	    {"share-known", 1U << TL_BANK_VIDEO | 1U << TL_BANK_SOUND},
	};
	for (size_t i = 0; i < TL_COUNT(means); i++) {
		if (cli_option(c, means[i].option) && !(means[i].kinds & 1U << kind))
			return tl_fail(TL_EUSAGE, "--%s: it has no meaning for a %s bank",
			    means[i].option, tl_bank_kind_names[kind]);
	}
	return 0;
}

/* What the options say about a bank; the rest stays. */
static int
settings(struct tl_cli *c, struct tl_bank *b)
{
	int direction = (int)b->direction;
	int64_t distance = b->distance, query = b->share_query, known = b->share_known;
	bool brake = !b->no_brake;
	text(c, "policy", &b->policy);
	text(c, "source", &b->source);
	text(c, "classification", &b->classification);
	int rc = check_meaning(c, b->kind);
	if (rc == 0)
		rc = cli_option_word(c, "direction", tl_bank_direction_names, &direction);
	if (rc == 0)
		rc = cli_option_int(c, "distance", 0, tl_bank_distance_max(b->kind), &distance);
	if (rc == 0)
		rc = cli_option_int(c, "share-query", 0, 100, &query);
	if (rc == 0)
		rc = cli_option_int(c, "share-known", 0, 100, &known);
	if (rc == 0)
		rc = share(c, &b->share);
	if (rc == 0)
		rc = on_off(c, "turned", &b->turned);
	if (rc == 0)
		rc = on_off(c, "brake", &brake);
	if (rc == 0 && cli_option(c, "policy"))
		rc = cli_policy_there(c, b->policy);
	b->direction = (enum tl_bank_direction)direction;
	b->distance = (int)distance;
	b->share_query = (int)query;
	b->share_known = (int)known;
	b->no_brake = !brake;
	return rc;
}

static int
store_bank(struct tl_db *db, void *ctx)
{
	return tl_bank_make(db, ctx, "cli");
}

int
cmd_bank_create(struct tl_cli *c)
{
	int kind = -1;
	if (!cli_option(c, "policy") || !cli_option(c, "kind"))
		return cli_fail(TL_EUSAGE, c->command->example,
		    "a bank needs --kind (pdq, digest, text, video or sound) and --policy");
	int rc = cli_option_word(c, "kind", tl_bank_kind_names, &kind);
	struct tl_bank b = {.name = tl_str(c->argv[0]),
	    .kind = (enum tl_bank_kind)kind,
	    .source = TL_S("local"),
	    .distance = 31,
	    .share = 1,
	    .enabled = true};
	if (rc == 0)
		rc = settings(c, &b);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, store_bank, &b);
	return rc < 0 ? rc : cli_bank_print(c);
}

struct changing {
	struct tl_bank was, will;
	const char *verb;
	struct tl_str name;
};

static int
store_change(struct tl_db *db, void *ctx)
{
	const struct changing *x = ctx;
	return tl_bank_edit(db, &x->was, &x->will, x->verb, "cli");
}

static int
change(struct tl_cli *c, struct changing *x)
{
	int rc = tl_db_tx(c->db, TL_SYNC_FULL, store_change, x);
	return rc < 0 ? rc : cli_bank_print(c);
}

int
cmd_bank_set(struct tl_cli *c)
{
	struct changing x = {.verb = "bank.change"};
	bool any = false;
	for (size_t i = 0; cli_option_of(c->command, i); i++)
		any |= c->option[i] != NULL;
	if (!any)
		return cli_fail(TL_EUSAGE, c->command->example, "what is to change?");
	int rc = cli_bank_find(c, c->argv[0], &x.was);
	x.will = x.was;
	if (rc == 0)
		rc = settings(c, &x.will);
	return rc < 0 ? rc : change(c, &x);
}

int
cli_bank_switch(struct tl_cli *c, const struct tl_bank *b, bool enabled)
{
	struct changing x = {
	    .was = *b, .will = *b, .verb = enabled ? "bank.enable" : "bank.disable"};
	x.will.enabled = enabled;
	return change(c, &x);
}

/* Names ------------------------------------------------------------------------------------------------------- */

/* A rule that named a bank which is not there would keep all rules from being loaded. */
static int
check_rules(struct tl_cli *c, const struct tl_bank *b)
{
	struct cli_rules r TL_CLEANUP(cli_rules_free);
	struct tl_rule_view rule;
	int rc = cli_rules_load(c, NULL, &r);
	if (rc < 0)
		return cli_fail(rc, "`tutela rule check` says what is wrong with them.",
		    "whether a rule names the bank cannot be seen: the rules cannot be loaded");
	if (tl_rules_naming(r.set, b->name, &rule))
		return cli_fail(TL_ECONFLICT,
		    "Take it out of the rule first; without the bank no rule could be loaded.",
		    "the rule \"%.*s\" names the bank \"%.*s\"", TL_ARG(rule.name),
		    TL_ARG(b->name));
	return 0;
}

static int
store_name(struct tl_db *db, void *ctx)
{
	const struct changing *x = ctx;
	return tl_bank_rename(db, &x->was, x->name, "cli");
}

int
cmd_bank_rename(struct tl_cli *c)
{
	struct changing x = {.name = tl_str(c->argv[1])};
	int rc = cli_bank_find(c, c->argv[0], &x.was);
	if (rc == 0)
		rc = check_rules(c, &x.was);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, store_name, &x);
	c->argv[0] = c->argv[1];
	return rc < 0 ? rc : cli_bank_print(c);
}

static int
store_delete(struct tl_db *db, void *ctx)
{
	return tl_bank_delete(db, ctx, "cli");
}

int
cmd_bank_delete(struct tl_cli *c)
{
	struct tl_bank b = {0};
	const char *confirm = cli_option(c, "confirm");
	int rc = cli_bank_find(c, c->argv[0], &b);
	if (rc == 0 && (!confirm || strcmp(confirm, c->argv[0]) != 0))
		return cli_fail(TL_EUSAGE,
		    "Repeat the command with --confirm and the bank's name. `tutela bank "
		    "export` "
		    "keeps a copy; `tutela bank disable` only switches it off.",
		    "this removes the bank \"%s\" with %lld %s for good", c->argv[0],
		    (long long)b.entries, b.entries == 1 ? "entry" : "entries");
	if (rc == 0)
		rc = check_rules(c, &b);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, store_delete, &b);
	if (rc < 0)
		return rc;
	struct cli_list l;
	static const char *const columns[] = {"deleted", "entries", NULL};
	cli_record_begin(&l, c, columns);
	cli_cell_z(&l, c->argv[0]);
	cli_cell_int(&l, b.entries);
	cli_list_end(&l, "");
	return 0;
}
