/*
 * What the commands about banks share. Promises: a bank or entry that is not there is said with what to do next.
 */
#include "bin/cli_bank.h"

#include "again/crisis.h"
#include "base/json.h"
#include "store/banks_import.h"
#include "sys/clock.h"

#include <endian.h>

static const char *const bank_columns[] = {"name", "kind", "policy", "source", "direction",
    "distance", "share", "classification", "share_query", "share_known", "turned", "brake",
    "enabled", "in_rules", "entries", "created_at", "id", NULL};

static int
medium_of(struct tl_cli *c, const struct tl_file_hash *h, struct tl_media *m)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf frames = {0};
	uint32_t *words = TL_NEWS(c->arena, uint32_t, h->sound.n + 1);
	if (!words)
		return tl_arena_check(c->arena);
	bool picture = h->reason == TL_DECODE_OK && h->duration_ms == 0;
	*m = (struct tl_media){.has_pdq = picture, .pdq_quality = h->quality};
	memcpy(m->sha256, h->sha256, sizeof m->sha256);
	memcpy(m->md5, h->md5, sizeof m->md5);
	memcpy(m->pdq, h->pdq.b, sizeof m->pdq);
	if (h->frames.n)
		tl_video_pack(&frames, &h->frames);
	m->frames = tl_arena_dup(c->arena, tl_buf_str(&frames));
	for (size_t i = 0; i < h->sound.n; i++)
		words[i] = htobe32(h->sound.w[i]);
	m->words = tl_bytes((const uint8_t *)words, 4 * h->sound.n);
	return tl_arena_check(c->arena);
}

int
cli_bank_medium(struct tl_cli *c, const char *path, struct tl_media **ret,
    enum tl_decode_reason *ret_reason)
{
	struct tl_jails *jails TL_CLEANUP(tl_jails_destroyp) = NULL;
	struct tl_file_hash h TL_CLEANUP(tl_file_hash_fini) = {.reason = TL_DECODE_OK};
	const struct tl_jails_config config = {.slots = 1, .long_only = true};
	struct tl_media *m = TL_NEW(c->arena, struct tl_media);
	if (!m)
		return tl_arena_check(c->arena);
	int rc = tl_jails_create(&config, &jails);
	if (rc == 0)
		rc = tl_hash_file(jails, path, &h);
	if (rc == 0)
		rc = medium_of(c, &h, m);
	if (rc < 0)
		return rc;
	if (h.partly != TL_DECODE_OK)
		(void)fprintf(stderr, "%s: only a part of it could be looked at: %s\n", path,
		    tl_decode_reason_help(h.partly));
	*ret = m;
	*ret_reason = h.reason;
	return 0;
}

int
cli_bank_find(struct tl_cli *c, const char *name, struct tl_bank *ret)
{
	struct tl_id id;
	int rc = tl_bank_find(c->db, tl_str(name), &id);
	if (rc == TL_ENOTFOUND)
		return cli_fail(
		    rc, "`tutela bank list` shows them.", "there is no bank \"%s\"", name);
	return rc < 0 ? rc : tl_bank_get(c->db, id, c->arena, ret);
}

/* How much of a video or sound must match; programs see the number. */
static void
part(struct cli_list *l, const struct tl_bank *b, int percent)
{
	char json[8], text[8];
	(void)snprintf(json, sizeof json, "%d", percent);
	(void)snprintf(text, sizeof text, "%d %%", percent);
	bool means = b->kind == TL_BANK_VIDEO || b->kind == TL_BANK_SOUND;
	cli_cell_json(l, tl_str(json), !means ? "" : percent ? text : "as usual");
}

bool
cli_bank_needs_rule(const struct tl_bank *b)
{
	return b->enabled && b->direction == TL_DIRECTION_BLOCK &&
	       !tl_str_is(b->source, TL_WATCH_SOURCE_HOLD) &&
	       !tl_str_is(b->source, TL_WATCH_SOURCE_ASK);
}

enum cli_named
cli_bank_named(const struct cli_rules *r, const struct tl_bank *b)
{
	struct tl_rule_view rule;
	if (!r->set)
		return CLI_NAMED_UNKNOWN;
	if (tl_rules_live_for(r->set, b->name, tl_now_us()))
		return CLI_NAMED;
	return tl_rules_naming(r->set, b->name, &rule) ? CLI_NAMED_ASLEEP : CLI_NAMED_NOT;
}

void
cli_bank_warn(struct tl_cli *c, const struct tl_bank *b, enum cli_named named)
{
	bool term = b->kind == TL_BANK_TEXT;
	if (!cli_bank_needs_rule(b) || named == CLI_NAMED)
		return;
	if (named == CLI_NAMED_UNKNOWN) {
		cli_say(c, "\nWhether a rule names it cannot be seen: the rules have errors "
			   "(`tutela rule check`).");
		return;
	}
	cli_say(c, named == CLI_NAMED_NOT ? "\nNo rule names this bank: what matches it is "
					    "noted, and nothing comes of it."
					  : "\nOnly rules in shadow, or that lack a detector, "
					    "name this bank: nothing comes "
					    "of what matches it.");
	cli_say(c,
	    "Add a rule with the condition %s%.*s\")%s to a pack in policy/rules and check it "
	    "with "
	    "`tutela rule check`; what matched until then is judged again by itself.",
	    term ? "text.in_list(\"" : "media.exists(m, m.in_bank(\"", TL_ARG(b->name),
	    term ? "" : ")");
}

int
cli_bank_print(struct tl_cli *c)
{
	static const char *const words[] = {"unknown", "no", "asleep", "yes"};
	struct cli_rules rules TL_CLEANUP(cli_rules_free);
	struct tl_bank b = {0};
	int rc = cli_bank_find(c, c->argv[0], &b);
	bool loaded = cli_rules_load(c, NULL, &rules) == 0;
	if (rc < 0)
		return rc;
	enum cli_named named = loaded ? cli_bank_named(&rules, &b) : CLI_NAMED_UNKNOWN;
	struct cli_list l;
	cli_record_begin(&l, c, bank_columns);
	cli_cell(&l, b.name);
	cli_cell_z(&l, tl_bank_kind_names[b.kind]);
	cli_cell(&l, b.policy);
	cli_cell(&l, b.source);
	cli_cell_z(&l, tl_bank_direction_names[b.direction]);
	if (b.kind == TL_BANK_DIGEST || b.kind == TL_BANK_TEXT)
		cli_cell_json(&l, TL_S("null"), "");
	else
		cli_cell_int(&l, b.distance);
	cli_cell_num(&l, b.share);
	cli_cell(&l, b.classification);
	part(&l, &b, b.share_query);
	part(&l, &b, b.share_known);
	cli_cell_bool(&l, b.turned);
	cli_cell_bool(&l, !b.no_brake);
	cli_cell_bool(&l, b.enabled);
	cli_cell_z(&l, words[named]);
	cli_cell_int(&l, b.entries);
	cli_cell_time(&l, b.created_at);
	cli_cell_id(&l, b.id);
	cli_list_end(&l, "");
	cli_bank_warn(c, &b, named);
	return 0;
}

int
cli_bank_entry(
    struct tl_cli *c, const struct tl_bank *bank, const char *value, struct tl_bank_entry *ret)
{
	struct tl_id id;
	enum tl_entry_form form;
	struct tl_str raw;
	int rc = tl_id_parse(tl_str(value), &id);
	if (rc < 0) {
		rc = tl_bank_value_read(bank->kind, tl_str(value), c->arena, &form, &raw);
		if (rc == 0)
			rc = tl_bank_entry_of(c->db, bank->id, form, raw, &id);
	}
	if (rc == 0)
		rc = tl_bank_entry_get(c->db, bank->id, id, c->arena, ret);
	if (rc == TL_ENOTFOUND)
		return cli_fail(rc, "`tutela bank search` looks for a part of it.",
		    "the bank \"%.*s\" holds no such entry", TL_ARG(bank->name));
	return rc;
}

void
cli_bank_filter(const struct tl_cli *c, struct tl_bank_filter *ret, bool *ret_any)
{
	*ret = (struct tl_bank_filter){.exchange = tl_str(cli_option(c, "exchange")),
	    .member = tl_str(cli_option(c, "member")),
	    .record = tl_str(cli_option(c, "record")),
	    .state = -1};
	*ret_any = ret->exchange.n || ret->member.n || ret->record.n;
}

int
cli_option_time(const struct tl_cli *c, const char *name, int64_t *ret)
{
	const char *v = cli_option(c, name);
	if (!v)
		return 0;
	if (tl_import_time(tl_str(v), ret) < 0)
		return tl_fail(TL_EUSAGE,
		    "--%s: expected a date such as 2027-03-31 or a time such as "
		    "2027-03-31T12:00:00Z, not \"%s\"",
		    name, v);
	return 0;
}

/* For people: "off until 2027-03-31", "live until …". Programs have the times in fields of their own. */
static void
state_cell(struct cli_list *l, const struct tl_bank_entry *e, int64_t now)
{
	char text[64], json[32], at[TL_TIME_MAX];
	enum tl_entry_state state = tl_bank_entry_state(e, now);
	const char *name = tl_entry_state_names[state];
	int64_t until = state == TL_ENTRY_OFF       ? e->disabled_until
			: state == TL_ENTRY_EXPIRED ? 0
						    : e->expires_at;
	(void)snprintf(json, sizeof json, "\"%s\"", name);
	(void)snprintf(text, sizeof text, "%s", name);
	if (until) {
		tl_time_format(at, until);
		at[10] = ' '; /* midnight says nothing */
		(void)snprintf(text, sizeof text, "%s until %.*s", name,
		    strncmp(at + 10, " 00:00:00", 9) == 0 ? 10 : 19, at);
	}
	cli_cell_json(l, tl_str(json), text);
}

/* People see what tells entries apart; programs see all. */
static void
entry_row(struct cli_list *l, const struct tl_bank_entry *e, int64_t now)
{
	struct tl_buf value TL_CLEANUP(tl_buf_fini) = {0};
	struct tl_provenance p;
	bool all = l->cli->json;
	if (tl_provenance_read(e->provenance, l->cli->arena, &p) < 0)
		p = (struct tl_provenance){0};
	if (all)
		tl_bank_value_text(e->form, e->value, &value);
	else
		tl_bank_value_brief(e->form, e->value, &value);
	cli_cell(l, tl_buf_str(&value));
	cli_cell_z(l, tl_entry_form_names[e->form]);
	state_cell(l, e, now);
	cli_cell(l, e->note);
	if (all)
		cli_cell(l, e->classification);
	cli_cell(l, p.exchange);
	cli_cell(l, p.record);
	if (all) {
		cli_cell(l, p.member);
		cli_cell(l, p.decision);
		cli_cell_time(l, e->disabled_until);
		cli_cell_time(l, e->expires_at);
	}
	cli_cell_time(l, e->added_at);
	if (all) {
		cli_cell(l, e->added_by);
		cli_cell_id(l, e->id);
	}
}

void
cli_bank_entries(
    struct tl_cli *c, const struct tl_bank_entry *entries, size_t n, const char *none)
{
	static const char *const all[] = {"value", "form", "state", "note", "classification",
	    "exchange", "record", "member", "decision", "disabled_until", "expires_at",
	    "added_at", "added_by", "id", NULL};
	static const char *const few[] = {
	    "value", "form", "state", "note", "exchange", "record", "added_at", NULL};
	struct cli_list l;
	int64_t now = tl_now_us();
	cli_list_begin(&l, c, "entries", c->json ? all : few);
	l.brief = true;
	for (size_t i = 0; i < n; i++)
		entry_row(&l, &entries[i], now);
	cli_list_end(&l, none);
}
