/* `tutela item`: what came in and what became of it. The text of people is shown only when asked for, on record. */
#include "bin/cli_bank.h"
#include "store/actions.h"
#include "store/decisions.h"
#include "store/items.h"
#include "store/jobs.h"
#include "store/people.h"
#include "store/rejudge.h"
#include "sys/clock.h"

int
cmd_item_list(struct tl_cli *c)
{
	static const char *const columns[] = {"item", "version", "kind", "state", "verdict",
	    "platform", "account", "live", "received_at", NULL};
	const char *state = cli_option(c, "state"), *verdict = cli_option(c, "verdict");
	int64_t limit = 50;
	int ignored = 0;
	int rc = cli_option_int(c, "limit", 1, 100000, &limit);
	if (rc == 0)
		rc = cli_option_word(c, "state", tl_item_state_names, &ignored);
	if (rc == 0)
		rc = cli_option_word(c, "verdict", tl_verdict_word_names, &ignored);
	struct tl_row r;
	if (rc == 0)
		rc = tl_db_query(c->db, &r, TL_SQL_INSPECT_ITEMS, A_Z(state ? state : ""),
		    A_Z(verdict ? verdict : ""), A_INT(limit));
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_list_begin(&l, c, "items", columns);
	while ((rc = tl_row_next(&r)) > 0) {
		cli_cell(&l, tl_col_str(&r, 0));
		cli_cell_int(&l, tl_col_int(&r, 1));
		for (int k = 2; k <= 6; k++)
			cli_cell(&l, tl_col_str(&r, k));
		cli_cell_bool(&l, tl_col_int(&r, 7) != 0);
		cli_cell_time(&l, tl_col_int(&r, 8));
	}
	tl_row_end(&r);
	bool more = l.cell_count == (size_t)limit * l.column_count;
	cli_list_end(&l, state || verdict ? "No such items." : "There are no items yet.");
	if (more)
		cli_say(c, "\nThe newest %lld: --limit N shows more.", (long long)limit);
	return rc;
}

struct shown {
	struct tl_cli *cli;
	int64_t platform;
	struct tl_item_full full;
	const struct tl_signal *signals;
	size_t signal_count;
	struct tl_decision *decisions;
	size_t decision_count;
	struct tl_action_row *actions;
	size_t action_count;
};

static int
load(struct shown *s)
{
	struct tl_cli *c = s->cli;
	struct tl_item_state_row row;
	int rc = cli_platform(c, cli_option(c, "platform"), &s->platform);
	if (rc == 0)
		rc = tl_item_find_any(c->db, s->platform, tl_str(c->argv[0]), &row);
	if (rc == TL_ENOTFOUND)
		return cli_fail(rc, "`tutela item list` shows the newest.",
		    "there is no item \"%s\"", c->argv[0]);
	if (rc == 0)
		rc = tl_item_get(c->db, s->platform, row.id, c->arena, &s->full);
	if (rc == 0)
		rc = tl_item_signals_get(
		    c->db, s->platform, row.id, c->arena, &s->signals, &s->signal_count);
	if (rc == 0)
		rc = tl_decision_of_subject(c->db, s->platform, TL_SUBJECT_ITEM, row.id, 50,
		    c->arena, &s->decisions, &s->decision_count);
	if (rc == 0)
		rc = tl_action_of_subject(c->db, s->platform, TL_SUBJECT_ITEM, row.id, c->arena,
		    &s->actions, &s->action_count);
	return rc;
}

static void
json_texts(struct tl_buf *b, const struct tl_item *i)
{
	tl_js_open(b, "text", '{');
	for (size_t k = 0; k < i->field_count; k++)
		tl_js_strkey(b, i->fields[k].name, i->fields[k].text);
	tl_js_close(b, '}');
}

static void
json_media(struct tl_buf *b, const struct tl_item *i)
{
	tl_js_open(b, "media", '[');
	for (size_t k = 0; k < i->media_count; k++) {
		const struct tl_media *m = &i->media[k];
		tl_js_open(b, NULL, '{');
		tl_js_hex(b, "id", tl_bytes(m->id.b, sizeof m->id.b));
		tl_js_str(b, "mime", m->mime);
		tl_js_z(b, "state", tl_media_state_names[m->state]);
		if (m->reason.n)
			tl_js_str(b, "reason", m->reason);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
}

static void
json_trail(struct tl_buf *b, const struct shown *s)
{
	char id[TL_ID_TEXT];
	tl_js_open(b, "signals", '[');
	for (size_t k = 0; k < s->signal_count; k++) {
		const struct tl_signal *g = &s->signals[k];
		tl_js_open(b, NULL, '{');
		tl_js_str(b, "detector", g->detector);
		tl_js_bool(b, "failed", g->failed);
		tl_js_str(b, "label", g->label);
		tl_js_str(b, "policy", g->policy);
		tl_js_int0(b, "distance", g->distance >= 0, g->distance);
		tl_signal_known_json(b, g);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
	tl_js_open(b, "decisions", '[');
	for (size_t k = 0; k < s->decision_count; k++) {
		tl_id_text(id, s->decisions[k].id);
		tl_js_open(b, NULL, '{');
		tl_js_z(b, "id", id);
		tl_js_z(b, "kind", tl_decision_kind_names[s->decisions[k].kind]);
		tl_js_str(b, "policy", s->decisions[k].policy);
		tl_js_time(b, "at", s->decisions[k].at);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
	tl_js_open(b, "actions", '[');
	for (size_t k = 0; k < s->action_count; k++) {
		tl_id_text(id, s->actions[k].id);
		tl_js_open(b, NULL, '{');
		tl_js_z(b, "id", id);
		tl_js_str(b, "name", s->actions[k].name);
		tl_js_z(b, "state", tl_action_state_names[s->actions[k].state]);
		tl_js_time(b, "created_at", s->actions[k].created_at);
		tl_js_time(b, "confirmed_at", s->actions[k].confirmed_at);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
}

static void
print_as_json(const struct shown *s, bool with_text)
{
	const struct tl_item *i = &s->full.item;
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	tl_js_open(&b, NULL, '{');
	tl_js_str(&b, "item", i->ext_id);
	tl_js_int(&b, "version", i->version);
	tl_js_z(&b, "kind", tl_item_kind_names[i->kind]);
	tl_js_bool(&b, "live", i->live);
	tl_js_str(&b, "account", i->account_ext);
	tl_js_z(&b, "state", tl_item_state_names[i->state]);
	tl_js_z(
	    &b, "verdict", s->full.has_verdict ? tl_verdict_word_names[s->full.verdict] : NULL);
	tl_js_time(&b, "received_at", i->received_at);
	tl_js_time(&b, "verdict_at", s->full.verdict_at);
	tl_js_raw(&b, "reasons", s->full.reasons.n ? s->full.reasons : TL_S("[]"));
	if (with_text)
		json_texts(&b, i);
	json_media(&b, i);
	json_trail(&b, s);
	tl_js_close(&b, '}');
	tl_buf_put(&s->cli->out, b.p, b.n);
	tl_buf_byte(&s->cli->out, '\n');
}

static void
say_part(struct tl_cli *c, const char *what, struct tl_str text)
{
	tl_buf_printf(&c->out, "%-12s ", what);
	cli_clean(&c->out, text.n ? text : TL_S("-"));
	tl_buf_byte(&c->out, '\n');
}

static void
print_head(const struct shown *s, bool with_text)
{
	static const char *const columns[] = {"item", "version", "kind", "account", "state",
	    "verdict", "received_at", "verdict_at", NULL};
	const struct tl_item *i = &s->full.item;
	struct cli_list l;
	cli_record_begin(&l, s->cli, columns);
	cli_cell(&l, i->ext_id);
	cli_cell_int(&l, i->version);
	cli_cell_z(&l, tl_item_kind_names[i->kind]);
	cli_cell(&l, i->account_ext);
	cli_cell_z(&l, tl_item_state_names[i->state]);
	cli_cell_z(&l, s->full.has_verdict ? tl_verdict_word_names[s->full.verdict] : "");
	cli_cell_time(&l, i->received_at);
	cli_cell_time(&l, s->full.verdict_at);
	cli_list_end(&l, "");
	for (size_t k = 0; with_text && k < i->field_count; k++) {
		char name[64];
		(void)snprintf(name, sizeof name, "%.*s", TL_ARG(i->fields[k].name));
		say_part(s->cli, name, i->fields[k].text);
	}
	for (size_t k = 0; k < i->media_count; k++)
		say_part(s->cli, "media",
		    i->media[k].reason.n ? i->media[k].reason : i->media[k].mime);
}

/* "pdq found csam, distance 4, turned rot90; review-only: it never blocks". */
static void
say_signal(struct tl_cli *c, const struct tl_signal *g)
{
	static const char *const means[] = {[TL_EFFECT_FULL] = "",
	    [TL_EFFECT_REVIEW] = "; the entry is review-only: it never blocks",
	    [TL_EFFECT_ALLOW] = "; an allow-list: it sets other matches aside",
	    [TL_EFFECT_ALLOWED] = "; set aside by an allow-list",
	    [TL_EFFECT_SHARE] = "; set aside: outside of the bank's share of traffic"};
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	tl_buf_printf(&b, "%.*s %s %.*s", TL_ARG(g->detector), g->failed ? "failed:" : "found",
	    TL_ARG(g->label));
	if (!g->failed && g->distance >= 0)
		tl_buf_printf(&b, ", distance %d", g->distance);
	if (g->turned.n)
		tl_buf_printf(&b, ", turned %.*s", TL_ARG(g->turned));
	tl_buf_puts(&b, g->failed ? "" : means[g->effect]);
	say_part(c, "signal", tl_buf_str(&b));
}

static void
print_for_people(const struct shown *s, bool with_text)
{
	static const char *const columns[] = {"at", "what", "name", "state", NULL};
	struct cli_list l;
	print_head(s, with_text);
	for (size_t k = 0; k < s->signal_count; k++)
		say_signal(s->cli, &s->signals[k]);
	if (s->decision_count + s->action_count == 0)
		return;
	cli_say(s->cli, "%s", "");
	cli_list_begin(&l, s->cli, "trail", columns);
	for (size_t k = 0; k < s->decision_count; k++) {
		cli_cell_time(&l, s->decisions[k].at);
		cli_cell_z(&l, "decision");
		cli_cell(&l, s->decisions[k].policy);
		cli_cell_z(&l, tl_decision_kind_names[s->decisions[k].kind]);
	}
	for (size_t k = 0; k < s->action_count; k++) {
		cli_cell_time(&l, s->actions[k].created_at);
		cli_cell_z(&l, "action");
		cli_cell(&l, s->actions[k].name);
		cli_cell_z(&l, tl_action_state_names[s->actions[k].state]);
	}
	cli_list_end(&l, "");
}

static int
record_look(struct tl_db *db, void *ctx)
{
	const struct shown *s = ctx;
	char id[TL_ID_TEXT];
	tl_id_text(id, s->full.item.id);
	return tl_audit_add(db, "cli", "item.text", tl_str(id), TL_S(""));
}

int
cmd_item_show(struct tl_cli *c)
{
	struct shown s = {.cli = c};
	bool with_text = cli_option(c, "text") != NULL;
	int rc = load(&s);
	if (rc == 0 && with_text)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, record_look, &s);
	if (rc < 0)
		return rc;
	if (c->json)
		print_as_json(&s, with_text);
	else
		print_for_people(&s, with_text);
	return 0;
}

static int
scan_again(struct tl_db *db, void *ctx)
{
	const struct shown *s = ctx;
	char id[TL_ID_TEXT];
	tl_id_text(id, s->full.item.id);
	int rc = tl_job_add(db, s->platform, s->full.item.id, "rescan", tl_now_us());
	return rc < 0 ? rc : tl_audit_add(db, "cli", "item.rescan", tl_str(id), TL_S(""));
}

struct rescanning {
	struct tl_cli *cli;
	struct tl_bank bank;
	int64_t since, items;
};

static int
ask_for_bank(struct tl_db *db, void *ctx)
{
	const struct rescanning *x = ctx;
	char id[TL_ID_TEXT];
	tl_id_text(id, x->bank.id);
	const char *detail =
	    tl_rejudge_asked_words(x->cli->arena, x->bank.name, x->items, x->since);
	int rc = tl_rejudge_ask(db, x->bank.id, TL_REJUDGE_ASKED, x->since);
	return rc < 0 ? rc : tl_audit_add(db, "cli", "item.rescan", tl_str(id), tl_str(detail));
}

/* Everything that a bank matched. */
static int
rescan_bank(struct tl_cli *c)
{
	static const char *const columns[] = {"bank", "items", "more", "asked", NULL};
	struct rescanning x = {.cli = c};
	bool yes = cli_option(c, "yes") != NULL;
	int rc = c->argc ? tl_fail(TL_EUSAGE, "an item or --bank, one of them")
			 : cli_bank_find(c, cli_option(c, "bank"), &x.bank);
	if (rc == 0)
		rc = cli_option_time(c, "since", &x.since);
	const struct tl_rejudge_pass all = {
	    .bank = x.bank.id, .why = TL_REJUDGE_ASKED, .received_from = x.since};
	if (rc == 0)
		rc = tl_rejudge_left(c->db, &all, &x.items);
	if (rc == 0 && yes)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, ask_for_bank, &x);
	if (rc < 0)
		return rc;
	bool more = x.items > TL_REJUDGE_COUNT_MAX;
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell(&l, x.bank.name);
	cli_cell_int(&l, more ? TL_REJUDGE_COUNT_MAX : x.items);
	cli_cell_bool(&l, more);
	cli_cell_bool(&l, yes);
	cli_list_end(&l, "");
	cli_say(c, "%s",
	    yes ? "They are judged again, a few at a time, while the daemon runs; `tutela "
		  "again` "
		  "says how far it is."
		: "Nothing was done: repeat it with --yes to have them judged again.");
	return 0;
}

int
cmd_item_rescan(struct tl_cli *c)
{
	struct shown s = {.cli = c};
	if (cli_option(c, "bank"))
		return rescan_bank(c);
	if (c->argc == 0)
		return cli_fail(
		    TL_EUSAGE, c->command->example, "an item or --bank, one of them");
	int rc = load(&s);
	if (rc == 0 && s.full.item.state >= TL_ITEM_DELETED) /* or retired */
		return cli_fail(TL_ECONFLICT, "An erased item has nothing left to look at.",
		    "the item \"%s\" was erased", c->argv[0]);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, scan_again, &s);
	if (rc < 0)
		return rc;
	static const char *const columns[] = {"id", "version", "state", NULL};
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell(&l, s.full.item.ext_id);
	cli_cell_int(&l, s.full.item.version);
	cli_cell_z(&l, tl_item_state_names[s.full.item.state]);
	cli_list_end(&l, "");
	cli_say(c, "It is scanned again within a second while the daemon runs.");
	return 0;
}
