/*
 * `tutela bank`: entries. One by its value or id; many by where they came from, counted first and done in parts, so
 * that nobody waits for long. Entries are checked like those of the console.
 */
#include "bin/cli_bank.h"
#include "detect/detect.h"
#include "store/bank_media.h"
#include "store/banks_change.h"
#include "store/banks_import.h"
#include "store/people.h"
#include "store/provenance.h"
#include "sys/clock.h"

#include <unistd.h>

#define PART 1000

int
cmd_bank_show(struct tl_cli *c)
{
	struct tl_bank b = {0};
	struct tl_bank_entry *entries = NULL;
	size_t n = 0;
	int64_t limit = 20;
	int rc = cli_option_int(c, "limit", 1, 10000, &limit);
	if (rc == 0)
		rc = cli_bank_find(c, c->argv[0], &b);
	if (rc == 0)
		rc = tl_bank_entry_page(
		    c->db, b.id, (struct tl_id){0}, (size_t)limit, c->arena, &entries, &n);
	if (rc == 0 && !c->json) {
		rc = cli_bank_print(c);
		cli_say(c, "%s", "");
	}
	if (rc < 0)
		return rc;
	cli_bank_entries(c, entries, n, "It has no entries yet.");
	if ((int64_t)n < b.entries)
		cli_say(c,
		    "\nThe newest %zu of %lld: --limit N shows more, `tutela bank search` "
		    "looks for one.",
		    n, (long long)b.entries);
	return 0;
}

int
cmd_bank_search(struct tl_cli *c)
{
	struct tl_bank b = {0};
	struct tl_bank_filter f;
	bool any;
	int64_t limit = 50;
	struct tl_str cursor = {0};
	size_t count = 0;
	cli_bank_filter(c, &f, &any);
	f.text = tl_str(c->argc > 1 ? c->argv[1] : "");
	int rc = cli_option_int(c, "limit", 1, 10000, &limit);
	if (rc == 0)
		rc = cli_option_word(c, "state", tl_entry_state_names, &f.state);
	if (rc == 0)
		rc = cli_bank_find(c, c->argv[0], &b);
	struct tl_bank_entry *found = TL_NEWS(c->arena, struct tl_bank_entry, (size_t)limit);
	if (rc == 0)
		rc = tl_arena_check(c->arena);
	/* A page may be short while there is more to look at. */
	do {
		struct tl_bank_found page = {0};
		if (rc == 0)
			rc = tl_bank_search(
			    c->db, &b, &f, cursor, (size_t)limit - count, c->arena, &page);
		for (size_t i = 0; rc == 0 && i < page.n; i++)
			found[count++] = page.entries[i];
		cursor = page.next;
	} while (rc == 0 && cursor.n && count < (size_t)limit);
	if (rc < 0)
		return rc;
	cli_bank_entries(c, found, count,
	    b.entries ? "Nothing in it is like that." : "It has no entries yet.");
	if (cursor.n)
		cli_say(c, "\nThe first %zu: --limit N shows more.", count);
	return 0;
}

/* Adding ------------------------------------------------------------------------------------------------------ */

struct adding {
	const struct tl_bank *bank;
	struct tl_bank_entry *entries;
	size_t n, added, longer;
};

static int
store_entries(struct tl_db *db, void *ctx)
{
	struct adding *x = ctx;
	for (size_t i = 0; i < x->n; i++) {
		char id[TL_ID_TEXT], bank[TL_ID_TEXT], detail[TL_ID_TEXT + 64];
		int rc = tl_bank_entry_add(db, x->bank, &x->entries[i]);
		if (rc == TL_EEXISTS && x->n > 1)
			continue;
		if (rc < 0)
			return rc;
		bool longer = rc > 0;
		x->longer += longer;
		x->added += !longer;
		tl_id_text(id, x->entries[i].id);
		tl_id_text(bank, x->bank->id);
		(void)snprintf(detail, sizeof detail, "%s %s%s",
		    tl_entry_form_names[x->entries[i].form], id,
		    longer ? ": was there, expires later" : "");
		rc = tl_audit_add(db, "cli", "bank.add", tl_str(bank), tl_str(detail));
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* What the options say of a new entry. */
static int
describe(struct tl_cli *c, struct tl_bank_entry *e)
{
	struct tl_buf json TL_CLEANUP(tl_buf_fini) = {0};
	const char *tags = cli_option(c, "tags");
	char *list = tags ? tl_arena_alloc(c->arena, strlen(tags) + 1) : NULL;
	for (size_t i = 0; list && i <= strlen(tags); i++)
		list[i] = tags[i] == ',' ? TL_TAG_SEPARATOR : tags[i];
	struct tl_provenance p = {.exchange = tl_str(cli_option(c, "exchange")),
	    .record = tl_str(cli_option(c, "record")),
	    .member = tl_str(cli_option(c, "member")),
	    .tags = tl_str(list),
	    .url = tl_str(cli_option(c, "url"))};
	*e = (struct tl_bank_entry){.enabled = true,
	    .note = tl_str(cli_option(c, "note")),
	    .classification = tl_str(cli_option(c, "classification")),
	    .added_by = TL_S("cli")};
	tl_provenance_write(&p, &json);
	e->provenance = tl_arena_dup(c->arena, tl_buf_str(&json));
	int rc = cli_option_time(c, "expires", &e->expires_at);
	if (rc == 0 && e->expires_at && e->expires_at <= tl_now_us())
		rc = tl_fail(TL_EUSAGE, "--expires: that is over already");
	return rc < 0 ? rc : tl_arena_check(c->arena);
}

static int
add_value(struct tl_cli *c, const struct tl_bank *b, struct adding *x)
{
	struct tl_bank_entry *e = TL_NEW(c->arena, struct tl_bank_entry);
	struct tl_str text = tl_str(c->argv[1]);
	int form = -1;
	int rc = tl_arena_check(c->arena);
	if (rc == 0)
		rc = cli_option_word(c, "form", tl_entry_form_names, &form);
	if (rc == 0)
		rc = describe(c, e);
	if (rc == 0 && form >= 0) {
		e->form = (enum tl_entry_form)form;
		rc = tl_bank_value_parse(e->form, text, c->arena, &e->value);
	} else if (rc == 0) {
		rc = tl_bank_value_read(b->kind, text, c->arena, &e->form, &e->value);
	}
	if (rc == 0)
		rc = tl_detect_entry_check(e->form, e->value);
	x->entries = e;
	x->n = 1;
	if (rc < 0 && tl_err_kind(rc) == TL_INPUT && access(c->argv[1], F_OK) == 0)
		return cli_fail(rc,
		    "It is the name of a file: --file FILE adds what it is known by.", "%s",
		    tl_arena_printf(c->arena, "%s", tl_err_text()));
	return rc;
}

/* What the media of a decided item are known by. */
static int
add_decision(struct tl_cli *c, const struct tl_bank *b, const char *text, struct adding *x)
{
	struct tl_id decision;
	struct tl_bank_entry like;
	int rc = cli_id("a decision", text, &decision);
	if (rc == 0)
		rc = describe(c, &like);
	if (rc == 0)
		rc = tl_bank_of_decision(
		    c->db, b, decision, &like, c->arena, &x->entries, &x->n);
	if (rc == 0 && x->n == 0)
		return tl_fail(TL_ENOTFOUND,
		    "the decided item has no media that a %s bank could find again",
		    tl_bank_kind_names[b->kind]);
	return rc;
}

/* A file of another kind than the bank's, or one that is too plain or too short. */
static int
no_entry(const struct tl_bank *b, const struct tl_media *m)
{
	static const struct {
		const char *holds, *poor;
	} of[] = {[TL_BANK_PDQ] = {"pictures", "the picture is too plain to be found again"},
	    [TL_BANK_VIDEO] = {"videos",
		"no frame of the video is good enough to be found again"},
	    [TL_BANK_SOUND] = {
		"sounds", "its sound is too short or too still to be found again"}};
	bool still = m->has_pdq, shown = m->frames.n > 0;
	const char *is = still ? "a picture" : shown ? "a video" : "a sound";
	bool fits = b->kind == TL_BANK_PDQ     ? still
		    : b->kind == TL_BANK_VIDEO ? shown
					       : !still && m->words.n > 0;
	if (fits)
		return cli_fail(TL_EFIELD, "A digest bank finds exactly the same file.", "%s",
		    of[b->kind].poor);
	return cli_fail(TL_EFIELD,
	    "A bank of its own kind finds what looks or sounds like it, a digest bank exactly "
	    "the same file.",
	    "the file is %s%s; a %s bank holds %s", is,
	    shown && b->kind == TL_BANK_SOUND ? " without sound" : "",
	    tl_bank_kind_names[b->kind], of[b->kind].holds);
}

static int
entry_of_medium(struct tl_cli *c, const struct tl_bank *b, const struct tl_media *m,
    enum tl_decode_reason reason, struct adding *x)
{
	struct tl_bank_entry *e = TL_NEWS(c->arena, struct tl_bank_entry, 2);
	int rc = tl_arena_check(c->arena);
	if (rc == 0)
		rc = describe(c, &e[1]);
	if (rc < 0)
		return rc;
	x->entries = e;
	x->n = tl_bank_of_medium(b->kind, m, &e[1], c->arena, e);
	if (x->n)
		return tl_arena_check(c->arena);
	return reason == TL_DECODE_OK ? no_entry(b, m) : tl_decode_err(reason);
}

/* What a file of this machine is known by. */
static int
add_file(struct tl_cli *c, const struct tl_bank *b, const char *path, struct adding *x)
{
	enum tl_decode_reason reason = TL_DECODE_OK;
	struct tl_media *m = NULL;
	if (b->kind == TL_BANK_TEXT)
		return tl_fail(TL_EUSAGE, "--file: this bank holds terms, not media");
	int rc = cli_bank_medium(c, path, &m, &reason);
	return rc < 0 ? rc : entry_of_medium(c, b, m, reason, x);
}

int
cmd_bank_add(struct tl_cli *c)
{
	struct tl_bank b = {0};
	const char *decision = cli_option(c, "decision"), *file = cli_option(c, "file");
	if ((c->argc > 1) + (decision != NULL) + (file != NULL) != 1)
		return cli_fail(TL_EUSAGE, c->command->example,
		    "a value, --file or --decision says what to add, one of them");
	int rc = cli_bank_find(c, c->argv[0], &b);
	struct adding x = {.bank = &b};
	if (rc == 0)
		rc = decision ? add_decision(c, &b, decision, &x)
		     : file   ? add_file(c, &b, file, &x)
			      : add_value(c, &b, &x);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, store_entries, &x);
	if (rc == TL_EEXISTS || (rc == 0 && x.added + x.longer == 0))
		return tl_fail(TL_EEXISTS, "the bank has this entry already");
	if (rc == 0)
		rc = cli_bank_print(c);
	if (rc == 0 && x.longer)
		cli_say(c, "\n%zu of it %s there already and %s longer now.", x.longer,
		    x.longer == 1 ? "was" : "were", x.longer == 1 ? "lasts" : "last");
	return rc;
}

/* Changing one ------------------------------------------------------------------------------------------------ */

enum act { ACT_ENABLE, ACT_DISABLE, ACT_REMOVE, ACT_RESTORE, ACT_EDIT };

struct acting {
	struct tl_cli *cli;
	struct tl_bank bank;
	struct tl_bank_entry was;
	struct tl_str note, classification;
	int64_t until, expires;
	enum act act;
};

static const char *const verbs[] = {[ACT_ENABLE] = "bank.entry_enable",
    [ACT_DISABLE] = "bank.entry_disable",
    [ACT_REMOVE] = "bank.remove",
    [ACT_RESTORE] = "bank.entry_restore",
    [ACT_EDIT] = "bank.entry_change"};

static int
do_act(struct tl_db *db, const struct acting *x)
{
	struct tl_id bank = x->bank.id, entry = x->was.id;
	int rc = 0;
	switch (x->act) {
	case ACT_ENABLE:
		return tl_bank_entry_enable(db, bank, entry);
	case ACT_DISABLE:
		return tl_bank_entry_disable(db, bank, entry, x->until);
	case ACT_REMOVE:
		return tl_bank_entry_remove(db, bank, entry);
	case ACT_RESTORE:
		return tl_bank_entry_restore(db, bank, entry);
	case ACT_EDIT:
		rc = tl_bank_entry_say(db, bank, entry, x->note, x->classification);
		if (rc == 0 && x->expires != x->was.expires_at)
			rc = tl_bank_entry_expire(db, bank, entry, x->expires);
		break;
	}
	return rc;
}

static int
store_act(struct tl_db *db, void *ctx)
{
	const struct acting *x = ctx;
	struct tl_bank_entry now = x->was;
	struct tl_buf detail TL_CLEANUP(tl_buf_fini) = {0};
	char bank[TL_ID_TEXT];
	tl_id_text(bank, x->bank.id);
	int rc = do_act(db, x);
	if (rc >= 0 && x->act != ACT_REMOVE)
		rc = tl_bank_entry_get(db, x->bank.id, x->was.id, x->cli->arena, &now);
	if (rc < 0)
		return rc;
	tl_bank_entry_difference(&x->was, x->act == ACT_REMOVE ? NULL : &now, &detail);
	return tl_audit_add(db, "cli", verbs[x->act], tl_str(bank), tl_buf_str(&detail));
}

static void
say_removed(struct tl_cli *c, const struct acting *x)
{
	static const char *const columns[] = {"removed", "form", "bank", "id", NULL};
	struct tl_buf value TL_CLEANUP(tl_buf_fini) = {0};
	struct cli_list l;
	tl_bank_value_text(x->was.form, x->was.value, &value);
	cli_record_begin(&l, c, columns);
	cli_cell(&l, tl_buf_str(&value));
	cli_cell_z(&l, tl_entry_form_names[x->was.form]);
	cli_cell(&l, x->bank.name);
	cli_cell_id(&l, x->was.id);
	cli_list_end(&l, "");
}

static int
act_on_one(struct tl_cli *c, struct acting *x)
{
	const char *note = cli_option(c, "note"), *class = cli_option(c, "classification");
	const char *expires = cli_option(c, "expires");
	if (x->act == ACT_EDIT && !note && !class && !expires)
		return cli_fail(TL_EUSAGE, c->command->example,
		    "what is to change: --note, --classification or --expires?");
	int rc = cli_bank_entry(c, &x->bank, c->argv[1], &x->was);
	if (rc == 0 && x->act == ACT_EDIT) {
		x->note = note ? tl_str(note) : x->was.note;
		x->classification = class ? tl_str(class) : x->was.classification;
		x->expires = x->was.expires_at;
		if (expires && strcmp(expires, "never") == 0)
			x->expires = 0;
		else
			rc = cli_option_time(c, "expires", &x->expires);
	}
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, store_act, x);
	if (rc == 0 && x->act == ACT_REMOVE) {
		say_removed(c, x);
		return 0;
	}
	struct tl_bank_entry now = x->was;
	if (rc == 0)
		rc = tl_bank_entry_get(c->db, x->bank.id, x->was.id, c->arena, &now);
	if (rc == 0)
		cli_bank_entries(c, &now, 1, "");
	return rc;
}

/* Changing many ----------------------------------------------------------------------------------------------- */

struct many {
	const struct acting *x;
	struct tl_bank_filter filter;
	struct tl_id at;
	int64_t done, count;
};

static int
store_many(struct tl_db *db, void *ctx)
{
	struct many *m = ctx;
	static const enum tl_bank_bulk bulk[] = {[ACT_ENABLE] = TL_BULK_ENABLE,
	    [ACT_DISABLE] = TL_BULK_DISABLE,
	    [ACT_REMOVE] = TL_BULK_REMOVE};
	char bank[TL_ID_TEXT];
	struct tl_buf detail TL_CLEANUP(tl_buf_fini) = {0};
	int n = tl_bank_bulk(
	    db, m->x->bank.id, &m->filter, bulk[m->x->act], m->x->until, PART, &m->at);
	if (n <= 0)
		return n;
	tl_id_text(bank, m->x->bank.id);
	tl_bank_bulk_words(&m->filter, n, m->x->act == ACT_DISABLE ? m->x->until : 0, &detail);
	int rc = tl_audit_add(db, "cli", verbs[m->x->act], tl_str(bank), tl_buf_str(&detail));
	return rc < 0 ? rc : n;
}

static int
act_on_many(struct tl_cli *c, const struct acting *x, const struct tl_bank_filter *f)
{
	static const char *const columns[] = {"bank", "entries", "done", NULL};
	static const char *const does[] = {
	    [ACT_ENABLE] = "enables", [ACT_DISABLE] = "disables", [ACT_REMOVE] = "removes"};
	struct many m = {.x = x, .filter = *f};
	int rc = tl_bank_count(c->db, x->bank.id, f, INT64_MAX, &m.count);
	bool yes = cli_option(c, "yes") != NULL;
	c->looked = !yes;
	do {
		if (rc < 0 || !yes || m.count == 0)
			break;
		rc = tl_db_tx(c->db, TL_SYNC_FULL, store_many, &m);
		m.done += rc > 0 ? rc : 0;
		cli_progress("entries", m.done, m.count);
	} while (rc > 0 && !tl_id_is_nil(m.at));
	cli_progress_end();
	if (rc < 0)
		return cli_fail(rc, "The same command goes on with the rest.",
		    "%lld of %lld entries were done: %s", (long long)m.done, (long long)m.count,
		    tl_err_text());
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell(&l, x->bank.name);
	cli_cell_int(&l, m.count);
	cli_cell_int(&l, m.done);
	cli_list_end(&l, "");
	if (m.count == 0)
		cli_say(c, "Nothing was changed: no entry of this bank is from there.");
	else if (!yes)
		cli_say(c, "Nothing was changed yet: --yes %s all of them.", does[x->act]);
	return 0;
}

static int
act(struct tl_cli *c, enum act what)
{
	struct acting x = {.cli = c, .act = what};
	struct tl_bank_filter f;
	bool many;
	cli_bank_filter(c, &f, &many);
	int rc = cli_bank_find(c, c->argv[0], &x.bank);
	if (rc == 0)
		rc = cli_option_time(c, "until", &x.until);
	if (rc == 0 && x.until && x.until <= tl_now_us())
		rc = tl_fail(TL_EUSAGE, "--until: that is over already");
	if (rc < 0)
		return rc;
	if (many && c->argc > 1)
		return tl_fail(TL_EUSAGE,
		    "one entry, or all that --exchange, --member and --record choose");
	if (many)
		return act_on_many(c, &x, &f);
	if (c->argc > 1)
		return act_on_one(c, &x);
	if (what == ACT_REMOVE)
		return cli_fail(TL_EUSAGE, c->command->example, "which entry?");
	if (x.until)
		return tl_fail(
		    TL_EUSAGE, "--until is for entries; a bank is off until it is enabled");
	return cli_bank_switch(c, &x.bank, what == ACT_ENABLE);
}

int
cmd_bank_enable(struct tl_cli *c)
{
	return act(c, ACT_ENABLE);
}

int
cmd_bank_disable(struct tl_cli *c)
{
	return act(c, ACT_DISABLE);
}

int
cmd_bank_remove(struct tl_cli *c)
{
	return act(c, ACT_REMOVE);
}

int
cmd_bank_restore(struct tl_cli *c)
{
	return act(c, ACT_RESTORE);
}

int
cmd_bank_edit(struct tl_cli *c)
{
	return act(c, ACT_EDIT);
}
