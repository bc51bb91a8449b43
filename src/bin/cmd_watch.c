/*
 * `tutela watch`: crisis mode. What a watch would catch is said before it starts; it starts with --yes only.
 *
 * Promises: every start, end and look at what one would catch is in the audit trail. Failure: what the store and the media
 * index say; AGAIN while the index is made anew.
 */
#include "again/crisis.h"

#include "base/json.h"
#include "bin/cli_bank.h"
#include "store/cases.h"
#include "store/decisions.h"
#include "store/items.h"
#include "store/media.h"
#include "store/people.h"
#include "sys/clock.h"

#define HOURS_MAX 720

/* Figures as JSON; for people the first of them. */
static void
figures(struct tl_cli *c, struct cli_list *l, struct tl_str json)
{
	json_t *j = NULL;
	if (!json.n || tl_json_parse(json, &j) < 0) {
		cli_cell_json(l, TL_S("null"), "-");
		return;
	}
	json_t *states = json_object_get(j, "states");
	cli_cell_json(l, json,
	    tl_arena_printf(c->arena, "%lld found: %lld removed, %lld withheld, %lld waiting",
		json_integer_value(json_object_get(j, "copies")),
		json_integer_value(json_object_get(states, "removed")),
		json_integer_value(json_object_get(states, "withheld")),
		json_integer_value(json_object_get(states, "waiting"))));
	json_decref(j);
}

static const char *const columns[] = {"title", "state", "policy", "effect", "kind", "distance",
    "figures", "started_at", "ends_at", "id", NULL};

static int
row(struct tl_cli *c, struct cli_list *l, const struct tl_watch *w)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf now = {0};
	int rc = 0;
	if (!w->report.n) {
		tl_js_open(&now, NULL, '{');
		rc = tl_watch_figures(c->db, w, &now);
		tl_js_close(&now, '}');
	}
	if (rc < 0)
		return rc;
	cli_cell(l, w->title);
	cli_cell_z(l, w->ended_at ? "ended" : "runs");
	cli_cell(l, w->policy);
	cli_cell_z(l, w->holds ? "withhold" : "review");
	cli_cell_z(l, tl_bank_kind_names[w->kind]);
	cli_cell_int(l, w->distance);
	figures(c, l, w->report.n ? w->report : tl_buf_str(&now));
	cli_cell_time(l, w->started_at);
	cli_cell_time(l, w->ended_at ? w->ended_at : w->ends_at);
	cli_cell_id(l, w->id);
	return 0;
}

int
cmd_watch_list(struct tl_cli *c)
{
	struct tl_watch *list = NULL;
	struct cli_list l;
	size_t n = 0;
	int rc = tl_watch_list(c->db, c->arena, &list, &n);
	cli_list_begin(&l, c, "watches", columns);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = row(c, &l, &list[i]);
	cli_list_end(&l, "Nothing is watched.");
	return rc;
}

static int
show(struct tl_cli *c, struct tl_id id)
{
	struct tl_watch w = {0};
	struct cli_list l;
	int rc = tl_watch_get(c->db, id, c->arena, &w);
	if (rc < 0)
		return rc;
	cli_record_begin(&l, c, columns);
	rc = row(c, &l, &w);
	cli_list_end(&l, "");
	return rc;
}

/* Starting -------------------------------------------------------------------------------------------------------- */

struct starting {
	struct tl_cli *cli;
	struct tl_bank_entry *entries;
	size_t count;
	int64_t distance, hours;
	struct tl_watch w;
};

static int
item_of(struct tl_cli *c, const char *of_case, const char *decision, struct tl_item_full *ret)
{
	struct tl_id id;
	struct tl_case of = {0};
	struct tl_decision d = {0};
	int rc = cli_id(of_case ? "a case" : "a decision", of_case ? of_case : decision, &id);
	if (rc == 0)
		rc = of_case ? tl_case_get(c->db, c->arena, id, &of)
			     : tl_decision_get(c->db, id, c->arena, &d, NULL);
	if (rc < 0)
		return rc;
	if ((of_case ? of.subject_kind : d.subject_kind) != TL_SUBJECT_ITEM)
		return tl_fail(TL_EUSAGE, "that is about an account, which has no media");
	return of_case ? tl_item_head(c->db, of.platform, of.subject, c->arena, ret)
		       : tl_item_head(c->db, d.platform, d.subject, c->arena, ret);
}

static int
of_file(struct tl_cli *c, const char *path, struct starting *s)
{
	struct tl_media *m = NULL;
	enum tl_decode_reason reason = TL_DECODE_OK;
	s->entries = TL_NEW(c->arena, struct tl_bank_entry);
	s->count = 1;
	int rc = s->entries ? cli_bank_medium(c, path, &m, &reason) : tl_arena_check(c->arena);
	if (rc == 0)
		rc = tl_decode_err(reason);
	return rc < 0 ? rc : tl_watch_of_medium(m, c->arena, s->entries);
}

static int
source(struct tl_cli *c, struct starting *s)
{
	const char *of_case = cli_option(c, "case"), *decision = cli_option(c, "decision"),
		   *file = cli_option(c, "file");
	struct tl_item_full *full = TL_NEW(c->arena, struct tl_item_full);
	if ((of_case != NULL) + (decision != NULL) + (file != NULL) != 1)
		return cli_fail(TL_EUSAGE, c->command->example,
		    "--case, --decision or --file says what to watch, one of them");
	if (file)
		return of_file(c, file, s);
	int rc = full ? item_of(c, of_case, decision, full) : tl_arena_check(c->arena);
	if (rc == 0)
		rc = tl_media_of_item(c->db, &full->item, c->arena);
	return rc < 0 ? rc
		      : tl_watch_of_item(c->db, &full->item, tl_str(cli_option(c, "media")),
			    c->arena, &s->entries, &s->count);
}

static int
sees_item(void *ctx, int64_t platform, struct tl_id item, bool *ret)
{
	(void)ctx, (void)platform, (void)item;
	*ret = true;
	return 0;
}

static int
sees_media(void *ctx, int64_t platform, const struct tl_media_id *media, bool *ret)
{
	(void)ctx, (void)platform, (void)media;
	*ret = true;
	return 0;
}

static int
record_look(struct tl_db *db, void *ctx)
{
	(void)ctx;
	return tl_audit_add(db, "cli", "watch.preview", TL_S(""), TL_S(""));
}

/* What it would catch of all that was published. */
static int
preview(struct tl_cli *c, const struct starting *s)
{
	static const char *const names[] = {"kind", "distance", "would_catch", "preview", NULL};
	static const struct tl_watch_eyes eyes = {sees_item, sees_media, NULL};
	TL_CLEANUP(tl_again_index_closep) struct tl_again_index *x = NULL;
	TL_CLEANUP(tl_buf_fini) struct tl_buf out = {0};
	struct tl_watch_net net;
	json_t *j = NULL;
	tl_watch_net(s->entries, s->count, (int)s->distance, &net);
	int rc = tl_db_tx(c->db, TL_SYNC_FULL, record_look, NULL);
	if (rc == 0)
		rc = tl_again_index_open(c->config->data_dir, NULL, &x);
	if (rc == 0)
		rc = tl_again_index_catch_up(x, c->db);
	tl_js_open(&out, NULL, '{');
	if (rc == 0)
		rc = tl_watch_preview(c->db, x, &net, -1, &eyes, &out);
	tl_js_close(&out, '}');
	if (rc == 0)
		rc = tl_json_parse(tl_buf_str(&out), &j);
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_record_begin(&l, c, names);
	cli_cell_z(&l, tl_bank_kind_names[net.kind]);
	cli_cell_int(&l, net.distance);
	cli_cell_int(&l, json_integer_value(json_object_get(j, "caught")));
	cli_cell_json(&l, tl_buf_str(&out),
	    json_is_true(json_object_get(j, "cut")) ? "there are more" : "all were compared");
	cli_list_end(&l, "");
	cli_say(c, "Nothing was started: repeat it with --yes to start the watch.");
	json_decref(j);
	return 0;
}

static int
begin(struct tl_db *db, void *ctx)
{
	struct starting *s = ctx;
	char id[TL_ID_TEXT];
	int rc = tl_watch_start(
	    db, s->entries, s->count, TL_S("the command line"), &s->w, s->cli->arena);
	if (rc < 0)
		return rc;
	tl_id_text(id, s->w.id);
	const char *detail = tl_arena_printf(s->cli->arena,
	    "%.*s: %s within %d bits for %lld h", TL_ARG(s->w.bank_name),
	    s->w.holds ? "withhold" : "review", s->w.distance, (long long)s->hours);
	return tl_audit_add(db, "cli", "watch.start", tl_str(id), tl_str(detail));
}

int
cmd_watch_start(struct tl_cli *c)
{
	static const char *const effects[] = {"withhold", "review", NULL};
	struct starting s = {.cli = c, .distance = 40, .hours = 24};
	struct tl_str title = tl_str(c->argv[0]);
	int effect = 0;
	if (!cli_option(c, "policy") || !title.n || title.n > TL_WATCH_TITLE_MAX)
		return cli_fail(TL_EUSAGE, c->command->example,
		    "a watch needs a title of at most %d bytes and --policy",
		    TL_WATCH_TITLE_MAX);
	int rc = cli_policy_there(c, tl_str(cli_option(c, "policy")));
	if (rc == 0)
		rc = cli_option_word(c, "effect", effects, &effect);
	if (rc == 0)
		rc = cli_option_int(c, "distance", 0, TL_INDEX_DISTANCE_MAX, &s.distance);
	if (rc == 0)
		rc = cli_option_int(c, "hours", 1, HOURS_MAX, &s.hours);
	if (rc == 0)
		rc = source(c, &s);
	if (rc < 0)
		return rc;
	if (!cli_option(c, "yes"))
		return preview(c, &s);
	s.w = (struct tl_watch){.title = title,
	    .policy = tl_str(cli_option(c, "policy")),
	    .holds = effect == 0,
	    .distance = (int)s.distance,
	    .turned = true,
	    .ends_at = tl_now_us() + s.hours * TL_US_HOUR};
	rc = tl_db_tx(c->db, TL_SYNC_FULL, begin, &s);
	return rc < 0 ? rc : show(c, s.w.id);
}

/* Ending ---------------------------------------------------------------------------------------------------------- */

struct ending {
	struct tl_cli *cli;
	struct tl_watch w;
};

static int
end(struct tl_db *db, void *ctx)
{
	struct ending *e = ctx;
	char id[TL_ID_TEXT];
	tl_id_text(id, e->w.id);
	int rc = tl_watch_end(db, &e->w, TL_S("cli"), e->cli->arena);
	return rc < 0 ? rc : tl_audit_add(db, "cli", "watch.end", tl_str(id), TL_S("by hand"));
}

int
cmd_watch_end(struct tl_cli *c)
{
	struct ending e = {.cli = c};
	struct tl_id id;
	int rc = cli_id("a watch", c->argv[0], &id);
	if (rc == 0)
		rc = tl_watch_get(c->db, id, c->arena, &e.w);
	if (rc == TL_ENOTFOUND)
		return cli_fail(
		    rc, "`tutela watch list` shows them.", "there is no such watch");
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, end, &e);
	return rc < 0 ? rc : show(c, id);
}
