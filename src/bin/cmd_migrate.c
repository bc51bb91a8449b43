/*
 * `tutela minors migrate`: brings the settings of a population to what the policy says, in steps, and back.
 *
 * Promises: `preview` changes nothing; what is started goes on by itself as long as the daemon runs. Failures: CONFLICT while
 * another one goes on, and for what its state does not allow.
 */
#include "bin/cli_rules.h"

#include "core/minors.h"
#include "minors/move.h"
#include "store/people.h"

#define PAGE 1000

static const char *const actions[] = {
    "preview", "start", "status", "pause", "resume", "undo", NULL};
enum action { PREVIEW, START, STATUS, PAUSE, RESUME, UNDO };

struct migrating {
	struct tl_cli *cli;
	struct tl_move move;
	enum action action;
	struct cli_list list;
	const struct tl_policy_set *set;
};

static int
read_bounds(struct migrating *x)
{
	struct tl_cli *c = x->cli;
	int64_t percent = 100;
	int band = 0;
	x->move.batch = 200;
	x->move.live = !cli_option(c, "test");
	x->move.one_band = cli_option(c, "band") != NULL;
	int rc = cli_platform(c, cli_option(c, "platform"), &x->move.platform);
	if (rc == 0)
		rc = cli_option_word(c, "band", tl_age_band_names, &band);
	if (rc == 0)
		rc = cli_option_int(c, "percent", 1, 100, &percent);
	if (rc == 0)
		rc = cli_option_int(c, "batch", 1, TL_MOVE_BATCH_MAX, &x->move.batch);
	if (rc == 0)
		rc = cli_option_int(c, "per-minute", 0, 10000000, &x->move.per_minute);
	x->move.band = (enum tl_age_band)band;
	x->move.share = percent * TL_MOVE_SHARE_ALL / 100;
	x->move.made_by = TL_S("cli");
	return rc;
}

/* Preview --------------------------------------------------------------------------------------------------------- */

static void
say_sum(void *ctx, const struct tl_move_sum *s)
{
	struct migrating *x = ctx;
	const struct tl_minors_setting *def = &x->set->minors->settings[s->setting];
	cli_cell(&x->list, def->key);
	cli_cell_z(&x->list, tl_age_band_names[s->band]);
	cli_cell(&x->list, def->values[s->from]);
	cli_cell(&x->list, def->values[s->to]);
	cli_cell_int(&x->list, s->accounts);
}

static int
preview(struct migrating *x)
{
	static const char *const columns[] = {
	    "setting", "age_band", "from", "to", "accounts", NULL};
	struct cli_rules rules;
	struct tl_id place = {0};
	int64_t looked = 0;
	int rc = cli_policies_load(x->cli, &rules);
	if (rc < 0) {
		cli_rules_free(&rules);
		return rc;
	}
	x->set = rules.policies;
	struct tl_move_preview *p = tl_move_preview_create(x->set);
	do {
		rc = tl_move_preview_add(x->cli->db, p, &x->move, PAGE, &place);
		cli_progress("accounts looked at", looked += PAGE, 0);
	} while (rc == 0 && !tl_id_is_nil(place));
	cli_progress_end();
	if (rc == 0) {
		cli_list_begin(&x->list, x->cli, "changes", columns);
		tl_move_preview_each(p, say_sum, x);
		cli_list_end(&x->list,
		    "Nothing would change: no account stands looser that was told of.");
		cli_say(x->cli, "\n%lld accounts would change.",
		    (long long)tl_move_preview_accounts(p));
	}
	tl_move_preview_destroy(p);
	cli_rules_free(&rules);
	return rc;
}

/* Doing ----------------------------------------------------------------------------------------------------------- */

static int
store_action(struct tl_db *db, void *ctx)
{
	static const enum tl_move_event events[] = {
	    [PAUSE] = TL_MOVE_PAUSE, [RESUME] = TL_MOVE_RESUME, [UNDO] = TL_MOVE_UNDO};
	struct migrating *x = ctx;
	char id[TL_ID_TEXT];
	int rc = x->action == START ? tl_move_start(db, &x->move)
				    : tl_move_do(db, &x->move, events[x->action]);
	if (rc < 0)
		return rc;
	tl_id_text(id, x->move.id);
	return tl_audit_add(
	    db, "cli", "minors.migrate", tl_str(id), tl_str(actions[x->action]));
}

/* The one that is named, or the newest. */
static int
find(struct migrating *x)
{
	struct tl_cli *c = x->cli;
	struct tl_move *list = NULL;
	struct tl_id id = {0};
	size_t n = 0;
	int rc = c->argc > 1 ? cli_id("a migration", c->argv[1], &id) : 0;
	if (rc == 0 && c->argc > 1)
		return tl_move_get(c->db, id, c->arena, &x->move);
	if (rc == 0)
		rc =
		    tl_move_list(c->db, x->move.platform, x->move.live, 1, c->arena, &list, &n);
	if (rc == 0 && n == 0)
		return cli_fail(TL_ENOTFOUND, "`tutela minors migrate start` begins one.",
		    "there is no migration");
	if (rc == 0)
		x->move = list[0];
	return rc;
}

static const char *const move_columns[] = {"state", "age_band", "percent", "made_at",
    "ended_at", "looked", "moved", "settings", "undone", "kept", "made_by", "id", NULL};

static void
say_move(struct cli_list *l, const struct tl_move *m)
{
	cli_cell_z(l, tl_move_state_names[m->state]);
	cli_cell_z(l, m->one_band ? tl_age_band_names[m->band] : "");
	cli_cell_int(l, m->share * 100 / TL_MOVE_SHARE_ALL);
	cli_cell_time(l, m->made_at);
	cli_cell_time(l, m->ended_at);
	cli_cell_int(l, m->looked);
	cli_cell_int(l, m->moved);
	cli_cell_int(l, m->settings);
	cli_cell_int(l, m->undone);
	cli_cell_int(l, m->kept);
	cli_cell(l, m->made_by);
	cli_cell_id(l, m->id);
}

static int
status(struct migrating *x)
{
	struct tl_cli *c = x->cli;
	struct tl_move *list = NULL;
	size_t n = 0;
	int rc = tl_move_list(c->db, x->move.platform, x->move.live, 50, c->arena, &list, &n);
	if (rc < 0)
		return rc;
	cli_list_begin(&x->list, c, "migrations", move_columns);
	for (size_t i = 0; i < n; i++)
		say_move(&x->list, &list[i]);
	cli_list_end(&x->list, "There is no migration.");
	return 0;
}

static int
act(struct migrating *x)
{
	int rc = x->action == START ? 0 : find(x);
	if (rc == 0)
		rc = tl_db_tx(x->cli->db, TL_SYNC_FULL, store_action, x);
	if (rc < 0)
		return rc;
	cli_record_begin(&x->list, x->cli, move_columns);
	say_move(&x->list, &x->move);
	cli_list_end(&x->list, "");
	return 0;
}

int
cmd_minors_migrate(struct tl_cli *c)
{
	struct migrating x = {.cli = c};
	int action = STATUS;
	int rc = cli_word("minors migrate", c->argv[0], actions, &action);
	if (rc == 0)
		rc = read_bounds(&x);
	x.action = (enum action)action;
	c->looked = action != START && action != UNDO; /* needs no second person */
	if (rc < 0)
		return rc;
	if (action == PREVIEW)
		return preview(&x);
	return action == STATUS ? status(&x) : act(&x);
}
